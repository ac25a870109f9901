/* SPDX-License-Identifier: MIT */
/*
 * What execve reads of an ELF file: its header and program headers (System V ABI, gABI chapters 4 and 5), with Linux's idea of what is acceptable. Pure: it sees the first bytes of the file and its size, and says what to map.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 32
#define ELF_LOOK_BYTES 4096 /* header and program headers must lie in the first so many bytes */
#define ELF_HEADER_ENTRY_BYTES 56

/* A PT_LOAD, in pages: file bytes from `file_page` on are mapped from `start` to `file_end`; then zeros up to `end`, of which the first ones, from `zero_from` on, share the last page with the file. */
struct elf_load {
	uint64_t start, file_end, end; /* page-aligned addresses */
	uint64_t zero_from;            /* address; == file_end when nothing is to be cleared in that page */
	uint64_t file_page;
	uint32_t protection; /* PROT_* */
};

struct elf_plan {
	uint32_t count;
	struct elf_load load[ELF_SEGMENTS_MAX];
	uint64_t lowest, highest; /* of all loads, page-aligned */
	uint64_t entry, headers;  /* addresses */
	uint64_t header_count;
	uint64_t code_start, code_end, data_start, data_end, brk;
	bool relocatable;      /* ET_DYN: all addresses are relative to where it is put */
	bool interpreter;      /* PT_INTERP: it is dynamic */
	bool stack_executable;
};

/* 0; -ENOEXEC when it is no such file; -EINVAL when its segments make no sense. `bytes` is how many of the file are at `file`. */
int elf_plan_make(const unsigned char *file, size_t bytes, uint64_t file_size, struct elf_plan *plan);
