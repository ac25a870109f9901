/* SPDX-License-Identifier: MIT */
/*
 * The keeper of the log: takes every record out of the commit ring, in order, before its place is reused.
 *
 * It is used in two ways, never at the same time: by init before there are threads, and then by a thread of its own of init's priority, which nobody else's work can
 * keep from the ring. `kept` grows only after a record is copied and linked into the chain.
 */
#pragma once

#include "lib/call.h"

#define KEEPER_RECORDS_MAX (1u << 17)

/* Maps the ring and takes what the boot has written, so that there is room; then makes the Region for all records. False when something was refused. */
bool keeper_start(void);

/* Takes whatever is in the ring and frees it. */
void keeper_take(void);

/* Starts the thread that does this whenever the ring is a quarter full. */
bool keeper_spawn(void);

/* The thread's Notification: any signal makes it take what is there. */
extern handle_t keeper_signal;

/* Records taken so far. */
uint64_t keeper_kept(void);

/* Has everything been taken that the kernel has written? */
bool keeper_has_all(void);

/* The operation of the last record that the kernel wrote. */
enum commit_operation keeper_last(void);

/* Prints where the records lie, how many there are, and the last link of their chain (each is SHA-256 of the one before and the record; the first, of 32 zero bytes). */
void keeper_report(void);
