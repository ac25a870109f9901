/* SPDX-License-Identifier: MIT */
/*
 * The event loop of a service of files (lib/file_service.h). A worker is idle, or carries out a request whose caller still waits for the answer, or one that was answered ANSWER_PENDING. Its id is its index and a count of
 * its requests, so that the id of one that a client gave up is not taken for another.
 */
#include "lib/file_service.h"

#include "abi/errno.h"
#include "lib/clock.h"
#include "lib/fiber.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "lib/string.h"
#include "lib/wall.h"

#define NS_IN_SECOND 1000000000
#define WORKER_INDEX_BITS 8
#define WORKER_INSTANCE_SHIFT 40 /* of an id: what an instance before left in a ring is nobody's answer */

struct worker {
	struct fiber fiber;
	struct file_exchange exchange;
	uint64_t requests;
	uint64_t badge, sequence; /* of its request */
	uint64_t after; /* a bit for each worker that must end before this one begins */
	bool busy, pending, done;
};

static const struct file_service *running;
static struct worker workers[FILE_WORKERS_MAX];
static uint32_t workers_idle, clients;
_Static_assert(FILESYSTEM_SESSIONS <= 64, "a bit for each badge; that of the last is bit 0");
static inline uint64_t badge_bit(uint64_t badge)
{
	return 1ull << badge % 64;
}

static uint64_t refused; /* a bit for each badge (badge_bit): clients for which there was no worker; bit 0 also: a worker waits for others to end */
static const struct start_grant *buffers[FILESYSTEM_SESSIONS + 1]; /* by badge; looked up once */

unsigned char *file_service_buffer(void *context, uint64_t badge, size_t *bytes)
{
	(void)context;
	if (badge > FILESYSTEM_SESSIONS)
		return NULL;
	if (!buffers[badge])
		buffers[badge] = start_buffer(badge);
	if (!buffers[badge])
		return NULL;
	*bytes = buffers[badge]->bytes;
	return (unsigned char *)buffers[badge]->address;
}

/* Windows of clients on this service's memory, by badge: for pages that are only read, and for shared ones. A null pointer for a client that has none. */
static const struct start_grant *windows[2][FILESYSTEM_SESSIONS + 1];

static const struct start_grant *window_of(uint64_t badge, bool shared)
{
	static bool looked;
	const struct start_grant *grant = NULL;

	while (!looked && (grant = start_next(GRANT_LEASE, grant)) != NULL)
		if (grant->argument <= FILESYSTEM_SESSIONS)
			windows[memcmp(grant->name, "share:", 6) == 0][grant->argument] = grant;
	looked = true;
	return badge <= FILESYSTEM_SESSIONS ? windows[shared][badge] : NULL;
}

static bool slot_change(const struct start_grant *window, uint32_t slot, enum method method, uint64_t rights, uint64_t page)
{
	struct map_entry *batch = (struct map_entry *)thread_self()->page;
	uint64_t done;

	if (!window || slot >= window->bytes / PAGE_SIZE)
		return false;
	*batch = (struct map_entry){(window->address + slot * PAGE_SIZE) | rights, page};
	return mapping_batch(window->slot, method, 1, &done) == OK;
}

bool file_service_show(void *context, uint64_t badge, uint32_t slot, uint64_t page)
{
	(void)context;
	return slot_change(window_of(badge, false), slot, MAPPING_MAP, MAP_READ, page);
}

bool file_service_hide(void *context, uint64_t badge, uint32_t slot)
{
	(void)context;
	return slot_change(window_of(badge, false), slot, MAPPING_UNMAP, 0, 0);
}

bool file_service_share(void *context, uint64_t badge, uint32_t slot, uint64_t page, bool writable)
{
	(void)context;
	return slot_change(window_of(badge, true), slot, MAPPING_MAP, MAP_READ | (writable ? MAP_WRITE : 0), page);
}

void file_service_protect(void *context, uint64_t badge, uint32_t slot)
{
	(void)context;
	(void)slot_change(window_of(badge, true), slot, MAPPING_PROTECT, MAP_READ, 0);
}

void file_service_unshare(void *context, uint64_t badge, uint32_t slot)
{
	(void)context;
	(void)slot_change(window_of(badge, true), slot, MAPPING_UNMAP, 0, 0);
}

void file_service_now(void *context, struct timestamp *now)
{
	uint64_t ns = wall_now();

	(void)context;
	*now = (struct timestamp){.seconds = (int64_t)(ns / NS_IN_SECOND), .nanoseconds = (uint32_t)(ns % NS_IN_SECOND)};
}

/* The client with that badge is woken, if it has given us the means. */
static void client_signal(uint64_t badge)
{
	const struct start_grant *client = start_argument(GRANT_CLIENT, badge);
	handle_t signal = client ? start_signal(client->name) : 0;

	if (signal)
		service_signal(signal);
}

/* Puts a result that was pending into the client's ring. A ring that is full or spoilt is the client's own doing: what was for it is dropped, and it can ask again. */
static void result_deliver(struct worker *worker, uint64_t id)
{
	struct completion completion = {.id = id, .result = (int64_t)worker->exchange.data[0]};
	size_t bytes;
	struct session_page *page = (struct session_page *)file_service_buffer(NULL, worker->badge, &bytes);
	struct ring ring;

	if (!page || bytes < SESSION_DATA)
		return;
	for (uint64_t i = 1; i < worker->exchange.words && i <= 6; i++)
		completion.words[i - 1] = worker->exchange.data[i];
	ring_continue(&ring, page->ring, COMPLETIONS, sizeof(completion), true);
	if (!ring.poisoned && ring_push(&ring, &completion) == RING_OK)
		client_signal(worker->badge);
}
_Static_assert(offsetof(struct session_page, ring) % 64 == 0, "the ring's indexes lie on cache lines of their own");
_Static_assert(offsetof(struct session_page, ring) + sizeof(struct ring_shared) + COMPLETIONS * sizeof(struct completion) <= SESSION_DATA, "the ring ends with the page");

static uint64_t worker_id(const struct worker *worker)
{
	return start_page->instance << WORKER_INSTANCE_SHIFT | worker->requests << WORKER_INDEX_BITS | (uint64_t)(worker - workers);
}

/* A worker begins, or ends, to work for a client. */
static void worker_begin(struct worker *worker, uint64_t badge, uint64_t sequence)
{
	worker->badge = badge;
	worker->sequence = sequence;
	worker->requests++;
	worker->busy = true;
	worker->done = worker->pending = false;
	workers_idle--;
}

/* Wakes those that wait for this worker and nobody else. */
static void after_wake(const struct worker *ended)
{
	uint64_t left = 0;

	for (uint32_t i = 0; i < running->workers; i++) {
		uint64_t before = workers[i].after;

		workers[i].after &= ~(1ull << (ended - workers));
		left |= workers[i].after;
		if (before && !workers[i].after)
			fiber_wake(&workers[i].fiber);
	}
	refused |= left != 0;
}

/* Those for whom there was no worker are told that there is one. */
__attribute__((noinline)) static void refused_tell(const struct worker *ended)
{
	bool waits = refused & 1;

	for (refused &= ~1ull; refused; refused &= refused - 1)
		client_signal((uint64_t)__builtin_ctzll(refused));
	if (!waits)
		return;
	client_signal(64); /* perhaps it was for the client of that badge; a signal too many does no harm */
	after_wake(ended);
}

__attribute__((always_inline)) static inline void worker_end(struct worker *worker)
{
	worker->done = true;
	worker->busy = false;
	workers_idle++;
	if (worker->pending)
		result_deliver(worker, worker_id(worker));
	if (refused)
		refused_tell(worker);
}

/* Waits until what the client had under way has ended. */
__attribute__((noinline)) static void earlier_await(struct worker *worker)
{
	for (uint32_t i = 0; i < running->workers; i++)
		if (workers[i].busy && &workers[i] != worker && workers[i].badge == worker->badge)
			worker->after |= 1ull << i;
	refused |= worker->after != 0;
	while (worker->after)
		fiber_wait();
}

static void worker_run(void *argument)
{
	struct worker *worker = argument;

	if (worker->exchange.label == running->begins || worker->exchange.label == running->fence)
		earlier_await(worker);
	running->handle(running->context, (uint32_t)(worker - workers), &worker->exchange);
	worker_end(worker);
}

static void worker_resume(void *argument)
{
	struct worker *worker = argument;

	running->resume(running->context, (uint32_t)(worker - workers), &worker->exchange);
	worker_end(worker);
}

/* Are the idle workers for the clients that have none, and this is not one of them? */
__attribute__((noinline)) static bool workers_reserved(uint64_t badge)
{
	uint64_t working = 0; /* a bit for each client that has one */
	uint32_t count = 0;

	for (uint32_t i = 0; i < running->workers; i++)
		if (workers[i].busy && !(working & badge_bit(workers[i].badge))) {
			working |= badge_bit(workers[i].badge);
			count++;
		}
	return working & badge_bit(badge) && workers_idle + count <= clients;
}

/* A worker for a client's request; a null pointer when there is none for it. */
static struct worker *worker_idle(uint64_t badge)
{
	if (workers_idle <= clients && workers_reserved(badge))
		return NULL;
	for (uint32_t i = 0; i < running->workers; i++)
		if (!workers[i].busy)
			return &workers[i];
	return NULL;
}

static void exchange_take(struct file_exchange *exchange, const struct request *request)
{
	exchange->label = request->label;
	exchange->badge = request->badge;
	exchange->words = request->words;
	service_data_copy(exchange->data, request->data);
}

static void answer_put(struct request *request, uint64_t words, const uint64_t *data)
{
	request->words = words;
	for (uint64_t i = 0; i < words; i++)
		request->data[i] = data[i];
}

/* What the page of that client says of this instance: the client knows by it which instance it waits for. */
static uint64_t generation_of(uint64_t badge)
{
	size_t bytes;
	const struct session_page *page = (const struct session_page *)file_service_buffer(NULL, badge, &bytes);

	return page && bytes >= SESSION_DATA ? __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE) : 0;
}

static void pending_answer(struct request *request, struct worker *worker)
{
	const uint64_t pending[] = {(uint64_t)ANSWER_PENDING, worker_id(worker), generation_of(worker->badge)};

	worker->pending = true;
	answer_put(request, 3, pending);
}

/* Who works on this very request already: a client that believes its server restarted sends it again, and waits for the same result. */
static struct worker *worker_underway(const struct request *request)
{
	for (uint32_t i = 0; i < running->workers && request->data[0] != 0; i++)
		if (workers[i].busy && workers[i].badge == request->badge && workers[i].sequence == request->data[0])
			return &workers[i];
	return NULL;
}

/* Kept out of the path of services without workers, which would save registers for it. */
__attribute__((noinline)) static void request_in_fiber(struct request *request)
{
	struct worker *worker = worker_underway(request);
	const uint64_t busy[] = {(uint64_t)-EAGAIN, 0};

	if (worker) {
		pending_answer(request, worker);
		return;
	}
	worker = worker_idle(request->badge);
	if (!worker) {
		refused |= badge_bit(request->badge);
		answer_put(request, 2, busy);
		return;
	}
	exchange_take(&worker->exchange, request);
	worker_begin(worker, request->badge, request->data[0]);
	fiber_start(&worker->fiber, worker_run, worker);
	fibers_run();
	if (worker->done)
		answer_put(request, worker->exchange.words, worker->exchange.data);
	else
		pending_answer(request, worker);
}

/* The request lies where it was received, and so does the answer. */
static void request_at_once(struct request *request)
{
	running->handle(running->context, 0, (struct file_exchange *)&request->label);
}
_Static_assert(offsetof(struct request, data) - offsetof(struct request, label) == offsetof(struct file_exchange, data) &&
	offsetof(struct request, badge) - offsetof(struct request, label) == offsetof(struct file_exchange, badge) &&
	offsetof(struct request, words) - offsetof(struct request, label) == offsetof(struct file_exchange, words), "a request begins like an exchange");

/* A message or a signal. */
static void message_serve(struct request *request)
{
	if (request->kind == MESSAGE_CALL && !running->workers) {
		request_at_once(request);
	} else if (request->kind == MESSAGE_CALL) {
		request_in_fiber(request);
	} else if (request->kind == MESSAGE_NOTIFICATION && running->signalled) {
		running->signalled(running->context, request->data[0]);
		fibers_run();
	}
	request->status = OK;
	request->label = 0;
	request->caps = 0;
}

static void workers_open(void)
{
	const struct start_grant *client = NULL;

	while ((client = start_next(GRANT_CLIENT, client)) != NULL)
		clients++;
	workers_idle = running->workers;
	for (uint32_t i = 0; i < running->workers; i++)
		fiber_create(&workers[i].fiber, running->stacks + i * running->stack_bytes, running->stack_bytes);
}

/* Goes on with what the instance before has left. A client that sends it again gets the result of this. */
static void workers_resume(void)
{
	for (uint32_t i = 0; running->left && i < running->workers; i++)
		if (running->left(running->context, i, &workers[i].exchange)) {
			worker_begin(&workers[i], workers[i].exchange.badge, workers[i].exchange.data[0]);
			fiber_start(&workers[i].fiber, worker_resume, &workers[i]);
		}
	fibers_run();
}

/* Tells every client that this is a new instance. */
static void generations_advance(void)
{
	const struct start_grant *client = NULL;

	while ((client = start_next(GRANT_CLIENT, client)) != NULL) {
		size_t bytes;
		struct session_page *page = (struct session_page *)file_service_buffer(NULL, client->argument, &bytes);

		if (!page || bytes < SESSION_DATA)
			continue;
		__atomic_store_n(&page->generation, page->generation + 1, __ATOMIC_RELEASE);
		if (start_page->instance)
			client_signal(client->argument);
	}
}

static uint64_t next_tick; /* of a service with tick_ns; 0: without */
static const uint64_t *due = &next_tick;

/* Ticks, if it is time. */
static void tick_run(void)
{
	uint64_t now = clock_now();

	if (!*due || now < *due)
		return;
	next_tick = now + running->tick_ns;
	running->tick(running->context);
	fibers_run();
}

/* With a time for the next tick. */
__attribute__((noinline)) static enum error message_await_ticking(struct request *request, bool answers)
{
	enum error error;

	tick_run();
	do {
		if (*due)
			error = answers ? service_reply_receive_until(request, *due) : service_receive_until(request, *due);
		else
			error = answers ? service_reply_receive(request) : service_receive(request);
		answers = false;
		if (error == ERR_TIMEOUT)
			tick_run();
	} while (error == ERR_TIMEOUT);
	return error;
}

/* Answers the request (the first time there is none) and waits for the next message, ticking meanwhile. */
static inline enum error message_await(struct request *request, bool answers)
{
	if (*due)
		return message_await_ticking(request, answers);
	return answers ? service_reply_receive(request) : service_receive(request);
}

void file_service_run(const struct file_service *service)
{
	struct request request;
	enum error error;

	running = service;
	workers_open();
	workers_resume();
	generations_advance();
	if (service->due)
		due = service->due;
	else if (service->tick)
		next_tick = clock_now() + service->tick_ns;
	error = message_await(&request, false);
	while (error == OK) {
		message_serve(&request);
		error = message_await(&request, true);
	}
}

static void request_refuse(void *context, uint32_t worker, struct file_exchange *exchange)
{
	(void)context;
	(void)worker;
	exchange->words = 1;
	exchange->data[0] = (uint64_t)-EIO;
}

void file_service_refuse(const char *why)
{
	const struct file_service service = {.handle = request_refuse};

	log_print("every request is answered with EIO: %s\n", why);
	health_degraded("every request is answered with EIO: %s", why);
	for (;;)
		file_service_run(&service);
}
