/* SPDX-License-Identifier: MIT */
/* Operations of open files of filesystems (file/description.h), by type. */
#pragma once

#include "file/description.h"

extern const struct description_operations regular_operations;
extern const struct description_operations directory_operations;
extern const struct description_operations path_operations; /* O_PATH */

/* A regular file has been opened: counts it at its node. */
void regular_count(const struct description *description);

/* For files whose bytes are somewhere: the new offset of lseek(2) with whence SET, CUR, END and this size. */
int64_t offset_sought(const struct description *description, int64_t offset, uint64_t whence, uint64_t size);
