/* SPDX-License-Identifier: MIT */
/*
 * The structures that programs and Linux exchange on x86-64, as struct linux_NAME: those of structures.def, and below those that have unions in them. Addresses of the program are uint64_t: whoever serves
 * the program cannot follow them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define STRUCTURE(name) struct linux_##name {
#define FIELD(type, member, kind) type member;
#define FIELD_SET(type, member, set) type member;
#define FIELD_CHOICE(type, member, set) type member;
#define FIELD_IN(structure, member) struct linux_##structure member;
#define FIELD_TEXT(member, bytes) char member[bytes];
#define FIELD_ARRAY(type, member, count, kind) type member[count];
#define FIELD_MORE(type, member) type member;
#define FIELD_MORE_ARRAY(type, member, count) type member[count];
#define FIELD_PAD(type, member, count) type member[count];
#define STRUCTURE_END(name, bytes) \
	} \
	; \
	_Static_assert(sizeof(struct linux_##name) == (bytes), "as on Linux");
#include "abi/linux/structures.def"

#define LINUX_SIGSET_BYTES 8

/* What rt_sigaction takes (struct kernel_sigaction): the mask is the last member. */
struct linux_sigaction {
	uint64_t handler; /* LINUX_SIG_DFL, LINUX_SIG_IGN (abi/linux/constants.h) or an address */
	uint64_t flags;   /* LINUX_SA_... */
	uint64_t restorer;
	uint64_t mask;
};
_Static_assert(sizeof(struct linux_sigaction) == 32, "as on Linux");

union linux_sigval {
	int32_t number;
	uint64_t address;
};

struct linux_siginfo {
	int32_t signo, error, code, pad;
	union {
		struct { /* kill, tgkill, rt_sigqueueinfo */
			int32_t pid;
			uint32_t uid;
			union linux_sigval value;
		} sent;
		struct {
			int32_t id, overrun;
			union linux_sigval value;
		} timer;
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status, pad;
			int64_t user_ticks, system_ticks;
		} child;
		struct {
			uint64_t address;
			int16_t lsb; /* BUS_MCEERR_... */
			uint64_t lower, upper; /* SEGV_BNDERR */
		} fault;
		struct {
			int64_t band;
			int32_t fd;
		} poll;
		struct {
			uint64_t address;
			int32_t number;
			uint32_t machine;
		} call; /* SIGSYS */
		uint8_t bytes[112];
	};
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "as on Linux");

struct linux_sigevent {
	union linux_sigval value;
	int32_t signo, notify; /* LINUX_SIGEV_... */
	union {
		int32_t thread; /* SIGEV_THREAD_ID */
		struct {
			uint64_t function, attributes;
		} call; /* SIGEV_THREAD */
		uint8_t bytes[48];
	};
};
_Static_assert(sizeof(struct linux_sigevent) == 64, "as on Linux");

/* The sixth argument of pselect6 and io_pgetevents points to this. */
struct linux_sigset_argument {
	uint64_t set, bytes;
};
_Static_assert(sizeof(struct linux_sigset_argument) == 16, "as on Linux");
