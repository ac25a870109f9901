/* SPDX-License-Identifier: MIT */
/*
 * Requests that a fuzzer's input makes up, for any server whose protocol is a list in abi/protocols: the labels and numbers of words are read from there. Words are of the kinds that servers are asked with (numbers, spans, pairs, sequence numbers,
 * what an answer told before) and of those that would do harm; there can be too few of them or too many. Answers are judged by their form alone.
 */
#pragma once

#include <stdbool.h>

#include "abi/file.h"
#include "lib/filesystem_server.h"
#include "tests/host/harness/input.h"

#define REQUEST_BADGES 4 /* 0 .. 3: none has a session with badge 0 */

/* One line of a protocol. */
struct request_shape {
	const char *name;
	uint64_t label;
	uint64_t in, out; /* words */
};

/* A line of a list in abi/protocols whose labels begin with PREFIX_; a list ends with a shape without a name. */
#define REQUEST_SHAPE(prefix, name, in, out) {#prefix "_" #name, prefix##_##name, in, out},

extern const struct request_shape file_shapes[], tree_shapes[], vfs_shapes[];

/* Numbers of one lane of a session. */
struct request_lane {
	uint64_t taken; /* the last one that the server has taken, as far as answers tell */
	uint64_t sent;  /* the highest one that was sent */
};

/* Who asks, and what it remembers. */
struct requester {
	struct input input;
	const struct request_shape *protocols[3];        /* those that the server speaks; the rest are null */
	const uint64_t *words;                           /* that the server's requests understand and nobody would guess */
	unsigned word_count;
	size_t buffer_bytes;                             /* of its buffer; 0: it has none */
	struct request_lane lane[REQUEST_BADGES][SEQUENCE_LANES];
	uint64_t told[8];                                /* the last words that answers had behind their result */
	struct file_exchange sent, answer;               /* the last request */
	bool again;                                      /* the request that is drawn is the last one, sent again */
};

/* A value that a word can have. */
uint64_t word_draw(struct requester *requester, uint64_t badge);

/* The next request, from a badge below REQUEST_BADGES; `sent` is where it is kept too. */
struct file_exchange request_draw(struct requester *requester);

/* Ends the program with a sentence if an answer has not the form that the protocol prescribes, or is another one to the same numbered request. */
void answer_judge(struct requester *requester, const struct file_exchange *answer);

/* The parts of it, for who judges otherwise: the line of a protocol with that label, or a null pointer; what answers tell behind their result comes again in requests; the end of the program. */
const struct request_shape *shape_find(const struct requester *requester, uint64_t label);
void answer_remember(struct requester *requester, const struct file_exchange *answer);
_Noreturn void answer_wrong(const struct file_exchange *sent, const struct request_shape *shape, const struct file_exchange *answer, const char *sentence);

/* What the input is that libFuzzer has found, it will say itself. */
_Noreturn __attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* Memory of whole pages, with pages on both sides that nobody may touch. */
unsigned char *guarded_pages(size_t bytes);
