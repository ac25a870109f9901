/* SPDX-License-Identifier: MIT */
/* How much there may be of System V IPC (ipc/limits.def), and its files of /proc/sys/kernel. */
#pragma once

#include "ipc/identifier.h"

struct proc_text;

enum ipc_limit {
#define IPC_LIMIT(name, start, most) LIMIT_##name,
#include "ipc/limits.def"
#undef IPC_LIMIT
	IPC_LIMITS
};

extern uint64_t ipc_limits[IPC_LIMITS];

extern int64_t *const segment_next_id; /* struct ipc_kind's, of segments */

#define IPC_SET_SEMAPHORES_MOST 32000
#define IPC_OPERATIONS_MOST 500

/* The text of `count` limits from the first one on; and sets them from such a text, in which the last ones may be missing: 0 or -EINVAL. */
void ipc_limits_tell(struct proc_text *text, enum ipc_limit first, unsigned count);
int64_t ipc_limits_take(const char *line, size_t bytes, enum ipc_limit first, unsigned count);
