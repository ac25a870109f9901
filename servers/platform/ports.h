/* SPDX-License-Identifier: MIT */
/* The ports that the manifest gives this service, whichever they are: each access goes to the grant that covers it. */
#pragma once

#include "servers/platform/calendar.h"
#include "servers/platform/power.h"

/* Port access for servers/platform/power.h, and the battery clock behind ports 0x70 and 0x71 for servers/platform/calendar.h. Waiting gives signs of life. */
extern const struct port_access own_ports;
extern const struct calendar_registers own_clock;

/* Whether there is a right to all bytes of a port. */
bool port_is_ours(uint16_t port, unsigned bytes);
