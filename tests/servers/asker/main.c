/* SPDX-License-Identifier: MIT */
/* A client that never stops asking its server (tests/servers/echo), says which instance answers whenever that changes, and dies if a call fails or the server's state goes back. */
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/echo/echo.h"

#define PAUSE 1000000ull /* ns between two questions */

int main(void)
{
	uint64_t count = 0, instance = ~0ull;

	for (;;) {
		uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
		enum error error = service_call(start_session("echo"), ECHO_COUNT, 0, data);
		struct request request;

		if (error != OK || data[0] <= count) {
			log_print("error %u, count %u after %u\n", (uint64_t)error, data[0], count);
			return 1;
		}
		count = data[0];
		if (data[1] != instance)
			log_print("instance %u answers\n", data[1]);
		instance = data[1];
		(void)!service_receive_until(&request, clock_now() + PAUSE); /* a pause; signals are no news here */
	}
}
