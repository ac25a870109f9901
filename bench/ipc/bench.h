/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of the kernel primitives: what its files share.
 *
 * A row is one operation (rows.def). Everything that it needs is made from one Untyped, which is reclaimed after the row, so rows do not see each other. Priorities: the
 * program itself lowers itself to BENCH_PRIORITY; servers run above it, foreign threads below it.
 */
#ifndef KOZO_BENCH_IPC_H
#define KOZO_BENCH_IPC_H

#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/thread.h"

#define BENCH_PRIORITY 40
#define SERVER_PRIORITY 50
#define FOREIGN_PRIORITY 30

#define SPACE_CNODE_BITS 7
#define SPACE_TABLE_PAGES 24

/* Errors of all calls of the row, or-ed together: cheap enough to be part of what is measured. */
extern unsigned row_errors;

static inline void expect_ok(enum error error)
{
	row_errors |= (unsigned)error;
}

/* Makes an object of the row's memory; 0 when that failed, which the row then reports. */
handle_t make(enum object_type type, uint64_t size);

#define ROW(name, prepare, act, undo) \
	void prepare(void);           \
	void act(void);               \
	void undo(void);
#include "rows.def"
#undef ROW

#endif
