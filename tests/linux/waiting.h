/* SPDX-License-Identifier: MIT */
/* For programs of tests/linux in which one process waits for another: children that wait in a call, and what they come to. */
#pragma once

#include "check.h"

/* Waits until a process sleeps, as /proc tells it. */
static inline void check_sleeps(pid_t process)
{
	char path[40], text[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	for (int tries = 0; tries < 1000; tries++) {
		int file = open(path, O_RDONLY);
		ssize_t bytes = file < 0 ? 0 : read(file, text, sizeof(text) - 1);
		const char *state;

		close(file);
		text[bytes > 0 ? bytes : 0] = '\0';
		state = strrchr(text, ')');
		if (state && state[2] == 'S')
			break;
		usleep(1000);
	}
	usleep(20000); /* it may have slept on its way to the call */
}

/* What a child prints while its parent prints as well: into a file, which check_end() shows. */
static inline void check_apart(void)
{
	char path[40];
	int file;

	snprintf(path, sizeof(path), "child.%d", (int)getpid());
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	dup2(file, STDOUT_FILENO);
	close(file);
}

/* Waits for the end of such a child, and shows what it has printed, and how it ended. */
static inline void check_end(const char *what, pid_t child)
{
	char path[40], text[1024];
	int file, status = 0;
	ssize_t bytes;

	waitpid(child, &status, 0);
	snprintf(path, sizeof(path), "child.%d", (int)child);
	file = open(path, O_RDONLY);
	while ((bytes = read(file, text, sizeof(text))) > 0)
		check_print("%.*s", (int)bytes, text);
	close(file);
	unlink(path);
	check_status(what, status);
}

/* A child that does a statement, which waits; the parent goes on when it does. check_end() ends it. */
#define WAITING_CHILD(child, ...)    \
	do {                         \
		child = fork();      \
		if (!child) {        \
			check_apart(); \
			__VA_ARGS__; \
			_exit(0);    \
		}                    \
		check_sleeps(child); \
	} while (0)

static inline void check_no_signal(int number)
{
	(void)number;
}

/* A handler that does nothing; with SA_RESTART if `again`. */
static inline void check_handle(int number, int again)
{
	struct sigaction action = {.sa_handler = check_no_signal, .sa_flags = again ? SA_RESTART : 0};

	sigaction(number, &action, NULL);
}

/* Writes a text to a file that is there, as a setting of /proc/sys. */
static inline void check_setting(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);
	ssize_t bytes = write(file, text, strlen(text));

	if (bytes < 0)
		check_print("%s < %s: %s\n", path, text, check_errno_name(errno));
	else
		check_print("%s < %s: %s\n", path, text, bytes == (ssize_t)strlen(text) ? "ok" : "short");
	close(file);
}

/* Prints a file of /proc/sys with what it holds. */
static inline void check_show_setting(const char *path)
{
	char text[256];
	int file = open(path, O_RDONLY);
	ssize_t bytes = read(file, text, sizeof(text));

	check_bytes(path, text, bytes > 0 ? bytes : 0);
	close(file);
}
