/* SPDX-License-Identifier: MIT */
/* Replay memory and the hooks of kernel/core. See arena.h. */
#define _GNU_SOURCE
#include "tools/replay/arena.h"

#include <string.h>
#include <sys/mman.h>

unsigned char *core_arena;
#define IOAPIC_LINES_MAX 240 /* 82093AA data sheet, 3.2.2: the last entry is at most 239 */

static struct arena *used;

#define SHADOW_BYTES (ARENA_BYTES / SLOT_SIZE)
#define BEGUN_BYTES (ARENA_BYTES / PAGE_SIZE * sizeof(ref_t))

static void *range_reserve(uint64_t bytes)
{
	void *range = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (range == MAP_FAILED)
		return NULL;
	/* A huge page for each object that is touched would fill the host's memory. */
	madvise(range, bytes, MADV_NOHUGEPAGE);
	return range;
}

bool arena_create(struct arena *arena)
{
	*arena = (struct arena){
		.memory = range_reserve(ARENA_BYTES),
		.shadow = range_reserve(SHADOW_BYTES),
		.begun = range_reserve(BEGUN_BYTES),
	};
	if (arena->memory && arena->shadow && arena->begun)
		return true;
	arena_destroy(arena);
	return false;
}

void arena_destroy(struct arena *arena)
{
	if (arena->memory)
		munmap(arena->memory, ARENA_BYTES);
	if (arena->shadow)
		munmap(arena->shadow, SHADOW_BYTES);
	if (arena->begun)
		munmap(arena->begun, BEGUN_BYTES);
	*arena = (struct arena){.memory = NULL};
}

void arena_clear(struct arena *arena)
{
	madvise(arena->memory, ARENA_BYTES, MADV_DONTNEED);
	madvise(arena->shadow, SHADOW_BYTES, MADV_DONTNEED);
	madvise(arena->begun, BEGUN_BYTES, MADV_DONTNEED);
	arena->single_step = false;
	arena->mapping = 0;
}

void arena_use(struct arena *arena)
{
	used = arena;
	core_arena = arena->memory;
}

bool arena_holds(ref_t ref, uint64_t bytes)
{
	return ref >= DIRECT_MAP_BASE && ref - DIRECT_MAP_BASE < ARENA_BYTES && bytes <= ARENA_BYTES - (ref - DIRECT_MAP_BASE);
}

enum shadow arena_shadow(const struct arena *arena, ref_t ref)
{
	if (!arena_holds(ref, SLOT_SIZE) || ref % SLOT_SIZE)
		return SHADOW_NONE;
	return (enum shadow)arena->shadow[(ref - DIRECT_MAP_BASE) / SLOT_SIZE];
}

ref_t *arena_begun(struct arena *arena, ref_t thread)
{
	return &arena->begun[(thread - DIRECT_MAP_BASE) / PAGE_SIZE];
}

void arena_mark_cnode(struct arena *arena, ref_t cnode, uint64_t slots)
{
	unsigned char *mark = &arena->shadow[(cnode - DIRECT_MAP_BASE) / SLOT_SIZE];

	mark[0] = SHADOW_CNODE;
	memset(mark + 1, SHADOW_CNODE_REST, slots - 1);
}

void hook_object_created(enum object_type type, ref_t object, uint64_t bytes)
{
	if (type == OBJECT_UNTYPED || type == OBJECT_REGION)
		return; /* bare memory: an address and no object */
	memset(core_pointer(object), 0, bytes);
	if (type == OBJECT_CNODE)
		arena_mark_cnode(used, object, bytes / SLOT_SIZE);
	if (type == OBJECT_THREAD) {
		used->shadow[(object - DIRECT_MAP_BASE) / SLOT_SIZE] = SHADOW_THREAD;
		*arena_begun(used, object) = 0;
	}
	if (type == OBJECT_IRQ_HANDLER)
		used->shadow[(object - DIRECT_MAP_BASE) / SLOT_SIZE] = SHADOW_IRQ;
}

void hook_object_destroyed(enum object_type type, ref_t object)
{
	unsigned char *mark;

	if (type != OBJECT_CNODE && type != OBJECT_THREAD && type != OBJECT_IRQ_HANDLER)
		return;
	mark = &used->shadow[(object - DIRECT_MAP_BASE) / SLOT_SIZE];
	*mark++ = SHADOW_NONE;
	while (*mark == SHADOW_CNODE_REST)
		*mark++ = SHADOW_NONE;
}

ref_t hook_mapping_available(ref_t vspace, uint16_t *index)
{
	(void)vspace;
	*index = used->mapping_index;
	return used->mapping;
}

bool hook_interrupt_pending(void)
{
	return used->single_step;
}

unsigned hook_irq_lines(void)
{
	return IOAPIC_LINES_MAX;
}

bool hook_limbo_step(void)
{
	return true;
}

/* What follows has no meaning without a machine. */

void hook_slot_changed(struct slot *slot)
{
	(void)slot;
}

void hook_memory_donated(ref_t vspace, paddr_t base, uint64_t size)
{
	(void)vspace;
	(void)base;
	(void)size;
}

void hook_irq_changed(struct irq_core *irq, bool attached)
{
	(void)irq;
	(void)attached;
}

void hook_priority_changed(struct thread_core *thread)
{
	(void)thread;
}

void hook_memory_clear(paddr_t base, uint64_t size)
{
	(void)base;
	(void)size;
}

void hook_log_threshold(void)
{
}

void hook_refused(enum error error, const char *sentence)
{
	(void)error;
	(void)sentence;
}
