/* SPDX-License-Identifier: MIT */
/* How processes begin: what clone and clone3 refuse, numbers that a caller chooses for its child, limits of processes, files and interest lists that end a call. */
#include "waiting.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>

#define NOBODY 4321 /* a user who has no other processes */

struct arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

#define CLONE3(...) (errno = 0, child_end(#__VA_ARGS__, syscall(SYS_clone3, &((struct arguments){.exit_signal = SIGCHLD, __VA_ARGS__}), sizeof(struct arguments))))

/* The child ends at once; the parent tells what the call has come to. */
static void child_end(const char *what, long result)
{
	if (!result)
		_exit(0);
	if (result > 0)
		check_print("clone3(%s) = a child\n", what);
	else
		check_print("clone3(%s) = -1 %s\n", what, check_errno_name(errno));
	if (result > 0)
		check_wait(what, (pid_t)result);
}

static void refused(void)
{
	struct rlimit limit = {1, 1};

	CALL(clone3, NULL, sizeof(struct arguments));
	CALL(clone3, &(struct arguments){0}, 63);
	CALL(clone3, &(struct arguments){.flags = CLONE_THREAD}, sizeof(struct arguments));
	CALL(clone3, &(struct arguments){.flags = CLONE_SIGHAND | 0x100000000ull | CLONE_VM}, sizeof(struct arguments));
	CALL(clone3, &(struct arguments){.flags = CLONE_FS | CLONE_NEWNS}, sizeof(struct arguments));
	CALL(clone3, &(struct arguments){.stack = 4096}, sizeof(struct arguments));
	CALL(clone3, &(struct arguments){.exit_signal = 65}, sizeof(struct arguments));
	CALL(clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, NULL, NULL, NULL, 0);
	CALL(clone, CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, NULL, NULL, NULL, 0);
	CHILD("a plain user", {
		check_become(NOBODY);
		CALL(clone, CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL, 0);
		CALL(clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
		CALL(clone3, &(struct arguments){.flags = CLONE_NEWUTS}, sizeof(struct arguments));
		setrlimit(RLIMIT_NPROC, &limit);
		CALL(clone, SIGCHLD, NULL, NULL, NULL, 0);
		CALL(clone3, &(struct arguments){0}, sizeof(struct arguments));
		CALL(fork);
		CALL(vfork);
	});
}

/* A number for the child. */
static void chosen(void)
{
	int number = 31999, one = 1, none = 0, far = 0x7fffffff, own = getpid(), two[2] = {31998, 31997};

	CLONE3(.set_tid = (uint64_t)&number, .set_tid_size = 1);
	CLONE3(.set_tid = (uint64_t)&number, .set_tid_size = 0);
	CLONE3(.set_tid = 0, .set_tid_size = 1);
	CLONE3(.set_tid = 8, .set_tid_size = 1);
	CLONE3(.set_tid = (uint64_t)two, .set_tid_size = 2);
	CLONE3(.set_tid = (uint64_t)&none, .set_tid_size = 1);
	CLONE3(.set_tid = (uint64_t)&far, .set_tid_size = 1);
	CLONE3(.set_tid = (uint64_t)&one, .set_tid_size = 1);
	CLONE3(.set_tid = (uint64_t)&own, .set_tid_size = 1);
	CHILD("a plain user", check_become(NOBODY); CLONE3(.set_tid = (uint64_t)&number, .set_tid_size = 1));
	number = 31996;
	errno = 0;
	own = (int)syscall(SYS_clone3, &(struct arguments){.exit_signal = SIGCHLD, .set_tid = (uint64_t)&number, .set_tid_size = 1}, sizeof(struct arguments));
	if (!own)
		_exit(getpid() == 31996 ? 0 : 1);
	SHOW("the child's number", "%d", own);
	check_wait("with a number", own);
	CLONE3(.set_tid = (uint64_t)&number, .set_tid_size = 1);
}

/* Writes a setting, and what it was before afterwards. */
static void limited(const char *path, void (*act)(void))
{
	char before[32] = "";
	int file = open(path, O_RDWR);
	ssize_t bytes = read(file, before, sizeof(before) - 1);

	check_setting(path, "0\n");
	act();
	if (bytes <= 0 || pwrite(file, before, (size_t)bytes, 0) != bytes)
		check_print("%s stays as it is\n", path);
	close(file);
	act();
}

static void epoll_act(void)
{
	int queue = epoll_create1(0), pipes[2] = {-1, -1};
	struct epoll_event event = {.events = EPOLLIN};

	(void)!pipe(pipes);
	CALL(epoll_ctl, queue, EPOLL_CTL_ADD, pipes[0], &event);
	CALL(epoll_ctl, queue, EPOLL_CTL_DEL, pipes[0], NULL);
	close(queue);
	close(pipes[0]);
	close(pipes[1]);
}

static void inotify_act(void)
{
	int queue = inotify_init();

	CALL(inotify_add_watch, queue, ".", IN_CREATE);
	close(queue);
}

int main(void)
{
	refused();
	chosen();
	limited("/proc/sys/fs/epoll/max_user_watches", epoll_act);
	limited("/proc/sys/fs/inotify/max_user_watches", inotify_act);
	return 0;
}
