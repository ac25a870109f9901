/* SPDX-License-Identifier: MIT */
/*
 * Waiting for many open files at once: what poll and select have in common. A set holds each file, with a waiter in its queue, until it is ended.
 */
#pragma once

#include "file/description.h"

#define POLL_FIRST 16 /* entries without memory of their own */
#define POLL_ALWAYS (LINUX_POLLERR | LINUX_POLLHUP | LINUX_POLLNVAL) /* what poll() tells whether it was asked for or not */

struct poll_entry {
	struct description *description; /* held; null: no such file */
	int32_t number;
	uint32_t wanted; /* LINUX_POLL* */
	uint32_t ready;
	struct waiter waiter;
};

struct poll_chunk;

struct poll_set {
	struct task *task;
	uint32_t count;
	struct poll_chunk *chunks; /* of entries from POLL_FIRST on, the last one first */
	struct poll_entry first[POLL_FIRST];
};

void poll_begin(struct poll_set *set, struct task *task);

/* One more file; a number that is not open is ready with LINUX_POLLNVAL, a negative one never. False when there is no memory. */
bool poll_add(struct poll_set *set, int32_t number, uint32_t wanted);

/* An entry in the order in which they were added. */
struct poll_entry *poll_at(struct poll_set *set, uint32_t index);

/* Waits until one is ready. How many are; 0 at the deadline; -ERESTARTSYS. A deadline of 0: looks, and does not wait. */
int64_t poll_wait(struct poll_set *set, uint64_t deadline);

/* May wait. */
void poll_end(struct poll_set *set);
