/* SPDX-License-Identifier: MIT */
/* The vDSO (vdso(7)) of all processes: two pages of one memory object, the data page and the code, mapped by exec above everything that mmap chooses. */
#pragma once

#include "mm/memory.h"

/* Makes the pages, before there is a process. False when there is no memory. */
bool vdso_start(void);

/* Maps it into a new address space; `*address` is that of its ELF header (AT_SYSINFO_EHDR). 0 or -ENOMEM, also when the program lies there itself. */
int vdso_map(struct memory *memory, uint64_t *address);

/* Whether an area is the vDSO's: its name in /proc/PID/maps, or a null pointer. */
const char *vdso_area_name(const struct area *area);

/* Takes over the offset of the wall clock, which platform may have found since (lib/wall.h). Returns the time of CLOCK_REALTIME in ns, by which no program goes back behind what its vDSO says. */
uint64_t vdso_wall_now(void);
