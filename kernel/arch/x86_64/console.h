/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own voice on the first serial port (National Semiconductor PC16550D, section 8), for refusals of debug builds and its last words.
 *
 * It works until the last of a panic, so it depends on nothing, takes no lock and waits for no interrupt. A port that is stuck costs a bounded wait and loses
 * text, nothing else. The serial driver in user space may own the same port: what the kernel says then appears in between.
 */
#pragma once

#include "abi/types.h"

#define COM1 0x3f8

/* There is a port that takes text. The loader (boot/main.c) finds and sets it up. */
extern bool console_present;

/* Prints `text` and waits until the port has taken it. */
void console_print(const char *text);

/* Prints `text`, then `count` words in hexadecimal, then a line feed. */
void console_words(const char *text, const uint64_t *words, unsigned count);
