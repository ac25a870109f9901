/* SPDX-License-Identifier: MIT */
/* Clocks, sleeps, and the scheduling of processes and of their I/O. */
#include "abi/errno.h"
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/dates.h"
#include "trace/own.h"
#include "trace/result.h"

/* What is left of a sleep: told only when a signal has interrupted one that is not until a time. */
enum outcome argument_out_interrupted(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	bool interrupted = line->result == -516 || line->result == -514 || line->result == -512;

	(void)argument;
	if (!line->returned)
		return LATER;
	line->despite_failure = true;
	if (interrupted && !argument_named(line, "flags"))
		put_structure_at(line, &structure_timespec, value);
	else
		put_address(line, value);
	line->despite_failure = false;
	return PRINTED;
}

/* A timeout that is written at the exit, behind what the call has waited for, as it was at the entry. */
void timeout_keep(struct trace_line *line)
{
	for (unsigned i = line->next; i < TRACE_ARGUMENTS && line->call->arguments[i].name; i++) {
		if (line->call->arguments[i].print == argument_kept_timeout)
			line->has_timeout = read_memory(line, line->arguments[i], line->timeout, sizeof(line->timeout));
	}
}

enum outcome argument_kept_timeout(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	if (line->has_timeout)
		put_structure(line, &structure_timespec, line->timeout);
	else
		put_address(line, value);
	return PRINTED;
}

enum outcome argument_adjustment(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_structure_at(line, &structure_timex, value);
	return outcome;
}

enum outcome argument_out_time(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	int64_t seconds;

	(void)argument;
	if (!line->returned)
		return LATER;
	if (!call_succeeded(line) || !read_memory(line, value, &seconds, sizeof(seconds))) {
		put_address(line, value);
		return PRINTED;
	}
	put_character(line, '[');
	put_signed(line, seconds);
	put_date_comment(line, seconds, 0, DATE_SECONDS);
	put_character(line, ']');
	return PRINTED;
}

#define PRIORITY_CLASS_SHIFT 13

void put_io_priority(struct trace_line *line, uint64_t value)
{
	put_text(line, "IOPRIO_PRIO_VALUE(");
	put_choice(line, &names_io_priority_class, (uint32_t)value >> PRIORITY_CLASS_SHIFT);
	put_text(line, ", ");
	put_unsigned(line, value & ((1 << PRIORITY_CLASS_SHIFT) - 1));
	put_character(line, ')');
}

enum outcome argument_io_priority(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_io_priority(line, value);
	return PRINTED;
}

/* The structure grew: its first version, and its second with two members more. */
#define SCHEDULING_FIRST 48

static void put_scheduling(struct trace_line *line, const struct linux_sched_attr *scheduling, uint32_t size, bool sets)
{
	bool keeps_parameters = sets && scheduling->sched_flags & LINUX_SCHED_FLAG_KEEP_PARAMS;
	bool keeps = sets && (int32_t)scheduling->sched_policy >= 0 && scheduling->sched_flags & (LINUX_SCHED_FLAG_KEEP_POLICY | LINUX_SCHED_FLAG_KEEP_PARAMS);

	if (size < SCHEDULING_FIRST)
		return;
	if (!keeps) {
		put_text(line, ", sched_policy=");
		put_choice(line, &names_scheduler, scheduling->sched_policy);
	}
	put_text(line, ", sched_flags=");
	put_flags(line, &names_scheduler_flags, scheduling->sched_flags);
	if (!keeps_parameters) {
		put_text(line, ", sched_nice=");
		put_signed(line, scheduling->sched_nice);
		put_text(line, ", sched_priority=");
		put_unsigned(line, scheduling->sched_priority);
		put_text(line, ", sched_runtime=");
		put_unsigned(line, scheduling->sched_runtime);
		put_text(line, ", sched_deadline=");
		put_unsigned(line, scheduling->sched_deadline);
		put_text(line, ", sched_period=");
		put_unsigned(line, scheduling->sched_period);
	}
	if (size < sizeof(*scheduling))
		return;
	put_text(line, ", sched_util_min=");
	put_unsigned(line, scheduling->sched_util_min);
	put_text(line, ", sched_util_max=");
	put_unsigned(line, scheduling->sched_util_max);
}

static void put_scheduling_at(struct trace_line *line, uint64_t address, uint32_t given, bool sets)
{
	struct linux_sched_attr scheduling = {0};
	uint32_t size = given < sizeof(scheduling) ? given : sizeof(scheduling), told = given;

	if (!read_memory(line, address, &scheduling, size < sizeof(scheduling.size) ? sizeof(scheduling.size) : size)) {
		put_address(line, address);
		return;
	}
	if (!sets)
		told = scheduling.size;
	put_text(line, "{size=");
	put_unsigned(line, scheduling.size);
	put_scheduling(line, &scheduling, sets ? size : told, sets);
	put_text(line, told > (sets ? size : told) ? ", ...}" : "}");
}

/* A size of zero stands for the first version. When it is too large, the call writes back what it knows. */
enum outcome argument_sched_attributes(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t size;
	bool readable = read_memory(line, value, &size, sizeof(size));

	(void)argument;
	if (!line->returned) {
		if (readable)
			put_scheduling_at(line, value, size ? size : SCHEDULING_FIRST, true);
		else
			put_address(line, value);
		return BEGUN;
	}
	if (line->result == -E2BIG && readable) {
		put_text(line, " => {size=");
		put_unsigned(line, size);
		put_character(line, '}');
	}
	return PRINTED;
}

enum outcome argument_out_sched_attributes(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t size = (uint32_t)other_of(line, argument);

	if (!line->returned)
		return LATER;
	if (call_succeeded(line) && size)
		put_scheduling_at(line, value, size, false);
	else
		put_address(line, value);
	return PRINTED;
}

void put_sched_param(struct trace_line *line, const void *copy)
{
	const struct linux_sched_param *parameters = copy;

	put_character(line, '[');
	put_signed(line, parameters->sched_priority);
	put_character(line, ']');
}
