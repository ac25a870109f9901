/* SPDX-License-Identifier: MIT */
/*
 * The commit ring, as far as init has to do with it. With a log service in the plan the log control is lent to each of its instances and signals that; while none runs, it signals init,
 * which then moves records to the spill Region (abi/log.h), where the next instance finds them; when that is full, or there is none, whoever changes authority waits for it. Without a log
 * service nobody wants the records, and init frees the ring whenever it fills to where it asks to be read.
 */
#pragma once

#include "abi/plan.h"
#include "lib/call.h"

/* Maps the ring's header, makes init's Notification and binds the log control to it. */
MUST_USE enum error log_prepare(const struct plan *plan);

/* Before the log control is moved to an instance that signals `notification`: makes it signal that. */
MUST_USE enum error log_lend(handle_t notification);

/* After it has come back. */
MUST_USE enum error log_take_back(void);

/* Makes room if the ring has filled. Before each step that commits records, and whenever init is signalled. */
MUST_USE enum error log_drain(void);
