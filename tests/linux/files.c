/* SPDX-License-Identifier: MIT */
/* Files by their names and numbers: open, read, write, close, stat and its relatives, lseek, pread, pwrite, readv, writev, access, dup, sendfile, truncation, links, renames, directories. */
#include "check.h"

#include <dirent.h>
#include <sys/sendfile.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "abi/linux/constants.h"
#include "abi/linux/structures.h" /* musl has no struct statx */

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif
#ifndef STATX_BASIC_STATS
#define STATX_BASIC_STATS 0x7ff
#endif

static char name_too_long[300], path_too_long[5000];

/* A link that is open itself. */
static void link_opened(void)
{
	int link = open("link", O_PATH | O_NOFOLLOW);
	struct stat status;
	char target[8] = "";

	CALL(readlinkat, link, "", target, sizeof(target));
	SHOW("leads to", "%s", target);
	CALL(readlinkat, link, "x", target, sizeof(target));
	CALL(openat, link, "x", O_RDONLY);
	CALL(openat, link, "..", O_RDONLY);
	CALL(fchdir, link);
	CALL(newfstatat, link, "", &status, AT_EMPTY_PATH);
	SHOW("is one", "%d", S_ISLNK(status.st_mode));
	CALL(fchownat, link, "", 3, 4, AT_EMPTY_PATH);
	CALL(newfstatat, link, "", &status, AT_EMPTY_PATH);
	SHOW("belongs to", "%u %u", status.st_uid, status.st_gid);
	close(link);
}

static void opening(void)
{
	CALL(open, "absent", O_RDONLY);
	CALL(open, "", O_RDONLY);
	CALL(open, NULL, O_RDONLY);
	CALL(open, BAD_ADDRESS, O_RDONLY);
	CALL(open, KERNEL_ADDRESS, O_RDONLY);
	CALL(open, ODD_ADDRESS, O_RDONLY);
	CALL(open, name_too_long, O_RDONLY);
	CALL(open, path_too_long, O_RDONLY);
	CALL(open, "new", O_WRONLY | O_CREAT, 0640);
	CALL(open, "new", O_WRONLY | O_CREAT | O_EXCL, 0640);
	CALL(open, "new/below", O_RDONLY);
	CALL(open, "new/", O_RDONLY);
	CALL(open, ".", O_WRONLY);
	CALL(open, ".", O_RDWR);
	CALL(open, ".", O_RDONLY | O_CREAT, 0644);
	CALL(open, "new", O_RDONLY | O_DIRECTORY);
	CALL(open, "absent/new", O_WRONLY | O_CREAT, 0644);
	CALL(symlink, "new", "link");
	CALL(symlink, "loop", "loop");
	CALL(symlink, "nowhere", "dangling");
	CALL(open, "link", O_RDONLY | O_NOFOLLOW);
	CALL(open, "loop", O_RDONLY);
	CALL(open, "dangling", O_RDONLY);
	CALL(open, "dangling", O_WRONLY | O_CREAT | O_EXCL, 0644);
	CALL(open, "link", O_PATH | O_NOFOLLOW);
	link_opened();
	CALL(open, "new", O_RDONLY | O_TRUNC);
	CALL(open, ".", O_TMPFILE | O_RDONLY, 0600);
	CALL(open, "new", O_RDONLY | O_NOATIME);
	CALL(open, "new", O_RDWR | O_APPEND | O_SYNC | O_NONBLOCK);
	CALL(openat, AT_FDCWD, "new", O_RDONLY);
	CALL(openat, 99, "new", O_RDONLY);
	CALL(openat, 99, "/", O_RDONLY);
	CALL(openat, 3, "new", O_RDONLY);
	CALL(creat, "created", 0600);
	CALL(creat, ".", 0600);
	for (int i = 3; i < 20; i++)
		close(i);
}

static void closing(void)
{
	int file = open("new", O_RDONLY);

	SHOW("lowest number", "%d", file);
	CALL(close, 3);
	CALL(close, 3);
	CALL(close, -1);
	CALL(close, 100000);
}

static void reading(void)
{
	char buffer[16] = "", *border = check_border();
	int file, blind, directory;

	check_file("text", "0123456789");
	file = open("text", O_RDONLY);
	blind = open("text", O_WRONLY);
	directory = open(".", O_RDONLY | O_DIRECTORY);
	CALL(read, file, buffer, 4);
	check_bytes("read", buffer, 4);
	CALL(read, file, buffer, 16);
	CALL(read, file, buffer, 16);
	CALL(read, file, buffer, 0);
	CALL(read, file, NULL, 0);
	CALL(lseek, file, 0, SEEK_SET);
	CALL(read, file, NULL, 4);
	CALL(read, file, BAD_ADDRESS, 4);
	CALL(read, file, KERNEL_ADDRESS, 4);
	CALL(read, file, ODD_ADDRESS, 4);
	CALL(read, file, border - 3, 8);
	check_bytes("up to the border", border - 3, 3);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(read, blind, buffer, 4);
	CALL(read, directory, buffer, 4);
	CALL(read, 99, buffer, 4);
	CALL(read, -1, buffer, 4);
	CALL(lseek, file, 0, SEEK_SET);
	CALL(read, file, buffer, -1);
	CALL(pread64, file, buffer, 4, 3);
	check_bytes("pread", buffer, 4);
	CALL(pread64, file, buffer, 4, 10);
	CALL(pread64, file, buffer, 4, 1000);
	CALL(pread64, file, buffer, 4, -1);
	CALL(pread64, file, BAD_ADDRESS, 4, 0);
	CALL(pread64, blind, buffer, 4, 0);
	CALL(pread64, directory, buffer, 4, 0);
	CALL(pread64, 99, buffer, 4, 0);
	close(file);
	close(blind);
	close(directory);
}

static void writing(void)
{
	char *border = check_border();
	int file = open("out", O_RDWR | O_CREAT | O_TRUNC, 0644), blind = open("out", O_RDONLY), end = open("out", O_WRONLY | O_APPEND);
	struct stat status;

	memset(border - 3, 'b', 3);
	CALL(write, file, "abcdef", 6);
	CALL(write, file, "", 0);
	CALL(write, file, NULL, 0);
	CALL(write, file, NULL, 1);
	CALL(write, file, BAD_ADDRESS, 1);
	CALL(write, file, KERNEL_ADDRESS, 1);
	CALL(write, file, border - 3, 8);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(write, blind, "x", 1);
	CALL(write, 99, "x", 1);
	CALL(write, -1, "x", 1);
	CALL(write, end, "end", 3);
	CALL(lseek, end, 0, SEEK_CUR);
	CALL(pwrite64, file, "XY", 2, 1);
	CALL(pwrite64, file, "far", 3, 100);
	CALL(pwrite64, file, "x", 1, -1);
	CALL(pwrite64, blind, "x", 1, 0);
	CALL(pwrite64, file, BAD_ADDRESS, 1, 0);
	CALL(pwrite64, end, "appended", 8, 0);
	fstat(file, &status);
	SHOW("size", "%ld", (long)status.st_size);
	CALL(lseek, file, 0, SEEK_SET);
	{
		char back[200];
		long count = CALL(read, file, back, sizeof(back));

		check_bytes("contents", back, count);
	}
	close(file);
	close(blind);
	close(end);
}

static void seeking(void)
{
	int file = open("text", O_RDWR), holes = open("holes", O_RDWR | O_CREAT, 0644), ends[2];

	CALL(lseek, file, 5, SEEK_SET);
	CALL(lseek, file, 2, SEEK_CUR);
	CALL(lseek, file, -3, SEEK_END);
	CALL(lseek, file, 100, SEEK_END);
	CALL(lseek, file, -1, SEEK_SET);
	CALL(lseek, file, -200, SEEK_CUR);
	CALL(lseek, file, 0x7fffffffffffffff, SEEK_SET);
	CALL(lseek, file, 0, 99);
	CALL(lseek, 99, 0, SEEK_SET);
	CALL(lseek, file, 0, SEEK_DATA);
	CALL(lseek, file, 0, SEEK_HOLE);
	CALL(lseek, file, 10, SEEK_DATA);
	CALL(lseek, file, 11, SEEK_HOLE);
	CALL(pwrite64, holes, "data", 4, 1 << 20);
	CALL(lseek, holes, 0, SEEK_DATA);
	CALL(lseek, holes, 0, SEEK_HOLE);
	CALL(lseek, holes, 1 << 20, SEEK_HOLE);
	if (pipe(ends) == 0)
		CALL(lseek, ends[0], 0, SEEK_SET);
	for (int i = 3; i < 12; i++)
		close(i);
}

static void vectors(void)
{
	char one[4] = "", two[8] = "", *border = check_border();
	struct iovec parts[2] = {{one, 3}, {two, 5}}, bad[2] = {{one, 3}, {BAD_ADDRESS, 5}}, huge[2] = {{one, 0x7fffffffffffffff}, {two, 0x7fffffffffffffff}}, empty[1] = {{NULL, 0}};
	int file = open("text", O_RDWR);

	CALL(readv, file, parts, 2);
	check_bytes("first", one, 3);
	check_bytes("second", two, 5);
	CALL(lseek, file, 0, SEEK_SET);
	CALL(readv, file, bad, 2);
	CALL(readv, file, huge, 2);
	CALL(readv, file, parts, 0);
	CALL(readv, file, parts, -1);
	CALL(readv, file, parts, 1025);
	CALL(readv, file, BAD_ADDRESS, 1);
	CALL(readv, file, border - 8, 1);
	CALL(readv, file, empty, 1);
	CALL(readv, 99, parts, 2);
	CALL(lseek, file, 0, SEEK_SET);
	CALL(writev, file, parts, 2);
	CALL(writev, file, bad, 2);
	CALL(writev, file, parts, 0);
	CALL(writev, file, parts, 1025);
	CALL(writev, file, BAD_ADDRESS, 1);
	CALL(writev, 99, parts, 2);
	CALL(preadv, file, parts, 2, 1, 0);
	CALL(pwritev, file, parts, 1, 2, 0);
	CALL(preadv, file, parts, 2, -1, -1);
	CALL(preadv2, file, parts, 2, -1, -1, 0);
	CALL(preadv2, file, parts, 2, 0, 0, 0x1000);
	close(file);
}

static void status_show(const char *what, const struct stat *status)
{
	SHOW(what, "mode %o links %ld user %u group %u size %ld blocks of %ld", status->st_mode, (long)status->st_nlink, status->st_uid, status->st_gid, (long)(S_ISDIR(status->st_mode) ? 0 : status->st_size),
	     (long)status->st_blksize);
}

static void statuses(void)
{
	struct stat status;
	struct linux_statx wide;

	CALL(stat, "text", &status);
	status_show("text", &status);
	CALL(lstat, "link", &status);
	status_show("link", &status);
	CALL(stat, "link", &status);
	status_show("followed", &status);
	CALL(stat, ".", &status);
	SHOW("directory", "mode %o", status.st_mode);
	CALL(stat, "absent", &status);
	CALL(stat, "", &status);
	CALL(stat, "text/x", &status);
	CALL(stat, "loop", &status);
	CALL(stat, "dangling", &status);
	CALL(lstat, "dangling", &status);
	CALL(stat, name_too_long, &status);
	CALL(stat, path_too_long, &status);
	CALL(stat, NULL, &status);
	CALL(stat, BAD_ADDRESS, &status);
	CALL(stat, "text", NULL);
	CALL(stat, "text", BAD_ADDRESS);
	CALL(stat, "text", KERNEL_ADDRESS);
	CALL(lstat, "text", BAD_ADDRESS);
	CALL(lstat, "absent", &status);
	CALL(fstat, 99, &status);
	CALL(fstat, -1, &status);
	CALL(fstat, 1, BAD_ADDRESS);
	CALL(newfstatat, AT_FDCWD, "text", &status, 0);
	CALL(newfstatat, AT_FDCWD, "", &status, AT_EMPTY_PATH);
	CALL(newfstatat, 1, "", &status, AT_EMPTY_PATH);
	CALL(newfstatat, AT_FDCWD, "text", &status, 0x40000000);
	CALL(newfstatat, 99, "text", &status, 0);
	CALL(statx, AT_FDCWD, "text", 0, STATX_BASIC_STATS, &wide);
	SHOW("statx", "mode %o size %ld links %u", wide.stx_mode, (long)wide.stx_size, wide.stx_nlink);
	CALL(statx, AT_FDCWD, "text", 0x40000000, STATX_BASIC_STATS, &wide);
	CALL(statx, AT_FDCWD, "text", 0, 0x80000000, &wide);
	CALL(statx, AT_FDCWD, "absent", 0, STATX_BASIC_STATS, &wide);
	CALL(statx, AT_FDCWD, "text", 0, STATX_BASIC_STATS, BAD_ADDRESS);
}

static void accesses(void)
{
	CALL(access, "text", F_OK);
	CALL(access, "text", R_OK | W_OK);
	CALL(access, "text", X_OK);
	CALL(access, ".", X_OK);
	CALL(access, "absent", F_OK);
	CALL(access, "text", 8);
	CALL(access, "text", -1);
	CALL(access, "text/x", F_OK);
	CALL(access, "loop", F_OK);
	CALL(access, "dangling", F_OK);
	CALL(access, NULL, F_OK);
	CALL(access, BAD_ADDRESS, F_OK);
	CALL(access, name_too_long, F_OK);
	CALL(access, "", F_OK);
	CALL(faccessat, AT_FDCWD, "text", R_OK);
	CALL(faccessat, 99, "text", R_OK);
	CALL(faccessat2, AT_FDCWD, "text", R_OK, AT_EACCESS);
	CALL(faccessat2, AT_FDCWD, "text", R_OK, 0x40000000);
}

static void duplicates(void)
{
	int file = open("text", O_RDWR);

	CALL(dup, file);
	CALL(dup, 99);
	CALL(dup, -1);
	CALL(dup2, file, 10);
	CALL(dup2, file, file);
	CALL(dup2, 99, 99);
	CALL(dup2, 99, 10);
	CALL(dup2, file, -1);
	CALL(dup2, file, 1 << 30);
	CALL(dup3, file, 11, O_CLOEXEC);
	CALL(fcntl, 11, F_GETFD);
	CALL(fcntl, 10, F_GETFD);
	CALL(dup3, file, file, 0);
	CALL(dup3, file, 12, 1);
	CALL(dup3, 99, 12, 0);
	CALL(fcntl, file, F_DUPFD, 20);
	CALL(fcntl, file, F_DUPFD_CLOEXEC, 20);
	CALL(fcntl, file, F_DUPFD, -1);
	CALL(fcntl, file, F_DUPFD, 1 << 30);
	CALL(fcntl, file, F_GETFL);
	CALL(fcntl, file, F_SETFL, O_APPEND | O_NONBLOCK);
	CALL(fcntl, 10, F_GETFL);
	CALL(fcntl, file, F_SETFD, FD_CLOEXEC);
	CALL(fcntl, file, F_GETFD);
	CALL(fcntl, 99, F_GETFD);
	CALL(fcntl, file, 9999);
	CALL(read, 10, &(char[2]){0}, 2);
	CALL(lseek, file, 0, SEEK_CUR);
	for (int i = 3; i < 25; i++)
		close(i);
}

static void randomness(void)
{
	int file = open("/dev/urandom", O_RDWR), bits = 0, none = -1, other = open("/dev/null", O_RDWR);

	CALL(ioctl, file, LINUX_RNDGETENTCNT, &bits);
	SHOW("some of it", "%d", bits > 0 && bits <= 4096);
	CALL(ioctl, file, LINUX_RNDGETENTCNT, BAD_ADDRESS);
	CALL(ioctl, file, LINUX_RNDADDTOENTCNT, &none);
	CALL(ioctl, file, LINUX_RNDADDTOENTCNT, BAD_ADDRESS);
	CALL(ioctl, file, 0x9999, NULL);
	CALL(ioctl, other, LINUX_RNDGETENTCNT, &bits);
	CHILD("adds without the right to", (void)!setuid(1000); CALL(ioctl, file, LINUX_RNDADDTOENTCNT, &none));
	close(file);
	close(other);
}

static void sending(void)
{
	int from = open("text", O_RDONLY), to = open("sent", O_RDWR | O_CREAT | O_TRUNC, 0644), blind = open("text", O_WRONLY), ends[2];
	off_t offset = 2, negative = -1, *read_only;

	CALL(sendfile, to, from, &offset, 4);
	SHOW("offset", "%ld", (long)offset);
	CALL(sendfile, to, from, NULL, 100);
	CALL(sendfile, to, from, NULL, 100);
	CALL(sendfile, to, from, &negative, 4);
	CALL(sendfile, to, blind, NULL, 4);
	CALL(sendfile, from, to, NULL, 4);
	CALL(sendfile, 99, from, NULL, 4);
	CALL(sendfile, to, 99, NULL, 4);
	CALL(sendfile, to, from, BAD_ADDRESS, 4);
	CALL(sendfile, from, from, NULL, 4);
	CALL(sendfile, to, to, NULL, 4);
	CALL(lseek, to, 1, SEEK_SET);
	CALL(sendfile, to, to, NULL, 2);
	CALL(lseek, to, 0, SEEK_CUR);
	offset = 0;
	CALL(sendfile, to, to, &offset, 2);
	SHOW("offset", "%ld", (long)offset);
	CALL(lseek, to, 0, SEEK_END);
	CALL(sendfile, 99, 99, BAD_ADDRESS, 4);
	read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CALL(sendfile, to, from, read_only, 4);
	CALL(sendfile, to, from, read_only, 0);
	CALL(sendfile, 99, from, read_only, 4);
	CALL(lseek, to, 0, SEEK_CUR);
	munmap(read_only, 4096);
	if (pipe(ends) == 0) {
		CALL(sendfile, to, ends[0], NULL, 4);
		offset = 0;
		CALL(sendfile, ends[1], from, &offset, 4);
	}
	for (int i = 3; i < 12; i++)
		close(i);
}

static void copying(void)
{
	int file = open("copied", O_RDWR | O_CREAT | O_TRUNC, 0644), other = open("other", O_RDWR | O_CREAT | O_TRUNC, 0644), blind = open("copied", O_WRONLY), more = open("other", O_WRONLY | O_APPEND), ends[2];
	off_t start = 0, behind = 100, overlapping = 2, negative = -1;

	(void)!write(file, "0123456789", 10);
	CALL(copy_file_range, file, NULL, file, NULL, 5, 0);
	CALL(copy_file_range, file, &start, file, NULL, 4, 0);
	SHOW("offset", "%ld", (long)start);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(lseek, file, 0, SEEK_SET);
	CALL(copy_file_range, file, NULL, file, NULL, 5, 0);
	CALL(copy_file_range, file, &overlapping, file, NULL, 5, 0);
	CALL(copy_file_range, file, &behind, other, NULL, 5, 0);
	CALL(copy_file_range, file, NULL, other, NULL, 100, 0);
	CALL(copy_file_range, file, NULL, other, NULL, 100, 0);
	CALL(copy_file_range, file, &negative, other, NULL, 5, 0);
	CALL(copy_file_range, file, BAD_ADDRESS, other, NULL, 5, 0);
	CALL(copy_file_range, file, NULL, other, NULL, 5, 1);
	CALL(copy_file_range, 99, NULL, other, NULL, 5, 0);
	CALL(copy_file_range, file, NULL, 99, NULL, 5, 0);
	CALL(copy_file_range, blind, NULL, other, NULL, 5, 0);
	CALL(copy_file_range, file, NULL, more, NULL, 5, 0);
	if (pipe(ends) == 0) {
		CALL(copy_file_range, file, &start, ends[1], NULL, 5, 0);
		CALL(copy_file_range, ends[0], NULL, file, &start, 5, 0);
	}
	for (int i = 3; i < 12; i++)
		close(i);
}

static void names(void)
{
	char text[16] = "";

	CALL(mkdir, "dir", 0755);
	CALL(mkdir, "dir", 0755);
	CALL(mkdir, "absent/dir", 0755);
	CALL(mkdir, "text/dir", 0755);
	CALL(mkdir, "", 0755);
	CALL(mkdir, BAD_ADDRESS, 0755);
	CALL(mkdir, name_too_long, 0755);
	CALL(mkdir, "dir/.", 0755);
	CALL(link, "text", "text2");
	CALL(link, "text", "text2");
	CALL(link, "absent", "x");
	CALL(link, "dir", "x");
	CALL(link, "text", "absent/x");
	CALL(link, BAD_ADDRESS, "x");
	CALL(symlink, "a", "text");
	CALL(symlink, "", "x");
	CALL(symlink, path_too_long, "x");
	CALL(readlink, "link", text, sizeof(text));
	check_bytes("link leads to", text, 3);
	CALL(readlink, "link", text, 2);
	CALL(readlink, "text", text, sizeof(text));
	CALL(readlink, "absent", text, sizeof(text));
	CALL(readlink, "link", text, 0);
	CALL(readlink, "link", text, -1);
	CALL(readlink, "link", BAD_ADDRESS, 4);
	CALL(rename, "text2", "text3");
	CALL(rename, "absent", "x");
	CALL(rename, "dir", "text3");
	CALL(rename, "text3", "dir");
	CALL(rename, "dir", "dir/sub");
	CALL(rename, "text", "text3");
	CALL(rename, ".", "x");
	CALL(renameat2, AT_FDCWD, "text", AT_FDCWD, "text3", RENAME_NOREPLACE);
	CALL(renameat2, AT_FDCWD, "text", AT_FDCWD, "dir", RENAME_EXCHANGE);
	CALL(renameat2, AT_FDCWD, "dir", AT_FDCWD, "text", RENAME_EXCHANGE);
	CALL(renameat2, AT_FDCWD, "text", AT_FDCWD, "x", 0x40000000);
	CALL(renameat2, AT_FDCWD, "text", AT_FDCWD, "absent", RENAME_EXCHANGE);
	CALL(unlink, "text3");
	CALL(unlink, "text3");
	CALL(unlink, "dir");
	CALL(unlink, "text/x");
	CALL(unlink, "");
	CALL(unlink, BAD_ADDRESS);
	CALL(mkdir, "dir/sub", 0755);
	CALL(rmdir, "dir");
	CALL(rmdir, "dir/sub");
	CALL(rmdir, "dir/.");
	CALL(rmdir, "text");
	CALL(rmdir, "absent");
	CALL(rmdir, "/");
	CALL(rmdir, "dir");
	CALL(unlinkat, AT_FDCWD, "absent", AT_REMOVEDIR);
	CALL(unlinkat, AT_FDCWD, "text", 0x40000000);
	CALL(mknod, "fifo", S_IFIFO | 0600, 0);
	CALL(mknod, "fifo", S_IFIFO | 0600, 0);
	CALL(mknod, "odd", S_IFDIR | 0600, 0);
	CALL(mknod, "plain", S_IFREG | 0600, 0);
}

static void sizes(void)
{
	int file = open("text", O_RDWR), blind = open("text", O_RDONLY);
	struct stat status;

	CALL(ftruncate, file, 5);
	CALL(ftruncate, file, 4096);
	CALL(fstat, file, &status);
	SHOW("size", "%ld", (long)status.st_size);
	CALL(ftruncate, file, -1);
	CALL(ftruncate, blind, 1);
	CALL(ftruncate, 99, 1);
	CALL(truncate, "text", 3);
	CALL(truncate, "text", -1);
	CALL(truncate, ".", 1);
	CALL(truncate, "absent", 1);
	CALL(truncate, BAD_ADDRESS, 1);
	CALL(truncate, "text/x", 1);
	CALL(fallocate, file, 0, 0, 0);
	CALL(fallocate, file, 0, -1, 10);
	CALL(fallocate, blind, 0, 0, 10);
	CALL(fallocate, 99, 0, 0, 10);
	CALL(fsync, file);
	CALL(fdatasync, file);
	CALL(fsync, 99);
	close(file);
	close(blind);
}

static void permissions(void)
{
	struct stat status;
	int file;

	umask(0);
	CALL(umask, 027);
	CALL(umask, 0777777);
	CALL(umask, 022);
	CALL(chmod, "text", 0);
	CALL(access, "text", R_OK | W_OK);
	CALL(chmod, "text", 0107777);
	CALL(stat, "text", &status);
	SHOW("mode", "%o", status.st_mode);
	CALL(chmod, "absent", 0644);
	CALL(chmod, BAD_ADDRESS, 0644);
	CALL(fchmod, 99, 0644);
	CALL(chown, "text", 1000, 1000);
	CALL(stat, "text", &status);
	SHOW("mode after chown", "%o of %u:%u", status.st_mode, status.st_uid, status.st_gid);
	CALL(chown, "text", -1, 5);
	CALL(chown, "text", -1, -1);
	CALL(chmod, "text", 06755);
	file = open("text", O_RDONLY);
	CHILD("changes nothing of another's file", check_become(2000); CALL(fchown, file, -1, -1));
	CALL(fchown, file, -1, -1);
	CALL(stat, "text", &status);
	SHOW("neither changed", "%o of %u:%u", status.st_mode, status.st_uid, status.st_gid);
	CHILD("changes nothing of another's plain file", check_become(2000); CALL(fchown, file, -1, -1));
	close(file);
	CALL(lchown, "dangling", 7, 7);
	CALL(chown, "dangling", 7, 7);
	CALL(chown, "absent", 1, 1);
	CALL(fchown, 99, 1, 1);
	CALL(chmod, "text", 0600);
	CALL(chmod, ".", 0755);
	check_file("rootonly", "x");
	CALL(chmod, "rootonly", 0600);
	CHILD("as a plain user", {
		check_become(2000);
		CALL(open, "rootonly", O_RDONLY);
		CALL(open, "text", O_RDONLY);
		CALL(open, "mine", O_WRONLY | O_CREAT, 0644);
		CALL(access, "rootonly", F_OK);
		CALL(access, "rootonly", R_OK);
		CALL(chmod, "rootonly", 0666);
		CALL(chown, "rootonly", 2000, 2000);
		CALL(unlink, "rootonly");
		CALL(rename, "rootonly", "x");
		CALL(mkdir, "x", 0755);
		CALL(link, "rootonly", "x");
		CALL(truncate, "rootonly", 0);
		CALL(mknod, "x", S_IFCHR | 0600, 259);
		CALL(chroot, ".");
		CALL(utimensat, AT_FDCWD, "rootonly", NULL, 0);
	});
}

static void times(void)
{
	struct timespec stamps[2] = {{100, 5}, {200, 7}}, omit[2] = {{0, UTIME_OMIT}, {300, 0}}, bad[2] = {{0, 1000000000}, {0, 0}};
	struct stat status;

	CALL(utimensat, AT_FDCWD, "text", stamps, 0);
	CALL(stat, "text", &status);
	SHOW("times", "%ld %ld", (long)status.st_atime, (long)status.st_mtime);
	CALL(utimensat, AT_FDCWD, "text", omit, 0);
	CALL(stat, "text", &status);
	SHOW("times", "%ld %ld", (long)status.st_atime, (long)status.st_mtime);
	CALL(utimensat, AT_FDCWD, "text", bad, 0);
	CALL(utimensat, AT_FDCWD, "absent", stamps, 0);
	CALL(utimensat, AT_FDCWD, "text", BAD_ADDRESS, 0);
	CALL(utimensat, AT_FDCWD, "text", stamps, 0x40000000);
	CALL(utimensat, 99, NULL, stamps, 0);
	CALL(utimensat, AT_FDCWD, "dangling", stamps, AT_SYMLINK_NOFOLLOW);
}

struct record {
	uint64_t inode;
	int64_t offset;
	unsigned short bytes;
	unsigned char type;
	char name[];
};

static int by_name(const void *one, const void *two)
{
	return strcmp(one, two);
}

static void directories(void)
{
	char buffer[4096], found[64][64];
	int directory, count = 0;
	long bytes;

	CALL(mkdir, "list", 0755);
	for (int i = 0; i < 5; i++) {
		char path[32];

		snprintf(path, sizeof(path), "list/name%d", i);
		check_file(path, "");
	}
	CALL(symlink, "x", "list/a-link");
	CALL(mkdir, "list/sub", 0755);
	directory = open("list", O_RDONLY | O_DIRECTORY);
	while ((bytes = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < bytes; at += ((struct record *)(buffer + at))->bytes) {
			struct record *record = (struct record *)(buffer + at);

			snprintf(found[count++], sizeof(found[0]), "%.48s type %d", record->name, record->type);
		}
	qsort(found, (size_t)count, sizeof(found[0]), by_name);
	for (int i = 0; i < count; i++)
		SHOW("entry", "%s", found[i]);
	CALL(getdents64, directory, buffer, sizeof(buffer));
	CALL(lseek, directory, 0, SEEK_SET);
	CALL(getdents64, directory, buffer, 8);
	CALL(getdents64, directory, BAD_ADDRESS, 4096);
	CALL(getdents64, 99, buffer, sizeof(buffer));
	CALL(getdents64, 0, buffer, sizeof(buffer));
	CALL(chdir, "list");
	CALL(chdir, "name0");
	CALL(chdir, "absent");
	CALL(chdir, BAD_ADDRESS);
	CALL(fchdir, 99);
	CALL(getcwd, buffer, 2);
	CALL(getcwd, BAD_ADDRESS, 4096);
	CALL(chdir, "..");
	CALL(rmdir, "list");
	CALL(mkdir, "gone", 0755);
	CALL(chdir, "gone");
	CALL(rmdir, "../gone");
	CALL(getcwd, buffer, sizeof(buffer));
	CALL(open, "x", O_WRONLY | O_CREAT, 0644);
	CALL(open, ".", O_RDONLY);
	CALL(chdir, "/");
}

int main(void)
{
	memset(name_too_long, 'n', sizeof(name_too_long) - 1);
	memset(path_too_long, 'p', sizeof(path_too_long) - 1);
	for (size_t i = 100; i < sizeof(path_too_long); i += 100)
		path_too_long[i] = '/';
	path_too_long[sizeof(path_too_long) - 1] = 0;
	opening();
	closing();
	reading();
	writing();
	seeking();
	vectors();
	statuses();
	accesses();
	duplicates();
	sending();
	randomness();
	copying();
	names();
	sizes();
	permissions();
	times();
	directories();
	return 0;
}
