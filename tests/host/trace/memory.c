/* SPDX-License-Identifier: MIT */
/* Samples of calls on memory, and of sets of processors. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "calls.h"

void memory_samples(void)
{
	unsigned char pages[40] = {1, 0, 0x81, 1};
	uint64_t processors[2] = {0x5, 1};

	CALL(0x7f0000000000, mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CALL(0x10000, mmap, 0x10000, 4096, PROT_NONE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, 3, 0x1000);
	CALL(-EINVAL, mmap, NULL, 0, PROT_READ | PROT_EXEC, MAP_SHARED_VALIDATE | MAP_SYNC | MAP_POPULATE, 3, 0);
	CALL(-ENOMEM, mmap, NULL, 1L << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26, -1, 0);
	CALL(-EINVAL, mmap, NULL, 4096, 0x100, 0, -1, 0);
	CALL(0x7f0000000000, mmap, NULL, 4096, PROT_GROWSDOWN | PROT_WRITE, MAP_PRIVATE | MAP_STACK | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
	CALL(0, mprotect, 0x10000, 4096, PROT_READ | PROT_EXEC);
	CALL(0, munmap, 0x10000, 4096);
	CALL(0x1234000, brk, NULL);
	CALL(0x1234000, brk, 0x1234000);
	CALL(0x20000, mremap, 0x10000, 4096, 8192, MREMAP_MAYMOVE);
	CALL(0x20000, mremap, 0x10000, 4096, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, 0x20000);
	CALL(-EINVAL, mremap, 0x10000, 4096, 8192, MREMAP_FIXED, 0x20000);
	CALL(0, msync, 0x10000, 4096, MS_SYNC);
	CALL(0, msync, 0x10000, 4096, MS_ASYNC | MS_INVALIDATE);
	CALL(0, mincore, 0x10000, 3 * 4096, pages);
	CALL(0, mincore, 0x10000, 4097, pages);
	CALL(0, mincore, 0x10000, 40 * 4096, pages);
	CALL(-ENOMEM, mincore, 0x10000, 4096, pages);
	CALL(0, madvise, 0x10000, 4096, MADV_DONTNEED);
	CALL(0, madvise, 0x10000, 4096, MADV_FREE);
	CALL(-EINVAL, madvise, 0x10000, 4096, 77);
	CALL(0, mlock, 0x10000, 4096);
	CALL(0, mlock2, 0x10000, 4096, MLOCK_ONFAULT);
	CALL(0, munlock, 0x10000, 4096);
	CALL(0, mlockall, MCL_CURRENT | MCL_FUTURE);
	CALL(0, munlockall);
	CALL(0, remap_file_pages, 0x10000, 4096, 0, 1, MAP_NONBLOCK);
	CALL(0, sched_setaffinity, 0, 8, processors);
	CALL(0, sched_setaffinity, 0, 16, processors);
	CALL(0, sched_setaffinity, 0, 0, processors);
	CALL(8, sched_getaffinity, 0, 128, processors);
	CALL(-ESRCH, sched_getaffinity, 99, 128, processors);
	CALL(-EFAULT, sched_setaffinity, 0, 8, NULL);
	CALL(8, getrandom, "\001\2\3\377abcd", 8, 0);
	CALL(40, getrandom, pages, 40, 1);
	CALL(-EAGAIN, getrandom, pages, 40, 3);
}
