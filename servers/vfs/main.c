/* SPDX-License-Identifier: MIT */
/*
 * vfs: the service. Its trees are the servers with which it has a session and a buffer, in the order of the start page; the first is the root of all. A request runs in a fiber; one that waits for a tree's answer leaves the others running. After a
 * tree's restart, which its session page tells by the generation, what it was asked and had not answered is asked again.
 */
#include "vfs.h"

#include "lib/damage.h"
#include "lib/fiber.h"
#include "lib/file_service.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "lib/string.h"

#define LAYOUT 0x7666730000000001 /* changes with any structure in the state */
#define STACK_BYTES 16384

/* A tree as this service reaches it. */
struct tree {
	handle_t session;
	struct session_page *page;
	struct ring completions;
	uint64_t badge;
	struct fiber_lock lock;
};

/* What a fiber waits for: the answer `id` of a tree, or (id 0) a signal of the tree, which had nobody to carry out the request. */
struct waiting {
	struct fiber *fiber;
	uint64_t id, generation; /* generation: of the instance that will answer */
	struct completion completion;
	uint32_t tree;
	bool repeat; /* ask again: the tree has been restarted, or has somebody now */
	bool done;
};

static struct tsm tsm;
static struct vfs vfs;
static struct tree trees[VFS_TREES];
static struct waiting waiting[VFS_WORKERS];
static _Alignas(16) unsigned char stacks[VFS_WORKERS * STACK_BYTES];

/* Waits in the fiber until the answer `id` of this instance of a tree is there, or another instance must be asked. */
static bool answer_await(uint32_t tree, uint64_t id, uint64_t generation, struct file_exchange *exchange)
{
	struct waiting *slot = waiting;

	while (slot->fiber)
		slot++;
	*slot = (struct waiting){.fiber = fiber_self(), .tree = tree, .id = id, .generation = generation};
	while (!slot->done && !slot->repeat)
		fiber_wait();
	slot->fiber = NULL;
	if (!slot->done)
		return false;
	exchange->data[0] = (uint64_t)slot->completion.result;
	memcpy(&exchange->data[1], slot->completion.words, sizeof(slot->completion.words));
	exchange->words = 1 + sizeof(slot->completion.words) / sizeof(slot->completion.words[0]);
	return true;
}

/* Those that wait for another instance of a tree than there is, or for which it had nobody, ask again. */
static void waiting_repeat(uint32_t index, uint64_t generation)
{
	for (int i = 0; i < VFS_WORKERS; i++)
		if (waiting[i].fiber && waiting[i].tree == index && !waiting[i].done && (!waiting[i].id || waiting[i].generation != generation)) {
			waiting[i].repeat = true;
			fiber_wake(waiting[i].fiber);
		}
}

static void completions_take(uint32_t index)
{
	struct tree *tree = &trees[index];
	struct completion completion;
	uint64_t generation = __atomic_load_n(&tree->page->generation, __ATOMIC_ACQUIRE);

	while (ring_pop(&tree->completions, &completion) == RING_OK)
		for (int i = 0; i < VFS_WORKERS; i++)
			if (waiting[i].fiber && waiting[i].tree == index && waiting[i].id && waiting[i].id == completion.id) {
				waiting[i].completion = completion;
				waiting[i].done = true;
				fiber_wake(waiting[i].fiber);
			}
	waiting_repeat(index, generation);
}

static void tree_call_make(void *context, uint32_t tree, struct file_exchange *exchange)
{
	struct kernel_call answer;

	(void)context;
	do {
		if (service_exchange(trees[tree].session, exchange->label, exchange->words, exchange->data, &answer) != OK) {
			exchange->data[0] = (uint64_t)-EIO;
			exchange->words = 1;
			return;
		}
		if ((int64_t)answer.data[0] == -EAGAIN) { /* it has nobody to carry it out, and will signal when it has */
			answer.data[1] = 0;
		} else if ((int64_t)answer.data[0] != ANSWER_PENDING) {
			exchange->words = answer_words(answer.word);
			memcpy(exchange->data, answer.data, sizeof(exchange->data));
			return;
		}
	} while (!answer_await(tree, answer.data[1], answer.data[2], exchange));
}

static void tree_lock(void *context, uint32_t tree)
{
	(void)context;
	fiber_lock(&trees[tree].lock);
}

static void tree_unlock(void *context, uint32_t tree)
{
	(void)context;
	fiber_unlock(&trees[tree].lock);
}

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

static void signals_take(void *context, uint64_t bits)
{
	(void)context;
	for (uint32_t i = 0; i < vfs.options.tree_count; i++)
		if (bits & service_bit(trees[i].badge))
			completions_take(i);
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

/* Every server with a session and a buffer large enough is a tree. */
static uint32_t trees_open(struct vfs_options *options)
{
	const struct start_grant *session = NULL;
	uint32_t count = 0;

	while (count < VFS_TREES && (session = start_next(GRANT_SESSION, session)) != NULL) {
		const struct start_grant *buffer = start_buffer_of(session->name);
		struct tree *tree = &trees[count];

		if (!buffer || buffer->bytes < VFS_TREE_BUFFER)
			continue;
		tree->session = session->slot;
		tree->badge = buffer->argument;
		tree->page = (struct session_page *)buffer->address;
		ring_continue(&tree->completions, tree->page->ring, COMPLETIONS, sizeof(struct completion), false);
		options->tree_badge[count] = tree->badge;
		options->tree_buffer[count] = (unsigned char *)buffer->address;
		count++;
	}
	return count;
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
		struct kernel_call call = {.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = start_find("notification")->slot};

		if (kernel_call(&call) != OK)
			return false;
		if (call.data[0] >> START_BIT_BEAT & 1)
			service_alive();
		signals_take(NULL, call.data[0]);
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
		.call = tree_call_make,
		.lock = tree_lock,
		.unlock = tree_unlock,
		.buffer = file_service_buffer,
		.right = right_find,
	};
	const struct file_service service = {.handle = request_handle, .left = request_left, .resume = request_resume, .signalled = signals_take, .context = &vfs, .workers = VFS_WORKERS, .begins = VFS_SESSION, .stacks = stacks, .stack_bytes = STACK_BYTES};
	enum tsm_result result = state ? tsm_open(&tsm, (void *)state->address, state->bytes, &layout) : TSM_UNUSABLE;

	options.tree_count = trees_open(&options);
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
