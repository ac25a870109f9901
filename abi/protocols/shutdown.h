/* SPDX-License-Identifier: MIT */
/* The orderly end of the system. Requests are for clients of whom the manifest says `may end`; a signal of the supervisor (`kozo-ctl off`) is an OFF. */
#pragma once

enum shutdown_request {
#define REQUEST(name, number, in, out, sentence) SHUTDOWN_##name = (number),
#include "abi/protocols/shutdown.def"
#undef REQUEST
};

#define SHUTDOWN_RIGHT_END "end"
