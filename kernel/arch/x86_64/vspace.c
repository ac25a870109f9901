/* SPDX-License-Identifier: MIT */
/*
 * Page tables of user address spaces, and the batches that change them. See vspace.h for how tables, counts and Mappings hang together.
 *
 * Paging as in the Intel SDM, volume 3, chapter 4.5 (four levels). Bits 9-11 and 52-62 of an entry are the software's (protection keys are off): leaf entries keep
 * the Mapping's index there, entries that point to a table the number of that table's live entries.
 *
 * A batch works through its entries one by one; each is copied once, checked, and then acted upon, so a refused one has changed nothing.
 */
#include "kernel/arch/x86_64/vspace.h"

#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"

#define COUNT_ONE ((uint64_t)1 << 52)
#define COUNT_MASK ((uint64_t)0x3ff << 52)
#define INDEX_LOW(index) (((uint64_t)(index) & 7) << 9)
#define INDEX_HIGH(index) ((uint64_t)(index) >> 3 << 52)
#define INDEX_BITS(index) (INDEX_LOW(index) | INDEX_HIGH(index))
#define INDEX_MASK INDEX_BITS(0x3fff)
#define TABLE_BITS (PTE_PRESENT | PTE_WRITE | PTE_USER)
#define SCAN_MAX 512       /* entries that one step of clearing a Mapping looks at */
#define POLL_ENTRIES 32    /* batch entries between looks for a pending interrupt */

static unsigned level_shift(unsigned level)
{
	return PAGE_BITS + 9 * (level - 1);
}

static unsigned table_index(vaddr_t address, unsigned level)
{
	return address >> level_shift(level) & (PAGE_TABLE_ENTRIES - 1);
}

static uint64_t *table_of(uint64_t entry)
{
	return paddr_pointer(entry & PTE_ADDRESS);
}

static uint64_t *root_of(struct vspace *vspace)
{
	return (uint64_t *)((unsigned char *)vspace + PAGE_SIZE);
}

void vspace_initialise(struct vspace *vspace)
{
	for (unsigned i = PAGE_TABLE_ENTRIES / 2; i < PAGE_TABLE_ENTRIES; i++)
		root_of(vspace)[i] = kernel_root[i];
}

void vspace_donation_add(struct vspace *vspace, paddr_t base, uint64_t size)
{
	uint64_t *header = paddr_pointer(base);

	header[0] = vspace->donated;
	header[1] = size;
	vspace->donated = base;
	vspace->pages_free += size >> PAGE_BITS;
}

/* A zeroed page from the pool; NULL when it is empty. */
static uint64_t *page_take(struct vspace *vspace)
{
	uint64_t *page = vspace->free;

	if (!vspace->pages_free)
		return NULL;
	vspace->pages_free--;
	if (page) {
		vspace->free = (uint64_t *)page[0];
		page[0] = 0;
		return page;
	}
	if (vspace->fresh == vspace->fresh_end) {
		uint64_t *header = paddr_pointer(vspace->donated);

		vspace->fresh = vspace->donated;
		vspace->fresh_end = vspace->fresh + header[1];
		vspace->donated = header[0];
		header[0] = 0;
		header[1] = 0;
	}
	page = paddr_pointer(vspace->fresh);
	vspace->fresh += PAGE_SIZE;
	return page;
}

static void page_return(struct vspace *vspace, uint64_t *page)
{
	page[0] = (uint64_t)vspace->free;
	vspace->free = page;
	vspace->pages_free++;
}

/* Refill the free Mapping objects from a page of the pool. */
static bool mappings_refill(struct vspace *vspace)
{
	struct mapping_core *mapping;
	uint64_t *page;

	if (vspace->mapping_pages == VSPACE_MAPPING_PAGES)
		return false;
	page = page_take(vspace);
	if (!page)
		return false;
	mapping = (struct mapping_core *)page;
	for (unsigned i = 0; i < MAPPINGS_PER_PAGE; i++) {
		mapping[i].vspace = core_ref(vspace);
		mapping[i].index = (uint16_t)(vspace->mapping_pages * MAPPINGS_PER_PAGE + i + 1);
		mapping[i].next = i + 1 < MAPPINGS_PER_PAGE ? core_ref(&mapping[i + 1]) : 0;
	}
	vspace->mapping_pages++;
	vspace->unused = mapping;
	return true;
}

struct mapping_core *vspace_mapping_next(struct vspace *vspace, uint16_t *index)
{
	if (!vspace->unused && !mappings_refill(vspace))
		return NULL;
	*index = vspace->unused->index;
	return vspace->unused;
}

void vspace_mapping_take(struct vspace *vspace)
{
	vspace->unused = core_pointer(vspace->unused->next);
	vspace->mappings++;
}

/* The entries that lead to an address: path[level] is the entry in the table of that level (4 is the top). */
struct walk {
	uint64_t *path[5];
};

/* Follow the tables down to `bottom`; false when one is missing above it (or a large page is in the way). */
static bool walk_find(struct vspace *vspace, struct walk *walk, vaddr_t address, unsigned bottom)
{
	uint64_t *table = root_of(vspace);

	for (unsigned level = 4;; level--) {
		walk->path[level] = &table[table_index(address, level)];
		if (level == bottom)
			return true;
		if (!(*walk->path[level] & PTE_PRESENT) || *walk->path[level] & PTE_LARGE)
			return false;
		table = table_of(*walk->path[level]);
	}
}

/* Return tables that have become empty, from the one that holds path[level] upward. */
static void walk_release(struct vspace *vspace, struct walk *walk, unsigned level)
{
	for (level++; level <= 4 && (*walk->path[level] & COUNT_MASK) == 0; level++) {
		page_return(vspace, table_of(*walk->path[level]));
		vspace->tables--;
		*walk->path[level] = 0;
		if (level < 4)
			*walk->path[level + 1] -= COUNT_ONE;
	}
}

/* As walk_find(), and make the missing tables. Nothing has changed when it fails. */
static enum error walk_make(struct vspace *vspace, struct walk *walk, vaddr_t address, unsigned bottom)
{
	uint64_t *table = root_of(vspace);

	for (unsigned level = 4;; level--) {
		uint64_t *entry = &table[table_index(address, level)];

		walk->path[level] = entry;
		if (level == bottom)
			return OK;
		if (*entry & PTE_LARGE)
			return refuse(ERR_MAPPED, "a large page is mapped there");
		if (!(*entry & PTE_PRESENT)) {
			uint64_t *page = page_take(vspace);

			if (!page) {
				if (level < 4)
					walk_release(vspace, walk, level);
				return refuse(ERR_NOMEM, "the VSpace has no table memory left");
			}
			*entry = ((uint64_t)page - DIRECT_MAP_BASE) | TABLE_BITS;
			vspace->tables++;
			if (level < 4)
				*walk->path[level + 1] += COUNT_ONE;
		}
		table = table_of(*entry);
	}
}

static void page_flush(const struct vspace *vspace, vaddr_t address)
{
	if (this_cpu()->root == vspace_root(core_ref(vspace)))
		__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static void space_flush(const struct vspace *vspace)
{
	if (this_cpu()->root == vspace_root(core_ref(vspace)))
		cr3_write(this_cpu()->root);
}

/* One batch while it is worked on. */
struct batch {
	struct vspace *vspace;
	struct mapping_core *mapping;
	uint64_t bits;     /* of every leaf entry: present, user, index, caching */
	uint8_t rights;    /* that may be given */
	vaddr_t near;      /* the 2 MiB whose table was used last, + 1 */
	struct walk walk;  /* ... and the way to it */
};

static const uint64_t access_bits[8] = {
	[MAP_READ] = PTE_NX,
	[MAP_READ | MAP_WRITE] = PTE_NX | PTE_WRITE,
	[MAP_READ | MAP_EXECUTE] = PTE_USER, /* nothing beyond what all have; not 0, which marks a refused combination */
};

/* Access bits for what an entry asks; 0 when it is refused. */
static inline uint64_t access_of(const struct batch *batch, uint64_t address)
{
	return address & (uint64_t)(~batch->rights & 7) ? 0 : access_bits[address & 7];
}

/* The level-1 table entry of an address, making tables when they are missing. */
static inline enum error entry_make(struct batch *batch, vaddr_t address)
{
	if (__builtin_expect(address >> LARGE_PAGE_BITS == batch->near, 1)) {
		uint64_t *table = (uint64_t *)((uint64_t)batch->walk.path[1] & ~(uint64_t)(PAGE_SIZE - 1));

		batch->walk.path[1] = &table[table_index(address, 1)];
		return OK;
	}
	batch->near = address >> LARGE_PAGE_BITS;
	return walk_make(batch->vspace, &batch->walk, address, 1);
}

/* A large page. */
static enum error map_large(struct batch *batch, uint64_t address, uint64_t page)
{
	const struct mapping_core *mapping = batch->mapping;
	uint64_t access = access_of(batch, address), physical = mapping->base + (page << PAGE_BITS);
	struct walk walk;
	enum error error;

	address &= ~(uint64_t)(PAGE_SIZE - 1);
	if (!access || address >= USER_TOP || (address | physical) & (LARGE_PAGE_SIZE - 1))
		return refuse(ERR_ARGUMENT, "rights, address or alignment of a large page are wrong");
	if (page + PAGE_TABLE_ENTRIES > mapping->pages || page > mapping->pages)
		return refuse(ERR_ARGUMENT, "the large page lies beyond the Region");
	error = walk_make(batch->vspace, &walk, address, 2);
	if (error)
		return error;
	if (*walk.path[2])
		return refuse(ERR_MAPPED, "there is a page or a table at this address");
	*walk.path[2] = physical | batch->bits | access | PTE_LARGE;
	*walk.path[3] += COUNT_ONE;
	batch->mapping->live++;
	return OK;
}

static inline enum error map_entry(struct batch *batch, uint64_t address, uint64_t page)
{
	uint64_t access, *entry;
	enum error error;

	if (__builtin_expect((address & (PAGE_SIZE - 1)) > 7, 0))
		return (address & (PAGE_SIZE - 1)) >> 3 == 1 ? map_large(batch, address, page) : refuse(ERR_ARGUMENT, "unknown flags");
	access = access_of(batch, address);
	if (!access || page >= batch->mapping->pages || address >= USER_TOP)
		return refuse(ERR_ARGUMENT, "rights, address or page are outside what the Mapping allows");
	error = entry_make(batch, address);
	if (error) {
		batch->near = UINT64_MAX;
		return error;
	}
	entry = batch->walk.path[1];
	if (*entry)
		return refuse(ERR_MAPPED, "there is a page at this address");
	*entry = (batch->mapping->base + (page << PAGE_BITS)) | batch->bits | access;
	*batch->walk.path[2] += COUNT_ONE;
	batch->mapping->live++;
	return OK;
}

/* The leaf entry of this Mapping at an address, and its level. */
static enum error leaf_find(struct batch *batch, struct walk *walk, uint64_t address, unsigned *level)
{
	*level = address & MAP_LARGE ? 2 : 1;
	if (address >= USER_TOP || address & (PAGE_SIZE - 1) & ~(uint64_t)(MAP_LARGE | 7))
		return refuse(ERR_ARGUMENT, "the address is outside user space or has unknown flags");
	if (!walk_find(batch->vspace, walk, address, *level) || (*walk->path[*level] & INDEX_MASK) != INDEX_BITS(batch->mapping->index) ||
	    !(*walk->path[*level] & PTE_PRESENT) || (*level == 2 && !(*walk->path[2] & PTE_LARGE)))
		return refuse(ERR_NOTMAPPED, "no page of this Mapping is at this address");
	return OK;
}

static enum error protect_entry(struct batch *batch, uint64_t address, uint64_t page)
{
	uint64_t access = access_of(batch, address), *leaf;
	struct walk walk;
	unsigned level;
	enum error error = leaf_find(batch, &walk, address, &level);

	(void)page;
	if (error)
		return error;
	if (!access)
		return refuse(ERR_ARGUMENT, "the Mapping does not allow these rights");
	leaf = walk.path[level];
	*leaf = (*leaf & ~(PTE_WRITE | PTE_NX)) | access;
	page_flush(batch->vspace, address);
	return OK;
}

static enum error unmap_entry(struct batch *batch, uint64_t address, uint64_t page)
{
	struct walk walk;
	unsigned level;
	enum error error = leaf_find(batch, &walk, address, &level);

	(void)page;
	if (error)
		return error;
	*walk.path[level] = 0;
	*walk.path[level + 1] -= COUNT_ONE;
	batch->mapping->live--;
	page_flush(batch->vspace, address);
	walk_release(batch->vspace, &walk, level);
	return OK;
}

static struct batch batch_of(struct mapping_core *mapping, uint8_t rights)
{
	return (struct batch){
		.vspace = core_pointer(mapping->vspace),
		.mapping = mapping,
		.bits = PTE_PRESENT | PTE_USER | INDEX_BITS(mapping->index) | (mapping->device ? PTE_UNCACHED : 0),
		.rights = rights,
		.near = UINT64_MAX,
	};
}

void vspace_map_whole(struct mapping_core *mapping, vaddr_t address, uint64_t pages, unsigned rights)
{
	struct batch batch = batch_of(mapping, mapping->rights);

	for (uint64_t page = 0; page < pages; page++)
		PANIC_UNLESS(map_entry(&batch, (address + (page << PAGE_BITS)) | rights, page) == OK, "init's image can be mapped");
}

/* What a batch needs, from the call; ERR_MESSAGE or ERR_ARGUMENT. */
static enum error batch_begin(const struct call *call, struct batch *batch)
{
	struct mapping_core *mapping = core_pointer(call->target->object);

	if (!thread_page((struct thread *)call->caller))
		return refuse(ERR_MESSAGE, "a batch needs a message page");
	if (call->words[0] == 0 || call->words[0] > MAP_BATCH_MAX)
		return refuse(ERR_ARGUMENT, "a batch has 1 to 256 entries");
	*batch = batch_of(mapping, call->target->rights);
	return OK;
}

/* Work through the entries. When an interrupt is pending, the call is executed again and goes on where it was. */
static inline __attribute__((always_inline)) enum error batch_run(struct call *call, enum error (*act)(struct batch *, uint64_t, uint64_t))
{
	struct thread *self = (struct thread *)call->caller;
	const volatile struct map_entry *entries = (const volatile struct map_entry *)thread_page(self);
	uint64_t done = call->restarted ? self->batch_done : 0, count = call->words[0];
	struct batch batch;
	enum error error = batch_begin(call, &batch);

	if (error)
		return error;
	while (done < count) {
		uint64_t stop = count - done < POLL_ENTRIES ? count : done + POLL_ENTRIES;

		for (; done < stop && !error; done++)
			error = act(&batch, entries[done].address, entries[done].page);
		if (error || (done < count && hook_interrupt_pending()))
			break;
	}
	call->result[0] = error ? done - 1 : done;
	call->results = 1;
	if (error || done == count)
		return error;
	self->batch_done = done;
	call->progress = true;
	return ERR_RESTART;
}

enum error mapping_map(struct call *call)
{
	return batch_run(call, map_entry);
}

enum error mapping_protect(struct call *call)
{
	return batch_run(call, protect_entry);
}

enum error mapping_unmap(struct call *call)
{
	return batch_run(call, unmap_entry);
}

/* Clear what belongs to the Mapping in one lowest-level table. */
static void table_clear(struct vspace *vspace, struct mapping_core *mapping, vaddr_t address)
{
	struct walk walk;
	uint64_t *table;

	if (!walk_find(vspace, &walk, address, 1))
		return;
	table = walk.path[1];
	for (unsigned i = 0; i < PAGE_TABLE_ENTRIES && mapping->live; i++)
		if (table[i] && (table[i] & INDEX_MASK) == INDEX_BITS(mapping->index)) {
			table[i] = 0;
			*walk.path[2] -= COUNT_ONE;
			mapping->live--;
		}
	walk_release(vspace, &walk, 1);
}

/* The first address from `address` on at which level 2 has an entry, looking at no more than SCAN_MAX entries; *found says whether it is one. */
static vaddr_t scan_tables(struct vspace *vspace, vaddr_t address, struct walk *walk, bool *found)
{
	*found = false;
	for (unsigned i = 0; i < SCAN_MAX && address < USER_TOP; i++) {
		uint64_t *table = root_of(vspace);
		unsigned level = 4;

		for (;; level--) {
			walk->path[level] = &table[table_index(address, level)];
			if (level == 2 || !(*walk->path[level] & PTE_PRESENT))
				break;
			table = table_of(*walk->path[level]);
		}
		*found = *walk->path[level] & PTE_PRESENT;
		if (*found)
			return address;
		address = ((address >> level_shift(level)) + 1) << level_shift(level);
	}
	return address;
}

bool vspace_mapping_clear(struct mapping_core *mapping)
{
	struct vspace *vspace = core_pointer(mapping->vspace);
	struct walk walk;
	vaddr_t address;
	bool found;

	if (mapping->live == 0) {
		space_flush(vspace);
		mapping->prev = 0;
		mapping->next = core_ref(vspace->unused);
		vspace->unused = mapping;
		vspace->mappings--;
		return true;
	}
	/* `prev` is of no other use any more: it keeps how far the scan has come. */
	address = scan_tables(vspace, mapping->prev, &walk, &found);
	mapping->prev = found ? address + LARGE_PAGE_SIZE : address;
	if (!found)
		return false;
	if (!(*walk.path[2] & PTE_LARGE)) {
		table_clear(vspace, mapping, address);
	} else if ((*walk.path[2] & INDEX_MASK) == INDEX_BITS(mapping->index)) {
		*walk.path[2] = 0;
		*walk.path[3] -= COUNT_ONE;
		mapping->live--;
		walk_release(vspace, &walk, 2);
	}
	return false;
}

enum error vspace_inform(struct call *call)
{
	const struct vspace *vspace = core_pointer(call->target->object);

	call->result[0] = vspace->pages_free;
	call->result[1] = vspace->tables;
	call->result[2] = vspace->mappings;
	call->results = 3;
	return OK;
}
