/* SPDX-License-Identifier: MIT */
/*
 * The smallest program: init runs, sees what the kernel told it, prints the line that boot tests look for, and ends the machine. With `halt` on the command line it lets the
 * kernel halt the machine instead.
 */
#include "lib/console.h"
#include "lib/methods.h"
#include "lib/runtime.h"
#include "lib/string.h"
#include "lib/thread.h"

int main(void)
{
	static const char line[] = "KOZO-BOOT-HALT";

	if (boot_information->abi_version != KOZO_ABI_VERSION)
		return 1;
	if (strcmp(boot_information->command_line, "halt") == 0) {
		memcpy(thread_self()->page, line, sizeof(line));
		return cpu_halt(INIT_SLOT_CPU_CONTROL);
	}
	print("KOZO-BOOT-OK\n");
	return 0;
}
