/* SPDX-License-Identifier: MIT */
/*
 * Hostile pointers: for each built call of syscalls.def and each of its arguments that is a pointer, the call is made with that pointer bad in each of several ways while the other arguments are good. A line for each argument:
 *
 *	read(buf): null EFAULT, unmapped EFAULT, kernel EFAULT, odd EFAULT, misaligned ok, read-only EFAULT, border EFAULT
 *
 * The table says which arguments are pointers and what they point to; `defaults` and `choices` below say what makes a call look at them. Pointers inside of structures, and those whose page goes while the call waits, are in nested.c and
 * vanishing.c.
 */
#include "check.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include "shim/linux-abi/status.h"
#include "tests/fuzz/linux/specials.h"

#define PAGE 4096
#define TICK_US 20000 /* what waits is ended by a signal */

/* What an argument is, as far as a good value for it goes. */
enum kind { NUMBER, SIGNAL_NUMBER, USER, PERMISSIONS, BYTES, FILE_NUMBER, DIRECTORY, NOTHING_SET, IDENTITY, TASK, PLACE, TO_PATH, TO_TEXT, TO_TEXTS, TO_BYTES, TO_VECTOR, TO_LENGTH };

struct argument {
	const char *name;
	enum kind kind;
};

struct row {
	long number;
	const char *name;
	struct argument arguments[6];
};

#define ARGUMENT(argument, kind) {#argument, kind},
#define INT(name) ARGUMENT(name, NUMBER)
#define UINT(name) ARGUMENT(name, NUMBER)
#define LONG(name) ARGUMENT(name, NUMBER)
#define ULONG(name) ARGUMENT(name, NUMBER)
#define SIZE(name) ARGUMENT(name, BYTES)
#define OFFSET(name) ARGUMENT(name, NOTHING_SET)
#define HEX(name) ARGUMENT(name, NOTHING_SET)
#define HEX32(name) ARGUMENT(name, NOTHING_SET)
#define ANYTHING(name) ARGUMENT(name, NOTHING_SET)
#define OFTEN(name, type) ARGUMENT(name, NOTHING_SET)
#define MODE(name) ARGUMENT(name, PERMISSIONS)
#define FILE_MODE(name) ARGUMENT(name, PERMISSIONS)
#define FD(name) ARGUMENT(name, FILE_NUMBER)
#define DIRFD(name) ARGUMENT(name, DIRECTORY)
#define PID(name) ARGUMENT(name, TASK)
#define UID(name) ARGUMENT(name, USER)
#define GID(name) ARGUMENT(name, USER)
#define SIGNAL(name) ARGUMENT(name, SIGNAL_NUMBER)
#define ID(name, kind) ARGUMENT(name, IDENTITY)
#define SET(name, values) ARGUMENT(name, NOTHING_SET)
#define LONG_SET(name, values) ARGUMENT(name, NOTHING_SET)
#define CHOICE(name, values) ARGUMENT(name, NOTHING_SET)
#define OPEN_MODES(name) ARGUMENT(name, NOTHING_SET)
#define MAP_FLAGS(name) ARGUMENT(name, NOTHING_SET)
#define CLONE_FLAGS(name) ARGUMENT(name, NOTHING_SET)
#define SOCKET_TYPE(name) ARGUMENT(name, NUMBER)
#define FUTEX_OPERATION(name) ARGUMENT(name, NOTHING_SET)
#define ADDRESS(name) ARGUMENT(name, PLACE)
#define PATH(name) ARGUMENT(name, TO_PATH)
#define STRING(name) ARGUMENT(name, TO_TEXT)
#define STRINGS(name) ARGUMENT(name, TO_TEXTS)
#define OPAQUE(name) ARGUMENT(name, TO_BYTES)
#define IN_BUFFER(name, length) ARGUMENT(name, TO_BYTES)
#define OUT_BUFFER(name, length) ARGUMENT(name, TO_BYTES)
#define IN_BYTES(name, count) ARGUMENT(name, TO_BYTES)
#define OUT_BYTES(name, count) ARGUMENT(name, TO_BYTES)
#define IN(name, type) ARGUMENT(name, TO_BYTES)
#define OUT(name, type) ARGUMENT(name, TO_BYTES)
#define INOUT(name, type) ARGUMENT(name, TO_BYTES)
#define IN_SIZED(name, type, size) ARGUMENT(name, TO_BYTES)
#define IN_ARRAY(name, type, count) ARGUMENT(name, TO_BYTES)
#define OUT_ARRAY(name, type, count) ARGUMENT(name, TO_BYTES)
#define IN_VECTOR(name, count) ARGUMENT(name, TO_VECTOR)
#define OUT_VECTOR(name, count) ARGUMENT(name, TO_VECTOR)
#define MESSAGE(name) ARGUMENT(name, TO_BYTES)
#define SOCKET_ADDRESS(name, length) ARGUMENT(name, TO_BYTES)
#define LENGTH(name) ARGUMENT(name, TO_LENGTH)
#define OUT_FILES(name) ARGUMENT(name, TO_BYTES)
#define SPECIAL(name, kind) PLAIN_##kind(name)
#define SPECIAL_BY(name, kind, other) PLAIN_##kind(name, other)

/* The last one ends the table. */
static const struct row rows[] = {
#define SYSCALL(number, name, arguments, result, handler, status) BUILT_##status({number, #name, {arguments}},)
#include "shim/linux-abi/syscalls.def"
	{-1, NULL, {{NULL, NUMBER}}}};

/* What ends the test or another's work when it succeeds, or is not a call like others. */
static const char *const left_out[] = {"exit", "exit_group", "fork", "vfork", "clone", "clone3", "rt_sigreturn", "reboot", "settimeofday", "clock_settime", "sethostname", "setdomainname", "mount", "umount2", "chroot"};

/* Files of each kind, made anew for each call. */
enum file { REGULAR, SECOND, FOLDER, PIPE_IN, PIPE_OUT, SOCKET, QUEUE, TIMER, WATCHER, COUNTER, PROCESS, FILES };
static int files[FILES];
static int segment, timer;

/* Which file a call is about, when it is not the regular one. All whose name begins so, but an argument's own comes first. */
static const struct {
	const char *call, *argument;
	enum file file;
} choices[] = {
	{"copy_file_range", "fd_out", SECOND}, {"splice", "fd_out", PIPE_OUT}, {"sendfile", "out_fd", PIPE_OUT}, {"vmsplice", "fd", PIPE_OUT}, {"ioctl", "fd", PIPE_IN}, {"getdents", "fd", FOLDER}, {"fchdir", "fd", FOLDER},
	{"connect", "sockfd", SOCKET}, {"accept", "sockfd", SOCKET}, {"send", "sockfd", SOCKET}, {"recv", "sockfd", SOCKET}, {"bind", "sockfd", SOCKET}, {"getsock", "sockfd", SOCKET}, {"getpeer", "sockfd", SOCKET},
	{"setsockopt", "sockfd", SOCKET}, {"epoll_", "epfd", QUEUE}, {"epoll_ctl", "fd", COUNTER}, {"timerfd_", "fd", TIMER}, {"inotify_", "fd", WATCHER},
	{"pidfd_", "pidfd", PROCESS}, {"process_", "pidfd", PROCESS},
};

/* Numbers that make a call look at its pointers; whether that argument is one although the table cannot say so. */
static const struct {
	const char *call, *argument;
	long value;
	bool pointer;
} defaults[] = {
	{"poll", "timeout", 0, false}, {"epoll_wait", "timeout", 0, false}, {"epoll_pwait", "timeout", 0, false}, {"signalfd", "fd", -1, false}, {"signalfd4", "fd", -1, false}, {"getcwd", "size", 256, false},
	{"openat2", "size", 24, false}, {"setrlimit", "resource", RLIMIT_CORE, false}, {"prlimit64", "resource", RLIMIT_CORE, false}, {"futex", "uaddr", 0, true}, {"fcntl", "cmd", F_GETLK, false}, {"fcntl", "arg", 0, true},
	{"ioctl", "request", FIONREAD, false}, {"ioctl", "argp", 0, true}, {"prctl", "option", 16, false}, {"prctl", "arg2", 0, true}, {"arch_prctl", "code", 0x1003, false}, {"arch_prctl", "addr", 0, true},
	{"shmctl", "cmd", IPC_STAT, false}, {"epoll_ctl", "op", EPOLL_CTL_ADD, false}, {"getsockopt", "optname", SO_TYPE, false}, {"setsockopt", "optname", SO_REUSEADDR, false}, {"getsockopt", "level", SOL_SOCKET, false},
	{"setsockopt", "level", SOL_SOCKET, false}, {"socketpair", "domain", AF_UNIX, false}, {"socketpair", "protocol", 0, false}, {"waitid", "options", WEXITED | WNOHANG, false}, {"wait4", "options", WNOHANG, false},
	{"inotify_add_watch", "mask", IN_MODIFY, false}, {"setsockopt", "optlen", 4, false}, {"connect", "addrlen", 16, false}, {"bind", "addrlen", 16, false}, {"sendto", "addrlen", 16, false}, {"getdents", "count", 512, false},
	{"getdents64", "count", 512, false}, {"copy_file_range", "flags", 0, false},
};

/* Memory of the test: a good page, one that cannot be written, and the last bytes before nothing. */
static char *good, *read_only, *border;

/* What a good pointer of this kind points to. */
static void contents_make(char *at, enum kind kind)
{
	struct iovec part = {good + 2048, 8};
	char *texts[2] = {good + 3000, NULL};
	uint32_t length = 16;

	memset(at, 0, 256);
	if (kind == TO_PATH)
		strcpy(at, "file");
	else if (kind == TO_TEXT)
		strcpy(at, "name");
	else if (kind == TO_TEXTS)
		memcpy(at, texts, sizeof(texts));
	else if (kind == TO_VECTOR)
		memcpy(at, &part, sizeof(part));
	else if (kind == TO_LENGTH)
		memcpy(at, &length, sizeof(length));
}

enum badness { NULL_POINTER, UNMAPPED, OF_KERNEL, NO_ADDRESS, MISALIGNED, READ_ONLY, AT_BORDER, BADNESSES };
static const char *const badness_names[] = {"null", "unmapped", "kernel", "odd", "misaligned", "read-only", "border"};

static long bad_pointer(enum badness badness, enum kind kind)
{
	switch (badness) {
	case NULL_POINTER:
		return 0;
	case UNMAPPED:
		return (long)BAD_ADDRESS;
	case OF_KERNEL:
		return (long)KERNEL_ADDRESS;
	case NO_ADDRESS:
		return (long)ODD_ADDRESS;
	case MISALIGNED:
		contents_make(good + 1025, kind);
		return (long)(good + 1025);
	case READ_ONLY:
		mprotect(read_only, PAGE, PROT_READ | PROT_WRITE);
		contents_make(read_only, kind);
		mprotect(read_only, PAGE, PROT_READ);
		return (long)read_only;
	default:
		memset(border - 16, 'f', 16); /* text without an end, and no whole structure */
		return (long)(border - 3);
	}
}

static bool is_pointer(const char *call, const struct argument *argument)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (defaults[i].pointer && strcmp(call, defaults[i].call) == 0 && strcmp(argument->name, defaults[i].argument) == 0)
			return true;
	return argument->kind >= TO_PATH;
}

static long file_of(const char *call, const char *argument)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (strncmp(call, choices[i].call, strlen(choices[i].call)) == 0 && strcmp(argument, choices[i].argument) == 0)
			return files[choices[i].file];
	return files[REGULAR];
}

/* Which process a call is about: 0 is the caller for all but those of other processes' memory. */
static long process_of(const char *call)
{
	return strncmp(call, "process_vm_", 11) == 0 ? getpid() : 0;
}

static long identity_of(const char *call)
{
	return call[0] == 's' ? segment : call[0] == 'i' ? 1 : timer;
}

/* A good value; pointers lie 128 bytes apart in the good page. */
static long good_value(const char *call, const struct argument *argument, unsigned index)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!defaults[i].pointer && strcmp(call, defaults[i].call) == 0 && strcmp(argument->name, defaults[i].argument) == 0 && argument->kind != FILE_NUMBER)
			return defaults[i].value;
	if (is_pointer(call, argument) || argument->kind == PLACE) {
		contents_make(good + index * 256, argument->kind);
		return (long)(good + index * 256);
	}
	switch (argument->kind) {
	case NUMBER:
		return 1;
	case BYTES:
		return 8;
	case SIGNAL_NUMBER:
		return SIGUSR2;
	case USER:
		return -1;
	case PERMISSIONS:
		return 0644;
	case FILE_NUMBER:
		return strncmp(call, "signalfd", 8) == 0 ? -1 : file_of(call, argument->name);
	case DIRECTORY:
		return AT_FDCWD;
	case IDENTITY:
		return identity_of(call);
	case TASK:
		return process_of(call);
	default:
		return 0;
	}
}

static void ticked(int number)
{
	(void)number;
}

static void files_make(void)
{
	static char data[PAGE];
	int pipes[2], sockets[2];

	check_file("file", "some text that is longer than what is read of it");
	check_file("second", "");
	files[REGULAR] = open("file", O_RDWR);
	files[SECOND] = open("second", O_RDWR);
	files[FOLDER] = open(".", O_RDONLY);
	(void)!pipe2(pipes, O_NONBLOCK);
	(void)!write(pipes[1], data, 1024);
	files[PIPE_IN] = pipes[0];
	files[PIPE_OUT] = pipes[1];
	(void)!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets);
	(void)!write(sockets[1], data, 1024);
	files[SOCKET] = sockets[0];
	files[QUEUE] = epoll_create1(0);
	files[TIMER] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	files[WATCHER] = inotify_init1(IN_NONBLOCK);
	files[COUNTER] = eventfd(1, EFD_NONBLOCK);
	files[PROCESS] = (int)syscall(SYS_pidfd_open, getpid(), 0);
	epoll_ctl(files[QUEUE], EPOLL_CTL_ADD, files[PIPE_IN], &(struct epoll_event){.events = EPOLLIN});
	segment = shmget(IPC_PRIVATE, PAGE, 0600);
	syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer);
}

/* All of the row's pointers, in a process of its own, for what succeeds leaves traces. */
static void row_try(const struct row *row)
{
	const struct itimerval tick = {{0, TICK_US}, {0, TICK_US}};

	files_make();
	setitimer(ITIMER_REAL, &tick, NULL);
	for (unsigned argument = 0; argument < 6 && row->arguments[argument].name; argument++) {
		if (!is_pointer(row->name, &row->arguments[argument]))
			continue;
		check_print("%s(%s):", row->name, row->arguments[argument].name);
		for (unsigned badness = 0; badness < BADNESSES; badness++) {
			long values[6] = {0}, result;

			for (unsigned i = 0; i < 6 && row->arguments[i].name; i++)
				values[i] = i == argument ? bad_pointer(badness, row->arguments[i].kind) : good_value(row->name, &row->arguments[i], i);
			if (strncmp(row->name, "wait", 4) == 0) {
				pid_t child = fork();

				if (!child)
					_exit(0);
				while (waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT) < 0)
					;
			}
			errno = 0;
			result = syscall(row->number, values[0], values[1], values[2], values[3], values[4], values[5]);
			check_print("%s %s %s", badness ? "," : "", badness_names[badness], result == -1 ? check_errno_name(errno) : "ok");
		}
		check_print("\n");
	}
	shmctl(segment, IPC_RMID, NULL);
}

static bool is_tried(const struct row *row)
{
	bool pointers = false;

	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (strcmp(row->name, left_out[i]) == 0)
			return false;
	for (unsigned i = 0; i < 6 && row->arguments[i].name; i++)
		pointers |= is_pointer(row->name, &row->arguments[i]);
	return pointers;
}

static void table_try(void)
{
	for (const struct row *row = rows; row->name; row++) {
		int status;
		pid_t child;

		if (!is_tried(row))
			continue;
		child = fork();
		if (!child) {
			row_try(row);
			_exit(0);
		}
		while (waitpid(child, &status, 0) < 0)
			;
		if (status)
			check_status(row->name, status);
	}
}

int main(void)
{
	struct sigaction action = {.sa_handler = ticked};

	good = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	border = check_border();
	sigaction(SIGALRM, &action, NULL);
	table_try();
	return 0;
}
