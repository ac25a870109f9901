/* SPDX-License-Identifier: MIT */
/* Log media, block by block. See medium.h; what makes a block right is in lib/chain.c. */
#include "tools/replay/medium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/chain.h"

static struct log_block block_at(const unsigned char *data, uint64_t position)
{
	struct log_block block;

	memcpy(&block, data + position * sizeof(block), sizeof(block));
	return block;
}

bool medium_recognise(const unsigned char *data, uint64_t length)
{
	uint32_t magic = 0;

	if (length >= LOG_BLOCK_BYTES)
		memcpy(&magic, data, sizeof(magic));
	return magic == LOG_BLOCK_MAGIC;
}

/* Does any block say that the one at the chain's position had been on the medium for good? Blocks count wherever they lie now: some may have been taken out. */
static bool block_was_there(const unsigned char *data, uint64_t blocks, const struct chain *chain)
{
	for (uint64_t at = chain->position; at < blocks; at++) {
		struct log_block block = block_at(data, at);

		if (log_block_whole(&block, block.position) && block.boot >= chain->boot && block.flushed > chain->position)
			return true;
	}
	return false;
}

static bool wrong(const struct chain *chain, unsigned entry, const char *what, char *error, size_t size)
{
	snprintf(error, size, "boot %llu, record %llu (block %llu): %s", (unsigned long long)chain->boot,
		 chain->sequence + entry + 1ull, (unsigned long long)chain->position, what);
	return false;
}

/* The block at the chain's position is not good. True when the log just ends there. */
static bool end_check(const unsigned char *data, uint64_t blocks, const struct chain *chain, enum chain_verdict verdict, unsigned entry, char *error,
		      size_t size)
{
	struct log_block block = chain->position < blocks ? block_at(data, chain->position) : (struct log_block){.magic = 0};

	if (verdict == CHAIN_BROKEN)
		return wrong(chain, entry, block.kind == LOG_BLOCK_START ? "the boot that begins here is not chained to it" : "its link of the chain is wrong",
			     error, size);
	if (block_was_there(data, blocks, chain))
		return wrong(chain, entry, "it was on the medium once, and is not there or was changed", error, size);
	/* Left over from a boot before, whose end was cut off: whole, but of another boot. */
	if (verdict == CHAIN_ORDER && block.boot >= chain->boot)
		return wrong(chain, entry, "it cannot follow here", error, size);
	return true;
}

static bool records_append(struct records *records, const struct log_block *block)
{
	struct commit_record *larger = realloc(records->record, (records->count + LOG_BLOCK_RECORDS) * sizeof(*larger));

	if (!larger)
		return false;
	records->record = larger;
	for (unsigned i = 0; i < block->count; i++)
		records->record[records->count++] = block->entry[i].record;
	return true;
}

static void note_end(const struct chain *chain, uint64_t records, char *note, size_t size)
{
	snprintf(note, size, "boot %llu: %llu records, the log ends %s", (unsigned long long)chain->boot, (unsigned long long)records,
		 chain->ended ? "with its end mark" : "without an end mark");
}

/* Goes through all blocks. The records of the boot that is wanted are collected; 0: those of the last. */
static bool medium_walk(const unsigned char *data, uint64_t blocks, uint64_t wanted, struct witnesses *witnesses, struct chain *chain, struct records *records,
			char *note, char *error, size_t size)
{
	for (; chain->position < blocks;) {
		struct log_block block = block_at(data, chain->position);
		unsigned entry;
		enum chain_verdict verdict = chain_block(chain, &block, &entry);

		if (verdict != CHAIN_GOOD)
			return end_check(data, blocks, chain, verdict, entry, error, size);
		if (witnesses && !witnesses_confirm(witnesses, &block, error, size))
			return false;
		if (wanted == 0 && block.kind == LOG_BLOCK_START)
			records->count = 0;
		if (block.kind == LOG_BLOCK_ENTRIES && (wanted == 0 || wanted == block.boot) && !records_append(records, &block)) {
			snprintf(error, size, "the host has no memory for the records");
			return false;
		}
		if (wanted == 0 || wanted == block.boot)
			note_end(chain, records->count, note, size);
	}
	return true;
}

bool medium_read(const unsigned char *data, uint64_t length, uint64_t boot, struct witnesses *witnesses, struct records *records, char *note, char *error,
		 size_t size)
{
	struct chain chain = {.position = 0};
	bool good;

	*records = (struct records){NULL, 0};
	*note = 0;
	good = medium_walk(data, length / LOG_BLOCK_BYTES, boot, witnesses, &chain, records, note, error, size);
	if (good && witnesses)
		good = witnesses_all_confirmed(witnesses, error, size);
	if (good && (chain.boot == 0 || boot > chain.boot)) {
		snprintf(error, size, "there is no log of %s", chain.boot ? "this boot" : "any boot on this medium");
		good = false;
	}
	if (!good)
		records_free(records);
	return good;
}
