/* SPDX-License-Identifier: MIT */
/* Who a process is: real, effective, saved and filesystem users and groups, capabilities and what takes them away, programs with set-user-ID, and what each may do to others. */
#include "waiting.h"

#include <sys/prctl.h>
#include <sys/resource.h>

/* As capget(2) has them; musl has no such header. */
#define CAPABILITIES_3 0x20080522
struct capability_head {
	uint32_t version;
	int process;
};
struct capability_sets {
	uint32_t effective, permitted, inheritable;
};

static void show_users(const char *what)
{
	unsigned real, effective, saved, group[3];

	syscall(SYS_getresuid, &real, &effective, &saved);
	syscall(SYS_getresgid, &group[0], &group[1], &group[2]);
	SHOW(what, "user %d %d %d, files %d; group %d %d %d, files %d", (int)real, (int)effective, (int)saved, (int)syscall(SYS_setfsuid, -1), (int)group[0], (int)group[1], (int)group[2], (int)syscall(SYS_setfsgid, -1));
}

static void show_capabilities(const char *what)
{
	struct capability_head head = {CAPABILITIES_3, 0};
	struct capability_sets data[2] = {{0, 0, 0}, {0, 0, 0}};

	CALL(capget, &head, data);
	SHOW(what, "effective %d, permitted %d, inheritable %d", data[0].effective != 0, data[0].permitted != 0, data[0].inheritable != 0);
}

/* By root: everything goes. By anybody: between the three that one has. */
static void users(void)
{
	CHILD("saved", {
		CALL(setresuid, 1, 2, 3);
		show_users("three");
		CALL(setresuid, 4, -1, -1);
		CALL(setresuid, 3, 1, 2);
		show_users("turned");
		CALL(setreuid, -1, 3);
		CALL(setreuid, 9, -1);
		CALL(setuid, 2);
		CALL(setuid, 1);
		show_users("then");
	});
	CHILD("reuid", { CALL(setreuid, 5, 6); show_users("both"); CALL(setreuid, 6, 5); show_users("swapped"); });
	CHILD("effective", { CALL(setreuid, -1, 7); show_users("one"); CALL(setreuid, -1, 0); show_users("back"); });
	CHILD("root leaves for good", { CALL(setuid, 8); show_users("all"); CALL(setuid, 0); });
	CALL(setresuid, -1, -1, -1);
	CALL(getresuid, NULL, NULL, NULL);
	CALL(getresgid, NULL, NULL, NULL);
	CALL(setuid, -1);
}

static void groups(void)
{
	CHILD("groups", {
		CALL(setresgid, 1, 2, 3);
		show_users("three groups");
		CALL(setregid, 2, 1);
		show_users("swapped groups");
		check_become(1000);
		CALL(setresgid, 50, -1, -1);
		CALL(setregid, 1000, 1000);
		CALL(setgid, 50);
		CALL(setregid, 50, -1);
		CALL(setgid, -1);
		CALL(setgroups, 1, ((unsigned[]){1000}));
	});
}

static void files(void)
{
	check_file("secret", "x");
	chmod("secret", 0600);
	chown("secret", 3000, 3000);
	CHILD("by fsuid", {
		CALL(setfsuid, 4000);
		CALL(setfsuid, 4000);
		CALL(open, "secret", O_RDONLY);
		CALL(setfsuid, 3000);
		GOOD(open, "secret", O_RDONLY);
		CALL(setfsgid, 3000);
		CALL(setfsgid, -1);
	});
	CHILD("by effective user", { CALL(setresuid, 0, 4000, 0); CALL(open, "secret", O_RDONLY); CALL(access, "secret", R_OK); CALL(faccessat2, AT_FDCWD, "secret", R_OK, AT_EACCESS); });
	CHILD("by group", { CALL(setgroups, 1, ((unsigned[]){3000})); chmod("secret", 0640); CALL(setresuid, 4000, 4000, 4000); GOOD(open, "secret", O_RDONLY); CALL(open, "secret", O_WRONLY); });
	CHILD("owner without rights", { chmod("secret", 0077); CALL(setresuid, 3000, 3000, 3000); CALL(open, "secret", O_RDONLY); });
}

static void capabilities(void)
{
	struct capability_head head = {CAPABILITIES_3, 0}, odd = {0x1234, 0}, absent = {CAPABILITIES_3, 99999}, negative = {CAPABILITIES_3, -1}, other = {CAPABILITIES_3, 1};
	struct capability_sets data[2] = {{0, 0, 0}, {0, 0, 0}}, more[2] = {{1, 0, 0}, {0, 0, 0}};

	show_capabilities("root");
	CALL(capget, &odd, data);
	SHOW("version", "%x", odd.version);
	odd.version = 0x1234;
	CALL(capget, &odd, NULL);
	CALL(capget, &absent, data);
	CALL(capget, &negative, data);
	CALL(capget, BAD_ADDRESS, data);
	CALL(capget, &head, BAD_ADDRESS);
	CALL(capset, BAD_ADDRESS, data);
	CALL(capset, &head, BAD_ADDRESS);
	odd.version = 0x1234;
	CALL(capset, &odd, data);
	CALL(capset, &other, data);
	CALL(capset, &head, more);
	CHILD("drops", { CALL(capset, &head, data); show_capabilities("none"); CALL(setuid, 5); CALL(kill, 1, 0); });
	CHILD("changes user", { check_become(1000); show_capabilities("user"); });
	CHILD("keeps", { CALL(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0); CALL(setresuid, 1000, 1000, 1000); show_capabilities("kept"); });
	CHILD("effective only", { CALL(setresuid, 0, 1000, 0); show_capabilities("lent"); CALL(setresuid, 0, 0, 0); show_capabilities("again"); });
}

/* Whose processes one may signal and change. */
static void others(void)
{
	struct rlimit limit;
	pid_t child = fork();

	if (!child) {
		check_become(1000);
		for (;;)
			pause();
	}
	check_sleeps(child);
	CHILD("another user", {
		check_become(2000);
		CALL(kill, child, 0);
		CALL(setpriority, PRIO_PROCESS, child, 5);
		CALL(prlimit64, child, RLIMIT_NOFILE, NULL, &limit);
		CALL(sched_setaffinity, child, 8, (&(long){1}));
		CALL(setpgid, child, 0);
	});
	CHILD("the same user", { check_become(1000); CALL(kill, child, 0); CALL(setpriority, PRIO_PROCESS, child, 5); CALL(setpriority, PRIO_PROCESS, child, 1); CALL(prlimit64, child, RLIMIT_NOFILE, NULL, &limit); });
	kill(child, SIGKILL);
	check_wait("end", child);
}

/* The program itself, as its own argument, with the file's users. */
static void set_user_id(void)
{
	char *const words[] = {(char *)"show", (char *)"show", NULL}, *const none[] = {NULL};
	char copy[65536];
	int from = open("/proc/self/exe", O_RDONLY), to = open("show", O_WRONLY | O_CREAT, 0755);
	long bytes;

	while ((bytes = read(from, copy, sizeof(copy))) > 0)
		(void)!write(to, copy, (size_t)bytes);
	close(to);
	chown("show", 3000, 3001);
	chmod("show", 06755);
	chmod(".", 0755);
	CHILD("set-user-ID", { check_become(1000); execve("show", words, none); });
	CHILD("no new privileges", { check_become(1000); prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); execve("show", words, none); });
	chown("show", 0, 0);
	CHILD("a change of owner takes it", { check_become(1000); execve("show", words, none); });
	chmod("show", 04755);
	CHILD("to root", { check_become(1000); execve("show", words, none); });
}

int main(int count, char **words)
{
	if (count > 1 && strcmp(words[1], "show") == 0) {
		show_users("started as");
		show_capabilities("started with");
		return 0;
	}
	users();
	groups();
	files();
	capabilities();
	others();
	set_user_id();
	return 0;
}
