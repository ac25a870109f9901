/* SPDX-License-Identifier: MIT */
/* inotify: what is watched, which events come of which calls, in which order and with which names; queues that are full, watches that end. */
#include "check.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int queue;

/* Prints all events that are there. Cookies are told as whether they are those of the event before. */
static void events(const char *what)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {{IN_ACCESS, "access"}, {IN_MODIFY, "modify"}, {IN_ATTRIB, "attrib"}, {IN_CLOSE_WRITE, "close-write"}, {IN_CLOSE_NOWRITE, "close-nowrite"}, {IN_OPEN, "open"}, {IN_MOVED_FROM, "moved-from"},
		     {IN_MOVED_TO, "moved-to"}, {IN_CREATE, "create"}, {IN_DELETE, "delete"}, {IN_DELETE_SELF, "delete-self"}, {IN_MOVE_SELF, "move-self"}, {IN_UNMOUNT, "unmount"}, {IN_Q_OVERFLOW, "overflow"},
		     {IN_IGNORED, "ignored"}, {IN_ISDIR, "directory"}};
	static char buffer[65536] __attribute__((aligned(8)));
	uint32_t cookie = 0;
	long bytes;

	check_print("%s:", what);
	while ((bytes = read(queue, buffer, sizeof(buffer))) > 0)
		for (char *at = buffer; at < buffer + bytes;) {
			struct inotify_event *event = (struct inotify_event *)at;

			check_print(" [%d", event->wd);
			for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
				if (event->mask & names[i].bit)
					check_print(" %s", names[i].name);
			check_print("%s%s%s]", event->len ? " " : "", event->len ? event->name : "", event->cookie && event->cookie == cookie ? " same" : event->cookie ? " cookie" : "");
			cookie = event->cookie;
			at += sizeof(*event) + event->len;
		}
	check_print(" %s\n", bytes < 0 ? check_errno_name(errno) : "end");
}

static void refusals(void)
{
	char small[8];
	int file;

	CALL(inotify_init1, 1);
	CALL(inotify_add_watch, 99, ".", IN_ALL_EVENTS);
	CALL(inotify_add_watch, 1, ".", IN_ALL_EVENTS);
	CALL(inotify_add_watch, queue, "absent", IN_ALL_EVENTS);
	CALL(inotify_add_watch, queue, BAD_ADDRESS, IN_ALL_EVENTS);
	CALL(inotify_add_watch, queue, ".", 0);
	CALL(inotify_add_watch, queue, ".", IN_MASK_ADD | IN_MASK_CREATE | IN_OPEN);
	CALL(inotify_add_watch, queue, "file", IN_ONLYDIR | IN_OPEN);
	CALL(inotify_add_watch, queue, "file/x", IN_OPEN);
	CALL(inotify_rm_watch, queue, 99);
	CALL(inotify_rm_watch, 99, 1);
	CALL(inotify_rm_watch, 1, 1);
	CHILD("may not read", { check_become(2000); CALL(inotify_add_watch, queue, "secret", IN_OPEN); });
	file = (int)CALL(inotify_add_watch, queue, ".", IN_CREATE);
	CALL(inotify_add_watch, queue, ".", IN_CREATE | IN_MASK_CREATE);
	close(creat("short", 0600));
	CALL(read, queue, small, sizeof(small));
	events("too short before");
	CALL(inotify_rm_watch, queue, file);
	events("removed");
	unlink("short");
}

static void contents(void)
{
	char byte;
	int file;

	CALL(inotify_add_watch, queue, "file", IN_ALL_EVENTS);
	file = open("file", O_RDWR);
	events("open");
	(void)!read(file, &byte, 1);
	events("read");
	(void)!write(file, "x", 1);
	(void)!write(file, "y", 1);
	events("two writes are one event");
	fchmod(file, 0600);
	events("chmod");
	close(file);
	events("close");
	close(open("file", O_RDONLY));
	events("open and close");
	(void)!truncate("file", 0);
	events("truncate");
	close(open("file", O_WRONLY | O_TRUNC));
	events("open with O_TRUNC");
	link("file", "second");
	events("link");
	unlink("second");
	events("unlink of one of two names");
	rename("file", "moved");
	events("rename");
	unlink("moved");
	events("unlink");
	check_file("file", "12345");
	events("it is another file");
}

static void directories(void)
{
	int both;

	mkdir("d", 0755);
	mkdir("e", 0755);
	CALL(inotify_add_watch, queue, "d", IN_ALL_EVENTS);
	CALL(inotify_add_watch, queue, "e", IN_ALL_EVENTS);
	events("nothing yet");
	close(creat("d/one", 0600));
	events("create");
	mkdir("d/sub", 0700);
	events("mkdir");
	rename("d/one", "d/two");
	events("rename inside");
	rename("d/two", "e/three");
	events("rename across");
	symlink("x", "d/link");
	events("symlink");
	mkfifo("d/fifo", 0600);
	events("mkfifo");
	link("e/three", "d/four");
	events("link");
	chmod("e/three", 0644);
	events("chmod of a member");
	rmdir("d/sub");
	unlink("d/link");
	unlink("d/fifo");
	unlink("d/four");
	events("removals");
	both = (int)CALL(inotify_add_watch, queue, "e", IN_DELETE | IN_ONESHOT);
	unlink("e/three");
	events("once");
	CALL(inotify_rm_watch, queue, both);
	rmdir("d");
	rmdir("e");
	events("rmdir");
}

static void others(void)
{
	int bytes = 0;

	CALL(inotify_add_watch, queue, ".", IN_CREATE | IN_DELETE);
	CALL(ioctl, queue, FIONREAD, &bytes);
	SHOW("bytes", "%d", bytes);
	close(creat("a-name", 0600));
	CALL(ioctl, queue, FIONREAD, &bytes);
	SHOW("bytes of one", "%d", bytes);
	CALL(poll, (&(struct pollfd){queue, POLLIN, 0}), 1, 0);
	CALL(write, queue, "x", 1);
	CALL(lseek, queue, 0, SEEK_SET);
	CALL(ioctl, queue, FIONREAD, BAD_ADDRESS);
	CALL(inotify_add_watch, queue, ".", IN_MASK_ADD | IN_ATTRIB);
	chmod("a-name", 0644);
	unlink("a-name");
	events("create, chmod, unlink");
	CALL(inotify_init);
}

/* What /proc tells of the queue. */
static void watched(void)
{
	unsigned number, mask, ignored;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", queue);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "inotify wd:%x ino:%*x sdev:%*x mask:%x ignored_mask:%x", &number, &mask, &ignored) == 3)
			SHOW("watched", "%u %#x %#x", number, mask, ignored);
	if (file)
		fclose(file);
}

/* Who watches a directory and a file in it hears of both, the directory first. What has no name any more is not told of to who does not want it. */
static void families(void)
{
	int file, directory;

	mkdir("family", 0755);
	close(creat("family/child", 0644));
	directory = (int)CALL(inotify_add_watch, queue, "family", IN_ATTRIB | IN_MODIFY);
	CALL(inotify_add_watch, queue, "family/child", IN_ATTRIB | IN_MODIFY);
	chmod("family/child", 0600);
	file = open("family/child", O_RDWR);
	(void)!write(file, "x", 1);
	events("both");
	unlink("family/child");
	(void)!write(file, "x", 1);
	close(file);
	events("without a name");
	CALL(inotify_add_watch, queue, "family", IN_MODIFY | IN_EXCL_UNLINK);
	file = open("family/child", O_RDWR | O_CREAT, 0600);
	(void)!write(file, "x", 1);
	unlink("family/child");
	(void)!write(file, "x", 1);
	close(file);
	events("not of what has no name");
	watched();
	CALL(inotify_rm_watch, queue, directory);
	rmdir("family");
	events("removed");
}

/* A user's queues are counted; how many there may be is root's to say. */
static void limited(void)
{
	const char *const setting = "/proc/sys/fs/inotify/max_user_instances";
	char before[16] = "";
	int file = open(setting, O_RDWR), another;

	SHOW("read", "%d", read(file, before, sizeof(before) - 1) > 0);
	CALL(pwrite64, file, "x\n", 2, 0);
	CALL(pwrite64, file, "2\n", 2, 0);
	another = (int)CALL(inotify_init1, 0);
	CALL(inotify_init1, 0);
	close(another);
	close((int)CALL(inotify_init1, 0));
	CALL(pwrite64, file, "0\n", 2, 0);
	CALL(inotify_init1, 0);
	CHILD("another user", { check_become(2000); CALL(inotify_init1, 0); });
	SHOW("as before", "%d", pwrite(file, before, strlen(before), 0) == (long)strlen(before));
	close(file);
}

static void renamed(void)
{
	mkdir("before", 0755);
	(void)!chdir("before");
	CALL(inotify_add_watch, queue, ".", IN_CREATE | IN_DELETE | IN_MOVE_SELF);
	rename("../before", "../after");
	close(creat("one", 0600));
	unlink("one");
	events("in a directory that was renamed");
	(void)!chdir("..");
	rmdir("after");
	events("removed");
}

static void overflow(void)
{
	int lost = 0, files[2];
	char byte;

	for (int i = 0; i < 2; i++) {
		files[i] = open(i ? "second" : "file", O_RDWR | O_CREAT, 0644);
		CALL(inotify_add_watch, queue, i ? "second" : "file", IN_ACCESS);
		(void)!write(files[i], "x", 1);
	}
	for (int i = 0; i < 17000; i++) /* by turns: what is like the event before is not told again */
		(void)!pread(files[i % 2], &byte, 1, 0);
	for (;;) {
		static char buffer[65536] __attribute__((aligned(8)));
		long bytes = read(queue, buffer, sizeof(buffer));

		if (bytes <= 0)
			break;
		for (char *at = buffer; at < buffer + bytes; at += sizeof(struct inotify_event) + ((struct inotify_event *)at)->len)
			lost += ((struct inotify_event *)at)->mask == IN_Q_OVERFLOW;
	}
	SHOW("too many", "%d", lost);
}

int main(void)
{
	CALL(umask, 022);
	check_file("file", "12345");
	check_file("secret", "12345");
	chmod("secret", 0600);
	queue = (int)CALL(inotify_init1, IN_NONBLOCK | IN_CLOEXEC);
	refusals();
	contents();
	directories();
	others();
	families();
	limited();
	renamed();
	overflow();
	return 0;
}
