/* SPDX-License-Identifier: MIT */
/*
 * shutdown: ends the system in order. It asks every filesystem that has a medium to FINISH, then axiom to close the log, then platform to switch off. Which these are says its manifest: axiom and platform by name, filesystems are
 * the others with which it has a session and may do more than call.
 *
 * Each step can be repeated, so an instance that dies on the way costs only a further request. A filesystem that cannot be put away within PATIENCE keeps the machine on: its data is still in memory, and whoever asked is
 * told. One whose disk has failed for good does not: staying on would save nothing. The log is closed last, because everything before may change authority.
 */
#include "abi/errno.h"
#include "abi/protocols/log.h"
#include "abi/protocols/medium.h"
#include "abi/protocols/platform.h"
#include "abi/protocols/shutdown.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define LOG_KEEPER "axiom"
#define MACHINE "platform"
#define SUPERVISOR "supervisor"
#define PATIENCE 30000000000ull /* ns, of each step */
#define PAUSE 2000000ull        /* ns, between two questions */
#define PRINT_PAUSE 50000000ull /* ns, for the last lines to be printed */

/* Lets `ns` pass without being taken for dead: signs of life are asked for by the Notification, so it is what is waited for. */
static void pause_for(uint64_t ns)
{
	const struct start_grant *notification = start_find("notification");
	uint64_t end = clock_now() + ns;

	while (clock_now() < end) {
		struct kernel_call call = {.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0), .source = notification->slot, .deadline = end};

		if (kernel_call(&call) == OK && call.data[0] >> START_BIT_BEAT & 1)
			service_alive();
	}
}

/* One question; the answer's first word, or -EIO. */
static int64_t ask(const char *server, uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	enum error error = service_call(start_session(server), label, words, data);

	return error == OK ? (int64_t)data[0] : -EIO;
}

/* Asks again while the answer is -EAGAIN. */
static int64_t ask_until_done(const char *server, uint64_t label, uint64_t words)
{
	uint64_t end = clock_now() + PATIENCE;
	int64_t result;

	do {
		uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

		result = ask(server, label, words, data);
		if (result == -EAGAIN)
			pause_for(PAUSE);
	} while (result == -EAGAIN && clock_now() < end);
	return result;
}

static bool is_filesystem(const struct start_grant *session)
{
	return strcmp(session->name, LOG_KEEPER) != 0 && strcmp(session->name, MACHINE) != 0 && strcmp(session->name, SUPERVISOR) != 0;
}

static bool filesystems_finish(void)
{
	const struct start_grant *session = NULL;

	while ((session = start_next(GRANT_SESSION, session)) != NULL) {
		int64_t result = is_filesystem(session) ? ask_until_done(session->name, MEDIUM_FINISH, 1) : 0;

		if (result == -ENODEV) {
			log_print("%s cannot be put away, its disk has failed: what was not synchronised is lost\n", session->name);
		} else if (result != 0) {
			log_print("%s cannot be put away: error %d; the machine stays on\n", session->name, result);
			return false;
		}
	}
	return true;
}

/* Has the log flushed all that it has taken? One that is in memory alone never is, and one that has stopped will not be. */
static bool log_is_settled(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	return ask(LOG_KEEPER, LOG_STATUS, 0, data) != 0 || data[3] != LOG_ON_MEDIUM || data[2] >= data[1];
}

static void log_close(void)
{
	uint64_t end = clock_now() + PATIENCE;
	int64_t result = ask_until_done(LOG_KEEPER, LOG_CLOSE, 0);

	if (result != 0)
		log_print("the log gets no end mark: error %d\n", result);
	while (!log_is_settled() && clock_now() < end)
		pause_for(PAUSE);
}

/* Comes back only when the machine is still on: with the error. */
static int64_t end_in_order(uint64_t label)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	int64_t result;

	if (!filesystems_finish())
		return -EIO;
	if (start_session(LOG_KEEPER))
		log_close();
	log_print("everything is put away\n");
	pause_for(PRINT_PAUSE);
	result = ask(MACHINE, label == SHUTDOWN_REBOOT ? PLATFORM_REBOOT : PLATFORM_POWER_OFF, 0, data);
	log_print("the machine does not end: error %d; the log is closed\n", result);
	return result;
}

static void request_serve(struct request *request)
{
	request->caps = 0;
	request->status = OK;
	if ((request->label != SHUTDOWN_OFF && request->label != SHUTDOWN_REBOOT) || request->words != 0) {
		request->status = ERR_METHOD;
		request->words = 0;
		return;
	}
	request->words = 1;
	request->data[0] = (uint64_t)(start_may(request->badge, SHUTDOWN_RIGHT_END) ? end_in_order(request->label) : -EPERM);
}

int main(void)
{
	struct request request;
	enum error error = service_receive(&request);

	while (error == OK) {
		if (request.kind == MESSAGE_CALL)
			request_serve(&request);
		else if (request.kind == MESSAGE_NOTIFICATION) /* the manifest lets the supervisor alone signal */
			(void)end_in_order(SHUTDOWN_OFF);
		error = service_reply_receive(&request);
	}
	return 1;
}
