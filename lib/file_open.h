/* SPDX-License-Identifier: MIT */
/* Open files as lib/file.c and lib/file_pages.c know them. */
#pragma once

#include "lib/file.h"
#include "lib/file_session.h"
#include "lib/parked.h"

struct file {
	struct file_session *session; /* null: not open */
	uint64_t serial;              /* no two files that were ever open have the same, but one that is opened again without a call */
	struct parked_file *parked;   /* by which it can be parked when it is closed; null: it cannot */
};

extern struct file files_open[FILE_IDS];

/* The open file of that number; null when there is none. */
static inline struct file *file_of(int number)
{
	return number >= 0 && number < FILE_IDS && files_open[number].session ? &files_open[number] : NULL;
}

/* Closes a file at its filesystem; then its number is free. Waits. */
int number_close(struct file_session *session, int number);

/* file_parked.c */

extern struct parked_files files_parked;

/* Can a file that is opened so be kept when it is closed? Of flags only those that change nothing, and say nothing of what must be there. */
static inline bool opening_can_park(uint32_t flags)
{
	return files_parked.sets && !(flags & ~(uint32_t)(OPEN_ACCESS | OPEN_APPEND | OPEN_NOFOLLOW | OPEN_NOATIME));
}

/* Makes the key of such an opening. False when its path is too long, or begins nowhere. */
bool parked_key(struct path_packed *packed, struct path_key *key, const struct path *path, uint32_t flags);

/* Opens a parked file again: its number, and what file_open_at() tells; -ENOENT when there is none. May wait. */
int parked_reopen(const struct path_packed *packed, struct path *path, struct file_opened *opened);

/* A file that has just been opened can be kept when it is closed; `depends`: on what its opening depends. May wait. */
void parked_note(int number, const struct path_packed *packed, const struct path_depend *depends, uint32_t count, const struct path *path, const struct file_opened *opened);

/* An open file is to be closed when it is closed. */
void parked_never(struct file *file);

/* Parks an open file instead of closing it. False when it is to be closed. */
bool parked_keep(int number);

/* Closes a parked file. False when there is none. Waits. */
bool parked_give_up(void);

/* One request on an open file, which uses nothing of its lane's part of the buffer. `words[0]` is filled in. Returns word 0 of the answer; words[1] becomes word 1. */
int64_t file_call(struct file_session *session, uint64_t label, uint64_t count, uint64_t words[8], bool changes);

/* file_pages.c: bytes read from a leased page: all that are wanted of the page, or 0. */
size_t leased_read(int number, const struct file *file, uint64_t offset, void *buffer, size_t bytes);
