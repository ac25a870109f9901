/* SPDX-License-Identifier: MIT */
/* Where directories are: the paths of working directory and root. */
#pragma once

#include "abi/file.h"
#include "file/description.h"

/* The path of a directory (null: the root of all) as the task sees it; its length, -ENOENT when it has been removed. May wait. */
int64_t directory_path(struct task *task, struct description *directory, char path[PATH_BYTES_MAX + 1]);
