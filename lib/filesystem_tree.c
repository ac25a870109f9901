/* SPDX-License-Identifier: MIT */
/* The tree protocol of the server of a filesystem (abi/protocols/tree.def), for vfs alone: names and inodes. */
#include "lib/filesystem_call.h"

#include "lib/assert.h"

/* A private copy of a name in the buffer, checked. */
struct name_copy {
	char text[NAME_BYTES_MAX];
	struct name name;
};

static int name_take(const struct call *call, uint64_t span, struct name_copy *copy, bool parent_allowed)
{
	const unsigned char *from = span_at(call, span);
	size_t bytes = span_bytes(span);

	if (!from)
		return -EFAULT;
	if (bytes == 0 || bytes > NAME_BYTES_MAX)
		return bytes ? -ENAMETOOLONG : -ENOENT;
	memcpy(copy->text, from, bytes);
	copy->name = (struct name){copy->text, bytes};
	for (size_t i = 0; i < bytes; i++)
		if (copy->text[i] == '/' || copy->text[i] == 0)
			return -EINVAL;
	if (copy->text[0] == '.' && (bytes == 1 || (bytes == 2 && copy->text[1] == '.' && !parent_allowed)))
		return -EINVAL;
	return 0;
}
static int64_t tree_root(struct call *call)
{
	uint64_t inode;
	uint32_t flags;
	int error = call->operations->root(call->core, &inode, &flags);

	if (error)
		return error;
	call->answer[0] = flags;
	call->answer_words = 1;
	return (int64_t)inode;
}

static int64_t tree_lookup(struct call *call)
{
	struct attributes attributes;
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, true);

	if (!error)
		error = call->operations->lookup(call->core, call->word[1], copy.name, &attributes);
	return error ? error : out_put(call, call->word[3], &attributes, sizeof(attributes));
}

static int64_t tree_getattr(struct call *call)
{
	struct attributes attributes;
	int error = call->operations->getattr(call->core, call->word[1], &attributes);

	return error ? error : out_put(call, call->word[2], &attributes, sizeof(attributes));
}

/* What every request answers that makes or changes an inode: the attributes, and its number as word 1, by which a repeated one finds them again. */
static int64_t attributes_answer(struct call *call, int error, uint64_t offset, const struct attributes *attributes)
{
	if (!error)
		error = out_put(call, offset, attributes, sizeof(*attributes));
	call->answer[0] = attributes->inode;
	call->answer[1] = offset;
	call->answer_words = 2;
	return error;
}

static int64_t tree_setattr(struct call *call)
{
	struct attribute_change change = {
		.mask = low(call->word[2]),
		.mode = low(call->word[3]),
		.owner = low(call->word[4]),
		.group = high(call->word[4]),
		.size = call->word[5],
	};
	struct attributes attributes = {0};
	int error = times_take(call, call->word[6], &change);

	if (!error && ((change.mask & ~(uint32_t)ATTRIBUTE_ALL) || ((change.mask & ATTRIBUTE_SIZE) && change.size > FILE_SIZE_MAX)))
		error = -EINVAL;
	if (change.mask & ATTRIBUTE_ACCESS_NOW)
		change.access = call->server->filesystem.clock->now;
	if (change.mask & ATTRIBUTE_MODIFY_NOW)
		change.modify = call->server->filesystem.clock->now;
	change.mask |= (change.mask & ATTRIBUTE_ACCESS_NOW) / 4 | (change.mask & ATTRIBUTE_MODIFY_NOW) / 4;
	change.mask &= ~(uint32_t)(ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW);
	if (!error)
		error = call->operations->setattr(call->core, call->word[1], &change, &attributes);
	return attributes_answer(call, error, call->word[7], &attributes);
}
_Static_assert(ATTRIBUTE_ACCESS_NOW == 4 * ATTRIBUTE_ACCESS && ATTRIBUTE_MODIFY_NOW == 4 * ATTRIBUTE_MODIFY, "tree_setattr turns one into the other");

static bool mode_is_creatable(uint32_t mode)
{
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
	case MODE_DIRECTORY:
	case MODE_FIFO:
	case MODE_SOCKET:
	case MODE_CHARACTER:
	case MODE_BLOCK:
		return !(mode & ~(uint32_t)(MODE_TYPE | MODE_PERMISSIONS));
	default:
		return false;
	}
}

/* Opens an inode for a client's session. */
static int session_open_file(struct call *call, uint64_t inode, uint64_t badge, uint64_t id, uint32_t flags)
{
	struct filesystem_server *server = call->server;
	struct open_file *file;
	int error;

	if (badge == 0 || badge > FILESYSTEM_SESSIONS || id >= FILE_IDS)
		return -EINVAL;
	file = file_slot(server, file_key(badge, id));
	if (!file)
		return -ENFILE;
	error = call->operations->open(call->core, inode);
	if (!error && file->inode)
		error = file_release(server, file);
	if (error)
		return error;
	tsm_modify(server->tsm, file, sizeof(*file));
	*file = (struct open_file){.key = file_key(badge, id), .flags = flags, .inode = inode};
	return 0;
}

static int named_create(struct call *call, const struct file_creation *creation, struct attributes *attributes)
{
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	return error ? error : call->operations->create(call->core, call->word[1], copy.name, creation, attributes);
}

/* Who does not open it would never get at it. */
static int nameless_create(struct call *call, const struct file_creation *creation, struct attributes *attributes)
{
	if (!call->word[7] || (creation->mode & MODE_TYPE) != MODE_REGULAR)
		return -EINVAL;
	return call->operations->create_nameless(call->core, call->word[1], creation, !(call->word[7] & OPEN_EXCLUSIVE), attributes);
}

/* Made and opened, or neither. */
static int64_t tree_create(struct call *call)
{
	struct file_creation creation = {.mode = low(call->word[3]), .owner = low(call->word[4]), .group = high(call->word[4]), .device = call->word[5]};
	struct attributes attributes = {0};
	int error = mode_is_creatable(creation.mode) ? 0 : -EINVAL;

	if (!error)
		error = span_bytes(call->word[2]) ? named_create(call, &creation, &attributes) : nameless_create(call, &creation, &attributes);
	if (!error && call->word[7])
		error = session_open_file(call, attributes.inode, opening_badge(call->word[7]), opening_id(call->word[7]), low(call->word[7]));
	return attributes_answer(call, error, call->word[6], &attributes);
}

static int64_t tree_symlink(struct call *call)
{
	char target[PATH_BYTES_MAX];
	const unsigned char *from = span_at(call, call->word[3]);
	size_t bytes = span_bytes(call->word[3]);
	struct attributes attributes = {0};
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	if (!error && !from)
		error = -EFAULT;
	if (!error && (bytes == 0 || bytes > PATH_BYTES_MAX))
		error = bytes ? -ENAMETOOLONG : -ENOENT;
	if (error)
		return error;
	memcpy(target, from, bytes);
	error = call->operations->symlink(call->core, call->word[1], copy.name, target, bytes, low(call->word[4]), high(call->word[4]), &attributes);
	return attributes_answer(call, error, call->word[5], &attributes);
}

static int64_t tree_readlink(struct call *call)
{
	unsigned char *to = span_at(call, call->word[2]);

	return to ? call->operations->readlink(call->core, call->word[1], (char *)to, span_bytes(call->word[2])) : -EFAULT;
}

static int64_t tree_link(struct call *call)
{
	struct attributes attributes = {0};
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	if (!error)
		error = call->operations->link(call->core, call->word[1], copy.name, call->word[3], &attributes);
	return attributes_answer(call, error, call->word[4], &attributes);
}

static int64_t tree_unlink(struct call *call)
{
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	return error ? error : call->operations->unlink(call->core, call->word[1], copy.name);
}

static int64_t tree_rmdir(struct call *call)
{
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	return error ? error : call->operations->rmdir(call->core, call->word[1], copy.name);
}

static int64_t tree_rename(struct call *call)
{
	struct name_copy from, to;
	int error = name_take(call, call->word[2], &from, false);

	if (!error)
		error = name_take(call, call->word[4], &to, false);
	return error ? error : call->operations->rename(call->core, call->word[1], from.name, call->word[3], to.name, low(call->word[5]));
}

static int64_t tree_open(struct call *call)
{
	return session_open_file(call, call->word[1], call->word[2], call->word[3], low(call->word[4]));
}

static int64_t tree_opened(struct call *call)
{
	uint32_t key = file_key(call->word[1], call->word[2]);
	const struct open_file *file = call->word[1] && call->word[1] <= FILESYSTEM_SESSIONS && call->word[2] < FILE_IDS ? file_slot(call->server, key) : NULL;

	return file && file->key == key && file->inode ? (int64_t)file->inode : -EBADF;
}

static int64_t tree_statfs(struct call *call)
{
	return statistics_put(call, call->word[1]);
}

static int64_t tree_sync(struct call *call)
{
	return call->operations->sync(call->core);
}

/* lib/file_service.c has waited before this is called; a service that carries out one request after the other has nothing to wait for. */
static int64_t tree_fence(struct call *call)
{
	(void)call;
	return 0;
}

const struct handler tree_handlers[TREE_HANDLERS] = {
	[TREE_ROOT - TREE_ROOT] = {tree_root, 1, TREE},
	[TREE_LOOKUP - TREE_ROOT] = {tree_lookup, 4, TREE},
	[TREE_GETATTR - TREE_ROOT] = {tree_getattr, 3, TREE},
	[TREE_SETATTR - TREE_ROOT] = {tree_setattr, 8, TREE | CHANGES},
	[TREE_CREATE - TREE_ROOT] = {tree_create, 8, TREE | CHANGES},
	[TREE_SYMLINK - TREE_ROOT] = {tree_symlink, 6, TREE | CHANGES},
	[TREE_READLINK - TREE_ROOT] = {tree_readlink, 3, TREE},
	[TREE_LINK - TREE_ROOT] = {tree_link, 5, TREE | CHANGES},
	[TREE_UNLINK - TREE_ROOT] = {tree_unlink, 3, TREE | CHANGES},
	[TREE_RMDIR - TREE_ROOT] = {tree_rmdir, 3, TREE | CHANGES},
	[TREE_RENAME - TREE_ROOT] = {tree_rename, 6, TREE | CHANGES},
	[TREE_OPEN - TREE_ROOT] = {tree_open, 5, TREE | UNSEQUENCED},
	[TREE_STATFS - TREE_ROOT] = {tree_statfs, 2, TREE},
	[TREE_SYNC - TREE_ROOT] = {tree_sync, 1, TREE},
	[TREE_FENCE - TREE_ROOT] = {tree_fence, 1, TREE},
	[TREE_OPENED - TREE_ROOT] = {tree_opened, 3, TREE},
};
