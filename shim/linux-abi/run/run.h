/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of tools/kozo-run: a machine that was started to run one program, whose standard input, output and error are those of a command of the host, and whose end ends the run (docs/kozo-run.md).
 *
 * link.c has the link to the host (lib/run_link.h), streams.c what the program reads and writes, program.c its start and its end.
 */
#pragma once

#include "abi/linux/structures.h"
#include "lib/run_link.h"
#include "process/task.h"

/* Whether this machine was started by kozo-run; then the host is told that we are there, and the program starts when it says which. */
bool run_start(void);

/* Signals of other services have come: one may be that of the console. */
void run_signalled(void);

/* A process has ended, and can be waited for: it may be the program. */
void run_process_left(const struct process *process);

/* A line of --trace. */
void run_trace(const char *line, size_t bytes);

/* Between the files of this folder. */

/* Hands over bytes of a stream to the host; how many were taken. What is not may be given again when run_stream_told() is called. */
size_t run_write(enum run_stream stream, const void *bytes, size_t count);
size_t run_room(enum run_stream stream);

/* Whether the console has gone for good, so that there is no host any more. */
bool run_is_gone(void);

/* Lets the host send so many bytes more of standard input, beyond those that it was allowed before. */
void run_input_allow(uint64_t bytes);

/* Sends a frame as soon as there is room, if there is a host. In a fiber: waits. */
void run_put(enum run_kind kind, const void *bytes, size_t count);

/* Sends what was handed over. */
void run_send(void);

/* Bytes of standard input, or (null) its end; and room to write, or that nobody reads any more. */
void run_stream_input(const void *bytes, size_t count);
void run_stream_told(void);

/* The files 0, 1 and 2 of the program: `terminals` has bits of those that are one, of this size. 0 or -ENOMEM. */
int run_streams_open(struct task *task, unsigned terminals, const struct linux_winsize *size);
void run_window(uint16_t rows, uint16_t columns);

/* START has come, or SIGNAL. */
void run_program_start(const char *text, size_t bytes);
void run_program_signal(uint32_t number);
