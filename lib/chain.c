/* SPDX-License-Identifier: MIT */
/* The chain and its blocks. See chain.h and abi/log.h. */
#include "lib/chain.h"

#include "lib/crc32c.h"
#include "lib/sha256.h"
#include "lib/string.h"

void chain_extend(uint8_t link[LOG_LINK_BYTES], const struct commit_record *record)
{
	struct sha256 hash;

	sha256_start(&hash);
	sha256_add(&hash, link, LOG_LINK_BYTES);
	sha256_add(&hash, record, sizeof(*record));
	sha256_finish(&hash, link);
}

static void word_add(struct sha256 *hash, uint64_t word)
{
	uint8_t bytes[sizeof(word)];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
	sha256_add(hash, bytes, sizeof(bytes));
}

void chain_start_digest(const struct log_start *start, uint64_t boot, uint8_t digest[LOG_LINK_BYTES])
{
	struct sha256 hash;

	sha256_start(&hash);
	sha256_add(&hash, start->previous, LOG_LINK_BYTES);
	word_add(&hash, boot);
	word_add(&hash, start->abi_version);
	sha256_finish(&hash, digest);
}

static uint32_t block_sum(const struct log_block *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	uint32_t sum = crc32c_add(UINT32_MAX, bytes, offsetof(struct log_block, sum));

	sum = crc32c_add(sum, (const uint32_t[]){0}, sizeof(uint32_t));
	return ~crc32c_add(sum, bytes + offsetof(struct log_block, entry), sizeof(*block) - offsetof(struct log_block, entry));
}

void log_block_stamp(struct log_block *block, uint32_t position, uint64_t boot, uint32_t flushed)
{
	block->magic = LOG_BLOCK_MAGIC;
	block->position = position;
	block->flushed = flushed;
	block->boot = boot;
	block->sum = block_sum(block);
}

bool log_block_whole(const struct log_block *block, uint64_t position)
{
	return block->magic == LOG_BLOCK_MAGIC && block->position == position && block->sum == block_sum(block);
}

/* All bytes from `from` on are zero. */
static bool rest_zero(const struct log_block *block, size_t from)
{
	const unsigned char *bytes = (const unsigned char *)block;
	unsigned char any = 0;

	for (size_t i = from; i < sizeof(*block); i++)
		any |= bytes[i];
	return any == 0;
}

/* A new boot. */
static enum chain_verdict start_check(const struct chain *chain, const struct log_block *block)
{
	uint8_t digest[LOG_LINK_BYTES];

	if (block->boot != chain->boot + 1 || block->count)
		return CHAIN_ORDER;
	chain_start_digest(&block->start, block->boot, digest);
	if (memcmp(digest, block->start.digest, LOG_LINK_BYTES) != 0 || memcmp(block->start.previous, chain->link, LOG_LINK_BYTES) != 0)
		return CHAIN_BROKEN;
	return rest_zero(block, offsetof(struct log_block, start) + sizeof(block->start)) ? CHAIN_GOOD : CHAIN_BROKEN;
}

/* Walks the entries: `link` becomes that after the last good one, `*entry` their number. */
static enum chain_verdict entries_check(const struct chain *chain, const struct log_block *block, uint8_t link[LOG_LINK_BYTES], unsigned *entry)
{
	unsigned count = block->count <= LOG_BLOCK_RECORDS ? block->count : 0;

	for (*entry = 0; *entry < count; ++*entry) {
		const struct log_entry *at = &block->entry[*entry];

		chain_extend(link, &at->record);
		if (memcmp(link, at->link, LOG_LINK_BYTES) != 0)
			return CHAIN_BROKEN;
		if (at->record.sequence != chain->sequence + *entry + 1)
			return CHAIN_ORDER;
	}
	return count && rest_zero(block, offsetof(struct log_block, entry) + count * sizeof(struct log_entry)) ? CHAIN_GOOD : CHAIN_ORDER;
}

static enum chain_verdict kind_check(const struct chain *chain, const struct log_block *block, uint8_t link[LOG_LINK_BYTES], unsigned *entry)
{
	if (block->kind == LOG_BLOCK_START)
		return start_check(chain, block);
	if (chain->boot == 0 || block->boot != chain->boot || chain->ended)
		return CHAIN_ORDER;
	if (block->kind == LOG_BLOCK_ENTRIES)
		return entries_check(chain, block, link, entry);
	return block->kind == LOG_BLOCK_END && rest_zero(block, offsetof(struct log_block, entry)) && block->count == 0 ? CHAIN_GOOD : CHAIN_ORDER;
}

enum chain_verdict chain_block(struct chain *chain, const struct log_block *block, unsigned *entry)
{
	bool whole = log_block_whole(block, chain->position) && block->reserved == 0 && block->reserved2 == 0;
	uint8_t link[LOG_LINK_BYTES];
	enum chain_verdict verdict;

	*entry = 0;
	memcpy(link, chain->link, sizeof(link));
	verdict = kind_check(chain, block, link, entry);
	if (!whole || verdict != CHAIN_GOOD) {
		*entry = *entry < block->count ? *entry : 0;
		return whole ? verdict : CHAIN_TORN;
	}
	if (block->kind == LOG_BLOCK_START)
		*chain = (struct chain){.position = chain->position, .boot = block->boot};
	else
		memcpy(chain->link, link, sizeof(link));
	chain->position++;
	chain->sequence += block->count;
	chain->ended = block->kind == LOG_BLOCK_END;
	return CHAIN_GOOD;
}
