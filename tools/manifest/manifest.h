/* SPDX-License-Identifier: MIT */
/*
 * The system manifest in memory, between reading (read.c), checking (check.c) and what is made of it: the plan (plan.c, image.c) and the graph (graph.c).
 *
 * A mistake in the manifest is one line `FILE:LINE: sentence` on stderr and counted; reading and checking go on, so that one run tells all of them. Nothing is written when there was one.
 * Everything lives until the process ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "abi/plan.h"
#include "tools/mkboot/file.h"

#define NAME_BYTES 32         /* of a declared thing, with its NUL */
#define SERVICE_NAME_BYTES 16 /* of a service, with its NUL */
#define PATH_BYTES 256
#define LIST_MAX 64 /* lines of one kind in one service */
#define DECLARATIONS_MAX 256
#define PRIORITY_MOST 62 /* the highest is init's */

/* What a manifest can declare at its top level, beside services. */
enum declaration_kind { DECLARED_IOPORT, DECLARED_IRQ, DECLARED_REGION, DECLARED_BLOB };

struct declaration {
	char name[NAME_BYTES];
	unsigned line;
	enum declaration_kind kind;
	uint64_t first, second; /* ports; line and flags; bytes */
	bool shared;            /* ports: others may lie over them */
	char file[PATH_BYTES];
	uint32_t object; /* plan.c: of its own */
};

struct service;

/* `uses SERVER buffer SIZE lease signals timed may WORD`: a session. */
struct use {
	char server[SERVICE_NAME_BYTES];
	unsigned line;
	uint64_t buffer; /* bytes, 0: none */
	bool signals;
	bool lease;  /* it sees pages of the server's memory */
	bool timed; /* the client never waits for the server but with a deadline: its priority may be higher */
	char may[NAME_BYTES]; /* empty: nothing particular */
	struct service *to; /* check.c; a null pointer when there is none of that name */
};

#define FS_SERVER "vfs" /* the service that `needs fs.read:PATH` is about */

/* What `needs` can name: NEED(id, prefix, takes a name). */
enum need_kind {
#define NEED(id, prefix, named) NEED_##id,
#include "tools/manifest/needs.def"
#undef NEED
	NEEDS
};

struct need {
	enum need_kind kind;
	char name[NAME_BYTES]; /* after the dot */
	unsigned line;
	uint64_t value;   /* untyped: bytes, 0: the rest; device: interrupts */
	bool read, dma, unmapped;
	struct declaration *of; /* check.c */
};

struct service {
	char name[SERVICE_NAME_BYTES];
	unsigned line, binary_line, priority_line;
	unsigned seen; /* read.c: which lines it has had */
	char binary[PATH_BYTES];
	uint64_t priority, heap, state, replies, heartbeat, tables, cnode_bits;
	bool supervises, once;
	struct use use[LIST_MAX];
	struct need need[LIST_MAX];
	struct {
		char name[SERVICE_NAME_BYTES];
		unsigned line;
		struct service *to;
	} after[LIST_MAX];
	size_t uses, needs, afters;
	unsigned mark;   /* check.c: of the search for cycles */
	uint32_t index;  /* place in the order of starting */
	uint32_t endpoint, notification, text, beat, state_object; /* plan.c: objects */
};

struct manifest {
	const char *path;
	struct declaration declaration[DECLARATIONS_MAX];
	size_t declarations;
	struct service service[PLAN_SERVICES_MAX]; /* in the order of the file */
	size_t services;
	struct service *order[PLAN_SERVICES_MAX]; /* in the order of starting */
	size_t ordered;
	unsigned mistakes;
};

/* Says what is wrong in a line of the manifest. */
__attribute__((format(printf, 3, 4))) void mistake(struct manifest *manifest, unsigned line, const char *format, ...);

/* Reads the file `manifest->path`. */
void manifest_read(struct manifest *manifest);

/* Resolves the names, finds the order of starting, and checks all that can be said without the programs. */
void manifest_check(struct manifest *manifest);

/* The service of that name; a null pointer when there is none. */
struct service *service_find(struct manifest *manifest, const char *name);

/* The service that has a need of this kind, a null pointer when there is none. */
struct service *service_with(struct manifest *manifest, enum need_kind kind);

/* A need as the manifest writes it. */
void need_text(const struct need *need, char text[2 * NAME_BYTES]);

/* Bytes of a file below `directory`. */
struct file file_of(const char *directory, const char *path, const char *suffix);

/* Everything that goes to the package. */
struct output {
	struct plan plan;
	struct plan_service service[PLAN_SERVICES_MAX];
	struct plan_object object[PLAN_OBJECTS_MAX];
	struct plan_grant *grant;
	struct plan_segment *segment;
	unsigned char *image;
	size_t image_bytes;
	FILE *depends; /* the files that were read, for make; may be a null pointer */
};

/* Fills in the output; programs and files are read from below `directory`. */
void output_make(struct output *output, struct manifest *manifest, const char *directory);

/* Adds a program to the image and its segments to the plan (image.c). */
void image_program(struct output *output, struct manifest *manifest, const struct service *service, struct plan_service *entry, const char *directory);

/* Adds a file's bytes at the next page. Returns the offset in the image. */
uint64_t image_append(struct output *output, const void *data, size_t size);

/* Writes who may talk to whom, in the language of graphviz. */
void graph_write(struct manifest *manifest, FILE *stream);

/* Writes the same as lines, to compare with the running system (tests/servers/graph). */
void edges_write(struct manifest *manifest, FILE *stream);
