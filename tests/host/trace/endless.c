/* SPDX-License-Identifier: MIT */
/*
 * Lines that strace(1) 6.1 does not come to the end of, so that there is nothing to compare them with (tests/host/trace/run): a control message whose length, rounded up to that of a word, is 0. What the tracer under test writes is compared
 * with the line that is here. Who makes no progress either is ended by SIGALRM.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calls.h"
#include "trace/trace.h"

#define PATIENCE_S 120
#define LINE_BYTES 1024
#define PLACE 0x10000 /* where the process has its memory */

/* What lies at PLACE. */
static struct message {
	struct msghdr header;
	struct cmsghdr control[2];
} message;

static bool memory_read(void *context, uint64_t address, void *to, size_t bytes)
{
	(void)context;
	if (address < PLACE || address - PLACE > sizeof(message) || bytes > sizeof(message) - (address - PLACE))
		return false;
	memcpy(to, (const char *)&message + (address - PLACE), bytes);
	return true;
}

/* Whether the line of a message whose first control message has this length is the one that it is to have. */
static bool line_is_right(uint64_t length)
{
	static const struct trace_memory memory = {memory_read, NULL};
	static const uint64_t arguments[6] = {3, PLACE, 0};
	struct trace_line line;
	char text[LINE_BYTES], expected[LINE_BYTES];
	size_t written;

	message.header.msg_control = (void *)(PLACE + offsetof(struct message, control));
	message.header.msg_controllen = sizeof(message.control);
	message.control[0] = (struct cmsghdr){length, SOL_SOCKET, 0x63};
	snprintf(expected, sizeof(expected), "sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, msg_control=[{cmsg_len=%lu, cmsg_level=SOL_SOCKET, cmsg_type=0x63 /* SCM_??? */}], msg_controllen=32, msg_flags=0}, 0) = 5", length);
	trace_begin(&line, text, 0, sizeof(text), &memory, SYS_sendmsg, arguments);
	written = trace_end(&line, 5);
	if (written == strlen(expected) && !memcmp(text, expected, written))
		return true;
	printf("  expected %s\n  tracer   %.*s\n", expected, (int)written, text);
	return false;
}

int endless_check(void)
{
	bool right;

	alarm(PATIENCE_S);
	right = line_is_right(UINT64_MAX) && line_is_right(UINT64_MAX - 6); /* the greatest and the least that wrap, */
	return right && line_is_right(UINT64_MAX - 7) ? 0 : 1;              /* and the greatest that does not */
}
