/* SPDX-License-Identifier: MIT */
/* The product's axiom, but that every second instance begins with a state in which one bit is another (tests/faults/flip.h). */
#include "lib/service.h"
#include "tests/faults/flip.h"

#define main axiom_main
int axiom_main(void);
/* NOLINTNEXTLINE(bugprone-suspicious-include): its main is what runs, once the state has been damaged */
#include "servers/axiom/main.c"
#undef main

int main(void)
{
	flip_state("state", FLIP_UNFLIP);
	return axiom_main();
}
