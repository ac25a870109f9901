/* SPDX-License-Identifier: MIT */
/*
 * How commit records are kept: on a log medium (a raw disk, or its image), and in the memory through which init hands over what it drained while axiom was down.
 *
 * A medium is an array of 512-byte blocks without any structure above them. The log of one boot is a START block, then blocks of up to five records, then perhaps an END block; the next boot's follows directly. Blocks are written
 * once, in order, and never again; one that is not full stays so.
 *
 * With each record goes its link of the chain: SHA-256(link before, record), 32 zero bytes before the first record of a boot. So the record at which a changed log breaks can be told. A START block holds the last link of the boot before,
 * and a digest over that and itself, so that boots are chained as well. The rest of a block's header is not chained but redundant: each field has one value that it can have, but for `flushed`.
 *
 * Where a log ends. The first block that is not what it must be is the end of what the medium holds, or it was changed later. It was the end (a power cut, in the middle of a write or before it) unless some block of the same or a
 * later boot says by `flushed` that it had been on the medium for good when that one was written. What was cut off at the end by somebody who can write blocks cannot be told from a power cut, unless the last link is known from
 * elsewhere (`replay --chain`), or an END block is missing that should be there.
 */
#pragma once

#include "abi/abi.h"

#define LOG_BLOCK_BYTES 512
#define LOG_BLOCK_RECORDS 5
#define LOG_BLOCK_MAGIC 0x474f4c4b /* "KLOG" */
#define LOG_LINK_BYTES 32
/* At most so many blocks are written before a flush: how far behind `flushed` the end of a log can be. */
#define LOG_WINDOW_BLOCKS 64

enum log_block_kind {
	LOG_BLOCK_START = 1,   /* struct log_start */
	LOG_BLOCK_ENTRIES = 2, /* 1 to 5 entries */
	LOG_BLOCK_END = 3,     /* nothing: this boot writes no more */
};

struct log_entry {
	struct commit_record record;
	uint8_t link[LOG_LINK_BYTES]; /* of the chain, after this record */
};
_Static_assert(sizeof(struct log_entry) == 96, "written to media");

struct log_start {
	uint8_t previous[LOG_LINK_BYTES]; /* last link of the boot before; zeros if it has none, or there is none */
	uint8_t digest[LOG_LINK_BYTES];   /* SHA-256(previous, boot, abi_version), the last two as 8 bytes each, lowest first */
	uint64_t abi_version;
};

struct log_block {
	uint32_t magic;
	uint8_t kind;      /* enum log_block_kind */
	uint8_t count;     /* entries; the rest of them is zero */
	uint16_t reserved; /* zero */
	uint32_t position; /* of this block on the medium */
	uint32_t flushed;  /* blocks from the beginning of the medium that were there for good when this one was written */
	uint64_t boot;     /* 1, 2, ...: which boot's log */
	uint32_t reserved2; /* zero */
	uint32_t sum;      /* CRC-32C of the block with this field 0: tells what was torn from what was changed */
	union {
		struct log_entry entry[LOG_BLOCK_RECORDS];
		struct log_start start;
	};
};
_Static_assert(sizeof(struct log_block) == LOG_BLOCK_BYTES, "a block is a sector");

/*
 * The Region in which init leaves what it drained while axiom was down: this header on a page of its own, then records; that with sequence number s lies at s % capacity, capacity being what fits. Written by init alone.
 */
struct log_spill {
	uint64_t first; /* sequence number of the first record here */
	uint64_t next;  /* of the first that is not; stored after the record itself */
};
#define LOG_SPILL_HEADER PAGE_SIZE
#define LOG_SPILL_CAPACITY(bytes) (((bytes) - LOG_SPILL_HEADER) / sizeof(struct commit_record))
