/* SPDX-License-Identifier: MIT */
/*
 * The journal on a medium that loses power, and the verification of media that were changed, under ASan and UBSan.
 *
 * The medium is simulated: what was written and not flushed is lost in part, sector by sector and once within a sector. The journal's server dies between any two calls and begins again with what its state says. What the
 * verifier of tools/replay then finds must begin with everything that was flushed, and hold nothing that was never taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/assert.h"
#include "lib/chain.h"
#include "servers/axiom/journal.h"
#include "tools/replay/medium.h"
#include "tests/host/harness/suite.h"

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

static uint64_t seed = 88172645463325252;

static uint64_t random_below(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

/* Whose records those of a boot number are: a boot that left no trace gives its number to the next, whose records are others. */
static uint64_t identity[16];

/* What is in the records does not matter here. */
static struct commit_record record_make(uint64_t boot, uint64_t sequence)
{
	struct commit_record record = {.sequence = sequence, .operation = COMMIT_COPY, .subject = boot << 32 | identity[boot]};

	for (unsigned i = 0; i < 5; i++)
		record.argument[i] = sequence * 0x9e3779b97f4a7c15 + i;
	return record;
}

/* The medium. */

#define MEDIUM_BLOCKS 600

struct medium {
	unsigned char safe[MEDIUM_BLOCKS * LOG_BLOCK_BYTES];    /* what is there for good */
	unsigned char written[MEDIUM_BLOCKS * LOG_BLOCK_BYTES]; /* what a read gives */
	bool pending[MEDIUM_BLOCKS];
};

static struct medium medium;

static void medium_flush(void)
{
	memcpy(medium.safe, medium.written, sizeof(medium.safe));
	memset(medium.pending, 0, sizeof(medium.pending));
}

/* Of what was not flushed each sector stays, goes, or stays up to some byte. */
static void medium_cut(void)
{
	for (unsigned i = 0; i < MEDIUM_BLOCKS; i++)
		if (medium.pending[i])
			memcpy(medium.safe + (size_t)i * 512, medium.written + (size_t)i * 512, (size_t[]){0, 512, random_below(513)}[random_below(3)]);
	memcpy(medium.written, medium.safe, sizeof(medium.safe));
	memset(medium.pending, 0, sizeof(medium.pending));
}

/* A machine with axiom in it. */

#define PAGE 4096
#define STATE_BYTES (4 * PAGE)
#define CAPACITY 40

struct machine {
	uint64_t boot, taken; /* records taken of this boot */
	unsigned char *state;
	struct log_block *blocks;
	struct tsm tsm;
	struct journal journal;
};

static const struct tsm_options options = {.layout = 1, .undo_cells = JOURNAL_UNDO_CELLS};

static enum journal_result axiom_start(struct machine *machine)
{
	assert_true(tsm_open(&machine->tsm, machine->state, STATE_BYTES, &options) <= TSM_READY);
	return journal_open(&machine->journal, &machine->tsm, tsm_data(&machine->tsm), machine->blocks, CAPACITY);
}

static void machine_boot(struct machine *machine, uint64_t boot)
{
	*machine = (struct machine){.boot = boot, .state = aligned_alloc(PAGE, STATE_BYTES), .blocks = calloc(CAPACITY + LOG_WINDOW_BLOCKS, sizeof(struct log_block))};
	assert_true(machine->state && machine->blocks);
	memset(machine->state, 0, STATE_BYTES);
	assert_int_equal(axiom_start(machine), JOURNAL_OK);
}

static void machine_free(struct machine *machine)
{
	free(machine->state);
	free(machine->blocks);
}

static enum journal_result machine_take(struct machine *machine)
{
	struct commit_record record = record_make(machine->boot, machine->taken + 1);
	enum journal_result result = journal_take(&machine->journal, &record);

	machine->taken += result == JOURNAL_OK;
	return result;
}

static void request_carry_out(struct machine *machine, const struct block_request *request)
{
	unsigned char *memory = (unsigned char *)machine->blocks + request->offset;
	size_t bytes = (size_t)request->sectors * 512;

	if (request->operation == BLOCK_FLUSH) {
		medium_flush();
		return;
	}
	assert_true(request->sectors >= 1 && request->sectors <= LOG_WINDOW_BLOCKS && request->sector + request->sectors <= MEDIUM_BLOCKS);
	assert_true(request->offset % 512 == 0 && request->offset + bytes <= (CAPACITY + LOG_WINDOW_BLOCKS) * 512);
	if (request->operation == BLOCK_READ) {
		memcpy(memory, medium.written + request->sector * 512, bytes);
		return;
	}
	memcpy(medium.written + request->sector * 512, memory, bytes);
	memset(medium.pending + request->sector, 1, request->sectors);
}

/* Carries out the next request of the journal, if there is one. */
static bool machine_work(struct machine *machine)
{
	struct block_request request;

	if (!journal_request(&machine->journal, &request))
		return false;
	request_carry_out(machine, &request);
	journal_complete(&machine->journal, 0);
	return true;
}

static void machine_settle(struct machine *machine)
{
	while (machine_work(machine))
		;
	assert_int_equal(machine->journal.medium, MEDIUM_READY);
	assert_true(journal_settled(&machine->journal));
}

static char note[256], error[256];

/* What the verifier finds on the medium of a boot: the number of records, all of which must be right; UINT64_MAX if it refuses the medium. */
static uint64_t medium_records(const unsigned char *data, uint64_t length, uint64_t boot)
{
	struct records records;
	uint64_t count;

	if (!medium_read(data, length, boot, NULL, &records, note, error, sizeof(error)))
		return UINT64_MAX;
	for (uint64_t i = 0; i < records.count; i++) {
		struct commit_record right = record_make(boot, i + 1);

		assert_memory_equal(&records.record[i], &right, sizeof(right));
	}
	count = records.count;
	records_free(&records);
	return count;
}

static void medium_clear(void)
{
	memset(&medium, 0, sizeof(medium));
}

/* Some boots of some records each, written in small pieces, the last one closed or not. */
static void medium_make(const unsigned *records, unsigned boots, bool close)
{
	struct machine machine;

	medium_clear();
	for (unsigned boot = 1; boot <= boots; boot++) {
		machine_boot(&machine, boot);
		journal_attach(&machine.journal, MEDIUM_BLOCKS);
		while (machine.taken < records[boot - 1]) {
			for (uint64_t n = 1 + random_below(13); n > 0 && machine.taken < records[boot - 1]; n--)
				if (machine_take(&machine) != JOURNAL_OK)
					break;
			machine_settle(&machine);
		}
		machine_settle(&machine);
		if (boot < boots || close)
			assert_int_equal(journal_close(&machine.journal), JOURNAL_OK);
		machine_settle(&machine);
		machine_free(&machine);
	}
}

/* Tests of the journal. */

static void journal_boots(void **state)
{
	static const unsigned counts[] = {3, 0, 57, 1, 200};

	(void)state;
	medium_make(counts, 5, false);
	for (unsigned boot = 1; boot <= 5; boot++)
		assert_int_equal(medium_records(medium.safe, sizeof(medium.safe), boot), counts[boot - 1]);
	assert_string_equal(note, "boot 5: 200 records, the log ends without an end mark");
	assert_int_equal(medium_records(medium.safe, sizeof(medium.safe), 4), 1);
	assert_string_equal(note, "boot 4: 1 records, the log ends with its end mark");
	assert_int_equal(medium_records(medium.safe, sizeof(medium.safe), 6), UINT64_MAX);
	medium_make(counts, 5, true);
	assert_int_equal(medium_records(medium.safe, sizeof(medium.safe), 5), 200);
	assert_string_equal(note, "boot 5: 200 records, the log ends with its end mark");
}

/* The links are those that the chain over the bare records gives. */
static void journal_chain(void **state)
{
	uint8_t link[LOG_LINK_BYTES] = {0};
	struct machine machine;

	(void)state;
	machine_boot(&machine, 1);
	for (unsigned i = 1; i <= 23; i++) {
		struct commit_record record = record_make(1, i);

		assert_int_equal(machine_take(&machine), JOURNAL_OK);
		chain_extend(link, &record);
		assert_memory_equal(machine.journal.state->link, link, sizeof(link));
		assert_int_equal(journal_next(&machine.journal), i + 1);
	}
	machine_free(&machine);
}

static void journal_refuses(void **state)
{
	struct machine machine;
	struct commit_record record = record_make(1, 2);
	struct block_request request;

	(void)state;
	machine_boot(&machine, 1);
	assert_int_equal(journal_take(&machine.journal, &record), JOURNAL_GAP);
	assert_int_equal(machine_take(&machine), JOURNAL_OK);
	assert_int_equal(machine_take(&machine), JOURNAL_OK);
	assert_int_equal(journal_take(&machine.journal, &record), JOURNAL_GAP);
	assert_false(journal_request(&machine.journal, &request));
	while (machine_take(&machine) == JOURNAL_OK)
		;
	assert_int_equal(machine.taken, (CAPACITY - 1) * LOG_BLOCK_RECORDS + LOG_BLOCK_RECORDS - 1);
	assert_int_equal(machine_take(&machine), JOURNAL_FULL);
	assert_int_equal(journal_close(&machine.journal), JOURNAL_FULL);
	medium_clear();
	journal_attach(&machine.journal, MEDIUM_BLOCKS); /* a medium comes late */
	machine_settle(&machine);
	assert_int_equal(machine_take(&machine), JOURNAL_OK);
	assert_int_equal(journal_close(&machine.journal), JOURNAL_OK);
	assert_int_equal(journal_close(&machine.journal), JOURNAL_OK);
	assert_int_equal(machine_take(&machine), JOURNAL_FULL);
	machine_settle(&machine);
	assert_int_equal(medium_records(medium.safe, sizeof(medium.safe), 1), machine.taken);
	machine_free(&machine);
}

/* Media that are not ours are not written. */
static void journal_foreign_medium(void **state)
{
	struct machine machine;

	(void)state;
	for (unsigned byte = 4; byte < 512; byte += 13) {
		machine_boot(&machine, 1);
		medium_clear();
		medium.safe[byte] = medium.written[byte] = 1;
		journal_attach(&machine.journal, MEDIUM_BLOCKS);
		machine_take(&machine);
		while (machine_work(&machine))
			;
		assert_int_equal(machine.journal.medium, MEDIUM_REFUSED);
		for (unsigned i = 0; i < sizeof(medium.written); i++)
			assert_int_equal(medium.written[i], i == byte);
		machine_free(&machine);
	}
}

static void journal_errors(void **state)
{
	(void)state;
	for (unsigned fails = 0; fails < 40; fails++) {
		struct machine machine;
		struct block_request request;
		uint64_t flushed;

		machine_boot(&machine, 1);
		medium_clear();
		journal_attach(&machine.journal, MEDIUM_BLOCKS);
		for (unsigned i = 0; i < fails; i++) {
			machine_take(&machine);
			machine_work(&machine);
		}
		machine_take(&machine);
		if (journal_request(&machine.journal, &request)) {
			assert_false(journal_request(&machine.journal, &request));
			flushed = machine.journal.state->flushed;
			journal_complete(&machine.journal, -5);
			assert_int_equal(machine.journal.state->flushed, flushed);
			assert_int_equal(machine.journal.medium, MEDIUM_REFUSED);
			assert_false(journal_request(&machine.journal, &request));
		}
		machine_free(&machine);
	}
	for (unsigned size = 0; size < 12; size++) { /* a medium that is too small is filled, and not one block more */
		struct machine machine;

		machine_boot(&machine, 1);
		medium_clear();
		journal_attach(&machine.journal, size);
		while (machine.taken < 100 && machine_take(&machine) == JOURNAL_OK)
			while (machine_work(&machine))
				;
		assert_int_equal(machine.journal.medium, size ? MEDIUM_FULL : MEDIUM_REFUSED);
		for (unsigned i = size * 512; i < sizeof(medium.written); i++)
			assert_int_equal(medium.written[i], 0);
		if (size)
			assert_true(medium_records(medium.safe, sizeof(medium.safe), 1) >= size - 1);
		machine_free(&machine);
	}
}

/* The server dies, with or without a request in flight, which was carried out or not. */
static void machine_die(struct machine *machine)
{
	struct block_request request;

	if (journal_request(&machine->journal, &request) && random_below(2))
		request_carry_out(machine, &request);
	assert_int_equal(axiom_start(machine), JOURNAL_OK);
	assert_int_equal(journal_next(&machine->journal), machine->taken + 1);
	journal_attach(&machine->journal, MEDIUM_BLOCKS);
}

/* Power cuts at any moment, deaths of the server at any moment, several boots on one medium: what was flushed is there, in all boots. */
static void journal_power_cuts(void **state)
{
	unsigned cuts = 0, deaths = 0;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		uint64_t promised[8] = {0}, boots = 1 + random_below(6);

		medium_clear();
		for (uint64_t boot = 1; boot <= boots; boot++) {
			struct machine machine;

			machine_boot(&machine, boot);
			journal_attach(&machine.journal, MEDIUM_BLOCKS);
			while (machine.journal.medium == MEDIUM_SEARCHING)
				machine_work(&machine);
			assert_int_equal(machine.journal.medium, MEDIUM_READY);
			/* A boot whose START block was lost has left no trace: its number is given again. */
			machine.boot = machine.journal.state->boot;
			assert_true(machine.boot <= boot);
			promised[machine.boot] = 0;
			identity[machine.boot]++;
			for (uint64_t step = random_below(120); step > 0; step--) {
				uint64_t what = random_below(40);

				if (what < 25)
					machine_take(&machine);
				else if (what < 38)
					machine_work(&machine);
				else if (what == 38)
					journal_seal(&machine.journal);
				if (what == 39) {
					machine_die(&machine);
					deaths++;
				}
				if (machine.journal.state->flushed > 0)
					promised[machine.boot] = machine.journal.state->flushed_sequence;
			}
			cuts++;
			medium_cut();
			for (uint64_t old = 1; old <= machine.boot; old++) {
				uint64_t found = medium_records(medium.safe, sizeof(medium.safe), old);

				if (found == UINT64_MAX && old == machine.boot && promised[old] == 0)
					continue; /* the START block itself was lost */
				assert_true(found != UINT64_MAX && found >= promised[old]);
				promised[old] = found;
			}
			machine_free(&machine);
		}
	}
	printf("# %u power cuts, %u deaths of the server\n", cuts, deaths);
}

/* A boot loses its START block alone; the next one, which gets its number, loses all but its START block. The second has no records: those of the first must not pass for them. */
static void journal_start_lost(void **state)
{
	struct machine machine;

	(void)state;
	medium_clear();
	machine_boot(&machine, 1);
	journal_attach(&machine.journal, MEDIUM_BLOCKS);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(machine_take(&machine), JOURNAL_OK);
	while (machine.journal.written == 0)
		machine_work(&machine);
	medium_flush();
	memset(medium.safe, 0, 512);
	memset(medium.written, 0, 512);
	machine_free(&machine);
	machine_boot(&machine, 1);
	journal_attach(&machine.journal, MEDIUM_BLOCKS);
	machine_settle(&machine);
	assert_int_equal(machine.journal.state->boot, 1);
	assert_int_equal(medium_records(medium.safe, sizeof(medium.safe), 1), 0);
	machine_free(&machine);
}

/* A state or a block in memory that was changed behind the server's back is noticed when it begins again, or makes no difference. */
static void journal_flips(void **state)
{
	struct machine machine;
	unsigned char *copy = malloc(CAPACITY * 512);
	unsigned noticed = 0;

	(void)state;
	assert_non_null(copy);
	medium_clear();
	machine_boot(&machine, 1);
	journal_attach(&machine.journal, MEDIUM_BLOCKS);
	for (unsigned i = 0; i < 31; i++)
		machine_take(&machine);
	machine_settle(&machine);
	for (unsigned i = 0; i < 33; i++)
		machine_take(&machine);
	memcpy(copy, machine.blocks, CAPACITY * 512);
	for (size_t bit = 0; bit < CAPACITY * 512 * 8; bit++) {
		uint64_t number = bit / 8 / 512; /* the memory was not used a second time yet */
		struct log_block *block = &machine.blocks[number];

		((unsigned char *)machine.blocks)[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if (axiom_start(&machine) == JOURNAL_DAMAGED)
			noticed++;
		else if (number >= machine.journal.state->flushed && number < machine.journal.state->sealed)
			for (unsigned i = 0; i < block->count; i++) {
				struct commit_record right = record_make(1, block->entry[i].record.sequence);

				assert_memory_equal(&block->entry[i].record, &right, sizeof(right));
			}
		memcpy(machine.blocks, copy, CAPACITY * 512);
	}
	assert_true(noticed >= 6 * 480 * 8);
	free(copy);
	machine_free(&machine);
}

/* Tests of the verification: a medium with two boots, closed. */

static unsigned char good[MEDIUM_BLOCKS * LOG_BLOCK_BYTES];
static uint64_t good_blocks;
static const unsigned good_counts[] = {24, 31};

static void good_make(void)
{
	medium_make(good_counts, 2, true);
	memcpy(good, medium.safe, sizeof(good));
	for (good_blocks = 0; good[good_blocks * 512] == 'K'; good_blocks++)
		;
}

static struct log_block *good_block(unsigned char *data, uint64_t position)
{
	return (struct log_block *)(data + position * 512);
}

/* Boot and number of the record that lies at a byte of the good medium; the first of its block if it is in a header. */
static void good_record(uint64_t byte, uint64_t *boot, uint64_t *sequence)
{
	const struct log_block *block = good_block(good, byte / 512);
	uint64_t entry = byte % 512 < 32 ? 0 : (byte % 512 - 32) / sizeof(struct log_entry);

	*boot = block->boot;
	*sequence = block->kind == LOG_BLOCK_ENTRIES && entry < block->count ? block->entry[entry].record.sequence : 0;
}

static void verify_flips(void **state)
{
	static unsigned char data[sizeof(good)];
	uint64_t errors = 0, located = 0, records = 0;

	(void)state;
	good_make();
	memcpy(data, good, sizeof(data));
	assert_int_equal(medium_records(data, sizeof(data), 2), good_counts[1]);
	for (uint64_t byte = 4; byte < good_blocks * 512; byte++) {
		uint64_t boot, sequence, found;
		char where[64];

		data[byte] ^= (unsigned char)(1 + random_below(255));
		found = medium_records(data, sizeof(data), 2);
		data[byte] = good[byte];
		if (byte / 512 + 1 == good_blocks) { /* the last block: as if it had never been written */
			assert_int_equal(found, good_counts[1]);
			assert_string_equal(note, "boot 2: 31 records, the log ends without an end mark");
			continue;
		}
		assert_int_equal(found, UINT64_MAX);
		errors++;
		good_record(byte, &boot, &sequence);
		if (sequence == 0 || byte % 512 < 32)
			continue;
		records++;
		snprintf(where, sizeof(where), "boot %llu, record %llu (", (unsigned long long)boot, (unsigned long long)sequence);
		located += strncmp(error, where, strlen(where)) == 0;
	}
	printf("# %llu changes refused; of %llu in records, %llu were located\n", (unsigned long long)errors, (unsigned long long)records, (unsigned long long)located);
	assert_true(records > 4000 && located == records);
}

static void verify_truncations(void **state)
{
	uint64_t last = 0;

	(void)state;
	good_make();
	for (uint64_t length = 0; length <= good_blocks * 512; length++) {
		unsigned char *data = malloc(length ? length : 1);
		uint64_t first, second;

		assert_non_null(data);
		memcpy(data, good, length);
		first = medium_records(data, length, 1);
		second = medium_records(data, length, 2);
		assert_true(first == UINT64_MAX ? length < 512 : first <= good_counts[0]);
		if (second != UINT64_MAX) {
			assert_true(first == good_counts[0] && second >= last);
			last = second;
		}
		free(data);
	}
	assert_int_equal(last, good_counts[1]);
	assert_string_equal(note, "boot 2: 31 records, the log ends with its end mark");
}

/* Somebody who knows the format makes each block whole again: the chain tells. */
static void block_make_whole(struct log_block *block)
{
	log_block_stamp(block, block->position, block->boot, block->flushed);
}

static void verify_forged(void **state)
{
	static unsigned char data[sizeof(good)];

	(void)state;
	good_make();
	for (uint64_t at = 0; at + 1 < good_blocks; at++) {
		struct log_block *block = good_block(data, at);
		char where[64];

		for (unsigned byte = 4; byte < 512; byte++) {
			unsigned entry = byte < 32 ? 0 : (byte - 32) / (unsigned)sizeof(struct log_entry);

			if (byte >= offsetof(struct log_block, flushed) && byte < offsetof(struct log_block, flushed) + 4)
				continue; /* evidence only, see below */
			if (byte >= offsetof(struct log_block, sum) && byte < offsetof(struct log_block, sum) + 4)
				continue; /* made whole again */
			memcpy(data, good, sizeof(data));
			((unsigned char *)block)[byte] ^= 1;
			block_make_whole(block);
			assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
			if (byte < 32 || block->kind != LOG_BLOCK_ENTRIES || entry >= block->count)
				continue;
			snprintf(where, sizeof(where), "record %llu (", (unsigned long long)good_block(good, at)->entry[entry].record.sequence);
			assert_non_null(strstr(error, where));
		}
	}
}

/* Whole blocks swapped, taken out, put in twice; within blocks, records swapped, taken out, put in. All made whole again. */
static void verify_moved(void **state)
{
	static unsigned char data[sizeof(good)];

	(void)state;
	good_make();
	for (uint64_t at = 1; at + 2 < good_blocks; at++) {
		memcpy(data, good, sizeof(data)); /* swapped */
		memcpy(data + at * 512, good + (at + 1) * 512, 512);
		memcpy(data + (at + 1) * 512, good + at * 512, 512);
		assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
		good_block(data, at)->position = (uint32_t)at;
		block_make_whole(good_block(data, at));
		assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
		memcpy(data, good, sizeof(data)); /* taken out */
		memmove(data + at * 512, data + (at + 1) * 512, (good_blocks - at) * 512);
		assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
		for (uint64_t i = at; i + 1 < good_blocks; i++) {
			good_block(data, i)->position = (uint32_t)i;
			block_make_whole(good_block(data, i));
		}
		if (good_block(good, at)->kind != LOG_BLOCK_END) /* without the end mark of the first boot nothing is missing */
			assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
		memcpy(data, good, sizeof(data)); /* twice */
		memmove(data + (at + 1) * 512, data + at * 512, (good_blocks - at) * 512);
		assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
		for (uint64_t i = at + 1; i <= good_blocks; i++) {
			good_block(data, i)->position = (uint32_t)i;
			block_make_whole(good_block(data, i));
		}
		assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
	}
	/* Not in the last block before the last end mark: that the end was cut off by somebody who makes the sums right, only a link kept elsewhere tells. */
	for (uint64_t at = 1; at + 2 < good_blocks; at++) {
		struct log_block *block = good_block(data, at);

		for (unsigned i = 0; i < good_block(good, at)->count; i++) {
			memcpy(data, good, sizeof(data)); /* a record taken out */
			memmove(&block->entry[i], &block->entry[i + 1], (LOG_BLOCK_RECORDS - 1 - i) * sizeof(struct log_entry));
			memset(&block->entry[LOG_BLOCK_RECORDS - 1], 0, sizeof(struct log_entry));
			block->count--;
			block_make_whole(block);
			assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
			if (i == 0)
				continue;
			memcpy(data, good, sizeof(data)); /* two swapped */
			block->entry[i] = good_block(good, at)->entry[i - 1];
			block->entry[i - 1] = good_block(good, at)->entry[i];
			block_make_whole(block);
			assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
		}
	}
}

/* A medium that ends in a torn block is one that lost power; the same with a later block that knows better is one that was changed. */
static void verify_evidence(void **state)
{
	static unsigned char data[sizeof(good)];
	uint64_t last = 0;

	(void)state;
	good_make();
	for (last = good_blocks - 2; good_block(good, last)->kind != LOG_BLOCK_ENTRIES; last--)
		;
	memcpy(data, good, sizeof(data));
	memset(data + last * 512 + 100, 0, 412);
	assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
	assert_non_null(strstr(error, "it was on the medium once"));
	memset(data + (last + 1) * 512, 0, 512); /* the end mark, which knew */
	assert_int_equal(medium_records(data, sizeof(data), 2), good_counts[1] - good_block(good, last)->count);
}

/* Of the last block no other knows that it was there; but torn it can only be in ways that its sum shows. */
static void verify_last(void **state)
{
	static unsigned char data[sizeof(good)];
	struct log_block *block;
	uint8_t link[LOG_LINK_BYTES];
	uint64_t last;

	(void)state;
	good_make();
	for (last = good_blocks - 2; good_block(good, last)->kind != LOG_BLOCK_ENTRIES; last--)
		;
	memset(good + (last + 1) * 512, 0, sizeof(good) - (last + 1) * 512);
	block = good_block(data, last);
	for (unsigned change = 0; change < 6; change++) {
		memcpy(data, good, sizeof(data));
		switch (change) {
		case 0: /* a number left out, by somebody who makes the links right as well */
			memcpy(link, good_block(good, last - 1)->entry[good_block(good, last - 1)->count - 1].link, sizeof(link));
			block->entry[0].record.sequence++;
			block->count = 1;
			memset(&block->entry[1], 0, (LOG_BLOCK_RECORDS - 1) * sizeof(struct log_entry));
			chain_extend(link, &block->entry[0].record);
			memcpy(block->entry[0].link, link, sizeof(link));
			break;
		case 1:
			block->kind = 7;
			break;
		case 2:
			block->boot++;
			break;
		case 3:
			block->count = 0;
			break;
		case 4:
			block->count = LOG_BLOCK_RECORDS + 1;
			break;
		default:
			block->kind = LOG_BLOCK_END;
			break;
		}
		block_make_whole(block);
		assert_int_equal(medium_records(data, sizeof(data), 2), UINT64_MAX);
		assert_non_null(strstr(error, "it cannot follow here"));
	}
}

static const struct suite_test tests[] = {
	{ cmocka_unit_test(journal_boots), "the logs of several boots lie on one medium, one after the other" },
	{ cmocka_unit_test(journal_chain), "the links are those of the chain over the records" },
	{ cmocka_unit_test(journal_refuses), "gaps and repetitions are refused, and records when memory is full" },
	{ cmocka_unit_test(journal_foreign_medium), "a medium that holds something else is not written" },
	{ cmocka_unit_test(journal_errors), "errors of the medium and its end lose nothing that was flushed, and nothing is written beyond it" },
	{ cmocka_unit_test(journal_power_cuts), "after power cuts and deaths at any moment the medium holds all that was flushed, in all its boots" },
	{ cmocka_unit_test(journal_start_lost), "records whose START block was lost do not pass for those of the next boot" },
	{ cmocka_unit_test(journal_flips), "blocks that were changed in memory are noticed by the next instance" },
	{ cmocka_unit_test(verify_flips), "every changed byte of a log is refused, at the record that it is in" },
	{ cmocka_unit_test(verify_truncations), "every truncation leaves a valid log of fewer records" },
	{ cmocka_unit_test(verify_forged), "changes by somebody who makes the sums right are refused, at the record" },
	{ cmocka_unit_test(verify_moved), "blocks and records that were swapped, taken out or put in are refused" },
	{ cmocka_unit_test(verify_last), "a last block that was changed is refused, though no other block knows of it" },
	{ cmocka_unit_test(verify_evidence), "a torn end is told from a changed one by what later blocks know" },
};

int main(void)
{
	return suite_run("axiom", tests, sizeof(tests) / sizeof(tests[0]));
}
