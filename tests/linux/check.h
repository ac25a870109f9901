/* SPDX-License-Identifier: MIT */
/*
 * What the programs of tests/linux share: each check is one line of C and prints one line of text, which Linux and Kozo must print alike (tests/linux/compare).
 *
 *	CALL(open, "absent", O_RDONLY);              open("absent", O_RDONLY) = -1 ENOENT
 *	GOOD(getppid);                               getppid() = ok            for results that differ from run to run
 *	SHOW("size", "%ld", (long)status.st_size);   size: 40
 *	CHILD("exit", _exit(3));                     child exit: exited 3      the statement is done by a child
 *
 * Calls go straight to the kernel, not through the C library, so that the two libraries ask the same. Programs run as root in an empty directory of their own; nothing is printed that depends on addresses, numbers of processes or time.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAD_ADDRESS ((void *)8)                     /* never mapped */
#define KERNEL_ADDRESS ((void *)0xffff800000000000) /* not a program's */
#define ODD_ADDRESS ((void *)0x8000000000001234)    /* no address at all */

static inline const char *check_errno_name(int number)
{
	switch (number) {
#define ERRNO(name, text) case name: return #name;
#define ERRNO_RESTART(name, value, text)
#include "abi/linux/errno.def"
#undef ERRNO
#undef ERRNO_RESTART
	default: return "E?";
	}
}

__attribute__((format(printf, 1, 2))) static inline void check_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vdprintf(STDOUT_FILENO, format, arguments);
	va_end(arguments);
}

/* Prints what a call has come to. plain: the result itself; else only whether it was good. errno is as the call left it. */
static inline long check_result(const char *name, const char *arguments, long result, int plain)
{
	int error = errno;

	if (result == -1)
		check_print("%s(%s) = -1 %s\n", name, arguments, check_errno_name(error));
	else if (plain)
		check_print("%s(%s) = %ld\n", name, arguments, result);
	else
		check_print("%s(%s) = ok\n", name, arguments);
	errno = error;
	return result;
}

/* How a child ended. */
static inline void check_status(const char *what, int status)
{
	if (WIFEXITED(status))
		check_print("child %s: exited %d\n", what, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		check_print("child %s: signal %d%s\n", what, WTERMSIG(status), WCOREDUMP(status) ? ", core" : "");
	else if (WIFSTOPPED(status))
		check_print("child %s: stopped by %d\n", what, WSTOPSIG(status));
	else
		check_print("child %s: continued\n", what);
}

static inline void check_wait(const char *what, pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR) {
			check_print("child %s: not there, %s\n", what, check_errno_name(errno));
			return;
		}
	check_status(what, status);
}

/* Every argument as a long: the kernel takes registers. */
#define CHECK_1(a) , (long)(a)
#define CHECK_2(a, ...) CHECK_1(a) CHECK_1(__VA_ARGS__)
#define CHECK_3(a, ...) CHECK_1(a) CHECK_2(__VA_ARGS__)
#define CHECK_4(a, ...) CHECK_1(a) CHECK_3(__VA_ARGS__)
#define CHECK_5(a, ...) CHECK_1(a) CHECK_4(__VA_ARGS__)
#define CHECK_6(a, ...) CHECK_1(a) CHECK_5(__VA_ARGS__)
#define CHECK_PICK(a, b, c, d, e, f, name, ...) name
#define CHECK_LONGS(...) __VA_OPT__(CHECK_PICK(__VA_ARGS__, CHECK_6, CHECK_5, CHECK_4, CHECK_3, CHECK_2, CHECK_1)(__VA_ARGS__))

/* The name is pasted here and not in a macro below: musl has macros for some of these names. */
#define CALL(name, ...) check_result(#name, #__VA_ARGS__, (errno = 0, syscall(SYS_##name CHECK_LONGS(__VA_ARGS__))), 1)
#define GOOD(name, ...) check_result(#name, #__VA_ARGS__, (errno = 0, syscall(SYS_##name CHECK_LONGS(__VA_ARGS__))), 0)
#define SHOW(what, format, ...) check_print("%s: " format "\n", what, ##__VA_ARGS__)
#define CHILD(what, ...) CHILD_OF(fork(), what, __VA_ARGS__)

/* The same of a child that another call makes, which is fork() or like it. */
#define CHILD_OF(call, what, ...)              \
	do {                                   \
		pid_t check_child = (call);    \
                                               \
		if (!check_child) {            \
			__VA_ARGS__;           \
			_exit(0);              \
		}                              \
		check_wait(what, check_child); \
	} while (0)

/* A child that sleeps until a signal ends it. */
static inline pid_t check_sleeper(void)
{
	pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	return child;
}

/* A process as an open file. */
static inline int check_pidfd(pid_t process)
{
	return (int)syscall(SYS_pidfd_open, process, 0);
}

/* Bytes of a buffer as text. */
static inline void check_bytes(const char *what, const void *bytes, long count)
{
	const unsigned char *byte = bytes;

	check_print("%s:", what);
	for (long i = 0; i < count; i++)
		check_print(byte[i] > ' ' && byte[i] < 127 ? " %c" : " %02x", byte[i]);
	check_print("\n");
}

/* Becomes a plain user; for children. */
static inline void check_become(unsigned user)
{
	if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, user, user, user) || syscall(SYS_setresuid, user, user, user))
		check_print("cannot become user %u\n", user);
}

/* Two pages, of which the second is not mapped: the address of their border. */
static inline char *check_border(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(pages + 4096, 4096);
	return pages + 4096;
}

/* A file with these contents. */
static inline void check_file(const char *path, const char *contents)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (file < 0 || write(file, contents, strlen(contents)) != (ssize_t)strlen(contents))
		check_print("cannot make %s\n", path);
	close(file);
}
