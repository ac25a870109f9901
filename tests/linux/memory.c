/* SPDX-License-Identifier: MIT */
/* Memory: mmap, munmap, mprotect, mremap, msync, mincore, madvise, brk, System V shared memory, and what touching it does. */
#include "touching.h"

#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

#define PAGE 4096
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

/* What reading or writing a byte comes to. */
static void touch(const char *what, volatile char *address, int write)
{
	int byte, number = check_touch(address, write, &byte);

	if (number)
		SHOW(what, "signal %d code %d", number, (int)check_code);
	else
		SHOW(what, "done");
}

static void anonymous(void)
{
	char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long sum = 0;

	for (int i = 0; i < 4 * PAGE; i++)
		sum += pages[i];
	SHOW("anonymous memory sums to", "%ld", sum);
	GOOD(mmap, NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	GOOD(mmap, NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	GOOD(mmap, NULL, -1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	GOOD(mmap, NULL, 1L << 46, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	GOOD(mmap, NULL, 1L << 48, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	GOOD(mmap, 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	GOOD(mmap, KERNEL_ADDRESS, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	GOOD(mmap, 0x7ffffffff000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	GOOD(mmap, pages, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	SHOW("fixed", "%d", mmap(pages, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == pages);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0);
	GOOD(mmap, NULL, 0, PROT_READ, MAP_PRIVATE, 99, 0);
	GOOD(mmap, NULL, 0, PROT_READ, MAP_PRIVATE, 99, 1);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	CALL(munmap, pages, 0);
	CALL(munmap, pages + 1, PAGE);
	CALL(munmap, pages + PAGE, PAGE);
	CALL(munmap, pages + PAGE, PAGE);
	touch("read in the gap", pages + PAGE, 0);
	touch("read behind the gap", pages + 2 * PAGE, 0);
	CALL(munmap, KERNEL_ADDRESS, PAGE);
	CALL(munmap, pages, -1);
	CALL(munmap, pages, 4 * PAGE);
}

static void protection(void)
{
	char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CALL(mprotect, pages, PAGE, PROT_READ);
	touch("write to what is read-only", pages, 1);
	touch("read of it", pages, 0);
	CALL(mprotect, pages, PAGE, PROT_NONE);
	touch("read of nothing", pages, 0);
	CALL(mprotect, pages, PAGE, PROT_READ | PROT_WRITE);
	touch("write again", pages, 1);
	CALL(mprotect, pages + 1, PAGE, PROT_READ);
	CALL(mprotect, pages, 0, PROT_READ);
	CALL(mprotect, pages, PAGE, 0x100);
	CALL(mprotect, pages, -1, PROT_READ);
	CALL(munmap, pages + PAGE, PAGE);
	CALL(mprotect, pages, 3 * PAGE, PROT_READ);
	touch("what comes before the gap", pages, 1);
	touch("what comes behind it", pages + 2 * PAGE, 1);
	CALL(mprotect, NULL, PAGE, PROT_READ);
	touch("address 0", NULL, 0);
	touch("the kernel", KERNEL_ADDRESS, 0);
	touch("no address", ODD_ADDRESS, 0);
	munmap(pages, 4 * PAGE);
}

static void file_maps(void)
{
	char *shared, *private, byte = 0;
	int file, blind;

	check_file("mapped", "0123456789");
	file = open("mapped", O_RDWR);
	blind = open("mapped", O_RDONLY);
	shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	check_bytes("shared", shared, 12);
	touch("behind the end, in its page", shared + 100, 0);
	touch("behind its last page", shared + PAGE, 0);
	shared[0] = 'S';
	private[1] = 'P';
	check_bytes("private", private, 4);
	CALL(pread64, file, &byte, 1, 0);
	check_bytes("the file has", &byte, 1);
	CALL(pread64, file, &byte, 1, 1);
	check_bytes("the file has", &byte, 1);
	CALL(pwrite64, file, "W", 1, 2);
	check_bytes("shared after a write", shared, 4);
	CALL(msync, shared, PAGE, MS_SYNC);
	CALL(msync, shared, PAGE, MS_ASYNC);
	CALL(msync, shared, PAGE, MS_SYNC | MS_ASYNC);
	CALL(msync, shared, PAGE, 0x100);
	CALL(msync, shared + 1, PAGE, MS_SYNC);
	CALL(msync, shared, 0, MS_SYNC);
	CALL(msync, BAD_ADDRESS, PAGE, MS_SYNC);
	CALL(ftruncate, file, 0);
	touch("shared after truncation", shared, 0);
	CALL(ftruncate, file, 2 * PAGE);
	touch("after it grew", shared + PAGE, 1);
	GOOD(mmap, NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, blind, 0);
	GOOD(mmap, NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, blind, 0);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_SHARED, blind, 0);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_SHARED, file, 100);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_SHARED, file, 1L << 40);
	close(file);
	touch("after close", shared, 1);
	munmap(shared, 2 * PAGE);
	munmap(private, PAGE);
	file = open("mapped", O_WRONLY);
	GOOD(mmap, NULL, PAGE, PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	file = open(".", O_RDONLY);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
	close(file);
	close(blind);
}

/* Writes a byte; the compiler is not to know where. */
static __attribute__((noinline, noclone)) void touch_raw(volatile char *address)
{
	__asm__ volatile("" : "+r"(address));
	*address = 1;
}

static void forks(void)
{
	char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	private[0] = shared[0] = 'a';
	CHILD("writes", {
		private[0] = shared[0] = 'b';
		check_bytes("the child has", private, 1);
	});
	check_bytes("private", private, 1);
	check_bytes("shared", shared, 1);
	CHILD("touches nothing", touch_raw(BAD_ADDRESS));
	CHILD("runs data", ((void (*)(void))(void *)private)());
	munmap(private, PAGE);
	munmap(shared, PAGE);
}

static void moving(void)
{
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *other = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *moved;

	pages[0] = 'm';
	GOOD(mremap, pages + 1, PAGE, PAGE, 0, 0);
	GOOD(mremap, pages, PAGE, 0, 0, 0);
	GOOD(mremap, pages, PAGE, PAGE, 0x100, 0);
	GOOD(mremap, pages, PAGE, PAGE, MREMAP_FIXED, other);
	GOOD(mremap, pages, PAGE, 1L << 50, MREMAP_MAYMOVE, 0);
	GOOD(mremap, 0x10000, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
	moved = mremap(pages, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	check_bytes("after it grew", moved, 1);
	touch("the last of it", moved + 63 * PAGE, 1);
	SHOW("shrinks in place", "%d", mremap(moved, 64 * PAGE, PAGE, 0) == moved);
	touch("what was cut off", moved + PAGE, 0);
	SHOW("to a place", "%d", mremap(moved, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other) == other);
	check_bytes("there", other, 1);
	touch("where it was", moved, 0);
	munmap(other, 4 * PAGE);
}

/* Advice that is for private memory of no file only. */
static void advice_of_kind(void)
{
	char *of_file, *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int file;

	check_file("advised", "0123456789");
	file = open("advised", O_RDWR);
	of_file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	CALL(madvise, of_file, PAGE, MADV_FREE);
	CALL(madvise, shared, PAGE, MADV_FREE);
	CALL(madvise, of_file, PAGE, MADV_WIPEONFORK);
	CALL(madvise, shared, PAGE, MADV_WIPEONFORK);
	CALL(madvise, shared, PAGE, MADV_KEEPONFORK);
	munmap(of_file, PAGE);
	munmap(shared, PAGE);
	close(file);
}

static void advice(void)
{
	char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char there[4] = {0};

	pages[0] = 1;
	pages[2 * PAGE] = 1;
	CALL(mincore, pages, 4 * PAGE, there);
	SHOW("in memory", "%d %d %d %d", there[0] & 1, there[1] & 1, there[2] & 1, there[3] & 1);
	CALL(mincore, pages + 1, PAGE, there);
	CALL(mincore, pages, PAGE, BAD_ADDRESS);
	CALL(mincore, 0x10000, PAGE, there);
	CALL(mincore, pages, -1, there);
	CALL(madvise, pages, PAGE, MADV_DONTNEED);
	SHOW("after DONTNEED", "%d", pages[0]);
	CALL(madvise, pages, PAGE, MADV_NORMAL);
	CALL(madvise, pages, PAGE, MADV_SEQUENTIAL);
	CALL(madvise, pages, PAGE, MADV_WILLNEED);
	CALL(madvise, pages, PAGE, 9999);
	CALL(madvise, pages + 1, PAGE, MADV_NORMAL);
	CALL(madvise, pages, -1, MADV_NORMAL);
	CALL(madvise, 0x10000, PAGE, MADV_DONTNEED);
	CALL(madvise, pages, 0, MADV_NORMAL);
	munmap(pages, 4 * PAGE);
	advice_of_kind();
}

static void breaks(void)
{
	char *end = (char *)syscall(SYS_brk, 0), *more = (char *)syscall(SYS_brk, end + 3 * PAGE);

	SHOW("brk grows", "%ld", (long)(more - end));
	touch("the new memory", more - 1, 1);
	SHOW("brk shrinks", "%ld", (long)((char *)syscall(SYS_brk, end) - end));
	SHOW("brk too far", "%d", (char *)syscall(SYS_brk, KERNEL_ADDRESS) == end);
	SHOW("brk too low", "%d", (char *)syscall(SYS_brk, 4096) == end);
}

static void shared_segments(void)
{
	struct shmid_ds description;
	int segment, keyed;
	char *there;

	segment = shmget(IPC_PRIVATE, 2 * PAGE, IPC_CREAT | 0600);
	SHOW("segment", "%d", segment >= 0);
	if (segment < 0)
		return;
	keyed = shmget(4711, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	SHOW("with a key", "%d", keyed >= 0);
	GOOD(shmget, 4711, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	GOOD(shmget, 4711, 2 * PAGE, 0);
	GOOD(shmget, 4711, PAGE, 0);
	GOOD(shmget, 4712, PAGE, 0);
	GOOD(shmget, IPC_PRIVATE, 0, IPC_CREAT);
	there = shmat(segment, NULL, 0);
	there[0] = 's';
	CHILD("shares it", there[0]++);
	check_bytes("segment has", there, 1);
	GOOD(shmat, 999999, NULL, 0);
	GOOD(shmat, segment, there + 1, 0);
	CALL(shmctl, segment, IPC_STAT, &description);
	SHOW("description", "%ld bytes, %ld attached, mode %o", (long)description.shm_segsz, (long)description.shm_nattch, description.shm_perm.mode & 0777);
	CALL(shmctl, segment, SHM_LOCK, NULL);
	(void)shmctl(segment, IPC_STAT, &description);
	SHOW("mode of a locked segment", "%o", description.shm_perm.mode);
	CALL(shmctl, segment, SHM_UNLOCK, NULL);
	(void)shmctl(segment, IPC_STAT, &description);
	SHOW("mode of an unlocked segment", "%o", description.shm_perm.mode);
	CALL(shmctl, segment, IPC_STAT, BAD_ADDRESS);
	CALL(shmctl, segment, 9999, NULL);
	CALL(shmctl, 999999, IPC_RMID, NULL);
	CALL(shmctl, segment, IPC_RMID, NULL);
	check_bytes("still there", there, 1);
	CALL(shmdt, there);
	CALL(shmdt, there);
	CALL(shmctl, segment, IPC_STAT, &description);
	CALL(shmctl, keyed, IPC_RMID, NULL);
}

/* Another part of a shared mapping's object in its place. */
static void remapping(void)
{
	char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 4; i++)
		shared[i * PAGE] = (char)('a' + i);
	CALL(remap_file_pages, shared, PAGE, PROT_READ, 1, 0);
	CALL(remap_file_pages, shared, 0, 0, 1, 0);
	CALL(remap_file_pages, shared, -PAGE, 0, 1, 0);
	CALL(remap_file_pages, shared, PAGE, 0, -1, 0);
	CALL(remap_file_pages, private, PAGE, 0, 0, 0);
	CALL(remap_file_pages, BAD_ADDRESS, PAGE, 0, 0, 0);
	CALL(remap_file_pages, shared, 2 * PAGE, 0, 2, 0);
	SHOW("remapped", "%c%c%c%c", shared[0], shared[PAGE], shared[2 * PAGE], shared[3 * PAGE]);
	shared[0] = 'x';
	SHOW("the same page", "%c", shared[2 * PAGE]);
	CALL(remap_file_pages, shared + 3, PAGE + 5, 0, 3, 0);
	SHOW("remapped", "%c%c%c%c", shared[0], shared[PAGE], shared[2 * PAGE], shared[3 * PAGE]);
	CALL(remap_file_pages, shared, 4 * PAGE, 0, 0, 0); /* it is no longer one mapping in a row */
	munmap(shared, 4 * PAGE);
	munmap(private, PAGE);
}

/* Which of four pages are in memory. */
static void show_there(const char *what, void *pages)
{
	unsigned char there[4] = {0};
	int error = mincore(pages, 4 * PAGE, there);

	SHOW(what, "%s%d %d %d %d", error ? "not mapped: " : "", there[0] & 1, there[1] & 1, there[2] & 1, there[3] & 1);
}

static char *pages_map(int flags)
{
	return mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/* Pages of this process that are locked, as the kernel counts them. */
static long locked_pages(void)
{
	char text[4096] = "";
	int file = open("/proc/self/status", O_RDONLY);
	const char *line;

	(void)!read(file, text, sizeof(text) - 1);
	close(file);
	line = strstr(text, "VmLck:");
	return line ? atol(line + 6) / 4 : -1;
}

static void locking(void)
{
	char *pages = pages_map(0), *more;

	CALL(mlock2, pages, 4 * PAGE, MLOCK_ONFAULT);
	show_there("locked when touched", pages);
	pages[PAGE] = 1;
	show_there("one touched", pages);
	SHOW("locked", "%ld", locked_pages());
	CALL(mlock, pages + 2 * PAGE, 2 * PAGE);
	show_there("locked", pages);
	SHOW("locked", "%ld", locked_pages());
	CALL(munlock, pages + PAGE, PAGE);
	SHOW("locked", "%ld", locked_pages());
	CALL(munlockall);
	SHOW("locked", "%ld", locked_pages());
	mprotect(pages + PAGE, PAGE, PROT_NONE);
	CALL(mlock, pages, 4 * PAGE);
	CALL(munlock, pages, 4 * PAGE);
	munmap(pages, 4 * PAGE);
	show_there("locked at its making", pages = pages_map(MAP_LOCKED));
	more = (char *)syscall(SYS_mremap, pages, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE, 0);
	show_there("what it has grown by", more + 4 * PAGE);
	SHOW("locked", "%ld", locked_pages());
	munmap(more, 8 * PAGE);
	SHOW("locked", "%ld", locked_pages());
	CALL(madvise, pages = pages_map(0), 4 * PAGE, MADV_POPULATE_READ);
	show_there("brought in", pages);
	mprotect(pages, PAGE, PROT_READ);
	CALL(madvise, pages, 4 * PAGE, MADV_POPULATE_WRITE);
	CALL(madvise, pages, PAGE, MADV_POPULATE_READ);
	mprotect(pages, PAGE, PROT_NONE);
	CALL(madvise, pages, 4 * PAGE, MADV_POPULATE_READ);
	munmap(pages + PAGE, PAGE);
	CALL(madvise, pages + 2 * PAGE, 4 * PAGE, MADV_POPULATE_WRITE);
}

/* mlockall: what is there, what comes, what is brought in. */
static void locking_all(void)
{
	char *pages = pages_map(0), *end = (char *)syscall(SYS_brk, 0);
	int segment = (int)syscall(SYS_shmget, IPC_PRIVATE, 4 * PAGE, 0600);

	CALL(mlockall, 0);
	CALL(mlockall, 8);
	CALL(mlockall, MCL_ONFAULT);
	CALL(mlockall, MCL_FUTURE);
	show_there("was there before", pages);
	show_there("comes", pages_map(0));
	SHOW("locked", "%ld", locked_pages());
	end += -(unsigned long)end % PAGE;
	SHOW("a heap that grows", "%d", syscall(SYS_brk, end + 4 * PAGE) == (long)end + 4 * PAGE);
	show_there("the heap", end);
	show_there("a segment", (void *)syscall(SYS_shmat, segment, NULL, 0));
	CHILD("of a locked process", SHOW("locked", "%ld", locked_pages()); show_there("comes", pages_map(0)));
	CALL(mlockall, MCL_FUTURE | MCL_ONFAULT);
	show_there("comes, brought in when touched", pages_map(0));
	CALL(mlockall, MCL_CURRENT);
	show_there("was there before", pages);
	show_there("comes", pages_map(0));
	CALL(mlockall, MCL_CURRENT | MCL_FUTURE);
	CALL(munlockall);
	SHOW("locked", "%ld", locked_pages());
	show_there("comes", pages_map(0));
	syscall(SYS_shmctl, segment, IPC_RMID, NULL);
}

/* With a limit of eight pages. */
static void locking_little(void)
{
	struct rlimit limit = {8 * PAGE, 8 * PAGE};
	char *pages = pages_map(0), *end = (char *)syscall(SYS_brk, 0);

	setrlimit(RLIMIT_MEMLOCK, &limit);
	check_become(1000);
	CALL(mlock, pages, 4 * PAGE);
	CALL(mlock, pages, 4 * PAGE);
	CALL(mlock, pages, 4 * PAGE);
	CALL(mlockall, MCL_FUTURE);
	show_there("comes", pages_map(0));
	CALL(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	SHOW("a heap that may not grow", "%d", syscall(SYS_brk, end + 4 * PAGE) == (long)end);
	CALL(munlockall);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
	CHILD("that locks all", locking_all()); /* before there are mappings larger than all memory */
	CHILD("that may lock little", locking_little());
	anonymous();
	protection();
	file_maps();
	forks();
	moving();
	advice();
	breaks();
	shared_segments();
	remapping();
	locking();
	return 0;
}
