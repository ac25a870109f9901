/* SPDX-License-Identifier: MIT */
/* The whole world of the test, as it was at one moment: variables of the program (state.ld), physical memory, stacks, the arena with its poison, and what the servers have. So each input begins in the same state, and takes no time to get there. */
#pragma once

void snapshot_take(void);
void snapshot_restore(void);
