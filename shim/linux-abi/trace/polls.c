/* SPDX-License-Identifier: MIT */
/* Calls that wait for files: poll, select, epoll, and the events of asynchronous I/O. */
#include "trace/polls.h"

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/own.h"
#include "trace/quote.h"

#define SELECT_MOST (1024 * 1024)
#define WORD_BITS 64

static void put_poll(struct trace_line *line, const void *copy, void *context)
{
	const struct linux_pollfd *poll = copy;

	(void)context;
	put_text(line, "{fd=");
	put_signed(line, poll->fd);
	if (poll->fd >= 0) {
		put_text(line, ", events=");
		put_flags(line, &names_poll_events, (uint16_t)poll->events);
	}
	put_character(line, '}');
}

enum outcome argument_polls(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_elements(line, value, (uint32_t)other_of(line, argument), sizeof(struct linux_pollfd), put_poll, NULL);
	return PRINTED;
}

static void put_events(struct trace_line *line, const struct linux_pollfd *poll)
{
	put_text(line, "{fd=");
	put_signed(line, poll->fd);
	put_text(line, ", revents=");
	put_flags(line, &names_poll_events, (uint16_t)poll->revents);
	put_character(line, '}');
}

/* Returns false when nothing was written. */
static bool put_polls_with_events(struct trace_line *line, uint64_t address, uint32_t count)
{
	struct linux_pollfd poll;
	unsigned shown = 0;

	for (uint32_t i = 0; address && i < count; i++) {
		uint64_t place = address + (uint64_t)i * sizeof(poll);
		bool readable = read_memory(line, place, &poll, sizeof(poll));

		if (readable && !poll.revents)
			continue;
		put_text(line, shown ? ", " : "[");
		if (!readable) {
			put_hex(line, place);
			shown++;
			break;
		}
		if (shown++ == TRACE_SHOWN) {
			put_text(line, "...");
			break;
		}
		put_events(line, &poll);
	}
	if (shown)
		put_character(line, ']');
	return shown;
}

void put_ready_polls(struct trace_line *line)
{
	uint64_t timeout = line->call->arguments[2].structure ? line->arguments[2] : 0;
	size_t start = line->used;
	bool events;

	put_text(line, " (");
	if (!line->result) {
		put_text(line, "Timeout)");
		return;
	}
	events = put_polls_with_events(line, line->arguments[0], (uint32_t)line->arguments[1]);
	if (timeout) {
		put_text(line, events ? ", left " : "left ");
		put_structure_at(line, &structure_timespec, timeout);
	}
	if (!events && !timeout)
		line->used = start;
	else
		put_character(line, ')');
}

static uint32_t files_of(const struct trace_line *line)
{
	int32_t count = (int32_t)line->arguments[0];

	return count < 0 ? 0 : count > SELECT_MOST ? SELECT_MOST : (uint32_t)count;
}

/* Whether file `fd` is in the set; `*word` holds the word of the last one asked. False in *readable when it cannot be read. */
static bool is_in_set(const struct trace_line *line, uint64_t address, uint32_t fd, uint64_t *word, bool *readable)
{
	if (fd % WORD_BITS == 0)
		*readable = read_memory(line, address + fd / WORD_BITS * sizeof(*word), word, sizeof(*word));
	return *readable && *word >> fd % WORD_BITS & 1;
}

enum outcome argument_fd_set(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t count = files_of(line);
	size_t start = line->used;
	bool readable = count && value, first = true;
	uint64_t word = 0;

	(void)argument;
	put_character(line, '[');
	for (uint32_t fd = 0; readable && fd < count; fd++) {
		if (!is_in_set(line, value, fd, &word, &readable))
			continue;
		if (!first)
			put_character(line, ' ');
		first = false;
		put_unsigned(line, fd);
	}
	if (readable) {
		put_character(line, ']');
	} else {
		line->used = start;
		put_address(line, value);
	}
	return PRINTED;
}

/* The files of one set that are ready, at most `*left`; `*any` is true when something stands before. */
static void put_ready_set(struct trace_line *line, const char *name, uint64_t address, int64_t *left, bool *any)
{
	uint32_t count = files_of(line);
	bool readable = address, first = true;
	uint64_t word = 0;

	for (uint32_t fd = 0; readable && *left > 0 && fd < count; fd++) {
		if (!is_in_set(line, address, fd, &word, &readable))
			continue;
		if (first) {
			put_text(line, *any ? ", " : "");
			put_text(line, name);
		}
		put_text(line, first ? " [" : " ");
		put_unsigned(line, fd);
		*any = true;
		first = false;
		--*left;
	}
	if (!first)
		put_character(line, ']');
}

void put_ready_sets(struct trace_line *line)
{
	static const char *const names[] = {"in", "out", "except"};
	int64_t left = line->result;
	bool any = false;

	put_text(line, " (");
	if (!line->result) {
		put_text(line, "Timeout)");
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		put_ready_set(line, names[i], line->arguments[1 + i], &left, &any);
	if (line->arguments[4]) {
		put_text(line, any ? ", left " : "left ");
		put_structure_at(line, line->call->arguments[4].structure, line->arguments[4]);
	}
	put_character(line, ')');
}

void put_epoll_event(struct trace_line *line, const void *copy)
{
	const struct linux_epoll_event *event = copy;

	put_text(line, "{events=");
	put_flags(line, &names_epoll_events, event->events);
	put_text(line, ", data={u32=");
	put_unsigned(line, event->data[0]);
	put_text(line, ", u64=");
	put_unsigned(line, event->data[0] | (uint64_t)event->data[1] << 32);
	put_text(line, "}}");
}

enum outcome argument_epoll_event(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if ((uint32_t)other_of(line, argument) == LINUX_EPOLL_CTL_DEL)
		put_address(line, value);
	else
		put_structure_at(line, &structure_epoll_event, value);
	return PRINTED;
}

/* struct io_event: what the request was called by, where it lies, and its two results. */
static void put_io_event(struct trace_line *line, const void *copy, void *context)
{
	const uint64_t *event = copy;

	(void)context;
	put_text(line, "{data=");
	put_hex(line, event[0]);
	put_text(line, ", obj=");
	put_address(line, event[1]);
	put_text(line, ", res=");
	put_signed(line, (int64_t)event[2]);
	put_text(line, ", res2=");
	put_signed(line, (int64_t)event[3]);
	put_character(line, '}');
}

enum outcome argument_out_events(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_elements(line, value, (uint64_t)line->result, 4 * sizeof(uint64_t), put_io_event, NULL);
	return outcome;
}
