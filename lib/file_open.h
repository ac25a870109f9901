/* SPDX-License-Identifier: MIT */
/* Open files as lib/file.c and lib/file_pages.c know them. */
#pragma once

#include "lib/file.h"
#include "lib/file_session.h"

struct file {
	struct file_session *session; /* null: not open */
	uint64_t serial;              /* no two files that were ever open have the same */
};

extern struct file files_open[FILE_IDS];

/* The open file of that number; null when there is none. */
static inline struct file *file_of(int number)
{
	return number >= 0 && number < FILE_IDS && files_open[number].session ? &files_open[number] : NULL;
}

/* One request on an open file, which uses nothing of its lane's part of the buffer. `words[0]` is filled in. Returns word 0 of the answer; words[1] becomes word 1. */
int64_t file_call(struct file_session *session, uint64_t label, uint64_t count, uint64_t words[8], bool changes);

/* file_pages.c: bytes read from a leased page: all that are wanted of the page, or 0. */
size_t leased_read(int number, const struct file *file, uint64_t offset, void *buffer, size_t bytes);
