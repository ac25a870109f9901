/* SPDX-License-Identifier: MIT */
/*
 * The runtime of a service: what it was given, its event loop, and calls to other services that survive their restarts.
 *
 * A service has one thread. It receives at its own Endpoint; signals of its Notification end such a receive too. Signs of life that the supervisor asks for are given inside of service_receive and its
 * relatives, so a service that returns to its loop in time is alive, and one that computes for longer than its heartbeat is restarted. Whoever computes for long calls service_alive() on the way.
 *
 * Requests are answered one after the other. One whose answer must wait is held (service_hold) and answered later; the manifest's `replies` says how many can be held.
 */
#pragma once

#include "abi/start.h"
#include "lib/call.h"

/* Valid from before main. */
extern const struct start_page *start_page;

/* The first grant of that name; a null pointer when there is none. */
const struct start_grant *start_find(const char *name);

/* The grant that is a service's by its name, NAME.use: a Region, by custom. A null pointer when there is none. */
const struct start_grant *start_find_of(const char *name, const char *use);

/* The same for this service itself. */
const struct start_grant *start_own(const char *use);

/* The next grant of a kind after `after` (a null pointer: the first); a null pointer when there is none. */
const struct start_grant *start_next(enum grant_kind kind, const struct start_grant *after);

/* The grant of a kind whose argument is `argument`, for example of the IRQ with a bit; a null pointer when there is none. */
const struct start_grant *start_argument(enum grant_kind kind, uint64_t argument);

/* The buffer shared with the peer of that badge, whichever of the two is the client; a null pointer when there is none. */
const struct start_grant *start_buffer(uint64_t badge);

/* The same by the peer's name. */
const struct start_grant *start_buffer_of(const char *peer);

/* Whether the manifest says `may WORD` of the client with that badge. */
bool start_may(uint64_t badge, const char *word);

/* Handle of the session with a server; 0 when there is none. */
handle_t start_session(const char *name);

/* The server's badge-independent handle to wake a peer: the SIGNAL capability for the peer of that name; 0 when there is none. */
handle_t start_signal(const char *peer);

/*
 * One message. Received: everything but `status` is filled in; words from 8 on lie in the message page. Before an answer: `status`, `label`, `words` and `data` are what is sent, words from 8 on from
 * the message page. Of a signal, data[0] has the bits, without START_BIT_BEAT.
 */
struct request {
	union {
		struct kernel_call call; /* this runtime's own. The message lies in it, so that it is copied nowhere: its head where the call has what it only takes */
		struct {
			uint64_t word, target;
			uint64_t label;
			uint64_t badge; /* of the sender, trustworthy; 0 for signals */
			uint64_t words; /* 0..128 */
			uint64_t data[MESSAGE_REGISTER_WORDS];
		};
	};
	enum message_kind kind;
	enum error status; /* of the answer */
	uint64_t caps;     /* received: how many capabilities arrived (message page, `receive`); answer: how many go along (`caps`) */
};
_Static_assert(offsetof(struct request, data) == offsetof(struct kernel_call, data), "the kernel writes the data where it is read");

/* Waits for the next message or signal. Fails only when the service has no Endpoint or the previous caller was neither answered nor held. */
MUST_USE enum error service_receive(struct request *request);

/* The same, but not beyond an absolute time (lib/clock.h): ERR_TIMEOUT then. */
MUST_USE enum error service_receive_until(struct request *request, uint64_t deadline);

/* For who receives by other means: gives the sign of life if these bits of a signal ask for it, and returns the others. */
uint64_t service_signal_take(uint64_t bits);

/* Answers the request with what is in it now, if it was a call, and waits for the next one. */
MUST_USE enum error service_reply_receive(struct request *request);
MUST_USE enum error service_reply_receive_until(struct request *request, uint64_t deadline);

/* Keeps the caller of the request just received waiting. Returns the Reply that holds it, 0 when no other Reply is free: then it must be answered now. */
handle_t service_hold(void);

/* Answers a held caller. A caller that has gone meanwhile is no error. */
MUST_USE enum error service_answer(handle_t held, const struct request *answer);

/*
 * Calls a server: `words` words of `data` (at most 8), the answer's come back in `data`. When the server is restarted meanwhile, the same message is sent again: it must be one that can be repeated (reading, or
 * with a sequence number). What the answer's status byte says is returned; ERR_RESTARTED only when the server died SERVICE_REPEATS times over this very call.
 */
MUST_USE enum error service_call(handle_t session, uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS]);
#define SERVICE_REPEATS 16

/*
 * The same, but not beyond an absolute time (lib/clock.h): ERR_TIMEOUT then, and nobody knows whether it has been carried out. However often the server dies meanwhile, it is asked again. For who must not wait for a server that is not started again at once.
 */
MUST_USE enum error service_call_until(handle_t session, uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS], uint64_t deadline);

/* As assignments, which cost less than a call of memcpy(). */
static inline void service_data_copy(uint64_t to[MESSAGE_REGISTER_WORDS], const uint64_t from[MESSAGE_REGISTER_WORDS])
{
	struct data {
		uint64_t word[MESSAGE_REGISTER_WORDS];
	};

	*(struct data *)to = *(const struct data *)from;
}

/* The same for who calls often: the answer's words come in `answer->data`, and `data` stays as it is. */
MUST_USE static inline enum error service_exchange(handle_t session, uint64_t label, uint64_t words, const uint64_t data[MESSAGE_REGISTER_WORDS], struct kernel_call *answer)
{
	for (int attempt = 0; attempt < SERVICE_REPEATS; attempt++) {
		enum error error;

		answer->word = call_word(CALL_SEND | CALL_CALL, words, 0, label);
		answer->target = session;
		service_data_copy(answer->data, data);
		error = kernel_call(answer);
		if (error != ERR_RESTARTED && error != ERR_CANCELLED)
			return error;
	}
	return ERR_RESTARTED;
}

/* Signals a peer: sets the caller's bit in its Notification. */
void service_signal(handle_t signal);

/* Tells the supervisor that this service computes, and has not forgotten its event loop. For long computations. */
void service_alive(void);

/* The bit of `data[0]` of a signal that the service with that badge sets. */
static inline uint64_t service_bit(uint64_t badge)
{
	return 1ull << start_bit(badge);
}

/* The program. A service that returns has ended: its supervisor is told so, and restarts it as the manifest says. */
int main(void);
