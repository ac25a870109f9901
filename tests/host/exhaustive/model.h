/* SPDX-License-Identifier: MIT */
/*
 * The reference model: what the capability state machine is specified to do, written down a second
 * time and as simply as possible.
 *
 * A state is an array of capabilities. Each says where its slot lies (its place, a physical
 * address), what it is a capability for, and from which other one it was derived. What an object
 * contains is found by comparing places with the object's address; deleting is plain recursion.
 * There are no links, no lists, no steps. No code is shared with kernel/core; the numbers come from
 * abi/.
 *
 * A call either succeeds, or some of the reasons to refuse it hold: the specification does not say
 * which of several reasons is told, so the model answers with the set of all, and the core's error
 * must be one of them.
 *
 * Deletion takes time in the core. A capability is then *dying*: its slot is not free, and it is of
 * no use. How far a deletion has come is not specified, only which capabilities it must take: those
 * that the model loses when it makes the same deletion to its end. The model is told what was
 * observed meanwhile (states_observe() in compare.h).
 */
#pragma once

#include "abi/abi.h"

#ifndef MODEL_CAPABILITIES
#define MODEL_CAPABILITIES 64 /* at most 127 */
#endif
#define MODEL_MEMORY ((uint64_t)1 << 17) /* every place lies below */
#define NOBODY	     (-1)

struct capability {
	paddr_t place;
	uint8_t type; /* OBJECT_NULL: this entry of the array is free */
	uint8_t rights;
	bool original, device, dying;
	int8_t parent; /* index; NOBODY: genesis, or dying */
	paddr_t object; /* address of the object or base of the memory; the VSpace of table memory; 0 for controls */
	uint64_t size; /* bytes of memory, slots of a CNode, first | last << 16 of ports */
	uint64_t badge;
	/* The object's own state, kept with its original. */
	uint64_t used;					  /* Untyped */
	paddr_t memory;					  /* table memory: its base */
	uint8_t priority, priority_max, foreign;	  /* Thread */
	uint16_t vector, line, flags;			  /* IrqHandler */
	paddr_t vspace, base;				  /* Mapping */
	uint16_t index, pages;
};

struct model {
	int count; /* entries in use lie below */
	paddr_t log_place;
	uint8_t caller_max, caller_reserve;
	uint64_t ring_used, ring_capacity, ring_reserve;
	uint64_t head; /* only for what LOG_CONTROL tells and takes */
	unsigned lines;
	struct capability capability[MODEL_CAPABILITIES];
	int8_t at[MODEL_MEMORY / SLOT_SIZE]; /* place -> index + 1 */
};

/* One call as the model sees it: capabilities are named by their places. */
struct model_call {
	uint32_t label;
	paddr_t target;
	unsigned caps;
	paddr_t cap[2];
	uint64_t words[4];
};

struct model_answer {
	uint32_t refusals; /* a bit for each error that may be told; 0: it succeeds */
	bool commits;	   /* it needs a record of its own (teardown: model_teardown()) */
	bool teardown;	   /* it deletes: records are as many as it takes */
	unsigned results;
	uint64_t result[4];
};

/*
 * What the machine chose: where a new Mapping lies and its index. The model checks that the choice
 * is allowed.
 */
struct model_choice {
	paddr_t mapping;
	uint16_t index;
	unsigned mappings_per_page;
};

/* The empty system with init's CNode of 2^bits slots at `cnode`, in its own slot 1. */
void model_start(struct model *model, paddr_t cnode, unsigned bits, paddr_t log_place);
void model_give_memory(
	struct model *model, paddr_t place, paddr_t base, uint64_t size, bool device);
void model_give_region(
	struct model *model, paddr_t place, paddr_t base, uint64_t size, uint8_t rights);
void model_give_control(struct model *model, paddr_t place, enum object_type type);

/* The capability at a place; NULL when there is none. */
struct capability *model_at(struct model *model, paddr_t place);

/* Make a call. With refusals or without room in the ring nothing changes. */
void model_invoke(struct model *model, const struct model_call *call,
	const struct model_choice *choice, struct model_answer *answer);

/*
 * Delete the capability at `place` with all that hangs on it, or only what hangs on it, and all
 * that is dying.
 */
void model_delete(struct model *model, paddr_t place);
void model_revoke(struct model *model, paddr_t place);

/* Take everything that is dying to its end. */
void model_finish(struct model *model);

/* What was seen of one capability while a deletion is under way. */
void model_observe_dying(struct model *model, paddr_t place);
void model_observe_gone(struct model *model, paddr_t place);

/* Does a Mapping fit into the table memory of this VSpace? */
bool model_tables_left(const struct model *model, paddr_t vspace, unsigned mappings_per_page);

/*
 * The original of the object in which a place lies, as an index; NOBODY for the log's own place and
 * for memory of objects that are gone.
 */
int model_container(const struct model *model, paddr_t place);

/* The index of the original for the object of a capability. */
int model_original(const struct model *model, const struct capability *capability);

/*
 * A number that is equal for states that differ only in names: in which of a CNode's slots a
 * capability lies, at which address an object, in which order siblings were made. `order` tells the
 * place of each dying capability on the dying list (by index).
 */
uint64_t model_canonical(const struct model *model, const uint8_t *order);

/* For methods.c: the capability at a place unless it is dying; NULL when there is none. */
struct capability *model_live_at(struct model *model, paddr_t place);

/* A new one with neither size nor state; aborts when there are MODEL_CAPABILITIES. */
struct capability *model_capability_new(struct model *model, paddr_t place, int parent,
	enum object_type type, uint8_t rights, paddr_t object);

static inline int model_index(const struct model *model, const struct capability *capability)
{
	return (int)(capability - model->capability);
}
