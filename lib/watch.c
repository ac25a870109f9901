/* SPDX-License-Identifier: MIT */
/* The judgement of lib/watch.h: one look at a time, each compared with the moment of the open question. */
#include "lib/watch.h"

void watch_start(struct watch *watch, uint64_t limit)
{
	*watch = (struct watch){.limit = limit};
}

static enum watch_verdict watch_ask(struct watch *watch, uint64_t beats, uint64_t cpu_time)
{
	watch->asked = true;
	watch->beats = beats;
	watch->cpu_time = cpu_time;
	watch->looks = 0;
	return WATCH_ASK;
}

enum watch_verdict watch_look(struct watch *watch, uint64_t beats, uint64_t cpu_time, enum thread_state state)
{
	if (!watch->limit)
		return WATCH_WAIT;
	if (!watch->asked || beats != watch->beats)
		return watch_ask(watch, beats, cpu_time);
	if (cpu_time - watch->cpu_time > watch->limit)
		return WATCH_HUNG;
	watch->looks = state == THREAD_RECEIVING ? watch->looks + 1 : 0;
	return watch->looks > WATCH_LOOKS ? WATCH_HUNG : WATCH_WAIT;
}
