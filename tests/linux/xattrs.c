/* SPDX-License-Identifier: MIT */
/* Extended attributes: values, names, lists and their limits, flags, who may ask and set what in which namespace, files of each type, filesystems that cannot be written or keep none. */
#include "check.h"

#include <sys/inotify.h>
#include <sys/mount.h>

#define XATTR_CREATE 1
#define XATTR_REPLACE 2
#define USER 1000

static char value[70000], list[4096], longest[300], too_long[300];

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names that a file has, in order: filesystems tell them in any. */
static void names(const char *what, const char *path)
{
	long bytes = syscall(SYS_llistxattr, path, list, sizeof(list));
	const char *all[64];
	size_t count = 0;

	for (long at = 0; at < bytes; at += (long)strlen(list + at) + 1)
		all[count++] = list + at;
	qsort(all, count, sizeof(all[0]), by_text);
	check_print("names of %s: %ld bytes:", what, bytes);
	for (size_t i = 0; i < count; i++)
		check_print(" %s", all[i]);
	check_print("\n");
}

static void values(int file)
{
	CALL(setxattr, "file", "user.a", "value", 5, 0);
	CALL(getxattr, "file", "user.a", value, sizeof(value));
	check_bytes("value", value, 5);
	CALL(getxattr, "file", "user.a", NULL, 0);
	CALL(getxattr, "file", "user.a", BAD_ADDRESS, 0);
	CALL(getxattr, "file", "user.a", value, 5);
	CALL(getxattr, "file", "user.a", value, 4);
	CALL(getxattr, "file", "user.a", BAD_ADDRESS, 5);
	CALL(getxattr, "file", "user.a", BAD_ADDRESS, 4);
	CALL(getxattr, "file", "user.none", value, sizeof(value));
	CALL(fgetxattr, file, "user.a", value, sizeof(value));
	CALL(fsetxattr, file, "user.a", "another", 7, 0);
	CALL(lgetxattr, "file", "user.a", value, sizeof(value));
	check_bytes("value", value, 7);
	CALL(setxattr, "file", "user.empty", NULL, 0, 0);
	CALL(getxattr, "file", "user.empty", value, sizeof(value));
	CALL(getxattr, "file", "user.empty", value, 0);
	memset(value, 'v', sizeof(value));
	CALL(lsetxattr, "file", "user.long", value, 1000, 0);
	CALL(fgetxattr, file, "user.long", value, sizeof(value));
	CALL(fgetxattr, file, "user.long", value, 999);
	CALL(setxattr, "file", "user.a", value, 5000, 0);
	CALL(lsetxattr, "file", "user.a", value, 5000, 0);
	CALL(fsetxattr, file, "user.a", value, 65536, 0);
	CALL(setxattr, "file", "user.a", value, 65537, 0);
	CALL(lsetxattr, "file", "user.a", value, 65537, 0);
	CALL(fsetxattr, file, "user.a", value, 65537, 0);
	CALL(setxattr, "file", "user.a", BAD_ADDRESS, 5, 0);
	CALL(getxattr, "file", "user.a", value, sizeof(value));
	check_bytes("value", value, 7);
	names("file", "file");
}

static void flags(int file)
{
	CALL(setxattr, "file", "user.a", "x", 1, XATTR_CREATE);
	CALL(lsetxattr, "file", "user.a", "x", 1, XATTR_CREATE);
	CALL(fsetxattr, file, "user.a", "x", 1, XATTR_CREATE);
	CALL(setxattr, "file", "user.b", "x", 1, XATTR_REPLACE);
	CALL(lsetxattr, "file", "user.b", "x", 1, XATTR_REPLACE);
	CALL(fsetxattr, file, "user.b", "x", 1, XATTR_REPLACE);
	CALL(setxattr, "file", "user.a", "x", 1, XATTR_CREATE | XATTR_REPLACE);
	CALL(setxattr, "file", "user.b", "x", 1, XATTR_CREATE | XATTR_REPLACE);
	CALL(setxattr, "file", "user.b", "x", 1, 4);
	CALL(lsetxattr, "file", "user.b", "x", 1, 4);
	CALL(fsetxattr, file, "user.b", "x", 1, 4);
	CALL(setxattr, "file", "user.b", "x", 1, XATTR_CREATE);
	CALL(setxattr, "file", "user.b", "yz", 2, XATTR_REPLACE);
	CALL(getxattr, "file", "user.b", value, sizeof(value));
	CALL(removexattr, "file", "user.b");
	CALL(removexattr, "file", "user.b");
	CALL(lremovexattr, "file", "user.b");
	CALL(fremovexattr, file, "user.b");
	CALL(fremovexattr, file, "user.empty");
	CALL(lremovexattr, "file", "user.long");
	names("file", "file");
}

static void name_with(const char *name)
{
	SHOW("name", "'%.20s'", name);
	CALL(setxattr, "file", name, "x", 1, 0);
	CALL(lsetxattr, "file", name, "x", 1, 0);
	CALL(fsetxattr, 3, name, "x", 1, 0);
	CALL(getxattr, "file", name, value, 10);
	CALL(lgetxattr, "file", name, value, 10);
	CALL(fgetxattr, 3, name, value, 10);
	CALL(removexattr, "file", name);
	CALL(lremovexattr, "file", name);
	CALL(fremovexattr, 3, name);
}

static void all_names(void)
{
	static const char *const some[] = {"", "user", "user.", "user..", "User.a", "trusted.", "trusted.a", "security.", "security.a", "system.a", "system.", "nothing.a", ".", "user.a/b"};

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		name_with(some[i]);
	memset(longest, 'n', 255);
	memcpy(longest, "user.", 5);
	memset(too_long, 'n', 256);
	memcpy(too_long, "user.", 5);
	name_with(longest);
	name_with(too_long);
	CALL(setxattr, "file", BAD_ADDRESS, "x", 1, 0);
	CALL(getxattr, "file", BAD_ADDRESS, value, 10);
	CALL(removexattr, "file", BAD_ADDRESS);
}

static void lists(int file)
{
	CALL(listxattr, "file", NULL, 0);
	CALL(llistxattr, "file", BAD_ADDRESS, 0);
	CALL(flistxattr, file, list, sizeof(list));
	CALL(listxattr, "file", list, 1);
	CALL(llistxattr, "file", list, 1);
	CALL(flistxattr, file, list, 1);
	CALL(listxattr, "file", list, 7);
	CALL(listxattr, "file", list, 6);
	CALL(listxattr, "file", BAD_ADDRESS, 7);
	CALL(llistxattr, "file", BAD_ADDRESS, 7);
	CALL(flistxattr, file, BAD_ADDRESS, 7);
}

/* One file of each type. */
static void type(const char *what, const char *path)
{
	SHOW("of", "%s", what);
	CALL(lsetxattr, path, "user.t", "x", 1, 0);
	CALL(lgetxattr, path, "user.t", value, 10);
	CALL(lremovexattr, path, "user.t");
	CALL(lsetxattr, path, "trusted.t", "xy", 2, 0);
	CALL(lgetxattr, path, "trusted.t", value, 10);
	CALL(lsetxattr, path, "security.t", "xyz", 3, 0);
	CALL(lgetxattr, path, "security.t", value, 10);
	names(what, path);
	CALL(lremovexattr, path, "trusted.t");
	CALL(lremovexattr, path, "security.t");
}

static void types(void)
{
	mkdir("directory", 0755);
	CALL(symlink, "file", "link");
	CALL(mknod, "pipe", S_IFIFO | 0644, 0);
	CALL(mknod, "null", S_IFCHR | 0644, 0x103);
	type("a file", "file");
	type("a directory", "directory");
	type("a link", "link");
	type("a named pipe", "pipe");
	type("a device", "null");
	CALL(setxattr, "link", "user.by-link", "x", 1, 0);
	CALL(getxattr, "file", "user.by-link", value, 10);
	CALL(getxattr, "link", "user.by-link", value, 10);
	CALL(lgetxattr, "link", "user.by-link", value, 10);
	CALL(removexattr, "link", "user.by-link");
}

/* Files that no disk keeps. */
static void elsewhere(void)
{
	int pipes[2];

	CALL(setxattr, "/proc/version", "user.a", "x", 1, 0);
	CALL(getxattr, "/proc/version", "user.a", value, 10);
	CALL(getxattr, "/proc/version", "trusted.a", value, 10);
	CALL(listxattr, "/proc/version", list, sizeof(list));
	CALL(removexattr, "/proc/version", "user.a");
	(void)!pipe(pipes);
	CALL(fsetxattr, pipes[0], "user.a", "x", 1, 0);
	CALL(fgetxattr, pipes[0], "user.a", value, 10);
	CALL(fgetxattr, pipes[0], "trusted.a", value, 10);
	CALL(flistxattr, pipes[0], list, sizeof(list));
	CALL(fremovexattr, pipes[0], "user.a");
	CALL(fsetxattr, 99, "user.a", "x", 1, 0);
	CALL(fgetxattr, 99, "user.a", value, 10);
	CALL(flistxattr, 99, list, sizeof(list));
	CALL(fremovexattr, 99, "user.a");
}

static void by_path_alone(void)
{
	char path[40];
	int file = (int)syscall(SYS_open, "file", O_PATH), link = (int)syscall(SYS_open, "link", O_PATH | O_NOFOLLOW);

	CALL(fsetxattr, file, "user.a", "x", 1, 0);
	CALL(fgetxattr, file, "user.a", value, 10);
	CALL(flistxattr, file, list, sizeof(list));
	CALL(fremovexattr, file, "user.a");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	CALL(setxattr, path, "user.proc", "x", 1, 0);
	CALL(getxattr, path, "user.proc", value, 10);
	CALL(removexattr, path, "user.proc");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", link);
	CALL(setxattr, path, "trusted.proc", "x", 1, 0);
	CALL(lgetxattr, "link", "trusted.proc", value, 10);
	CALL(removexattr, path, "trusted.proc");
	close(file);
	close(link);
}

/* What capabilities(7) wants a capability for. */
static void unprivileged(const char *name, const void *bytes, size_t count)
{
	static char what[60];
	long result = syscall(SYS_setxattr, "file", name, bytes, count, 0);

	snprintf(what, sizeof(what), "%s set without a capability", name);
	SHOW(what, "%s", result ? check_errno_name(errno) : "done");
	result = syscall(SYS_removexattr, "file", name);
	snprintf(what, sizeof(what), "%s removed without a capability", name);
	SHOW(what, "%s", result ? check_errno_name(errno) : "done");
}

/* What a user may do who is nobody in particular. */
static void of_others(void)
{
	CALL(setxattr, "file", "user.a", "x", 1, 0);
	CALL(lsetxattr, "file", "user.a", "x", 1, 0);
	CALL(fsetxattr, 3, "user.a", "x", 1, 0);
	CALL(getxattr, "file", "user.a", value, 10);
	CALL(removexattr, "file", "user.a");
	CALL(getxattr, "private", "user.a", value, 10);
	CALL(lgetxattr, "private", "user.a", value, 10);
	CALL(listxattr, "private", list, sizeof(list));
	CALL(setxattr, "private", "user.a", "x", 1, 0);
	CALL(getxattr, "private", "nothing.a", value, 10);
	CALL(getxattr, "file", "trusted.a", value, 10);
	CALL(setxattr, "file", "trusted.a", "x", 1, 0);
	CALL(lsetxattr, "file", "trusted.a", "x", 1, 0);
	CALL(fsetxattr, 3, "trusted.a", "x", 1, 0);
	CALL(removexattr, "file", "trusted.a");
	CALL(getxattr, "file", "security.a", value, 10);
	CALL(listxattr, "file", NULL, 0);
	unprivileged("security.a", "x", 1);
	CALL(setxattr, "file", "system.a", "x", 1, 0);
	CALL(setxattr, "file", "nothing.a", "x", 1, 0);
	CALL(setxattr, "sticky", "user.a", "x", 1, 0);
	CALL(setxattr, "open", "user.a", "x", 1, 0);
	CALL(getxattr, "open", "user.a", value, 10);
	CALL(setxattr, "closed/file", "user.a", "x", 1, 0);
	CALL(getxattr, "closed/file", "user.a", value, 10);
	CALL(listxattr, "closed/file", list, sizeof(list));
	CALL(removexattr, "closed/file", "user.a");
}

static void users(void)
{
	CALL(setxattr, "file", "trusted.a", "hidden", 6, 0);
	CALL(setxattr, "file", "security.a", "seen", 4, 0);
	close(open("private", O_CREAT | O_WRONLY, 0600));
	CALL(setxattr, "private", "user.a", "x", 1, 0);
	mkdir("sticky", 0755);
	mkdir("open", 0755);
	mkdir("closed", 0700);
	chmod("sticky", 01777);
	chmod("open", 0777);
	chmod(".", 0755);
	CHILD("of another user", (void)!syscall(SYS_setresuid, USER, USER, USER); of_others());
	CALL(removexattr, "file", "trusted.a");
	(void)!syscall(SYS_removexattr, "file", "security.a");
}

/* Capabilities of programs (struct vfs_cap_data). */
static void capabilities(void)
{
	static const unsigned second[5] = {0x02000001, 1 << 10, 0, 0, 0}, third[6] = {0x03000001, 1 << 10, 0, 0, 0, 0}, of_user[6] = {0x03000001, 1 << 10, 0, 0, 0, USER}, wrong[5] = {0x05000001, 1 << 10, 0, 0, 0};

	CALL(setxattr, "file", "security.capability", wrong, 20, 0);
	CALL(setxattr, "file", "security.capability", second, 19, 0);
	CALL(setxattr, "file", "security.capability", third, 20, 0);
	CALL(setxattr, "file", "security.capability", second, 20, 0);
	CALL(getxattr, "file", "security.capability", value, 100);
	SHOW("kept", "%d", memcmp(value, second, 20));
	CALL(getxattr, "file", "security.capability", value, 19);
	CALL(setxattr, "file", "security.capability", third, 24, 0);
	CALL(getxattr, "file", "security.capability", value, 100);
	SHOW("kept", "%d", memcmp(value, second, 20));
	CALL(setxattr, "file", "security.capability", of_user, 24, 0);
	CALL(getxattr, "file", "security.capability", value, 100);
	SHOW("kept", "%d", memcmp(value, of_user, 24));
	CALL(removexattr, "file", "security.capability");
	CHILD("of another user", (void)!syscall(SYS_setresuid, USER, USER, USER); unprivileged("security.capability", second, 20));
	(void)!syscall(SYS_removexattr, "file", "security.capability");
	CALL(getxattr, "file", "security.capability", value, 100);
}

/* What happens to them when files and names do. */
static void names_of_files(void)
{
	struct stat before, after;

	CALL(setxattr, "file", "user.a", "stays", 5, 0);
	CALL(link, "file", "other");
	CALL(getxattr, "other", "user.a", value, 10);
	CALL(rename, "other", "renamed");
	CALL(getxattr, "renamed", "user.a", value, 10);
	unlink("renamed");
	stat("file", &before);
	usleep(20000);
	CALL(setxattr, "file", "user.a", "later", 5, 0);
	stat("file", &after);
	SHOW("times", "%d %d", before.st_ctim.tv_nsec != after.st_ctim.tv_nsec || before.st_ctim.tv_sec != after.st_ctim.tv_sec, before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	close(open("again", O_CREAT | O_WRONLY, 0644));
	CALL(setxattr, "again", "user.a", "gone", 4, 0);
	unlink("again");
	close(open("again", O_CREAT | O_WRONLY, 0644));
	CALL(getxattr, "again", "user.a", value, 10);
	unlink("again");
}

static void watched(void)
{
	struct inotify_event event = {0};
	int watch = inotify_init1(IN_NONBLOCK);

	inotify_add_watch(watch, "file", IN_ATTRIB);
	CALL(setxattr, "file", "user.w", "x", 1, 0);
	(void)!read(watch, &event, sizeof(event));
	SHOW("told", "%x", event.mask);
	event.mask = 0;
	CALL(getxattr, "file", "user.w", value, 10);
	(void)!read(watch, &event, sizeof(event));
	SHOW("told", "%x", event.mask);
	CALL(fremovexattr, 3, "user.w");
	(void)!read(watch, &event, sizeof(event));
	SHOW("told", "%x", event.mask);
	close(watch);
}

static void unwritable(void)
{
	int file;

	mkdir("read-only", 0755);
	(void)!mount(".", "read-only", NULL, MS_BIND, NULL);
	CALL(mount, NULL, "read-only", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
	file = open("read-only/file", O_RDONLY);
	CALL(setxattr, "read-only/file", "user.a", "x", 1, 0);
	CALL(lsetxattr, "read-only/file", "user.a", "x", 1, 4);
	CALL(fsetxattr, file, "", "x", 1, 0);
	CALL(getxattr, "read-only/file", "user.a", value, 10);
	CALL(listxattr, "read-only/file", list, sizeof(list));
	CALL(removexattr, "read-only/file", "user.a");
	CALL(lremovexattr, "read-only/file", "");
	CALL(fremovexattr, file, "user.none");
	close(file);
	CALL(umount2, "read-only", 0);
}

static void nowhere(const char *path)
{
	SHOW("path", "'%.20s'", path);
	CALL(setxattr, path, "user.a", "x", 1, 0);
	CALL(lsetxattr, path, "user.a", "x", 1, 0);
	CALL(getxattr, path, "user.a", value, 10);
	CALL(lgetxattr, path, "user.a", value, 10);
	CALL(listxattr, path, list, sizeof(list));
	CALL(llistxattr, path, list, sizeof(list));
	CALL(removexattr, path, "user.a");
	CALL(lremovexattr, path, "user.a");
}

int main(void)
{
	static char tall[300];
	int file = open("file", O_CREAT | O_RDONLY, 0644);

	if (dup2(file, 3) != 3)
		return 1;
	values(3);
	flags(3);
	lists(3);
	all_names();
	types();
	elsewhere();
	by_path_alone();
	users();
	capabilities();
	names_of_files();
	watched();
	unwritable();
	memset(tall, 't', sizeof(tall) - 1);
	(void)!symlink("round", "round");
	nowhere("absent");
	nowhere("file/below");
	nowhere("round/below");
	nowhere(tall);
	nowhere("");
	return 0;
}
