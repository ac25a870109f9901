/* SPDX-License-Identifier: MIT */
/*
 * The debug channel: commands from the host over the second serial port (tools/kozo-ctl). The manifest gives the ports `ioport.control` and the interrupt `irq.control`; without them, or without the
 * hardware, there is no channel and nothing else changes.
 *
 * A command is one line: words, then `*` and the CRC-32C of all before it as a number (`kill echo*0x5ca1ab1e`). Its answer is lines of text and then a line with a dot, or with `error: ` and a sentence in its place. A line whose check
 * is wrong is answered by `?`, and nothing was done: it came in part, because the port was being set up. `hello WORD` is answered `hello WORD`: who has got that knows that this instance listens, and that no older answer is under way.
 */
#pragma once

#include "abi/types.h"

/* Sets the port up, if there is one. */
void control_open(void);

/* Takes what has arrived and carries out complete commands. `signals` are the bits that were signalled; all of them on a tick. */
void control_serve(uint64_t signals);
