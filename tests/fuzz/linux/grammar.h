/* SPDX-License-Identifier: MIT */
/*
 * Calls of Linux for fuzzers, made from shim/linux-abi/syscalls.def: of each built row a call with arguments of their kinds. Choices come from bytes (of libFuzzer, or of any generator), so the same bytes
 * give the same calls. What calls have given - files, processes, addresses, ids - is carried to the calls behind them.
 *
 *   grammar_start(&grammar, bytes, size, &memory);
 *   while (grammar_next(&grammar, &call)) {
 *           result = ...;
 *           grammar_learn(&grammar, &call, result);
 *   }
 *
 * Memory for arguments is a window of the process under test that is written through a callback. Besides it the owner tells addresses that are bad in one way each; of pointers about one in eight is such.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRAMMAR_ARGUMENTS 6

/* What calls give and other calls take. Files of a kind that has calls of its own are remembered twice: as such, and as files. */
enum grammar_resource {
	RESOURCE_FILE, RESOURCE_SOCKET, RESOURCE_EPOLL, RESOURCE_QUEUE, RESOURCE_PIDFD, RESOURCE_TIMERFD, RESOURCE_INOTIFY, RESOURCE_PIPE, RESOURCE_TERMINAL, /* up to here: files */
	RESOURCE_PROCESS, RESOURCE_ADDRESS, RESOURCE_SHM, RESOURCE_SEM, RESOURCE_MSG, RESOURCE_TIMER, RESOURCE_WATCH, RESOURCE_AIO, RESOURCES
};

/* So many of each kind are remembered; older ones are forgotten. */
#define GRAMMAR_REMEMBERED 24

/* Where arguments lie, and which addresses are bad. An address of 0 stands for one that the owner does not have. */
struct grammar_memory {
	uint64_t start, bytes; /* readable and writable; at least GRAMMAR_MEMORY_LEAST */
	uint64_t bad[8];       /* unmapped, read-only, of the kernel, not canonical, the last bytes of a page before nothing, ... */
	void (*write)(void *context, uint64_t address, const void *bytes, size_t size);
	bool (*read)(void *context, uint64_t address, void *bytes, size_t size);
	void *context;
};
#define GRAMMAR_MEMORY_LEAST 65536

struct grammar_call {
	uint64_t number;
	uint64_t arguments[GRAMMAR_ARGUMENTS];
};

/* The generator. Its owner may forbid calls by their number before the first one: those that end the test, or that wait for ever. */
struct grammar {
	const uint8_t *next;
	size_t left;
	const struct grammar_memory *memory;
	uint64_t used; /* bytes of the memory that hold arguments of the present call */
	uint64_t values[RESOURCES][GRAMMAR_REMEMBERED];
	unsigned counts[RESOURCES];
	uint64_t last;  /* number: of the last call */
	unsigned given; /* by it: an enum grammar_resource, or none of them */
	bool forbidden[512];
};

/* Begins; nothing is remembered, nothing forbidden. */
void grammar_start(struct grammar *grammar, const uint8_t *bytes, size_t size, const struct grammar_memory *memory);

/* Makes the next call, and writes what its arguments point to. False when the bytes are used up. */
bool grammar_next(struct grammar *grammar, struct grammar_call *call);

/* Tells the result: what a successful call has given is remembered, and what it has taken back is forgotten. */
void grammar_learn(struct grammar *grammar, const struct grammar_call *call, int64_t result);

/* Gives it something that is there before the first call (files 0 to 2, the process itself). */
void grammar_remember(struct grammar *grammar, enum grammar_resource resource, uint64_t value);

/* How many calls there are to choose from, and the number of each. */
unsigned grammar_calls(void);
uint64_t grammar_number(unsigned index);
