/* SPDX-License-Identifier: MIT */
/*
 * The vDSO (vdso(7)): a shared object in every process, whose functions C libraries call instead of the system calls of the same names. It runs in the program, with the program's rights, and knows nothing but the page of
 * vdso/data.h: what it cannot answer from there, it asks the kernel.
 *
 * There is one processor, so getcpu() is a constant.
 */
#include "abi/linux/constants.h"
#include "vdso/data.h"

#define NS_PER_SECOND 1000000000ull
#define NS_PER_US 1000

/* From linux/time.h; those of a C library would come with its calls. */
struct timespec {
	int64_t seconds, nanoseconds;
};
struct timeval {
	int64_t seconds, microseconds;
};
struct timezone {
	int32_t minutes_west, daylight_time;
};

enum { CALL_CLOCK_GETTIME = 228, CALL_CLOCK_GETRES = 229 };

/* The page below this object: placed there by vdso.ld. */
extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

#define ENTRY __attribute__((visibility("default")))

int __vdso_clock_gettime(int32_t clock, struct timespec *time) ENTRY;
int __vdso_clock_getres(int32_t clock, struct timespec *resolution) ENTRY;
int __vdso_gettimeofday(struct timeval *time, struct timezone *zone) ENTRY;
int64_t __vdso_time(int64_t *seconds) ENTRY;
int64_t __vdso_getcpu(uint32_t *processor, uint32_t *node, void *unused) ENTRY;

static int64_t system_call(uint64_t number, uint64_t first, uint64_t second)
{
	int64_t result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
	return result;
}

static uint64_t monotonic_now(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)(((unsigned __int128)(((uint64_t)high << 32 | low) - vdso_data.base) * vdso_data.mult) >> vdso_data.shift);
}

static uint64_t wall_now(void)
{
	return monotonic_now() + __atomic_load_n(&vdso_data.wall_offset, __ATOMIC_RELAXED);
}

int __vdso_clock_gettime(int32_t clock, struct timespec *time)
{
	uint64_t ns;

	switch (clock) {
	case LINUX_CLOCK_REALTIME:
	case LINUX_CLOCK_REALTIME_COARSE:
	case LINUX_CLOCK_TAI:
		ns = wall_now();
		break;
	case LINUX_CLOCK_MONOTONIC:
	case LINUX_CLOCK_MONOTONIC_RAW:
	case LINUX_CLOCK_MONOTONIC_COARSE:
	case LINUX_CLOCK_BOOTTIME:
		ns = monotonic_now();
		break;
	default:
		return (int)system_call(CALL_CLOCK_GETTIME, (uint64_t)clock, (uint64_t)time);
	}
	time->seconds = (int64_t)(ns / NS_PER_SECOND);
	time->nanoseconds = (int64_t)(ns % NS_PER_SECOND);
	return 0;
}

int __vdso_clock_getres(int32_t clock, struct timespec *resolution)
{
	return (int)system_call(CALL_CLOCK_GETRES, (uint64_t)clock, (uint64_t)resolution);
}

int __vdso_gettimeofday(struct timeval *time, struct timezone *zone)
{
	uint64_t ns = wall_now();

	if (time) {
		time->seconds = (int64_t)(ns / NS_PER_SECOND);
		time->microseconds = (int64_t)(ns % NS_PER_SECOND / NS_PER_US);
	}
	if (zone)
		*zone = (struct timezone){0, 0};
	return 0;
}

int64_t __vdso_time(int64_t *seconds)
{
	int64_t now = (int64_t)(wall_now() / NS_PER_SECOND);

	if (seconds)
		*seconds = now;
	return now;
}

int64_t __vdso_getcpu(uint32_t *processor, uint32_t *node, void *unused)
{
	(void)unused;
	if (processor)
		*processor = 0;
	if (node)
		*node = 0;
	return 0;
}

/* The names without a prefix, as Linux has them too: weak, so that a program's own are preferred. */
extern __typeof__(__vdso_clock_gettime) clock_gettime __attribute__((weak, alias("__vdso_clock_gettime"))) ENTRY;
extern __typeof__(__vdso_clock_getres) clock_getres __attribute__((weak, alias("__vdso_clock_getres"))) ENTRY;
extern __typeof__(__vdso_gettimeofday) gettimeofday __attribute__((weak, alias("__vdso_gettimeofday"))) ENTRY;
extern __typeof__(__vdso_time) time __attribute__((weak, alias("__vdso_time"))) ENTRY;
extern __typeof__(__vdso_getcpu) getcpu __attribute__((weak, alias("__vdso_getcpu"))) ENTRY;
