/* SPDX-License-Identifier: MIT */
/* What processes do with terminals: read, write, poll and the requests of ioctl_tty(2), with job control: who is not in the foreground is stopped by SIGTTIN or SIGTTOU. */
#include "file/description.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "process/groups.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "signal/send.h"
#include "terminal/terminal.h"

#define PIECE 256
#define TENTH_OF_SECOND 100000000ull

static struct terminal *terminal_of(const struct description *description)
{
	return description->data;
}

/* Whether it was opened before everybody was hung up, or the other side has gone. */
static bool is_revoked(const struct description *description)
{
	return description->stamp != terminal_of(description)->revocations;
}

static bool is_hung_up(const struct description *description)
{
	return terminal_of(description)->hung_up || is_revoked(description);
}

/* Whether the task's process must not do what only the foreground may. 0: it may; else the result of the call, with the signal sent. */
static int background_check(struct task *task, const struct terminal *terminal, int number)
{
	struct process *process = task->process;
	const struct signal_action *action = &process->actions->action[number - 1];
	bool deaf = action->handler == LINUX_SIG_IGN || task->signals.blocked & SIGNAL_BIT(number);

	if (process->terminal != terminal || !terminal->foreground || process->group == terminal->foreground)
		return 0;
	if (number == LINUX_SIGTTIN && (deaf || group_is_orphaned(process)))
		return -EIO;
	if (number == LINUX_SIGTTOU && deaf)
		return 0;
	if (group_is_orphaned(process))
		return -EIO;
	group_signal(process->group, &(struct signal_information){.number = number, .code = LINUX_SI_KERNEL});
	return -ERESTARTSYS;
}

/* Moves what there is to the reader. */
static int64_t input_move(struct terminal *terminal, struct transfer *transfer)
{
	unsigned char piece[PIECE];
	bool lines = terminal->settings.c_lflag & LINUX_ICANON;
	int64_t done = 0;

	while (transfer->left && terminal_available(terminal)) {
		size_t count = terminal_take(terminal, piece, transfer->left < sizeof(piece) ? transfer->left : sizeof(piece));
		int64_t put = transfer_put(transfer, piece, count);

		if (put < 0)
			return done ? done : put;
		done += put;
		if (lines && (count < sizeof(piece) || piece[count - 1] == '\n'))
			break;
	}
	return done;
}

/* How a read that is not of lines waits: VMIN bytes, VTIME tenths of a second. */
static size_t wanted_bytes(const struct terminal *terminal)
{
	if (terminal->settings.c_lflag & LINUX_ICANON)
		return 1;
	return terminal->settings.c_cc[LINUX_VMIN] ? terminal->settings.c_cc[LINUX_VMIN] : 1;
}

static uint64_t read_deadline(const struct terminal *terminal)
{
	uint8_t tenths = terminal->settings.c_cc[LINUX_VTIME], least = terminal->settings.c_cc[LINUX_VMIN];

	if (terminal->settings.c_lflag & LINUX_ICANON)
		return NEVER;
	if (!least)
		return clock_now() + tenths * TENTH_OF_SECOND;
	return tenths && terminal_available(terminal) ? clock_now() + tenths * TENTH_OF_SECOND : NEVER;
}

/* Waits until there is enough to read. 0, also when the time of VTIME is over or the other side has gone. */
static int input_wait(struct task *task, const struct description *description, uint64_t room)
{
	struct terminal *terminal = terminal_of(description);
	struct waiter waiter = {.interest = 0};
	size_t wanted = wanted_bytes(terminal);
	int error = 0;

	if (wanted > room)
		wanted = room ? room : 1;
	queue_join(&terminal->readable, &waiter, task);
	while (!error && terminal_available(terminal) < wanted && !is_hung_up(description)) {
		error = background_check(task, terminal, LINUX_SIGTTIN);
		if (!error && description->flags & LINUX_O_NONBLOCK)
			error = terminal_available(terminal) ? -ETIMEDOUT : -EAGAIN;
		if (!error)
			error = task_wait(task, WAIT_INTERRUPTIBLE, read_deadline(terminal));
	}
	queue_leave(&waiter);
	if (error == -ERESTARTSYS && terminal_available(terminal) && !(terminal->settings.c_lflag & LINUX_ICANON))
		return 0;
	return error == -ETIMEDOUT ? 0 : error;
}

static int64_t terminal_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct terminal *terminal = terminal_of(description);
	int error = is_revoked(description) ? 0 : background_check(task, terminal, LINUX_SIGTTIN);

	(void)offset;
	if (!error)
		error = input_wait(task, description, transfer->left);
	return error || is_revoked(description) ? error : input_move(terminal, transfer);
}

/* Sends a piece, waiting for room. How many bytes of it. */
static int64_t piece_send(struct task *task, const struct description *description, const unsigned char *piece, size_t count)
{
	struct terminal *terminal = terminal_of(description);
	struct waiter waiter = {.interest = 0};
	size_t sent = 0;
	int error = 0;

	sent = terminal_output(terminal, piece, count);
	if (sent == count)
		return (int64_t)sent;
	queue_join(&terminal->writable, &waiter, task);
	while (!error && sent < count) {
		if (is_hung_up(description))
			error = -EIO;
		else if (description->flags & LINUX_O_NONBLOCK)
			error = -EAGAIN;
		else
			error = task_wait(task, WAIT_INTERRUPTIBLE, NEVER);
		if (!error && !is_hung_up(description))
			sent += terminal_output(terminal, piece + sent, count - sent);
	}
	queue_leave(&waiter);
	return sent ? (int64_t)sent : error;
}

static int64_t terminal_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct terminal *terminal = terminal_of(description);
	int64_t done = 0;
	int error = is_hung_up(description) ? -EIO : terminal->settings.c_lflag & LINUX_TOSTOP ? background_check(task, terminal, LINUX_SIGTTOU) : 0;

	(void)offset;
	while (!error && transfer->left) {
		struct user_page page;
		int64_t sent;

		error = transfer_page_begin(transfer, transfer->left, false, &page);
		if (error)
			break;
		sent = piece_send(task, description, page.bytes, page.count);
		transfer_page_end(&page);
		if (sent < 0) {
			error = (int)sent;
			break;
		}
		transfer_advance(transfer, (uint64_t)sent);
		done += sent;
		if ((size_t)sent < page.count)
			break;
	}
	return done ? done : error;
}

static uint32_t terminal_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct terminal *terminal = terminal_of(description);
	uint32_t events = 0;

	(void)task;
	*queue = &terminal->readable;
	if (is_revoked(description))
		return LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLOUT | LINUX_POLLWRNORM | LINUX_POLLHUP | LINUX_POLLERR;
	if (terminal_available(terminal) >= wanted_bytes(terminal))
		events |= LINUX_POLLIN | LINUX_POLLRDNORM;
	if (!terminal->stopped)
		events |= LINUX_POLLOUT | LINUX_POLLWRNORM;
	if (terminal->hung_up)
		events |= LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLHUP | LINUX_POLLERR;
	return events;
}

static uint32_t terminal_told(const struct description *description, uint32_t events)
{
	return is_hung_up(description) ? 0 : events & LINUX_POLLIN;
}

/* Waits until all that was written has been sent (TCSETSW, TCSBRK). */
static int output_drain(struct task *task, struct terminal *terminal)
{
	struct waiter waiter = {.interest = 0};
	int error = 0;

	queue_join(&terminal->writable, &waiter, task);
	while (!error && terminal->device->unsent && terminal->device->unsent(terminal) && !terminal->hung_up)
		error = task_wait(task, WAIT_INTERRUPTIBLE, NEVER);
	queue_leave(&waiter);
	return error;
}

static void settings_apply(struct terminal *terminal, const struct linux_termios *settings)
{
	bool was_lines = terminal->settings.c_lflag & LINUX_ICANON, lines = settings->c_lflag & LINUX_ICANON;

	terminal->settings = *settings;
	if (!lines || was_lines != lines)
		terminal->lines_end = terminal->received; /* what has been typed can be read, in either mode */
	if (!(settings->c_iflag & LINUX_IXON) && terminal->stopped) {
		terminal->stopped = false;
		terminal_sent(terminal);
	}
	if (terminal->device->changed)
		terminal->device->changed(terminal);
	queue_wake(&terminal->readable, 0);
}

/* TCGETA: the settings in their older, shorter form. */
static int64_t short_settings_get(struct task *task, const struct terminal *terminal, uint64_t argument)
{
	const struct linux_termios *settings = &terminal->settings;
	struct linux_termio told = {
		.c_iflag = (uint16_t)settings->c_iflag,
		.c_oflag = (uint16_t)settings->c_oflag,
		.c_cflag = (uint16_t)settings->c_cflag,
		.c_lflag = (uint16_t)settings->c_lflag,
		.c_line = settings->c_line,
	};

	memcpy(told.c_cc, settings->c_cc, sizeof(told.c_cc));
	return user_put(task->memory, argument, &told);
}

/* Puts the lower half of a set of modes into it. */
static void low_half_set(uint32_t *modes, uint16_t low)
{
	*modes = (*modes & 0xffff0000) | low;
}

/* TCSETA and its like: what the shorter form does not have stays as it is. */
static int short_settings_read(struct task *task, const struct terminal *terminal, struct linux_termios *settings, uint64_t argument)
{
	struct linux_termio wanted;

	if (user_get(task->memory, &wanted, argument) != 0)
		return -EFAULT;
	*settings = terminal->settings;
	low_half_set(&settings->c_iflag, wanted.c_iflag);
	low_half_set(&settings->c_oflag, wanted.c_oflag);
	low_half_set(&settings->c_cflag, wanted.c_cflag);
	low_half_set(&settings->c_lflag, wanted.c_lflag);
	settings->c_line = wanted.c_line;
	memcpy(settings->c_cc, wanted.c_cc, sizeof(wanted.c_cc));
	return 0;
}

/* request: TCSETS, TCSETSW or TCSETSF; is_short: what the argument points to is a struct termio. */
static int64_t settings_set(struct task *task, struct terminal *terminal, uint64_t request, uint64_t argument, bool is_short)
{
	struct linux_termios settings;
	int error = background_check(task, terminal, LINUX_SIGTTOU);

	if (!error && is_short)
		error = short_settings_read(task, terminal, &settings, argument);
	else if (!error && user_get(task->memory, &settings, argument) != 0)
		error = -EFAULT;
	if (!error && request != LINUX_TCSETS)
		error = output_drain(task, terminal);
	if (error)
		return error;
	if (request == LINUX_TCSETSF)
		terminal_flush_input(terminal);
	settings_apply(terminal, &settings);
	return 0;
}

static int64_t flush(struct task *task, struct terminal *terminal, uint64_t which)
{
	int error = background_check(task, terminal, LINUX_SIGTTOU);

	if (error)
		return error;
	if (which > LINUX_TCIOFLUSH)
		return -EINVAL;
	if (which != LINUX_TCOFLUSH)
		terminal_flush_input(terminal);
	return 0; /* what was written is with the device: there is nothing of it here to drop */
}

static int64_t flow(struct task *task, struct terminal *terminal, uint64_t what)
{
	int error = background_check(task, terminal, LINUX_SIGTTOU);
	unsigned char c;

	if (error)
		return error;
	switch (what) {
	case LINUX_TCOOFF:
		terminal->stopped = true;
		return 0;
	case LINUX_TCOON:
		terminal->stopped = false;
		terminal_sent(terminal);
		return 0;
	case LINUX_TCIOFF:
	case LINUX_TCION:
		c = terminal->settings.c_cc[what == LINUX_TCIOFF ? LINUX_VSTOP : LINUX_VSTART];
		if (c)
			(void)terminal->device->send(terminal, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

static int64_t foreground_set(struct task *task, struct terminal *terminal, uint64_t argument)
{
	struct process *process = task->process;
	int32_t group;
	int error;

	if (process->terminal != terminal || terminal->session != process->session)
		return -ENOTTY;
	error = background_check(task, terminal, LINUX_SIGTTOU);
	if (error)
		return error;
	if (user_get(task->memory, &group, argument) != 0)
		return -EFAULT;
	if (group < 0)
		return -EINVAL;
	for (const struct process *other = processes; other; other = other->next)
		if (other->group == group && other->session != process->session)
			return -EPERM;
	if (!group_exists(group, process->session))
		return -ESRCH;
	terminal->foreground = group;
	return 0;
}

static void control_take(struct process *process, struct terminal *terminal)
{
	process->terminal = terminal;
	terminal->session = process->session;
	terminal->foreground = process->group;
}

static int64_t controlling_set(struct task *task, struct terminal *terminal, uint64_t steal)
{
	struct process *process = task->process;

	if (process->id == process->session && process->terminal == terminal)
		return 0;
	if (process->id != process->session || process->terminal)
		return -EPERM;
	if (terminal->session) {
		if (steal != 1 || !task_may(task, LINUX_CAP_SYS_ADMIN))
			return -EPERM;
		for (struct process *other = processes; other; other = other->next)
			if (other->terminal == terminal)
				other->terminal = NULL;
	}
	control_take(process, terminal);
	return 0;
}

static int64_t controlling_leave(struct task *task, struct terminal *terminal)
{
	struct process *process = task->process;

	if (process->terminal != terminal)
		return -ENOTTY;
	if (process->id == process->session)
		terminal_leave(terminal, process);
	process->terminal = NULL;
	return 0;
}

static int64_t number_put(struct task *task, uint64_t address, int32_t number)
{
	return user_put(task->memory, address, &number);
}

static int64_t simulate(struct task *task, struct terminal *terminal, uint64_t argument)
{
	unsigned char c;

	if (task->process->terminal != terminal && !task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EPERM;
	if (user_get(task->memory, &c, argument) != 0)
		return -EFAULT;
	(void)terminal_receive(terminal, &c, 1);
	return 0;
}

static int64_t size_set(struct task *task, struct terminal *terminal, uint64_t argument)
{
	struct linux_winsize size;

	if (user_get(task->memory, &size, argument) != 0)
		return -EFAULT;
	terminal_resize(terminal, &size);
	return 0;
}

static int64_t exclusive_set(struct terminal *terminal, bool exclusive)
{
	terminal->exclusive = exclusive;
	return 0;
}

static int64_t terminal_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument)
{
	struct terminal *terminal = terminal_of(description);
	const struct process *process = task->process;

	if (is_hung_up(description))
		return (uint32_t)request == LINUX_TIOCSPGRP ? -ENOTTY : -EIO;
	switch ((uint32_t)request) {
	case LINUX_TCGETS:
		return user_put(task->memory, argument, &terminal->settings);
	case LINUX_TCSETS:
	case LINUX_TCSETSW:
	case LINUX_TCSETSF:
		return settings_set(task, terminal, (uint32_t)request, argument, false);
	case LINUX_TCGETA:
		return short_settings_get(task, terminal, argument);
	case LINUX_TCSETA:
	case LINUX_TCSETAW:
	case LINUX_TCSETAF: /* in the order of the longer form's */
		return settings_set(task, terminal, (uint32_t)request - LINUX_TCSETA + LINUX_TCSETS, argument, true);
	case LINUX_TCFLSH:
		return flush(task, terminal, argument);
	case LINUX_TCXONC:
		return flow(task, terminal, argument);
	case LINUX_TCSBRK:
	case LINUX_TCSBRKP: /* no device here can send a break: what was written goes out first all the same */
		return output_drain(task, terminal);
	case LINUX_TIOCGPGRP:
		return process->terminal == terminal ? number_put(task, argument, terminal->foreground) : -ENOTTY;
	case LINUX_TIOCSPGRP:
		return foreground_set(task, terminal, argument);
	case LINUX_TIOCGSID:
		return process->terminal == terminal ? number_put(task, argument, terminal->session) : -ENOTTY;
	case LINUX_TIOCSCTTY:
		return controlling_set(task, terminal, argument);
	case LINUX_TIOCNOTTY:
		return controlling_leave(task, terminal);
	case LINUX_TIOCGWINSZ:
		return user_put(task->memory, argument, &terminal->size);
	case LINUX_TIOCSWINSZ:
		return size_set(task, terminal, argument);
	case LINUX_FIONREAD:
		return number_put(task, argument, (int32_t)terminal_available(terminal));
	case LINUX_TIOCOUTQ:
		return number_put(task, argument, terminal->device->unsent ? (int32_t)terminal->device->unsent(terminal) : 0);
	case LINUX_TIOCGETD:
		return number_put(task, argument, 0); /* N_TTY */
	case LINUX_TIOCSTI:
		return simulate(task, terminal, argument);
	case LINUX_TIOCEXCL:
	case LINUX_TIOCNXCL:
		return exclusive_set(terminal, (uint32_t)request == LINUX_TIOCEXCL);
	case LINUX_TIOCGEXCL:
		return number_put(task, argument, terminal->exclusive);
	default:
		return terminal->device->ioctl ? terminal->device->ioctl(task, terminal, request, argument) : -ENOTTY;
	}
}

const struct description_operations terminal_operations = {
	.read = terminal_read,
	.write = terminal_write,
	.poll = terminal_poll,
	.told = terminal_told,
	.ioctl = terminal_ioctl,
};

int terminal_open(struct task *task, struct description *description, struct terminal *terminal, uint32_t flags)
{
	struct process *process = task->process;

	if (terminal->exclusive && !task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EBUSY;
	if (terminal->hung_up)
		return -EIO;
	description->operations = &terminal_operations;
	description->data = terminal;
	description->stamp = terminal->revocations;
	if (!(flags & LINUX_O_NOCTTY) && process->id == process->session && !process->terminal && !terminal->session)
		control_take(process, terminal);
	return 0;
}

int64_t linux_vhangup(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	if (!task_may(task, LINUX_CAP_SYS_TTY_CONFIG))
		return -EPERM;
	if (task->process->terminal)
		terminal_revoke(task->process->terminal);
	return 0;
}
