/* SPDX-License-Identifier: MIT */
/*
 * What system calls cost a Linux program: a static program that runs unmodified on Kozo and on Linux. Under `qemu -icount shift=0` a nanosecond of CLOCK_MONOTONIC is one instruction of the guest, all that runs counted, so that it prints instructions for each operation:
 * the least of several rounds, the cost of reading the clock taken off.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/mark.h"

#define ROUNDS 12
#define PAGE 4096
#define DIRECTORY "/tmp/costs"
#define FILE_NAME DIRECTORY "/file"

static int zero, file, there[2], back[2];
static char buffer[PAGE];
static char *area;

static uint64_t now(void)
{
	struct timespec time;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void parent_id(void)
{
	syscall(SYS_getppid);
}

static void read_zero(void)
{
	must(read(zero, buffer, 1) == 1, "read /dev/zero");
}

static void read_cached(void)
{
	must(pread(file, buffer, PAGE, 0) == PAGE, "pread");
}

static void write_byte(void)
{
	must(pwrite(file, buffer, 64, 0) == 64, "pwrite");
}

static void pipe_round(void)
{
	must(write(there[1], buffer, 1) == 1 && read(back[0], buffer, 1) == 1, "pipe");
}

static void handler(int number)
{
	(void)number;
}

static void signal_self(void)
{
	kill(getpid(), SIGUSR1);
}

static void map_unmap(void)
{
	void *at = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	must(at != MAP_FAILED && munmap(at, 16 * PAGE) == 0, "mmap");
}

static void page_fault(void)
{
	static unsigned next;

	area[next++ * PAGE] = 1;
}

static void fork_wait(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(0);
	must(child > 0 && waitpid(child, &status, 0) == child, "fork");
}

static void exec_wait(void)
{
	static char *const arguments[] = {"costs", "exit", NULL};
	pid_t child = fork();
	int status;

	if (!child) {
		execve(FILE_NAME ".exe", arguments, arguments + 2);
		_exit(9);
	}
	must(child > 0 && waitpid(child, &status, 0) == child && status == 0, "exec");
}

static void stat_path(void)
{
	struct stat status;

	must(syscall(SYS_stat, FILE_NAME, &status) == 0, "stat");
}

static void open_close(void)
{
	int opened = open(FILE_NAME, O_RDONLY);

	must(opened >= 0 && close(opened) == 0, "open");
}

static void yield_nothing(void)
{
}

/* Answers what comes through the pipe until it ends. */
static pid_t echo_start(void)
{
	pid_t child;
	char byte;

	must(pipe(there) == 0 && pipe(back) == 0, "pipe");
	child = fork();
	if (child)
		return child;
	close(there[1]);
	while (read(there[0], &byte, 1) == 1)
		if (write(back[1], &byte, 1) != 1)
			break;
	_exit(0);
}

/* This program as a file that can be executed. */
static void program_copy(void)
{
	int from = open("/proc/self/exe", O_RDONLY), to = open(FILE_NAME ".exe", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	static char piece[65536];
	ssize_t bytes;

	must(from >= 0 && to >= 0, "copying the program");
	while ((bytes = read(from, piece, sizeof(piece))) > 0)
		must(write(to, piece, (size_t)bytes) == bytes, "copying the program");
	close(from);
	close(to);
}

static void prepare(void)
{
	static char page[PAGE];

	mkdir(DIRECTORY, 0755);
	program_copy();
	zero = open("/dev/zero", O_RDONLY);
	file = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0644);
	must(zero >= 0 && file >= 0 && write(file, page, PAGE) == PAGE, "preparing files");
	area = mmap(NULL, 4096 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(area != MAP_FAILED, "mmap");
	signal(SIGUSR1, handler);
}

static const struct cost {
	const char *name;
	void (*operation)(void);
	unsigned count; /* in each round */
} costs[] = {
	{"getppid", parent_id, 100},
	{"read of one byte of /dev/zero", read_zero, 100},
	{"pread of 4 KiB, cached", read_cached, 50},
	{"pwrite of 64 bytes", write_byte, 50},
	{"pipe round trip between two processes", pipe_round, 50},
	{"signal to self", signal_self, 50},
	{"mmap and munmap of 64 KiB, populated", map_unmap, 20},
	{"fork, exit, wait", fork_wait, 5},
	{"fork, exec, exit, wait", exec_wait, 4},
	{"stat of a path of three components", stat_path, 50},
	{"open and close of it", open_close, 50},
	{"anonymous page fault", page_fault, 100}, /* last: the pages stay */
};

static uint64_t round_measure(const struct cost *cost)
{
	uint64_t begin = now();

	for (unsigned i = 0; i < cost->count; i++)
		cost->operation();
	return now() - begin;
}

/* Once each, between marks, for who counts more than time (bench/count.c). */
static void marks_pass(void)
{
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		for (int round = 0; round < ROUNDS; round++)
			costs[i].operation();
		MARK(MARK_BEGIN);
		costs[i].operation();
		MARK(MARK_END);
	}
}

static void costs_measure(void)
{
	const struct cost nothing = {"", yield_nothing, 1};
	uint64_t clock = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t one = round_measure(&nothing);

		clock = one < clock ? one : clock;
	}
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		uint64_t least = UINT64_MAX;

		for (int round = 0; round < ROUNDS; round++) {
			uint64_t taken = round_measure(&costs[i]) - clock;

			least = taken < least ? taken : least;
		}
		printf("cost: %s: %llu\n", costs[i].name, (unsigned long long)(least / costs[i].count));
		fflush(stdout);
	}
}

int main(int count, char **arguments)
{
	pid_t echo;

	if (count > 1 && strcmp(arguments[1], "exit") == 0)
		return 0; /* executed by the benchmark itself */
	prepare();
	echo = echo_start();
	if (count > 1)
		marks_pass();
	else
		costs_measure();
	close(there[1]);
	waitpid(echo, NULL, 0);
	return 0;
}
