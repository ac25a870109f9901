/* SPDX-License-Identifier: MIT */
/* ETXTBSY: programs that are executed are not written to, and what is open for writing is not executed. */
#include "waiting.h"

#include <sys/prctl.h>

#define PROGRAM "program"
#define NOBODY 1000

static char *none[] = {NULL};

/* Copies this program, which then waits when it is executed. */
static void program_make(void)
{
	int from = open("/proc/self/exe", O_RDONLY), to = open(PROGRAM, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	char bytes[4096];
	ssize_t count;

	while ((count = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)count) != count)
			check_print("cannot copy\n");
	close(from);
	close(to);
}

static pid_t program_start(void)
{
	pid_t child;

	WAITING_CHILD(child, execl("./" PROGRAM, PROGRAM, "wait", (char *)NULL); _exit(127));
	return child;
}

static void program_stop(pid_t child)
{
	kill(child, SIGTERM);
	check_end("that executed it", child);
}

static long size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? -1 : (long)status.st_size;
}

static void running(void)
{
	long size = size_of(PROGRAM);
	pid_t child = program_start();

	GOOD(open, PROGRAM, O_RDONLY);
	GOOD(open, PROGRAM, O_PATH);
	CALL(open, PROGRAM, O_WRONLY);
	CALL(open, PROGRAM, O_RDWR);
	CALL(open, PROGRAM, O_WRONLY | O_TRUNC);
	CALL(open, PROGRAM, O_RDONLY | O_TRUNC);
	CALL(open, PROGRAM, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CALL(open, PROGRAM, O_RDWR | O_APPEND);
	CALL(open, PROGRAM, O_RDWR | O_CREAT | O_EXCL, 0600);
	CALL(creat, PROGRAM, 0600);
	CALL(truncate, PROGRAM, 0);
	CALL(truncate, PROGRAM, 1 << 30);
	SHOW("not truncated", "%d", size == size_of(PROGRAM));
	CALL(link, PROGRAM, "another");
	CALL(open, "another", O_WRONLY);
	CALL(truncate, "another", 0);
	CALL(symlink, PROGRAM, "link");
	CALL(open, "link", O_WRONLY);
	CALL(truncate, "link", 0);
	CHILD("a stranger", check_become(NOBODY); CALL(open, PROGRAM, O_WRONLY); CALL(open, PROGRAM, O_RDONLY | O_TRUNC); CALL(truncate, PROGRAM, 0));
	CALL(chmod, PROGRAM, 0700);
	CALL(rename, PROGRAM, "renamed");
	CALL(open, "renamed", O_WRONLY);
	CALL(rename, "renamed", PROGRAM);
	CALL(unlink, "another");
	CALL(unlink, "link");
	program_stop(child);
	close((int)GOOD(open, PROGRAM, O_WRONLY));
	CALL(truncate, PROGRAM, size);
}

/* By whom a program is still executed. */
static void lasting(void)
{
	pid_t first = program_start(), second = program_start(), child;

	program_stop(first);
	CALL(open, PROGRAM, O_WRONLY);
	program_stop(second);
	close((int)GOOD(open, PROGRAM, O_WRONLY));
	WAITING_CHILD(child, execl("./" PROGRAM, PROGRAM, "fork", (char *)NULL));
	CALL(open, PROGRAM, O_WRONLY);
	kill(child, SIGTERM);
	check_end("that forked", child);
	first = program_start();
	CALL(unlink, PROGRAM);
	program_make();
	close((int)GOOD(open, PROGRAM, O_WRONLY));
	program_stop(first);
}

static void writing(void)
{
	int file = open(PROGRAM, O_RDWR), again, place;
	void *pages;

	CALL(execve, PROGRAM, none, none);
	CALL(execveat, file, "", none, none, AT_EMPTY_PATH);
	CHILD("a stranger", check_become(NOBODY); CALL(execve, PROGRAM, none, none));
	again = open(PROGRAM, O_RDONLY);
	CALL(execveat, again, "", none, none, AT_EMPTY_PATH);
	pages = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	CALL(execve, PROGRAM, none, none);
	munmap(pages, 4096);
	CHILD("that executes it", execl("./" PROGRAM, PROGRAM, "end", (char *)NULL));
	CHILD("by its number", char *arguments[] = {PROGRAM, "end", NULL}; CALL(execveat, again, "", arguments, none, AT_EMPTY_PATH));
	place = open(PROGRAM, O_PATH);
	CHILD("by its place", char *arguments[] = {PROGRAM, "end", NULL}; CALL(execveat, place, "", arguments, none, AT_EMPTY_PATH));
	pages = mmap(NULL, 4096, PROT_READ, MAP_SHARED, again, 0);
	CHILD("that is mapped for reading", execl("./" PROGRAM, PROGRAM, "end", (char *)NULL));
	munmap(pages, 4096);
	close(again);
	close(place);
}

static void scripts(void)
{
	int file;
	pid_t child;

	check_file("script", "#!./" PROGRAM " wait\n");
	CALL(chmod, "script", 0755);
	file = open("script", O_WRONLY);
	CALL(execve, "script", none, none);
	close(file);
	WAITING_CHILD(child, CALL(execve, "script", none, none));
	close((int)GOOD(open, "script", O_WRONLY));
	CALL(open, PROGRAM, O_WRONLY);
	kill(child, SIGTERM);
	check_end("a script", child);
	file = open(PROGRAM, O_WRONLY);
	CALL(execve, "script", none, none);
	close(file);
	unlink("script");
}

int main(int count, char **arguments)
{
	if (count > 1 && strcmp(arguments[1], "fork") == 0 && !fork())
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* it ends with its parent */
	if (count > 1 && strcmp(arguments[1], "end") != 0)
		for (;;)
			pause();
	if (count > 1)
		return 42;
	program_make();
	running();
	lasting();
	writing();
	scripts();
	return 0;
}
