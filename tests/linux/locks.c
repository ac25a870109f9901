/* SPDX-License-Identifier: MIT */
/* Locks of files: records of processes and of open files, their borders, who is in the way, waiting, deadlock; flock; leases are not there on either side. */
#include "waiting.h"

#include <sched.h>
#include <sys/file.h>

static int file;

static struct flock record(int type, long start, long length)
{
	return (struct flock){.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

static void refusals(void)
{
	struct flock odd = record(9, 0, 1), negative = record(F_WRLCK, -1, 1), before = record(F_RDLCK, 10, -11), whence = {.l_type = F_RDLCK, .l_whence = 9}, write_lock = record(F_WRLCK, 0, 1), read_lock = record(F_RDLCK, 0, 1);
	int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY), ends[2];

	CALL(fcntl, file, F_SETLK, BAD_ADDRESS);
	CALL(fcntl, file, F_GETLK, BAD_ADDRESS);
	CALL(fcntl, file, F_SETLK, &odd);
	CALL(fcntl, file, F_GETLK, &odd);
	CALL(fcntl, file, F_SETLK, &negative);
	CALL(fcntl, file, F_SETLK, &before);
	CALL(fcntl, file, F_SETLK, &whence);
	CALL(fcntl, 99, F_SETLK, &write_lock);
	CALL(fcntl, reader, F_SETLK, &write_lock);
	CALL(fcntl, reader, F_SETLK, &read_lock);
	CALL(fcntl, writer, F_SETLK, &read_lock);
	CALL(fcntl, writer, F_SETLK, &write_lock);
	(void)!pipe(ends);
	CALL(fcntl, ends[0], F_SETLK, &read_lock);
	read_lock.l_start = 0x7fffffffffffffff;
	read_lock.l_len = 2;
	CALL(fcntl, file, F_SETLK, &read_lock);
	read_lock.l_whence = SEEK_END;
	CALL(fcntl, file, F_SETLK, &read_lock);
	close(reader); /* and with it go the locks of the process */
	close(writer);
	close(ends[0]);
	close(ends[1]);
}

static void show_lock(const char *what, struct flock wanted)
{
	CALL(fcntl, file, F_GETLK, &wanted);
	SHOW(what, "type %d whence %d start %ld length %ld by the parent %d", wanted.l_type, wanted.l_whence, (long)wanted.l_start, (long)wanted.l_len, wanted.l_pid == getppid());
}

static void records(void)
{
	struct flock lock = record(F_WRLCK, 10, 10), hole = record(F_UNLCK, 12, 2), read_part = record(F_RDLCK, 18, 4), back = record(F_WRLCK, 40, -5);

	CALL(fcntl, file, F_SETLK, &lock);
	CALL(fcntl, file, F_SETLK, &hole);
	CALL(fcntl, file, F_SETLK, &read_part);
	CALL(fcntl, file, F_SETLK, &back);
	CHILD("looks", {
		show_lock("all", record(F_RDLCK, 0, 0));
		show_lock("in the hole", record(F_WRLCK, 12, 2));
		show_lock("behind the hole", record(F_WRLCK, 14, 1));
		show_lock("a reader among readers", record(F_RDLCK, 19, 2));
		show_lock("a writer among readers", record(F_WRLCK, 19, 2));
		show_lock("what was counted back", record(F_RDLCK, 30, 20));
		lock = record(F_WRLCK, 19, 1);
		CALL(fcntl, file, F_SETLK, &lock);
		lock = record(F_WRLCK, 12, 2);
		CALL(fcntl, file, F_SETLK, &lock);
		lock = record(F_WRLCK, 12, 3);
		CALL(fcntl, file, F_SETLK, &lock);
	});
	CHILD("has no locks of its parent", { lock = record(F_UNLCK, 0, 0); CALL(fcntl, file, F_SETLK, &lock); show_lock("still", record(F_RDLCK, 10, 1)); });
	close(dup(file));
	CHILD("sees that a close took them", { struct flock seen = record(F_WRLCK, 0, 0); CALL(fcntl, file, F_GETLK, &seen); SHOW("free", "%d", seen.l_type == F_UNLCK); });
}

static void caught(int number)
{
	(void)number;
}

static void waiting(void)
{
	struct sigaction action = {.sa_handler = caught};
	struct flock lock = record(F_WRLCK, 0, 1), other = record(F_WRLCK, 1, 1);
	int ends[2];
	pid_t child;
	char byte;

	sigaction(SIGALRM, &action, NULL);
	CALL(fcntl, file, F_SETLK, &lock);
	CHILD("is interrupted", { check_ticks(); CALL(fcntl, file, F_SETLKW, &lock); });
	(void)!pipe(ends);
	child = fork();
	if (!child) {
		fcntl(file, F_SETLK, &other);
		(void)!write(ends[1], "x", 1);
		_exit(fcntl(file, F_SETLKW, &lock) ? 1 : 0); /* until the parent ends its own */
	}
	(void)!read(ends[0], &byte, 1);
	check_sleeps(child);
	CALL(fcntl, file, F_SETLKW, &other);
	lock.l_type = F_UNLCK;
	CALL(fcntl, file, F_SETLK, &lock);
	check_wait("waited", child);
	CALL(fcntl, file, F_SETLKW, &other);
}

static void of_open_files(void)
{
	struct flock lock = record(F_WRLCK, 0, 0), named = record(F_WRLCK, 0, 0);
	int second = open("file", O_RDWR), same = dup(file);

	close(dup(file)); /* no record of the process is left */
	CALL(fcntl, file, F_OFD_SETLK, &lock);
	CALL(fcntl, second, F_OFD_SETLK, &lock);
	CALL(fcntl, same, F_OFD_SETLK, &lock);
	CALL(fcntl, second, F_OFD_GETLK, &lock);
	SHOW("nobody's", "type %d by %d", lock.l_type, lock.l_pid);
	named.l_pid = 1;
	CALL(fcntl, file, F_OFD_SETLK, &named);
	CHILD("has it too", { lock = record(F_RDLCK, 5, 5); CALL(fcntl, file, F_OFD_SETLK, &lock); });
	close(file);
	lock = record(F_WRLCK, 0, 1);
	CALL(fcntl, second, F_OFD_SETLK, &lock);
	close(same);
	CALL(fcntl, second, F_OFD_SETLK, &lock);
	close(second);
	file = open("file", O_RDWR);
}

static void whole_files(void)
{
	int second = open("file", O_RDWR), same = dup(file), path = open("file", O_PATH);
	struct sigaction action = {.sa_handler = caught};

	CALL(flock, file, LOCK_EX);
	CALL(flock, second, LOCK_SH | LOCK_NB);
	CALL(flock, same, LOCK_SH | LOCK_NB);
	CALL(flock, second, LOCK_SH | LOCK_NB);
	CALL(flock, second, LOCK_EX | LOCK_NB);
	CALL(flock, same, LOCK_UN);
	CALL(flock, second, LOCK_EX | LOCK_NB);
	CALL(flock, file, 99);
	CALL(flock, file, 0);
	CALL(flock, 99, LOCK_SH);
	CALL(flock, path, LOCK_SH);
	sigaction(SIGALRM, &action, NULL);
	check_ticks();
	CALL(flock, file, LOCK_SH);
	check_quiet();
	CHILD("takes it with it", CALL(flock, second, LOCK_SH | LOCK_NB));
	close(second);
	CALL(flock, file, LOCK_EX | LOCK_NB);
}

/* A lock that is waited for by one who shares the numbers of him who closes its number meanwhile. */
static void closing(void)
{
	struct flock all = record(F_WRLCK, 0, 0);
	int number = open("file", O_RDWR), ends[2];
	pid_t holder, waiter;

	(void)!pipe(ends);
	holder = fork();
	if (!holder) {
		close(ends[1]);
		fcntl(number, F_SETLK, &all);
		(void)!read(ends[0], &all, 1);
		_exit(0);
	}
	check_sleeps(holder);
	waiter = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!waiter)
		_exit(syscall(SYS_fcntl, number, F_SETLKW, &all) ? errno : 0);
	check_sleeps(waiter);
	CALL(close, number);
	close(ends[1]);
	check_wait("that holds it", holder);
	check_wait("whose number was closed", waiter);
	close(ends[0]);
	CHILD("another", CALL(fcntl, file, F_SETLK, &all));
}

int main(void)
{
	check_file("file", "0123456789");
	file = open("file", O_RDWR);
	refusals();
	records();
	waiting();
	of_open_files();
	whole_files();
	closing();
	return 0;
}
