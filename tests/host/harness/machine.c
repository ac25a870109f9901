/* SPDX-License-Identifier: MIT */
/* The arena, the genesis and the hooks: see machine.h for what this machine is and is not. */
#include "tests/host/harness/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define CORE_PAGE   ((paddr_t)0x1000)
#define CALLER_PAGE ((paddr_t)0x2000)
#define RING_PAGE   ((paddr_t)0x3000)
#define DIRT	    0xa5

unsigned char *core_arena;
struct machine machine;

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "machine: %s\n", what);
	abort();
}

static uint64_t page_round(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static void *at(paddr_t address)
{
	return core_arena + address;
}

static void genesis_commit(const struct commit_record *record)
{
	must(commit(NULL, record) == OK, "no room for a record of the genesis");
}

static void arena_map(uint64_t size)
{
	core_arena = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(core_arena != MAP_FAILED, "no memory for the arena");
}

void machine_start(const struct machine_config *config)
{
	uint64_t ring = COMMIT_RING_HEADER +
		page_round(config->ring_capacity * sizeof(struct commit_record));

	if (core_arena && machine.config.memory != config->memory)
		machine_stop();
	if (!core_arena)
		arena_map(config->memory);
	machine = (struct machine){ .config = *config, .irq_lines = 24, .cnode = RING_PAGE + ring };
	machine.free = machine.cnode + page_round(CNODE_BYTES(config->cnode_bits));
	must(machine.free < config->memory, "the arena is too small");
	ASAN_UNPOISON_MEMORY_REGION(core_arena, config->memory);
	memset(core_arena, 0, machine.free);
	memset(at(machine.free), DIRT, config->memory - machine.free);
	core = at(CORE_PAGE);
	machine.caller = at(CALLER_PAGE);
	machine.caller->priority_max = PRIORITY_LEVELS - 1;
	commit_ring = at(RING_PAGE);
	commit_ring->head = 1;
	commit_ring->tail = 1;
	commit_ring->capacity = config->ring_capacity;
	commit_ring->reserve = config->ring_reserve;
	commit_ring->threshold = config->ring_capacity;
	genesis_commit(&(struct commit_record){
		.operation = COMMIT_GENESIS,
		.argument = { core_ref(core), DIRECT_MAP_BASE + machine.cnode, config->cnode_bits,
			KOZO_ABI_VERSION, config->ring_capacity },
	});
}

void machine_stop(void)
{
	if (!core_arena)
		return;
	ASAN_UNPOISON_MEMORY_REGION(core_arena, machine.config.memory);
	munmap(core_arena, machine.config.memory);
	core_arena = NULL;
}

struct slot *machine_slot(uint64_t index)
{
	return (struct slot *)at(machine.cnode) + index;
}

static void grant(uint64_t index, enum object_type type, uint64_t base, uint64_t size,
	uint64_t rights, uint16_t flags)
{
	genesis_commit(&(struct commit_record){ .operation = COMMIT_GRANT,
		.flags = flags,
		.argument = { core_ref(machine_slot(index)), type, base, size, rights } });
}

void machine_give_memory(uint64_t index, paddr_t base, uint64_t size, bool device)
{
	grant(index, OBJECT_UNTYPED, base, size, RIGHTS_ALL, device ? COMMIT_GRANT_DEVICE : 0);
	if (!device)
		machine_forget(base, size);
}

void machine_give_region(uint64_t index, paddr_t base, uint64_t size, uint8_t rights)
{
	grant(index, OBJECT_REGION, base, size, rights, 0);
}

void machine_give_control(uint64_t index, enum object_type type)
{
	grant(index, type, 0, type == OBJECT_IO_PORTS ? (uint64_t)0xffff << 16 : 0, RIGHTS_ALL, 0);
}

void machine_drain(void)
{
	commit_ring->tail = commit_ring->head;
}

void machine_forget(paddr_t base, uint64_t size)
{
	ASAN_POISON_MEMORY_REGION(at(base), size);
}

void machine_forget_reclaimed(const struct call *call, uint32_t label, enum error error)
{
	const struct slot *untyped = call->target;

	if (error == OK && label == UNTYPED_RECLAIM && untyped->type == OBJECT_UNTYPED &&
		!(untyped->flags & SLOT_DEVICE))
		machine_forget(untyped->object, untyped->size);
}

/* What goes through much memory is nothing for a fuzzer to learn from. */
#ifdef __clang__
#define UNWATCHED __attribute__((no_sanitize("coverage")))
#else
#define UNWATCHED
#endif

UNWATCHED bool machine_is_clear(paddr_t base, uint64_t size)
{
	const uint64_t *words = at(base);

	for (uint64_t i = 0; i < size / sizeof(*words); i++)
		if (words[i])
			return false;
	return true;
}

#ifdef __SANITIZE_ADDRESS__

UNWATCHED __attribute__((no_sanitize("address"))) void machine_save(
	unsigned char *to, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i += sizeof(uint64_t))
		*(uint64_t *)(to + i) = *(const uint64_t *)(core_arena + i);
}

UNWATCHED __attribute__((no_sanitize("address"))) bool machine_is_saved(
	const unsigned char *saved, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i += sizeof(uint64_t))
		if (*(const uint64_t *)(saved + i) != *(const uint64_t *)(core_arena + i))
			return false;
	return true;
}

#else

void machine_save(unsigned char *to, uint64_t bytes)
{
	memcpy(to, core_arena, bytes);
}

bool machine_is_saved(const unsigned char *saved, uint64_t bytes)
{
	return memcmp(saved, core_arena, bytes) == 0;
}

#endif

/* Hooks. */

void hook_object_created(enum object_type type, ref_t object, uint64_t bytes)
{
	paddr_t base = object - DIRECT_MAP_BASE;

	machine.created[type]++;
	if (type == OBJECT_UNTYPED || type == OBJECT_REGION || type == OBJECT_MAPPING)
		return;
	must((base & (bytes < PAGE_SIZE ? bytes - 1 : PAGE_SIZE - 1)) == 0,
		"an object is not aligned");
	must(machine_is_clear(base, bytes), "an object is made of memory that is not clear");
}

void hook_object_destroyed(enum object_type type, ref_t object)
{
	struct mapping_core *mapping = core_pointer(object);

	machine.destroyed[type]++;
	if (type == OBJECT_MAPPING) {
		must(mapping->next == 0 && mapping->prev == 0,
			"a Mapping is destroyed that is still linked");
		mapping->slot = 0;
	}
	if (type == OBJECT_VSPACE)
		machine.limbo += machine.limbo_per_vspace;
}

void hook_slot_changed(struct slot *slot)
{
	must(slot_place(slot) != PLACE_CNODE,
		"the slot of a CNode was reported as one of an object");
	machine.slots_changed++;
}

void hook_memory_donated(ref_t vspace, paddr_t base, uint64_t size)
{
	must(((struct vspace_core *)core_pointer(vspace))->donations != 0,
		"memory was donated that the VSpace does not list");
	must(machine_is_clear(base, size), "donated memory is not clear");
	machine.donated += size;
}

void hook_irq_changed(struct irq_core *irq, bool attached)
{
	must(irq->vector != 0, "an interrupt without a vector changed");
	*(attached ? &machine.irq_attached : &machine.irq_detached) += 1;
}

void hook_priority_changed(struct thread_core *thread)
{
	must(thread->priority < PRIORITY_LEVELS, "a Thread got a priority that there is not");
	machine.priorities_changed++;
}

bool hook_interrupt_pending(void)
{
	machine.questions++;
	return machine.questions == machine.pending_at ||
		(machine.pending_every && machine.questions % machine.pending_every == 0);
}

void hook_memory_clear(paddr_t base, uint64_t size)
{
	must(base >= machine.free && base + size <= machine.config.memory,
		"memory that is not there is cleared");
	ASAN_UNPOISON_MEMORY_REGION(at(base), size);
	memset(at(base), 0, size);
}

/* The n-th Mapping that fits into a donation; NULL beyond its end. */
static struct mapping_core *donation_mapping(const struct slot *donation, uint64_t n)
{
	uint64_t page = n / machine.config.mappings_per_page * PAGE_SIZE;

	return page < donation->size ? (struct mapping_core *)at(donation->base + page) +
			n % machine.config.mappings_per_page
				     : NULL;
}

/*
 * A Mapping of the VSpace that has this index (0: that is not in use), dying ones included; NULL
 * when there is none.
 */
static struct mapping_core *mapping_find(const struct vspace_core *vspace, uint16_t index)
{
	struct mapping_core *mapping;

	for (const struct slot *donation = core_pointer(vspace->donations); donation;
		donation = core_pointer(donation->next_donation))
		for (uint64_t n = 0; (mapping = donation_mapping(donation, n)) != NULL; n++)
			if (index ? mapping->slot && mapping->index == index : !mapping->slot)
				return mapping;
	return NULL;
}

ref_t hook_mapping_available(ref_t vspace, uint16_t *index)
{
	const struct vspace_core *space = core_pointer(vspace);

	*index = 1;
	while (mapping_find(space, *index))
		++*index;
	machine.mapping = core_ref(mapping_find(space, 0));
	machine.mapping_index = *index;
	return machine.mapping;
}

bool hook_limbo_step(void)
{
	if (machine.limbo)
		machine.limbo--;
	return machine.limbo == 0;
}

unsigned hook_irq_lines(void)
{
	return machine.irq_lines;
}

void hook_log_threshold(void)
{
	machine.thresholds++;
}

void hook_refused(enum error error, const char *sentence)
{
	must(error != OK && sentence && sentence[0],
		"a refusal without an error or without a sentence");
	machine.refusal = error;
	machine.refusals++;
}

/* The methods that are the machine's. */
#define MACHINE_METHOD(function)               \
	enum error function(struct call *call) \
	{                                      \
		call->results = 0;             \
		machine.reached = function;    \
		return OK;                     \
	}

MACHINE_METHOD(thread_exchange)
MACHINE_METHOD(thread_suspend)
MACHINE_METHOD(thread_resume)
MACHINE_METHOD(thread_inform)
MACHINE_METHOD(vspace_inform)
MACHINE_METHOD(mapping_batch)
MACHINE_METHOD(irq_acknowledge)
MACHINE_METHOD(ioports_access)
MACHINE_METHOD(cpu_halt)
