/* SPDX-License-Identifier: MIT */
/*
 * Could the kernel have written these records?
 *
 * apply() trusts a record because a decoder wrote it. A file can be written by anybody, so each record is first led back to the call that it must have come from: the
 * Thread that asked must exist, and its root CNode must hold the capabilities that the method needs. That call goes through the kernel's own decoder, on
 * the state that the records before it have made; what the decoder then writes must be the record, byte for byte. No rule of the kernel is written
 * down a second time, and no number in a record is followed before it was found among the capabilities of a live Thread.
 *
 * Only the records that the kernel writes by itself at boot have no call behind them: those are checked in verify_boot.c.
 *
 * What cannot be told from the records alone: which of several Threads with the same authority asked, and what MODULE hashes mean. The chain of records.h
 * covers that.
 */
#pragma once

#include "tools/replay/arena.h"
#include "tools/replay/records.h"

struct verdict {
	uint64_t record; /* sequence number of the first wrong record; 0: all are right */
	char text[256];  /* what is wrong with it */
};

/* Checks all records on an empty arena, which holds the state that they lead to afterwards. False, with the verdict filled in, at the first wrong one. */
bool verify_records(struct arena *arena, const struct records *records, struct verdict *verdict);

/* Applies records that verify_records() has accepted to an empty arena, by apply() alone. */
void apply_records(struct arena *arena, const struct records *records);
