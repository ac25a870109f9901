/* SPDX-License-Identifier: MIT */
/*
 * Random calls: threads in address spaces of their own call the kernel with random registers, labels, words, message pages and handles, holding random capabilities. Nothing
 * that they do may stop the kernel or the test or reach another's memory, and authority stays where it was.
 *
 * The attackers hold no capability to their own address space, stack or CNode's memory, so they live on; what they break among their toys (their Threads, Endpoints ...) is made new
 * every so often. `rounds=N` on the command line tells how many calls are made in all; the sequence depends on the seed alone, up to timing.
 */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE
#define ATTACKERS 3
#define CNODE_BITS 7
#define HANDLES (1 << CNODE_BITS)
#define TOY_SLOT_FIRST 8
#define TOY_SLOT_LAST 60
#define CALLS_BETWEEN_TOYS 4000
#define ROUNDS_DEFAULT 20000
#define CANARY 0xc0ffee0ddba11

/* What an attacker and the test share: the last page of its memory holds this behind the block. */
struct attack {
	volatile uint64_t calls;
	uint64_t seed;
	uint64_t canary;
};
#define ATTACK_OFFSET 2048

static struct attack *attack_of(struct thread_block *block)
{
	return (struct attack *)((char *)block + ATTACK_OFFSET);
}

/* The handle of a toy, more often than not. */
static uint64_t random_handle(uint64_t *seed)
{
	uint64_t value = random_next(seed);

	return value % 8 ? TOY_SLOT_FIRST + (value >> 8) % (TOY_SLOT_LAST - TOY_SLOT_FIRST) : (value >> 8) % HANDLES;
}

/* Small numbers, handles, page-like values, edges, or anything. */
static uint64_t random_value(uint64_t *seed)
{
	uint64_t value = random_next(seed);

	switch (random_next(seed) % 8) {
	case 0:
		return value % 8;
	case 1:
	case 2:
		return value % HANDLES;
	case 3:
		return value % 300;
	case 4:
		return (value & 0x7fffffffffff) & ~0xff0ull;
	case 5:
		return 1ull << value % 64;
	case 6:
		return UINT64_MAX - value % 5000;
	default:
		return value;
	}
}

static uint64_t random_word(uint64_t *seed)
{
	uint64_t kind = random_next(seed) % 16;
	uint64_t words = random_next(seed) % 4 ? random_next(seed) % 10 : random_next(seed) % 256;
	uint64_t caps = random_next(seed) % 4 ? random_next(seed) % 3 : random_next(seed) % 16;

	if (kind < 6)
		return call_word(CALL_SEND | CALL_CALL | CALL_DEADLINE, 4, random_next(seed) % 8 / 3, random_next(seed) % 7);
	if (kind < 9)
		return call_word(CALL_SEND | CALL_CALL | CALL_DEADLINE, words, caps, random_next(seed) % 11);
	if (kind < 14)
		return call_word(random_next(seed) % 32 | CALL_DEADLINE, words, caps, random_next(seed));
	return random_next(seed) | CALL_DEADLINE;
}

static void page_fill(struct message_page *page, uint64_t *seed)
{
	for (int i = 0; i < MESSAGE_CAPS_MAX; i++) {
		page->caps[i] = random_handle(seed);
		page->receive[i] = random_next(seed) % HANDLES;
	}
	for (int i = 0; i < 16; i++)
		page->words[random_next(seed) % MESSAGE_WORDS_MAX] = random_value(seed);
}

static void attacker_main(uint64_t argument)
{
	struct attack *attack = attack_of(thread_self());
	uint64_t seed = attack->seed;

	(void)argument;
	for (;;) {
		struct kernel_call call = {
			.word = random_word(&seed),
			.target = random_handle(&seed),
			.source = random_handle(&seed),
			.reply = random_next(&seed) % 3 ? 0 : random_handle(&seed),
			.deadline = random_next(&seed) % 16 ? 0 : clock_now() + random_next(&seed) % 200000,
		};

		if (random_next(&seed) % 64 == 0)
			call.target = random_next(&seed);
		for (int i = 0; i < MESSAGE_REGISTER_WORDS; i++)
			call.data[i] = random_value(&seed);
		page_fill(thread_self()->page, &seed);
		kernel_call(&call);
		attack->calls++;
	}
}

struct attacker {
	struct space space;
	struct thread thread;
	handle_t toys; /* Untyped of which its toys are made */
	uint64_t calls_at_toys;
};

/* Fills the attacker's CNode with new toys, all made from its Untyped. */
static void toys_make(struct attacker *attacker, uint64_t *seed)
{
	handle_t cnode = attacker->space.cnode, before;
	static const enum object_type types[] = {OBJECT_ENDPOINT, OBJECT_NOTIFICATION, OBJECT_REPLY, OBJECT_THREAD, OBJECT_VSPACE, OBJECT_IRQ_HANDLER};
	uint64_t slot = TOY_SLOT_FIRST;

	CHECK_OK(untyped_reclaim(attacker->toys));
	for (uint64_t i = 1; i < HANDLES; i++)
		if (i != attacker->thread.block->thread)
			CHECK_OK(cnode_delete(cnode, i));
	before = memory_use(attacker->toys);
	for (uint64_t i = 0; i < sizeof(types) / sizeof(types[0]); i++, slot += 2)
		CHECK_OK(untyped_retype(attacker->toys, types[i], 0, cnode, slot, 2));
	CHECK_OK(untyped_retype(attacker->toys, OBJECT_CNODE, 4, cnode, slot++, 1));
	CHECK_OK(untyped_retype(attacker->toys, OBJECT_CNODE, 6, cnode, slot++, 1));
	CHECK_OK(untyped_retype(attacker->toys, OBJECT_REGION, 3 * PAGE_SIZE, cnode, slot++, 1));
	CHECK_OK(untyped_retype(attacker->toys, OBJECT_UNTYPED, 40 * PAGE_SIZE, cnode, slot++, 1));
	CHECK_OK(cnode_copy(cnode, slot++, ROOT, cnode, RIGHTS_ALL));
	CHECK_OK(cnode_mint(cnode, slot++, ROOT, INIT_SLOT_IO_PORTS, RIGHTS_ALL, 0x80 | 0x80 << 16));
	for (; slot <= TOY_SLOT_LAST; slot++) {
		uint64_t from = TOY_SLOT_FIRST + random_next(seed) % (slot - TOY_SLOT_FIRST), mask = random_next(seed) & random_next(seed) & RIGHTS_ALL;
		/* Untypeds are not copied, Regions of the toys are: what is refused leaves an empty slot. */
		(void)!cnode_copy(cnode, slot, cnode, from, random_next(seed) % 2 ? RIGHTS_ALL : mask);
	}
	memory_use(before);
	attacker->calls_at_toys = attack_of(attacker->thread.block)->calls;
}

/* The attacker runs again, from the start of its loop, whatever has become of it. */
static void attacker_restart(struct attacker *attacker, uint64_t *seed)
{
	struct thread_registers registers = {.rflags = 0x202};

	CHECK_OK(thread_suspend(attacker->thread.thread));
	attack_of(attacker->thread.block)->seed = random_next(seed);
	CHECK_OK(thread_read_registers(attacker->thread.thread, &registers));
	registers.rip = (vaddr_t)attacker_main;
	registers.rsp = attacker->thread.block_address - 8;
	registers.gs_base = attacker->thread.block_address;
	registers.rflags = 0x202;
	CHECK_OK(thread_write_registers(attacker->thread.thread, &registers));
	CHECK_OK(thread_resume(attacker->thread.thread));
}

static void attacker_create(struct attacker *attacker, uint64_t *seed)
{
	struct attack *attack;

	CHECK_OK(space_create(&attacker->space, CNODE_BITS, 24));
	CHECK_OK(object_create(OBJECT_UNTYPED, 1 << 20, &attacker->toys));
	CHECK_OK(thread_create(&attacker->thread, &attacker->space, attacker_main, 0, TEST_PRIORITY));
	attack = attack_of(attacker->thread.block);
	*attack = (struct attack){.seed = random_next(seed), .canary = CANARY};
	CHECK_OK(cnode_delete(attacker->space.cnode, attacker->thread.block->thread));
	attacker->thread.block->thread = 0;
}

static uint64_t rounds_wanted(void)
{
	const char *digit = option_find("rounds=");
	uint64_t rounds = 0;

	for (; digit && *digit >= '0' && *digit <= '9'; digit++)
		rounds = rounds * 10 + (uint64_t)(*digit - '0');
	return rounds ? rounds : ROUNDS_DEFAULT;
}

static void random_calls(void)
{
	static struct attacker attacker[ATTACKERS];
	uint64_t seed = 20260101, total = 0, records = records_committed(), rounds = rounds_wanted(), end = clock_now() + 200 * PATIENCE / 20;

	for (int i = 0; i < ATTACKERS; i++) {
		attacker_create(&attacker[i], &seed);
		CHECK_STILL();
		toys_make(&attacker[i], &seed);
		CHECK_STILL();
		attacker_restart(&attacker[i], &seed);
		CHECK_STILL();
	}
	for (uint64_t before = UINT64_MAX; total < rounds && clock_now() < end; before = total) {
		pause_ns(2 * MILLISECOND);
		total = 0;
		for (int i = 0; i < ATTACKERS; i++) {
			const struct attack *attack = attack_of(attacker[i].thread.block);

			CHECK_EQUAL(CANARY, attack->canary);
			total += attack->calls;
			if (attack->calls - attacker[i].calls_at_toys < CALLS_BETWEEN_TOYS && total != before)
				continue;
			CHECK_OK(thread_suspend(attacker[i].thread.thread));
			toys_make(&attacker[i], &seed);
			CHECK_STILL();
			attacker_restart(&attacker[i], &seed);
			CHECK_STILL();
		}
	}
	print("# %u random calls, %u records\n", total, records_committed() - records);
	CHECK(total >= rounds);
}

/* The raw instruction with every register random, by a thread that is put there: what it comes back with is nothing that was not asked for. */
static void random_registers(void)
{
	struct space space;
	struct thread thread;
	uint64_t seed = 77;
	const uint8_t *code = (const uint8_t *)kernel_call;

	while (*(const uint16_t *)code != 0x050f)
		code++;
	CHECK_OK(space_create(&space, 2 + 5, 16));
	CHECK_OK(thread_create(&thread, &space, attacker_main, 0, TEST_PRIORITY));
	for (uint64_t i = 0; i < rounds_wanted() / 20; i++) {
		struct thread_registers registers;

		for (uint64_t k = 0; k < sizeof(registers) / 8; k++)
			((uint64_t *)&registers)[k] = random_value(&seed);
		registers.rip = (vaddr_t)code;
		registers.fs_base &= 0x3fffffffffff;
		registers.gs_base &= 0x3fffffffffff;
		CHECK_OK(thread_write_registers(thread.thread, &registers));
		CHECK_OK(thread_resume(thread.thread));
		pause_ns(MILLISECOND / 50);
		CHECK_OK(thread_suspend(thread.thread));
	}
}

static const struct test tests[] = {
	{"robust-calls", "random calls by threads with random capabilities stop nobody else", random_calls},
	{"robust-registers", "system calls with every register random stop nobody else", random_registers},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
