/* SPDX-License-Identifier: MIT */
/* Random bytes for programs: getrandom(2), /dev/urandom, AT_RANDOM. */
#pragma once

#include <stddef.h>

/* Fills `bytes` bytes. */
void random_bytes(void *to, size_t bytes);
