/* SPDX-License-Identifier: MIT */
/* The battery clock (servers/platform/calendar.h), simulated in all its ways to write a time, and the wall clock made of it (servers/platform/wall.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "servers/platform/calendar.h"
#include "servers/platform/wall.h"
#include "tests.h"

#define CENTURY 0x32
#define BINARY 0x04
#define HOURS_24 0x02
#define NEVER INT64_MAX

/* A clock that keeps time by counting reads: `left` reads remain until the next update, which is announced for some reads before. */
struct battery_clock {
	time_t now;
	uint8_t mode;
	int64_t left;
	int announced; /* reads */
	int64_t every; /* reads between updates from then on */
	bool absent, frozen, torn;
	uint8_t registers[128];
};

static uint8_t number_write(const struct battery_clock *clock, int value)
{
	return (uint8_t)(clock->mode & BINARY ? value : value / 10 * 16 + value % 10);
}

static void registers_write(struct battery_clock *clock)
{
	struct tm parts;
	int hour;

	assert_non_null(gmtime_r(&clock->now, &parts));
	hour = clock->mode & HOURS_24 ? parts.tm_hour : (parts.tm_hour + 11) % 12 + 1;
	clock->registers[0] = number_write(clock, parts.tm_sec);
	clock->registers[2] = number_write(clock, parts.tm_min);
	clock->registers[4] = (uint8_t)(number_write(clock, hour) | (!(clock->mode & HOURS_24) && parts.tm_hour >= 12 ? 0x80 : 0));
	clock->registers[7] = number_write(clock, parts.tm_mday);
	clock->registers[8] = number_write(clock, parts.tm_mon + 1);
	clock->registers[9] = number_write(clock, parts.tm_year % 100);
	clock->registers[CENTURY] = number_write(clock, parts.tm_year / 100 + 19);
	clock->registers[11] = clock->mode;
}

static bool clock_read(void *context, uint8_t index, uint8_t *value)
{
	struct battery_clock *clock = context;

	if (clock->absent)
		return false;
	if (clock->left-- == 0) {
		clock->now++;
		clock->left = clock->every;
		registers_write(clock);
	}
	clock->registers[10] = 0x26 | (clock->frozen || clock->left < clock->announced ? 0x80 : 0);
	*value = clock->registers[index];
	if (clock->torn && index == 0) /* it changes with every look */
		*value = (uint8_t)(clock->left & 7);
	return true;
}

static void clock_wait(void *context, uint64_t ns)
{
	struct battery_clock *clock = context;

	assert_true(ns > 0);
	clock->left = clock->left > 2 ? clock->left - 2 : 0;
}

static struct battery_clock clock_make(time_t now, uint8_t mode)
{
	struct battery_clock clock = {.now = now, .mode = mode, .left = NEVER, .every = NEVER};

	registers_write(&clock);
	return clock;
}

static enum calendar_fault read_it(struct battery_clock *clock, uint8_t century, uint64_t *seconds)
{
	const struct calendar_registers registers = {clock_read, clock_wait, clock};

	return calendar_read(&registers, century, seconds);
}

static void all_modes_tell_the_time(void **state)
{
	static const uint8_t modes[] = {0, BINARY, HOURS_24, BINARY | HOURS_24};

	(void)state;
	for (unsigned mode = 0; mode < 4; mode++)
		for (time_t at = 0; at < 5000000000; at += 86400 * 37 + 3599) { /* each hour and each day of the year comes */
			struct battery_clock clock = clock_make(at, modes[mode]);
			uint64_t seconds = 0;

			assert_int_equal(read_it(&clock, CENTURY, &seconds), CALENDAR_SOUND);
			assert_int_equal(seconds, at);
		}
}

static void hours_of_twelve(void **state)
{
	(void)state;
	for (time_t hour = 0; hour < 24; hour++) {
		struct battery_clock clock = clock_make(1000000000 / 86400 * 86400 + hour * 3600, 0);
		uint64_t seconds;

		assert_int_equal(read_it(&clock, 0, &seconds), CALENDAR_SOUND);
		assert_int_equal(seconds % 86400, hour * 3600);
	}
}

static void without_century(void **state)
{
	struct battery_clock new = clock_make(2000000000, HOURS_24), old = clock_make(86400, HOURS_24);
	uint64_t seconds;

	(void)state;
	new.registers[CENTURY] = old.registers[CENTURY] = 0xff;
	assert_int_equal(read_it(&new, 0, &seconds), CALENDAR_SOUND);
	assert_int_equal(seconds, 2000000000);
	assert_int_equal(read_it(&old, 0, &seconds), CALENDAR_SOUND);
	assert_int_equal(seconds, 86400);
	assert_int_equal(read_it(&new, CENTURY, &seconds), CALENDAR_NO_DATE);
}

/* Just before the year 2000, an update between any two reads, announced or (a broken clock, or a read that comes too late) not: it is always one of the two times. */
static void updates_tear_nothing(void **state)
{
	const time_t last = 946684799;

	(void)state;
	for (int announced = 0; announced < 12; announced++)
		for (int64_t left = 0; left < 40; left++) {
			struct battery_clock clock = clock_make(last, HOURS_24);
			uint64_t seconds;

			clock.left = left;
			clock.announced = announced;
			assert_int_equal(read_it(&clock, CENTURY, &seconds), CALENDAR_SOUND);
			assert_true(seconds == (uint64_t)last || seconds == (uint64_t)last + 1);
			assert_true(seconds >= (uint64_t)last && (int64_t)seconds <= clock.now);
		}
}

static void broken_clocks_are_refused(void **state)
{
	struct battery_clock clock = clock_make(1000000000, HOURS_24);
	uint64_t seconds = 5;

	(void)state;
	clock.absent = true;
	assert_int_equal(read_it(&clock, CENTURY, &seconds), CALENDAR_ABSENT);
	clock.absent = false;
	clock.frozen = true;
	assert_int_equal(read_it(&clock, CENTURY, &seconds), CALENDAR_UNSTEADY);
	clock.frozen = false;
	clock.torn = true;
	assert_int_equal(read_it(&clock, CENTURY, &seconds), CALENDAR_UNSTEADY);
	assert_int_equal(seconds, 5);
}

static void impossible_dates_are_refused(void **state)
{
	static const struct {
		uint8_t index, value, mode;
	} wrong[] = {
		{0, 0x60, HOURS_24}, {0, 0x0a, HOURS_24}, {0, 0xa0, HOURS_24}, {2, 0x60, HOURS_24}, {2, 60, HOURS_24 | BINARY}, {4, 0x24, HOURS_24}, {4, 0x00, 0}, {4, 0x13, 0},
		{4, 0x93, 0}, {4, 0x80, 0}, {7, 0x00, HOURS_24}, {7, 0x30, HOURS_24}, {8, 0x00, HOURS_24}, {8, 0x13, HOURS_24}, {9, 0xaa, HOURS_24}, {CENTURY, 0x18, HOURS_24},
		{CENTURY, 0x00, HOURS_24}, {CENTURY, 0xff, HOURS_24},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct battery_clock clock = clock_make(1077926400, wrong[i].mode); /* the 28th of February 2004 */
		uint64_t seconds;

		assert_int_equal(read_it(&clock, CENTURY, &seconds), CALENDAR_SOUND);
		clock.registers[wrong[i].index] = wrong[i].value;
		if (read_it(&clock, CENTURY, &seconds) != CALENDAR_NO_DATE)
			fail_msg("register %u = %#x was believed", wrong[i].index, wrong[i].value);
	}
}

static void days_of_february(void **state)
{
	static const struct {
		uint8_t century, year, day;
		bool good;
	} days[] = {{0x20, 0x04, 0x29, true}, {0x20, 0x03, 0x29, false}, {0x20, 0x00, 0x29, true}, {0x21, 0x00, 0x29, false}, {0x21, 0x00, 0x28, true}, {0x24, 0x00, 0x29, true}};

	(void)state;
	for (unsigned i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		struct battery_clock clock = clock_make(1077926400, HOURS_24);
		uint64_t seconds;

		clock.registers[7] = days[i].day;
		clock.registers[9] = days[i].year;
		clock.registers[CENTURY] = days[i].century;
		assert_int_equal(read_it(&clock, CENTURY, &seconds), days[i].good ? CALENDAR_SOUND : CALENDAR_NO_DATE);
	}
}

/* Every day for 430 years, against the C library. */
static void dates_are_those_of_the_library(void **state)
{
	(void)state;
	for (time_t at = 0; at < 86400ll * 366 * 430; at += 86400 - 1) {
		struct date date = date_of((uint64_t)at);
		struct tm parts;

		assert_non_null(gmtime_r(&at, &parts));
		assert_true(date.year == (unsigned)parts.tm_year + 1900 && date.month == (unsigned)parts.tm_mon + 1 && date.day == (unsigned)parts.tm_mday);
		assert_true(date.hour == (unsigned)parts.tm_hour && date.minute == (unsigned)parts.tm_min && date.second == (unsigned)parts.tm_sec);
		assert_int_equal(date_seconds(&date), at);
	}
}

#define MS 1000000ull
#define START 1767323045ull

/* The true time is START s + 300 ms at the monotonic time 0. */
static uint64_t truth(uint64_t now)
{
	return START * WALL_SECOND + 300 * MS + now;
}

static uint64_t second_of(uint64_t now)
{
	return truth(now) / WALL_SECOND;
}

/* Reads every `gap` until it is fine. Fails when the clock goes back, or is ahead, or later than it says. */
static struct wall wall_run(uint64_t from, uint64_t gap)
{
	static const struct wall_hint none;
	struct wall wall;
	uint64_t before;

	wall_start(&wall, second_of(from), from, &none);
	for (uint64_t now = from; now < from + 3 * WALL_SECOND; now += gap) {
		before = wall.offset;
		wall_refine(&wall, second_of(now), now, gap);
		assert_true(wall.offset >= before);
		assert_true(wall.offset + now <= truth(now) && truth(now) - (wall.offset + now) <= wall.late);
	}
	return wall;
}

static void wall_becomes_fine(void **state)
{
	(void)state;
	for (uint64_t from = 0; from < WALL_SECOND; from += 13 * MS)
		for (uint64_t gap = MS; gap < 900 * MS; gap = gap * 3 + 1) {
			struct wall wall = wall_run(from, gap);

			assert_int_equal(wall.quality, WALL_FINE);
			assert_int_equal(wall.late, gap);
		}
}

/* Readings that are a second or more apart say nothing. */
static void wall_stays_coarse(void **state)
{
	static const struct wall_hint none;
	struct wall wall;

	(void)state;
	wall_start(&wall, START, 0, &none);
	wall_refine(&wall, START + 2, 2 * WALL_SECOND, 2 * WALL_SECOND);
	assert_int_equal(wall.quality, WALL_COARSE);
	assert_int_equal(wall.late, WALL_SECOND);
	assert_int_equal(wall_keep(&wall).check, 0);
}

static void hints_are_judged(void **state)
{
	struct wall fine = wall_run(0, 5 * MS), wall;
	struct wall_hint hint = wall_keep(&fine), changed;

	(void)state;
	for (uint64_t now = WALL_SECOND; now < 3 * WALL_SECOND; now += 7 * MS) {
		wall_start(&wall, second_of(now), now, &hint);
		assert_int_equal(wall.quality, WALL_FINE);
		assert_int_equal(wall.offset, fine.offset);
		assert_int_equal(wall.late, fine.late);
	}
	wall_start(&wall, START + 2, 0, &hint); /* the battery clock says something else */
	assert_int_equal(wall.quality, WALL_COARSE);
	wall_start(&wall, START - 2, 0, &hint);
	assert_int_equal(wall.quality, WALL_COARSE);
	for (unsigned bit = 0; bit < 8 * sizeof(hint); bit++) {
		changed = hint;
		((uint8_t *)&changed)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		wall_start(&wall, START, 0, &changed);
		assert_int_equal(wall.quality, WALL_COARSE);
	}
	memset(&changed, 0, sizeof(changed));
	wall_start(&wall, 0, 0, &changed);
	assert_int_equal(wall.quality, WALL_COARSE);
}

int calendar_test(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_modes_tell_the_time), cmocka_unit_test(hours_of_twelve), cmocka_unit_test(without_century), cmocka_unit_test(updates_tear_nothing),
		cmocka_unit_test(broken_clocks_are_refused), cmocka_unit_test(impossible_dates_are_refused), cmocka_unit_test(days_of_february),
		cmocka_unit_test(dates_are_those_of_the_library), cmocka_unit_test(wall_becomes_fine), cmocka_unit_test(wall_stays_coarse), cmocka_unit_test(hints_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
