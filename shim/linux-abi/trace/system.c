/* SPDX-License-Identifier: MIT */
/* Arguments of calls on the system as a whole: its log, its names, its message queues. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/quote.h"

#define NAME_BYTES_MOST 64 /* __NEW_UTS_LEN */

/* The number, and its name in a comment. */
enum outcome argument_log_action(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	const char *name = name_of(&names_syslog_action, (uint32_t)value);

	(void)argument;
	put_signed(line, (int32_t)value);
	put_comment(line, name ? name : names_syslog_action.unknown);
	return PRINTED;
}

static bool log_is_read(uint64_t action)
{
	return action == LINUX_SYSLOG_ACTION_READ || action == LINUX_SYSLOG_ACTION_READ_ALL || action == LINUX_SYSLOG_ACTION_READ_CLEAR;
}

/* Actions that take no buffer. */
static bool log_is_told(uint64_t action)
{
	return name_of(&names_syslog_action, action) && !log_is_read(action) && action != LINUX_SYSLOG_ACTION_CONSOLE_LEVEL;
}

enum outcome argument_log_buffer(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t action = (uint32_t)other_of(line, argument);

	if (log_is_told(action))
		return OMITTED;
	if (!log_is_read(action)) {
		put_address(line, value);
		return PRINTED;
	}
	return argument_out_buffer(line, argument, value);
}

enum outcome argument_log_length(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t action = (uint32_t)other_of(line, argument);
	const char *name;

	if (log_is_told(action))
		return OMITTED;
	put_signed(line, (int32_t)value);
	if (action == LINUX_SYSLOG_ACTION_CONSOLE_LEVEL) {
		name = name_of(&names_log_levels, (uint32_t)value);
		put_comment(line, name ? name : names_log_levels.unknown);
	}
	return PRINTED;
}

/* A name that is too long is not read. */
enum outcome argument_system_name(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t bytes = (uint32_t)other_of(line, argument);

	if (bytes > NAME_BYTES_MOST)
		put_address(line, value);
	else
		put_buffer(line, value, bytes, QUOTE_OCTAL);
	return PRINTED;
}

/* The mode of mq_open, which only makes a queue by O_CREAT. */
enum outcome argument_queue_mode(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!(other_of(line, argument) & LINUX_O_CREAT))
		return OMITTED;
	put_mode(line, (uint16_t)value);
	return PRINTED;
}

/* mq_open has attributes only when it makes a queue; their flags are ignored, so they get no names. */
enum outcome argument_creation_queue(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	struct linux_mq_attr attributes;

	if (!(other_of(line, argument) & LINUX_O_CREAT))
		return OMITTED;
	if (!read_memory(line, value, &attributes, sizeof(attributes))) {
		put_address(line, value);
		return PRINTED;
	}
	put_text(line, "{mq_flags=");
	put_hex(line, (uint64_t)attributes.mq_flags);
	put_text(line, ", mq_maxmsg=");
	put_signed(line, attributes.mq_maxmsg);
	put_text(line, ", mq_msgsize=");
	put_signed(line, attributes.mq_msgsize);
	put_text(line, ", mq_curmsgs=");
	put_signed(line, attributes.mq_curmsgs);
	put_character(line, '}');
	return PRINTED;
}
