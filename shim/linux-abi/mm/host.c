/* SPDX-License-Identifier: MIT */
/*
 * Pools of kernel objects, and batches of page-table changes (mm/host.h). Objects are never given back to the Untyped. A batch holds entries of one change, one space and one chunk: whatever differs is
 * carried out first, so that a walk over a process's pages is few kernel calls.
 */
#include "mm/host.h"

#include "abi/start.h"
#include "lib/assert.h"
#include "lib/authority.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/string.h"

#define TABLE_PAGES_FIRST 12 /* what a small program needs: text, heap, maps and stack lie in four corners */
#define TABLE_PAGES_MORE 16
_Static_assert(START_SLOTS_MAX <= UINT16_MAX + 1, "a handle of this service fits struct host_space");

struct host_thread host_threads[HOST_THREADS_MAX];
static struct host_space spaces[HOST_THREADS_MAX];
uint32_t host_threads_made;
static uint32_t spaces_made;
static struct host_thread *threads_free;
static struct host_space *spaces_free;
static handle_t empty_cnode; /* of all Linux threads: there is nothing in it */
static uint8_t fpu_initial[sizeof(((struct thread_image *)0)->fpu)];
handle_t host_endpoint;
uint64_t host_fpu_bytes;
static bool serves;

struct host_batch host_batch;
static enum error batch_error; /* the first since the last host_flush() */

bool host_start(handle_t untyped)
{
	memory_use(untyped);
	return object_create(OBJECT_ENDPOINT, 0, &host_endpoint) == OK && object_create(OBJECT_CNODE, CNODE_BITS_MIN, &empty_cnode) == OK;
}

void host_serve(void)
{
	serves = true;
}

bool host_may_change(void)
{
	return !serves || authority_may_change();
}

static enum error tables_donate(struct host_space *space, uint64_t pages)
{
	handle_t slot = slot_allocate();
	enum error error = slot ? vspace_donate(space->vspace, memory_untyped(), own_space.cnode, slot, pages) : ERR_NOMEM;

	if (error != OK && slot)
		slot_free(slot);
	return error;
}

static struct host_space *space_make(void)
{
	struct host_space *space = &spaces[spaces_made];

	if (spaces_made == HOST_THREADS_MAX || !host_may_change())
		return NULL;
	if (!space->vspace && object_create(OBJECT_VSPACE, 0, &space->vspace) != OK)
		return NULL;
	if (tables_donate(space, TABLE_PAGES_FIRST) != OK)
		return NULL; /* whoever asks next goes on with it */
	spaces_made++;
	return space;
}

struct host_space *host_space_take(bool alone)
{
	struct host_space **at = &spaces_free, *space;

	for (struct host_space **look = &spaces_free; *look; look = &(*look)->next)
		if (((*look)->idle == 0) == alone) {
			at = look;
			break;
		}
	space = *at;
	if (!space)
		return space_make();
	*at = space->next;
	return space;
}

void host_space_return(struct host_space *space)
{
	(void)host_flush();
	space->next = spaces_free;
	spaces_free = space;
}

enum error host_thread_move(struct host_thread *thread, struct host_space *space)
{
	enum error error = OK;

	if (thread->bound == space)
		return OK;
	if (!host_may_change())
		return ERR_STATE;
	if (thread->bound)
		error = thread_unbind(thread->thread, THREAD_VSPACE);
	thread->bound = NULL;
	if (error == OK)
		error = thread_bind(thread->thread, THREAD_VSPACE, space->vspace);
	if (error == OK)
		thread->bound = space;
	return error;
}

/* The capability through which a thread's system calls and faults come. */
static enum error badged_mint(uint32_t badge, handle_t *badged)
{
	enum error error;

	*badged = slot_allocate();
	if (!*badged)
		return ERR_NOMEM;
	error = cnode_mint(own_space.cnode, *badged, own_space.cnode, host_endpoint, RIGHT_WRITE, badge);
	if (error != OK)
		slot_free(*badged);
	return error;
}

static enum error fpu_learn(struct host_thread *thread)
{
	if (host_fpu_bytes)
		return OK;
	if (!host_thread_read(thread, STATE_FPU))
		return ERR_STATE;
	memcpy(fpu_initial, thread_self_image()->fpu, sizeof(fpu_initial));
	return OK;
}

/* What makes a thread, one kernel call after the other. */
#define THREAD_STEPS 6
static enum error thread_step(struct host_thread *thread, unsigned step)
{
	static handle_t badged;

	switch (step) {
	case 0:
		return object_create(OBJECT_THREAD, 0, &thread->thread);
	case 1:
		return badged_mint(thread->badge, &badged);
	case 2:
		return thread_bind(thread->thread, THREAD_PERSONALITY, badged);
	case 3:
		return thread_bind(thread->thread, THREAD_CNODE, empty_cnode);
	case 4:
		thread->priority = HOST_PRIORITY;
		return thread_set_priority(thread->thread, HOST_PRIORITY, 0);
	default:
		return fpu_learn(thread);
	}
}

static struct host_thread *thread_make(void)
{
	static unsigned step; /* that the next thread has come to: whoever asks after one that failed goes on with it */
	struct host_thread *thread = &host_threads[host_threads_made];

	if (host_threads_made == HOST_THREADS_MAX || !host_may_change())
		return NULL;
	thread->badge = host_threads_made + 1;
	thread->stopped = true;
	for (; step < THREAD_STEPS; step++)
		if (thread_step(thread, step) != OK)
			return NULL;
	step = 0;
	host_threads_made++;
	return thread;
}

/* Takes out of the pool a thread that is bound to `space`, if there is one, else the first. */
static struct host_thread *pool_take(const struct host_space *space)
{
	struct host_thread **at = &threads_free, *thread;

	for (struct host_thread **look = &threads_free; *look; look = &(*look)->next)
		if ((*look)->bound == space) {
			at = look;
			break;
		}
	thread = *at;
	if (thread)
		*at = thread->next;
	if (thread && thread->bound)
		thread->bound->idle--;
	return thread;
}

void host_thread_prioritize(struct host_thread *thread, uint8_t priority)
{
	if (thread->priority == priority)
		return;
	(void)!thread_set_priority(thread->thread, priority, 0); /* the capability is the shim's own, and so is the range */
	thread->priority = priority;
}

struct host_thread *host_thread_take(struct host_space *space)
{
	struct host_thread *thread = pool_take(space);

	if (!thread)
		thread = thread_make();
	if (!thread)
		return NULL;
	if (thread->priority != HOST_PRIORITY && host_may_change())
		host_thread_prioritize(thread, HOST_PRIORITY); /* its last owner may have had another one */
	if (thread->priority == HOST_PRIORITY && host_thread_move(thread, space) == OK)
		return thread;
	host_thread_return(thread);
	return NULL;
}

struct host_thread *host_pair_take(void)
{
	struct host_space *space = host_space_take(false);
	struct host_thread *thread = space ? host_thread_take(space) : NULL;

	if (space && !thread)
		host_space_return(space);
	return thread;
}

struct thread_image *thread_self_image(void)
{
	return (struct thread_image *)thread_self()->page;
}

void host_thread_stop(struct host_thread *thread)
{
	if (thread->stopped)
		return;
	(void)!thread_suspend(thread->thread); /* the capability is the shim's own: it cannot be refused */
	thread->stopped = true;
}

void host_thread_run(struct host_thread *thread)
{
	thread->stopped = false;
	(void)!thread_resume(thread->thread);
}

struct thread_image *host_thread_read(struct host_thread *thread, uint64_t parts)
{
	uint64_t bytes;

	if (thread_read_state(thread->thread, parts, &bytes) != OK)
		return NULL;
	host_fpu_bytes = bytes;
	return thread_self_image();
}

bool host_thread_write(struct host_thread *thread, uint64_t parts)
{
	return thread_write_state(thread->thread, parts, host_fpu_bytes) == OK;
}

void host_fpu_initial(void)
{
	memcpy(thread_self_image()->fpu, fpu_initial, sizeof(fpu_initial));
}

void host_thread_return(struct host_thread *thread)
{
	thread->owner = NULL;
	host_thread_stop(thread);
	thread_self_image()->registers = (struct thread_registers){.rip = PAGE_SIZE};
	(void)host_thread_write(thread, STATE_REGISTERS);
	thread->next = threads_free;
	threads_free = thread;
	if (thread->bound)
		thread->bound->idle++;
}

static enum error chunk_attach(const struct host_space *space, uint32_t chunk, handle_t slot)
{
	return vspace_attach(space->vspace, chunk_region(chunk), own_space.cnode, slot, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
}

/* The Mapping of a chunk in a space; 0 when there is no memory for one. */
static handle_t mapping_of(struct host_space *space, uint32_t chunk)
{
	handle_t slot = space->mappings[chunk];
	enum error error;

	if (slot)
		return slot;
	slot = slot_allocate();
	if (!slot)
		return 0;
	error = chunk_attach(space, chunk, slot);
	if (error == ERR_NOMEM && tables_donate(space, TABLE_PAGES_MORE) == OK)
		error = chunk_attach(space, chunk, slot);
	if (error == OK)
		space->mappings[chunk] = (uint16_t)slot;
	else
		slot_free(slot);
	return space->mappings[chunk];
}

static enum error batch_call(handle_t mapping, uint64_t at, uint64_t *done)
{
	memcpy(thread_self()->page, host_batch.entry + at, (host_batch.count - at) * sizeof(host_batch.entry[0]));
	switch (host_batch.change) {
	case HOST_MAP:
		return mapping_map(mapping, host_batch.count - at, done);
	case HOST_PROTECT:
		return mapping_protect(mapping, host_batch.count - at, done);
	case HOST_UNMAP:
		return mapping_unmap(mapping, host_batch.count - at, done);
	}
	return ERR_ARGUMENT;
}

/* Carries the batch out; what the kernel cannot do for want of table memory is tried again with more. */
static void batch_run(void)
{
	handle_t mapping = host_batch.count ? mapping_of(host_batch.space, host_batch.chunk) : 0;
	enum error error = mapping || !host_batch.count ? OK : ERR_NOMEM;

	for (uint64_t at = 0, done; error == OK && at < host_batch.count; at += done) {
		error = batch_call(mapping, at, &done);
		if (error == ERR_NOMEM && tables_donate(host_batch.space, TABLE_PAGES_MORE) == OK)
			error = OK;
	}
	host_batch.count = 0;
	if (batch_error == OK)
		batch_error = error;
}

void host_batch_begin(struct host_space *space, enum host_change change, uint32_t chunk)
{
	batch_run();
	host_batch.space = space;
	host_batch.change = change;
	host_batch.chunk = chunk;
}

enum error host_flush(void)
{
	enum error error;

	batch_run();
	error = batch_error;
	batch_error = OK;
	return error;
}

void host_thread_yield(struct host_thread *thread)
{
	host_thread_stop(thread);
	host_thread_run(thread);
}

struct host_census host_census(void)
{
	struct host_census census = {host_threads_made, host_threads_made, spaces_made, spaces_made};

	for (const struct host_thread *thread = threads_free; thread; thread = thread->next)
		census.threads--;
	for (const struct host_space *space = spaces_free; space; space = space->next)
		census.spaces--;
	return census;
}
