/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for the ELF reader: any bytes. What is handed out must lie in the file and in the address space, ascend page by page, and contain the entry when the file is
 * accepted; ASan watches what is read.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"

#define ADDRESS_LIMIT 0x00007ffffffff000
#define MEMORY_MAX 0x100000 /* what a mutated size of the template stays near */

struct watch {
	const unsigned char *file;
	size_t size;
	uint64_t end, segments;
	bool executable;
};

static bool watch_segment(void *context, const struct elf_segment *segment)
{
	struct watch *watch = context;
	volatile unsigned char sum = 0;

	if (segment->data < watch->file || segment->file_size > watch->size || segment->data > watch->file + (watch->size - segment->file_size))
		abort();
	if (segment->file_size > segment->memory_size || segment->address < watch->end || segment->address > ADDRESS_LIMIT - segment->memory_size)
		abort();
	for (uint64_t i = 0; i < segment->file_size; i += 61)
		sum = (unsigned char)(sum + segment->data[i]);
	watch->end = (segment->address + segment->memory_size + 0xfff) & ~(uint64_t)0xfff;
	watch->segments++;
	watch->executable |= segment->executable;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of the input with a valid identification, so that most inputs get beyond it; the first byte decides. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char start[24] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0, 1, 0, 0, 0 };
	struct watch watch = { .size = size };
	struct elf_image image;
	unsigned char *file = malloc(size ? size : 1);
	enum elf_error error;

	if (!file || size > MEMORY_MAX) {
		free(file);
		return 0;
	}
	memcpy(file, data, size);
	if (size >= 64 && data[0] != 0x7f) {
		memcpy(file, start, sizeof(start));
		file[54] = ELF_HEADER_BYTES;
		file[55] = 0;
	}
	watch.file = file;
	error = elf_read(file, size, &image, watch_segment, &watch);
	if (error == ELF_OK ? !watch.segments || !watch.executable || image.entry >= watch.end : watch.segments != 0)
		abort();
	free(file);
	return 0;
}
