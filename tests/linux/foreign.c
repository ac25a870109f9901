/* SPDX-License-Identifier: MIT */
/* Looking into another process: process_vm_readv and process_vm_writev, kcmp, process_madvise, process_mrelease. */
#include "check.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#define PAGE 4096
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

static char *pages; /* three, of which the last cannot be touched, and which the child has too */

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void reading(pid_t child)
{
	static struct iovec many[1025];
	char text[16] = {0}, more[16] = {0};
	struct iovec local[] = {{text, 5}, {more, 6}}, remote[] = {{pages + 2, 3}, {pages + PAGE - 2, 4}, {pages, 8}}, hole[] = {{pages, 4}, {pages + 2 * PAGE, 4}}, huge = {pages, (size_t)-1}, none = {pages, 0}, beyond = {pages + 2 * PAGE - 4, 8};

	strcpy(pages, "changed by the parent");
	CALL(process_vm_readv, child, local, 2, remote, 3, 0);
	SHOW("read", "%.5s|%.6s", text, more);
	CALL(process_vm_readv, child, local, 1, remote, 3, 0);
	CALL(process_vm_readv, child, local, 2, remote, 1, 0);
	CALL(process_vm_readv, child, local, 2, hole, 2, 0);
	CALL(process_vm_readv, child, local, 2, hole + 1, 1, 0);
	CALL(process_vm_readv, child, local, 2, &beyond, 1, 0);
	CALL(process_vm_readv, child, local, 2, remote, 3, 1);
	CALL(process_vm_readv, child, local, 1025, remote, 3, 0);
	CALL(process_vm_readv, child, local, 2, many, 1025, 0);
	CALL(process_vm_readv, child, many, 1024, many, 1024, 0);
	CALL(process_vm_readv, child, &huge, 1, remote, 3, 0);
	CALL(process_vm_readv, child, local, 2, &huge, 1, 0);
	CALL(process_vm_readv, child, BAD_ADDRESS, 1, remote, 3, 0);
	CALL(process_vm_readv, child, local, 2, BAD_ADDRESS, 1, 0);
	CALL(process_vm_readv, 99999, local, 2, remote, 3, 0);
	CALL(process_vm_readv, 99999, &none, 1, remote, 3, 0);
	CALL(process_vm_readv, 99999, local, 2, &none, 1, 0);
	CALL(process_vm_readv, 99999, local, 0, remote, 3, 0);
	CALL(process_vm_readv, -1, local, 2, remote, 3, 0);
	CALL(process_vm_readv, getpid(), local, 2, remote, 3, 0);
	CHILD("a stranger", check_become(1000); CALL(process_vm_readv, child, local, 2, remote, 3, 0));
}

static void writing(pid_t child)
{
	struct iovec local[] = {{"abcdefgh", 8}, {"ijklmnop", 8}}, remote[] = {{pages + PAGE - 2, 4}, {pages + 100, 5}}, back = {pages + 200, 9}, code = {(void *)(uintptr_t)writing, 8}, unreadable = {pages + 2 * PAGE, 8};

	CALL(process_vm_writev, child, local, 2, remote, 2, 0);
	CALL(process_vm_readv, child, &back, 1, remote, 2, 0);
	SHOW("written", "%.9s", pages + 200);
	SHOW("here", "%d", pages[100]);
	CALL(process_vm_writev, child, local, 1, &code, 1, 0);
	CALL(process_vm_writev, child, &unreadable, 1, remote, 2, 0);
	CALL(process_vm_writev, child, local, 2, &unreadable, 1, 0);
	CALL(process_vm_writev, child, local, 2, remote, 2, 2);
	CALL(process_vm_writev, child, local, 1025, remote, 2, 0);
	CALL(process_vm_writev, child, BAD_ADDRESS, 1, remote, 2, 0);
	CALL(process_vm_writev, child, local, 1, BAD_ADDRESS, 2, 0);
	CALL(process_vm_writev, 99999, local, 2, remote, 2, 0);
	CHILD("a stranger", check_become(1000); CALL(process_vm_writev, child, local, 2, remote, 2, 0));
}

/* One who cannot be looked into even by its own user. */
static void undumpable(void)
{
	struct iovec local = {pages, 8}, remote = {pages, 8};
	pid_t child;

	check_become(1000);
	child = check_sleeper();
	CALL(process_vm_readv, child, &local, 1, &remote, 1, 0);
	end(child);
	child = fork();
	if (!child) {
		syscall(SYS_prctl, 4, 0, 0, 0, 0); /* PR_SET_DUMPABLE */
		raise(SIGSTOP);
	}
	waitpid(child, NULL, WUNTRACED);
	CALL(process_vm_readv, child, &local, 1, &remote, 1, 0);
	CALL(kcmp, getpid(), child, 1, 0, 0);
	CALL(get_robust_list, child, pages, pages + 8);
	end(child);
}

static void show_order(const char *what, long result)
{
	SHOW(what, "%s", result < 0 ? check_errno_name(errno) : result == 0 ? "same" : result < 3 ? "another" : "?");
}

#define ORDER(...) show_order("kcmp(" #__VA_ARGS__ ")", syscall(SYS_kcmp, __VA_ARGS__))

static void comparing(pid_t child)
{
	int file = open("compared", O_RDWR | O_CREAT, 0600), copy = dup(file), other = open("compared", O_RDWR), epoll = epoll_create1(0);
	pid_t me = getpid(), later = check_sleeper(), sharing = (pid_t)syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL);
	struct epoll_event event = {.events = EPOLLIN};
	struct {
		unsigned epoll, number, offset;
	} slot = {(unsigned)epoll, (unsigned)epoll, 0};
	int pipes[2];

	if (!sharing)
		for (;;)
			pause();
	pipe(pipes);
	epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0], &event);
	ORDER(me, me, 0, file, copy);
	ORDER(me, me, 0, file, other);
	ORDER(me, later, 0, file, file);
	ORDER(me, child, 0, 0, 0);
	ORDER(me, child, 0, 99, 0);
	ORDER(me, child, 0, 0, 99);
	ORDER(me, child, 1, 0, 0);
	ORDER(me, me, 1, 0, 0);
	ORDER(me, child, 2, 0, 0);
	ORDER(me, sharing, 2, 0, 0);
	ORDER(me, child, 3, 0, 0);
	ORDER(me, sharing, 3, 0, 0);
	ORDER(me, child, 4, 0, 0);
	ORDER(me, me, 4, 0, 0);
	ORDER(me, child, 5, 0, 0);
	ORDER(me, me, 6, 0, 0);
	ORDER(me, me, 7, pipes[0], BAD_ADDRESS);
	ORDER(me, me, 7, pipes[0], &slot);
	slot.number = (unsigned)pipes[0];
	ORDER(me, me, 7, pipes[0], &slot);
	ORDER(me, me, 7, pipes[1], &slot);
	ORDER(me, me, 7, 99, &slot);
	slot.offset = 1;
	ORDER(me, me, 7, pipes[0], &slot);
	slot.epoll = 99;
	ORDER(me, me, 7, pipes[0], &slot);
	slot.epoll = (unsigned)file;
	ORDER(me, me, 7, pipes[0], &slot);
	CALL(kcmp, me, me, 8, 0, 0);
	CALL(kcmp, me, 99999, 1, 0, 0);
	CALL(kcmp, 99999, me, 1, 0, 0);
	CALL(kcmp, me, child, 0, 99, 0);
	CALL(kcmp, me, me, 7, pipes[0], BAD_ADDRESS);
	slot.epoll = (unsigned)epoll;
	CALL(kcmp, me, me, 7, pipes[0], &slot);
	CHILD("a stranger", check_become(1000); CALL(kcmp, getpid(), child, 1, 0, 0));
	SHOW("an order", "%ld", syscall(SYS_kcmp, me, child, 1, 0, 0) + syscall(SYS_kcmp, child, me, 1, 0, 0));
	end(sharing);
	end(later);
	for (int number = file; number <= pipes[1]; number++)
		close(number);
}

static void advising(pid_t child)
{
	int file = check_pidfd(child), folder = open(".", O_RDONLY);
	struct iovec parts[] = {{pages, PAGE}, {pages + PAGE, PAGE}}, odd = {pages + 1, PAGE}, hole[] = {{pages, PAGE}, {BAD_ADDRESS - 8 + 0x10000000, PAGE}}, huge = {pages, (size_t)-1};

	CALL(process_madvise, file, parts, 2, MADV_WILLNEED, 0);
	CALL(process_madvise, file, parts, 2, 20, 0);
	CALL(process_madvise, file, parts, 2, 21, 0);
	CALL(process_madvise, file, parts, 0, MADV_WILLNEED, 0);
	CALL(process_madvise, file, parts, 2, MADV_DONTNEED, 0);
	CALL(process_madvise, file, parts, 2, MADV_WILLNEED, 1);
	CALL(process_madvise, file, parts, 1025, MADV_WILLNEED, 0);
	CALL(process_madvise, file, &odd, 1, MADV_WILLNEED, 0);
	CALL(process_madvise, file, hole, 2, MADV_WILLNEED, 0);
	CALL(process_madvise, file, hole + 1, 1, MADV_WILLNEED, 0);
	CALL(process_madvise, file, &huge, 1, MADV_WILLNEED, 0);
	CALL(process_madvise, file, BAD_ADDRESS, 1, MADV_WILLNEED, 0);
	CALL(process_madvise, 99, parts, 2, MADV_WILLNEED, 0);
	CALL(process_madvise, folder, parts, 2, MADV_WILLNEED, 0);
	CHILD("a stranger", check_become(1000); CALL(process_madvise, file, parts, 2, MADV_WILLNEED, 0));
	CHILD("without CAP_SYS_NICE", check_become(1000); CALL(process_madvise, check_pidfd(getpid()), parts, 2, MADV_WILLNEED, 0));
	CALL(process_mrelease, file, 1);
	CALL(process_mrelease, 99, 0);
	CALL(process_mrelease, folder, 0);
	CALL(process_mrelease, file, 0);
	kill(child, SIGKILL);
	waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
	CALL(process_mrelease, file, 0);
	CALL(process_madvise, file, parts, 2, MADV_WILLNEED, 0);
	waitpid(child, NULL, 0);
	CALL(process_mrelease, file, 0);
	CALL(process_madvise, file, parts, 2, MADV_WILLNEED, 0);
	close(folder);
	close(file);
}

int main(void)
{
	pid_t child;

	pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(pages + 2 * PAGE, PAGE, PROT_NONE);
	strcpy(pages, "what the child has");
	strcpy(pages + PAGE - 4, "over the border");
	child = check_sleeper();
	reading(child);
	writing(child);
	CHILD("undumpable", undumpable());
	comparing(child);
	advising(child);
	return 0;
}
