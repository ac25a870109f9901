/* SPDX-License-Identifier: MIT */
/* What lies in a message queue, of System V or of POSIX: a number, which is its type or its priority, and bytes in pieces of memory. */
#pragma once

#include "mm/memory.h"

struct letter {
	struct letter *next; /* in its queue */
	int64_t number;
	uint64_t bytes;
	struct letter_piece *first;
};

/* Reads one out of a process's memory: 0, -EFAULT or -ENOMEM. May wait. */
int letter_read(struct letter **letter, int64_t number, struct memory *memory, uint64_t address, uint64_t bytes);

/* Writes up to `bytes` bytes of it to a process's memory: 0 or -EFAULT. May wait: the letter must not go meanwhile. */
int letter_write(const struct letter *letter, struct memory *memory, uint64_t address, uint64_t bytes);

/* Another one with the same number and bytes; a null pointer when there is no memory. */
struct letter *letter_copy(const struct letter *letter);

void letter_free(struct letter *letter);
