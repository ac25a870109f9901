/* SPDX-License-Identifier: MIT */
/*
 * A machine for kernel/core on the host: an arena that stands for physical memory, a genesis, and
 * the hooks.
 *
 * The arena is laid out once by machine_start(): the core's page, the commit ring, init's CNode, a
 * page for the Thread that calls (it lies outside of every Untyped and has no capability, so no
 * test can delete it), and from machine.free on memory that tests hand out as Untypeds. That memory
 * starts dirty, so that an object made of memory that was not cleared is noticed
 * (hook_object_created checks it).
 *
 * Everything that a test may want to go back to lies in the arena, except struct machine itself: a
 * copy of the arena is a copy of the state.
 *
 * What the machine does for a kernel call is here reduced to what the core can see of it:
 *   interrupts   hook_interrupt_pending() answers true at question number pending_at, and at every
 *                pending_every-th one
 *   limbo        machine.limbo counts the bounded steps that hook_limbo_step() still needs; a
 *                destroyed VSpace adds machine.limbo_per_vspace
 *   tables       a page of donated memory holds machine.mappings_per_page Mappings and nothing else
 *   methods      those that the machine implements (registers, mapping, ports) only say that they
 *                were reached
 */
#pragma once

#include "kernel/core/core.h"

struct machine_config {
	uint64_t memory;	/* bytes of the arena, a multiple of the page size */
	uint64_t ring_capacity; /* records; a power of two */
	uint64_t ring_reserve;
	unsigned cnode_bits;	    /* of init's CNode */
	unsigned mappings_per_page; /* 1..64 */
};

struct machine {
	struct machine_config config;
	paddr_t free;  /* the first byte that is not the harness's own; page-aligned */
	paddr_t cnode; /* init's CNode */
	struct thread_core *caller;
	uint64_t questions;	/* how often hook_interrupt_pending() was asked */
	uint64_t pending_at;	/* counted from 1; 0: never */
	uint64_t pending_every; /* 0: never */
	uint64_t limbo;		/* steps that hook_limbo_step() still needs */
	uint64_t limbo_per_vspace;
	unsigned irq_lines;
	/* What the hooks were told, for tests that ask. */
	uint64_t created[OBJECT_TYPES], destroyed[OBJECT_TYPES];
	uint64_t slots_changed, donated, irq_attached, irq_detached, priorities_changed, thresholds;
	uint64_t refusals;
	enum error refusal; /* the last refused error (debug builds of the core) */
	enum error (*reached)(struct call *); /* the method of the machine that was reached last */
	ref_t mapping;			      /* the last answer of hook_mapping_available() */
	uint16_t mapping_index;
};

extern struct machine machine;

/*
 * Lay out a fresh arena and apply GENESIS: afterwards init's CNode holds itself in slot 1. Aborts
 * when the host has no memory.
 */
void machine_start(const struct machine_config *config);

/* Give the arena back. */
void machine_stop(void);

/* Slot `index` of init's CNode, whatever it holds. */
struct slot *machine_slot(uint64_t index);

/*
 * Genesis records: an Untyped, a Region, a control (or the I/O ports) into slot `index` of init's
 * CNode.
 */
void machine_give_memory(uint64_t index, paddr_t base, uint64_t size, bool device);
void machine_give_region(uint64_t index, paddr_t base, uint64_t size, uint8_t rights);
void machine_give_control(uint64_t index, enum object_type type);

/* Consume every record of the ring. */
void machine_drain(void);

/*
 * Copy the first `bytes` of the arena, or compare them with a copy; poisoned memory too, for what
 * nobody may touch must not change either.
 */
void machine_save(unsigned char *to, uint64_t bytes);
bool machine_is_saved(const unsigned char *saved, uint64_t bytes);

/* Is this memory zero? */
bool machine_is_clear(paddr_t base, uint64_t size);

/* Nobody may look at this memory any more: under ASan it is poisoned until it is cleared again. */
void machine_forget(paddr_t base, uint64_t size);

/* The same for the memory of an Untyped, if this was a RECLAIM that is done. */
void machine_forget_reclaimed(const struct call *call, uint32_t label, enum error error);
