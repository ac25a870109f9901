/* SPDX-License-Identifier: MIT */
/* Requests of vfs to its trees that change no names or attributes. What they answer goes into the caches. A tree is trusted about its own files, not about the sizes that it tells. */
#include "parts.h"

#include "lib/string.h"

unsigned char *tree_part(const struct vfs_call *call, uint32_t tree)
{
	return call->vfs->options.tree_buffer[tree] + tree_offset(call, 0);
}

uint64_t tree_offset(const struct vfs_call *call, uint64_t offset)
{
	return SESSION_DATA + (uint64_t)call->worker * WORKER_BYTES + offset;
}

int64_t tree_call(const struct vfs_call *call, uint32_t tree, uint64_t label, const uint64_t *words, uint32_t count, uint64_t *more)
{
	const struct vfs_options *options = &call->vfs->options;
	struct file_exchange exchange = {.label = label, .words = 1 + count};

	for (uint32_t i = 0; i < count; i++)
		exchange.data[1 + i] = words[i];
	exchange.data[0] = (uint64_t)call->worker << SEQUENCE_LANE_SHIFT;
	options->call(options->context, tree, &exchange);
	session_run(&call->vfs->sessions, &call->request);
	if (more)
		*more = exchange.words > 1 ? exchange.data[1] : 0;
	return (int64_t)exchange.data[0];
}

/* Takes the attributes that a request has left in the worker's part, and remembers them. */
static void attributes_take(const struct vfs_call *call, uint32_t tree, struct attributes *attributes)
{
	memcpy(attributes, tree_part(call, tree) + WORKER_ATTRIBUTES, sizeof(*attributes));
	cache_inode_put(call->vfs, tree, attributes);
}

int tree_getattr(const struct vfs_call *call, uint32_t tree, uint64_t inode, struct attributes *attributes)
{
	const uint64_t words[] = {inode, tree_offset(call, WORKER_ATTRIBUTES)};
	int error = (int)tree_call(call, tree, TREE_GETATTR, words, 2, NULL);

	if (!error)
		attributes_take(call, tree, attributes);
	return error;
}

int tree_inode(const struct vfs_call *call, uint32_t tree, uint64_t inode, struct attributes *attributes)
{
	depend_on(call, tree, inode, GENERATION_ACCESS);
	return cache_inode_get(call->vfs, tree, inode, attributes) ? 0 : tree_getattr(call, tree, inode, attributes);
}

/* A name that is in no cache. */
static int name_ask(const struct vfs_call *call, uint32_t tree, uint64_t directory, struct name name, struct attributes *attributes)
{
	const uint64_t words[] = {directory, span_make(tree_offset(call, WORKER_NAME), name.bytes), tree_offset(call, WORKER_ATTRIBUTES)};
	bool parent = name.bytes == 2 && name.text[0] == '.' && name.text[1] == '.';
	uint64_t changed = call->vfs->names_changed[tree];
	int error;

	memcpy(tree_part(call, tree) + WORKER_NAME, name.text, name.bytes);
	error = (int)tree_call(call, tree, TREE_LOOKUP, words, 3, NULL);
	if (!error) {
		attributes_take(call, tree, attributes);
		if (!parent && changed == call->vfs->names_changed[tree]) /* a directory that is moved gets another one, without a word about it */
			cache_name_put(call->vfs, tree, directory, name, attributes->inode);
	} else if (error == -ENOENT && changed == call->vfs->names_changed[tree]) {
		cache_name_put(call->vfs, tree, directory, name, 0);
	}
	return error;
}

int tree_lookup(const struct vfs_call *call, uint32_t tree, uint64_t directory, struct name name, struct attributes *attributes)
{
	uint64_t inode;

	if (cache_name_get(call->vfs, tree, directory, name, &inode))
		return inode ? tree_inode(call, tree, inode, attributes) : -ENOENT;
	depend_unknown(call);
	return name_ask(call, tree, directory, name, attributes);
}

int64_t tree_readlink(const struct vfs_call *call, uint32_t tree, uint64_t inode, char *target)
{
	const uint64_t words[] = {inode, span_make(tree_offset(call, WORKER_TEXT), PATH_BYTES_MAX)};
	int64_t bytes = tree_call(call, tree, TREE_READLINK, words, 2, NULL);

	if (bytes > PATH_BYTES_MAX)
		return -EIO;
	if (bytes > 0)
		memcpy(target, tree_part(call, tree) + WORKER_TEXT, (size_t)bytes);
	return bytes;
}

int tree_opened(const struct vfs_call *call, uint32_t tree, uint64_t badge, uint64_t id, struct attributes *attributes)
{
	const uint64_t words[] = {badge, id};
	int64_t inode = tree_call(call, tree, TREE_OPENED, words, 2, NULL);

	return inode < 0 ? (int)inode : tree_getattr(call, tree, (uint64_t)inode, attributes);
}

int tree_open(const struct vfs_call *call, uint32_t tree, uint64_t inode, uint64_t badge, uint64_t id, uint32_t flags)
{
	const uint64_t words[] = {inode, badge, id, flags};

	return (int)tree_call(call, tree, TREE_OPEN, words, 4, NULL);
}
