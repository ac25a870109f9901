/* SPDX-License-Identifier: MIT */
/*
 * A static Linux program that makes random system calls (tests/fuzz/linux) in several processes at once, and says how it went. It is run on Kozo: whatever it does, the personality must answer and stay.
 *
 * usage: fuzz-guest PROCESSES CALLS SEED
 *
 * Each of PROCESSES processes has workers, one after the other: a worker makes calls until it dies of them, waits too long, or has made its share. So a call that unmaps the worker's code or closes its files ends the worker
 * only. It refuses to run anywhere but on Kozo: run by root on another Linux it would truncate that machine's programs and change the modes of its devices. The counter of calls lies in memory that all share. At the end a process and a file are made in the ordinary way: that must still work.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/linux/grammar.h"

#define PAGE 4096
#define WINDOW 0x200000000 /* where arguments lie */
#define INPUT_BYTES 65536
#define PATIENCE_MS 300 /* that a worker may wait in one call */
#define TICK_MS 20

static uint64_t *made; /* calls, of each process */

static void window_write(void *context, uint64_t address, const void *bytes, size_t size)
{
	(void)context;
	memcpy((void *)address, bytes, size);
}

static bool window_read(void *context, uint64_t address, void *bytes, size_t size)
{
	(void)context;
	if (address < WINDOW || address - WINDOW > GRAMMAR_MEMORY_LEAST - size)
		return false;
	memcpy(bytes, (void *)address, size);
	return true;
}

/* What would end the test itself, or others than the worker. Blocking calls are left in: the worker's parent is patient for a while. */
static const uint16_t forbidden[] = {SYS_exit, SYS_exit_group, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pause, SYS_rt_sigsuspend,
	SYS_rt_sigtimedwait, SYS_reboot, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setuid, SYS_setresuid, SYS_setreuid, SYS_setpriority, SYS_process_madvise, SYS_rt_sigreturn};

/* Whether a call would have somebody else ended or stopped, as root may: limits of another process (RLIMIT_CPU), signals of files to it (SIGIO), a tracer. */
static bool reaches_others(const struct grammar_call *call)
{
	uint64_t subject = call->number == SYS_prlimit64 ? call->arguments[0] : call->arguments[2], named = call->arguments[1];
	bool owner = (call->number == SYS_fcntl && (uint32_t)named == F_SETOWN) || (call->number == SYS_ioctl && ((uint32_t)named == FIOSETOWN || (uint32_t)named == SIOCSPGRP));

	if ((call->number == SYS_fcntl && (uint32_t)named == F_SETOWN_EX) || (call->number == SYS_ptrace && call->arguments[0] && (pid_t)named != getpid()))
		return true;
	return (owner || call->number == SYS_prlimit64) && (uint32_t)subject && (pid_t)subject != getpid();
}

static void memory_make(struct grammar_memory *memory)
{
	char *window = mmap((void *)WINDOW, GRAMMAR_MEMORY_LEAST + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	char *read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(window + GRAMMAR_MEMORY_LEAST, PAGE, PROT_NONE);
	*memory = (struct grammar_memory){WINDOW, GRAMMAR_MEMORY_LEAST,
		{0, 0x10, 0xffff800000000000, 0x0000800000000000, (uint64_t)read_only, WINDOW + GRAMMAR_MEMORY_LEAST, WINDOW + GRAMMAR_MEMORY_LEAST - 3, UINT64_MAX - 7}, window_write, window_read, NULL};
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

static void calls_make(uint64_t seed, uint64_t *counter, uint64_t limit)
{
	static uint8_t input[INPUT_BYTES];
	struct grammar_memory memory;
	struct grammar grammar;
	struct grammar_call call;

	for (size_t i = 0; i < sizeof(input); i += sizeof(seed)) {
		uint64_t word = random_next(&seed);

		memcpy(input + i, &word, sizeof(word));
	}
	memory_make(&memory);
	grammar_start(&grammar, input, sizeof(input), &memory);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		grammar.forbidden[forbidden[i]] = true;
	for (uint64_t file = 3; file < 6; file++)
		grammar_remember(&grammar, RESOURCE_FILE, file);
	grammar_remember(&grammar, RESOURCE_ADDRESS, (uint64_t)mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	while (*counter < limit && grammar_next(&grammar, &call)) {
		const uint64_t *a = call.arguments;

		++*counter;
		if (reaches_others(&call))
			continue;
		grammar_learn(&grammar, &call, syscall((long)call.number, a[0], a[1], a[2], a[3], a[4], a[5]));
	}
	_exit(0);
}

/* The worker's files 0 to 2 lead nowhere; 3 to 5 are something to work with. Paths may have been unlinked by others. */
static void worker_run(uint64_t seed, uint64_t *counter, uint64_t limit)
{
	for (int file = 0; file < 3; file++)
		close(file);
	for (int file = 0; file < 6; file++) {
		if (file == 3 ? open("a", O_RDWR | O_CREAT, 0600) < 0 : memfd_create("nowhere", 0) < 0)
			break;
	}
	calls_make(seed, counter, limit);
}

/* Whether a worker has ended. One that has made us its tracer (PTRACE_TRACEME) and stops goes on to its end. */
static bool worker_ended(pid_t worker)
{
	int status = 0;
	pid_t told = waitpid(worker, &status, WNOHANG);

	if (told == worker && WIFSTOPPED(status))
		kill(worker, SIGKILL);
	return told != 0 && !WIFSTOPPED(status);
}

/* Waits for a worker; one that makes no call for PATIENCE_MS is ended. */
static void worker_await(pid_t worker, const uint64_t *counter)
{
	struct timespec tick = {0, TICK_MS * 1000000};
	uint64_t before = *counter;

	for (int waited = 0; !worker_ended(worker); waited += TICK_MS) {
		if (*counter != before)
			waited = 0;
		before = *counter;
		if (waited >= PATIENCE_MS)
			kill(worker, SIGKILL);
		nanosleep(&tick, NULL);
	}
}

static void process_run(unsigned index, uint64_t seed, uint64_t limit)
{
	char directory[32];
	uint64_t *counter = &made[index];

	snprintf(directory, sizeof(directory), "/tmp/fuzz%u", index);
	mkdir(directory, 0700);
	if (chdir(directory))
		_exit(1);
	mkdir("d", 0700);
	for (uint64_t round = 0; *counter < limit; round++) {
		pid_t worker = fork();

		if (worker == 0)
			worker_run(seed + round * 0x9e3779b97f4a7c15, counter, limit);
		if (worker > 0)
			worker_await(worker, counter);
	}
	_exit(0);
}

/* Workers may have set limits of this process: prlimit(2). Root gets rid of them. */
static void limits_remove(void)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, files = {64, 64};

	for (int limit = 0; limit < RLIM_NLIMITS; limit++)
		setrlimit(limit, limit == RLIMIT_NOFILE ? &files : &none);
}

/* That the system still does ordinary work. */
static int afterwards(void)
{
	char text[4] = "";
	ssize_t written, read;
	int file, status = -1;
	pid_t child;

	limits_remove();
	file = open("/tmp/after", O_RDWR | O_CREAT | O_TRUNC, 0600);
	child = fork();
	if (child == 0)
		_exit(7);
	if (child < 0 || waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7)
		return printf("not ok: no process can be made afterwards: %d, %#x\n", child, (unsigned)status), 1;
	written = write(file, "all", 3);
	read = pread(file, text, 3, 0);
	if (written != 3 || read != 3 || strcmp(text, "all"))
		return printf("not ok: no file can be written afterwards: file %d, %zd bytes written, %zd read: %s\n", file, written, read, text), 1;
	return 0;
}

/* The name that the image's /etc/hostname gives to Kozo's machine. */
static bool is_on_kozo(void)
{
	struct utsname name;

	return uname(&name) == 0 && !strcmp(name.nodename, "kozo");
}

int main(int argc, char **argv)
{
	unsigned processes = argc > 1 ? (unsigned)atoi(argv[1]) : 2;
	uint64_t calls = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000, seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1, total = 0;

	if (!is_on_kozo())
		return printf("this makes random system calls: it runs on Kozo only (tests/fuzz/guest/run)\n"), 2;
	made = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED || !processes || processes > PAGE / sizeof(*made))
		return 2;
	for (unsigned i = 0; i < processes; i++) {
		pid_t process = fork();

		if (process < 0)
			return printf("not ok: fork\n"), 1;
		if (process == 0)
			process_run(i, (seed << 8) + i + 1, calls);
	}
	while (wait(NULL) > 0)
		;
	for (unsigned i = 0; i < processes; i++)
		total += made[i];
	printf("%llu calls in %u processes\n", (unsigned long long)total, processes);
	return afterwards();
}
