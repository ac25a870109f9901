/* SPDX-License-Identifier: MIT */
/*
 * A line is written when its call ends (lines.h): the entry is kept until then, for memory that the probe could not read at the entry can often be read at the exit, when the call has brought it in. What a call reads it does not change,
 * but for execve(), whose memory is another one then. A line of which something could not be read ends with a mark.
 *
 * exit() and exit_group() are written at once. So is rt_sigreturn(), which is told as in shim/linux-abi/process/tracing.c: its argument is the stack pointer, and its result what the frame has for RAX.
 */
#include "tools/abi-record/lines.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/abi-record/memory.h"
#include "trace/trace.h"

#define LINE_BYTES 4096
#define ID_PLACES 6
#define FRAME_RAX (40 + 13 * 8) /* struct ucontext: its sixteen general registers stand from byte 40 on */

enum { CALL_RT_SIGRETURN = 15, CALL_EXECVE = 59, CALL_EXIT = 60, CALL_EXIT_GROUP = 231, CALL_EXECVEAT = 322 };

struct waiting {
	struct waiting *next;
	uint32_t task;
	struct record_event entry; /* and its parts */
};

static struct waiting **waiting_find(struct lines *lines, uint32_t task)
{
	struct waiting **link = &lines->waiting;

	while (*link && (*link)->task != task)
		link = &(*link)->next;
	return link;
}

static void waiting_forget(struct waiting **link)
{
	struct waiting *waiting = *link;

	if (!waiting)
		return;
	*link = waiting->next;
	free(waiting);
}

static void waiting_add(struct lines *lines, const struct record_event *entry)
{
	struct waiting *waiting = malloc(sizeof(*waiting) + entry->bytes);

	if (!waiting)
		err(1, "no memory for the entry of a call");
	waiting->task = entry->task;
	memcpy(&waiting->entry, entry, sizeof(*entry) + entry->bytes);
	waiting_forget(waiting_find(lines, entry->task));
	waiting->next = lines->waiting;
	lines->waiting = waiting;
}

static bool is_execution(uint64_t number)
{
	return number == CALL_EXECVE || number == CALL_EXECVEAT;
}

/* Whether this line is one of the recorder's own, in the child that became the program. */
static bool is_own(struct lines *lines, const struct record_event *entry, int64_t result)
{
	if (entry->task != lines->root)
		return false;
	if (is_execution(entry->number) && result == 0)
		lines->root = 0;
	return true;
}

/* Writes the line of a call; `after` is null for one whose line does not wait for its exit. */
static void line_write(struct lines *lines, const struct record_event *entry, const struct record_event *after, int64_t result)
{
	bool same_memory = after && !(is_execution(entry->number) && result == 0);
	struct recorded_memory memory = {entry, same_memory ? after : NULL, 0, 0};
	struct trace_memory reader = {recorded_read, &memory};
	uint64_t arguments[RECORD_ARGUMENTS];
	struct trace_line line;
	char text[LINE_BYTES];
	size_t bytes;

	memcpy(arguments, entry->arguments, sizeof(arguments));
	if (entry->number == CALL_RT_SIGRETURN) {
		arguments[0] = entry->stack;
		result = 0; /* of a frame that is none */
		recorded_read(&memory, entry->stack + FRAME_RAX, &result, sizeof(result));
	}
	bytes = (size_t)snprintf(text, sizeof(text), "%-*u ", ID_PLACES - 1, entry->task);
	trace_begin(&line, text, bytes, sizeof(text) - 1, &reader, entry->number, arguments);
	if (after)
		memory.first = after;
	memory.second = NULL;
	bytes = trace_end(&line, result);
	if (result == -EFAULT)
		memory.absent = 0; /* the kernel could not read it either */
	lines->calls++;
	lines->not_read += memory.absent + memory.missing;
	fwrite(text, 1, bytes, lines->output);
	if (memory.absent + memory.missing)
		fprintf(lines->output, " /* %u not read */", memory.absent + memory.missing);
	fputc('\n', lines->output);
}

static void entry_take(struct lines *lines, const struct record_event *entry)
{
	bool leaves = entry->number == CALL_EXIT || entry->number == CALL_EXIT_GROUP;

	if (!leaves && entry->number != CALL_RT_SIGRETURN)
		waiting_add(lines, entry);
	else if (entry->task != lines->root)
		line_write(lines, entry, NULL, TRACE_NO_RESULT);
}

static void exit_take(struct lines *lines, const struct record_event *event)
{
	struct waiting **link = waiting_find(lines, event->task);

	if (*link && !is_own(lines, &(*link)->entry, event->result))
		line_write(lines, &(*link)->entry, event, event->result);
	waiting_forget(link);
}

static void renamed_take(struct lines *lines, const struct record_event *event)
{
	struct waiting *waiting;

	waiting_forget(waiting_find(lines, event->task));
	waiting = *waiting_find(lines, (uint32_t)event->number);
	if (waiting)
		waiting->task = waiting->entry.task = event->task;
}

void lines_take(struct lines *lines, const struct record_event *event)
{
	lines->cut += event->cut;
	switch (event->kind) {
	case RECORD_ENTRY:
		entry_take(lines, event);
		break;
	case RECORD_EXIT:
		exit_take(lines, event);
		break;
	case RECORD_RENAMED:
		renamed_take(lines, event);
		break;
	case RECORD_END:
		waiting_forget(waiting_find(lines, event->task));
		break;
	}
}
