/* SPDX-License-Identifier: MIT */
/* lib/call.h for a service on the host: its kernel calls go to tests/host/harness/service_world.c, those that are instructions in the original as well. */
#pragma once

#define call_short call_short_by_instruction
#include_next "lib/call.h"
#undef call_short

uint64_t call_short(handle_t target, uint64_t word, uint64_t data[4]);
