/* SPDX-License-Identifier: MIT */
/* The ports of platform's machine: a battery clock, honest or not, and registers that keep what is written. */
#pragma once

#include "tests/host/harness/service_world.h"

/* Adds the grants of the ports that the system's manifest has. */
void ports_make(struct service_world *world);

/* The input says whether the clock tells the time, and which. */
void ports_begin(void);

/* A method of one of these capabilities; false when it is of another. */
bool ports_method(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS], enum error *error);

/* Whether the clock is right, and the true time in ns since 1970 at an instant of the service's clock. */
bool ports_clock_honest(void);
uint64_t ports_time(uint64_t now);
