/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for what execve reads of ELF files (shim/linux-abi/process/elf.c): any first bytes, of a file that is as long or longer. ASan watches what is read. What is to be mapped is judged here by sums of 128 bits, which cannot wrap.
 *
 * The last eight bytes of an input say how long the file is beyond what is looked at; the rest is the file, with a valid identification when it begins with anything but 0x7f.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/types.h"
#include "process/elf.h"

#define HEADER_BYTES 64

typedef unsigned __int128 wide;

#define complain(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Valid up to the program headers, which follow at once. */
static void identification_mend(unsigned char *file, size_t bytes)
{
	static const unsigned char start[HEADER_BYTES] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 62, [32] = HEADER_BYTES, [54] = ELF_HEADER_ENTRY_BYTES};
	bool relocatable = bytes && file[0] & 1;

	if (bytes < HEADER_BYTES || file[0] == start[0])
		return;
	memcpy(file, start, sizeof(start));
	file[16] += relocatable;
	file[56] = (unsigned char)((bytes - HEADER_BYTES) / ELF_HEADER_ENTRY_BYTES);
}

/* Pages of the file that a segment shows, and the zeros behind them. */
static void load_check(const struct elf_load *load, const struct elf_plan *plan, uint64_t file_size)
{
	wide shown = (wide)load->file_page * PAGE_SIZE + (load->file_end - load->start), last = (wide)file_size + PAGE_SIZE - 1;

	if ((load->start | load->file_end | load->end) % PAGE_SIZE)
		complain("a segment is not of whole pages");
	if (load->start > load->file_end || load->file_end > load->end || load->end > USER_TOP)
		complain("a segment ends before it begins, or beyond the address space");
	if (load->file_end > load->start && shown > last)
		complain("a segment shows pages behind the file's end");
	if (load->zero_from > load->file_end || (load->file_end > load->start && load->zero_from <= load->file_end - PAGE_SIZE))
		complain("what is to be cleared does not begin in the last page of the file");
	if (load->start < plan->lowest || load->end > plan->highest)
		complain("a segment lies outside of all");
	if (load->protection > 7)
		complain("a protection that there is not");
}

static void plan_check(const struct elf_plan *plan, uint64_t file_size)
{
	if (!plan->count || plan->count > ELF_SEGMENTS_MAX || !plan->header_count)
		complain("an accepted file has nothing to map");
	for (uint32_t i = 0; i < plan->count; i++) {
		load_check(&plan->load[i], plan, file_size);
		if (i && plan->load[i].start < plan->load[i - 1].start)
			complain("segments do not ascend");
	}
	if (plan->brk > plan->highest)
		complain("the heap begins behind nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_plan plan;
	uint64_t beyond = 0;
	unsigned char *file;
	size_t bytes;
	int error;

	if (size < sizeof(beyond))
		return 0;
	bytes = size - sizeof(beyond) < ELF_LOOK_BYTES ? size - sizeof(beyond) : ELF_LOOK_BYTES;
	if (bytes == ELF_LOOK_BYTES)
		memcpy(&beyond, data + size - sizeof(beyond), sizeof(beyond));
	beyond &= INT64_MAX - ELF_LOOK_BYTES;
	file = malloc(bytes + 1);
	if (!file)
		return 0;
	memcpy(file, data, bytes);
	identification_mend(file, bytes);
	error = elf_plan_make(file, bytes, bytes + beyond, &plan);
	if (!error)
		plan_check(&plan, bytes + beyond);
	else if (error != -ENOEXEC && error != -EINVAL && error != -EPERM)
		complain("error %d is none of execve's", error);
	free(file);
	return 0;
}
