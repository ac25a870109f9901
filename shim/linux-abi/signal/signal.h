/* SPDX-License-Identifier: MIT */
/* Signals: what is pending, what is blocked, what is done (signal(7)). Sets are 64-bit words, signal n at bit n - 1. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct task;
struct process;

#define SIGNALS 64
#define SIGNAL_BIT(number) (1ull << ((number)-1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_BIT(9) | SIGNAL_BIT(19)) /* SIGKILL, SIGSTOP */

/* What siginfo_t holds, as it is in memory (asm-generic/siginfo.h). */
struct signal_information {
	int32_t number, error, code, padding;
	union {
		struct {
			int32_t process;
			uint32_t user;
			union {
				uint64_t value; /* of sigqueue, timers */
				struct {
					int32_t status, reserved;
					int64_t user_time, system_time;
				};
			};
		};
		struct {
			uint64_t address;
			uint16_t address_lsb;
		};
		struct {
			int32_t timer, overrun;
			uint64_t timer_value;
		};
		struct {
			int64_t band;
			int32_t file;
		};
		struct {
			uint64_t call_address;
			int32_t call;
			uint32_t call_arch;
		};
		uint8_t bytes[112];
	};
};
_Static_assert(sizeof(struct signal_information) == 128, "siginfo_t");

struct signal_queued {
	struct signal_queued *next;
	struct signal_information information;
};

/* Pending signals; of a task, also what it blocks. */
struct signals {
	uint64_t pending;
	uint64_t blocked; /* of a task */
	struct signal_queued *first, *last; /* with information; a signal may be pending without */
	uint32_t count;                     /* of these */
};

#define SIGNAL_ACTION_FINAL 0x00800000 /* SA_IMMUTABLE inside of Linux: the default, of which no tracer hears before */

struct signal_action {
	uint64_t handler; /* 0 SIG_DFL, 1 SIG_IGN */
	uint64_t flags;   /* SA_* */
	uint64_t restorer;
	uint64_t mask;
};

struct signal_actions {
	uint32_t users;
	struct signal_action action[SIGNALS];
};

struct signal_stack {
	uint64_t address;
	uint32_t flags, padding; /* SS_* */
	uint64_t bytes;
};
