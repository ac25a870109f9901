/* SPDX-License-Identifier: MIT */
/* What the malicious client sends. Two threads, each with its own random numbers. */
#pragma once

#include <stdint.h>

struct random {
	uint64_t state; /* not 0 */
};

uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound);

/* A word as a request or a structure may have one: numbers near all limits, spans in, across and out of a buffer of that size, pairs, numbers of requests. */
uint64_t word_choose(struct random *random, uint64_t buffer_bytes);

/* Looks what sessions there are. */
void attack_open(uint64_t seed);

/* The two threads. They never return. */
void attack_by_requests(uint64_t argument);
void attack_by_floods(uint64_t argument);

struct attack_counts {
	uint64_t sent, answered, succeeded; /* requests */
	uint64_t floods;                    /* messages without a caller, and signals */
};
extern struct attack_counts attack_counts;
