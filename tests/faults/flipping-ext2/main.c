/* SPDX-License-Identifier: MIT */
/* The product's ext2, but that every second instance begins with a state in which one bit is another (tests/faults/flip.h). */
#include "lib/service.h"
#include "tests/faults/flip.h"

#define main ext2_main
int ext2_main(void);
/* NOLINTNEXTLINE(bugprone-suspicious-include): its main is what runs, once the state has been damaged */
#include "servers/ext2/main.c"
#undef main

int main(void)
{
	flip_state("ext2.cache", FLIP_UNFLIP);
	return ext2_main();
}
