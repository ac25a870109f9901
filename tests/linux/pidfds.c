/* SPDX-License-Identifier: MIT */
/* Processes as open files: pidfd_open, clone(CLONE_PIDFD), waiting and polling for their end, signals, files out of another process. */
#include "waiting.h"

#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define NONBLOCK 04000 /* PIDFD_NONBLOCK */
#define PIDFD 0x1000   /* CLONE_PIDFD */

static void show_poll(const char *what, int file)
{
	struct pollfd poll_of = {.fd = file, .events = POLLIN | POLLOUT | POLLRDNORM};
	int count = poll(&poll_of, 1, 0);

	SHOW(what, "%d %#x", count, (unsigned)poll_of.revents);
}

static void opening(void)
{
	pid_t child = check_sleeper();
	int file;
	char byte;

	CALL(pidfd_open, child, 1);
	CALL(pidfd_open, 0, 0);
	CALL(pidfd_open, -1, 0);
	CALL(pidfd_open, 99999, 0);
	file = (int)GOOD(pidfd_open, child, 0);
	CALL(fcntl, file, F_GETFD);
	CALL(fcntl, file, F_GETFL);
	CALL(read, file, &byte, 1);
	CALL(write, file, &byte, 1);
	CALL(lseek, file, 0, SEEK_SET);
	close(file);
	file = (int)GOOD(pidfd_open, child, NONBLOCK);
	CALL(fcntl, file, F_GETFL);
	close(file);
	kill(child, SIGKILL);
	waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
	file = (int)GOOD(pidfd_open, child, 0);
	show_poll("a zombie", file);
	waitpid(child, NULL, 0);
	show_poll("waited for", file);
	CALL(pidfd_open, child, 0);
	close(file);
	CHILD("too many", struct rlimit limit = {5, 5}; setrlimit(RLIMIT_NOFILE, &limit); check_pidfd(getpid()); check_pidfd(getpid()); check_pidfd(getpid()); CALL(pidfd_open, getpid(), 0));
}

static void waiting(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	siginfo_t information = {0};
	pid_t child = check_sleeper();
	int file = check_pidfd(child), nonblock = (int)syscall(SYS_pidfd_open, child, NONBLOCK), own = check_pidfd(getpid()), epoll = epoll_create1(0);

	show_poll("alive", file);
	epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
	CALL(epoll_wait, epoll, &event, 1, 0);
	CALL(waitid, P_PIDFD, -1, &information, WEXITED, NULL);
	CALL(waitid, P_PIDFD, 99, &information, WEXITED, NULL);
	CALL(waitid, P_PIDFD, epoll, &information, WEXITED, NULL);
	CALL(waitid, P_PIDFD, own, &information, WEXITED, NULL);
	CALL(waitid, P_PIDFD, file, &information, WEXITED | WNOHANG, NULL);
	CALL(waitid, P_PIDFD, nonblock, &information, WEXITED, NULL);
	CALL(waitid, P_PIDFD, nonblock, &information, WEXITED | WNOHANG, NULL);
	CALL(pidfd_send_signal, file, SIGTERM, NULL, 0);
	CALL(epoll_wait, epoll, &event, 1, -1);
	SHOW("epoll", "%#x", event.events);
	CALL(waitid, P_PIDFD, file, &information, WEXITED | WNOWAIT, NULL);
	SHOW("information", "code %d status %d child %d", information.si_code, information.si_status, information.si_pid == child);
	show_poll("ended", file);
	CALL(waitid, P_PIDFD, nonblock, &information, WEXITED, NULL);
	CALL(waitid, P_PIDFD, file, &information, WEXITED, NULL);
	show_poll("waited for", nonblock);
	CALL(pidfd_send_signal, file, 0, NULL, 0);
	close(file);
	close(nonblock);
	close(own);
	CALL(epoll_wait, epoll, &event, 1, 0);
	close(epoll);
}

/* A poll that waits while the process ends, and another process's child. */
static void watching(void)
{
	pid_t child = check_sleeper(), watcher;
	int file = check_pidfd(child);
	struct pollfd poll_of = {.fd = file, .events = POLLIN};

	WAITING_CHILD(watcher, CALL(poll, &poll_of, 1, -1); SHOW("revents", "%#x", (unsigned)poll_of.revents); CALL(waitid, P_PIDFD, file, NULL, WEXITED, NULL));
	kill(child, SIGKILL);
	check_end("a watcher", watcher);
	waitpid(child, NULL, 0);
	close(file);
}

static volatile sig_atomic_t got_code, got_value;

static void take(int number, siginfo_t *information, void *context)
{
	(void)number, (void)context;
	got_code = information->si_code;
	got_value = information->si_value.sival_int;
}

static void signals(void)
{
	struct sigaction action = {.sa_sigaction = take, .sa_flags = SA_SIGINFO};
	siginfo_t information = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
	pid_t child = check_sleeper();
	int file = check_pidfd(child), own = check_pidfd(getpid()), place = open("/proc/self", O_RDONLY | O_DIRECTORY), path = open("/proc/self", O_PATH), other = open("/proc", O_RDONLY), event = eventfd(0, 0);

	sigaction(SIGUSR1, &action, NULL);
	information.si_value.sival_int = 77;
	CALL(pidfd_send_signal, own, SIGUSR1, NULL, 1);
	CALL(pidfd_send_signal, 99, SIGUSR1, NULL, 0);
	CALL(pidfd_send_signal, event, SIGUSR1, NULL, 0);
	CALL(pidfd_send_signal, other, SIGUSR1, NULL, 0);
	CALL(pidfd_send_signal, path, SIGUSR1, NULL, 0);
	CALL(pidfd_send_signal, own, 65, NULL, 0);
	CALL(pidfd_send_signal, own, -1, NULL, 0);
	CALL(pidfd_send_signal, own, SIGUSR1, BAD_ADDRESS, 0);
	CALL(pidfd_send_signal, own, SIGUSR2, &information, 0);
	CALL(pidfd_send_signal, own, SIGUSR1, &information, 0);
	SHOW("taken", "code %d value %d", got_code, got_value);
	CALL(pidfd_send_signal, place, SIGUSR1, NULL, 0);
	SHOW("taken", "code %d", got_code);
	information.si_code = SI_USER;
	CALL(pidfd_send_signal, own, SIGUSR1, &information, 0);
	CALL(pidfd_send_signal, file, SIGUSR1, &information, 0);
	information.si_code = SI_TKILL;
	CALL(pidfd_send_signal, file, SIGUSR1, &information, 0);
	CHILD("a stranger", check_become(1000); CALL(pidfd_send_signal, file, 0, NULL, 0); CALL(pidfd_send_signal, file, SIGKILL, NULL, 0));
	CALL(pidfd_send_signal, file, 0, NULL, 0);
	CALL(pidfd_send_signal, file, SIGKILL, NULL, 0);
	waitpid(child, NULL, 0);
	CALL(pidfd_send_signal, file, SIGKILL, NULL, 0);
	for (int number = file; number <= event; number++)
		close(number);
}

static void files(void)
{
	pid_t child = check_sleeper();
	int file = check_pidfd(child), inner = open("shared", O_RDWR | O_CREAT, 0600), taken;
	char text[8] = {0};

	write(inner, "abcdef", 6);
	close(inner);
	inner = open("shared", O_RDONLY);
	CALL(pidfd_getfd, file, 0, 1);
	CALL(pidfd_getfd, 99, 0, 0);
	CALL(pidfd_getfd, inner, 0, 0);
	CALL(pidfd_getfd, file, 99, 0);
	CALL(pidfd_getfd, file, -1, 0);
	kill(child, SIGKILL);
	waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
	CALL(pidfd_getfd, file, 0, 0);
	waitpid(child, NULL, 0);
	CALL(pidfd_getfd, file, 0, 0);
	close(file);
	child = check_sleeper();
	file = check_pidfd(child);
	lseek(inner, 2, SEEK_SET);
	taken = (int)GOOD(pidfd_getfd, file, inner, 0);
	CALL(fcntl, taken, F_GETFD);
	CALL(read, taken, text, 2);
	SHOW("read", "%s", text);
	CALL(lseek, inner, 0, SEEK_CUR);
	CHILD("a stranger", check_become(1000); CALL(pidfd_getfd, file, inner, 0));
	CHILD("too many", struct rlimit limit = {3, 3}; setrlimit(RLIMIT_NOFILE, &limit); CALL(pidfd_getfd, file, inner, 0));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(taken);
	close(inner);
	close(file);
}

struct arguments { /* struct clone_args */
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static void cloning(void)
{
	int file = -1, other = -1;
	struct arguments arguments = {.flags = PIDFD, .pidfd = (uint64_t)&file, .exit_signal = SIGCHLD};
	siginfo_t information;
	pid_t child = (pid_t)syscall(SYS_clone, PIDFD | SIGCHLD, NULL, &file, NULL, NULL);

	if (!child)
		_exit(fcntl(3, F_GETFD) < 0 ? 7 : 8);
	SHOW("clone", "%d, file %d", child > 0, file);
	CALL(fcntl, file, F_GETFD);
	CALL(waitid, P_PIDFD, file, &information, WEXITED, NULL);
	SHOW("information", "code %d status %d child %d", information.si_code, information.si_status, information.si_pid == child);
	close(file);
	child = (pid_t)syscall(SYS_clone, PIDFD | CLONE_FILES | SIGCHLD, NULL, &file, NULL, NULL);
	if (!child)
		_exit(fcntl(3, F_GETFD));
	CALL(waitid, P_PIDFD, file, &information, WEXITED, NULL);
	SHOW("with its parent's table", "status %d", information.si_status);
	close(file);
	child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (!child)
		_exit(9);
	SHOW("clone3", "%d, file %d", child > 0, file);
	CALL(waitid, P_PIDFD, file, &information, WEXITED, NULL);
	SHOW("information", "status %d", information.si_status);
	close(file);
	CALL(clone, PIDFD | CLONE_PARENT_SETTID | SIGCHLD, NULL, &file, NULL, NULL);
	CALL(clone, PIDFD | 0x400000 | SIGCHLD, NULL, &file, NULL, NULL); /* CLONE_DETACHED */
	CALL(clone, PIDFD | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, NULL, &file, NULL, NULL);
	CALL(clone, PIDFD | SIGCHLD, NULL, BAD_ADDRESS, NULL, NULL);
	arguments.pidfd = arguments.parent_tid = (uint64_t)&other;
	arguments.flags = PIDFD | CLONE_PARENT_SETTID;
	CALL(clone3, &arguments, sizeof(arguments));
	CHILD("no number left", struct rlimit limit = {3, 3}; setrlimit(RLIMIT_NOFILE, &limit); CALL(clone, PIDFD | SIGCHLD, NULL, &file, NULL, NULL));
	CALL(fcntl, 3, F_GETFD);
	CALL(wait4, -1, NULL, WNOHANG, NULL);
}

int main(void)
{
	opening();
	waiting();
	watching();
	signals();
	files();
	cloning();
	return 0;
}
