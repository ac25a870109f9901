/* SPDX-License-Identifier: MIT */
/* Random bytes for programs: getrandom(2), /dev/urandom, AT_RANDOM. */
#pragma once

#include <stddef.h>

#define RANDOM_BITS 256 /* what a seed has, and all that is ever told of */

/* Fills `bytes` bytes. */
void random_bytes(void *to, size_t bytes);
