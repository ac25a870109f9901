/* SPDX-License-Identifier: MIT */
/*
 * One operation, made in the core and in the reference model, and judged: the answers must agree,
 * and after a refusal nothing may be different.
 *
 * 	operation_begin();                       remember the state
 * 	sentence = operation_make(&operation, &error);
 * 	sentence = operation_left_no_trace(&operation, error);
 * 	sentence = states_compare(&model, order);    (compare.h)
 * 	operation_undo();                        go back, if wanted (not under ASan: poisoned
 *                                                  memory stays as it is)
 */
#pragma once

#include "tests/host/exhaustive/model.h"
#include "tests/host/harness/machine.h"

#define PLACE_UNIT 16 /* the slots of CNodes are aligned to 64 bytes, the log's own to less */

enum operation_kind {
	OPERATION_CALL,	       /* a call, never interrupted */
	OPERATION_INTERRUPTED, /* a call, interrupted wherever it can be and executed again */
	OPERATION_BEGIN,       /* a deletion begins and its caller dies before the first step */
	OPERATION_STEP,	       /* one step of what is dying */
	OPERATION_REVOKE_STEP, /* one step of a revocation whose caller dies then */
};

struct operation {
	uint8_t kind; /* enum operation_kind */
	uint8_t label, caps;
	uint16_t target, cap[2]; /* places, in units of PLACE_UNIT */
	uint64_t words[4];
};

/*
 * The call lost the capability that it invokes while it was interrupted: its work is left to
 * others.
 */
#define ORPHANED ((enum error)0x102)

/* The model beside the core. */
extern struct model twin;

/* Consume the ring's records after each operation, so that it never fills. */
extern bool drain_always;

/* How many single steps of teardown were made. */
extern uint64_t operation_steps;

void operation_begin(void);
void operation_undo(void);

/* NULL, or what the core did that the model does not allow; *error is the core's answer. */
const char *operation_make(const struct operation *operation, enum error *error);

/*
 * After a refusal, and after a success without a record, no byte is different. NULL, or a sentence.
 */
const char *operation_left_no_trace(const struct operation *operation, enum error error);
