/* SPDX-License-Identifier: MIT */
/*
 * A place where system calls are made without being carried out: under strace(1) a process makes them, a seccomp filter hands each to its parent, and the parent answers with the result that the sample asks
 * for, or lets the kernel do it. The same arguments, memory and result go through the tracer under test. Between two marks in strace's log stand only the calls of samples.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A result that means: let the kernel carry it out. */
#define STAGE_EXECUTE (INT64_MAX - 1)

/* Memory that a function `during` can change: it runs in the parent. */
#define STAGE_BYTES 65536
extern char *stage_memory;

/* Makes one call; `result` is what it is to return (-errno: an error). What is behind an address may change between entry and exit: `during` is called there, unless it is null. */
void stage_call(uint64_t number, const uint64_t arguments[6], int64_t result, void (*during)(void));

/* Runs `samples` on the stage, and writes the lines of the tracer under test to `path`. Returns 0, or 1 with a message. */
int stage_run(void (*samples)(void), const char *path);
