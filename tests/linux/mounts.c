/* SPDX-License-Identifier: MIT */
/* mount and umount2: who may, what is busy, what lies over what, flags that forbid; and what statfs tells of it. */
#include "check.h"

#include <sys/mount.h>
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
	return 0;
}
