/* SPDX-License-Identifier: MIT */
/* The numbers of the kernel interface, expanded from the .def files: errors, object types, rights, method labels, commit kinds, slot and record sizes. */
#pragma once

#include "abi/call.h"
#include "abi/types.h"

enum error {
#define ERROR(name, number, sentence) name = number,
#include "abi/errors.def"
};

enum object_type {
#define OBJECT(name, number, bytes, sentence) OBJECT_##name = number,
#include "abi/objects.def"
	OBJECT_TYPES
};

enum rights {
#define RIGHT(name, bit, sentence) RIGHT_##name = bit,
#include "abi/rights.def"
	RIGHTS_ALL = 0x7f
};

enum method {
#define METHOD(type, name, number, rights, caps, takes, takes_rights, function, sentence) type##_##name = number,
#include "abi/methods.def"
};

enum commit_operation {
#define COMMIT(name, number, function, a0, a1, a2, a3, a4, sentence) COMMIT_##name = number,
#include "abi/commits.def"
	COMMIT_OPERATIONS
};

#define SLOT_SIZE 64
#define CNODE_BYTES(bits) ((uint64_t)SLOT_SIZE << (bits))

/* COPY record flags. */
#define COMMIT_COPY_BADGE 1
#define COMMIT_COPY_RANGE 2
#define COMMIT_COPY_IPC 4
#define COMMIT_DELETE_BEGIN 1 /* begin with the slot, if nothing else is dying */
#define COMMIT_GRANT_DEVICE 1

/* One change of authority. Fixed size; the log hashes it as it stands. */
struct commit_record {
	uint64_t sequence;  /* 1 for the first record of a boot */
	uint16_t operation; /* enum commit_operation */
	uint16_t flags;
	uint32_t count;
	uint64_t subject; /* the Thread that asked, by reference; 0: the kernel at boot */
	uint64_t argument[5];
};
_Static_assert(sizeof(struct commit_record) == 64, "the record is an ABI constant");

/* The commit ring as its reader sees it (a read-only Region): this header page, then `capacity` records; record s lies at s % capacity. */
struct commit_ring {
	uint64_t head;     /* sequence number of the next record to be written */
	uint64_t tail;     /* sequence number of the first record not yet consumed */
	uint64_t capacity; /* records; a power of two */
	uint64_t reserve;  /* of these, kept for threads of the highest priority */
	uint64_t threshold; /* records in the ring at which LOG_CONTROL's Notification is signalled */
};
#define COMMIT_RING_HEADER PAGE_SIZE

/* Object references are direct-map addresses: this plus the physical address. */
#define DIRECT_MAP_BASE 0xffff800000000000
