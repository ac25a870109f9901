/* SPDX-License-Identifier: MIT */
/* The model of a filesystem, and random operations on it (world.h). It is as simple as can be: nodes and edges in arrays that are searched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "servers/ramfs/layout.h"
#include "world.h"

#define NAME_AT SESSION_DATA
#define NEW_NAME_AT (SESSION_DATA + 1024)
#define ATTRIBUTES_AT (SESSION_DATA + 2048)
#define TARGET_AT (SESSION_DATA + 8192)
#define XATTR_VALUE_AT 256 /* behind the name */

unsigned random_next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

const char *name_text(int name)
{
	static char text[NAMES][300];

	if (!text[name][0]) {
		static const size_t bytes[NAMES] = {1, 2, 3, 8, 12, 60, 87, 88, 89, 100, 208, 209, 255, 256};

		memset(text[name], 'a' + name, bytes[name]);
	}
	return text[name];
}

size_t name_bytes(int name)
{
	return strlen(name_text(name));
}

const char *xattr_text(int xattr)
{
	static char text[XATTRS][XATTR_NAME_BYTES_MAX + 1];

	if (!text[xattr][0]) {
		static const size_t bytes[XATTRS] = {6, 10, 39, 40, 41, 160, 161, 255};

		memset(text[xattr], 'A' + xattr, bytes[xattr]);
		memcpy(text[xattr], "user.", 5);
	}
	return text[xattr];
}

void model_make(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->node[0] = (struct node){.used = true, .inode = 1, .mode = MODE_DIRECTORY | 0755, .links = 2, .modify = 1000, .change = 1000};
	for (int i = 0; i < IDS; i++)
		model->open[i] = -1;
	model->now = 1000;
}

void model_free(struct model *model)
{
	for (int i = 0; i < NODES_MAX; i++)
		free(model->node[i].content);
}

static bool is(const struct node *node, uint32_t type)
{
	return (node->mode & MODE_TYPE) == type;
}

/* Choosing. */

static int node_choose(const struct model *model, unsigned *seed, uint32_t type)
{
	int start = (int)(random_next(seed) % NODES_MAX);

	for (int i = 0; i < NODES_MAX; i++) {
		int at = (start + i) % NODES_MAX;

		if (model->node[at].used && (!type || is(&model->node[at], type)))
			return at;
	}
	return 0;
}

/* A name that exists in some directory, mostly. */
static void edge_choose(const struct model *model, unsigned *seed, int *directory, int *name)
{
	int start = (int)(random_next(seed) % NODES_MAX);

	*directory = node_choose(model, seed, MODE_DIRECTORY);
	*name = (int)(random_next(seed) % NAMES);
	for (int i = 0; i < NODES_MAX && random_next(seed) % 8; i++) {
		const struct edge *edge = &model->edge[(start + i) % NODES_MAX];

		if (edge->used) {
			*directory = edge->directory;
			*name = edge->name;
			return;
		}
	}
}

struct operation operation_choose(const struct model *model, unsigned *seed)
{
	static const enum operation_kind weights[] = {MAKE_FILE, MAKE_FILE, MAKE_FILE, MAKE_DIRECTORY, MAKE_DIRECTORY, MAKE_SPECIAL, MAKE_LINK, HARD_LINK, UNLINK, UNLINK,
		UNLINK, RMDIR, RMDIR, RENAME, RENAME, RENAME, RENAME, OPEN, OPEN, CLOSE, WRITE, WRITE, WRITE, WRITE, APPEND, TRUNCATE, ATTRIBUTES, PUNCH, FILL, SET_XATTR, SET_XATTR, SET_XATTR, REMOVE_XATTR};
	struct operation o = {.kind = weights[random_next(seed) % (sizeof(weights) / sizeof(weights[0]))]};

	o.directory = node_choose(model, seed, random_next(seed) % 16 ? MODE_DIRECTORY : 0);
	o.other = node_choose(model, seed, random_next(seed) % 16 ? MODE_DIRECTORY : 0);
	o.name = (int)(random_next(seed) % NAMES);
	o.new_name = (int)(random_next(seed) % NAMES);
	o.node = node_choose(model, seed, random_next(seed) % 4 ? MODE_REGULAR : 0);
	o.id = (int)(random_next(seed) % IDS);
	o.mode = random_next(seed) & MODE_PERMISSIONS;
	o.seed = random_next(seed);
	o.offset = random_next(seed) % 3 ? random_next(seed) % 12000 : random_next(seed) % (CONTENT_MAX - 40000);
	o.bytes = random_next(seed) % 3 ? random_next(seed) % 600 : random_next(seed) % 40000;
	if (random_next(seed) % 4 == 0)
		o.offset &= ~(uint64_t)4095;
	if (o.kind == UNLINK || o.kind == RMDIR || o.kind == RENAME)
		edge_choose(model, seed, &o.directory, &o.name);
	if (o.kind == RENAME && random_next(seed) % 2)
		edge_choose(model, seed, &o.other, &o.new_name);
	if (o.kind == RENAME)
		o.flags = random_next(seed) % 3 ? 0 : random_next(seed) % 4;
	if (o.kind == SET_XATTR)
		o.flags = random_next(seed) % 3 ? 0 : random_next(seed) % 4;
	if (o.kind == SET_XATTR && random_next(seed) % 8 == 0)
		o.bytes = o.bytes % 2 * XATTR_VALUE_BYTES_MAX;
	if (o.kind == MAKE_LINK && o.bytes > PATH_BYTES_MAX + 1)
		o.bytes = PATH_BYTES_MAX + 1;
	return o;
}

const char *operation_text(const struct operation *o)
{
	static const char *const names[OPERATION_KINDS] = {"make-file", "make-directory", "make-special", "make-link", "hard-link", "unlink", "rmdir", "rename", "open", "close",
		"write", "append", "truncate", "attributes", "punch", "fill", "set-xattr", "remove-xattr"};
	static char text[200];

	snprintf(text, sizeof(text), "%s directory %d name %d other %d new name %d node %d id %d flags %u mode %o offset %lu bytes %lu", names[o->kind], o->directory, o->name,
		o->other, o->new_name, o->node, o->id, o->flags, o->mode, (unsigned long)o->offset, (unsigned long)o->bytes);
	return text;
}

/* Requests. */

static uint64_t name_put(struct world *world, int name, uint64_t at)
{
	memcpy(world->windows.buffers[VFS_BADGE] + at, name_text(name), name_bytes(name));
	return span_make(at, name_bytes(name));
}

static unsigned char byte_at(unsigned seed, uint64_t i)
{
	return (unsigned char)(seed + i * 7 + (i >> 9)) | 1;
}

static void content_put(unsigned char *to, const struct operation *o)
{
	for (uint64_t i = 0; i < o->bytes; i++)
		to[i] = byte_at(o->seed, i);
}

static void target_put(char *to, const struct operation *o)
{
	for (uint64_t i = 0; i < o->bytes; i++)
		to[i] = (char)('a' + (o->seed + i) % 26);
}

bool xattr_matches(const unsigned char *value, unsigned seed, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		if (value[i] != byte_at(seed, i))
			return false;
	return true;
}

/* Name and value of an extended attribute. */
static uint64_t xattr_put(unsigned char *at, const struct operation *o)
{
	const char *name = xattr_text(o->name % XATTRS);

	memcpy(at, name, strlen(name));
	if (o->kind == SET_XATTR)
		content_put(at + XATTR_VALUE_AT, o);
	return span_make(SESSION_DATA, strlen(name));
}

static uint32_t special_mode(const struct operation *o)
{
	static const uint32_t types[] = {MODE_FIFO, MODE_SOCKET, MODE_CHARACTER, MODE_BLOCK};

	return types[o->seed % 4] | o->mode;
}

static uint64_t special_device(const struct operation *o)
{
	uint32_t type = special_mode(o) & MODE_TYPE;

	return type == MODE_CHARACTER || type == MODE_BLOCK ? o->seed % 1000 + 1 : 0;
}

struct file_exchange operation_request(struct world *world, const struct model *model, const struct operation *o)
{
	uint64_t directory = model->node[o->directory].inode, inode = model->node[o->node].inode;
	uint64_t owner = pair_make(o->seed % 5, o->seed % 3);
	bool tree = o->kind <= OPEN || o->kind == ATTRIBUTES;
	struct file_exchange x = {.badge = tree ? VFS_BADGE : CLIENT_BADGE, .words = 8};
	uint64_t name = name_put(world, o->name, NAME_AT), new_name = name_put(world, o->new_name, NEW_NAME_AT);

	x.data[0] = o->kind == OPEN || o->kind == CLOSE ? 0 : ++world->sequence[x.badge];
	if (o->kind == MAKE_LINK)
		target_put((char *)world->windows.buffers[VFS_BADGE] + TARGET_AT, o);
	if (o->kind == WRITE || o->kind == APPEND)
		content_put(world->windows.buffers[CLIENT_BADGE] + SESSION_DATA, o);
	if (o->kind == SET_XATTR || o->kind == REMOVE_XATTR)
		name = xattr_put(world->windows.buffers[CLIENT_BADGE] + SESSION_DATA, o);
#define WORDS(request, ...) \
	do { \
		const uint64_t words[] = {__VA_ARGS__}; \
		x.label = (request); \
		memcpy(x.data + 1, words, sizeof(words)); \
	} while (0)
	switch (o->kind) {
	case MAKE_FILE: WORDS(TREE_CREATE, directory, name, MODE_REGULAR | o->mode, owner, 0, ATTRIBUTES_AT); break;
	case MAKE_DIRECTORY: WORDS(TREE_CREATE, directory, name, MODE_DIRECTORY | o->mode, owner, 0, ATTRIBUTES_AT); break;
	case MAKE_SPECIAL: WORDS(TREE_CREATE, directory, name, special_mode(o), owner, special_device(o), ATTRIBUTES_AT); break;
	case MAKE_LINK: WORDS(TREE_SYMLINK, directory, name, span_make(TARGET_AT, o->bytes), owner, ATTRIBUTES_AT); break;
	case HARD_LINK: WORDS(TREE_LINK, directory, name, inode, ATTRIBUTES_AT); break;
	case UNLINK: WORDS(TREE_UNLINK, directory, name); break;
	case RMDIR: WORDS(TREE_RMDIR, directory, name); break;
	case RENAME: WORDS(TREE_RENAME, directory, name, model->node[o->other].inode, new_name, o->flags); break;
	case OPEN: WORDS(TREE_OPEN, inode, CLIENT_BADGE, (uint64_t)o->id, OPEN_READ_WRITE | OPEN_KEEP_SETID); break;
	case CLOSE: WORDS(FILE_CLOSE, (uint64_t)o->id); break;
	case WRITE: WORDS(FILE_WRITE, (uint64_t)o->id, o->offset, span_make(SESSION_DATA, o->bytes)); break;
	case APPEND: WORDS(FILE_WRITE, (uint64_t)o->id, FILE_END, span_make(SESSION_DATA, o->bytes)); break;
	case TRUNCATE: WORDS(FILE_TRUNCATE, (uint64_t)o->id, o->offset); break;
	case ATTRIBUTES: WORDS(TREE_SETATTR, inode, ATTRIBUTE_MODE | ATTRIBUTE_OWNER | ATTRIBUTE_GROUP | ATTRIBUTE_MODIFY_NOW, o->mode, owner, 0, 0, ATTRIBUTES_AT); break;
	case PUNCH: WORDS(FILE_ALLOCATE, (uint64_t)o->id, ALLOCATE_PUNCH_HOLE | ALLOCATE_KEEP_SIZE, o->offset, o->bytes + 1); break;
	case FILL: WORDS(FILE_ALLOCATE, (uint64_t)o->id, o->seed % 2, o->offset, o->bytes + 1); break;
	case SET_XATTR: WORDS(FILE_SETXATTR, (uint64_t)o->id, name, span_make(SESSION_DATA + XATTR_VALUE_AT, o->bytes), o->flags, 0, 0, UINT32_MAX); break;
	case REMOVE_XATTR: WORDS(FILE_REMOVEXATTR, (uint64_t)o->id, name, 0, 0, 0, 0, UINT32_MAX); break;
	default: abort();
	}
	return x;
}

bool operation_full(struct world *world, const struct operation *o)
{
	struct filesystem_statistics s;
	uint64_t pages = o->bytes / 4096 + 4;

	ramfs_operations.statfs(&world->ramfs, &s);
	if (o->kind == WRITE || o->kind == APPEND || o->kind == FILL)
		return s.blocks_free < pages;
	if (o->kind == SET_XATTR)
		return s.blocks_free < pages || world->ramfs.state->entries_free < 6;
	return s.inodes_free == 0 || world->ramfs.state->entries_free < 1 + pieces_for(PATH_BYTES_MAX) + pieces_for(NAME_BYTES_MAX);
}

/* The model. */

static struct edge *edge_find(struct model *model, int directory, int name)
{
	for (int i = 0; i < NODES_MAX; i++)
		if (model->edge[i].used && model->edge[i].directory == directory && model->edge[i].name == name)
			return &model->edge[i];
	return NULL;
}

static bool directory_empty(const struct model *model, int directory)
{
	for (int i = 0; i < NODES_MAX; i++)
		if (model->edge[i].used && model->edge[i].directory == directory)
			return false;
	return true;
}

static void edge_add(struct model *model, int directory, int name, int node)
{
	for (int i = 0; i < NODES_MAX; i++) {
		if (model->edge[i].used)
			continue;
		model->edge[i] = (struct edge){true, directory, node, name};
		return;
	}
	abort();
}

static void node_drop(struct node *node)
{
	if (node->links || node->users)
		return;
	free(node->content);
	*node = (struct node){0};
}

static void touch(struct model *model, int node, bool contents)
{
	model->node[node].change = model->now;
	if (contents)
		model->node[node].modify = model->now;
}

/* What is asked before a name is made, in the core's order. */
static int64_t place_check(struct model *model, const struct operation *o)
{
	if (!is(&model->node[o->directory], MODE_DIRECTORY))
		return -ENOTDIR;
	if (!model->node[o->directory].links)
		return -ENOENT;
	return edge_find(model, o->directory, o->name) ? -EEXIST : 0;
}

static int64_t make(struct model *model, const struct operation *o, const struct file_exchange *got, uint32_t mode, uint64_t device)
{
	int64_t error = o->kind == MAKE_LINK && (!o->bytes || o->bytes > PATH_BYTES_MAX) && name_bytes(o->name) <= NAME_BYTES_MAX
				? (o->bytes ? -ENAMETOOLONG : -ENOENT)
				: place_check(model, o);
	struct node *node;
	int at = 1;

	if (error || (int64_t)got->data[0] == -ENOSPC)
		return error;
	while (model->node[at].used)
		at++;
	node = &model->node[at];
	*node = (struct node){.used = true, .inode = got->data[1], .mode = mode, .links = 1, .device = device, .parent = o->directory, .modify = model->now, .change = model->now};
	node->owner = o->seed % 5;
	node->group = o->seed % 3;
	if (is(node, MODE_REGULAR))
		node->content = calloc(1, CONTENT_MAX);
	if (is(node, MODE_LINK)) {
		node->size = o->bytes;
		target_put(node->target, o);
	}
	if (is(node, MODE_DIRECTORY)) {
		node->links = 2;
		model->node[o->directory].links++;
	}
	edge_add(model, o->directory, o->name, at);
	touch(model, o->directory, true);
	return 0;
}

static int64_t hard_link(struct model *model, const struct operation *o, const struct file_exchange *got)
{
	struct node *node = &model->node[o->node];
	int64_t error = place_check(model, o);

	if (error)
		return error;
	if (is(node, MODE_DIRECTORY))
		return -EPERM;
	if (!node->links)
		return -ENOENT;
	if ((int64_t)got->data[0] == -ENOSPC)
		return 0;
	node->links++;
	touch(model, o->node, false);
	edge_add(model, o->directory, o->name, o->node);
	touch(model, o->directory, true);
	return 0;
}

static int64_t name_take_away(struct model *model, const struct operation *o, bool directory)
{
	struct edge *edge = edge_find(model, o->directory, o->name);
	struct node *node;

	if (!is(&model->node[o->directory], MODE_DIRECTORY))
		return -ENOTDIR;
	if (!edge)
		return -ENOENT;
	node = &model->node[edge->node];
	if (is(node, MODE_DIRECTORY) != directory)
		return directory ? -ENOTDIR : -EISDIR;
	if (directory && !directory_empty(model, edge->node))
		return -ENOTEMPTY;
	edge->used = false;
	touch(model, o->directory, true);
	touch(model, edge->node, false);
	node->links = directory ? 0 : node->links - 1;
	if (directory)
		model->node[o->directory].links--;
	node_drop(node);
	return 0;
}

static bool below(const struct model *model, int node, int above)
{
	while (node != above && node != 0)
		node = model->node[node].parent;
	return node == above;
}

static int64_t rename_check(struct model *model, const struct operation *o, const struct edge *from, const struct edge *to)
{
	bool swap = o->flags & RENAME_SWAP, directory;

	if (!is(&model->node[o->directory], MODE_DIRECTORY) || !is(&model->node[o->other], MODE_DIRECTORY))
		return -ENOTDIR;
	if (o->flags == 3)
		return -EINVAL;
	if (!from || !model->node[o->other].links)
		return -ENOENT;
	if (swap && !to)
		return -ENOENT;
	if (to && (o->flags & RENAME_KEEP))
		return -EEXIST;
	directory = is(&model->node[from->node], MODE_DIRECTORY);
	if (directory && below(model, o->other, from->node))
		return -EINVAL;
	if (!to)
		return 0;
	if (is(&model->node[to->node], MODE_DIRECTORY) && below(model, o->directory, to->node))
		return swap ? -EINVAL : -ENOTEMPTY;
	if (swap || to->node == from->node)
		return 0;
	if (directory != is(&model->node[to->node], MODE_DIRECTORY))
		return directory ? -ENOTDIR : -EISDIR;
	return directory_empty(model, to->node) ? 0 : -ENOTEMPTY;
}

static void node_move(struct model *model, int node, int from, int to)
{
	if (!is(&model->node[node], MODE_DIRECTORY))
		return;
	model->node[from].links--;
	model->node[to].links++;
	model->node[node].parent = to;
}

static int64_t rename_all(struct model *model, const struct operation *o)
{
	struct edge *from = edge_find(model, o->directory, o->name), *to = edge_find(model, o->other, o->new_name);
	int64_t error = rename_check(model, o, from, to);
	int moved, target = to ? to->node : -1;

	if (error || (to && to->node == from->node))
		return error;
	moved = from->node;
	touch(model, o->directory, true);
	touch(model, o->other, true);
	touch(model, moved, false);
	node_move(model, moved, o->directory, o->other);
	if (o->flags & RENAME_SWAP) {
		from->node = target;
		to->node = moved;
		touch(model, target, false);
		node_move(model, target, o->other, o->directory);
		return 0;
	}
	if (to) {
		struct node *gone = &model->node[target];

		to->used = false;
		touch(model, target, false);
		if (is(gone, MODE_DIRECTORY))
			model->node[o->other].links--;
		gone->links = is(gone, MODE_DIRECTORY) ? 0 : gone->links - 1;
		node_drop(gone);
	}
	from->directory = o->other;
	from->name = o->new_name;
	return 0;
}

static int64_t open_file(struct model *model, const struct operation *o)
{
	int before = model->open[o->id];

	model->node[o->node].users++;
	model->open[o->id] = o->node;
	if (before >= 0) {
		model->node[before].users--;
		node_drop(&model->node[before]);
	}
	return 0;
}

static int64_t close_file(struct model *model, const struct operation *o)
{
	int node = model->open[o->id];

	if (node < 0)
		return -EBADF;
	model->open[o->id] = -1;
	model->node[node].users--;
	node_drop(&model->node[node]);
	return 0;
}

static void size_set(struct node *node, uint64_t size)
{
	if (size < node->size)
		memset(node->content + size, 0, node->size - size);
	node->size = size;
}

/* Everything on the contents of an open file. `done` are the bytes that the core wrote, where it may have stopped for want of space. */
static int64_t contents_change(struct model *model, const struct operation *o, int64_t done)
{
	struct node *node = model->open[o->id] < 0 ? NULL : &model->node[model->open[o->id]];
	uint64_t offset, bytes = o->bytes;

	if (!node)
		return -EBADF;
	if (!is(node, MODE_REGULAR))
		return is(node, MODE_DIRECTORY) ? -EISDIR : o->kind == PUNCH || o->kind == FILL ? -ENODEV : -EINVAL;
	offset = o->kind == APPEND ? node->size : o->offset;
	if (offset + bytes + 1 > CONTENT_MAX)
		abort();
	if (o->kind == WRITE || o->kind == APPEND) {
		if (done >= 0 && (uint64_t)done < bytes)
			bytes = (uint64_t)done;
		if (!bytes)
			return 0;
		for (uint64_t i = 0; i < bytes; i++)
			node->content[offset + i] = byte_at(o->seed, i);
	} else if (o->kind == PUNCH) {
		memset(node->content + offset, 0, bytes + 1);
	} else if (o->kind == TRUNCATE) {
		size_set(node, o->offset);
	}
	if (o->kind == FILL && o->seed % 2 == 0 && offset + bytes + 1 > node->size)
		node->size = offset + bytes + 1;
	if ((o->kind == WRITE || o->kind == APPEND) && offset + bytes > node->size)
		node->size = offset + bytes;
	touch(model, model->open[o->id], true);
	return o->kind == WRITE || o->kind == APPEND ? (int64_t)bytes : 0;
}

static int64_t xattr_change(struct model *model, const struct operation *o, int64_t result)
{
	struct node *node = model->open[o->id] < 0 ? NULL : &model->node[model->open[o->id]];
	int name = o->name % XATTRS;

	if (!node)
		return -EBADF;
	if (!is(node, MODE_REGULAR) && !is(node, MODE_DIRECTORY))
		return -EPERM;
	if (o->kind == REMOVE_XATTR && !node->xattr[name].used)
		return -ENODATA;
	if (o->kind == SET_XATTR && node->xattr[name].used && o->flags & XATTR_NEW)
		return -EEXIST;
	if (o->kind == SET_XATTR && !node->xattr[name].used && o->flags & XATTR_OLD)
		return -ENODATA;
	if (result == -ENOSPC)
		return 0;
	node->xattr[name].used = o->kind == SET_XATTR;
	node->xattr[name].seed = o->seed;
	node->xattr[name].bytes = o->bytes;
	touch(model, model->open[o->id], false);
	return 0;
}

static int64_t attributes_change(struct model *model, const struct operation *o)
{
	struct node *node = &model->node[o->node];

	node->mode = (node->mode & MODE_TYPE) | o->mode;
	node->owner = o->seed % 5;
	node->group = o->seed % 3;
	touch(model, o->node, true);
	return 0;
}

int64_t model_carry_out(struct model *model, const struct operation *o, const struct file_exchange *got)
{
	int64_t result = (int64_t)got->data[0];

	if (o->kind <= RENAME && name_bytes(o->name) > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	if (o->kind == RENAME && name_bytes(o->new_name) > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	switch (o->kind) {
	case MAKE_FILE: return make(model, o, got, MODE_REGULAR | o->mode, 0);
	case MAKE_DIRECTORY: return make(model, o, got, MODE_DIRECTORY | o->mode, 0);
	case MAKE_SPECIAL: return make(model, o, got, special_mode(o), special_device(o));
	case MAKE_LINK: return make(model, o, got, MODE_LINK | 0777, 0);
	case HARD_LINK: return hard_link(model, o, got);
	case UNLINK: return name_take_away(model, o, false);
	case RMDIR: return name_take_away(model, o, true);
	case RENAME: return result == -ENOSPC ? 0 : rename_all(model, o);
	case OPEN: return open_file(model, o);
	case CLOSE: return close_file(model, o);
	case ATTRIBUTES: return attributes_change(model, o);
	case SET_XATTR:
	case REMOVE_XATTR: return xattr_change(model, o, result);
	default: return result == -ENOSPC ? (int64_t)o->bytes : contents_change(model, o, result);
	}
}
