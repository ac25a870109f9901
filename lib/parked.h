/* SPDX-License-Identifier: MIT */
/*
 * Closed files that a client keeps, for the case that it opens them again: which there are, and by which path and whom each was opened.
 *
 * An entry is free, *open* (its file is open: when that is closed, it can be kept), or *parked* (closed for the program, open at the filesystem). What makes an opening good, makes an entry good: it holds as long as what is known of the path does
 * (lib/path_known.h). lib/file_parked.c says when a parked file may be opened again without a call, and how the filesystem gets it back.
 *
 * The memory is the program's, zero at first, and bounds how many there are; what is new replaces what is old. Pure.
 */
#pragma once

#include "lib/file.h"
#include "lib/path_known.h"

#define PARKED_WAYS 4

enum parked_state { PARKED_FREE = 0, PARKED_OPEN, PARKED_CLOSED };

struct parked_file {
	struct path_known known;
	enum parked_state state;
	int number;          /* of the file (lib/file.h) */
	uint64_t filesystem; /* its badge */
	struct file_opened opened;
};

struct parked_files {
	struct parked_file *entries;
	uint32_t sets; /* of PARKED_WAYS entries, a power of two; 0: none is kept */
	uint32_t victim;
};

void parked_begin(struct parked_files *files, void *memory, size_t bytes);

/* A parked file that this key has opened; a null pointer when there is none. */
struct parked_file *parked_find(const struct parked_files *files, const struct path_packed *packed);

/* An entry for a file that this key has opened: a free one, one that holds no more, or another. A file that is parked there is to be closed first. */
struct parked_file *parked_choose(struct parked_files *files, const struct path_packed *packed);

/* Any that is parked; a null pointer when none is. */
struct parked_file *parked_any(const struct parked_files *files);
