/* SPDX-License-Identifier: MIT */
/* What openat, creat and linkat refuse, error by error, and how far lseek goes. */
#include "waiting.h"

#include <sys/mount.h>
#include <sys/resource.h>

static char long_name[300];

static void few_numbers(void)
{
	struct rlimit limit = {3, 3};

	setrlimit(RLIMIT_NOFILE, &limit);
}

static void opening(void)
{
	CALL(openat, AT_FDCWD, "absent", O_RDONLY);
	CALL(openat, AT_FDCWD, "file/x", O_RDONLY);
	CALL(openat, AT_FDCWD, "file", O_RDONLY | O_DIRECTORY);
	CALL(openat, AT_FDCWD, "new", O_RDONLY | O_CREAT | O_DIRECTORY, 0600);
	CALL(openat, AT_FDCWD, ".", O_RDONLY | O_CREAT | O_DIRECTORY, 0600);
	CALL(openat, AT_FDCWD, "absent", O_PATH | O_CREAT | O_DIRECTORY, 0600);
	CALL(openat, AT_FDCWD, "file", O_RDWR | O_CREAT | O_EXCL, 0600);
	CALL(openat, AT_FDCWD, ".", O_RDWR);
	CALL(openat, AT_FDCWD, ".", O_TMPFILE | O_RDONLY, 0600);
	CALL(openat, AT_FDCWD, "/proc", O_TMPFILE | O_RDWR, 0600);
	CALL(openat, AT_FDCWD, "loop", O_RDONLY);
	CALL(openat, AT_FDCWD, long_name, O_RDONLY);
	CALL(openat, AT_FDCWD, "socket", O_RDWR);
	CALL(openat, AT_FDCWD, "fifo", O_WRONLY | O_NONBLOCK);
	CALL(openat, AT_FDCWD, "device", O_RDWR);
	CALL(openat, AT_FDCWD, "read-only/new", O_RDWR | O_CREAT, 0600);
	CALL(openat, AT_FDCWD, "read-only/file", O_WRONLY);
	CALL(openat, AT_FDCWD, "/proc/self/exe", O_WRONLY);
	CALL(openat, AT_FDCWD, BAD_ADDRESS, O_RDONLY);
	CALL(openat, -1, "file", O_RDONLY);
	CHILD("a stranger", { check_become(2000); CALL(openat, AT_FDCWD, "file", O_WRONLY); CALL(openat, AT_FDCWD, "file", O_RDONLY | O_NOATIME); CALL(openat, AT_FDCWD, "new", O_WRONLY | O_CREAT, 0600); });
	CHILD("with few numbers", { few_numbers(); CALL(openat, AT_FDCWD, "file", O_RDONLY); CALL(openat, AT_FDCWD, "kept", O_WRONLY | O_TRUNC); CALL(openat, AT_FDCWD, "new", O_WRONLY | O_CREAT, 0600); });
	SHOW("made", "%d", access("new", F_OK));
	check_interrupts();
	CALL(openat, AT_FDCWD, "fifo", O_RDONLY);
	check_quiet();
}

static void creating(void)
{
	CALL(creat, ".", 0600);
	CALL(creat, "absent/new", 0600);
	CALL(creat, "file/new", 0600);
	CALL(creat, "loop", 0600);
	CALL(creat, long_name, 0600);
	CALL(creat, "socket", 0600);
	CALL(creat, "device", 0600);
	CALL(creat, "read-only/new", 0600);
	CALL(creat, "read-only/file", 0600);
	CALL(creat, "/proc/self/exe", 0600);
	CALL(creat, BAD_ADDRESS, 0600);
	CHILD("a stranger", { check_become(2000); CALL(creat, "file", 0600); CALL(creat, "new", 0600); });
	CHILD("with few numbers", { few_numbers(); CALL(creat, "kept", 0600); CALL(creat, "new", 0600); });
	check_interrupts();
	CALL(creat, "fifo", 0600);
	check_quiet();
}

/* Of a file that it makes itself, set-group-ID stays where the maker is in the group; O_TRUNC truncates nothing then. */
static void creating_marked(void)
{
	struct stat status = {0};
	int file;

	CHILD("its own", {
		check_become(2000);
		umask(0);
		file = creat("all/marked", 06777);
		fstat(file, &status);
		SHOW("made", "%o of %u", status.st_mode, status.st_gid);
		file = open("all/marked", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		fstat(file, &status);
		SHOW("truncated", "%o", status.st_mode);
	});
	(void)!chown("all", 0, 77);
	chmod("all", 02777);
	CHILD("of another group", {
		check_become(2000);
		umask(0);
		file = creat("all/new", 06777);
		fstat(file, &status);
		SHOW("made", "%o of %u", status.st_mode, status.st_gid);
	});
}

static void linking(void)
{
	CALL(linkat, AT_FDCWD, "absent", AT_FDCWD, "new", 0);
	CALL(linkat, AT_FDCWD, "file", AT_FDCWD, "kept", 0);
	CALL(linkat, AT_FDCWD, "file/x", AT_FDCWD, "new", 0);
	CALL(linkat, AT_FDCWD, "file", AT_FDCWD, "file/x", 0);
	CALL(linkat, AT_FDCWD, "loop/x", AT_FDCWD, "new", 0);
	CALL(linkat, AT_FDCWD, "loop", AT_FDCWD, "new", AT_SYMLINK_FOLLOW);
	CALL(linkat, AT_FDCWD, long_name, AT_FDCWD, "new", 0);
	CALL(linkat, AT_FDCWD, "file", AT_FDCWD, long_name, 0);
	CALL(linkat, AT_FDCWD, ".", AT_FDCWD, "new", 0);
	CALL(linkat, AT_FDCWD, "read-only/file", AT_FDCWD, "read-only/new", 0);
	CALL(linkat, AT_FDCWD, "file", AT_FDCWD, "read-only/new", 0);
	CALL(linkat, AT_FDCWD, "file", -1, "new", 0);
	CHILD("a stranger", { check_become(2000); CALL(linkat, AT_FDCWD, "file", AT_FDCWD, "new", 0); CALL(linkat, AT_FDCWD, "file", AT_FDCWD, "all/linked", 0); });
}

static void seeking(void)
{
	int file = open("file", O_RDWR);

	CALL(lseek, file, 1l << 40, SEEK_SET);
	CALL(lseek, file, 0x7fffffffffffffff, SEEK_SET);
	CALL(lseek, file, 0x7fffffffffffffff, SEEK_CUR);
	CALL(lseek, file, 0x7ffffffffffff000, SEEK_END);
	CALL(lseek, file, 0, SEEK_CUR);
	close(file);
	file = open("memory/file", O_RDWR | O_CREAT, 0600);
	CALL(lseek, file, 0x7fffffffffffffff, SEEK_SET);
	CALL(lseek, file, 1, SEEK_CUR);
	close(file);
}

int main(void)
{
	memset(long_name, 'x', sizeof(long_name) - 1);
	check_file("file", "contents");
	check_file("kept", "kept");
	(void)!symlink("loop", "loop");
	mknod("fifo", S_IFIFO | 0600, 0);
	mknod("socket", S_IFSOCK | 0600, 0);
	mknod("device", S_IFCHR | 0600, 0xfe00);
	mkdir("all", 0777);
	chmod("all", 0777);
	mkdir("memory", 0755);
	mkdir("read-only", 0755);
	check_file("read-only/file", "x");
	CALL(mount, "none", "memory", "tmpfs", 0, NULL);
	CALL(mount, "read-only", "read-only", NULL, MS_BIND, NULL);
	CALL(mount, "", "read-only", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	opening();
	creating();
	creating_marked();
	linking();
	seeking();
	CALL(umount2, "memory", 0);
	CALL(umount2, "read-only", 0);
	return 0;
}
