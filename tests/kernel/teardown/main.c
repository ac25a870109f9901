/* SPDX-License-Identifier: MIT */
/*
 * Deleting what is large, deep or tangled, with timer interrupts due at every step.
 *
 * A thread above everything else (the metronome) wakes at short absolute deadlines and notes how late it was: that is how long an interrupt stayed untaken, plus the way
 * to the thread and back. With one instruction a nanosecond (`exact` on the command line) the latest must be within 10,000 instructions and that way; otherwise the
 * host's own delays would be in it, and nothing is said.
 */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE
#define PERIOD 3000           /* ns between the deadlines of the metronome: shorter than one record of a long operation */
#define LATENESS_MAX 10600    /* ns: 10,000 untaken, and the way to the metronome, which is what an undisturbed one measures */
#define TEST_RUNS_AT 50       /* priority, below the metronome's */
#define BIG_CNODE_BITS 12

static volatile uint64_t ticks, latest;
static volatile bool metronome_on;
static handle_t metronome_source;

static void metronome_main(uint64_t argument)
{
	uint64_t deadline = clock_now();

	(void)argument;
	while (metronome_on) {
		struct kernel_call call = {.word = CALL_RECEIVE | CALL_DEADLINE, .source = metronome_source, .deadline = deadline += PERIOD};
		uint64_t now, late;

		kernel_call(&call);
		now = clock_now();
		late = now - deadline;
		ticks++;
		if (late > latest)
			latest = late;
		if (late > PERIOD)
			deadline = now;
	}
}

static bool is_empty(handle_t cnode, uint64_t index)
{
	return cnode_query(cnode, index, &(struct capability_state){0}) == ERR_NOCAP;
}

/* Runs `act` under the metronome and checks how late it was. */
static void under_metronome(const char *what, void (*act)(void))
{
	struct thread metronome;
	uint64_t records = records_committed(), start;

	ticks = latest = 0;
	metronome_on = true;
	metronome_source = object_make(OBJECT_NOTIFICATION, 0);
	CHECK_STILL();
	CHECK_OK(thread_set_priority(INIT_SLOT_THREAD, TEST_RUNS_AT, INIT_PRIORITY));
	CHECK_OK(thread_spawn(&metronome, &own_space, metronome_main, 0, INIT_PRIORITY));
	start = clock_now();
	act();
	start = clock_now() - start;
	metronome_on = false;
	CHECK_OK(thread_set_priority(INIT_SLOT_THREAD, INIT_PRIORITY, INIT_PRIORITY));
	CHECK(thread_await_end(metronome.thread));
	CHECK_STILL();
	if (!time_is_exact())
		return;
	print("# %s: %u ns, %u records, %u deadlines, the latest %u ns late\n", what, start, records_committed() - records, ticks, latest);
	CHECK(latest <= LATENESS_MAX);
}

/* What the next act works on. */
static handle_t victim, big;

static void act_delete_victim(void)
{
	CHECK_OK(cnode_delete(ROOT, victim));
}

static void act_revoke_victim(void)
{
	CHECK_OK(cnode_revoke(ROOT, victim));
}

static void act_reclaim_victim(void)
{
	CHECK_OK(untyped_reclaim(victim));
}

#define CHAIN 2000

static void chain_build(void)
{
	big = object_make(OBJECT_CNODE, BIG_CNODE_BITS);
	victim = object_make(OBJECT_ENDPOINT, 0);
	CHECK_STILL();
	CHECK_OK(cnode_copy(big, 0, ROOT, victim, RIGHTS_ALL));
	for (uint64_t i = 1; i < CHAIN; i++)
		CHECK_OK(cnode_copy(big, i, big, i - 1, RIGHTS_ALL));
}

static void deep_chain_revoked(void)
{
	chain_build();
	CHECK_STILL();
	under_metronome("revoking a chain of 2000 copies", act_revoke_victim);
	CHECK_STILL();
	for (uint64_t i = 0; i < CHAIN; i++)
		CHECK(is_empty(big, i));
	CHECK(!is_empty(ROOT, victim));
}

static void deep_chain_deleted(void)
{
	chain_build();
	CHECK_STILL();
	under_metronome("deleting a chain of 2000 copies", act_delete_victim);
	CHECK_STILL();
	for (uint64_t i = 0; i < CHAIN; i++)
		CHECK(is_empty(big, i));
	CHECK(is_empty(ROOT, victim));
}

static void wide_tree_deleted(void)
{
	big = object_make(OBJECT_CNODE, BIG_CNODE_BITS);
	victim = object_make(OBJECT_ENDPOINT, 0);
	CHECK_STILL();
	for (uint64_t i = 0; i < 4000; i++)
		CHECK_OK(cnode_copy(big, i, ROOT, victim, RIGHTS_ALL));
	under_metronome("deleting a capability with 4000 copies", act_delete_victim);
	CHECK_STILL();
	for (uint64_t i = 0; i < 4000; i++)
		CHECK(is_empty(big, i));
}

/* A random tree: each copy is of a random earlier one. */
static void random_tree_revoked(void)
{
	uint64_t seed = 11;

	big = object_make(OBJECT_CNODE, BIG_CNODE_BITS);
	victim = object_make(OBJECT_NOTIFICATION, 0);
	CHECK_STILL();
	CHECK_OK(cnode_copy(big, 0, ROOT, victim, RIGHTS_ALL));
	for (uint64_t i = 1; i < 3000; i++)
		CHECK_OK(cnode_copy(big, i, big, random_next(&seed) % i, RIGHTS_ALL));
	under_metronome("revoking a random tree of 3000 copies", act_revoke_victim);
	CHECK_STILL();
	for (uint64_t i = 0; i < 3000; i++)
		CHECK(is_empty(big, i));
}

static void act_delete_through_itself(void)
{
	CHECK_OK(cnode_delete(victim, 0));
}

/* A CNode whose original lies in itself, reached by a copy that is its descendant. */
static void cnode_in_itself(void)
{
	handle_t original = object_make(OBJECT_CNODE, 4);

	victim = slot_allocate();
	CHECK_OK(cnode_copy(ROOT, victim, ROOT, original, RIGHTS_ALL));
	CHECK_OK(cnode_move(original, 0, ROOT, original));
	CHECK_OK(cnode_copy(victim, 1, ROOT, victim, RIGHTS_ALL));
	under_metronome("deleting a CNode through itself", act_delete_through_itself);
	CHECK_STILL();
	CHECK(is_empty(ROOT, victim));
}

/* A ring of CNodes, each holding the next one's original and copies of the others. */
static void cnodes_in_a_ring(void)
{
	enum { RING = 6 };
	handle_t memory = object_make(OBJECT_UNTYPED, 64 * PAGE_SIZE), before = memory_use(memory), cnode[RING], access[RING], endpoint;

	for (int i = 0; i < RING; i++) {
		cnode[i] = object_make(OBJECT_CNODE, 5);
		access[i] = slot_allocate();
	}
	endpoint = object_make(OBJECT_ENDPOINT, 0);
	memory_use(before);
	CHECK_STILL();
	for (int i = 0; i < RING; i++)
		CHECK_OK(cnode_copy(ROOT, access[i], ROOT, cnode[i], RIGHTS_ALL));
	for (int i = 0; i < RING; i++) {
		CHECK_OK(cnode_move(access[(i + 1) % RING], 0, ROOT, cnode[i]));
		CHECK_OK(cnode_copy(access[i], 2, ROOT, access[(i + 3) % RING], RIGHTS_ALL));
		CHECK_OK(cnode_copy(access[i], 3, ROOT, endpoint, RIGHTS_ALL));
	}
	victim = memory;
	under_metronome("reclaiming a ring of CNodes", act_reclaim_victim);
	CHECK_STILL();
	for (int i = 0; i < RING; i++)
		CHECK(is_empty(ROOT, access[i]));
	CHECK_OK(untyped_retype(memory, OBJECT_REGION, 64 * PAGE_SIZE, ROOT, slot_allocate(), 1));
}

/* CNodes nested forty deep, each holding the original of the next. */
static void cnodes_nested(void)
{
	handle_t outer = object_make(OBJECT_CNODE, 2);

	for (int i = 0; i < 40; i++) {
		handle_t next = object_make(OBJECT_CNODE, 2);

		CHECK_STILL();
		CHECK_OK(cnode_move(next, 1, ROOT, outer));
		outer = next;
	}
	victim = outer;
	under_metronome("deleting nested CNodes", act_delete_victim);
}

static void big_cnode_deleted(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0);

	victim = object_make(OBJECT_CNODE, BIG_CNODE_BITS + 2);
	CHECK_STILL();
	for (uint64_t i = 0; i < 4ull << BIG_CNODE_BITS; i += 8)
		CHECK_OK(cnode_copy(victim, i, ROOT, endpoint, RIGHTS_ALL));
	under_metronome("deleting a CNode of 16384 slots, every eighth in use", act_delete_victim);
}

static void empty_cnode_deleted(void)
{
	victim = object_make(OBJECT_CNODE, CNODE_BITS_MAX);
	CHECK_STILL();
	under_metronome("deleting an empty CNode of 65536 slots", act_delete_victim);
}

/* One page in each of 200 corners, by one Mapping. */
static void sparse_space_build(struct space *space)
{
	handle_t region, mapping;

	CHECK_OK(space_create_empty(space, 2, 640));
	CHECK_OK(region_allocate(200, &region));
	CHECK_OK(space_attach(space, region, RIGHTS_ALL, &mapping));
	for (uint64_t i = 0; i < 200; i++)
		CHECK_OK(mapping_fill(mapping, i * 0xa000000000 + (i % 512 << LARGE_PAGE_BITS), i, 1, MAP_READ));
	victim = mapping;
}

static void sparse_mapping_deleted(void)
{
	struct space space;

	sparse_space_build(&space);
	CHECK_STILL();
	under_metronome("deleting a Mapping with 200 pages far apart", act_delete_victim);
}

static void sparse_space_deleted(void)
{
	struct space space;

	sparse_space_build(&space);
	CHECK_STILL();
	victim = space.vspace;
	under_metronome("deleting a sparse VSpace", act_delete_victim);
}

static void dense_mapping_deleted(void)
{
	struct space space;
	handle_t region;

	CHECK_OK(space_create_empty(&space, 2, 40));
	CHECK_OK(region_allocate(3072, &region));
	CHECK_OK(space_attach(&space, region, RIGHTS_ALL, &victim));
	CHECK_OK(mapping_fill(victim, 0x10000000, 0, 3072, MAP_READ | MAP_WRITE));
	under_metronome("deleting a Mapping with 3072 pages", act_delete_victim);
}

static void many_mappings_deleted(void)
{
	struct space space;
	handle_t region, cnode = object_make(OBJECT_CNODE, 10);

	CHECK_STILL();
	CHECK_OK(space_create_empty(&space, 2, 40));
	CHECK_OK(region_allocate(1, &region));
	for (uint64_t i = 0; i < 600; i++)
		CHECK_OK(vspace_attach(space.vspace, region, cnode, i, RIGHT_READ));
	victim = space.vspace;
	under_metronome("deleting a VSpace with 600 Mappings", act_delete_victim);
	CHECK_STILL();
	for (uint64_t i = 0; i < 600; i++)
		CHECK(is_empty(cnode, i));
}

/* Bare threads that wait at an Endpoint or Notification: with no memory of their own, they share one stack page that none needs while it waits. */
#define WAITERS 100

static uint64_t waiter_stack[64];

static void waiter_main(void)
{
	for (;;)
		__asm__ volatile("syscall" : : "a"(CALL_RECEIVE), "S"(0) : "rcx", "r11", "memory");
}

/* Makes threads that begin with a system call on `handle`: their registers are those of the call. */
static void waiters_make(handle_t handle, uint64_t phases, enum thread_state state, handle_t *threads)
{
	static const uint8_t *code = (const uint8_t *)waiter_main;
	vaddr_t at = (vaddr_t)waiter_main;

	while (*(const uint16_t *)code != 0x050f) {
		code++;
		at = (vaddr_t)code;
	}
	at = (vaddr_t)code;
	for (int i = 0; i < WAITERS; i++) {
		struct thread_registers registers = {.rip = at, .rsp = (vaddr_t)(waiter_stack + 64), .rax = phases, .rdi = handle, .rsi = handle, .rflags = 0x202};

		registers.r12 = object_make(OBJECT_REPLY, 0);
		threads[i] = object_make(OBJECT_THREAD, 0);
		CHECK_STILL();
		CHECK_OK(thread_bind(threads[i], THREAD_CNODE, ROOT));
		CHECK_OK(thread_bind(threads[i], THREAD_VSPACE, INIT_SLOT_VSPACE));
		CHECK_OK(thread_set_priority(threads[i], 5, 5));
		CHECK_OK(thread_write_registers(threads[i], &registers));
		CHECK_OK(thread_resume(threads[i]));
		CHECK(thread_await(threads[i], state));
	}
}

static void waited_object_deleted(enum object_type type, uint64_t phases, enum thread_state state, const char *what)
{
	static handle_t threads[WAITERS];
	handle_t object = object_make(type, 0);

	victim = slot_allocate();
	CHECK_OK(cnode_copy(ROOT, victim, ROOT, object, RIGHTS_ALL));
	waiters_make(victim, phases, state, threads);
	CHECK_STILL();
	victim = object;
	under_metronome(what, act_delete_victim);
	CHECK_STILL();
	for (int i = 0; i < WAITERS; i++) {
		struct thread_status status;

		CHECK_OK(thread_inform(threads[i], &status));
		CHECK_EQUAL(THREAD_RUNNABLE, status.state);
		CHECK_OK(thread_suspend(threads[i]));
	}
}

static void endpoint_with_receivers_deleted(void)
{
	waited_object_deleted(OBJECT_ENDPOINT, CALL_RECEIVE, THREAD_RECEIVING, "deleting an Endpoint with 100 receivers");
}

static void endpoint_with_senders_deleted(void)
{
	waited_object_deleted(OBJECT_ENDPOINT, CALL_SEND | CALL_CALL, THREAD_SENDING, "deleting an Endpoint with 100 callers");
}

static void notification_with_waiters_deleted(void)
{
	waited_object_deleted(OBJECT_NOTIFICATION, CALL_RECEIVE, THREAD_RECEIVING, "deleting a Notification with 100 waiters");
}

/* Whole processes: their threads run, wait and fault while everything is reclaimed. */
static void run_for_ever(uint64_t argument)
{
	(void)argument;
	for (;;)
		__asm__ volatile("pause");
}

static void processes_reclaimed(void)
{
	handle_t memory = object_make(OBJECT_UNTYPED, 10ull << 20), before = memory_use(memory), endpoint = object_make(OBJECT_ENDPOINT, 0);
	struct kernel_call wait = {.word = CALL_RECEIVE, .source = endpoint};

	CHECK_STILL();
	for (int i = 0; i < 4; i++) {
		struct space space;
		struct thread busy, faulty;
		struct job job;

		CHECK_OK(space_create(&space, 8, 24));
		CHECK_OK(thread_spawn(&busy, &space, run_for_ever, 0, 10));
		CHECK_OK(thread_spawn(&faulty, &space, (void (*)(uint64_t))0x1234000, 0, 11));
		wait.reply = object_make(OBJECT_REPLY, 0);
		CHECK_OK(job_launch(&job, &own_space, &wait));
		CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	}
	memory_use(before);
	victim = memory;
	under_metronome("reclaiming four processes", act_reclaim_victim);
	CHECK_STILL();
	CHECK_OK(untyped_retype(memory, OBJECT_UNTYPED, 10ull << 20, ROOT, slot_allocate(), 1));
}

static void act_clear(void)
{
	handle_t region;

	CHECK_OK(object_create(OBJECT_REGION, 8ull << 20, &region));
}

/* Not a teardown, but the other long operation. */
static void region_cleared(void)
{
	under_metronome("clearing a Region of 8 MiB", act_clear);
}

static void act_map(void)
{
	for (int round = 0; round < 10; round++) {
		uint64_t done;

		CHECK_OK(mapping_fill(victim, 0x200000000000, 0, MAP_BATCH_MAX, MAP_READ));
		for (uint64_t i = 0; i < MAP_BATCH_MAX; i++)
			((struct map_entry *)thread_self()->page)[i] = (struct map_entry){0x200000000000 + i * PAGE_SIZE, 0};
		CHECK_OK(mapping_unmap(victim, MAP_BATCH_MAX, &done));
		CHECK_EQUAL(MAP_BATCH_MAX, done);
	}
}

/* Nor these. */
static void pages_mapped(void)
{
	handle_t region;

	CHECK_OK(region_allocate(MAP_BATCH_MAX, &region));
	CHECK_OK(space_attach(&own_space, region, RIGHTS_ALL, &victim));
	under_metronome("mapping and unmapping 2560 pages in batches", act_map);
}

static void act_retype(void)
{
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_ENDPOINT, 0, big, 0, 128));
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_CNODE, 6, big, 128, 128));
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_THREAD, 0, big, 256, 32));
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_VSPACE, 0, big, 384, 8));
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_REGION, PAGE_SIZE, big, 512, 128));
}

static void objects_made(void)
{
	big = object_make(OBJECT_CNODE, 10);
	CHECK_STILL();
	under_metronome("making hundreds of objects in five calls", act_retype);
}

static const struct test tests[] = {
	{"teardown-chain-revoke", "a chain of 2000 copies is revoked", deep_chain_revoked},
	{"teardown-chain-delete", "a chain of 2000 copies is deleted", deep_chain_deleted},
	{"teardown-wide", "a capability with 4000 copies is deleted", wide_tree_deleted},
	{"teardown-random", "a random tree of 3000 copies is revoked", random_tree_revoked},
	{"teardown-self", "a CNode that contains itself is deleted through itself", cnode_in_itself},
	{"teardown-ring", "CNodes that contain each other are reclaimed, and their memory is whole", cnodes_in_a_ring},
	{"teardown-nested", "nested CNodes are deleted without recursion", cnodes_nested},
	{"teardown-cnode", "a large CNode is deleted with its content", big_cnode_deleted},
	{"teardown-cnode-empty", "the largest CNode is deleted", empty_cnode_deleted},
	{"teardown-mapping-sparse", "a Mapping with pages far apart is deleted", sparse_mapping_deleted},
	{"teardown-vspace-sparse", "a sparse VSpace is deleted", sparse_space_deleted},
	{"teardown-mapping-dense", "a Mapping with thousands of pages is deleted", dense_mapping_deleted},
	{"teardown-mappings", "a VSpace with hundreds of Mappings is deleted", many_mappings_deleted},
	{"teardown-receivers", "an Endpoint with many receivers is deleted", endpoint_with_receivers_deleted},
	{"teardown-callers", "an Endpoint with many callers is deleted", endpoint_with_senders_deleted},
	{"teardown-waiters", "a Notification with many waiters is deleted", notification_with_waiters_deleted},
	{"teardown-processes", "processes are reclaimed while their threads run, wait and fault", processes_reclaimed},
	{"teardown-clear", "a large Region is cleared while interrupts are taken", region_cleared},
	{"teardown-map", "batches of pages are mapped while interrupts are taken", pages_mapped},
	{"teardown-retype", "many objects are made while interrupts are taken", objects_made},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
