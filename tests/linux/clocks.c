/* SPDX-License-Identifier: MIT */
/* The state of the clock of the day: adjtimex, clock_adjtime. */
#include "check.h"

#include <sys/timex.h>

static void show(const char *what, const struct timex *state)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	SHOW(what, "modes %#x offset %ld freq %ld maxerror %s esterror %ld status %#x constant %ld precision %ld tolerance %ld tick %ld tai %d", state->modes, state->offset, state->freq, state->maxerror >= 16000000 ? "most" : "less",
	     state->esterror, (unsigned)state->status, state->constant, state->precision, state->tolerance, state->tick, state->tai);
	SHOW("time", "%s", now.tv_sec - state->time.tv_sec < 60 ? "now" : "another");
}

static void refused(void)
{
	struct timex state = {0};

	CALL(adjtimex, BAD_ADDRESS);
	CALL(clock_adjtime, CLOCK_REALTIME, BAD_ADDRESS);
	CALL(clock_adjtime, 99, BAD_ADDRESS);
	CALL(clock_adjtime, 99, &state);
	CALL(clock_adjtime, 10, &state);
	CALL(clock_adjtime, CLOCK_MONOTONIC, &state);
	CALL(clock_adjtime, CLOCK_BOOTTIME, &state);
	CALL(clock_adjtime, CLOCK_TAI, &state);
	CALL(clock_adjtime, -2, &state);
	state.modes = ADJ_TICK;
	state.tick = 1;
	CALL(adjtimex, &state);
	state.tick = 11001;
	CALL(clock_adjtime, CLOCK_REALTIME, &state);
	state.modes = ADJ_SETOFFSET;
	state.time.tv_usec = 1000000;
	CALL(adjtimex, &state);
	state.time.tv_usec = -1;
	CALL(adjtimex, &state);
	state.modes = ADJ_SETOFFSET | ADJ_NANO;
	state.time.tv_usec = 1000000000;
	CALL(adjtimex, &state);
	state.modes = 0x8000;
	CALL(adjtimex, &state);
}

/* What a user may not; root may it on Linux, and nobody here. */
static void of_user(void)
{
	static const unsigned modes[] = {ADJ_OFFSET, ADJ_FREQUENCY, ADJ_STATUS, ADJ_TICK, ADJ_NANO, ADJ_SETOFFSET, ADJ_OFFSET_SINGLESHOT};
	struct timex state = {0};

	check_become(1000);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		state.modes = modes[i];
		CALL(adjtimex, &state);
		CALL(clock_adjtime, CLOCK_REALTIME, &state);
	}
	state.modes = 0;
	CALL(adjtimex, &state);
}

int main(void)
{
	struct timex state = {0};

	CALL(adjtimex, &state);
	show("state", &state);
	state = (struct timex){0};
	CALL(clock_adjtime, CLOCK_REALTIME, &state);
	show("state", &state);
	state.modes = ADJ_OFFSET_SS_READ;
	CALL(adjtimex, &state);
	show("adjtime", &state);
	refused();
	CHILD("a user", of_user());
	return 0;
}
