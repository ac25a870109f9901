/* SPDX-License-Identifier: MIT */
/* Packet pipes (pipe2 with O_DIRECT): each write is read by itself; how many fit, what is cut, plain bytes before and after, splice and tee. */
#include "waiting.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static char bytes[3 * 65536], got[3 * 65536];

static void pair(int ends[2], int flags)
{
	if (pipe2(ends, flags))
		check_print("no pipe: %s\n", check_errno_name(errno));
}

static void pair_close(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/* Prints what a read of `room` bytes gives. */
static void take(int file, size_t room)
{
	ssize_t count = read(file, got, room);

	if (count < 0)
		check_print("  %zu: %s\n", room, check_errno_name(errno));
	else
		check_print("  %zu: %zd [%.*s]\n", room, count, count > 40 ? 40 : (int)count, got);
}

static void waiting_bytes(int file)
{
	int count = -1;

	CALL(ioctl, file, FIONREAD, &count);
	SHOW("bytes in it", "%d", count);
}

static void reading(void)
{
	int ends[2];
	char *border = check_border();

	pair(ends, O_DIRECT | O_NONBLOCK);
	SHOW("flags", "%o %o", fcntl(ends[0], F_GETFL), fcntl(ends[1], F_GETFL));
	CALL(write, ends[1], "first", 5);
	CALL(write, ends[1], "second", 6);
	CALL(write, ends[1], "", 0);
	CALL(write, ends[1], "third", 5);
	waiting_bytes(ends[0]);
	take(ends[0], 0);
	take(ends[0], 100);
	take(ends[0], 3);
	waiting_bytes(ends[0]);
	take(ends[0], 5);
	take(ends[0], 100);
	CALL(write, ends[1], "vector", 6);
	CALL(write, ends[1], "next", 4);
	CALL(readv, ends[0], ((struct iovec[]){{got, 2}, {got + 2, 2}, {got + 4, 100}}), 3);
	take(ends[0], 100);
	CALL(writev, ends[1], ((struct iovec[]){{"one ", 4}, {"packet", 6}}), 2);
	CALL(write, ends[1], "another", 7);
	take(ends[0], 100);
	take(ends[0], 100);
	CALL(write, ends[1], "kept", 4);
	CALL(read, ends[0], BAD_ADDRESS, 100);
	take(ends[0], 100);
	CALL(write, ends[1], "half kept", 9);
	CALL(read, ends[0], border - 4, 100);
	take(ends[0], 100);
	CALL(write, ends[1], BAD_ADDRESS, 10);
	CALL(write, ends[1], border - 4, 10); /* leaves an empty packet on Linux: nothing more is read of this pipe before its end */
	close(ends[1]);
	take(ends[0], 100);
	close(ends[0]);
	pair(ends, O_DIRECT);
	CALL(write, ends[1], "last", 4);
	close(ends[1]);
	take(ends[0], 2);
	take(ends[0], 2);
	close(ends[0]);
	pair(ends, O_DIRECT);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	CALL(write, ends[1], "x", 1);
	CALL(write, ends[1], "", 0);
	close(ends[1]);
}

static void large(void)
{
	int ends[2];

	pair(ends, O_DIRECT | O_NONBLOCK);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i / 1000 % 26);
	CALL(write, ends[1], bytes, 4096);
	CALL(write, ends[1], bytes, 4097);
	CALL(write, ends[1], bytes, 10000);
	take(ends[0], 10000);
	take(ends[0], 4096);
	take(ends[0], 4096);
	take(ends[0], 4095);
	take(ends[0], 10000);
	take(ends[0], 10000);
	take(ends[0], 10000);
	CALL(write, ends[1], bytes, sizeof(bytes));
	for (int i = 0; i < 17; i++)
		take(ends[0], 5000);
	pair_close(ends);
}

static void filling(void)
{
	struct pollfd events;
	int ends[2], count = 0;

	pair(ends, O_DIRECT | O_NONBLOCK);
	events = (struct pollfd){.fd = ends[1], .events = POLLOUT};
	while (write(ends[1], "x", 1) == 1)
		count++;
	SHOW("packets until it is full", "%d, %s", count, check_errno_name(errno));
	CALL(poll, &events, 1, 0);
	take(ends[0], 10);
	CALL(poll, &events, 1, 0);
	CALL(write, ends[1], bytes, 5000);
	CALL(write, ends[1], "x", 1);
	CALL(fcntl, ends[1], F_SETPIPE_SZ, 4096);
	CALL(fcntl, ends[1], F_SETPIPE_SZ, 131072);
	for (count = 0; write(ends[1], "y", 1) == 1;)
		count++;
	SHOW("more packets", "%d", count);
	for (count = 0; read(ends[0], got, 5000) > 0;)
		count++;
	SHOW("packets in all", "%d", count);
	CALL(fcntl, ends[1], F_SETPIPE_SZ, 4096);
	CALL(write, ends[1], "one", 3);
	CALL(write, ends[1], "two", 3);
	take(ends[0], 10);
	pair_close(ends);
	pair(ends, O_NONBLOCK);
	CALL(write, ends[1], "plain", 5);
	CALL(fcntl, ends[1], F_SETFL, O_DIRECT | O_NONBLOCK);
	CALL(write, ends[1], bytes, 4096);
	for (count = 1; write(ends[1], "x", 1) == 1;)
		count++;
	SHOW("packets behind a few plain bytes", "%d", count);
	pair_close(ends);
}

static void mixing(void)
{
	int ends[2], other[2];

	pair(ends, O_NONBLOCK);
	CALL(write, ends[1], "plain ", 6);
	take(ends[0], 3);
	take(ends[0], 100);
	CALL(fcntl, ends[1], F_SETFL, O_DIRECT | O_NONBLOCK);
	CALL(write, ends[1], "packet", 6);
	CALL(write, ends[1], "packet too", 10);
	CALL(fcntl, ends[1], F_SETFL, O_NONBLOCK);
	CALL(write, ends[1], "plain ", 6);
	CALL(write, ends[1], "and plain", 9);
	take(ends[0], 100);
	take(ends[0], 6);
	take(ends[0], 100);
	CALL(fcntl, ends[0], F_SETFL, O_DIRECT | O_NONBLOCK);
	CALL(write, ends[1], "the reader's flag ", 18);
	CALL(write, ends[1], "says nothing", 12);
	take(ends[0], 100);
	pair(other, O_NONBLOCK);
	CALL(fcntl, ends[1], F_SETFL, O_DIRECT | O_NONBLOCK);
	CALL(write, ends[1], "one", 3);
	CALL(write, ends[1], "two", 3);
	CALL(tee, ends[0], other[1], 100, 0);
	take(other[0], 100);
	take(other[0], 100);
	CALL(splice, ends[0], NULL, other[1], NULL, 5, 0);
	take(other[0], 100);
	take(other[0], 100);
	take(ends[0], 100);
	pair_close(ends);
	pair_close(other);
}

static void waiting(void)
{
	int ends[2];
	pid_t child;

	pair(ends, O_DIRECT);
	WAITING_CHILD(child, take(ends[0], 3); take(ends[0], 100));
	CALL(write, ends[1], "packet", 6);
	CALL(write, ends[1], "another", 7);
	check_end("that waited for packets", child);
	for (int i = 0; i < 16; i++)
		if (write(ends[1], "x", 1) != 1)
			check_print("no room\n");
	WAITING_CHILD(child, CALL(write, ends[1], bytes, 5000));
	take(ends[0], 10);
	take(ends[0], 10);
	check_end("that waited for room", child);
	pair_close(ends);
}

int main(void)
{
	int ends[2];

	CALL(pipe2, ends, O_DIRECT | O_CLOEXEC);
	CALL(pipe2, BAD_ADDRESS, O_DIRECT);
	CALL(pipe2, ends, O_DIRECT | O_APPEND);
	mkfifo("fifo", 0600);
	CALL(open, "fifo", O_RDWR | O_DIRECT | O_NONBLOCK);
	reading();
	large();
	filling();
	mixing();
	waiting();
	return 0;
}
