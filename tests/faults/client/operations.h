/* SPDX-License-Identifier: MIT */
/*
 * Operations with one right outcome each, and a model of what they must leave behind. While an operation runs, servers are killed; then its check compares what the client was told, and what is there, with the model.
 *
 * What an operation was told it did must be there (else it is LOST), once (else REPEATED), and nothing else may have changed (else WRONG). An operation that is answered with an error although nothing is wrong with its
 * arguments was carried out twice, or not at all: the check looks which.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
	RIGHT = 0,
	LOST = 1,
	WRONG = 2,
	REPEATED = 3,
	VERDICTS = 4,
};

struct operation {
	const char *name;
	const char *server; /* needed: a session with this service */
	const char *victim; /* makes sense only while this one ends; a null pointer: any */
	bool named; /* only when it is asked for by name, or, if it has a victim, in sweeps of that one: it leaves others no room */
	bool (*prepare)(void); /* before anybody is killed. False: the client cannot go on */
	int64_t (*run)(void);
	enum verdict (*check)(int64_t result); /* after it */
	const char *restarts; /* the service that is ended when it begins; a null pointer: none */
};

/* Does it. */
int64_t operation_run(const struct operation *operation);

/* The operations on files, those on pages that are leased to write (stores.c), and those of devices (devices.c), one after the other; a null pointer behind the last. */
const struct operation *operation_at(unsigned index);
extern const struct operation store_operations[];
extern const unsigned store_operation_count;
extern const struct operation device_operations[];
extern const unsigned device_operation_count;

/* Whether this client has what an operation needs. */
bool operation_possible(const struct operation *operation);

/* BASE/NAME, in one of two buffers by turns: an operation has at most two paths. */
const char *path_of(const char *name);

/* Bytes that follow from a number. */
void bytes_make(unsigned char *bytes, size_t count, uint64_t seed);

/* Makes the directory `base` and all in it that operations expect. False when something of it fails. */
bool operations_begin(const char *base);

/* Prepares what the operations of devices need. */
bool devices_begin(void);

/* Compares everything below the directory with the model. */
enum verdict operations_audit(void);

/* Writes into a file, and leaves it to the filesystem when that is put on a disk. False when it is refused. */
bool operations_touch(void);

/*
 * Reads what never changes, and what was touched last, and then, with `changes`, changes a mode. RIGHT; LOST when errors were answered that say nothing of files, and nothing wrong; WRONG. `degraded`: a server says that it has lost something. Then what was touched
 * last may be as it was before, which is LOST too.
 */
enum verdict operations_look(bool degraded, bool changes);

/* Opens all files anew, makes what was touched last what it should be, and has it synchronised, after errors were answered. False when that cannot be done. */
bool operations_settle(void);

/* Uses the device or service of that name once. RIGHT; LOST when it answers -EIO, or nothing comes back of one that is `degraded` by what is looked for; else WRONG: so too when another one that it serves fails. */
enum verdict devices_look(const char *victim, bool degraded);
