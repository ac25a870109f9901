/* SPDX-License-Identifier: MIT */
/* What is asked of the client, from the kernel's command line: words NAME=VALUE. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The value of an option as a number, or `otherwise`. */
uint64_t option_number(const char *name, uint64_t otherwise);

/* The value of an option as a text, or `otherwise`; cut to `bytes` with its NUL. */
const char *option_text(const char *name, const char *otherwise, char *text, size_t bytes);

/* Cuts the next of the words that have commas between them off a list; a null pointer when there are no more. */
char *option_word(char **list);
