/* SPDX-License-Identifier: MIT */
/* The names that the random operations on a ramfs use: few, so that they meet; short ones, long ones, and one that is too long. */
#pragma once

#include <stddef.h>

#define NAMES 14

const char *name_text(int name);
size_t name_bytes(int name);

/* Names of extended attributes, of different lengths. */
const char *xattr_text(int xattr);
