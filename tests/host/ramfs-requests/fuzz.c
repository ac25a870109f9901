/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: every request of the file and the tree protocol to ramfs, from vfs and from clients that mean harm. Each is answered in its protocol's form, the same numbered request gets the same answer, nothing is touched outside of state and buffers
 * (ASan), every instance finds a state that is sound, and so is the filesystem afterwards (servers/ramfs/check.c).
 */
#include <string.h>

#include "tests/host/harness/clients.h"
#include "tests/host/ramfs/world.h"

#define REGION_BYTES (512 * 1024)

/* A fresh filesystem, to begin each input with. */
static struct world fresh, world;
static unsigned char fresh_region[REGION_BYTES];

static void handle(void *context, struct file_exchange *exchange)
{
	(void)context;
	filesystem_handle(&world.server, exchange);
}

static void restart(void *context)
{
	(void)context;
	world_open(&world);
	if (world.damaged)
		complain("the state is damaged");
}

static void fresh_make(void)
{
	world_make(&world, REGION_BYTES, false);
	world.windows.buffers[VFS_BADGE] = guarded_pages(SESSION_BUFFER_BYTES);
	world.windows.buffers[CLIENT_BADGE] = guarded_pages(SESSION_BUFFER_BYTES);
	windows_pool_make(&world.windows);
	memset(world.region, 0, REGION_BYTES);
	world_open(&world);
	fresh = world;
	memcpy(fresh_region, world.region, REGION_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clients clients = {.requester.protocols = {file_shapes, tree_shapes}, .requester.buffer_bytes = SESSION_BUFFER_BYTES, .handle = handle, .restart = restart};
	const char *wrong;

	if (!fresh.region)
		fresh_make();
	world = fresh;
	memcpy(world.region, fresh_region, REGION_BYTES);
	memset(world.windows.pool, 0, POOL_PAGES * WINDOW_PAGE);
	memcpy(clients.buffer, world.windows.buffers, sizeof(world.windows.buffers));
	clients_run(&clients, data, size);
	wrong = world_check(&world);
	if (wrong)
		complain("%s", wrong);
	return 0;
}
