/* SPDX-License-Identifier: MIT */
/*
 * Random bytes (process/random.h): SHA-256 over a secret state and a counter; the state is stirred with RDRAND, where the processor has it, and the time-stamp counter each time, and replaced afterwards, so that what was given out cannot be computed from a later state.
 */
#include "process/random.h"

#include <cpuid.h>

#include "lib/clock.h"
#include "lib/sha256.h"
#include "lib/string.h"

#define SHA256_BYTES 32

static uint8_t state[SHA256_BYTES];

static bool has_rdrand(void)
{
	static int known;
	unsigned a, b, c = 0, d;

	if (!known)
		known = __get_cpuid(1, &a, &b, &c, &d) && c & bit_RDRND ? 1 : -1;
	return known == 1;
}

static uint64_t rdrand(void)
{
	uint64_t word = 0;

	if (has_rdrand())
		__asm__ volatile("rdrand %0" : "+r"(word) : : "cc");
	return word;
}

/* hash(state, what comes from outside, purpose) */
static void derive(uint8_t out[SHA256_BYTES], uint64_t purpose)
{
	struct {
		uint8_t state[SHA256_BYTES];
		uint64_t random[4], ticks, purpose;
	} input = {.random = {rdrand(), rdrand(), rdrand(), rdrand()}, .ticks = clock_ticks(), .purpose = purpose};

	struct sha256 hash;

	memcpy(input.state, state, sizeof(state));
	sha256_start(&hash);
	sha256_add(&hash, &input, sizeof(input));
	sha256_finish(&hash, out);
}

void random_bytes(void *to, size_t bytes)
{
	unsigned char *at = to;
	uint8_t block[SHA256_BYTES];

	for (uint64_t counter = 1; bytes; counter++) {
		size_t part = bytes < sizeof(block) ? bytes : sizeof(block);

		derive(block, counter);
		memcpy(at, block, part);
		at += part;
		bytes -= part;
	}
	derive(block, 0);
	memcpy(state, block, sizeof(state));
}
