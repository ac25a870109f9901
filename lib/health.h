/* SPDX-License-Identifier: MIT */
/*
 * How a service tells that it goes on with less than it should: it is *degraded*, for a reason. The reason lies in its page of signs of life, where the supervisor reads and reports it (tools/kozo-ctl status). It holds until
 * the service says otherwise or a new instance begins.
 */
#pragma once

#include "abi/start.h"

/* Says, once, why this service is degraded from now on (lib/format.h); what does not fit is dropped. A later reason takes the place of the one before. */
void health_degraded(const char *format, ...);

/* It is whole again. */
void health_whole(void);

/* The supervisor's side: copies the reason to `reason`, with a NUL and with dots for what cannot be printed. False when the service is not degraded. The page is never trusted: its writer is the service. */
bool health_read(const struct start_beat *beat, char reason[START_REASON_BYTES + 1]);
