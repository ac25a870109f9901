/* SPDX-License-Identifier: MIT */
/*
 * vfs: the service. Its trees are the servers with which it has a session and a buffer, in the order of the start page; the first is the root of all (reach.h). A request runs in a fiber; one that waits for a tree's answer leaves the others running.
 */
#include "reach.h"
#include "vfs.h"

#include "lib/damage.h"
#include "lib/fiber.h"
#include "lib/file_service.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define LAYOUT 0x7666730000000002 /* changes with any structure in the state */
#define STACK_BYTES 16384

static struct tsm tsm;
static struct vfs vfs;
static _Alignas(16) unsigned char stacks[VFS_WORKERS * STACK_BYTES];

static struct damages damages; /* in the state */

/* False when what is damaged cannot be made good. */
static bool damages_salvage(void)
{
	bool done = damages.count <= DAMAGES_MOST;

	for (uint32_t i = 0; done && i < damages.count; i++)
		done = vfs_salvage(&tsm, damages.range[i].offset, damages.range[i].bytes);
	if (done && damages.count)
		health_degraded("%u ranges of its state were damaged: some open directories are lost, some requests answered with EIO", (uint64_t)damages.count);
	return done;
}

static void request_handle(void *context, uint32_t worker, struct file_exchange *exchange)
{
	vfs_handle(context, worker, exchange);
}

static bool request_left(void *context, uint32_t worker, struct file_exchange *exchange)
{
	return vfs_left(context, worker, exchange);
}

static void request_resume(void *context, uint32_t worker, struct file_exchange *exchange)
{
	vfs_resume(context, worker, exchange);
}

/* `needs fs.read:/usr` of a client is a line of our own start page: `read:/usr`. Rights of other kinds have no colon. */
static bool right_is_of_files(const struct start_grant *grant)
{
	for (size_t i = 0; i < sizeof(grant->name); i++)
		if (grant->name[i] == ':')
			return true;
	return false;
}

static bool right_find(void *context, uint64_t badge, char text[VFS_RIGHT_BYTES])
{
	const struct start_grant *grant = NULL;

	(void)context;
	while ((grant = start_next(GRANT_RIGHT, grant)) != NULL) {
		if (grant->argument != badge || !right_is_of_files(grant))
			continue;
		memcpy(text, grant->name, VFS_RIGHT_BYTES);
		return true;
	}
	return false;
}

/* The first work of this instance, in a fiber like all work: to find the root of all. */
static bool opened;

static void start(void *argument)
{
	int error = vfs_open(&vfs, &tsm, argument);

	if (error) {
		log_print("the root filesystem cannot be used: error %d\n", (int64_t)error);
		return;
	}
	opened = true;
}

/* Runs `start` to its end; requests wait at the Endpoint meanwhile. */
static bool start_all(struct vfs_options *options)
{
	static _Alignas(16) unsigned char stack[STACK_BYTES];
	struct fiber fiber;

	fiber_create(&fiber, stack, sizeof(stack));
	fiber_start(&fiber, start, options);
	fibers_run();
	while (fiber.state != FIBER_IDLE) {
		struct kernel_call call = {.word = call_word(CALL_RECEIVE | (reach_due ? CALL_DEADLINE : 0), 0, 0, 0), .source = start_find("notification")->slot, .deadline = reach_due};
		enum error error = kernel_call(&call);

		if (error == ERR_TIMEOUT)
			reach_again(NULL);
		else if (error != OK)
			return false;
		else if (call.data[0] >> START_BIT_BEAT & 1)
			service_alive();
		if (error == OK)
			reach_signalled(NULL, call.data[0]);
		fibers_run();
	}
	return opened;
}

int main(void)
{
	const struct start_grant *state = start_find("state");
	const struct tsm_options layout = {.layout = LAYOUT, .undo_cells = VFS_UNDO_CELLS, .marks = VFS_MARKS, .damaged = damage_note, .context = &damages, .alive = service_alive};
	struct vfs_options options = {
		.instance = start_page->instance,
		.blame = start_page->ended == ENDED_FAULT || start_page->ended == ENDED_HANG,
		.call = reach_call,
		.lock = reach_lock,
		.unlock = reach_unlock,
		.buffer = file_service_buffer,
		.right = right_find,
	};
	const struct file_service service = {.handle = request_handle, .left = request_left, .resume = request_resume, .signalled = reach_signalled, .tick = reach_again, .due = &reach_due, .context = &vfs, .workers = VFS_WORKERS, .begins = VFS_SESSION, .stacks = stacks, .stack_bytes = STACK_BYTES};
	enum tsm_result result = state ? tsm_open(&tsm, (void *)state->address, state->bytes, &layout) : TSM_UNUSABLE;

	reach_open(&options, &vfs.sessions);
	if (result > TSM_DAMAGED || tsm_bytes(&tsm) < VFS_STATE_BYTES || !options.tree_count) {
		log_print("result %u, %u of %u bytes of state, %u filesystems with a buffer of %u bytes\n", (uint64_t)result, result > TSM_DAMAGED ? 0 : tsm_bytes(&tsm), (uint64_t)VFS_STATE_BYTES,
			  (uint64_t)options.tree_count, (uint64_t)VFS_TREE_BUFFER);
		file_service_refuse("its state cannot be used, or it has no filesystem");
	}
	if (!damages_salvage())
		file_service_refuse("mounts or what was half done are damaged in its state");
	if (!start_all(&options))
		file_service_refuse("the root filesystem cannot be used");
	file_service_run(&service);
	return 1;
}
