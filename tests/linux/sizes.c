// SPDX-License-Identifier: MIT
/* /proc/PID/smaps and smaps_rollup: what of a mapping is there, whose it is, and whether it was stored into; and how often a process has waited (getrusage(2)). */
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "waiting.h"

#define PAGE 4096
#define PAGES 16

static const char *const sizes[] = {"Size:", "KernelPageSize:", "MMUPageSize:", "Rss:", "Pss:", "Shared_Clean:", "Shared_Dirty:", "Private_Clean:", "Private_Dirty:", "Anonymous:", "LazyFree:", "Swap:", "Locked:"};

/* The lines of smaps behind that of a mapping, each with what it says; `buffer` has room for them. */
static char *lines_of(const void *address, char *buffer, size_t bytes)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[512];
	size_t length = 0;
	int inside = 0;

	buffer[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && line[0] != ' ')
			inside = start <= (unsigned long)address && (unsigned long)address < end;
		else if (inside && length + strlen(line) < bytes)
			length += (size_t)sprintf(buffer + length, "%s", line);
	}
	if (file)
		fclose(file);
	return buffer;
}

/* Flags that both systems keep: Linux's others tell of its accounts. */
static void flags_show(const char *what, const char *lines)
{
	static const char *const known[] = {"rd", "wr", "ex", "sh", "mr", "mw", "me", "ms", "lo", "dc", "dd", "wf"};
	const char *line = strstr(lines, "VmFlags:");
	char told[64] = "";

	for (unsigned i = 0; line && i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(line + 8, known[i]))
			sprintf(told + strlen(told), " %s", known[i]);
	SHOW(what, "flags%s", line ? told : " not there");
}

static void mapping_show(const char *what, const void *address)
{
	static char lines[8192];

	lines_of(address, lines, sizeof(lines));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *line = strstr(lines, sizes[i]);

		SHOW(what, "%s %.*s", sizes[i], line ? (int)strcspn(line + strlen(sizes[i]), "\n") : 9, line ? line + strlen(sizes[i]) : "not there");
	}
	flags_show(what, lines);
}

static unsigned long sum_of(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	char line[512];
	unsigned long sum = 0, one;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0 && sscanf(line + strlen(name), " %lu", &one) == 1)
			sum += one;
	if (file)
		fclose(file);
	return sum;
}

/* PAGES pages between two that nobody may touch, so that no neighbour is like them. */
static char *pages_map(int how)
{
	char *room = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mmap(room + PAGE, PAGES * PAGE, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Loads of a page that nobody has stored into may show one that all share, whose size the systems count in different ways: all pages here are stored into. Which pages were used lately (Referenced) Kozo does not ask the processor. */
static void private_memory(void)
{
	char *pages = pages_map(MAP_PRIVATE);

	mapping_show("untouched", pages);
	memset(pages, 1, 3 * PAGE);
	mapping_show("three pages", pages);
	CHILD("shared with a child", {
		mapping_show("in the child", pages);
		pages[0] = 2;
		mapping_show("after a store", pages);
	});
	mapping_show("alone again", pages);
	mlock(pages, PAGES * PAGE);
	mapping_show("locked", pages);
	munlock(pages, PAGES * PAGE);
	madvise(pages, PAGES * PAGE, MADV_DONTFORK);
	madvise(pages, PAGES * PAGE, MADV_DONTDUMP);
	mprotect(pages, PAGES * PAGE, PROT_READ);
	mapping_show("read-only, not forked", pages);
	munmap(pages, PAGES * PAGE);
}

static void shared_memory(void)
{
	char *pages = pages_map(MAP_SHARED);

	memset(pages, 1, 2 * PAGE);
	mapping_show("shared memory", pages);
	munmap(pages, PAGES * PAGE);
}

static void file_memory(void)
{
	char *pages, content[4 * PAGE];
	int file;

	memset(content, 'x', sizeof(content));
	file = open("mapped", O_RDWR | O_CREAT, 0644);
	SHOW("written", "%d", write(file, content, sizeof(content)) == sizeof(content) && fsync(file) == 0);
	pages = mmap(NULL, sizeof(content), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	pages[0] = 1;
	mapping_show("a private copy of a page of a file", pages);
	munmap(pages, sizeof(content));
	close(file);
}

static void sums(void)
{
	static const char *const names[] = {"Rss:", "Shared_Clean:", "Private_Dirty:", "Anonymous:", "Locked:"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned long all = sum_of("/proc/self/smaps", names[i]), told = sum_of("/proc/self/smaps_rollup", names[i]);

		SHOW(names[i], "%d", told + 64 >= all && all + 64 >= told);
	}
	SHOW("share", "%d", sum_of("/proc/self/smaps_rollup", "Pss:") <= sum_of("/proc/self/smaps_rollup", "Rss:") && sum_of("/proc/self/smaps_rollup", "Pss:") > 0);
	SHOW("without memory", "%d", open("/proc/1/smaps", O_RDONLY) >= 0);
}

static long waits_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return usage.ru_nvcsw;
}

/* Two processes, each of which waits for the other once: it goes on when it was seen asleep. */
static void waits(void)
{
	long before = waits_of(RUSAGE_SELF), children = waits_of(RUSAGE_CHILDREN);
	int to_child[2], to_parent[2], child;
	char word = 'x';

	SHOW("pipes", "%d", pipe(to_child) == 0 && pipe(to_parent) == 0);
	child = fork();
	if (child == 0) {
		check_sleeps(getppid());
		_exit(write(to_parent[1], &word, 1) == 1 && read(to_child[0], &word, 1) == 1 ? 0 : 1);
	}
	SHOW("the child's word", "%zd", read(to_parent[0], &word, 1));
	check_sleeps(child);
	SHOW("ours", "%zd", write(to_child[1], &word, 1));
	wait(NULL);
	SHOW("a wait", "%d", waits_of(RUSAGE_SELF) > before);
	SHOW("by the thread", "%d", waits_of(RUSAGE_THREAD) > 0);
	SHOW("a child's", "%d", waits_of(RUSAGE_CHILDREN) > children);
}

int main(void)
{
	private_memory();
	shared_memory();
	file_memory();
	sums();
	waits();
	return 0;
}
