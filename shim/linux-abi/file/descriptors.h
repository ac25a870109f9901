/* SPDX-License-Identifier: MIT */
/* The table of open files of a process (or of several that share it): numbers to descriptions, with FD_CLOEXEC. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct description;
struct descriptors;
struct task;

/* An empty table; a copy with the same files. Null pointers when there is no memory. One user. */
struct descriptors *descriptors_make(void);
struct descriptors *descriptors_copy(const struct descriptors *descriptors);
void descriptors_hold(struct descriptors *descriptors);

/* The last user closes all. May wait. */
void descriptors_release(struct descriptors *descriptors);

/* For who has one user's hold on a table: the same if nobody else uses it, else a copy, and the hold on the first is given back. A null pointer when there is no memory: then nothing has changed. */
struct descriptors *descriptors_unshare(struct descriptors *descriptors);

/* Closes what is FD_CLOEXEC. May wait. */
void descriptors_exec(struct descriptors *descriptors);

/* The description behind a number, not held; a null pointer when there is none. */
struct description *descriptor_find(const struct descriptors *descriptors, uint64_t number);

/* Puts a description (whose user the table becomes) at the lowest free number from `lowest` on. The number, or -EMFILE: `limit` is RLIMIT_NOFILE. */
int descriptor_add(struct descriptors *descriptors, struct description *description, uint64_t lowest, bool close_on_exec, uint64_t limit);

#define DESCRIPTORS_MAX 65536 /* numbers are below this, whatever RLIMIT_NOFILE says */

/* Takes a number out of the table. 0 or -EBADF. May wait. */
int descriptor_close(struct descriptors *descriptors, uint64_t number);

/* Puts a description (whose user the table becomes) at a number below DESCRIPTORS_MAX, and closes what was there. 0 or -ENOMEM. May wait. */
int descriptor_replace(struct descriptors *descriptors, uint64_t number, struct description *description, bool close_on_exec);

/* Whether the table has one user: then nobody closes a number while a call of that one is under way. */
bool descriptors_are_own(const struct descriptors *descriptors);

/* FD_CLOEXEC of a number that is in use. */
bool descriptor_closes(const struct descriptors *descriptors, uint64_t number);
void descriptor_set_closes(struct descriptors *descriptors, uint64_t number, bool closes);

/* The first number in use from `from` on; DESCRIPTORS_MAX when there is none. */
uint64_t descriptor_next(const struct descriptors *descriptors, uint64_t from);

/* The lowest free number from `lowest` on, whatever the limits. */
uint64_t descriptor_lowest(const struct descriptors *descriptors, uint64_t lowest);
