/* SPDX-License-Identifier: MIT */
/*
 * Text output straight to the first serial port, through an IoPorts capability, and the exit of an emulated machine. For test programs and for init
 * before its console driver runs: each byte is a kernel call. Lines of several threads may interleave.
 */
#pragma once

#include "lib/call.h"

/*
 * Names the IoPorts that print and debug_exit use (COM1 at 0x3f8..0x3ff, the exit port 0xf4). Until then INIT_SLOT_IO_PORTS. 0: there are none; then what is printed goes to the text ring
 * (lib/log.h), and debug_exit is a fault, for whoever supervises this program.
 */
void console_use(handle_t ports);

/* Names other IoPorts for debug_exit alone. */
void debug_exit_use(handle_t ports);

/* Prints formatted text (lib/format.h), at most 256 bytes a call; a line feed is sent as it is. Numbers must be cast to uint64_t or int64_t. */
void print(const char *format, ...);

/* Ends an emulated machine that has the isa-debug-exit device: QEMU exits with value * 2 + 1. Elsewhere the thread stops. */
_Noreturn void debug_exit(uint8_t value);

#define DEBUG_EXIT_PASSED 0x10
#define DEBUG_EXIT_FAILED 0x11
