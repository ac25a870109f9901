/* SPDX-License-Identifier: MIT */
/* /proc: what a process's files there say about it (maps, status, stat, fd, fdinfo, exe, cwd, cmdline, limits, ...), what those of the system say, their modes, and what may be done to them. Numbers that differ from run to run are compared with what calls say. */
#include "check.h"

#include <dirent.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#define PAGE 4096

/* A whole file; an empty text when there is none. In one buffer, good until the next call. */
static char *file_read(const char *path)
{
	static char text[65536];
	int file = open(path, O_RDONLY);
	ssize_t got, length = 0;

	while (file >= 0 && (got = read(file, text + length, sizeof(text) - 1 - (size_t)length)) > 0)
		length += got;
	text[length] = 0;
	if (file >= 0)
		close(file);
	return text;
}

/* The line that begins so, without its end; a null pointer when there is none. */
static char *line_find(char *text, const char *begin)
{
	for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, begin, strlen(begin))) {
			if (strchr(line, '\n'))
				*strchr(line, '\n') = 0;
			return line;
		}
	return NULL;
}

static void line_show(const char *path, const char *begin)
{
	const char *line = line_find(file_read(path), begin);

	SHOW(path, "%s|", line ? line : "no such line");
}

static void file_show(const char *path)
{
	char *text = file_read(path);

	for (char *at = text; *at; at++)
		*at = *at == '\n' ? '|' : *at == '\t' ? ' ' : *at;
	SHOW(path, "%s", *text ? text : "nothing");
}

/* The line of maps about an address. Device and inode are told by whether they are those of a file. */
static void map_show(const char *what, const void *address, int file)
{
	char *text = file_read("/proc/self/maps"), *line = text;

	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		unsigned long start, end, offset, inode;
		unsigned major, minor;
		struct stat status = {0};
		char rights[8], path[256] = "";

		if (sscanf(line, "%lx-%lx %7s %lx %x:%x %lu%*[ ]%255[^\n]", &start, &end, rights, &offset, &major, &minor, &inode, path) < 7 || start > (unsigned long)address || end <= (unsigned long)address)
			continue;
		if (file >= 0)
			fstat(file, &status);
		SHOW(what, "%s %lx %s%s|", rights, offset, file < 0 ? "" : status.st_ino == inode ? "its inode " : "another inode ", strstr(path, "/programs/") ? "the program" : path);
		return;
	}
	SHOW(what, "not mapped");
}

static void maps(void)
{
	int file, gone, memory = (int)syscall(SYS_memfd_create, "in memory", 0), local;
	char *pages[7];

	check_file("mapped", "0123456789");
	check_file("gone", "0123456789");
	check_file("with\na line", "0123456789");
	file = open("mapped", O_RDWR);
	gone = open("gone", O_RDWR);
	pages[0] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, PAGE);
	pages[1] = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	pages[2] = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, gone, 0);
	pages[3] = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pages[4] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pages[5] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	pages[6] = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, open("with\na line", O_RDONLY), 0);
	map_show("shared part of a file", pages[0], file);
	map_show("private file", pages[1], file);
	unlink("gone");
	map_show("deleted file", pages[2], gone);
	map_show("nothing allowed", pages[3], -1);
	map_show("shared memory", pages[4], -1);
	map_show("memory with a name", pages[5], memory);
	map_show("an odd name", pages[6], -1);
	map_show("the stack", &local, -1);
	map_show("the code", (const void *)(unsigned long)maps, -1);
	(void)syscall(SYS_brk, syscall(SYS_brk, 0) + PAGE);
	map_show("the heap", (char *)syscall(SYS_brk, 0) - 1, -1);
	SHOW("the vDSO", "%d", line_find(file_read("/proc/self/maps"), "7") && strstr(file_read("/proc/self/maps"), "[vdso]"));
	rename("mapped", "renamed");
	map_show("after its name changed", pages[1], file);
	for (int i = 0; i < 7; i++)
		munmap(pages[i], PAGE);
	for (int i = 3; i < 10; i++)
		close(i);
}

/* Lines of status: which there are in this order, and values that are the same each time. */
static void status(void)
{
	static const char *const lines[] = {"Name:", "Umask:", "State:", "Ngid:", "TracerPid:", "Uid:", "Gid:", "FDSize:", "Groups:", "VmLck:", "VmPin:", "VmSwap:", "Threads:", "SigPnd:", "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:", "CapInh:",
					    "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:"};
	static const char *const there[] = {"VmPeak:", "VmSize:", "VmHWM:", "VmRSS:", "VmData:", "VmStk:", "VmExe:", "SigQ:",
					    "Cpus_allowed:", "Cpus_allowed_list:", "voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:", "NStgid:", "NSpid:", "NSpgid:", "NSsid:"};
	sigset_t set;
	int number = 0;

	prctl(PR_SET_NAME, "a) b\n\\c", 0, 0, 0);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, exit);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	kill(getpid(), SIGTERM);
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		line_show("/proc/self/status", lines[i]);
	for (unsigned i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		SHOW(there[i], "%s", line_find(file_read("/proc/self/status"), there[i]) ? "there" : "not there");
	SHOW("Pid", "%d", sscanf(line_find(file_read("/proc/self/status"), "Pid:"), "Pid:\t%d", &number) == 1 && number == getpid());
	SHOW("Tgid", "%d", sscanf(line_find(file_read("/proc/self/status"), "Tgid:"), "Tgid:\t%d", &number) == 1 && number == getpid());
	SHOW("PPid", "%d", sscanf(line_find(file_read("/proc/self/status"), "PPid:"), "PPid:\t%d", &number) == 1 && number == getppid());
	check_bytes("comm", file_read("/proc/self/comm"), 9);
}

/* The fields of stat behind the name, which may hold blanks and brackets. */
static void stat_fields(void)
{
	static const int shown[] = {2, 7, 18, 19, 20, 25, 31, 32, 33, 34, 38, 40, 41};
	char *text = file_read("/proc/self/stat"), *field[60], *save;
	int fields = 2, number;

	SHOW("stat", "%d", sscanf(text, "%d (", &number) == 1 && number == getpid());
	check_bytes("the name", strchr(text, '('), strrchr(text, ')') + 1 - strchr(text, '('));
	for (char *word = strtok_r(strrchr(text, ')') + 1, " \n", &save); word && fields < 59; word = strtok_r(NULL, " \n", &save))
		field[fields++] = word;
	SHOW("fields", "%d", fields);
	for (unsigned i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		SHOW("field", "%d: %s", shown[i] + 1, shown[i] < fields ? field[shown[i]] : "none");
	SHOW("parent, group, session", "%d %d %d", atoi(field[3]) == getppid(), atoi(field[4]) == getpgrp(), atoi(field[5]) == getsid(0));
	SHOW("sizes", "%d %d", atol(field[22]) > 0, atol(field[23]) > 0);
	SHOW("statm", "%d", sscanf(file_read("/proc/self/statm"), "%*d %*d %*d %*d %*d %*d %d", &number));
}

static void link_show(const char *what, const char *path)
{
	char target[512];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	target[length < 0 ? 0 : length] = 0;
	if (strstr(target, ":[") && strchr("ps", target[0]))
		*strchr(target, '[') = 0; /* pipe:[ and socket:[ have a number */
	SHOW(what, "%s", length < 0 ? check_errno_name(errno) : strstr(target, "/programs/") ? "the program" : target);
}

/* Where a number leads, and the lines of fdinfo that every file has. */
static void info_show(const char *what, int file)
{
	char path[64], *text, *save;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	link_show(what, path);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", file);
	text = file_read(path);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "ino:", 4) || !strncmp(line, "mnt_id:", 7))
			SHOW(what, "%.*s", (int)(strchr(line, ':') - line), line);
		else if (!strncmp(line, "pos:", 4) || !strncmp(line, "flags:", 6))
			SHOW(what, "%s", line);
	}
}

static void files(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x1234};
	struct itimerspec often = {{1, 500}, {1000, 0}};
	int ends[2], pair[2], file, queue, timer, watch;
	sigset_t set;

	for (int i = 3; i < 30; i++)
		close(i);
	check_file("open", "0123456789");
	file = open("open", O_RDWR | O_APPEND | O_CLOEXEC);
	lseek(file, 4, SEEK_SET);
	info_show("a file", file);
	unlink("open");
	info_show("a deleted file", file);
	info_show("a directory", open(".", O_RDONLY | O_DIRECTORY));
	info_show("a path", open("/dev/null", O_PATH));
	info_show("/dev/null", 0);
	(void)!pipe2(ends, O_NONBLOCK);
	info_show("a pipe", ends[0]);
	info_show("its other end", ends[1]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	info_show("a socket", pair[0]);
	info_show("a counter", eventfd(7, EFD_NONBLOCK));
	queue = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(queue, EPOLL_CTL_ADD, ends[0], &event);
	info_show("a queue of events", queue);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	info_show("signals", signalfd(-1, &set, 0));
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(timer, 0, &often, NULL);
	info_show("a timer", timer);
	watch = inotify_init1(0);
	inotify_add_watch(watch, ".", IN_CREATE);
	info_show("a watch", watch);
	info_show("memory", (int)syscall(SYS_memfd_create, "name", 0));
	info_show("a process", (int)syscall(SYS_pidfd_open, getpid(), 0));
	link_show("a number that is free", "/proc/self/fd/99");
	CALL(open, "/proc/self/fd/99", O_RDONLY);
	CALL(open, "/proc/self/fdinfo/99", O_RDONLY);
	CALL(open, "/proc/self/fd/x", O_RDONLY);
	CALL(open, "/proc/self/fd/-1", O_RDONLY);
	CALL(open, "/proc/self/fd/03", O_RDONLY);
	for (int i = 3; i < 30; i++)
		close(i);
}

/* The auxiliary vector, as the program got it, and whatever it has made of its copy. */
static void auxiliary(void)
{
	const unsigned long *words = (const unsigned long *)file_read("/proc/self/auxv");

	for (; words[0]; words += 2)
		if (words[0] == AT_PAGESZ || words[0] == AT_CLKTCK || words[0] == AT_SECURE)
			SHOW("auxv", "%lu: %lu", words[0], words[1]);
	SHOW("auxv", "ends with %lu: %lu", words[0], words[1]);
}

static void tsc(void)
{
	int how = 0;

	CALL(prctl, PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
	CALL(prctl, PR_SET_TSC, 3, 0, 0, 0);
	CALL(prctl, PR_GET_TSC, &how, 0, 0, 0);
	CALL(prctl, PR_GET_TSC, BAD_ADDRESS, 0, 0, 0);
	SHOW("PR_GET_TSC", "%d", how);
	CALL(settimeofday, NULL, NULL);
	CHILD("as a user", check_become(1000); CALL(settimeofday, NULL, NULL));
}

static void links(void)
{
	link_show("exe", "/proc/self/exe");
	link_show("cwd", "/proc/self/cwd");
	link_show("root", "/proc/self/root");
	link_show("mounts", "/proc/mounts");
	SHOW("self", "%d", atoi((char[32]){0}) == 0 && readlink("/proc/self", (char[32]){0}, 32) > 0);
	mkdir("below", 0755);
	CHILD("in a directory of its own", {
		(void)!chdir("below");
		link_show("cwd", "/proc/self/cwd");
		(void)!chdir("/");
		link_show("cwd", "/proc/self/cwd");
	});
}

/* Mode, links and size of files. */
static void modes(void)
{
	static const char *const paths[] = {"/proc", "/proc/self/", "/proc/self/maps", "/proc/self/status", "/proc/self/stat", "/proc/self/statm", "/proc/self/mem", "/proc/self/environ", "/proc/self/cmdline", "/proc/self/comm", "/proc/self/fd", "/proc/self/fd/0",
					    "/proc/self/fdinfo", "/proc/self/fdinfo/0", "/proc/self/exe", "/proc/self/cwd", "/proc/self/root", "/proc/self/mounts", "/proc/self/limits", "/proc/self/oom_score", "/proc/self/oom_score_adj",
					    "/proc/self/task", "/proc/self/pagemap", "/proc/self/auxv", "/proc/self/coredump_filter", "/proc/self/timerslack_ns",
					    "/proc/uptime", "/proc/loadavg", "/proc/stat", "/proc/cpuinfo", "/proc/version", "/proc/filesystems", "/proc/devices", "/proc/mounts", "/proc/self", "/proc/thread-self", "/proc/sys",
					    "/proc/sys/kernel", "/proc/sys/kernel/osrelease"};

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct stat status;

		if (lstat(paths[i], &status))
			SHOW(paths[i], "%s", check_errno_name(errno));
		else
			SHOW(paths[i], "%o, owner %u", status.st_mode, status.st_uid);
	}
}

static void words(void)
{
	static const char *const paths[] = {"/proc/sys/kernel/ostype", "/proc/sys/kernel/domainname", "/proc/sys/kernel/pid_max", "/proc/sys/kernel/cap_last_cap", "/proc/sys/kernel/overflowuid", "/proc/sys/kernel/overflowgid", "/proc/sys/kernel/core_pattern",
					    "/proc/sys/kernel/core_uses_pid", "/proc/sys/kernel/random/entropy_avail", "/proc/sys/kernel/random/poolsize", "/proc/sys/kernel/sem", "/proc/sys/kernel/shmmax", "/proc/sys/kernel/shmall", "/proc/sys/kernel/shmmni",
					    "/proc/sys/kernel/msgmax", "/proc/sys/kernel/msgmnb", "/proc/sys/kernel/msgmni", "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/overcommit_ratio", "/proc/sys/vm/max_map_count", "/proc/sys/vm/mmap_min_addr", "/proc/sys/vm/nr_hugepages",
					    "/proc/sys/fs/pipe-max-size", "/proc/sys/fs/pipe-user-pages-hard",
					    "/proc/sys/fs/suid_dumpable", "/proc/sys/net/core/somaxconn", "/proc/sys/net/unix/max_dgram_qlen", "/proc/self/oom_score_adj",
					    "/proc/swaps"};
	static const char *const limits[] = {"Limit", "Max cpu", "Max file size", "Max data", "Max stack", "Max core", "Max resident", "Max open", "Max locked", "Max address", "Max file locks", "Max msgqueue", "Max nice", "Max realtime p", "Max realtime t"};
	static const char *const memory[] = {"MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "Active", "Inactive", "Unevictable", "Mlocked", "SwapTotal", "SwapFree", "Dirty", "Writeback", "Shmem",
					     "Slab"};
	double up = 0, idle = 0;
	struct timespec now;
	int running = 0, tasks = 0, last = 0, ended = 0;

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		file_show(paths[i]);
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		line_show("/proc/self/limits", limits[i]);
	for (unsigned i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
		char begin[64], unit[8] = "";
		const char *line;
		unsigned long count;

		snprintf(begin, sizeof(begin), "%s:", memory[i]);
		line = line_find(file_read("/proc/meminfo"), begin);
		SHOW(memory[i], "%s", !line ? "not there" : sscanf(line + strlen(begin), "%lu %7s", &count, unit) < 1 ? "no number" : unit[0] ? unit : "a number");
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	SHOW("uptime", "%d", sscanf(file_read("/proc/uptime"), "%lf %lf\n%n", &up, &idle, &ended) == 2 && ended && up >= (double)now.tv_sec - 1 && up <= (double)now.tv_sec + 60);
	SHOW("loadavg", "%d", sscanf(file_read("/proc/loadavg"), "%*d.%*2d %*d.%*2d %*d.%*2d %d/%d %d\n", &running, &tasks, &last) == 3 && running > 0 && tasks >= running && last > 0);
	SHOW("uuid", "%zu", strlen(file_read("/proc/sys/kernel/random/uuid")));
	SHOW("boot_id", "%zu", strlen(file_read("/proc/sys/kernel/random/boot_id")));
	SHOW("cpuinfo", "%d", line_find(file_read("/proc/cpuinfo"), "processor\t: 0") && line_find(file_read("/proc/cpuinfo"), "flags\t\t: ") && line_find(file_read("/proc/cpuinfo"), "model name\t: "));
	SHOW("stat", "%d", line_find(file_read("/proc/stat"), "cpu  ") && line_find(file_read("/proc/stat"), "cpu0 ") && line_find(file_read("/proc/stat"), "ctxt ") && line_find(file_read("/proc/stat"), "btime ") && line_find(file_read("/proc/stat"), "processes "));
}

static void mounts(void)
{
	char *line;

	mkdir("a dir", 0755);
	CALL(mount, "a source", "a dir", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
	line = line_find(file_read("/proc/self/mounts"), "a\\040source ");
	if (line && strstr(line, ",inode64"))
		memmove(strstr(line, ",inode64"), strstr(line, ",inode64") + 8, strlen(strstr(line, ",inode64") + 8) + 1); /* where there is another way to number them */
	SHOW("mounts", "%s", line ? line : "no such line");
	umount2("a dir", 0);
	SHOW("afterwards", "%d", !!line_find(file_read("/proc/self/mounts"), "a\\040source "));
}

/* A file's number as a place to write to. */
static void write_show(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);
	char what[128];

	snprintf(what, sizeof(what), "%s: %s", path, text);
	if (file < 0)
		SHOW("cannot open", "%s %s", what, check_errno_name(errno));
	else
		SHOW("write", "%s: %s", what, write(file, text, strlen(text)) < 0 ? check_errno_name(errno) : "written");
	if (file >= 0)
		close(file);
}

static void changing(void)
{
	struct stat status;
	char buffer[8];
	int file;

	write_show("/proc/self/comm", "a longer name than fits");
	file_show("/proc/self/comm");
	write_show("/proc/self/oom_score_adj", "500\n");
	file_show("/proc/self/oom_score_adj");
	write_show("/proc/self/oom_score_adj", "1001");
	write_show("/proc/self/oom_score_adj", "-1001");
	write_show("/proc/self/oom_score_adj", "x");
	write_show("/proc/self/oom_score_adj", "");
	file_show("/proc/self/timerslack_ns");
	write_show("/proc/self/timerslack_ns", "1234\n");
	file_show("/proc/self/timerslack_ns");
	SHOW("PR_GET_TIMERSLACK", "%d", prctl(PR_GET_TIMERSLACK));
	write_show("/proc/self/timerslack_ns", "0");
	file_show("/proc/self/timerslack_ns");
	write_show("/proc/self/timerslack_ns", "x");
	CALL(open, "/proc/new", O_CREAT | O_WRONLY, 0644);
	CALL(stat, "/proc/99999", &status);
	CALL(stat, "/proc/0", &status);
	CALL(stat, "/proc/01", &status);
	CALL(stat, "/proc/self/task/99999", &status);
	CALL(stat, "/proc/sys/absent", &status);
	file = (int)CALL(open, "/proc/self/stat", O_RDONLY);
	CALL(read, file, buffer, 1);
	CALL(lseek, file, 0, SEEK_END);
	CALL(lseek, file, 1, SEEK_SET);
	CALL(lseek, file, -1, SEEK_SET);
	CALL(read, file, buffer, 0);
	CALL(lseek, file, 100000, SEEK_SET);
	CALL(read, file, buffer, 8);
	CALL(write, file, "x", 1);
	GOOD(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	close(file);
	CHILD("another's", {
		check_become(1000);
		CALL(open, "/proc/1/maps", O_RDONLY);
		CALL(open, "/proc/1/environ", O_RDONLY);
		CALL(open, "/proc/1/mem", O_RDONLY);
		CALL(open, "/proc/1/fd", O_RDONLY);
		CALL(stat, "/proc/1/fd/0", &status);
		link_show("exe", "/proc/1/exe");
		link_show("cwd", "/proc/1/cwd");
		SHOW("status", "%d", *file_read("/proc/1/status") != 0);
		SHOW("stat", "%d", *file_read("/proc/1/stat") != 0);
		SHOW("cmdline", "%d", *file_read("/proc/1/cmdline") != 0);
		write_show("/proc/1/comm", "x");
		write_show("/proc/1/oom_score_adj", "0");
		write_show("/proc/self/oom_score_adj", "-500");
	});
}

/* A process that has ended and is not waited for. */
static void ended(void)
{
	char path[64];
	pid_t child = fork();
	siginfo_t information;

	if (!child)
		_exit(3);
	waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT);
	snprintf(path, sizeof(path), "/proc/%d/status", child);
	SHOW("State", "%s", line_find(file_read(path), "State:"));
	SHOW("VmSize", "%s", line_find(file_read(path), "VmSize:") ? "there" : "not there");
	snprintf(path, sizeof(path), "/proc/%d/maps", child);
	SHOW("maps", "%zu", strlen(file_read(path)));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
	SHOW("cmdline", "%zu", strlen(file_read(path)));
	snprintf(path, sizeof(path), "/proc/%d/exe", child);
	link_show("exe", path);
	snprintf(path, sizeof(path), "/proc/%d/cwd", child);
	link_show("cwd", path);
	snprintf(path, sizeof(path), "/proc/%d/fd/0", child);
	link_show("fd", path);
	check_wait("ended", child);
}

/* The program once more, with words of its own. */
static void again(char *name)
{
	char *const arguments[] = {name, "two words", "", "last", NULL}, *const environment[] = {"ONE=1", "TWO=", NULL};

	CHILD("executed", execve("/proc/self/exe", arguments, environment));
}

int main(int count, char *words_of_call[])
{
	if (count > 1) {
		char *text = file_read("/proc/self/cmdline");

		check_bytes("cmdline", text + strlen(text), 17);
		check_bytes("environ", file_read("/proc/self/environ"), 11);
		line_show("/proc/self/status", "SigBlk:");
		line_show("/proc/self/status", "SigIgn:");
		line_show("/proc/self/status", "SigCgt:");
		return 0;
	}
	maps();
	files();
	auxiliary();
	tsc();
	links();
	mounts();
	status();
	stat_fields();
	modes();
	words();
	changing();
	ended();
	again(words_of_call[0]);
	return 0;
}
