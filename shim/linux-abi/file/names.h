/* SPDX-License-Identifier: MIT */
/* Names of files, for the shim itself: what it does to them by a path of its own, with the rights of a task. */
#pragma once

#include "process/task.h"

/* Removes the name of a file as unlink(2) does, by a path of the shim's own: 0 or a negative error number. May wait. */
int64_t text_remove(struct task *task, const char *text);
