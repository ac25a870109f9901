/* SPDX-License-Identifier: MIT */
/*
 * What the objects of System V IPC have in common (sysvipc(7)): a number, a key by which strangers find them, an owner and a mode. A number is the place in a table and a sequence, so that the number of an object that is gone does not
 * soon mean another one.
 */
#pragma once

#include "abi/linux/structures.h"
#include "process/task.h"

#define IPC_PLACES 4096      /* of each kind: SHMMNI */
#define IPC_SEQUENCE 32768   /* a number is sequence * this + place */

struct ipc_identifier {
	int32_t id, key;
	uint32_t user, group, creator, creator_group;
	uint16_t mode; /* the nine bits */
};

struct ipc_table {
	struct ipc_identifier *places[IPC_PLACES];
	uint16_t sequence;
};

/* Gives an object a number in the table, and the task as its owner. 0 or -ENOSPC. */
int ipc_enter(struct ipc_table *table, struct ipc_identifier *identifier, const struct task *task, int32_t key, uint32_t mode);
void ipc_leave(struct ipc_table *table, const struct ipc_identifier *identifier);

/* By number; by key (never IPC_PRIVATE). Null pointers when there is none. */
struct ipc_identifier *ipc_find(const struct ipc_table *table, uint64_t id);
struct ipc_identifier *ipc_find_key(const struct ipc_table *table, int32_t key);

/* Whether a task may do what the mode bits in `wanted` (any of the three classes) say: 0 or -EACCES. */
int ipc_may(const struct task *task, const struct ipc_identifier *identifier, uint32_t wanted);

/* Whether a task may change or remove it: 0 or -EPERM. */
int ipc_may_change(const struct task *task, const struct ipc_identifier *identifier);

struct linux_ipc_perm ipc_tell(const struct ipc_identifier *identifier);
