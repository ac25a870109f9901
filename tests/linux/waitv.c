/* SPDX-License-Identifier: MIT */
/* futex_waitv: waiting for any of many words. */
#include "waiting.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define WORDS 129
#define BITS32 2       /* FUTEX_32 */
#define PRIVATE 128

struct wait { /* struct futex_waitv */
	uint64_t value, address;
	uint32_t flags, reserved;
};

static uint32_t *words;
static struct wait waits[WORDS];

static void waits_make(void)
{
	for (int i = 0; i < WORDS; i++) {
		words[i] = 0;
		waits[i] = (struct wait){.address = (uint64_t)&words[i], .flags = BITS32};
	}
}

static void refusals(void)
{
	struct timespec past = {0, 0}, odd = {0, 1000000000};
	struct wait wait = waits[0];

	CALL(futex_waitv, waits, 2, 1, NULL, 0);
	CALL(futex_waitv, waits, 0, 0, NULL, 0);
	CALL(futex_waitv, waits, 129, 0, NULL, 0);
	CALL(futex_waitv, NULL, 2, 0, NULL, 0);
	CALL(futex_waitv, BAD_ADDRESS, 2, 0, NULL, 0);
	CALL(futex_waitv, waits, 2, 0, BAD_ADDRESS, CLOCK_MONOTONIC);
	CALL(futex_waitv, waits, 2, 0, &odd, CLOCK_MONOTONIC);
	CALL(futex_waitv, waits, 2, 0, &past, CLOCK_BOOTTIME);
	CALL(futex_waitv, waits, 2, 0, &past, CLOCK_MONOTONIC);
	CALL(futex_waitv, waits, 2, 0, &past, CLOCK_REALTIME);
	CALL(futex_waitv, waits, 128, 0, &past, CLOCK_REALTIME);
	wait.value = 1;
	CALL(futex_waitv, &wait, 1, 0, NULL, 0);
	wait = (struct wait){.address = (uint64_t)words, .flags = 0};
	CALL(futex_waitv, &wait, 1, 0, NULL, 0);
	wait.flags = BITS32 | 4;
	CALL(futex_waitv, &wait, 1, 0, NULL, 0);
	wait = (struct wait){.address = (uint64_t)words, .flags = BITS32, .reserved = 1};
	CALL(futex_waitv, &wait, 1, 0, NULL, 0);
	wait = (struct wait){.address = (uint64_t)words + 1, .flags = BITS32};
	CALL(futex_waitv, &wait, 1, 0, NULL, 0);
	wait.address = (uint64_t)BAD_ADDRESS;
	CALL(futex_waitv, &wait, 1, 0, NULL, 0);
	wait.flags = BITS32 | PRIVATE;
	CALL(futex_waitv, &wait, 1, 0, NULL, 0);
}

static void woken(void)
{
	pid_t child;

	for (int which = 0; which < 3; which++) {
		WAITING_CHILD(child, CALL(futex_waitv, waits, 3, 0, NULL, 0));
		CALL(futex, &words[which], FUTEX_WAKE, 5, NULL, NULL, 0);
		check_end("a waiter", child);
	}
	WAITING_CHILD(child, CALL(futex_waitv, waits, 128, 0, NULL, 0));
	CALL(futex, &words[127], FUTEX_WAKE, 1, NULL, NULL, 0);
	check_end("a waiter of 128", child);
	CALL(futex, &words[0], FUTEX_WAKE, 1, NULL, NULL, 0);
	waits[1].address = waits[0].address;
	WAITING_CHILD(child, CALL(futex_waitv, waits, 3, 0, NULL, 0));
	CALL(futex, &words[0], FUTEX_WAKE, 9, NULL, NULL, 0);
	check_end("a waiter for one word twice", child);
	waits_make();
	WAITING_CHILD(child, CALL(futex_waitv, waits, 2, 0, NULL, 0));
	CALL(futex, &words[1], FUTEX_REQUEUE, 0, 1, &words[5], 0);
	CALL(futex, &words[1], FUTEX_WAKE, 9, NULL, NULL, 0);
	CALL(futex, &words[5], FUTEX_WAKE, 9, NULL, NULL, 0);
	check_end("a waiter that was moved", child);
	WAITING_CHILD(child, check_handle(SIGUSR1, 0); CALL(futex_waitv, waits, 2, 0, NULL, 0));
	kill(child, SIGUSR1);
	check_end("a waiter with a signal", child);
	waits[1].flags |= PRIVATE;
	WAITING_CHILD(child, struct timespec soon; clock_gettime(CLOCK_MONOTONIC, &soon); soon.tv_sec++; CALL(futex_waitv, waits, 2, 0, &soon, CLOCK_MONOTONIC));
	CALL(futex, &words[1], FUTEX_WAKE, 9, NULL, NULL, 0);
	CALL(futex, &words[1], FUTEX_WAKE | PRIVATE, 9, NULL, NULL, 0);
	check_end("a waiter for its own", child);
}

int main(void)
{
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	waits_make();
	refusals();
	woken();
	return 0;
}
