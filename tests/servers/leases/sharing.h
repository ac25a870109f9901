/* SPDX-License-Identifier: MIT */
/* Tests of shared pages of files: a thread of this program (toucher.h), which is there already, stores into them and reads them, and its faults are served here. */
#pragma once

#include <stdbool.h>

/* What is stored is read by `read` at once; `write` is seen by who has the page; each write-back makes the next store fault. */
bool stores_are_seen(void);
bool write_back_protects(void);
bool writes_are_seen(void);

/* A file that grows, is cut, and is closed. */
bool size_takes_back(void);
bool closing_keeps(void);

/* The filesystem is killed while pages are dirty, and stores go on. */
bool kills_lose_nothing(void);
