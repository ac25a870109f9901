/* SPDX-License-Identifier: MIT */
/* Samples of calls that wait for files. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <time.h>

#include "calls.h"

static void poll_calls(void)
{
	struct pollfd polls[40] = {{3, POLLIN, POLLIN | POLLHUP}, {-1, POLLOUT, 0}, {5, POLLIN | POLLPRI | POLLRDHUP, POLLNVAL}};
	struct timespec second = {1, 5};
	uint64_t mask = 1 << 1;

	CALL(2, poll, polls, 3, -1);
	CALL(0, poll, polls, 3, 100);
	CALL(1, poll, polls + 1, 1, 100);
	CALL(-EINTR, poll, polls, 3, 100);
	CALL(-EFAULT, poll, NULL, 3, 100);
	CALL(-EFAULT, poll, NOWHERE, 3, 100);
	CALL(0, poll, NULL, 0, 100);
	CALL(2, poll, polls, 40, 100);
	CALL(2, ppoll, polls, 3, &second, &mask, 8);
	CALL(0, ppoll, polls, 3, &second, NULL, 8);
	CALL(1, ppoll, polls, 1, NULL, NULL, 8);
	CALL(1, ppoll, polls + 1, 1, &second, NULL, 8);
}

static void select_calls(void)
{
	struct timeval second = {1, 5};
	struct timespec precise = {1, 5};
	uint64_t mask = 1 << 1;
	struct {
		uint64_t set, bytes;
	} argument = {(uint64_t)&mask, 8};
	fd_set read, write, none;

	FD_ZERO(&read);
	FD_ZERO(&write);
	FD_ZERO(&none);
	FD_SET(0, &read);
	FD_SET(70, &read);
	FD_SET(4, &write);
	CALL(2, select, 71, &read, &write, &none, &second);
	CALL(3, select, 71, &read, &write, &none, NULL);
	CALL(1, select, 5, NULL, &write, NULL, &second);
	CALL(0, select, 5, &read, NULL, NULL, &second);
	CALL(-EBADF, select, 5, &read, NULL, NULL, &second);
	CALL(0, select, 0, NULL, NULL, NULL, &second);
	CALL(-EFAULT, select, 5, NOWHERE, NULL, NULL, NULL);
	CALL(-EINVAL, select, -1, &read, NULL, NULL, NULL);
	CALL(1, pselect6, 5, &read, NULL, NULL, &precise, &argument);
	CALL(1, pselect6, 5, &read, NULL, NULL, NULL, NULL);
}

void poll_samples(void)
{
	struct epoll_event events[2] = {{EPOLLIN | EPOLLET, {.u64 = 0x100000005}}, {EPOLLHUP, {.u32 = 7}}};
	struct timespec second = {1, 5};
	uint64_t mask = 1 << 1;

	poll_calls();
	select_calls();
	CALL(3, epoll_create, 5);
	CALL(3, epoll_create1, EPOLL_CLOEXEC);
	CALL(0, epoll_ctl, 3, EPOLL_CTL_ADD, 4, &events[0]);
	CALL(0, epoll_ctl, 3, EPOLL_CTL_MOD, 4, &events[1]);
	CALL(0, epoll_ctl, 3, EPOLL_CTL_DEL, 4, NULL);
	CALL(-EFAULT, epoll_ctl, 3, EPOLL_CTL_ADD, 4, NULL);
	CALL(2, epoll_wait, 3, events, 10, -1);
	CALL(0, epoll_wait, 3, events, 10, 0);
	CALL(-EINTR, epoll_wait, 3, events, 10, 100);
	CALL(1, epoll_pwait, 3, events, 10, 100, &mask, 8);
	CALL(1, epoll_pwait2, 3, events, 10, &second, NULL, 8);
	CALL(3, eventfd, 5);
	CALL(3, eventfd2, 5, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK);
	CALL(0, io_setup, 10, events);
	CALL(0, io_destroy, 0x7000);
}
