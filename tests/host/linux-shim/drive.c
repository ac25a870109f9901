/* SPDX-License-Identifier: MIT */
/* Steps (drive.h). Without choices left, what can happen happens in a fixed order, so that everything that can come to an end does. */
#include "drive.h"

#include "peers.h"

#define SCRIPT_STEPS_MOST 100000
#define DEADLINE_FAR (UINT64_MAX / 2) /* years */

struct model_thread *thread_ready(unsigned index)
{
	struct model_thread *thread = model_threads->next;

	while (thread && (!thread_can_run(thread) || index--))
		thread = thread->next;
	return thread;
}

static unsigned threads_ready(void)
{
	unsigned count = 0;

	for (const struct model_thread *thread = model_threads->next; thread; thread = thread->next)
		count += thread_can_run(thread);
	return count;
}

static bool signals_give(void)
{
	uint64_t bits = peer_signals();

	if (bits)
		service_signals(bits);
	return bits != 0;
}

/* Time passes up to what the service waits for. */
static bool time_pass(void)
{
	if (service_deadline() > DEADLINE_FAR)
		return false;
	service_timeout();
	return true;
}

/* A timer that is due again whenever it is looked at leaves every second step to all else. */
bool quiet_step(void)
{
	static bool timely;

	timely = !timely && service_deadline() <= model_time;
	if (timely)
		return time_pass();
	return signals_give() || (late_answer_give() && signals_give()) || time_pass();
}

/* The thread of the last step, as long as it can run, or another one: what one call gives is often what the next one takes. */
static void thread_step(unsigned ready)
{
	static struct model_thread *last;
	struct model_thread *thread = model_threads->next;

	while (thread && thread != last)
		thread = thread->next;
	if (!thread || !thread_can_run(thread) || choice_below(4) == 3)
		thread = thread_ready(choice_below(ready));
	last = thread;
	program_step(thread);
}

bool random_step(void)
{
	unsigned ready = threads_ready(), choice = choice_below(16);

	if (!ready || choice == 0)
		return quiet_step() || ready;
	if (choice == 1 && late_answer_give())
		return signals_give();
	if (choice == 2 && signals_give())
		return true;
	if (choice == 3)
		console_type((unsigned char)choice_below(128));
	if (choice == 4 && choice_below(16) == 1)
		filesystem_restart(choice_below(2));
	thread_step(ready);
	return true;
}

int64_t script_call(struct model_thread *thread, const struct grammar_call *call, const struct text texts[TEXTS])
{
	int64_t result = 0;
	bool answered;

	program_script(thread, call, texts);
	for (unsigned steps = 0; !(answered = program_has_answer(thread, &result)); steps++) {
		if (steps > SCRIPT_STEPS_MOST)
			complain("call %lu of a script does not come to an end", call->number);
		if (service_deadline() && thread_can_run(thread)) /* without a deadline of 0, with which it only looks before it goes on by itself */
			program_step(thread);
		else if (!quiet_step())
			break;
	}
	if (!answered && thread == model_threads)
		complain("call %lu of the first process waits for ever", call->number);
	return result;
}
