/* SPDX-License-Identifier: MIT */
/* Areas of an address space: ranges of pages with one protection and one backing, ordered by address in a treap. They never overlap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mm/object.h"

enum area_flags {
	AREA_READ = 1, /* PROT_READ, PROT_WRITE, PROT_EXEC */
	AREA_WRITE = 2,
	AREA_EXECUTE = 4,
	AREA_PROTECTION = 7,
	AREA_SHARED = 0x10,    /* stores go to the object */
	AREA_MAY_WRITE = 0x20, /* mprotect may add PROT_WRITE: not for a shared mapping of a file that is open for reading */
	AREA_GROWS = 0x40,     /* a stack: it grows downwards */
	AREA_LOCKED = 0x80,
	AREA_NOT_FORKED = 0x100, /* MADV_DONTFORK */
	AREA_WIPED = 0x200,      /* MADV_WIPEONFORK */
	AREA_NOT_DUMPED = 0x400, /* MADV_DONTDUMP */
	AREA_SEGMENT = 0x800,    /* attached by shmat */
	AREA_NO_EXECUTE = 0x1000, /* mprotect may not add PROT_EXEC: a file of a filesystem that is mounted noexec */
};

struct area {
	uint64_t start, end; /* page-aligned addresses */
	uint32_t flags;
	uint32_t priority; /* in the treap */
	struct object *object; /* null: private anonymous memory */
	uint64_t first;        /* page of the object at `start` */
	struct area *left, *right;
};

#define AREAS_MAX 65530 /* of one address space */

extern int64_t areas_most; /* vm.max_map_count: at most AREAS_MAX */

struct areas {
	struct area *root;
	uint64_t count;
};

/* The first area that ends above `address`: the one that holds it, or the next one; a null pointer when there is none. */
struct area *area_at_or_after(const struct areas *areas, uint64_t address);

/* The last area that begins below `address`. */
struct area *area_before(const struct areas *areas, uint64_t address);

/* The area that holds an address. */
static inline struct area *area_find(const struct areas *areas, uint64_t address)
{
	struct area *area = area_at_or_after(areas, address);

	return area && area->start <= address ? area : NULL;
}

/* A copy of `like` in the tree, at its addresses; holds the object. A null pointer when there is no memory. */
struct area *area_add(struct areas *areas, const struct area *like);

/* Takes an area out and gives it and its hold on the object back. */
void area_remove(struct areas *areas, struct area *area);

/* Makes `address` a border: an area that holds it in its middle becomes two. False when there is no memory, or there are `areas_most` already. */
bool area_split(struct areas *areas, uint64_t address);

/* The same, also beyond that: for who is about to take areas away. */
bool area_split_beyond(struct areas *areas, uint64_t address);

/* Joins an area with its neighbours where they are alike. */
void area_join(struct areas *areas, struct area *area);
