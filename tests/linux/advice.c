/* SPDX-License-Identifier: MIT */
/* Advice about memory (madvise), each kind of it at each kind of mapping; huge pages, of which there are none; how far a process's mappings may be cut into pieces. */
#include "touching.h"

#include <sys/resource.h>
#include <sys/shm.h>

#define PAGE 4096
#define HUGE (2l << 20)
#define MAPPINGS_MAX 65530 /* vm.max_map_count */

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#define HUGE_SIZE(bits) ((bits) << 26) /* MAP_HUGE_SHIFT */

/* What a byte is, or what reading it comes to. */
static void look(const char *what, char *address)
{
	int byte, number = check_touch(address, 0, &byte);

	if (number)
		SHOW(what, "signal %d code %d", number, (int)check_code);
	else
		SHOW(what, "%d", byte);
}

static char *pages_make(int count, int protection, int flags)
{
	return mmap(NULL, (size_t)count * PAGE, protection, flags | MAP_ANONYMOUS, -1, 0);
}

/* Pages that are to be there at once, and cannot. */
static void populating(void)
{
	char *pages = pages_make(4, PROT_READ | PROT_WRITE, MAP_PRIVATE), *closed = pages_make(1, PROT_NONE, MAP_PRIVATE), *readable = pages_make(1, PROT_READ, MAP_PRIVATE), *of_file;
	unsigned char there[4];
	int file;

	check_file("short", "x");
	file = open("short", O_RDWR);
	of_file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CALL(madvise, pages, 2 * PAGE, MADV_POPULATE_READ);
	CALL(madvise, pages + 2 * PAGE, PAGE, MADV_POPULATE_WRITE);
	CALL(mincore, pages, 4 * PAGE, there);
	SHOW("in memory", "%d %d %d %d", there[0] & 1, there[1] & 1, there[2] & 1, there[3] & 1);
	CALL(madvise, closed, PAGE, MADV_POPULATE_READ);
	CALL(madvise, closed, PAGE, MADV_POPULATE_WRITE);
	CALL(madvise, readable, PAGE, MADV_POPULATE_READ);
	CALL(madvise, readable, PAGE, MADV_POPULATE_WRITE);
	CALL(madvise, of_file, PAGE, MADV_POPULATE_READ);
	CALL(madvise, of_file, PAGE, MADV_POPULATE_WRITE);
	CALL(madvise, of_file, 2 * PAGE, MADV_POPULATE_READ);
	CALL(madvise, of_file + PAGE, PAGE, MADV_POPULATE_WRITE);
	munmap(pages + PAGE, PAGE);
	CALL(madvise, pages, 4 * PAGE, MADV_POPULATE_READ);
	CALL(madvise, pages, 4 * PAGE, MADV_POPULATE_WRITE);
	CALL(madvise, pages, 0, MADV_POPULATE_WRITE);
	munmap(pages, 4 * PAGE);
	munmap(closed, PAGE);
	munmap(readable, PAGE);
	munmap(of_file, 2 * PAGE);
	close(file);
}

static void locked(void)
{
	char *pages = pages_make(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	pages[0] = pages[PAGE] = 5;
	CALL(mlock, pages + PAGE, PAGE);
	CALL(madvise, pages, PAGE, MADV_COLD);
	CALL(madvise, pages, PAGE, MADV_PAGEOUT);
	CALL(madvise, pages + PAGE, PAGE, MADV_COLD);
	CALL(madvise, pages + PAGE, PAGE, MADV_PAGEOUT);
	CALL(madvise, pages + PAGE, PAGE, MADV_FREE);
	CALL(madvise, pages + PAGE, PAGE, MADV_REMOVE);
	CALL(madvise, pages, 2 * PAGE, MADV_DONTNEED);
	look("the free page", pages);
	look("the locked page", pages + PAGE);
	pages[0] = 5;
	CALL(madvise, pages, 2 * PAGE, MADV_DONTNEED_LOCKED);
	look("the free page", pages);
	look("the locked page", pages + PAGE);
	munmap(pages, 2 * PAGE);
}

/* MADV_REMOVE makes a hole in what is mapped. */
static void removing(void)
{
	char *shared = pages_make(3, PROT_READ | PROT_WRITE, MAP_SHARED), *private = pages_make(1, PROT_READ | PROT_WRITE, MAP_PRIVATE), *readable = pages_make(1, PROT_READ, MAP_SHARED), *of_file, *copy, *attached;
	int file = (int)syscall(SYS_memfd_create, "holes", 2), segment = shmget(IPC_PRIVATE, PAGE, 0600); /* MFD_ALLOW_SEALING */

	memset(shared, 1, 3 * PAGE);
	CALL(madvise, shared + PAGE, PAGE, MADV_REMOVE);
	SHOW("removed the middle", "%d %d %d", shared[0], shared[PAGE], shared[2 * PAGE]);
	CALL(madvise, private, PAGE, MADV_REMOVE);
	CALL(madvise, readable, PAGE, MADV_REMOVE);
	CALL(madvise, shared, PAGE + 1, MADV_REMOVE);
	SHOW("removed two", "%d %d %d", shared[0], shared[PAGE], shared[2 * PAGE]);
	ftruncate(file, 2 * PAGE);
	of_file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	copy = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	memset(of_file, 2, 2 * PAGE);
	copy[PAGE] = 3;
	CALL(madvise, copy, PAGE, MADV_REMOVE);
	CALL(madvise, of_file, 2 * PAGE, MADV_REMOVE);
	SHOW("removed of a file", "%d %d, %d %d", of_file[0], of_file[PAGE], copy[0], copy[PAGE]);
	munmap(of_file, 2 * PAGE);
	CALL(fcntl, file, 1033, 8); /* F_ADD_SEALS, F_SEAL_WRITE */
	close(file);
	check_file("/dev/shm/regular", "0123456789");
	file = open("/dev/shm/regular", O_RDWR);
	of_file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	of_file[0] = 'x';
	CALL(madvise, of_file, PAGE, MADV_REMOVE);
	SHOW("removed of a file with a name", "%d %d", of_file[0], of_file[1]);
	CALL(pread64, file, of_file, 1, 0);
	munmap(of_file, PAGE);
	unlink("/dev/shm/regular");
	attached = shmat(segment, NULL, 0);
	attached[0] = 7;
	CALL(madvise, attached, PAGE, MADV_REMOVE);
	look("removed of a segment", attached);
	shmctl(segment, IPC_RMID, NULL);
	shmdt(attached);
	munmap(shared, 3 * PAGE);
	munmap(private, PAGE);
	munmap(readable, PAGE);
	munmap(copy, 2 * PAGE);
	close(file);
}

/* Two mappings with a hole between them: what is there is done, and the hole is told. */
static void holes(void)
{
	static const int kinds[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
				    MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT};
	char *pages = pages_make(3, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	munmap(pages + PAGE, PAGE);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		long whole, odd, none;

		errno = 0;
		whole = syscall(SYS_madvise, pages, 3 * PAGE, kinds[i]) ? errno : 0;
		odd = syscall(SYS_madvise, pages + 1, PAGE, kinds[i]) ? errno : 0;
		none = syscall(SYS_madvise, pages, 0, kinds[i]) ? errno : 0;
		SHOW("advice", "%d: %s, %s, %ld", kinds[i], whole ? check_errno_name((int)whole) : "done", odd ? check_errno_name((int)odd) : "done", none);
	}
	CALL(madvise, pages, PAGE, 5);
	CALL(madvise, pages, PAGE, -1);
	CALL(madvise, KERNEL_ADDRESS, PAGE, MADV_NORMAL);
	CALL(madvise, pages, -PAGE, MADV_NORMAL);
	munmap(pages, 3 * PAGE);
}

static void huge(void)
{
	int file;
	char *reserved;

	check_file("short", "x");
	file = open("short", O_RDWR);
	GOOD(mmap, NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	GOOD(mmap, NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	GOOD(mmap, NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | HUGE_SIZE(21), -1, 0);
	GOOD(mmap, NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | HUGE_SIZE(5), -1, 0);
	GOOD(mmap, NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_HUGETLB, file, 0);
	reserved = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);
	SHOW("without a reserve", "%d", reserved != MAP_FAILED);
	if (reserved != MAP_FAILED) {
		SHOW("its border", "%ld", (long)((unsigned long)reserved % HUGE));
		look("the first byte", reserved);
		look("the last byte", reserved + HUGE - 1);
		CALL(munmap, reserved, HUGE);
	}
	GOOD(shmget, IPC_PRIVATE, HUGE, SHM_HUGETLB | 0600);
	close(file);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE, (file = open("short", O_RDWR)), 0);
	close(file);
}

/* As many pieces as there may be, then one more. */
static void pieces(void)
{
	char *pages = pages_make(2 * MAPPINGS_MAX, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	long made = 0;

	while (!mprotect(pages + 2 * made * PAGE, PAGE, PROT_READ))
		made++;
	SHOW("no more than", "%s", check_errno_name(errno));
	while (!munmap(pages + (2 * made + 4) * PAGE, PAGE))
		made += 2; /* at most one more */
	SHOW("no hole more", "%s", check_errno_name(errno));
	CALL(munmap, pages + (2 * made + 16) * PAGE, PAGE);
	GOOD(mmap, NULL, PAGE, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CALL(madvise, pages + (2 * made + 16) * PAGE, PAGE, MADV_DONTFORK);
	CALL(munmap, pages, PAGE);
	CALL(munmap, pages, 2l * MAPPINGS_MAX * PAGE);
	GOOD(mmap, NULL, PAGE, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
	populating();
	locked();
	removing();
	holes();
	huge();
	pieces();
	return 0;
}
