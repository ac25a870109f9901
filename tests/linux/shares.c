/* SPDX-License-Identifier: MIT */
/* What tasks share and stop sharing: unshare, setns; and how they are scheduled: policies and niceness by sched_setattr and sched_setscheduler. */
#include "check.h"

#include <sched.h>
#include <sys/mman.h>
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

/* Real-time policies: who may have them, what children get, what is told. */
static void show_policy(const char *what)
{
	struct sched_param parameters = {.sched_priority = -1};
	long policy = syscall(SYS_sched_getscheduler, 0);

	syscall(SYS_sched_getparam, 0, &parameters);
	SHOW(what, "policy %#lx priority %d", policy, parameters.sched_priority);
}

/* What /proc/PID/stat says: priority, niceness; real-time priority, policy. */
static void show_stat(void)
{
	char text[1024] = "", *at;
	int file = open("/proc/self/stat", O_RDONLY), values[45] = {0};
	ssize_t bytes = read(file, text, sizeof(text) - 1);

	close(file);
	at = bytes > 0 ? strrchr(text, ')') + 4 : text;
	for (int field = 4; field < 45 && *at; field++)
		values[field] = (int)strtol(at, &at, 10);
	SHOW("stat", "%d %d; %d %d", values[18], values[19], values[40], values[41]);
}

static void real_time(void)
{
	struct sched_param none = {0}, one = {.sched_priority = 1}, five = {.sched_priority = 5}, most = {.sched_priority = 99}, beyond = {.sched_priority = 100}, below = {.sched_priority = -1};
	struct timespec turn = {.tv_sec = 7, .tv_nsec = 7};

	setpriority(PRIO_PROCESS, 0, 3);
	CALL(sched_setscheduler, 0, SCHED_FIFO, &none);
	CALL(sched_setscheduler, 0, SCHED_RR, &beyond);
	CALL(sched_setscheduler, 0, SCHED_RR, &below);
	CALL(sched_setscheduler, 0, SCHED_FIFO, &one);
	show_policy("FIFO");
	show_attributes("FIFO");
	show_stat();
	CALL(sched_rr_get_interval, 0, &turn);
	SHOW("turn", "%ld %ld", (long)turn.tv_sec, turn.tv_nsec);
	CHILD("a child", show_policy("of the child"); show_stat());
	CALL(sched_setparam, 0, &most);
	CALL(sched_setparam, 0, &none);
	CALL(sched_setparam, 0, &beyond);
	show_policy("after setparam");
	CALL(sched_setscheduler, 0, SCHED_RR | 0x40000000, &five);
	show_policy("RR, resets");
	CHILD("a child", show_policy("of the child"); show_stat(); CALL(getpriority, PRIO_PROCESS, 0));
	CALL(ioprio_get, 1, 0);
	CALL(sched_rr_get_interval, 0, &turn);
	SHOW("has an end", "%d", turn.tv_sec == 0 && turn.tv_nsec > 0);
	set("keeps the policy", 0, 0x8, 4, 7);
	set("keeps the parameters", 2, 0x10, 4, 7);
	set("keeps the parameters, of another policy", 0, 0x10, 4, 0);
	set("FIFO", 1, 0, 9, 11);
	CALL(getpriority, PRIO_PROCESS, 0);
	set("a user's", 0, 0, 9, 0);
	show_stat();
}

static void real_time_limits(void)
{
	struct sched_param none = {0}, one = {.sched_priority = 1}, five = {.sched_priority = 5}, six = {.sched_priority = 6};
	struct rlimit limit = {5, 5};

	CHILD("a user", check_become(1000); CALL(sched_setscheduler, 0, SCHED_FIFO, &one));
	CHILD("who was made one", CALL(sched_setscheduler, 0, SCHED_FIFO, &five); check_become(1000); CALL(sched_setscheduler, 0, SCHED_FIFO, &five); CALL(sched_setscheduler, 0, SCHED_FIFO, &one);
	      CALL(sched_setscheduler, 0, SCHED_FIFO, &five); CALL(sched_setscheduler, 0, SCHED_RR, &one); CALL(sched_setscheduler, getppid(), SCHED_RR, &one); CALL(sched_setparam, getppid(), &none);
	      CALL(sched_setscheduler, 0, SCHED_OTHER, &none); CALL(sched_setscheduler, 0, SCHED_FIFO, &one));
	CHILD("a user with a limit", setrlimit(RLIMIT_RTPRIO, &limit); check_become(1000); CALL(sched_setscheduler, 0, SCHED_FIFO, &six); CALL(sched_setscheduler, 0, SCHED_FIFO, &five);
	      CALL(sched_setscheduler, 0, SCHED_RR, &one); CALL(sched_setparam, 0, &six); set("RR", 2, 0, 0, 5); set("RR", 2, 0, 0, 6));
}

/* Who has the higher priority runs first: without waiting for anybody it has counted to the end before one of a lower priority that is there as well begins. */
static volatile int *shared;

static pid_t runner(int policy, int priority, int turn)
{
	struct sched_param parameters = {.sched_priority = priority};
	pid_t pid = fork();

	if (pid == 0) {
		syscall(SYS_sched_setscheduler, 0, policy, &parameters);
		for (volatile int i = 0; i < 30000000; i++)
			;
		shared[1 + turn] = ++shared[0];
		_exit(0);
	}
	return pid;
}

/* The parent has a higher priority than all of them, so that none begins before the last one is there. */
static void real_time_order(void)
{
	struct sched_param highest = {.sched_priority = 50};

	CALL(sched_setscheduler, 0, SCHED_FIFO, &highest);
	runner(SCHED_OTHER, 0, 0);
	runner(SCHED_FIFO, 2, 1);
	runner(SCHED_RR, 3, 2);
	runner(SCHED_FIFO, 40, 3);
	while (wait(NULL) > 0)
		;
	SHOW("who came in which place", "%d %d %d %d", shared[1], shared[2], shared[3], shared[4]);
}

/* One that never waits does not keep the others from ending it. */
static void real_time_endless(void)
{
	struct sched_param highest = {.sched_priority = 99};
	pid_t pid;
	int status;

	shared[0] = 0;
	pid = fork();
	if (pid == 0) {
		syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &highest);
		for (shared[0] = 1;;)
			;
	}
	while (!shared[0])
		sched_yield();
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	SHOW("ended", "%d", WTERMSIG(status));
}

int main(void)
{
	unsharing();
	attributes_refused();
	policies();
	CHILD("real time", real_time());
	CHILD("who may", real_time_limits());
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHILD("order", real_time_order());
	real_time_endless();
	return 0;
}
