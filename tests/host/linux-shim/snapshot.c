/* SPDX-License-Identifier: MIT */
/*
 * The snapshot (snapshot.h). Of physical memory, a file, only the pieces that are there are kept; all else of it is given up when it is restored, and reads as zeros again. What is remembered lies outside of the program's variables.
 */
#define _GNU_SOURCE
#include "snapshot.h"

#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "kernel.h"
#include "peers.h"
#include "stacks.h"

extern unsigned char state_data_start[], state_data_end[], state_bss_start[], state_bss_end[];

/* A piece of memory, or (memory null) of the file of physical memory, and a copy of it. */
struct piece {
	unsigned char *memory;
	off_t offset;
	size_t bytes;
	unsigned char *copy;
};

#define PIECES_MOST 4096

struct snapshot {
	unsigned count;
	size_t arena_used;
	struct piece pieces[PIECES_MOST];
};

/* All of these are put back too, and are then what they were when it was taken: when they had been set. */
static struct snapshot *snapshot;
static size_t shadow_scale, shadow_offset;

static unsigned char *shadow_of(const unsigned char *memory)
{
	return (unsigned char *)(((uintptr_t)memory >> shadow_scale) + shadow_offset);
}

static struct piece *piece_add(unsigned char *memory, off_t offset, size_t bytes)
{
	struct piece *piece = &snapshot->pieces[snapshot->count++];

	if (snapshot->count == PIECES_MOST)
		abort();
	*piece = (struct piece){memory, offset, bytes, malloc(bytes ? bytes : 1)};
	if (!piece->copy)
		abort();
	return piece;
}

__attribute__((no_sanitize("address"))) static void bytes_copy(unsigned char *to, const unsigned char *from, size_t bytes)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static void memory_keep(void *memory, size_t bytes)
{
	piece_add(memory, 0, bytes);
}

static void extents_keep(void)
{
	off_t start = 0, end;

	while ((start = lseek(memory_file, start, SEEK_DATA)) >= 0) {
		struct piece *piece;

		end = lseek(memory_file, start, SEEK_HOLE);
		piece = piece_add(NULL, start, (size_t)(end - start));
		if (pread(memory_file, piece->copy, piece->bytes, start) != (ssize_t)piece->bytes)
			abort();
		start = end;
	}
}

void snapshot_take(void)
{
	snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		abort();
	__asan_get_shadow_mapping(&shadow_scale, &shadow_offset);
	snapshot->arena_used = arena_used();
	extents_keep();
	memory_keep(state_data_start, (size_t)(state_data_end - state_data_start));
	memory_keep(state_bss_start, (size_t)(state_bss_end - state_bss_start));
	memory_keep(arena_start(), arena_used());
	memory_keep(shadow_of(arena_start()), arena_used() >> shadow_scale);
	for (unsigned i = 0; i < stacks_count(); i++)
		memory_keep(stack_kept(i), STACK_KEPT_BYTES);
	peers_memory(memory_keep);
	for (unsigned i = 0; i < snapshot->count; i++)
		if (snapshot->pieces[i].memory)
			bytes_copy(snapshot->pieces[i].copy, snapshot->pieces[i].memory, snapshot->pieces[i].bytes);
}

/* What the input has taken of the arena reads as zeros again. */
static void arena_clear(void)
{
	unsigned char *start = arena_start() + snapshot->arena_used;
	size_t bytes = arena_used() - snapshot->arena_used;

	__asan_unpoison_memory_region(start, bytes);
	memset(start, 0, bytes);
}

void snapshot_restore(void)
{
	if (fallocate(memory_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)memory_bytes) != 0)
		abort();
	arena_clear();
	stacks_unpoison();
	for (unsigned i = 0; i < snapshot->count; i++) {
		const struct piece *piece = &snapshot->pieces[i];

		if (piece->memory)
			bytes_copy(piece->memory, piece->copy, piece->bytes);
		else if (pwrite(memory_file, piece->copy, piece->bytes, piece->offset) != (ssize_t)piece->bytes)
			abort();
	}
}
