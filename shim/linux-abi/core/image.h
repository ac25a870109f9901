/* SPDX-License-Identifier: MIT */
/*
 * What is in a core file (core(5), elf(5)): ELF of type ET_CORE with one segment of notes (core/notes.h) and one for each area of the memory. Of an area that coredump_filter leaves out there is the header only.
 *
 * Areas are taken once, and their objects held: while the file is being written, which waits, somebody who shares the memory may map and unmap. What is gone then is left as a hole.
 */
#pragma once

#include "file/description.h"
#include "mm/memory.h"
#include "proc/text.h"

struct core_state;
struct signal_information;

/* Bits of /proc/PID/coredump_filter (core(5)), and what processes begin with. */
enum core_filter {
	CORE_ANONYMOUS = 1,
	CORE_SHARED = 2,
	CORE_FILES = 4,
	CORE_SHARED_FILES = 8,
	CORE_ELF_HEADERS = 16,
	CORE_FILTER_FIRST = 0x33, /* as Linux: bit 5 would be private huge pages */
	CORE_FILTER_BITS = 0x1ff,
};

/* An area as it goes into the file: `bytes` of it. */
struct core_part {
	uint64_t start, end, bytes;
	struct object *object; /* held; null: anonymous memory */
	uint64_t first;        /* page of the object */
	uint32_t flags;        /* enum area_flags */
};

struct core_image {
	struct task *task; /* whose signal it is */
	const struct signal_information *information;
	const struct core_state *state;
	uint64_t bytes_most; /* RLIMIT_CORE */
	bool written;        /* as far as that allowed */
	bool cut;            /* whoever writes is to stop */
	frame_t index;       /* a frame with the numbers of frames full of parts; 0: none yet */
	uint32_t parts;
	struct proc_text notes;
};

/* Collects notes and areas. False when there is no memory for that. core_image_end() is needed in any case. May wait. */
bool core_image_take(struct core_image *image);

/* Writes it to an open file. May wait. */
void core_image_write(struct core_image *image, struct description *file);

void core_image_end(struct core_image *image);
