/* SPDX-License-Identifier: MIT */
/*
 * The ELF reader (lib/elf.h). Two passes over the program headers: the first checks and collects, the second hands out, so that a bad file has no effect. Fields are
 * read byte by byte through read_field, since a file in memory need not be aligned.
 */
#include "lib/elf.h"

#define FILE_HEADER_BYTES 64
#define HEADERS_MAX 64
#define ADDRESS_LIMIT 0x00007ffffffff000 /* abi/types.h: USER_TOP */
#define ADDRESS_LEAST 0x1000
#define PAGE_MASK 0xfff

enum { ELF_CLASS_64 = 2, ELF_DATA_LITTLE = 1, ELF_VERSION_CURRENT = 1, ELF_TYPE_EXECUTABLE = 2, ELF_MACHINE_X86_64 = 62 };
enum { SEGMENT_LOAD = 1, SEGMENT_INTERPRETER = 3, SEGMENT_GNU_STACK = 0x6474e551 };
enum { SEGMENT_EXECUTABLE = 1, SEGMENT_WRITABLE = 2, SEGMENT_READABLE = 4 };

/* A program header as the file has it. */
struct header {
	uint32_t type, flags;
	uint64_t offset, address, file_size, memory_size;
};

static uint64_t read_field(const unsigned char *at, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static enum elf_error identification_check(const unsigned char *file, size_t size)
{
	if (size < FILE_HEADER_BYTES)
		return ELF_SHORT;
	if (read_field(file, 4) != 0x464c457f)
		return ELF_MAGIC;
	if (file[4] != ELF_CLASS_64 || file[5] != ELF_DATA_LITTLE || file[6] != ELF_VERSION_CURRENT || read_field(file + 20, 4) != ELF_VERSION_CURRENT)
		return ELF_CLASS;
	if (read_field(file + 18, 2) != ELF_MACHINE_X86_64)
		return ELF_MACHINE;
	return read_field(file + 16, 2) == ELF_TYPE_EXECUTABLE ? ELF_OK : ELF_KIND;
}

/* Finds the program headers; `*count` of them at the returned offset. */
static enum elf_error headers_find(const unsigned char *file, size_t size, uint64_t *offset, uint64_t *count)
{
	*offset = read_field(file + 32, 8);
	*count = read_field(file + 56, 2);
	if (read_field(file + 54, 2) != ELF_HEADER_BYTES || *count == 0 || *count > HEADERS_MAX)
		return ELF_HEADERS;
	if (*offset > size || *count * ELF_HEADER_BYTES > size - *offset)
		return ELF_HEADERS;
	return ELF_OK;
}

static struct header header_read(const unsigned char *at)
{
	return (struct header){
		.type = (uint32_t)read_field(at, 4),
		.flags = (uint32_t)read_field(at + 4, 4),
		.offset = read_field(at + 8, 8),
		.address = read_field(at + 16, 8),
		.file_size = read_field(at + 32, 8),
		.memory_size = read_field(at + 40, 8),
	};
}

/* A segment must lie in the file and in the address space, and above `lowest`, the end of the one before (page granular: pages are not shared). */
static enum elf_error segment_check(const struct header *header, size_t size, uint64_t lowest)
{
	if (header->offset > size || header->file_size > size - header->offset)
		return ELF_BOUNDS;
	if (header->file_size > header->memory_size || header->memory_size > ADDRESS_LIMIT)
		return ELF_SIZE;
	if (header->address < ADDRESS_LEAST || header->address > ADDRESS_LIMIT - header->memory_size)
		return ELF_ADDRESS;
	if ((header->address & PAGE_MASK) != (header->offset & PAGE_MASK))
		return ELF_ADDRESS;
	return (header->address & ~(uint64_t)PAGE_MASK) < lowest ? ELF_ORDER : ELF_OK;
}

/* What is learned from one PT_LOAD that has passed the check. */
static void segment_note(const struct header *header, uint64_t table, uint64_t table_bytes, struct elf_image *image, bool *entry_found)
{
	uint64_t end = header->address + header->memory_size;

	if (header->flags & SEGMENT_EXECUTABLE && image->entry >= header->address && image->entry < end)
		*entry_found = true;
	if (table >= header->offset && table - header->offset <= header->file_size && table_bytes <= header->file_size - (table - header->offset))
		image->headers = header->address + (table - header->offset);
	image->end = end;
}

static enum elf_error headers_check(const unsigned char *file, size_t size, uint64_t table, uint64_t count, struct elf_image *image)
{
	bool entry_found = false;
	uint64_t lowest = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct header header = header_read(file + table + i * ELF_HEADER_BYTES);
		enum elf_error error;

		if (header.type == SEGMENT_INTERPRETER)
			return ELF_INTERPRETER;
		if (header.type == SEGMENT_GNU_STACK)
			image->stack_executable = header.flags & SEGMENT_EXECUTABLE;
		if (header.type != SEGMENT_LOAD || header.memory_size == 0)
			continue;
		error = segment_check(&header, size, lowest);
		if (error != ELF_OK)
			return error;
		segment_note(&header, table, count * ELF_HEADER_BYTES, image, &entry_found);
		lowest = (image->end + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	}
	if (lowest == 0)
		return ELF_EMPTY;
	return entry_found ? ELF_OK : ELF_ENTRY;
}

static bool segment_deliver(const unsigned char *file, const struct header *header, elf_receive *receive, void *context)
{
	const struct elf_segment segment = {
		.address = header->address,
		.memory_size = header->memory_size,
		.data = file + header->offset,
		.file_size = header->file_size,
		.readable = header->flags & SEGMENT_READABLE,
		.writable = header->flags & SEGMENT_WRITABLE,
		.executable = header->flags & SEGMENT_EXECUTABLE,
	};

	return receive(context, &segment);
}

static enum elf_error segments_deliver(const unsigned char *file, uint64_t table, uint64_t count, elf_receive *receive, void *context)
{
	for (uint64_t i = 0; i < count; i++) {
		struct header header = header_read(file + table + i * ELF_HEADER_BYTES);

		if (header.type != SEGMENT_LOAD || header.memory_size == 0)
			continue; /* was not checked: nothing in it may be used */
		if (!segment_deliver(file, &header, receive, context))
			return ELF_REFUSED;
	}
	return ELF_OK;
}

enum elf_error elf_read(const unsigned char *file, size_t size, struct elf_image *image, elf_receive *receive, void *context)
{
	struct elf_image found = {0};
	uint64_t table = 0, count = 0;
	enum elf_error error = identification_check(file, size);

	if (error == ELF_OK)
		error = headers_find(file, size, &table, &count);
	if (error != ELF_OK)
		return error;
	found.entry = read_field(file + 24, 8);
	found.header_count = count;
	error = headers_check(file, size, table, count, &found);
	if (error == ELF_OK)
		error = segments_deliver(file, table, count, receive, context);
	if (error == ELF_OK)
		*image = found;
	return error;
}

const char *elf_error_sentence(enum elf_error error)
{
	static const char *const sentences[ELF_ERRORS] = {
#define ELF_ERROR(name, sentence) [ELF_##name] = sentence,
#include "lib/elf_errors.def"
#undef ELF_ERROR
	};

	return error < ELF_ERRORS ? sentences[error] : "an unknown error";
}
