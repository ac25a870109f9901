/* SPDX-License-Identifier: MIT */
/* Memory and text functions of the C library that this runtime offers: those that compilers emit calls to, and few more. Sizes are bytes. */
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* Length of a text without its NUL. */
size_t strlen(const char *text);

/* 0 when the texts are equal, else the difference of the first bytes that differ. */
int strcmp(const char *a, const char *b);
