/* SPDX-License-Identifier: MIT */
/* A client of platform that may not switch off: asks for what it is told to ask for (label and first word of the request), and answers with what it got. For tests/servers/platform-client. */
#include "lib/service.h"

int main(void)
{
	struct request request;
	enum error error = service_receive(&request);

	while (error == OK) {
		if (request.kind == MESSAGE_CALL) {
			request.status = service_call(start_session("platform"), request.label, request.words, request.data);
			request.words = 1;
		}
		error = service_reply_receive(&request);
	}
	return 1;
}
