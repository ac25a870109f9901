/* SPDX-License-Identifier: MIT */
/*
 * The event loop of a service and its calls to others (lib/service.h).
 *
 * `reply` is the Reply object that the next receive arms. It holds the caller of the last request from the receive on until that is answered or held. A held caller's Reply is out of the pool until
 * service_answer gives it back.
 */
#include "lib/service.h"

#include "lib/thread.h"

#define REPLIES_MAX 64

static handle_t reply;          /* the one in use */
static uint64_t replies_free;   /* bit n: the Reply first + n holds nobody and is not in use */
static handle_t replies_first;
static bool caller_waits;       /* `reply` holds the caller of the last request */

/* Finds the Replies and takes one of them. */
static void replies_open(void)
{
	const struct start_grant *grant = start_next(GRANT_REPLY, NULL);

	if (!grant || grant->argument > REPLIES_MAX)
		return;
	replies_first = grant->slot;
	replies_free = grant->argument == REPLIES_MAX ? ~0ull : (1ull << grant->argument) - 1;
	replies_free &= replies_free - 1;
	reply = replies_first;
}

static struct start_beat *beat_page(void)
{
	const struct start_grant *grant = start_next(GRANT_BEAT, NULL);

	return grant ? (struct start_beat *)grant->address : NULL;
}

/* The answer to a question that was taken. */
static void beat(void)
{
	struct start_beat *page = beat_page();

	if (page)
		__atomic_store_n(&page->beats, page->beats + 1, __ATOMIC_RELEASE);
}

static handle_t handle_of(enum grant_kind kind)
{
	const struct start_grant *grant = start_next(kind, NULL);

	return grant ? grant->slot : 0;
}

uint64_t service_signal_take(uint64_t bits)
{
	if (bits >> START_BIT_BEAT & 1)
		beat();
	return bits & ~(1ull << START_BIT_BEAT);
}

/* Takes the sign of life out of a signal; false when nothing else is in it. */
static bool signal_is_mine(struct request *request)
{
	if (request->kind != MESSAGE_NOTIFICATION)
		return true;
	request->data[0] = service_signal_take(request->data[0]);
	return request->data[0] != 0;
}

/* Of a message that has been received into request->call. */
static void request_take(struct request *request)
{
	uint64_t word = request->call.word;

	request->label = answer_label(word);
	request->words = answer_words(word);
	request->caps = answer_caps(word);
	request->kind = answer_kind(word);
	request->status = OK;
	request->badge = request->kind == MESSAGE_NOTIFICATION ? 0 : request->target;
}

static uint64_t answer_word(const struct request *answer)
{
	return call_word(CALL_REPLY, answer->words, answer->caps, answer->label) | (uint64_t)answer->status << CALL_STATUS_SHIFT;
}

static handle_t endpoint_find(void)
{
	static handle_t endpoint;

	if (!endpoint) {
		endpoint = handle_of(GRANT_ENDPOINT);
		replies_open();
	}
	return endpoint;
}

/* Answers the last caller when `answers` and it waits, then receives until there is something for the service itself. `bounds` is CALL_DEADLINE, or 0 without a deadline. */
static enum error message_exchange(struct request *request, bool answers, uint64_t bounds, uint64_t deadline)
{
	struct kernel_call *call = &request->call;

	call->word = answers && caller_waits ? answer_word(request) : 0;
	do {
		enum error error;

		call->word |= CALL_RECEIVE | bounds;
		call->source = endpoint_find();
		call->reply = reply;
		call->deadline = deadline;
		error = kernel_call(call);
		if (error == ERR_TIMEOUT)
			caller_waits = false;
		if (error != OK) {
			request->label = request->words = 0;
			return error;
		}
		request_take(request);
		caller_waits = request->kind == MESSAGE_CALL || request->kind == MESSAGE_FAULT || request->kind == MESSAGE_SYSCALL;
		call->word = 0;
	} while (!signal_is_mine(request));
	return OK;
}

enum error service_receive(struct request *request)
{
	return caller_waits ? ERR_BUSY : message_exchange(request, false, 0, 0);
}

enum error service_receive_until(struct request *request, uint64_t deadline)
{
	return caller_waits ? ERR_BUSY : message_exchange(request, false, CALL_DEADLINE, deadline);
}

enum error service_reply_receive(struct request *request)
{
	return message_exchange(request, true, 0, 0);
}

enum error service_reply_receive_until(struct request *request, uint64_t deadline)
{
	return message_exchange(request, true, CALL_DEADLINE, deadline);
}

handle_t service_hold(void)
{
	handle_t held = reply;

	if (!caller_waits || !replies_free)
		return 0;
	reply = replies_first + (uint64_t)__builtin_ctzll(replies_free);
	replies_free &= replies_free - 1;
	caller_waits = false;
	return held;
}

enum error service_answer(handle_t held, const struct request *answer)
{
	struct kernel_call call = {.word = answer_word(answer), .reply = held};
	enum error error;

	service_data_copy(call.data, answer->data);
	error = kernel_call(&call);
	if (error == OK)
		replies_free |= 1ull << (held - replies_first);
	return error;
}

enum error service_call(handle_t session, uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	struct kernel_call answer;
	enum error error = service_exchange(session, label, words, data, &answer);

	if (error != ERR_RESTARTED)
		service_data_copy(data, answer.data);
	return error;
}

enum error service_call_until(handle_t session, uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS], uint64_t deadline)
{
	struct kernel_call call;
	enum error error;

	do {
		call = (struct kernel_call){.word = call_word(CALL_SEND | CALL_CALL | CALL_DEADLINE, words, 0, label), .target = session, .deadline = deadline};
		service_data_copy(call.data, data);
		error = kernel_call(&call);
	} while (error == ERR_RESTARTED || error == ERR_CANCELLED);
	if (error != ERR_TIMEOUT)
		service_data_copy(data, call.data);
	return error;
}

void service_signal(handle_t signal)
{
	uint64_t none[4] = {0};

	if (signal)
		(void)call_short(signal, call_word(CALL_SEND, 0, 0, 0), none); /* a peer that is gone needs no waking */
}

void service_alive(void)
{
	struct start_beat *page = beat_page();

	if (page)
		__atomic_store_n(&page->computing, page->computing + 1, __ATOMIC_RELEASE);
}
