/* SPDX-License-Identifier: MIT */
/*
 * Clients of a server of files, made up by a fuzzer's input: they send requests (requests.h), rewrite their buffers before a request and between any two looks that the server takes at them, and the server is restarted in between. Target programs say what
 * the server is and check it afterwards.
 */
#pragma once

#include "tests/host/harness/requests.h"

struct clients {
	struct requester requester;
	unsigned char *buffer[REQUEST_BADGES]; /* by badge; guarded pages of requester.buffer_bytes, or null: that one has no session */
	void (*handle)(void *context, struct file_exchange *exchange);
	void (*restart)(void *context); /* as after a death between two requests */
	void *context;
};

/* Everything that the input says. Every buffer begins with the same names and paths. */
void clients_run(struct clients *clients, const uint8_t *data, size_t size);
