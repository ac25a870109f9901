/* SPDX-License-Identifier: MIT */
/*
 * Locks of open files (file/locks.h). They hang at the file's node, which each file with locks keeps one user of. Who waits for a lock is known, with whom he waits for: a process that would wait for itself by way of others gets
 * -EDEADLK.
 */
#include "file/locks.h"

#include "file/blocking.h"
#include "file/lock_list.h"
#include "file/node.h"
#include "process/handlers.h"

/* A process that waits, and for whom. */
struct wish {
	struct wish *next;
	const void *owner, *for_whom;
};

static struct wish *wishes;

/* Whether `owner` waits, by way of any number of others, for `whom`. */
static bool waits_for(const void *owner, const void *whom)
{
	for (unsigned steps = 0; owner != whom && steps < 64; steps++) {
		const struct wish *wish = wishes;

		while (wish && wish->owner != owner)
			wish = wish->next;
		if (!wish)
			return false;
		owner = wish->for_whom;
	}
	return owner == whom;
}

static int wish_wait(struct task *task, struct node *node, const struct lock *wanted, const struct lock *conflict)
{
	struct wish wish = {.next = wishes, .owner = wanted->owner, .for_whom = conflict->owner}, **at = &wishes;
	int error;

	if (wanted->kind == LOCK_OF_PROCESS && waits_for(conflict->owner, wanted->owner))
		return -EDEADLK;
	wishes = &wish;
	error = queue_wait(&node->unlocked, task, 0, NEVER);
	while (*at != &wish)
		at = &(*at)->next;
	*at = wish.next;
	return error;
}

/* The first lock of a file makes one more user of its node, the last one that goes takes it back. */
static void node_settle(struct node *node, bool had)
{
	if (!had && node->locks)
		node->users++;
	else if (had && !node->locks)
		node_release(node);
}

static int lock_take(struct task *task, struct node *node, const struct lock *wanted, bool waits)
{
	const struct lock *conflict;
	bool had, done;

	while ((conflict = lock_conflict(node->locks, wanted)) != NULL) {
		int error = waits ? wish_wait(task, node, wanted, conflict) : -EAGAIN;

		if (error)
			return error;
	}
	had = node->locks;
	done = lock_set(&node->locks, wanted);
	node_settle(node, had);
	queue_wake(&node->unlocked, 0); /* an exclusive one may have become a shared one */
	return done ? 0 : -ENOLCK;
}

static int lock_give(struct node *node, const struct lock *lock)
{
	bool had = node->locks, done = lock_clear(&node->locks, lock->owner, lock->kind, lock->first, lock->last);

	queue_wake(&node->unlocked, 0);
	node_settle(node, had);
	return done ? 0 : -ENOLCK;
}

/* The range that a struct flock means. */
static int range_take(struct description *description, const struct linux_flock *request, struct lock *lock)
{
	struct attributes attributes = {0};
	int64_t start = request->l_start, base = 0, end;
	int error = 0;

	if (request->l_whence == LINUX_SEEK_CUR)
		base = (int64_t)description->offset;
	else if (request->l_whence == LINUX_SEEK_END)
		error = description_attributes(description, &attributes);
	else if (request->l_whence != LINUX_SEEK_SET)
		error = -EINVAL;
	if (error)
		return error;
	base += (int64_t)attributes.size;
	if (__builtin_add_overflow(base, start, &start))
		return -EOVERFLOW;
	if (request->l_len < 0 && !__builtin_add_overflow(start, request->l_len, &end)) {
		lock->first = (uint64_t)end;
		lock->last = (uint64_t)start - 1;
		return end < 0 ? -EINVAL : 0;
	}
	if (start < 0 || request->l_len < 0)
		return -EINVAL;
	lock->first = (uint64_t)start;
	lock->last = LOCK_END;
	if (request->l_len && __builtin_add_overflow(start, request->l_len - 1, &end))
		return -EOVERFLOW;
	if (request->l_len)
		lock->last = (uint64_t)end;
	return 0;
}

/* Tells what stands in the way. */
static int64_t lock_tell(struct task *task, uint64_t address, const struct node *node, const struct lock *wanted, struct linux_flock *request)
{
	const struct lock *conflict = lock_conflict(node->locks, wanted);

	request->l_type = !conflict ? LINUX_F_UNLCK : conflict->exclusive ? LINUX_F_WRLCK : LINUX_F_RDLCK;
	if (conflict) {
		request->l_whence = LINUX_SEEK_SET;
		request->l_start = (int64_t)conflict->first;
		request->l_len = conflict->last == LOCK_END ? 0 : (int64_t)(conflict->last - conflict->first + 1);
		request->l_pid = conflict->kind == LOCK_OF_DESCRIPTION ? -1 : conflict->process;
	}
	return user_put(task->memory, address, request);
}

static int64_t lock_do(struct task *task, struct description *description, uint64_t command, const struct lock *lock, uint64_t address, struct linux_flock *request)
{
	bool asks = command == LINUX_F_GETLK || command == LINUX_F_OFD_GETLK, waits = command == LINUX_F_SETLKW || command == LINUX_F_OFD_SETLKW;
	struct node *node;
	int64_t result;

	if (request->l_type == LINUX_F_UNLCK && asks)
		return -EINVAL;
	if (!asks && ((request->l_type == LINUX_F_RDLCK && !description_reads(description)) || (request->l_type == LINUX_F_WRLCK && !description_writes(description))))
		return -EBADF;
	node = node_take(description->filesystem, description->inode);
	if (!node)
		return -ENOLCK;
	if (asks)
		result = lock_tell(task, address, node, lock, request);
	else
		result = request->l_type == LINUX_F_UNLCK ? lock_give(node, lock) : lock_take(task, node, lock, waits);
	node_release(node);
	return result;
}

int64_t lock_control(struct task *task, struct description *description, uint64_t command, uint64_t address)
{
	bool own = command == LINUX_F_OFD_GETLK || command == LINUX_F_OFD_SETLK || command == LINUX_F_OFD_SETLKW;
	struct lock lock = {
		.owner = own ? (const void *)description : (const void *)task->files,
		.kind = own ? LOCK_OF_DESCRIPTION : LOCK_OF_PROCESS,
		.process = task->process->id,
	};
	struct linux_flock request;
	int error;

	if (user_get(task->memory, &request, address))
		return -EFAULT;
	if (request.l_type != LINUX_F_RDLCK && request.l_type != LINUX_F_WRLCK && request.l_type != LINUX_F_UNLCK)
		return -EINVAL;
	if (own && request.l_pid)
		return -EINVAL;
	error = range_take(description, &request, &lock);
	lock.exclusive = request.l_type == LINUX_F_WRLCK;
	return error ? error : lock_do(task, description, command, &lock, address, &request);
}

static void clear_all(const struct description *description, const void *owner, enum lock_kind kind)
{
	struct node *node = node_find(description->filesystem, description->inode);
	bool had = node && node->locks;

	if (!had || !lock_clear_all(&node->locks, owner, kind))
		return;
	queue_wake(&node->unlocked, 0);
	node_settle(node, had);
}

void locks_closed(const struct description *description, const struct descriptors *by)
{
	clear_all(description, by, LOCK_OF_PROCESS);
}

void locks_released(const struct description *description)
{
	clear_all(description, description, LOCK_OF_DESCRIPTION);
	clear_all(description, description, LOCK_WHOLE);
}

static int64_t flock_do(struct task *task, struct description *description, uint64_t operation)
{
	struct lock lock = {.owner = description, .kind = LOCK_WHOLE, .process = task->process->id, .exclusive = (operation & ~(uint64_t)LINUX_LOCK_NB) == LINUX_LOCK_EX, .last = LOCK_END};
	struct node *node = node_take(description->filesystem, description->inode);
	int64_t result;

	if (!node)
		return -ENOLCK;
	if ((operation & ~(uint64_t)LINUX_LOCK_NB) == LINUX_LOCK_UN) {
		result = lock_give(node, &lock);
	} else {
		(void)lock_give(node, &lock); /* another kind of lock is not got in one step: flock(2) */
		result = lock_take(task, node, &lock, !(operation & LINUX_LOCK_NB));
	}
	node_release(node);
	return result;
}

int64_t linux_flock(struct task *task, const uint64_t arguments[6])
{
	uint64_t operation = (uint32_t)arguments[1], what = operation & ~(uint64_t)LINUX_LOCK_NB;
	struct description *description;
	int64_t result;

	if (operation & LINUX_LOCK_MAND)
		return 0; /* as Linux since 5.15: these never worked, and are not done */
	if (what != LINUX_LOCK_SH && what != LINUX_LOCK_EX && what != LINUX_LOCK_UN)
		return -EINVAL;
	result = descriptor_take(task, (uint32_t)arguments[0], &description);
	if (result)
		return result;
	result = flock_do(task, description, operation);
	description_release(description);
	return result;
}
