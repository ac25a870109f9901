/* SPDX-License-Identifier: MIT */
/*
 * Stubs of the kernel call for messages that lib/call.h has no short form for: none, and eight words in registers.
 *
 * rbp is a message word and the frame pointer of C: its word travels through rcx, which the kernel call loses anyway.
 */
#pragma once

#include "lib/call.h"

/* Sends an empty message to `target`; `word` has CALL_SEND, with or without CALL_CALL. Returns the answer word. */
static inline uint64_t call_empty(handle_t target, uint64_t word)
{
	__asm__ volatile("push %%rbp\n\tsyscall\n\tpop %%rbp"
			 : "+a"(word), "+D"(target)
			 :
			 : "rcx", "r11", "rdx", "r10", "r8", "r9", "rbx", "r13", "r14", "memory");
	return word;
}

/* As reply_receive_short(), for empty messages. `reply` may be 0 when `word` has only CALL_RECEIVE and `source` is a Notification. */
static inline uint64_t reply_receive_empty(handle_t reply, handle_t source, uint64_t word)
{
	register handle_t object __asm__("r12") = reply;

	__asm__ volatile("push %%rbp\n\tsyscall\n\tpop %%rbp"
			 : "+a"(word)
			 : "S"(source), "r"(object)
			 : "rcx", "r11", "rdi", "rdx", "r10", "r8", "r9", "rbx", "r13", "r14", "memory");
	return word;
}

/* Calls `target` with data[0..7], which are the answer's words afterwards. Returns the answer word. */
static inline uint64_t call_eight(handle_t target, uint64_t word, uint64_t data[8])
{
	register uint64_t d1 __asm__("r10") = data[1];
	register uint64_t d2 __asm__("r8") = data[2];
	register uint64_t d3 __asm__("r9") = data[3];
	register uint64_t d6 __asm__("r13") = data[6];
	register uint64_t d7 __asm__("r14") = data[7];

	__asm__ volatile("push %%rbp\n\tmov %%rcx, %%rbp\n\tsyscall\n\tmov %%rbp, %%rcx\n\tpop %%rbp"
			 : "+a"(word), "+D"(target), "+d"(data[0]), "+r"(d1), "+r"(d2), "+r"(d3), "+b"(data[4]), "+c"(data[5]), "+r"(d6),
			   "+r"(d7)
			 :
			 : "r11", "memory");
	data[1] = d1;
	data[2] = d2;
	data[3] = d3;
	data[6] = d6;
	data[7] = d7;
	return word;
}

/* As reply_receive_short(), with data[0..7] and without the badge. */
static inline uint64_t reply_receive_eight(handle_t reply, handle_t source, uint64_t word, uint64_t data[8])
{
	register uint64_t d1 __asm__("r10") = data[1];
	register uint64_t d2 __asm__("r8") = data[2];
	register uint64_t d3 __asm__("r9") = data[3];
	register uint64_t d6 __asm__("r13") = data[6];
	register uint64_t d7 __asm__("r14") = data[7];
	register handle_t object __asm__("r12") = reply;

	__asm__ volatile("push %%rbp\n\tmov %%rcx, %%rbp\n\tsyscall\n\tmov %%rbp, %%rcx\n\tpop %%rbp"
			 : "+a"(word), "+d"(data[0]), "+r"(d1), "+r"(d2), "+r"(d3), "+b"(data[4]), "+c"(data[5]), "+r"(d6), "+r"(d7)
			 : "S"(source), "r"(object)
			 : "r11", "rdi", "memory");
	data[1] = d1;
	data[2] = d2;
	data[3] = d3;
	data[6] = d6;
	data[7] = d7;
	return word;
}
