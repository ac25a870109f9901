/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: every request of the vfs protocol, from clients that mean harm, to vfs over a ramfs. Each is answered in its protocol's form, the same numbered request gets the same answer, nothing is touched outside of state and buffers (ASan), every
 * instance finds a state that is sound, and the filesystem below is sound afterwards (servers/ramfs/check.c).
 */
#include <stdlib.h>
#include <string.h>

#include "tests/host/harness/clients.h"
#include "tests/host/vfs/system.h"

#define TREE_BYTES (512 * 1024)

/* A system without files, to begin each input with. */
static struct system fresh, rig;
static unsigned char *fresh_tree, *fresh_state;

static void handle(void *context, struct file_exchange *exchange)
{
	(void)context;
	vfs_handle(&rig.vfs, 0, exchange);
}

static void restart(void *context)
{
	(void)context;
	if (!system_restart(&rig))
		complain("the state is damaged");
}

static unsigned char *copy_of(const unsigned char *memory, size_t bytes)
{
	unsigned char *copy = malloc(bytes);

	return copy ? memcpy(copy, memory, bytes) : NULL;
}

/* With less memory than other tests have: an input is to take little time. */
static void fresh_make(void)
{
	system_make(&rig);
	world_free(&rig.world);
	world_make(&rig.world, TREE_BYTES, false);
	memset(rig.region, 0, VFS_REGION_BYTES);
	restart(NULL);
	free(rig.buffer);
	rig.buffer = guarded_pages(SESSION_BUFFER_BYTES);
	fresh = rig;
	fresh_tree = copy_of(rig.world.region, rig.world.bytes);
	fresh_state = copy_of(rig.region, VFS_REGION_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clients clients = {.requester.protocols = {vfs_shapes}, .requester.buffer_bytes = SESSION_BUFFER_BYTES, .handle = handle, .restart = restart};
	const char *wrong;

	if (!fresh_tree)
		fresh_make();
	rig = fresh;
	memcpy(rig.world.region, fresh_tree, rig.world.bytes);
	memcpy(rig.region, fresh_state, VFS_REGION_BYTES);
	clients.buffer[CLIENT_BADGE] = rig.buffer;
	clients_run(&clients, data, size);
	wrong = world_check(&rig.world);
	if (wrong)
		complain("%s", wrong);
	return 0;
}
