/* SPDX-License-Identifier: MIT */
/* What comes to a supervisor unasked: faults of services, and signals. */
#pragma once

#include "lib/service.h"

/* Carries out what is to be done about a message, and leaves its answer in it. False when it is a call: that is for who runs the event loop. */
bool message_take(struct request *request);
