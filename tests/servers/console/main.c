/* SPDX-License-Identifier: MIT */
/*
 * The console of test systems: puts what services write to their text rings on the serial port, by asking the port, and ends the machine for its clients (console.h). A real system has drivers/serial.
 */
#include "console.h"
#include "lib/console.h"
#include "lib/service.h"

#define LINE_BYTES 200

/* Prints one line of a ring, or what there is of it, behind the name if there is one. Returns how many bytes that was. */
static uint64_t line_print(const char *name, const struct start_text *ring, uint64_t consumed, uint64_t produced)
{
	char line[LINE_BYTES + 1];
	uint64_t length = 0;

	while (length < LINE_BYTES && consumed + length != produced) {
		line[length] = ring->text[(consumed + length) % START_TEXT_BYTES];
		length++;
		if (line[length - 1] == '\n')
			break;
	}
	line[length] = 0;
	print("%s%s%s%s", name, *name ? ": " : "", line, line[length - 1] == '\n' ? "" : "\n");
	return length;
}

static void ring_print(const struct start_grant *grant)
{
	struct start_text *ring = (struct start_text *)grant->address;
	const char *name = start_argument(GRANT_CLIENT, grant->argument) ? "" : grant->name + sizeof("text:") - 1;
	uint64_t consumed = ring->consumed, produced = __atomic_load_n(&ring->produced, __ATOMIC_ACQUIRE);

	if (produced - consumed > START_TEXT_BYTES)
		return;
	while (consumed != produced)
		consumed += line_print(name, ring, consumed, produced);
	__atomic_store_n(&ring->consumed, consumed, __ATOMIC_RELEASE);
}

static void rings_print(void)
{
	const struct start_grant *grant = NULL;

	while ((grant = start_next(GRANT_TEXT, grant)))
		if (grant->argument)
			ring_print(grant);
}

int main(void)
{
	struct request request = {.kind = MESSAGE_NOTIFICATION};
	enum error error = OK;

	console_use(start_find("serial")->slot);
	debug_exit_use(start_find("exit")->slot);
	while (error == OK) {
		rings_print();
		if (request.kind == MESSAGE_CALL && request.label == CONSOLE_END)
			debug_exit(request.data[0] ? DEBUG_EXIT_FAILED : DEBUG_EXIT_PASSED);
		request.status = ERR_METHOD;
		request.words = 0;
		error = service_reply_receive(&request);
	}
	return 1;
}
