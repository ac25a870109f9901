/* SPDX-License-Identifier: MIT */
/* A sparse array of words by a 36-bit index, made of frames: four levels of 512. For the pages of address spaces and of memory objects. Zero is an empty word. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RADIX_LIMIT (1ull << 36) /* indexes are below this */
#define RADIX_LEVELS 4
#define RADIX_TABLE_BITS 9
#define RADIX_TABLE_WORDS (1u << RADIX_TABLE_BITS)

struct radix {
	uint64_t *root;    /* null: all is empty */
	uint64_t *near;    /* the table of words that was found last */
	uint64_t near_key; /* 1 + the index of its first word / RADIX_TABLE_WORDS; 0: none */
};

/* radix_find() for who is not in the table found last. */
uint64_t *radix_walk(const struct radix *radix, uint64_t index);

/* The word at an index, or a null pointer where nothing near it was ever made. */
static inline uint64_t *radix_find(const struct radix *radix, uint64_t index)
{
	return index / RADIX_TABLE_WORDS + 1 == radix->near_key ? &radix->near[index % RADIX_TABLE_WORDS] : radix_walk(radix, index);
}

/* The word at an index; a null pointer when there is no memory. It stays where it is until radix_clear(). */
uint64_t *radix_make(struct radix *radix, uint64_t index);

/* The first index in [from, to) whose word is not zero, with the word; `to` when there is none. */
uint64_t radix_next(const struct radix *radix, uint64_t from, uint64_t to, uint64_t **word);

/* radix_next() from the index behind one that it has told with its word; in the middle of a run of words that are not zero this is the next word itself. */
static inline uint64_t radix_step(const struct radix *radix, uint64_t index, uint64_t to, uint64_t **word)
{
	if (index + 1 < to && (index + 1) % RADIX_TABLE_WORDS && (*word)[1]) {
		++*word;
		return index + 1;
	}
	return radix_next(radix, index + 1, to, word);
}

/* Gives all its frames back. The words must need nothing any more. */
void radix_clear(struct radix *radix);
