/* SPDX-License-Identifier: MIT */
/* The search for the sleep type (servers/platform/sleep.h), and soft off and reset on simulated ports (servers/platform/power.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "servers/platform/power.h"
#include "tests.h"

#define SIZE 0x4000
#define XSDT (MEMORY_BASE + 0x100)
#define FADT (MEMORY_BASE + 0x400)
#define DSDT (MEMORY_BASE + 0x1000)
#define SSDT (MEMORY_BASE + 0x2000)
#define FADT_BYTES 276

/* Which of the machine's registers there are. */
#define CONTROL_A 0x604
#define CONTROL_B 0x704
#define COMMAND 0xb2
#define RESET 0xcf9
#define KEYBOARD 0x64

#define CODE(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define S5(...) 'x', 0x08, '\\', '_', 'S', '5', '_', 0x12, __VA_ARGS__

struct machine {
	struct memory memory;
	struct acpi acpi;
	struct power power;
	uint8_t *pool; /* cut to the size of the tables, of which the DSDT is the last */
	uint16_t control[2]; /* what the registers hold */
	unsigned enable_after; /* waits until the firmware gives up the registers; 0: never */
	bool keyboard_busy;
	uint16_t denied;       /* a port to which there is no right */
	char journal[256];     /* what was written, as PORT=VALUE */
	uint64_t waited;
};

static struct machine machine;

static int machine_open(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	memory_make(&machine.memory, SIZE);
	memory_table(&machine.memory, FADT, "FACP", (uint8_t[FADT_BYTES - ACPI_HEADER_BYTES]){0}, FADT_BYTES - ACPI_HEADER_BYTES);
	memory_set(&machine.memory, FADT + 40, DSDT, 4);
	memory_set(&machine.memory, FADT + 64, CONTROL_A, 4);
	memory_table(&machine.memory, DSDT, "DSDT", CODE(S5(6, 4, 0x0a, 5, 0x0a, 6)));
	memory_table(&machine.memory, SSDT, "SSDT", NULL, 0);
	memory_list(&machine.memory, XSDT, 8, (uint64_t[]){FADT, SSDT}, 2);
	return 0;
}

static int machine_close(void **state)
{
	(void)state;
	memory_free(&machine.memory);
	free(machine.pool);
	return 0;
}

/* A generic address in the FADT. */
static void register_set(unsigned offset, unsigned space, uint64_t address)
{
	memory_set(&machine.memory, FADT + offset, space, 1);
	memory_set(&machine.memory, FADT + offset + 1, 16, 1);
	memory_set(&machine.memory, FADT + offset + 4, address, 8);
}

static void machine_read(void)
{
	const struct acpi_source source = memory_source(&machine.memory);
	uint8_t root[ACPI_ROOT_BYTES];

	memory_sum(&machine.memory, FADT);
	root_make(root, 0, XSDT);
	machine.pool = realloc(machine.pool, SIZE);
	assert_int_equal(acpi_open(&machine.acpi, &source, root, machine.pool, SIZE), ACPI_SOUND);
	machine.pool = realloc(machine.pool, machine.acpi.pool_used);
	assert_int_equal(acpi_open(&machine.acpi, &source, root, machine.pool, machine.acpi.pool_used), ACPI_SOUND);
	power_read(&machine.power, &machine.acpi);
	machine.journal[0] = 0;
	machine.waited = 0;
}

static bool port_read(void *context, uint16_t port, unsigned bytes, uint32_t *value)
{
	(void)context;
	if (port == machine.denied)
		return false;
	if (port == CONTROL_A || port == CONTROL_B)
		assert_int_equal(bytes, 2);
	*value = port == CONTROL_A ? machine.control[0] : port == CONTROL_B ? machine.control[1] : port == KEYBOARD ? (machine.keyboard_busy ? 2 : 0) : 0xff;
	return true;
}

static bool port_write(void *context, uint16_t port, unsigned bytes, uint32_t value)
{
	size_t length = strlen(machine.journal);

	(void)context;
	(void)bytes;
	if (port == machine.denied)
		return false;
	snprintf(machine.journal + length, sizeof(machine.journal) - length, "%s%x=%x", length ? " " : "", port, value);
	if (port == CONTROL_A)
		machine.control[0] = (uint16_t)value;
	if (port == CONTROL_B)
		machine.control[1] = (uint16_t)value;
	return true;
}

static void wait(void *context, uint64_t ns)
{
	(void)context;
	machine.waited += ns;
	if (machine.enable_after && --machine.enable_after == 0)
		machine.control[0] |= 1;
}

static const struct port_access ports = {port_read, port_write, wait, NULL};

/* The journal after the machine was switched off, or what came of it. */
static void off_is(const char *journal, enum power_failure expected)
{
	machine_read();
	assert_int_equal(power_off(&machine.power, &ports), expected);
	assert_string_equal(machine.journal, journal);
}

static void reset_is(const char *journal, enum power_failure expected)
{
	machine_read();
	assert_int_equal(power_reset(&machine.power, &ports), expected);
	assert_string_equal(machine.journal, journal);
}

static void sleep_is(const uint8_t *code, size_t bytes, enum sleep_answer expected, unsigned a, unsigned b)
{
	uint8_t type[2] = {0xee, 0xee};

	memory_table(&machine.memory, DSDT, "DSDT", code, bytes);
	machine_read();
	assert_int_equal(sleep_type_find(&machine.acpi, type), expected);
	if (expected != SLEEP_FOUND)
		return;
	assert_int_equal(type[0], a);
	assert_int_equal(type[1], b);
}

static void sleep_types_are_found(void **state)
{
	(void)state;
	sleep_is(CODE(S5(6, 4, 0x0a, 5, 0x0a, 6)), SLEEP_FOUND, 5, 6);
	sleep_is(CODE(S5(6, 4, 0, 0, 0, 0)), SLEEP_FOUND, 0, 0);
	sleep_is(CODE(S5(4, 2, 1, 0)), SLEEP_FOUND, 1, 0);
	sleep_is(CODE(0x08, '_', 'S', '5', '_', 0x12, 4, 2, 1, 0), SLEEP_FOUND, 1, 0);
	sleep_is(CODE(S5(8, 2, 0x0b, 3, 0, 0x0b, 4, 0)), SLEEP_FOUND, 3, 4);
	sleep_is(CODE(S5(12, 2, 0x0c, 7, 0, 0, 0, 0x0c, 2, 0, 0, 0)), SLEEP_FOUND, 7, 2);
	sleep_is(CODE(S5(12, 2, 0x0e, 7, 0, 0, 0, 0, 0, 0, 0, 0)), SLEEP_FOUND, 7, 0);
	sleep_is(CODE(S5(5, 1, 0x0b, 5, 3)), SLEEP_FOUND, 5, 3);          /* one integer of two bytes */
	sleep_is(CODE(S5(0x45, 0, 2, 1, 1)), SLEEP_FOUND, 1, 1);          /* a length of two bytes */
	sleep_is(CODE(S5(0xc7, 0, 0, 0, 2, 1, 1)), SLEEP_FOUND, 1, 1);    /* of four */
	sleep_is(CODE(S5(4, 2, 1, 1), S5(4, 2, 1, 1)), SLEEP_FOUND, 1, 1); /* twice the same */
}

static void other_code_is_no_sleep_type(void **state)
{
	(void)state;
	sleep_is(CODE('c', 'o', 'd', 'e'), SLEEP_ABSENT, 0, 0);
	sleep_is(CODE(0x08, '\\', '_', 'S', '4', '_', 0x12, 4, 2, 1, 1), SLEEP_ABSENT, 0, 0);
	sleep_is(CODE(0x14, '\\', '_', 'S', '5', '_', 0x12, 4, 2, 1, 1), SLEEP_ABSENT, 0, 0); /* a method */
	sleep_is(CODE(S5(4, 0, 1, 1)), SLEEP_ABSENT, 0, 0);                                   /* no elements */
	sleep_is(CODE(S5(3, 2, 1, 1)), SLEEP_ABSENT, 0, 0);                                   /* cut off by its own length */
	sleep_is(CODE(S5(4, 1, 0x0c, 7), 0, 0, 0), SLEEP_ABSENT, 0, 0);                       /* in the middle of a number */
	sleep_is(CODE(S5(0, 2, 1, 1)), SLEEP_ABSENT, 0, 0);
	sleep_is(CODE(S5(50, 2, 1, 1)), SLEEP_ABSENT, 0, 0);                                  /* longer than the table */
	sleep_is(CODE(S5(0x4f, 0xff, 2, 1, 1)), SLEEP_ABSENT, 0, 0);
	sleep_is(CODE(S5(5, 2, 0x0a, 8, 1)), SLEEP_ABSENT, 0, 0);                             /* more than three bits */
	sleep_is(CODE(S5(6, 2, 0x0b, 0, 1, 1)), SLEEP_ABSENT, 0, 0);
	sleep_is(CODE(S5(8, 2, 'N', 'A', 'M', 'E', 1)), SLEEP_ABSENT, 0, 0);                  /* a name for a number */
	sleep_is(CODE(S5(4, 2, 1, 1), S5(4, 2, 0, 1)), SLEEP_AMBIGUOUS, 0, 0);
}

/* Two tables disagree. A definition in an SSDT alone counts. */
static void all_code_is_searched(void **state)
{
	(void)state;
	memory_table(&machine.memory, SSDT, "SSDT", CODE(S5(4, 2, 1, 0)));
	sleep_is(CODE('c'), SLEEP_FOUND, 1, 0);
	sleep_is(CODE(S5(4, 2, 1, 1)), SLEEP_AMBIGUOUS, 0, 0);
	memory_table(&machine.memory, SSDT, "DATA", CODE(S5(4, 2, 1, 0)));
	sleep_is(CODE('c'), SLEEP_ABSENT, 0, 0);
}

/* Each definition above, cut at each byte, is none (the pool is as large as the tables, so ASan sees what reads beyond). */
static void cut_code_is_absent(void **state)
{
	const uint8_t code[] = {S5(12, 2, 0x0c, 7, 0, 0, 0, 0x0c, 2, 0, 0, 0)};

	(void)state;
	for (size_t bytes = 0; bytes < sizeof(code); bytes++)
		sleep_is(code, bytes, SLEEP_ABSENT, 0, 0);
}

static void off_keeps_other_bits(void **state)
{
	(void)state;
	machine.control[0] = 0xd001 | 2; /* all but SLP_TYP and SLP_EN */
	off_is("604=d403 604=f403", POWER_NO_EFFECT);
	assert_true(machine.waited >= 10000000);
}

static void off_replaces_the_type(void **state)
{
	(void)state;
	machine.control[0] = 7 << 10;
	off_is("604=1400 604=3400", POWER_NO_EFFECT);
}

static void off_writes_both_registers(void **state)
{
	(void)state;
	memory_set(&machine.memory, FADT + 68, CONTROL_B, 4);
	off_is("604=1400 704=1800 604=3400 704=3800", POWER_NO_EFFECT);
	register_set(172, SPACE_PORT, CONTROL_B); /* the newer field of the first has precedence */
	memory_set(&machine.memory, FADT + 68, 0, 4);
	machine.control[1] = 0;
	off_is("704=1400 704=3400", POWER_NO_EFFECT);
}

static void off_enters_acpi_mode(void **state)
{
	(void)state;
	memory_set(&machine.memory, FADT + 48, COMMAND, 4);
	memory_set(&machine.memory, FADT + 52, 0xa0, 1);
	machine.enable_after = 3;
	off_is("b2=a0 604=1401 604=3401", POWER_NO_EFFECT);
	off_is("604=1401 604=3401", POWER_NO_EFFECT); /* it is on already */
	machine.control[0] = 0;
	machine.enable_after = 0; /* firmware that never does it */
	off_is("b2=a0 604=1400 604=3400", POWER_NO_EFFECT);
	assert_true(machine.waited >= 1000000000 && machine.waited < 10000000000);
}

static void off_by_sleep_register(void **state)
{
	(void)state;
	memory_set(&machine.memory, FADT + 112, 1 << 20, 4);
	off_is("", POWER_NO_REGISTER);
	register_set(244, SPACE_PORT, 0x600);
	off_is("600=34", POWER_NO_EFFECT);
	machine.denied = 0x600;
	off_is("", POWER_NO_PORT);
	machine.denied = 0;
	register_set(244, SPACE_MEMORY, 0x600);
	off_is("", POWER_NO_REGISTER);
}

static void off_says_what_is_missing(void **state)
{
	(void)state;
	machine.denied = CONTROL_A;
	off_is("", POWER_NO_PORT);
	machine.denied = 0;
	register_set(184, SPACE_MEMORY, 0xfe000000);
	off_is("", POWER_NO_REGISTER);
	register_set(184, SPACE_PORT, 0);
	register_set(172, SPACE_PORT, 0x10604);
	off_is("", POWER_NO_REGISTER);
	register_set(172, SPACE_PORT, 0);
	memory_table(&machine.memory, DSDT, "DSDT", NULL, 0);
	off_is("", POWER_NO_TYPE);
	memory_set(&machine.memory, FADT + 64, 0, 4);
	off_is("", POWER_NO_REGISTER);
}

/* Guesses only where there is no FADT; those that the manifest leaves out are passed over. */
static void off_by_guess(void **state)
{
	(void)state;
	memory_set(&machine.memory, XSDT + ACPI_HEADER_BYTES, SSDT, 8);
	memory_sum(&machine.memory, XSDT);
	off_is("604=2000 b004=2000 4004=3400", POWER_NO_EFFECT);
	machine.denied = 0xb004;
	off_is("604=2000 4004=3400", POWER_NO_EFFECT);
}

static void reset_by_register(void **state)
{
	(void)state;
	register_set(116, SPACE_PORT, RESET);
	memory_set(&machine.memory, FADT + 128, 0x0f, 1);
	reset_is("64=fe", POWER_NO_EFFECT); /* the flag is not set */
	memory_set(&machine.memory, FADT + 112, 1 << 10, 4);
	reset_is("cf9=f 64=fe", POWER_NO_EFFECT);
	machine.denied = RESET;
	reset_is("64=fe", POWER_NO_EFFECT);
	machine.denied = KEYBOARD;
	reset_is("cf9=f", POWER_NO_EFFECT);
	register_set(116, SPACE_PCI, RESET);
	reset_is("", POWER_NO_REGISTER);
}

static void reset_waits_for_the_keyboard(void **state)
{
	(void)state;
	machine.keyboard_busy = true;
	reset_is("64=fe", POWER_NO_EFFECT);
	assert_true(machine.waited >= 100000000 && machine.waited < 1000000000);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, machine_open, machine_close)

int power_test(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(sleep_types_are_found), TEST(other_code_is_no_sleep_type), TEST(all_code_is_searched), TEST(cut_code_is_absent), TEST(off_keeps_other_bits), TEST(off_replaces_the_type),
		TEST(off_writes_both_registers), TEST(off_enters_acpi_mode), TEST(off_by_sleep_register), TEST(off_says_what_is_missing), TEST(off_by_guess), TEST(reset_by_register),
		TEST(reset_waits_for_the_keyboard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
