/* SPDX-License-Identifier: MIT */
/* What ELF files of x86-64 begin with, as execve reads it (process/elf.h) and core files have it (core/image.h): System V ABI, gABI chapters 4 and 5. */
#pragma once

#include <stdint.h>

enum { ELF_TYPE_EXECUTABLE = 2, ELF_TYPE_DYNAMIC = 3, ELF_TYPE_CORE = 4 };
enum { ELF_MACHINE_X86_64 = 62, ELF_VERSION_CURRENT = 1 };
enum { ELF_LOAD = 1, ELF_INTERPRETER = 3, ELF_NOTE = 4, ELF_GNU_STACK = 0x6474e551 };
enum { ELF_FLAG_EXECUTE = 1, ELF_FLAG_WRITE = 2, ELF_FLAG_READ = 4 };

struct elf_file_header {
	uint8_t identification[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, headers, sections;
	uint32_t flags;
	uint16_t bytes, header_bytes, header_count, section_bytes, section_count, names;
};
_Static_assert(sizeof(struct elf_file_header) == 64, "Elf64_Ehdr");

struct elf_program_header {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_bytes, memory_bytes, alignment;
};
_Static_assert(sizeof(struct elf_program_header) == 56, "Elf64_Phdr");
