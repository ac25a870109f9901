/* SPDX-License-Identifier: MIT */
/*
 * Requests that make, link, rename and remove names. Where does the path lead, may the credentials do it, then one change of a tree, or none. What is asked first is answered first, in the order of Linux
 * (fs/namei.c): when two things are wrong, the same one is told.
 */
#include "requests.h"

#include "lib/assert.h"
#include "lib/string.h"

void names_lock(struct vfs_call *call, uint32_t tree)
{
	call->vfs->options.lock(call->vfs->options.context, tree);
	session_run(&call->vfs->sessions, &call->request);
	call->locked = true;
	call->locked_tree = tree;
}

void names_unlock(struct vfs_call *call)
{
	if (call->locked)
		call->vfs->options.unlock(call->vfs->options.context, call->locked_tree);
	call->locked = false;
}

/* A name that can be made: the walk has ended before the last component. -EEXIST when there is something, whatever it is. */
static int64_t new_name_check(struct vfs_call *call, struct vfs_walk *walk, bool directory)
{
	const struct vfs_directory *at = &walk->at;
	int64_t error;

	if (walk->last != LAST_NAME)
		return -EEXIST;
	names_lock(call, tree_of(call, at));
	error = walk_last(call, walk);
	if (error != -ENOENT)
		return error ? error : -EEXIST;
	if (walk->slash && !directory)
		return -ENOENT;
	error = writable(call, at);
	return error ? error : permission_check(walk->credentials, &at->attributes, ACCESS_WRITE | ACCESS_EXECUTE);
}

/* Looks up a name that is to be removed. */
static int64_t old_name_find(struct vfs_call *call, struct vfs_walk *walk)
{
	int64_t error = writable(call, &walk->at);

	if (error)
		return error;
	names_lock(call, tree_of(call, &walk->at));
	return walk_last(call, walk);
}

/* May the name be taken out of its directory (may_delete)? */
static int64_t old_name_check(const struct vfs_call *call, const struct vfs_walk *walk, bool directory)
{
	int64_t error = permission_check(walk->credentials, &walk->at.attributes, ACCESS_WRITE | ACCESS_EXECUTE);

	if (!error)
		error = permission_sticky(walk->credentials, &walk->at.attributes, &walk->target.attributes);
	if (!error && directory != file_is(&walk->target, MODE_DIRECTORY))
		error = directory ? -ENOTDIR : -EISDIR;
	if (!error && file_is(&walk->target, MODE_DIRECTORY) && mount_on(call, &walk->target))
		error = -EBUSY;
	return error;
}

static void name_put(char to[256], uint32_t *bytes, const struct vfs_call *call, struct name name)
{
	memcpy(tsm_modify(call->vfs->tsm, to, name.bytes ? name.bytes : 1), name.text, name.bytes);
	*bytes = (uint32_t)name.bytes;
}

static uint64_t part_name(const struct vfs_call *call, uint64_t at, struct name name)
{
	return span_make(tree_offset(call, at), name.bytes);
}

/* Owner and group of what is made in a directory, and its mode (inode_init_owner, mode_strip_sgid). */
static struct file_creation creation_make(const struct vfs_walk *walk, uint32_t mode, uint64_t device)
{
	const struct attributes *directory = &walk->at.attributes;
	const struct credentials *credentials = walk->credentials;
	struct file_creation creation = {.mode = mode, .owner = credentials->user, .group = credentials->group, .device = device};
	bool runs_as_group = (mode & (MODE_SETGID | MODE_GROUP_EXECUTE)) == (MODE_SETGID | MODE_GROUP_EXECUTE);

	if (!(directory->mode & MODE_SETGID))
		return creation;
	creation.group = directory->group;
	if ((mode & MODE_TYPE) == MODE_DIRECTORY)
		creation.mode |= MODE_SETGID;
	else if (runs_as_group && !credentials_in_group(credentials, directory->group) && !credentials_have(credentials, ASSERTED_FSETID))
		creation.mode &= ~(uint32_t)MODE_SETGID;
	return creation;
}

struct vfs_intent *create_begin(struct vfs_call *call, const struct vfs_walk *walk, uint32_t mode, uint64_t device)
{
	struct file_creation creation = creation_make(walk, mode, device);
	struct vfs_intent *intent = change_begin(call, tree_of(call, &walk->at), TREE_CREATE);

	name_put(intent->name, &intent->name_bytes, call, walk->name);
	intent->words[1] = walk->at.attributes.inode;
	intent->words[2] = part_name(call, WORKER_NAME, walk->name);
	intent->words[3] = creation.mode;
	intent->words[4] = pair_make(creation.owner, creation.group);
	intent->words[5] = creation.device;
	intent->words[6] = tree_offset(call, WORKER_ATTRIBUTES);
	return intent;
}

int64_t request_mkdir(struct vfs_call *call)
{
	int64_t error = first_path(call, WALK_PARENT);

	if (!error)
		error = new_name_check(call, first_walk(call), true);
	if (error)
		return error;
	(void)create_begin(call, first_walk(call), MODE_DIRECTORY | (high(words(call)[5]) & (0777 | MODE_STICKY)), 0);
	return change_carry_out(call);
}

int64_t request_mknod(struct vfs_call *call)
{
	uint32_t mode = high(words(call)[5]) & (MODE_TYPE | MODE_PERMISSIONS), type = mode & MODE_TYPE;
	bool device = type == MODE_CHARACTER || type == MODE_BLOCK;
	int64_t error;

	if (type == MODE_DIRECTORY)
		return -EPERM;
	if (!type)
		mode |= MODE_REGULAR;
	else if (!device && type != MODE_REGULAR && type != MODE_FIFO && type != MODE_SOCKET)
		return -EINVAL;
	error = first_path(call, WALK_PARENT);
	if (!error)
		error = new_name_check(call, first_walk(call), false);
	if (!error && device && !credentials_have(first_walk(call)->credentials, ASSERTED_MKNOD))
		error = -EPERM;
	if (error)
		return error;
	(void)create_begin(call, first_walk(call), mode, device ? words(call)[6] : 0);
	return change_carry_out(call);
}

int64_t request_symlink(struct vfs_call *call)
{
	struct vfs_walk *walk = first_walk(call);
	char *target = call->vfs->workers[call->worker].second.text;
	int64_t bytes = path_take(call, words(call)[6], target), error;
	struct file_creation creation;
	struct vfs_intent *intent;

	if (bytes <= 0)
		return bytes ? bytes : -ENOENT;
	error = first_path(call, WALK_PARENT);
	if (!error)
		error = new_name_check(call, walk, false);
	if (error)
		return error;
	creation = creation_make(walk, MODE_LINK | 0777, 0);
	intent = change_begin(call, tree_of(call, &walk->at), TREE_SYMLINK);
	name_put(intent->name, &intent->name_bytes, call, walk->name);
	memcpy(tsm_modify(call->vfs->tsm, intent->text, (size_t)bytes), target, (size_t)bytes);
	intent->text_bytes = (uint32_t)bytes;
	intent->words[1] = walk->at.attributes.inode;
	intent->words[2] = part_name(call, WORKER_NAME, walk->name);
	intent->words[3] = span_make(tree_offset(call, WORKER_TEXT), (uint64_t)bytes);
	intent->words[4] = pair_make(creation.owner, creation.group);
	intent->words[5] = tree_offset(call, WORKER_ATTRIBUTES);
	return change_carry_out(call);
}

/* Who may give a file one more name, as fs.protected_hardlinks = 1 has it: its owner, or who could read and write it anyway. */
static int64_t link_source_check(const struct vfs_walk *walk)
{
	const struct attributes *attributes = &walk->target.attributes;
	uint32_t mode = attributes->mode;
	bool safe = (mode & MODE_TYPE) == MODE_REGULAR && !(mode & MODE_SETUID) && (mode & (MODE_SETGID | MODE_GROUP_EXECUTE)) != (MODE_SETGID | MODE_GROUP_EXECUTE);

	if (credentials_own(walk->credentials, attributes))
		return 0;
	return safe && permission_check(walk->credentials, attributes, ACCESS_READ | ACCESS_WRITE) == 0 ? 0 : -EPERM;
}

int64_t request_link(struct vfs_call *call)
{
	struct vfs_walk *from = first_walk(call), *to = &call->vfs->workers[call->worker].second;
	uint32_t flags = low(words(call)[5]);
	struct vfs_intent *intent;
	int64_t error = first_path(call, (flags & PATH_FOLLOW ? WALK_FOLLOW : 0u) | (flags & PATH_EMPTY ? WALK_EMPTY | WALK_START : 0u));

	if (!error && !from->found)
		error = -ENOENT;
	if (!error)
		error = path_walk(call, to, words(call)[6], low(words(call)[7]), WALK_PARENT);
	if (error)
		return error;
	/* what new_name_check asks, with the questions of link(2) between: the name, the mount, the source, then the directory */
	error = new_name_check(call, to, false);
	if (error && error != -EACCES)
		return error;
	if (from->target.mount != to->at.mount)
		return -EXDEV;
	if (!error || link_source_check(from) != 0)
		error = link_source_check(from);
	if (!error && file_is(&from->target, MODE_DIRECTORY))
		error = -EPERM;
	if (error)
		return error;
	intent = change_begin(call, tree_of(call, &to->at), TREE_LINK);
	name_put(intent->name, &intent->name_bytes, call, to->name);
	intent->words[1] = to->at.attributes.inode;
	intent->words[2] = part_name(call, WORKER_NAME, to->name);
	intent->words[3] = from->target.attributes.inode;
	intent->words[4] = tree_offset(call, WORKER_ATTRIBUTES);
	return change_carry_out(call);
}

static int64_t name_remove(struct vfs_call *call, uint64_t label)
{
	const struct vfs_walk *walk = first_walk(call);
	struct vfs_intent *intent = change_begin(call, tree_of(call, &walk->at), label);

	name_put(intent->name, &intent->name_bytes, call, walk->name);
	intent->words[1] = walk->at.attributes.inode;
	intent->words[2] = part_name(call, WORKER_NAME, walk->name);
	return change_carry_out(call);
}

int64_t request_unlink(struct vfs_call *call)
{
	struct vfs_walk *walk = first_walk(call);
	int64_t error = first_path(call, WALK_PARENT);

	if (!error && walk->last != LAST_NAME)
		error = -EISDIR;
	if (!error)
		error = old_name_find(call, walk);
	if (!error && walk->slash)
		error = file_is(&walk->target, MODE_DIRECTORY) ? -EISDIR : -ENOTDIR;
	if (!error)
		error = old_name_check(call, walk, false);
	return error ? error : name_remove(call, TREE_UNLINK);
}

int64_t request_rmdir(struct vfs_call *call)
{
	static const int unusual[] = {[LAST_DOT] = -EINVAL, [LAST_PARENT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY};
	struct vfs_walk *walk = first_walk(call);
	int64_t error = first_path(call, WALK_PARENT);

	if (!error && walk->last != LAST_NAME)
		error = unusual[walk->last];
	if (!error)
		error = old_name_find(call, walk);
	if (!error)
		error = old_name_check(call, walk, true);
	return error ? error : name_remove(call, TREE_RMDIR);
}

/* A rename once both walks have ended before their last components. */
struct renaming {
	struct vfs_walk *from, *to;
	uint32_t flags;
};

/* Do the names exist as the flags and slashes want it, and is no directory moved below itself? */
static int64_t rename_shape_check(const struct vfs_call *call, const struct renaming *r)
{
	bool swap = r->flags & RENAME_SWAP, moves_directory;
	int64_t error = walk_last(call, r->from);

	if (error)
		return error;
	error = walk_last(call, r->to);
	if (error && error != -ENOENT)
		return error;
	if ((r->flags & RENAME_KEEP) && r->to->found)
		return -EEXIST;
	if (swap && !r->to->found)
		return -ENOENT;
	moves_directory = file_is(&r->from->target, MODE_DIRECTORY);
	if (swap && !file_is(&r->to->target, MODE_DIRECTORY) && r->to->slash)
		return -ENOTDIR;
	if (!moves_directory && (r->from->slash || (!swap && r->to->slash)))
		return -ENOTDIR;
	if (moves_directory && directory_is_below(call, &r->to->at, r->from->target.attributes.inode))
		return -EINVAL;
	if (r->to->found && file_is(&r->to->target, MODE_DIRECTORY) && directory_is_below(call, &r->from->at, r->to->target.attributes.inode))
		return swap ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* A directory that gets another parent is written: its "..". */
static int64_t parent_change_check(const struct vfs_walk *walk)
{
	return file_is(&walk->target, MODE_DIRECTORY) ? permission_check(walk->credentials, &walk->target.attributes, ACCESS_WRITE) : 0;
}

static int64_t rename_permission_check(const struct vfs_call *call, const struct renaming *r)
{
	bool directory = file_is(&r->from->target, MODE_DIRECTORY), swap = r->flags & RENAME_SWAP;
	bool other_parent = r->from->at.attributes.inode != r->to->at.attributes.inode;
	const struct attributes *to = &r->to->at.attributes;
	int64_t error = permission_check(r->from->credentials, &r->from->at.attributes, ACCESS_WRITE | ACCESS_EXECUTE);

	if (!error)
		error = permission_sticky(r->from->credentials, &r->from->at.attributes, &r->from->target.attributes);
	if (!error && !r->to->found)
		error = permission_check(r->to->credentials, to, ACCESS_WRITE | ACCESS_EXECUTE);
	else if (!error)
		error = old_name_check(call, r->to, swap ? file_is(&r->to->target, MODE_DIRECTORY) : directory);
	if (!error && other_parent)
		error = parent_change_check(r->from);
	if (!error && other_parent && swap)
		error = parent_change_check(r->to);
	if (!error && directory && mount_on(call, &r->from->target))
		error = -EBUSY;
	return error;
}

static int64_t rename_intend(struct vfs_call *call, const struct renaming *r)
{
	struct vfs_intent *intent = change_begin(call, tree_of(call, &r->from->at), TREE_RENAME);

	name_put(intent->name, &intent->name_bytes, call, r->from->name);
	name_put(intent->new_name, &intent->new_name_bytes, call, r->to->name);
	intent->words[1] = r->from->at.attributes.inode;
	intent->words[2] = part_name(call, WORKER_NAME, r->from->name);
	intent->words[3] = r->to->at.attributes.inode;
	intent->words[4] = part_name(call, WORKER_NEW_NAME, r->to->name);
	intent->words[5] = r->flags;
	return change_carry_out(call);
}

int64_t request_rename(struct vfs_call *call)
{
	struct renaming r = {first_walk(call), &call->vfs->workers[call->worker].second, low(words(call)[5])};
	int64_t error;

	if ((r.flags & ~(uint32_t)(RENAME_KEEP | RENAME_SWAP)) || r.flags == (RENAME_KEEP | RENAME_SWAP))
		return -EINVAL;
	error = first_path(call, WALK_PARENT);
	if (!error)
		error = path_walk(call, r.to, words(call)[6], low(words(call)[7]), WALK_PARENT);
	if (error)
		return error;
	if (r.from->at.mount != r.to->at.mount)
		return -EXDEV;
	if (r.from->last != LAST_NAME)
		return -EBUSY;
	if (r.to->last != LAST_NAME)
		return r.flags & RENAME_KEEP ? -EEXIST : -EBUSY;
	error = writable(call, &r.from->at);
	if (error)
		return error;
	names_lock(call, tree_of(call, &r.from->at));
	error = rename_shape_check(call, &r);
	if (error)
		return error;
	if (r.to->found && r.to->target.attributes.inode == r.from->target.attributes.inode)
		return 0;
	error = rename_permission_check(call, &r);
	return error ? error : rename_intend(call, &r);
}
