/* SPDX-License-Identifier: MIT */
/*
 * Tests of the runtime of services, from a client's side: the start page, a session with a buffer and signals, memory. Prints TAP straight to the serial port and ends the machine, for which the manifest
 * gives it the ports.
 */
#include "lib/clock.h"
#include "lib/console.h"
#include "lib/memory.h"
#include "lib/service.h"
#include "lib/space.h"
#include "lib/string.h"
#include "tests/servers/echo/echo.h"

static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

static bool words_come_back(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {1, 2, 3, 4, 5, 6, 7, 8};

	if (service_call(start_session("echo"), ECHO_WORDS, 8, data) != OK)
		return false;
	for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++)
		if (data[i] != i + 2)
			return false;
	return true;
}

static bool buffer_is_shared(void)
{
	const struct start_grant *buffer = start_buffer_of("echo");
	uint64_t data[MESSAGE_REGISTER_WORDS] = {100, 3};

	if (!buffer || buffer->bytes != 16384)
		return false;
	memcpy((void *)(buffer->address + 100), "\1\2\3\4", 4);
	return service_call(start_session("echo"), ECHO_SUM, 2, data) == OK && data[0] == 6;
}

static bool bounds_are_checked(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {16384, 1};

	return service_call(start_session("echo"), ECHO_SUM, 2, data) == ERR_ARGUMENT;
}

static bool signal_arrives(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0}, badge = start_find("signal:echo")->argument;
	const struct start_grant *peer = start_next(GRANT_BUFFER, NULL);
	struct request request;

	if (service_call(start_session("echo"), ECHO_SIGNAL, 0, data) != OK || service_receive_until(&request, clock_now() + 10000000000ull) != OK)
		return false;
	return badge == start_page->service + 1 && request.kind == MESSAGE_NOTIFICATION && request.data[0] == service_bit(peer->argument);
}

static bool deadline_ends_receive(void)
{
	struct request request;

	return service_receive_until(&request, clock_now() + 1000000) == ERR_TIMEOUT;
}

static bool page_is_right(void)
{
	const struct start_grant *blob = start_find("greeting");

	return start_page->magic == START_MAGIC && strcmp(start_page->name, "caller") == 0 && start_page->instance == 0 && start_page->ended == ENDED_NOT && blob &&
	       memcmp((const void *)blob->address, "SPDX", 4) != 0 && blob->bytes > 10;
}

static bool heap_is_clear(void)
{
	const struct start_grant *heap = start_find("heap");
	volatile uint64_t *word = heap ? (volatile uint64_t *)heap->address : NULL;

	if (!word || heap->bytes != 4 << 20 || heap->address != START_HEAP_ADDRESS)
		return false;
	for (uint64_t i = 0; i < heap->bytes / 8; i += 512)
		if (word[i] != 0)
			return false;
	word[heap->bytes / 8 - 1] = 7;
	return word[heap->bytes / 8 - 1] == 7;
}

static bool untyped_makes_objects(void)
{
	handle_t region, mapping;
	vaddr_t address = 0;

	memory_use(start_find("untyped")->slot);
	if (region_allocate(4, &region) != OK || space_map(&own_space, region, 4, MAP_READ | MAP_WRITE, &address, &mapping) != OK)
		return false;
	*(volatile uint64_t *)address = 5;
	return address >= START_OWN_ADDRESS && *(volatile uint64_t *)address == 5;
}

int main(void)
{
	console_use(start_find("test")->slot);
	print("1..8\n");
	check(page_is_right(), "start-page", "a service finds its name and its files in its start page");
	check(words_come_back(), "session-words", "eight words travel through a session");
	check(buffer_is_shared(), "session-buffer", "client and server see the same buffer");
	check(bounds_are_checked(), "session-bounds", "an offset beyond the buffer is refused");
	check(signal_arrives(), "session-signal", "a server's signal arrives in the bit of its badge");
	check(deadline_ends_receive(), "receive-deadline", "a receive ends at its deadline");
	check(heap_is_clear(), "heap", "the heap has its size and is clear");
	check(untyped_makes_objects(), "untyped", "a service makes objects from its Untyped and maps them itself");
	debug_exit(failed ? DEBUG_EXIT_FAILED : DEBUG_EXIT_PASSED);
}
