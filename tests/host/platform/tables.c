/* SPDX-License-Identifier: MIT */
/* Finding tables (servers/platform/acpi.h) and reading them (servers/platform/machine.h): right ones, and each way to lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "servers/platform/machine.h"
#include "tests.h"

#define SIZE 0x10000
#define RSDT (MEMORY_BASE + 0x100)
#define XSDT (MEMORY_BASE + 0x400)
#define FADT (MEMORY_BASE + 0x1000)
#define MADT (MEMORY_BASE + 0x2000)
#define MCFG (MEMORY_BASE + 0x3000)
#define DSDT (MEMORY_BASE + 0x4000)
#define OTHER (MEMORY_BASE + 0x5000)
#define POOL 0x8000

struct rig {
	struct memory memory;
	struct acpi_source source;
	struct acpi acpi;
	uint8_t root[ACPI_ROOT_BYTES];
	uint8_t pool[POOL];
};

static const uint8_t routes[] = {
	0, 0, 0, 0, 0, 0, 0, 0,                /* local APIC, flags */
	0, 8, 0, 0, 1, 0, 0, 0,                /* a processor */
	1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0, /* an IOAPIC */
	2, 10, 0, 0, 2, 0, 0, 0, 0, 0,         /* 0 -> 2 as the bus */
	2, 10, 0, 9, 20, 0, 0, 0, 0x0f, 0,     /* 9 -> 20, low, level */
	2, 10, 1, 5, 50, 0, 0, 0, 0x0f, 0,     /* of another bus */
};

static struct rig rig;

/* RSDT and XSDT of FADT and MADT; the FADT names a DSDT by both fields. */
static int rig_open(void **state)
{
	uint8_t fadt[208] = {0};

	(void)state;
	memset(&rig, 0, sizeof(rig));
	memory_make(&rig.memory, SIZE);
	rig.source = memory_source(&rig.memory);
	memory_table(&rig.memory, FADT, "FACP", fadt, sizeof(fadt));
	memory_set(&rig.memory, FADT + 40, DSDT, 4);
	memory_sum(&rig.memory, FADT);
	memory_table(&rig.memory, MADT, "APIC", routes, sizeof(routes));
	memory_table(&rig.memory, DSDT, "DSDT", "code", 4);
	memory_list(&rig.memory, RSDT, 4, (uint64_t[]){FADT, MADT}, 2);
	memory_list(&rig.memory, XSDT, 8, (uint64_t[]){FADT, MADT}, 2);
	root_make(rig.root, RSDT, XSDT);
	return 0;
}

static int rig_close(void **state)
{
	(void)state;
	memory_free(&rig.memory);
	return 0;
}

static enum acpi_fault tables_open(void)
{
	return acpi_open(&rig.acpi, &rig.source, rig.root, rig.pool, sizeof(rig.pool));
}

static unsigned reports(void)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < FAULTS; i++)
		sum += rig.memory.reported[i];
	return sum;
}

static void all_are_found(void **state)
{
	(void)state;
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.acpi.count, 3);
	assert_int_equal(reports(), 0);
	assert_int_equal(acpi_find(&rig.acpi, "FACP", 0)->address, FADT);
	assert_int_equal(acpi_find(&rig.acpi, "DSDT", 0)->bytes, ACPI_HEADER_BYTES + 4);
	assert_memory_equal(acpi_find(&rig.acpi, "DSDT", 0)->data + ACPI_HEADER_BYTES, "code", 4);
	assert_null(acpi_find(&rig.acpi, "FACP", 1));
	assert_null(acpi_find(&rig.acpi, "HPET", 0));
	assert_null(acpi_find(&rig.acpi, "RSDT", 0));
}

static void root_is_judged(void **state)
{
	(void)state;
	rig.root[16] ^= 1;
	assert_int_equal(tables_open(), ACPI_ROOT_CHECKSUM);
	rig.root[16] ^= 1;
	rig.root[25] ^= 1; /* only under the second checksum */
	assert_int_equal(tables_open(), ACPI_ROOT_CHECKSUM);
	rig.root[25] ^= 1;
	rig.root[15] = 0; /* an old one: only under the first checksum */
	assert_int_equal(tables_open(), ACPI_ROOT_CHECKSUM);
	rig.root[15] = 2;
	rig.root[0] = 'r';
	assert_int_equal(tables_open(), ACPI_ROOT_SIGNATURE);
	memset(rig.root, 0, sizeof(rig.root));
	assert_int_equal(tables_open(), ACPI_NO_ROOT);
	assert_int_equal(rig.acpi.count, 0);
	assert_int_equal(rig.memory.reads, 0);
}

/* Revision 0: the bytes behind the first twenty mean nothing. */
static void old_root_has_no_xsdt(void **state)
{
	(void)state;
	rig.root[15] = 0;
	root_sum(rig.root);
	memset(rig.root + 24, 0xee, 12); /* the length of the new one, but it is none */
	memory_set(&rig.memory, XSDT, 0, 8);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.acpi.count, 3);
	assert_int_equal(reports(), 0);
}

static void empty_entries_are_none(void **state)
{
	(void)state;
	memory_list(&rig.memory, XSDT, 8, (uint64_t[]){0, FADT, 0, MADT}, 4);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.acpi.count, 3);
	assert_int_equal(reports(), 0);
}

static void xsdt_has_precedence(void **state)
{
	(void)state;
	memory_list(&rig.memory, RSDT, 4, (uint64_t[]){MADT}, 1);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.acpi.count, 3);
}

static void bad_xsdt_leaves_the_rsdt(void **state)
{
	(void)state;
	memory_list(&rig.memory, RSDT, 4, (uint64_t[]){MADT}, 1);
	memory_set(&rig.memory, XSDT + 10, 0x55, 1);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.acpi.count, 1);
	assert_int_equal(rig.memory.reported[ACPI_CHECKSUM], 1);
	memory_table(&rig.memory, RSDT, "TSDR", NULL, 0);
	assert_int_equal(tables_open(), ACPI_SIGNATURE);
	assert_int_equal(rig.acpi.count, 0);
}

static void no_list_at_all(void **state)
{
	(void)state;
	root_make(rig.root, 0, 0);
	assert_int_not_equal(tables_open(), ACPI_SOUND);
	root_make(rig.root, 0x1000, 0xfffffffffffffff0);
	assert_int_equal(tables_open(), ACPI_UNREADABLE);
}

/* One table is damaged; the others are there. */
static void damaged(enum acpi_fault expected)
{
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_null(acpi_find(&rig.acpi, "APIC", 0));
	assert_non_null(acpi_find(&rig.acpi, "FACP", 0));
	assert_non_null(acpi_find(&rig.acpi, "DSDT", 0));
	assert_int_equal(rig.memory.reported[expected], 1);
	assert_int_equal(reports(), 1);
	rig_close(NULL);
	rig_open(NULL);
}

static void damaged_tables_are_left_out(void **state)
{
	(void)state;
	memory_set(&rig.memory, MADT + 50, 0x55, 1);
	damaged(ACPI_CHECKSUM);
	memory_set(&rig.memory, MADT + 4, ACPI_HEADER_BYTES - 1, 4);
	damaged(ACPI_LENGTH);
	memory_set(&rig.memory, MADT + 4, 0, 4);
	damaged(ACPI_LENGTH);
	memory_set(&rig.memory, MADT + 4, UINT32_MAX, 4);
	damaged(ACPI_NO_ROOM);
	memory_set(&rig.memory, XSDT + ACPI_HEADER_BYTES + 8, MEMORY_BASE + SIZE - 10, 8);
	memory_sum(&rig.memory, XSDT);
	damaged(ACPI_UNREADABLE);
	memory_table(&rig.memory, MEMORY_BASE + SIZE - 40, "APIC", NULL, 0); /* its header is there, its end is not */
	memory_set(&rig.memory, MEMORY_BASE + SIZE - 36, 41, 4);
	memory_set(&rig.memory, XSDT + ACPI_HEADER_BYTES + 8, MEMORY_BASE + SIZE - 40, 8);
	memory_sum(&rig.memory, XSDT);
	damaged(ACPI_UNREADABLE);
}

static void every_flipped_bit_is_noticed(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * (ACPI_HEADER_BYTES + sizeof(routes)); bit++) {
		rig.memory.bytes[MADT - MEMORY_BASE + bit / 8] ^= (uint8_t)(1 << bit % 8);
		memset(rig.memory.reported, 0, sizeof(rig.memory.reported));
		assert_int_equal(tables_open(), ACPI_SOUND);
		assert_null(acpi_find(&rig.acpi, "APIC", 0));
		assert_int_equal(reports(), 1);
		rig.memory.bytes[MADT - MEMORY_BASE + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* Lists and the DSDT that are listed, tables listed twice: nothing is followed, nothing goes in circles. */
static void cycles_end(void **state)
{
	(void)state;
	memory_list(&rig.memory, XSDT, 8, (uint64_t[]){XSDT, RSDT, FADT, FADT, DSDT, XSDT}, 6);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.acpi.count, 4);
	assert_int_equal(rig.memory.reported[ACPI_TWICE], 3);
	assert_non_null(acpi_find(&rig.acpi, "DSDT", 0));
	assert_null(acpi_find(&rig.acpi, "DSDT", 1));
	rig_close(NULL);
	rig_open(NULL);
	memory_set(&rig.memory, FADT + 140, FADT, 8); /* X_DSDT: itself */
	memory_sum(&rig.memory, FADT);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.memory.reported[ACPI_TWICE], 1);
}

static void dsdt_is_one(void **state)
{
	(void)state;
	memory_set(&rig.memory, FADT + 140, OTHER, 8); /* X_DSDT has precedence */
	memory_sum(&rig.memory, FADT);
	memory_table(&rig.memory, OTHER, "SSDT", NULL, 0);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.memory.reported[ACPI_SIGNATURE], 1);
	assert_null(acpi_find(&rig.acpi, "DSDT", 0));
	assert_null(acpi_find(&rig.acpi, "SSDT", 0));
	assert_ptr_equal(rig.acpi.pool + rig.acpi.pool_used, acpi_find(&rig.acpi, "APIC", 0)->data + acpi_find(&rig.acpi, "APIC", 0)->bytes); /* and takes no room */
	memory_table(&rig.memory, OTHER, "DSDT", "more code", 9);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(acpi_find(&rig.acpi, "DSDT", 0)->address, OTHER);
}

static void many_tables_are_too_many(void **state)
{
	uint64_t tables[ACPI_TABLES_MAX + 10];

	(void)state;
	for (size_t i = 0; i < ACPI_TABLES_MAX + 10; i++) {
		tables[i] = OTHER + i * 64;
		memory_table(&rig.memory, tables[i], "SSDT", NULL, 0);
	}
	memory_list(&rig.memory, XSDT, 8, tables, ACPI_TABLES_MAX + 10);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(rig.acpi.count, ACPI_TABLES_MAX);
	assert_int_equal(rig.memory.reported[ACPI_TOO_MANY], 1);
	assert_int_equal(acpi_find(&rig.acpi, "SSDT", ACPI_TABLES_MAX - 1)->address, tables[ACPI_TABLES_MAX - 1]);
}

/* Any size of the pool: what does not fit is left out, and nothing is written behind it (ASan would see it: the pool is cut to size). */
static void pool_is_kept(void **state)
{
	(void)state;
	for (size_t room = 0; room < 700; room++) {
		uint8_t *pool = test_malloc(room ? room : 1);
		enum acpi_fault fault;

		memset(rig.memory.reported, 0, sizeof(rig.memory.reported));
		fault = acpi_open(&rig.acpi, &rig.source, rig.root, pool, room);
		assert_true(rig.acpi.pool_used <= room);
		assert_true(fault == ACPI_SOUND || (fault == ACPI_NO_ROOM && rig.acpi.count == 0));
		assert_true(rig.acpi.count == 3 || rig.memory.reported[ACPI_NO_ROOM] > 0);
		test_free(pool);
	}
	assert_int_equal(rig.acpi.count, 3);
}

/* The firmware's memory changes between the reading of the header and that of the rest. */
static void length_grows(struct memory *memory, uint64_t address)
{
	if (address == MADT)
		memory_set(memory, MADT + 4, UINT32_MAX, 4);
}

static void lengths_are_read_once(void **state)
{
	(void)state;
	rig.memory.after_read = length_grows;
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(acpi_find(&rig.acpi, "APIC", 0)->bytes, ACPI_HEADER_BYTES + sizeof(routes));
}

static void fields_end_with_the_table(void **state)
{
	const struct acpi_table *dsdt;

	(void)state;
	assert_int_equal(tables_open(), ACPI_SOUND);
	dsdt = acpi_find(&rig.acpi, "DSDT", 0);
	assert_int_equal(acpi_field(dsdt, ACPI_HEADER_BYTES, 4), 'c' | 'o' << 8 | 'd' << 16 | 'e' << 24);
	assert_int_equal(acpi_field(dsdt, ACPI_HEADER_BYTES + 1, 4), 0);
	assert_int_equal(acpi_field(dsdt, ACPI_HEADER_BYTES + 4, 1), 0);
	assert_int_equal(acpi_field(dsdt, UINT64_MAX, 8), 0);
}

static void route_is(unsigned interrupt, uint32_t line, bool level, bool low)
{
	struct interrupt_route route;

	assert_int_equal(machine_route(&rig.acpi, interrupt, &route), MACHINE_FOUND);
	assert_int_equal(route.line, line);
	assert_int_equal(route.level, level);
	assert_int_equal(route.low, low);
}

static void routes_are_read(void **state)
{
	struct interrupt_route route;

	(void)state;
	assert_int_equal(tables_open(), ACPI_SOUND);
	route_is(0, 2, false, false);
	route_is(9, 20, true, true);
	route_is(5, 5, false, false);
	route_is(15, 15, false, false);
	rig.acpi.count = 0;
	assert_int_equal(machine_route(&rig.acpi, 9, &route), MACHINE_ABSENT);
	assert_int_equal(route.line, 9);
}

/* What the MADT's entries can be wrong in; `at` is the offset in the body. */
static enum machine_answer route_damaged(size_t at, uint8_t value, unsigned interrupt)
{
	uint8_t body[sizeof(routes)];
	struct interrupt_route route;

	memcpy(body, routes, sizeof(body));
	body[at] = value;
	memory_table(&rig.memory, MADT, "APIC", body, sizeof(body));
	assert_int_equal(tables_open(), ACPI_SOUND);
	return machine_route(&rig.acpi, interrupt, &route);
}

static void damaged_routes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(route_damaged(9, 0, 9), MACHINE_DAMAGED);    /* an entry of no length */
	assert_int_equal(route_damaged(9, 1, 9), MACHINE_DAMAGED);
	assert_int_equal(route_damaged(9, 255, 9), MACHINE_DAMAGED);  /* beyond the end */
	assert_int_equal(route_damaged(29, 9, 0), MACHINE_DAMAGED);   /* an override of nine bytes */
	assert_int_equal(route_damaged(46, 0x02, 9), MACHINE_DAMAGED); /* a reserved polarity */
	assert_int_equal(route_damaged(46, 0x08, 9), MACHINE_DAMAGED); /* a reserved trigger */
	assert_int_equal(route_damaged(46, 0x08, 0), MACHINE_FOUND);
	memory_table(&rig.memory, MADT, "APIC", routes, sizeof(routes) - 1);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(machine_route(&rig.acpi, 5, &(struct interrupt_route){0}), MACHINE_DAMAGED);
}

/* An MCFG with one window, after a first one that is right. */
static enum machine_answer window_read(uint64_t base, unsigned first, unsigned last, struct ecam_window *window)
{
	memory_list(&rig.memory, XSDT, 8, (uint64_t[]){MCFG}, 1);
	memory_table(&rig.memory, MCFG, "MCFG", (uint8_t[40]){0}, 40);
	memory_set(&rig.memory, MCFG + 44, 0x80000000, 8);
	memory_set(&rig.memory, MCFG + 55, 63, 1);
	memory_set(&rig.memory, MCFG + 60, base, 8);
	memory_set(&rig.memory, MCFG + 68, 7, 2);
	memory_set(&rig.memory, MCFG + 70, first, 1);
	memory_set(&rig.memory, MCFG + 71, last, 1);
	memory_sum(&rig.memory, MCFG);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(machine_ecam(&rig.acpi, 0, window), MACHINE_FOUND);
	assert_int_equal(window->base, 0x80000000);
	assert_int_equal(window->last_bus, 63);
	assert_int_equal(machine_ecam(&rig.acpi, 2, window), MACHINE_ABSENT);
	assert_int_equal(machine_ecam(&rig.acpi, UINT64_MAX, window), MACHINE_ABSENT);
	return machine_ecam(&rig.acpi, 1, window);
}

static void windows_are_read(void **state)
{
	struct ecam_window window;

	(void)state;
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(machine_ecam(&rig.acpi, 0, &window), MACHINE_ABSENT);
	assert_int_equal(window_read(0x4000000000, 1, 255, &window), MACHINE_FOUND);
	assert_int_equal(window.base, 0x4000000000);
	assert_int_equal(window.segment, 7);
	assert_int_equal(window.first_bus, 1);
	assert_int_equal(window.last_bus, 255);
	assert_int_equal(window_read(0, 0, 255, &window), MACHINE_DAMAGED);
	assert_int_equal(window_read(0x80080000, 0, 255, &window), MACHINE_DAMAGED);
	assert_int_equal(window_read(0x80000000, 4, 3, &window), MACHINE_DAMAGED);
	assert_int_equal(window_read((1ull << 52) - (1 << 28), 0, 255, &window), MACHINE_FOUND);
	assert_int_equal(window_read((1ull << 52) - (255 << 20), 0, 255, &window), MACHINE_DAMAGED);
	assert_int_equal(window_read(0xfffffffffff00000, 0, 255, &window), MACHINE_DAMAGED);
}

static void timer_is_read(void **state)
{
	uint64_t address;

	(void)state;
	memory_list(&rig.memory, XSDT, 8, (uint64_t[]){OTHER}, 1);
	memory_table(&rig.memory, OTHER, "HPET", (uint8_t[20]){1, 0x80, 0x86, 0x80, 0, 0, 0, 0, 0, 0, 0xd0, 0xfe}, 20);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(machine_timer(&rig.acpi, &address), MACHINE_FOUND);
	assert_int_equal(address, 0xfed00000);
	memory_set(&rig.memory, OTHER + 40, 1, 1);
	memory_sum(&rig.memory, OTHER);
	assert_int_equal(tables_open(), ACPI_SOUND);
	assert_int_equal(machine_timer(&rig.acpi, &address), MACHINE_DAMAGED);
	rig.acpi.count = 0;
	assert_int_equal(machine_timer(&rig.acpi, &address), MACHINE_ABSENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, rig_open, rig_close)

int tables_test(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(all_are_found), TEST(root_is_judged), TEST(old_root_has_no_xsdt), TEST(empty_entries_are_none), TEST(xsdt_has_precedence), TEST(bad_xsdt_leaves_the_rsdt), TEST(no_list_at_all),
		TEST(damaged_tables_are_left_out), TEST(every_flipped_bit_is_noticed), TEST(cycles_end), TEST(dsdt_is_one), TEST(many_tables_are_too_many), TEST(pool_is_kept),
		TEST(lengths_are_read_once), TEST(fields_end_with_the_table), TEST(routes_are_read), TEST(damaged_routes_are_refused), TEST(windows_are_read), TEST(timer_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
