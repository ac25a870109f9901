/* SPDX-License-Identifier: MIT */
/* Tests of shared pages of files: a thread of this program stores into them and reads them, and this program serves its faults. */
#pragma once

#include <stdbool.h>

/* Makes the thread. */
bool sharing_start(void);

/* What is stored is read by `read` at once; `write` is seen by who has the page; each write-back makes the next store fault. */
bool stores_are_seen(void);
bool write_back_protects(void);
bool writes_are_seen(void);

/* A file that grows, is cut, and is closed. */
bool size_takes_back(void);
bool closing_keeps(void);

/* The filesystem is killed while pages are dirty, and stores go on. */
bool kills_lose_nothing(void);
