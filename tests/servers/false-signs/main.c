/* SPDX-License-Identifier: MIT */
/* Gives signs of life that nobody has asked for, and never looks at its messages. */
#include "lib/clock.h"
#include "lib/service.h"

#define PAUSE 5000000 /* ns */

int main(void)
{
	struct start_beat *page = (struct start_beat *)start_next(GRANT_BEAT, NULL)->address;

	for (;;) {
		struct kernel_call call = {.word = CALL_RECEIVE | CALL_DEADLINE, .source = start_find("notification")->slot, .deadline = clock_now() + PAUSE};

		(void)!kernel_call(&call);
		__atomic_store_n(&page->beats, page->beats + 1, __ATOMIC_RELEASE);
	}
}
