/* SPDX-License-Identifier: MIT */
/*
 * What the objects of System V IPC have in common (sysvipc(7)): a number, a key by which strangers find them, an owner and a mode. A number is the place in a table and a sequence, so that the number of an object that is gone does not
 * soon mean another one: places are given in turn, and each turn has the next sequence. There is a table of each *kind*: segments, semaphores, message queues.
 */
#pragma once

#include "abi/linux/structures.h"
#include "mm/radix.h"
#include "process/task.h"

#define IPC_PLACES 32768 /* of each kind at most; how many may be in use is in ipc/limits.h. A number is sequence * this + place */
#define IPC_KEY_BUCKETS 256
#define IPC_PRIVATE 0    /* the key of what nobody finds */
#define IPC_MAY_READ 0444
#define IPC_MAY_WRITE 0222
#define IPC_MAY_EXECUTE 0111

struct ipc_identifier {
	int32_t id, key;
	struct ipc_identifier *next_by_key;
	uint32_t user, group, creator, creator_group;
	uint16_t mode; /* the nine bits */
};

struct ipc_kind {
	/* Makes an object, for xxxget(2). Its number, or a negative error number. */
	int64_t (*make)(const struct task *task, int32_t key, uint64_t size, uint32_t flags);
	bool (*fits)(const struct ipc_identifier *identifier, uint64_t size); /* whether one that exists is as large as is asked for. Null: always */
	struct radix places;                                                   /* words are pointers to identifiers */
	struct ipc_identifier *keys[IPC_KEY_BUCKETS];
	uint32_t used, next; /* how many there are; the place at which the search for a free one begins */
	uint16_t sequence;
	int64_t next_id; /* the number that the next object is to have, or one behind it; -1: any */
};

/* xxxget(2): finds or makes. Its number, -ENOENT, -EEXIST, -EINVAL (too small), -EACCES or an error of `make`. */
int64_t ipc_get(const struct ipc_kind *kind, const struct task *task, int32_t key, uint64_t size, uint32_t flags);

/* Gives an object a number in the table, and the task as its owner. 0, -ENOSPC when `most` are in use, or -ENOMEM. */
int ipc_enter(struct ipc_kind *kind, struct ipc_identifier *identifier, const struct task *task, int32_t key, uint32_t mode, uint32_t most);
void ipc_leave(struct ipc_kind *kind, struct ipc_identifier *identifier);

/* Nobody finds the object by its key any more. */
void ipc_hide(struct ipc_kind *kind, struct ipc_identifier *identifier);

/* By number; a null pointer when there is none. */
struct ipc_identifier *ipc_find(const struct ipc_kind *kind, uint64_t id);

/* The first one at `*place` or behind it, which becomes its place; a null pointer when there is none. */
struct ipc_identifier *ipc_next(const struct ipc_kind *kind, uint64_t *place);

/* The highest place in use, as commands that tell of all objects return it; 0 when there is none. */
int64_t ipc_highest(const struct ipc_kind *kind);

/*
 * Whose state a command tells: IPC_STAT names a number, xxx_STAT and xxx_STAT_ANY a place, and the last of them needs no permission. What the call returns if nothing else fails, -EINVAL or -EACCES.
 */
enum ipc_look { IPC_LOOK_NUMBER, IPC_LOOK_PLACE, IPC_LOOK_PLACE_ANY };
int64_t ipc_look(const struct ipc_kind *kind, const struct task *task, uint64_t argument, enum ipc_look look, struct ipc_identifier **found);

/* Whether a task may do what the mode bits in `wanted` (any of the three classes) say: 0 or -EACCES. */
int ipc_may(const struct task *task, const struct ipc_identifier *identifier, uint32_t wanted);

/* Whether a task may change or remove it: 0 or -EPERM. */
int ipc_may_change(const struct task *task, const struct ipc_identifier *identifier);

/* Another owner, group and mode, as IPC_SET gives them: 0 or -EINVAL. */
int ipc_change(struct ipc_identifier *identifier, const struct linux_ipc_perm *wanted);

struct linux_ipc_perm ipc_tell(const struct ipc_identifier *identifier);

/* Time in seconds since 1970, as all three kinds tell it. */
int64_t ipc_seconds(void);
