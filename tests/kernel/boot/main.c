/* SPDX-License-Identifier: MIT */
/* The smallest program: init runs, sees what the kernel told it, prints the line that boot tests look for, and ends the machine. */
#include "lib/console.h"
#include "lib/runtime.h"

int main(void)
{
	if (boot_information->abi_version != KOZO_ABI_VERSION)
		return 1;
	print("KOZO-BOOT-OK\n");
	return 0;
}
