/* SPDX-License-Identifier: MIT */
/* Results: values, errors, and what is told of them in brackets (result.h). */
#include "trace/result.h"

#include "abi/linux/constants.h"
#include "trace/dates.h"
#include "trace/polls.h"

#define FIRST_RESTART 512 /* errors from here on make Linux call again */

static void put_error(struct trace_line *line, int64_t error)
{
	const char *name = error_name(error);

	put_text(line, error >= FIRST_RESTART && name ? "?" : "-1");
	if (!name) {
		put_text(line, " (errno ");
		put_signed(line, error);
		put_character(line, ')');
		return;
	}
	put_character(line, ' ');
	put_text(line, name);
	put_text(line, " (");
	put_text(line, error_text(error));
	put_character(line, ')');
}

/* A name of the result in brackets, when there is one. */
static void put_meaning(struct trace_line *line, const char *text)
{
	if (!text)
		return;
	put_text(line, " (");
	put_text(line, text);
	put_character(line, ')');
}

static void put_flags_meaning(struct trace_line *line, const char *text, const struct names *names)
{
	put_text(line, " (");
	put_text(line, text);
	if (!put_flags_bare(line, names, (uint64_t)line->result))
		put_hex(line, (uint64_t)line->result);
	put_character(line, ')');
}

static void put_fcntl_result(struct trace_line *line)
{
	uint64_t command = (uint32_t)argument_named(line, "cmd");
	bool told = command == LINUX_F_GETFD || command == LINUX_F_GET_SEALS ? line->result != 0 : command == LINUX_F_GETFL || command == LINUX_F_GETLEASE;

	if (told)
		put_hex(line, (uint64_t)line->result);
	else
		put_signed(line, line->result);
	if (told && command == LINUX_F_GETFD)
		put_flags_meaning(line, "flags ", &names_descriptor_flags);
	if (told && command == LINUX_F_GET_SEALS)
		put_flags_meaning(line, "seals ", &names_seals);
	if (command == LINUX_F_GETLEASE)
		put_meaning(line, name_of(&names_lock_types, (uint64_t)line->result));
	if (command == LINUX_F_GETFL) {
		put_text(line, " (flags ");
		put_value(line, VALUE_OPEN_MODES, NULL, (uint64_t)line->result);
		put_character(line, ')');
	}
	if (command == LINUX_F_GETSIG && line->result) {
		put_text(line, " (");
		put_signal(line, (int32_t)line->result);
		put_character(line, ')');
	}
}

static void put_persona_result(struct trace_line *line)
{
	uint32_t flags = (uint32_t)line->result & ~(uint32_t)LINUX_PER_MASK;

	put_hex(line, (uint64_t)line->result);
	put_text(line, " (");
	put_choice(line, &names_personas, (uint64_t)line->result & LINUX_PER_MASK);
	if (flags) {
		put_character(line, '|');
		if (!put_flags_bare(line, &names_persona_flags, flags))
			put_hex(line, flags);
	}
	put_character(line, ')');
}

static void put_prctl_result(struct trace_line *line)
{
	uint64_t option = (uint32_t)argument_named(line, "option");

	if (option == LINUX_PR_GET_SECUREBITS && line->result) {
		put_hex(line, (uint64_t)line->result);
		put_flags_meaning(line, "", &names_secure_bits);
		return;
	}
	put_signed(line, line->result);
	if (option == LINUX_PR_GET_DUMPABLE)
		put_meaning(line, name_of(&names_dumpable, (uint64_t)line->result));
}

static void put_signal_result(struct trace_line *line)
{
	put_signed(line, line->result);
	if (!line->result)
		return;
	put_text(line, " (");
	put_signal(line, (int32_t)line->result);
	put_character(line, ')');
}

static void put_membarrier_result(struct trace_line *line)
{
	if (argument_named(line, "cmd") || !line->result) {
		put_signed(line, line->result);
		return;
	}
	put_hex(line, (uint64_t)line->result);
	put_flags_meaning(line, "", &names_membarrier_commands);
}

static void put_time_result(struct trace_line *line)
{
	put_signed(line, line->result);
	if (!line->result)
		return;
	put_text(line, " (");
	put_date(line, line->result);
	put_character(line, ')');
}

static void put_priority_result(struct trace_line *line)
{
	put_signed(line, line->result);
	put_text(line, " (");
	put_io_priority(line, (uint64_t)line->result);
	put_character(line, ')');
}

/* strace(1) names the state of the clock only when it could show the structure. */
static bool is_readable(const struct trace_line *line, uint64_t address)
{
	char first;

	return read_memory(line, address, &first, sizeof(first));
}

static void put_received(struct trace_line *line)
{
	put_signed(line, line->result);
	if (!line->result) {
		put_text(line, " (Timeout)");
	} else if (argument_named(line, "timeout")) {
		put_text(line, " (left ");
		put_structure_at(line, &structure_timespec, argument_named(line, "timeout"));
		put_character(line, ')');
	}
}

static void put_success(struct trace_line *line)
{
	switch (line->call ? line->call->result : VALUE) {
	case NEW_ADDRESS:
		put_hex(line, (uint64_t)line->result);
		break;
	case OLD_MODE:
		put_mode(line, (uint64_t)line->result);
		break;
	case OF_FCNTL:
		put_fcntl_result(line);
		break;
	case OF_PERSONALITY:
		put_persona_result(line);
		break;
	case OF_PRCTL:
		put_prctl_result(line);
		break;
	case OF_SIGNAL:
		put_signal_result(line);
		break;
	case OF_MEMBARRIER:
		put_membarrier_result(line);
		break;
	case OF_TIME:
		put_time_result(line);
		break;
	case OF_IO_PRIORITY:
		put_priority_result(line);
		break;
	case RECEIVED_MESSAGES:
		put_received(line);
		break;
	case OF_SCHEDULER:
		put_signed(line, line->result);
		put_meaning(line, name_of(&names_scheduler, (uint64_t)line->result));
		break;
	case OF_CLOCK_STATE:
		put_signed(line, line->result);
		if (is_readable(line, argument_named(line, "buf")))
			put_meaning(line, name_of(&names_clock_state, (uint64_t)line->result));
		break;
	case READY_POLLS:
		put_signed(line, line->result);
		put_ready_polls(line);
		break;
	case READY_SETS:
		put_signed(line, line->result);
		put_ready_sets(line);
		break;
	default:
		put_signed(line, line->result);
		break;
	}
}

void put_result(struct trace_line *line)
{
	put_text(line, "= ");
	if (line->result == TRACE_NO_RESULT || (line->call && line->call->result == NEVER))
		put_character(line, '?');
	else if (call_succeeded(line))
		put_success(line);
	else
		put_error(line, -line->result);
}
