/* SPDX-License-Identifier: MIT */
/* Clients of a server of files (clients.h). */
#include "clients.h"

#include <string.h>

#include "tests/host/double-fetch/hostile.h"

#define SLOT 16 /* bytes: names and paths lie at multiples of this */
#define RESTART 7 /* a byte that inputs seldom have by chance: a restart takes long */

static const char *const texts[] = {"a", "b", "c", "directory", "file", "link", "..", "/", "/a", "/a/b", "a/b/c", "/a/../b", "/directory/a", "./link/a", "//b/", "mount:/"};

static void buffer_fill(unsigned char *buffer, size_t bytes)
{
	memset(buffer, 0, bytes);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		memcpy(buffer + SESSION_DATA + i * SLOT, texts[i], strlen(texts[i]));
}

/* One request on its way, for hostile_run(). */
struct delivery {
	struct clients *clients;
	struct file_exchange exchange;
};

static void delivery_make(void *context)
{
	struct delivery *delivery = context;

	delivery->clients->handle(delivery->clients->context, &delivery->exchange);
}

/* The client stores a word after one of the server's looks at its buffer, if it has one. */
static void deliver_watched(struct delivery *delivery)
{
	struct clients *clients = delivery->clients;
	struct input *input = &clients->requester.input;
	struct hostile hostile = {
		.memory = (uint64_t *)clients->buffer[delivery->exchange.badge],
		.bytes = clients->requester.buffer_bytes,
		.access = 1 + (unsigned)input_take(input, 1) % 16,
		.word = (SESSION_DATA + input_take(input, 1) * sizeof(uint64_t)) / sizeof(uint64_t),
		.value = word_draw(&clients->requester, delivery->exchange.badge),
	};

	if (hostile.memory)
		hostile_run(&hostile, delivery_make, delivery);
	else
		delivery_make(delivery);
}

static void request_step(struct clients *clients, bool watched)
{
	struct delivery delivery = {clients, request_draw(&clients->requester)};

	if (watched)
		deliver_watched(&delivery);
	else
		delivery_make(&delivery);
	answer_judge(&clients->requester, &delivery.exchange);
}

static void scribble(struct clients *clients)
{
	struct input *input = &clients->requester.input;
	unsigned char *buffer = clients->buffer[input_take(input, 1) % REQUEST_BADGES];
	uint64_t at = input_take(input, 2), value = word_draw(&clients->requester, 1);

	if (buffer)
		memcpy(buffer + at % (clients->requester.buffer_bytes - sizeof(value)), &value, sizeof(value));
}

void clients_run(struct clients *clients, const uint8_t *data, size_t size)
{
	clients->requester.input = (struct input){data, size};
	for (unsigned badge = 0; badge < REQUEST_BADGES; badge++)
		if (clients->buffer[badge])
			buffer_fill(clients->buffer[badge], clients->requester.buffer_bytes);
	while (clients->requester.input.left) {
		uint64_t what = input_take(&clients->requester.input, 1);

		if (what == RESTART)
			clients->restart(clients->context);
		else if (what < 32)
			scribble(clients);
		else
			request_step(clients, what >= 240);
	}
}
