/* SPDX-License-Identifier: MIT */
/* The producer's side of the text ring (lib/log.h, struct start_text). The printer's index is read once a call and believed only within the ring's bounds. */
#include "lib/log.h"

#include "lib/format.h"
#include "lib/service.h"

#define LINE_BYTES 256

/* How much fits: nothing when the printer's index is nonsense. */
static uint64_t room(struct start_text *ring)
{
	uint64_t waiting = ring->produced - __atomic_load_n(&ring->consumed, __ATOMIC_ACQUIRE);

	return waiting <= START_TEXT_BYTES ? START_TEXT_BYTES - waiting : 0;
}

void log_write(const char *text, size_t size)
{
	const struct start_grant *grant = start_page ? start_find("text") : NULL;
	struct start_text *ring = grant ? (struct start_text *)grant->address : NULL;
	uint64_t produced;

	if (!ring)
		return;
	if (size > room(ring)) {
		ring->dropped += size;
		return;
	}
	produced = ring->produced;
	for (size_t i = 0; i < size; i++)
		ring->text[(produced + i) % START_TEXT_BYTES] = text[i];
	__atomic_store_n(&ring->produced, produced + size, __ATOMIC_RELEASE);
	service_signal(start_signal("printer"));
}

void log_print(const char *format, ...)
{
	char line[LINE_BYTES];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = text_format(line, sizeof(line), format, arguments);
	va_end(arguments);
	log_write(line, length);
}
