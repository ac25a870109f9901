/* SPDX-License-Identifier: MIT */
/* Ways round a check: files that are closed or replaced while a call waits, O_PATH, /proc/PID/mem, chroot and what leads out of it, names that change between two looks, programs with rights of their own. */
#include "waiting.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>

#define PAGE 4096
#define SWAPS 2000
#define EXCHANGE 2 /* RENAME_EXCHANGE; musl has no name for it */

static int ends[2], other[2], poller;
static const char *const again = "/proc/self/exe";

/* Files that go while a call waits. What the call began with it ends with. */

static void *late(void *statement)
{
	check_sleeps(getpid()); /* whose state is that of the first thread: it waits in the call */
	((void (*)(void))statement)();
	return NULL;
}

static void reader_close(void)
{
	close(ends[0]);
	(void)!write(ends[1], "after", 5);
}

static void reader_replace(void)
{
	dup2(other[0], ends[0]);
	(void)!write(other[1], "other", 5);
	(void)!write(ends[1], "first", 5);
}

static void poller_replace(void)
{
	dup2(other[0], poller);
	(void)!write(ends[1], "x", 1);
}

static void writer_close(void)
{
	char bytes[PAGE];

	close(ends[1]);
	while (read(ends[0], bytes, sizeof(bytes)) == sizeof(bytes))
		;
}

#define MEANWHILE(statement, ...)                                      \
	do {                                                           \
		pthread_t thread;                                      \
                                                                       \
		pthread_create(&thread, NULL, late, (void *)statement); \
		__VA_ARGS__;                                           \
		pthread_join(thread, NULL);                            \
	} while (0)

static void closed_while_read(void)
{
	char bytes[8] = "";

	(void)!pipe(ends);
	MEANWHILE(reader_close, CALL(read, ends[0], bytes, 8));
	check_bytes("came", bytes, 5);
	CALL(read, ends[0], bytes, 8);
	close(ends[1]);
}

static void replaced_while_read(void)
{
	char bytes[8] = "";

	(void)!pipe(ends);
	(void)!pipe(other);
	MEANWHILE(reader_replace, CALL(read, ends[0], bytes, 8));
	check_bytes("came", bytes, 5);
	CALL(read, ends[0], bytes, 8);
	check_bytes("then", bytes, 5);
	close(ends[0]), close(ends[1]), close(other[0]), close(other[1]);
}

static void closed_while_written(void)
{
	static char bytes[1 << 17];

	(void)!pipe(ends);
	MEANWHILE(writer_close, CALL(write, ends[1], bytes, sizeof(bytes)));
	CALL(write, ends[1], bytes, 1);
	close(ends[0]);
}

static void poller_replaced(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7}, found = {0};

	(void)!pipe(ends);
	(void)!pipe(other);
	poller = epoll_create1(0);
	CALL(epoll_ctl, poller, EPOLL_CTL_ADD, ends[0], &event);
	CALL(epoll_ctl, poller, EPOLL_CTL_ADD, poller, &event);
	MEANWHILE(poller_replace, CALL(epoll_wait, poller, &found, 1, 60000));
	SHOW("found", "%u", found.data.u32);
	CALL(epoll_wait, poller, &found, 1, 0);
	close(poller), close(ends[0]), close(ends[1]), close(other[0]), close(other[1]);
}

/* A watched file that is closed, but not its copy, is watched still, and can't be named any more. */
static void watched_and_closed(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7}, found = {0};
	int copy;

	(void)!pipe(ends);
	poller = epoll_create1(0);
	copy = dup(ends[0]);
	CALL(epoll_ctl, poller, EPOLL_CTL_ADD, ends[0], &event);
	close(ends[0]);
	(void)!write(ends[1], "x", 1);
	CALL(epoll_wait, poller, &found, 1, 0);
	CALL(epoll_ctl, poller, EPOLL_CTL_DEL, ends[0], NULL);
	CALL(epoll_ctl, poller, EPOLL_CTL_DEL, copy, NULL);
	close(copy);
	CALL(epoll_wait, poller, &found, 1, 0);
	close(poller), close(ends[1]);
}

static void descriptors(void)
{
	closed_while_read();
	replaced_while_read();
	closed_while_written();
	poller_replaced();
	watched_and_closed();
}

/* O_PATH: a place, and no right to what is there. */

static void places(void)
{
	char path[40], byte;
	int place;

	check_file("secret", "secret");
	chmod("secret", 0600);
	place = open("secret", O_PATH);
	CALL(read, place, &byte, 1);
	CALL(write, place, "x", 1);
	CALL(pread64, place, &byte, 1, 0);
	CALL(lseek, place, 0, SEEK_SET);
	CALL(ftruncate, place, 0);
	CALL(fchmod, place, 0666);
	CALL(fchown, place, 1, 1);
	CALL(fsync, place);
	CALL(flock, place, 2);
	CALL(ioctl, place, 0x541b, &byte);
	CALL(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, place, 0);
	CALL(sendfile, ends[1], place, NULL, 1);
	CALL(getdents64, place, path, sizeof(path));
	CALL(fgetxattr, place, "user.x", path, sizeof(path));
	CALL(fcntl, place, F_SETFL, O_APPEND);
	SHOW("told as", "%d", fcntl(place, F_GETFL) == (O_PATH | 0100000) || fcntl(place, F_GETFL) == O_PATH);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	CHILD("opens the place with rights", GOOD(open, path, O_RDWR));
	CHILD("opens the place without rights", check_become(1000); CALL(open, path, O_RDONLY); CALL(open, path, O_PATH | O_DIRECTORY));
	CHILD("links the place without rights", check_become(1000); CALL(linkat, place, "", AT_FDCWD, "taken", AT_EMPTY_PATH));
	CHILD("executes the place", CALL(execveat, place, "", NULL, NULL, AT_EMPTY_PATH));
	close(place);
	CALL(unlink, "secret");
}

/* A file that was opened for reading is for reading, by whatever name. */
static void reopened(void)
{
	char path[40];
	int file;

	check_file("mine", "mine");
	chmod("mine", 0644);
	file = open("mine", O_RDONLY);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	CHILD("writes by another name", check_become(1000); CALL(open, path, O_WRONLY); CALL(open, path, O_RDONLY | O_TRUNC); CALL(truncate, path, 0); CALL(chmod, path, 0666));
	CALL(write, file, "x", 1);
	CALL(ftruncate, file, 0);
	CALL(mmap, NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHILD("protects upwards", {
		char *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);

		CALL(mprotect, page, PAGE, PROT_READ | PROT_WRITE);
		page[0] = 'x';
	});
	close(file);
	unlink("mine");
}

/* /proc/PID/mem. */

static void own_memory(void)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), bytes[8] = "";
	int memory = open("/proc/self/mem", O_RDWR);

	strcpy(page, "before");
	munmap(page + PAGE, PAGE);
	CALL(pread64, memory, bytes, 6, (long)page);
	check_bytes("read", bytes, 6);
	CALL(pwrite64, memory, "after!", 6, (long)page);
	check_bytes("written", page, 6);
	CALL(pread64, memory, bytes, 8, (long)page + PAGE);
	CALL(pread64, memory, bytes, 8, (long)page + PAGE - 3);
	CALL(pwrite64, memory, bytes, 8, (long)KERNEL_ADDRESS);
	CALL(pread64, memory, bytes, 8, 0);
	GOOD(lseek, memory, (long)page, SEEK_SET);
	CALL(read, memory, BAD_ADDRESS, 8);
	close(memory);
}

/* Which pages are there, and whose they are. What else an entry tells is the kernel's own. */
static void own_pages(void)
{
	const uint64_t present = 1ull << 63, file = 1ull << 61, alone = 1ull << 56, all = present | file | alone;
	int map = open("/proc/self/pagemap", O_RDONLY), holes;
	char *page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t entry[4] = {0};

	check_file("holes", "text");
	holes = open("holes", O_RDONLY);
	(void)!mmap(page + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, holes, 0);
	page[0] = page[PAGE] = page[2 * PAGE];
	madvise(page + PAGE, PAGE, MADV_DONTNEED);
	CALL(pread64, map, entry, sizeof(entry), (long)page / PAGE * 8);
	SHOW("stored into", "%d; given up: %d; of a file: %d; never touched: %d", (entry[0] & all) == (present | alone), (entry[1] & all) == 0, (entry[2] & (present | file)) == (present | file), (entry[3] & all) == 0);
	page[2 * PAGE] = 'x';
	CALL(pread64, map, entry, 8, (long)page / PAGE * 8 + 16);
	SHOW("of a file, stored into", "%d", (entry[0] & all) == (present | alone));
	CALL(pread64, map, entry, 7, (long)page / PAGE * 8);
	CALL(pread64, map, entry, 8, (long)page / PAGE * 8 + 1);
	CALL(pread64, map, entry, 0, 0);
	CALL(pread64, map, entry, 8, 1l << 60);
	CALL(pread64, map, BAD_ADDRESS, 8, 0);
	CALL(lseek, map, 0, SEEK_END);
	CALL(write, map, entry, 8);
	CALL(open, "/proc/self/pagemap", O_RDWR);
	close(map), close(holes), unlink("holes");
}

/* A file that was opened before a fork shows the parent, and before an exec nothing of what came after. */
static void memory_replaced(void)
{
	static char text[8] = "parent";
	int memory = open("/proc/self/mem", O_RDONLY);

	CHILD("looks at its parent", {
		char seen[8] = "";

		strcpy(text, "child");
		CALL(pread64, memory, seen, 8, (long)text);
		SHOW("there is", "%s", seen);
	});
	close(memory);
	CHILD("is another program", {
		char number[24], address[24], byte;

		snprintf(number, sizeof(number), "%d", open("/proc/self/mem", O_RDONLY));
		snprintf(address, sizeof(address), "%ld", (long)number);
		CALL(pread64, atoi(number), &byte, 1, (long)number);
		execv(again, (char *[]){"escapes", "looks", number, address, NULL});
	});
}

static int looks(int memory, long address)
{
	char bytes[8];

	CALL(pread64, memory, bytes, 8, address);
	CALL(pread64, memory, bytes, 8, (long)bytes);
	return 0;
}

static void foreign_memory(void)
{
	char path[40];
	pid_t child = fork();

	if (!child)
		pause(), _exit(0);
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	CHILD("root opens it", GOOD(open, path, O_RDWR));
	CHILD("another user does", check_become(1000); CALL(open, path, O_RDONLY); CALL(open, path, O_RDWR));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CALL(open, path, O_RDONLY);
	child = fork();
	if (!child)
		check_become(1000), prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), pause(), _exit(0);
	check_sleeps(child);
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	CHILD("the same user looks at one that may not be looked at", check_become(1000); CALL(open, path, O_RDONLY));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = fork();
	if (!child) {
		check_become(1000);
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		pause(), _exit(0);
	}
	check_sleeps(child);
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	CHILD("the same user looks at one of his", check_become(1000); GOOD(open, path, O_RDONLY));
	CHILD("the same user of another group does", {
		if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, 2000, 2000, 2000) || syscall(SYS_setresuid, 1000, 1000, 1000))
			SHOW("cannot become", "user 1000");
		CALL(open, path, O_RDONLY);
	});
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* What a user who may not look into a process comes to at its files of /proc, and whether he may at all. */
static void looked_at(const char *what, pid_t process)
{
	static const char *const links[] = {"exe", "cwd", "root", "fd/0", "fd/5"}, *const files[] = {"environ", "maps", "fd", "fd/5", "cmdline", "stat"};
	char path[60], text[4096];

	SHOW("looks at", "%s", what);
	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", process, links[i]);
		SHOW("link", "%s %s", links[i], readlink(path, text, sizeof(text)) < 0 ? check_errno_name(errno) : "can be read");
	}
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int file;

		snprintf(path, sizeof(path), "/proc/%d/%s", process, files[i]);
		file = open(path, O_RDONLY);
		SHOW("file", "%s %s", files[i], file < 0 ? check_errno_name(errno) : "is opened");
		if (file >= 0 && i < 2)
			SHOW("of it", "%s", read(file, text, sizeof(text)) > 0 ? "something" : "nothing");
		if (file >= 0)
			close(file);
	}
}

/* A process that waits until it is killed; `how` it is set up by it. Its file 5 is one that only root may open. */
static pid_t watched_make(void (*how)(void))
{
	int ends[2];
	pid_t child;
	char byte;

	(void)!pipe(ends);
	child = fork();
	if (!child) {
		dup2(open("secret", O_RDONLY | O_CREAT, 0600), 5);
		how();
		(void)!write(ends[1], "", 1);
		for (;;)
			pause();
	}
	(void)!read(ends[0], &byte, 1);
	close(ends[0]), close(ends[1]);
	return child;
}

static void as_root(void)
{
}

static void as_user(void)
{
	check_become(1000);
	prctl(PR_SET_DUMPABLE, 1);
}

static void as_guarded_user(void)
{
	check_become(1000);
	prctl(PR_SET_DUMPABLE, 0);
}

static void looked_into(void)
{
	pid_t root = watched_make(as_root), user = watched_make(as_user), guarded = watched_make(as_guarded_user);

	CHILD("a user", check_become(1000); looked_at("root's", root); looked_at("his own", user); looked_at("his own, which may not be looked into", guarded));
	CHILD("another", check_become(1001); looked_at("a user's", user));
	kill(root, SIGKILL), kill(user, SIGKILL), kill(guarded, SIGKILL);
	waitpid(root, NULL, 0), waitpid(user, NULL, 0), waitpid(guarded, NULL, 0);
	unlink("secret");
}

/* Ways out of a root. */

static void roots(void)
{
	char path[64];

	mkdir("jail", 0755), mkdir("jail/inner", 0755), mkdir("out", 0755);
	check_file("out/file", "out"), check_file("jail/file", "in");
	CALL(symlink, "/file", "jail/absolute"), CALL(symlink, "../../../file", "jail/upward"), CALL(symlink, "loop", "jail/loop");
	CHILD("locked up", {
		int outside = open("out", O_RDONLY | O_DIRECTORY);

		CALL(chroot, "jail"), CALL(chdir, "/");
		GOOD(open, "absolute", O_RDONLY), GOOD(open, "upward", O_RDONLY), GOOD(open, "../../file", O_RDONLY), GOOD(open, "inner/../../../file", O_RDONLY);
		CALL(open, "loop", O_RDONLY), CALL(open, "absolute", O_RDONLY | O_NOFOLLOW), CALL(open, "../out/file", O_RDONLY);
		GOOD(openat, outside, "file", O_RDONLY);  /* what was open stays open */
		GOOD(openat, outside, "/file", O_RDONLY); /* and an absolute name is one of this root */
		CALL(openat, outside, "/out/file", O_RDONLY);
		CALL(fchdir, outside), GOOD(open, "file", O_RDONLY);
		SHOW("the directory is told as one that cannot be reached", "%d", syscall(SYS_getcwd, path, sizeof(path)) > 0 && strncmp(path, "(unreachable)", 13) == 0);
		CALL(chroot, "."), CALL(openat, AT_FDCWD, "/../../jail/file", O_RDONLY);
	});
	CHILD("locked up without rights", check_become(1000); CALL(chroot, "jail"));
	unlink("jail/absolute"), unlink("jail/upward"), unlink("jail/loop"), unlink("jail/file"), unlink("out/file"), rmdir("jail/inner"), rmdir("jail"), rmdir("out");
}

/* Names that change between two looks: a directory and a symbolic link to another one swap their names for ever. Who says O_NOFOLLOW must never arrive behind the link. */
static void swapping(void)
{
	int wrong = 0, right = 0, refused = 0, strange = 0;
	pid_t child;

	mkdir("public", 0755), mkdir("private", 0755), check_file("public/file", "p"), check_file("private/file", "s");
	CALL(symlink, "private", "link");
	child = fork();
	while (!child)
		if (syscall(SYS_renameat2, AT_FDCWD, "public", AT_FDCWD, "link", EXCHANGE) != 0)
			_exit(1);
	for (int i = 0; i < SWAPS; i++) {
		int directory = open("public", O_RDONLY | O_DIRECTORY | O_NOFOLLOW), file = directory < 0 ? -1 : openat(directory, "file", O_RDONLY);
		char byte = 0;

		refused += directory < 0 && (errno == ENOTDIR || errno == ELOOP);
		strange += directory < 0 ? errno != ENOTDIR && errno != ELOOP : read(file, &byte, 1) != 1;
		right += byte == 'p', wrong += byte == 's';
		close(file), close(directory);
	}
	kill(child, SIGKILL);
	check_wait("swaps", child);
	SHOW("all was tried", "%d; behind the link %d, anything else %d", right + wrong + refused + strange == SWAPS, wrong, strange);
	if (syscall(SYS_readlink, "public", (char[8]){0}, 8) > 0)
		rename("public", "elsewhere"), rename("link", "public"), rename("elsewhere", "link");
	unlink("link"), unlink("public/file"), unlink("private/file"), rmdir("public"), rmdir("private");
}

/* Programs with rights of their own. */

static void copy_make(const char *name, unsigned owner, mode_t mode)
{
	int from = open(again, O_RDONLY), to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	close(from), close(to);
	if (chown(name, owner, owner) || chmod(name, mode))
		SHOW(name, "cannot be made");
}

/* What such a program finds, in its own process. */
static int found(void)
{
	SHOW("runs", "user %d, effective %d, group %d, effective %d; secure %lu, dumpable %d, told %lu %lu", (int)getuid(), (int)geteuid(), (int)getgid(), (int)getegid(), getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE), getauxval(AT_UID), getauxval(AT_EUID));
	return 0;
}

static void executed(const char *what, const char *path)
{
	pid_t child = fork();

	if (!child) {
		check_become(1000);
		if (strcmp(what, "no new rights") == 0)
			CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		execve(path, (char *[]){(char *)path, "found", NULL}, (char *[]){"LD_PRELOAD=/x", NULL});
		SHOW(what, "%s", check_errno_name(errno));
		_exit(1);
	}
	check_wait(what, child);
}

static void rights(void)
{
	copy_make("user", 2000, 04755), copy_make("group", 2000, 02755), copy_make("both", 0, 06755), copy_make("closed", 2000, 04700);
	executed("of a user", "user"), executed("of a group", "group"), executed("of root", "both"), executed("that one may not execute", "closed"), executed("no new rights", "both");
	check_file("script", "#!user\n"), chmod("script", 06755);
	CHILD("a written one loses them", check_become(2000); int file = open("user", O_WRONLY | O_APPEND); CALL(write, file, "", 1));
	executed("of a user, then", "user");
	CALL(chown, "both", 2000, 2000);
	executed("of root, given away", "both");
	mkdir("mounted", 0755);
	CALL(mount, "none", "mounted", "tmpfs", MS_NOSUID, NULL);
	copy_make("mounted/user", 2000, 06755);
	executed("on a filesystem without", "mounted/user");
	CALL(umount2, "mounted", 0);
	rmdir("mounted"), unlink("user"), unlink("group"), unlink("both"), unlink("closed"), unlink("script");
}

int main(int count, char *argument[])
{
	if (count > 1 && strcmp(argument[1], "found") == 0)
		return found();
	if (count > 3 && strcmp(argument[1], "looks") == 0)
		return looks(atoi(argument[2]), atol(argument[3]));
	descriptors();
	places();
	reopened();
	own_memory();
	own_pages();
	memory_replaced();
	foreign_memory();
	looked_into();
	roots();
	swapping();
	rights();
	return 0;
}
