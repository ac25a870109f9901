/* SPDX-License-Identifier: MIT */
/* The image: the bytes of programs and files, each from a page of its own. Programs are static ELF files; what init would take on trust is checked here, where a mistake can still be explained. */
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "lib/elf.h"
#include "tools/manifest/manifest.h"

#define SEGMENT_BYTES_MAX (64ull << 20)

struct file file_of(const char *directory, const char *path, const char *suffix)
{
	char full[2 * PATH_BYTES];

	if (snprintf(full, sizeof(full), "%s/%s%s", directory, path, suffix) >= (int)sizeof(full))
		fail("the path %s/%s%s is too long", directory, path, suffix);
	return file_read(full);
}

static size_t page_round(size_t size)
{
	return (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
}

uint64_t image_append(struct output *output, const void *data, size_t size)
{
	size_t offset = output->image_bytes, grown = offset + page_round(size);

	output->image = realloc(output->image, grown ? grown : 1);
	if (!output->image)
		fail("not enough memory for the image");
	memset(output->image + offset, 0, grown - offset);
	memcpy(output->image + offset, data, size);
	output->image_bytes = grown;
	return offset;
}

/* What the ELF reader's receiver needs. */
struct loading {
	struct output *output;
	struct manifest *manifest;
	const struct service *service;
	struct plan_service *entry;
};

static bool segment_add(void *context, const struct elf_segment *segment)
{
	struct loading *loading = context;
	struct output *output = loading->output;
	unsigned line = loading->service->binary_line;
	unsigned long long address = segment->address;
	struct plan_segment *entry;

	if (segment->writable && segment->executable)
		mistake(loading->manifest, line, "%s: the segment at %#llx is writable and executable", loading->service->binary, address);
	if (segment->address % PAGE_SIZE || segment->address < START_MESSAGE_ADDRESS + PAGE_SIZE || segment->address >= START_STATE_ADDRESS - SEGMENT_BYTES_MAX)
		mistake(loading->manifest, line, "%s: the segment at %#llx lies where no program lies", loading->service->binary, address);
	if (segment->memory_size > SEGMENT_BYTES_MAX)
		mistake(loading->manifest, line, "%s: the segment at %#llx is larger than %llu MiB", loading->service->binary, address, SEGMENT_BYTES_MAX >> 20);
	output->segment = realloc(output->segment, (output->plan.segment_count + 1) * sizeof(*output->segment));
	if (!output->segment)
		fail("not enough memory for the plan");
	entry = &output->segment[output->plan.segment_count++];
	*entry = (struct plan_segment){
		.address = segment->address,
		.image = image_append(output, segment->data, segment->file_size),
		.file_bytes = segment->file_size,
		.bytes = page_round(segment->writable ? segment->memory_size : segment->file_size),
		.rights = (segment->readable ? MAP_READ : 0) | (segment->writable ? MAP_WRITE : 0) | (segment->executable ? MAP_EXECUTE : 0),
	};
	if (segment->writable)
		loading->entry->private_bytes += entry->bytes;
	else if (segment->memory_size > page_round(segment->file_size))
		mistake(loading->manifest, line, "%s: the segment at %#llx is not writable and not all in the file", loading->service->binary, address);
	loading->entry->segment_count++;
	return true;
}

void image_program(struct output *output, struct manifest *manifest, const struct service *service, struct plan_service *entry, const char *directory)
{
	struct loading loading = {output, manifest, service, entry};
	char path[PATH_BYTES + 8];
	struct elf_image image;
	struct file file;
	enum elf_error error;

	snprintf(path, sizeof(path), "user/%s", service->binary);
	file = file_of(directory, path, ".elf");
	if (output->depends)
		fprintf(output->depends, " \\\n %s/%s.elf", directory, path);
	entry->first_segment = output->plan.segment_count;
	error = elf_read(file.data, file.size, &image, segment_add, &loading);
	if (error != ELF_OK)
		mistake(manifest, service->binary_line, "%s: %s", service->binary, elf_error_sentence(error));
	entry->entry = image.entry;
	free(file.data);
}
