/* SPDX-License-Identifier: MIT */
/* A request on a path while it is made: what lib/path.c and the opening of files (lib/file.c) share. */
#pragma once

#include "lib/file_session.h"
#include "lib/path.h"
#include "lib/path_known.h"

struct path_request {
	struct file_lane *lane;
	uint64_t data[8];
	struct kernel_call answer;
};

/* The program itself, as file_credentials() has it. */
extern struct asker path_program;

/* A path of its own, from the root. */
static inline struct path path_of_program(const char *text)
{
	return (struct path){.asker = &path_program, .start = PATH_ROOT, .root = PATH_ROOT, .text = text};
}

/* Takes a lane and puts the path there. Words 6 and 7 are 0. */
void path_begin(struct path_request *request, const struct path *path, uint32_t flags, uint32_t mode);

/* Sends it: word 0 of the answer, or PATH_REFERRAL. `other` is the second path, if there is one. */
int64_t path_send(struct path_request *request, struct path *path, struct path *other, uint64_t label, bool changes);

/* What tells an answer about this path from all others. False when vfs will refuse the path, which begins nowhere. */
bool path_key_make(struct path_key *key, const struct path *path, uint32_t flags);

/* On what an answer depends, to be told at LANE_DEPENDS: before it is asked for, and what has been told with it, 0: on more than can be known. */
void path_depends_begin(struct path_depend depends[PATH_KNOWN_WORDS]);
uint32_t path_depends_take(const struct path_request *request, struct path_depend depends[PATH_KNOWN_WORDS]);

/* When nothing is wanted of its lane any more. */
static inline void path_end(const struct path_request *request)
{
	lane_give(&file_vfs, request->lane);
}
