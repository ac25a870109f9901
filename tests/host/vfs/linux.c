/* SPDX-License-Identifier: MIT */
/*
 * vfs against the Linux that this runs on: the same random operations, by the same users, on a ramfs and in a directory of the host that is the root of this process; after each, the error numbers must be the same, and after some of them
 * all names and attributes. Needs to be root on the host; says so and passes by when it is not.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <grp.h>

#include "linux.h"
#include "system.h"

static const struct user users[] = {
	{.capabilities = UINT32_MAX},
	{.user = 1000, .group = 1000},
	{.user = 1001, .group = 1001, .groups = {1000, 5}, .group_count = 2},
	{.user = 1002, .group = 5},
};

enum { DO_OPEN, DO_MKDIR, DO_MKNOD, DO_UNLINK, DO_RMDIR, DO_RENAME, DO_LINK, DO_SYMLINK, DO_READLINK, DO_CHMOD, DO_CHOWN, DO_UTIMES, DO_TRUNCATE, DO_ACCESS, DO_STAT, DO_NAMELESS, DO_KINDS };

struct action {
	int kind;
	const struct user *user;
	char path[700], other[700];
	uint32_t flags, mode;
	uint32_t owner, group;
	uint64_t size;
};

/* Random paths over few names, with everything in them that a path can have. */
static void path_choose(char *path, unsigned *seed)
{
	static const char *const names[] = {"a", "b", "c", "d", "a", "b", "c", ".", ".."};
	unsigned parts = 1 + random_next(seed) % 4, at = 0;

	if (random_next(seed) % 4 == 0)
		path[at++] = '/';
	if (random_next(seed) % 200 == 0)
		parts = 0;
	for (unsigned i = 0; i < parts; i++) {
		const char *name = names[random_next(seed) % 9];

		if (random_next(seed) % 150 == 0) {
			memset(path + at, 'l', 256);
			at += 255 + random_next(seed) % 2;
		} else {
			at += (unsigned)sprintf(path + at, "%s", name);
		}
		if (i + 1 < parts || random_next(seed) % 12 == 0)
			at += (unsigned)sprintf(path + at, random_next(seed) % 10 ? "/" : "//");
	}
	path[at] = 0;
}

static void action_choose(struct action *a, unsigned *seed)
{
	static const int kinds[] = {DO_OPEN, DO_OPEN, DO_OPEN, DO_MKDIR, DO_MKDIR, DO_MKDIR, DO_MKDIR, DO_MKNOD, DO_UNLINK, DO_UNLINK, DO_RMDIR, DO_RENAME, DO_RENAME, DO_RENAME, DO_LINK,
		DO_SYMLINK, DO_SYMLINK, DO_READLINK, DO_CHMOD, DO_CHMOD, DO_CHOWN, DO_UTIMES, DO_TRUNCATE, DO_ACCESS, DO_STAT, DO_NAMELESS};
	static const uint32_t modes[] = {0777, 0777, 0755, 0700, 01777, 02775, 0644, 0600, 04755, 02755, 02711, 0, 0111, 0444, 06777, 03777};
	static const uint32_t types[] = {0, S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, S_IFDIR, S_IFLNK};

	a->kind = kinds[random_next(seed) % (sizeof(kinds) / sizeof(kinds[0]))];
	a->user = &users[random_next(seed) % 3 ? random_next(seed) % 4 : 0];
	path_choose(a->path, seed);
	path_choose(a->other, seed);
	a->mode = modes[random_next(seed) % 16];
	a->flags = 0;
	a->owner = (uint32_t[]){UINT32_MAX, 0, 1000, 1001}[random_next(seed) % 4];
	a->group = (uint32_t[]){UINT32_MAX, 0, 1000, 5}[random_next(seed) % 4];
	a->size = random_next(seed) % 9000;
	switch (a->kind) {
	case DO_OPEN:
		a->flags = random_next(seed) % 3 | (random_next(seed) % 2 ? O_CREAT : 0) | (random_next(seed) % 4 ? 0 : O_EXCL) | (random_next(seed) % 4 ? 0 : O_TRUNC) |
			   (random_next(seed) % 6 ? 0 : O_NOFOLLOW) | (random_next(seed) % 10 ? 0 : O_NOATIME) | (random_next(seed) % 10 ? 0 : O_PATH);
		if (!(a->flags & O_CREAT) && random_next(seed) % 8 == 0)
			a->flags |= O_DIRECTORY;
		break;
	case DO_NAMELESS:
		a->flags = (random_next(seed) % 2 ? O_WRONLY : O_RDWR) | (random_next(seed) % 4 ? 0 : O_EXCL) | (random_next(seed) % 6 ? 0 : O_NOFOLLOW);
		break;
	case DO_MKNOD:
		a->mode |= types[random_next(seed) % 8];
		break;
	case DO_RENAME:
		a->flags = random_next(seed) % 3 ? 0 : random_next(seed) % 4;
		break;
	case DO_UTIMES:
		a->mode = random_next(seed) % 9;
		a->flags = random_next(seed) % 2;
		break;
	case DO_ACCESS:
		a->mode = random_next(seed) % 8;
		break;
	default:
		a->flags = random_next(seed) % 2;
	}
}

/* On Linux. */

static void become(const struct user *user)
{
	gid_t groups[4];

	for (uint32_t i = 0; i < user->group_count; i++)
		groups[i] = user->groups[i];
	if (setgroups(user->group_count, groups) != 0)
		abort();
	setfsgid(user->group);
	setfsuid(user->user);
}

static struct timespec linux_time(uint32_t which, uint32_t choice)
{
	if (choice == 0)
		return (struct timespec){.tv_nsec = UTIME_OMIT};
	if (choice == 1)
		return (struct timespec){.tv_nsec = UTIME_NOW};
	return (struct timespec){.tv_sec = 5000 + which, .tv_nsec = 7};
}

/* A file without a name, to which root gives one. */
static long nameless_linux(const struct action *a)
{
	int file = open(a->path, (int)a->flags | O_TMPFILE, a->mode);
	long result;

	if (file < 0)
		return file;
	become(&root_user);
	result = linkat(file, "", AT_FDCWD, a->other, AT_EMPTY_PATH);
	close(file);
	return result;
}

static int64_t do_linux(const struct action *a)
{
	struct timespec times[2] = {linux_time(0, a->mode % 3), linux_time(1, a->mode / 3)};
	struct stat told;
	char target[4096];
	long result = 0;

	switch (a->kind) {
	case DO_OPEN:
		result = open(a->path, (int)a->flags | O_NONBLOCK, a->mode);
		if (result >= 0) {
			close((int)result);
			result = 0;
		}
		break;
	case DO_MKDIR: result = mkdir(a->path, a->mode); break;
	case DO_MKNOD: result = mknod(a->path, a->mode, makedev(1, 3)); break;
	case DO_UNLINK: result = unlink(a->path); break;
	case DO_RMDIR: result = rmdir(a->path); break;
	case DO_RENAME: result = syscall(SYS_renameat2, AT_FDCWD, a->path, AT_FDCWD, a->other, a->flags); break;
	case DO_LINK: result = linkat(AT_FDCWD, a->path, AT_FDCWD, a->other, a->flags ? AT_SYMLINK_FOLLOW : 0); break;
	case DO_SYMLINK: result = symlink(a->other, a->path); break;
	case DO_READLINK: result = readlink(a->path, target, sizeof(target)); break;
	case DO_CHMOD: result = chmod(a->path, a->mode); break;
	case DO_CHOWN: result = fchownat(AT_FDCWD, a->path, a->owner, a->group, a->flags ? AT_SYMLINK_NOFOLLOW : 0); break;
	case DO_UTIMES: result = utimensat(AT_FDCWD, a->path, times, a->flags ? AT_SYMLINK_NOFOLLOW : 0); break;
	case DO_TRUNCATE: result = truncate(a->path, (long)a->size); break;
	case DO_ACCESS: result = syscall(SYS_faccessat2, AT_FDCWD, a->path, a->mode, AT_EACCESS | (a->flags ? AT_SYMLINK_NOFOLLOW : 0)); break;
	case DO_STAT: result = a->flags ? lstat(a->path, &told) : stat(a->path, &told); break;
	case DO_NAMELESS: result = nameless_linux(a); break;
	default: abort();
	}
	return result < 0 ? -errno : result;
}

/* On vfs. */

static uint32_t time_mask(uint32_t choice, uint32_t set, uint32_t now)
{
	return choice == 0 ? 0 : choice == 1 ? now : set;
}

/* A request during which vfs dies before or after any of its calls of the tree, or after its answer, which is lost; the client repeats it. */
static int64_t request_send_dying(struct system *system, const struct path_request *r, unsigned *seed)
{
	struct file_exchange x, again;
	jmp_buf death;

	request_make(system, r, &x);
	again = x;
	system->death = &death;
	system->until_death = 1 + random_next(seed) % 6;
	system->dies_after = random_next(seed) % 2;
	if (setjmp(death) == 0) {
		vfs_handle(&system->vfs, random_next(seed) % VFS_WORKERS, &x);
		system->until_death = 0;
		if (!again.data[0])
			return (int64_t)x.data[0];
	}
	system_restart(system);
	vfs_handle(&system->vfs, random_next(seed) % VFS_WORKERS, &again);
	return (int64_t)again.data[0];
}

static int64_t request_try(struct system *system, const struct path_request *r, unsigned *deadly)
{
	return deadly ? request_send_dying(system, r, deadly) : request_send(system, r, NULL);
}

/* The root of all is mount 0, and the file is open until the next one takes its number. */
static int64_t nameless_vfs(struct system *system, const struct action *a, unsigned *deadly)
{
	const struct path_request link = {.label = VFS_LINK, .path = "", .start = 5 + 1, .flags = PATH_EMPTY, .mode = 0, .text = a->other};
	int64_t error = request_try(system, &(struct path_request){.label = VFS_OPEN, .path = a->path, .user = a->user, .flags = a->flags | OPEN_NAMELESS, .mode = a->mode, .word6 = 5}, deadly);

	return error ? error : request_try(system, &link, deadly);
}

static int64_t do_vfs(struct system *system, const struct action *a, unsigned *deadly)
{
	struct timestamp times[2] = {{.seconds = 5000, .nanoseconds = 7}, {.seconds = 5001, .nanoseconds = 7}};
	uint32_t nofollow = a->flags ? PATH_NOFOLLOW : 0;
	struct path_request r = {.path = a->path, .user = a->user, .flags = a->flags, .mode = a->mode, .word6 = RESULT_AT};
	static const uint64_t labels[] = {VFS_OPEN, VFS_MKDIR, VFS_MKNOD, VFS_UNLINK, VFS_RMDIR, VFS_RENAME, VFS_LINK, VFS_SYMLINK, VFS_READLINK, VFS_CHMOD, VFS_CHOWN, VFS_UTIMES, VFS_TRUNCATE,
		VFS_ACCESS, VFS_STAT};

	if (a->kind == DO_NAMELESS)
		return nameless_vfs(system, a, deadly);
	r.label = labels[a->kind];
	switch (a->kind) {
	case DO_OPEN:
		r.word6 = 3;
		break;
	case DO_MKNOD:
		r.word6 = makedev(1, 3);
		break;
	case DO_RENAME:
		r.text = a->other;
		break;
	case DO_LINK:
		r.flags = a->flags ? PATH_FOLLOW : 0;
		r.text = a->other;
		break;
	case DO_SYMLINK:
		r.text = a->other;
		break;
	case DO_READLINK:
		r.flags = 0;
		r.word6 = span_make(RESULT_AT, 4096);
		break;
	case DO_CHMOD:
		r.flags = 0;
		break;
	case DO_CHOWN:
		r.flags = nofollow;
		r.word6 = pair_make(a->owner, a->group);
		break;
	case DO_UTIMES:
		r.flags = nofollow;
		r.mode = time_mask(a->mode % 3, ATTRIBUTE_ACCESS, ATTRIBUTE_ACCESS_NOW) | time_mask(a->mode / 3, ATTRIBUTE_MODIFY, ATTRIBUTE_MODIFY_NOW);
		memcpy(system->buffer + RESULT_AT, times, sizeof(times));
		break;
	case DO_TRUNCATE:
		r.flags = 0;
		r.word6 = a->size;
		break;
	case DO_ACCESS:
	case DO_STAT:
		r.flags = nofollow;
		break;
	default:
		r.flags = 0;
	}
	return request_try(system, &r, deadly);
}

/* Comparison of the trees. */

static char sentence[1200];

static const char *stat_compare(struct system *system, const char *path, const struct stat *s)
{
	struct attributes a;
	struct path_request r = {.label = VFS_STAT, .path = path, .flags = PATH_NOFOLLOW, .word6 = RESULT_AT};
	int64_t error = request_send(system, &r, NULL);

	memcpy(&a, system->buffer + RESULT_AT, sizeof(a));
	if (error)
		snprintf(sentence, sizeof(sentence), "%s: vfs says %ld", path, (long)error);
	else if (a.mode != s->st_mode || a.owner != s->st_uid || a.group != s->st_gid || a.links != s->st_nlink)
		snprintf(sentence, sizeof(sentence), "%s: mode %o owner %u:%u links %u, on Linux %o %u:%u %u", path, a.mode, a.owner, a.group, a.links, s->st_mode, s->st_uid, s->st_gid,
			(unsigned)s->st_nlink);
	else if (!S_ISDIR(s->st_mode) && (a.size != (uint64_t)s->st_size || a.device != s->st_rdev))
		snprintf(sentence, sizeof(sentence), "%s: size %lu, on Linux %lu", path, (unsigned long)a.size, (unsigned long)s->st_size);
	else if (s->st_mtim.tv_sec < 6000 && a.modify.seconds != s->st_mtim.tv_sec)
		snprintf(sentence, sizeof(sentence), "%s: modified at %ld, on Linux %ld", path, (long)a.modify.seconds, (long)s->st_mtim.tv_sec);
	else
		return NULL;
	return sentence;
}

static const char *tree_compare(struct system *system, const char *path, unsigned *count)
{
	const char *wrong = NULL;
	struct dirent *entry;
	char below[1024];
	struct stat s;
	DIR *directory;

	if (lstat(path, &s) != 0)
		return "the host's tree cannot be read";
	++*count;
	wrong = stat_compare(system, path, &s);
	if (wrong || !S_ISDIR(s.st_mode))
		return wrong;
	directory = opendir(path);
	while (!wrong && (entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s%s%s", path, path[1] ? "/" : "", entry->d_name);
		wrong = tree_compare(system, below, count);
	}
	closedir(directory);
	return wrong;
}

static const char *action_text(const struct action *a)
{
	static const char *const names[] = {"open", "mkdir", "mknod", "unlink", "rmdir", "rename", "link", "symlink", "readlink", "chmod", "chown", "utimes", "truncate", "access", "stat", "nameless"};
	static char text[1600];

	snprintf(text, sizeof(text), "%s '%s' '%s' by %u:%u flags %o mode %o owner %d:%d size %lu", names[a->kind], a->path, a->other, a->user->user, a->user->group, a->flags, a->mode,
		(int)a->owner, (int)a->group, (unsigned long)a->size);
	return text;
}

const char *linux_compare(unsigned seed, int actions, bool deaths)
{
	static struct system system;
	static struct action a;
	static char text[3000];
	const char *wrong = NULL;
	unsigned count = 0;

	system_make(&system);
	if (chmod("/", 0777) != 0 || request_send(&system, &(struct path_request){.label = VFS_CHMOD, .path = "/", .mode = 0777}, NULL) != 0)
		return "the root's mode cannot be set";
	for (int i = 0; i < actions && !wrong; i++) {
		int64_t expected, got;

		action_choose(&a, &seed);
		become(a.user);
		expected = do_linux(&a);
		become(&root_user);
		system.world.now = 10000 + i;
		got = do_vfs(&system, &a, deaths ? &seed : NULL);
		/* whether there is a device behind a device file, or a reader behind a FIFO, is the business of who opens it */
		if (a.kind == DO_OPEN && got == 0 && expected == -ENXIO)
			expected = 0;
		if (got != expected) {
			snprintf(text, sizeof(text), "operation %d, %s: %ld, on Linux %ld", i, action_text(&a), (long)got, (long)expected);
			wrong = text;
		}
		if (!wrong && i % 50 == 49) {
			count = 0;
			wrong = tree_compare(&system, "/", &count);
			if (!wrong)
				wrong = world_check(&system.world);
			if (!wrong && system.world.ramfs.state && random_next(&seed) % 4 == 0)
				system_restart(&system);
		}
	}
	printf("# %u files at the end\n", count);
	system_free(&system);
	return wrong;
}
