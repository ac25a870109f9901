/* SPDX-License-Identifier: MIT */
/* The kernel's own voice: text on the first serial port, for boot, refusals of debug builds, and panics. */
#ifndef KOZO_ARCH_CONSOLE_H
#define KOZO_ARCH_CONSOLE_H

#include "abi/types.h"

/* Sets the port to 115200 baud, 8N1. Without a port, console_print() prints nothing. */
void console_init(void);

/*
 * Prints `format` and waits until the port has taken it. %s, %u, %x, and with l (%lu, %lx) for 64 bits; %p prints 16
 * hexadecimal digits without 0x. Nothing else.
 */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
