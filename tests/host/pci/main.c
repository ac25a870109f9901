/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of pci's pure parts against a simulated configuration space (fake.h): a bus with a device on it, a bridge, and a device behind that, honest or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/errno.h"
#include "drivers/pci/function.h"
#include "lib/assert.h"
#include "tests/host/harness/suite.h"
#include "tests/host/pci/fake.h"

#define FUNCTIONS 4
#define BRIDGE 0x0010      /* 00:02.0 */
#define BEHIND 0x0100      /* 01:00.0 */
#define PLAIN 0x0008       /* 00:01.0 */
#define SECOND 0x0009      /* 00:01.1 */

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: assertion failed: %s\n", file, line, condition);
	abort();
}

struct machine {
	struct fake fake[FUNCTIONS];
	struct pci_list list;
	struct pci_memory memory_of_pci;
	_Alignas(PAGE_SIZE) unsigned char state[PCI_MEMORY_BYTES];
	uint64_t waited;
	unsigned left; /* accesses until pci is killed; 0: it is not */
	jmp_buf death;
	unsigned writes;
	struct {
		paddr_t address;
		uint32_t value;
	} memory[64];
	unsigned memory_count, attempts;
};

static struct fake *fake_at(struct machine *machine, pci_address_t address)
{
	for (unsigned i = 0; i < FUNCTIONS; i++)
		if (machine->fake[i].address == address && machine->fake[i].space[0] && !machine->fake[i].gone)
			return &machine->fake[i];
	return NULL;
}

/* Before the access that is not made any more. */
static void death(struct machine *machine)
{
	if (machine->left && --machine->left == 0)
		longjmp(machine->death, 1);
}

static uint32_t space_read(void *context, pci_address_t address, unsigned offset, unsigned width)
{
	struct fake *fake = fake_at(context, address);

	death(context);
	assert_true(offset + width <= 256 && offset % width == 0);
	return fake_read(fake, offset, width);
}

static void space_write(void *context, pci_address_t address, unsigned offset, unsigned width, uint32_t value)
{
	struct machine *machine = context;
	struct fake *fake = fake_at(machine, address);

	death(machine);
	assert_true(offset + width <= 256 && offset % width == 0);
	machine->writes++;
	if (fake)
		assert_null(fake_write(fake, offset, width, value));
}

static bool memory_write(void *context, paddr_t address, uint32_t value)
{
	struct machine *machine = context;

	machine->attempts++;
	if (address < FAKE_TABLE_BASE || address >= FAKE_TABLE_BASE + 0x1000)
		return false;
	assert_true(fake_get(&machine->fake[3], 4, 2) & 2); /* decoded */
	assert_true(machine->memory_count < 64);
	machine->memory[machine->memory_count].address = address;
	machine->memory[machine->memory_count++].value = value;
	return true;
}

static void wait(void *context, uint64_t ns)
{
	((struct machine *)context)->waited += ns;
}

static const struct pci_access access = {.read = space_read, .write = space_write, .memory_write = memory_write, .wait = wait};

/* An instance of pci opens what the one before has left, and scans. */
static void instance_begin(struct machine *machine, bool first)
{
	assert_true(pci_memory_open(&machine->memory_of_pci, machine->state, sizeof(machine->state), first));
	assert_true(pci_scan(&machine->list, &access, machine, &machine->memory_of_pci));
}

/* The first instance of a boot. */
static void boot(struct machine *machine)
{
	memset(machine->state, 0, sizeof(machine->state));
	instance_begin(machine, true);
}

static struct machine *machine_make(void)
{
	struct machine *machine = aligned_alloc(PAGE_SIZE, sizeof(*machine));

	assert_non_null(machine);
	memset(machine, 0, sizeof(*machine));
	fake_make(&machine->fake[0], PLAIN, 0x1044);
	fake_put(&machine->fake[0], 0x0e, 0x80, 1);
	fake_make(&machine->fake[1], SECOND, 0x1001);
	fake_make_bridge(&machine->fake[2], BRIDGE, 1);
	fake_make(&machine->fake[3], BEHIND, 0x1042);
	boot(machine);
	return machine;
}

static struct pci_function *behind(struct machine *machine)
{
	return pci_find(&machine->list, "virtio-blk.1");
}

static const struct pci_message messages[] = {{0xfee00000, 0x31}, {0xfee01000, 0x32}};

static void functions_are_found(void **state)
{
	struct machine *machine = machine_make();

	(void)state;
	assert_int_equal(machine->writes, 0);
	assert_int_equal(machine->list.count, 3);
	assert_int_equal(pci_find(&machine->list, "virtio-blk")->address, SECOND);
	assert_int_equal(pci_find(&machine->list, "virtio-blk.0")->address, SECOND);
	assert_int_equal(behind(machine)->address, BEHIND);
	assert_int_equal(behind(machine)->bridge, BRIDGE);
	assert_int_equal(pci_find(&machine->list, "virtio-rng")->address, PLAIN);
	for (const char **name = (const char *[]){"virtio-blk.2", "virtio-blk.", "virtio-blkx", "virtio-blk.1x", "virtio-bl", "", "virtio-blk.99999999999999999999999999", NULL}; *name; name++)
		assert_null(pci_find(&machine->list, *name));
	free(machine);
}

/* Bridges that lead to their own bus, to bus 0, or to one that was seen. */
static void circles_of_bridges_end(void **state)
{
	struct machine *machine = machine_make();

	(void)state;
	for (unsigned bus = 0; bus < 256; bus += 255) {
		fake_put(&machine->fake[2], 0x19, bus, 1);
		instance_begin(machine, false);
		assert_int_equal(machine->list.count, 2);
	}
	fake_put(&machine->fake[2], 0x19, 1, 1);
	fake_put(&machine->fake[1], 0x0e, 1, 1); /* two bridges to the same bus */
	fake_put(&machine->fake[1], 0x19, 1, 1);
	instance_begin(machine, false);
	assert_int_equal(machine->list.count, 2);
	fake_put(&machine->fake[1], 0x0e, 0, 1);
	fake_put(&machine->fake[3], 0x0e, 1, 1); /* a bridge behind the bridge, back to bus 1 */
	fake_put(&machine->fake[3], 0x19, 1, 1);
	instance_begin(machine, false);
	assert_int_equal(machine->list.count, 2);
	free(machine);
}

static void a_claim_resets_and_describes(void **state)
{
	struct machine *machine = machine_make();
	struct fake *fake = &machine->fake[3];
	struct pci_device device;

	(void)state;
	assert_int_equal(function_master(&machine->list, behind(machine), true), -EINVAL); /* not before the claim */
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
	assert_int_equal(fake->resets, 1);
	assert_int_equal(device.reset, PCI_RESET_FUNCTION_LEVEL);
	assert_int_equal(device.address, BEHIND);
	assert_int_equal(device.interrupts, 2);
	assert_int_equal(device.bar_bytes[4], 0x4000);
	assert_int_equal(device.bar_bytes[1], 0); /* the MSI-X table is nobody else's */
	assert_int_equal(behind(machine)->bar[4].base, FAKE_REGISTERS_BASE);
	assert_int_equal(fake_get(fake, 0x24, 4), FAKE_REGISTERS_BASE >> 32);
	assert_int_equal(fake_get(fake, 0x14, 4), FAKE_TABLE_BASE);
	assert_int_equal(fake_get(fake, 4, 2), 0x402);
	assert_int_equal(fake_get(fake, 0x72, 2) & 0xc000, 0x8000);
	assert_memory_equal(device.configuration, fake->space, 256);
	assert_true(machine->waited >= 100000000);
	assert_int_equal(function_master(&machine->list, behind(machine), true), 0);
	assert_int_equal(fake_get(fake, 4, 2) & 4, 4);
	assert_int_equal(fake_get(&machine->fake[2], 4, 2) & 6, 6); /* the bridge as well */
	assert_int_equal(function_master(&machine->list, behind(machine), false), 0);
	assert_int_equal(fake_get(fake, 4, 2) & 4, 0);
	free(machine);
}

static void messages_are_written_masked(void **state)
{
	static const struct {
		uint32_t at, value;
	} expected[] = {{12, 1}, {0, 0xfee00000}, {4, 0}, {8, 0x31}, {12, 0}, {28, 1}, {16, 0xfee01000}, {20, 0}, {24, 0x32}, {28, 0}};
	struct machine *machine = machine_make();
	struct pci_device device;

	(void)state;
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
	assert_int_equal(machine->memory_count, 10);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(machine->memory[i].address, FAKE_TABLE_BASE + expected[i].at);
		assert_int_equal(machine->memory[i].value, expected[i].value);
	}
	/* A table of one entry, one beyond its BAR, one in a BAR that is none. */
	fake_put(&machine->fake[3], 0x72, 0, 2);
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
	assert_int_equal(device.interrupts, 1);
	fake_put(&machine->fake[3], 0x72, 3, 2);
	for (uint32_t table = 0; table < 3; table++) {
		fake_put(&machine->fake[3], 0x74, (const uint32_t[]){0x1001, 0xfffffff9, 7}[table], 4);
		machine->attempts = 0;
		assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
		assert_int_equal(device.interrupts, 0);
		assert_int_equal(machine->attempts, 0);
		assert_int_equal(fake_get(&machine->fake[3], 0x72, 2) & 0x8000, 0);
	}
	free(machine);
}

static void other_ways_of_reset(void **state)
{
	struct machine *machine = machine_make();
	struct fake *fake = &machine->fake[3];
	struct pci_device device;

	(void)state;
	fake_put(fake, 0x54, 0, 4); /* no function-level reset */
	fake_put(fake, 0x51, 0x80, 1);
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), 0);
	assert_int_equal(device.reset, PCI_RESET_POWER_STATE);
	assert_int_equal(fake->resets, 1);
	fake_put(fake, 0x84, 8, 2); /* D3hot resets nothing */
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), 0);
	assert_int_equal(device.reset, PCI_RESET_DRIVER);
	fake_put(fake, 0x51, 0x50, 1); /* a circle of capabilities */
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), 0);
	assert_int_equal(device.interrupts, 0);
	free(machine);
}

/* Each kind in the last four bytes, where none fits: all accesses stay within configuration space (space_read(), space_write()), and what is there does not count. */
static void capabilities_end_with_the_space(void **state)
{
	static const uint8_t kinds[] = {0x01, 0x10, 0x11, 0x13};

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds); i++) {
		struct machine *machine = machine_make();
		struct fake *fake = &machine->fake[3];
		struct pci_device device;

		fake_put(fake, 0x34, 0xfc, 1);
		fake_put(fake, 0xfc, kinds[i], 1);
		fake_put(fake, 0xff, 0xff, 1);
		assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
		assert_int_equal(device.reset, PCI_RESET_DRIVER);
		assert_int_equal(device.interrupts, 0);
		free(machine);
	}
}

static void what_is_not_confirmed_is_an_error(void **state)
{
	struct machine *machine = machine_make();
	struct pci_device device;

	(void)state;
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), 0);
	machine->fake[3].sticky_master = true;
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), -EIO);
	machine->fake[3].sticky_master = false;
	assert_int_equal(function_master(&machine->list, behind(machine), true), -EINVAL); /* the claim before counts no more */
	machine->fake[3].pending = true; /* its transactions do not end: not reset by function level */
	machine->fake[3].space[0x51] = 0x70;
	machine->fake[3].space[0x71] = 0;
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), 0);
	assert_int_equal(device.reset, PCI_RESET_DRIVER);
	assert_int_equal(machine->fake[3].resets, 1); /* none since the first claim */
	machine->fake[3].gone = true;
	assert_int_equal(function_master(&machine->list, behind(machine), true), -ENODEV);
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), -ENODEV);
	free(machine);
}

/* BARs that the firmware has left at 0 are placed: behind a bridge in its window, on bus 0 among the others. */
static void bars_are_placed(void **state)
{
	struct machine *machine = machine_make();
	struct fake *fake = &machine->fake[3];
	struct pci_device device;

	(void)state;
	fake_put(fake, 0x20, 0xc, 8); /* the firmware has forgotten them */
	fake_put(&machine->fake[1], 0x20, 0xc, 8);
	boot(machine);
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), 0);
	assert_int_equal(behind(machine)->bar[4].base % 0x4000, 0);
	assert_in_range(behind(machine)->bar[4].base, 0xfe800000, 0xfe8fc000);
	assert_true(behind(machine)->bar[4].base + 0x4000 <= FAKE_TABLE_BASE || behind(machine)->bar[4].base >= FAKE_TABLE_BASE + 0x1000);
	assert_int_equal(fake_get(fake, 0x20, 4), (uint32_t)behind(machine)->bar[4].base | 0xc);
	fake_put(&machine->fake[2], 0x22, 0xfe70, 2); /* a closed window */
	fake_put(fake, 4, 0, 2);
	fake_put(fake, 0x20, 0xc, 8);
	boot(machine);
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 1, &device), -ENOSPC);
	assert_int_equal(function_claim(&machine->list, pci_find(&machine->list, "virtio-blk"), NULL, 0, &device), 0);
	assert_in_range(pci_find(&machine->list, "virtio-blk")->bar[4].base, FAKE_TABLE_BASE, 0xfebfffff);
	free(machine);
}

/* An instance of pci that ends before access number `left`; false when it came to its end. */
static bool instance_dies(struct machine *machine, unsigned left)
{
	struct pci_device device;

	machine->left = left;
	if (setjmp(machine->death))
		return true;
	instance_begin(machine, true);
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
	return false;
}

/* pci ends at each of its accesses in turn, and the next instance claims the same function: it has the same BARs as before. */
static void a_kill_at_any_access_loses_nothing(void **state)
{
	unsigned accesses = 0;
	bool died = true;

	(void)state;
	while (died) {
		struct machine *machine = machine_make();
		struct pci_device device;

		memset(machine->state, 0, sizeof(machine->state));
		died = instance_dies(machine, ++accesses);
		machine->left = 0;
		instance_begin(machine, false);
		assert_int_equal(function_master(&machine->list, behind(machine), true), died ? -EINVAL : 0); /* only a whole claim is one */
		assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
		assert_int_equal(behind(machine)->bar[4].base, FAKE_REGISTERS_BASE);
		assert_int_equal(behind(machine)->bar[1].base, FAKE_TABLE_BASE);
		assert_int_equal(device.interrupts, 2);
		free(machine);
	}
	assert_in_range(accesses, 200, 5000);
}

/* Where the BARs of the function behind the bridge are after a claim: where they were, or each at a free place in the bridge's window. */
static void bars_are_right(struct machine *machine, bool where_they_were)
{
	const struct pci_bar *table = &behind(machine)->bar[1], *registers = &behind(machine)->bar[4];

	assert_int_equal(fake_get(&machine->fake[3], 0x14, 4), table->base);
	assert_int_equal(fake_get(&machine->fake[3], 0x20, 4) | (uint64_t)fake_get(&machine->fake[3], 0x24, 4) << 32, registers->base | 0xc);
	assert_int_equal(table->bytes, 0x1000);
	assert_int_equal(registers->bytes, 0x4000);
	if (where_they_were) {
		assert_int_equal(registers->base, FAKE_REGISTERS_BASE);
		assert_int_equal(table->base, FAKE_TABLE_BASE);
		return;
	}
	assert_in_range(registers->base, 0xfe800000, 0xfe8fc000);
	assert_in_range(table->base, 0xfe800000, 0xfe8ff000);
	assert_true(registers->base + 0x4000 <= table->base || table->base + 0x1000 <= registers->base);
}

/* The next instance, with a state that is damaged at `offset`. Its driver resets, which must be refused or leave the BARs where the driver knows them; or claims. Returns whether the BARs are where they were. */
static bool damage_is_survived(struct machine *machine, size_t offset, unsigned bit, bool claim)
{
	struct pci_device device;
	int error;

	machine->left = 0;
	machine->state[offset] ^= (unsigned char)(1u << bit);
	instance_begin(machine, false);
	if (!claim) {
		error = function_reset(&machine->list, behind(machine), messages, 2);
		if (error == 0) {
			bars_are_right(machine, true);
			return true;
		}
		assert_int_equal(error, -EIO);
	}
	error = function_claim(&machine->list, behind(machine), messages, 2, &device);
	assert_int_equal(error, 0);
	assert_int_equal(function_master(&machine->list, behind(machine), true), 0);
	bars_are_right(machine, behind(machine)->bar[4].base == FAKE_REGISTERS_BASE);
	return behind(machine)->bar[4].base == FAKE_REGISTERS_BASE;
}

/* Of functions that are at work: their BARs are in their registers. */
static void any_damage_leaves_a_device_at_work_as_it_is(void **state)
{
	struct machine *machine = machine_make(), *damaged = aligned_alloc(PAGE_SIZE, sizeof(*machine));
	struct pci_device device;

	(void)state;
	assert_non_null(damaged);
	assert_int_equal(function_claim(&machine->list, behind(machine), messages, 2, &device), 0);
	assert_int_equal(function_master(&machine->list, behind(machine), true), 0);
	for (size_t offset = 0; offset < sizeof(machine->state); offset++) {
		memcpy(damaged, machine, sizeof(*machine));
		assert_true(damage_is_survived(damaged, offset, offset % 8, offset & 8));
	}
	free(damaged);
	free(machine);
}

/* And of one whose claim is under way, with its BARs reset or being sized: never those that only seem to be. */
static void damage_in_the_middle_of_a_claim_is_noticed(void **state)
{
	unsigned placed = 0;
	bool died = true;

	(void)state;
	for (unsigned accesses = 1; died; accesses++) {
		struct machine *machine = machine_make();
		size_t entry;

		memset(machine->state, 0, sizeof(machine->state));
		died = instance_dies(machine, accesses);
		entry = machine->memory_of_pci.entry ? (size_t)((unsigned char *)(machine->memory_of_pci.entry + 2) - machine->state) : PAGE_SIZE;
		placed += !damage_is_survived(machine, accesses % 16 ? entry + accesses % 24 : accesses % 64, accesses % 8, accesses & 1);
		free(machine);
	}
	assert_true(placed > 20);
}

static const struct suite_test tests[] = {
	{cmocka_unit_test(functions_are_found), "a scan finds all functions, writes nothing, and names lead to them"},
	{cmocka_unit_test(circles_of_bridges_end), "bridges that lead back are followed once"},
	{cmocka_unit_test(a_claim_resets_and_describes), "a claimed function is reset, has its BARs, and masters the bus only on demand"},
	{cmocka_unit_test(messages_are_written_masked), "MSI-X entries are written while masked, within their table and BAR"},
	{cmocka_unit_test(other_ways_of_reset), "without function-level reset there is the power state, else the driver is told"},
	{cmocka_unit_test(capabilities_end_with_the_space), "a capability that does not fit into configuration space is none"},
	{cmocka_unit_test(what_is_not_confirmed_is_an_error), "what a register does not confirm is an error"},
	{cmocka_unit_test(a_kill_at_any_access_loses_nothing), "pci killed at any of its accesses leaves a function that its next instance can claim as it was"},
	{cmocka_unit_test(any_damage_leaves_a_device_at_work_as_it_is), "a device at work keeps its BARs, whatever byte of pci's state is damaged"},
	{cmocka_unit_test(damage_in_the_middle_of_a_claim_is_noticed), "with the state damaged in the middle of a claim a device gets BARs that are free, or an error"},
	{cmocka_unit_test(bars_are_placed), "BARs without an address get one that is free"},
};

int main(void)
{
	return suite_run("pci", tests, sizeof(tests) / sizeof(tests[0]));
}
