/* SPDX-License-Identifier: MIT */
/*
 * The harness of the test programs that run as init. Each test is a function with a stable id and a sentence; the harness prints `1..N`, then for each test
 * `ok ID sentence` or `not ok ID sentence`, and ends the machine with success only when all passed.
 *
 * Every test starts from the same ground: a fresh Untyped of TEST_MEMORY bytes that lib/memory.h allocates from, all slots of the test range free, the commit ring drained by a
 * thread of its own. Afterwards everything made from that memory is reclaimed and the slots are emptied. A check that fails prints its place and ends the test
 * function. Priorities: the test itself runs at INIT_PRIORITY, the drainer as well, so threads of the test run when the test waits.
 */
#pragma once

#include "lib/clock.h"
#include "lib/console.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/runtime.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/string.h"
#include "lib/thread.h"

struct test {
	const char *id;
	const char *sentence;
	void (*run)(void);
};

#define TEST_MEMORY (24ull << 20)
#define TEST_PRIORITY 40          /* what threads of tests usually get */
#define MILLISECOND 1000000ull    /* in ns */
#define PATIENCE (20000 * MILLISECOND) /* a wait longer than this is a hang */

/* Runs all tests, or with `test=ID` on the kernel's command line those whose id begins so; returns what main should return. */
int harness_run(const struct test *tests, uint64_t count);
#define HARNESS_RUN(tests) harness_run(tests, sizeof(tests) / sizeof((tests)[0]))

/* What follows `name` on the kernel's command line; a null pointer when it is not there. */
const char *option_find(const char *name);

/* Whether one instruction is one ns (`exact` on the command line), so that times are lengths of code and the host's delays are not in them. */
bool time_is_exact(void);

/* The header of the commit ring. */
extern const volatile struct commit_ring *log_ring;

/* Records ever committed. */
uint64_t records_committed(void);

/* Marks the running test as failed and prints why; for the macros below. */
void check_failed(const char *file, unsigned line, const char *what);
void check_error_failed(const char *file, unsigned line, const char *what, enum error expected, enum error got);
void check_value_failed(const char *file, unsigned line, const char *what, uint64_t expected, uint64_t got);

/* True since a check of the running test failed. */
bool test_has_failed(void);

/* Name of an error, as in abi/errors.def. */
const char *error_name(enum error error);

/* What the innermost macro of a helper that returns nothing does: end the function. */
#define CHECK(condition)                                                  \
	do {                                                              \
		if (!(condition)) {                                       \
			check_failed(__FILE__, __LINE__, #condition);     \
			return;                                           \
		}                                                         \
	} while (0)

/* The condition becomes true, if need be after waiting; others run meanwhile. */
#define CHECK_EVENTUALLY(condition)                                                              \
	do {                                                                                     \
		uint64_t check_end = clock_now() + PATIENCE;                                     \
		while (!(condition) && clock_now() < check_end)                                  \
			pause_ns(MILLISECOND / 10);                                              \
		CHECK(condition);                                                                \
	} while (0)

/* Two numbers are equal. */
#define CHECK_EQUAL(expected, expression)                                                                      \
	do {                                                                                                   \
		uint64_t check_expected = (uint64_t)(expected), check_got = (uint64_t)(expression);            \
		if (check_expected != check_got) {                                                             \
			check_value_failed(__FILE__, __LINE__, #expression, check_expected, check_got);        \
			return;                                                                                \
		}                                                                                              \
	} while (0)

/* A call ends with this error. */
#define CHECK_ERROR(expected, expression)                                                                      \
	do {                                                                                                   \
		enum error check_got = (expression);                                                           \
		if (check_got != (expected)) {                                                                 \
			check_error_failed(__FILE__, __LINE__, #expression, (expected), check_got);            \
			return;                                                                                \
		}                                                                                              \
	} while (0)

#define CHECK_OK(expression) CHECK_ERROR(OK, expression)

/* A call is refused with this error, and no record was committed. */
#define CHECK_REFUSED(expected, expression)                                                                    \
	do {                                                                                                   \
		uint64_t check_records = records_committed();                                                  \
		enum error check_got = (expression);                                                           \
		if (check_got != (expected)) {                                                                 \
			check_error_failed(__FILE__, __LINE__, #expression, (expected), check_got);            \
			return;                                                                                \
		}                                                                                              \
		if (records_committed() != check_records) {                                                    \
			check_failed(__FILE__, __LINE__, #expression " was refused but committed a record");   \
			return;                                                                                \
		}                                                                                              \
	} while (0)

/* Ends a helper's caller when the helper failed. */
#define CHECK_STILL()                    \
	do {                             \
		if (test_has_failed())   \
			return;          \
	} while (0)

/* An object of the test's memory; 0 when it cannot be made, which fails the test. `size` is that of object_create(). */
handle_t object_made(const char *file, unsigned line, enum object_type type, uint64_t size);
#define object_make(type, size) object_made(__FILE__, __LINE__, type, size)

/* Stops or starts the thread that empties the commit ring. While it is stopped the test must advance the ring itself. */
void drainer_stop(void);
void drainer_start(void);

/* Waits at a Notification until any bit is signalled, at most PATIENCE; 0 when that passed. */
uint64_t notification_wait(handle_t notification);

/* Waits until time `now + ns`, letting others run. */
void pause_ns(uint64_t ns);

/* Waits until the thread is suspended, at most PATIENCE: threads suspend themselves when they end. */
bool thread_await_end(handle_t thread);

/* Waits until the thread is in `state`, at most PATIENCE. */
bool thread_await(handle_t thread, enum thread_state state);

/*
 * One kernel call made by a thread of its own, in this space or another; it can be repeated. The call lies in the thread's block page, where both sides see it;
 * words, capabilities and receive slots beyond the registers are job.thread.page, as for every thread.
 */
struct job {
	struct thread thread;
	struct job_cell *cell;
};

struct job_cell {
	struct kernel_call call; /* in: registers of the call; out: registers of the answer */
	uint64_t done;           /* calls finished */
};

/* Makes the thread; nothing runs yet. */
MUST_USE enum error job_create(struct job *job, struct space *space, uint64_t priority);

/* Lets the thread make the call that is in the cell now. */
MUST_USE enum error job_start(struct job *job);

/* Waits until the call has ended and the thread has stopped, at most PATIENCE. */
bool job_finish(struct job *job);

/* job_create, then starts it with `call`. */
MUST_USE enum error job_launch(struct job *job, struct space *space, const struct kernel_call *call);

/* The status with which the call ended. */
static inline enum error job_status(const struct job *job)
{
	return answer_status(job->cell->call.word);
}

/* Marks the test as failed unless the job finishes with this status. */
void check_job(const char *file, unsigned line, struct job *job, enum error expected);
#define CHECK_JOB(expected, job)                              \
	do {                                                  \
		check_job(__FILE__, __LINE__, job, expected); \
		CHECK_STILL();                                \
	} while (0)

/* A new generator state and the next value: splitmix64, seeded, for repeatable random tests. */
uint64_t random_next(uint64_t *state);
