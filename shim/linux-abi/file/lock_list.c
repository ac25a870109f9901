/* SPDX-License-Identifier: MIT */
/* Lists of locks (file/lock_list.h): a lock is set by clearing its range of what its owner has there, adding it, and joining it with its neighbours. */
#include "file/lock_list.h"

#include "mm/slab.h"

static struct slab locks = SLAB(struct lock);

static bool excludes(const struct lock *one, const struct lock *other)
{
	if ((one->kind == LOCK_WHOLE) != (other->kind == LOCK_WHOLE))
		return false;
	if (one->owner == other->owner && one->kind == other->kind)
		return false;
	return (one->exclusive || other->exclusive) && one->first <= other->last && other->first <= one->last;
}

const struct lock *lock_conflict(const struct lock *list, const struct lock *wanted)
{
	const struct lock *found = NULL;

	for (; list; list = list->next)
		if (excludes(list, wanted) && (!found || list->first < found->first))
			found = list;
	return found;
}

static bool is_own(const struct lock *lock, const void *owner, enum lock_kind kind)
{
	return lock->owner == owner && lock->kind == kind;
}

static void unlink_at(struct lock **at)
{
	struct lock *lock = *at;

	*at = lock->next;
	slab_return(&locks, lock);
}

/* Cuts a range out of one lock; `rest` takes what is left behind the range when something is left on both sides. Returns whether the lock is gone. */
static bool cut(struct lock *lock, uint64_t first, uint64_t last, struct lock *rest)
{
	if (lock->first < first && lock->last > last) {
		*rest = *lock;
		rest->first = last + 1;
		lock->last = first - 1;
		lock->next = rest;
		return false;
	}
	if (lock->first >= first && lock->last <= last)
		return true;
	if (lock->first < first)
		lock->last = first - 1;
	else
		lock->first = last + 1;
	return false;
}

static bool overlaps(const struct lock *lock, uint64_t first, uint64_t last)
{
	return lock->first <= last && first <= lock->last;
}

/* Whether the range lies in the middle of a lock, so that clearing it makes one more. */
static bool splits(const struct lock *list, const void *owner, enum lock_kind kind, uint64_t first, uint64_t last)
{
	for (; list; list = list->next)
		if (is_own(list, owner, kind) && list->first < first && list->last > last)
			return true;
	return false;
}

static void clear_with(struct lock **at, const void *owner, enum lock_kind kind, uint64_t first, uint64_t last, struct lock *rest)
{
	while (*at) {
		if (is_own(*at, owner, kind) && overlaps(*at, first, last) && cut(*at, first, last, rest))
			unlink_at(at);
		else
			at = &(*at)->next;
	}
}

bool lock_clear(struct lock **list, const void *owner, enum lock_kind kind, uint64_t first, uint64_t last)
{
	struct lock *rest = NULL;

	if (splits(*list, owner, kind, first, last) && !(rest = slab_take(&locks)))
		return false;
	clear_with(list, owner, kind, first, last, rest);
	return true;
}

/* Takes up neighbours that are alike into the lock. */
static void join(struct lock **list, struct lock *lock)
{
	for (struct lock **at = list; *at;) {
		struct lock *other = *at;
		bool touches = other->last + 1 == lock->first || lock->last + 1 == other->first;

		if (other == lock || !is_own(other, lock->owner, lock->kind) || other->exclusive != lock->exclusive || !touches) {
			at = &other->next;
			continue;
		}
		lock->first = other->first < lock->first ? other->first : lock->first;
		lock->last = other->last > lock->last ? other->last : lock->last;
		unlink_at(at);
	}
}

bool lock_set(struct lock **list, const struct lock *wanted)
{
	struct lock *lock = slab_take(&locks);

	if (!lock)
		return false;
	if (!lock_clear(list, wanted->owner, wanted->kind, wanted->first, wanted->last)) {
		slab_return(&locks, lock);
		return false;
	}
	*lock = *wanted;
	lock->next = *list;
	*list = lock;
	join(list, lock);
	return true;
}

bool lock_clear_all(struct lock **list, const void *owner, enum lock_kind kind)
{
	bool found = false;

	for (struct lock **at = list; *at;) {
		if (!is_own(*at, owner, kind)) {
			at = &(*at)->next;
			continue;
		}
		unlink_at(at);
		found = true;
	}
	return found;
}
