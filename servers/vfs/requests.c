/* SPDX-License-Identifier: MIT */
/*
 * The requests of the vfs protocol (abi/protocols/vfs.def). Each: where does the path lead, may the credentials do it, then one change of a tree, or none. What is asked first is answered first, in the order of Linux
 * (fs/namei.c, fs/open.c): when two things are wrong, the same one is told.
 */
#include "parts.h"

#include "lib/assert.h"
#include "lib/string.h"

static uint32_t low(uint64_t pair)
{
	return (uint32_t)pair;
}

static uint32_t high(uint64_t pair)
{
	return (uint32_t)(pair >> 32);
}

static const uint64_t *words(const struct vfs_call *call)
{
	return call->exchange->data;
}

static struct vfs_walk *first_walk(const struct vfs_call *call)
{
	return &call->vfs->workers[call->worker].walk;
}

static bool is(const struct vfs_directory *file, uint32_t type)
{
	return (file->attributes.mode & MODE_TYPE) == type;
}

static uint32_t tree_of(const struct vfs_call *call, const struct vfs_directory *file)
{
	return mount_of(call, file)->tree;
}

static uint32_t flags_of(const struct vfs_call *call, const struct vfs_directory *file)
{
	return mount_of(call, file)->flags | call->vfs->tree_flags[tree_of(call, file)];
}

static int writable(const struct vfs_call *call, const struct vfs_directory *file)
{
	return flags_of(call, file) & MOUNT_READ_ONLY ? -EROFS : 0;
}

/* The client's buffer. */

static unsigned char *span_at(const struct vfs_call *call, uint64_t span)
{
	uint64_t offset = span_offset(span), bytes = span_bytes(span);

	return offset >= SESSION_DATA && offset <= call->buffer_bytes && bytes <= call->buffer_bytes - offset ? call->buffer + offset : NULL;
}

/* Copies a path, or the target of a link, of at most PATH_BYTES_MAX bytes. Returns its bytes. */
static int64_t path_take(const struct vfs_call *call, uint64_t span, char *to)
{
	const unsigned char *from = span_at(call, span);
	size_t bytes = span_bytes(span);

	if (!from)
		return -EFAULT;
	if (bytes > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memcpy(to, from, bytes);
	for (size_t i = 0; i < bytes; i++)
		if (!to[i])
			return -EINVAL;
	return (int64_t)bytes;
}

static int credentials_take(const struct vfs_call *call, struct credentials *credentials)
{
	const struct session_page *page = (const struct session_page *)call->buffer;

	credentials->user = low(words(call)[3]);
	credentials->group = high(words(call)[3]);
	credentials->capabilities = low(words(call)[4]);
	credentials->group_count = high(words(call)[4]);
	if (credentials->group_count > SESSION_GROUPS_MAX || (credentials->group_count && !page))
		return -EINVAL;
	for (uint32_t i = 0; i < credentials->group_count; i++)
		credentials->groups[i] = page->groups[i];
	return 0;
}

/* Answers that the rest of the path is the client's to walk, and puts it where the path was. */
static int64_t referral_answer(struct vfs_call *call, const struct vfs_walk *walk, uint64_t path)
{
	struct name rest = walk_rest(walk);
	unsigned char *to = span_at(call, span_make(span_offset(path), rest.bytes));

	if (!to || rest.bytes > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memcpy(to, rest.text, rest.bytes);
	call->answer[0] = walk->tag;
	call->answer[1] = rest.bytes;
	call->answer_words = 2;
	return ANSWER_REFERRAL;
}

/* Walks along a path of the request. 0, an error, or ANSWER_REFERRAL. */
static int64_t path_walk(struct vfs_call *call, struct vfs_walk *walk, uint64_t path, uint32_t start_id, uint32_t flags)
{
	char *text = call->vfs->workers[call->worker].target;
	int64_t bytes = path_take(call, path, text), error;
	struct vfs_directory start;

	if (bytes < 0)
		return bytes;
	error = credentials_take(call, &walk->credentials);
	if (!error)
		error = directory_root(call, &walk->root);
	if (!error)
		error = place_find(call, high(words(call)[2]), &walk->root, &walk->root);
	if (!error)
		error = place_find(call, bytes && text[0] == '/' ? START_ROOT : start_id, &walk->root, &start);
	if (!error)
		error = walk_path(call, walk, &start, text, (size_t)bytes, flags);
	return error == 1 ? referral_answer(call, walk, path) : error;
}

static int64_t first_path(struct vfs_call *call, uint32_t flags)
{
	return path_walk(call, first_walk(call), words(call)[1], low(words(call)[2]), flags);
}

/* What the first path names, links followed unless the flags say otherwise; -ENOENT if there is nothing. */
static int64_t target_find(struct vfs_call *call)
{
	uint32_t flags = low(words(call)[5]);
	int64_t error = first_path(call, (flags & PATH_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & PATH_EMPTY ? WALK_EMPTY : 0));

	return error ? error : first_walk(call)->found ? 0 : -ENOENT;
}

/* Names in directories. */

/* From what is checked of a tree's names to what is done with them, nobody else changes them. */
static void names_lock(struct vfs_call *call, uint32_t tree)
{
	call->vfs->options.lock(call->vfs->options.context, tree);
	session_run(&call->vfs->sessions, &call->request);
	call->locked = true;
	call->locked_tree = tree;
}

static void names_unlock(struct vfs_call *call)
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
	return error ? error : permission_check(&walk->credentials, &at->attributes, ACCESS_WRITE | ACCESS_EXECUTE);
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
	int64_t error = permission_check(&walk->credentials, &walk->at.attributes, ACCESS_WRITE | ACCESS_EXECUTE);

	if (!error)
		error = permission_sticky(&walk->credentials, &walk->at.attributes, &walk->target.attributes);
	if (!error && directory != is(&walk->target, MODE_DIRECTORY))
		error = directory ? -ENOTDIR : -EISDIR;
	if (!error && is(&walk->target, MODE_DIRECTORY) && mount_on(call, &walk->target))
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
	const struct credentials *credentials = &walk->credentials;
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

/* Intends to make a file where the walk has ended. */
static struct vfs_intent *create_begin(struct vfs_call *call, const struct vfs_walk *walk, uint32_t mode, uint64_t device)
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

static int64_t request_mkdir(struct vfs_call *call)
{
	int64_t error = first_path(call, WALK_PARENT);

	if (!error)
		error = new_name_check(call, first_walk(call), true);
	if (error)
		return error;
	(void)create_begin(call, first_walk(call), MODE_DIRECTORY | (high(words(call)[5]) & (0777 | MODE_STICKY)), 0);
	return change_carry_out(call);
}

static int64_t request_mknod(struct vfs_call *call)
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
	if (!error && device && !credentials_have(&first_walk(call)->credentials, ASSERTED_MKNOD))
		error = -EPERM;
	if (error)
		return error;
	(void)create_begin(call, first_walk(call), mode, device ? words(call)[6] : 0);
	return change_carry_out(call);
}

static int64_t request_symlink(struct vfs_call *call)
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

	if (credentials_own(&walk->credentials, attributes))
		return 0;
	return safe && permission_check(&walk->credentials, attributes, ACCESS_READ | ACCESS_WRITE) == 0 ? 0 : -EPERM;
}

static int64_t request_link(struct vfs_call *call)
{
	struct vfs_walk *from = first_walk(call), *to = &call->vfs->workers[call->worker].second;
	uint32_t flags = low(words(call)[5]);
	struct vfs_intent *intent;
	int64_t error = first_path(call, flags & PATH_FOLLOW ? WALK_FOLLOW : 0);

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
	if (!error && is(&from->target, MODE_DIRECTORY))
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

static int64_t request_unlink(struct vfs_call *call)
{
	struct vfs_walk *walk = first_walk(call);
	int64_t error = first_path(call, WALK_PARENT);

	if (!error && walk->last != LAST_NAME)
		error = -EISDIR;
	if (!error)
		error = old_name_find(call, walk);
	if (!error && walk->slash)
		error = is(&walk->target, MODE_DIRECTORY) ? -EISDIR : -ENOTDIR;
	if (!error)
		error = old_name_check(call, walk, false);
	return error ? error : name_remove(call, TREE_UNLINK);
}

static int64_t request_rmdir(struct vfs_call *call)
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
	moves_directory = is(&r->from->target, MODE_DIRECTORY);
	if (swap && !is(&r->to->target, MODE_DIRECTORY) && r->to->slash)
		return -ENOTDIR;
	if (!moves_directory && (r->from->slash || (!swap && r->to->slash)))
		return -ENOTDIR;
	if (moves_directory && directory_is_below(call, &r->to->at, r->from->target.attributes.inode))
		return -EINVAL;
	if (r->to->found && is(&r->to->target, MODE_DIRECTORY) && directory_is_below(call, &r->from->at, r->to->target.attributes.inode))
		return swap ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* A directory that gets another parent is written: its "..". */
static int64_t parent_change_check(const struct vfs_walk *walk)
{
	return is(&walk->target, MODE_DIRECTORY) ? permission_check(&walk->credentials, &walk->target.attributes, ACCESS_WRITE) : 0;
}

static int64_t rename_permission_check(const struct vfs_call *call, const struct renaming *r)
{
	bool directory = is(&r->from->target, MODE_DIRECTORY), swap = r->flags & RENAME_SWAP;
	bool other_parent = r->from->at.attributes.inode != r->to->at.attributes.inode;
	const struct attributes *to = &r->to->at.attributes;
	int64_t error = permission_check(&r->from->credentials, &r->from->at.attributes, ACCESS_WRITE | ACCESS_EXECUTE);

	if (!error)
		error = permission_sticky(&r->from->credentials, &r->from->at.attributes, &r->from->target.attributes);
	if (!error && !r->to->found)
		error = permission_check(&r->to->credentials, to, ACCESS_WRITE | ACCESS_EXECUTE);
	else if (!error)
		error = old_name_check(call, r->to, swap ? is(&r->to->target, MODE_DIRECTORY) : directory);
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

static int64_t request_rename(struct vfs_call *call)
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

/* Attributes. */

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
		error = permission_change(&walk->credentials, &walk->target.attributes, change, (struct timestamp){0});
	if (error)
		return error;
	change->mask &= ~(now / 4);
	change->mask |= now;
	return attributes_intend(call, change);
}

static int64_t request_chmod(struct vfs_call *call)
{
	struct attribute_change change = {.mask = ATTRIBUTE_MODE, .mode = high(words(call)[5]) & MODE_PERMISSIONS};
	int64_t error = target_find(call);

	if (!error && is(&first_walk(call)->target, MODE_LINK))
		error = -EOPNOTSUPP;
	return error ? error : attributes_change(call, &change);
}

static int64_t request_chown(struct vfs_call *call)
{
	uint32_t owner = low(words(call)[6]), group = high(words(call)[6]);
	struct attribute_change change = {.owner = owner, .group = group};
	struct vfs_walk *walk = first_walk(call);
	int64_t error = target_find(call);

	if (error)
		return error;
	change.mask = (owner != UINT32_MAX ? (uint32_t)ATTRIBUTE_OWNER : 0) | (group != UINT32_MAX ? (uint32_t)ATTRIBUTE_GROUP : 0);
	/* set-user-id goes even when neither changes, and whoever asks */
	if (!is(&walk->target, MODE_DIRECTORY) && !change.mask && (walk->target.attributes.mode & (MODE_SETUID | MODE_SETGID))) {
		error = writable(call, &walk->target);
		if (!error && !credentials_own(&walk->credentials, &walk->target.attributes) && !credentials_have(&walk->credentials, ASSERTED_CHOWN))
			error = -EPERM;
		change.mask = ATTRIBUTE_MODE;
		change.mode = mode_without_setid(&walk->credentials, &walk->target.attributes);
		return error ? error : attributes_intend(call, &change);
	}
	return attributes_change(call, &change);
}

static int64_t request_utimes(struct vfs_call *call)
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

static int64_t request_truncate(struct vfs_call *call)
{
	struct attribute_change change = {.mask = ATTRIBUTE_SIZE, .size = words(call)[6]};
	struct vfs_walk *walk = first_walk(call);
	int64_t error = change.size > FILE_SIZE_MAX ? -EINVAL : target_find(call);

	if (error)
		return error;
	if (!is(&walk->target, MODE_REGULAR))
		return is(&walk->target, MODE_DIRECTORY) ? -EISDIR : -EINVAL;
	error = writable(call, &walk->target);
	if (!error)
		error = permission_check(&walk->credentials, &walk->target.attributes, ACCESS_WRITE);
	return error ? error : attributes_change(call, &change);
}

/* Opening. */

static uint32_t wanted_by(uint32_t flags)
{
	static const uint32_t wanted[] = {ACCESS_READ, ACCESS_WRITE, ACCESS_READ | ACCESS_WRITE, ACCESS_READ | ACCESS_WRITE};

	return wanted[flags & OPEN_ACCESS] | (flags & OPEN_TRUNCATE ? (uint32_t)ACCESS_WRITE : 0);
}

/* OPEN_CREATE of what exists, in a directory where everybody can make files: others' links and devices are traps there (may_create_in_sticky, with fs.protected_regular and _fifos 0). */
static int64_t trap_check(const struct vfs_walk *walk)
{
	const struct attributes *directory = &walk->at.attributes, *file = &walk->target.attributes;
	bool own = file->owner == directory->owner || file->owner == walk->credentials.user;

	if (!(directory->mode & MODE_STICKY) || !(directory->mode & 2) || own)
		return 0;
	return is(&walk->target, MODE_REGULAR) || is(&walk->target, MODE_FIFO) ? 0 : -EACCES;
}

/* What must hold of a file that exists (may_open). */
static int64_t open_check(const struct vfs_call *call, uint32_t flags)
{
	const struct vfs_walk *walk = first_walk(call);
	const struct vfs_directory *file = &walk->target;
	uint32_t wanted = wanted_by(flags);
	bool device = is(file, MODE_CHARACTER) || is(file, MODE_BLOCK), special = device || is(file, MODE_FIFO) || is(file, MODE_SOCKET);
	int64_t error = 0;

	if ((flags & OPEN_CREATE) && is(file, MODE_DIRECTORY))
		return -EISDIR;
	if (flags & OPEN_CREATE)
		error = trap_check(walk);
	if (error)
		return error;
	if ((flags & OPEN_DIRECTORY) && !is(file, MODE_DIRECTORY))
		return -ENOTDIR;
	if (flags & OPEN_PATH)
		return 0;
	if (is(file, MODE_LINK))
		return -ELOOP;
	if (is(file, MODE_DIRECTORY) && (wanted & ACCESS_WRITE))
		return -EISDIR;
	if (device && (flags_of(call, file) & MOUNT_NODEV))
		return -EACCES;
	if ((wanted & ACCESS_WRITE) && !special)
		error = writable(call, file);
	if (!error)
		error = permission_check(&walk->credentials, &file->attributes, wanted);
	if (!error && (flags & OPEN_NOATIME) && !credentials_own(&walk->credentials, &file->attributes))
		error = -EPERM;
	return error ? error : is(file, MODE_SOCKET) ? -ENXIO : 0;
}

static void open_answer_set(struct vfs_call *call, uint32_t tree, const struct attributes *attributes)
{
	call->answer[0] = call->vfs->options.tree_badge[tree];
	call->answer[1] = attributes->mode;
	call->answer[2] = attributes->inode;
	call->answer[3] = attributes->device;
	call->answer_words = 4;
}

/* Opens what there is, without changing anything. Which device it is, is in no cache. */
static int64_t open_existing(struct vfs_call *call, uint32_t id, uint32_t flags)
{
	struct vfs_directory *file = &first_walk(call)->target;
	uint32_t tree = tree_of(call, file);
	uint64_t badge = call->request.badge;
	int64_t error = 0;

	if (is(file, MODE_CHARACTER) || is(file, MODE_BLOCK))
		error = tree_getattr(call, tree, file->attributes.inode, &file->attributes);
	else
		file->attributes.device = 0;
	if (!error)
		error = tree_open(call, tree, file->attributes.inode, badge, id, flags);
	if (error)
		return error;
	if (is(file, MODE_DIRECTORY))
		error = place_set(call, badge, id, file);
	else
		place_clear(call, badge, id);
	open_answer_set(call, tree, &file->attributes);
	return error;
}

/* Flags that the tree keeps with the open file. */
static uint32_t kept_flags(const struct vfs_walk *walk, uint32_t flags)
{
	uint32_t kept = flags & (OPEN_ACCESS | OPEN_APPEND | OPEN_NOATIME | OPEN_PATH);

	return kept | (credentials_have(&walk->credentials, ASSERTED_FSETID) ? (uint32_t)OPEN_KEEP_SETID : 0);
}

static int64_t open_intend(struct vfs_call *call, struct vfs_intent *intent, uint32_t id, uint32_t flags)
{
	intent->opens = 1;
	intent->id = id;
	intent->flags = kept_flags(first_walk(call), flags);
	return change_carry_out(call);
}

static int64_t open_new(struct vfs_call *call, uint32_t id, uint32_t flags)
{
	struct vfs_walk *walk = first_walk(call);
	int64_t error = writable(call, &walk->at);

	if (!error)
		error = permission_check(&walk->credentials, &walk->at.attributes, ACCESS_WRITE | ACCESS_EXECUTE);
	if (error)
		return error;
	place_clear(call, call->request.badge, id);
	return open_intend(call, create_begin(call, walk, MODE_REGULAR | (high(words(call)[5]) & MODE_PERMISSIONS), 0), id, flags);
}

static int64_t open_truncated(struct vfs_call *call, uint32_t id, uint32_t flags)
{
	const struct vfs_walk *walk = first_walk(call);
	struct attribute_change change = {.mask = ATTRIBUTE_SIZE};
	struct vfs_intent *intent;
	int64_t error = permission_change(&walk->credentials, &walk->target.attributes, &change, (struct timestamp){0});

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

static int64_t request_open(struct vfs_call *call)
{
	struct vfs_walk *walk = first_walk(call);
	uint32_t flags = low(words(call)[5]), id = low(words(call)[6]);
	bool creates = (flags & OPEN_CREATE) && !(flags & OPEN_PATH), exclusive = creates && (flags & OPEN_EXCLUSIVE);
	int64_t error;

	if (id >= FILE_IDS)
		return -EMFILE;
	if (flags & OPEN_PATH)
		flags &= OPEN_PATH | OPEN_DIRECTORY | OPEN_NOFOLLOW;
	error = first_path(call, ((flags & OPEN_NOFOLLOW) || exclusive ? 0 : WALK_FOLLOW) | (creates ? WALK_NO_SLASH : 0));
	if (!error && !walk->found && creates) {
		names_lock(call, tree_of(call, &walk->at));
		if (walk_last(call, walk) == -ENOENT)
			return open_new(call, id, flags);
		/* somebody has made it while this request waited for the lock: it is one that opens what there is */
		names_unlock(call);
		error = first_path(call, ((flags & OPEN_NOFOLLOW) || exclusive ? 0 : WALK_FOLLOW) | WALK_NO_SLASH);
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
	if ((flags & OPEN_TRUNCATE) && is(&walk->target, MODE_REGULAR))
		return open_truncated(call, id, flags);
	return open_existing(call, id, kept_flags(walk, flags));
}

/* Questions. */

static int64_t request_stat(struct vfs_call *call)
{
	struct vfs_directory *target = &first_walk(call)->target;
	unsigned char *to = span_at(call, span_make(low(words(call)[6]), sizeof(struct attributes)));
	int64_t error = target_find(call);

	if (!error)
		error = tree_getattr(call, tree_of(call, target), target->attributes.inode, &target->attributes);
	if (error)
		return error;
	if (!to)
		return -EFAULT;
	memcpy(to, &target->attributes, sizeof(struct attributes));
	call->answer[0] = call->vfs->options.tree_badge[tree_of(call, target)];
	call->answer_words = 1;
	return 0;
}

static int64_t request_readlink(struct vfs_call *call)
{
	const struct vfs_walk *walk = first_walk(call);
	char *target = call->vfs->workers[call->worker].target;
	unsigned char *to = span_at(call, words(call)[6]);
	int64_t bytes = first_path(call, low(words(call)[5]) & PATH_EMPTY ? WALK_EMPTY : 0);

	if (bytes)
		return bytes;
	if (!walk->found)
		return -ENOENT;
	if (!is(&walk->target, MODE_LINK) || !span_bytes(words(call)[6]))
		return -EINVAL;
	bytes = tree_readlink(call, tree_of(call, &walk->target), walk->target.attributes.inode, target);
	if (bytes < 0)
		return bytes;
	if (!to)
		return -EFAULT;
	if ((uint64_t)bytes > span_bytes(words(call)[6]))
		bytes = (int64_t)span_bytes(words(call)[6]);
	memcpy(to, target, (size_t)bytes);
	return bytes;
}

static int64_t request_access(struct vfs_call *call)
{
	uint32_t wanted = high(words(call)[5]);
	const struct vfs_walk *walk = first_walk(call);
	int64_t error = wanted & ~(uint32_t)7 ? -EINVAL : target_find(call);

	if (error || !wanted)
		return error;
	if ((wanted & ACCESS_EXECUTE) && is(&walk->target, MODE_REGULAR) && (flags_of(call, &walk->target) & MOUNT_NOEXEC))
		return -EACCES;
	error = permission_check(&walk->credentials, &walk->target.attributes, wanted);
	if (!error && (wanted & ACCESS_WRITE) && (is(&walk->target, MODE_REGULAR) || is(&walk->target, MODE_DIRECTORY) || is(&walk->target, MODE_LINK)))
		error = writable(call, &walk->target);
	return error;
}

static int64_t request_statfs(struct vfs_call *call)
{
	unsigned char *to = span_at(call, span_make(low(words(call)[6]), sizeof(struct filesystem_statistics)));
	const struct vfs_directory *target = &first_walk(call)->target;
	struct filesystem_statistics statistics;
	int64_t error = target_find(call);
	uint64_t at = tree_offset(call, WORKER_ATTRIBUTES);

	if (!error)
		error = tree_call(call, tree_of(call, target), TREE_STATFS, &at, 1, NULL);
	if (error)
		return error;
	if (!to)
		return -EFAULT;
	memcpy(&statistics, tree_part(call, tree_of(call, target)) + WORKER_ATTRIBUTES, sizeof(statistics));
	statistics.flags = flags_of(call, target);
	memcpy(to, &statistics, sizeof(statistics));
	return 0;
}

static int64_t request_sync(struct vfs_call *call)
{
	int64_t error = 0;

	for (uint32_t tree = 0; tree < call->vfs->options.tree_count; tree++) {
		int64_t result = tree_call(call, tree, TREE_SYNC, NULL, 0, NULL);

		error = error ? error : result;
	}
	return error;
}

/* Mounts. */

/* Ends a request that has changed the mount table, in the transaction that is open. */
static int64_t mount_finish(struct vfs_call *call, int64_t error)
{
	const struct session_result stored = {.words = 1};

	if (error) {
		tsm_rollback(call->vfs->tsm);
		return error;
	}
	session_finish(&call->vfs->sessions, &call->request, &stored);
	tsm_commit(call->vfs->tsm);
	call->stored = true;
	return 0;
}

/* The tree that clients know by that badge; tree_count when there is none. */
static uint32_t tree_by_badge(const struct vfs *vfs, uint64_t badge)
{
	uint32_t tree = 0;

	while (tree < vfs->options.tree_count && vfs->options.tree_badge[tree] != badge)
		tree++;
	return tree;
}

static int64_t mount_tree_at(struct vfs_call *call, const struct vfs_directory *point, uint64_t what, uint32_t flags)
{
	struct vfs_mount mount = {.state = MOUNT_TREE, .tree = tree_by_badge(call->vfs, what), .flags = flags};
	int64_t root = 0;
	uint64_t insists;

	if (what & MOUNT_REFERRAL) {
		mount = (struct vfs_mount){.state = MOUNT_CLIENT, .root = low(what), .owner = call->request.badge, .flags = flags};
	} else {
		if (mount.tree >= call->vfs->options.tree_count)
			return -ENODEV;
		root = tree_call(call, mount.tree, TREE_ROOT, NULL, 0, &insists);
		if (root < 0)
			return root;
		mount.root = (uint64_t)root;
		call->vfs->tree_flags[mount.tree] = (uint32_t)insists;
	}
	tsm_begin(call->vfs->tsm);
	return mount_finish(call, mount_add(call, point, &mount));
}

static int64_t request_mount(struct vfs_call *call)
{
	const struct vfs_walk *walk = first_walk(call);
	int64_t error = target_find(call);

	if (!error && !credentials_have(&walk->credentials, ASSERTED_SYS_ADMIN))
		error = -EPERM;
	if (!error && !is(&walk->target, MODE_DIRECTORY))
		error = -ENOTDIR;
	return error ? error : mount_tree_at(call, &walk->target, words(call)[6], low(words(call)[5]) & ~(uint32_t)(PATH_NOFOLLOW | PATH_EMPTY));
}

/* A client's own mount is unmounted by the path of its mount point: what a walk calls a referral with nothing left. */
static int64_t request_umount(struct vfs_call *call)
{
	struct vfs_walk *walk = first_walk(call);
	struct vfs_mount *mounts = call->vfs->state->mounts;
	uint32_t mount = VFS_MOUNTS;
	int64_t error = target_find(call);

	if (error == ANSWER_REFERRAL && call->answer[1] == 0) {
		for (uint32_t i = 0; i < VFS_MOUNTS; i++)
			if (mounts[i].state == MOUNT_CLIENT && mounts[i].root == walk->tag && mounts[i].owner == call->request.badge)
				mount = i;
		call->answer_words = 0;
	} else if (error) {
		return error;
	} else if (walk->target.attributes.inode == mounts[walk->target.mount].root) {
		mount = walk->target.mount;
	}
	if (!credentials_have(&walk->credentials, ASSERTED_SYS_ADMIN))
		return -EPERM;
	if (mount == VFS_MOUNTS)
		return -EINVAL;
	tsm_begin(call->vfs->tsm);
	return mount_finish(call, mount_remove(call, mount));
}

static int64_t request_session(struct vfs_call *call)
{
	places_clear(call, call->request.badge);
	session_reset(&call->vfs->sessions, call->request.badge);
	return 0;
}

enum numbering { NUMBERED = 1, EITHER = 2 };

struct request_kind {
	int64_t (*handle)(struct vfs_call *call);
	uint32_t words;
	uint32_t numbering;
};

static const struct request_kind kinds[] = {
	[VFS_OPEN - VFS_OPEN] = {request_open, 7, EITHER},
	[VFS_STAT - VFS_OPEN] = {request_stat, 7, 0},
	[VFS_MKDIR - VFS_OPEN] = {request_mkdir, 6, NUMBERED},
	[VFS_MKNOD - VFS_OPEN] = {request_mknod, 7, NUMBERED},
	[VFS_UNLINK - VFS_OPEN] = {request_unlink, 6, NUMBERED},
	[VFS_RMDIR - VFS_OPEN] = {request_rmdir, 6, NUMBERED},
	[VFS_RENAME - VFS_OPEN] = {request_rename, 8, NUMBERED},
	[VFS_LINK - VFS_OPEN] = {request_link, 8, NUMBERED},
	[VFS_SYMLINK - VFS_OPEN] = {request_symlink, 7, NUMBERED},
	[VFS_READLINK - VFS_OPEN] = {request_readlink, 7, 0},
	[VFS_CHMOD - VFS_OPEN] = {request_chmod, 6, NUMBERED},
	[VFS_CHOWN - VFS_OPEN] = {request_chown, 7, NUMBERED},
	[VFS_UTIMES - VFS_OPEN] = {request_utimes, 7, NUMBERED},
	[VFS_TRUNCATE - VFS_OPEN] = {request_truncate, 7, NUMBERED},
	[VFS_ACCESS - VFS_OPEN] = {request_access, 6, 0},
	[VFS_STATFS - VFS_OPEN] = {request_statfs, 7, 0},
	[VFS_MOUNT - VFS_OPEN] = {request_mount, 7, NUMBERED},
	[VFS_UMOUNT - VFS_OPEN] = {request_umount, 6, NUMBERED},
	[VFS_SYNC - VFS_OPEN] = {request_sync, 1, 0},
	[VFS_SESSION - VFS_OPEN] = {request_session, 1, 0},
};

static void answer_put(struct file_exchange *exchange, const struct session_result *result)
{
	exchange->words = result->words;
	memcpy(exchange->data, result->word, result->words * sizeof(result->word[0]));
}

static void answer_error(struct file_exchange *exchange, int64_t error)
{
	exchange->words = 1;
	exchange->data[0] = (uint64_t)error;
}

/* Carries a new request out, and stores its result if that has not been done with its effect. */
static void request_run(struct vfs_call *call, const struct request_kind *kind, struct file_exchange *exchange)
{
	struct session_result result = {.words = 1};
	int64_t outcome = kind->handle(call);

	names_unlock(call);
	result.word[0] = (uint64_t)outcome;
	if (outcome >= 0) {
		result.words += call->answer_words;
		memcpy(result.word + 1, call->answer, call->answer_words * sizeof(call->answer[0]));
	}
	if (!call->stored && call->request.sequence << (64 - SEQUENCE_LANE_SHIFT)) {
		tsm_begin(call->vfs->tsm);
		session_finish(&call->vfs->sessions, &call->request, &result);
		tsm_commit(call->vfs->tsm);
	}
	session_end(&call->vfs->sessions, &call->request);
	answer_put(exchange, &result);
}

static uint64_t fingerprint(const struct file_exchange *exchange)
{
	uint64_t hash = exchange->label;

	for (uint64_t i = 1; i < 8; i++)
		hash = (hash ^ exchange->data[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* 0, or why a request is refused before anything is looked at. */
static int64_t request_refuse(const struct file_exchange *exchange, const struct request_kind *kind)
{
	bool numbered = exchange->data[0] << (64 - SEQUENCE_LANE_SHIFT);
	bool changes = kind && (kind->numbering == NUMBERED || (kind->numbering == EITHER && (low(exchange->data[5]) & (OPEN_CREATE | OPEN_TRUNCATE))));

	if (!kind)
		return -ENOSYS;
	return exchange->words < kind->words || numbered != changes ? -EPROTO : 0;
}

void vfs_handle(struct vfs *vfs, uint32_t worker, struct file_exchange *exchange)
{
	const struct request_kind *kind = exchange->label - VFS_OPEN < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[exchange->label - VFS_OPEN] : NULL;
	const struct file_exchange copy = *exchange;
	struct vfs_call call = {
		.vfs = vfs,
		.worker = worker,
		.exchange = &copy,
		.request = {.badge = exchange->badge, .sequence = exchange->data[0], .fingerprint = fingerprint(exchange)},
	};
	struct session_result result;
	int64_t refusal = request_refuse(exchange, kind);

	if (refusal) {
		answer_error(exchange, refusal);
		return;
	}
	call.buffer = vfs->options.buffer(vfs->options.context, exchange->badge, &call.buffer_bytes);
	if (!call.buffer)
		call.buffer_bytes = 0;
	switch (session_begin(&vfs->sessions, &call.request, &result)) {
	case SESSION_NEW:
		request_run(&call, kind, exchange);
		break;
	case SESSION_REPEATED:
		answer_put(exchange, &result);
		break;
	case SESSION_UNDERWAY:
		answer_error(exchange, ANSWER_PENDING);
		break;
	case SESSION_POISONED:
		answer_error(exchange, -EIO);
		break;
	default:
		answer_error(exchange, -EPROTO);
	}
}

/* Asks each tree that is mounted for the flags on which it insists, and has the first one mounted as the root. */
static int mounts_open(struct vfs *vfs)
{
	struct vfs_call call = {.vfs = vfs};
	struct vfs_mount *root = &vfs->state->mounts[0];

	for (uint32_t tree = 0; tree < vfs->options.tree_count; tree++) {
		uint64_t flags = 0;
		int64_t inode = tree_call(&call, tree, TREE_ROOT, NULL, 0, &flags);

		if (inode < 0 && tree == 0)
			return (int)inode;
		vfs->tree_flags[tree] = (uint32_t)flags;
		if (tree || root->state)
			continue;
		tsm_begin(vfs->tsm);
		tsm_modify(vfs->tsm, root, sizeof(*root));
		*root = (struct vfs_mount){.state = MOUNT_TREE, .root = (uint64_t)inode};
		tsm_commit(vfs->tsm);
	}
	return 0;
}

int vfs_open(struct vfs *vfs, struct tsm *tsm, const struct vfs_options *options)
{
	const struct session_options sessions = {
		.sessions = FILESYSTEM_SESSIONS, .lanes = SEQUENCE_LANES, .instance = options->instance, .blame = options->blame};

	memset(vfs, 0, sizeof(*vfs));
	vfs->options = *options;
	vfs->tsm = tsm;
	vfs->state = tsm_data(tsm);
	assert(tsm_bytes(tsm) >= VFS_STATE_BYTES && options->tree_count <= VFS_TREES);
	sessions_open(&vfs->sessions, tsm, vfs->state->lanes, &sessions);
	return mounts_open(vfs);
}
