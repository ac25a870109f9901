/* SPDX-License-Identifier: MIT */
/*
 * Forks children that wait, until a fork fails; then ends them all, and does the same once more with half as many as there were: those need nothing new. Prints how many there were, why it ended, and how long the call took that failed.
 *
 * crowd spawn FILE: ends children of vfork, so that a thread for one is always there, until FILE is; then one execs. It has to leave the parent's memory. Prints what becomes of that.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 1500

static pid_t children[MOST];

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Forks up to `most`; returns how many there are. */
static int children_make(int most)
{
	int count = 0;

	while (count < most) {
		children[count] = fork();
		if (children[count] == 0)
			for (;;)
				pause();
		if (children[count] < 0)
			return count;
		count++;
	}
	return count;
}

/* Returns how many of them have ended by the signal. */
static int children_end(int count)
{
	int ended = 0;

	for (int i = 0; i < count; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < count; i++) {
		int status;

		ended += waitpid(children[i], &status, 0) == children[i] && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	return ended;
}

/* The exit status of a child; -1 when there is none, or a signal has ended it. */
static int child_await(pid_t child)
{
	int status = 0;

	return child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

static int child_that_ends(void)
{
	pid_t child = vfork();

	if (child == 0)
		_exit(0);
	return child_await(child);
}

/* Its exit status is the error of its execve. */
static int child_that_execs(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execl("/bin/true", "true", NULL);
		_exit(errno);
	}
	return child_await(child);
}

static int spawn(const char *file)
{
	int error = child_that_ends();

	printf("spawn: begins\n");
	fflush(stdout);
	while (error == 0 && access(file, F_OK) != 0) {
		error = child_that_ends();
		usleep(5000);
	}
	if (error == 0)
		error = child_that_execs();
	printf("spawn: %s\n", error > 0 ? strerrorname_np(error) : error ? "no child, or it was killed" : "done");
	return 0;
}

static int crowd(void)
{
	int count = children_make(MOST), error = errno, again;
	long before = milliseconds(), pause_ms;

	if (count < MOST && fork() == 0)
		return 0;
	pause_ms = milliseconds() - before;
	printf("crowd: %d children, then %s after %ld ms\n", count, count < MOST ? strerrorname_np(error) : "no more wanted", pause_ms);
	printf("crowd: %d ended\n", children_end(count));
	again = children_make(count / 2);
	printf("crowd: %d of %d again, %d ended\n", again, count / 2, children_end(again));
	return 0;
}

int main(int count, char **arguments)
{
	return count == 3 && strcmp(arguments[1], "spawn") == 0 ? spawn(arguments[2]) : crowd();
}
