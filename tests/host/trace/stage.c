/* SPDX-License-Identifier: MIT */
/* The stage of stage.h: the process that makes the calls, its parent that answers them, and the page that they share. */
#include "stage.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/trace.h"

#define TEXT_BYTES (64 << 20)
#define LINE_BYTES (256 << 10)
#define RANGES 512
#define MARK 0x5743494b /* the argument of a call that no sample makes */

/* What the two processes share. */
struct shared {
	int64_t result;        /* what the next call is to return */
	void (*during)(void);  /* the same address in both: one is a copy of the other */
	char memory[STAGE_BYTES];
	size_t used;
	char text[TEXT_BYTES];
};

char *stage_memory;

static struct shared *shared;

/* What can be read, as /proc/self/maps had it before the first sample. No signal handler: a sanitizer's would make system calls. */
static struct range {
	uint64_t start, end;
} ranges[RANGES];
static unsigned range_count;

static void ranges_find(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char rights[5], rest[512];

	while (maps && range_count < RANGES && fscanf(maps, "%lx-%lx %4s%511[^\n]", &start, &end, rights, rest) == 4) {
		if (rights[0] != 'r')
			continue;
		if (range_count && ranges[range_count - 1].end == start)
			ranges[range_count - 1].end = end;
		else
			ranges[range_count++] = (struct range){start, end};
	}
	if (maps)
		fclose(maps);
}

/* Without the sanitizer: the process under a tracer has bytes in it that no object of C has. */
__attribute__((no_sanitize("address", "undefined"), noinline)) static void bytes_copy(volatile char *to, const volatile char *from, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = from[i];
}

static bool memory_read(void *context, uint64_t address, void *to, size_t bytes)
{
	(void)context;
	for (unsigned i = 0; i < range_count; i++) {
		if (address >= ranges[i].start && address < ranges[i].end && bytes <= ranges[i].end - address) {
			bytes_copy(to, (const char *)(uintptr_t)address, bytes);
			return true;
		}
	}
	return false;
}

static long raw_call(uint64_t number, const uint64_t a[6])
{
	long result;
	register uint64_t a3 __asm__("r10") = a[3];
	register uint64_t a4 __asm__("r8") = a[4];
	register uint64_t a5 __asm__("r9") = a[5];

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(a3), "r"(a4), "r"(a5) : "rcx", "r11", "memory");
	return result;
}

/* Outside of this the kernel carries out what is called, so that a sanitizer can report. */
static long answered_call(uint64_t number, const uint64_t arguments[6], int64_t result, void (*during)(void))
{
	long returned;

	shared->result = result;
	shared->during = during;
	returned = raw_call(number, arguments);
	shared->result = STAGE_EXECUTE;
	shared->during = NULL;
	return returned;
}

void stage_call(uint64_t number, const uint64_t arguments[6], int64_t result, void (*during)(void))
{
	static const struct trace_memory memory = {memory_read, NULL};
	struct trace_line line;
	int64_t returned;

	trace_begin(&line, shared->text + shared->used, 0, LINE_BYTES, &memory, number, arguments);
	returned = answered_call(number, arguments, result, during);
	shared->used += trace_end(&line, returned);
	shared->text[shared->used++] = '\n';
	if (shared->used + LINE_BYTES > sizeof(shared->text))
		abort();
}

/* Hands every call to the listener but the process's end. */
static int filter_install(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

static void calls_make(void (*samples)(void))
{
	static const uint64_t mark[6] = {MARK};
	int listener;

	ranges_find();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	listener = filter_install();
	if (listener < 0)
		_exit(2);
	/* The parent takes the listener out of this process by its number, which it finds in the shared page. */
	shared->result = listener;
	__atomic_store_n(&shared->used, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&shared->used, __ATOMIC_ACQUIRE))
		;
	answered_call(SYS_getpgid, mark, 0, NULL);
	samples();
	answered_call(SYS_getpgid, mark, 0, NULL);
	_exit(0);
}

static void call_answer(int listener)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	struct seccomp_notif request = {0};
	struct seccomp_notif_resp answer = {0};

	if (poll(&ready, 1, 100) <= 0 || !(ready.revents & POLLIN))
		return;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
		return;
	answer.id = request.id;
	if (shared->result == STAGE_EXECUTE) {
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else if (shared->result < 0 && shared->result >= -4095) {
		answer.error = (int)shared->result;
	} else {
		answer.val = shared->result;
	}
	if (shared->during)
		shared->during();
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static int calls_answer(pid_t child)
{
	int process, listener, status;

	while (!__atomic_load_n(&shared->used, __ATOMIC_ACQUIRE)) {
		if (waitpid(child, &status, WNOHANG) == child)
			return fprintf(stderr, "stage: no seccomp listener here\n"), 1;
		usleep(1000);
	}
	process = (int)syscall(SYS_pidfd_open, child, 0);
	listener = (int)syscall(SYS_pidfd_getfd, process, (int)shared->result, 0);
	if (listener < 0)
		return perror("stage: pidfd_getfd"), 1;
	__atomic_store_n(&shared->used, 0, __ATOMIC_RELEASE);
	while (waitpid(child, &status, WNOHANG) != child)
		call_answer(listener);
	if (status)
		return fprintf(stderr, "stage: the process that makes the calls ended with status 0x%x in %.200s\n", (unsigned)status, shared->text + shared->used), 1;
	return 0;
}

int stage_run(void (*samples)(void), const char *path)
{
	FILE *file = fopen(path, "w");
	pid_t child;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!file || shared == MAP_FAILED)
		return perror("stage"), 1;
	stage_memory = shared->memory;
	child = fork();
	if (child == 0)
		calls_make(samples);
	if (child < 0 || calls_answer(child))
		return 1;
	fwrite(shared->text, 1, shared->used, file);
	return fclose(file) ? 1 : 0;
}
