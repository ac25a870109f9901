/* SPDX-License-Identifier: MIT */
/*
 * A long random workload whose log and memory are then taken out of the machine and compared by tools/replay.
 *
 * Who is there, by priority:
 *	director, keeper	init and the thread that empties the ring (keeper.h)
 *	ticker			wakes every few microseconds, so that long operations meet a pending interrupt at all of their steps; lets other workers go on then, so
 *				that operations interleave; and sometimes stops all of them, so that the idle kernel goes on with what they had begun to delete
 *	workers			random calls (worker.h)
 * The director makes workers, kills them wherever they are, and makes them anew; and it uses the controls, which exist once. When enough records were written it stops everybody
 * at a place of their own choosing (unfinished deletions stay unfinished), reports, and spins: from then on no record is written.
 */
#include "lib/clock.h"
#include "lib/console.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/runtime.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/thread.h"
#include "tests/kernel/replay/keeper.h"
#include "tests/kernel/replay/worker.h"

#define WORKERS 4
#define WORKER_MEMORY (2ull << 20)
#define WORKER_OBJECTS (1ull << 20) /* of that, for the worker's own Untyped */
#define WORKER_PRIORITY 40
#define TICKER_PRIORITY 62
#define TICK_NS 20000         /* once or twice this */
#define TICK_NS_DELETING 3000 /* the same while something is deleted: shorter than one step takes when a nanosecond is an instruction */
#define ROUND_NS 4000000
#define FREEZE_NS 300000
#define RECORDS_WANTED 40000
#define TIME_LIMIT_NS 600000000000
#define OWN_TABLE_PAGES 64
#define SLOTS_FIRST 128
#define SLOTS_COUNT 512

struct worker {
	handle_t memory;   /* Untyped: everything of this worker, and everything that it makes */
	struct thread thread;
	handle_t cnode;
	handle_t alias;    /* a copy of its Thread, as the original is its own */
	struct worker_counts counts;
};

static struct worker worker[WORKERS];
static handle_t shared, endpoint, signal, sleeper, handler, region, director_memory;
static struct thread ticker;
static uint64_t ticks, lives, seed = 42;

static uint64_t below(uint64_t limit)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % limit;
}

/* What the plan of this program needs; a refusal ends it. */
static void need(enum error error, const char *what)
{
	if (error == OK)
		return;
	print("# %s was refused with error %u\n", what, (uint64_t)error);
	debug_exit(1);
}

/* What may be refused because a worker was faster. */
static void attempt(enum error error)
{
	(void)error;
}

static void pause(uint64_t ns)
{
	struct kernel_call wait = {.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0), .source = sleeper, .deadline = clock_now() + ns};

	attempt(kernel_call(&wait));
}

/* Stops all workers wherever they are for a while. */
static void freeze(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		attempt(thread_suspend(worker[i].alias));
	pause(FREEZE_NS);
	for (unsigned i = 0; i < WORKERS; i++)
		attempt(thread_resume(worker[i].alias));
}

static bool deleting(void)
{
	return keeper_last() == COMMIT_DELETE || keeper_last() == COMMIT_REVOKE;
}

/* Lets another half of the workers go on. Suspending writes no record. */
static void rotate(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		attempt((ticks + i) / 2 % 2 ? thread_suspend(worker[i].alias) : thread_resume(worker[i].alias));
}

static void ticker_main(uint64_t argument)
{
	(void)argument;
	for (;;) {
		pause(deleting() ? TICK_NS_DELETING + ticks * 7919 % TICK_NS_DELETING : TICK_NS + ticks * 7919 % TICK_NS);
		ticks++;
		if (deleting() && ticks % 16 == 0)
			freeze();
		else if (deleting() || ticks % 4 == 0)
			rotate();
		if (ticks % 256 == 0)
			attempt(thread_set_priority(worker[ticks / 256 % WORKERS].alias, WORKER_PRIORITY - ticks / 1024 % 3, WORKER_PRIORITY));
	}
}

static void grant(handle_t cnode, uint64_t slot, handle_t capability)
{
	need(cnode_copy(cnode, slot, INIT_SLOT_CNODE, capability, RIGHTS_ALL), "a copy for a worker");
}

static void give(handle_t cnode, uint64_t slot, handle_t capability)
{
	need(cnode_move(cnode, slot, INIT_SLOT_CNODE, capability), "a move to a worker");
	slot_free(capability);
}

/* A new life: CNode, Thread, memory. The thread runs in init's address space with a CNode of its own. */
static void worker_create(struct worker *self)
{
	handle_t before = memory_use(self->memory), cnode, untyped, reply, space;

	self->counts.refused = 0;
	need(object_create(OBJECT_CNODE, WORKER_CNODE_BITS, &cnode), "a worker's CNode");
	need(object_create(OBJECT_UNTYPED, WORKER_OBJECTS, &untyped), "a worker's Untyped");
	need(object_create(OBJECT_REPLY, 0, &reply), "a worker's Reply");
	need(object_create(OBJECT_VSPACE, 0, &space), "a worker's VSpace");
	need(vspace_donate(space, self->memory, cnode, WORKER_TABLES, 8), "a worker's table memory");
	need(thread_create(&self->thread, &own_space, worker_main, (uint64_t)&self->counts, WORKER_PRIORITY), "a worker's Thread");
	need(thread_unbind(self->thread.thread, THREAD_CNODE), "taking init's CNode from a worker");
	need(thread_bind(self->thread.thread, THREAD_CNODE, cnode), "giving a worker its CNode");
	need(cnode_copy(INIT_SLOT_CNODE, self->alias, INIT_SLOT_CNODE, self->thread.thread, RIGHTS_ALL), "a copy of a worker's Thread");
	grant(cnode, WORKER_SHARED, shared);
	grant(cnode, WORKER_ENDPOINT, endpoint);
	grant(cnode, WORKER_SIGNAL, signal);
	grant(cnode, WORKER_PORTS, INIT_SLOT_IO_PORTS);
	grant(cnode, WORKER_REGION, region);
	grant(cnode, WORKER_CNODE, cnode);
	need(cnode_delete(INIT_SLOT_CNODE, self->alias), "deleting a copy");
	self->thread.block->thread = WORKER_THREAD;
	need(cnode_copy(INIT_SLOT_CNODE, self->alias, INIT_SLOT_CNODE, self->thread.thread, RIGHTS_ALL), "a copy of a worker's Thread");
	give(cnode, WORKER_UNTYPED, untyped);
	give(cnode, WORKER_REPLY, reply);
	give(cnode, WORKER_SPACE, space);
	need(cnode_move(cnode, WORKER_THREAD, INIT_SLOT_CNODE, self->thread.thread), "giving a worker itself");
	need(thread_resume(self->alias), "starting a worker");
	slot_free(self->thread.thread);
	self->cnode = cnode;
	memory_use(before);
	lives++;
}

/* The end of a life, wherever it is: with its Thread alone (others or the idle kernel finish what it had begun), or with all that it made. */
static void worker_end(struct worker *self)
{
	if (below(2)) {
		attempt(cnode_revoke(INIT_SLOT_CNODE, self->memory));
		pause(ROUND_NS);
	}
	need(untyped_reclaim(self->memory), "reclaiming a worker's memory");
	slot_free(self->cnode);
	slot_free(self->thread.memory);
	slot_free(self->thread.window_mapping);
}

static void worker_replace(struct worker *self)
{
	worker_end(self);
	worker_create(self);
}

/* The controls exist once: the director alone can use them. */
static void controls_use(void)
{
	struct irq_attachment attachment;
	handle_t before = memory_use(director_memory);

	switch (below(5)) {
	case 0:
		if (object_create(OBJECT_IRQ_HANDLER, 0, &handler) != OK) {
			need(untyped_reclaim(director_memory), "reclaiming the director's memory");
			break;
		}
		attempt(irq_attach(INIT_SLOT_IRQ_CONTROL, handler, below(2) ? IRQ_LINE_MSI : 16 + below(8), below(4), &attachment));
		attempt(irq_bind(handler, signal));
		if (below(2))
			attempt(irq_unbind(handler));
		if (below(2))
			attempt(cnode_delete(INIT_SLOT_CNODE, handler));
		else
			attempt(cnode_move(shared, 1 + below(31), INIT_SLOT_CNODE, handler));
		attempt(cnode_delete(INIT_SLOT_CNODE, handler));
		slot_free(handler);
		break;
	case 1:
		attempt(thread_set_priority(worker[below(WORKERS)].alias, WORKER_PRIORITY + below(20), WORKER_PRIORITY));
		break;
	case 2:
		attempt(log_unbind(INIT_SLOT_LOG_CONTROL));
		attempt(log_bind(INIT_SLOT_LOG_CONTROL, keeper_signal));
		break;
	case 3:
		attempt(cnode_revoke(INIT_SLOT_CNODE, endpoint + below(2)));
		break;
	default:
		attempt(cnode_delete(shared, 1 + below(31)));
		break;
	}
	memory_use(before);
}

static void prepare(void)
{
	handle_t tables;

	slots_use(SLOTS_FIRST, SLOTS_COUNT);
	memory_use(memory_largest(boot_information));
	if (!keeper_start())
		need(ERR_NOMEM, "keeping the log");
	tables = slot_allocate();
	need(vspace_donate(INIT_SLOT_VSPACE, memory_untyped(), INIT_SLOT_CNODE, tables, OWN_TABLE_PAGES), "table memory");
	keeper_take();
	need(object_create(OBJECT_NOTIFICATION, 0, &sleeper), "a Notification");
	need(object_create(OBJECT_ENDPOINT, 0, &endpoint), "an Endpoint");
	need(object_create(OBJECT_NOTIFICATION, 0, &signal), "a Notification");
	need(object_create(OBJECT_CNODE, SHARED_CNODE_BITS, &shared), "the shared CNode");
	need(region_allocate(16, &region), "a Region");
	need(object_create(OBJECT_UNTYPED, 64 * PAGE_SIZE, &director_memory), "the director's memory");
	keeper_take();
	if (!keeper_spawn())
		need(ERR_NOMEM, "the keeper");
	for (unsigned i = 0; i < WORKERS; i++) {
		need(object_create(OBJECT_UNTYPED, WORKER_MEMORY, &worker[i].memory), "a worker's memory");
		worker[i].alias = slot_allocate();
		worker_create(&worker[i]);
	}
	need(thread_spawn(&ticker, &own_space, ticker_main, 0, TICKER_PRIORITY), "the ticker");
}

/* Stops everybody where they are, without a record. Threads that workers made may go on, but have nothing to call with after this. */
static void stop(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		attempt(thread_suspend(worker[i].alias));
	need(thread_suspend(ticker.thread), "stopping the ticker");
}

/* Waits, without ever leaving the processor to the idle kernel, until the keeper has everything. */
static void settle(void)
{
	struct kernel_call wake = {.word = call_word(CALL_SEND, 0, 0, 0), .target = keeper_signal};

	do {
		attempt(kernel_call(&wake));
		wake.word = call_word(CALL_SEND, 0, 0, 0);
		wake.target = keeper_signal;
	} while (!keeper_has_all());
}

int main(void)
{
	uint64_t end, calls = 0, done = 0;
	struct worker *chosen;

	prepare();
	end = clock_now() + TIME_LIMIT_NS;
	while (keeper_kept() < RECORDS_WANTED && clock_now() < end) {
		pause(below(ROUND_NS));
		chosen = &worker[below(WORKERS)];
		if (chosen->counts.refused > WORKER_PATIENCE || below(8) == 0)
			worker_replace(chosen);
		else
			controls_use();
	}
	stop();
	settle();
	for (unsigned i = 0; i < WORKERS; i++) {
		calls += worker[i].counts.calls;
		done += worker[i].counts.done;
	}
	print("# %u calls of workers, %u of them done, %u lives, %u ticks\n", calls, done, lives, ticks);
	keeper_report();
	print("KOZO-DUMP-READY\n");
	for (;;)
		__asm__ volatile("pause");
}
