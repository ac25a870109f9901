/* SPDX-License-Identifier: MIT */
/*
 * The kernel call from C: the inline stubs for short messages and the general stub for everything else.
 *
 * A short message has at most four words, all of them in registers; its stubs push nothing but the frame pointer, which carries a message
 * word that the other side may set even though it was not asked for. The general stub takes the whole register image of the call as a
 * structure. Longer messages and capabilities lie in the message page of the running thread (lib/thread.h), which the caller fills before
 * and reads after.
 *
 * Whoever answers a call decides what comes back: the answer word and the data are as untrusted as their sender. The kernel's own answers
 * are those of capabilities that are kernel objects.
 */
#pragma once

#include "abi/abi.h"

#define MUST_USE __attribute__((warn_unused_result))

/* Builds a call word from CALL_* phases, the number of words (0..128) and capabilities (0..4), and a label. */
static inline uint64_t call_word(uint64_t phases, uint64_t words, uint64_t caps, uint64_t label)
{
	return phases | words << CALL_WORDS_SHIFT | caps << CALL_CAPS_SHIFT | label << CALL_LABEL_SHIFT;
}

/* The fields of an answer word. */
static inline enum error answer_status(uint64_t answer)
{
	return (enum error)(answer & 0xff);
}

static inline uint64_t answer_words(uint64_t answer)
{
	return answer >> CALL_WORDS_SHIFT & 0xff;
}

static inline uint64_t answer_caps(uint64_t answer)
{
	return answer >> CALL_CAPS_SHIFT & 0xf;
}

/* Bit n: capability n of the message was one of the receiving Endpoint and arrived as its badge. */
static inline uint64_t answer_unwrapped(uint64_t answer)
{
	return answer >> ANSWER_UNWRAPPED_SHIFT & 0xf;
}

static inline enum message_kind answer_kind(uint64_t answer)
{
	return (enum message_kind)(answer >> ANSWER_KIND_SHIFT & 0xf);
}

static inline uint64_t answer_label(uint64_t answer)
{
	return answer >> CALL_LABEL_SHIFT;
}

/* The register image of a kernel call (abi/call.h). call.asm knows these offsets. */
struct kernel_call {
	uint64_t word;     /* call word; afterwards the answer word */
	handle_t target;   /* send target; afterwards the badge of the message */
	handle_t source;   /* receive source */
	handle_t reply;    /* Reply object */
	uint64_t deadline; /* absolute, in ns, with CALL_DEADLINE */
	uint64_t data[MESSAGE_REGISTER_WORDS];
};
_Static_assert(offsetof(struct kernel_call, data) == 40 && sizeof(struct kernel_call) == 104, "call.asm");

/* Executes the call with all registers from `call` and leaves all results there. Returns the status of the answer. */
enum error kernel_call(struct kernel_call *call);

/*
 * Calls `target` with a short message: data[0..3] go out and come back. Returns the answer word; the badge is dropped. The phases in `word`
 * must be CALL_SEND with or without CALL_CALL.
 */
static inline uint64_t call_short(handle_t target, uint64_t word, uint64_t data[4])
{
	register uint64_t d1 __asm__("r10") = data[1];
	register uint64_t d2 __asm__("r8") = data[2];
	register uint64_t d3 __asm__("r9") = data[3];
	uint64_t d0 = data[0];

	__asm__ volatile("push %%rbp\n\tsyscall\n\tpop %%rbp"
			 : "+a"(word), "+D"(target), "+d"(d0), "+r"(d1), "+r"(d2), "+r"(d3)
			 :
			 : "rcx", "r11", "rbx", "r13", "r14", "memory");
	data[0] = d0;
	data[1] = d1;
	data[2] = d2;
	data[3] = d3;
	return word;
}

/* A message as the registers have it. */
struct received {
	uint64_t word; /* the answer word */
	uint64_t badge;
	uint64_t data[MESSAGE_REGISTER_WORDS];
};

/*
 * Answers the caller held by `reply` with one word when `word` has CALL_REPLY, then waits at `source` (CALL_RECEIVE) with the same Reply object armed, until `deadline` (absolute, in ns) with CALL_DEADLINE. In registers throughout,
 * for a loop in which every instruction counts.
 */
__attribute__((always_inline)) static inline struct received reply_receive(handle_t reply, handle_t source, uint64_t word, uint64_t answer, uint64_t deadline)
{
	register uint64_t d1 __asm__("r10");
	register uint64_t d2 __asm__("r8");
	register uint64_t d3 __asm__("r9");
	register uint64_t d6 __asm__("r13");
	register uint64_t d7 __asm__("r14");
	register handle_t object __asm__("r12") = reply;
	register uint64_t until __asm__("r15") = deadline;
	uint64_t d0 = answer, d4, d5, from;

	__asm__ volatile("push %%rbp\n\tsyscall\n\tmov %%rbp, %%rcx\n\tpop %%rbp"
			 : "+a"(word), "=D"(from), "+d"(d0), "=r"(d1), "=r"(d2), "=r"(d3), "=b"(d4), "=c"(d5), "=r"(d6), "=r"(d7)
			 : "S"(source), "r"(object), "r"(until)
			 : "r11", "memory");
	return (struct received){word, from, {d0, d1, d2, d3, d4, d5, d6, d7}};
}

/*
 * Answers the caller held by `reply` when `word` has CALL_REPLY, then waits at `source` (CALL_RECEIVE) with the same Reply object armed.
 * data[0..3] go out and come back, `*badge` is the badge of what arrived. Returns the answer word. Longer messages that arrive are cut
 * to their first four words, which is right for a server whose protocol has none.
 */
static inline uint64_t reply_receive_short(handle_t reply, handle_t source, uint64_t word, uint64_t data[4], uint64_t *badge)
{
	register uint64_t d1 __asm__("r10") = data[1];
	register uint64_t d2 __asm__("r8") = data[2];
	register uint64_t d3 __asm__("r9") = data[3];
	register handle_t object __asm__("r12") = reply;
	uint64_t d0 = data[0], from;

	__asm__ volatile("push %%rbp\n\tsyscall\n\tpop %%rbp"
			 : "+a"(word), "=D"(from), "+d"(d0), "+r"(d1), "+r"(d2), "+r"(d3)
			 : "S"(source), "r"(object)
			 : "rcx", "r11", "rbx", "r13", "r14", "memory");
	data[0] = d0;
	data[1] = d1;
	data[2] = d2;
	data[3] = d3;
	*badge = from;
	return word;
}
