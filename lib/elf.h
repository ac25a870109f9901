/* SPDX-License-Identifier: MIT */
/*
 * A reader of static ELF64 executables for x86-64 (System V ABI, gABI chapters 4 and 5). Pure: it reads the bytes that it is given and calls back for each segment
 * to load. Everything is checked against the size of the file and the bounds of a user address space; nothing in the file is believed. The bytes must not
 * change meanwhile: who reads from memory that another can write copies first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum elf_error {
#define ELF_ERROR(name, sentence) ELF_##name,
#include "lib/elf_errors.def"
#undef ELF_ERROR
	ELF_ERRORS
};

/* One PT_LOAD: file bytes data[0..file_size) at `address`, zero up to memory_size. Addresses and sizes in bytes, not page-aligned. */
struct elf_segment {
	uint64_t address;
	uint64_t memory_size;
	const unsigned char *data;
	uint64_t file_size;
	bool readable, writable, executable;
};

/* What a loader needs besides the segments. */
struct elf_image {
	uint64_t entry;
	uint64_t headers;      /* address of the program headers in memory, 0 when no segment holds them (for AT_PHDR) */
	uint64_t header_count; /* AT_PHNUM */
	uint64_t end;          /* first address after the last segment (for brk) */
	bool stack_executable; /* PT_GNU_STACK asks for it */
};

#define ELF_HEADER_BYTES 56 /* of a program header: AT_PHENT */

/* Receives a segment; false ends the reading with ELF_REFUSED. */
typedef bool elf_receive(void *context, const struct elf_segment *segment);

/* Checks the whole file of `size` bytes, then calls `receive` for each segment in ascending order. `image` is filled when all went well. */
__attribute__((warn_unused_result)) enum elf_error elf_read(const unsigned char *file, size_t size, struct elf_image *image, elf_receive *receive, void *context);

/* The sentence for an error. */
const char *elf_error_sentence(enum elf_error error);
