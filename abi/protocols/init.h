/* SPDX-License-Identifier: MIT */
/* The protocol of the supervisor, and of the manager of devices, with init. init answers at once and calls nobody. */
#pragma once

#include "abi/types.h"

enum init_request {
#define REQUEST(name, number, in, out, sentence) INIT_##name = (number),
#include "abi/protocols/init.def"
#undef REQUEST
};

enum service_state {
	SERVICE_NEW = 0,     /* never started */
	SERVICE_RUNNING = 1, /* has an instance */
	SERVICE_STOPPED = 2, /* has none any more */
};

#define INIT_NOTE_WORDS 2
#define INIT_PEEK_WORDS 64
