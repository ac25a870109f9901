/* SPDX-License-Identifier: MIT */
/*
 * The beginning: from what the loader told to init's first instruction.
 *
 * The kernel takes its own memory (core, ring, init's CNode), gives all other memory away as Untypeds, and makes init out of them with the same decoders that user space
 * uses later, so that everything that exists is in the log. After this, boot.c's code never runs again.
 */
#include "abi/boot.h"

#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/console.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/arch/x86_64/vspace.h"
#include "kernel/interrupt.h"
#include "kernel/panic.h"
#include "kernel/schedule.h"

#ifndef COMMIT_RING_RECORDS
#define COMMIT_RING_RECORDS 8192
#endif
#define COMMIT_RING_BYTES (COMMIT_RING_HEADER + COMMIT_RING_RECORDS * sizeof(struct commit_record))
#define COMMIT_RING_RESERVE (COMMIT_RING_RECORDS / 8)
#define INIT_TABLE_PAGES 32

struct cpu cpus[CPU_MAX];
static struct slot *init_slots;

/* Not given away: IOAPICs, IOMMUs, local APICs and the MSI window (Intel SDM volume 3, 11.4.1; chipset data sheets agree on the rest). */
static const struct {
	paddr_t base, end;
} device_excluded[] = {
	{ 0xfec00000, 0xfed00000 },
	{ 0xfed90000, 0xfeda0000 },
	{ 0xfee00000, 0xfef00000 },
};

static void genesis_commit(struct commit_record record)
{
	PANIC_UNLESS(commit(NULL, &record) == OK, "the ring holds the genesis");
}

/* Put a capability that was made from nothing into a slot of init's. */
static void grant(unsigned slot, enum object_type type, ref_t object, uint64_t size, unsigned rights, unsigned flags)
{
	genesis_commit((struct commit_record){
		.operation = COMMIT_GRANT, .flags = (uint16_t)flags, .argument = { core_ref(&init_slots[slot]), type, object, size, rights },
	});
}

/* One line and a halt unless the boot package is whole. */
static const struct boot_package *package_check(const struct boot_info *info)
{
	const struct boot_package *package = paddr_pointer(info->module);
	struct boot_package header;
	uint64_t sum;

	if (info->module_size < PAGE_SIZE || package->magic != BOOT_PACKAGE_MAGIC || package->version != BOOT_PACKAGE_VERSION)
		halt("the boot module is no boot package of this version: make it with tools/mkboot");
	if (package->size > info->module_size || package->segment_count > BOOT_SEGMENTS_MAX || package->blob_count > BOOT_BLOBS_MAX)
		halt("the boot package is truncated");
	memory_copy(&header, package, sizeof(header));
	header.checksum = 0;
	sum = boot_checksum(BOOT_CHECKSUM_START, &header, sizeof(header));
	for (unsigned i = 0; i < package->segment_count; i++) {
		const struct boot_segment *segment = &package->segment[i];

		if ((segment->offset | segment->size | segment->address) % PAGE_SIZE || segment->size > package->size ||
		    segment->offset > package->size - segment->size)
			halt("the boot package is damaged: a segment lies outside it");
		sum = boot_checksum(sum, (const uint8_t *)package + segment->offset, segment->size);
	}
	if (sum != package->checksum)
		halt("the boot package is damaged: its checksum is wrong");
	return package;
}

static void core_make(const struct boot_package *package)
{
	struct commit_record module = { .operation = COMMIT_MODULE, .argument[4] = package->size };

	core = paddr_pointer(boot_memory_take(1));
	init_slots = paddr_pointer(boot_memory_take(CNODE_BYTES(INIT_CNODE_BITS) / PAGE_SIZE));
	commit_ring = paddr_pointer(boot_memory_take(COMMIT_RING_BYTES / PAGE_SIZE));
	commit_ring->head = 1;
	commit_ring->tail = 1;
	commit_ring->capacity = COMMIT_RING_RECORDS;
	genesis_commit((struct commit_record){
		.operation = COMMIT_GENESIS,
		.argument = { core_ref(core), core_ref(init_slots), INIT_CNODE_BITS, KOZO_ABI_VERSION, COMMIT_RING_RECORDS },
	});
	memory_copy(module.argument, package->sha256, sizeof(package->sha256));
	genesis_commit(module);
}

static void memory_give(struct boot_information *out, paddr_t base, paddr_t end, bool device)
{
	if (base >= end || out->untyped_count == BOOT_UNTYPED_MAX)
		return;
	grant(INIT_SLOT_UNTYPED + out->untyped_count, OBJECT_UNTYPED, base, end - base, RIGHTS_ALL, device ? COMMIT_GRANT_DEVICE : 0);
	out->untyped[out->untyped_count++] = (struct boot_untyped){ base, end - base, device };
}

/* What lies between two ranges of memory: devices, without what is excluded. */
static void device_give(struct boot_information *out, paddr_t base, paddr_t end)
{
	for (unsigned i = 0; i < sizeof(device_excluded) / sizeof(device_excluded[0]); i++) {
		if (base >= device_excluded[i].end || end <= device_excluded[i].base)
			continue;
		memory_give(out, base, device_excluded[i].base, true);
		base = device_excluded[i].end;
	}
	memory_give(out, base, end, true);
}

static void memory_give_all(struct boot_information *out)
{
	struct memory_range range = { 0 };
	paddr_t at = 0;

	while (boot_memory_next(&range))
		if (range.kind == MEMORY_RAM)
			memory_give(out, range.base, range.end, false);
	for (range = (struct memory_range){ 0 }; boot_memory_next(&range);) {
		if (range.kind == MEMORY_RESERVED)
			continue;
		device_give(out, at, range.base);
		at = range.end;
	}
	device_give(out, at, (paddr_t)1 << machine_physical_bits());
}

/* Call a method as user space would. It may stop for interrupts, which nobody handles yet. */
static void invoke(unsigned label, struct slot *target, struct slot *cap0, struct slot *cap1, const uint64_t words[8])
{
	struct call call = { .target = target, .words = words, .cap = { cap0, cap1 } };
	enum error error;

	do
		error = method_invoke(&call, label, (cap0 != NULL) + (cap1 != NULL));
	while (error == ERR_RESTART);
	PANIC_UNLESS(error == OK, "the genesis breaks no rule");
}
#define WORDS(...) ((const uint64_t[8]){ __VA_ARGS__ })

static struct slot *untyped_largest(const struct boot_information *out)
{
	unsigned best = 0;

	for (unsigned i = 1; i < out->untyped_count; i++)
		if (!out->untyped[i].device && (out->untyped[i].size > out->untyped[best].size))
			best = i;
	return &init_slots[INIT_SLOT_UNTYPED + best];
}

/* Attach part of a Region to init's VSpace and map it at an address. */
static void space_map(unsigned slot, unsigned region, vaddr_t address, uint64_t pages, unsigned rights)
{
	invoke(VSPACE_ATTACH_REGION, &init_slots[INIT_SLOT_VSPACE], &init_slots[region], &init_slots[INIT_SLOT_CNODE], WORDS(slot, rights));
	vspace_map_whole(core_pointer(init_slots[slot].object), address, pages, rights);
}

/* init's address space: the segments of its image where they lie in the boot package, the boot information, a message page. */
static void space_make(const struct boot_package *package)
{
	struct slot *cnode = &init_slots[INIT_SLOT_CNODE];
	unsigned slot = INIT_SLOT_IMAGE;

	for (unsigned i = 0; i < package->segment_count; i++, slot += 2) {
		const struct boot_segment *segment = &package->segment[i];
		uint64_t range = segment->offset >> PAGE_BITS | segment->size >> PAGE_BITS << 32;

		invoke(CNODE_MINT, cnode, cnode, NULL, WORDS(slot + 1, INIT_SLOT_PACKAGE, segment->rights, range));
		space_map(slot, slot + 1, segment->address, segment->size >> PAGE_BITS, (unsigned)segment->rights);
	}
	space_map(INIT_SLOT_INFORMATION_MAPPING, INIT_SLOT_INFORMATION, INIT_INFORMATION_ADDRESS, 1, MAP_READ);
	space_map(INIT_SLOT_MESSAGE_MAPPING, INIT_SLOT_MESSAGE, INIT_MESSAGE_ADDRESS, 1, MAP_READ | MAP_WRITE);
}

static void objects_make(struct slot *untyped)
{
	struct slot *cnode = &init_slots[INIT_SLOT_CNODE], *thread = &init_slots[INIT_SLOT_THREAD];

	invoke(UNTYPED_RETYPE, untyped, cnode, NULL, WORDS(OBJECT_THREAD, 0, INIT_SLOT_THREAD, 1));
	invoke(UNTYPED_RETYPE, untyped, cnode, NULL, WORDS(OBJECT_VSPACE, 0, INIT_SLOT_VSPACE, 1));
	invoke(UNTYPED_RETYPE, untyped, cnode, NULL, WORDS(OBJECT_REGION, PAGE_SIZE, INIT_SLOT_INFORMATION, 1));
	invoke(UNTYPED_RETYPE, untyped, cnode, NULL, WORDS(OBJECT_REGION, PAGE_SIZE, INIT_SLOT_MESSAGE, 1));
	invoke(VSPACE_DONATE, &init_slots[INIT_SLOT_VSPACE], untyped, cnode, WORDS(INIT_SLOT_TABLES, INIT_TABLE_PAGES));
	invoke(THREAD_BIND, thread, cnode, NULL, WORDS(THREAD_CNODE));
	invoke(THREAD_BIND, thread, &init_slots[INIT_SLOT_VSPACE], NULL, WORDS(THREAD_VSPACE));
	invoke(THREAD_BIND, thread, &init_slots[INIT_SLOT_MESSAGE], NULL, WORDS(THREAD_MESSAGE));
	invoke(LOG_CONTROL_RESERVE, &init_slots[INIT_SLOT_LOG_CONTROL], thread, NULL, WORDS(1));
	genesis_commit((struct commit_record){ .operation = COMMIT_PRIORITY, .argument = { thread->object, INIT_PRIORITY, INIT_PRIORITY } });
}

static void information_fill(struct boot_information *out, const struct boot_info *info, const struct boot_package *package)
{
	out->abi_version = KOZO_ABI_VERSION;
	out->package_size = package->size;
	out->ring_size = init_slots[INIT_SLOT_RING].size;
	out->clock_mult = clock_scale.mult;
	out->clock_shift = clock_scale.shift;
	out->clock_base = clock_scale.base;
	out->tsc_hz = clock_scale.tsc_hz;
	out->rsdp = info->rsdp;
	memory_copy(out->rsdp_copy, info->rsdp_copy, sizeof(info->rsdp_copy));
	out->framebuffer = info->framebuffer.address;
	out->framebuffer_pitch = info->framebuffer.pitch;
	out->framebuffer_width = info->framebuffer.width;
	out->framebuffer_height = info->framebuffer.height;
	out->framebuffer_bits = info->framebuffer.bits;
	out->boot_instructions = machine_boot_tsc;
	memory_copy(out->command_line, info->command_line, sizeof(out->command_line));
	memory_copy(paddr_pointer(init_slots[INIT_SLOT_INFORMATION].object), out, sizeof(*out));
}

static void cpu_make(void)
{
	struct cpu *cpu = &cpus[0];

	cpu->self = cpu;
	cpu->machine = &cpu_machine[0];
	cpu->stack = (uint64_t)(cpu_stacks + CPU_STACKS);
	cpu->root = image_paddr(kernel_root);
	cpu->current = &cpu->idle;
	cpu->idle.state = THREAD_FAULTED;
	cpu->fpu_trapped = true;
	fpu_trap_set(true);
	msr_write(MSR_GS_BASE, (uint64_t)cpu);
}

_Noreturn void kernel_main(const struct boot_info *info)
{
	static struct boot_information information;
	const struct boot_package *package = package_check(info);
	struct thread *init;

	cpu_make();
	core_make(package);
	grant(INIT_SLOT_IRQ_CONTROL, OBJECT_IRQ_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_CPU_CONTROL, OBJECT_CPU_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_LOG_CONTROL, OBJECT_LOG_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_IO_PORTS, OBJECT_IO_PORTS, 0, (uint64_t)0xffff << 16, RIGHTS_ALL, 0);
	grant(INIT_SLOT_PACKAGE, OBJECT_REGION, info->module, (package->size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1), RIGHTS_ALL, 0);
	grant(INIT_SLOT_RING, OBJECT_REGION, core_ref(commit_ring) - DIRECT_MAP_BASE, COMMIT_RING_BYTES, RIGHT_READ, 0);
	memory_give_all(&information);
	objects_make(untyped_largest(&information));
	space_make(package);
	information_fill(&information, info, package);
	init = core_pointer(init_slots[INIT_SLOT_THREAD].object);
	init->frame.rip = package->entry;
	init->frame.rdi = INIT_INFORMATION_ADDRESS;
	init->gs_base = INIT_THREAD_ADDRESS;
	init->stopped = 0;
	commit_ring->reserve = COMMIT_RING_RESERVE;
	thread_ready(init);
	schedule();
	thread_resume_current();
}
