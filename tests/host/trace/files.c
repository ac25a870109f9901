/* SPDX-License-Identifier: MIT */
/* Samples of calls on files, directories and mounts. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include "calls.h"

static char text[] = "line\n\ttab \"quoted\" back\\slash \1\0017\33[0m \177\200\377";
static char long_text[200] = "0123456789abcdef0123456789abcdef0123456789";

static void read_samples(void)
{
	char buffer[64] = "hello, world\n";

	CALL(13, read, 3, buffer, 64);
	CALL(0, read, 3, buffer, 64);
	CALL(-EBADF, read, -1, buffer, 64);
	CALL(-EFAULT, read, 0, NOWHERE, 64);
	CALL(5, read, 0, NULL, 5);
	CALL(32, read, 3, long_text, 100);
	CALL(33, read, 3, long_text, 100);
	CALL(100, read, 3, long_text, 100);
	CALL(sizeof(text), write, 1, text, sizeof(text));
	CALL(0, write, 1, text, 0);
	CALL(32, write, 1, text, 32);
	CALL(3, write, 1, "\0001\0029\n", 5);
	CALL(-EFAULT, write, 1, KERNEL, 10);
	CALL(-EFAULT, write, 1, edge(4), 10);
	CALL(-EPIPE, write, 1, edge(4), 4);
	CALL(-EINTR, write, 1, edge(4), UINT64_MAX);
	CALL(-512, read, 0, buffer, 1);
	CALL(-513, read, 0, buffer, 1);
	CALL(-514, read, 0, buffer, 1);
	CALL(-516, read, 0, buffer, 1);
	CALL(-134, read, 0, buffer, 1);
	CALL(-4095, read, 0, buffer, 1);
	CALL(13, pread64, 3, buffer, 64, 0x100000000);
	CALL(-EINVAL, pread64, 3, buffer, 64, -1);
	CALL(4, pwrite64, 3, "data", 4, 1L << 40);
	CALL(100, lseek, 3, 100, SEEK_SET);
	CALL(0, lseek, 3, -100, SEEK_CUR);
	CALL(1L << 40, lseek, 3, 0, SEEK_END);
	CALL(-ENXIO, lseek, 3, 0, SEEK_DATA);
	CALL(-EINVAL, lseek, 3, 0, 77);
}

static void vector_samples(void)
{
	char first[] = "first", second[] = "second";
	struct iovec vector[40] = {{first, 5}, {second, 6}, {NULL, 0}, {(void *)NOWHERE, 3}};

	CALL(11, writev, 1, vector, 2);
	CALL(11, writev, 1, vector, 4);
	CALL(0, writev, 1, vector, 0);
	CALL(-EINVAL, writev, 1, vector, -1);
	CALL(-EFAULT, writev, 1, NULL, 2);
	CALL(-EFAULT, writev, 1, NOWHERE, 2);
	CALL(0, writev, 1, vector, 40);
	memcpy(edge(16), vector, 16);
	CALL(-EFAULT, writev, 1, edge(16), 2);
	CALL(8, readv, 0, vector, 2);
	CALL(3, readv, 0, vector, 2);
	CALL(0, readv, 0, vector, 2);
	CALL(-EAGAIN, readv, 0, vector, 2);
	CALL(7, preadv, 0, vector, 2, 5, 0);
	CALL(7, pwritev, 0, vector, 2, 5, 0);
	CALL(7, preadv2, 0, vector, 2, -1, 0, RWF_HIPRI | RWF_NOWAIT);
	CALL(7, pwritev2, 0, vector, 2, 5, 0, RWF_DSYNC | RWF_APPEND | 0x100);
	CALL(7, vmsplice, 4, vector, 2, SPLICE_F_GIFT);
	CALL(5, process_vm_readv, 1, vector, 2, vector, 2, 0);
	CALL(5, process_vm_writev, 1, vector, 2, vector, 2, 0);
	CALL(5, process_madvise, 3, vector, 2, 20, 0);
}

static void open_samples(void)
{
	struct open_how how = {O_RDWR | O_CREAT | O_CLOEXEC, 0640, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS}, plain = {O_RDONLY, 0, 0};

	CALL(3, open, "/etc/passwd", O_RDONLY);
	CALL(3, open, "/etc/passwd", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	CALL(-EEXIST, open, "f", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 07777);
	CALL(3, open, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	CALL(3, open, "/tmp", O_RDWR | O_TMPFILE, 0);
	CALL(3, open, "x", O_ACCMODE | O_APPEND | O_SYNC | O_DSYNC | O_DIRECT | O_NOATIME | O_PATH | O_NOCTTY | 0x8000);
	CALL(3, open, "x", 0x80000000);
	CALL(-EFAULT, open, NULL, 0);
	CALL(-EFAULT, open, NOWHERE, 0);
	CALL(-ENAMETOOLONG, open, edge(8), 0);
	CALL(3, openat, AT_FDCWD, "a", O_RDONLY | O_LARGEFILE);
	CALL(3, openat, -1, long_text, O_WRONLY | O_CREAT, 0600);
	CALL(3, openat, 5, text, FASYNC);
	CALL(3, openat2, AT_FDCWD, "a", &how, sizeof(how));
	CALL(3, openat2, AT_FDCWD, "a", &plain, sizeof(plain));
	CALL(-EINVAL, openat2, AT_FDCWD, "a", &how, 8);
	CALL(-EFAULT, openat2, AT_FDCWD, "a", NULL, sizeof(how));
	CALL(3, creat, "made", 0755);
	CALL(0, close, 3);
	CALL(-EBADF, close, -5);
	CALL(0, close_range, 3, UINT32_MAX, 4);
	CALL(0, close_range, 3, 9, 0);
	CALL(5, dup, 3);
	CALL(7, dup2, 3, 7);
	CALL(7, dup3, 3, 7, O_CLOEXEC);
	CALL(-EINVAL, dup3, 3, 7, 1);
	CALL(0, dup3, 3, 7, 0);
	CALL(0, access, "/bin/sh", X_OK);
	CALL(0, access, "/bin/sh", F_OK);
	CALL(-EACCES, access, "/bin/sh", R_OK | W_OK | X_OK);
	CALL(-EINVAL, access, "/bin/sh", 8);
	CALL(0, faccessat, AT_FDCWD, "x", R_OK);
	CALL(0, faccessat2, AT_FDCWD, "x", R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
}

static void fcntl_samples(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -5, .l_len = 10, .l_pid = 77};
	struct f_owner_ex owner = {F_OWNER_PGRP, 1234};

	CALL(5, fcntl, 3, F_DUPFD, 5);
	CALL(5, fcntl, 3, F_DUPFD_CLOEXEC, 0);
	CALL(0, fcntl, 3, F_GETFD);
	CALL(1, fcntl, 3, F_GETFD);
	CALL(3, fcntl, 3, F_GETFD);
	CALL(0, fcntl, 3, F_SETFD, FD_CLOEXEC);
	CALL(0, fcntl, 3, F_SETFD, 0);
	CALL(0x8002, fcntl, 3, F_GETFL);
	CALL(0, fcntl, 3, F_GETFL);
	CALL(-EBADF, fcntl, 3, F_GETFL);
	CALL(0, fcntl, 3, F_SETFL, O_RDWR | O_NONBLOCK | O_APPEND);
	CALL(0, fcntl, 3, F_SETLK, &lock);
	CALL(0, fcntl, 3, F_SETLKW, &lock);
	CALL(0, fcntl, 3, F_GETLK, &lock);
	CALL(-EINVAL, fcntl, 3, F_GETLK, &lock);
	CALL(-EFAULT, fcntl, 3, F_SETLK, NOWHERE);
	CALL(0, fcntl, 3, F_OFD_SETLK, &lock);
	CALL(0, fcntl, 3, F_OFD_SETLKW, &lock);
	CALL(0, fcntl, 3, F_OFD_GETLK, &lock);
	CALL(0, fcntl, 3, F_SETOWN, -12);
	CALL(12, fcntl, 3, F_GETOWN);
	CALL(0, fcntl, 3, F_SETOWN_EX, &owner);
	CALL(0, fcntl, 3, F_GETOWN_EX, &owner);
	CALL(0, fcntl, 3, F_SETSIG, 10);
	CALL(10, fcntl, 3, F_GETSIG);
	CALL(0, fcntl, 3, F_GETSIG);
	CALL(65536, fcntl, 3, F_SETPIPE_SZ, 65536);
	CALL(65536, fcntl, 3, F_GETPIPE_SZ);
	CALL(0, fcntl, 3, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL);
	CALL(9, fcntl, 3, F_GET_SEALS);
	CALL(0, fcntl, 3, F_GET_SEALS);
	CALL(0, fcntl, 3, F_SETLEASE, F_RDLCK);
	CALL(2, fcntl, 3, F_GETLEASE);
	CALL(0, fcntl, 3, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	CALL(-EINVAL, fcntl, 3, 99, 0x1234);
	CALL(0, flock, 3, LOCK_EX | LOCK_NB);
	CALL(0, flock, 3, LOCK_UN);
	CALL(-EINVAL, flock, 3, 0);
}

static void name_samples(void)
{
	CALL(0, chdir, "..");
	CALL(0, fchdir, 3);
	CALL(0, rename, "a", "b");
	CALL(0, renameat, AT_FDCWD, "a", 3, "b");
	CALL(0, renameat2, AT_FDCWD, "a", 3, "b", RENAME_EXCHANGE | RENAME_NOREPLACE);
	CALL(0, mkdir, "d", 0777);
	CALL(0, mkdirat, AT_FDCWD, "d", 01755);
	CALL(0, rmdir, "d");
	CALL(0, link, "a", "b");
	CALL(0, linkat, AT_FDCWD, "a", AT_FDCWD, "b", AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
	CALL(0, unlink, "a");
	CALL(0, unlinkat, AT_FDCWD, "a", AT_REMOVEDIR);
	CALL(0, unlinkat, AT_FDCWD, "a", 0);
	CALL(-EINVAL, unlinkat, AT_FDCWD, "a", 1);
	CALL(0, symlink, "target", "name");
	CALL(0, symlinkat, "target", AT_FDCWD, "name");
	CALL(4, readlink, "/proc/self", "1234567", 100);
	CALL(-EINVAL, readlink, "x", long_text, 100);
	CALL(4, readlinkat, AT_FDCWD, "x", long_text, 100);
	CALL(0, chmod, "f", 04755);
	CALL(0, fchmod, 3, 0);
	CALL(0, fchmodat, AT_FDCWD, "f", 07);
	CALL(0, chown, "f", 0, 100);
	CALL(0, fchown, 3, -1, -1);
	CALL(0, lchown, "f", 1000, -1);
	CALL(0, fchownat, AT_FDCWD, "f", 1000, 1000, AT_SYMLINK_NOFOLLOW);
	CALL(022, umask, 077);
	CALL(0, umask, 0);
	CALL(0, mknod, "n", S_IFIFO | 0600, 0);
	CALL(0, mknod, "n", S_IFCHR | 0666, makedev(1, 3));
	CALL(0, mknodat, AT_FDCWD, "n", S_IFBLK | 0660, makedev(259, 300));
	CALL(0, mknodat, AT_FDCWD, "n", 0644, 0);
	CALL(0, truncate, "f", 1L << 33);
	CALL(0, ftruncate, 3, -1);
	CALL(0, fallocate, 3, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 4096);
	CALL(0, fallocate, 3, 0, 0, 4096);
	CALL(5, getcwd, "/tmp", 100);
	CALL(-ERANGE, getcwd, text, 1);
	CALL(0, chroot, "/");
	CALL(0, sync);
	CALL(0, fsync, 3);
	CALL(0, fdatasync, 3);
	CALL(0, syncfs, 3);
	CALL(0, sync_file_range, 3, 0, 4096, 3);
	CALL(0, fadvise64, 3, 0, 4096, 4);
	CALL(0, readahead, 3, 0, 4096);
	CALL(100, sendfile, 4, 3, NULL, 100);
	CALL(100, copy_file_range, 3, NULL, 4, NULL, 100, 0);
	CALL(100, splice, 3, NULL, 4, NULL, 100, SPLICE_F_MOVE | SPLICE_F_MORE);
	CALL(100, tee, 3, 4, 100, SPLICE_F_NONBLOCK);
}

static void offset_move(void)
{
	*(int64_t *)stage_memory = 150;
}

static void changing_samples(void)
{
	int64_t offset = 7;
	int pair[2] = {3, 4};

	*(int64_t *)stage_memory = 50;
	CALL_DURING(offset_move, 100, sendfile, 4, 3, stage_memory, 100);
	CALL(-EINVAL, sendfile, 4, 3, stage_memory, 100);
	CALL(-EFAULT, sendfile, 4, 3, NOWHERE, 100);
	CALL(5, copy_file_range, 3, &offset, 4, &offset, 100, 0);
	CALL(5, splice, 3, &offset, 4, &offset, 100, 0);
	CALL(0, pipe, pair);
	CALL(0, pipe2, pair, O_CLOEXEC | O_NONBLOCK);
	CALL(-EMFILE, pipe2, pair, 0);
	CALL(-EFAULT, pipe, NOWHERE);
	CALL(3, memfd_create, "name", 1);
	CALL(3, memfd_create, "name", 7 | 21 << 26);
	CALL(3, memfd_create, "name", 0);
	CALL(3, memfd_create, long_text, 0x40);
}

static void directory_samples(void)
{
	static struct {
		struct dirent64 first, second;
	} entries = {{1, 2, sizeof(struct dirent64), DT_REG, "first"}, {2, 3, sizeof(struct dirent64), DT_DIR, "second"}};

	CALL(sizeof(entries), getdents64, 3, &entries, 32768);
	CALL(sizeof(entries.first), getdents64, 3, &entries, 32768);
	CALL(0, getdents64, 3, &entries, 32768);
	CALL(-ENOTDIR, getdents64, 3, &entries, 32768);
	CALL(sizeof(entries), getdents, 3, &entries, 32768);
	CALL(3, inotify_init);
	CALL(3, inotify_init1, IN_NONBLOCK | IN_CLOEXEC);
	CALL(1, inotify_add_watch, 3, "/tmp", IN_ALL_EVENTS | IN_ONLYDIR);
	CALL(0, inotify_rm_watch, 3, 1);
}

static void mount_samples(void)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY, .attr_clr = MOUNT_ATTR_NOEXEC, .propagation = MS_SHARED};

	CALL(0, mount, "none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m");
	CALL(0, mount, "a", "b", NULL, MS_BIND | MS_REC, NULL);
	CALL(0, mount, NULL, "b", NULL, MS_REMOUNT | MS_RDONLY, "data");
	CALL(0, mount, NULL, "b", "x", MS_MGC_VAL | MS_NOATIME, "data");
	CALL(0, mount, NULL, "b", "x", MS_MGC_VAL, "data");
	CALL(0, mount, NULL, "b", "x", 0, "data");
	CALL(0, umount2, "b", MNT_DETACH | UMOUNT_NOFOLLOW);
	CALL(0, umount2, "b", 0);
	CALL(0, pivot_root, "a", "b");
	CALL(3, open_tree, AT_FDCWD, "x", 1 | O_CLOEXEC);
	CALL(0, move_mount, 3, "", AT_FDCWD, "x", 4);
	CALL(3, fsopen, "ext4", 1);
	CALL(3, fsmount, 3, 1, MOUNT_ATTR_RDONLY);
	CALL(3, fspick, AT_FDCWD, "x", 3);
	CALL(0, mount_setattr, AT_FDCWD, "x", AT_RECURSIVE, &attributes, sizeof(attributes));
	CALL(-EINVAL, mount_setattr, AT_FDCWD, "x", AT_RECURSIVE, &attributes, 8);
}

static void handle_samples(void)
{
	static struct {
		struct file_handle handle;
		char bytes[16];
	} handle = {{.handle_bytes = 8, .handle_type = 1}, "12345678"};
	int mount = 22;

	CALL(0, name_to_handle_at, AT_FDCWD, "x", &handle, &mount, AT_SYMLINK_FOLLOW);
	CALL(-EOVERFLOW, name_to_handle_at, AT_FDCWD, "x", &handle, &mount, 0);
	CALL(-EFAULT, name_to_handle_at, AT_FDCWD, "x", NOWHERE, &mount, 0);
	CALL(3, open_by_handle_at, 3, &handle, O_RDWR);
	CALL(-EFAULT, open_by_handle_at, 3, NULL, O_RDWR);
}

void file_samples(void)
{
	read_samples();
	vector_samples();
	open_samples();
	fcntl_samples();
	name_samples();
	changing_samples();
	directory_samples();
	mount_samples();
	handle_samples();
}
