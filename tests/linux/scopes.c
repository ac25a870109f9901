/* SPDX-License-Identifier: MIT */
/* openat2: its structure, and walks that are kept from links, other mounts and what lies above. */
#include "check.h"

#include <sys/mount.h>

/* linux/openat2.h, which not every C library has. */
struct open_how {
	uint64_t flags, mode, resolve;
};
enum { RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8, RESOLVE_IN_ROOT = 16, RESOLVE_CACHED = 32 };

static const char *const names[] = {"NO_XDEV", "NO_MAGICLINKS", "NO_SYMLINKS", "BENEATH", "IN_ROOT"};
static const uint64_t bits[] = {RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT};

/* One line for a path: what each restriction makes of it. What was opened is told by its first byte, or as a directory. */
static void walk(const char *where, int directory, const char *path, uint64_t flags)
{
	check_print("%s, %s:", where, path);
	for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		struct open_how how = {.flags = flags, .resolve = bits[i]};
		long file = syscall(SYS_openat2, directory, path, &how, sizeof(how));
		char byte = '-';

		if (file < 0) {
			check_print(" %s %s", names[i], check_errno_name(errno));
			continue;
		}
		if (read((int)file, &byte, 1) < 0)
			byte = errno == EISDIR ? '/' : '?';
		check_print(" %s ok %c", names[i], byte);
		close((int)file);
	}
	check_print("\n");
}

static void refusals(void)
{
	struct open_how how = {.flags = O_RDONLY};
	char grown[sizeof(how) + 16] = {0};

	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how) - 1);
	CALL(openat2, AT_FDCWD, "file", &how, 0);
	CALL(openat2, AT_FDCWD, "file", BAD_ADDRESS, sizeof(how));
	CALL(openat2, AT_FDCWD, BAD_ADDRESS, &how, sizeof(how));
	CALL(openat2, 99, "file", &how, sizeof(how));
	GOOD(openat2, AT_FDCWD, "file", grown, sizeof(grown));
	grown[sizeof(how) + 3] = 1;
	CALL(openat2, AT_FDCWD, "file", grown, sizeof(grown));
	how.mode = 0644;
	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how));
	how = (struct open_how){.flags = O_CREAT | O_RDWR, .mode = 0200000};
	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how));
	how = (struct open_how){.flags = 1ull << 40};
	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how));
	how = (struct open_how){.flags = O_PATH | O_RDWR};
	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how));
	how = (struct open_how){.resolve = 0x40};
	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how));
	how = (struct open_how){.resolve = RESOLVE_BENEATH | RESOLVE_IN_ROOT};
	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how));
	how = (struct open_how){.flags = O_CREAT | O_RDWR, .resolve = RESOLVE_CACHED};
	CALL(openat2, AT_FDCWD, "file", &how, sizeof(how));
}

static void tree_make(void)
{
	mkdir("d", 0755);
	mkdir("d/e", 0755);
	mkdir("d/m", 0755);
	check_file("file", "1");
	check_file("d/file", "2");
	check_file("d/e/file", "3");
	(void)!symlink("e/file", "d/within");
	(void)!symlink("../file", "d/out");
	(void)!symlink("/file", "d/absolute");
	(void)!symlink("../file", "d/e/up");
	(void)!symlink("e", "d/directory");
	(void)!symlink("/proc/self", "d/proc");
}

static void walks(void)
{
	static const char *const paths[] = {"file", "e/file", "e/../file", "../file", "e/../../file", "/file", "/e/file", "/../../e/file", "..", "/", ".", "within", "out", "absolute", "e/up", "directory/file", "directory/../file",
					    "directory/..", "m/file", "m/..", "m/../file", "proc/status", "absent", "file/x", "", "/proc/self/status"};
	int directory = open("d", O_RDONLY | O_DIRECTORY), proc = open("/proc", O_RDONLY | O_DIRECTORY), inner = open("d/m", O_RDONLY | O_DIRECTORY);

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		walk("d", directory, paths[i], O_RDONLY);
	walk("d, O_PATH | O_NOFOLLOW", directory, "within", O_PATH | O_NOFOLLOW);
	walk("d, O_NOFOLLOW", directory, "within", O_NOFOLLOW);
	walk("d/m", inner, "file", O_RDONLY);
	walk("d/m", inner, "..", O_RDONLY);
	walk("proc", proc, "self/status", O_RDONLY);
	walk("proc", proc, "sys/../version", O_RDONLY);
	walk("proc", proc, "..", O_RDONLY);
	walk("proc", proc, "sys/../../file", O_RDONLY);
	walk("proc", proc, "self/cwd", O_RDONLY);
	walk("proc", proc, "self/exe", O_PATH);
	CHILD("by its number", {
		walk("proc", proc, "self/cwd/d/file", O_RDONLY);
		dup2(directory, 100);
		walk("proc", proc, "self/fd/100", O_RDONLY);
		walk("proc", proc, "self/fd/100/file", O_RDONLY);
	});
	(void)!chdir("d");
	walk("here", AT_FDCWD, "e/file", O_RDONLY);
	walk("here", AT_FDCWD, "../file", O_RDONLY);
	walk("here", AT_FDCWD, "absolute", O_RDONLY);
	(void)!chdir("..");
}

/* What is made, is made within. */
static void creations(void)
{
	int directory = open("d", O_RDONLY | O_DIRECTORY);
	struct open_how how = {.flags = O_CREAT | O_RDWR | O_EXCL, .mode = 0600, .resolve = RESOLVE_IN_ROOT};

	GOOD(openat2, directory, "/new", &how, sizeof(how));
	CALL(access, "d/new", F_OK);
	GOOD(openat2, directory, "../../newer", &how, sizeof(how));
	CALL(access, "d/newer", F_OK);
	how.resolve = RESOLVE_BENEATH;
	CALL(openat2, directory, "../beside", &how, sizeof(how));
	CALL(access, "beside", F_OK);
	GOOD(openat2, directory, "e/beneath", &how, sizeof(how));
	CALL(access, "d/e/beneath", F_OK);
	close(directory);
}

int main(void)
{
	mkdir("own", 0755);
	mount("none", "own", "tmpfs", 0, NULL); /* another mount than that of the root, on either system */
	(void)!chdir("own");
	tree_make();
	mount("none", "d/m", "tmpfs", 0, NULL);
	check_file("d/m/file", "4");
	refusals();
	walks();
	creations();
	umount("d/m");
	(void)!chdir("..");
	umount2("own", MNT_DETACH);
	return 0;
}
