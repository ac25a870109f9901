/* SPDX-License-Identifier: MIT */
/* Polled output on the first serial port, byte by byte: see console.h. */
#include "kernel/arch/x86_64/console.h"

#include "kernel/arch/x86_64/x86.h"

#define UART_LINE_STATUS (COM1 + 5)
#define UART_TRANSMITTER_EMPTY 0x20
#define UART_PATIENCE 10000000 /* polls of about 1 us; a character takes 87 us, but the reader of an emulated port may be away for a while */

bool console_present;

static void byte_print(char byte)
{
	for (int i = 0; console_present && !(port_read(UART_LINE_STATUS, 1) & UART_TRANSMITTER_EMPTY); i++)
		console_present = i < UART_PATIENCE;
	if (console_present)
		port_write(COM1, 1, (uint8_t)byte);
}

void console_print(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			byte_print('\r');
		byte_print(*text);
	}
}

void console_words(const char *text, const uint64_t *words, unsigned count)
{
	console_print(text);
	for (const uint64_t *word = words; word < words + count; word++) {
		console_print(" 0x");
		for (int shift = 60; shift >= 0; shift -= 4)
			byte_print("0123456789abcdef"[*word >> shift & 15]);
	}
	console_print("\n");
}
