/* SPDX-License-Identifier: MIT */
/*
 * Copying between the shim and a process: by a walk over the process's own pages, never through an address that the kernel would have to check. What is not mapped, or not as it must be, is -EFAULT. May wait for pages of files.
 */
#pragma once

#include <stddef.h>

#include "mm/memory.h"

/* Copy `bytes` bytes. 0 or -EFAULT; on an error some of them may have been copied. */
int user_read(struct memory *memory, void *to, uint64_t address, size_t bytes);
int user_write(struct memory *memory, uint64_t address, const void *from, size_t bytes);
int user_clear(struct memory *memory, uint64_t address, size_t bytes);

/* The same by force (memory_force()): what the protection forbids as well. */
int user_force_read(struct memory *memory, void *to, uint64_t address, size_t bytes);
int user_force_write(struct memory *memory, uint64_t address, const void *from, size_t bytes);

/* Brings all pages of a range in, so that copies to it (`store`) or from it take no call of the kernel until something waits. 0: they were there; 1: some have come, by calls of the kernel; -EFAULT. */
int user_reach(struct memory *memory, uint64_t address, size_t bytes, bool store);

/* A text with its NUL, at most `size` bytes with it. Its length, -EFAULT, or -ENAMETOOLONG when no NUL came. */
int64_t user_text(struct memory *memory, char *to, uint64_t address, size_t size);

/* user_bytes() where the page is not there as it must be: brings it in. */
unsigned char *user_bytes_bring(struct memory *memory, uint64_t address, bool store);

/* The bytes at an address where the shim can use them directly, as many of `bytes` as lie in one page (*count), until something waits; a null pointer where they are not as they must be. May wait before. */
static inline unsigned char *user_bytes(struct memory *memory, uint64_t address, size_t bytes, bool store, size_t *count)
{
	uint64_t *word = address < MEMORY_TOP ? radix_find(&memory->pages, address >> PAGE_BITS) : NULL;
	size_t in_page = PAGE_SIZE - address % PAGE_SIZE;

	*count = in_page < bytes ? in_page : bytes;
	if (word && *word & (store ? ENTRY_WRITE : ENTRY_MAPPED))
		return (unsigned char *)frame_bytes((frame_t)(*word >> PAGE_BITS)) + address % PAGE_SIZE;
	return user_bytes_bring(memory, address, store);
}

/*
 * The same for longer: as many of `bytes` as lie in one page, at least one. Their frame is held until user_page_end(). For transfers of data without a copy in between.
 */
struct user_page {
	unsigned char *bytes;
	size_t count;
	frame_t frame;
};
int user_page_begin(struct memory *memory, uint64_t address, size_t bytes, bool store, struct user_page *page);
void user_page_end(const struct user_page *page);

/* Whether a range lies below the end of all addresses, as access_ok() asks in Linux. */
static inline bool user_range(uint64_t address, uint64_t bytes)
{
	return bytes <= MEMORY_TOP && address <= MEMORY_TOP - bytes;
}

/*
 * A structure that has grown from version to version, of `bytes` bytes where `known` are known here: what the caller's is shorter is zeros, what it is longer must be (copy_struct_from_user of Linux). 0, -EFAULT or -E2BIG.
 */
int user_read_grown(struct memory *memory, void *to, size_t known, uint64_t address, uint64_t bytes);

#define user_get(memory, value, address) user_read(memory, value, address, sizeof(*(value)))
#define user_put(memory, address, value) user_write(memory, address, value, sizeof(*(value)))
