/* SPDX-License-Identifier: MIT */
/* Process groups and sessions (setpgid(2), setsid(2), credentials(7)). */
#pragma once

#include "process/task.h"

/* Whether a group has no process whose parent is of the same session but of another group: its stopping signals from a terminal are dropped. */
bool group_is_orphaned(const struct process *process);

/* Whether a process group exists in a session. */
bool group_exists(int32_t group, int32_t session);

/* A signal to all processes of a group. */
void group_signal(int32_t group, const struct signal_information *information);

/* A process has ended: the leader of a session gives its terminal up; groups that become orphans while stopped get SIGHUP and SIGCONT. */
void session_leave(struct process *process);
