/* SPDX-License-Identifier: MIT */
/* Samples of calls that tell or change what a file or filesystem is like. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

#include "calls.h"

static void stat_samples(void)
{
	static const mode_t modes[] = {S_IFREG | 0644, S_IFDIR | 01777, S_IFCHR | 0620, S_IFBLK | 0660, S_IFIFO | 0600, S_IFLNK | 0777, S_IFSOCK | 0755, S_IFREG | 06755, 0644, 0130000};
	struct stat stat = {.st_size = 12345, .st_rdev = makedev(136, 1)};
	struct statx statx = {.stx_mask = STATX_BASIC_STATS | STATX_BTIME, .stx_mode = S_IFREG | 0600, .stx_size = 99, .stx_attributes = STATX_ATTR_APPEND};

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		stat.st_mode = modes[i];
		CALL(0, stat, "/etc/passwd", &stat);
	}
	CALL(-ENOENT, stat, "none", &stat);
	CALL(0, fstat, 1, &stat);
	CALL(-EFAULT, fstat, 1, NULL);
	CALL(0, fstat, 1, NOWHERE);
	CALL(0, lstat, "x", &stat);
	CALL(0, newfstatat, AT_FDCWD, "", &stat, AT_EMPTY_PATH);
	CALL(0, newfstatat, AT_FDCWD, "x", &stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
	CALL(0, newfstatat, AT_FDCWD, "x", &stat, 0);
	CALL(-EINVAL, newfstatat, AT_FDCWD, "x", &stat, 0x40);
	CALL(0, statx, AT_FDCWD, "x", AT_STATX_SYNC_AS_STAT, STATX_ALL, &statx);
	CALL(0, statx, AT_FDCWD, "x", AT_STATX_DONT_SYNC | AT_EMPTY_PATH, STATX_BASIC_STATS, &statx);
	CALL(0, statx, AT_FDCWD, "x", AT_STATX_FORCE_SYNC, STATX_MODE | STATX_SIZE, &statx);
	CALL(-EINVAL, statx, AT_FDCWD, "x", AT_STATX_SYNC_TYPE, 0, &statx);
	statx.stx_mask = STATX_TYPE;
	CALL(0, statx, AT_FDCWD, "x", 0, 0x80000000, &statx);
	statx.stx_mask = 0;
	CALL(0, statx, AT_FDCWD, "x", 0, 0, &statx);
}

static void filesystem_samples(void)
{
	struct statfs statfs = {.f_type = EXT2_SUPER_MAGIC, .f_bsize = 4096, .f_blocks = 1000, .f_bfree = 500, .f_bavail = 400, .f_files = 100, .f_ffree = 50, .f_fsid = {{0x12, 0x34}}, .f_namelen = 255, .f_frsize = 4096, .f_flags = 0x20 | 2};

	CALL(0, statfs, "/", &statfs);
	statfs.f_type = TMPFS_MAGIC;
	statfs.f_flags = 0;
	CALL(0, fstatfs, 3, &statfs);
	statfs.f_type = 0x12345;
	CALL(0, fstatfs, 3, &statfs);
	CALL(-ENOSYS, fstatfs, 3, &statfs);
	CALL(0, ustat, makedev(8, 1), NOWHERE);
}

static void time_change_samples(void)
{
	struct utimbuf seconds = {1700000000, 0};
	struct timeval values[2] = {{1700000000, 123456}, {0, 0}};
	struct timespec times[2] = {{1700000000, 5}, {-1, 999999999}}, special[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}}, odd[2] = {{951782400, 0}, {253402300800, 2000000000}};

	CALL(0, utime, "f", &seconds);
	CALL(0, utime, "f", NULL);
	CALL(0, utimes, "f", values);
	CALL(0, utimes, "f", NULL);
	CALL(0, utimes, "f", NOWHERE);
	CALL(0, futimesat, AT_FDCWD, "f", values);
	CALL(0, utimensat, AT_FDCWD, "f", times, 0);
	CALL(0, utimensat, AT_FDCWD, NULL, special, AT_SYMLINK_NOFOLLOW);
	CALL(0, utimensat, 3, NULL, odd, 0);
	CALL(0, utimensat, 3, NULL, NULL, 0);
}

static void xattr_samples(void)
{
	CALL(0, setxattr, "f", "user.name", "value", 5, XATTR_CREATE);
	CALL(0, setxattr, "f", "user.name", "value", 6, 0);
	CALL(0, lsetxattr, "f", "user.name", NULL, 0, XATTR_REPLACE);
	CALL(0, fsetxattr, 3, "user.name", "value", 70000, 3);
	CALL(5, getxattr, "f", "user.name", "value", 100);
	CALL(6, lgetxattr, "f", "user.name", "value", 100);
	CALL(-ENODATA, fgetxattr, 3, "user.name", "value", 100);
	CALL(10, listxattr, "f", "user.name", 100);
	CALL(10, llistxattr, "f", NULL, 0);
	CALL(10, flistxattr, 3, "user.name", 100);
	CALL(-ERANGE, flistxattr, 3, "user.name", 1);
	CALL(0, removexattr, "f", "user.name");
	CALL(0, lremovexattr, "f", "user.name");
	CALL(0, fremovexattr, 3, "user.name");
}

void attribute_samples(void)
{
	stat_samples();
	filesystem_samples();
	time_change_samples();
	xattr_samples();
}
