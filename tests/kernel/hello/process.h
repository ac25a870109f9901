/* SPDX-License-Identifier: MIT */
/*
 * One Linux process as this test runs it: a VSpace without a CNode, its memory as a list of areas, one foreign Thread.
 *
 * An area is a Region attached twice: to the process, with the rights of its pages, and here, where it is read and written for the process. A process only grows;
 * it ends when the test's memory is reclaimed.
 */
#pragma once

#include "lib/elf.h"
#include "lib/space.h"

#define AREAS_MAX 32

struct area {
	vaddr_t address; /* in the process */
	uint64_t pages;
	unsigned char *window; /* the same memory here */
	handle_t mapping;      /* its Mapping in the process */
};

struct process {
	struct space space;
	struct area area[AREAS_MAX];
	unsigned areas;
	handle_t thread;
	struct elf_image image;
	vaddr_t stack_pointer;
	vaddr_t break_start, break_now;
	vaddr_t map_next; /* where the next mmap goes */
};

/* Makes the process from a static executable; its thread is suspended at the entry, its system calls and faults go to `endpoint`. */
MUST_USE enum error process_create(struct process *process, const void *file, uint64_t size, const char *name, handle_t endpoint);

/* Adds `pages` zero pages at `address`. Null when that is refused. */
struct area *process_add_area(struct process *process, vaddr_t address, uint64_t pages, uint64_t rights);

/* The area that holds `size` bytes at `address` as a whole; null when there is none. */
struct area *process_find_area(struct process *process, vaddr_t address, uint64_t size);

/* Where `size` bytes at `address` of the process are here; null when they are not the process's memory. */
void *process_pointer(struct process *process, vaddr_t address, uint64_t size);

#define BREAK_PAGES 64
