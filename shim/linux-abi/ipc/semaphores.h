/* SPDX-License-Identifier: MIT */
/*
 * System V semaphores (semget(2), semop(2), semctl(2)): sets of numbers, and arrays of operations on them that are done all at once or not at all.
 *
 * An array that cannot be done waits in its set's list, oldest first. Whoever changes a set has it *settled*: every array in the list that can be done now is done, on behalf of the task that waits. So nobody is overtaken after he could have
 * gone on, and nothing is done twice. When a set is removed all that wait in it get EIDRM.
 *
 * SEM_UNDO: for each set a task (with those that share it by CLONE_SYSVSEM) may have *adjustments*, which are added when the last of them ends.
 */
#pragma once

#include "ipc/limits.h"
#include "ipc/row.h"

#define SEMAPHORE_MOST 32767 /* SEMVMX: the highest value; also the highest adjustment */
#define SET_FRAMES ROW_FRAMES(struct semaphore, IPC_SET_SEMAPHORES_MOST)
#define ADJUSTMENT_FRAMES ROW_FRAMES(int16_t, IPC_SET_SEMAPHORES_MOST)

struct semaphore {
	int32_t value;
	int32_t last; /* the process that operated on it last */
};

struct semaphore_set {
	struct ipc_identifier identifier;
	uint32_t count;
	int64_t operated, changed; /* times, in seconds */
	struct operations *waiting; /* oldest first */
	struct adjustments *adjustments; /* all tasks' */
	frame_t frames[SET_FRAMES];
};

/* An array of operations under way. It lies on the stack of the task's fiber. */
struct operations {
	struct operations *next;
	struct task *task;
	const struct linux_sembuf *all;
	uint32_t count;
	bool alters;                   /* not only waits for zeros */
	struct adjustments *adjustments; /* null: no operation is to be undone */
	const struct linux_sembuf *blocking; /* the one that could not be done */
	int result;                    /* WAITS, or what the call returns */
};
#define OPERATIONS_WAIT 1

/* What the end of its owners adds to the semaphores of one set. */
struct adjustments {
	struct adjustments *next_of_set, *next_of_owner;
	struct semaphore_set *set;
	struct semaphore_owner *owner;
	frame_t frames[ADJUSTMENT_FRAMES];
};

extern struct ipc_kind semaphore_kind;

static inline struct semaphore_set *set_of(struct ipc_identifier *identifier)
{
	return (struct semaphore_set *)identifier;
}

static inline struct semaphore *set_semaphore(const struct semaphore_set *set, uint32_t index)
{
	return row_at(struct semaphore, set->frames, index);
}

/* All semaphores there are. */
uint64_t semaphores_used(void);

/* Has those go on that can, after something has changed. */
void set_settle(struct semaphore_set *set);

/* Ends all waits with a negative error number. */
void set_refuse(struct semaphore_set *set, int error);

/* The set goes: waits end with -EIDRM. */
void set_remove(struct semaphore_set *set);

/* The adjustments of a task for a set, made when there are none; a null pointer when there is no memory. They go with the set or with the task. */
struct adjustments *adjustments_of(struct task *task, struct semaphore_set *set);

static inline int16_t *adjustment_at(const struct adjustments *adjustments, uint32_t index)
{
	return row_at(int16_t, adjustments->frames, index);
}

/* Nobody adjusts these semaphores any more, whose value was set. */
void adjustments_forget(struct semaphore_set *set, uint32_t first, uint32_t count);

/* All adjustments for a set go. */
void adjustments_discard(struct semaphore_set *set);
