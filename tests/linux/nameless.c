/* SPDX-License-Identifier: MIT */
/* Files without names: O_TMPFILE, the name that they may get (linkat), and files that have lost theirs while they are open. On the filesystem of the disk and on one in memory. */
#include "waiting.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

static char place[64];

/* /proc/self/fd/NUMBER, until the next one. */
static const char *place_of(int file)
{
	snprintf(place, sizeof(place), "/proc/self/fd/%d", file);
	return place;
}

static void show_links(const char *what, int file)
{
	struct stat status = {0};

	if (fstat(file, &status))
		SHOW(what, "%s", check_errno_name(errno));
	else
		SHOW(what, "mode %o, links %ld, %ld bytes, of %u %u", status.st_mode, (long)status.st_nlink, (long)status.st_size, status.st_uid, status.st_gid);
}

static void show_contents(const char *what, int file)
{
	char bytes[16] = "";

	check_bytes(what, bytes, pread(file, bytes, sizeof(bytes), 0));
}

/* How many names a directory has. */
static void show_names(const char *directory)
{
	char records[4096];
	int file = open(directory, O_RDONLY | O_DIRECTORY);
	long count = 0, bytes = syscall(SYS_getdents64, file, records, sizeof(records));

	for (long at = 0; at < bytes; at += *(unsigned short *)(records + at + 16))
		count++;
	SHOW("names", "%ld", count);
	close(file);
}

static void refusals(void)
{
	CALL(open, ".", O_TMPFILE | O_RDONLY, 0600);
	CALL(open, ".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600);
	CALL(open, ".", O_TMPFILE | O_CREAT | O_RDWR, 0600);
	CALL(open, "", O_TMPFILE | O_RDWR, 0600);
	CALL(open, "absent", O_TMPFILE | O_RDWR, 0600);
	CALL(open, "file", O_TMPFILE | O_RDWR, 0600);
	CALL(open, "file/x", O_TMPFILE | O_RDWR, 0600);
	CALL(open, "link", O_TMPFILE | O_RDWR | O_NOFOLLOW, 0600);
	CALL(open, BAD_ADDRESS, O_TMPFILE | O_RDWR, 0600);
	CALL(open, "/proc", O_TMPFILE | O_RDWR, 0600);
	CALL(open, "/proc/self/stat", O_TMPFILE | O_RDWR, 0600);
	CALL(openat, 99, ".", O_TMPFILE | O_RDWR, 0600);
	CALL(open, ".", O_TMPFILE | O_RDWR | O_PATH, 0600);
	close(3);
	CHILD("in another's directory", { check_become(2000); CALL(open, ".", O_TMPFILE | O_RDWR, 0600); });
	CHILD("in everybody's", { check_become(2000); CALL(open, "all", O_TMPFILE | O_RDWR, 0600); });
	CHILD("with few numbers", { struct rlimit limit = {3, 3}; setrlimit(RLIMIT_NOFILE, &limit); CALL(open, ".", O_TMPFILE | O_RDWR, 0600); });
}

static void use(void)
{
	int file = open(".", O_TMPFILE | O_RDWR, 0666), again;
	char text[128] = "";
	long length;

	SHOW("flags", "%lo", (long)fcntl(file, F_GETFL));
	show_links("made", file);
	show_names(".");
	CALL(write, file, "contents", 8);
	CALL(lseek, file, 0, SEEK_END);
	CALL(ftruncate, file, 5);
	show_contents("contents", file);
	length = readlink(place_of(file), text, sizeof(text) - 1);
	SHOW("its place", "%s ... %s", strstr(text, "/#") ? "/#" : text, length > 10 ? text + length - 10 : "");
	again = open(place_of(file), O_RDONLY);
	show_contents("opened again", again);
	SHOW("flags", "%lo", (long)fcntl(again, F_GETFL));
	CALL(write, again, "x", 1);
	close(again);
	again = open(place_of(file), O_WRONLY | O_TRUNC);
	show_links("cut", file);
	CALL(write, again, "other", 5);
	show_contents("written to", file);
	close(again);
	CALL(open, place_of(file), O_RDONLY | O_TRUNC);
	close(again);
	show_links("cut again", file);
	CALL(truncate, place_of(file), 7);
	show_contents("grown by its place", file);
	CALL(truncate, place_of(file), 0);
	again = open(".", O_RDONLY);
	CALL(truncate, place_of(again), 0);
	close(again);
	again = open("/dev/null", O_RDWR);
	CALL(truncate, place_of(again), 0);
	close(again);
	CALL(open, place_of(file), O_RDONLY | O_DIRECTORY);
	CALL(open, place_of(file), O_RDWR | O_CREAT | O_EXCL, 0600);
	CALL(open, place_of(file), O_RDONLY | O_NOFOLLOW);
	CALL(fchmod, file, 0200);
	CHILD("without rights", { check_become(2000); CALL(open, place_of(file), O_RDONLY); CALL(open, place_of(file), O_WRONLY); });
	CALL(fchmod, file, 0400);
	CHILD("without the right to write", { check_become(2000); CALL(truncate, place_of(file), 1); });
	close(file);
}

static void names(void)
{
	int file = open(".", O_TMPFILE | O_RDWR, 0640), other;

	(void)!write(file, "named", 5);
	CALL(linkat, file, "", AT_FDCWD, "named", 0);
	CALL(linkat, file, "", AT_FDCWD, "file", AT_EMPTY_PATH);
	CALL(linkat, file, "", AT_FDCWD, "absent/named", AT_EMPTY_PATH);
	CALL(linkat, file, "", AT_FDCWD, "/proc/named", AT_EMPTY_PATH);
	CALL(linkat, 99, "", AT_FDCWD, "named", AT_EMPTY_PATH);
	CALL(linkat, file, "", AT_FDCWD, "named", 0x8000);
	CALL(linkat, file, "", AT_FDCWD, "all/named", AT_EMPTY_PATH);
	show_links("named", file);
	other = open("all/named", O_RDONLY);
	show_contents("by its name", other);
	close(other);
	CALL(linkat, file, "", AT_FDCWD, "second", AT_EMPTY_PATH);
	show_links("with two names", file);
	unlink("second");
	unlink("all/named");
	show_links("without", file);
	CALL(linkat, file, "", AT_FDCWD, "third", AT_EMPTY_PATH);
	close(file);
	file = open("all", O_TMPFILE | O_WRONLY, 0600);
	CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "named", 0);
	CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "file", AT_SYMLINK_FOLLOW);
	CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
	show_links("by its place", file);
	show_names(".");
	close(file);
	unlink("named");
	file = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	CALL(linkat, file, "", AT_FDCWD, "named", AT_EMPTY_PATH);
	CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
	close(file);
	file = open("all", O_TMPFILE | O_RDWR, 0600);
	CHILD("another's", { check_become(2000); CALL(linkat, file, "", AT_FDCWD, "all/x", AT_EMPTY_PATH); CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "all/x", AT_SYMLINK_FOLLOW); });
	close(file);
	CHILD("its own", {
		check_become(2000);
		file = open("all", O_TMPFILE | O_RDWR, 0600);
		CALL(linkat, file, "", AT_FDCWD, "all/x", AT_EMPTY_PATH);
		CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "x", AT_SYMLINK_FOLLOW);
		CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "all/x", AT_SYMLINK_FOLLOW);
	});
	CALL(unlink, "all/x");
}

/* Open files that are no such ones. */
static void others(void)
{
	int file = open("named", O_RDWR | O_CREAT | O_EXCL, 0644), directory = open("all", O_RDONLY | O_DIRECTORY), ends[2], again;

	(void)!write(file, "here", 4);
	CALL(linkat, file, "", AT_FDCWD, "second", AT_EMPTY_PATH);
	rename("named", "moved");
	again = open(place_of(file), O_RDONLY);
	show_contents("moved", again);
	close(again);
	unlink("moved");
	unlink("second");
	again = open(place_of(file), O_RDWR);
	show_contents("gone", again);
	show_links("gone", again);
	CALL(linkat, again, "", AT_FDCWD, "named", AT_EMPTY_PATH);
	CALL(linkat, AT_FDCWD, place_of(again), AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
	close(again);
	close(file);
	CALL(linkat, directory, "", AT_FDCWD, "named", AT_EMPTY_PATH);
	CALL(linkat, AT_FDCWD, "", AT_FDCWD, "named", AT_EMPTY_PATH);
	CALL(linkat, AT_FDCWD, place_of(directory), AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
	again = open(place_of(directory), O_TMPFILE | O_RDWR, 0600);
	show_links("in an open directory", again);
	close(again);
	CALL(open, place_of(directory), O_RDONLY | O_CREAT, 0600);
	again = open("link", O_PATH | O_NOFOLLOW);
	CALL(linkat, again, "", AT_FDCWD, "named", AT_EMPTY_PATH);
	CALL(readlink, "named", place, sizeof(place));
	unlink("named");
	close(again);
	close(directory);
	(void)!pipe(ends);
	CALL(linkat, ends[0], "", AT_FDCWD, "named", AT_EMPTY_PATH);
	CALL(linkat, AT_FDCWD, place_of(ends[0]), AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
	close(ends[0]);
	close(ends[1]);
}

/* Whether the filesystem comes to have as many inodes free as it had: it may take a while to do what is left to do, also for who was here before. */
static const char *given_back(fsfilcnt_t free)
{
	time_t end = check_seconds() + CHECK_PATIENCE;
	struct statvfs now;

	do {
		statvfs(".", &now);
		check_nap(CHECK_TICK_US);
	} while (now.f_ffree < free && check_seconds() < end);
	return now.f_ffree < free ? "lost" : "given back";
}

/* The owner's group, and what is given back. */
static void rest(void)
{
	struct statvfs before;
	char *bytes;
	int file;

	(void)!chown("all", 0, 77);
	chmod("all", 02777);
	umask(027);
	file = open("all", O_TMPFILE | O_RDWR, 02777);
	show_links("in a directory with a group", file);
	close(file);
	umask(022);
	statvfs(".", &before);
	file = open(".", O_TMPFILE | O_RDWR, 0600);
	CALL(ftruncate, file, 1 << 20);
	bytes = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (bytes != MAP_FAILED) {
		memset(bytes, 7, 1 << 20);
		munmap(bytes, 1 << 20);
	}
	show_contents("stored", file);
	close(file);
	SHOW("the inode is", "%s", given_back(before.f_ffree));
}

static void subject(const char *directory)
{
	SHOW("directory", "%s", directory);
	if (chdir(directory))
		return;
	check_file("file", "text");
	(void)!symlink(".", "link");
	mkdir("all", 0755);
	chmod("all", 0777);
	refusals();
	use();
	names();
	others();
	rest();
	(void)!chdir("..");
}

static void across(void)
{
	int file = open("disk", O_TMPFILE | O_RDWR, 0600), other;

	CALL(linkat, file, "", AT_FDCWD, "memory/named", AT_EMPTY_PATH);
	CALL(linkat, AT_FDCWD, place_of(file), AT_FDCWD, "memory/named", AT_SYMLINK_FOLLOW);
	close(file);
	CALL(mount, "disk", "bound", NULL, MS_BIND, NULL);
	file = open("bound", O_TMPFILE | O_RDWR, 0600);
	CALL(linkat, file, "", AT_FDCWD, "disk/named", AT_EMPTY_PATH);
	CALL(linkat, file, "", AT_FDCWD, "bound/named", AT_EMPTY_PATH);
	CALL(access, "disk/named", F_OK);
	close(file);
	CALL(mount, "", "bound", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	CALL(open, "bound", O_TMPFILE | O_RDWR, 0600);
	file = open("disk/named", O_RDWR);
	CALL(linkat, file, "", AT_FDCWD, "bound/second", AT_EMPTY_PATH);
	other = open("bound/named", O_RDONLY);
	CALL(open, place_of(other), O_RDWR);
	CALL(open, place_of(file), O_RDONLY | O_TRUNC);
	close(other);
	close(file);
	close(5);
	CALL(umount2, "bound", 0);
}

int main(void)
{
	umask(022);
	mkdir("disk", 0755);
	mkdir("memory", 0755);
	mkdir("bound", 0755);
	CALL(mount, "none", "memory", "tmpfs", 0, "mode=755");
	subject("disk");
	subject("memory");
	across();
	CALL(umount2, "memory", 0);
	return 0;
}
