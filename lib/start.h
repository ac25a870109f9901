/* SPDX-License-Identifier: MIT */
/* The start of a service: what is set up before main runs. Programs that boot as init start by lib/runtime.h instead. */
#pragma once

#include "abi/start.h"

/* Called by start.asm on the service's stack: thread block, clock, its own space and slots, then main; a return from main is the fault START_EXIT_VECTOR. */
_Noreturn void service_start(const struct start_page *page);

/* The vector of the fault that says that main has returned: the breakpoint. */
#define START_EXIT_VECTOR 3
