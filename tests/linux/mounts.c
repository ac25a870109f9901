/* SPDX-License-Identifier: MIT */
/* mount and umount2: who may, what is busy, what lies over what, flags that forbid; and what statfs tells of it. */
#include "check.h"

#include <stddef.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

static void refusals(void)
{
	CALL(mount, "none", "m", "absent", 0, NULL);
	CALL(mount, "none", "absent", "tmpfs", 0, NULL);
	CALL(mount, "none", "file", "tmpfs", 0, NULL);
	CALL(mount, "none", "file/x", "tmpfs", 0, NULL);
	CALL(mount, "none", BAD_ADDRESS, "tmpfs", 0, NULL);
	CALL(mount, "none", "m", BAD_ADDRESS, 0, NULL);
	CALL(mount, "none", "m", NULL, 0, NULL);
	CALL(umount2, "absent", 0);
	CALL(umount2, "m", 0);
	CALL(umount2, "file", 0);
	CALL(umount2, BAD_ADDRESS, 0);
	CALL(umount2, "m", 0x100);
	CALL(umount2, "m", MNT_EXPIRE | MNT_FORCE);
	CHILD("may not", { check_become(2000); CALL(mount, "none", "m", "tmpfs", 0, NULL); CALL(umount2, "m", 0); });
}

static void busy(void)
{
	struct statfs status;
	int file;

	CALL(mount, "none", "m", "tmpfs", 0, "size=64k");
	CALL(statfs, "m", &status);
	SHOW("tmpfs", "%lx, %lu bytes", (long)status.f_type, (unsigned long)(status.f_blocks * (unsigned long)status.f_bsize));
	CHILD("in it", { (void)!chdir("m"); CALL(umount2, ".", 0); CALL(umount2, "../m", 0); });
	file = open("m/file", O_RDWR | O_CREAT, 0644);
	CALL(umount2, "m", 0);
	CALL(rmdir, "m");
	CALL(unlink, "m/file");
	CALL(umount2, "m", 0);
	close(file);
	file = open("m", O_RDONLY);
	CALL(umount2, "m", 0);
	close(file);
	CALL(umount2, "m", 0);
	CALL(access, "m/file", F_OK);
	CALL(umount2, "m", 0);
}

static void over(void)
{
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	check_file("m/first", "1");
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	CALL(access, "m/first", F_OK);
	CALL(umount2, "m", 0);
	CALL(access, "m/first", F_OK);
	mkdir("m/below", 0755);
	CALL(mount, "none", "m/below", "tmpfs", 0, NULL);
	CALL(umount2, "m", 0);
	CALL(rename, "m/first", "m/below/first");
	CALL(link, "m/first", "m/below/first");
	CALL(umount2, "m/below", 0);
	CALL(umount2, "m", 0);
}

static void forbidding(void)
{
	void *place;
	int file;

	CALL(mount, "none", "m", "tmpfs", MS_RDONLY, NULL);
	CALL(open, "m/file", O_RDWR | O_CREAT, 0644);
	CALL(mkdir, "m/directory", 0755);
	CALL(umount2, "m", 0);
	CALL(mount, "none", "m", "tmpfs", MS_NOEXEC | MS_NODEV, NULL);
	check_file("m/script", "#!/bin/sh\n");
	chmod("m/script", 0755);
	CALL(execve, "m/script", ((char *[]){(char *)"x", NULL}), NULL);
	CALL(access, "m/script", X_OK);
	CALL(mknod, "m/null", S_IFCHR | 0666, 0x103);
	CALL(open, "m/null", O_RDONLY);
	file = open("m/script", O_RDONLY);
	CALL(mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	place = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
	CALL(mprotect, place, 4096, PROT_READ | PROT_EXEC);
	munmap(place, 4096);
	close(file);
	CALL(umount2, "m", 0);
}

/* The program itself on a filesystem where set-user-ID does not count. */
static void without_set_user_id(void)
{
	char *const words[] = {(char *)"show", (char *)"show", NULL}, *const none[] = {NULL};
	static char copy[1 << 20];
	int from = open("/proc/self/exe", O_RDONLY), to;
	long bytes = read(from, copy, sizeof(copy));

	close(from);
	chmod(".", 0755);
	for (int nosuid = 0; nosuid < 2; nosuid++) {
		CALL(mount, "none", "m", "tmpfs", nosuid ? MS_NOSUID : 0, NULL);
		to = open("m/show", O_WRONLY | O_CREAT, 0755);
		(void)!write(to, copy, (size_t)bytes);
		close(to);
		chmod("m/show", 04755);
		CHILD(nosuid ? "mounted nosuid" : "mounted", { check_become(1000); execve("m/show", words, none); });
		CALL(umount2, "m", 0);
	}
}

/* Flags that change while it is mounted. */
static void again(void)
{
	struct statfs status;
	int file;

	CALL(mount, NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	CALL(mount, "none", "absent", NULL, MS_REMOUNT, NULL);
	CALL(mount, "none", "m", "tmpfs", MS_NOSUID | MS_NOATIME, NULL);
	check_file("m/file", "1");
	file = open("m/file", O_RDWR);
	CALL(mount, "none", "m", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL);
	CALL(write, file, "2", 1);
	close(file);
	file = open("m/file", O_RDONLY);
	CALL(mount, NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	close(file);
	CALL(open, "m/file", O_RDWR);
	CALL(mkdir, "m/d", 0755);
	CALL(access, "m/file", W_OK);
	CALL(access, "m/file", R_OK);
	statfs("m", &status);
	SHOW("flags", "%lx", (long)status.f_flags & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME));
	CALL(mount, "none", "m", "tmpfs", MS_REMOUNT | MS_NOEXEC, NULL);
	statfs("m", &status);
	SHOW("flags", "%lx", (long)status.f_flags & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME));
	CALL(mkdir, "m/d", 0755);
	CALL(mount, NULL, "m/d", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	CHILD("may not", { check_become(2000); CALL(mount, NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL); });
	CALL(umount2, "m", 0);
}

/* A directory at two places, each with flags of its own. */
static void bound(void)
{
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	mkdir("m/a", 0755);
	mkdir("n", 0755);
	check_file("m/a/file", "1");
	CALL(mount, "m/a", "n", NULL, MS_BIND, NULL);
	CALL(access, "n/file", W_OK);
	CALL(mount, NULL, "n", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	CALL(open, "n/file", O_RDWR);
	CALL(access, "m/a/file", W_OK);
	CALL(rename, "m/a/file", "n/other");
	CALL(mount, "absent", "n", NULL, MS_BIND, NULL);
	CALL(mount, "m/a/file", "n", NULL, MS_BIND, NULL);
	CALL(mount, "m/a", "file", NULL, MS_BIND, NULL);
	CALL(umount2, "n", 0);
	CALL(umount2, "m", 0);
}

static void moved(void)
{
	CALL(mount, "m", "n", NULL, MS_MOVE, NULL);
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	mkdir("m/d", 0755);
	mkdir("m/e", 0755);
	CALL(mount, "none", "m/d", "tmpfs", 0, NULL);
	check_file("m/d/deep", "1");
	CALL(mount, "m/e", "n", NULL, MS_MOVE, NULL);
	CALL(mount, "m", "m/d", NULL, MS_MOVE, NULL);
	CALL(mount, "m", "m/e", NULL, MS_MOVE, NULL);
	CALL(mount, "m", "file", NULL, MS_MOVE, NULL);
	CALL(mount, "absent", "n", NULL, MS_MOVE, NULL);
	CALL(mount, "/", "n", NULL, MS_MOVE, NULL);
	CALL(mount, "m", "n", NULL, MS_MOVE, NULL);
	CALL(access, "m/d", F_OK);
	CALL(access, "n/d/deep", F_OK);
	CALL(umount2, "n", 0);
	CALL(mount, "n/d", "m", NULL, MS_MOVE, NULL);
	CALL(access, "m/deep", F_OK);
	CALL(access, "n/d/deep", F_OK);
	CALL(umount2, "n", 0);
	CALL(umount2, "m", 0);
	CALL(mount, "none", "m", "proc", 0, NULL);
	CALL(mount, NULL, "m", NULL, MS_REMOUNT | MS_NOEXEC, NULL);
	CALL(mount, "m", "n", NULL, MS_MOVE, NULL);
	CALL(access, "n/self", F_OK);
	CALL(access, "m/self", F_OK);
	CALL(mount, NULL, "n", NULL, MS_PRIVATE, NULL);
	CALL(mount, NULL, "m", NULL, MS_PRIVATE, NULL);
	CALL(mount, NULL, "n", NULL, MS_PRIVATE | MS_NOEXEC, NULL);
	CALL(umount2, "n", 0);
}

/* Who keeps a mount: by what is open, mapped, executed or entered through it, and not by the path. */
static void users(void)
{
	int file, under = open("m", O_RDONLY);
	void *place;

	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	CALL(umount2, "m", 0); /* what is open lies under it */
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	check_file("m/file", "12345");
	CALL(umount2, "m/file", 0);
	file = open("m/file", O_RDWR);
	place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CALL(umount2, "m/file", 0);
	close(file);
	CALL(umount2, "m", 0);
	CALL(mount, NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	munmap(place, 4096);
	CALL(mount, NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	CALL(mount, NULL, "m", NULL, MS_REMOUNT, NULL);
	file = open("m/file", O_PATH);
	CALL(umount2, "m", 0);
	close(file);
	mkdir("m/a", 0755);
	mkdir("n", 0755);
	CALL(mount, "m/a", "n", NULL, MS_BIND, NULL);
	file = open("n", O_RDONLY);
	CALL(umount2, "n", 0);
	CALL(umount2, "m", 0); /* another mount of the same filesystem */
	CALL(umount2, "n", MNT_DETACH);
	close(file);
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	CHILD("rooted in it", { (void)!chroot("m"); (void)!chdir("/"); CALL(umount2, "/", 0); });
	CALL(umount2, "m", 0);
	CALL(mount, "none", "m", "proc", 0, NULL);
	CALL(umount2, "m/self", 0);
	file = open("m/self/status", O_RDONLY);
	CALL(umount2, "m", 0);
	close(file);
	CALL(umount2, "m", 0);
	close(under);
}

/* A mount that nobody has used between two tries. */
static void expiring(void)
{
	int file;

	CALL(umount2, "m", MNT_EXPIRE);
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	check_file("m/file", "1");
	CALL(umount2, "m", MNT_EXPIRE | MNT_DETACH);
	file = open("m/file", O_RDONLY);
	CALL(umount2, "m", MNT_EXPIRE);
	close(file);
	CALL(umount2, "m", MNT_EXPIRE);
	file = open("m/file", O_RDONLY);
	close(file);
	CALL(umount2, "m", MNT_EXPIRE);
	CALL(access, "file", F_OK);
	CHILD("may not", { check_become(2000); CALL(umount2, "m", MNT_EXPIRE); });
	CALL(umount2, "m", MNT_EXPIRE);
	CALL(umount2, "m", 0);
	CALL(mount, "none", "m", "tmpfs", 0, NULL);
	CALL(umount2, "m", MNT_EXPIRE);
	CALL(umount2, "m", 0);
	CALL(umount2, "m", 0);
}

#define MOUNT_ID 0x1000   /* STATX_MNT_ID */
#define MOUNT_ROOT 0x2000 /* STATX_ATTR_MOUNT_ROOT */

/* The first words of struct statx, which one of the C libraries does not have. */
struct status {
	unsigned mask, block_bytes;
	unsigned long long attributes, other[16], mount, rest[13];
};
_Static_assert(offsetof(struct status, mount) == 144 && sizeof(struct status) == 256, "struct statx");

static unsigned long long mount_of(int directory, const char *path, int flags)
{
	struct status status = {0};

	if (syscall(SYS_statx, directory, path, flags, MOUNT_ID, &status) || !(status.mask & MOUNT_ID))
		return 0;
	check_print(" %s%s", *path ? path : "an open file", status.attributes & MOUNT_ROOT ? " (root)" : "");
	return status.mount;
}

/* The line of /proc/self/mountinfo about a place, as far as it is the same everywhere. */
static void line_show(const char *place, unsigned long long mount, unsigned long long parent)
{
	static char text[65536];
	int file = open("/proc/self/mountinfo", O_RDONLY);
	long bytes, all = 0;

	while ((bytes = read(file, text + all, sizeof(text) - 1 - (size_t)all)) > 0)
		all += bytes;
	close(file);
	text[all] = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long long id, above;
		char root[64], at[256], options[256], dash[8], type[32], source[64];

		if (sscanf(line, "%llu %llu %*u:%*u %63s %255s %255s %7s %31s %63s", &id, &above, root, at, options, dash, type, source) == 8 && strlen(at) >= strlen(place) && strcmp(at + strlen(at) - strlen(place), place) == 0)
			check_print("%s: %s, %s, %s, %s %s %s %s\n", place, id == mount ? "its number" : "another number", above == parent ? "its parent" : "another parent", root, options, dash, type, source);
	}
}

static void numbers(void)
{
	unsigned long long all, first, second, file;
	int directory, ends[2];

	CALL(mount, "source", "m", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
	mkdir("m/a", 0755);
	mkdir("m/a/b c", 0755);
	check_file("m/a/b c/file", "1");
	CALL(mount, "m/a/b c", "n", NULL, MS_BIND, NULL);
	directory = open("m", O_RDONLY);
	(void)!pipe(ends);
	check_print("of:");
	all = mount_of(AT_FDCWD, ".", 0);
	check_print(" %d", all == mount_of(AT_FDCWD, "/", 0));
	check_print(" %d", all == mount_of(AT_FDCWD, "file", 0));
	first = mount_of(AT_FDCWD, "m", 0);
	check_print(" %d", first == mount_of(AT_FDCWD, "m/a/b c/file", 0));
	check_print(" %d", first == mount_of(directory, "", AT_EMPTY_PATH));
	second = mount_of(AT_FDCWD, "n", AT_SYMLINK_NOFOLLOW);
	check_print(" %d", second == mount_of(AT_FDCWD, "n/file", 0));
	file = mount_of(ends[0], "", AT_EMPTY_PATH);
	check_print(" %d %d %d\n", first == second, all == first, file && file != all && file != first);
	line_show("/m", first, all);
	line_show("/n", second, all);
	close(directory);
	mkdir("m/below", 0755);
	CALL(mount, "none", "m/below", "proc", 0, NULL);
	check_print("of:");
	file = mount_of(AT_FDCWD, "m/below", 0);
	check_print(" %d\n", file == mount_of(AT_FDCWD, "m/below/self/status", 0));
	line_show("/below", file, first);
	CALL(umount2, "m/below", 0);
	CALL(umount2, "n", 0);
	CALL(umount2, "m", 0);
	CALL(open, "/proc/self/mountinfo", O_WRONLY);
	CHILD("a stranger", { check_become(2000); CALL(open, "/proc/1/mountstats", O_RDONLY); });
}

int main(int count, char **words)
{
	if (count > 1 && strcmp(words[1], "show") == 0) {
		SHOW("effective user", "%d", (int)geteuid());
		return 0;
	}
	mkdir("m", 0755);
	check_file("file", "x");
	refusals();
	busy();
	over();
	forbidding();
	without_set_user_id();
	again();
	bound();
	moved();
	users();
	expiring();
	numbers();
	return 0;
}
