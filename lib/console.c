/* SPDX-License-Identifier: MIT */
/*
 * Serial console output through port methods. The transmitter of a 16550 takes 16 bytes once it says that it is empty (PC16550D data sheet, section 8.4), so the
 * line status is read once for that many. A missing port reads as 0xff, which looks ready: output is lost, nothing hangs.
 */
#include "lib/console.h"

#include "abi/boot.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/methods.h"

#define COM1_DATA 0x3f8
#define COM1_LINE_STATUS 0x3fd
#define LINE_STATUS_EMPTY 0x20
#define TRANSMIT_FIFO 16
#define LINE_MAX 256
#define DEBUG_EXIT_PORT 0xf4

static handle_t console_ports = INIT_SLOT_IO_PORTS, exit_ports = INIT_SLOT_IO_PORTS;

void console_use(handle_t ports)
{
	console_ports = ports;
	exit_ports = ports;
}

void debug_exit_use(handle_t ports)
{
	exit_ports = ports;
}

static void transmitter_wait(void)
{
	uint64_t status = 0;

	while (ioports_in(console_ports, COM1_LINE_STATUS, 1, &status) == OK && !(status & LINE_STATUS_EMPTY))
		;
}

void print(const char *format, ...)
{
	char line[LINE_MAX];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = text_format(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (!console_ports)
		log_write(line, length);
	for (size_t i = 0; console_ports && i < length; i++) {
		if (i % TRANSMIT_FIFO == 0)
			transmitter_wait();
		if (ioports_out(console_ports, COM1_DATA, 1, (uint8_t)line[i]) != OK)
			return;
	}
}

_Noreturn void debug_exit(uint8_t value)
{
	if (!exit_ports)
		__builtin_trap();
	transmitter_wait();
	(void)!ioports_out(exit_ports, DEBUG_EXIT_PORT, 1, value); /* nobody is left to be told */
	thread_exit();
}
