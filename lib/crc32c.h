/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C (Castagnoli; polynomial 0x1EDC6F41, reflected), as iSCSI uses it (RFC 3720, appendix B.4). Pure.
 *
 * Two ways to the same number: the instruction of SSE4.2, where CPUID has it, and tables of eight bytes a step. Which one runs is decided once, at the first use. Against
 * accidents, never against malice.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The checksum of `size` bytes as the standard defines it (start value and result inverted). */
uint32_t crc32c(const void *data, size_t size);

/*
 * The bare remainder of `sum` followed by `size` bytes: no inversion, so that zeros after 0 give 0, and parts can be added one after the other.
 */
uint32_t crc32c_add(uint32_t sum, const void *data, size_t size);

/* True once it is known that the instruction is there. */
extern bool crc32c_by_instruction;

/* crc32c_add(sum, &word, 8). */
static inline uint32_t crc32c_word(uint32_t sum, uint64_t word)
{
	uint64_t wide = sum;

	if (!crc32c_by_instruction)
		return crc32c_add(sum, &word, sizeof(word));
	__asm__("crc32q %1, %0" : "+r"(wide) : "rm"(word));
	return (uint32_t)wide;
}

/* crc32c_add(0, data, 64), for 64 bytes that lie at a multiple of 8. */
uint32_t crc32c_cell(const void *data);

/* As crc32c_add(), by tables on any machine: for comparison. */
uint32_t crc32c_add_by_table(uint32_t sum, const void *data, size_t size);
