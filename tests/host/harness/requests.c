/* SPDX-License-Identifier: MIT */
/* Requests that a fuzzer's input makes up (requests.h). */
#include "requests.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define WORDS_MAX 8
#define ERRNO_MAX 4095
#define OWN_WORDS 160 /* kinds of words from here on are the target's own, if it has some */

const struct request_shape file_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(FILE, name, in, out)
#include "abi/protocols/file.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

const struct request_shape tree_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(TREE, name, in, out)
#include "abi/protocols/tree.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

const struct request_shape vfs_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(VFS, name, in, out)
#include "abi/protocols/vfs.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

unsigned char *guarded_pages(size_t bytes)
{
	unsigned char *pages = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + PAGE, bytes, PROT_READ | PROT_WRITE) != 0)
		abort();
	return pages + PAGE;
}

/* Drawing. */

const struct request_shape *shape_find(const struct requester *requester, uint64_t label)
{
	for (unsigned i = 0; i < sizeof(requester->protocols) / sizeof(requester->protocols[0]); i++)
		for (const struct request_shape *shape = requester->protocols[i]; shape && shape->name; shape++)
			if (shape->label == label)
				return shape;
	return NULL;
}

/* The n-th line of all protocols, round and round. */
static const struct request_shape *shape_draw(const struct requester *requester, uint64_t n)
{
	const struct request_shape *all[128];
	unsigned count = 0;

	for (unsigned i = 0; i < sizeof(requester->protocols) / sizeof(requester->protocols[0]); i++)
		for (const struct request_shape *shape = requester->protocols[i]; shape && shape->name; shape++)
			all[count++] = shape;
	return all[n % count];
}

static uint64_t sequence_draw(struct requester *requester, uint64_t badge)
{
	uint64_t lane = input_take(&requester->input, 1) % (SEQUENCE_LANES + 1); /* one of them does not exist */

	return lane << SEQUENCE_LANE_SHIFT | (lane < SEQUENCE_LANES ? requester->lane[badge][lane].taken + 1 : 1);
}

uint64_t word_draw(struct requester *requester, uint64_t badge)
{
	static const uint64_t harmful[] = {UINT64_MAX, UINT64_MAX - 1, INT64_MAX, 1ull << 63, UINT32_MAX, 1ull << 32, SESSION_DATA - 1, 0xffffffff00000000, FILE_IDS, FILE_IDS - 1, PAGE, 0x7fffffff};
	struct input *input = &requester->input;
	uint64_t kind = input_take(input, 1);

	if (requester->word_count && kind >= OWN_WORDS)
		return requester->words[input_take(input, 1) % requester->word_count];
	switch (kind % 14) {
	case 0:
		return input_take(input, 1) % 4;
	case 1:
		return span_make(SESSION_DATA + 64 * input_take(input, 1), input_take(input, 2));
	case 2:
		return span_make(SESSION_DATA + 16 * input_take(input, 1) % 256, 1 + input_take(input, 1) % 12);
	case 3:
		return harmful[input_take(input, 1) % (sizeof(harmful) / sizeof(harmful[0]))];
	case 4:
		return input_take(input, 8);
	case 5:
		return input_take(input, 2) | input_take(input, 2) << 32;
	case 6:
		return SESSION_DATA + 8 * input_take(input, 1);
	case 7:
		return sequence_draw(requester, badge);
	case 8:
		return requester->told[input_take(input, 1) % 8];
	case 9:
		return 1ull << input_take(input, 1) % 64;
	case 10:
		return input_take(input, 1) << 12;
	case 11:
		return requester->buffer_bytes - 8 * input_take(input, 1);
	case 12:
		return span_make(requester->buffer_bytes - 8 * input_take(input, 1), 8 * input_take(input, 1));
	default:
		return input_take(input, 1);
	}
}

static void words_draw(struct requester *requester, struct file_exchange *request)
{
	uint64_t kind = input_take(&requester->input, 1);

	request->data[0] = kind % 3 == 0 ? 0 : kind % 3 == 1 ? requester->lane[request->badge][0].taken + 1 : word_draw(requester, request->badge);
	if (kind >= 240) /* not the number that the protocol wants */
		request->words = kind % 9;
	for (uint64_t i = 1; i < request->words; i++)
		request->data[i] = word_draw(requester, request->badge);
}

struct file_exchange request_draw(struct requester *requester)
{
	uint64_t which = input_take(&requester->input, 1);
	struct file_exchange *sent = &requester->sent;

	requester->again = which >= 240 && sent->label;
	if (!requester->again) {
		const struct request_shape *shape = shape_draw(requester, which);

		*sent = (struct file_exchange){.label = which == 239 ? input_take(&requester->input, 2) : shape->label, .badge = input_take(&requester->input, 1) % REQUEST_BADGES, .words = shape->in};
		words_draw(requester, sent);
	}
	return *sent;
}

/* Judging. */

static bool fills_a_span(uint64_t label, uint64_t *word)
{
	*word = label == TREE_READLINK ? 2 : label == VFS_READLINK ? 6 : 3;
	return label == FILE_READ || label == FILE_READDIR || label == FILE_WRITE || label == TREE_READLINK || label == VFS_READLINK;
}

static void exchange_print(const char *what, const struct file_exchange *exchange)
{
	fprintf(stderr, "%s %" PRIx64 ", badge %" PRIu64 ":", what, exchange->label, exchange->badge);
	for (uint64_t i = 0; i < exchange->words && i < WORDS_MAX; i++)
		fprintf(stderr, " %" PRIx64, exchange->data[i]);
	fputc('\n', stderr);
}

void answer_wrong(const struct file_exchange *sent, const struct request_shape *shape, const struct file_exchange *answer, const char *sentence)
{
	exchange_print("request", sent);
	exchange_print("answer", answer);
	complain("%s: %s", shape ? shape->name : "an unknown label", sentence);
}

static void form_judge(const struct requester *requester, const struct request_shape *shape, const struct file_exchange *answer)
{
	const struct file_exchange *sent = &requester->sent;
	int64_t result = (int64_t)answer->data[0];
	uint64_t span;

	if (answer->words == 0 || answer->words > WORDS_MAX || result < -ERRNO_MAX)
		answer_wrong(sent, shape, answer, "is answered with what no answer can be");
	if (!shape && (result != -ENOSYS || answer->words != 1))
		answer_wrong(sent, shape, answer, "is not answered with ENOSYS");
	if (result < 0 && shape && answer->words > shape->out)
		answer_wrong(sent, shape, answer, "fails with more words than the protocol says");
	if (!shape || result < 0)
		return;
	if (result == ANSWER_PENDING)
		answer_wrong(sent, shape, answer, "is under way, but nobody works on it");
	if (result != ANSWER_REFERRAL && answer->words != shape->out)
		answer_wrong(sent, shape, answer, "succeeds with another number of words than the protocol says");
	if (sent->words < shape->in)
		answer_wrong(sent, shape, answer, "succeeds with fewer words than the protocol wants");
	if (fills_a_span(shape->label, &span) && (uint64_t)result > span_bytes(sent->data[span]))
		answer_wrong(sent, shape, answer, "tells more bytes than its span has");
}

static bool answers_are_equal(const struct file_exchange *first, const struct file_exchange *second)
{
	return first->words == second->words && memcmp(first->data, second->data, first->words * sizeof(first->data[0])) == 0;
}

static uint64_t number_of(const struct file_exchange *sent)
{
	return sent->data[0] << (64 - SEQUENCE_LANE_SHIFT) >> (64 - SEQUENCE_LANE_SHIFT);
}

/* The lane of a numbered request; a null pointer when there is none. */
static struct request_lane *lane_of(struct requester *requester, const struct file_exchange *sent)
{
	uint64_t lane = sent->data[0] >> SEQUENCE_LANE_SHIFT;

	return number_of(sent) && lane < SEQUENCE_LANES ? &requester->lane[sent->badge][lane] : NULL;
}

/* A request may be refused before anybody looks at its number: then the number after it is one too many, and the next try goes back. */
static void number_judge(struct request_lane *lane, uint64_t number, int64_t result)
{
	if (number > lane->sent)
		lane->sent = number;
	if (result != -EPROTO && number > lane->taken)
		lane->taken = number;
	else if (result == -EPROTO && number == lane->taken + 1 && lane->taken > 0)
		lane->taken--;
}

void answer_remember(struct requester *requester, const struct file_exchange *answer)
{
	requester->answer = *answer;
	if (answer->words <= 1)
		return;
	memmove(requester->told + 1, requester->told, sizeof(requester->told) - sizeof(requester->told[0]));
	requester->told[0] = answer->data[1];
}

void answer_judge(struct requester *requester, const struct file_exchange *answer)
{
	const struct file_exchange *sent = &requester->sent;
	const struct request_shape *shape = shape_find(requester, sent->label);
	struct request_lane *lane = lane_of(requester, sent);

	if (!lane || number_of(sent) > lane->sent) /* else the answer may be that of the request which had the number first */
		form_judge(requester, shape, answer);
	if (requester->again && lane && !answers_are_equal(&requester->answer, answer))
		answer_wrong(sent, shape, answer, "is answered otherwise when it comes again");
	if (lane)
		number_judge(lane, number_of(sent), (int64_t)answer->data[0]);
	if ((sent->label == FILE_SESSION || sent->label == VFS_SESSION) && answer->data[0] == 0)
		memset(requester->lane[sent->badge], 0, sizeof(requester->lane[0]));
	answer_remember(requester, answer);
}
