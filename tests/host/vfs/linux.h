/* SPDX-License-Identifier: MIT */
/* The comparison of vfs with the Linux that the tests run on. */
#pragma once

#include <stdbool.h>

/* Does that many random operations on both; the root directory of this process must be empty and its own. With `deaths`, vfs dies in the middle of every one of them and is asked
 * again. A null pointer, or the first difference. */
const char *linux_compare(unsigned seed, int actions, bool deaths);
