/* SPDX-License-Identifier: MIT */
/* Sets of signals, handlers, and what comes with a signal. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/own.h"

/* The mask that rt_sigreturn restores lies this far above the frame that it finds at its stack pointer: struct ucontext, its sigset last. */
#define FRAME_MASK_OFFSET 296

static unsigned count_of(uint64_t set)
{
	unsigned count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

/* Sets of which two thirds are in are written by what is not in them: ~[KILL STOP]. */
static void put_set(struct trace_line *line, uint64_t set, unsigned bits)
{
	bool first = true;

	if (bits < 64)
		set &= ((uint64_t)1 << bits) - 1;
	if (count_of(set) >= bits * 2 / 3) {
		set = bits < 64 ? ~set & (((uint64_t)1 << bits) - 1) : ~set;
		put_character(line, '~');
	}
	put_character(line, '[');
	for (int32_t number = 1; number <= 64; number++) {
		if (!(set >> (number - 1) & 1))
			continue;
		if (!first)
			put_character(line, ' ');
		first = false;
		put_signal_short(line, number);
	}
	put_character(line, ']');
}

void put_sigset(struct trace_line *line, uint64_t set)
{
	put_set(line, set, 64);
}

static void put_set_at(struct trace_line *line, uint64_t address, uint64_t bytes, uint64_t least)
{
	uint64_t set = 0;

	if (bytes < least || bytes > sizeof(set) || !contents_are_told(line) || !read_memory(line, address, &set, bytes))
		put_address(line, address);
	else
		put_set(line, set, bytes > 4 ? 64 : 32);
}

enum outcome argument_in_sigset(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_set_at(line, value, other_of(line, argument), LINUX_SIGSET_BYTES);
	return PRINTED;
}

static enum outcome set_at_exit(struct trace_line *line, const struct argument *argument, uint64_t value, uint64_t least)
{
	enum outcome outcome;

	if (is_told_now(line, value, &outcome))
		put_set_at(line, value, other_of(line, argument), least);
	return outcome;
}

enum outcome argument_out_sigset(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	return set_at_exit(line, argument, value, LINUX_SIGSET_BYTES);
}

/* rt_sigpending takes shorter sets too. */
enum outcome argument_out_sigset_part(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	return set_at_exit(line, argument, value, 1);
}

enum outcome argument_frame_mask(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t set;

	(void)argument;
	if (!read_memory(line, value + FRAME_MASK_OFFSET, &set, sizeof(set))) {
		put_address(line, value);
		return PRINTED;
	}
	put_text(line, "{mask=");
	put_sigset(line, set);
	put_character(line, '}');
	return PRINTED;
}

void put_sigset_argument(struct trace_line *line, const void *copy)
{
	const struct linux_sigset_argument *argument = copy;

	put_text(line, "{sigmask=");
	put_set_at(line, argument->set, argument->bytes, LINUX_SIGSET_BYTES);
	put_text(line, ", sigsetsize=");
	put_unsigned(line, argument->bytes);
	put_character(line, '}');
}

/* io_pgetevents writes its set at the exit. */
enum outcome argument_told_sigset(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	line->despite_failure = true;
	put_structure_at(line, &structure_sigset_argument, value);
	line->despite_failure = false;
	return PRINTED;
}

static void put_handler(struct trace_line *line, uint64_t handler)
{
	if (handler == LINUX_SIG_DFL)
		put_text(line, "SIG_DFL");
	else if (handler == LINUX_SIG_IGN)
		put_text(line, "SIG_IGN");
	else if (handler == UINT64_MAX)
		put_text(line, "SIG_ERR");
	else
		put_address(line, handler);
}

void put_sigaction(struct trace_line *line, const void *copy)
{
	const struct linux_sigaction *action = copy;

	put_text(line, "{sa_handler=");
	put_handler(line, action->handler);
	put_text(line, ", sa_mask=");
	put_sigset(line, action->mask);
	put_text(line, ", sa_flags=");
	put_flags(line, &names_sigaction_flags, action->flags);
	if (action->flags & LINUX_SA_RESTORER) {
		put_text(line, ", sa_restorer=");
		put_address(line, action->restorer);
	}
	put_character(line, '}');
}

static void put_integer(struct trace_line *line, const char *name, int64_t value)
{
	put_text(line, name);
	put_signed(line, value);
}

static void put_pointer(struct trace_line *line, const char *name, uint64_t value)
{
	put_text(line, name);
	put_address(line, value);
}

static void put_sender(struct trace_line *line, const struct linux_siginfo *info)
{
	put_integer(line, ", si_pid=", info->sent.pid);
	put_text(line, ", si_uid=");
	put_value(line, VALUE_UID, NULL, info->sent.uid);
}

static void put_sent_value(struct trace_line *line, const union linux_sigval *value)
{
	put_integer(line, ", si_int=", value->number);
	put_pointer(line, ", si_ptr=", value->address);
}

static const struct names *codes_of(int32_t signal)
{
	switch (signal) {
	case LINUX_SIGTRAP: return &names_sigtrap_codes;
	case LINUX_SIGCHLD: return &names_sigchld_codes;
	case LINUX_SIGIO: return &names_sigpoll_codes;
	case LINUX_SIGILL: return &names_sigill_codes;
	case LINUX_SIGFPE: return &names_sigfpe_codes;
	case LINUX_SIGSEGV: return &names_sigsegv_codes;
	case LINUX_SIGBUS: return &names_sigbus_codes;
	case LINUX_SIGSYS: return &names_sigsys_codes;
	default: return NULL;
	}
}

static void put_code(struct trace_line *line, const struct linux_siginfo *info)
{
	const struct names *codes = codes_of(info->signo);
	const char *text = name_of(&names_siginfo_codes, (uint32_t)info->code);

	if (!text && codes)
		text = name_of(codes, (uint32_t)info->code);
	if (text)
		put_text(line, text);
	else
		put_hex(line, (uint32_t)info->code);
}

static void put_poll(struct trace_line *line, const struct linux_siginfo *info)
{
	put_integer(line, ", si_band=", info->poll.band);
	put_integer(line, ", si_fd=", info->poll.fd);
}

/* Codes up to 0 say that a process has sent it. */
static void put_from_process(struct trace_line *line, const struct linux_siginfo *info)
{
	switch (info->code) {
	case LINUX_SI_USER:
	case LINUX_SI_TKILL:
		put_sender(line, info);
		break;
	case LINUX_SI_TIMER:
		put_text(line, ", si_timerid=");
		put_hex(line, (uint32_t)info->timer.id);
		put_integer(line, ", si_overrun=", info->timer.overrun);
		put_sent_value(line, &info->timer.value);
		break;
	case LINUX_SI_SIGIO:
		put_poll(line, info);
		break;
	default:
		put_sender(line, info);
		if (info->sent.value.address)
			put_sent_value(line, &info->sent.value);
	}
}

static void put_child(struct trace_line *line, const struct linux_siginfo *info)
{
	put_sender(line, info);
	put_text(line, ", si_status=");
	put_value(line, info->code == LINUX_CLD_EXITED ? VALUE_INT : VALUE_SIGNAL, NULL, (uint32_t)info->child.status);
	put_text(line, ", si_utime=");
	put_value(line, VALUE_CLOCK_TICKS, NULL, (uint64_t)info->child.user_ticks);
	put_text(line, ", si_stime=");
	put_value(line, VALUE_CLOCK_TICKS, NULL, (uint64_t)info->child.system_ticks);
}

static void put_fault(struct trace_line *line, const struct linux_siginfo *info)
{
	put_pointer(line, ", si_addr=", info->fault.address);
	if (info->signo == LINUX_SIGSEGV && info->code == LINUX_SEGV_BNDERR) {
		put_pointer(line, ", si_lower=", info->fault.lower);
		put_pointer(line, ", si_upper=", info->fault.upper);
	}
	if (info->signo == LINUX_SIGBUS && (info->code == LINUX_BUS_MCEERR_AR || info->code == LINUX_BUS_MCEERR_AO)) {
		put_text(line, ", si_addr_lsb=");
		put_hex(line, (uint16_t)info->fault.lsb);
	}
}

static void put_from_kernel(struct trace_line *line, const struct linux_siginfo *info)
{
	switch (info->signo) {
	case LINUX_SIGCHLD:
		put_child(line, info);
		break;
	case LINUX_SIGILL:
	case LINUX_SIGFPE:
	case LINUX_SIGBUS:
	case LINUX_SIGSEGV:
	case LINUX_SIGTRAP:
		put_fault(line, info);
		break;
	case LINUX_SIGIO:
		if (name_of(&names_sigpoll_codes, (uint32_t)info->code))
			put_poll(line, info);
		break;
	default:
		if (info->sent.pid || info->sent.uid)
			put_sender(line, info);
		if (info->sent.value.address)
			put_sent_value(line, &info->sent.value);
	}
}

void put_siginfo(struct trace_line *line, const void *copy)
{
	const struct linux_siginfo *info = copy;

	put_character(line, '{');
	if (info->signo) {
		put_text(line, "si_signo=");
		put_signal(line, info->signo);
		put_text(line, ", si_code=");
		put_code(line, info);
		if (info->error) {
			const char *name = error_name(info->error);

			put_text(line, ", si_errno=");
			if (name)
				put_text(line, name);
			else
				put_unsigned(line, (uint32_t)info->error);
		}
		if (info->code <= 0)
			put_from_process(line, info);
		else
			put_from_kernel(line, info);
	}
	put_character(line, '}');
}

void put_sigevent(struct trace_line *line, const void *copy)
{
	const struct linux_sigevent *event = copy;
	bool signals = event->notify == LINUX_SIGEV_SIGNAL || event->notify == LINUX_SIGEV_THREAD || event->notify == LINUX_SIGEV_THREAD_ID;

	put_character(line, '{');
	if (event->value.address) {
		put_integer(line, "sigev_value={sival_int=", event->value.number);
		put_pointer(line, ", sival_ptr=", event->value.address);
		put_text(line, "}, ");
	}
	put_text(line, "sigev_signo=");
	put_value(line, signals ? VALUE_SIGNAL : VALUE_UINT, NULL, (uint32_t)event->signo);
	put_text(line, ", sigev_notify=");
	put_choice(line, &names_notify_how, (uint32_t)event->notify);
	if (event->notify == LINUX_SIGEV_THREAD_ID) {
		put_integer(line, ", sigev_notify_thread_id=", event->thread);
	} else if (event->notify == LINUX_SIGEV_THREAD) {
		put_pointer(line, ", sigev_notify_function=", event->call.function);
		put_pointer(line, ", sigev_notify_attributes=", event->call.attributes);
	}
	put_character(line, '}');
}
