/* SPDX-License-Identifier: MIT */
/*
 * What the threads of Linux processes do. No instruction of theirs is executed: a step stores what a call's arguments point to, through the thread's own page tables and with the faults that this brings, or makes the call, or touches memory,
 * or has the processor find something wrong. Calls come from the grammar (tests/fuzz/linux), or from a script.
 *
 * A thread is at home where the service has put it (the entry of its program, a handler of a signal). Two bytes before home is the instruction of its last call, which the service has it make again by going back there.
 */
#pragma once

#include "kernel.h"
#include "tests/fuzz/linux/grammar.h"

/* The program that all of them run: a static ELF file with a page of code, and memory for arguments at WINDOW. */
#define TEXT 0x400000
#define WINDOW 0x200000000
extern const unsigned char *const program_file;
extern const size_t program_file_bytes;

/* An input begins. */
void programs_begin(const uint8_t *bytes, size_t size);

/* A number below `limit` (at most 256) of the input; 0 when the input is used up. */
unsigned choice_below(unsigned limit);
bool choices_left(void);

/* Calls that were made since the program began, in all inputs. */
uint64_t calls_made(void);
void calls_count(void); /* from here on */

/* A thread that can run goes on. */
void program_step(struct model_thread *thread);

/* Of the model: the answer to its call has come; its registers were replaced. */
void program_answered(struct model_thread *thread, int64_t result);
void program_moved(struct model_thread *thread);

/* Has a thread make a call of a script; arguments may point to texts, which lie at TEXT_AT(0), TEXT_AT(1). Tells when the answer has come. */
#define TEXTS 2
#define TEXT_AT(n) (WINDOW + 256 * (uint64_t)(n))
struct text {
	const char *bytes; /* a null pointer: there is none */
	size_t size;
};
void program_script(struct model_thread *thread, const struct grammar_call *call, const struct text texts[TEXTS]);
bool program_has_answer(const struct model_thread *thread, int64_t *result);

/* Names of message queues that there may be; a null pointer behind the last. */
const char *programs_name(unsigned index);
