/* SPDX-License-Identifier: MIT */
/* OPEN: what must hold of what exists, and what is made (fs/namei.c, fs/open.c of Linux). */
#include "requests.h"

#include "lib/string.h"

static uint32_t wanted_by(uint32_t flags)
{
	static const uint32_t wanted[] = {ACCESS_READ, ACCESS_WRITE, ACCESS_READ | ACCESS_WRITE, ACCESS_READ | ACCESS_WRITE};

	return wanted[flags & OPEN_ACCESS] | (flags & OPEN_TRUNCATE ? (uint32_t)ACCESS_WRITE : 0);
}

/* OPEN_CREATE of what exists, in a directory where everybody can make files: others' links and devices are traps there (may_create_in_sticky, with fs.protected_regular and _fifos 0). */
static int64_t trap_check(const struct vfs_walk *walk)
{
	const struct attributes *directory = &walk->at.attributes, *file = &walk->target.attributes;
	bool own = file->owner == directory->owner || file->owner == walk->credentials->user;

	if (!(directory->mode & MODE_STICKY) || !(directory->mode & 2) || own)
		return 0;
	return file_is(&walk->target, MODE_REGULAR) || file_is(&walk->target, MODE_FIFO) ? 0 : -EACCES;
}

/* What must hold of a file that exists (may_open). */
static int64_t open_check(const struct vfs_call *call, uint32_t flags)
{
	const struct vfs_walk *walk = first_walk(call);
	const struct vfs_directory *file = &walk->target;
	uint32_t wanted = wanted_by(flags);
	bool device = file_is(file, MODE_CHARACTER) || file_is(file, MODE_BLOCK), special = device || file_is(file, MODE_FIFO) || file_is(file, MODE_SOCKET);
	int64_t error = 0;

	if ((flags & OPEN_CREATE) && file_is(file, MODE_DIRECTORY))
		return -EISDIR;
	if (flags & OPEN_CREATE)
		error = trap_check(walk);
	if (error)
		return error;
	if ((flags & OPEN_DIRECTORY) && !file_is(file, MODE_DIRECTORY))
		return -ENOTDIR;
	if (flags & OPEN_PATH)
		return 0;
	if (file_is(file, MODE_LINK))
		return -ELOOP;
	if (file_is(file, MODE_DIRECTORY) && (wanted & ACCESS_WRITE))
		return -EISDIR;
	if (device && (flags_of(call, file) & MOUNT_NODEV))
		return -EACCES;
	if ((wanted & ACCESS_WRITE) && !special)
		error = writable(call, file);
	if (!error)
		error = permission_check(walk->credentials, &file->attributes, wanted);
	if (!error && (flags & OPEN_NOATIME) && !credentials_own(walk->credentials, &file->attributes))
		error = -EPERM;
	return error ? error : file_is(file, MODE_SOCKET) ? -ENXIO : 0;
}

/* To a client that could keep the file when it closes it: a regular one. */
static void open_depends_tell(const struct vfs_call *call, const struct vfs_directory *file)
{
	if (!file_is(file, MODE_REGULAR))
		depend_unknown(call);
	depend_tell(call);
}

/* Opens what there is, without changing anything. Which device it is, is in no cache. */
static int64_t open_existing(struct vfs_call *call, uint32_t id, uint32_t flags)
{
	struct vfs_directory *file = &first_walk(call)->target;
	uint32_t tree = tree_of(call, file);
	uint64_t badge = call->request.badge;
	int64_t error = 0;

	if (file_is(file, MODE_CHARACTER) || file_is(file, MODE_BLOCK))
		error = tree_getattr(call, tree, file->attributes.inode, &file->attributes);
	else
		file->attributes.device = 0;
	if (!error)
		error = tree_open(call, tree, file->attributes.inode, badge, id, flags);
	if (error)
		return error;
	if (file_is(file, MODE_DIRECTORY) || file_is(file, MODE_LINK)) /* of a link its target can be asked */
		error = place_set(call, badge, id, file);
	else
		place_clear(call, badge, id);
	if (call->depends)
		open_depends_tell(call, file);
	open_answer(call, tree, &file->attributes, flags_of(call, file), mount_told(call, file));
	return error;
}

/* Flags that the tree keeps with the open file. */
static uint32_t kept_flags(const struct vfs_call *call, const struct vfs_walk *walk, uint32_t flags)
{
	uint32_t kept = flags & (OPEN_ACCESS | OPEN_APPEND | OPEN_NOATIME | OPEN_PATH);

	kept |= flags_of(call, &walk->target) & MOUNT_READ_ONLY ? (uint32_t)OPEN_READ_ONLY : 0;
	return kept | (credentials_have(walk->credentials, ASSERTED_FSETID) ? (uint32_t)OPEN_KEEP_SETID : 0);
}

static int64_t open_intend(struct vfs_call *call, struct vfs_intent *intent, uint32_t id, uint32_t flags)
{
	intent->opens = 1;
	intent->id = id;
	intent->flags = kept_flags(call, first_walk(call), flags);
	intent->mount_flags = flags_of(call, &first_walk(call)->target);
	intent->mount = mount_told(call, &first_walk(call)->target);
	return change_carry_out(call);
}

static int64_t open_new(struct vfs_call *call, uint32_t id, uint32_t flags)
{
	struct vfs_walk *walk = first_walk(call);
	struct vfs_intent *intent;
	int64_t error = writable(call, &walk->at);

	if (!error)
		error = permission_check(walk->credentials, &walk->at.attributes, ACCESS_WRITE | ACCESS_EXECUTE);
	if (error)
		return error;
	place_clear(call, call->request.badge, id);
	intent = create_begin(call, walk, MODE_REGULAR | (high(words(call)[5]) & MODE_PERMISSIONS), 0);
	intent->words[7] = opening_make(call->request.badge, id, kept_flags(call, walk, flags));
	return open_intend(call, intent, id, flags);
}

/* OPEN_NAMELESS: a file without a name, in the directory to which the path leads (vfs_tmpfile). */
static int64_t open_nameless(struct vfs_call *call, uint32_t id, uint32_t flags)
{
	struct vfs_walk *walk = first_walk(call);
	struct vfs_intent *intent;
	int64_t error = file_is(&walk->target, MODE_DIRECTORY) ? writable(call, &walk->target) : -ENOTDIR;

	if (!error)
		error = permission_check(walk->credentials, &walk->target.attributes, ACCESS_WRITE | ACCESS_EXECUTE);
	if (error)
		return error;
	place_clear(call, call->request.badge, id);
	walk->at = walk->target;
	walk->name = (struct name){.text = "", .bytes = 0};
	intent = create_begin(call, walk, MODE_REGULAR | (high(words(call)[5]) & MODE_PERMISSIONS), 0);
	intent->words[7] = opening_make(call->request.badge, id, kept_flags(call, walk, flags) | (flags & OPEN_EXCLUSIVE));
	return open_intend(call, intent, id, flags);
}

static int64_t open_truncated(struct vfs_call *call, uint32_t id, uint32_t flags)
{
	const struct vfs_walk *walk = first_walk(call);
	struct attribute_change change = {.mask = ATTRIBUTE_SIZE};
	struct vfs_intent *intent;
	int64_t error = permission_change(walk->credentials, &walk->target.attributes, &change, (struct timestamp){0});

	if (error)
		return error;
	place_clear(call, call->request.badge, id);
	intent = change_begin(call, tree_of(call, &walk->target), TREE_SETATTR);
	intent->words[1] = walk->target.attributes.inode;
	intent->words[2] = change.mask;
	intent->words[3] = change.mode;
	intent->words[6] = tree_offset(call, WORKER_TIMES);
	intent->words[7] = tree_offset(call, WORKER_ATTRIBUTES);
	return open_intend(call, intent, id, flags);
}

/* How the path is walked along. */
static uint32_t walking_of(uint32_t flags)
{
	return (flags & PATH_EMPTY ? WALK_EMPTY | WALK_START : 0u) | (flags & OPEN_NO_MOUNTS ? WALK_NO_MOUNTS : 0u) | (flags & OPEN_NO_LINKS ? WALK_NO_LINKS : 0u) | (flags & OPEN_BENEATH ? WALK_BENEATH : 0u);
}

int64_t request_open(struct vfs_call *call)
{
	struct vfs_walk *walk = first_walk(call);
	uint32_t flags = low(words(call)[5]), id = low(words(call)[6]);
	bool creates = (flags & OPEN_CREATE) && !(flags & OPEN_PATH), exclusive = creates && (flags & OPEN_EXCLUSIVE);
	uint32_t walking = walking_of(flags) | ((flags & OPEN_NOFOLLOW) || exclusive ? 0 : WALK_FOLLOW);
	int64_t error;

	if (id >= FILE_IDS)
		return -EMFILE;
	depend_begin(call);
	if (flags & OPEN_PATH)
		flags &= OPEN_PATH | OPEN_DIRECTORY | OPEN_NOFOLLOW;
	error = first_path(call, walking | (creates ? WALK_NO_SLASH : 0));
	if (!error && walk->found && flags & OPEN_NAMELESS)
		return open_nameless(call, id, flags);
	if (!error && !walk->found && creates) {
		names_lock(call, tree_of(call, &walk->at));
		if (walk_last(call, walk) == -ENOENT)
			return open_new(call, id, flags);
		/* somebody has made it while this request waited for the lock: it is one that opens what there is */
		names_unlock(call);
		error = first_path(call, walking | WALK_NO_SLASH);
	}
	if (error)
		return error;
	if (!walk->found)
		return -ENOENT;
	if (exclusive)
		return -EEXIST;
	error = open_check(call, flags);
	if (error)
		return error;
	if ((flags & OPEN_TRUNCATE) && file_is(&walk->target, MODE_REGULAR))
		return open_truncated(call, id, flags);
	return open_existing(call, id, kept_flags(call, walk, flags));
}
