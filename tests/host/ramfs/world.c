/* SPDX-License-Identifier: MIT */
/* The region, the server and its buffers, and the comparison of what the core tells with the model (world.h). */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/assert.h"
#include "lib/generations.h"
#include "names.h"

#define LAYOUT 1

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

static unsigned char *buffer_find(void *context, uint64_t badge, size_t *bytes)
{
	return windows_buffer(&((struct world *)context)->windows, badge, bytes);
}

static void now_tell(void *context, struct timestamp *now)
{
	*now = (struct timestamp){.seconds = ((struct world *)context)->now};
}

static void damage_note(void *context, uint64_t offset, uint64_t bytes)
{
	(void)offset;
	(void)bytes;
	((struct world *)context)->damaged = true;
}

static void shares_begin(struct world *world)
{
	if (!world->windows.pool)
		return;
	windows_shares_open(&world->windows, world->instance);
	world->server.options.shares = &world->windows.shares;
	filesystem_settle(&world->server);
}

void world_open(struct world *world)
{
	const struct tsm_options options = {
		.layout = LAYOUT, .undo_cells = ramfs_undo_cells(world->bytes), .marks = FILESYSTEM_MARKS, .damaged = damage_note, .context = world};
	const struct filesystem filesystem = {&ramfs_operations, &world->ramfs, &world->ramfs.clock, &world->ramfs.watch};
	const struct filesystem_options server = {
		.open_files = WORLD_OPEN_FILES,
		.tree_badge = VFS_BADGE,
		.instance = ++world->instance,
		.buffer = buffer_find,
		.now = now_tell,
		.leases = &world->windows.leases,
		.generations = &world->generations,
		.context = world,
	};
	enum tsm_result result;
	size_t used = filesystem_state_bytes(WORLD_OPEN_FILES);
	unsigned char *data;
	bool fresh;

	generations_open(&world->generations);
	windows_leases_open(&world->windows, world->instance - 1);
	result = tsm_open(&world->tsm, world->region, world->bytes, &options);
	if (result != TSM_BLANK && result != TSM_READY)
		abort();
	data = tsm_data(&world->tsm);
	filesystem_open(&world->server, &filesystem, &world->tsm, data, &server);
	world->ramfs.clock.now.seconds = world->now;
	if (ramfs_open(&world->ramfs, &world->tsm, data + used, tsm_bytes(&world->tsm) - used, &fresh) != 0)
		abort();
	shares_begin(world);
	filesystem_unpark(&world->server);
	leases_begin(&world->windows.leases, ramfs_blank(&world->ramfs));
}

void world_make(struct world *world, size_t bytes, bool shared)
{
	memset(world, 0, sizeof(*world));
	world->now = 1000;
	world->bytes = bytes;
	world->region = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);
	windows_make(&world->windows, world->region, shared);
	world_open(world);
}

void world_free(struct world *world)
{
	munmap(world->region, world->bytes);
	windows_free(&world->windows);
}

const char *world_check(struct world *world)
{
	static unsigned char scratch[64 * 1024] __attribute__((aligned(8)));

	return ramfs_check(&world->ramfs, scratch, sizeof(scratch));
}

/* Comparison. */

static char sentence[512];

static const char *differ(const struct node *node, const char *what, uint64_t got, uint64_t expected)
{
	snprintf(sentence, sizeof(sentence), "inode %lu: %s is %lu, must be %lu", (unsigned long)node->inode, what, (unsigned long)got, (unsigned long)expected);
	return sentence;
}

static const char *attributes_compare(struct world *world, const struct node *node)
{
	struct attributes a;
	int error = ramfs_operations.getattr(&world->ramfs, node->inode, &a);

	if (error)
		return differ(node, "the error of getattr", (uint64_t)error, 0);
	if (a.mode != node->mode)
		return differ(node, "mode", a.mode, node->mode);
	if (a.links != node->links)
		return differ(node, "links", a.links, node->links);
	if (a.owner != node->owner || a.group != node->group)
		return differ(node, "owner", a.owner, node->owner);
	if (a.device != node->device)
		return differ(node, "device", a.device, node->device);
	if ((a.mode & MODE_TYPE) != MODE_DIRECTORY && a.size != node->size)
		return differ(node, "size", a.size, node->size);
	if (a.modify.seconds != node->modify)
		return differ(node, "modification time", (uint64_t)a.modify.seconds, (uint64_t)node->modify);
	if (a.change.seconds != node->change)
		return differ(node, "change time", (uint64_t)a.change.seconds, (uint64_t)node->change);
	return NULL;
}

static const char *content_compare(struct world *world, const struct node *node)
{
	static unsigned char got[CONTENT_MAX];
	int64_t bytes;

	if ((node->mode & MODE_TYPE) == MODE_LINK) {
		bytes = ramfs_operations.readlink(&world->ramfs, node->inode, (char *)got, sizeof(got));
		return bytes == (int64_t)node->size && memcmp(got, node->target, node->size) == 0 ? NULL : differ(node, "the target's length", (uint64_t)bytes, node->size);
	}
	if ((node->mode & MODE_TYPE) != MODE_REGULAR)
		return NULL;
	bytes = ramfs_operations.read(&world->ramfs, node->inode, 0, got, sizeof(got));
	if (bytes != (int64_t)node->size)
		return differ(node, "the bytes read", (uint64_t)bytes, node->size);
	for (int64_t i = 0; i < bytes; i++)
		if (got[i] != node->content[i])
			return differ(node, "wrong the content at", (uint64_t)i, 0);
	return NULL;
}

static void xattr_count(void *context, struct name name)
{
	int *count = context;

	for (int i = 0; i < XATTRS; i++)
		*count += strlen(xattr_text(i)) == name.bytes && memcmp(xattr_text(i), name.text, name.bytes) == 0;
}

static const char *xattr_compare(struct world *world, const struct node *node, int xattr)
{
	static unsigned char value[XATTR_VALUE_BYTES_MAX];
	struct name name = {xattr_text(xattr), strlen(xattr_text(xattr))};
	int64_t bytes = ramfs_operations.xattr_get(&world->ramfs, node->inode, name, value, sizeof(value));
	int64_t expected = node->xattr[xattr].used ? (int64_t)node->xattr[xattr].bytes : -ENODATA;

	if (bytes != expected)
		return differ(node, "the length of an extended attribute", (uint64_t)bytes, (uint64_t)expected);
	if (bytes > 0 && !xattr_matches(value, node->xattr[xattr].seed, (uint64_t)bytes))
		return differ(node, "wrong the extended attribute", (uint64_t)xattr, 0);
	if (bytes > 1 && ramfs_operations.xattr_get(&world->ramfs, node->inode, name, value, (size_t)bytes - 1) != -ERANGE)
		return differ(node, "not too long the extended attribute", (uint64_t)xattr, 0);
	return NULL;
}

static const char *xattrs_compare(struct world *world, const struct node *node)
{
	int count = 0, expected = 0, error = ramfs_operations.xattr_list(&world->ramfs, node->inode, xattr_count, &count);
	const char *wrong = NULL;

	for (int i = 0; i < XATTRS && !wrong; i++) {
		wrong = xattr_compare(world, node, i);
		expected += node->xattr[i].used;
	}
	return wrong || (!error && count == expected) ? wrong : differ(node, "the count of listed extended attributes", (uint64_t)count, (uint64_t)expected);
}

struct seen {
	const struct model *model;
	int directory;
	bool found[NODES_MAX];
	const char *wrong;
};

static bool entry_seen(void *context, struct name name, uint64_t inode, uint8_t type, uint64_t cookie)
{
	struct seen *seen = context;
	const struct model *model = seen->model;

	(void)cookie;
	if (name.text[0] == '.')
		return true;
	for (int i = 0; i < NODES_MAX; i++) {
		const struct edge *edge = &model->edge[i];

		if (!edge->used || edge->directory != seen->directory || name_bytes(edge->name) != name.bytes || memcmp(name_text(edge->name), name.text, name.bytes) != 0)
			continue;
		if (seen->found[i])
			seen->wrong = "a name was listed twice";
		if (model->node[edge->node].inode != inode || model->node[edge->node].mode >> 12 != type)
			seen->wrong = "a name leads to another inode";
		seen->found[i] = true;
		return true;
	}
	seen->wrong = "a name was listed that there is not";
	return true;
}

static const char *directory_compare(struct world *world, const struct model *model, int directory)
{
	struct seen seen = {.model = model, .directory = directory};
	uint64_t cookie = 0;
	int error = ramfs_operations.readdir(&world->ramfs, model->node[directory].inode, &cookie, entry_seen, &seen);

	if (!model->node[directory].links)
		return error == -ENOENT ? NULL : "a removed directory can be listed";
	for (int i = 0; i < NODES_MAX && !seen.wrong && !error; i++)
		if (model->edge[i].used && model->edge[i].directory == directory && !seen.found[i])
			seen.wrong = "a name is missing";
	return error ? "a directory cannot be listed" : seen.wrong;
}

const char *world_compare(struct world *world, const struct model *model)
{
	const char *wrong = world_check(world);
	struct filesystem_statistics statistics;
	uint64_t used = 0;

	for (int i = 0; i < NODES_MAX && !wrong; i++) {
		const struct node *node = &model->node[i];

		if (!node->used)
			continue;
		used++;
		wrong = attributes_compare(world, node);
		if (!wrong)
			wrong = xattrs_compare(world, node);
		if (!wrong)
			wrong = content_compare(world, node);
		if (!wrong && (node->mode & MODE_TYPE) == MODE_DIRECTORY)
			wrong = directory_compare(world, model, i);
	}
	ramfs_operations.statfs(&world->ramfs, &statistics);
	return wrong || statistics.inodes - statistics.inodes_free == used ? wrong : "there are inodes that nobody has";
}
