/* SPDX-License-Identifier: MIT */
/* Calls every server that it has a session with, has the last of them fault and calls it again, and is signalled by it: the client of a system with as many services as there can be (tests/servers/many). Writes TAP. */
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/echo.h"

#define SECOND 1000000000ull

static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok many-%s %s\n", holds ? "" : "not ", id, sentence);
}

static bool is_echo(const struct start_grant *session)
{
	return session->name[0] == 'e' && session->name[1] >= '0' && session->name[1] <= '9';
}

static bool answers(const struct start_grant *session)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {41, 42};

	return service_call(session->slot, ECHO_WORDS, 8, data) == OK && data[0] == 42 && data[1] == 43;
}

/* A fault, and what the next instance says. */
static bool comes_back(const struct start_grant *session)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {ECHO_FAULT, 1};

	return service_call(session->slot, ECHO_ONCE, 3, data) == OK && data[0] == 1;
}

static bool signals(const struct start_grant *session, uint64_t badge)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	struct request request;

	return service_call(session->slot, ECHO_SIGNAL, 0, data) == OK && service_receive_until(&request, clock_now() + SECOND) == OK && request.kind == MESSAGE_NOTIFICATION &&
	       request.data[0] == service_bit(badge);
}

int main(void)
{
	const struct start_grant *session = NULL, *last = NULL;
	uint64_t words[MESSAGE_REGISTER_WORDS] = {0}, badge, count = 0, answered = 0;

	while ((session = start_next(GRANT_SESSION, session))) {
		if (!is_echo(session))
			continue;
		last = session;
		count++;
		answered += answers(session);
	}
	badge = last && start_buffer_of(last->name) ? start_buffer_of(last->name)->argument : 0;
	log_print("1..3\n# %u servers, the last has badge %u\n", count, badge);
	check(answered == count && count + 3 == START_BADGE_MAX && badge > START_BIT_PEERS, "answer", "every server of a system with as many services as there can be answers");
	check(last && comes_back(last) && answers(last), "fault", "the last of them faults, and its next instance answers");
	check(last && signals(last, badge), "signal", "it signals its client by a bit that it shares with another");
	words[0] = failed;
	(void)!service_call(start_session("console"), CONSOLE_END, 1, words);
	return 1;
}
