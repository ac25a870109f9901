/* SPDX-License-Identifier: MIT */
/* CRC-32C by instruction or by tables ("slicing by eight": eight tables take eight bytes a step). See crc32c.h. */
#include "lib/crc32c.h"

#include <stdbool.h>

#define POLYNOMIAL 0x82f63b78 /* 0x1EDC6F41, the lowest bit first */
#define CPUID_SSE42 (1u << 20) /* Intel SDM 2A, CPUID: leaf 1, ECX */

typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

bool crc32c_by_instruction;
static bool looked;
static uint32_t table[8][256];

/* Out of line: CPUID takes registers that the way past it needs not save. */
__attribute__((noinline)) static bool instruction_find(void)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	looked = true;
	crc32c_by_instruction = ecx & CPUID_SSE42;
	return crc32c_by_instruction;
}

static inline bool by_instruction(void)
{
	return crc32c_by_instruction || (!looked && instruction_find());
}

static inline uint64_t step_word(uint64_t sum, uint64_t word)
{
	__asm__("crc32q %1, %0" : "+r"(sum) : "rm"(word));
	return sum;
}

static inline uint32_t step_byte(uint32_t sum, uint8_t byte)
{
	__asm__("crc32b %1, %0" : "+r"(sum) : "rm"(byte));
	return sum;
}

static void table_fill(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t sum = byte;

		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? POLYNOMIAL : 0);
		table[0][byte] = sum;
	}
	for (unsigned slice = 1; slice < 8; slice++)
		for (unsigned byte = 0; byte < 256; byte++)
			table[slice][byte] = table[slice - 1][byte] >> 8 ^ table[0][table[slice - 1][byte] & 0xff];
}

uint32_t crc32c_add_by_table(uint32_t sum, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	if (!table[0][1])
		table_fill();
	for (; size >= 8; size -= 8, bytes += 8) {
		uint64_t word = *(const word_t *)bytes ^ sum;

		sum = 0;
		for (unsigned slice = 0; slice < 8; slice++)
			sum ^= table[7 - slice][word >> 8 * slice & 0xff];
	}
	for (; size > 0; size--, bytes++)
		sum = sum >> 8 ^ table[0][(sum ^ *bytes) & 0xff];
	return sum;
}

uint32_t crc32c_add(uint32_t sum, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t wide = sum;

	if (!by_instruction())
		return crc32c_add_by_table(sum, data, size);
	for (; size >= 8; size -= 8, bytes += 8)
		wide = step_word(wide, *(const word_t *)bytes);
	sum = (uint32_t)wide;
	for (; size > 0; size--, bytes++)
		sum = step_byte(sum, *bytes);
	return sum;
}

uint32_t crc32c_cell(const void *data)
{
	const word_t *words = data;
	uint64_t sum;

	if (!by_instruction())
		return crc32c_add_by_table(0, data, 64);
	sum = step_word(step_word(0, words[0]), words[1]);
	sum = step_word(step_word(sum, words[2]), words[3]);
	sum = step_word(step_word(sum, words[4]), words[5]);
	return (uint32_t)step_word(step_word(sum, words[6]), words[7]);
}

uint32_t crc32c(const void *data, size_t size)
{
	return ~crc32c_add(UINT32_MAX, data, size);
}
