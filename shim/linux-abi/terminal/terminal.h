/* SPDX-License-Identifier: MIT */
/*
 * Terminals: the line discipline that Linux calls N_TTY (termios(3)) between a device that carries bytes and the processes that read and write. The console is one, the slave side of each pseudo-terminal another.
 *
 * What arrives from the device goes through terminal_receive(): it is echoed, edited, made into lines, or becomes a signal. What processes write goes through terminal_write() to the device, which may take less than all.
 */
#pragma once

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "process/task.h"

#define TERMINAL_INPUT 4096 /* bytes that wait to be read */

struct terminal;

struct terminal_device {
	/* Takes bytes to send: how many. */
	size_t (*send)(struct terminal *terminal, const unsigned char *bytes, size_t count);
	/* There is room for input again: the device may go on delivering. May be null. */
	void (*resume)(struct terminal *terminal);
	/* Bytes that were sent and are not out yet. May be null: none. */
	size_t (*unsent)(struct terminal *terminal);
	/* It has been hung up for all who had it open (terminal_revoke). May be null. */
	void (*revoked)(struct terminal *terminal);
	/* Settings have changed. May be null. */
	void (*changed)(struct terminal *terminal);
	/* Requests that only this device knows; -ENOTTY for others. May be null. */
	int64_t (*ioctl)(struct task *task, struct terminal *terminal, uint64_t request, uint64_t argument);
};

struct terminal {
	const struct terminal_device *device;
	void *data; /* the device's own */
	uint64_t number; /* dev_t */
	struct linux_termios settings;
	struct linux_winsize size;
	int32_t session, foreground; /* that it controls; the group that may read. 0: none */
	bool hung_up, stopped; /* stopped: by VSTOP or TCOOFF */
	uint64_t revocations;  /* counts them: a description that was opened before the last one (its stamp) is hung up */
	bool literal;          /* the next character is taken as it is (VLNEXT) */
	bool exclusive;
	uint32_t column;       /* of the output */
	uint32_t line_start;   /* column at which the line that is edited begins */
	uint64_t received, lines_end, taken; /* counts of bytes: all that are there; those of complete lines; those that were read */
	unsigned char input[TERMINAL_INPUT];
	uint64_t marks[TERMINAL_INPUT / 64]; /* bit: this byte ends a line */
	struct wait_queue readable, writable;
};

/* A terminal with Linux's settings. */
void terminal_start(struct terminal *terminal, const struct terminal_device *device, uint64_t number);

/* The settings that it had at first. */
void terminal_settings_reset(struct terminal *terminal);

/* From the device. Returns how many bytes were taken: fewer when there is no room. */
size_t terminal_receive(struct terminal *terminal, const unsigned char *bytes, size_t count);

/* The other side has gone: readers get the end, writers EIO, the session SIGHUP. */
void terminal_hang_up(struct terminal *terminal);

/* vhangup(2): whoever has it open now is hung up; the leader of its session gets SIGHUP and SIGCONT, and it controls nobody. It can be opened again. */
void terminal_revoke(struct terminal *terminal);

/* The device can take bytes again. */
void terminal_sent(struct terminal *terminal);

/* Output as the settings say. How many of the bytes were taken. */
size_t terminal_output(struct terminal *terminal, const unsigned char *bytes, size_t count);

/* Bytes that a read would return now. */
size_t terminal_available(const struct terminal *terminal);

/* Takes what one read returns out of the input: at most `count` bytes. In canonical mode at most one line. */
size_t terminal_take(struct terminal *terminal, unsigned char *bytes, size_t count);

/* TCFLSH and others. */
void terminal_flush_input(struct terminal *terminal);

/* The leader of a session has ended, or gives its terminal up: SIGHUP and SIGCONT to the foreground, and nobody is controlled any more. */
void terminal_leave(struct terminal *terminal, struct process *leader);

/* A new window size: SIGWINCH to the foreground if it differs. */
void terminal_resize(struct terminal *terminal, const struct linux_winsize *size);

struct description;

/* Makes of a description one of a terminal. Unless O_NOCTTY, it becomes the controlling terminal of a session leader that has none. 0 or -EBUSY. */
int terminal_open(struct task *task, struct description *description, struct terminal *terminal, uint32_t flags);

/* What a process does with a terminal, for descriptions that have more to do at their end. */
extern const struct description_operations terminal_operations;

/* The console, and whether the machine has one. */
bool console_start(void);
extern struct terminal console;

/* Bytes for the console have come, or there is room for more. */
void console_signalled(void);
