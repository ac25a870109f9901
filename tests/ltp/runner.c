/* SPDX-License-Identifier: MIT */
/*
 * The guest's end of tools/kozo-ltp: runs a list of test commands one after the other, each apart from the others, and tells what came of them.
 *
 * usage: runner [--without-inet] ROOT <plan
 *
 * Each line of the plan is `NAME SECONDS COMMAND`. The command is done by a shell in a session of its own and in an empty directory of its own, with what it prints going through a pipe, of which the first OUTPUT_MOST bytes are kept. A test is
 * over when that shell has ended or its time is; then every process but the first one and us is ended, which is why this refuses to run anywhere but in a machine that is there for nothing else: Kozo, or a Linux that
 * tools/kozo-ltp has started. Orphans come to us (PR_SET_CHILD_SUBREAPER), so we know when all are gone. Mounts, files and System V objects that a test left behind are taken away.
 *
 * With --without-inet the tests have no sockets of AF_INET and AF_INET6: a filter (seccomp) answers EAFNOSUPPORT, as a system without them does. What fails only then needs the network.
 *
 * For each line, standard output gets `begin NAME`, and afterwards `end NAME STATUS MILLISECONDS FREE BYTES` with so many bytes of output behind it: STATUS is `exited N`, `killed N` (a signal) or `late 0`, FREE the change of free memory in KiB.
 *
 * Exit status: 0 at the end of the plan; 3 when something that a test started could not be ended, so that the machine is good for no further one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MOST 262144 /* bytes of a test's output that are kept: the first half and the last */
#define LOOK_MS 20        /* how often we look whether a test has ended */
#define END_MS 60000      /* patience for ending what a test started */
#define TABLE_ROUNDS 16   /* how often a table of System V objects is read to be emptied */
#define MACHINE_WORD "kozo-ltp" /* on the command line of a Linux that is there for nothing else */
#define WORK "/tmp/ltp"

enum exit_status { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_SPOILT = 3 };

struct test {
	char *name, *command;
	long seconds;
	pid_t shell;
	int output; /* our end of the pipe */
	bool ended, late;
	int status;
};

static char output[OUTPUT_MOST];
static size_t output_bytes; /* in all, kept or not */

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now); /* tests set the other clocks */
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A number in /proc/meminfo, in KiB; 0 when it is not told. */
static long memory_free(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemFree: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/* Takes what has ended; the test's own shell's status is kept. False when no child is left. */
static bool children_reap(struct test *test)
{
	int status;
	pid_t id;

	while ((id = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
		if (id == test->shell) {
			test->ended = true;
			test->status = status;
		}
	return id == 0;
}

/* Takes what the test has printed: into the first half of the buffer, then round and round in the second. */
static void output_take(struct test *test)
{
	char bytes[4096];
	ssize_t count;

	while ((count = read(test->output, bytes, sizeof(bytes))) > 0)
		for (ssize_t index = 0; index < count; index++, output_bytes++) {
			size_t half = OUTPUT_MOST / 2;

			output[output_bytes < OUTPUT_MOST ? output_bytes : half + output_bytes % half] = bytes[index];
		}
}

/* Ends all that the test has started: every process but the first one and us. In one call, so that it does not matter how fast it forks. False when some of it cannot be ended. */
static bool processes_end(struct test *test)
{
	long long end = now_ms() + END_MS;

	while (children_reap(test)) {
		if (now_ms() > end)
			return false;
		kill(-1, SIGKILL);
		output_take(test);
		usleep(LOOK_MS * 1000);
	}
	return true;
}

/* Takes away the mounts below the directory of tests, the last one first. */
static void mounts_remove(void)
{
	char line[4096], paths[64][256];
	size_t count = 0;
	FILE *file = fopen("/proc/mounts", "re");

	while (file && count < 64 && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %255s", paths[count]) == 1 && !strncmp(paths[count], WORK "/", strlen(WORK "/")))
			count++;
	if (file)
		fclose(file);
	while (count--)
		umount2(paths[count], MNT_DETACH);
}

static void shared_memory_remove(int id)
{
	(void)shmctl(id, IPC_RMID, NULL);
}

static void semaphores_remove(int id)
{
	(void)semctl(id, 0, IPC_RMID);
}

static void messages_remove(int id)
{
	(void)msgctl(id, IPC_RMID, NULL);
}

/* Takes away the System V objects of one kind. Their table is read again until it has none, because it changes while it is read. */
static void objects_remove(const char *table, void (*remove)(int))
{
	bool found = true;

	for (int round = 0; found && round < TABLE_ROUNDS; round++) {
		FILE *file = fopen(table, "re");
		char line[512];
		int id;

		found = false;
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "%*d %d", &id) == 1) {
				remove(id);
				found = true;
			}
		if (file)
			fclose(file);
	}
}

/* An empty directory to work in, and none of what the last test has left. */
static void place_renew(void)
{
	mounts_remove();
	objects_remove("/proc/sysvipc/shm", shared_memory_remove);
	objects_remove("/proc/sysvipc/sem", semaphores_remove);
	objects_remove("/proc/sysvipc/msg", messages_remove);
	(void)!system("rm -rf " WORK " /dev/shm/* >/dev/null 2>&1");
	mkdir(WORK, 0777);
	chmod(WORK, 0777);
}

/* From now on we and our children get no sockets of the network. False when the kernel has no filters. */
static bool inet_forbid(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {.len = sizeof(steps) / sizeof(*steps), .filter = steps};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

static _Noreturn void command_start(const char *command, int end)
{
	int nothing = open("/dev/null", O_RDWR);

	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	dup2(nothing, STDIN_FILENO);
	dup2(end, STDOUT_FILENO);
	dup2(end, STDERR_FILENO);
	for (int file = 3; file < 64; file++)
		close(file);
	if (!chdir(WORK))
		execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static bool test_start(struct test *test)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
	test->shell = fork();
	if (!test->shell)
		command_start(test->command, ends[1]);
	close(ends[1]);
	test->output = ends[0];
	return test->shell > 0;
}

static void test_await(struct test *test)
{
	long long end = now_ms() + test->seconds * 1000;

	while (children_reap(test) && !test->ended && !test->late) {
		struct pollfd wait = {.fd = test->output, .events = POLLIN};

		if (poll(&wait, 1, LOOK_MS) > 0 && (wait.revents & POLLHUP))
			usleep(LOOK_MS * 1000);
		output_take(test);
		test->late = now_ms() > end;
	}
}

static void test_tell(const struct test *test, long long ms, long freed)
{
	const char *what = test->late ? "late" : WIFSIGNALED(test->status) ? "killed" : "exited";
	int number = test->late ? 0 : WIFSIGNALED(test->status) ? WTERMSIG(test->status) : WEXITSTATUS(test->status);
	size_t bytes = output_bytes < OUTPUT_MOST ? output_bytes : OUTPUT_MOST;

	printf("end %s %s %d %lld %ld %zu\n", test->name, what, number, ms, freed, bytes);
	fwrite(output, 1, bytes, stdout);
	fflush(stdout);
}

/* Runs one line of the plan. False when the machine is spoilt by it. */
static bool test_run(struct test *test)
{
	long long start = now_ms();
	long before;
	bool gone;

	printf("begin %s\n", test->name);
	fflush(stdout);
	place_renew();
	before = memory_free();
	output_bytes = 0;
	if (!test_start(test))
		return false;
	test_await(test);
	gone = processes_end(test);
	output_take(test);
	close(test->output);
	place_renew();
	test_tell(test, now_ms() - start, memory_free() - before);
	return gone;
}

/* Splits a line of the plan. False when it is none. */
static bool line_parse(char *line, struct test *test)
{
	char *rest = NULL;

	line[strcspn(line, "\n")] = 0;
	*test = (struct test){.name = strtok_r(line, " ", &rest)};
	test->seconds = test->name ? atol(strtok_r(NULL, " ", &rest) ?: "0") : 0;
	test->command = rest;
	return test->seconds > 0 && rest && *rest;
}

/* Whether this machine is there for us alone. Tests change the name of the machine, not that of the system. */
static bool machine_is_ours(void)
{
	char line[4096] = "";
	struct utsname name;
	FILE *file = fopen("/proc/cmdline", "re");

	if (file) {
		(void)!fgets(line, sizeof(line), file);
		fclose(file);
	}
	return strstr(line, MACHINE_WORD) || (uname(&name) == 0 && strstr(name.release, "kozo"));
}

static void environment_set(const char *root)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/testcases/bin:%s", root, getenv("PATH") ?: "/bin");
	setenv("PATH", path, 1);
	setenv("LTPROOT", root, 1);
	setenv("TMPDIR", WORK, 1);
	setenv("LTP_COLORIZE_OUTPUT", "0", 1);
	setenv("LTP_TIMEOUT_MUL", "2", 1);
}

int main(int count, char **arguments)
{
	bool without_inet = count == 3 && !strcmp(arguments[1], "--without-inet");
	static char line[65536];
	struct test test;

	if (count != 2 && !without_inet) {
		fprintf(stderr, "usage: runner [--without-inet] ROOT <plan\n");
		return EXIT_USAGE;
	}
	if (!machine_is_ours()) {
		fprintf(stderr, "runner: this ends every process of its machine: it runs in a machine that tools/kozo-ltp has started only\n");
		return EXIT_USAGE;
	}
	if (without_inet && !inet_forbid()) {
		fprintf(stderr, "runner: no filter of system calls: %s\n", strerror(errno));
		return EXIT_USAGE;
	}
	environment_set(arguments[count - 1]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (fgets(line, sizeof(line), stdin))
		if (line_parse(line, &test) && !test_run(&test))
			return EXIT_SPOILT;
	return EXIT_DONE;
}
