/* SPDX-License-Identifier: MIT */
/* Pointers inside of structures: parts of vectors, of messages, masks behind masks, strings of programs; and lengths that overflow or are negative. What was moved before the bad part counts. */
#include "check.h"

#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PAGE 4096

static char page[PAGE], text[] = "0123456789abcdef";

static int file_make(void)
{
	int file;

	check_file("text", text);
	file = open("text", O_RDWR);
	return file;
}

static void vectors(void)
{
	struct iovec first_bad[2] = {{BAD_ADDRESS, 4}, {page, 4}}, second_bad[2] = {{page, 4}, {BAD_ADDRESS, 4}}, of_kernel[1] = {{KERNEL_ADDRESS, 4}}, negative[1] = {{page, -1}}, huge[2] = {{page, LONG_MAX}, {page, LONG_MAX}}, empty[2] = {{BAD_ADDRESS, 0}, {page, 4}};
	char *edge = check_border();
	struct iovec over[1] = {{edge - 2, 4}};
	int file = file_make(), ends[2];

	(void)!pipe2(ends, O_NONBLOCK);
	CALL(readv, file, first_bad, 2);
	CALL(readv, file, second_bad, 2);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(readv, file, of_kernel, 1);
	CALL(readv, file, negative, 1);
	CALL(readv, file, huge, 2);
	CALL(readv, file, empty, 2);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(readv, file, over, 1);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(preadv, file, second_bad, 2, 0);
	CALL(writev, ends[1], first_bad, 2);
	CALL(writev, ends[1], second_bad, 2);
	CALL(writev, ends[1], over, 1);
	CALL(read, ends[0], page, PAGE);
	CALL(pwritev, file, second_bad, 2, 0);
	CALL(pwritev, file, negative, 1, 0);
	CALL(vmsplice, ends[1], first_bad, 2, 0);
	CALL(readv, file, second_bad, -1);
	CALL(readv, file, second_bad, 1025);
	CALL(read, file, page, -1);
	CALL(write, ends[1], edge - 2, 4);
	CALL(write, ends[1], edge - 2, PAGE);
	close(file);
	close(ends[0]);
	close(ends[1]);
}

static void messages(void)
{
	struct iovec good = {page, 4}, bad = {BAD_ADDRESS, 4};
	struct msghdr no_vector = {.msg_iov = BAD_ADDRESS, .msg_iovlen = 1}, bad_part = {.msg_iov = &bad, .msg_iovlen = 1}, bad_name = {.msg_name = BAD_ADDRESS, .msg_namelen = 16, .msg_iov = &good, .msg_iovlen = 1};
	struct msghdr bad_control = {.msg_control = BAD_ADDRESS, .msg_controllen = 24, .msg_iov = &good, .msg_iovlen = 1}, many = {.msg_iov = &good, .msg_iovlen = 1025};
	struct msghdr small_control = {.msg_control = page, .msg_controllen = 3, .msg_iov = &good, .msg_iovlen = 1};
	int pair[2], letters[2];

	(void)!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
	(void)!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, letters);
	CALL(sendmsg, pair[0], &no_vector, 0);
	CALL(sendmsg, pair[0], &bad_part, 0);
	CALL(sendmsg, pair[0], &bad_name, 0);
	CALL(sendmsg, pair[0], &bad_control, 0);
	CALL(sendmsg, pair[0], &small_control, 0);
	CALL(sendmsg, pair[0], &many, 0);
	CALL(recvfrom, pair[1], page, 100, 0, NULL, NULL);
	(void)!write(pair[0], text, 8);
	CALL(recvmsg, pair[1], &no_vector, 0);
	CALL(recvmsg, pair[1], &bad_part, 0);
	CALL(recvmsg, pair[1], &many, 0);
	CALL(recvfrom, pair[1], page, 100, 0, NULL, NULL);
	(void)!write(letters[0], text, 8);
	(void)!write(letters[0], text, 9);
	CALL(recvmsg, letters[1], &bad_part, 0);
	CALL(recvfrom, letters[1], page, 100, 0, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(letters[i]);
	}
}

static void masks(void)
{
	struct {
		const void *set;
		unsigned long bytes;
	} bad = {BAD_ADDRESS, 8}, short_set = {page, 4}, none = {NULL, 4};
	struct timespec now = {0, 0};

	CALL(pselect6, 0, NULL, NULL, NULL, &now, &bad);
	CALL(pselect6, 0, NULL, NULL, NULL, &now, &short_set);
	CALL(pselect6, 0, NULL, NULL, NULL, &now, &none);
}

static void strings(void)
{
	char *const bad[] = {(char *)"x", BAD_ADDRESS, NULL}, *const good[] = {(char *)"x", NULL}, *const empty[] = {NULL};
	static char long_text[200000];
	char *const too_long[] = {(char *)"x", long_text, NULL};

	memset(long_text, 'a', sizeof(long_text) - 1);
	CALL(execve, "/bin/true", bad, empty);
	CALL(execve, "/bin/true", good, bad);
	CALL(execve, "/bin/true", too_long, empty);
	CALL(execve, "/bin/true", good, too_long);
	CHILD("without words", execve("/bin/true", empty, empty));
}

int main(void)
{
	vectors();
	messages();
	masks();
	strings();
	return 0;
}
