/* SPDX-License-Identifier: MIT */
/* --trace: a line for each call of a task whose `trace` is set (and of its children), as strace -f writes it: the task's id, then the call (shim/linux-abi/trace). It goes to the host's kozo-run. */
#pragma once

#include "process/task.h"

/* Makes a call by `make`, and writes its line. In the task's fiber; may wait until the host has taken the line. */
int64_t call_traced(struct task *task, int64_t (*make)(struct task *task));
