/* SPDX-License-Identifier: MIT */
/*
 * The memory of a real machine, as a file: physical memory from address 0.
 *
 * Nothing in it is trusted but as far as it is compared. Two things can be told beside the state: whether the records are all that the kernel had written and, for as many
 * as are still in its ring, whether they are the same; and whether the memory is that of a given kernel image.
 */
#pragma once

#include "tools/replay/records.h"
#include "tools/replay/state.h"

/* Maps a dump; the place of its core is told by GENESIS. False with one line in `error`. */
bool dump_open(const char *path, const struct records *records, struct image *image, char *error, size_t size);

/* Unmaps it. */
void dump_close(struct image *image);

/* Does the ring in memory end with the last of these records, and hold the same ones as far as it reaches back? False with one line in `error`. */
bool dump_ring_check(const struct image *image, const struct records *records, char *error, size_t size);

/* Do `core` and `commit_ring` of the kernel image, read from memory, point where the records say? False with one line in `error`. */
bool dump_kernel_check(const struct image *image, const struct records *records, const char *kernel, char *error, size_t size);
