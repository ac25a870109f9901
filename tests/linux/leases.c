/* SPDX-License-Identifier: MIT */
/* Leases of files (F_SETLEASE): who gets which, what ends them, who waits for that, and what the holder is told. And O_NOATIME, which is the owner's to set. */
#include "waiting.h"

static volatile sig_atomic_t told, told_code;

static void note(int number, siginfo_t *information, void *context)
{
	(void)context;
	told = number;
	told_code = information->si_code;
}

/* The signal that has come since the last time this was asked. */
static void show_told(void)
{
	SHOW("told", "%d, code %d", told, told_code);
	told = told_code = 0;
}

static void refusals(void)
{
	int file = open("file", O_RDONLY), directory = open(".", O_RDONLY), ends[2], other;

	CALL(fcntl, file, F_GETLEASE);
	CALL(fcntl, directory, F_GETLEASE);
	CALL(fcntl, 99, F_GETLEASE);
	CALL(fcntl, 99, F_SETLEASE, F_RDLCK);
	CALL(fcntl, file, F_SETLEASE, 7);
	CALL(fcntl, file, F_SETLEASE, F_UNLCK);
	CALL(fcntl, directory, F_SETLEASE, F_RDLCK);
	(void)!pipe(ends);
	CALL(fcntl, ends[0], F_SETLEASE, F_RDLCK);
	CALL(fcntl, ends[0], F_GETLEASE);
	close(ends[0]);
	close(ends[1]);
	CHILD("another's file", { check_become(2000); CALL(fcntl, file, F_SETLEASE, F_RDLCK); CALL(fcntl, file, F_SETLEASE, F_UNLCK); CALL(fcntl, file, F_GETLEASE); });
	other = open("file", O_PATH);
	CALL(fcntl, other, F_SETLEASE, F_RDLCK);
	close(other);
	close(directory);
	close(file);
}

/* What others have open, and what leases they have. */
static void conflicts(void)
{
	int first = open("file", O_RDONLY), second = open("file", O_RDONLY), writer, same;

	CALL(fcntl, first, F_SETLEASE, F_WRLCK);
	CALL(fcntl, first, F_SETLEASE, F_RDLCK);
	CALL(fcntl, second, F_SETLEASE, F_RDLCK);
	CALL(fcntl, first, F_GETLEASE);
	CALL(fcntl, first, F_SETLEASE, F_WRLCK);
	CALL(fcntl, second, F_SETLEASE, F_UNLCK);
	CALL(fcntl, second, F_GETLEASE);
	close(second);
	CALL(fcntl, first, F_SETLEASE, F_WRLCK);
	CALL(fcntl, first, F_GETLEASE);
	same = dup(first);
	CALL(fcntl, same, F_GETLEASE);
	CALL(fcntl, same, F_SETLEASE, F_RDLCK);
	CALL(fcntl, first, F_GETLEASE);
	close(first);
	CALL(fcntl, same, F_GETLEASE);
	close(same);
	writer = open("file", O_RDWR);
	CALL(fcntl, writer, F_GETLEASE);
	CALL(fcntl, writer, F_SETLEASE, F_RDLCK);
	CALL(fcntl, writer, F_SETLEASE, F_WRLCK);
	CALL(fcntl, writer, F_GETLEASE);
	CALL(fcntl, writer, F_SETLEASE, F_UNLCK);
	first = open("file", O_RDONLY);
	CALL(fcntl, first, F_SETLEASE, F_RDLCK);
	CALL(fcntl, writer, F_SETLEASE, F_WRLCK);
	close(first);
	close(writer);
}

/* Who does not wait. */
static void at_once(void)
{
	struct f_owner_ex owner = {0};
	int file = open("file", O_RDONLY);

	CALL(fcntl, file, F_SETLEASE, F_RDLCK);
	SHOW("owner", "%s", fcntl(file, F_GETOWN) == getpid() ? "this process" : "another");
	CALL(open, "file", O_RDONLY | O_NONBLOCK);
	close(4);
	CALL(open, "file", O_PATH);
	close(4);
	show_told();
	CALL(open, "file", O_WRONLY | O_NONBLOCK);
	show_told();
	CALL(fcntl, file, F_GETLEASE);
	CALL(open, "file", O_WRONLY | O_NONBLOCK);
	show_told();
	CALL(fcntl, file, F_SETLEASE, F_UNLCK);
	SHOW("owner", "%d", fcntl(file, F_GETOWN));
	CALL(fcntl, file, F_GETOWN_EX, &owner);
	SHOW("kind of owner", "%d", owner.type);
	CALL(fcntl, file, F_SETLEASE, F_UNLCK);
	CALL(fcntl, file, F_SETSIG, SIGUSR1);
	CALL(fcntl, file, F_SETLEASE, F_WRLCK);
	CALL(openat, AT_FDCWD, "file", O_RDONLY | O_NONBLOCK);
	show_told();
	CALL(fcntl, file, F_GETLEASE);
	CALL(open, "file", O_RDWR | O_NONBLOCK | O_TRUNC);
	show_told();
	CALL(fcntl, file, F_GETLEASE);
	CALL(fcntl, file, F_SETLEASE, F_UNLCK);
	CALL(fcntl, file, F_GETSIG);
	CALL(open, "file", O_RDWR | O_NONBLOCK);
	close(4);
	close(file);
}

/* Who waits until the holder has done it. */
static void waits(void)
{
	int file = open("file", O_RDONLY);
	pid_t child;

	CALL(fcntl, file, F_SETLEASE, F_RDLCK);
	WAITING_CHILD(child, close(file); GOOD(open, "file", O_WRONLY));
	show_told();
	CALL(fcntl, file, F_SETLEASE, F_UNLCK);
	check_end("that writes", child);
	CALL(fcntl, file, F_SETLEASE, F_WRLCK);
	WAITING_CHILD(child, close(file); GOOD(open, "file", O_RDONLY));
	show_told();
	CALL(fcntl, file, F_SETLEASE, F_RDLCK);
	check_end("that reads", child);
	CALL(fcntl, file, F_GETLEASE);
	WAITING_CHILD(child, close(file); CALL(truncate, "file", 3));
	show_told();
	close(file);
	check_end("that truncates", child);
	file = open("file", O_RDONLY);
	CALL(fcntl, file, F_SETLEASE, F_WRLCK);
	WAITING_CHILD(child, close(file); check_interrupts(); CALL(open, "file", O_RDONLY));
	show_told();
	check_end("that is interrupted", child);
	CALL(fcntl, file, F_SETLEASE, F_UNLCK);
	close(file);
}

/* Who does nothing about it loses it. */
static void patience(void)
{
	int file = open("file", O_RDONLY);
	pid_t child;

	check_show_setting("/proc/sys/fs/lease-break-time");
	check_setting("/proc/sys/fs/lease-break-time", "no");
	check_setting("/proc/sys/fs/lease-break-time", "1\n");
	CALL(fcntl, file, F_SETLEASE, F_WRLCK);
	WAITING_CHILD(child, close(file); GOOD(open, "file", O_RDONLY));
	check_end("that reads in time", child);
	CALL(fcntl, file, F_GETLEASE);
	WAITING_CHILD(child, close(file); GOOD(open, "file", O_RDWR));
	check_end("that writes in time", child);
	CALL(fcntl, file, F_GETLEASE);
	CALL(fcntl, file, F_SETLEASE, F_UNLCK);
	check_setting("/proc/sys/fs/lease-break-time", "45");
	close(file);
}

static void without_trace(void)
{
	int file = open("file", O_RDONLY);

	CALL(fcntl, file, F_SETFL, O_NOATIME);
	SHOW("flags", "%o", (unsigned)fcntl(file, F_GETFL));
	CHILD("a stranger", { check_become(2000); CALL(fcntl, file, F_SETFL, O_NOATIME | O_NONBLOCK); CALL(fcntl, file, F_SETFL, 0); CALL(fcntl, file, F_SETFL, O_NOATIME); CALL(open, "file", O_RDONLY | O_NOATIME); });
	close(file);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};

	sigaction(SIGIO, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	check_file("file", "contents");
	refusals();
	conflicts();
	at_once();
	waits();
	patience();
	without_trace();
	return 0;
}
