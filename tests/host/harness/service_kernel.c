/* SPDX-License-Identifier: MIT */
/*
 * The kernel of a service's world (service_world.h): what is received is drawn from the input, what is answered is judged, other calls go to the target program.
 */
#include "tests/host/harness/service_kernel.h"

#include <inttypes.h>
#include <string.h>

#include "abi/errno.h"
#include "tests/host/double-fetch/hostile.h"

#define ACCESSES_MOST 64  /* after which of its looks at a buffer something is stored there */
#define ERRNO_MOST 4095
#define BEHIND_MESSAGE 0x6b6b6b6b6b6b6b6b /* what lies in words that a message does not have */
#define CLOCK_STEP 500    /* ns */

static struct service_world *world;

void world_kernel_use(struct service_world *used)
{
	world = used;
}

static void watch_end(void)
{
	if (world->watched)
		(void)hostile_end();
	world->watched = false;
}

static _Noreturn void leave(bool ended)
{
	watch_end();
	world_leave(ended);
}

/* What each call begins with. The instance dies at one that the input has chosen. */
static void call_begin(void)
{
	world->step = CLOCK_STEP;
	if (world->calls_left && --world->calls_left == 0)
		leave(false);
}

/* Answers. */

bool world_may(const struct service_world *of, uint64_t badge, const char *word)
{
	for (uint32_t i = 0; i < of->page->grant_count; i++) {
		const struct start_grant *grant = &of->page->grant[i];

		if (grant->kind == GRANT_RIGHT && grant->argument == badge && strcmp(grant->name, word) == 0)
			return true;
	}
	return false;
}

static bool is_forbidden(const struct file_exchange *sent)
{
	for (const struct request_right *right = world->rights; right && right->word; right++)
		if (right->label == sent->label && !world_may(world, sent->badge, right->word))
			return true;
	return false;
}

/* Refused by the status byte: there is no such request, or it has not the words that it must have, or the target knows why. */
static void refusal_judge(const struct file_exchange *sent, const struct request_shape *shape, const struct file_exchange *answer, enum error status)
{
	if (answer->words != 0)
		answer_wrong(sent, shape, answer, "is refused, with words");
	if (world->refuses && world->refuses(sent, status))
		return;
	if (status != (shape ? ERR_ARGUMENT : ERR_METHOD))
		answer_wrong(sent, shape, answer, "is refused for another reason than what it is");
	if (shape && sent->words == shape->in)
		answer_wrong(sent, shape, answer, "is refused with the right number of words");
}

static void result_judge(const struct file_exchange *sent, const struct request_shape *shape, const struct file_exchange *answer)
{
	int64_t result = (int64_t)answer->data[0];

	if (answer->words == 0 || answer->words > MESSAGE_REGISTER_WORDS || result < -ERRNO_MOST)
		answer_wrong(sent, shape, answer, "is answered with what no answer can be");
	if (is_forbidden(sent) && result != -EPERM)
		answer_wrong(sent, shape, answer, "is not refused to who may not ask for it");
	if (result < 0 && answer->words > (shape ? shape->out : 1))
		answer_wrong(sent, shape, answer, "fails with more words than the protocol says");
	if (result < 0)
		return;
	if (!shape)
		answer_wrong(sent, shape, answer, "succeeds");
	if (answer->words != shape->out)
		answer_wrong(sent, shape, answer, "succeeds with another number of words than the protocol says");
	if (sent->words < shape->in)
		answer_wrong(sent, shape, answer, "succeeds with fewer words than the protocol wants");
}

static void answer_take(const struct kernel_call *call)
{
	uint64_t which = call->reply - WORLD_REPLY, words = answer_words(call->word);
	enum error status = (enum error)(call->word >> CALL_STATUS_SHIFT & 0xff);
	struct file_exchange answer = {.label = answer_label(call->word), .words = words};
	struct world_reply *reply = &world->reply[which];
	const struct request_shape *shape;

	if (which >= WORLD_REPLIES_MAX || !reply->holds)
		complain("an answer to nobody: Reply %" PRIu64 " holds no caller", call->reply);
	world->was_watched = world->watched;
	watch_end();
	reply->holds = false;
	answer.badge = reply->sent.badge;
	memcpy(answer.data, call->data, sizeof(answer.data));
	shape = shape_find(&world->requester, reply->sent.label);
	if (status != OK) {
		refusal_judge(&reply->sent, shape, &answer, status);
		return;
	}
	result_judge(&reply->sent, shape, &answer);
	if (world->judge)
		world->judge(&reply->sent, &answer);
	answer_remember(&world->requester, &answer);
}

/* What is received. */

static const struct start_grant *buffer_of(uint64_t badge)
{
	for (uint32_t i = 0; i < world->page->grant_count; i++)
		if (world->page->grant[i].kind == GRANT_BUFFER && world->page->grant[i].argument == badge)
			return &world->page->grant[i];
	return NULL;
}

static void scribble(void)
{
	struct input *input = &world->requester.input;
	uint64_t badge = input_take(input, 1) % REQUEST_BADGES, at = input_take(input, 2), value = word_draw(&world->requester, badge);
	const struct start_grant *buffer = buffer_of(badge);

	if (!buffer)
		return;
	world->stores++;
	memcpy((unsigned char *)buffer->address + at % (buffer->bytes - sizeof(value)), &value, sizeof(value));
}

/* From now on a word is stored after one of the service's looks at that client's buffer. */
static void watch_begin(uint64_t badge)
{
	struct input *input = &world->requester.input;
	const struct start_grant *buffer = buffer_of(badge);
	struct hostile hostile = {.access = 1 + (unsigned)input_take(input, 1) % ACCESSES_MOST, .value = word_draw(&world->requester, badge)};

	if (!buffer)
		return;
	hostile.memory = (uint64_t *)buffer->address;
	hostile.bytes = buffer->bytes;
	hostile.word = input_take(input, 2) % (buffer->bytes / sizeof(uint64_t));
	world->watched = true;
	world->stores++;
	hostile_begin(&hostile);
}

static enum error message_deliver(struct kernel_call *call, const struct file_exchange *message, enum message_kind kind, bool watched)
{
	world->text->consumed = world->text->produced;
	call->word = message->words << CALL_WORDS_SHIFT | (uint64_t)kind << ANSWER_KIND_SHIFT | message->label << CALL_LABEL_SHIFT;
	call->target = message->badge;
	memcpy(call->data, message->data, sizeof(call->data));
	for (uint64_t i = message->words; i < MESSAGE_REGISTER_WORDS; i++)
		call->data[i] = BEHIND_MESSAGE;
	if (watched)
		watch_begin(message->badge);
	return OK;
}

static enum error request_deliver(struct kernel_call *call, bool calls, bool watched)
{
	struct file_exchange request = request_draw(&world->requester);
	uint64_t which = call->reply - WORLD_REPLY;

	if (which >= WORLD_REPLIES_MAX || world->reply[which].holds)
		complain("a receive with a Reply that is not free: %" PRIu64, call->reply);
	if (request.words == MESSAGE_REGISTER_WORDS) /* no protocol of services has so many: the longest message stands for all that are too long */
		request.words = MESSAGE_WORDS_MAX;
	world->reply[which] = (struct world_reply){calls, request};
	return message_deliver(call, &request, calls ? MESSAGE_CALL : MESSAGE_SEND, watched);
}

static enum error signal_deliver(struct kernel_call *call)
{
	uint64_t kind = input_take(&world->requester.input, 1);
	struct file_exchange signal = {.words = 1, .data = {kind < 192 ? 1ull << kind % 64 : word_draw(&world->requester, 0)}};

	return message_deliver(call, &signal, MESSAGE_NOTIFICATION, false);
}

static enum error time_pass(const struct kernel_call *call)
{
	if (call->deadline > world->now)
		world->now = call->deadline;
	return ERR_TIMEOUT;
}

/* What the input says that happens before the service receives something. */
static enum error receive(struct kernel_call *call)
{
	struct input *input = &world->requester.input;

	for (;;) {
		uint64_t what = input_take(input, 1);

		if (!input->left)
			leave(true);
		if (what < 4)
			leave(false);
		if (what < 8)
			world->calls_left = 1 + input_take(input, 1);
		else if (what < 32)
			scribble();
		else if (what < 64 && world->event)
			world->event();
		else if (what < 80 && call->word & CALL_DEADLINE)
			return time_pass(call);
		else if (what < 96)
			return signal_deliver(call);
		else
			return request_deliver(call, what >= 104, what >= 232);
	}
}

/* Calls. */

static enum error capability_ask(handle_t target, uint64_t word, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	if (!world->capability)
		return ERR_CANCELLED;
	return world->capability(target, word & CALL_CALL ? answer_label(word) : 0, data);
}

void service_world_stray(handle_t target, uint64_t label)
{
	complain("a call of what was never granted: handle %" PRIu64 ", label %" PRIu64, target, label);
}

uint64_t call_short(handle_t target, uint64_t word, uint64_t data[4])
{
	uint64_t all[MESSAGE_REGISTER_WORDS] = {data[0], data[1], data[2], data[3]};
	enum error error;

	call_begin();
	error = capability_ask(target, word, all);
	memcpy(data, all, 4 * sizeof(*data));
	return call_word(0, 4, 0, 0) | (uint64_t)error;
}

static enum error receive_at(struct kernel_call *call)
{
	if (call->source == WORLD_ENDPOINT) {
		watch_end();
		return receive(call);
	}
	if (!(call->word & CALL_DEADLINE))
		complain("a receive that nothing ends");
	return time_pass(call);
}

enum error kernel_call(struct kernel_call *call)
{
	uint64_t word = call->word;
	enum error error = OK;

	call_begin();
	if (word & CALL_REPLY)
		answer_take(call);
	if (word & CALL_RECEIVE)
		return receive_at(call);
	if (word & CALL_SEND) {
		error = capability_ask(call->target, word, call->data);
		call->word = call_word(0, MESSAGE_REGISTER_WORDS, 0, 0) | (uint64_t)error;
	}
	return error;
}
