/* SPDX-License-Identifier: MIT */
/* What libFuzzer gives, taken from its beginning; behind its end there are zeros. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct input {
	const uint8_t *data;
	size_t left;
};

/* The next bytes (at most 8) as a number, the lowest first. */
static inline uint64_t input_take(struct input *input, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && input->left; i++, input->left--)
		value |= (uint64_t)*input->data++ << 8 * i;
	return value;
}

/* libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
