/* SPDX-License-Identifier: MIT */
/*
 * State regions: opening, transactions, rollback. The theory is in tsm.h.
 *
 * What makes it hold is the order of stores, as a dead instance leaves them: its processor has executed them in program order, so only the compiler must be kept from
 * moving them. publish() makes the stores on which everything hangs: an entry becomes valid, all entries become invalid, the header becomes valid.
 */
#include "lib/tsm.h"

#include "abi/types.h"
#include "lib/assert.h"
#include "lib/crc32c.h"
#include "lib/string.h"

#define ALIVE_CELLS 4096 /* between two signs of life: about 130,000 instructions */
#define MAGIC_READY 0x31304d53544f5a4b      /* "KZOTSM01" */
#define MAGIC_FORMATTING 0x5449414d524f461b /* not near to the other, nor to 0 */
#define VERSION 1

#define COUNTER_BITS 24
#define COUNTER_MASK ((1u << COUNTER_BITS) - 1)
#define UNDO_CELLS_MAX COUNTER_MASK

/* One store, after all stores before it and before all stores after it. */
static inline void publish(uint64_t *place, uint64_t value)
{
	__asm__ volatile("" : : : "memory");
	*(volatile uint64_t *)place = value;
	__asm__ volatile("" : : : "memory");
}

struct tsm_header {
	uint64_t magic;
	uint64_t layout;
	uint64_t bytes; /* of the region */
	uint64_t cells;
	uint32_t version, undo_cells, marks;
	uint32_t sum; /* CRC-32C of all before */
	uint64_t reserved[2];
	/* The control word: valid entries, number of the transaction << 24, and the parity of these three times 16 bits << 48. */
	_Alignas(TSM_CELL) uint64_t control;
};
_Static_assert(sizeof(struct tsm_header) == 2 * TSM_CELL, "the header is two cells");

enum entry_kind {
	ENTRY_SAVED = 1, /* a cell and its check as they were */
	ENTRY_FRESH = 2, /* `check` cells from `cell` on, of which nothing is saved */
};

struct tsm_head {
	uint32_t cell, check;
	uint32_t transaction; /* its number, and enum entry_kind << 24 */
	uint32_t sum;         /* CRC-32C of the three before */
};
_Static_assert(sizeof(struct tsm_head) == 16, "four heads lie in a cell");

/* Layout. */

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static uint64_t checks_offset(const struct tsm_options *options, uint64_t cells)
{
	return sizeof(struct tsm_header) + round_up(options->undo_cells * sizeof(struct tsm_head), TSM_CELL) +
	       (uint64_t)options->undo_cells * TSM_CELL + round_up(cells / 8, TSM_CELL) + round_up(options->marks * sizeof(uint64_t), TSM_CELL);
}

static uint64_t data_offset(const struct tsm_options *options, uint64_t cells)
{
	return round_up(checks_offset(options, cells) + cells * sizeof(uint32_t), PAGE_SIZE);
}

/* How many cells of data fit: whole pages; 0 if none does. */
static uint64_t cells_fit(const struct tsm_options *options, uint64_t bytes)
{
	uint64_t cells = bytes / PAGE_SIZE * (PAGE_SIZE / TSM_CELL);

	if (bytes >= (uint64_t)1 << 32 || options->undo_cells == 0 || options->undo_cells > UNDO_CELLS_MAX)
		return 0;
	while (cells > 0 && data_offset(options, cells) + cells * TSM_CELL > bytes)
		cells -= PAGE_SIZE / TSM_CELL;
	return cells;
}

static void view_set(struct tsm *tsm, void *region, uint64_t cells, const struct tsm_options *options)
{
	unsigned char *base = region;
	struct tsm_head *heads = (struct tsm_head *)(base + sizeof(struct tsm_header));
	unsigned char *saved = (unsigned char *)heads + round_up(options->undo_cells * sizeof(*heads), TSM_CELL);
	unsigned char *touched = saved + (uint64_t)options->undo_cells * TSM_CELL;

	*tsm = (struct tsm){
		.header = region,
		.heads = heads,
		.saved = saved,
		.touched = (uint64_t *)touched,
		.marks = (uint64_t *)(touched + round_up(cells / 8, TSM_CELL)),
		.checks = (uint32_t *)(base + checks_offset(options, cells)),
		.data = base + data_offset(options, cells),
		.cells = cells,
		.undo_cells = options->undo_cells,
		.mark_count = options->marks,
	};
}

/* The control word. */

static uint64_t control_word(uint32_t used, uint32_t transaction)
{
	uint64_t word = used | (uint64_t)transaction << COUNTER_BITS;

	return word | (word ^ word >> 16 ^ word >> 32) << 2 * COUNTER_BITS;
}

static void control_publish(struct tsm *tsm)
{
	publish(&tsm->header->control, control_word(tsm->used, tsm->transaction));
}

/* Takes over what the control word says. False when it is damaged. */
static bool control_read(struct tsm *tsm)
{
	uint64_t control = tsm->header->control;

	tsm->used = control & COUNTER_MASK;
	tsm->transaction = control >> COUNTER_BITS & COUNTER_MASK;
	return control == control_word(tsm->used, tsm->transaction) && tsm->used <= tsm->undo_cells;
}

/* All entries become invalid: the end of a transaction, whichever way. */
static void entries_drop(struct tsm *tsm)
{
	tsm->used = 0;
	tsm->transaction = (tsm->transaction + 1) & COUNTER_MASK;
	control_publish(tsm);
	tsm->open = false;
}

/* Entries. */

static void *cell_at(const struct tsm *tsm, uint64_t cell)
{
	return tsm->data + cell * TSM_CELL;
}

static bool cell_touched(const struct tsm *tsm, uint64_t cell)
{
	return tsm->touched[cell / 64] >> cell % 64 & 1;
}

static uint32_t head_sum(const struct tsm_head *head)
{
	return ~crc32c_word(crc32c_word(UINT32_MAX, head->cell | (uint64_t)head->check << 32), head->transaction);
}

/* As one assignment, which the compiler makes word by word: a call of memcpy() would take longer than the copy. */
static void cell_copy(void *to, const void *from)
{
	struct __attribute__((may_alias)) cell {
		uint64_t word[TSM_CELL / sizeof(uint64_t)];
	};

	*(struct cell *)to = *(const struct cell *)from;
}

/* Writes the next entry and makes it valid. Its cell may change from then on. */
static void entry_add(struct tsm *tsm, enum entry_kind kind, uint64_t cell, uint32_t check)
{
	struct tsm_head *head = &tsm->heads[tsm->used];

	assert(tsm->used < tsm->undo_cells);
	if (kind != ENTRY_FRESH)
		cell_copy(tsm->saved + (uint64_t)tsm->used * TSM_CELL, cell_at(tsm, cell));
	*head = (struct tsm_head){.cell = (uint32_t)cell, .check = check, .transaction = tsm->transaction | (uint32_t)kind << COUNTER_BITS};
	head->sum = head_sum(head);
	tsm->used++;
	control_publish(tsm);
	tsm->touched[cell / 64] |= (uint64_t)1 << cell % 64;
}

static enum entry_kind entry_kind(const struct tsm_head *head)
{
	return (enum entry_kind)(head->transaction >> COUNTER_BITS);
}

static uint64_t entry_cells(const struct tsm_head *head)
{
	return entry_kind(head) == ENTRY_FRESH ? head->check : 1;
}

static bool entry_valid(const struct tsm *tsm, const struct tsm_head *head)
{
	return head->sum == head_sum(head) && (head->transaction & COUNTER_MASK) == tsm->transaction && head->cell < tsm->cells &&
	       entry_cells(head) <= tsm->cells - head->cell && entry_kind(head) >= ENTRY_SAVED && entry_kind(head) <= ENTRY_FRESH;
}

/* The cells of an entry hold what is valid from now on. */
static void entry_accept(struct tsm *tsm, const struct tsm_head *head)
{
	for (uint64_t cell = head->cell; cell < head->cell + entry_cells(head); cell++) {
		tsm->checks[cell] = crc32c_cell(cell_at(tsm, cell));
		tsm->touched[cell / 64] &= ~((uint64_t)1 << cell % 64);
	}
}

/* Puts the cell of an entry back, with the check that it had: if what was saved is damaged, it does not fit, and verification reports it. */
static void entry_undo(struct tsm *tsm, const struct tsm_head *head)
{
	if (entry_kind(head) == ENTRY_FRESH) {
		entry_accept(tsm, head);
		return;
	}
	cell_copy(cell_at(tsm, head->cell), tsm->saved + (uint64_t)(head - tsm->heads) * TSM_CELL);
	tsm->checks[head->cell] = head->check;
	tsm->touched[head->cell / 64] &= ~((uint64_t)1 << head->cell % 64);
}

/* The last entry first: a cell that was saved before it was declared fresh must end with the check that it had. */
static void entries_undo(struct tsm *tsm)
{
	for (uint32_t i = tsm->used; i-- > 0;)
		entry_undo(tsm, &tsm->heads[i]);
	entries_drop(tsm);
}

/* Opening. */

static bool header_blank(const struct tsm_header *header)
{
	const uint64_t *words = (const uint64_t *)header;
	uint64_t any = 0;

	for (size_t i = 0; i < sizeof(*header) / sizeof(*words); i++)
		any |= words[i];
	return any == 0;
}

/* The header that the region must have. */
static struct tsm_header header_expected(const struct tsm *tsm, size_t bytes, const struct tsm_options *options)
{
	struct tsm_header header = {
		.magic = MAGIC_READY,
		.layout = options->layout,
		.bytes = bytes,
		.cells = tsm->cells,
		.version = VERSION,
		.undo_cells = options->undo_cells,
		.marks = options->marks,
	};

	header.sum = crc32c(&header, offsetof(struct tsm_header, sum));
	return header;
}

/* Makes a header for a region whose rest is zero. */
static void header_write(struct tsm *tsm, size_t bytes, const struct tsm_options *options)
{
	struct tsm_header header = header_expected(tsm, bytes, options);

	publish(&tsm->header->magic, MAGIC_FORMATTING);
	header.magic = MAGIC_FORMATTING;
	header.control = control_word(0, 0);
	*tsm->header = header;
	publish(&tsm->header->magic, MAGIC_READY);
}

enum tsm_result tsm_format(struct tsm *tsm, void *region, size_t bytes, const struct tsm_options *options)
{
	uint64_t cells = cells_fit(options, bytes);

	if (cells == 0)
		return TSM_TOO_SMALL;
	view_set(tsm, region, cells, options);
	publish(&tsm->header->magic, MAGIC_FORMATTING);
	memset((unsigned char *)region + sizeof(struct tsm_header), 0, bytes - sizeof(struct tsm_header));
	header_write(tsm, bytes, options);
	return TSM_BLANK;
}

/* Puts an open transaction back. False when its entries cannot be relied on. */
static bool transaction_recover(struct tsm *tsm)
{
	if (tsm->used == 0)
		return true;
	for (uint32_t i = 0; i < tsm->used; i++)
		if (!entry_valid(tsm, &tsm->heads[i]))
			return false;
	entries_undo(tsm);
	tsm->rolled_back = true;
	return true;
}

/* Compares a cell with its check. */
static inline bool cell_fits(const struct tsm *tsm, const struct tsm_options *options, uint64_t cell)
{
	if (cell % ALIVE_CELLS == 0 && options->alive)
		options->alive();
	return crc32c_cell(cell_at(tsm, cell)) == tsm->checks[cell];
}

/* Compares every cell with its check and reports the runs that do not fit. True when all do. */
static bool cells_verify(const struct tsm *tsm, const struct tsm_options *options)
{
	bool sound = true;
	uint64_t end;

	for (uint64_t cell = 0; cell < tsm->cells; cell = end + 1) {
		end = cell;
		while (end < tsm->cells && !cell_fits(tsm, options, end))
			end++;
		if (end == cell)
			continue;
		sound = false;
		if (options->damaged)
			options->damaged(options->context, cell * TSM_CELL, (end - cell) * TSM_CELL);
	}
	return sound;
}

enum tsm_result tsm_open(struct tsm *tsm, void *region, size_t bytes, const struct tsm_options *options)
{
	uint64_t cells = cells_fit(options, bytes);
	struct tsm_header expected;

	if (cells == 0)
		return TSM_TOO_SMALL;
	view_set(tsm, region, cells, options);
	if (header_blank(tsm->header)) {
		header_write(tsm, bytes, options);
		return TSM_BLANK;
	}
	if (tsm->header->magic == MAGIC_FORMATTING)
		return tsm_format(tsm, region, bytes, options);
	expected = header_expected(tsm, bytes, options);
	if (memcmp(tsm->header, &expected, offsetof(struct tsm_header, control)) != 0 || !control_read(tsm))
		return TSM_UNUSABLE;
	memset(tsm->touched, 0, round_up(cells / 8, TSM_CELL));
	if (!transaction_recover(tsm))
		return TSM_UNUSABLE;
	return cells_verify(tsm, options) ? TSM_READY : TSM_DAMAGED;
}

/* Transactions. */

void tsm_begin(struct tsm *tsm)
{
	assert(!tsm->open);
	tsm->open = true;
}

/* Saves one cell that has no entry yet. What does not fit its check is damaged, and must be declared so. */
static void cell_save(struct tsm *tsm, uint64_t cell, bool damaged)
{
	uint32_t check = tsm->checks[cell];

	assert(damaged || crc32c_cell(cell_at(tsm, cell)) == check);
	entry_add(tsm, ENTRY_SAVED, cell, check);
}

/* The first cell of a range, which must lie in the data, in a transaction. */
static uint64_t range_first(const struct tsm *tsm, const void *at, size_t bytes)
{
	uint64_t offset = (uint64_t)((const unsigned char *)at - tsm->data);

	assert(tsm->open && bytes > 0 && offset < tsm->cells * TSM_CELL && bytes <= tsm->cells * TSM_CELL - offset);
	return offset / TSM_CELL;
}

static void range_save(struct tsm *tsm, void *at, size_t bytes, bool damaged)
{
	uint64_t cell = range_first(tsm, at, bytes);
	uint64_t last = ((uint64_t)((unsigned char *)at - tsm->data) + bytes - 1) / TSM_CELL;

	for (; cell <= last; cell++)
		if (!cell_touched(tsm, cell))
			cell_save(tsm, cell, damaged);
}

void *tsm_modify(struct tsm *tsm, void *at, size_t bytes)
{
	range_save(tsm, at, bytes, false);
	return at;
}

void *tsm_repair(struct tsm *tsm, void *at, size_t bytes)
{
	range_save(tsm, at, bytes, true);
	return at;
}

void *tsm_fresh(struct tsm *tsm, void *at, size_t bytes)
{
	uint64_t first = range_first(tsm, at, bytes);

	assert(at == cell_at(tsm, first) && bytes % TSM_CELL == 0);
	entry_add(tsm, ENTRY_FRESH, first, (uint32_t)(bytes / TSM_CELL));
	for (uint64_t cell = first; cell < first + bytes / TSM_CELL; cell++)
		tsm->touched[cell / 64] |= (uint64_t)1 << cell % 64;
	return at;
}

void tsm_commit(struct tsm *tsm)
{
	assert(tsm->open);
	tsm->open = false;
	if (tsm->used == 0)
		return;
	__asm__ volatile("" : : : "memory"); /* the server's stores come before anything here is read */
	for (uint32_t i = 0; i < tsm->used; i++)
		entry_accept(tsm, &tsm->heads[i]);
	entries_drop(tsm);
}

void tsm_rollback(struct tsm *tsm)
{
	assert(tsm->open);
	tsm->open = false;
	if (tsm->used > 0)
		entries_undo(tsm);
}
