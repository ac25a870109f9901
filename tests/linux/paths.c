/* SPDX-License-Identifier: MIT */
/* What every call that takes a path says of one that cannot be walked, of a file on a filesystem that cannot be written, of files of others, and of directory numbers that are none. */
#include "check.h"

#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define SIZE_WANTED 0x200 /* STATX_SIZE */

static const char *const no_words[] = {"x", NULL};
static char buffer[4096], tall[300], endless[5000];
static int notify, there;

/* Calls that look for a file. */
static void look(const char *path)
{
	CALL(chdir, path);
	CALL(chroot, path);
	CALL(faccessat, AT_FDCWD, path, F_OK);
	CALL(faccessat2, AT_FDCWD, path, F_OK, 0);
	CALL(newfstatat, AT_FDCWD, path, buffer, 0);
	CALL(statx, AT_FDCWD, path, 0, SIZE_WANTED, buffer);
	CALL(statfs, path, buffer);
	CALL(readlink, path, buffer, sizeof(buffer));
	CALL(readlinkat, AT_FDCWD, path, buffer, sizeof(buffer));
	CALL(openat, AT_FDCWD, path, O_RDONLY);
	CALL(inotify_add_watch, notify, path, IN_OPEN);
	CALL(execve, path, no_words, NULL);
	CALL(execveat, AT_FDCWD, path, no_words, NULL, 0);
}

/* Calls that change one that is there. */
static void change(const char *path)
{
	CALL(chmod, path, 0644);
	CALL(fchmodat, AT_FDCWD, path, 0644);
	CALL(chown, path, 1000, 1000);
	CALL(lchown, path, 1000, 1000);
	CALL(fchownat, AT_FDCWD, path, 1000, 1000, 0);
	CALL(truncate, path, 0);
	CALL(utime, path, NULL);
	CALL(utimes, path, NULL);
	CALL(futimesat, AT_FDCWD, path, NULL);
	CALL(utimensat, AT_FDCWD, path, NULL, 0);
	CALL(utime, path, buffer);
	CALL(utimes, path, buffer);
	CALL(utimensat, AT_FDCWD, path, buffer, 0);
}

/* Calls that take a name away. */
static void take(const char *path)
{
	CALL(unlink, path);
	CALL(unlinkat, AT_FDCWD, path, 0);
	CALL(rmdir, path);
	CALL(unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
	CALL(rename, path, "other");
	CALL(renameat, AT_FDCWD, path, AT_FDCWD, "other");
	CALL(renameat2, AT_FDCWD, path, AT_FDCWD, "other", 0);
	CALL(link, path, "other");
	CALL(linkat, AT_FDCWD, path, AT_FDCWD, "other", 0);
}

/* Calls that make a name. */
static void make(const char *path)
{
	CALL(creat, path, 0644);
	CALL(openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0644);
	CALL(mkdir, path, 0755);
	CALL(mkdirat, AT_FDCWD, path, 0755);
	CALL(mknod, path, S_IFIFO | 0600, 0);
	CALL(mknodat, AT_FDCWD, path, S_IFIFO | 0600, 0);
	CALL(symlink, "x", path);
	CALL(symlinkat, "x", AT_FDCWD, path);
	CALL(rename, "here", path);
	CALL(renameat, AT_FDCWD, "here", AT_FDCWD, path);
	CALL(renameat2, AT_FDCWD, "here", AT_FDCWD, path, 0);
	CALL(link, "here", path);
	CALL(linkat, AT_FDCWD, "here", AT_FDCWD, path, 0);
}

static void all(const char *what, const char *path)
{
	SHOW("of", "%s", what);
	look(path);
	change(path);
	take(path);
	make(path);
}

static void mounting(const char *path)
{
	CALL(mount, "none", path, "tmpfs", 0, NULL);
	CALL(umount2, path, 0);
}

/* A path that leads nowhere. */
static void walks(void)
{
	memset(tall, 'n', sizeof(tall) - 1);
	memset(endless, '/', sizeof(endless) - 1);
	all("a file that is not there", "absent/file");
	all("a file that is no directory", "here/file");
	all("a link that leads to itself", "round/file");
	all("a name that is too long", tall);
	all("a path that is too long", endless);
	mounting("absent/file");
	mounting("here/file");
	mounting("round/file");
	mounting(tall);
	mounting(endless);
	CHILD("may not search", {
		check_become(1000);
		all("a directory that may not be searched", "closed/file");
		mounting("closed/file");
	});
	CALL(symlink, endless, "other");
	CALL(symlinkat, endless, AT_FDCWD, "other");
	CALL(symlink, "", "other");
	CALL(execve, "here/", no_words, NULL);
	CALL(execveat, AT_FDCWD, "round", no_words, NULL, AT_SYMLINK_NOFOLLOW);
}

/* Directory numbers that are none, and flags that are none. */
static void starts(int start)
{
	CALL(faccessat, start, "x", F_OK);
	CALL(faccessat2, start, "x", F_OK, 0);
	CALL(newfstatat, start, "x", buffer, 0);
	CALL(statx, start, "x", 0, SIZE_WANTED, buffer);
	CALL(readlinkat, start, "x", buffer, sizeof(buffer));
	CALL(openat, start, "x", O_RDONLY);
	CALL(execveat, start, "x", no_words, NULL, 0);
	CALL(fchmodat, start, "x", 0644);
	CALL(fchownat, start, "x", 1000, 1000, 0);
	CALL(futimesat, start, "x", NULL);
	CALL(utimensat, start, "x", NULL, 0);
	CALL(unlinkat, start, "x", 0);
	CALL(renameat, start, "x", AT_FDCWD, "other");
	CALL(renameat, AT_FDCWD, "here", start, "other");
	CALL(renameat2, start, "x", AT_FDCWD, "other", 0);
	CALL(linkat, start, "x", AT_FDCWD, "other", 0);
	CALL(linkat, AT_FDCWD, "here", start, "other", 0);
	CALL(mkdirat, start, "x", 0755);
	CALL(mknodat, start, "x", S_IFIFO | 0600, 0);
	CALL(symlinkat, "x", start, "x");
}

static void flags(void)
{
	CALL(chroot, BAD_ADDRESS);
	CALL(faccessat, AT_FDCWD, "here", 8);
	CALL(faccessat2, AT_FDCWD, "here", 0, 0x80000);
	CALL(newfstatat, AT_FDCWD, "here", buffer, 0x80000);
	CALL(statx, AT_FDCWD, "here", 0x80000, SIZE_WANTED, buffer);
	CALL(statx, AT_FDCWD, "here", 0, 0x80000000u, buffer);
	CALL(fchownat, AT_FDCWD, "here", 0, 0, 0x80000);
	CALL(utimensat, AT_FDCWD, "here", NULL, 0x80000);
	CALL(unlinkat, AT_FDCWD, "here", 0x80000);
	CALL(linkat, AT_FDCWD, "here", AT_FDCWD, "other", 0x80000);
	CALL(renameat2, AT_FDCWD, "here", AT_FDCWD, "other", 0x80);
	CALL(renameat2, AT_FDCWD, "here", AT_FDCWD, "other", 3);
	CALL(readlink, "here", buffer, 0);
	CALL(readlinkat, AT_FDCWD, "here", buffer, 0);
	CALL(readlinkat, AT_FDCWD, "here", buffer, 1);
	CALL(mknod, "other", S_IFDIR | 0755, 0);
	CALL(mknodat, AT_FDCWD, "other", S_IFDIR | 0755, 0);
	CALL(mknod, "other", S_IFLNK | 0755, 0);
	CALL(mknodat, AT_FDCWD, "other", 0170000, 0);
	CALL(unlinkat, AT_FDCWD, "closed/.", AT_REMOVEDIR);
	CALL(unlinkat, AT_FDCWD, "closed/..", AT_REMOVEDIR);
	CALL(rmdir, "closed/.");
	CALL(rmdir, "closed/..");
	CALL(utimensat, there, NULL, (&(struct timespec[2]){{0, 1000000000}, {0, 0}}), 0);
	CALL(execveat, AT_FDCWD, "here", no_words, NULL, 0x80000);
}

/* Names that are there, of the wrong kind, or full. */
static void kinds(void)
{
	mkdir("full", 0755);
	check_file("full/file", "x");
	mkdir("empty", 0755);
	make("here");
	make("empty");
	CALL(rename, "empty", "full");
	CALL(renameat, AT_FDCWD, "empty", AT_FDCWD, "full");
	CALL(renameat2, AT_FDCWD, "empty", AT_FDCWD, "full", 0);
	CALL(renameat2, AT_FDCWD, "empty", AT_FDCWD, "full", 1);
	CALL(rename, "empty", "here");
	CALL(renameat, AT_FDCWD, "empty", AT_FDCWD, "here");
	CALL(renameat2, AT_FDCWD, "empty", AT_FDCWD, "here", 0);
	CALL(rename, "full", "full/inside");
	CALL(renameat, AT_FDCWD, "full", AT_FDCWD, "full/inside");
	CALL(renameat2, AT_FDCWD, "full", AT_FDCWD, "full/inside", 0);
	CALL(rename, "empty/.", "other");
	CALL(renameat, AT_FDCWD, "empty/.", AT_FDCWD, "other");
	CALL(renameat2, AT_FDCWD, "empty/.", AT_FDCWD, "other", 0);
	CALL(rename, "here", "/proc/here");
	CALL(renameat, AT_FDCWD, "here", AT_FDCWD, "/proc/here");
	CALL(renameat2, AT_FDCWD, "here", AT_FDCWD, "/proc/here", 0);
	CALL(link, "/proc/version", "other");
	CALL(linkat, AT_FDCWD, "/proc/version", AT_FDCWD, "other", 0);
	CALL(rmdir, "full");
	CALL(unlinkat, AT_FDCWD, "full", AT_REMOVEDIR);
	CALL(rmdir, "here");
	CALL(unlinkat, AT_FDCWD, "here", AT_REMOVEDIR);
	CALL(unlink, "full");
	CALL(unlinkat, AT_FDCWD, "full", 0);
	CALL(link, "full", "other");
	CALL(linkat, AT_FDCWD, "full", AT_FDCWD, "other", 0);
	CALL(truncate, "full", 0);
	CALL(creat, "full", 0644);
	CALL(openat, AT_FDCWD, "full", O_WRONLY);
	CALL(readlinkat, AT_FDCWD, "here", buffer, 10);
}

/* As another user: files of root in a directory that anybody may write, and in one whose files are their owners' (S_ISVTX). */
static void of_others(const char *directory, mode_t mode)
{
	mkdir(directory, 0777);
	chmod(directory, mode);
	(void)!chdir(directory);
	check_file("file", "x");
	check_file("mine", "x");
	mkdir("folder", 0755);
	(void)!chown("mine", 1000, 1000);
	CHILD("another user", {
		check_become(1000);
		change("file");
		CALL(utimensat, AT_FDCWD, "file", (&(struct timespec[2]){{1, 0}, {1, 0}}), 0);
		CALL(lchown, "mine", 0, 0);
		CALL(fchownat, AT_FDCWD, "mine", 0, 0, 0);
		CALL(mknod, "device", S_IFCHR | 0600, 0x103);
		CALL(mknodat, AT_FDCWD, "device", S_IFCHR | 0600, 0x103);
		CALL(chroot, ".");
		CALL(openat, AT_FDCWD, "file", O_RDONLY | O_NOATIME);
		CALL(openat, AT_FDCWD, "file", O_WRONLY);
		CALL(creat, "file", 0644);
		take("file");
		take("folder");
		check_file("own", "x");
		CALL(rename, "own", "folder/own");
		CALL(renameat, AT_FDCWD, "own", AT_FDCWD, "folder/own");
		CALL(renameat2, AT_FDCWD, "own", AT_FDCWD, "folder/own", 0);
		make("folder/own");
	});
	(void)!chdir("..");
}

/* A filesystem that cannot be written. */
static void read_only(void)
{
	int file;

	mkdir("readonly", 0755);
	(void)!mount("none", "readonly", "tmpfs", 0, NULL);
	check_file("readonly/file", "x");
	mkdir("readonly/folder", 0755);
	CALL(mount, NULL, "readonly", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	change("readonly/file");
	take("readonly/file");
	take("readonly/folder");
	make("readonly/new");
	CALL(faccessat, AT_FDCWD, "readonly/file", W_OK);
	CALL(faccessat2, AT_FDCWD, "readonly/file", W_OK, 0);
	CALL(openat, AT_FDCWD, "readonly/file", O_WRONLY);
	CALL(creat, "readonly/file", 0644);
	CALL(rename, "readonly/file", "readonly/new");
	CALL(renameat, AT_FDCWD, "readonly/file", AT_FDCWD, "readonly/new");
	CALL(renameat2, AT_FDCWD, "readonly/file", AT_FDCWD, "readonly/new", 0);
	CALL(rmdir, "readonly");
	CALL(unlinkat, AT_FDCWD, "readonly", AT_REMOVEDIR);
	CALL(rename, "readonly", "other");
	CALL(renameat, AT_FDCWD, "readonly", AT_FDCWD, "other");
	CALL(renameat2, AT_FDCWD, "readonly", AT_FDCWD, "other", 0);
	file = open("readonly/file", O_RDONLY);
	CALL(fchmod, file, 0644);
	CALL(fchown, file, 0, 0);
	close(file);
	CALL(mount, "none", "readonly", "tmpfs", 0, "mode=x");
	CALL(umount2, "readonly", 0);
}

/* Open files: what may not be changed through them, and what is none. */
static void open_files(void)
{
	int file = open("here", O_RDONLY), directory = open("closed", O_RDONLY), path = open("here", O_PATH), gone;

	CHILD("another user", {
		check_become(1000);
		CALL(fchmod, file, 0644);
		CALL(fchown, file, 1000, 1000);
		CALL(fchdir, directory);
	});
	CALL(fchdir, file);
	CALL(fchmod, path, 0644);
	CALL(ftruncate, file, 0);
	CALL(ftruncate, directory, 0);
	CALL(fdatasync, 99);
	CALL(fdatasync, path);
	CALL(fsync, path);
	CALL(syncfs, path);
	CALL(fstatfs, 99, buffer);
	CALL(fstatfs, file, BAD_ADDRESS);
	CALL(getdents, 99, buffer, sizeof(buffer));
	CALL(getdents, file, buffer, sizeof(buffer));
	CALL(getdents, directory, buffer, 1);
	CALL(getdents64, directory, buffer, 1);
	mkdir("gone", 0755);
	gone = open("gone", O_RDONLY);
	rmdir("gone");
	CALL(getdents, gone, buffer, sizeof(buffer));
	CALL(getdents64, gone, buffer, sizeof(buffer));
	CHILD("a directory that is not there any more", {
		(void)!fchdir(gone);
		CALL(getcwd, buffer, sizeof(buffer));
		CALL(openat, AT_FDCWD, "x", O_CREAT | O_WRONLY, 0600);
		CALL(mkdir, "x", 0755);
	});
	CALL(getcwd, buffer, 0);
	close(file);
	close(directory);
	close(path);
	close(gone);
}

static void limits(void)
{
	int pair[2];

	CHILD("numbers are used up", {
		setrlimit(RLIMIT_NOFILE, (&(struct rlimit){3, 3}));
		CALL(creat, "here", 0644);
		CALL(openat, AT_FDCWD, "here", O_RDONLY);
		CALL(epoll_create, 1);
		CALL(eventfd, 0);
		CALL(inotify_init, 0);
		CALL(signalfd, -1, buffer, 8);
		CALL(pipe2, pair, 0);
	});
	CALL(openat, AT_FDCWD, "fifo", O_WRONLY | O_NONBLOCK);
	CALL(creat, "/dev/null/x", 0644);
	CALL(openat, AT_FDCWD, "device", O_RDONLY);
	CALL(openat, AT_FDCWD, "here", O_RDONLY | O_DIRECTORY);
	CALL(openat, AT_FDCWD, "here", O_CREAT | O_EXCL | O_RDONLY, 0600);
	CALL(openat, AT_FDCWD, "round", O_RDONLY | O_NOFOLLOW);
}

int main(void)
{
	umask(022);
	chmod(".", 0755);
	check_file("here", "x");
	mkdir("closed", 0700);
	check_file("closed/file", "x");
	(void)!symlink("round", "round");
	mkfifo("fifo", 0600);
	mknod("device", S_IFCHR | 0600, 0xfff00);
	notify = inotify_init();
	there = open("here", O_RDONLY);
	walks();
	SHOW("starts", "%s", "a number that is none");
	starts(99);
	SHOW("starts", "%s", "a number of a file");
	starts(there);
	flags();
	kinds();
	of_others("anybody", 0777);
	of_others("sticky", 01777);
	read_only();
	open_files();
	limits();
	return 0;
}
