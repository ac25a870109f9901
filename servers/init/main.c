/* SPDX-License-Identifier: MIT */
/*
 * init: the first program, and the only one that is trusted with everything. It makes the objects of the plan, starts all services in the plan's order, and then serves the supervisor: end an
 * instance, build the next one, tell about them; and the manager of devices: lend their memory to their drivers. It calls nobody, decides nothing that can be decided elsewhere, and parses nothing: the plan is arrays (abi/plan.h).
 *
 * It watches one service itself, the supervisor. Without a supervisor in the plan a service that faults stays where it is, and is reported. When init cannot go on the machine halts with a report.
 */
#include "abi/boot.h"
#include "instance.h"
#include "lib/clock.h"
#include "lib/console.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/package.h"
#include "lib/runtime.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/start.h"
#include "lib/string.h"
#include "lib/watch.h"
#include "log.h"
#include "objects.h"

#define SLOTS_FIRST 128
#define SLOTS_COUNT ((1 << INIT_CNODE_BITS) - SLOTS_FIRST)
#define TABLE_PAGES 96
#define SECOND 1000000000ull
#define LOOK_TIME (SECOND / 4) /* between two looks at the supervisor */
#define SUPERVISOR_YOUNG (2 * SECOND) /* one that dies sooner after its start dies of the start */
#define SUPERVISOR_YOUNG_DEATHS 8

static struct service services[PLAN_SERVICES_MAX];
static handle_t endpoint, reply;
static struct watch supervisor_watch;
static const struct start_beat *supervisor_beat;
static handle_t supervisor_ask; /* capability to ask the supervisor for a sign of life */
static uint64_t supervisor_started, supervisor_young_deaths;

/* What came last, and what is answered. */
struct exchange {
	struct kernel_call call;
	uint64_t answers; /* CALL_REPLY when a caller waits */
	uint64_t words, label;
	enum error status;
};

_Noreturn static void give_up(const char *what, const char *name, enum error error)
{
	char *reason = (char *)thread_self()->page;

	print("init: %s %s: error %u\n", what, name, (uint64_t)error);
	memset(reason, 0, 128);
	memcpy(reason, "init cannot go on", sizeof("init cannot go on"));
	(void)!cpu_halt(INIT_SLOT_CPU_CONTROL);
	debug_exit(DEBUG_EXIT_FAILED);
}

/* Finds a blob of the package without mapping it. */
static const struct boot_blob *blob_find(const struct boot_package *package, const char *name)
{
	for (uint32_t i = 0; i < package->blob_count && i < BOOT_BLOBS_MAX; i++)
		if (strcmp(package->blob[i].name, name) == 0)
			return &package->blob[i];
	return NULL;
}

static void plan_find(void)
{
	const struct boot_package *package = package_header();
	const struct boot_blob *plan_blob = package ? blob_find(package, PLAN_BLOB) : NULL, *image_blob = package ? blob_find(package, IMAGE_BLOB) : NULL;
	uint64_t size;
	const struct plan *plan = package_blob(PLAN_BLOB, &size);

	if (!plan || !plan_blob || !image_blob)
		give_up("the package has no", "plan", ERR_NOCAP);
	if (size < sizeof(*plan) || plan->magic != PLAN_MAGIC || plan->version != PLAN_VERSION || plan->bytes != size || plan->service_count > PLAN_SERVICES_MAX ||
	    plan->object_count > PLAN_OBJECTS_MAX)
		give_up("the plan is of another version than", "init", ERR_ARGUMENT);
	system = (struct system){plan, image_blob->offset, plan_blob->offset, boot_information->package_size};
}

static void ring_drain(void)
{
	enum error error = log_drain();

	if (error != OK)
		give_up("cannot free", "the commit ring", error);
}

static void objects_prepare(handle_t memory)
{
	uint32_t failed = 0;
	enum error error = objects_make(system.plan, memory, &failed);

	if (error != OK)
		give_up("cannot make", plan_objects(system.plan)[failed].name, error);
	for (uint32_t i = 0; i < system.plan->object_count; i++)
		if (plan_objects(system.plan)[i].kind == PLAN_INIT)
			endpoint = object_handle(i);
	error = object_create(OBJECT_REPLY, 0, &reply);
	if (error == OK)
		error = log_prepare(system.plan);
	if (error != OK)
		give_up("cannot make", "its own objects", error);
}

/* A service that cannot be started at boot is a mistake in the plan. */
static void service_run(struct service *service)
{
	const char *step = "";
	enum error error;

	ring_drain();
	error = instance_start(service, &step);
	if (error != OK) {
		print("init: %s: %s\n", service->plan->name, step);
		give_up("cannot start", service->plan->name, error);
	}
}

static void supervisor_start(void)
{
	struct service *supervisor = &services[system.plan->supervisor];

	service_run(supervisor);
	supervisor_started = clock_now();
	watch_start(&supervisor_watch, supervisor->plan->heartbeat);
}

/* The supervisor's signs of life are asked for by init: they lie in the page that the plan has for them. */
static void supervisor_prepare(void)
{
	const struct plan_service *plan = services[system.plan->supervisor].plan;
	const struct plan_grant *grant = plan_grants(system.plan) + plan->first_grant;

	for (uint32_t i = 0; i < plan->grant_count; i++)
		if (grant[i].kind == GRANT_BEAT && strcmp(grant[i].name, "beat") == 0)
			supervisor_beat = object_beat(grant[i].object);
	supervisor_ask = slot_allocate();
	if (!supervisor_beat || cnode_mint(INIT_SLOT_CNODE, supervisor_ask, INIT_SLOT_CNODE, object_handle(plan->notification), RIGHT_WRITE, 1ull << START_BIT_BEAT) != OK)
		give_up("cannot watch", plan->name, ERR_NOMEM);
}

static void supervisor_restart(enum start_ended ended)
{
	struct service *supervisor = &services[system.plan->supervisor];

	supervisor_young_deaths = clock_now() - supervisor_started < SUPERVISOR_YOUNG ? supervisor_young_deaths + 1 : 0;
	print("init: the supervisor %s; it is started again\n", ended == ENDED_HANG ? "hangs" : "has ended by a fault");
	if (supervisor_young_deaths > SUPERVISOR_YOUNG_DEATHS)
		give_up("dies again and again:", supervisor->plan->name, ERR_STATE);
	ring_drain();
	if (instance_stop(supervisor, ended) != OK)
		give_up("cannot end", supervisor->plan->name, ERR_STATE);
	supervisor_start();
}

/* One look at the supervisor. */
static void supervisor_look(void)
{
	static const uint64_t none[4];
	struct thread_status status;
	struct watch_sight sight;
	uint64_t words[4];

	if (thread_inform(instance_last(&services[system.plan->supervisor])->part + PART_THREAD, &status) != OK)
		return;
	memcpy(words, none, sizeof(words));
	sight = (struct watch_sight){
		.beats = __atomic_load_n(&supervisor_beat->beats, __ATOMIC_ACQUIRE),
		.computing = __atomic_load_n(&supervisor_beat->computing, __ATOMIC_ACQUIRE),
		.cpu_time = status.cpu_time,
		.state = status.state,
	};
	switch (watch_look(&supervisor_watch, &sight)) {
	case WATCH_ASK:
		(void)call_short(supervisor_ask, call_word(CALL_SEND, 0, 0, 0), words); /* a refusal shows as silence */
		break;
	case WATCH_HUNG:
		supervisor_restart(ENDED_HANG);
		break;
	case WATCH_WAIT:
		break;
	}
}

/* A fault that comes to init: the supervisor's, or anybody's when there is none. */
static void fault_take(struct exchange *exchange)
{
	uint64_t index = exchange->call.target - 1;
	const uint64_t *word = exchange->call.data;
	const char *name = index < system.plan->service_count ? services[index].plan->name : "?";

	exchange->label = RESUME_SUSPEND;
	if (word[0] == START_EXIT_VECTOR)
		print("init: %s has ended\n", name);
	else
		print("init: %s: fault %u at [%p], address %p, error code %x\n", name, word[0], word[3], word[1], word[2]);
	if (index == system.plan->supervisor)
		supervisor_restart(word[0] == START_EXIT_VECTOR ? ENDED_EXIT : ENDED_FAULT);
}

/* Ends the instance that runs, with the words that are to be kept. */
static enum error service_stop(struct service *service, const uint64_t *word)
{
	enum error error = instance_stop(service, (enum start_ended)word[1]);

	if (error == OK)
		memcpy(service->note, &word[2], sizeof(service->note));
	return error;
}

static enum error request_start(const uint64_t *word)
{
	struct service *service = &services[word[0]];
	const char *step;
	enum error error = OK;

	ring_drain();
	if (service->state == SERVICE_RUNNING)
		error = service_stop(service, word);
	if (error == OK)
		error = instance_start(service, &step);
	if (error == OK)
		memcpy(service->note, &word[2], sizeof(service->note));
	return error;
}

static enum error request_stop(const uint64_t *word)
{
	ring_drain();
	return services[word[0]].state == SERVICE_RUNNING ? service_stop(&services[word[0]], word) : ERR_STATE;
}

static enum error request_inform(uint64_t *word)
{
	struct service *service = &services[word[0]];
	struct thread_status status = {0};
	enum error error = service->state == SERVICE_NEW ? OK : thread_inform(instance_last(service)->part + PART_THREAD, &status);

	word[0] = service->state;
	word[1] = service->started;
	word[2] = status.cpu_time;
	word[3] = status.state;
	word[4] = status.fault_address;
	word[5] = service->ended;
	memcpy(&word[6], service->note, sizeof(service->note));
	return error;
}

/* The registers go to the message page behind the words that travel in registers. */
static enum error request_remains(uint64_t *word)
{
	struct service *service = &services[word[0]];
	const struct instance *instance = instance_remains(service);
	struct thread_registers registers;
	enum error error = instance ? thread_read_registers(instance->part + PART_THREAD, &registers) : ERR_STATE;

	if (error != OK)
		return error;
	memcpy(&thread_self()->page->words[MESSAGE_REGISTER_WORDS], &registers, sizeof(registers));
	word[0] = instance->number;
	word[1] = service->ended;
	return OK;
}

static enum error request_peek(uint64_t *word)
{
	uint64_t words[INIT_PEEK_WORDS], count = word[2] < INIT_PEEK_WORDS ? word[2] : INIT_PEEK_WORDS;

	word[0] = instance_peek(&services[word[0]], word[1], count, words);
	memcpy(&thread_self()->page->words[MESSAGE_REGISTER_WORDS], words, word[0] * sizeof(uint64_t));
	return OK;
}

/* Whether the plan says that the service at `caller` hands out the device of the one at `driver`. */
static bool lends_to(uint64_t caller, uint64_t driver)
{
	const struct plan_service *plan = services[caller].plan;
	const struct plan_grant *grant = plan_grants(system.plan) + plan->first_grant;

	for (uint32_t i = 0; i < plan->grant_count; i++)
		if (grant[i].kind == GRANT_DEVICE_OWNER && grant[i].argument == driver + 1)
			return true;
	return false;
}

static enum error request_lend(uint64_t caller, const uint64_t *word)
{
	uint32_t count;
	const struct object_window *window = object_windows(&count);

	if (caller >= system.plan->service_count || !lends_to(caller, word[0]))
		return ERR_RIGHTS;
	if (word[1] >= count)
		return ERR_ARGUMENT;
	ring_drain();
	return instance_lend(&services[word[0]], window[word[1]].region, word[2], word[3], word[4]);
}

/* Requests come from the supervisor, but LEND, which comes from the manager of devices: the badge says who it is. */
static void request_take(struct exchange *exchange)
{
	uint64_t *word = exchange->call.data, request = answer_label(exchange->call.word);

	exchange->words = 0;
	exchange->label = 0;
	exchange->status = ERR_ARGUMENT;
	if (request == INIT_LEND) {
		exchange->status = request_lend(exchange->call.target - 1, word);
		return;
	}
	if (exchange->call.target != system.plan->supervisor + 1ull) {
		exchange->status = ERR_RIGHTS;
		return;
	}
	if (request == INIT_HALT)
		give_up("is told to halt by", "the supervisor", OK);
	if (word[0] >= system.plan->service_count || (word[0] == system.plan->supervisor && (request == INIT_START || request == INIT_STOP)))
		return;
	switch (request) {
	case INIT_START:
		exchange->status = request_start(word);
		break;
	case INIT_STOP:
		exchange->status = request_stop(word);
		break;
	case INIT_INFORM:
		exchange->status = request_inform(word);
		exchange->words = 6 + INIT_NOTE_WORDS;
		break;
	case INIT_HANG:
		exchange->status = instance_hang(&services[word[0]]);
		break;
	case INIT_REMAINS:
		exchange->status = request_remains(word);
		exchange->words = MESSAGE_REGISTER_WORDS + sizeof(struct thread_registers) / sizeof(uint64_t);
		break;
	case INIT_PEEK:
		exchange->status = request_peek(word);
		exchange->words = MESSAGE_REGISTER_WORDS + INIT_PEEK_WORDS;
		break;
	default:
		exchange->status = ERR_METHOD;
	}
}

/* Answers what is to be answered and waits for the next message, at most until the next look at the supervisor is due. */
static enum error exchange_next(struct exchange *exchange, bool supervised)
{
	struct kernel_call *call = &exchange->call;

	call->word = call_word(exchange->answers | CALL_RECEIVE | (supervised ? CALL_DEADLINE : 0), exchange->words, 0, exchange->label) |
		     (uint64_t)exchange->status << CALL_STATUS_SHIFT;
	call->source = endpoint;
	call->reply = reply;
	call->deadline = clock_now() + LOOK_TIME;
	exchange->answers = 0;
	exchange->words = 0;
	return kernel_call(call);
}

_Noreturn static void serve(bool supervised)
{
	struct exchange exchange = {.answers = 0};

	for (;;) {
		enum error error = exchange_next(&exchange, supervised);

		ring_drain();
		if (error == ERR_TIMEOUT) {
			supervisor_look();
			continue;
		}
		if (error != OK)
			give_up("cannot receive at", "its Endpoint", error);
		if (answer_kind(exchange.call.word) == MESSAGE_NOTIFICATION)
			continue;
		exchange.answers = CALL_REPLY;
		if (answer_kind(exchange.call.word) == MESSAGE_FAULT)
			fault_take(&exchange);
		else if (answer_kind(exchange.call.word) == MESSAGE_CALL)
			request_take(&exchange);
		else
			exchange.answers = 0;
	}
}

/* Bytes of an Untyped that are no longer free. */
static uint64_t memory_taken(handle_t memory)
{
	struct capability_state state = {0};

	return cnode_query(INIT_SLOT_CNODE, memory, &state) == OK ? state.watermark : 0;
}

int main(void)
{
	handle_t memory = memory_largest(boot_information), tables;
	bool supervised;
	uint64_t taken;
	enum error error;

	slots_use(SLOTS_FIRST, SLOTS_COUNT);
	tables = slot_allocate();
	error = vspace_donate(INIT_SLOT_VSPACE, memory, INIT_SLOT_CNODE, tables, TABLE_PAGES);
	if (error != OK)
		give_up("has no memory for", "its tables", error);
	plan_find();
	objects_prepare(memory);
	supervised = system.plan->supervisor != PLAN_NONE;
	for (uint32_t i = 0; error == OK && i < system.plan->service_count; i++) {
		error = service_prepare(&services[i], i, memory);
		if (error != OK)
			give_up("has no memory for", plan_services(system.plan)[i].name, error);
	}
	if (supervised)
		supervisor_prepare();
	taken = memory_taken(memory);
	error = objects_make_rest(system.plan, memory);
	if (error != OK)
		give_up("cannot give away", "the rest of the memory", error);
	for (uint32_t i = 0; i < system.plan->service_count; i++) {
		if (i == system.plan->supervisor)
			supervisor_start();
		else
			service_run(&services[i]);
	}
	print("init: %u services are up after %u us, %u KiB are taken\n", (uint64_t)system.plan->service_count, clock_now() / 1000, taken >> 10);
	serve(supervised);
}
