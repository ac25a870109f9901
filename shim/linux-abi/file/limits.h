/* SPDX-License-Identifier: MIT */
/* What stops a write: the largest size of a file that a process may make, and readers that have gone. */
#pragma once

#include "process/task.h"

/* How many of `bytes` bytes may be written at an offset (RLIMIT_FSIZE): with 0 the task has got SIGXFSZ, and the call's result is -EFBIG. */
uint64_t limit_file_bytes(struct task *task, uint64_t offset, uint64_t bytes);

/* Sends a signal to a task as the kernel does on its account. */
void task_signal(struct task *task, int number);
