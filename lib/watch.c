/* SPDX-License-Identifier: MIT */
/* The judgement of lib/watch.h: one look at a time, each compared with the one before. */
#include "lib/watch.h"

void watch_start(struct watch *watch, uint64_t limit)
{
	*watch = (struct watch){.limit = limit};
}

/* It has given a sign, or is looked at for the first time. */
static enum watch_verdict watch_ask(struct watch *watch, const struct watch_sight *sight, bool answered)
{
	watch->questions = answered ? 1 : watch->questions + 1;
	watch->asked = true;
	watch->beats = sight->beats;
	watch->computing = sight->computing;
	watch->cpu_time = sight->cpu_time;
	watch->used = 0;
	watch->looks = 0;
	return WATCH_ASK;
}

/* One answer more than there were questions can come from before: a watcher that was restarted does not know what the one before it had asked. */
static bool answers_are_false(const struct watch *watch, uint64_t beats)
{
	return beats - watch->beats > watch->questions + 1;
}

enum watch_verdict watch_look(struct watch *watch, const struct watch_sight *sight)
{
	uint64_t used = sight->cpu_time - watch->cpu_time, most = watch->limit / 2;

	if (!watch->limit)
		return WATCH_WAIT;
	if (!watch->asked)
		return watch_ask(watch, sight, true);
	if (sight->beats != watch->beats)
		return answers_are_false(watch, sight->beats) ? WATCH_HUNG : watch_ask(watch, sight, true);
	if (sight->computing != watch->computing)
		return watch_ask(watch, sight, false);
	watch->cpu_time = sight->cpu_time;
	watch->used += used < most ? used : most;
	if (watch->used >= watch->limit)
		return WATCH_HUNG;
	watch->looks = sight->state == THREAD_RECEIVING ? watch->looks + 1 : 0;
	return watch->looks > WATCH_LOOKS ? WATCH_HUNG : WATCH_WAIT;
}
