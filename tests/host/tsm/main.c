/* SPDX-License-Identifier: MIT */
/*
 * Checksums, state regions and sessions, under ASan and UBSan. Death at any instruction is the subject of tests/host/tsm-kill; here: what each function does, every bit of a region
 * flipped in each of its states, and long random runs against a plain copy.
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
#include "lib/crc32c.h"
#include "lib/session.h"
#include "lib/tsm.h"
#include "tests/host/harness/suite.h"

static jmp_buf assertion_target;
static bool assertion_expected;

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	if (assertion_expected)
		longjmp(assertion_target, 1);
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

/* The expression ends its server. */
#define assert_ends(expression)                                   \
	do {                                                      \
		volatile bool ended = true;                       \
		assertion_expected = true;                        \
		if (setjmp(assertion_target) == 0) {              \
			(void)(expression);                       \
			ended = false;                            \
		}                                                 \
		assertion_expected = false;                       \
		assert_true(ended);                               \
	} while (0)

static uint64_t seed = 88172645463325252;

static uint64_t random_below(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

/* Checksums. */

/* RFC 3720, appendix B.4 (one with the known digits of "123456789" besides). */
static void crc_examples(void **state)
{
	unsigned char bytes[32];

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(crc32c(bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(crc32c(bytes, 32), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(crc32c(bytes, 32), 0x46dd794e);
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (unsigned char)(31 - i);
	assert_int_equal(crc32c(bytes, 32), 0x113fdb5c);
	assert_int_equal(crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(~crc32c_add_by_table(UINT32_MAX, "123456789", 9), 0xe3069283);
}

static void crc_ways_agree(void **state)
{
	_Alignas(8) unsigned char bytes[256];

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = random_below(200), from = random_below(50), part = size ? random_below(size) : 0;
		uint32_t start = (uint32_t)random_below(UINT32_MAX);

		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)random_below(256);
		assert_int_equal(crc32c_add(start, bytes + from, size), crc32c_add_by_table(start, bytes + from, size));
		assert_int_equal(crc32c_add(start, bytes + from, size), crc32c_add(crc32c_add(start, bytes + from, part), bytes + from + part, size - part));
		assert_int_equal(crc32c_word(start, start * 0x100000001ull), crc32c_add_by_table(start, (uint64_t[]){start * 0x100000001ull}, 8));
		assert_int_equal(crc32c_cell(bytes + 64), crc32c_add_by_table(0, bytes + 64, 64));
	}
}

/* State regions. */

#define PAGE 4096
#define REGION_BYTES (5 * PAGE)
#define LAYOUT 7

struct damage {
	unsigned runs;
	unsigned char cell[REGION_BYTES / TSM_CELL]; /* 1: reported */
	uint64_t bytes;
};

static void damage_note(void *context, uint64_t offset, uint64_t bytes)
{
	struct damage *damage = context;

	assert_true(offset % TSM_CELL == 0 && bytes % TSM_CELL == 0 && bytes > 0 && offset + bytes <= REGION_BYTES);
	damage->runs++;
	damage->bytes += bytes;
	memset(damage->cell + offset / TSM_CELL, 1, bytes / TSM_CELL);
}

static struct damage damage;
static const struct tsm_options options = {.layout = LAYOUT, .undo_cells = 24, .marks = 4, .damaged = damage_note, .context = &damage};

static void *region_make(void)
{
	void *region = aligned_alloc(PAGE, REGION_BYTES);

	assert_non_null(region);
	return memset(region, 0, REGION_BYTES);
}

static enum tsm_result region_open(struct tsm *tsm, void *region)
{
	memset(&damage, 0, sizeof(damage));
	return tsm_open(tsm, region, REGION_BYTES, &options);
}

static void tsm_commits(void **state)
{
	unsigned char *region = region_make(), *data;
	struct tsm tsm;

	(void)state;
	assert_int_equal(region_open(&tsm, region), TSM_BLANK);
	data = tsm_data(&tsm);
	assert_int_equal((uintptr_t)data % PAGE, 0);
	assert_true(tsm_bytes(&tsm) >= 2 * PAGE && data + tsm_bytes(&tsm) <= region + REGION_BYTES);
	for (size_t i = 0; i < tsm_bytes(&tsm); i++)
		assert_int_equal(data[i], 0);
	tsm_begin(&tsm);
	memset(tsm_modify(&tsm, data + 60, 10), 1, 10);
	assert_int_equal(tsm_room(&tsm), 22);
	tsm_modify(&tsm, data + 64, 64);
	assert_int_equal(tsm_room(&tsm), 22);
	tsm_commit(&tsm);
	assert_int_equal(tsm_room(&tsm), 24);
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	assert_false(tsm.rolled_back);
	for (size_t i = 0; i < tsm_bytes(&tsm); i++)
		assert_int_equal(data[i], i >= 60 && i < 70);
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	free(region);
}

static void tsm_rolls_back(void **state)
{
	unsigned char *region = region_make(), *data;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	data = tsm_data(&tsm);
	for (unsigned dies = 0; dies < 2; dies++) {
		tsm_begin(&tsm);
		tsm_fresh(&tsm, data + PAGE, PAGE);
		memset(data + PAGE, 5, PAGE);
		memset(tsm_modify(&tsm, data, 200), 3, 200);
		tsm_fresh(&tsm, data, 128); /* after it was saved */
		memset(data, 4, 128);
		if (dies)
			assert_int_equal(region_open(&tsm, region), TSM_READY);
		else
			tsm_rollback(&tsm);
		assert_int_equal(tsm.rolled_back, dies);
		for (size_t i = 0; i < PAGE; i++)
			assert_int_equal(data[i], 0);
		assert_int_equal(region_open(&tsm, region), TSM_READY);
	}
	free(region);
}

static void tsm_keeps_fresh(void **state)
{
	unsigned char *region = region_make(), *data;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	data = tsm_data(&tsm);
	tsm_begin(&tsm);
	tsm_fresh(&tsm, data + PAGE, PAGE);
	assert_int_equal(tsm_room(&tsm), 23);
	memset(data + PAGE, 5, PAGE);
	tsm_modify(&tsm, data + PAGE, PAGE);
	assert_int_equal(tsm_room(&tsm), 23);
	tsm_commit(&tsm);
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	for (size_t i = 0; i < tsm_bytes(&tsm); i++)
		assert_int_equal(data[i], i >= PAGE && i < 2 * PAGE ? 5 : 0);
	free(region);
}

/* What breaks the rules ends the server, and the region keeps the last commit. */
static void tsm_refuses(void **state)
{
	unsigned char *region = region_make(), *data;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	data = tsm_data(&tsm);
	assert_ends(tsm_modify(&tsm, data, 8));
	assert_ends(tsm_commit(&tsm));
	assert_ends(tsm_rollback(&tsm));
	tsm_begin(&tsm);
	assert_ends(tsm_begin(&tsm));
	assert_ends(tsm_modify(&tsm, data, 0));
	assert_ends(tsm_modify(&tsm, data - 1, 8));
	assert_ends(tsm_modify(&tsm, data + tsm_bytes(&tsm) - 8, 9));
	assert_ends(tsm_modify(&tsm, data, SIZE_MAX));
	assert_ends(tsm_fresh(&tsm, data + 8, 64));
	assert_ends(tsm_fresh(&tsm, data, 65));
	assert_ends(tsm_fresh(&tsm, data, tsm_bytes(&tsm) + 64));
	assert_ends(tsm_modify(&tsm, data, 25 * TSM_CELL));
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	tsm_begin(&tsm);
	tsm_modify(&tsm, data, 24 * TSM_CELL);
	assert_ends(tsm_modify(&tsm, data + 24 * TSM_CELL, 1));
	assert_ends(tsm_fresh(&tsm, data + PAGE, TSM_CELL));
	tsm_rollback(&tsm);
	assert_null(tsm_mark(&tsm, 4));
	free(region);
}

static void tsm_sizes(void **state)
{
	static const struct tsm_options none = {.layout = 1}, large = {.undo_cells = 1 << 24};
	struct tsm_options some = {.layout = 1, .undo_cells = 1};
	unsigned char *region = aligned_alloc(PAGE, 64 * PAGE);
	struct tsm tsm;

	(void)state;
	assert_non_null(region);
	memset(region, 0, 64 * PAGE);
	assert_int_equal(tsm_open(&tsm, region, 64 * PAGE, &none), TSM_TOO_SMALL);
	assert_int_equal(tsm_open(&tsm, region, 64 * PAGE, &large), TSM_TOO_SMALL);
	assert_int_equal(tsm_open(&tsm, region, PAGE, &some), TSM_TOO_SMALL);
	assert_int_equal(tsm_open(&tsm, region, (uint64_t)1 << 32, &some), TSM_TOO_SMALL);
	for (unsigned pages = 2; pages <= 64; pages++)
		for (unsigned undo = 1; undo < 200; undo += 7) {
			some = (struct tsm_options){.layout = 1, .undo_cells = undo, .marks = undo % 20};
			if (tsm_format(&tsm, region, pages * PAGE, &some) == TSM_TOO_SMALL)
				continue;
			assert_true((unsigned char *)tsm_data(&tsm) + tsm_bytes(&tsm) <= region + (size_t)pages * PAGE);
			assert_true((unsigned char *)(tsm.checks + tsm.cells) <= (unsigned char *)tsm_data(&tsm));
			assert_true((unsigned char *)(tsm.marks + tsm.mark_count) <= (unsigned char *)tsm.checks);
			assert_true((unsigned char *)tsm.touched + tsm.cells / 8 <= (unsigned char *)tsm.marks);
			assert_true(tsm.saved + (size_t)undo * TSM_CELL <= (unsigned char *)tsm.touched);
		}
	free(region);
}

static void tsm_other_layout(void **state)
{
	struct tsm_options other = options;
	unsigned char *region = region_make();
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	other.layout++;
	assert_int_equal(tsm_open(&tsm, region, REGION_BYTES, &other), TSM_UNUSABLE);
	other = options;
	other.undo_cells++;
	assert_int_equal(tsm_open(&tsm, region, REGION_BYTES, &other), TSM_UNUSABLE);
	other = options;
	other.marks += 8;
	assert_int_equal(tsm_open(&tsm, region, REGION_BYTES, &other), TSM_UNUSABLE);
	assert_int_equal(tsm_open(&tsm, region, REGION_BYTES - PAGE, &options), TSM_UNUSABLE);
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	memset(region, 0x5a, REGION_BYTES);
	assert_int_equal(region_open(&tsm, region), TSM_UNUSABLE);
	assert_int_equal(tsm_format(&tsm, region, REGION_BYTES, &options), TSM_BLANK);
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	for (size_t i = 0; i < tsm_bytes(&tsm); i++)
		assert_int_equal(((unsigned char *)tsm_data(&tsm))[i], 0);
	free(region);
}

static void tsm_repairs(void **state)
{
	unsigned char *region = region_make(), *data;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	data = tsm_data(&tsm);
	data[700] ^= 4;
	data[64 * 11 + 1] ^= 1; /* the next cell */
	data[2000] ^= 8;
	for (unsigned round = 0; round < 3; round++) { /* reported until repaired */
		assert_int_equal(region_open(&tsm, region), TSM_DAMAGED);
		assert_int_equal(damage.runs, 2);
		assert_int_equal(damage.bytes, 3 * TSM_CELL);
		assert_true(damage.cell[10] && damage.cell[11] && damage.cell[31]);
		tsm_begin(&tsm);
		assert_ends(tsm_modify(&tsm, data + 704, 1));
		memset(tsm_repair(&tsm, data + 640, 128), 0, 128);
		if (round == 0)
			tsm_rollback(&tsm);
	}
	free(region);
}

/* A cell whose repair is given up stays damaged, also when it was declared fresh in between. */
static void tsm_repair_fresh(void **state)
{
	unsigned char *region = region_make(), *data;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	data = tsm_data(&tsm);
	data[700] ^= 4;
	region_open(&tsm, region);
	tsm_begin(&tsm);
	tsm_repair(&tsm, data + 640, 64);
	tsm_fresh(&tsm, data + 640, 64);
	tsm_rollback(&tsm);
	assert_int_equal(region_open(&tsm, region), TSM_DAMAGED);
	assert_int_equal(damage.bytes, TSM_CELL);
	free(region);
}

static void tsm_repair_commits(void **state)
{
	unsigned char *region = region_make(), *data;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	data = tsm_data(&tsm);
	data[700] ^= 4;
	region_open(&tsm, region);
	tsm_begin(&tsm);
	memset(tsm_repair(&tsm, data + 640, 64), 9, 64);
	tsm_commit(&tsm);
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	assert_int_equal(data[700], 9);
	free(region);
}

/* A region in one of its states, and the data that it must have after it is opened. */
struct flip_case {
	unsigned char region[REGION_BYTES], data[REGION_BYTES];
};

/* What a transaction of the flip tests does. */
static void flip_transaction(struct tsm *tsm, unsigned value)
{
	unsigned char *data = tsm_data(tsm);

	tsm_begin(tsm);
	memset(tsm_modify(tsm, data + 100, 300), (int)value, 300);
	memset(tsm_modify(tsm, data + 2 * PAGE - 8, 8), (int)value + 1, 8);
	tsm_fresh(tsm, data + PAGE, 512);
	memset(data + PAGE, (int)value + 2, 512);
}

/* Every bit of the region is flipped: afterwards the region is unusable, or every cell that was not reported holds what it should. Cells of `free` (in data) may hold anything. */
static void flips_check(const struct flip_case *flip, uint64_t free_from, uint64_t free_to, unsigned *unusable, unsigned *noticed)
{
	unsigned char *region = region_make();
	struct tsm tsm;

	for (size_t bit = 0; bit < REGION_BYTES * 8; bit++) {
		enum tsm_result result;

		memcpy(region, flip->region, REGION_BYTES);
		region[bit / 8] ^= (unsigned char)(1 << bit % 8);
		result = region_open(&tsm, region);
		if (result == TSM_UNUSABLE) {
			++*unusable;
			continue;
		}
		assert_true(result == TSM_READY || result == TSM_DAMAGED);
		assert_int_equal(result == TSM_DAMAGED, damage.runs > 0);
		*noticed += result == TSM_DAMAGED;
		for (uint64_t cell = 0; cell < tsm.cells; cell++) {
			uint64_t offset = cell * TSM_CELL;

			if (!damage.cell[cell] && (offset < free_from || offset >= free_to))
				assert_memory_equal((unsigned char *)tsm_data(&tsm) + offset, flip->data + offset, TSM_CELL);
		}
	}
	free(region);
}

static void tsm_flips_idle(void **state)
{
	unsigned char *region = region_make();
	unsigned unusable = 0, noticed = 0;
	struct flip_case flip;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	for (unsigned value = 1; value < 4; value++) {
		flip_transaction(&tsm, value);
		tsm_commit(&tsm);
	}
	memcpy(flip.region, region, REGION_BYTES);
	memcpy(flip.data, tsm_data(&tsm), tsm_bytes(&tsm));
	flips_check(&flip, 0, 0, &unusable, &noticed);
	/* All of the header's first cell and the control word; all data and checks. */
	assert_int_equal(unusable, 8 * (64 + 8));
	assert_int_equal(noticed, 8 * (tsm_bytes(&tsm) + tsm.cells * 4));
	free(region);
}

static void tsm_flips_open(void **state)
{
	unsigned char *region = region_make();
	unsigned unusable = 0, noticed = 0;
	struct flip_case flip;
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	flip_transaction(&tsm, 1);
	tsm_commit(&tsm);
	memcpy(flip.data, tsm_data(&tsm), tsm_bytes(&tsm));
	flip_transaction(&tsm, 0x80);
	memcpy(flip.region, region, REGION_BYTES);
	flips_check(&flip, PAGE, PAGE + 512, &unusable, &noticed);
	assert_int_equal(unusable, 8 * (64 + 8 + 16 * tsm.used));
	free(region);
}

/* Long random runs with deaths between two calls, against a plain copy. */
static void tsm_random(void **state)
{
	unsigned char *region = region_make(), *data, model[REGION_BYTES], next[REGION_BYTES];
	struct tsm tsm;

	(void)state;
	region_open(&tsm, region);
	data = tsm_data(&tsm);
	memset(model, 0, sizeof(model));
	for (unsigned round = 0; round < 20000; round++) {
		uint64_t changes = random_below(12);

		memcpy(next, model, tsm_bytes(&tsm));
		tsm_begin(&tsm);
		for (uint64_t i = 0; i < changes && tsm_room(&tsm) >= 6; i++) {
			uint64_t at = random_below(tsm_bytes(&tsm) - 300), bytes = 1 + random_below(300);
			int value = (int)random_below(256);

			memset(tsm_modify(&tsm, data + at, bytes), value, bytes);
			memset(next + at, value, bytes);
		}
		switch (random_below(3)) {
		case 0:
			tsm_commit(&tsm);
			memcpy(model, next, tsm_bytes(&tsm));
			break;
		case 1:
			tsm_rollback(&tsm);
			break;
		default:
			assert_int_equal(region_open(&tsm, region), TSM_READY);
		}
		assert_memory_equal(data, model, tsm_bytes(&tsm));
	}
	assert_int_equal(region_open(&tsm, region), TSM_READY);
	free(region);
}

/* Sessions. */

#define SESSIONS 3
#define LANES 2

struct server {
	unsigned char *region;
	struct tsm tsm;
	struct sessions sessions;
	uint64_t instance;
};

static struct tsm_options server_options = {.layout = 1, .undo_cells = 16, .marks = SESSION_MARKS(SESSIONS, LANES)};

static void server_start(struct server *server, bool blame)
{
	struct session_options session_options = {.sessions = SESSIONS, .lanes = LANES, .instance = ++server->instance, .blame = blame};

	tsm_open(&server->tsm, server->region, REGION_BYTES, &server_options);
	sessions_open(&server->sessions, &server->tsm, tsm_data(&server->tsm), &session_options);
}

static enum session_answer request_try(struct server *server, uint64_t badge, uint64_t sequence, uint64_t fingerprint, struct session_result *result)
{
	struct session_request request = {badge, sequence, fingerprint, 0};

	return session_begin(&server->sessions, &request, result);
}

static void request_commit(struct server *server, uint64_t badge, uint64_t sequence, uint64_t value)
{
	const struct session_request request = {badge, sequence, 0, 0};
	const struct session_result result = {.words = 2, .word = {value, value + 1}};

	tsm_begin(&server->tsm);
	session_finish(&server->sessions, &request, &result);
	tsm_commit(&server->tsm);
}

static void request_answer(struct server *server, uint64_t badge, uint64_t sequence)
{
	const struct session_request request = {badge, sequence, 0, 0};

	session_end(&server->sessions, &request);
}

static void server_make(struct server *server)
{
	*server = (struct server){.region = region_make()};
	server_start(server, false);
}

static unsigned signs_of_life;

static void sign_give(void)
{
	signs_of_life++;
}

static void tsm_alive(void **state)
{
	const struct tsm_options watched = {.layout = 1, .undo_cells = 16, .alive = sign_give};
	size_t bytes = 8 << 20;
	unsigned char *region = aligned_alloc(4096, bytes);
	struct tsm tsm;

	(void)state;
	memset(region, 0, bytes);
	assert_int_equal(tsm_open(&tsm, region, bytes, &watched), TSM_BLANK);
	assert_int_equal(tsm_open(&tsm, region, bytes, &watched), TSM_READY);
	assert_in_range(signs_of_life, 20, 100);
	memset(tsm_data(&tsm), 1, tsm_bytes(&tsm));
	signs_of_life = 0;
	assert_int_equal(tsm_open(&tsm, region, bytes, &watched), TSM_DAMAGED);
	assert_in_range(signs_of_life, 20, 100);
	free(region);
}

static void session_once(void **state)
{
	struct server server;
	struct session_result result = {.words = 99};

	(void)state;
	server_make(&server);
	assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_NEW);
	assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_UNDERWAY);
	assert_int_equal(request_try(&server, 2, 1, 0, &result), SESSION_NEW);
	assert_int_equal(request_try(&server, 1, (uint64_t)1 << SESSION_LANE_SHIFT | 1, 0, &result), SESSION_NEW);
	server_start(&server, true); /* before the commit: nothing was done */
	assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_NEW);
	request_commit(&server, 1, 1, 40);
	assert_int_equal(result.words, 99);
	server_start(&server, true); /* after the commit: everything was */
	assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_REPEATED);
	assert_true(result.words == 2 && result.word[0] == 40 && result.word[1] == 41);
	request_answer(&server, 1, 1);
	assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_REPEATED);
	assert_int_equal(request_try(&server, 1, 2, 0, &result), SESSION_NEW);
	free(server.region);
}

static void session_bad(void **state)
{
	struct server server;
	struct session_result result;

	(void)state;
	server_make(&server);
	assert_int_equal(request_try(&server, 0, 1, 0, &result), SESSION_BAD);
	assert_int_equal(request_try(&server, SESSIONS + 1, 1, 0, &result), SESSION_BAD);
	assert_int_equal(request_try(&server, UINT64_MAX, 1, 0, &result), SESSION_BAD);
	assert_int_equal(request_try(&server, 1, (uint64_t)LANES << SESSION_LANE_SHIFT | 1, 0, &result), SESSION_BAD);
	assert_int_equal(request_try(&server, 1, UINT64_MAX, 0, &result), SESSION_BAD);
	assert_int_equal(request_try(&server, 1, 2, 0, &result), SESSION_BAD);
	assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_NEW);
	request_commit(&server, 1, 1, 0);
	request_answer(&server, 1, 1);
	assert_int_equal(request_try(&server, 1, 3, 0, &result), SESSION_BAD);
	request_answer(&server, 9, 1);
	session_reset(&server.sessions, 9);
	session_reset(&server.sessions, 1);
	assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_NEW);
	free(server.region);
}

/* A client's new life begins while a request of the old one waits: what that one comes to is nobody's result. */
static void session_outlived(void **state)
{
	const struct session_result late = {.words = 1, .word = {5}};
	struct session_request old = {1, 7, 0, 0}, next = {1, 1, 0, 0};
	struct session_result result;
	struct server server;

	(void)state;
	server_make(&server);
	for (uint64_t number = 1; number < 7; number++) {
		assert_int_equal(request_try(&server, 1, number, 0, &result), SESSION_NEW);
		request_commit(&server, 1, number, 0);
		request_answer(&server, 1, number);
	}
	assert_int_equal(session_begin(&server.sessions, &old, &result), SESSION_NEW);
	session_reset(&server.sessions, 1);
	assert_int_equal(session_begin(&server.sessions, &next, &result), SESSION_NEW);
	tsm_begin(&server.tsm);
	session_finish(&server.sessions, &old, &late);
	tsm_commit(&server.tsm);
	session_end(&server.sessions, &old);
	assert_int_equal(session_begin(&server.sessions, &next, &result), SESSION_UNDERWAY);
	tsm_begin(&server.tsm);
	session_finish(&server.sessions, &next, &late);
	tsm_commit(&server.tsm);
	session_end(&server.sessions, &next);
	next.sequence = 2;
	assert_int_equal(session_begin(&server.sessions, &next, &result), SESSION_NEW);
	free(server.region);
}

static void session_stateless(void **state)
{
	struct server server;
	struct session_result result;

	(void)state;
	server_make(&server);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(request_try(&server, 1, 0, 77, &result), SESSION_NEW);
		server_start(&server, false); /* killed from outside: as often as one likes */
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(request_try(&server, 1, 0, 77, &result), SESSION_NEW);
		server_start(&server, true);
	}
	assert_int_equal(request_try(&server, 1, 0, 77, &result), SESSION_POISONED);
	assert_int_equal(request_try(&server, 1, 0, 78, &result), SESSION_NEW);
	free(server.region);
}

static void session_poisoned(void **state)
{
	struct server server;
	struct session_request waiting = {2, 1, 0, 0}, deadly = {1, 1, 0, 0};
	struct session_result result;

	(void)state;
	server_make(&server);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(session_begin(&server.sessions, &waiting, &result), SESSION_NEW); /* its fiber waits */
		assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_NEW);
		server_start(&server, true);
		server_start(&server, true); /* the next instance dies before it does anything */
	}
	assert_int_equal(session_begin(&server.sessions, &waiting, &result), SESSION_NEW);
	session_run(&server.sessions, NULL);
	assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_POISONED);
	assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_REPEATED);
	assert_true(result.words == 1 && result.word[0] == (uint64_t)-5);
	deadly.sequence = 2;
	assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_NEW);
	session_run(&server.sessions, &waiting); /* its fiber goes on, and dies */
	server_start(&server, true);
	assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_NEW);
	assert_int_equal(session_begin(&server.sessions, &waiting, &result), SESSION_NEW);
	session_run(&server.sessions, &waiting);
	server_start(&server, true);
	assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_NEW);
	assert_int_equal(session_begin(&server.sessions, &waiting, &result), SESSION_POISONED);
	free(server.region);
}

/* Who waits is not suspected of what others do, nor of what happens while all wait; who goes on is. */
static void session_paused(void **state)
{
	struct session_request waiting = {2, 1, 0, 0}, deadly = {1, 0, 77, 0};
	struct session_result result;
	struct server server;
	uint64_t running;

	(void)state;
	server_make(&server);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(session_begin(&server.sessions, &waiting, &result), SESSION_NEW);
		(void)session_pause(&server.sessions);
		server_start(&server, true);
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(session_begin(&server.sessions, &waiting, &result), SESSION_NEW);
		running = session_pause(&server.sessions);
		assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_NEW);
		session_resume(&server.sessions, running);
		server_start(&server, true);
	}
	assert_int_equal(session_begin(&server.sessions, &deadly, &result), SESSION_NEW);
	assert_int_equal(session_begin(&server.sessions, &waiting, &result), SESSION_POISONED);
	free(server.region);
}

/* A mark with a flipped bit is an empty one: the request is tried again. */
static void session_mark_flips(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64 * SESSION_MARKS(SESSIONS, LANES); bit++) {
		struct session_result result;
		struct server server;

		server_make(&server);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(request_try(&server, 1, 1, 0, &result), SESSION_NEW);
			if (i == 1)
				*tsm_mark(&server.tsm, bit / 64) ^= (uint64_t)1 << bit % 64;
			server_start(&server, true);
		}
		assert_int_equal(request_try(&server, 1, 1, 0, &result), bit / 64 > 1 ? SESSION_POISONED : SESSION_NEW);
		assert_int_equal(request_try(&server, 2, 1, 0, &result), SESSION_NEW);
		free(server.region);
	}
}

static const struct suite_test tests[] = {
	{ cmocka_unit_test(crc_examples), "CRC-32C gives the sums of RFC 3720's examples" },
	{ cmocka_unit_test(crc_ways_agree), "instruction and tables give the same sums, whole and in parts" },
	{ cmocka_unit_test(tsm_commits), "a commit is there for the next instance" },
	{ cmocka_unit_test(tsm_rolls_back), "what was not committed is undone, by the instance or by the next" },
	{ cmocka_unit_test(tsm_keeps_fresh), "fresh memory is committed without being saved" },
	{ cmocka_unit_test(tsm_refuses), "stores that break the rules end the server before they change anything" },
	{ cmocka_unit_test(tsm_sizes), "the parts of a region never overlap, whatever its size" },
	{ cmocka_unit_test(tsm_other_layout), "a region of another layout or size, or of noise, is unusable until it is formatted" },
	{ cmocka_unit_test(tsm_repairs), "damage is reported until its repair is committed" },
	{ cmocka_unit_test(tsm_repair_fresh), "damage whose repair is rolled back is reported still, declared fresh or not" },
	{ cmocka_unit_test(tsm_repair_commits), "a committed repair makes the region sound" },
	{ cmocka_unit_test(tsm_flips_idle), "every flipped bit of an idle region is noticed or harmless" },
	{ cmocka_unit_test(tsm_flips_open), "every flipped bit of a region with an open transaction is noticed or harmless" },
	{ cmocka_unit_test(tsm_alive), "who verifies a large region gives signs of life" },
	{ cmocka_unit_test(tsm_random), "random transactions, rollbacks and deaths give what a plain copy holds" },
	{ cmocka_unit_test(session_once), "a request is carried out once, and its answer repeated" },
	{ cmocka_unit_test(session_bad), "numbers out of order, sessions and lanes that are none are refused" },
	{ cmocka_unit_test(session_outlived), "the result of a request that outlives its client's session is nobody's" },
	{ cmocka_unit_test(session_stateless), "a request without a number is carried out each time, until it is deadly" },
	{ cmocka_unit_test(session_poisoned), "what was running when two instances died is not tried again; what waited is" },
	{ cmocka_unit_test(session_paused), "who waits is not accused of what happens meanwhile" },
	{ cmocka_unit_test(session_mark_flips), "a damaged mark accuses nobody" },
};

int main(void)
{
	return suite_run("tsm", tests, sizeof(tests) / sizeof(tests[0]));
}
