/* SPDX-License-Identifier: MIT */
/* A client that asks a server once, which may take for ever because nobody runs there, and says what came back. What a killed instance of it has sent and nobody took must never arrive. */
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/echo/echo.h"

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	struct request request;

	if (service_call(start_session("once"), ECHO_COUNT, 0, data) != OK)
		return 1;
	log_print("once counts %u\n", data[0]);
	while (service_receive(&request) == OK)
		;
	return 1;
}
