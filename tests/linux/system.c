/* SPDX-License-Identifier: MIT */
/* What a program asks of the system as a whole: filesystems by their device number (ustat), the system's own messages (syslog), hanging up one's terminal (vhangup). */
#include "check.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>

/* struct ustat of the kernel: no C library has it any more. */
struct counts {
	int blocks_free;
	unsigned long inodes_free;
	char name[6], pack[6];
};

static void devices(void)
{
	struct counts counts;
	struct statfs status;
	struct stat file;

	stat("/", &file);
	memset(&counts, 0xee, sizeof(counts));
	CALL(ustat, file.st_dev, &counts);
	statfs("/", &status);
	SHOW("as statfs", "%d", counts.inodes_free == status.f_ffree);
	check_bytes("names", counts.name, 12);
	CALL(ustat, file.st_dev, BAD_ADDRESS);
	CALL(ustat, file.st_dev, NULL);
	stat("/proc", &file);
	CALL(ustat, file.st_dev, &counts);
	SHOW("of /proc", "%d, %lu", counts.blocks_free, counts.inodes_free);
	CALL(ustat, makedev(99, 99), &counts);
	CALL(ustat, makedev(0, 9999), &counts);
	CALL(ustat, 0, BAD_ADDRESS);
}

static void messages(void)
{
	static char text[1 << 20];
	long bytes;

	CALL(syslog, 0, NULL, 0);
	CALL(syslog, 1, NULL, 0);
	CALL(syslog, 11, NULL, 0);
	CALL(syslog, -1, NULL, 0);
	GOOD(syslog, 10, NULL, 0);
	GOOD(syslog, 9, NULL, 0);
	for (int action = 2; action <= 4; action++) {
		CALL(syslog, action, NULL, 100);
		CALL(syslog, action, text, -1);
		CALL(syslog, action, text, 0);
	}
	CALL(syslog, 3, BAD_ADDRESS, 1 << 19);
	bytes = GOOD(syslog, 3, text, sizeof(text));
	SHOW("begins with a level, ends a line", "%d %d", text[0] == '<' && text[2] == '>', bytes > 0 && text[bytes - 1] == '\n');
	CALL(syslog, 3, text, 3);
	CALL(syslog, 8, NULL, 0);
	CALL(syslog, 8, NULL, 9);
	CALL(syslog, 8, NULL, 4);
	CALL(syslog, 6, NULL, 0);
	CALL(syslog, 7, NULL, 0);
	CALL(syslog, 5, NULL, 0);
	CHILD("may not", { check_become(2000); CALL(syslog, 3, text, sizeof(text)); CALL(syslog, 10, NULL, 0); CALL(syslog, 5, NULL, 0); CALL(syslog, 0, NULL, 0); });
}

static void terminal_show(const char *what, int terminal)
{
	struct pollfd poll_one = {.fd = terminal, .events = POLLIN | POLLOUT};
	struct termios modes;
	char byte;

	SHOW(what, "%d", terminal >= 0);
	CALL(read, terminal, &byte, 1);
	CALL(write, terminal, "x", 1);
	CALL(ioctl, terminal, TCGETS, &modes);
	CALL(ioctl, terminal, TIOCSPGRP, &modes);
	poll(&poll_one, 1, 0);
	SHOW("events", "%x", poll_one.revents);
}

static void poll_for(int file)
{
	struct pollfd one = {.fd = file, .events = POLLIN};

	poll(&one, 1, -1);
}

/* The leader of a session with a terminal of its own: hangs it up, and opens it again. */
static void hangs_up(int master, const char *name)
{
	int slave, again, left;
	struct termios modes;
	siginfo_t information;
	sigset_t hangups;
	char byte;

	setsid();
	slave = open(name, O_RDWR);
	SHOW("controls", "%d", open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0);
	tcgetattr(slave, &modes);
	modes.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(slave, TCSANOW, &modes);
	(void)!write(master, "line\n", 5);
	poll_for(slave); /* it gets there when the system has time for it */
	sigemptyset(&hangups);
	sigaddset(&hangups, SIGHUP);
	sigprocmask(SIG_BLOCK, &hangups, NULL);
	CALL(vhangup);
	CALL(rt_sigtimedwait, &hangups, &information, NULL, 8);
	SHOW("told by the kernel", "%d", information.si_code == SI_KERNEL);
	CALL(open, "/dev/tty", O_RDWR);
	terminal_show("hung up", slave);
	again = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY);
	SHOW("open again", "%d", again >= 0);
	tcgetattr(again, &modes);
	SHOW("echo", "%d", (modes.c_lflag & ECHO) != 0);
	CALL(read, again, &byte, 1);
	CALL(write, again, "y", 1);
	poll_for(master);
	CALL(ioctl, master, FIONREAD, &left);
	SHOW("at the master", "%d", left);
	CALL(read, slave, &byte, 1);
	CALL(vhangup);
	CALL(write, again, "z", 1);
}

int main(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), locked = 0, number = -1;
	char name[32];

	devices();
	messages();
	ioctl(master, TIOCSPTLCK, &locked);
	ioctl(master, TIOCGPTN, &number);
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	CHILD("a session", hangs_up(master, name));
	CHILD("may not hang up", { check_become(2000); CALL(vhangup); });
	CALL(vhangup);
	return 0;
}
