/* SPDX-License-Identifier: MIT */
/*
 * Page tables of user address spaces, and the batches that change them. See vspace.h for how pool,
 * tables, counts and Mappings hang together.
 *
 * Paging as in the Intel SDM, volume 3, section 4.5 (four levels). Bits 9-11 and 52-62 of an entry
 * are the software's (protection keys are off): a leaf entry keeps its Mapping's index there, an
 * entry that leads to a table the number of that table's live entries.
 *
 * An entry is empty, leads to a table, or is a leaf: a page, at level 1 or, with PTE_LARGE, at level 2.
 * entry_set() changes which and keeps the counts (and pages_change(), for many at once). A table whose last
 * entry has gone returns to the pool immediately. Until the flush at the end of entry_set() the
 * processor may still find its way there, so no word of a free page looks like a present entry.
 *
 * A batch works through its entries one by one; each is copied once, checked, and then acted upon, so
 * a refused one has changed nothing. Everything here is under the kernel lock.
 */
#include "kernel/arch/x86_64/vspace.h"

#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/cpu.h"

#define ROOT 5 /* level of vspace->root, which leads to the top table */
#define LEVEL_SHIFT(level) (PAGE_BITS + 9 * ((level) - 1))
#define LEVEL_SIZE(level) ((uint64_t)1 << LEVEL_SHIFT(level)) /* of what one entry maps */
#define LEAF_BIT(level) ((level) == 2 ? PTE_LARGE : 0)
#define COUNT_ONE ((uint64_t)1 << 52)
#define COUNT_MASK ((uint64_t)0x3ff << 52)
#define INDEX_BITS(index) (((uint64_t)(index) & 7) << 9 | (uint64_t)(index) >> 3 << 52)
#define TABLE_BITS (PTE_PRESENT | PTE_WRITE | PTE_USER)
#define ACCESS_BITS (PTE_WRITE | PTE_NX)
#define MARK_BITS (PTE_PRESENT | PTE_USER | PTE_UNCACHED | PTE_LARGE | INDEX_BITS(0x3fff))
#define MAP_RIGHTS ((uint64_t)(MAP_READ | MAP_WRITE | MAP_EXECUTE))
#define NOWHERE UINT64_MAX /* no address of a large page */
#define CLEAR_ENTRIES 48   /* looked at in one step of clearing a Mapping */
#define POLL_TURNS 8       /* of a batch, between looks for a pending interrupt */

_Static_assert(MAP_READ == RIGHT_READ && MAP_WRITE == RIGHT_WRITE && MAP_EXECUTE == RIGHT_EXECUTE,
	       "what an entry asks for is compared with the rights of the Mapping");

/* Free pages in a row: this lies in the first, the rest is zero. Both are multiples of PAGE_SIZE. */
struct free_pages {
	paddr_t next;
	uint64_t size;
};

/*
 * Work on the pages of a Mapping, and the way down to one of them: entry[level] is the entry for its
 * address in the table of that level.
 */
struct walk {
	struct mapping_core *mapping;
	struct vspace *vspace;
	vaddr_t block; /* the large page for which entry[2] and those above are right, or NOWHERE */
	uint64_t *entry[ROOT + 1];
	uint64_t mark;                  /* what all leaf entries of the Mapping have in common */
	uint64_t leaf[MAP_RIGHTS + 1];  /* by rights: the entry of its page 0 */
	uint64_t limit[MAP_RIGHTS + 1]; /* by rights: the first page that is refused */
};

static bool is_table(uint64_t entry)
{
	return (entry & (PTE_PRESENT | PTE_LARGE)) == PTE_PRESENT;
}

/* The entry for an address in the table, of this level, to which `above` leads. */
static uint64_t *entry_below(uint64_t above, vaddr_t address, unsigned level)
{
	uint64_t *table = paddr_pointer(above & PTE_ADDRESS);

	return &table[address >> LEVEL_SHIFT(level) & (PAGE_TABLE_ENTRIES - 1)];
}

void vspace_initialise(struct vspace *vspace)
{
	uint64_t *top = paddr_pointer(vspace_root(core_ref(vspace)));

	vspace->root = vspace_root(core_ref(vspace)) | TABLE_BITS | COUNT_ONE;
	memory_copy(&top[PAGE_TABLE_ENTRIES / 2], &kernel_root[PAGE_TABLE_ENTRIES / 2], PAGE_SIZE / 2);
}

void hook_memory_donated(ref_t reference, paddr_t base, uint64_t size)
{
	struct vspace *vspace = core_pointer(reference);

	*(struct free_pages *)paddr_pointer(base) = (struct free_pages){ vspace->pool, size };
	vspace->pool = base;
	vspace->pages_free += size >> PAGE_BITS;
}

/* A zeroed page from the pool, which has one. */
static paddr_t page_take(struct vspace *vspace)
{
	struct free_pages *pages = paddr_pointer(vspace->pool);
	paddr_t page;

	vspace->pages_free--;
	pages->size -= PAGE_SIZE;
	page = vspace->pool + pages->size;
	if (pages->size == 0) {
		vspace->pool = pages->next;
		pages->next = 0;
	}
	return page;
}

static void mapping_free(struct vspace *vspace, struct mapping_core *mapping)
{
	mapping->next = core_ref(vspace->unused);
	vspace->unused = mapping;
}

/* Make a page of Mapping objects; the pool has one. */
static void mappings_make(struct vspace *vspace)
{
	struct mapping_core *mapping = paddr_pointer(page_take(vspace));

	for (unsigned i = 0; i < MAPPINGS_PER_PAGE; i++, mapping++) {
		mapping->vspace = core_ref(vspace);
		mapping->index = (uint16_t)++vspace->mappings_made;
		mapping_free(vspace, mapping);
	}
}

ref_t hook_mapping_available(ref_t reference, uint16_t *index)
{
	struct vspace *vspace = core_pointer(reference);

	if (!vspace->unused && vspace->pages_free && vspace->mappings_made < MAPPINGS_MAX)
		mappings_make(vspace);
	*index = vspace->unused ? vspace->unused->index : 0;
	return core_ref(vspace->unused);
}

void vspace_mapping_take(struct vspace *vspace)
{
	vspace->unused = core_pointer(vspace->unused->next);
	vspace->mappings++;
}

static struct walk walk_begin(struct mapping_core *mapping, uint64_t rights)
{
	struct walk walk;

	walk.mapping = mapping;
	walk.vspace = core_pointer(mapping->vspace);
	walk.block = NOWHERE;
	walk.entry[ROOT] = &walk.vspace->root;
	walk.mark = PTE_PRESENT | PTE_USER | INDEX_BITS(mapping->index) | (mapping->device ? PTE_UNCACHED : 0);
	for (uint64_t i = 0; i <= MAP_RIGHTS; i++) {
		bool allowed = i & MAP_READ && i != MAP_RIGHTS && !(i & ~rights); /* to read, and perhaps one of write and execute */

		walk.leaf[i] = mapping->base | walk.mark | (i & MAP_WRITE ? PTE_WRITE : 0) | (i & MAP_EXECUTE ? 0 : PTE_NX);
		walk.limit[i] = allowed ? mapping->pages : 0;
	}
	return walk;
}

/* Go down to level `bottom` (1 or 2), or as far as there are tables. Returns the level reached. */
static unsigned walk_to(struct walk *walk, vaddr_t address, unsigned bottom)
{
	vaddr_t block = address & ~(uint64_t)(LARGE_PAGE_SIZE - 1);
	unsigned level = walk->block == block ? 2 : ROOT;

	while (level > bottom && is_table(*walk->entry[level])) {
		walk->entry[level - 1] = entry_below(*walk->entry[level], address, level - 1);
		level--;
	}
	walk->block = level <= 2 ? block : NOWHERE;
	return level;
}

/* Was a page of the Mapping reached? */
static bool walk_found(const struct walk *walk, unsigned level)
{
	return (*walk->entry[level] & MARK_BITS) == (walk->mark | LEAF_BIT(level));
}

/*
 * Change an entry. When its table becomes empty, that goes too (the top one never does: vspace->root
 * counts one too many). INVLPG forgets the way through all tables as well (SDM 4.10.4.1), so it comes last.
 */
static void entry_set(struct walk *walk, unsigned level, vaddr_t address, uint64_t value)
{
	uint64_t old = *walk->entry[level], *above = walk->entry[level + 1];

	*walk->entry[level] = value;
	*above += COUNT_ONE * (value != 0);
	*above -= COUNT_ONE * (old != 0);
	if (!(*above & COUNT_MASK)) {
		hook_memory_donated(core_ref(walk->vspace), *above & PTE_ADDRESS, PAGE_SIZE);
		walk->vspace->tables--;
		walk->block = NOWHERE;
		entry_set(walk, level + 1, address, 0);
	}
	if (old && this_cpu()->root == vspace_root(core_ref(walk->vspace)))
		__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* Map a page, with the tables that are missing above it. */
static enum error page_map(struct walk *walk, vaddr_t address, unsigned bottom, uint64_t rights, uint64_t page)
{
	uint64_t limit = walk->limit[rights], leaf = walk->leaf[rights] + (page << PAGE_BITS);
	unsigned level;

	if (page >= limit || limit - page < LEVEL_SIZE(bottom) >> PAGE_BITS)
		return refuse(ERR_ARGUMENT, "the Mapping does not allow these rights, or has no such page");
	if ((leaf & PTE_ADDRESS) % LEVEL_SIZE(bottom))
		return refuse(ERR_ARGUMENT, "the memory for a large page is not aligned");
	level = walk_to(walk, address, bottom);
	if (*walk->entry[level])
		return refuse(ERR_MAPPED, "there is a page at this address");
	if (walk->vspace->pages_free < level - bottom)
		return refuse(ERR_NOMEM, "the VSpace has no table memory left");
	while (level > bottom) {
		entry_set(walk, level, address, page_take(walk->vspace) | TABLE_BITS);
		walk->vspace->tables++;
		level = walk_to(walk, address, bottom);
	}
	entry_set(walk, level, address, leaf | LEAF_BIT(level));
	walk->mapping->live++;
	return OK;
}

/* Do what one entry of a batch asks for. */
static enum error entry_do(struct walk *walk, enum method method, uint64_t entry, uint64_t page)
{
	unsigned level = entry & MAP_LARGE ? 2 : 1;
	uint64_t rights = entry & MAP_RIGHTS, value = 0;
	vaddr_t address = entry & ~(MAP_LARGE | MAP_RIGHTS);

	if (address % LEVEL_SIZE(level) || address > USER_TOP - LEVEL_SIZE(level))
		return refuse(ERR_ARGUMENT, "the address is no page of user space, or has unknown flags");
	if (method == MAPPING_MAP)
		return page_map(walk, address, level, rights, page);
	if (walk_to(walk, address, level) != level || !walk_found(walk, level))
		return refuse(ERR_NOTMAPPED, "no page of this Mapping is at this address");
	if (method == MAPPING_PROTECT) {
		if (!walk->limit[rights])
			return refuse(ERR_ARGUMENT, "the Mapping does not allow these rights");
		value = (*walk->entry[level] & ~ACCESS_BITS) | (walk->leaf[rights] & ACCESS_BITS);
	}
	walk->mapping->live -= value == 0;
	entry_set(walk, level, address, value);
	return OK;
}

/*
 * The quick way, for small pages in the table that was found last: up to `end`, or to the first entry that needs, or deserves, a closer look by entry_do(). Pages go and change so only where the
 * processor remembers none, and the last one of a table does not. Returns how many were done.
 */
static uint64_t pages_change(struct walk *walk, enum method method, const volatile struct map_entry *at, const volatile struct map_entry *end)
{
	const volatile struct map_entry *first = at;
	uint64_t *above = walk->entry[2], *table, live;
	vaddr_t block = walk->block;
	bool map = method == MAPPING_MAP;

	if (block > USER_TOP - LARGE_PAGE_SIZE || !is_table(*above) || (!map && this_cpu()->root == vspace_root(core_ref(walk->vspace))))
		return 0;
	table = entry_below(*above, 0, 1);
	live = (*above & COUNT_MASK) / COUNT_ONE;
	if (method == MAPPING_UNMAP && (uint64_t)(end - at) >= live)
		end = at + live - 1;
	for (; at < end; at++) {
		uint64_t offset = at->address ^ block, page = at->page, rights = offset & MAP_RIGHTS;
		uint64_t *entry = &table[offset >> PAGE_BITS], access = walk->leaf[rights] & ACCESS_BITS;

		if (offset & ~((LARGE_PAGE_SIZE - PAGE_SIZE) | MAP_RIGHTS) || (map ? *entry != 0 : (*entry & MARK_BITS) != walk->mark))
			break;
		if (method != MAPPING_UNMAP && (map ? page : 0) >= walk->limit[rights])
			break;
		*entry = map ? walk->leaf[rights] + (page << PAGE_BITS) : method == MAPPING_UNMAP ? 0 : (*entry & ~ACCESS_BITS) | access;
	}
	live = (uint64_t)(at - first) * (method != MAPPING_PROTECT);
	*above += map ? COUNT_ONE * live : -COUNT_ONE * live;
	walk->mapping->live += map ? live : -live;
	return (uint64_t)(at - first);
}

/* A whole batch. When an interrupt is pending, the call is executed again and goes on where it was. */
enum error mapping_batch(struct call *call)
{
	struct thread *self = (struct thread *)call->caller;
	const volatile struct map_entry *entries = (const volatile void *)thread_page(self);
	uint64_t count = call->words[0], done = call->restarted ? self->batch_done : 0;
	struct walk walk = walk_begin(core_pointer(call->target->object), call->target->rights);
	enum error error = OK;

	call->results = 1;
	call->result[0] = 0;
	if (!entries)
		return refuse(ERR_MESSAGE, "a batch needs a message page");
	if (count == 0 || count > MAP_BATCH_MAX)
		return refuse(ERR_ARGUMENT, "a batch has 1 to 256 entries");
	for (unsigned turn = 1; !error && done < count; turn++) {
		if (turn % POLL_TURNS == 0 && hook_interrupt_pending()) {
			self->batch_done = done;
			call->progress = true;
			return ERR_RESTART;
		}
		done += pages_change(&walk, call->label, entries + done, entries + count);
		if (done < count) {
			error = entry_do(&walk, call->label, entries[done].address, entries[done].page);
			done += error == OK;
		}
	}
	call->result[0] = done;
	return error;
}

bool vspace_mapping_clear(struct mapping_core *mapping)
{
	struct walk walk = walk_begin(mapping, 0);
	vaddr_t *at = &mapping->prev; /* of no other use any more: how far this has come */

	for (unsigned i = 0; i < CLEAR_ENTRIES && mapping->live; i++) {
		unsigned level = walk_to(&walk, *at, 1);

		if (walk_found(&walk, level)) {
			entry_set(&walk, level, *at, 0);
			mapping->live--;
		}
		*at = (*at | (LEVEL_SIZE(level) - 1)) + 1;
	}
	if (mapping->live)
		return false;
	mapping_free(walk.vspace, mapping);
	walk.vspace->mappings--;
	return true;
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
