/* SPDX-License-Identifier: MIT */
/*
 * What a service finds when it starts: the start page, read-only at START_ADDRESS.
 *
 * It lists everything that the service was given: for each capability the slot, for each piece of memory the address. Nothing else reaches a service, and it finds all of it by name. init fills
 * the page anew for each instance from the plan (abi/plan.h), which the manifest was compiled to. Slots and addresses are the same in every instance of a service.
 *
 * A *badge* names a service to others: its index in the plan, plus 1. It is the badge of the messages that it sends, and tells the bit in which its signals arrive (start_bit).
 */
#pragma once

#include "abi/types.h"

#define START_MAGIC 0x54524154535a4f4b /* "KOZSTART" */
#define START_VERSION 1

/* The address space of a service. Below START_TEXT its image's stack and thread block lie (lib/user.ld). */
#define START_ADDRESS 0x200000
#define START_PAGES_MAX 4
#define START_MESSAGE_ADDRESS 0x205000 /* its message page */
#define START_THREAD_ADDRESS 0x3ff000  /* its thread block; GS base at the start */
#define START_STATE_ADDRESS 0x40000000 /* its state Region */
#define START_HEAP_ADDRESS 0x80000000
#define START_MEMORY_ADDRESS 0x100000000 /* from here on: buffers, lent Regions, files, upwards */
#define START_OWN_ADDRESS 0x10000000000 /* from here on a service may map what it likes, if it has its VSpace */

/* Where the server with a badge shows pages of its memory: those that are only read, and those that both write (GRANT_WINDOW). */
#define START_WINDOW_ADDRESS(badge) (0xf000000000 + (badge) * 0x10000000)
#define START_WINDOW_PAGES 64
#define START_WINDOW_SHARED 0x200000 /* of the second one, from the first */

/* An endless loop lies here, counted from the first instruction of a service (lib/start.asm): where init sends a service that is to hang. */
#define START_SPIN_OFFSET 32

/* The CNode of a service. What it was given lies below START_SLOT_FREE; from there on the slots are its own. How many it has is the argument of its CNODE grant. */
#define START_CNODE_BITS 8 /* unless the manifest says `slots` */
#define START_SLOT_FREE 128
#define START_SLOT_COUNT 256
#define START_SLOTS_MAX 16384 /* with `slots` */

#define START_BADGE_MAX 64

/*
 * The bits of a service's Notification. Bits 1..START_BIT_PEERS are those of other services: start_bit() tells which. Two services that are START_BIT_PEERS apart in the plan share one; the manifest is refused when both signal the same third
 * by `signals`.
 */
#define START_BIT_PEERS 46
static inline uint64_t start_bit(uint64_t badge)
{
	return 1 + (badge - 1) % START_BIT_PEERS;
}
#define START_BIT_IRQ 48  /* 48..61: its interrupts, in the order of its grants */
#define START_IRQ_MAX 14
#define START_BIT_LOG 62  /* the commit ring fills (whoever has LOG_CONTROL) */
#define START_BIT_BEAT 63 /* the supervisor asks for a sign of life; lib/service answers */

/* What a grant is: GRANT(name, number, sentence). `slot` is 0 where there is no capability, `address` is 0 where nothing is mapped. */
enum grant_kind {
#define GRANT(name, number, sentence) GRANT_##name = number,
#include "abi/grants.def"
#undef GRANT
};

struct start_grant {
	char name[32]; /* NUL-terminated */
	uint32_t kind; /* enum grant_kind */
	uint32_t slot;
	uint64_t address;
	uint64_t bytes;
	uint64_t argument; /* by kind */
};
_Static_assert(sizeof(struct start_grant) == 64, "init writes what services read");

/* How the instance before ended. Fault and hang are of its own doing: what it was working on may have killed it. */
enum start_ended {
	ENDED_NOT = 0, /* this is the first one */
	ENDED_FAULT = 1,
	ENDED_HANG = 2,
	ENDED_EXIT = 3, /* it returned from main */
	ENDED_KILLED = 4, /* from outside */
};

struct start_page {
	uint64_t magic;
	uint32_t version;
	uint32_t service;  /* index in the plan; the badge is this plus 1 */
	char name[16];     /* NUL-terminated */
	uint64_t instance; /* 0 for the first of this boot */
	uint64_t clock_mult, clock_shift, clock_base; /* as in the boot information */
	uint32_t grant_count;
	uint32_t ended; /* enum start_ended: of the instance before this one */
	struct start_grant grant[];
};
_Static_assert(sizeof(struct start_page) == 72, "init writes what services read");

#define START_GRANTS_MAX ((START_PAGES_MAX * PAGE_SIZE - sizeof(struct start_page)) / sizeof(struct start_grant))

/* The page of a BEAT grant: written by the service alone, read by the supervisor. lib/health.h tells what being degraded is. */
#define START_REASON_BYTES 104
struct start_beat {
	uint64_t beats;     /* [a] answers to START_BIT_BEAT so far: one for each time that it was taken */
	uint64_t computing; /* [a] how often it has said by itself that it computes */
	uint64_t degraded;  /* [a] not 0: `reason` tells why */
	char reason[START_REASON_BYTES]; /* padded with NUL */
};
_Static_assert(sizeof(struct start_beat) == 128, "services write what the supervisor reads");

/*
 * The page of a TEXT grant: what the service prints, taken by the one service that prints for all. Each index counts bytes for ever and has one writer; whoever reads the other's believes it only if
 * the distance is 0 .. START_TEXT_BYTES. What does not fit is dropped and counted.
 */
#define START_TEXT_PAGES 2
#define START_TEXT_BYTES (START_TEXT_PAGES * PAGE_SIZE - 128)
struct start_text {
	_Alignas(64) uint64_t produced; /* [a] by the service */
	uint64_t dropped;               /* bytes that did not fit; by the service */
	_Alignas(64) uint64_t consumed; /* [a] by the printer */
	_Alignas(64) char text[START_TEXT_BYTES];
};
_Static_assert(sizeof(struct start_text) == START_TEXT_PAGES * PAGE_SIZE, "whole pages");
