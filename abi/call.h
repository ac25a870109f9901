/* SPDX-License-Identifier: MIT */
/*
 * The one kernel call: registers, phases, the message page, and the structures that methods exchange in it.
 *
 * `syscall` with
 *	rax  call word (below)              rdi  send target: Endpoint, Notification or any object
 *	rsi  receive source: Endpoint or Notification
 *	r12  Reply object: answered in the reply phase and armed for a receive phase at an Endpoint
 *	r15  absolute deadline in ns (with CALL_DEADLINE)
 *	rdx r10 r8 r9 rbx rbp r13 r14       message words 0..7
 * returns
 *	rax  answer word                    rdi  badge of the message (or of the Thread's bound fault or personality capability)
 *	message words as above; rcx and r11 are lost, all else is kept.
 *
 * Phases run in the order reply, send, receive. All handles and rights are checked before the first phase acts: a refused call changes
 * nothing. CALL_SEND with CALL_CALL waits for the answer; it cannot be combined with CALL_RECEIVE. A method of a kernel object is CALL_SEND | CALL_CALL alone on
 * its capability; label = method number.
 */
#pragma once

#include "abi/types.h"

/* Call word: phases 0..7 | words 8..15 | capabilities 16..19 | status 24..31 (of the reply phase) | label 32..63 */
#define CALL_REPLY 0x01    /* answer the caller that Reply r12 holds, with this message */
#define CALL_SEND 0x02     /* send this message to rdi */
#define CALL_CALL 0x04     /* ... and wait for its answer */
#define CALL_RECEIVE 0x08  /* wait for a message or signal at rsi */
#define CALL_DEADLINE 0x10 /* no wait of this call lasts beyond the deadline; 0 polls */
#define CALL_AGAIN 0x20    /* set by the kernel in a call that it lets a thread execute again because it has not finished; nobody else needs it */
#define CALL_PHASES 0x1f
#define CALL_WORDS_SHIFT 8
#define CALL_CAPS_SHIFT 16
#define CALL_STATUS_SHIFT 24
#define CALL_LABEL_SHIFT 32

/* Answer word: status 0..7 (enum error, or the replier's status) | words 8..15 | capabilities 16..19 | unwrapped 20..23 | kind 24..27 | label 32..63 */
#define ANSWER_UNWRAPPED_SHIFT 20 /* bit n: capability n was one of the receiving Endpoint; words of the page's badges[n] tell its badge */
#define ANSWER_KIND_SHIFT 24

/* What a received message is. */
enum message_kind {
	MESSAGE_ANSWER = 0,       /* the answer of a call or method */
	MESSAGE_SEND = 1,         /* a message without a caller to answer */
	MESSAGE_CALL = 2,         /* a message whose caller the Reply object now holds */
	MESSAGE_NOTIFICATION = 3, /* word 0: the bits that were signalled */
	MESSAGE_SYSCALL = 4,      /* a foreign system call: words: rax, rdi, rsi, rdx, r10, r8, r9 */
	MESSAGE_FAULT = 5,        /* a fault: words: vector, address (page fault) or 0, error code, RIP, RSP, RFLAGS */
};

#define MESSAGE_REGISTER_WORDS 8
#define MESSAGE_WORDS_MAX 128
#define MESSAGE_CAPS_MAX 4

/* Labels of an answer to MESSAGE_SYSCALL and MESSAGE_FAULT. */
#define RESUME_RESULT 0    /* word 0 becomes rax (system call) or nothing changes (fault); execution goes on */
#define RESUME_REGISTERS 1 /* struct thread_registers in the answerer's message page replaces everything */
#define RESUME_SUSPEND 2   /* the thread stays suspended; its registers are as before the instruction */

/*
 * The message page: the first page of the Region bound to THREAD_MESSAGE. Words 0..7 of a message are in registers; words[n] holds word n
 * from 8 on (0..7 are unused). `caps` are handles to send, or the capability arguments of a method. `receive` are the empty slots of the
 * receiver's root CNode in which it is willing to take capabilities: slot n for capability n, 0 for none.
 */
struct message_page {
	uint64_t words[MESSAGE_WORDS_MAX];
	uint64_t caps[MESSAGE_CAPS_MAX];
	uint64_t receive[MESSAGE_CAPS_MAX];
	uint64_t badges[MESSAGE_CAPS_MAX];
};

/* One entry of a batch. MAP: all. PROTECT: address with new rights. UNMAP: address (MAP_LARGE must match what is mapped). */
struct map_entry {
	uint64_t address; /* page-aligned virtual address | MAP_* */
	uint64_t page;    /* page of the Region (in 4 KiB pages, also for MAP_LARGE) */
};
#define MAP_READ 0x1
#define MAP_WRITE 0x2
#define MAP_EXECUTE 0x4
#define MAP_LARGE 0x8 /* a 2 MiB page: address and physical address aligned to 2 MiB */
#define MAP_BATCH_MAX 256

/* Registers as READ_STATE, WRITE_STATE and RESUME_REGISTERS exchange them. */
struct thread_registers {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags, fs_base, gs_base;
};

/* What READ_STATE and WRITE_STATE exchange in the message page, as far as STATE_* asks for it. */
struct thread_image {
	struct thread_registers registers;
	uint8_t fpu[PAGE_SIZE - 192] __attribute__((aligned(64))); /* as XSAVE (or FXSAVE) writes it */
};
_Static_assert(sizeof(struct thread_image) == PAGE_SIZE, "the image fills the message page; its FPU part is at 192");
#define STATE_REGISTERS 0x1
#define STATE_FPU 0x2

/* The slots of a Thread, in the order in which they lie in it. */
enum thread_slot {
	THREAD_CNODE = 0,        /* root CNode (READ) */
	THREAD_VSPACE = 1,       /* address space (ATTACH) */
	THREAD_MESSAGE = 2,      /* message page: a Region (READ and WRITE) */
	THREAD_FAULT = 3,        /* where faults go: an Endpoint (WRITE) */
	THREAD_PERSONALITY = 4,  /* makes the Thread foreign for good: an Endpoint (WRITE) */
	THREAD_NOTIFICATION = 5, /* bound Notification (READ): its signals end a receive on any Endpoint */
	THREAD_SLOTS = 6,
};

enum thread_state {
	THREAD_RUNNABLE = 0,  /* running or ready, unless suspended */
	THREAD_SENDING = 1,   /* queued at an Endpoint with a message */
	THREAD_RECEIVING = 2, /* waiting at an Endpoint or Notification */
	THREAD_REPLY = 3,     /* held by a Reply object */
	THREAD_COMMIT = 4,    /* waiting for room in the commit ring */
	THREAD_FAULTED = 5,   /* a fault or foreign call that nobody takes; resume tries again */
};

#define PRIORITY_LEVELS 64
#define IRQ_LINE_MSI 0xffff /* no IOAPIC input: a message-signalled interrupt */
#define IRQ_LEVEL 0x1
#define IRQ_LOW 0x2
#define IRQ_VECTOR_FIRST 0x30 /* vectors that handlers can get: first .. last */
#define IRQ_VECTOR_LAST 0xef

#define RETYPE_COUNT_MAX 128 /* 32 of Threads, 8 of VSpaces */
#define CNODE_BITS_MIN 2
#define CNODE_BITS_MAX 16
