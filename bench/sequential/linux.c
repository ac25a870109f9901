// SPDX-License-Identifier: MIT
//
// The Linux side: /init of an initramfs. Loads the modules that it finds in /modules in the order of their names, mounts the disk, reads the file once from its beginning to its end, 128 KiB at a time as `cp` does, between two
// marks, and ends the machine. The disk's device is the first that appears.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/mark.h"

#define PIECE (128 * 1024)
#define TRIES 500 // of 10 ms each, for the disk to appear

static char piece[PIECE];

static void end(const char *why)
{
	printf("linux: %s\n", why);
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void modules_load(void)
{
	struct dirent **names;
	int count = scandir("/modules", &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[300];
		int file;

		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0)
			printf("linux: %s is not loaded\n", names[i]->d_name);
		close(file);
	}
}

static void disk_mount(void)
{
	mkdir("/dev", 0755);
	mkdir("/mnt", 0755);
	(void)!mount("devtmpfs", "/dev", "devtmpfs", 0, NULL); // the kernel may have mounted it
	for (int i = 0; i < TRIES; i++) {
		if (mount("/dev/vda", "/mnt", "ext2", MS_NOATIME, NULL) == 0)
			return;
		usleep(10000);
	}
	end("the disk cannot be mounted");
}

int main(void)
{
	unsigned long long bytes = 0, sum = 0;
	ssize_t got;
	int file;

	modules_load();
	disk_mount();
	sleep(2); // what the kernel does in the background after booting is not this file's
	file = open("/mnt/large", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		end("the file is not there");
	memset(piece, 1, sizeof(piece)); // its pages are there, as they are on the other side
	MARK(MARK_BEGIN);
	while ((got = read(file, piece, PIECE)) > 0) {
		bytes += (unsigned long long)got;
		sum += (unsigned char)piece[got - 1];
	}
	MARK(MARK_END);
	printf("read %llu bytes, %llu\n", bytes, sum);
	end("done");
}
