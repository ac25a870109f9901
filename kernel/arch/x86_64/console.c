/* SPDX-License-Identifier: MIT */
/*
 * Polled output on COM1 (National Semiconductor PC16550D).
 *
 * It works from the first line of C to the last of a panic, so it depends on nothing, takes no lock and waits for no interrupt. A port that is
 * missing or stuck costs a bounded wait and loses text, nothing else. The serial driver in user space may own the same port later:
 * what the kernel says then appears in between.
 */
#include "kernel/arch/x86_64/console.h"

#include <stdarg.h>

#include "kernel/arch/x86_64/x86.h"

#define COM1 0x3f8
enum uart_register {
	UART_DATA = COM1,
	UART_INTERRUPTS = COM1 + 1,
	UART_FIFO = COM1 + 2,
	UART_LINE_CONTROL = COM1 + 3,
	UART_MODEM_CONTROL = COM1 + 4,
	UART_LINE_STATUS = COM1 + 5,
	UART_SCRATCH = COM1 + 7,
};
#define UART_FIFO_ENABLE 0x07
#define UART_DIVISOR_LATCH 0x80
#define UART_8N1 0x03
#define UART_DTR_RTS 0x03
#define UART_TRANSMITTER_EMPTY 0x20
#define UART_PATIENCE 100000 /* polls; a character takes 87 us, a poll about 1 us */

static bool present;

void console_init(void)
{
	port_out8(UART_SCRATCH, 0x5a);
	present = port_in8(UART_SCRATCH) == 0x5a;
	if (!present)
		return;
	port_out8(UART_INTERRUPTS, 0);
	port_out8(UART_LINE_CONTROL, UART_DIVISOR_LATCH);
	port_out8(UART_DATA, 1); /* divisor 1: 115200 baud */
	port_out8(UART_INTERRUPTS, 0);
	port_out8(UART_LINE_CONTROL, UART_8N1);
	port_out8(UART_FIFO, UART_FIFO_ENABLE);
	port_out8(UART_MODEM_CONTROL, UART_DTR_RTS);
}

static void print_byte(char byte)
{
	for (int i = 0; present && !(port_in8(UART_LINE_STATUS) & UART_TRANSMITTER_EMPTY); i++)
		present = i < UART_PATIENCE;
	if (present)
		port_out8(UART_DATA, (uint8_t)byte);
}

static void print_string(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			print_byte('\r');
		print_byte(*text);
	}
}

static void print_number(uint64_t value, unsigned base, unsigned digits)
{
	char text[24];
	char *at = text + sizeof(text) - 1;

	*at = 0;
	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value || text + sizeof(text) - 1 - at < digits);
	print_string(at);
}

static void print_signed(int64_t value)
{
	if (value < 0)
		print_byte('-');
	print_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, 1);
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
		switch (*format) {
		case 's':
			print_string(va_arg(list, const char *));
			break;
		case 'd':
			print_signed(wide ? va_arg(list, int64_t) : va_arg(list, int));
			break;
		case 'u':
		case 'x':
			print_number(wide ? va_arg(list, uint64_t) : va_arg(list, unsigned),
				     *format == 'x' ? 16 : 10, 1);
			break;
		case 'p':
			print_string("0x");
			print_number(va_arg(list, uint64_t), 16, 16);
			break;
		}
	}
	va_end(list);
}
