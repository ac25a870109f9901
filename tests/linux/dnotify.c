/* SPDX-License-Identifier: MIT */
/* Directories that tell by a signal what happens in them: F_NOTIFY, once and again and again, by whose number, until when. */
#include "check.h"

#ifndef F_SETSIG
#define F_SETSIG 10
#endif
#ifndef F_NOTIFY
#define F_NOTIFY 1026
#endif
#ifndef DN_ACCESS
#define DN_ACCESS 1
#define DN_MODIFY 2
#define DN_CREATE 4
#define DN_DELETE 8
#define DN_RENAME 16
#define DN_ATTRIB 32
#define DN_MULTISHOT 0x80000000
#endif
#define EVERYTHING (DN_ACCESS | DN_MODIFY | DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB)

/* Takes what has been sent: signals are blocked. */
static void told(const char *what, int first, int second)
{
	const struct timespec none = {0};
	siginfo_t information;
	sigset_t all;
	int number;

	sigfillset(&all);
	sigdelset(&all, SIGCHLD);
	check_print("%s:", what);
	while ((number = sigtimedwait(&all, &information, &none)) > 0) {
		if (number == SIGIO && information.si_code == SI_KERNEL)
			check_print(" [SIGIO]");
		else
			check_print(" [%d: code %d, band %lx, %s]", number - SIGRTMIN, information.si_code, information.si_band, information.si_fd == first ? "first" : information.si_fd == second ? "second" : "other");
	}
	check_print("\n");
}

static int directory_open(const char *name, int signal)
{
	int directory = open(name, O_RDONLY | O_DIRECTORY);

	fcntl(directory, F_SETSIG, signal);
	return directory;
}

static void refusals(void)
{
	int file = open("file", O_RDWR | O_CREAT, 0644), directory = open(".", O_RDONLY), path = open(".", O_PATH);

	CALL(fcntl, file, F_NOTIFY, DN_ACCESS);
	CALL(fcntl, file, F_NOTIFY, 0);
	CALL(fcntl, file, F_NOTIFY, DN_MULTISHOT);
	CALL(fcntl, path, F_NOTIFY, DN_ACCESS);
	CALL(fcntl, 99, F_NOTIFY, DN_ACCESS);
	CALL(fcntl, directory, F_NOTIFY, 0);
	CALL(fcntl, directory, F_GETOWN);
	CALL(fcntl, directory, F_NOTIFY, 0x40000000);
	SHOW("owner", "%d", fcntl(directory, F_GETOWN) == getpid());
	close(creat("d/x", 0600));
	told("of what there is not", directory, -1);
	close(directory);
	close(file);
	close(path);
}

/* One kind of event after another, and what tells of it. */
static void kinds(void)
{
	static const struct {
		long kind;
		const char *name;
	} all[] = {{DN_ACCESS, "access"}, {DN_MODIFY, "modify"}, {DN_CREATE, "create"}, {DN_DELETE, "delete"}, {DN_RENAME, "rename"}, {DN_ATTRIB, "attrib"}, {EVERYTHING, "everything"}};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int directory = directory_open("d", SIGRTMIN + 1), file;
		char byte[64];

		check_print("%s: %d\n", all[i].name, fcntl(directory, F_NOTIFY, all[i].kind | DN_MULTISHOT));
		file = open("d/file", O_RDWR | O_CREAT, 0644);
		told("made", directory, -1);
		(void)!write(file, "x", 1);
		told("written", directory, -1);
		(void)!pread(file, byte, 1, 0);
		told("read", directory, -1);
		(void)!ftruncate(file, 0);
		told("cut", directory, -1);
		close(file);
		told("closed", directory, -1);
		chmod("d/file", 0600);
		told("mode changed", directory, -1);
		link("d/file", "d/other");
		told("linked", directory, -1);
		rename("d/file", "d/new");
		told("renamed", directory, -1);
		rename("d/new", "new");
		told("moved out", directory, -1);
		rename("new", "d/new");
		told("moved in", directory, -1);
		mkdir("d/d", 0700);
		told("directory made", directory, -1);
		close(creat("d/d/below", 0600));
		told("below it", directory, -1);
		unlink("d/d/below");
		rmdir("d/d");
		told("directory gone", directory, -1);
		symlink("x", "d/link");
		told("link made", directory, -1);
		unlink("d/new");
		unlink("d/other");
		unlink("d/link");
		told("gone", directory, -1);
		chmod("d", 0755);
		told("its own mode", directory, -1);
		(void)!syscall(SYS_getdents64, directory, byte, sizeof(byte));
		told("listed", directory, -1);
		close(directory);
	}
}

static void once(void)
{
	int directory = directory_open("d", 0), second, file;

	CALL(fcntl, directory, F_NOTIFY, DN_CREATE);
	close(creat("d/1", 0600));
	told("plain", directory, -1);
	unlink("d/1");
	close(creat("d/1", 0600));
	told("once alone", directory, -1);
	fcntl(directory, F_SETSIG, SIGRTMIN + 1);
	CALL(fcntl, directory, F_NOTIFY, DN_CREATE);
	CALL(fcntl, directory, F_NOTIFY, DN_DELETE);
	unlink("d/1");
	told("added to", directory, -1);
	close(creat("d/1", 0600));
	told("but one request", directory, -1);
	CALL(fcntl, directory, F_NOTIFY, DN_DELETE | DN_MULTISHOT);
	CALL(fcntl, directory, F_NOTIFY, DN_CREATE);
	unlink("d/1");
	close(creat("d/1", 0600));
	told("again and again", directory, -1);
	CALL(fcntl, directory, F_NOTIFY, 0);
	unlink("d/1");
	told("taken back", directory, -1);
	second = dup(directory);
	CALL(fcntl, directory, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	CALL(fcntl, second, F_NOTIFY, DN_CREATE);
	close(creat("d/1", 0600));
	told("the number named last", directory, second);
	close(second);
	unlink("d/1");
	close(creat("d/1", 0600));
	told("either number closed", directory, second);
	second = directory_open("d", SIGRTMIN + 2);
	fcntl(second, F_NOTIFY, DN_DELETE);
	fcntl(directory, F_NOTIFY, DN_DELETE);
	file = open("d/1", O_RDONLY);
	unlink("d/1");
	close(file);
	told("opened twice", directory, second);
	close(second);
	close(directory);
}

/* Requests of tables of numbers. */
static void tables(void)
{
	int directory = directory_open("d", SIGRTMIN + 1);

	fcntl(directory, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	CHILD("closes its own", close(directory));
	close(creat("d/1", 0600));
	told("a child has closed its number", directory, -1);
	CHILD("asks", { fcntl(directory, F_NOTIFY, DN_DELETE | DN_MULTISHOT); unlink("d/1"); });
	told("a child has asked", directory, -1);
	close(creat("d/1", 0600));
	unlink("d/1");
	told("it has ended", directory, -1);
	CHILD("a stranger", { check_become(2000); close(open("d/1", O_RDONLY)); });
	chmod("d", 0777);
	CHILD("a stranger makes", { check_become(2000); close(creat("d/2", 0600)); });
	told("of a stranger", directory, -1);
	close(directory);
	directory = directory_open("d", SIGRTMIN + 1);
	fcntl(directory, F_NOTIFY, DN_DELETE | DN_ATTRIB | DN_MULTISHOT);
	unlink("d/2");
	rmdir("d");
	told("removed", directory, -1);
	fchmod(directory, 0700);
	close(directory);
}

int main(void)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGCHLD);
	sigprocmask(SIG_BLOCK, &all, NULL);
	mkdir("d", 0755);
	refusals();
	unlink("d/x");
	kinds();
	once();
	tables();
	return 0;
}
