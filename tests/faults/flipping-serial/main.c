/* SPDX-License-Identifier: MIT */
/* The product's driver of serial ports, but that every second instance begins with a state in which one bit is another (tests/faults/flip.h). */
#include "lib/service.h"
#include "tests/faults/flip.h"

#define main serial_main
int serial_main(void);
/* NOLINTNEXTLINE(bugprone-suspicious-include): its main is what runs, once the state has been damaged */
#include "drivers/serial/main.c"
#undef main

int main(void)
{
	flip_state("state", FLIP_RESTORE);
	return serial_main();
}
