/* SPDX-License-Identifier: MIT */
/*
 * The loader: what runs once, in ring 0, before the first thread. It is linked against the symbols of the kernel that it carries, fills in its variables and uses its
 * drivers; its last act is the genesis, by the kernel's own commits. The kernel knows nothing of the loader.
 *
 * The stack is already the kernel's own. When kernel_main() leaves the loader's page tables, the loader is gone, and its memory is init's.
 */
#include "boot/clock.h"
#include "boot/genesis.h"
#include "boot/information.h"
#include "boot/interrupts.h"
#include "boot/kernel_map.h"
#include "boot/processor.h"
#include "boot/x86.h"
#include "kernel/arch/x86_64/console.h"
#include "kernel/schedule.h"

#define UART_SCRATCH (COM1 + 7)

uint64_t boot_tsc;

/* C's first function (start.asm). Arguments: boot_info_read(). */
_Noreturn void boot_main(uint32_t magic, uint32_t address);

/* 115200 baud, 8N1. */
static void console_init(void)
{
	/* No interrupts; divisor 1 through the divisor latch; 8N1; FIFOs on and empty; DTR and RTS. */
	static const uint8_t setup[][2] = {{1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 0x03}, {2, 0x07}, {4, 0x03}};

	for (unsigned i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		port_out8(COM1 + setup[i][0], setup[i][1]);
	port_out8(UART_SCRATCH, 0x5a);
	console_present = port_in8(UART_SCRATCH) == 0x5a;
}

_Noreturn void boot_main(uint32_t magic, uint32_t address)
{
	const struct boot_info *info;

	console_init();
	processor_check();
	info = boot_info_read(magic, address);
	processor_init(0);
	kernel_map_build();
	interrupts_silence();
	clock_calibrate(boot_tsc);
	genesis_make(info, boot_tsc);
	kernel_main();
}
