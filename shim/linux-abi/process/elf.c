/* SPDX-License-Identifier: MIT */
/* Reading ELF files for execve (process/elf.h). Every number of the file is checked where it is used; sums are done so that they cannot wrap. */
#include "process/elf.h"

#include "abi/errno.h"
#include "abi/types.h"
#include "lib/string.h"
#include "process/elf_file.h"

#define ADDRESS_LEAST 0x10000
#define PAGE_DOWN(x) ((x) & ~(uint64_t)(PAGE_SIZE - 1))
#define PAGE_UP(x) PAGE_DOWN((x) + PAGE_SIZE - 1)

enum { PROTECT_READ = 1, PROTECT_WRITE = 2, PROTECT_EXECUTE = 4 };

_Static_assert(sizeof(struct elf_program_header) == ELF_HEADER_ENTRY_BYTES, "what a program is told of them");

static uint32_t protection_of(uint32_t flags)
{
	return (flags & ELF_FLAG_READ ? PROTECT_READ : 0u) | (flags & ELF_FLAG_WRITE ? PROTECT_WRITE : 0u) | (flags & ELF_FLAG_EXECUTE ? PROTECT_EXECUTE : 0u);
}

static int load_check(const struct elf_program_header *header, const struct elf_plan *plan, uint64_t file_size)
{
	if (header->file_bytes > header->memory_bytes || header->address >= USER_TOP || header->memory_bytes > USER_TOP - header->address)
		return -EINVAL;
	if (header->offset > file_size || header->file_bytes > file_size - header->offset) /* Linux maps it and the program gets SIGBUS */
		return -ENOEXEC;
	if (header->offset % PAGE_SIZE != header->address % PAGE_SIZE)
		return -EINVAL;
	if (!plan->relocatable && header->address < ADDRESS_LEAST)
		return -EPERM;
	if (plan->count == ELF_SEGMENTS_MAX)
		return -ENOEXEC;
	if (plan->count && PAGE_DOWN(header->address) < plan->load[plan->count - 1].end && header->address < plan->load[plan->count - 1].zero_from)
		return -EINVAL; /* they must ascend */
	return 0;
}

static void bounds_take(struct elf_plan *plan, const struct elf_program_header *header)
{
	uint64_t file_end = header->address + header->file_bytes, end = header->address + header->memory_bytes;

	if (header->flags & ELF_FLAG_EXECUTE && (!plan->code_start || header->address < plan->code_start))
		plan->code_start = header->address;
	if (header->flags & ELF_FLAG_EXECUTE && file_end > plan->code_end)
		plan->code_end = file_end;
	if (header->address > plan->data_start)
		plan->data_start = header->address;
	if (file_end > plan->data_end)
		plan->data_end = file_end;
	if (end > plan->brk)
		plan->brk = end;
}

static int load_take(struct elf_plan *plan, const struct elf_program_header *header, uint64_t file_size)
{
	int error = header->memory_bytes ? load_check(header, plan, file_size) : 0;
	struct elf_load *load = &plan->load[plan->count];

	if (error || !header->memory_bytes)
		return error;
	*load = (struct elf_load){
		.start = PAGE_DOWN(header->address),
		.file_end = header->file_bytes ? PAGE_UP(header->address + header->file_bytes) : PAGE_DOWN(header->address),
		.end = PAGE_UP(header->address + header->memory_bytes),
		.zero_from = header->address + header->file_bytes,
		.file_page = header->offset / PAGE_SIZE,
		.protection = protection_of(header->flags),
	};
	if (header->memory_bytes == header->file_bytes || !header->file_bytes)
		load->zero_from = load->file_end;
	if (!plan->count)
		plan->lowest = load->start;
	if (load->end > plan->highest)
		plan->highest = load->end;
	plan->count++;
	bounds_take(plan, header);
	return 0;
}

static int header_take(struct elf_plan *plan, const struct elf_program_header *header, const struct elf_file_header *file, uint64_t file_size)
{
	switch (header->type) {
	case ELF_LOAD:
		if (!plan->headers && header->offset <= file->headers && file->headers - header->offset < header->file_bytes)
			plan->headers = header->address + (file->headers - header->offset);
		return load_take(plan, header, file_size);
	case ELF_INTERPRETER:
		plan->interpreter = true;
		return 0;
	case ELF_GNU_STACK:
		plan->stack_executable = header->flags & ELF_FLAG_EXECUTE;
		return 0;
	default:
		return 0;
	}
}

static int file_header_check(const struct elf_file_header *header, size_t bytes)
{
	static const uint8_t identification[6] = {0x7f, 'E', 'L', 'F', 2, 1};

	if (memcmp(header->identification, identification, sizeof(identification)) != 0 || header->machine != ELF_MACHINE_X86_64)
		return -ENOEXEC;
	if (header->type != ELF_TYPE_EXECUTABLE && header->type != ELF_TYPE_DYNAMIC)
		return -ENOEXEC;
	if (header->header_bytes != ELF_HEADER_ENTRY_BYTES || !header->header_count)
		return -ENOEXEC;
	if (header->headers > bytes || (uint64_t)header->header_count * ELF_HEADER_ENTRY_BYTES > bytes - header->headers)
		return -ENOEXEC;
	return 0;
}

int elf_plan_make(const unsigned char *file, size_t bytes, uint64_t file_size, struct elf_plan *plan)
{
	struct elf_file_header header;
	int error;

	*plan = (struct elf_plan){0};
	if (bytes < sizeof(header))
		return -ENOEXEC;
	memcpy(&header, file, sizeof(header));
	error = file_header_check(&header, bytes);
	plan->relocatable = header.type == ELF_TYPE_DYNAMIC;
	for (uint32_t i = 0; !error && i < header.header_count; i++) {
		struct elf_program_header entry;

		memcpy(&entry, file + header.headers + (uint64_t)i * sizeof(entry), sizeof(entry));
		error = header_take(plan, &entry, &header, file_size);
	}
	if (!error && !plan->count)
		error = -ENOEXEC;
	plan->entry = header.entry;
	plan->header_count = header.header_count;
	return error;
}
