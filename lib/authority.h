/* SPDX-License-Identifier: MIT */
/*
 * Changes of authority on behalf of others. Who carries out what a client asks for, and makes commit records by it, asks before: while the log can take nothing more (its memory is full, it has stopped, or its keeper does not answer) the answer
 * is no, and the client is to get an error at once instead of waiting with everybody else in the kernel for a place in the commit ring.
 *
 * Nobody asks before what recovery needs: a new instance of a service, its driver's claim of a device. For that there is what is left of the ring, and a reserve for init.
 */
#pragma once

#include "lib/call.h"

/* False too without an answer within 100 ms. True for a service that has no session with axiom: then it has no clients whose requests it could refuse. */
MUST_USE bool authority_may_change(void);
