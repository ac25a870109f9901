/* SPDX-License-Identifier: MIT */
/* vfs over a ramfs on the host (system.h). */
#include "system.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const struct user root_user = {.capabilities = UINT32_MAX};

static void tree_call_made(void *context, uint32_t tree, struct file_exchange *exchange)
{
	struct system *system = context;
	bool dies = system->until_death && --system->until_death == 0;

	(void)tree;
	if (dies && !system->dies_after)
		longjmp(*(jmp_buf *)system->death, 1);
	if (system->between)
		system->between(system, false);
	exchange->badge = VFS_BADGE;
	filesystem_handle(&system->world.server, exchange);
	system->calls++;
	if (system->between)
		system->between(system, true);
	if (dies)
		longjmp(*(jmp_buf *)system->death, 1);
}

static void lock_nothing(void *context, uint32_t tree)
{
	(void)context;
	(void)tree;
}

static unsigned char *client_buffer(void *context, uint64_t badge, size_t *bytes)
{
	struct system *system = context;

	*bytes = SESSION_BUFFER_BYTES;
	return badge == CLIENT_BADGE ? system->buffer : NULL;
}

static bool client_right(void *context, uint64_t badge, char text[VFS_RIGHT_BYTES])
{
	const struct system *system = context;

	snprintf(text, VFS_RIGHT_BYTES, "%s", system->right ? system->right : "mount:/");
	return badge == CLIENT_BADGE;
}

/* Of the instance before: one range. */
static struct {
	uint64_t offset, bytes;
} damage;

static void damage_note(void *context, uint64_t offset, uint64_t bytes)
{
	(void)context;
	damage.offset = offset;
	damage.bytes = bytes;
}

bool system_restart(struct system *system)
{
	const struct tsm_options state = {.layout = 1, .undo_cells = VFS_UNDO_CELLS, .marks = VFS_MARKS, .damaged = damage_note};
	const struct vfs_options options = {
		.tree_count = 1,
		.tree_badge = {7},
		.tree_buffer = {system->world.windows.buffers[VFS_BADGE]},
		.tree_generations = {&system->world.generations},
		.instance = ++system->world.instance,
		.call = tree_call_made,
		.lock = lock_nothing,
		.unlock = lock_nothing,
		.buffer = client_buffer,
		.right = client_right,
		.context = system,
	};
	enum tsm_result result = tsm_open(&system->tsm, system->region, VFS_REGION_BYTES, &state);

	if (result == TSM_UNUSABLE || (result == TSM_DAMAGED && !vfs_salvage(&system->tsm, damage.offset, damage.bytes)))
		return false;
	if (vfs_open(&system->vfs, &system->tsm, &options) != 0)
		abort();
	for (uint32_t worker = 0; worker < VFS_WORKERS; worker++) {
		struct file_exchange exchange = {.label = 0};

		if (vfs_left(&system->vfs, worker, &exchange))
			vfs_resume(&system->vfs, worker, &exchange);
	}
	return true;
}

void system_make(struct system *system)
{
	memset(system, 0, sizeof(*system));
	world_make(&system->world, 8 * WORLD_BYTES, false);
	system->region = mmap(NULL, VFS_REGION_BYTES, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	system->buffer = calloc(1, SESSION_BUFFER_BYTES);
	if (!system_restart(system))
		abort();
}

void system_free(struct system *system)
{
	world_free(&system->world);
	munmap(system->region, VFS_REGION_BYTES);
	free(system->buffer);
}

static bool changes(uint64_t label, uint32_t flags)
{
	switch (label) {
	case VFS_OPEN:
		return flags & OPEN_CHANGES;
	case VFS_STAT:
	case VFS_READLINK:
	case VFS_ACCESS:
	case VFS_STATFS:
	case VFS_SYNC:
	case VFS_SESSION:
		return false;
	default:
		return true;
	}
}

void request_make(struct system *system, const struct path_request *r, struct file_exchange *x)
{
	const struct user *user = r->user ? r->user : &root_user;
	struct session_page *page = (struct session_page *)system->buffer;

	memcpy(system->buffer + PATH_AT, r->path, strlen(r->path));
	memcpy(page->groups, user->groups, sizeof(user->groups));
	*x = (struct file_exchange){.label = r->label, .badge = CLIENT_BADGE, .words = 8};
	x->data[0] = changes(r->label, r->flags) ? ++system->sequence : 0;
	x->data[1] = span_make(PATH_AT, strlen(r->path));
	x->data[2] = pair_make(r->start ? r->start - 1 : START_ROOT, START_ROOT);
	x->data[3] = pair_make(user->user, user->group);
	x->data[4] = pair_make(user->capabilities, user->group_count);
	x->data[5] = pair_make(r->flags, r->mode);
	x->data[6] = r->word6;
	x->data[7] = r->text ? START_ROOT : r->word7;
	if (r->text) {
		memcpy(system->buffer + NEW_PATH_AT, r->text, strlen(r->text));
		x->data[6] = span_make(NEW_PATH_AT, strlen(r->text));
	}
}

int64_t request_send(struct system *system, const struct path_request *r, struct file_exchange *x)
{
	struct file_exchange own;

	x = x ? x : &own;
	request_make(system, r, x);
	vfs_handle(&system->vfs, 0, x);
	return (int64_t)x->data[0];
}
