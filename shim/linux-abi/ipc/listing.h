/* SPDX-License-Identifier: MIT */
/* Files of /proc/sysvipc (proc(5)): a line for each object. */
#pragma once

#include "ipc/identifier.h"
#include "proc/text.h"

struct proc_subject;

void ipc_segments_tell(struct proc_text *text, const struct proc_subject *subject);
void ipc_semaphores_tell(struct proc_text *text, const struct proc_subject *subject);
void ipc_messages_tell(struct proc_text *text, const struct proc_subject *subject);

/* The columns with which each line begins (key, number, mode), and those of its owner, into a row of columns. */
#define IPC_COLUMNS_FIRST(identifier) {(identifier)->key, 10, 10}, {(identifier)->id, 10, 10}, {(identifier)->mode, 5, 8}
#define IPC_COLUMNS_OWNER(identifier) {(identifier)->user, 5, 10}, {(identifier)->group, 5, 10}, {(identifier)->creator, 5, 10}, {(identifier)->creator_group, 5, 10}
#define IPC_COLUMN(value, width) {(int64_t)(value), width, 10}
