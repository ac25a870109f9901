/* SPDX-License-Identifier: MIT */
/*
 * Where records come from, and the chain that seals them.
 *
 * A log is an array of 64-byte records, from sequence number 1. The file formats that can hold one are this reader's business alone: everybody else sees the
 * array. There are two: the bare array, and a log medium as axiom writes it (medium.h). Nothing here looks into a record; verify.h does.
 *
 * The chain: link 0 is 32 zero bytes, link n is SHA-256(link n-1, record n). Whoever kept the last link as the records were written can tell any change of them later,
 * those too that leave no trace in the state (who asked, which module was loaded).
 */
#pragma once

#include "abi/abi.h"

#define CHAIN_BYTES 32

struct witnesses; /* tools/replay/witness.h */

struct records {
	struct commit_record *record; /* record[0] has sequence number 1 */
	uint64_t count;
};

/*
 * Reads a whole file. Of a log medium it takes the boot with that number (0: the last one) and writes one line about its end to `note` (`size` bytes, as `error`), which stays empty for a bare array. Returns false
 * with one line in `error` when it cannot be read, is neither, or is a medium that was changed.
 */
bool records_read(const char *path, uint64_t boot, struct witnesses *witnesses, struct records *records, char *note, char *error, size_t size);

/* Frees the array. */
void records_free(struct records *records);

/* The last link of the chain over all records. */
void records_chain(const struct records *records, unsigned char chain[CHAIN_BYTES]);

/* The name of an operation as in abi/commits.def; NULL when there is no such operation. */
const char *operation_name(unsigned operation);

/* The name of argument `index` (0..4) of an operation; empty when it has none. */
const char *argument_name(unsigned operation, unsigned index);

/* The name of a type as in abi/objects.def; NULL when there is no such type. */
const char *type_name(uint64_t type);
