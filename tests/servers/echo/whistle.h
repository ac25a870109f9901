/* SPDX-License-Identifier: MIT */
/*
 * How the host tells a client that goes on until enough has been done to it from outside: it ends the service `whistle`, an echo that has no other purpose, and the client sees that another instance answers. So how much is done does not
 * depend on how fast the host is.
 */
#pragma once

#include "lib/service.h"
#include "tests/servers/echo/echo.h"

/* How often it has blown. For ever 0 where there is no such service. */
static inline uint64_t whistle_blown(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	handle_t whistle = start_session("whistle");

	return whistle && service_call(whistle, ECHO_COUNT, 0, data) == OK ? data[1] : 0;
}
