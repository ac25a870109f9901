/* SPDX-License-Identifier: MIT */
/* Memory that goes while a call waits: another thread unmaps the page where the answer is to go, then lets the call go on. The call must say EFAULT, nobody else may be harmed, and what was to be moved must not be lost where Linux keeps it. */
#include "waiting.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PAGE 4096

static char *page;
static int pair[2], ends[2];
static pid_t child;
static pthread_t caller;

/* What lets the call go on. */
static void pipe_fill(void)
{
	(void)!write(ends[1], "12345678", 8);
}

static void socket_fill(void)
{
	(void)!write(pair[1], "12345678", 8);
}

static void child_end(void)
{
	kill(child, SIGKILL);
}

static void signal_send(void)
{
	pthread_kill(caller, SIGUSR1);
}

static void *vanish(void *then)
{
	check_sleeps(getpid()); /* the state of a process is that of its first thread: the caller */
	munmap(page, PAGE);
	((void (*)(void))then)();
	return NULL;
}

static void page_make(void)
{
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* One call under way while its page goes. */
#define VANISHING(then, name, ...)                                  \
	do {                                                        \
		pthread_t other;                                    \
                                                                    \
		pthread_create(&other, NULL, vanish, (void *)then); \
		CALL(name, __VA_ARGS__);                            \
		pthread_join(other, NULL);                          \
	} while (0)

static void reading(void)
{
	struct iovec part;

	page_make();
	VANISHING(pipe_fill, read, ends[0], page, 8);
	page_make();
	CALL(read, ends[0], page, 8);
	part = (struct iovec){page, 8};
	VANISHING(pipe_fill, readv, ends[0], &part, 1);
	page_make();
	CALL(read, ends[0], page, 8);
}

static void receiving(void)
{
	struct iovec part;
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	VANISHING(socket_fill, recvfrom, pair[0], page, 8, 0, NULL, NULL);
	page_make();
	CALL(recvfrom, pair[0], page, 8, MSG_DONTWAIT, NULL, NULL);
	part = (struct iovec){page, 8};
	VANISHING(socket_fill, recvmsg, pair[0], &message, 0);
	page_make();
	CALL(recvfrom, pair[0], page, 8, MSG_DONTWAIT, NULL, NULL);
}

static void polling(void)
{
	struct epoll_event interest = {.events = EPOLLIN};
	int queue = epoll_create1(0);

	*(struct pollfd *)page = (struct pollfd){ends[0], POLLIN, 0};
	VANISHING(pipe_fill, poll, page, 1, -1);
	page_make();
	CALL(read, ends[0], page, 8);
	FD_ZERO((fd_set *)page);
	FD_SET(ends[0], (fd_set *)page);
	VANISHING(pipe_fill, select, ends[0] + 1, page, NULL, NULL, NULL);
	page_make();
	CALL(read, ends[0], page, 8);
	epoll_ctl(queue, EPOLL_CTL_ADD, ends[0], &interest);
	VANISHING(pipe_fill, epoll_wait, queue, page, 1, -1);
	page_make();
	CALL(read, ends[0], page, 8);
	close(queue);
}

static void caught(int number)
{
	(void)number;
}

static void waiting(void)
{
	struct sigaction action = {.sa_handler = caught};
	struct timespec long_time = {100, 0};
	uint64_t set = 1ull << (SIGUSR1 - 1);

	for (int i = 0; i < 2; i++) {
		child = check_sleeper();
		if (i)
			VANISHING(child_end, waitid, P_PID, child, page, WEXITED, NULL);
		else
			VANISHING(child_end, wait4, child, page, 0, NULL);
		CALL(wait4, child, NULL, 0, NULL);
		page_make();
	}
	sigaction(SIGUSR1, &action, NULL);
	VANISHING(signal_send, nanosleep, &long_time, page);
	page_make();
	sigprocmask(SIG_BLOCK, (sigset_t[]){{{set}}}, NULL);
	VANISHING(signal_send, rt_sigtimedwait, &set, page, NULL, 8);
	page_make();
}

int main(void)
{
	caller = pthread_self();
	(void)!pipe(ends);
	(void)!socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	reading();
	receiving();
	polling();
	waiting();
	return 0;
}
