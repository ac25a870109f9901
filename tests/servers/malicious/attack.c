/* SPDX-License-Identifier: MIT */
/*
 * The requests and floods of the malicious client (attack.h). A request begins as one that could be right; then some of its words are replaced, its label is another, it has too many words, or capabilities go along that nobody asked for.
 */
#include "attack.h"

#include "abi/file.h"
#include "abi/protocols/block.h"
#include "abi/protocols/init.h"
#include "abi/protocols/log.h"
#include "abi/protocols/pci.h"
#include "abi/protocols/platform.h"
#include "abi/protocols/random.h"
#include "abi/protocols/serial.h"
#include "lib/clock.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/string.h"

#define PATIENCE_NS 5000000ull
#define SESSIONS_MAX 16
#define LANES SEQUENCE_LANES
#define SMALL_BYTES 2048  /* of a write that is meant to succeed */
#define IDS_USED 6       /* file ids that are mostly open */
#define NEAR_BYTES 40000  /* and how far into a file it goes */
#define METHODS_MOST 100  /* calls of kernel objects in one life: each may make a record */
#define FIRST_METHODS 2   /* of a protocol, which are asked for most: reading and writing, opening */
#define TIDY_EVERY 32     /* requests */
#define REST_NS 2000000   /* between two floods */

struct attack_counts attack_counts;

struct operation {
	uint32_t label, words;
};

#define REQUEST(name, number, in, out, sentence) {number, in},
static const struct operation methods_of_vfs[] = {
#include "abi/protocols/vfs.def"
};
static const struct operation methods_of_files[] = {
#include "abi/protocols/file.def"
#include "abi/protocols/tree.def"
#include "abi/protocols/medium.def"
};
static const struct operation methods_of_block[] = {
#include "abi/protocols/block.def"
};
static const struct operation methods_of_log[] = {
#include "abi/protocols/log.def"
};
static const struct operation methods_of_pci[] = {
#include "abi/protocols/pci.def"
};
static const struct operation methods_of_platform[] = {
#include "abi/protocols/platform.def"
};
static const struct operation methods_of_random[] = {
#include "abi/protocols/random.def"
};
static const struct operation methods_of_serial[] = {
#include "abi/protocols/serial.def"
};
static const struct operation methods_of_init[] = {
#include "abi/protocols/init.def"
};
#undef REQUEST

#define METHODS(list) (list), sizeof(list) / sizeof((list)[0])
static const struct protocol {
	const char *server;
	const struct operation *methods;
	uint64_t count;
} protocols[] = {
	{"vfs", METHODS(methods_of_vfs)},           {"ramfs", METHODS(methods_of_files)},         {"ext2", METHODS(methods_of_files)},      {"virtio-blk", METHODS(methods_of_block)},
	{"axiom", METHODS(methods_of_log)},         {"pci", METHODS(methods_of_pci)},             {"platform", METHODS(methods_of_platform)}, {"virtio-rng", METHODS(methods_of_random)},
	{"serial", METHODS(methods_of_serial)},     {"virtio-console", METHODS(methods_of_serial)}, {"supervisor", METHODS(methods_of_init)},
};

static struct session {
	const struct protocol *protocol;
	handle_t handle, signal;
	unsigned char *buffer;
	uint64_t bytes;
	uint64_t number[LANES]; /* of the last numbered request */
} sessions[SESSIONS_MAX];
static uint64_t session_count;
static struct random requests, floods;
static uint64_t methods_left = METHODS_MOST;
static handle_t nothing; /* a Notification that nobody signals: to wait for a time */

/* Random numbers: xorshift64 (Marsaglia, "Xorshift RNGs", 2003). */

uint64_t random_next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	return (random_next(random) >> 16) % bound;
}

uint64_t word_choose(struct random *random, uint64_t bytes)
{
	switch (random_below(random, 16)) {
	case 0:
		return 0;
	case 1:
		return random_below(random, 20);
	case 2:
		return random_below(random, FILE_IDS + 10);
	case 3:
		return random_below(random, LANES + 1) << SEQUENCE_LANE_SHIFT | random_below(random, 9);
	case 4: /* inside */
		return span_make(SESSION_DATA + random_below(random, bytes), random_below(random, 300));
	case 5: /* across the end */
		return span_make(bytes - random_below(random, 9), random_below(random, 17));
	case 6: /* the first page, which is not the client's */
		return span_make(random_below(random, SESSION_DATA), random_below(random, 5000));
	case 7: /* a sum that overflows */
		return span_make(UINT32_MAX - random_below(random, 64), UINT32_MAX - random_below(random, 64));
	case 8:
		return UINT64_MAX - random_below(random, 3);
	case 9:
		return INT64_MAX - 1 + random_below(random, 4);
	case 10:
		return 1ull << random_below(random, 64);
	case 11:
		return pair_make(START_ROOT, START_ROOT);
	case 12:
		return pair_make((uint32_t)random_below(random, 40), (uint32_t)random_below(random, 40));
	case 13:
		return random_below(random, 64) << 12;
	case 14:
		return bytes + random_below(random, 3) - 1;
	default:
		return random_next(random);
	}
}

/* Requests that could be right. */

static uint64_t number_next(struct session *session)
{
	uint64_t lane = random_below(&requests, LANES);

	return lane << SEQUENCE_LANE_SHIFT | (session->number[lane] + (random_below(&requests, 8) ? 1 : random_below(&requests, 4)));
}

/* What is there, what is not, what is another's, and what is no path at all. Only the first few can be made by this user. */
static const char *const paths[] = {
	"/play/a", "/play/b", "/play/d", "/play/d/e", "/memory/play/a", "/memory/play/b", "/memory/play/d", "/memory/play/d/e",
	"/", "/play", "/memory", "/memory/play", "/play/../play/./a", "/storm/log", "/storm/kept", "/memory/storm/kept", "/storm/new", "/memory/storm/log", "", "play", "//", "/..", "/play/a/b/c/d",
};
#define PATHS_OWN 8
#define PATHS (sizeof(paths) / sizeof(paths[0]))

/* Puts a path into vfs's buffer. */
static uint64_t path_put(struct session *session, uint64_t which)
{
	uint64_t at = SESSION_DATA + 0x1000 * random_below(&requests, 3), bytes = strlen(paths[which]);

	memcpy(session->buffer + at, paths[which], bytes);
	if (random_below(&requests, 16) == 0)
		session->buffer[at + random_below(&requests, bytes + 1)] = (unsigned char)random_next(&requests);
	if (random_below(&requests, 32) == 0)
		bytes = random_below(&requests, 6000);
	return span_make(at, bytes);
}

static uint64_t path_any(struct session *session)
{
	return path_put(session, random_below(&requests, random_below(&requests, 2) ? PATHS_OWN : PATHS));
}

static void vfs_request(struct session *session, uint64_t words[8])
{
	static const uint32_t flags[] = {OPEN_READ, OPEN_READ_WRITE, OPEN_READ_WRITE | OPEN_CREATE, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, OPEN_WRITE | OPEN_TRUNCATE, OPEN_DIRECTORY, OPEN_PATH};

	words[0] = random_below(&requests, 2) ? number_next(session) : 0;
	words[1] = path_any(session);
	words[2] = pair_make(random_below(&requests, 4) ? START_ROOT : (uint32_t)random_below(&requests, 32), START_ROOT);
	words[5] = pair_make(flags[random_below(&requests, 7)], 0600 | (uint32_t)random_below(&requests, 01000));
	words[6] = random_below(&requests, 2) ? random_below(&requests, IDS_USED) : path_any(session);
	words[7] = START_ROOT;
}

static void file_request(struct session *session, uint64_t words[8])
{
	words[0] = random_below(&requests, 2) ? number_next(session) : 0;
	words[1] = random_below(&requests, IDS_USED);
	words[2] = random_below(&requests, 2) ? 0 : random_below(&requests, NEAR_BYTES);
	words[3] = random_below(&requests, 4) ? span_make(SESSION_DATA + random_below(&requests, 4096), random_below(&requests, SMALL_BYTES)) : word_choose(&requests, session->bytes);
}

/* The asserted credentials are what a client's word is taken for; and what is meant to be allocated stays small. */
static void words_temper(uint32_t label, uint64_t words[8])
{
	if (label >= VFS_OPEN) {
		words[3] = pair_make(1000, 1000);
		words[4] &= ~(uint64_t)UINT32_MAX;
	} else if (label == FILE_SETATTR) {
		words[6] = pair_make(1000, 1000);
		words[7] &= ~(uint64_t)UINT32_MAX;
	} else if (label == FILE_ALLOCATE) {
		words[3] %= NEAR_BYTES;
		words[4] %= NEAR_BYTES;
	} else if (label == FILE_WRITE && span_bytes(words[3]) > SMALL_BYTES && span_bytes(words[3]) < UINT32_MAX / 2) {
		words[3] = span_make(span_offset(words[3]), span_bytes(words[3]) % SMALL_BYTES);
	}
}

/* Sends it. Long messages, and capabilities, lie in the message page. */
static void request_send(struct session *session, uint64_t phases, uint64_t label, uint64_t count, uint64_t caps, const uint64_t words[8])
{
	struct kernel_call call = {.word = call_word(phases | CALL_DEADLINE, count, caps, label), .target = session->handle, .deadline = clock_now() + PATIENCE_NS};
	uint64_t number = words[0] << (64 - SEQUENCE_LANE_SHIFT) >> (64 - SEQUENCE_LANE_SHIFT), lane = words[0] >> SEQUENCE_LANE_SHIFT;
	enum error error;

	memcpy(call.data, words, sizeof(call.data));
	attack_counts.sent++;
	error = kernel_call(&call);
	if (error == OK && phases & CALL_CALL)
		attack_counts.answered++;
	if (error == OK && (int64_t)call.data[0] >= 0 && phases & CALL_CALL)
		attack_counts.succeeded++;
	if (number && lane < LANES && number == session->number[lane] + 1)
		session->number[lane] = number;
}

/* The numbers of a session begin anew. */
static void session_anew(struct session *session)
{
	uint64_t words[8] = {0};

	memset(session->number, 0, sizeof(session->number));
	request_send(session, CALL_SEND | CALL_CALL, strcmp(session->protocol->server, "vfs") == 0 ? VFS_SESSION : FILE_SESSION, 1, 0, words);
}

/* Makes this user's files empty again. */
static void files_tidy(struct session *session)
{
	for (uint64_t i = 0; i < PATHS_OWN; i++) {
		uint64_t words[8] = {session->number[0] + 1, path_put(session, i), pair_make(START_ROOT, START_ROOT)};

		words_temper(VFS_TRUNCATE, words);
		request_send(session, CALL_SEND | CALL_CALL, VFS_TRUNCATE, 7, 0, words);
	}
}

/* Requests in the ring of a block driver, for a disk that this client was lent no memory for. */
static void block_attack(struct session *session)
{
	struct {
		_Alignas(64) uint64_t produced;
		_Alignas(64) uint64_t consumed;
	} *ring = (void *)(session->buffer + BLOCK_REQUESTS_OFFSET);
	struct block_request *entries = (void *)(ring + 1);

	for (uint64_t i = 0, count = 1 + random_below(&requests, 8); i < count; i++) {
		struct block_request entry = {.id = random_next(&requests), .operation = (uint32_t)random_below(&requests, 5), .region = (uint32_t)random_below(&requests, 5)};

		entry.sector = random_below(&requests, 2) ? random_below(&requests, 70000) : random_next(&requests);
		entry.sectors = (uint32_t)(random_below(&requests, 2) ? 1 + random_below(&requests, 16) : random_next(&requests));
		entry.offset = random_below(&requests, 2) ? BLOCK_SECTOR * random_below(&requests, 1000) : random_next(&requests);
		entries[__atomic_load_n(&ring->produced, __ATOMIC_RELAXED) % BLOCK_REQUESTS_MAX] = entry;
		__atomic_store_n(&ring->produced, ring->produced + 1, __ATOMIC_RELEASE);
	}
	if (random_below(&requests, 4) == 0) { /* makes room in the other ring */
		uint64_t *completions = (void *)(session->buffer + BLOCK_COMPLETIONS_OFFSET);

		completions[8] = completions[0];
	}
	service_signal(session->signal);
}

/* One request, more or less as the protocol has it. */
static void request_attack(struct session *session)
{
	uint64_t among = random_below(&requests, 2) && session->protocol->count > FIRST_METHODS ? FIRST_METHODS : session->protocol->count;
	const struct operation *method = &session->protocol->methods[random_below(&requests, among)];
	uint64_t words[8], count = method->words, label = method->label, caps = 0;

	if (label == VFS_SESSION || label == FILE_SESSION) {
		session_anew(session);
		return;
	}
	for (int i = 0; i < 8; i++)
		words[i] = word_choose(&requests, session->bytes ? session->bytes : 0x10000);
	if (session->protocol->methods == methods_of_vfs)
		vfs_request(session, words);
	else if (session->protocol->methods == methods_of_files)
		file_request(session, words);
	else if (session->protocol->methods == methods_of_block && session->bytes >= BLOCK_BUFFER_BYTES)
		block_attack(session);
	for (uint64_t i = random_below(&requests, 2) ? random_below(&requests, 4) : 0; i > 0; i--)
		words[random_below(&requests, 8)] = word_choose(&requests, session->bytes ? session->bytes : 0x10000);
	if (random_below(&requests, 16) == 0)
		count = random_below(&requests, 140);
	if (random_below(&requests, 16) == 0)
		label = random_below(&requests, 2) ? random_below(&requests, 0x400) : random_next(&requests) & UINT32_MAX;
	if (random_below(&requests, 16) == 0)
		caps = 1 + random_below(&requests, 5);
	for (uint64_t i = 0; i < MESSAGE_CAPS_MAX; i++) {
		thread_self()->page->caps[i] = random_below(&requests, START_SLOT_COUNT + 4);
		thread_self()->page->receive[i] = random_below(&requests, START_SLOT_COUNT + 4);
	}
	words_temper((uint32_t)label, words);
	request_send(session, CALL_SEND | (random_below(&requests, 32) ? CALL_CALL : 0), label, count, caps, words);
}

/* Answers that nobody asked for, calls to itself, and any method of whatever lies in any slot. */
static void kernel_attack(void)
{
	struct kernel_call call = {.word = call_word(CALL_SEND | CALL_CALL, random_below(&requests, 5), random_below(&requests, 3), random_below(&requests, 9))};
	uint64_t kind = random_below(&requests, 4);

	for (int i = 0; i < 8; i++)
		call.data[i] = word_choose(&requests, 0x10000);
	call.target = random_below(&requests, START_SLOT_FREE + 40);
	call.reply = random_below(&requests, START_SLOT_FREE + 40);
	call.source = random_below(&requests, START_SLOT_FREE + 40);
	call.deadline = clock_now() + 1000;
	if (kind == 0)
		call.word = call_word(CALL_REPLY, 4, 0, 0);
	else if (kind == 1)
		call.word = call_word(CALL_REPLY | CALL_SEND | CALL_RECEIVE | CALL_DEADLINE, 4, 0, 0);
	else if (kind == 2)
		call.target = start_find("endpoint")->slot, call.word |= CALL_DEADLINE;
	else if (methods_left == 0)
		return;
	else
		methods_left--;
	(void)!kernel_call(&call); /* whatever it says */
}

void attack_open(uint64_t seed)
{
	const struct start_grant *grant = NULL;

	if (object_create(OBJECT_NOTIFICATION, 0, &nothing) != OK)
		nothing = 0; /* then it floods without a rest */
	requests.state = seed * 0x9e3779b97f4a7c15;
	floods.state = seed * 0xbf58476d1ce4e5b9;
	while ((grant = start_next(GRANT_SESSION, grant)) && session_count < SESSIONS_MAX) {
		struct session *session = &sessions[session_count];
		const struct start_grant *buffer = start_buffer_of(grant->name);

		*session = (struct session){.handle = grant->slot, .signal = start_signal(grant->name)};
		if (buffer)
			session->buffer = (unsigned char *)buffer->address, session->bytes = buffer->bytes;
		for (uint64_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
			if (strcmp(protocols[i].server, grant->name) == 0)
				session->protocol = &protocols[i];
		session_count += session->protocol != NULL;
	}
}

void attack_by_requests(uint64_t argument)
{
	(void)argument;
	for (uint64_t round = 0;; round++) {
		struct session *session = &sessions[random_below(&requests, session_count)];

		if (random_below(&requests, 64) == 0)
			kernel_attack();
		else if (round % TIDY_EVERY == 0 && strcmp(sessions[0].protocol->server, "vfs") == 0)
			files_tidy(&sessions[0]);
		else if (session->protocol->methods != methods_of_init || random_below(&requests, 8) == 0)
			request_attack(session);
	}
}

void attack_by_floods(uint64_t argument)
{
	(void)argument;
	for (;;) {
		const struct session *session = &sessions[random_below(&floods, session_count)];
		struct kernel_call rest = {.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0), .source = nothing, .deadline = clock_now() + random_below(&floods, REST_NS)};
		struct kernel_call call = {.word = call_word(CALL_SEND | CALL_DEADLINE, random_below(&floods, 9), 0, random_below(&floods, 0x400)), .target = session->handle};

		for (uint64_t i = random_below(&floods, 50); i > 0; i--, attack_counts.floods++) {
			if (session->signal && random_below(&floods, 2))
				service_signal(session->signal);
			else
				(void)!kernel_call(&call); /* deadline 0: a server that does not listen gets nothing */
			call.word = call_word(CALL_SEND | CALL_DEADLINE, random_below(&floods, 9), 0, random_below(&floods, 0x400));
		}
		(void)!kernel_call(&rest);
	}
}
