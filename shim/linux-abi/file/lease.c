/* SPDX-License-Identifier: MIT */
/*
 * Leases (file/lease.h; fs/locks.c of Linux). They hang on the node of their file, which all who have it open share; a description has at most one. A lease for reading allows others to read, one for writing allows nobody else to have the file open.
 *
 *   held        until somebody opens the file otherwise
 *   lessening   a lease for writing, when somebody wants to read: it becomes one for reading
 *   ending      when somebody wants to write: it goes
 *
 * The last two happen when the holder says so, or when its time is over, which whoever waits sees to, and who asks next. A file that is mapped and closed counts as open here if stores may come, on Linux in any case.
 */
#include "file/lease.h"

#include "file/content.h"
#include "file/node.h"
#include "file/sigio.h"
#include "lib/clock.h"
#include "mm/slab.h"
#include "process/permission.h"

#define SECOND 1000000000ull /* ns */
#define SECONDS_FIRST 45

struct lease {
	struct lease *next; /* of the file */
	const struct description *description;
	uint32_t type; /* LINUX_F_RDLCK, LINUX_F_WRLCK */
	int32_t number; /* what the signal tells as the file */
	uint64_t lessens_at, ends_at; /* by when (lib/clock.h, ns); 0: nobody wants it */
};

static struct slab structures = SLAB(struct lease);
int64_t lease_break_seconds = SECONDS_FIRST;

/* The link that leads to a description's lease, or to null. */
static struct lease **lease_at(const struct description *description)
{
	struct lease **at = &description->node->leases;

	while (*at && (*at)->description != description)
		at = &(*at)->next;
	return at;
}

static void lease_remove(struct node *node, struct lease **at)
{
	struct lease *lease = *at;

	*at = lease->next;
	slab_return(&structures, lease);
	(void)queue_wake(&node->unleased, 0);
}

/* A lease gets another type, and what was wanted of it has come with that. */
static void lease_change(struct node *node, struct lease *lease, uint32_t type)
{
	lease->type = type;
	if (type == LINUX_F_RDLCK)
		lease->lessens_at = 0;
	(void)queue_wake(&node->unleased, 0);
}

static bool is_over(uint64_t at, uint64_t now)
{
	return at && at <= now;
}

/* Does to leases whose time is over what their holders should have done. */
static void leases_expire(struct node *node)
{
	uint64_t now = node->leases ? clock_now() : 0;

	for (struct lease **at = &node->leases; *at;) {
		if (is_over((*at)->ends_at, now)) {
			lease_remove(node, at);
			continue;
		}
		if (is_over((*at)->lessens_at, now))
			lease_change(node, *at, LINUX_F_RDLCK);
		at = &(*at)->next;
	}
}

void lease_end(const struct description *description)
{
	struct lease **at = lease_at(description);

	if (*at)
		lease_remove(description->node, at);
}

/* What a lease is, or is about to be. */
static int64_t lease_tell(const struct description *description)
{
	const struct lease *lease;

	if (!description->node || !description_is(description, MODE_REGULAR))
		return LINUX_F_UNLCK;
	leases_expire(description->node);
	lease = *lease_at(description);
	if (!lease || lease->ends_at)
		return LINUX_F_UNLCK;
	return lease->lessens_at ? LINUX_F_RDLCK : lease->type;
}

/* Whether others have the file open in a way that a lease of that type would not have allowed (check_conflicting_open). */
static bool is_taken(const struct description *description, uint32_t type)
{
	const struct node *node = description->node;
	uint32_t own_write = description_writes(description), own_read = !own_write && description_reads(description);

	if (type == LINUX_F_RDLCK)
		return node->writers || content_is_stored(node);
	return node->writers != own_write || node->readers != own_read || (!own_write && content_is_stored(node));
}

/* Whether leases of others, or one of its own that is to end, are in the way. */
static bool is_leased(const struct description *description, uint32_t type)
{
	for (const struct lease *lease = description->node->leases; lease; lease = lease->next)
		if (lease->description != description && (type == LINUX_F_WRLCK || lease->ends_at))
			return true;
	return false;
}

static int lease_give(struct task *task, struct description *description, uint64_t number, uint32_t type)
{
	struct node *node = description->node;
	struct lease *lease = *lease_at(description);

	if (is_taken(description, type) || is_leased(description, type))
		return -EAGAIN;
	if (lease) {
		lease_change(node, lease, type);
		return 0;
	}
	lease = slab_take(&structures);
	if (!lease)
		return -ENOMEM;
	*lease = (struct lease){.next = node->leases, .description = description, .type = type, .number = (int32_t)number};
	node->leases = lease;
	owner_become_first(task, description);
	return 0;
}

static int lease_give_up(struct description *description)
{
	if (!*lease_at(description))
		return -EAGAIN;
	lease_end(description);
	description->owner.id = 0;
	description->owner.type = LINUX_F_OWNER_PID;
	description->owner.signal = 0;
	return 0;
}

static int lease_set(struct task *task, struct description *description, uint64_t number, int32_t type)
{
	struct attributes attributes;
	int error;

	if (type != LINUX_F_RDLCK && type != LINUX_F_WRLCK && type != LINUX_F_UNLCK)
		return -EINVAL;
	error = description_attributes(description, &attributes);
	if (error)
		return error;
	if (attributes.owner != task->credentials->file_user && !task_may(task, LINUX_CAP_LEASE))
		return -EACCES;
	if (!description->node || !description_is(description, MODE_REGULAR))
		return -EINVAL;
	leases_expire(description->node);
	return type == LINUX_F_UNLCK ? lease_give_up(description) : lease_give(task, description, number, (uint32_t)type);
}

int64_t lease_control(struct task *task, struct description *description, uint64_t number, uint64_t command, uint64_t argument)
{
	switch (command) {
	case LINUX_F_GETLEASE:
		return lease_tell(description);
	case LINUX_F_SETLEASE:
		return lease_set(task, description, number, (int32_t)argument);
	default:
		return -ENOSYS;
	}
}

static bool conflicts(const struct lease *lease, bool writes)
{
	return writes || lease->type == LINUX_F_WRLCK;
}

/* Tells the holders what is wanted of them, each once. */
static void leases_want(struct node *node, bool writes)
{
	uint64_t at = lease_break_seconds > 0 ? clock_now() + (uint64_t)lease_break_seconds * SECOND : NEVER;

	for (struct lease *lease = node->leases; lease; lease = lease->next) {
		if (!conflicts(lease, writes) || lease->ends_at || (!writes && lease->lessens_at))
			continue;
		if (writes)
			lease->ends_at = at;
		else
			lease->lessens_at = at;
		owner_tell_message(lease->description, lease->number);
	}
}

/* By when the next of those that are in the way is over; 0: none is. */
static uint64_t leases_due(const struct node *node, bool writes)
{
	uint64_t due = 0;

	for (const struct lease *lease = node->leases; lease; lease = lease->next) {
		uint64_t at = lease->ends_at ? lease->ends_at : lease->lessens_at;

		if (conflicts(lease, writes) && (!due || at < due))
			due = at;
	}
	return due;
}

int leases_break(struct task *task, struct node *node, uint32_t flags)
{
	bool writes = flags & LINUX_O_ACCMODE;
	struct waiter waiter = {0};
	uint64_t due;
	int error = 0;

	leases_expire(node);
	leases_want(node, writes);
	if (!leases_due(node, writes))
		return 0;
	if (flags & LINUX_O_NONBLOCK)
		return -EAGAIN;
	queue_join(&node->unleased, &waiter, task);
	while (!error && (due = leases_due(node, writes)) != 0) {
		error = task_wait(task, WAIT_INTERRUPTIBLE, due);
		if (error == -ETIMEDOUT)
			error = 0;
		leases_expire(node);
		leases_want(node, writes); /* somebody may have got a new one */
	}
	queue_leave(&waiter);
	return error;
}
