/* SPDX-License-Identifier: MIT */
/* lib/call.h for a program that runs on the host: a kernel call is a function of the model (kernel.h), not an instruction. */
#pragma once

#define call_short call_short_of_processor
#define reply_receive reply_receive_of_processor
#define reply_receive_short reply_receive_short_of_processor
#include "../../../../../lib/call.h"
#undef call_short
#undef reply_receive
#undef reply_receive_short

/* As those of lib/call.h. */
uint64_t call_short(handle_t target, uint64_t word, uint64_t data[4]);
struct received reply_receive(handle_t reply, handle_t source, uint64_t word, uint64_t answer, uint64_t deadline);
