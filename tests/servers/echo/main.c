/* SPDX-License-Identifier: MIT */
/*
 * The other side of the tests of the runtime (tests/servers/caller): answers with what it was sent, with sums over the shared buffer, and signals its caller. Request numbers are in echo.h.
 */
#include "echo.h"
#include "lib/clock.h"
#include "lib/service.h"

/* Sum of the bytes at data[0], data[1] of them, in the caller's buffer. */
static enum error buffer_sum(struct request *request)
{
	const struct start_grant *buffer = start_buffer(request->badge);
	uint64_t sum = 0;

	if (!buffer || request->data[0] > buffer->bytes || request->data[1] > buffer->bytes - request->data[0])
		return ERR_ARGUMENT;
	for (uint64_t i = 0; i < request->data[1]; i++)
		sum += ((const volatile unsigned char *)buffer->address)[request->data[0] + i];
	request->data[0] = sum;
	return OK;
}

/* In the state Region, which outlives this instance. */
struct state {
	volatile uint64_t count;
	volatile uint64_t done; /* the last value of ECHO_ONCE */
};

static struct state *state(void)
{
	return (struct state *)start_find("state")->address;
}

static void burn(uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	while (clock_now() < end)
		service_alive();
}

static void request_serve(struct request *request);

static void once(struct request *request)
{
	if (state()->done != request->data[1]) {
		state()->done = request->data[1];
		request->label = request->data[0];
		request->data[0] = 8; /* an address where nothing is */
		request_serve(request);
	}
	request->data[0] = start_page->instance;
	request->words = 1;
}

static void request_serve(struct request *request)
{
	switch (request->label) {
	case ECHO_WORDS:
		for (int i = 0; i < MESSAGE_REGISTER_WORDS; i++)
			request->data[i] += 1;
		break;
	case ECHO_SUM:
		request->status = buffer_sum(request);
		request->words = 1;
		break;
	case ECHO_SIGNAL:
		service_signal(start_signal("caller"));
		break;
	case ECHO_COUNT:
		request->data[0] = ++state()->count;
		request->data[1] = start_page->instance;
		request->data[2] = start_page->ended;
		request->words = 3;
		break;
	case ECHO_FAULT:
		*(volatile uint64_t *)request->data[0] = 1; /* the caller says where nothing is */
		break;
	case ECHO_SPIN:
		for (volatile bool on = true; on;)
			;
		break;
	case ECHO_EXIT:
		break;
	case ECHO_BURN:
		burn(request->data[0]);
		break;
	case ECHO_ONCE:
		once(request);
		break;
	default:
		request->status = ERR_METHOD;
	}
}

int main(void)
{
	struct request request;
	enum error error = service_receive(&request);

	while (error == OK) {
		if (request.kind == MESSAGE_CALL)
			request_serve(&request);
		if (request.kind == MESSAGE_CALL && request.label == ECHO_EXIT)
			return 0;
		error = service_reply_receive(&request);
	}
	return 1;
}
