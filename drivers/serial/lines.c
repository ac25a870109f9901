/* SPDX-License-Identifier: MIT */
/* The order of what is printed (drivers/serial/lines.h): a service's line is printed whole, services take turns, the terminal goes first. */
#include "drivers/serial/lines.h"

#include "lib/string.h"

void lines_open(struct lines *lines)
{
	memset(lines, 0, sizeof(*lines));
}

bool lines_add(struct lines *lines, const char *name, struct start_text *text)
{
	if (lines->count == LINES_SERVICES)
		return false;
	lines->service[lines->count++] = (struct lines_service){.name = name, .text = text};
	lines->current = lines->count;
	return true;
}

/* How many bytes wait in a service's ring; none when its indexes are nonsense. */
static uint64_t text_waits(struct lines_service *service)
{
	uint64_t waits = service->foul ? 0 : __atomic_load_n(&service->text->produced, __ATOMIC_ACQUIRE) - __atomic_load_n(&service->text->consumed, __ATOMIC_RELAXED);

	service->foul |= waits > START_TEXT_BYTES;
	return service->foul ? 0 : waits;
}

static uint8_t text_take(struct start_text *text)
{
	uint64_t consumed = __atomic_load_n(&text->consumed, __ATOMIC_RELAXED);
	uint8_t byte = (uint8_t)text->text[consumed % START_TEXT_BYTES];

	__atomic_store_n(&text->consumed, consumed + 1, __ATOMIC_RELEASE);
	return byte;
}

static void prefix_set(struct lines *lines, const char *name, bool new_line)
{
	size_t length = strlen(name), at = 0;

	if (length > LINES_PREFIX - 4)
		length = LINES_PREFIX - 4;
	if (new_line)
		lines->prefix[at++] = '\n';
	memcpy(lines->prefix + at, name, length);
	memcpy(lines->prefix + at + length, ": ", 2);
	lines->prefix_length = (unsigned)(at + length + 2);
	lines->prefix_at = 0;
}

/* Chooses the next service that has something to say, in turns. */
static bool service_choose(struct lines *lines)
{
	for (unsigned i = 1; i <= lines->count; i++) {
		unsigned next = (lines->current + i) % lines->count;

		if (lines->current == lines->count)
			next = i - 1;
		if (text_waits(&lines->service[next]) == 0)
			continue;
		lines->current = next;
		prefix_set(lines, lines->service[next].name, lines->column);
		lines->column = false;
		return true;
	}
	return false;
}

static bool line_under_way(const struct lines *lines)
{
	return lines->prefix_length != 0;
}

/* A byte of the line that is under way. */
static bool line_take(struct lines *lines, uint8_t *byte)
{
	struct lines_service *service = &lines->service[lines->current];

	if (lines->prefix_at < lines->prefix_length) {
		*byte = (uint8_t)lines->prefix[lines->prefix_at++];
		return true;
	}
	if (text_waits(service) == 0) {
		lines->prefix_length = 0; /* half a line: others go on behind a line feed of ours */
		*byte = '\n';
		return true;
	}
	*byte = text_take(service->text);
	if (*byte == '\n')
		lines->prefix_length = 0;
	return true;
}

bool lines_take(struct lines *lines, uint8_t *byte)
{
	if (line_under_way(lines))
		return line_take(lines, byte);
	if (lines->terminal && ring_pop(lines->terminal, byte) == RING_OK) {
		lines->column = *byte != '\n';
		return true;
	}
	return lines->count && service_choose(lines) && line_take(lines, byte);
}
