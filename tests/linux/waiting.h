/* SPDX-License-Identifier: MIT */
/*
 * For programs of tests/linux in which one process or thread waits for another: children that wait in a call, and what they come to; calls that a signal interrupts.
 *
 * Nothing here counts on a time in which others have come to where they should be: the machine may be slow, and stand still for a while. Who must wait before a program goes on is looked at until it does (CHECK_PATIENCE detects a hang), and a
 * signal that must come in the middle of a call comes again until it has.
 */
#pragma once

#include "check.h"

#include <sys/time.h>

#define CHECK_PATIENCE 15    /* seconds: a program has 60 in all (tests/linux/compare) */
#define CHECK_TICK_US 20000

static inline void check_nap(long microseconds)
{
	nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

static inline time_t check_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The letter of a state in such a file of /proc; 'X' when it is not there any more. */
static inline char check_state(const char *path)
{
	char text[256];
	int file = open(path, O_RDONLY);
	ssize_t bytes = file < 0 ? 0 : read(file, text, sizeof(text) - 1);
	const char *state;

	if (file >= 0)
		close(file);
	text[bytes > 0 ? bytes : 0] = '\0';
	state = strrchr(text, ')');
	return state ? state[2] : 'X';
}

/* Waits until somebody sleeps, twice in a row, for it may have slept on its way to the call; or has ended. */
static inline void check_sleeps_at(const char *path)
{
	time_t end = check_seconds() + CHECK_PATIENCE;

	for (int times = 0; times < 2;) {
		char state = check_state(path);

		if (state == 'Z' || state == 'X')
			return;
		times = state == 'S' ? times + 1 : 0;
		if (check_seconds() > end) {
			check_print("nobody sleeps, the state is %c\n", state);
			return;
		}
		check_nap(CHECK_TICK_US);
	}
}

static inline void check_sleeps(pid_t process)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	check_sleeps_at(path);
}

/* The same of a thread of the caller's process. */
static inline void check_thread_sleeps(pid_t thread)
{
	char path[60];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	check_sleeps_at(path);
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

/* SIGALRM, which has a handler already, comes soon, and again and again until check_quiet(): whatever call waits sees it. */
static inline void check_ticks(void)
{
	const struct itimerval tick = {{0, CHECK_TICK_US}, {0, CHECK_TICK_US}};

	setitimer(ITIMER_REAL, &tick, NULL);
}

/* The same with a handler that does nothing. */
static inline void check_interrupts(void)
{
	check_handle(SIGALRM, 0);
	check_ticks();
}

static inline void check_quiet(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
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
