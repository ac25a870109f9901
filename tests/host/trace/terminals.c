/* SPDX-License-Identifier: MIT */
/* Samples of ioctl: requests of terminals, and unknown ones. */
#define _GNU_SOURCE
#include <asm/termbits.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "calls.h"

void terminal_samples(void)
{
	struct termios cooked = {ICRNL | IXON | IUTF8, OPOST | ONLCR, B38400 | CS8 | CREAD | HUPCL, ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN, 0, "\003\034\177"};
	struct termios raw = {0, 0, B9600 | B115200 << IBSHIFT | CS7 | PARENB, 0, 0, ""}, delayed = {0, NL1 | CR2 | TAB3 | BS1 | VT1 | FF1 | OLCUC, 0xf, 0x10000000, 0, ""};
	struct winsize size = {24, 80, 0, 0};
	int number = 5;

	CALL(0, ioctl, 0, TCGETS, &cooked);
	CALL(0, ioctl, 0, TCSETSW, &raw);
	CALL(0, ioctl, 0, TCSETSF, &delayed);
	CALL(0, ioctl, 0, TCSETS, NULL);
	CALL(-ENOTTY, ioctl, 0, TCGETS, &cooked);
	CALL(0, ioctl, 0, TIOCGWINSZ, &size);
	CALL(0, ioctl, 0, TIOCSWINSZ, &size);
	CALL(0, ioctl, 0, TIOCGPGRP, &number);
	CALL(0, ioctl, 0, TIOCSPGRP, &number);
	CALL(0, ioctl, 0, TIOCGPTN, &number);
	CALL(0, ioctl, 0, TIOCSPTLCK, &number);
	CALL(0, ioctl, 0, TIOCSCTTY, 1);
	CALL(0, ioctl, 0, TIOCNOTTY);
	CALL(0, ioctl, 0, FIONREAD, &number);
	CALL(0, ioctl, 0, FIONBIO, &number);
	CALL(0, ioctl, 0, FIOCLEX);
	CALL(0, ioctl, 0, TCFLSH, TCIOFLUSH);
	CALL(0, ioctl, 0, TCXONC, TCOOFF);
	CALL(0, ioctl, 0, TCSBRK, 1);
	CALL(0, ioctl, 0, TIOCSTI, "x");
	CALL(-ENOTTY, ioctl, 3, 0xc0dec0de, 0x1234);
	CALL(-ENOTTY, ioctl, 3, 0x1234, 0);
	CALL(-ENOTTY, ioctl, 3, _IOR('z', 7, int), &number);
}
