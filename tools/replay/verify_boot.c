/* SPDX-License-Identifier: MIT */
/* Boot records: there is no decoder to ask, so their form is checked here. See verify_boot.h. */
#include "tools/replay/verify_boot.h"

#include <string.h>

#define PORT_LAST 0xffff
#define PHYSICAL_BITS 52 /* Intel SDM 3A, 4.1.4: MAXPHYADDR is at most 52 */

bool boot_writes(unsigned operation)
{
	return operation == COMMIT_GENESIS || operation == COMMIT_MODULE || operation == COMMIT_GRANT;
}

static bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* Takes [base, base + size) for one use. False when something else has a part of it. */
static bool range_take(struct boot_state *boot, paddr_t base, uint64_t size)
{
	for (unsigned i = 0; i < boot->ranges; i++)
		if (base < boot->range[i].base + boot->range[i].size && boot->range[i].base < base + size)
			return false;
	if (boot->ranges == RANGES_MAX)
		return false;
	boot->range[boot->ranges++] = (struct boot_range){base, size};
	return true;
}

static const char *genesis_check(struct boot_state *boot, const struct commit_record *record)
{
	uint64_t bits = record->argument[2];

	if (record->sequence != 1)
		return "only the first record can be genesis";
	if (bits < CNODE_BITS_MIN || bits > CNODE_BITS_MAX)
		return "a CNode cannot have so many slots";
	if (record->argument[0] % PAGE_SIZE || !arena_holds(record->argument[0], PAGE_SIZE))
		return "the core is no page of memory";
	if (record->argument[1] % PAGE_SIZE || !arena_holds(record->argument[1], CNODE_BYTES(bits)))
		return "init's CNode does not lie in memory";
	if (!is_power_of_two(record->argument[4]))
		return "the capacity of the ring is no power of two";
	if (record->argument[3] != KOZO_ABI_VERSION)
		return "these records are of another version of the interface";
	boot->cnode = record->argument[1];
	boot->slots = (uint64_t)1 << bits;
	if (!range_take(boot, record->argument[0] - DIRECT_MAP_BASE, PAGE_SIZE) ||
	    !range_take(boot, boot->cnode - DIRECT_MAP_BASE, CNODE_BYTES(bits)))
		return "the core lies in init's CNode";
	return NULL;
}

/* Argument 0 must be an empty slot of init's CNode. */
static const char *destination_check(const struct boot_state *boot, const struct commit_record *record)
{
	ref_t slot = record->argument[0];

	if (slot < boot->cnode || slot % SLOT_SIZE || (slot - boot->cnode) / SLOT_SIZE >= boot->slots)
		return "the slot is not one of init's CNode";
	if (!slot_is_empty(core_pointer(slot)))
		return "the slot is in use";
	return NULL;
}

static bool pages_plausible(paddr_t base, uint64_t size)
{
	uint64_t limit = (uint64_t)1 << PHYSICAL_BITS;

	return base % PAGE_SIZE == 0 && size % PAGE_SIZE == 0 && size && base < limit && size <= limit - base;
}

/* An Untyped, or a Region of memory that the kernel keeps. */
static const char *memory_check(struct boot_state *boot, const struct commit_record *record)
{
	paddr_t base = record->argument[2];
	uint64_t size = record->argument[3];
	bool device = record->flags & COMMIT_GRANT_DEVICE;

	if (!pages_plausible(base, size))
		return "there is no such memory";
	if (record->argument[1] == OBJECT_UNTYPED && !device && !arena_holds(DIRECT_MAP_BASE + base, size))
		return "the memory lies beyond what a replay can hold";
	return range_take(boot, base, size) ? NULL : "the memory has another use already";
}

static const char *grant_check(struct boot_state *boot, const struct commit_record *record)
{
	const uint64_t *argument = record->argument;
	bool memory = argument[1] == OBJECT_UNTYPED || argument[1] == OBJECT_REGION;

	if (argument[4] & ~(uint64_t)RIGHTS_ALL)
		return "there are no such rights";
	if (record->flags & ~COMMIT_GRANT_DEVICE || (record->flags && !memory))
		return "an unknown flag is set";
	if (memory)
		return memory_check(boot, record);
	if (argument[1] != OBJECT_IO_PORTS && argument[1] != OBJECT_IRQ_CONTROL && argument[1] != OBJECT_CPU_CONTROL &&
	    argument[1] != OBJECT_LOG_CONTROL)
		return "the kernel grants nothing of this type";
	if (argument[2] || argument[3] != (argument[1] == OBJECT_IO_PORTS ? (uint64_t)PORT_LAST << 16 : 0))
		return "a control has no object, and the I/O ports are all of them";
	return NULL;
}

const char *boot_record_check(struct boot_state *boot, const struct commit_record *record)
{
	const char *wrong;

	if (record->subject)
		return "only the kernel writes such a record, and only at boot";
	if (record->count || (record->flags && record->operation != COMMIT_GRANT))
		return "a field that this operation does not have is set";
	if (record->operation == COMMIT_GENESIS)
		return genesis_check(boot, record);
	if (record->operation == COMMIT_MODULE)
		return NULL;
	wrong = destination_check(boot, record);
	return wrong ? wrong : grant_check(boot, record);
}
