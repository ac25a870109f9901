/* SPDX-License-Identifier: MIT */
/* What a process asks to be taken for: the order of its requests to disks (ioprio_set), another system's programs (personality), clocks that wake a machine; and which filesystems there are (sysfs). */
#include "check.h"

#include <poll.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER }; /* musl has no header of them */
#define OF(class, level) ((class) << 13 | (level))

static void requests(void)
{
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, 0);
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, getpid());
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, 99999);
	CALL(ioprio_get, IOPRIO_WHO_PGRP, 99999);
	CALL(ioprio_get, IOPRIO_WHO_USER, 99999);
	CALL(ioprio_get, 0, 0);
	CALL(ioprio_get, 4, 0);
	CALL(ioprio_set, 0, 0, 0);
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 99999, OF(2, 4));
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(1, 8));
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(2, 8));
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(0, 1));
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(4, 0));
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, -1);
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(1, 3));
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, 0);
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(3, 5));
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, getpid());
	CHILD("inherits", {
		CALL(ioprio_get, IOPRIO_WHO_PROCESS, 0);
		setpgid(0, 0);
		CALL(ioprio_set, IOPRIO_WHO_PGRP, 0, OF(2, 6));
		CALL(ioprio_get, IOPRIO_WHO_PGRP, 0);
		CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
		setpriority(PRIO_PROCESS, 0, 11);
		CALL(ioprio_get, IOPRIO_WHO_PROCESS, 0);
		CALL(ioprio_get, IOPRIO_WHO_PGRP, 0);
	});
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(2, 2));
	CHILD("of a user", {
		check_become(2000);
		CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(1, 3));
		CALL(ioprio_set, IOPRIO_WHO_PROCESS, getppid(), OF(2, 3));
		CALL(ioprio_get, IOPRIO_WHO_PROCESS, getppid());
		CALL(ioprio_set, IOPRIO_WHO_USER, 0, OF(2, 7));
		CALL(ioprio_get, IOPRIO_WHO_USER, 2000);
		CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, OF(3, 0));
	});
}

static void machine(const char *what)
{
	struct utsname name;

	CALL(uname, &name);
	SHOW(what, "%s", name.machine);
}

/* What is read where null points to; it is done by this program, executed again. */
static void executed(const char *what)
{
	check_print("%s\n", what);
	fflush(stdout);
	CHILD("executed", { execl("/proc/self/exe", "priorities", "null", NULL); });
}

static int null_read(void)
{
	volatile char *null = NULL;

	__asm__("" : "+r"(null)); /* the compiler shall not know */
	CALL(personality, 0xffffffff);
	SHOW("null", "%d", *null);
	return 0;
}

static void persons(void)
{
	struct timeval left = {0, 20000};

	CALL(personality, PER_LINUX32);
	machine("of 32 bits");
	CALL(personality, PER_SOLARIS);
	machine("another system");
	CALL(select, 0, NULL, NULL, NULL, &left);
	SHOW("left as it was", "%ld", (long)left.tv_usec);
	CALL(personality, PER_LINUX);
	CALL(select, 0, NULL, NULL, NULL, &left);
	SHOW("nothing left", "%ld", (long)left.tv_usec);
	CALL(personality, SHORT_INODE | WHOLE_SECONDS | ADDR_LIMIT_32BIT | ADDR_LIMIT_3GB | FDPIC_FUNCPTRS);
	CALL(personality, PER_LINUX | MMAP_PAGE_ZERO);
	executed("with a page of zeros");
	CALL(personality, PER_LINUX);
	executed("without");
	CHILD("of a user", { check_become(2000); CALL(personality, PER_LINUX | MMAP_PAGE_ZERO); execl("/proc/self/exe", "priorities", "null", NULL); });
}

static void alarms(void)
{
	struct itimerspec soon = {.it_value = {0, 20000000}};
	struct timespec time = {0, 1000};
	uint64_t count = 0;
	int id = -1, file = timerfd_create(CLOCK_BOOTTIME_ALARM, 0);

	CALL(timer_create, CLOCK_REALTIME_ALARM, NULL, &id);
	CALL(timer_create, CLOCK_BOOTTIME_ALARM, NULL, &id);
	CALL(timerfd_settime, file, 0, &soon, NULL);
	CALL(read, file, &count, sizeof(count));
	SHOW("expired", "%lu", (unsigned long)count);
	CALL(clock_nanosleep, CLOCK_REALTIME_ALARM, 0, &time, NULL);
	CALL(clock_nanosleep, CLOCK_BOOTTIME_ALARM, 0, &time, NULL);
	CHILD("of a user", {
		check_become(2000);
		CALL(timer_create, CLOCK_REALTIME_ALARM, NULL, &id);
		CALL(timer_create, CLOCK_BOOTTIME_ALARM, NULL, &id);
		CALL(timerfd_create, CLOCK_REALTIME_ALARM, 0);
		CALL(timerfd_create, CLOCK_BOOTTIME_ALARM, 0);
		CALL(clock_nanosleep, CLOCK_BOOTTIME_ALARM, 0, &time, NULL);
	});
}

/* Numbers of types differ from one kernel to the next: a type has the number that its name is found by. */
static void types(void)
{
	char name[64] = "";
	long count = syscall(SYS_sysfs, 3), number = syscall(SYS_sysfs, 1, "ext2");

	SHOW("there are types", "%d", count > 0 && number >= 0 && number < count);
	SHOW("name", "%ld", syscall(SYS_sysfs, 2, number, name));
	SHOW("type", "%s", name);
	CALL(sysfs, 1, "absent");
	CALL(sysfs, 1, "");
	CALL(sysfs, 1, BAD_ADDRESS);
	CALL(sysfs, 2, 1000, name);
	CALL(sysfs, 2, 0, BAD_ADDRESS);
	CALL(sysfs, 0);
	CALL(sysfs, 4);
}

int main(int argument_count, char **arguments)
{
	if (argument_count > 1 && !strcmp(arguments[1], "null"))
		return null_read();
	requests();
	persons();
	alarms();
	types();
	return 0;
}
