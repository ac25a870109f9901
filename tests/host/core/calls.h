/* SPDX-License-Identifier: MIT */
/*
 * How a test calls the core: one small system to start from, and a function for each method.
 *
 * Every call, whatever it answers, is followed by a check of all invariants; a refused one must
 * have left every byte and the ring as they were. Indices are those of init's CNode unless a
 * function takes slots.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/host/harness/invariants.h"
#include "tests/host/harness/machine.h"

/* Where things lie in init's CNode when a test begins. */
enum {
	AT_CNODE = 1,
	AT_UNTYPED, /* 1 MiB */
	AT_LARGE,   /* some 6 MiB: for large Regions */
	AT_DEVICE,  /* 1 MiB of device memory, outside of the arena */
	AT_IRQ_CONTROL,
	AT_CPU_CONTROL,
	AT_LOG_CONTROL,
	AT_IO_PORTS,
	AT_REGION,    /* a Region of the kernel's, 3 pages, read only */
	AT_FREE = 16, /* from here on empty */
	CNODE_BITS = 8,
	SLOTS = 1 << CNODE_BITS,
};
#define UNTYPED_BYTES ((uint64_t)1 << 20)
#define DEVICE_BASE   ((paddr_t)1 << 32)

struct request {
	struct slot *target;
	uint32_t method;
	unsigned caps;
	struct slot *cap[2];
	uint64_t words[8];
};

/* The results of the last call. */
extern struct call answer;

/*
 * A fresh small system with a ring of `capacity` records (a power of two), of which `reserve` are
 * reserved.
 */
void system_start_ring(uint64_t capacity, uint64_t reserve);

/* The same with a ring that no test fills. */
void system_start(void);

/*
 * Make a call; it is executed again after each interrupt, until it has an answer. ERR_RING_FULL is
 * an answer.
 */
enum error request_make(const struct request *request);

/*
 * One execution of a call: `restarted` says whether it had begun to act; it is updated. May answer
 * ERR_RESTART.
 */
enum error request_execute(const struct request *request, bool *restarted);

/* Do not compare all bytes around each call from now on (for building large trees). */
void request_trust(bool trust);

/* The methods, by index in init's CNode. */
enum error do_retype(
	uint64_t untyped, enum object_type type, uint64_t size, uint64_t first, uint64_t count);
enum error do_reclaim(uint64_t untyped);
enum error do_copy(uint64_t destination, uint64_t source, uint64_t rights);
enum error do_mint(uint64_t destination, uint64_t source, uint64_t rights, uint64_t badge);

/* A copy in the course of a message, with all rights. */
enum error do_transfer(uint64_t destination, uint64_t source);

enum error do_move(uint64_t destination, uint64_t source);
enum error do_delete(uint64_t index);
enum error do_revoke(uint64_t index);
enum error do_query(uint64_t index);
enum error do_bind(uint64_t thread, uint64_t which, uint64_t source);
enum error do_unbind(uint64_t thread, uint64_t which);
enum error do_donate(uint64_t vspace, uint64_t destination, uint64_t pages, uint64_t untyped);
enum error do_attach(uint64_t vspace, uint64_t destination, uint64_t rights, uint64_t region);
enum error do_irq_attach(uint64_t handler, uint64_t line, uint64_t flags);

/* A CNode of 2^bits slots at `index`, and its slot i. */
struct slot *make_cnode(uint64_t index, unsigned bits);
struct slot *slot_in(uint64_t cnode, uint64_t index);

/* A VSpace at `index` with table memory for pages * 64 Mappings at `tables`. */
void make_vspace(uint64_t index, uint64_t tables, uint64_t pages);

/* Is slot `index` of init's CNode empty? Does it hold a capability of this type? */
bool is_empty(uint64_t index);
bool holds_type(uint64_t index, enum object_type type);

/* The record that was committed `back` records ago (0: the last one). */
const struct commit_record *record_back(uint64_t back);

/* Run what is left of orphaned teardown to its end, as the kernel does when nobody calls. */
void teardown_drain(void);

#define assert_done(call)	    assert_int_equal((call), OK)
#define assert_refused(error, call) assert_int_equal((call), (error))

struct core_test {
	const char *id;
	const char *sentence;
	CMUnitTestFunction function;
};

/* A group of tests is a table that ends with an empty row. */
extern const struct core_test gate_tests[], untyped_tests[], cnode_tests[], bind_tests[],
	vspace_tests[], irq_tests[], log_tests[], teardown_tests[], restart_tests[];
