/* SPDX-License-Identifier: MIT */
/*
 * Scripts (scripts.h). The first process has no files and makes no other calls, so that what others do to theirs ends with them. The others begin with a file of every kind, which chance would hardly come to: their numbers are those that the
 * grammar is given at the start.
 */
#include "scripts.h"

#include "abi/file.h"
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "drive.h"
#include "limits.h"

#define OBJECTS_MOST 64 /* indexes of System V objects, of each kind */
#define QUIET_STEPS_MOST 100000
#define MAPPED_BYTES (16 * PAGE_SIZE)

enum {
#define SYSCALL(number, name, arguments, result, handler, status) CALL_##name = number,
#include "shim/linux-abi/syscalls.def"
#undef SYSCALL
};

enum { COMMAND_REMOVE = 0 }; /* IPC_RMID */

struct line {
	struct grammar_call call;
	struct text texts[TEXTS];
};

#define LINE(name, ...) {.call = {CALL_##name, {__VA_ARGS__}}}
#define LINE_WITH(literal, name, ...) {.call = {CALL_##name, {__VA_ARGS__}}, .texts = {{literal, sizeof(literal)}}}
#define TEXT_0 TEXT_AT(0)
#define READ_WRITE_NOW (OPEN_READ_WRITE | LINUX_O_NONBLOCK)

static int64_t first_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	return script_call(model_threads, &(struct grammar_call){number, {a, b, c}}, NULL);
}

static void mount(const char *type, const char *place)
{
	const struct text texts[TEXTS] = {{type, __builtin_strlen(type) + 1}, {place, __builtin_strlen(place) + 1}};

	(void)script_call(model_threads, &(struct grammar_call){CALL_mkdir, {TEXT_AT(1), 0755}}, texts);
	if (script_call(model_threads, &(struct grammar_call){CALL_mount, {TEXT_0, TEXT_AT(1), TEXT_0}}, texts) != 0)
		complain("%s cannot be mounted", type);
}

void system_begin(void)
{
	const struct text place[TEXTS] = {{"/tmp", sizeof("/tmp")}};

	for (uint64_t file = 0; file < 3; file++)
		(void)first_call(CALL_close, file, 0, 0);
	mount("proc", "/proc");
	mount("devtmpfs", "/dev");
	mount("devpts", "/dev/pts");
	if (script_call(model_threads, &(struct grammar_call){CALL_chdir, {TEXT_0}}, place) != 0)
		complain("there is no /tmp");
}

/* A handler that is not where the program begins, so that it is seen when one runs. */
static const struct linux_sigaction handler = {.handler = TEXT + 16, .flags = LINUX_SA_RESTORER | LINUX_SA_SIGINFO, .restorer = TEXT};

#define HANDLE(signal) {.call = {CALL_rt_sigaction, {signal, TEXT_0, 0, 8}}, .texts = {{(const char *)&handler, sizeof(handler)}}}

/* Files 0 to 19, memory of the kinds that there are, and handlers of signals. */
static const struct line beginning[] = {
	LINE(setsid, 0),
	LINE_WITH("/dev/console", open, TEXT_0, READ_WRITE_NOW),
	LINE_WITH("a", open, TEXT_0, READ_WRITE_NOW | OPEN_CREATE, 0666),
	LINE(pipe, WINDOW),
	LINE(socketpair, LINUX_AF_UNIX, LINUX_SOCK_STREAM, 0, WINDOW),
	LINE(socketpair, LINUX_AF_UNIX, LINUX_SOCK_DGRAM, 0, WINDOW),
	LINE(socket, LINUX_AF_UNIX, LINUX_SOCK_SEQPACKET, 0),
	LINE_WITH("\1\0\0x", bind, 8, TEXT_0, 4),
	LINE(listen, 8, 4),
	LINE(epoll_create1, 0),
	LINE(eventfd2, 1, LINUX_O_NONBLOCK),
	LINE_WITH("/tmp", open, TEXT_0, OPEN_DIRECTORY),
	LINE_WITH("m", memfd_create, TEXT_0, 0),
	LINE_WITH("/dev/ptmx", open, TEXT_0, READ_WRITE_NOW),
	LINE(inotify_init1, LINUX_O_NONBLOCK),
	LINE(timerfd_create, 1, LINUX_O_NONBLOCK),
	LINE_WITH("\0\1\0\0\0\0\0\0", signalfd4, UINT64_MAX, TEXT_0, 8, LINUX_O_NONBLOCK),
	LINE(mmap, 0x210000000, MAPPED_BYTES, 3, LINUX_MAP_SHARED | LINUX_MAP_ANONYMOUS | LINUX_MAP_FIXED, UINT64_MAX, 0),
	LINE(mmap, 0x220000000, MAPPED_BYTES, 3, LINUX_MAP_PRIVATE | LINUX_MAP_FIXED, 1, 0),
	LINE(mmap, 0x230000000, MAPPED_BYTES, 3, LINUX_MAP_SHARED | LINUX_MAP_FIXED, 1, 0),
	LINE(ftruncate, 1, 10000),
	LINE_WITH("/proc/self/maps", open, TEXT_0, OPEN_READ),
	LINE_WITH("q", mq_open, TEXT_0, READ_WRITE_NOW | OPEN_CREATE, 0600, 0),
	LINE_WITH("\0\0\0", ioctl, 13, LINUX_TIOCSPTLCK, TEXT_0),
	LINE(ioctl, 13, LINUX_TIOCGPTPEER, READ_WRITE_NOW),
	LINE(ioctl, 19, LINUX_TIOCSCTTY, 0),
	HANDLE(LINUX_SIGUSR1),
	HANDLE(LINUX_SIGALRM),
	HANDLE(LINUX_SIGIO),
	LINE_WITH("some bytes", write, 3, TEXT_0, 10),
	LINE_WITH("a message", write, 4, TEXT_0, 9),
	LINE_WITH("a datagram", write, 6, TEXT_0, 10),
};

static void worker_begin(struct model_thread *worker)
{
	for (unsigned i = 0; i < sizeof(beginning) / sizeof(beginning[0]) && thread_can_run(worker); i++)
		(void)script_call(worker, &beginning[i].call, beginning[i].texts);
}

bool workers_make(unsigned count)
{
	struct model_thread *made[8];

	allocations_limit(0);
	for (unsigned i = 0; i < count; i++)
		if (first_call(CALL_fork, 0, 0, 0) <= 1)
			return false;
	for (unsigned i = 0; i < count; i++)
		made[i] = thread_ready(i);
	for (unsigned i = 0; i < count; i++)
		if (made[i])
			worker_begin(made[i]);
	return true;
}

/* Others may have limited the first process's processor time, or given it a real-time policy, by right, and a timer looks after either. */
static void limit_remove(void)
{
	static const uint64_t without[] = {UINT64_MAX, UINT64_MAX};
	const struct text texts[TEXTS] = {{(const char *)without, sizeof(without)}}, priority[TEXTS] = {{"\0\0\0", 4}};

	if (script_call(model_threads, &(struct grammar_call){CALL_sched_setscheduler, {0, LINUX_SCHED_OTHER, TEXT_0}}, priority) != 0)
		complain("a real-time policy cannot be taken back");

	if (script_call(model_threads, &(struct grammar_call){CALL_prlimit64, {0, LINUX_RLIMIT_CPU, TEXT_0, 0}}, texts) != 0)
		complain("a limit cannot be taken back");
}

void processes_end(void)
{
	int64_t result;

	(void)first_call(CALL_kill, UINT64_MAX, LINUX_SIGKILL, 0); /* an error when there are none */
	do
		result = first_call(CALL_wait4, UINT64_MAX, 0, LINUX___WALL);
	while (result > 0);
	if (result != -ECHILD)
		complain("waiting for processes ends with %ld", result);
	limit_remove();
	for (unsigned steps = 0; quiet_step(); steps++)
		if (steps == QUIET_STEPS_MOST)
			complain("when all processes have ended, there is always something to be done");
}

/* How to ask for the id behind an index, and to remove it: shmctl and msgctl take the command second, semctl third. */
static const struct object_kind {
	uint64_t call, stat;
	bool third;
} object_kinds[] = {{CALL_shmctl, 13 /* SHM_STAT */, false}, {CALL_msgctl, 11 /* MSG_STAT */, false}, {CALL_semctl, 18 /* SEM_STAT */, true}};

static int64_t object_control(const struct object_kind *kind, uint64_t id, uint64_t command)
{
	const struct grammar_call call = {kind->call, {id, kind->third ? 0 : command, kind->third ? command : WINDOW, WINDOW}};

	return script_call(model_threads, &call, NULL);
}

static void queues_remove(void)
{
	const char *name;

	for (unsigned i = 0; (name = programs_name(i)) != NULL; i++) {
		const struct text texts[TEXTS] = {{name, __builtin_strlen(name) + 1}};

		(void)script_call(model_threads, &(struct grammar_call){CALL_mq_unlink, {TEXT_0}}, texts);
	}
}

void objects_remove(void)
{
	queues_remove();
	for (unsigned kind = 0; kind < sizeof(object_kinds) / sizeof(object_kinds[0]); kind++)
		for (uint64_t index = 0; index < OBJECTS_MOST; index++) {
			int64_t id = object_control(&object_kinds[kind], index, object_kinds[kind].stat);

			if (id >= 0)
				(void)object_control(&object_kinds[kind], (uint64_t)id, COMMAND_REMOVE);
		}
}
