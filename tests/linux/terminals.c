/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals: settings, canonical and raw input, echo, signals by key, the window's size, controlling terminals, hanging up. */
#include "check.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static volatile sig_atomic_t arrived;

static void arrive(int number)
{
	arrived = number;
}

static void opening(void)
{
	int number = -1, locked = 0;
	char name[32];
	struct stat status;

	master = (int)CALL(open, "/dev/ptmx", O_RDWR | O_NOCTTY);
	CALL(ioctl, master, TIOCGPTN, &number);
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	SHOW("locked", "%d", open(name, O_RDWR | O_NOCTTY) < 0 ? errno : 0);
	CALL(ioctl, master, TIOCSPTLCK, &locked);
	slave = open(name, O_RDWR | O_NOCTTY);
	SHOW("slave", "%d", slave);
	fstat(slave, &status);
	SHOW("type", "%o", status.st_mode & S_IFMT);
	CALL(ioctl, slave, TIOCGPTN, &number);
	CALL(ioctl, 0, TCGETS, name);
	CALL(ioctl, 99, TCGETS, name);
}

/* The older form of the settings: what it has not stays as it is. */
static void short_settings(const struct termios *before)
{
	struct {
		unsigned short input, output, control, local;
		unsigned char line, characters[8];
	} modes;
	struct termios after;

	memset(&modes, 0xee, sizeof(modes));
	CALL(ioctl, slave, TCGETA, &modes);
	SHOW("modes in short", "%o %o %o %o line %d", modes.input, modes.output, modes.control & ~CBAUD, modes.local, modes.line);
	check_bytes("characters in short", modes.characters, 8);
	modes.local &= ~ECHO;
	modes.characters[VEOF] = 1;
	CALL(ioctl, slave, TCSETA, &modes);
	tcgetattr(slave, &after);
	SHOW("changed in short", "%o %o %o %o, %d", before->c_iflag ^ after.c_iflag, before->c_oflag ^ after.c_oflag, before->c_cflag ^ after.c_cflag, before->c_lflag ^ after.c_lflag, after.c_cc[VEOF]);
	modes.local |= ECHO;
	modes.characters[VEOF] = 4;
	CALL(ioctl, slave, TCSETAF, &modes);
	CALL(ioctl, slave, TCSETAW, &modes);
	tcgetattr(slave, &after);
	SHOW("changed back", "%d", !memcmp(before->c_cc, after.c_cc, 17) && before->c_lflag == after.c_lflag);
}

static void settings(void)
{
	struct termios modes;

	tcgetattr(slave, &modes);
	SHOW("modes", "%o %o %o %o", modes.c_iflag, modes.c_oflag, modes.c_cflag & ~CBAUD, modes.c_lflag);
	check_bytes("characters", modes.c_cc, 17);
	CALL(ioctl, slave, TCGETS, BAD_ADDRESS);
	CALL(ioctl, slave, TCSETS, BAD_ADDRESS);
	CALL(ioctl, slave, TCGETA, BAD_ADDRESS);
	CALL(ioctl, slave, TCSETA, BAD_ADDRESS);
	short_settings(&modes);
	CALL(ioctl, slave, 0x9999, 0);
}

static void lines(void)
{
	char buffer[64];
	int waiting = 0;
	struct pollfd polled = {slave, POLLIN, 0};

	CALL(write, master, "hello", 5);
	CALL(poll, &polled, 1, 0);
	CALL(write, master, "\n", 1);
	CALL(poll, &polled, 1, 0);
	CALL(ioctl, slave, FIONREAD, &waiting);
	SHOW("waiting", "%d", waiting);
	CALL(read, slave, buffer, 3);
	CALL(read, slave, buffer, 64);
	CALL(write, master, "abc\177\177x\n", 7);
	check_bytes("edited", buffer, CALL(read, slave, buffer, 64));
	CALL(write, master, "word kill\025rest\n", 15);
	check_bytes("killed", buffer, CALL(read, slave, buffer, 64));
	CALL(write, master, "\004", 1);
	CALL(read, slave, buffer, 64);
	CALL(write, slave, "out\n", 4);
	{
		char echo[256];
		long count = read(master, echo, sizeof(echo));

		check_bytes("echo and output", echo, count);
	}
}

static void raw(void)
{
	struct termios modes, before;
	char buffer[8];

	tcgetattr(slave, &before);
	modes = before;
	cfmakeraw(&modes);
	modes.c_cc[VMIN] = 0;
	modes.c_cc[VTIME] = 0;
	CALL(ioctl, slave, TCSETS, &modes);
	CALL(read, slave, buffer, 8);
	CALL(write, master, "\003x", 2);
	check_bytes("raw", buffer, CALL(read, slave, buffer, 8));
	CALL(write, slave, "\n", 1);
	check_bytes("as it is", buffer, CALL(read, master, buffer, 8));
	CALL(ioctl, slave, TCSETS, &before);
}

static void windows(void)
{
	struct winsize size = {30, 90, 0, 0}, got = {0};

	CALL(ioctl, slave, TIOCGWINSZ, &got);
	SHOW("size", "%d %d", got.ws_row, got.ws_col);
	CALL(ioctl, master, TIOCSWINSZ, &size);
	CALL(ioctl, slave, TIOCGWINSZ, &got);
	SHOW("size", "%d %d", got.ws_row, got.ws_col);
	CALL(ioctl, slave, TIOCGWINSZ, BAD_ADDRESS);
}

static void controlled(void)
{
	struct sigaction action = {.sa_handler = arrive};
	int group = 0;

	CALL(ioctl, slave, TIOCGPGRP, &group);
	CHILD("leads a session", {
		setsid();
		sigaction(SIGINT, &action, NULL);
		CALL(open, "/dev/tty", O_RDWR);
		CALL(ioctl, slave, TIOCSCTTY, 0);
		CALL(ioctl, slave, TIOCGPGRP, &group);
		SHOW("foreground", "%d", group == getpid());
		CALL(write, master, "\003", 1);
		SHOW("interrupted", "%d", (int)arrived);
		CALL(ioctl, slave, TIOCSPGRP, &(int){99999});
		CALL(open, "/dev/tty", O_RDWR);
	});
}

static void hanging_up(void)
{
	struct pollfd polled = {slave, POLLIN, 0};
	char byte;

	close(master);
	CALL(poll, &polled, 1, 0);
	SHOW("events", "%x", polled.revents & (POLLHUP | POLLERR));
	CALL(read, slave, &byte, 1);
	CALL(write, slave, "x", 1);
	CALL(ioctl, slave, TCGETS, &(struct termios){0});
}

int main(void)
{
	opening();
	if (slave < 0)
		return 1;
	settings();
	lines();
	raw();
	windows();
	controlled();
	hanging_up();
	return 0;
}
