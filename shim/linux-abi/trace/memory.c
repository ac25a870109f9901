/* SPDX-License-Identifier: MIT */
/* Arguments of calls on memory, and sets of processors, which are bytes in memory too. */
#include "abi/linux/constants.h"
#include "abi/types.h"
#include "trace/calls.h"
#include "trace/quote.h"

#define HUGE_SHIFT 26 /* of MAP_ and MFD_HUGE_SHIFT: the logarithm of a page's size lies above */
#define HUGE_MASK 0x3f
#define MAP_TYPE 0xf
#define CPU_BYTES_MAX 128

enum outcome argument_hex_offset(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_hex(line, value);
	return PRINTED;
}

static void put_huge(struct trace_line *line, uint64_t size, const char *shift)
{
	put_unsigned(line, size);
	put_text(line, "<<");
	put_text(line, shift);
}

enum outcome argument_map_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t size = value >> HUGE_SHIFT & HUGE_MASK;

	(void)argument;
	put_choice(line, &names_map_kinds, value & MAP_TYPE);
	value &= UINT32_MAX & ~((uint64_t)HUGE_MASK << HUGE_SHIFT | MAP_TYPE);
	if (value) {
		put_character(line, '|');
		if (!put_flags_bare(line, &names_map_flags, value))
			put_hex(line, value);
	}
	if (size) {
		put_character(line, '|');
		put_huge(line, size, "MAP_HUGE_SHIFT");
	}
	return PRINTED;
}

enum outcome argument_memfd_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t size = value >> HUGE_SHIFT & HUGE_MASK, flags = (uint32_t)value & ~((uint32_t)HUGE_MASK << HUGE_SHIFT);

	(void)argument;
	if (flags || !size)
		put_flags(line, &names_memfd_flags, flags);
	if (size) {
		if (flags)
			put_character(line, '|');
		put_huge(line, size, "MFD_HUGE_SHIFT");
	}
	return PRINTED;
}

enum outcome argument_new_place(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t both = LINUX_MREMAP_MAYMOVE | LINUX_MREMAP_FIXED;

	if ((other_of(line, argument) & both) != both)
		return OMITTED;
	put_address(line, value);
	return PRINTED;
}

/* mincore: a byte for each page. */
static void put_page_state(struct trace_line *line, const void *copy, void *context)
{
	uint8_t state = *(const uint8_t *)copy;

	(void)context;
	put_unsigned(line, state & 1); /* the other bits mean nothing */
}

enum outcome argument_out_pages(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t length = other_of(line, argument);
	enum outcome outcome;

	if (is_told_now(line, value, &outcome))
		put_elements(line, value, length / PAGE_SIZE + (length % PAGE_SIZE != 0), 1, put_page_state, NULL);
	return outcome;
}

/* The numbers of processors whose bit is set; bytes that are no words of 8 are left out. */
static void put_cpus(struct trace_line *line, uint64_t address, uint64_t bytes)
{
	uint8_t set[CPU_BYTES_MAX];
	uint64_t part = bytes < sizeof(set) ? bytes : sizeof(set);
	bool first = true;

	if (!part) {
		put_text(line, address ? "[]" : "NULL");
		return;
	}
	if (!read_memory(line, address, set, part)) {
		put_address(line, address);
		return;
	}
	put_character(line, '[');
	for (uint64_t bit = 0; bit < part * 8; bit++) {
		if (!(set[bit / 8] >> bit % 8 & 1))
			continue;
		if (!first)
			put_character(line, ' ');
		first = false;
		put_unsigned(line, bit);
	}
	put_character(line, ']');
}

enum outcome argument_in_cpus(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_cpus(line, value, (uint32_t)other_of(line, argument));
	return PRINTED;
}

enum outcome argument_out_cpus(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_cpus(line, value, (uint64_t)line->result);
	return outcome;
}

enum outcome argument_out_random(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_buffer(line, value, (uint64_t)line->result, QUOTE_HEX);
	return outcome;
}
