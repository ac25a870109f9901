/* SPDX-License-Identifier: MIT */
/*
 * Leases of regular files (F_SETLEASE of fcntl(2)): who has one is told by a signal when somebody else opens or truncates the file in a way that it does not allow, and has a while to give it up or to make it less; the other waits for that.
 */
#pragma once

#include "file/description.h"

/* Commands of fcntl() about leases; -ENOSYS for others. */
int64_t lease_control(struct task *task, struct description *description, uint64_t number, uint64_t command, uint64_t argument);

/* Ends those that do not allow what is about to be done with a file: `flags` as of open(2). Waits for it, or is -EAGAIN with LINUX_O_NONBLOCK. 0 or -ERESTARTSYS. The node must stay meanwhile. */
int leases_break(struct task *task, struct node *node, uint32_t flags);

/* The open file goes, and its lease with it. */
void lease_end(const struct description *description);

/* /proc/sys/fs/lease-break-time: how long one may keep a lease that is to end, in s; 0 or less: for ever. */
extern int64_t lease_break_seconds;
