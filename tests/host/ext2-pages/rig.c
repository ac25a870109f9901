/* SPDX-License-Identifier: MIT */
/* An ext2 behind its server (rig.h): opening it in the order in which the service does, and looking at each read of the disk. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OPEN_FILES 64

static unsigned char *buffer_find(void *context, uint64_t badge, size_t *bytes)
{
	return windows_buffer(&((struct rig *)context)->windows, badge, bytes);
}

static void now_tell(void *context, struct timestamp *now)
{
	*now = (struct timestamp){.seconds = ((struct rig *)context)->world.seconds};
}

/* As servers/ext2/main.c does it: leases end before the memory is touched, and the windows are empty before anybody is served. */
void rig_open(void *context)
{
	struct rig *rig = context;
	const struct filesystem filesystem = {&ext2_operations, rig->world.fs, &rig->world.fs->clock, &rig->watch};
	const struct filesystem_options options = {.open_files = OPEN_FILES, .tree_badge = VFS_BADGE, .instance = rig->instance, .buffer = buffer_find, .now = now_tell, .leases = &rig->windows.leases,
		.shares = &rig->windows.shares, .hold = rig->hold, .release = rig->release, .context = rig};

	windows_leases_open(&rig->windows, rig->instance);
	windows_shares_open(&rig->windows, rig->instance++);
	rig->watch = (struct filesystem_watch){.changes = NULL};
	assert_int_equal(world_continue(&rig->world), MOUNT_FINE);
	filesystem_open(&rig->server, &filesystem, &rig->world.tsm, tsm_data(&rig->world.tsm), &options);
	leases_begin(&rig->windows.leases, ext2_blank(rig->world.buffers));
	assert_int_equal(rig->world.fs->continued ? filesystem_settle(&rig->server) : filesystem_abandon(&rig->server), 0);
	filesystem_unpark(&rig->server);
}

/* Nobody may see a page that the disk is about to write to. */
static void request_watch(void *context, struct disk_request *request)
{
	struct rig *rig = context; /* its world comes first */
	const unsigned char *start = request->memory, *end = start + (size_t)request->sectors * DISK_SECTOR;

	for (uint32_t slot = 0; request->operation == DISK_READ && slot < LEASE_SLOTS; slot++)
		rig->shown_to_disk += rig->windows.shown[slot] && rig->windows.shown[slot] + WINDOW_PAGE > start && rig->windows.shown[slot] < end;
	rig->submit(context, request);
}

void rig_make(struct rig *rig, const char *format, size_t memory, unsigned seed)
{
	memset(rig, 0, sizeof(*rig));
	world_make(&rig->world, memory, seed);
	world_format(&rig->world, format, "16M");
	windows_make(&rig->windows, rig->world.region, false);
	windows_pool_make(&rig->windows);
	rig->world.own = filesystem_state_bytes(OPEN_FILES);
	rig->world.marks = FILESYSTEM_MARKS;
	rig->world.watch = &rig->watch;
	rig->submit = rig->world.disk.submit;
	rig->world.disk.submit = request_watch;
	rig_open(rig);
}

void rig_free(struct rig *rig)
{
	assert_int_equal(rig->shown_to_disk, 0);
	assert_int_equal(filesystem_write_back(&rig->server, true), 0);
	assert_int_equal(world_unmount(&rig->world), 0);
	assert_int_equal(rig->world.damages, 0);
	assert_int_equal(world_check(&rig->world), 0);
	windows_free(&rig->windows);
	world_free(&rig->world);
}
