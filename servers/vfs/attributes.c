/* SPDX-License-Identifier: MIT */
/* Requests that change attributes: who may change which, in the order of Linux (fs/attr.c, fs/open.c). */
#include "requests.h"

#include "lib/string.h"

/* Intends to set attributes of what the first path names. */
static int64_t attributes_intend(struct vfs_call *call, const struct attribute_change *change)
{
	const struct vfs_directory *target = &first_walk(call)->target;
	struct vfs_intent *intent = change_begin(call, tree_of(call, target), TREE_SETATTR);

	intent->words[1] = target->attributes.inode;
	intent->words[2] = change->mask;
	intent->words[3] = change->mode;
	intent->words[4] = pair_make(change->owner, change->group);
	intent->words[5] = change->size;
	intent->words[6] = tree_offset(call, WORKER_TIMES);
	intent->words[7] = tree_offset(call, WORKER_ATTRIBUTES);
	intent->times[0] = change->access;
	intent->times[1] = change->modify;
	return change_carry_out(call);
}

/* Asks whether it may be, and has it done. The times that are to be now are left to the tree. */
static int64_t attributes_change(struct vfs_call *call, struct attribute_change *change)
{
	const struct vfs_walk *walk = first_walk(call);
	uint32_t now = change->mask & (ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW);
	int64_t error = writable(call, &walk->target);

	if (!error)
		error = permission_change(walk->credentials, &walk->target.attributes, change, (struct timestamp){0});
	if (error)
		return error;
	change->mask &= ~(now / 4);
	change->mask |= now;
	return attributes_intend(call, change);
}

int64_t request_chmod(struct vfs_call *call)
{
	struct attribute_change change = {.mask = ATTRIBUTE_MODE, .mode = high(words(call)[5]) & MODE_PERMISSIONS};
	int64_t error = target_find(call);

	if (!error && file_is(&first_walk(call)->target, MODE_LINK))
		error = -EOPNOTSUPP;
	return error ? error : attributes_change(call, &change);
}

int64_t request_chown(struct vfs_call *call)
{
	uint32_t owner = low(words(call)[6]), group = high(words(call)[6]);
	struct attribute_change change = {.owner = owner, .group = group};
	int64_t error = target_find(call);

	if (error)
		return error;
	change.mask = (owner != UINT32_MAX || group == UINT32_MAX ? (uint32_t)ATTRIBUTE_OWNER : 0) | (group != UINT32_MAX ? (uint32_t)ATTRIBUTE_GROUP : 0); /* an owner UINT32_MAX: neither */
	return attributes_change(call, &change);
}

int64_t request_utimes(struct vfs_call *call)
{
	struct attribute_change change = {.mask = high(words(call)[5])};
	const unsigned char *from = span_at(call, span_make(low(words(call)[6]), 2 * sizeof(struct timestamp)));
	struct timestamp times[2] = {{0}, {0}};
	int64_t error;

	if (change.mask & ~(uint32_t)(ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY | ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW))
		return -EINVAL;
	if ((change.mask & (ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY)) && !from)
		return -EFAULT;
	if (from)
		memcpy(times, from, sizeof(times));
	if (times[0].nanoseconds >= 1000000000 || times[1].nanoseconds >= 1000000000)
		return -EINVAL;
	if (!change.mask)
		return 0; /* not even the path is looked at */
	change.access = times[0];
	change.modify = times[1];
	error = target_find(call);
	return error ? error : attributes_change(call, &change);
}

int64_t request_truncate(struct vfs_call *call)
{
	struct attribute_change change = {.mask = ATTRIBUTE_SIZE, .size = words(call)[6]};
	struct vfs_walk *walk = first_walk(call);
	int64_t error = change.size > FILE_SIZE_MAX ? -EINVAL : target_find(call);

	if (error)
		return error;
	if (!file_is(&walk->target, MODE_REGULAR))
		return file_is(&walk->target, MODE_DIRECTORY) ? -EISDIR : -EINVAL;
	error = writable(call, &walk->target);
	if (!error)
		error = permission_check(walk->credentials, &walk->target.attributes, ACCESS_WRITE);
	return error ? error : attributes_change(call, &change);
}
