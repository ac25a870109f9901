/* SPDX-License-Identifier: MIT */
/* The files with which the first process begins: the console, for reading and writing. */
#pragma once

#include "process/task.h"

/* Opens the console as files 0, 1 and 2 of a task that has none. 0 or -ENOMEM. */
int console_files_open(struct task *task);
