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

/* Takes the sign of life out of a signal; false when nothing else is in it. */
static bool signal_is_mine(struct request *request)
{
	if (request->kind != MESSAGE_NOTIFICATION)
		return true;
	if (request->data[0] >> START_BIT_BEAT & 1)
		beat();
	request->data[0] &= ~(1ull << START_BIT_BEAT);
	return request->data[0] != 0;
}

static void request_take(struct request *request, const struct kernel_call *call)
{
	request->label = answer_label(call->word);
	request->badge = call->target;
	request->words = answer_words(call->word);
	request->caps = answer_caps(call->word);
	request->kind = answer_kind(call->word);
	request->status = OK;
	for (int i = 0; i < MESSAGE_REGISTER_WORDS; i++)
		request->data[i] = call->data[i];
	if (request->kind == MESSAGE_NOTIFICATION)
		request->badge = 0;
}

static void answer_put(struct kernel_call *call, const struct request *answer)
{
	call->word = call_word(CALL_REPLY, answer->words, answer->caps, answer->label) | (uint64_t)answer->status << CALL_STATUS_SHIFT;
	for (int i = 0; i < MESSAGE_REGISTER_WORDS; i++)
		call->data[i] = answer->data[i];
}

/* Answers the last caller when `answers` and it waits, then receives until there is something for the service itself. */
static enum error message_exchange(struct request *request, bool answers, bool bounded, uint64_t deadline)
{
	static handle_t endpoint;
	struct kernel_call call = {.word = 0};

	if (!endpoint) {
		endpoint = handle_of(GRANT_ENDPOINT);
		replies_open();
	}
	if (answers && caller_waits)
		answer_put(&call, request);
	do {
		enum error error;

		call.word |= CALL_RECEIVE | (bounded ? CALL_DEADLINE : 0);
		call.source = endpoint;
		call.reply = reply;
		call.deadline = deadline;
		error = kernel_call(&call);
		if (error == ERR_TIMEOUT)
			caller_waits = false;
		if (error != OK)
			return error;
		request_take(request, &call);
		caller_waits = request->kind == MESSAGE_CALL || request->kind == MESSAGE_FAULT || request->kind == MESSAGE_SYSCALL;
		call.word = 0;
	} while (!signal_is_mine(request));
	return OK;
}

enum error service_receive(struct request *request)
{
	return caller_waits ? ERR_BUSY : message_exchange(request, false, false, 0);
}

enum error service_receive_until(struct request *request, uint64_t deadline)
{
	return caller_waits ? ERR_BUSY : message_exchange(request, false, true, deadline);
}

enum error service_reply_receive(struct request *request)
{
	return message_exchange(request, true, false, 0);
}

enum error service_reply_receive_until(struct request *request, uint64_t deadline)
{
	return message_exchange(request, true, true, deadline);
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
	struct kernel_call call = {.reply = held};
	enum error error;

	answer_put(&call, answer);
	error = kernel_call(&call);
	if (error == OK)
		replies_free |= 1ull << (held - replies_first);
	return error;
}

enum error service_call(handle_t session, uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	enum error error = ERR_RESTARTED;

	for (int attempt = 0; attempt < SERVICE_REPEATS && (error == ERR_RESTARTED || error == ERR_CANCELLED); attempt++) {
		struct kernel_call call = {.word = call_word(CALL_SEND | CALL_CALL, words, 0, label), .target = session};

		for (int i = 0; i < MESSAGE_REGISTER_WORDS; i++)
			call.data[i] = data[i];
		error = kernel_call(&call);
		if (error == ERR_RESTARTED || error == ERR_CANCELLED)
			continue;
		for (int i = 0; i < MESSAGE_REGISTER_WORDS; i++)
			data[i] = call.data[i];
	}
	return error == ERR_CANCELLED ? ERR_RESTARTED : error;
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
