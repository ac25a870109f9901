/* SPDX-License-Identifier: MIT */
/* ioctl: names of requests, and what their argument points to; the modes of terminals. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/own.h"
#include "trace/quote.h"

/* Parts of c_oflag and c_cflag that are numbers, not flags. */
#define CONTROL_SPEED 0x100f
#define CONTROL_INPUT_SPEED 0x100f0000
#define CONTROL_SIZE 060

#define TAB_MASK 014000

/* Delays of output: their mask, the shift of their number, and the name that it stands behind. */
static const struct delay {
	uint32_t mask;
	uint32_t shift;
	const char *name;
} delays[] = {{0400, 8, "NL"}, {03000, 9, "CR"}, {TAB_MASK, 11, "TAB"}, {020000, 13, "BS"}, {040000, 14, "VT"}, {0100000, 15, "FF"}};

/* Without flags nothing is written, though a bar may stand before it: so does strace(1). */
static void put_modes(struct trace_line *line, const struct names *names, uint32_t modes)
{
	if (modes && !put_flags_bare(line, names, modes))
		put_hex(line, modes);
}

#define TAB_EXPANDED 3 /* TAB3 has a name of its own */

static void put_delay(struct trace_line *line, const struct delay *delay, uint32_t number)
{
	if (delay->mask == TAB_MASK && number == TAB_EXPANDED) {
		put_text(line, "XTABS");
		return;
	}
	put_text(line, delay->name);
	put_unsigned(line, number);
}

static void put_output_modes(struct trace_line *line, uint32_t modes)
{
	bool first = true;

	for (unsigned i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		if (!first)
			put_character(line, '|');
		first = false;
		put_delay(line, &delays[i], (modes & delays[i].mask) >> delays[i].shift);
		modes &= ~delays[i].mask;
	}
	put_character(line, '|');
	put_modes(line, &names_output_modes, modes);
}

static void put_control_modes(struct trace_line *line, uint32_t modes)
{
	put_choice(line, &names_baud_rates, modes & CONTROL_SPEED);
	if (modes & CONTROL_INPUT_SPEED) {
		put_character(line, '|');
		put_choice(line, &names_baud_rates, (modes & CONTROL_INPUT_SPEED) >> 16);
		put_text(line, "<<IBSHIFT");
	}
	put_character(line, '|');
	put_choice(line, &names_control_sizes, modes & CONTROL_SIZE);
	modes &= ~(uint32_t)(CONTROL_SPEED | CONTROL_INPUT_SPEED | CONTROL_SIZE);
	put_character(line, '|');
	put_modes(line, &names_control_modes, modes);
}

void put_termios(struct trace_line *line, const void *copy)
{
	const struct linux_termios *termios = copy;

	put_text(line, "{c_iflag=");
	put_modes(line, &names_input_modes, termios->c_iflag);
	put_text(line, ", c_oflag=");
	put_output_modes(line, termios->c_oflag);
	put_text(line, ", c_cflag=");
	put_control_modes(line, termios->c_cflag);
	put_text(line, ", c_lflag=");
	put_modes(line, &names_local_modes, termios->c_lflag);
	put_text(line, ", ...}");
}

/* How a request without a name is put together: _IOC(direction, type, number, size). */
static void put_unknown_request(struct trace_line *line, uint32_t request)
{
	static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};

	put_text(line, "_IOC(");
	put_text(line, directions[request >> 30]);
	put_text(line, ", ");
	put_hex(line, request >> 8 & 0xff);
	put_text(line, ", ");
	put_hex(line, request & 0xff);
	put_text(line, ", ");
	put_hex(line, request >> 16 & 0x3fff);
	put_character(line, ')');
}

/* Requests of sound cards that have the numbers of TCSETS, TCSETSW and TCSETSF. */
static const char *const sound_requests[] = {"SNDCTL_TMR_START or ", "SNDCTL_TMR_STOP or ", "SNDCTL_TMR_CONTINUE or "};

enum outcome argument_request(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	const char *text = name_of(&names_ioctl_requests, (uint32_t)value);

	(void)argument;
	if (value >= LINUX_TCSETS && value <= LINUX_TCSETSF)
		put_text(line, sound_requests[value - LINUX_TCSETS]);
	if (text)
		put_text(line, text);
	else
		put_unknown_request(line, (uint32_t)value);
	return PRINTED;
}

/* What stands behind a request. */
enum shape { SHAPE_UNKNOWN, SHAPE_NOTHING, SHAPE_NUMBER, SHAPE_READS, SHAPE_WRITES, SHAPE_QUEUES, SHAPE_ACTIONS, SHAPE_BYTE };

struct request {
	uint32_t number;
	enum shape shape; /* READS: the call reads the structure; WRITES: it writes it */
	const struct structure *structure;
};

static const struct request requests[] = {
	{LINUX_TCGETS, SHAPE_WRITES, &structure_termios},
	{LINUX_TCSETS, SHAPE_READS, &structure_termios},
	{LINUX_TCSETSW, SHAPE_READS, &structure_termios},
	{LINUX_TCSETSF, SHAPE_READS, &structure_termios},
	{LINUX_TCGETS2, SHAPE_WRITES, &structure_termios},
	{LINUX_TCSETS2, SHAPE_READS, &structure_termios},
	{LINUX_TCSETSW2, SHAPE_READS, &structure_termios},
	{LINUX_TCSETSF2, SHAPE_READS, &structure_termios},
	{LINUX_TIOCGWINSZ, SHAPE_WRITES, &structure_winsize},
	{LINUX_TIOCSWINSZ, SHAPE_READS, &structure_winsize},
	{LINUX_TCXONC, SHAPE_ACTIONS, NULL},
	{LINUX_TCFLSH, SHAPE_QUEUES, NULL},
	{LINUX_TCSBRK, SHAPE_NUMBER, NULL},
	{LINUX_TCSBRKP, SHAPE_NUMBER, NULL},
	{LINUX_TIOCSCTTY, SHAPE_NUMBER, NULL},
	{LINUX_TIOCGPGRP, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCGSID, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCGETD, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCGSOFTCAR, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCGPTN, SHAPE_WRITES, &structure_int},
	{LINUX_FIONREAD, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCOUTQ, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCGEXCL, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCGDEV, SHAPE_WRITES, &structure_int},
	{LINUX_TIOCSPGRP, SHAPE_READS, &structure_int},
	{LINUX_TIOCSETD, SHAPE_READS, &structure_int},
	{LINUX_FIONBIO, SHAPE_READS, &structure_int},
	{LINUX_FIOASYNC, SHAPE_READS, &structure_int},
	{LINUX_TIOCPKT, SHAPE_READS, &structure_int},
	{LINUX_TIOCSSOFTCAR, SHAPE_READS, &structure_int},
	{LINUX_TIOCSPTLCK, SHAPE_READS, &structure_int},
	{LINUX_TIOCSTI, SHAPE_BYTE, NULL},
	{LINUX_TIOCSBRK, SHAPE_NOTHING, NULL},
	{LINUX_TIOCCBRK, SHAPE_NOTHING, NULL},
	{LINUX_TIOCCONS, SHAPE_NOTHING, NULL},
	{LINUX_TIOCNOTTY, SHAPE_NOTHING, NULL},
	{LINUX_TIOCEXCL, SHAPE_NOTHING, NULL},
	{LINUX_TIOCNXCL, SHAPE_NOTHING, NULL},
	{LINUX_FIOCLEX, SHAPE_NOTHING, NULL},
	{LINUX_FIONCLEX, SHAPE_NOTHING, NULL},
	{LINUX_TIOCVHANGUP, SHAPE_NOTHING, NULL},
	{LINUX_TIOCSSERIAL, SHAPE_NOTHING, NULL},
	{0, SHAPE_UNKNOWN, NULL},
};

static const struct request *request_of(uint64_t number)
{
	const struct request *request = requests;

	while (request->number && request->number != (uint32_t)number)
		request++;
	return request;
}

enum outcome argument_ioctl(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	const struct request *request = request_of(other_of(line, argument));
	enum outcome outcome;

	switch (request->shape) {
	case SHAPE_NOTHING:
		return OMITTED;
	case SHAPE_NUMBER:
		put_signed(line, (int32_t)value);
		return PRINTED;
	case SHAPE_QUEUES:
		put_choice(line, &names_flush_queues, value);
		return PRINTED;
	case SHAPE_ACTIONS:
		put_choice(line, &names_flow_actions, value);
		return PRINTED;
	case SHAPE_BYTE:
		put_buffer(line, value, 1, QUOTE_OCTAL);
		return PRINTED;
	case SHAPE_READS:
		put_structure_at(line, request->structure, value);
		return PRINTED;
	case SHAPE_WRITES:
		break;
	case SHAPE_UNKNOWN:
		put_hex(line, value);
		return PRINTED;
	}
	if (is_told_now(line, value, &outcome))
		put_structure_at(line, request->structure, value);
	return outcome;
}
