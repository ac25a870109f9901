/* SPDX-License-Identifier: MIT */
/*
 * The world of a service (service_world.h): its memory, and the loop around it.
 *
 * The service's main() is called for each input and seldom returns: the world, being called by the service, jumps back when the service dies or the input has ended. Kernel calls are in service_kernel.c.
 */
#include "service_world.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assert.h"
#include "lib/clock.h"
#include "lib/thread.h"
#include "tests/host/harness/service_kernel.h"

#define CLOCK_START 1000000000ull /* ns: nothing begins at 0 */
#define CLOCK_STEP_MOST 100000000ull
#define NAME_ROOM 64 /* more than a grant's name may have */

static struct service_world *world;
static jmp_buf outside; /* of the instance */
static bool input_over;

/* The service's variables. */

extern uint64_t __start_instance_data[] __attribute__((weak)), __stop_instance_data[] __attribute__((weak));
extern uint64_t __start_instance_bss[] __attribute__((weak)), __stop_instance_bss[] __attribute__((weak));

/* Not memcpy(): between the variables lies what ASan lets nobody touch. */
__attribute__((no_sanitize("address"))) static void words_copy(volatile uint64_t *to, const uint64_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++)
		to[i] = from ? from[i] : 0;
}

/* Puts them back to what they were when this was called first. */
static void variables_reset(void)
{
	static uint64_t *first;
	size_t words = (size_t)(__stop_instance_data - __start_instance_data);

	if (first)
		words_copy(__start_instance_data, first, words);
	else if ((first = malloc(words * sizeof(*first) + 1)))
		words_copy(first, __start_instance_data, words);
	words_copy(__start_instance_bss, NULL, (size_t)(__stop_instance_bss - __start_instance_bss));
}

/* What the runtime of a service finds in its processor. */

struct thread_block *thread_self(void)
{
	static _Alignas(PAGE_SIZE) unsigned char page[PAGE_SIZE]; /* more than a struct message_page has: batches fill it */
	static struct thread_block block = {.self = &block, .page = (struct message_page *)page};

	return &block;
}

uint64_t clock_now(void)
{
	world->step = world->step < CLOCK_STEP_MOST ? world->step * 2 : CLOCK_STEP_MOST;
	return world->now += world->step;
}

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	complain("%s:%u: assertion failed: %s", file, line, condition);
}

/* The start page. */

struct start_grant *service_world_grant(struct service_world *made, enum grant_kind kind, const char *name)
{
	struct start_grant *grant = &made->page->grant[made->page->grant_count];

	if (made->page->grant_count++ == START_GRANTS_MAX || strlen(name) >= sizeof(grant->name))
		abort();
	*grant = (struct start_grant){.kind = kind};
	strcpy(grant->name, name);
	return grant;
}

struct start_grant *service_world_memory(struct service_world *made, enum grant_kind kind, const char *name, size_t bytes, bool instance)
{
	struct start_grant *grant = service_world_grant(made, kind, name);

	if (made->areas == WORLD_AREAS_MAX || bytes % PAGE_SIZE != 0)
		abort();
	made->area[made->areas++] = (struct world_area){guarded_pages(bytes), bytes, instance};
	grant->address = (uint64_t)made->area[made->areas - 1].memory;
	grant->bytes = bytes;
	return grant;
}

void service_world_client(struct service_world *made, const char *name, uint64_t badge, handle_t signal)
{
	char signal_name[NAME_ROOM];

	snprintf(signal_name, sizeof(signal_name), "signal:%s", name);
	service_world_grant(made, GRANT_CLIENT, name)->argument = badge;
	service_world_grant(made, GRANT_SIGNAL, signal_name)->slot = (uint32_t)signal;
}

unsigned char *service_world_buffer(struct service_world *made, const char *name, uint64_t badge, size_t bytes)
{
	char buffer_name[NAME_ROOM];
	struct start_grant *grant;

	snprintf(buffer_name, sizeof(buffer_name), "buffer:%s", name);
	grant = service_world_memory(made, GRANT_BUFFER, buffer_name, bytes, false);
	grant->argument = badge;
	return (unsigned char *)grant->address;
}

void service_world_make(struct service_world *made, const char *name, unsigned replies)
{
	struct start_grant *reply;

	made->page = calloc(START_PAGES_MAX, PAGE_SIZE);
	if (!made->page || replies == 0 || replies > WORLD_REPLIES_MAX || strlen(name) >= sizeof(made->page->name))
		abort();
	*made->page = (struct start_page){.magic = START_MAGIC, .version = START_VERSION};
	strcpy(made->page->name, name);
	service_world_grant(made, GRANT_ENDPOINT, "endpoint")->slot = WORLD_ENDPOINT;
	reply = service_world_grant(made, GRANT_REPLY, "reply");
	reply->slot = WORLD_REPLY;
	reply->argument = replies;
	service_world_memory(made, GRANT_BEAT, "beat", PAGE_SIZE, true);
	made->text = (struct start_text *)service_world_memory(made, GRANT_TEXT, "text", sizeof(struct start_text), true)->address;
}

/* Running. */

void world_leave(bool ended)
{
	input_over = ended;
	longjmp(outside, 1);
}

static void areas_clear(bool instance)
{
	for (unsigned i = 0; i < world->areas; i++)
		if (!instance || world->area[i].instance)
			memset(world->area[i].memory, 0, world->area[i].bytes);
}

/* `ended`: how the instance before did. */
static void instance_begin(enum start_ended ended)
{
	if (ended != ENDED_NOT)
		world->page->instance++;
	world->page->ended = ended;
	variables_reset();
	areas_clear(true);
	memset(world->reply, 0, sizeof(world->reply));
	world->calls_left = 0;
	start_page = world->page;
	if (world->restart)
		world->restart();
}

/* Until the instance dies or the input ends. */
static void instance_run(void)
{
	if (setjmp(outside) == 0) {
		(void)main(); /* the service's: mk/host.mk gives it another name than the program's */
		if (!world->may_end)
			complain("the service has ended");
		input_over = !world->requester.input.left;
	}
	if (world->check)
		world->check();
}

static void input_begin(const uint8_t *data, size_t size)
{
	struct requester *requester = &world->requester;

	requester->input = (struct input){data, size};
	memset(requester->lane, 0, sizeof(requester->lane));
	memset(requester->told, 0, sizeof(requester->told));
	requester->sent = requester->answer = (struct file_exchange){0};
	world->now = CLOCK_START;
	world->page->instance = 0;
	world->may_end = false;
	areas_clear(false);
	if (world->begin)
		world->begin();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!world) {
		world = service_world_target();
		world_kernel_use(world);
	}
	input_begin(data, size);
	instance_begin(ENDED_NOT);
	for (instance_run(); !input_over; instance_run())
		instance_begin((enum start_ended)(ENDED_FAULT + input_take(&world->requester.input, 1) % (ENDED_KILLED - ENDED_FAULT + 1)));
	return 0;
}
