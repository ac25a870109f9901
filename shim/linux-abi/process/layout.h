/* SPDX-License-Identifier: MIT */
/* What a process says of where the parts of its memory lie: prctl(PR_SET_MM), as programs that restore others use it, or that change what /proc/PID/cmdline shows. */
#pragma once

#include "process/task.h"

/*
 * prctl(PR_SET_MM, part, address, bytes, 0). 0; -EINVAL: no such part, addresses that are out of order or nobody's, more data than RLIMIT_DATA; -EPERM: without CAP_SYS_RESOURCE; -EFAULT: nothing is mapped there. PR_SET_MM_EXE_FILE is not built: -EINVAL.
 */
int64_t layout_set(struct task *task, uint64_t part, uint64_t address, uint64_t bytes, uint64_t rest);
