/* SPDX-License-Identifier: MIT */
/* Pages of files that nobody uses any more are given up for who needs memory: nobody is ended for them. */
#include "check.h"

#define PAGE 4096

/* A line of /proc/meminfo, in bytes; 0 when there is none. */
static size_t memory_read(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t length = strlen(name), kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			kib = strtoul(line + length + 1, NULL, 10);
	if (file)
		fclose(file);
	return kib * 1024;
}

/* Looks at all pages of a file, and leaves it. */
static int file_look(size_t bytes)
{
	int file = open("holes", O_RDWR | O_CREAT, 0600), sum = 0;
	char *at;

	if (file < 0 || ftruncate(file, (off_t)bytes) != 0)
		return 1;
	at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, file, 0);
	for (size_t i = 0; at != MAP_FAILED && i < bytes; i += PAGE)
		sum += at[i];
	return at == MAP_FAILED || sum || munmap(at, bytes) != 0 || close(file) != 0;
}

static int memory_take(size_t bytes)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; at != MAP_FAILED && i < bytes; i += PAGE)
		at[i] = 1;
	return at == MAP_FAILED;
}

int main(void)
{
	size_t available = memory_read("MemAvailable") / PAGE * PAGE, half = available / 2 / PAGE * PAGE;

	SHOW("there is memory", "%d", available > 64 << 20);
	CHILD("looks at a file of half of it", _exit(file_look(half)));
	SHOW("which is still there", "%d", memory_read("Cached") >= half * 9 / 10);
	SHOW("and counts as available", "%d", memory_read("MemAvailable") >= available * 9 / 10);
	CHILD("takes three quarters", _exit(memory_take(available / 4 * 3)));
	CALL(unlink, "holes");
	return 0;
}
