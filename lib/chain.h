/* SPDX-License-Identifier: MIT */
/* The chain over commit records, and the blocks of a log medium (abi/log.h) as both their writer and their verifiers see them. Pure. */
#pragma once

#include "abi/log.h"

/* link := SHA-256(link, record). */
void chain_extend(uint8_t link[LOG_LINK_BYTES], const struct commit_record *record);

/* The digest that a START block must have. */
void chain_start_digest(const struct log_start *start, uint64_t boot, uint8_t digest[LOG_LINK_BYTES]);

/* Fills in what of the header depends on the place on the medium, and the sum. */
void log_block_stamp(struct log_block *block, uint32_t position, uint64_t boot, uint32_t flushed);

/* Is the block whole: as somebody has written it, for this position? Says nothing about the chain. */
bool log_block_whole(const struct log_block *block, uint64_t position);

enum chain_verdict {
	CHAIN_GOOD = 0,
	CHAIN_TORN = 1,    /* not whole: never written, cut off in the middle, or changed */
	CHAIN_ORDER = 2,   /* whole, but not one that can follow: other boot, kind or sequence number */
	CHAIN_BROKEN = 3,  /* a link, or the digest of a START block, is wrong */
};

/* What a verifier knows after some blocks of a medium. All zero before the first. */
struct chain {
	uint64_t position;            /* of the next block */
	uint64_t boot;                /* of the last block; 0 before the first */
	uint64_t sequence;            /* of the last record of this boot; 0 if none */
	uint8_t link[LOG_LINK_BYTES]; /* after it */
	bool ended;                   /* the last block was an END */
};

/*
 * Verifies the next block and goes on to it. On any verdict but CHAIN_GOOD the chain stays, and `*entry` is the index of the first entry that is wrong (0 if it is the block itself).
 */
enum chain_verdict chain_block(struct chain *chain, const struct log_block *block, unsigned *entry);
