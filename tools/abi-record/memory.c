/* SPDX-License-Identifier: MIT */
/*
 * Reading from the parts of events (memory.h). A reading may reach over several parts. One that fails has its reason: the process has no memory there, which is what its call finds, too; or the probe could not read what there was, or
 * did not try: these are counted, for a line is wrong then.
 */
#include "tools/abi-record/memory.h"

#include <string.h>

/* The part that has this byte, read or not; null when nobody asked for it. */
static const struct record_part *part_find(const struct record_event *event, uint64_t address, enum record_state *state)
{
	const uint8_t *at = (const uint8_t *)(event + 1), *end = at + event->bytes;
	const struct record_part *found = NULL;

	while (at < end) {
		const struct record_part *part = (const void *)at;

		at += sizeof(*part) + ((part->got + 7) & ~7u);
		if (address < part->address || address - part->address >= part->asked)
			continue;
		*state = part->state;
		if (part->state == RECORD_READ)
			return part;
		found = part;
	}
	return found;
}

enum finding { FOUND, NO_MEMORY, ABSENT, MISSING };

/* Copies from one event; of what it could not copy it tells why. */
static enum finding event_read(const struct record_event *event, uint64_t address, uint8_t *to, size_t bytes)
{
	while (bytes) {
		enum record_state state;
		const struct record_part *part = part_find(event, address, &state);
		size_t skipped, piece;

		if (!part)
			return MISSING;
		if (state != RECORD_READ)
			return state == RECORD_ABSENT ? ABSENT : NO_MEMORY;
		skipped = address - part->address;
		piece = part->got - skipped < bytes ? part->got - skipped : bytes;
		memcpy(to, (const uint8_t *)(part + 1) + skipped, piece);
		address += piece;
		to += piece;
		bytes -= piece;
	}
	return FOUND;
}

bool recorded_read(void *context, uint64_t address, void *to, size_t bytes)
{
	struct recorded_memory *memory = context;
	enum finding finding = event_read(memory->first, address, to, bytes), again;

	if (finding != FOUND && finding != NO_MEMORY && memory->second) {
		again = event_read(memory->second, address, to, bytes);
		finding = again == MISSING ? finding : again;
	}
	memory->absent += finding == ABSENT;
	memory->missing += finding == MISSING;
	return finding == FOUND;
}
