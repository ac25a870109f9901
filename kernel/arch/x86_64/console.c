/* SPDX-License-Identifier: MIT */
/*
 * Polled output on COM1 (National Semiconductor PC16550D, section 8).
 *
 * It works from the first line of C to the last of a panic, so it depends on nothing, takes no lock and waits for no interrupt. A port that is
 * missing or stuck costs a bounded wait and loses text, nothing else. The serial driver in user space may own the same port later:
 * what the kernel says then appears in between.
 */
#include "kernel/arch/x86_64/console.h"

#include <stdarg.h>

#include "kernel/arch/x86_64/x86.h"

#define COM1 0x3f8
#define UART_LINE_STATUS (COM1 + 5)
#define UART_SCRATCH (COM1 + 7)
#define UART_TRANSMITTER_EMPTY 0x20
#define UART_PATIENCE 100000 /* polls; a character takes 87 us, a poll about 1 us */

static bool present;

void console_init(void)
{
	/* No interrupts; divisor 1 (115200 baud) through the divisor latch; 8N1; FIFOs on and empty; DTR and RTS. */
	static const uint8_t setup[][2] = {{1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 0x03}, {2, 0x07}, {4, 0x03}};

	for (unsigned i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		port_out8(COM1 + setup[i][0], setup[i][1]);
	port_out8(UART_SCRATCH, 0x5a);
	present = port_in8(UART_SCRATCH) == 0x5a;
}

static void print_byte(char byte)
{
	for (int i = 0; present && !(port_in8(UART_LINE_STATUS) & UART_TRANSMITTER_EMPTY); i++)
		present = i < UART_PATIENCE;
	if (present)
		port_out8(COM1, (uint8_t)byte);
}

static void print_string(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			print_byte('\r');
		print_byte(*text);
	}
}

static void print_number(uint64_t value, unsigned base, int digits)
{
	char text[24] = {0};
	int at = sizeof(text) - 1;

	for (; value || digits > 0; value /= base, digits--)
		text[--at] = "0123456789abcdef"[value % base];
	print_string(text + at);
}

void console_print(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	for (; *format; format++) {
		bool wide = format[0] == '%' && format[1] == 'l';

		if (*format != '%') {
			print_string((const char[]){*format, 0});
			continue;
		}
		format += 1 + wide;
		if (*format == 's')
			print_string(va_arg(list, const char *));
		else if (*format == 'p')
			print_number(va_arg(list, uint64_t), 16, 16);
		else
			print_number(wide ? va_arg(list, uint64_t) : va_arg(list, unsigned), *format == 'x' ? 16 : 10, 1);
	}
	va_end(list);
}
