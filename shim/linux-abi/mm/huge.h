/* SPDX-License-Identifier: MIT */
/* Huge pages: of which sizes they would be. The system has none, as a Linux that has been told to keep none (vm.nr_hugepages is 0). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HUGE_SHIFT 26 /* where in the flags of mmap, shmget and memfd_create the size is, by its logarithm */
#define HUGE_BITS 21
#define GIANT_BITS 30

/* Whether there could be huge pages of the size that flags name: 2 MiB, which is also meant by none, and 1 GiB. */
static inline bool huge_size(uint64_t flags, uint64_t *bytes)
{
	uint64_t bits = flags >> HUGE_SHIFT & 63;

	*bytes = 1ull << (bits ? bits : HUGE_BITS);
	return !bits || bits == HUGE_BITS || bits == GIANT_BITS;
}
