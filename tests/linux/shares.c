/* SPDX-License-Identifier: MIT */
/* What tasks share and stop sharing: unshare, setns; and how they are scheduled: policies and niceness by sched_setattr and sched_setscheduler. */
#include "check.h"

#include <sched.h>
#include <sys/resource.h>

#define NEW_TIME 0x80 /* CLONE_NEWTIME */

/* A process that shares files and place with its parent, and does something with them. */
#define SHARING(what, ...) CHILD_OF((pid_t)syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL), what, __VA_ARGS__)

static void show_place(const char *what)
{
	char path[256] = "";

	getcwd(path, sizeof(path));
	SHOW(what, "%s", strrchr(path, '/') + 1);
}

static void unsharing(void)
{
	int file = open(".", O_RDONLY | O_DIRECTORY);

	mkdir("inner", 0700);
	SHARING("shares all", chdir("inner"); close(file));
	show_place("place");
	CALL(fcntl, file, F_GETFD);
	chdir("..");
	file = open(".", O_RDONLY | O_DIRECTORY);
	SHARING("its own place", CALL(unshare, CLONE_FS); chdir("inner"); close(file));
	show_place("place");
	CALL(fcntl, file, F_GETFD);
	file = open(".", O_RDONLY | O_DIRECTORY);
	SHARING("its own files", CALL(unshare, CLONE_FILES); umask(027); close(file); CALL(fcntl, file, F_GETFD));
	CALL(fcntl, file, F_GETFD);
	SHOW("umask", "%o", umask(022));
	SHARING("its own of all", CALL(unshare, CLONE_FILES | CLONE_FS | CLONE_SYSVSEM); chdir("inner"); close(file); show_place("place"));
	show_place("place");
	CALL(fcntl, file, F_GETFD);
	CALL(unshare, 0);
	CALL(unshare, CLONE_THREAD);
	CALL(unshare, CLONE_SIGHAND);
	CALL(unshare, CLONE_VM);
	CALL(unshare, CLONE_PARENT);
	CALL(unshare, SIGCHLD);
	CHILD("a user", check_become(1000); CALL(unshare, CLONE_FILES); CALL(unshare, CLONE_NEWNS); CALL(unshare, CLONE_NEWPID); CALL(unshare, CLONE_NEWIPC | CLONE_FS); CALL(unshare, NEW_TIME));
	CALL(setns, 99, 0);
	CALL(setns, file, 0);
	CALL(setns, file, CLONE_NEWNS);
	close(file);
}

struct attributes { /* struct sched_attr */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t least, most;
	uint64_t more;
};

static void show_attributes(const char *what)
{
	struct attributes attributes = {0};
	long result = syscall(SYS_sched_getattr, 0, &attributes, 48, 0);

	SHOW(what, "%ld size %u policy %u flags %#lx nice %d priority %u", result, attributes.size, attributes.policy, (unsigned long)attributes.flags, attributes.nice, attributes.priority);
}

static void set(const char *what, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority)
{
	struct attributes attributes = {.size = 48, .policy = policy, .flags = flags, .nice = nice, .priority = priority};
	long result = syscall(SYS_sched_setattr, 0, &attributes, 0);

	SHOW("sched_setattr", "%s: %s", what, result ? check_errno_name(errno) : "ok");
	show_attributes("then");
}

static void attributes_refused(void)
{
	struct attributes attributes = {.size = 48};

	CALL(sched_setattr, 0, NULL, 0);
	CALL(sched_setattr, 0, BAD_ADDRESS, 0);
	CALL(sched_setattr, -1, &attributes, 0);
	CALL(sched_setattr, 0, &attributes, 1);
	CALL(sched_setattr, 99999, &attributes, 0);
	attributes.size = 40;
	CALL(sched_setattr, 0, &attributes, 0);
	SHOW("size", "%u", attributes.size);
	attributes.size = 5000;
	CALL(sched_setattr, 0, &attributes, 0);
	attributes.size = 64;
	attributes.more = 1;
	CALL(sched_setattr, 0, &attributes, 0);
	attributes = (struct attributes){.size = 64};
	CALL(sched_setattr, 0, &attributes, 0);
	attributes.size = 0;
	CALL(sched_setattr, 0, &attributes, 0);
	attributes = (struct attributes){.size = 48, .policy = 6};
	CALL(sched_setattr, 0, &attributes, 0);
	attributes.runtime = attributes.deadline = 10000000;
	attributes.period = 1000;
	CALL(sched_setattr, 0, &attributes, 0);
	attributes = (struct attributes){.size = 48, .flags = 0x20};
	CALL(sched_setattr, 0, &attributes, 0);
	attributes = (struct attributes){.size = 56, .flags = 0x20};
	CALL(sched_setattr, 0, &attributes, 0);
	attributes = (struct attributes){.size = 48, .flags = 0x80};
	CALL(sched_setattr, 0, &attributes, 0);
	CALL(sched_getattr, 0, NULL, 48, 0);
	CALL(sched_getattr, 0, BAD_ADDRESS, 48, 0);
	CALL(sched_getattr, -1, &attributes, 48, 0);
	CALL(sched_getattr, 0, &attributes, 47, 0);
	CALL(sched_getattr, 0, &attributes, 4097, 0);
	CALL(sched_getattr, 0, &attributes, 48, 1);
	CALL(sched_getattr, 99999, &attributes, 48, 0);
}

static void policies(void)
{
	struct sched_param none = {0}, some = {.sched_priority = 1};

	show_attributes("at first");
	set("a policy that is none", 4, 0, 0, 0);
	set("none at all", 9, 0, 0, 0);
	set("below 0", (uint32_t)-1, 0, 0, 0);
	set("SCHED_OTHER with a priority", 0, 0, 0, 1);
	set("SCHED_FIFO without", 1, 0, 0, 0);
	set("SCHED_RR with too much", 2, 0, 0, 100);
	set("nice 5", 0, 0, 5, 0);
	set("nice 50", 0, 0, 50, 0);
	set("nice -50", 0, 0, -50, 0);
	set("SCHED_BATCH", 3, 0, 3, 0);
	set("keeps the policy", 0, 0x8, 4, 0);
	set("keeps the parameters", 0, 0x10, 9, 0);
	set("SCHED_IDLE, resets", 5, 1, 0, 0);
	CALL(sched_getscheduler, 0);
	CHILD("a child", show_attributes("of the child"));
	CALL(sched_setscheduler, 0, 3, &none);
	CALL(sched_setscheduler, 0, 0x40000000 | 5, &none);
	CALL(sched_setscheduler, 0, 3, &some);
	CALL(sched_setparam, 0, &none);
	CALL(sched_setparam, 0, &some);
	show_attributes("then");
	set("nice -5, resets", 0, 1, -5, 0);
	CHILD("a child", show_attributes("of the child"));
	set("nice 0", 0, 0, 0, 0);
	CHILD("a user", check_become(1000); set("nice -1", 0, 0, -1, 0); set("nice 2", 0, 0, 2, 0); set("nice 1", 0, 0, 1, 0); set("SCHED_IDLE", 5, 1, 2, 0); set("back", 0, 1, 2, 0); set("keeps resetting", 5, 0, 2, 0);
	      set("SCHED_FIFO", 1, 0, 0, 1); CALL(sched_setscheduler, getppid(), 0, &none);
	      struct attributes attributes = {.size = 48}; CALL(sched_setattr, getppid(), &attributes, 0));
	CHILD("a user with RLIMIT_NICE", struct rlimit limit = {25, 25}; setrlimit(RLIMIT_NICE, &limit); check_become(1000); set("nice -5", 0, 0, -5, 0); set("nice -6", 0, 0, -6, 0); set("SCHED_IDLE", 5, 0, 0, 0); set("back", 0, 0, 0, 0));
}

int main(void)
{
	unsharing();
	attributes_refused();
	policies();
	return 0;
}
