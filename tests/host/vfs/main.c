/* SPDX-License-Identifier: MIT */
/* vfs on the host: against Linux, with deaths between any two calls of its tree, mounts and referrals, and requests that no honest client makes. Run under ASan and UBSan. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux.h"
#include "system.h"

#define SEEDS 8
#define ACTIONS 6000

/* In a child, whose root is an empty directory. The exit status says how it went. */
static int linux_run(unsigned seed, bool deaths)
{
	char directory[] = "/dev/shm/kozo-vfs-XXXXXX";
	const char *wrong;

	if (!mkdtemp(directory) || chdir(directory) != 0 || chroot(directory) != 0)
		return 2;
	umask(0);
	wrong = linux_compare(seed, deaths ? ACTIONS / 4 : ACTIONS, deaths);
	if (wrong)
		printf("# seed %u: %s\n", seed, wrong);
	fflush(stdout);
	return wrong ? 1 : 0;
}

static void linux_runs(bool deaths)
{
	if (geteuid() != 0)
		skip();
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		pid_t child;
		int status;

		fflush(stdout);
		child = fork();
		if (child == 0)
			_exit(linux_run(seed, deaths));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(system("rm -rf /dev/shm/kozo-vfs-*"), 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void test_linux(void **state)
{
	(void)state;
	linux_runs(false);
}

static void test_linux_with_deaths(void **state)
{
	(void)state;
	linux_runs(true);
}

/* What is cached is not asked for again: a second stat asks the tree for the attributes alone, and whether a name is there, not at all. */
static void test_cache(void **state)
{
	static struct system system;
	struct path_request stat = {.label = VFS_STAT, .path = "/a/b/c", .word6 = RESULT_AT};

	(void)state;
	system_make(&system);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_MKDIR, .path = "/a", .mode = 0755}, NULL), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_MKDIR, .path = "/a/b", .mode = 0755}, NULL), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_MKDIR, .path = "/a/b/c", .mode = 0755}, NULL), 0);
	assert_int_equal(request_send(&system, &stat, NULL), 0);
	system.calls = 0;
	assert_int_equal(request_send(&system, &stat, NULL), 0);
	assert_int_equal(system.calls, 1);
	stat.path = "/a/b/none";
	assert_int_equal(request_send(&system, &stat, NULL), -ENOENT);
	system.calls = 0;
	assert_int_equal(request_send(&system, &stat, NULL), -ENOENT);
	assert_int_equal(system.calls, 0);
	system_free(&system);
}

static int64_t simple(struct system *system, uint64_t label, const char *path, uint32_t flags, uint64_t word6)
{
	return request_send(system, &(struct path_request){.label = label, .path = path, .flags = flags, .mode = 0755, .word6 = word6}, NULL);
}

/* What the answer of OPEN says of the mount by which the file is opened; -1: an error. */
static int64_t opened_mount_flags(struct system *system, const char *path, uint32_t flags)
{
	struct file_exchange answer = {0};
	int64_t error = request_send(system, &(struct path_request){.label = VFS_OPEN, .path = path, .flags = flags, .mode = 0644, .word6 = 4}, &answer);

	return error ? -1 : (int64_t)(answer.data[2] >> 32);
}

/* Mounts: what a path crosses, what cannot be done across or below, and that they survive a restart. The one tree is mounted in itself. */
static void test_mounts(void **state)
{
	static struct system system;
	const struct user nobody = {.user = 9, .group = 9};

	(void)state;
	system_make(&system);
	assert_int_equal(simple(&system, VFS_MKDIR, "/m", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/d", 0, 0), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_MOUNT, .path = "/m", .word6 = 7, .user = &nobody}, NULL), -EPERM);
	assert_int_equal(simple(&system, VFS_MOUNT, "/m", 0, 99), -ENODEV);
	assert_int_equal(simple(&system, VFS_MOUNT, "/none", 0, 7), -ENOENT);
	assert_int_equal(simple(&system, VFS_MOUNT, "/m", MOUNT_READ_ONLY, 7), 0);
	system_restart(&system);
	assert_int_equal(simple(&system, VFS_STAT, "/m/d", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/m/../m/d/../../d", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/m/e", 0, 0), -EROFS);
	assert_int_equal(simple(&system, VFS_MKDIR, "/e", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_RMDIR, "/m", 0, 0), -EBUSY);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/m", .text = "/n"}, NULL), -EBUSY);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/d", .text = "/m/x"}, NULL), -EXDEV);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/m/d", 0, 0), -EINVAL);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/", 0, 0), -EBUSY);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/m", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/m/d", 0, RESULT_AT), -ENOENT);
	assert_int_equal(simple(&system, VFS_RMDIR, "/m", 0, 0), 0);
	system_free(&system);
}

/* A tree of the client's own: the rest of the path comes back, whatever way leads there. */
static void test_referral(void **state)
{
	static struct system system;
	struct path_request stat = {.label = VFS_STAT, .path = "/proc/self/fd", .word6 = RESULT_AT};
	struct file_exchange x;

	(void)state;
	system_make(&system);
	assert_int_equal(simple(&system, VFS_MKDIR, "/proc", 0, 0), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_SYMLINK, .path = "/l", .text = "proc/self/"}, NULL), 0);
	assert_int_equal(simple(&system, VFS_MOUNT, "/proc", 0, MOUNT_REFERRAL | 5), 0);
	assert_true(request_send(&system, &stat, &x) == ANSWER_REFERRAL);
	assert_int_equal(x.data[1], 5);
	assert_int_equal(x.data[2], 7);
	assert_memory_equal(system.buffer + PATH_AT + PATH_REST, "self/fd", 7);
	stat.path = "/l/exe";
	assert_true(request_send(&system, &stat, &x) == ANSWER_REFERRAL);
	assert_int_equal(x.data[2], strlen("self//exe"));
	assert_memory_equal(system.buffer + PATH_AT + PATH_REST, "self//exe", 9);
	stat.path = "/proc";
	assert_true(request_send(&system, &stat, &x) == ANSWER_REFERRAL);
	assert_int_equal(x.data[2], 0);
	assert_int_equal(simple(&system, VFS_RMDIR, "/proc", 0, 0), -EBUSY);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/proc", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/proc", 0, RESULT_AT), 0);
	system_free(&system);
}

/* By which mount something is found, which both mounting and asking tell; and no mount gets the number of one before it. */
static void test_mount_numbers(void **state)
{
	static struct system system;
	struct path_request mount = {.label = VFS_MOUNT, .path = "/m", .word6 = 7}, stat = {.label = VFS_STAT, .path = "/", .word6 = RESULT_AT};
	struct file_exchange x, told;

	(void)state;
	system_make(&system);
	assert_int_equal(simple(&system, VFS_MKDIR, "/m", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/d", 0, 0), 0);
	assert_int_equal(request_send(&system, &stat, &x), 0);
	assert_int_equal(x.data[1] >> 32, MOUNT_IS_ROOT);
	stat.path = "/d";
	assert_int_equal(request_send(&system, &stat, &x), 0);
	assert_int_equal(x.data[1] >> 32, 0);
	for (unsigned round = 1; round < 3; round++) {
		assert_int_equal(request_send(&system, &mount, &told), 0);
		assert_int_equal(told.words, 2);
		assert_int_equal(told.data[1], round);
		system_restart(&system);
		stat.path = "/m/d";
		assert_int_equal(request_send(&system, &stat, &x), 0);
		assert_int_equal(x.data[1] >> 32, round);
		stat.path = "/m";
		assert_int_equal(request_send(&system, &stat, &x), 0);
		assert_int_equal(x.data[1] >> 32, round | MOUNT_IS_ROOT);
		assert_int_equal((uint32_t)x.data[1], 7);
		assert_int_equal(simple(&system, VFS_UMOUNT, "/m", 0, 0), 0);
	}
	mount.word6 = 99;
	assert_true(request_send(&system, &mount, &told) == -ENODEV);
	assert_int_equal(told.words, 1);
	system_free(&system);
}

/* An open directory is mounted at one more place: what lies below it is seen there, ".." leads out of that place, and so it is after a restart. */
static void test_mounted_directory(void **state)
{
	static struct system system;
	struct path_request up = {.label = VFS_STAT, .path = "/m/../m/../a/b/x", .word6 = RESULT_AT};

	(void)state;
	system_make(&system);
	assert_int_equal(simple(&system, VFS_MKDIR, "/m", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/a", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/a/b", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MOUNT, "/m", 0, MOUNT_DIRECTORY | 5), -EBADF);
	assert_int_equal(simple(&system, VFS_OPEN, "/a/b", OPEN_DIRECTORY, 5), 0);
	assert_int_equal(simple(&system, VFS_MOUNT, "/m", MOUNT_NOEXEC, MOUNT_DIRECTORY | 5), 0);
	assert_int_equal(opened_mount_flags(&system, "/m/file", OPEN_CREATE), MOUNT_NOEXEC);
	assert_int_equal(opened_mount_flags(&system, "/m/file", OPEN_READ), MOUNT_NOEXEC);
	assert_int_equal(opened_mount_flags(&system, "/m/file", OPEN_WRITE | OPEN_TRUNCATE), MOUNT_NOEXEC);
	assert_int_equal(opened_mount_flags(&system, "/a/b/file", OPEN_READ), 0);
	assert_int_equal(simple(&system, VFS_UNLINK, "/m/file", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/m/x", 0, 0), 0);
	assert_int_equal(request_send(&system, &up, NULL), 0);
	system_restart(&system);
	assert_int_equal(simple(&system, VFS_RMDIR, "/m", 0, 0), -EBUSY);
	assert_int_equal(request_send(&system, &up, NULL), 0);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/m", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/m/x", 0, RESULT_AT), -ENOENT);
	assert_int_equal(simple(&system, VFS_RMDIR, "/a/b/x", 0, 0), 0);
	system_free(&system);
}

/* Paths that start at an open directory: it may be moved, removed, or its id used for something else. */
static void test_places(void **state)
{
	static struct system system;
	struct path_request below = {.label = VFS_STAT, .path = "b", .start = 5 + 1, .word6 = RESULT_AT};

	(void)state;
	system_make(&system);
	assert_int_equal(simple(&system, VFS_MKDIR, "/a", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/a/b", 0, 0), 0);
	assert_int_equal(request_send(&system, &below, NULL), -EBADF);
	assert_int_equal(simple(&system, VFS_OPEN, "/a", OPEN_DIRECTORY, 5), 0);
	assert_int_equal(request_send(&system, &below, NULL), 0);
	system_restart(&system);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/a", .text = "/c"}, NULL), 0);
	assert_int_equal(request_send(&system, &below, NULL), 0);
	below.path = "../c/b";
	assert_int_equal(request_send(&system, &below, NULL), 0);
	assert_int_equal(simple(&system, VFS_RMDIR, "/c/b", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_RMDIR, "/c", 0, 0), 0);
	below = (struct path_request){.label = VFS_MKDIR, .path = "x", .start = 5 + 1, .mode = 0755};
	assert_int_equal(request_send(&system, &below, NULL), -ENOENT);
	assert_int_equal(simple(&system, VFS_OPEN, "/file", OPEN_CREATE, 5), 0);
	assert_int_equal(request_send(&system, &below, NULL), -EBADF);
	system_free(&system);
}

/* One cell of the state is damaged between two instances: nothing is done twice, nothing wrong is told, or nobody is served. */
static void test_damage(void **state)
{
	static struct system system;
	static unsigned char sound[VFS_REGION_BYTES];
	const struct path_request last = {.label = VFS_MKDIR, .path = "/b", .mode = 0755}, below = {.label = VFS_STAT, .path = "c", .start = 5 + 1, .word6 = RESULT_AT};
	unsigned char *tree;
	unsigned served = 0, lost = 0, closed = 0, refused = 0;
	struct file_exchange request, x;
	size_t first;

	(void)state;
	system_make(&system);
	first = (size_t)((unsigned char *)tsm_data(&system.tsm) - system.region) / TSM_CELL;
	assert_int_equal(simple(&system, VFS_MKDIR, "/a", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/a/c", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_OPEN, "/a", OPEN_DIRECTORY, 5), 0);
	request_make(&system, &last, &request);
	x = request;
	vfs_handle(&system.vfs, 0, &x);
	assert_int_equal(x.data[0], 0);
	tree = malloc(system.world.bytes);
	memcpy(tree, system.world.region, system.world.bytes);
	memcpy(sound, system.region, sizeof(sound));
	for (size_t cell = 0; cell < sizeof(sound) / TSM_CELL; cell += cell >= first && cell < first + offsetof(struct vfs_state, workers) / TSM_CELL + 400 ? 1 : 37) {
		int64_t stat;

		memcpy(system.world.region, tree, system.world.bytes);
		memcpy(system.region, sound, sizeof(sound));
		system.region[cell * TSM_CELL + cell % TSM_CELL] ^= (unsigned char)(1 << cell % 8);
		if (!system_restart(&system)) {
			refused++;
			continue;
		}
		served++;
		request_make(&system, &last, &x); /* its path */
		system.sequence--;
		x = request;
		vfs_handle(&system.vfs, 0, &x);
		assert_true(x.data[0] == 0 || (int64_t)x.data[0] == -EIO);
		lost += x.data[0] != 0;
		stat = request_send(&system, &below, NULL);
		assert_true(stat == 0 || stat == -EBADF);
		closed += stat != 0;
		assert_int_equal(simple(&system, VFS_STAT, "/b", 0, RESULT_AT), 0);
		assert_int_equal(simple(&system, VFS_MKDIR, "/d", 0, 0), 0);
		system.sequence--;
	}
	print_message("# served %u (%u with a lost request, %u with a lost directory), refused %u\n", served, lost, closed, refused);
	assert_true(served > 1500 && refused > 0 && lost <= 1 && closed == 1); /* the lane that is lost gets its result again from the intent, which is still there */
	free(tree);
	system_free(&system);
}

/* The client begins anew as one with that right. */
static void bound_to(struct system *system, const char *right)
{
	system->right = right;
	assert_true(system_restart(system));
}

/* Sets the mode of an open file at its filesystem, as root. */
static int64_t mode_set(struct system *system, uint64_t id)
{
	static uint64_t sequence;
	struct file_exchange x = {.label = FILE_SETATTR, .badge = CLIENT_BADGE, .words = 8, .data = {++sequence, id, ATTRIBUTE_MODE, 0700, 0, 0, 0, UINT32_MAX}};

	filesystem_handle(&system->world.server, &x);
	return (int64_t)x.data[0];
}

/* What the manifest narrows: a client leaves its directory by no way, and changes nothing if it may only read. */
static void test_bounds(void **state)
{
	static const char *const ways[] = {"..", "/..", "../secret", "in/../../secret", "out", "up", "up/../secret", "in/../../usr/../secret"};
	static struct system system;
	struct path_request below = {.label = VFS_STAT, .path = "x", .start = 3 + 1, .word6 = RESULT_AT};

	(void)state;
	system_make(&system);
	assert_int_equal(simple(&system, VFS_MKDIR, "/usr", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/usr/in", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/usr/in/x", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/secret", 0, 0), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_SYMLINK, .path = "/usr/out", .text = "/secret"}, NULL), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_SYMLINK, .path = "/usr/up", .text = "../secret"}, NULL), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_SYMLINK, .path = "/usr/here", .text = "/in/x"}, NULL), 0);
	assert_int_equal(simple(&system, VFS_OPEN, "/usr/in", OPEN_DIRECTORY, 3), 0);

	bound_to(&system, "write:/usr");
	assert_int_equal(simple(&system, VFS_STAT, "/in/x", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/here", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/usr", 0, RESULT_AT), -ENOENT);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strstr(ways[i], "secret") || ways[i][0] == 'o' || ways[i][0] == 'u')
			assert_int_equal(simple(&system, VFS_STAT, ways[i], 0, RESULT_AT), -ENOENT);
		else
			assert_int_equal(simple(&system, VFS_STAT, ways[i], 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/../in", 0, RESULT_AT), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/in/x", .text = "/../../y"}, NULL), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/y", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_MOUNT, "/in", 0, 7), -EPERM);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/", 0, 0), -EPERM);

	/* what somebody moves out of it while it is open can be used, and is no way up */
	bound_to(&system, NULL);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/usr/in", .text = "/in"}, NULL), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/in/x", 0, 0), 0);
	bound_to(&system, "write:/usr");
	assert_int_equal(request_send(&system, &below, NULL), 0);
	below.path = "../secret";
	assert_int_equal(request_send(&system, &below, NULL), -EACCES);
	below.path = "x/../../secret";
	assert_int_equal(request_send(&system, &below, NULL), -EACCES);

	/* its directory may be renamed by somebody else, and goes on to be what the client sees; the next instance takes what then has the name */
	system.vfs.bounds[CLIENT_BADGE].whole = true;
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/in", .text = "/usr/in"}, NULL), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/usr", .text = "/moved"}, NULL), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/usr", 0, 0), 0);
	system.vfs.bounds[CLIENT_BADGE].whole = false;
	assert_int_equal(simple(&system, VFS_STAT, "/in", 0, RESULT_AT), 0);
	bound_to(&system, "write:/usr");
	assert_int_equal(simple(&system, VFS_STAT, "/in", 0, RESULT_AT), -ENOENT);
	bound_to(&system, NULL);
	assert_int_equal(simple(&system, VFS_RMDIR, "/usr", 0, 0), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/moved", .text = "/usr"}, NULL), 0);
	bound_to(&system, "mount:/usr");
	assert_int_equal(simple(&system, VFS_MOUNT, "/in", 0, 7), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/in/usr/in", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/in/usr/../../..", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/in/usr/../../../secret", 0, RESULT_AT), -ENOENT);
	assert_int_equal(simple(&system, VFS_MOUNT, "/", 0, 7), -EBUSY);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/in", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_UMOUNT, "/", 0, 0), -EINVAL);

	bound_to(&system, "read:/usr");
	assert_int_equal(simple(&system, VFS_STAT, "/in", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/new", 0, 0), -EROFS);
	assert_int_equal(simple(&system, VFS_OPEN, "/new", OPEN_CREATE | OPEN_WRITE, 4), -EROFS);
	assert_int_equal(simple(&system, VFS_RMDIR, "/in", 0, 0), -EROFS);
	assert_int_equal(simple(&system, VFS_CHMOD, "/in", 0, 0), -EROFS);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_RENAME, .path = "/in", .text = "/out"}, NULL), -EROFS);
	assert_int_equal(simple(&system, VFS_OPEN, "/in", OPEN_DIRECTORY, 4), 0);
	assert_int_equal(mode_set(&system, 4), -EROFS);
	bound_to(&system, "write:/usr");
	assert_int_equal(simple(&system, VFS_OPEN, "/in", OPEN_DIRECTORY, 4), 0);
	assert_int_equal(mode_set(&system, 4), 0);

	/* a removed directory is not the one that has its inode now */
	bound_to(&system, "write:/t");
	system.vfs.bounds[CLIENT_BADGE].whole = true;
	assert_int_equal(simple(&system, VFS_MKDIR, "/t", 0, 0), 0);
	system.vfs.bounds[CLIENT_BADGE].whole = false;
	assert_int_equal(simple(&system, VFS_STAT, "/", 0, RESULT_AT), 0);
	system.vfs.bounds[CLIENT_BADGE].whole = true;
	assert_int_equal(simple(&system, VFS_RMDIR, "/t", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MKDIR, "/q", 0, 0), 0);
	system.vfs.bounds[CLIENT_BADGE].whole = false;
	assert_int_equal(simple(&system, VFS_STAT, "/", 0, RESULT_AT), -ENOENT);

	bound_to(&system, "read:/none");
	assert_int_equal(simple(&system, VFS_STAT, "/", 0, RESULT_AT), -ENOENT);
	bound_to(&system, "read:/usr/out");
	assert_int_equal(simple(&system, VFS_STAT, "/", 0, RESULT_AT), 0);
	assert_int_equal(simple(&system, VFS_STAT, "/in", 0, RESULT_AT), -ENOENT);
	bound_to(&system, "anything");
	assert_int_equal(simple(&system, VFS_STAT, "/", 0, RESULT_AT), -EACCES);
	assert_int_equal(simple(&system, VFS_SYNC, "/", 0, 0), -EACCES);
	system_free(&system);
}

/* What a client has open is where a path of no components leads, whatever has become of its names; for nobody else, and by no other mount. */
static void test_opened(void **state)
{
	static struct system system;
	struct path_request again = {.label = VFS_OPEN, .path = "", .start = 5 + 1, .flags = OPEN_READ_WRITE | PATH_EMPTY, .word6 = 6};
	struct path_request link = {.label = VFS_LINK, .path = "", .start = 5 + 1, .flags = PATH_EMPTY, .text = "/named"};
	struct file_exchange answer = {0};

	(void)state;
	system_make(&system);
	assert_int_equal(simple(&system, VFS_MKDIR, "/m", 0, 0), 0);
	assert_int_equal(simple(&system, VFS_MOUNT, "/m", MOUNT_READ_ONLY, 7), 0);
	assert_int_equal(request_send(&system, &again, NULL), -EBADF);
	assert_int_equal(simple(&system, VFS_OPEN, "/file", OPEN_CREATE | OPEN_WRITE, 5), 0);
	assert_int_equal(request_send(&system, &again, &answer), 0);
	assert_int_equal(answer.data[2] & MODE_TYPE, MODE_REGULAR);
	assert_int_equal(simple(&system, VFS_UNLINK, "/file", 0, 0), 0);
	system_restart(&system);
	assert_int_equal(request_send(&system, &again, NULL), 0);
	assert_int_equal(request_send(&system, &link, NULL), -ENOENT);
	again.mode = link.mode = 1; /* the mount at /m */
	assert_int_equal(request_send(&system, &again, NULL), -EROFS);
	again.mode = 9;
	assert_int_equal(request_send(&system, &again, NULL), -EBADF);
	assert_int_equal(simple(&system, VFS_OPEN, "/", OPEN_WRITE | OPEN_NAMELESS, 5), 0);
	assert_int_equal(request_send(&system, &link, NULL), -EXDEV);
	link.mode = 0;
	assert_int_equal(request_send(&system, &link, NULL), 0);
	assert_int_equal(request_send(&system, &link, NULL), -EEXIST);
	assert_int_equal(simple(&system, VFS_OPEN, "/", OPEN_WRITE | OPEN_NAMELESS | OPEN_EXCLUSIVE, 5), 0);
	link.text = "/other";
	assert_int_equal(request_send(&system, &link, NULL), -ENOENT);
	assert_null(world_check(&system.world));
	system_free(&system);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_mount_numbers),
		cmocka_unit_test(test_referral),
		cmocka_unit_test(test_mounted_directory),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_opened),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_linux_with_deaths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
