/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of the kernel primitives: measures each row of rows.def and prints `figure NAME INSTRUCTIONS`, which bench/ipc/run makes a table of.
 *
 * Run it with one instruction a nanosecond (tools/run-qemu --icount): then the time-stamp counter counts instructions. Of ROUNDS rounds the shortest counts, less what an
 * empty function takes that is called in the same way, so that the cost of reading the counter and of the call by pointer is not in the figure.
 *
 * Command line: row=NAME measures only that one, rounds=N sets the rounds.
 */
#include "bench.h"

#include "abi/boot.h"
#include "lib/console.h"
#include "lib/package.h"
#include "lib/runtime.h"
#include "lib/string.h"

#define ROUNDS 10000
#define ROW_MEMORY (64ull << 20)
#define OWN_TABLE_PAGES 64
#define PERMANENT_SLOTS_FIRST 128
#define PERMANENT_SLOTS 64
#define ROW_SLOTS_FIRST 192
#define ROW_SLOTS 832
#define DRAIN_ROUNDS 64 /* rounds between two times that the commit ring is emptied */

struct row {
	const char *name;
	void (*prepare)(void);
	void (*act)(void);
	void (*undo)(void);
	uint64_t (*measure)(uint64_t rounds); /* instead of the three */
};

static const struct row rows[] = {
#define ROW(name, prepare, act, undo) {#name, prepare, act, undo, NULL},
#define ROW_OF_ITS_OWN(name, measure) {#name, NULL, NULL, NULL, measure},
#include "rows.def"
#undef ROW
#undef ROW_OF_ITS_OWN
};

unsigned row_errors;

static const volatile struct commit_ring *ring;
static handle_t row_memory;
static uint64_t overhead; /* of a measurement, in instructions */

void nothing(void)
{
	__asm__ volatile("");
}

handle_t make(enum object_type type, uint64_t size)
{
	handle_t object = 0;

	expect_ok(object_create(type, size, &object));
	return object;
}

/* Frees the whole commit ring: nobody reads the records here. */
static void ring_drain(void)
{
	expect_ok(log_advance(INIT_SLOT_LOG_CONTROL, ring->head));
}

/* Fewest instructions of `act` in a number of rounds, with the overhead. The pointers are volatile: nothing is inlined into the loop. */
static uint64_t minimum_measure(void (*volatile act)(void), void (*volatile undo)(void), uint64_t rounds)
{
	uint64_t least = UINT64_MAX;

	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t start = counter_read();

		act();
		least_take(&least, start);
		undo();
		if (i % DRAIN_ROUNDS == 0)
			ring_drain();
	}
	return least;
}

/* Everything that a row made goes with its memory; what it copied from elsewhere has slots of its own. */
static void row_clean(void)
{
	ring_drain();
	expect_ok(untyped_reclaim(row_memory));
	for (handle_t slot = slot_used_next(ROW_SLOTS_FIRST); slot; slot = slot_used_next(slot + 1))
		expect_ok(cnode_delete(INIT_SLOT_CNODE, slot));
}

static bool row_run(const struct row *row, uint64_t rounds)
{
	uint64_t figure = 0;

	slots_use(ROW_SLOTS_FIRST, ROW_SLOTS);
	row_errors = 0;
	if (row->measure)
		figure = row->measure(rounds);
	else
		row->prepare();
	if (!row->measure && row_errors == 0)
		figure = minimum_measure(row->act, row->undo, rounds) - overhead;
	row_clean();
	if (row_errors)
		print("failed %s: errors 0x%x\n", row->name, (uint64_t)row_errors);
	else
		print("figure %s %u\n", row->name, figure);
	return row_errors == 0;
}

/* What `name` is set to on the command line: the text after "name=", or a null pointer. */
static const char *option_find(const char *name)
{
	size_t length = strlen(name);

	for (const char *at = boot_information->command_line; *at; at++)
		if (memcmp(at, name, length) == 0 && at[length] == '=')
			return at + length + 1;
	return NULL;
}

static uint64_t option_number(const char *name, uint64_t otherwise)
{
	const char *text = option_find(name);
	uint64_t number = 0;

	if (!text)
		return otherwise;
	while (*text >= '0' && *text <= '9')
		number = number * 10 + (uint64_t)(*text++ - '0');
	return number;
}

/* Is the row wanted? */
static bool row_chosen(const struct row *row)
{
	const char *text = option_find("row");
	size_t length = strlen(row->name);

	return !text || (memcmp(text, row->name, length) == 0 && (text[length] == ' ' || text[length] == '\0'));
}

/* Makes what outlives the rows. */
static enum error bench_prepare(void)
{
	handle_t tables, mapping;
	vaddr_t address = 0;
	enum error error;

	slots_use(PERMANENT_SLOTS_FIRST, PERMANENT_SLOTS);
	memory_use(memory_largest(boot_information));
	tables = slot_allocate();
	error = vspace_donate(INIT_SLOT_VSPACE, memory_untyped(), INIT_SLOT_CNODE, tables, OWN_TABLE_PAGES);
	if (error == OK)
		error = space_map(&own_space, INIT_SLOT_RING, 1, MAP_READ, &address, &mapping);
	ring = (const volatile struct commit_ring *)address;
	if (error == OK)
		error = object_create(OBJECT_UNTYPED, ROW_MEMORY, &row_memory);
	if (error == OK)
		error = thread_set_priority(INIT_SLOT_THREAD, BENCH_PRIORITY, INIT_PRIORITY);
	if (error == OK && !package_header())
		error = ERR_NOMEM;
	memory_use(row_memory);
	return error;
}

int main(void)
{
	uint64_t boot = counter_read() - boot_information->boot_instructions, rounds = option_number("rounds", ROUNDS);
	enum error error = bench_prepare();
	bool passed = error == OK;

	if (!passed)
		print("failed to prepare: error %u\n", (uint64_t)error);
	print("figure boot %u\n", boot);
	overhead = minimum_measure(nothing, nothing, rounds < 4 ? 4 : rounds);
	print("figure overhead %u\n", overhead);
	for (uint64_t i = 0; passed && i < sizeof(rows) / sizeof(rows[0]); i++)
		passed = !row_chosen(&rows[i]) || row_run(&rows[i], rounds);
	return passed ? 0 : 1;
}
