/* SPDX-License-Identifier: MIT */
/*
 * Witnesses of a log: heads of its chain that were told while it was written (LOG_HEAD, abi/protocols/log.def) and kept where who can write the log's disk cannot write. What the chain alone cannot show, they do: an end that was cut off,
 * a disk put back to an earlier state, a history written anew with all its links.
 *
 * A file of witnesses is text, for example what a machine has printed: each line in which `boot B, record N, link HEX` occurs is one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/log.h"

struct witness {
	uint64_t boot, record;
	uint8_t link[LOG_LINK_BYTES];
};

struct witnesses {
	struct witness *head; /* in the order of the log */
	size_t count, confirmed;
};

/* Reads a file. False, with one line in `error`, when it cannot be read, or has none. */
bool witnesses_read(const char *path, struct witnesses *witnesses, char *error, size_t size);
void witnesses_free(struct witnesses *witnesses);

/* Compares with a verified block of a log, the next of it. False, with boot and record in `error`, when a witness has seen another history. */
bool witnesses_confirm(struct witnesses *witnesses, const struct log_block *block, char *error, size_t size);

/* At the end of the log: false when a witness has seen more of it. */
bool witnesses_all_confirmed(const struct witnesses *witnesses, char *error, size_t size);
