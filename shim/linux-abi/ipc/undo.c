/* SPDX-License-Identifier: MIT */
/* What is undone when tasks end: adjustments of semaphores (SEM_UNDO of semop(2); ipc/semaphores.h). They are in two lists, their set's and their owner's, and go with whichever goes first. */
#include "ipc/owner.h"
#include "ipc/semaphores.h"
#include "mm/slab.h"

struct semaphore_owner {
	uint32_t users; /* tasks */
	struct adjustments *first;
};

static struct slab owners = SLAB(struct semaphore_owner), adjustments_slab = SLAB(struct adjustments);

static struct semaphore_owner *owner_of(struct task *task)
{
	if (!task->semaphores && (task->semaphores = slab_take(&owners)) != NULL)
		task->semaphores->users = 1;
	return task->semaphores;
}

bool semaphore_owner_share(struct task *task, struct task *parent)
{
	task->semaphores = owner_of(parent);
	if (task->semaphores)
		task->semaphores->users++;
	return task->semaphores;
}

struct adjustments *adjustments_of(struct task *task, struct semaphore_set *set)
{
	struct semaphore_owner *owner = owner_of(task);
	struct adjustments *adjustments = owner ? owner->first : NULL;

	while (adjustments && adjustments->set != set)
		adjustments = adjustments->next_of_owner;
	if (adjustments || !owner || (adjustments = slab_take(&adjustments_slab)) == NULL)
		return adjustments;
	if (!row_make(adjustments->frames, ROW_FRAMES(int16_t, set->count))) {
		slab_return(&adjustments_slab, adjustments);
		return NULL;
	}
	adjustments->set = set;
	adjustments->owner = owner;
	adjustments->next_of_set = set->adjustments;
	adjustments->next_of_owner = owner->first;
	set->adjustments = owner->first = adjustments;
	return adjustments;
}

void adjustments_forget(struct semaphore_set *set, uint32_t first, uint32_t count)
{
	for (const struct adjustments *adjustments = set->adjustments; adjustments; adjustments = adjustments->next_of_set)
		for (uint32_t i = first; i < first + count; i++)
			*adjustment_at(adjustments, i) = 0;
}

/* Out of both lists. */
static void adjustments_free(struct adjustments *adjustments)
{
	struct adjustments **at = &adjustments->set->adjustments;

	while (*at != adjustments)
		at = &(*at)->next_of_set;
	*at = adjustments->next_of_set;
	for (at = &adjustments->owner->first; *at != adjustments;)
		at = &(*at)->next_of_owner;
	*at = adjustments->next_of_owner;
	row_free(adjustments->frames, ROW_FRAMES(int16_t, adjustments->set->count));
	slab_return(&adjustments_slab, adjustments);
}

void adjustments_discard(struct semaphore_set *set)
{
	while (set->adjustments)
		adjustments_free(set->adjustments);
}

/* Adds what is to be added, within the values that a semaphore can have. */
static void adjustments_add(const struct adjustments *adjustments, int32_t process)
{
	struct semaphore_set *set = adjustments->set;

	for (uint32_t i = 0; i < set->count; i++) {
		struct semaphore *semaphore = set_semaphore(set, i);
		int32_t adjustment = *adjustment_at(adjustments, i), value = semaphore->value + adjustment;

		if (!adjustment)
			continue;
		semaphore->value = value < 0 ? 0 : value > SEMAPHORE_MOST ? SEMAPHORE_MOST : value;
		semaphore->last = process;
	}
	set->operated = ipc_seconds();
}

void semaphore_owner_leave(struct task *task)
{
	struct semaphore_owner *owner = task->semaphores;

	task->semaphores = NULL;
	if (!owner || --owner->users)
		return;
	while (owner->first) {
		struct semaphore_set *set = owner->first->set;

		adjustments_add(owner->first, task->process->id);
		adjustments_free(owner->first);
		set_settle(set);
	}
	slab_return(&owners, owner);
}
