/* SPDX-License-Identifier: MIT */
/*
 * Tables of open files (file/descriptors.h). The numbers lie in *blocks* of a frame each, made when they are first needed; a block tells which of its numbers are free, so that the lowest is found by looking at few words.
 * A slot is a pointer to the description with FD_CLOEXEC in its lowest bit.
 */
#include "file/descriptors.h"

#include "abi/errno.h"
#include "file/description.h"
#include "file/dnotify.h"
#include "file/locks.h"
#include "lib/string.h"
#include "mm/slab.h"

#define BLOCK_SLOTS 256
#define BLOCKS_MAX 256 /* 65,536 numbers */
#define SLOT_CLOSE 1ull

struct block {
	uint64_t slots[BLOCK_SLOTS];
	uint64_t used[BLOCK_SLOTS / 64]; /* a bit for each slot that is not free */
};
_Static_assert(sizeof(struct block) <= PAGE_SIZE, "a block is a frame");

struct descriptors {
	uint32_t users;
	uint32_t blocks; /* made, from the first on without a gap */
	struct block *block[BLOCKS_MAX];
};

static struct slab tables = SLAB(struct descriptors);

static struct block *block_make(void)
{
	frame_t frame = frame_allocate(true);

	return frame ? frame_bytes(frame) : NULL;
}

struct descriptors *descriptors_make(void)
{
	struct descriptors *table = slab_take(&tables);

	if (table)
		table->users = 1;
	return table;
}

void descriptors_hold(struct descriptors *table)
{
	table->users++;
}

bool descriptors_are_own(const struct descriptors *table)
{
	return table->users == 1;
}

static struct description *slot_description(uint64_t slot)
{
	return (struct description *)(slot & ~SLOT_CLOSE);
}

/* The slot of a number; a null pointer when its block was never made. */
static uint64_t *slot_of(const struct descriptors *table, uint64_t number)
{
	return number / BLOCK_SLOTS < table->blocks ? &table->block[number / BLOCK_SLOTS]->slots[number % BLOCK_SLOTS] : NULL;
}

static void slot_put(struct descriptors *table, uint64_t number, uint64_t slot)
{
	struct block *block = table->block[number / BLOCK_SLOTS];
	uint64_t bit = 1ull << number % 64, *word = &block->used[number % BLOCK_SLOTS / 64];

	block->slots[number % BLOCK_SLOTS] = slot;
	*word = slot ? *word | bit : *word & ~bit;
}

struct description *descriptor_find(const struct descriptors *table, uint64_t number)
{
	const uint64_t *slot = slot_of(table, number);

	return slot ? slot_description(*slot) : NULL;
}

/* Makes blocks up to the one of a number. */
static bool blocks_provide(struct descriptors *table, uint64_t number)
{
	while (table->blocks <= number / BLOCK_SLOTS) {
		table->block[table->blocks] = block_make();
		if (!table->block[table->blocks])
			return false;
		table->blocks++;
	}
	return true;
}

uint64_t descriptor_lowest(const struct descriptors *table, uint64_t lowest)
{
	uint64_t number = lowest;

	while (number / BLOCK_SLOTS < table->blocks) {
		uint64_t free = ~table->block[number / BLOCK_SLOTS]->used[number % BLOCK_SLOTS / 64] & ~0ull << number % 64;

		if (free)
			return (number & ~63ull) + (uint64_t)__builtin_ctzll(free);
		number = (number & ~63ull) + 64;
	}
	return number;
}

int descriptor_add(struct descriptors *table, struct description *description, uint64_t lowest, bool close_on_exec, uint64_t limit)
{
	uint64_t most = limit < DESCRIPTORS_MAX ? limit : DESCRIPTORS_MAX;
	uint64_t number = lowest < most ? descriptor_lowest(table, lowest) : most;

	if (number >= most)
		return -EMFILE;
	if (!blocks_provide(table, number))
		return -ENOMEM;
	slot_put(table, number, (uint64_t)description | (close_on_exec ? SLOT_CLOSE : 0));
	return (int)number;
}

/* Ends a number's use of a description. */
static void description_leave(const struct descriptors *table, struct description *description)
{
	const struct description_operations *operations = description->operations;

	locks_closed(description, table);
	dnotify_closed(description, table);
	if (operations->closed)
		operations->closed(description, table);
	description_release(description);
	if (operations->left)
		operations->left();
}

int descriptor_close(struct descriptors *table, uint64_t number)
{
	struct description *description = descriptor_find(table, number);

	if (!description)
		return -EBADF;
	slot_put(table, number, 0);
	description_leave(table, description);
	return 0;
}

int descriptor_replace(struct descriptors *table, uint64_t number, struct description *description, bool close_on_exec)
{
	struct description *before;

	if (!blocks_provide(table, number))
		return -ENOMEM;
	before = descriptor_find(table, number);
	slot_put(table, number, (uint64_t)description | (close_on_exec ? SLOT_CLOSE : 0));
	if (before)
		description_leave(table, before);
	return 0;
}

bool descriptor_closes(const struct descriptors *table, uint64_t number)
{
	const uint64_t *slot = slot_of(table, number);

	return slot && *slot & SLOT_CLOSE;
}

void descriptor_set_closes(struct descriptors *table, uint64_t number, bool closes)
{
	uint64_t *slot = slot_of(table, number);

	if (slot && *slot)
		*slot = (*slot & ~SLOT_CLOSE) | (closes ? SLOT_CLOSE : 0);
}

uint64_t descriptor_next(const struct descriptors *table, uint64_t from)
{
	for (uint64_t number = from; number / BLOCK_SLOTS < table->blocks; number = (number & ~63ull) + 64) {
		uint64_t used = table->block[number / BLOCK_SLOTS]->used[number % BLOCK_SLOTS / 64] & ~0ull << number % 64;

		if (used)
			return (number & ~63ull) + (uint64_t)__builtin_ctzll(used);
	}
	return DESCRIPTORS_MAX;
}

static void table_free(struct descriptors *table)
{
	for (uint32_t i = 0; i < table->blocks; i++)
		frame_release(frame_of(table->block[i]));
	slab_return(&tables, table);
}

void descriptors_release(struct descriptors *table)
{
	if (--table->users)
		return;
	for (uint64_t number = descriptor_next(table, 0); number < DESCRIPTORS_MAX; number = descriptor_next(table, number + 1))
		(void)descriptor_close(table, number);
	table_free(table);
}

struct descriptors *descriptors_copy(const struct descriptors *from)
{
	struct descriptors *table = descriptors_make();

	for (uint32_t i = 0; table && i < from->blocks; i++) {
		if (!blocks_provide(table, (uint64_t)i * BLOCK_SLOTS)) {
			table_free(table);
			return NULL;
		}
		*table->block[i] = *from->block[i];
	}
	for (uint64_t number = table ? descriptor_next(table, 0) : DESCRIPTORS_MAX; number < DESCRIPTORS_MAX; number = descriptor_next(table, number + 1))
		description_hold(descriptor_find(table, number));
	return table;
}

struct descriptors *descriptors_unshare(struct descriptors *table)
{
	struct descriptors *own = table->users == 1 ? table : descriptors_copy(table);

	if (own && own != table)
		table->users--;
	return own;
}

void descriptors_exec(struct descriptors *table)
{
	for (uint64_t number = descriptor_next(table, 0); number < DESCRIPTORS_MAX; number = descriptor_next(table, number + 1))
		if (descriptor_closes(table, number))
			(void)descriptor_close(table, number);
}
