/* SPDX-License-Identifier: MIT */
/* The tables that the generator (grammar.h) chooses from: rows of calls, sets of constants, structures. */
#pragma once

#include "tests/fuzz/linux/grammar.h"

enum argument_kind {
	KIND_INT, KIND_UINT, KIND_LONG, KIND_SIZE, KIND_OFFSET, KIND_MODE, KIND_USER, KIND_SIGNAL,
	KIND_ANYTHING, /* that another argument may ask for; often `structure`, when there is one */
	KIND_FILE, KIND_DIRECTORY, KIND_RESOURCE, /* of `resource` */
	KIND_SET, KIND_CHOICE, /* of `set`; flags have one of `second` beside them, when there is one */
	KIND_ADDRESS,
	KIND_PATH, KIND_TEXT, KIND_TEXTS,
	KIND_BUFFER, /* its length is the argument `other` */
	KIND_MEMORY, /* `bytes` */
	KIND_STRUCTURE, /* of `structure`; its size is the argument `other`, when there is one */
	KIND_ARRAY, /* of `structure`; its count is the argument `other` */
	KIND_SOCKET_ADDRESS, /* its length is the argument `other`, when there is one */
	KIND_VECTOR, KIND_MESSAGE, KIND_LENGTH, KIND_FILES,
};

/* Values of a set of abi/linux. */
struct constants {
	const uint64_t *values;
	unsigned count;
};

/* A member of a structure, a number. */
struct member {
	uint16_t offset, bytes;
	enum argument_kind kind;
	const struct constants *set;
};

struct layout {
	uint32_t bytes;
	const struct member *(*members)(void); /* ended by one without bytes; null: a number, or bytes without a meaning */
};

struct argument {
	const char *name; /* null: the call has fewer */
	enum argument_kind kind;
	enum grammar_resource resource;
	const char *other;
	const struct constants *set, *second;
	const struct layout *structure;
	uint32_t bytes;
};

/* What a call gives: a resource, or nothing that later calls could take. */
#define GIVES_NOTHING RESOURCES

struct row {
	uint64_t number;
	const char *name;
	struct argument arguments[GRAMMAR_ARGUMENTS];
	unsigned gives; /* enum grammar_resource, or GIVES_NOTHING */
};

extern const struct row rows[];
extern const unsigned row_count;

/* Structures that are pointed to by arguments whose meaning another argument tells. */
extern const struct layout *const pointed[];
extern const unsigned pointed_count;

/* The row of a number, or null. */
const struct row *row_of(uint64_t number);
