/* SPDX-License-Identifier: MIT */
/* The product's ramfs, but that every second instance begins with a state in which one bit is another (tests/faults/flip.h). */
#include "lib/service.h"
#include "tests/faults/flip.h"

#define main ramfs_main
int ramfs_main(void);
/* NOLINTNEXTLINE(bugprone-suspicious-include): its main is what runs, once the state has been damaged */
#include "servers/ramfs/main.c"
#undef main

int main(void)
{
	flip_state("state", FLIP_RESTORE);
	return ramfs_main();
}
