/* SPDX-License-Identifier: MIT */
/* Arguments of calls that make processes, wait for them, and say what they may do and when. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/own.h"
#include "trace/quote.h"

#define SIGNAL_BITS 0xff /* of clone's flags: what the parent gets */
#define CLONE_ARGUMENTS_LEAST 64
#define SET_TID_MOST 32
#define GROUPS_MOST 65536
#define VARIABLES_MOST 65536 /* more are not counted: a process must not keep its tracer busy */

/* How many variables there are: they are not shown. */
enum outcome argument_environment(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t count = 0, variable = 0;
	bool readable = true;

	(void)argument;
	put_address(line, value);
	for (; count < VARIABLES_MOST; count++, value += sizeof(variable)) {
		readable = read_memory(line, value, &variable, sizeof(variable));
		if (!readable || !variable)
			break;
	}
	if (!readable && !count)
		return PRINTED;
	put_text(line, " /* ");
	put_unsigned(line, count);
	put_text(line, count == 1 ? " var" : " vars");
	put_text(line, readable ? " */" : ", unterminated */");
	return PRINTED;
}

/* clone's arguments have their names, and another order than in the registers: the first writes the stack too, the fourth the fifth. */
enum outcome argument_clone_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	int32_t signal = (int32_t)(value & SIGNAL_BITS);

	(void)argument;
	put_text(line, "child_stack=");
	put_address(line, argument_named(line, "stack"));
	put_text(line, ", flags=");
	value &= ~(uint64_t)SIGNAL_BITS;
	if (value)
		put_flags(line, &names_clone_flags, value);
	if (value && signal)
		put_character(line, '|');
	if (signal || !value)
		put_signal(line, signal);
	return PRINTED;
}

enum outcome argument_clone_silent(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)line;
	(void)argument;
	(void)value;
	return OMITTED;
}

enum outcome argument_clone_parent_tid(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!(other_of(line, argument) & (LINUX_CLONE_PARENT_SETTID | LINUX_CLONE_PIDFD)))
		return OMITTED;
	if (!line->returned)
		return LATER;
	put_text(line, "parent_tid=");
	if (call_succeeded(line))
		put_structure_at(line, &structure_int, value);
	else
		put_address(line, value);
	return PRINTED;
}

enum outcome argument_clone_child_tid(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t flags = other_of(line, argument);
	bool tls = flags & LINUX_CLONE_SETTLS, tid = flags & (LINUX_CLONE_CHILD_SETTID | LINUX_CLONE_CHILD_CLEARTID);

	if (!tls && !tid)
		return OMITTED;
	if (tls) {
		put_text(line, "tls=");
		put_address(line, argument_named(line, "tls"));
	}
	if (tid) {
		put_text(line, tls ? ", child_tidptr=" : "child_tidptr=");
		put_address(line, value);
	}
	return PRINTED;
}

static void put_tid(struct trace_line *line, const void *copy, void *context)
{
	(void)context;
	put_signed(line, *(const int32_t *)copy);
}

static void put_set_tid(struct trace_line *line, const struct linux_clone_args *arguments)
{
	put_text(line, ", set_tid=");
	if (!arguments->set_tid || !arguments->set_tid_size || arguments->set_tid_size > SET_TID_MOST)
		put_address(line, arguments->set_tid);
	else
		put_elements(line, arguments->set_tid, arguments->set_tid_size, sizeof(int32_t), put_tid, NULL);
	put_text(line, ", set_tid_size=");
	put_unsigned(line, arguments->set_tid_size);
}

static void put_named_address(struct trace_line *line, const char *name, uint64_t value)
{
	put_text(line, name);
	put_address(line, value);
}

static void put_clone3_flags(struct trace_line *line, uint64_t flags)
{
	put_flags_of_two(line, &names_clone_flags, &names_clone3_flags, flags);
}

static void put_clone_arguments(struct trace_line *line, const struct linux_clone_args *arguments, bool cgroup)
{
	put_text(line, "{flags=");
	put_clone3_flags(line, arguments->flags);
	if (arguments->flags & LINUX_CLONE_PIDFD)
		put_named_address(line, ", pidfd=", arguments->pidfd);
	if (arguments->flags & (LINUX_CLONE_CHILD_SETTID | LINUX_CLONE_CHILD_CLEARTID))
		put_named_address(line, ", child_tid=", arguments->child_tid);
	if (arguments->flags & LINUX_CLONE_PARENT_SETTID)
		put_named_address(line, ", parent_tid=", arguments->parent_tid);
	put_text(line, ", exit_signal=");
	put_value(line, arguments->exit_signal < INT32_MAX ? VALUE_SIGNAL : VALUE_ULONG, NULL, arguments->exit_signal);
	put_named_address(line, ", stack=", arguments->stack);
	put_text(line, ", stack_size=");
	put_hex(line, arguments->stack_size);
	if (arguments->flags & LINUX_CLONE_SETTLS) {
		put_text(line, ", tls=");
		put_address(line, arguments->tls);
	}
	if (arguments->set_tid || arguments->set_tid_size)
		put_set_tid(line, arguments);
	if (cgroup && (arguments->cgroup || arguments->flags & LINUX_CLONE_INTO_CGROUP)) {
		put_text(line, ", cgroup=");
		put_unsigned(line, arguments->cgroup);
	}
	put_character(line, '}');
}

/* What the call wrote through the addresses in its structure. */
static void put_clone_results(struct trace_line *line, const struct linux_clone_args *arguments)
{
	bool pidfd = arguments->flags & LINUX_CLONE_PIDFD, tid = arguments->flags & LINUX_CLONE_PARENT_SETTID;

	if (!pidfd && !tid)
		return;
	put_text(line, " => {");
	if (pidfd) {
		put_text(line, "pidfd=");
		put_structure_at(line, &structure_int, arguments->pidfd);
	}
	if (tid) {
		put_text(line, pidfd ? ", parent_tid=" : "parent_tid=");
		put_structure_at(line, &structure_int, arguments->parent_tid);
	}
	put_character(line, '}');
}

/* Written at the entry, since a child may change it. At the exit the separator is there already: `remembered` says so. */
enum outcome argument_clone_arguments(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	struct linux_clone_args arguments = {0};
	uint64_t size = other_of(line, argument), part = size < sizeof(arguments) ? size : sizeof(arguments);

	if (part < CLONE_ARGUMENTS_LEAST || !read_memory(line, value, &arguments, part)) {
		put_address(line, value);
		return PRINTED;
	}
	if (!line->returned && arguments.flags & (LINUX_CLONE_PIDFD | LINUX_CLONE_PARENT_SETTID)) {
		put_clone_arguments(line, &arguments, part == sizeof(arguments));
		return BEGUN;
	}
	if (!line->returned)
		put_clone_arguments(line, &arguments, part == sizeof(arguments));
	else if (call_succeeded(line))
		put_clone_results(line, &arguments);
	return PRINTED;
}

#define STATUS_SIGNAL(status) ((status)&0x7f)
#define STATUS_CORE 0x80
#define STATUS_STOPPED 0x7f
#define STATUS_CONTINUED 0xffff

static void put_status_signal(struct trace_line *line, const char *text, int32_t signal)
{
	put_text(line, text);
	put_signal(line, signal);
}

void put_wait_status(struct trace_line *line, const void *copy)
{
	uint32_t status = *(const uint32_t *)copy;
	uint32_t high = status >> 16;

	put_character(line, '[');
	if ((status & 0xffff) == STATUS_CONTINUED) {
		put_text(line, "{WIFCONTINUED(s)}");
	} else if ((status & 0xff) == STATUS_STOPPED) {
		put_status_signal(line, "{WIFSTOPPED(s) && WSTOPSIG(s) == ", status >> 8 & 0x7f);
		put_text(line, status & 0x8000 ? " | 0x80}" : "}");
	} else if (STATUS_SIGNAL(status)) {
		put_status_signal(line, "{WIFSIGNALED(s) && WTERMSIG(s) == ", (int32_t)STATUS_SIGNAL(status));
		put_text(line, status & STATUS_CORE ? " && WCOREDUMP(s)}" : "}");
	} else {
		put_text(line, "{WIFEXITED(s) && WEXITSTATUS(s) == ");
		put_unsigned(line, status >> 8 & 0xff);
		put_character(line, '}');
	}
	if (high) {
		put_character(line, '|');
		put_hex(line, high);
		put_text(line, "<<16");
	}
	put_character(line, ']');
}

/* wait4: with WNOHANG and no child that has changed, nothing is written. */
enum outcome argument_waited(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!line->returned)
		return LATER;
	if (line->result > 0)
		put_structure_at(line, argument->name[0] == 'r' ? &structure_rusage : &structure_wait_status, value);
	else
		put_address(line, value);
	return PRINTED;
}

enum outcome argument_persona(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t flags = (uint32_t)value & ~(uint32_t)LINUX_PER_MASK;

	(void)argument;
	if ((uint32_t)value == UINT32_MAX) {
		put_hex(line, UINT32_MAX);
		return PRINTED;
	}
	put_choice(line, &names_personas, value & LINUX_PER_MASK);
	if (flags) {
		put_character(line, '|');
		if (!put_flags_bare(line, &names_persona_flags, flags))
			put_hex(line, flags);
	}
	return PRINTED;
}

enum outcome argument_arch_argument(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t code = other_of(line, argument);
	enum outcome outcome;

	if (code != LINUX_ARCH_GET_FS && code != LINUX_ARCH_GET_GS) {
		if (code == LINUX_ARCH_GET_CPUID)
			return OMITTED;
		put_hex(line, value);
		return PRINTED;
	}
	if (is_told_now(line, value, &outcome))
		put_structure_at(line, &structure_address, value);
	return outcome;
}

/* Two words of 32 bits for each set since version 2. */
static void put_capability_set(struct trace_line *line, const char *name, uint32_t low, uint32_t high)
{
	bool first = true;
	uint64_t set = low | (uint64_t)high << 32;

	put_text(line, name);
	if (!set)
		put_character(line, '0');
	for (uint32_t bit = 0; bit < 64; bit++) {
		const char *text = name_of(&names_capabilities, bit);

		if (!(set >> bit & 1) || !text)
			continue;
		if (!first)
			put_character(line, '|');
		first = false;
		put_text(line, "1<<");
		put_text(line, text);
	}
}

static void put_capabilities(struct trace_line *line, uint64_t header, uint64_t address)
{
	struct linux_cap_header version;
	struct linux_cap_data data[2] = {{0}, {0}};
	bool two;

	if (!read_memory(line, header, &version, sizeof(version))) {
		put_address(line, address);
		return;
	}
	two = version.version == LINUX__LINUX_CAPABILITY_VERSION_2 || version.version == LINUX__LINUX_CAPABILITY_VERSION_3;
	if (!read_memory(line, address, data, two ? sizeof(data) : sizeof(data[0]))) {
		put_address(line, address);
		return;
	}
	put_capability_set(line, "{effective=", data[0].effective, data[1].effective);
	put_capability_set(line, ", permitted=", data[0].permitted, data[1].permitted);
	put_capability_set(line, ", inheritable=", data[0].inheritable, data[1].inheritable);
	put_character(line, '}');
}

enum outcome argument_in_capabilities(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_capabilities(line, other_of(line, argument), value);
	return PRINTED;
}

enum outcome argument_out_capabilities(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	if (is_told_now(line, value, &outcome))
		put_capabilities(line, other_of(line, argument), value);
	return outcome;
}

enum outcome argument_reboot_text(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if ((uint32_t)other_of(line, argument) != (uint32_t)LINUX_LINUX_REBOOT_CMD_RESTART2)
		return OMITTED;
	put_string(line, value);
	return PRINTED;
}

/* Groups in memory. */
static void put_group(struct trace_line *line, const void *copy, void *context)
{
	(void)context;
	put_value(line, VALUE_UID, NULL, *(const uint32_t *)copy);
}

enum outcome argument_in_groups(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t count = (uint32_t)other_of(line, argument);

	if (count > GROUPS_MOST)
		put_address(line, value);
	else
		put_elements(line, value, count, sizeof(uint32_t), put_group, NULL);
	return PRINTED;
}

enum outcome argument_out_groups(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!line->returned)
		return LATER;
	if (call_succeeded(line) && other_of(line, argument))
		put_elements(line, value, (uint64_t)line->result, sizeof(uint32_t), put_group, NULL);
	else
		put_address(line, value);
	return PRINTED;
}

enum outcome argument_kcmp(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t type = (uint32_t)other_of(line, argument);

	if (type == LINUX_KCMP_FILE)
		put_signed(line, (int32_t)value);
	else if (name_of(&names_kcmp_type, type) && type != LINUX_KCMP_EPOLL_TFD)
		return OMITTED;
	else
		put_hex(line, value);
	return PRINTED;
}

enum outcome argument_membarrier_cpu(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!(other_of(line, argument) & LINUX_MEMBARRIER_CMD_FLAG_CPU))
		return OMITTED;
	put_signed(line, (int32_t)value);
	return PRINTED;
}

/* Only filters have flags with names. */
enum outcome argument_seccomp_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if ((uint32_t)other_of(line, argument) == LINUX_SECCOMP_SET_MODE_FILTER)
		put_flags(line, &names_seccomp_flags, (uint32_t)value);
	else
		put_hex(line, (uint32_t)value);
	return PRINTED;
}
