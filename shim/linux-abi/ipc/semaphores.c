/* SPDX-License-Identifier: MIT */
/* Sets of semaphores, and arrays of operations on them: semget(2), semop(2), semtimedop(2). ipc/semaphores.h says how they wait. */
#include "ipc/semaphores.h"

#include "abi/linux/constants.h"
#include "lib/clock.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "time/convert.h"

static struct slab sets = SLAB(struct semaphore_set);

uint64_t semaphores_used(void)
{
	const struct semaphore_set *set;
	uint64_t count = 0;

	for (uint64_t place = 0; (set = set_of(ipc_next(&semaphore_kind, &place))) != NULL; place++)
		count += set->count;
	return count;
}

static int64_t set_make(const struct task *task, int32_t key, uint64_t count, uint32_t flags)
{
	uint64_t frames = ROW_FRAMES(struct semaphore, count);
	struct semaphore_set *set;
	int error = -ENOMEM;

	if (!count)
		return -EINVAL;
	if (count + semaphores_used() > ipc_limits[LIMIT_SEMAPHORES])
		return -ENOSPC;
	set = slab_take(&sets);
	if (!set)
		return -ENOMEM;
	set->count = (uint32_t)count;
	set->changed = ipc_seconds();
	if (!row_make(set->frames, frames))
		goto no_frames;
	error = ipc_enter(&semaphore_kind, &set->identifier, task, key, flags, (uint32_t)ipc_limits[LIMIT_SETS]);
	if (!error)
		return set->identifier.id;
	row_free(set->frames, frames);
no_frames:
	slab_return(&sets, set);
	return error;
}

static bool set_fits(const struct ipc_identifier *identifier, uint64_t count)
{
	return count <= ((const struct semaphore_set *)identifier)->count;
}

struct ipc_kind semaphore_kind = {.make = set_make, .fits = set_fits, .next_id = -1};

void set_remove(struct semaphore_set *set)
{
	set_refuse(set, -EIDRM);
	adjustments_discard(set);
	ipc_leave(&semaphore_kind, &set->identifier);
	row_free(set->frames, ROW_FRAMES(struct semaphore, set->count));
	slab_return(&sets, set);
}

int64_t linux_semget(struct task *task, const uint64_t arguments[6])
{
	int32_t count = (int32_t)arguments[1];

	if (count < 0 || (uint64_t)count > ipc_limits[LIMIT_SET_SEMAPHORES])
		return -EINVAL;
	return ipc_get(&semaphore_kind, task, (int32_t)arguments[0], (uint64_t)count, (uint32_t)arguments[2]);
}

/* Does one operation. 0, OPERATIONS_WAIT, -EAGAIN or -ERANGE; nothing has changed unless it is 0. */
static int operation_do(struct semaphore_set *set, const struct linux_sembuf *operation, struct adjustments *adjustments)
{
	struct semaphore *semaphore = set_semaphore(set, operation->sem_num);
	int32_t value = semaphore->value + operation->sem_op;

	if (operation->sem_op ? value < 0 : value != 0)
		return operation->sem_flg & LINUX_IPC_NOWAIT ? -EAGAIN : OPERATIONS_WAIT;
	if (value > SEMAPHORE_MOST)
		return -ERANGE;
	if (operation->sem_flg & LINUX_SEM_UNDO) {
		int16_t *adjustment = adjustment_at(adjustments, operation->sem_num);
		int32_t adjusted = *adjustment - operation->sem_op;

		if (adjusted < -SEMAPHORE_MOST - 1 || adjusted > SEMAPHORE_MOST)
			return -ERANGE;
		*adjustment = (int16_t)adjusted;
	}
	semaphore->value = value;
	return 0;
}

/* Takes back an operation that was done. */
static void operation_revert(struct semaphore_set *set, const struct linux_sembuf *operation, struct adjustments *adjustments)
{
	set_semaphore(set, operation->sem_num)->value -= operation->sem_op;
	if (operation->sem_flg & LINUX_SEM_UNDO) {
		int16_t *adjustment = adjustment_at(adjustments, operation->sem_num);

		*adjustment = (int16_t)(*adjustment + operation->sem_op);
	}
}

/* Does all, or none: as operation_do(). */
static int operations_do(struct semaphore_set *set, struct operations *operations)
{
	int result = 0;

	for (uint32_t i = 0; i < operations->count; i++) {
		result = operation_do(set, &operations->all[i], operations->adjustments);
		if (!result)
			continue;
		operations->blocking = &operations->all[i];
		while (i-- > 0)
			operation_revert(set, &operations->all[i], operations->adjustments);
		return result;
	}
	for (uint32_t i = 0; i < operations->count; i++)
		set_semaphore(set, operations->all[i].sem_num)->last = operations->task->process->id;
	set->operated = ipc_seconds();
	return 0;
}

/* Takes one out of the list and lets its task go on. */
static void waiting_end(struct operations **at, int result)
{
	struct operations *operations = *at;

	*at = operations->next;
	operations->result = result;
	task_wake(operations->task);
}

/* Does those in the list that can be done: all that alter nothing, or the oldest that alters something. Whether it has altered. */
static bool settle_some(struct semaphore_set *set, bool altering)
{
	struct operations **at = &set->waiting, *operations;

	while ((operations = *at) != NULL) {
		int result = operations->alters == altering ? operations_do(set, operations) : OPERATIONS_WAIT;

		if (result == OPERATIONS_WAIT) {
			at = &operations->next;
			continue;
		}
		waiting_end(at, result);
		if (altering && !result)
			return true;
	}
	return false;
}

void set_settle(struct semaphore_set *set)
{
	do
		(void)settle_some(set, false); /* as in Linux: who waits for zero must see it before somebody adds again */
	while (settle_some(set, true));
}

void set_refuse(struct semaphore_set *set, int error)
{
	while (set->waiting)
		waiting_end(&set->waiting, error);
}

/* Waits until somebody has done the operations or refused them. */
static int operations_wait(struct semaphore_set *set, struct operations *operations, uint64_t deadline)
{
	struct operations **at = &set->waiting;
	int error = 0;

	while (*at)
		at = &(*at)->next;
	*at = operations;
	operations->result = OPERATIONS_WAIT;
	while (operations->result == OPERATIONS_WAIT && !error)
		error = task_wait(operations->task, WAIT_INTERRUPTIBLE, deadline);
	if (operations->result != OPERATIONS_WAIT)
		return operations->result; /* the set may be gone */
	for (at = &set->waiting; *at != operations;)
		at = &(*at)->next;
	*at = operations->next;
	return error == -ETIMEDOUT ? -EAGAIN : -EINTR; /* signal(7): never made again */
}

/* What the whole array asks for: the highest semaphore, whether it alters something, whether something is to be undone. */
static uint32_t operations_survey(struct operations *operations, bool *undo)
{
	uint32_t highest = 0;

	*undo = false;
	for (uint32_t i = 0; i < operations->count; i++) {
		const struct linux_sembuf *one = &operations->all[i];

		highest = one->sem_num > highest ? one->sem_num : highest;
		operations->alters |= one->sem_op != 0;
		*undo |= (one->sem_flg & LINUX_SEM_UNDO) != 0;
	}
	return highest;
}

static int64_t operations_begin(struct task *task, uint64_t id, struct operations *operations, uint64_t deadline)
{
	struct semaphore_set *set = set_of(ipc_find(&semaphore_kind, id));
	bool undo;
	uint32_t highest = operations_survey(operations, &undo);
	int result;

	if (!set)
		return -EINVAL;
	if (highest >= set->count)
		return -EFBIG;
	result = ipc_may(task, &set->identifier, operations->alters ? IPC_MAY_WRITE : IPC_MAY_READ);
	if (result)
		return result;
	if (undo && (operations->adjustments = adjustments_of(task, set)) == NULL)
		return -ENOMEM;
	result = operations_do(set, operations);
	if (result == OPERATIONS_WAIT)
		return operations_wait(set, operations, deadline);
	if (!result && operations->alters)
		set_settle(set);
	return result;
}

/* Both calls. A null `timeout`: waits for ever. */
static int64_t semaphores_operate(struct task *task, const uint64_t arguments[6], const struct time_value *timeout)
{
	struct linux_sembuf all[IPC_OPERATIONS_MOST];
	uint32_t count = (uint32_t)arguments[2];
	struct operations operations = {.task = task, .all = all, .count = count};
	uint64_t deadline = NEVER, ns;

	if (count > ipc_limits[LIMIT_OPERATIONS])
		return -E2BIG;
	if (!count)
		return -EINVAL;
	if (user_read(task->memory, all, arguments[1], count * sizeof(all[0])) != 0)
		return -EFAULT;
	if (timeout) {
		if (!time_to_ns(timeout, NS_PER_SECOND, &ns))
			return -EINVAL;
		deadline = clock_now() + ns;
	}
	return operations_begin(task, arguments[0], &operations, deadline);
}

int64_t linux_semop(struct task *task, const uint64_t arguments[6])
{
	return semaphores_operate(task, arguments, NULL);
}

int64_t linux_semtimedop(struct task *task, const uint64_t arguments[6])
{
	struct time_value timeout;

	if (!arguments[3])
		return semaphores_operate(task, arguments, NULL);
	if (user_get(task->memory, &timeout, arguments[3]) != 0)
		return -EFAULT;
	return semaphores_operate(task, arguments, &timeout);
}
