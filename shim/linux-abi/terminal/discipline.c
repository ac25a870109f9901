/* SPDX-License-Identifier: MIT */
/*
 * The line discipline (terminal/terminal.h), after termios(3) and the habits of Linux's N_TTY. Input lies in a ring; `lines_end` is behind the last complete line, so that in canonical mode only what is before it can be read, and
 * only what is behind it can be edited. The mark of an end of file (VEOF) is a byte of its own, 0 with a mark, which reading swallows.
 */
#include "lib/string.h"
#include "process/groups.h"
#include "signal/send.h"
#include "terminal/terminal.h"

#define CONTROL(c) ((c)&0x1f)
#define DISABLED 0 /* _POSIX_VDISABLE */
#define DELETE 0x7f
#define TAB_COLUMNS 8
#define TAB_DELAY 014000 /* TABDLY: all of it (XTABS): blanks instead */

static const struct linux_termios sane = {
	.c_iflag = LINUX_ICRNL | LINUX_IXON,
	.c_oflag = LINUX_OPOST | LINUX_ONLCR,
	.c_cflag = LINUX_B38400 | LINUX_CS8 | LINUX_CREAD | LINUX_HUPCL,
	.c_lflag = LINUX_ISIG | LINUX_ICANON | LINUX_ECHO | LINUX_ECHOE | LINUX_ECHOK | LINUX_ECHOCTL | LINUX_ECHOKE | LINUX_IEXTEN,
	.c_cc = {
		[LINUX_VINTR] = CONTROL('C'), [LINUX_VQUIT] = CONTROL('\\'), [LINUX_VERASE] = DELETE, [LINUX_VKILL] = CONTROL('U'), [LINUX_VEOF] = CONTROL('D'), [LINUX_VMIN] = 1,
		[LINUX_VSTART] = CONTROL('Q'), [LINUX_VSTOP] = CONTROL('S'), [LINUX_VSUSP] = CONTROL('Z'), [LINUX_VREPRINT] = CONTROL('R'), [LINUX_VDISCARD] = CONTROL('O'),
		[LINUX_VWERASE] = CONTROL('W'), [LINUX_VLNEXT] = CONTROL('V'),
	},
};

void terminal_start(struct terminal *terminal, const struct terminal_device *device, uint64_t number)
{
	*terminal = (struct terminal){.device = device, .number = number, .settings = sane};
}

void terminal_settings_reset(struct terminal *terminal)
{
	terminal->settings = sane;
}

static bool local(const struct terminal *terminal, uint32_t flag)
{
	return terminal->settings.c_lflag & flag;
}

static bool is_special(const struct terminal *terminal, unsigned which, unsigned char c)
{
	return terminal->settings.c_cc[which] != DISABLED && terminal->settings.c_cc[which] == c;
}

/* Output. */

static bool send_one(struct terminal *terminal, unsigned char c)
{
	return terminal->device->send(terminal, &c, 1) == 1;
}

static bool send_tab(struct terminal *terminal)
{
	static const unsigned char blanks[TAB_COLUMNS] = "        ";
	uint32_t count = TAB_COLUMNS - terminal->column % TAB_COLUMNS;

	if ((terminal->settings.c_oflag & TAB_DELAY) != TAB_DELAY) {
		terminal->column += count;
		return send_one(terminal, '\t');
	}
	if (terminal->device->send(terminal, blanks, count) != count)
		return false;
	terminal->column += count;
	return true;
}

static bool send_line_feed(struct terminal *terminal)
{
	static const unsigned char both[2] = {'\r', '\n'};

	if (terminal->settings.c_oflag & LINUX_ONLRET)
		terminal->column = 0;
	if (!(terminal->settings.c_oflag & LINUX_ONLCR))
		return send_one(terminal, '\n');
	terminal->column = 0;
	return terminal->device->send(terminal, both, 2) == 2;
}

static bool send_return(struct terminal *terminal)
{
	uint32_t flags = terminal->settings.c_oflag;

	if (flags & LINUX_ONOCR && !terminal->column)
		return true;
	if (flags & LINUX_OCRNL) {
		if (flags & LINUX_ONLRET)
			terminal->column = 0;
		return send_one(terminal, '\n');
	}
	terminal->column = 0;
	return send_one(terminal, '\r');
}

/* One character as OPOST says. False when the device did not take it. */
static bool output_one(struct terminal *terminal, unsigned char c)
{
	if (!(terminal->settings.c_oflag & LINUX_OPOST))
		return send_one(terminal, c);
	switch (c) {
	case '\n':
		return send_line_feed(terminal);
	case '\r':
		return send_return(terminal);
	case '\t':
		return send_tab(terminal);
	case '\b':
		if (terminal->column)
			terminal->column--;
		return send_one(terminal, c);
	default:
		if (terminal->settings.c_oflag & LINUX_OLCUC && c >= 'a' && c <= 'z')
			c = (unsigned char)(c - 'a' + 'A');
		if (c >= ' ' && c != DELETE && (c & 0xc0) != 0x80)
			terminal->column++;
		return send_one(terminal, c);
	}
}

size_t terminal_output(struct terminal *terminal, const unsigned char *bytes, size_t count)
{
	size_t done = 0;

	if (terminal->stopped)
		return 0;
	if (!(terminal->settings.c_oflag & LINUX_OPOST))
		return terminal->device->send(terminal, bytes, count);
	while (done < count && output_one(terminal, bytes[done]))
		done++;
	return done;
}

/* Echo: what does not fit is lost, as on a line that is full. */
static void echo_raw(struct terminal *terminal, unsigned char c)
{
	(void)output_one(terminal, c);
}

static bool is_shown_as_control(const struct terminal *terminal, unsigned char c)
{
	return local(terminal, LINUX_ECHOCTL) && ((c < ' ' && c != '\t' && c != '\n') || c == DELETE);
}

static void echo(struct terminal *terminal, unsigned char c)
{
	if (is_shown_as_control(terminal, c)) {
		echo_raw(terminal, '^');
		echo_raw(terminal, c ^ 0x40);
	} else {
		echo_raw(terminal, c);
	}
}

/* Input. */

static bool canonical(const struct terminal *terminal)
{
	return local(terminal, LINUX_ICANON);
}

static unsigned char *byte_at(struct terminal *terminal, uint64_t count)
{
	return &terminal->input[count % TERMINAL_INPUT];
}

static bool mark_at(const struct terminal *terminal, uint64_t count)
{
	uint64_t at = count % TERMINAL_INPUT;

	return terminal->marks[at / 64] >> at % 64 & 1;
}

static void put(struct terminal *terminal, unsigned char c, bool mark)
{
	uint64_t at = terminal->received % TERMINAL_INPUT, bit = 1ull << at % 64;

	*byte_at(terminal, terminal->received) = c;
	terminal->marks[at / 64] = mark ? terminal->marks[at / 64] | bit : terminal->marks[at / 64] & ~bit;
	terminal->received++;
	if (mark || !canonical(terminal))
		terminal->lines_end = terminal->received;
}

static void readable(struct terminal *terminal)
{
	queue_wake(&terminal->readable, LINUX_POLLIN | LINUX_POLLRDNORM);
}

void terminal_flush_input(struct terminal *terminal)
{
	terminal->taken = terminal->lines_end = terminal->received;
	if (terminal->device->resume)
		terminal->device->resume(terminal);
}

static void signal_foreground(struct terminal *terminal, int number)
{
	if (terminal->foreground)
		group_signal(terminal->foreground, &(struct signal_information){.number = number, .code = LINUX_SI_KERNEL});
}

static void signal_key(struct terminal *terminal, unsigned char c, int number)
{
	if (!local(terminal, LINUX_NOFLSH))
		terminal_flush_input(terminal);
	if (local(terminal, LINUX_ECHO))
		echo(terminal, c);
	terminal->stopped = false;
	signal_foreground(terminal, number);
}

/* Columns that a character of the line takes: control characters two, those in the middle of UTF-8 none. */
static uint32_t columns_of(const struct terminal *terminal, unsigned char c)
{
	if (is_shown_as_control(terminal, c))
		return 2;
	return c < ' ' || c == DELETE || (terminal->settings.c_iflag & LINUX_IUTF8 && (c & 0xc0) == 0x80) ? 0 : 1;
}

/* Where the column is after the line that is edited. */
static uint32_t line_columns(struct terminal *terminal)
{
	uint32_t column = terminal->line_start;

	for (uint64_t i = terminal->lines_end; i < terminal->received; i++) {
		unsigned char c = *byte_at(terminal, i);

		column = c == '\t' ? (column / TAB_COLUMNS + 1) * TAB_COLUMNS : column + columns_of(terminal, c);
	}
	return column;
}

static void rub_out(struct terminal *terminal, uint32_t columns)
{
	static const unsigned char erase[3] = "\b \b";

	for (uint32_t i = 0; i < columns; i++)
		(void)terminal->device->send(terminal, erase, sizeof(erase));
	terminal->column -= columns < terminal->column ? columns : terminal->column;
}

/* Takes the last character of the line away. */
static void erase_one(struct terminal *terminal)
{
	uint32_t before = line_columns(terminal);

	do
		terminal->received--;
	while (terminal->settings.c_iflag & LINUX_IUTF8 && terminal->received > terminal->lines_end && (*byte_at(terminal, terminal->received) & 0xc0) == 0x80);
	if (!local(terminal, LINUX_ECHO))
		return;
	if (local(terminal, LINUX_ECHOE))
		rub_out(terminal, before - line_columns(terminal));
	else
		echo(terminal, terminal->settings.c_cc[LINUX_VERASE]);
}

static bool is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static void erase_word(struct terminal *terminal)
{
	while (terminal->received > terminal->lines_end && !is_word(*byte_at(terminal, terminal->received - 1)))
		erase_one(terminal);
	while (terminal->received > terminal->lines_end && is_word(*byte_at(terminal, terminal->received - 1)))
		erase_one(terminal);
}

static void erase_line(struct terminal *terminal)
{
	if (local(terminal, LINUX_ECHOKE) && local(terminal, LINUX_ECHOE)) {
		while (terminal->received > terminal->lines_end)
			erase_one(terminal);
		return;
	}
	terminal->received = terminal->lines_end;
	if (local(terminal, LINUX_ECHO))
		echo(terminal, terminal->settings.c_cc[LINUX_VKILL]);
	if (local(terminal, LINUX_ECHO) && local(terminal, LINUX_ECHOK))
		echo_raw(terminal, '\n');
}

static void reprint(struct terminal *terminal)
{
	echo(terminal, terminal->settings.c_cc[LINUX_VREPRINT]);
	echo_raw(terminal, '\n');
	for (uint64_t i = terminal->lines_end; i < terminal->received; i++)
		echo(terminal, *byte_at(terminal, i));
}

/* Keys that edit the line. True when the character was one. */
static bool edit(struct terminal *terminal, unsigned char c)
{
	bool some = terminal->received > terminal->lines_end;

	if (is_special(terminal, LINUX_VERASE, c)) {
		if (some)
			erase_one(terminal);
	} else if (is_special(terminal, LINUX_VKILL, c)) {
		erase_line(terminal);
	} else if (local(terminal, LINUX_IEXTEN) && is_special(terminal, LINUX_VWERASE, c)) {
		erase_word(terminal);
	} else if (local(terminal, LINUX_IEXTEN) && is_special(terminal, LINUX_VREPRINT, c) && local(terminal, LINUX_ECHO)) {
		reprint(terminal);
	} else if (local(terminal, LINUX_IEXTEN) && is_special(terminal, LINUX_VLNEXT, c)) {
		terminal->literal = true;
		if (local(terminal, LINUX_ECHO) && local(terminal, LINUX_ECHOCTL)) {
			echo_raw(terminal, '^');
			echo_raw(terminal, '\b');
		}
	} else {
		return false;
	}
	return true;
}

/* A character that goes into the line, or ends it. */
static void line_put(struct terminal *terminal, unsigned char c, bool literal)
{
	bool end = !literal && (c == '\n' || is_special(terminal, LINUX_VEOL, c) || (local(terminal, LINUX_IEXTEN) && is_special(terminal, LINUX_VEOL2, c)));

	if (!literal && is_special(terminal, LINUX_VEOF, c)) {
		put(terminal, '\0', true);
		readable(terminal);
		return;
	}
	if (terminal->received == terminal->lines_end)
		terminal->line_start = terminal->column;
	if (local(terminal, LINUX_ECHO) || (c == '\n' && local(terminal, LINUX_ECHONL)))
		echo(terminal, c);
	put(terminal, c, end);
	if (end)
		readable(terminal);
}

/* Keys that mean the same in both modes: signals and flow control. */
static bool control(struct terminal *terminal, unsigned char c)
{
	if (terminal->settings.c_iflag & LINUX_IXON) {
		if (is_special(terminal, LINUX_VSTART, c) || (terminal->stopped && terminal->settings.c_iflag & LINUX_IXANY)) {
			bool was = terminal->stopped;

			terminal->stopped = false;
			if (was)
				terminal_sent(terminal);
			return is_special(terminal, LINUX_VSTART, c);
		}
		if (is_special(terminal, LINUX_VSTOP, c)) {
			terminal->stopped = true;
			return true;
		}
	}
	if (!local(terminal, LINUX_ISIG))
		return false;
	if (is_special(terminal, LINUX_VINTR, c))
		signal_key(terminal, c, LINUX_SIGINT);
	else if (is_special(terminal, LINUX_VQUIT, c))
		signal_key(terminal, c, LINUX_SIGQUIT);
	else if (is_special(terminal, LINUX_VSUSP, c))
		signal_key(terminal, c, LINUX_SIGTSTP);
	else
		return false;
	return true;
}

/* What c_iflag makes of a character; -1: nothing. */
static int input_translate(const struct terminal *terminal, unsigned char c)
{
	uint32_t flags = terminal->settings.c_iflag;

	if (flags & LINUX_ISTRIP)
		c &= 0x7f;
	if (flags & LINUX_IUCLC && local(terminal, LINUX_IEXTEN) && c >= 'A' && c <= 'Z')
		c = (unsigned char)(c - 'A' + 'a');
	if (c == '\r' && flags & LINUX_IGNCR)
		return -1;
	if (c == '\r' && flags & LINUX_ICRNL)
		return '\n';
	if (c == '\n' && flags & LINUX_INLCR)
		return '\r';
	return c;
}

static void receive_one(struct terminal *terminal, unsigned char raw)
{
	bool literal = terminal->literal;
	int translated = input_translate(terminal, raw);
	unsigned char c = (unsigned char)translated;

	terminal->literal = false;
	if (!literal && (translated < 0 || control(terminal, c)))
		return;
	if (!canonical(terminal)) {
		if (local(terminal, LINUX_ECHO))
			echo(terminal, c);
		put(terminal, c, false);
		readable(terminal);
	} else if (literal || !edit(terminal, c)) {
		line_put(terminal, literal ? raw : c, literal);
	}
}

size_t terminal_receive(struct terminal *terminal, const unsigned char *bytes, size_t count)
{
	size_t done = 0;

	while (done < count) {
		uint64_t used = terminal->received - terminal->taken;
		unsigned char c = bytes[done];

		/* The last place is for the end of a line, so that one that is too long can still be ended; in a full line the rest is dropped, as by Linux. */
		if (used >= TERMINAL_INPUT - 1 && terminal->lines_end > terminal->taken)
			break;
		done++;
		if (used >= TERMINAL_INPUT - 1 && canonical(terminal) && c != '\n' && c != '\r' && !is_special(terminal, LINUX_VERASE, c) && !is_special(terminal, LINUX_VKILL, c) &&
		    !is_special(terminal, LINUX_VINTR, c))
			continue;
		receive_one(terminal, c);
	}
	return done;
}

size_t terminal_available(const struct terminal *terminal)
{
	return terminal->lines_end - terminal->taken;
}

size_t terminal_take(struct terminal *terminal, unsigned char *bytes, size_t count)
{
	size_t done = 0;

	while (done < count && terminal->taken < terminal->lines_end) {
		bool mark = mark_at(terminal, terminal->taken), end_of_file = mark && !*byte_at(terminal, terminal->taken);

		if (!end_of_file || !canonical(terminal))
			bytes[done++] = *byte_at(terminal, terminal->taken);
		terminal->taken++;
		if (canonical(terminal) && mark)
			break;
	}
	/* The mark of an end of file right behind what was taken belongs to it. */
	if (canonical(terminal) && done && done == count && terminal->taken < terminal->lines_end && mark_at(terminal, terminal->taken) && !*byte_at(terminal, terminal->taken) &&
	    !mark_at(terminal, terminal->taken - 1))
		terminal->taken++;
	if (terminal->device->resume)
		terminal->device->resume(terminal);
	return done;
}

void terminal_sent(struct terminal *terminal)
{
	if (!terminal->stopped)
		queue_wake(&terminal->writable, LINUX_POLLOUT | LINUX_POLLWRNORM);
}

void terminal_hang_up(struct terminal *terminal)
{
	terminal->hung_up = true;
	queue_wake(&terminal->readable, 0);
	queue_wake(&terminal->writable, 0);
	for (struct process *process = processes; process; process = process->next)
		if (process->terminal == terminal && process->id == process->session) {
			group_signal(process->group, &(struct signal_information){.number = LINUX_SIGHUP, .code = LINUX_SI_KERNEL});
			group_signal(process->group, &(struct signal_information){.number = LINUX_SIGCONT, .code = LINUX_SI_KERNEL});
			break;
		}
}

void terminal_revoke(struct terminal *terminal)
{
	terminal->revocations++;
	for (struct process *process = processes; process; process = process->next) {
		if (process->terminal != terminal)
			continue;
		process->terminal = NULL;
		if (process->id == process->session) {
			(void)signal_send_process(process, &(struct signal_information){.number = LINUX_SIGHUP, .code = LINUX_SI_KERNEL});
			(void)signal_send_process(process, &(struct signal_information){.number = LINUX_SIGCONT, .code = LINUX_SI_KERNEL});
		}
	}
	terminal->session = terminal->foreground = 0;
	terminal->stopped = false;
	terminal_flush_input(terminal);
	if (terminal->device->revoked)
		terminal->device->revoked(terminal);
	queue_wake(&terminal->readable, 0);
	queue_wake(&terminal->writable, 0);
}

void terminal_leave(struct terminal *terminal, struct process *leader)
{
	signal_foreground(terminal, LINUX_SIGHUP);
	signal_foreground(terminal, LINUX_SIGCONT);
	terminal->session = terminal->foreground = 0;
	for (struct process *process = processes; process; process = process->next)
		if (process->session == leader->session && process->terminal == terminal)
			process->terminal = NULL;
}

void terminal_resize(struct terminal *terminal, const struct linux_winsize *size)
{
	if (memcmp(&terminal->size, size, sizeof(*size)) == 0)
		return;
	terminal->size = *size;
	signal_foreground(terminal, LINUX_SIGWINCH);
}
