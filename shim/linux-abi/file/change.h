/* SPDX-License-Identifier: MIT */
/* Changing what an open file is: mode, owner, group, times. */
#pragma once

#include "file/description.h"
#include "lib/file.h"

/* Mode, owner, group or times, as far as the task may. 0, -EPERM, -EROFS, ... */
int description_change(struct task *task, struct description *description, const struct file_change *change);
