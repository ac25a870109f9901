/* SPDX-License-Identifier: MIT */
/*
 * Lines of --trace (process/tracing.h). A line lies on the stack of the fiber that carries out its call: other tasks' lines come in between, but never into it. What ends the task, or sends it elsewhere, is written
 * before it happens, for afterwards there may be nobody to ask.
 */
#include "process/tracing.h"

#include "lib/string.h"
#include "mm/user.h"
#include "run/run.h"
#include "trace/trace.h"

#define LINE_BYTES 4096

enum { CALL_RT_SIGRETURN = 15, CALL_EXIT = 60, CALL_EXIT_GROUP = 231 };

/* Where the frame of a signal has the RAX that the call before it has returned: struct ucontext, its sixteen general registers from byte 40 on. */
#define FRAME_RAX (40 + 13 * 8)

/* The task's id in at least five places, then a blank; returns how many bytes. */
static size_t id_write(char *text, int32_t id)
{
	char digits[12];
	size_t count = 0, written = 0;

	do {
		digits[count++] = (char)('0' + id % 10);
		id /= 10;
	} while (id);
	while (count)
		text[written++] = digits[--count];
	while (written < 5)
		text[written++] = ' ';
	text[written++] = ' ';
	return written;
}

static bool task_memory_read(void *context, uint64_t address, void *to, size_t bytes)
{
	const struct task *task = context;

	return user_read(task->memory, to, address, bytes) == 0;
}

static void line_end(char *text, struct trace_line *line, int64_t result)
{
	size_t bytes = trace_end(line, result);

	text[bytes++] = '\n';
	run_trace(text, bytes);
}

/* rt_sigreturn: its argument is the stack, and its result what the program had in RAX when the signal came. */
static int64_t sigreturn_told(struct task *task, uint64_t arguments[6])
{
	const struct thread_image *image = host_thread_read(task->host, STATE_REGISTERS);
	uint64_t result = 0;

	arguments[0] = image ? image->registers.rsp : 0;
	user_read(task->memory, &result, arguments[0] + FRAME_RAX, sizeof(result));
	return (int64_t)result;
}

int64_t call_traced(struct task *task, int64_t (*make)(struct task *task))
{
	struct trace_memory memory = {task_memory_read, task};
	uint64_t number = task->call[0], arguments[6];
	bool leaves = number == CALL_EXIT || number == CALL_EXIT_GROUP;
	int64_t result = TRACE_NO_RESULT;
	struct trace_line line;
	char text[LINE_BYTES];

	memcpy(arguments, task->call + 1, sizeof(arguments));
	if (number == CALL_RT_SIGRETURN)
		result = sigreturn_told(task, arguments);
	trace_begin(&line, text, id_write(text, task->id), sizeof(text) - 1, &memory, number, arguments);
	if (leaves || number == CALL_RT_SIGRETURN) {
		line_end(text, &line, result);
		return make(task);
	}
	result = make(task);
	line_end(text, &line, result == RESULT_NONE ? 0 : result); /* its work is done, and the program goes on */
	return result;
}
