/* SPDX-License-Identifier: MIT */
/*
 * Makes the genesis: what exists when init starts.
 *
 * The core, the ring and init's CNode get memory of their own, all other memory is granted to init as Untypeds, and init's own objects are made of the largest one: at
 * the addresses where apply() will find them, since that places each object at the watermark. Their memory is cleared here. All of it is commit records that take effect
 * through the kernel's commit(), as every later change of authority does, so everything that exists is in the log. They are those that the methods would have written for a
 * caller in init's place, so an auditor can check them by the same rules. init's pages are mapped by the method that init itself would call.
 */
#include "boot/genesis.h"

#include "abi/boot.h"
#include "boot/memory.h"
#include "boot/x86.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/panic.h"
#include "kernel/schedule.h"

#ifndef COMMIT_RING_RECORDS
#define COMMIT_RING_RECORDS 8192
#endif
#define COMMIT_RING_RESERVE (COMMIT_RING_RECORDS / 8)
#define COMMIT_RING_THRESHOLD (COMMIT_RING_RECORDS / 4)
#define COMMIT_RING_BYTES (COMMIT_RING_HEADER + COMMIT_RING_RECORDS * sizeof(struct commit_record))
#define INIT_TABLE_PAGES 32
#define PAGES_ROUND_UP(bytes) (((bytes) + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1))

/* Not given away: IOAPICs, IOMMUs, local APICs and the MSI window (Intel SDM volume 3, 11.4.1; chipset data sheets agree on the rest). */
static const struct {
	paddr_t base, end;
} device_excluded[] = {
	{ 0xfec00000, 0xfed00000 },
	{ 0xfed90000, 0xfeda0000 },
	{ 0xfee00000, 0xfef00000 },
};

static struct boot_information information;
static struct thread *init;
static struct vspace *space; /* init's */
static ref_t slots;          /* init's CNode */
static struct {
	ref_t slot;
	paddr_t base;
	uint64_t size, watermark;
} untyped; /* the largest */

/* A slot of init's. */
static ref_t slot_of(unsigned index)
{
	return slots + index * SLOT_SIZE;
}

static void record_commit(struct commit_record record)
{
	if (commit(NULL, &record))
		halt("the memory map has too many entries");
}

/* A capability that is made from nothing, in a slot of init's. */
static void grant(unsigned slot, enum object_type type, uint64_t object, uint64_t size, unsigned rights, unsigned flags)
{
	record_commit((struct commit_record){
		.operation = COMMIT_GRANT, .flags = (uint16_t)flags, .argument = { slot_of(slot), type, object, size, rights },
	});
}

static void segment_check(const struct boot_package *package, const struct boot_segment *segment)
{
	uint64_t access = segment->rights & ~(uint64_t)MAP_READ;

	if ((segment->offset | segment->size | segment->address) % PAGE_SIZE || segment->size > package->size ||
	    segment->offset > package->size - segment->size)
		halt("the boot package is damaged: a segment lies outside it");
	if (!(segment->rights & MAP_READ) || (access && access != MAP_WRITE && access != MAP_EXECUTE))
		halt("the boot package is damaged: a segment has impossible rights");
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

		segment_check(package, segment);
		sum = boot_checksum(sum, (const uint8_t *)package + segment->offset, segment->size);
	}
	if (sum != package->checksum)
		halt("the boot package is damaged: its checksum is wrong");
	return package;
}

/* The empty system, and an empty ring. */
static void core_make(const struct boot_package *package)
{
	struct commit_record module = { .operation = COMMIT_MODULE, .argument[4] = package->size };

	core = paddr_pointer(boot_memory_take(1));
	slots = core_ref(paddr_pointer(boot_memory_take(CNODE_BYTES(INIT_CNODE_BITS) / PAGE_SIZE)));
	commit_ring = paddr_pointer(boot_memory_take(COMMIT_RING_BYTES / PAGE_SIZE));
	*commit_ring = (struct commit_ring){
		.head = 1, .tail = 1, .capacity = COMMIT_RING_RECORDS, .reserve = COMMIT_RING_RESERVE, .threshold = COMMIT_RING_THRESHOLD,
	};
	record_commit((struct commit_record){
		.operation = COMMIT_GENESIS,
		.argument = { core_ref(core), slots, INIT_CNODE_BITS, KOZO_ABI_VERSION, COMMIT_RING_RECORDS },
	});
	memory_copy(module.argument, package->sha256, sizeof(package->sha256));
	record_commit(module);
}

static void controls_grant(const struct boot_info *info, const struct boot_package *package)
{
	grant(INIT_SLOT_IRQ_CONTROL, OBJECT_IRQ_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_CPU_CONTROL, OBJECT_CPU_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_LOG_CONTROL, OBJECT_LOG_CONTROL, 0, 0, RIGHTS_ALL, 0);
	grant(INIT_SLOT_IO_PORTS, OBJECT_IO_PORTS, 0, (uint64_t)0xffff << 16, RIGHTS_ALL, 0);
	grant(INIT_SLOT_PACKAGE, OBJECT_REGION, info->module, PAGES_ROUND_UP(package->size), RIGHTS_ALL, 0);
	grant(INIT_SLOT_RING, OBJECT_REGION, core_ref(commit_ring) - DIRECT_MAP_BASE, COMMIT_RING_BYTES, RIGHT_READ, 0);
}

static void memory_give(paddr_t base, paddr_t end, enum boot_use use)
{
	if (base >= end || information.untyped_count == BOOT_UNTYPED_MAX)
		return;
	grant(INIT_SLOT_UNTYPED + information.untyped_count, OBJECT_UNTYPED, base, end - base, RIGHTS_ALL, use == BOOT_MEMORY ? 0 : COMMIT_GRANT_DEVICE);
	information.untyped[information.untyped_count++] = (struct boot_untyped){ base, end - base, use };
}

/* Ordinary memory. The loader's own comes to init, too, but nothing is made of it while the loader runs. */
static void ram_give(const struct memory_range *range)
{
	if (range->kind == MEMORY_RAM && range->end - range->base > untyped.size) {
		untyped.slot = slot_of(INIT_SLOT_UNTYPED + information.untyped_count);
		untyped.base = range->base;
		untyped.size = range->end - range->base;
	}
	memory_give(range->base, range->end, BOOT_MEMORY);
}

/* What is no ordinary memory, without what is excluded. */
static void device_give(paddr_t base, paddr_t end, enum boot_use use)
{
	for (unsigned i = 0; i < sizeof(device_excluded) / sizeof(device_excluded[0]); i++) {
		if (base >= device_excluded[i].end || end <= device_excluded[i].base)
			continue;
		memory_give(base, device_excluded[i].base, use);
		base = device_excluded[i].end;
	}
	memory_give(base, end, use);
}

static void memory_give_all(void)
{
	struct memory_range range = { 0 };
	paddr_t at = 0, limit = (paddr_t)1 << (cpuid_read(LEAF_ADDRESS_SIZES, 0).eax & 0xff);

	while (boot_memory_next(&range))
		if (range.kind == MEMORY_RAM || range.kind == MEMORY_LOADER)
			ram_give(&range);
	for (range = (struct memory_range){ 0 }; boot_memory_next(&range);) {
		device_give(at, range.base, BOOT_DEVICE);
		if (range.kind == MEMORY_RESERVED)
			device_give(range.base, range.end < limit ? range.end : limit, BOOT_FIRMWARE);
		at = range.end;
	}
	device_give(at, limit, BOOT_DEVICE);
}

/* Clear memory for objects: all are of whole pages, so each begins at the watermark. */
static paddr_t untyped_take(uint64_t bytes)
{
	paddr_t base = untyped.base + untyped.watermark;

	if (bytes > untyped.size - untyped.watermark)
		halt("there is not enough memory to boot");
	untyped.watermark += bytes;
	memory_zero(paddr_pointer(base), bytes);
	return base;
}

/* One object of the type. */
static void *retype(unsigned slot, enum object_type type, uint64_t bytes)
{
	paddr_t base = untyped_take(bytes);

	record_commit((struct commit_record){
		.operation = COMMIT_RETYPE, .count = 1, .argument = { untyped.slot, slot_of(slot), type, bytes, untyped.watermark },
	});
	return paddr_pointer(base);
}

static void tables_donate(void)
{
	untyped_take(INIT_TABLE_PAGES * PAGE_SIZE);
	record_commit((struct commit_record){
		.operation = COMMIT_DONATE,
		.argument = { untyped.slot, slot_of(INIT_SLOT_TABLES), core_ref(space), INIT_TABLE_PAGES * PAGE_SIZE, untyped.watermark },
	});
}

/* What a slot of init's Thread refers to. */
static void thread_bind(enum thread_slot which, unsigned slot)
{
	record_commit((struct commit_record){
		.operation = COMMIT_COPY, .argument = { slot_of(slot), core_ref(&init->core.slot[which]), RIGHTS_ALL },
	});
}

/* init's Thread and address space; returns where the boot information goes. */
static struct boot_information *objects_make(void)
{
	struct boot_information *page;

	init = retype(INIT_SLOT_THREAD, OBJECT_THREAD, 4096);
	space = retype(INIT_SLOT_VSPACE, OBJECT_VSPACE, 8192);
	page = retype(INIT_SLOT_INFORMATION, OBJECT_REGION, PAGE_SIZE);
	retype(INIT_SLOT_MESSAGE, OBJECT_REGION, PAGE_SIZE);
	tables_donate();
	thread_bind(THREAD_CNODE, INIT_SLOT_CNODE);
	thread_bind(THREAD_VSPACE, INIT_SLOT_VSPACE);
	thread_bind(THREAD_MESSAGE, INIT_SLOT_MESSAGE);
	record_commit((struct commit_record){ .operation = COMMIT_PRIORITY, .argument = { core_ref(init), INIT_PRIORITY, INIT_PRIORITY } });
	return page;
}

/* MAPPING.MAP of the entries in init's message page, as if init called it. */
static void batch_map(unsigned slot, uint64_t count)
{
	struct call call = { .caller = &init->core, .target = core_pointer(slot_of(slot)), .words = &count };
	enum error error = method_invoke(&call, MAPPING_MAP, 0);

	for (call.restarted = true; error == ERR_RESTART;)
		error = method_invoke(&call, MAPPING_MAP, 0);
	if (error)
		halt("the boot package is damaged: its segments cannot be mapped");
}

/* Attach a Region to init's VSpace and map its pages, from the first on, at an address. */
static void space_map(unsigned slot, unsigned region, vaddr_t address, uint64_t pages, uint64_t rights)
{
	struct map_entry *entries = (struct map_entry *)thread_page(init);
	uint16_t index;
	ref_t mapping = hook_mapping_available(core_ref(space), &index);

	if (!mapping)
		halt("init's table memory is too small");
	record_commit((struct commit_record){
		.operation = COMMIT_ATTACH, .count = index, .argument = { slot_of(region), slot_of(slot), core_ref(space), mapping, rights },
	});
	for (uint64_t page = 0, count = 0; page < pages; page++) {
		entries[count++] = (struct map_entry){ (address + (page << PAGE_BITS)) | rights, page };
		if (count < MAP_BATCH_MAX && page + 1 < pages)
			continue;
		batch_map(slot, count);
		count = 0;
	}
	memory_zero(entries, MAP_BATCH_MAX * sizeof(*entries));
}

/* init's address space: the segments of its image where they lie in the boot package, the boot information, a message page. */
static void space_make(const struct boot_package *package, paddr_t module)
{
	unsigned slot = INIT_SLOT_IMAGE;

	for (unsigned i = 0; i < package->segment_count; i++, slot += 2) {
		const struct boot_segment *segment = &package->segment[i];

		record_commit((struct commit_record){
			.operation = COMMIT_COPY, .flags = COMMIT_COPY_RANGE,
			.argument = { slot_of(INIT_SLOT_PACKAGE), slot_of(slot + 1), segment->rights, module + segment->offset, segment->size },
		});
		space_map(slot, slot + 1, segment->address, segment->size >> PAGE_BITS, segment->rights);
	}
	space_map(INIT_SLOT_INFORMATION_MAPPING, INIT_SLOT_INFORMATION, INIT_INFORMATION_ADDRESS, 1, MAP_READ);
	space_map(INIT_SLOT_MESSAGE_MAPPING, INIT_SLOT_MESSAGE, INIT_MESSAGE_ADDRESS, 1, MAP_READ | MAP_WRITE);
}

static void information_fill(struct boot_information *page, const struct boot_info *info, const struct boot_package *package, uint64_t start)
{
	struct boot_information *out = &information;

	out->abi_version = KOZO_ABI_VERSION;
	out->package_size = package->size;
	out->ring_size = COMMIT_RING_BYTES;
	out->clock_mult = clock_scale.mult;
	out->clock_shift = clock_scale.shift;
	out->clock_base = clock_scale.base;
	out->tsc_hz = clock_scale.tsc_hz;
	out->rsdp = info->rsdp;
	memory_copy_bytes(out->rsdp_copy, info->rsdp_copy, sizeof(info->rsdp_copy));
	out->framebuffer = info->framebuffer.address;
	out->framebuffer_pitch = info->framebuffer.pitch;
	out->framebuffer_width = info->framebuffer.width;
	out->framebuffer_height = info->framebuffer.height;
	out->framebuffer_bits = info->framebuffer.bits;
	out->boot_instructions = start;
	memory_copy_bytes(out->command_line, info->command_line, sizeof(out->command_line));
	memory_copy_bytes(page, out, sizeof(*out));
}

void genesis_make(const struct boot_info *info, uint64_t start)
{
	const struct boot_package *package = package_check(info);
	struct boot_information *page;

	core_make(package);
	controls_grant(info, package);
	memory_give_all();
	page = objects_make();
	space_make(package, info->module);
	information_fill(page, info, package, start);
	init->frame.rip = package->entry;
	init->frame.rdi = INIT_INFORMATION_ADDRESS;
	init->gs_base = INIT_THREAD_ADDRESS;
	thread_start(init, STOPPED_SUSPENDED);
}
