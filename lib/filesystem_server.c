/* SPDX-License-Identifier: MIT */
/*
 * The server of a filesystem (lib/filesystem_server.h).
 *
 * One request: the entry of its label in `file_handlers` or `tree_handlers` says how many words it must have, who may ask, and whether it changes state. What does is carried out between begin and commit, with its
 * result stored in its lane by the same transaction; an error is stored in a transaction of its own, after the rollback. A handler reads words and buffers, checks, and calls one operation
 * of the core.
 */
#include "lib/filesystem_call.h"

#include "lib/assert.h"

static const struct handler *handler_find(uint64_t label)
{
	if (label >= FILE_READ && label - FILE_READ < FILE_HANDLERS)
		return &file_handlers[label - FILE_READ];
	if (label >= TREE_ROOT && label - TREE_ROOT < TREE_HANDLERS)
		return &tree_handlers[label - TREE_ROOT];
	return NULL;
}

void modes_announce(const struct call *call)
{
	const struct filesystem_options *options = &call->server->options;
	size_t bytes;
	struct session_page *page = (struct session_page *)options->buffer(options->context, options->tree_badge, &bytes);

	if (page && bytes >= SESSION_DATA)
		__atomic_store_n(&page->changes, page->changes + 1, __ATOMIC_RELEASE);
}

/* Carrying out. */

static void result_store(struct call *call, const struct session_request *request, int64_t result)
{
	struct session_result stored = {.words = 1 + call->answer_words, .word = {(uint64_t)result}};

	for (uint32_t i = 0; i < call->answer_words; i++)
		stored.word[1 + i] = call->answer[i];
	session_finish(&call->server->sessions, request, &stored);
}

/* In a transaction, until it needs to wait no more. The result of an error is stored after what led to it has been taken back. */
static int64_t change_carry_out(struct call *call, const struct handler *handler, const struct session_request *request)
{
	struct filesystem_server *server = call->server;
	bool more = false; /* files to be closed; nothing of it waits, so the inode stays what it is */
	int64_t result;

	for (;;) {
		call->operations->begin(call->core);
		call->answer_words = 0;
		server->nameless = 0;
		result = call->held && call->held != call_changes(call) ? -EBADF /* it was closed while this waited */ : handler->handle(call);
		if (result != -EAGAIN || !call->operations->wait)
			break;
		call->operations->rollback(call->core);
		call->operations->wait(call->core);
		session_run(&server->sessions, request);
	}
	if (result < 0) {
		call->operations->rollback(call->core);
		call->answer_words = 0;
		if (handler->flags & UNSEQUENCED)
			return result;
		call->operations->begin(call->core);
	}
	if (!(handler->flags & UNSEQUENCED)) {
		if (result >= 0 && server->nameless)
			more = files_unpark(server, server->nameless);
		result_store(call, request, result);
	}
	call->operations->commit(call->core);
	while (more) {
		call->operations->begin(call->core);
		more = files_unpark(server, server->nameless);
		call->operations->commit(call->core);
	}
	return result;
}

static void answer_set(struct file_exchange *exchange, const struct session_result *result)
{
	exchange->words = result->words;
	for (uint64_t i = 0; i < result->words; i++)
		exchange->data[i] = result->word[i];
}

/* The stored answer; and as the attributes that went with it may be gone from the buffer, these once more. */
static void answer_repeat(struct call *call, const struct handler *handler, struct file_exchange *exchange, const struct session_result *result)
{
	struct attributes attributes;

	if ((handler->flags & TREE) && result->words == 3 && call->operations->getattr(call->core, result->word[1], &attributes) == 0)
		(void)out_put(call, result->word[2], &attributes, sizeof(attributes));
	answer_set(exchange, result);
}

/* What could not be prepared is answered with an error, which is stored as any other. */
static int64_t result_of_refusal(struct call *call, const struct handler *handler, const struct session_request *request, int64_t error)
{
	if (!(handler->flags & CHANGES))
		return error;
	call->operations->begin(call->core);
	result_store(call, request, error);
	call->operations->commit(call->core);
	return error;
}

static void answer_make(const struct call *call, struct file_exchange *exchange, int64_t result)
{
	exchange->data[0] = (uint64_t)result;
	exchange->words = 1 + call->answer_words;
	for (uint32_t i = 0; i < call->answer_words; i++)
		exchange->data[1 + i] = call->answer[i];
}

/* Where pages are shared: holds the file that the request changes, and settles its pages. Out of line, so that who shares none does not pay for it. */
__attribute__((noinline)) static int64_t request_settle(struct call *call, const struct session_request *request)
{
	int64_t outcome;

	call_hold(call);
	outcome = shares_used(call) ? shares_prepare(call) : 0;
	session_run(&call->server->sessions, request); /* others have run meanwhile */
	return outcome;
}

/* What must be settled before, the request itself, and its result. */
static int64_t request_carry_out(struct call *call, const struct handler *handler, const struct session_request *request)
{
	int64_t outcome = call->server->options.shares ? request_settle(call, request) : 0;

	if (outcome)
		outcome = result_of_refusal(call, handler, request, outcome);
	else if (handler->flags & (CHANGES | UNSEQUENCED))
		outcome = change_carry_out(call, handler, request);
	else
		outcome = handler->handle(call);
	if (call->held)
		call_release(call);
	return outcome;
}

static void handler_run(struct call *call, const struct handler *handler, struct session_request *request, struct file_exchange *exchange)
{
	struct filesystem_server *server = call->server;
	struct session_result result;
	int64_t outcome;

	switch (session_begin(&server->sessions, request, &result)) {
	case SESSION_NEW:
		outcome = request_carry_out(call, handler, request);
		answer_make(call, exchange, outcome);
		session_end(&server->sessions, request);
		break;
	case SESSION_REPEATED:
		answer_repeat(call, handler, exchange, &result);
		break;
	case SESSION_UNDERWAY:
		exchange->words = 1;
		exchange->data[0] = (uint64_t)ANSWER_PENDING;
		break;
	case SESSION_POISONED:
		exchange->words = 1;
		exchange->data[0] = (uint64_t)-EIO;
		break;
	default:
		exchange->words = 1;
		exchange->data[0] = (uint64_t)-EPROTO;
	}
}

/* Without a word to the sessions: nothing changes. */
static void handler_run_hot(struct call *call, const struct handler *handler, struct file_exchange *exchange)
{
	exchange->data[0] = (uint64_t)handler->handle(call);
	exchange->words = 1;
}

static uint64_t fingerprint(const struct file_exchange *exchange)
{
	uint64_t hash = exchange->label;

	for (uint64_t i = 1; i < exchange->words && i < 8; i++)
		hash = (hash ^ exchange->data[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* 0, or why a request is refused before anything is looked at. */
static int64_t request_refuse(const struct filesystem_server *server, const struct handler *handler, const struct file_exchange *exchange)
{
	bool numbered = exchange->data[0] << (64 - SEQUENCE_LANE_SHIFT);

	if (!handler)
		return -ENOSYS;
	if ((handler->flags & TREE) && exchange->badge != server->options.tree_badge)
		return -EPERM;
	return exchange->words < handler->words || numbered != !!(handler->flags & CHANGES) ? -EPROTO : 0;
}

void filesystem_handle(struct filesystem_server *server, struct file_exchange *exchange)
{
	const struct handler *handler = handler_find(exchange->label);
	int64_t refusal = request_refuse(server, handler, exchange);
	struct session_request request;
	struct call call;

	if (refusal) {
		exchange->words = 1;
		exchange->data[0] = (uint64_t)refusal;
		return;
	}
	call.server = server;
	call.operations = server->filesystem.operations;
	call.core = server->filesystem.core;
	call.badge = exchange->badge;
	call.label = exchange->label;
	call.held = 0;
	call.word = exchange->data;
	call.answer_words = 0;
	call.buffer = server->options.buffer(server->options.context, exchange->badge, &call.buffer_bytes);
	if (!call.buffer)
		call.buffer_bytes = 0;
	if (!(handler->flags & UNSEQUENCED)) /* opening and closing note no time */
		server->options.now(server->options.context, &server->filesystem.clock->now);
	if (handler->flags & HOT) {
		handler_run_hot(&call, handler, exchange);
		return;
	}
	if (handler->flags & ASSERTS)
		call.assertion = credentials_take(&call, exchange->data[6], exchange->data[7], &call.credentials);
	request = (struct session_request){exchange->badge, exchange->data[0], fingerprint(exchange), 0};
	handler_run(&call, handler, &request, exchange);
}

/* The core will change a page that it has handed out. */
static void page_revoke(void *context, const void *page)
{
	const struct filesystem_server *server = context;

	leases_revoke(server->options.leases, page);
}

static void nameless_note(void *context, uint64_t inode)
{
	struct filesystem_server *server = context;

	server->nameless = inode;
}

/* Its number may be another file's soon, for which nothing of this one must be taken. */
static void freed_note(void *context, uint64_t inode)
{
	const struct filesystem_server *server = context;

	if (server->options.shares)
		shares_forget(server->options.shares, inode);
}

static size_t lanes_bytes(void)
{
	return (SESSION_STATE_BYTES(FILESYSTEM_SESSIONS, SEQUENCE_LANES) + 4095) & ~(size_t)4095;
}

size_t filesystem_state_bytes(uint32_t open_files)
{
	return lanes_bytes() + ((open_files * sizeof(struct open_file) + 4095) & ~(size_t)4095);
}

void filesystem_open(struct filesystem_server *server, const struct filesystem *filesystem, struct tsm *tsm, void *state, const struct filesystem_options *options)
{
	const struct session_options sessions = {
		.sessions = FILESYSTEM_SESSIONS,
		.lanes = SEQUENCE_LANES,
		.first_mark = options->first_mark,
		.instance = options->instance,
		.blame = options->blame,
	};

	assert((options->open_files & (options->open_files - 1)) == 0);
	*server = (struct filesystem_server){
		.filesystem = *filesystem,
		.tsm = tsm,
		.files = (struct open_file *)((unsigned char *)state + lanes_bytes()),
		.options = *options,
	};
	if (filesystem->watch)
		*filesystem->watch = (struct filesystem_watch){options->leases ? page_revoke : NULL, nameless_note, freed_note, server, options->generations};
	sessions_open(&server->sessions, tsm, state, &sessions);
}

/* One cell of the table of open files: slots with this key, which is nobody's. */
static void files_lose(struct filesystem_server *server, size_t offset, uint32_t key)
{
	struct open_file *file = (struct open_file *)((unsigned char *)server->files + offset);

	tsm_begin(server->tsm);
	tsm_repair(server->tsm, file, TSM_CELL);
	for (size_t i = 0; i < TSM_CELL / sizeof(*file); i++)
		file[i] = (struct open_file){.key = key};
	tsm_commit(server->tsm);
}

void filesystem_salvage(struct filesystem_server *server, size_t offset, size_t bytes)
{
	for (size_t at = offset; at < offset + bytes; at += TSM_CELL)
		if (at < lanes_bytes())
			session_lose(&server->sessions, at / TSM_CELL);
		else
			files_lose(server, at - lanes_bytes(), KEY_LOST); /* closed, so that others are still found behind it */
}

void filesystem_forget(struct filesystem_server *server)
{
	for (size_t lane = 0; lane < (size_t)FILESYSTEM_SESSIONS * SEQUENCE_LANES; lane++)
		session_lose(&server->sessions, lane);
	for (size_t at = 0; at < server->options.open_files * sizeof(struct open_file); at += TSM_CELL)
		files_lose(server, at, 0);
}
