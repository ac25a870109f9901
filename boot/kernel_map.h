/* SPDX-License-Identifier: MIT */
/* The kernel's half of every address space, as the loader makes it. */
#pragma once

/* From the kernel's linker script: where the parts of its image lie. */
extern char __text_start[], __rodata_start[], __data_start[], __kernel_end[];

/*
 * Builds the final tables of the kernel's half below kernel_root: nothing in them is writable and executable, and the lower half is empty. The
 * loader stays on its own tables, which from then on have the final direct map and devices, too. Takes boot memory.
 */
void kernel_map_build(void);
