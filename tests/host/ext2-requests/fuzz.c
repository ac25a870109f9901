/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: every request of the file and the tree protocol to ext2 on a small disk that mke2fs made, from vfs and from clients that mean harm. Each is answered in its protocol's form, the same numbered request gets the same answer, nothing is
 * touched outside of state, buffers and disk (ASan, and the disk itself), every instance finds a state that is sound and notices no damage, and of one in CHECKED inputs e2fsck finds nothing on the disk afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/host/ext2/world.h"
#include "tests/host/harness/clients.h"
#include "tests/host/harness/windows.h"

#define OPEN_FILES 64
#define MEMORY_BYTES (1152 * 1024)
#define CHECKED 128
#define REQUESTS_MAX 60000 /* to the disk, for one input: more is a hang */

static struct world world;
static struct filesystem_server server;
static struct windows windows;
static struct filesystem_watch watch;
static unsigned char *image;

static unsigned char *buffer_find(void *context, uint64_t badge, size_t *bytes)
{
	(void)context;
	return windows_buffer(&windows, badge, bytes);
}

static void now_tell(void *context, struct timestamp *now)
{
	(void)context;
	*now = (struct timestamp){.seconds = world.seconds};
}

static void handle(void *context, struct file_exchange *exchange)
{
	(void)context;
	filesystem_handle(&server, exchange);
}

/* As servers/ext2/main.c does it; `kept`: the state is one that an earlier instance has left. */
static enum mount_error instance_begin(bool kept)
{
	static uint64_t instance;
	const struct filesystem filesystem = {&ext2_operations, world.fs, &world.fs->clock, &watch};
	const struct filesystem_options options = {
		.open_files = OPEN_FILES, .tree_badge = VFS_BADGE, .instance = instance, .buffer = buffer_find, .now = now_tell, .leases = &windows.leases};
	enum mount_error error;

	windows_leases_open(&windows, instance++);
	watch = (struct filesystem_watch){.changes = NULL};
	error = kept ? world_continue(&world) : world_mount(&world);
	filesystem_open(&server, &filesystem, &world.tsm, tsm_data(&world.tsm), &options);
	leases_begin(&windows.leases, ext2_blank(world.buffers));
	return error;
}

static void restart(void *context)
{
	(void)context;
	if (mount_error_number(instance_begin(true)) != 0 || world.memory_damages || world.damages)
		complain("the state is damaged: %s", world.damage ? world.damage : "cells");
}

static void world_begin(void)
{
	world_make(&world, MEMORY_BYTES, 1);
	world.own = filesystem_state_bytes(OPEN_FILES);
	world.marks = FILESYSTEM_MARKS;
	world.watch = &watch;
	world_format(&world, "-b 1024 -N 64", "1200K");
	windows_make(&windows, world.region, false);
	image = malloc(world.image_bytes);
	memcpy(image, world.image, world.image_bytes);
	windows.buffers[VFS_BADGE] = guarded_pages(SESSION_BUFFER_BYTES);
	windows.buffers[CLIENT_BADGE] = guarded_pages(SESSION_BUFFER_BYTES);
}

/* By the input alone, so that it can be run again. */
static bool is_checked(const uint8_t *data, size_t size)
{
	unsigned sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum % CHECKED == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clients clients = {.requester.protocols = {file_shapes, tree_shapes}, .requester.buffer_bytes = SESSION_BUFFER_BYTES, .handle = handle, .restart = restart};

	if (!image)
		world_begin();
	memcpy(world.image, image, world.image_bytes);
	memcpy(clients.buffer, windows.buffers, sizeof(windows.buffers));
	world.seed = 1;
	world.requests = 0;
	if (mount_error_number(instance_begin(false)) != 0)
		abort();
	clients_run(&clients, data, size);
	if (world_unmount(&world) != 0 || world.damages)
		complain("the disk is not unmounted, or found to be damaged: %s", world.damage ? world.damage : "");
	if (world.requests > REQUESTS_MAX)
		complain("%lu requests to the disk", (unsigned long)world.requests);
	if (is_checked(data, size) && world_check(&world) != 0)
		complain("e2fsck finds something wrong");
	return 0;
}
