/* SPDX-License-Identifier: MIT */
/* Core files: who gets one, what it is called, whose it is, and what is in it (core(5)). Signals that leave one end children; what they leave is read here as ELF. */
#include "waiting.h"

#include <elf.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>

#define PAGE 4096
#define PATTERN "/proc/sys/kernel/core_pattern"
#define USES_ID "/proc/sys/kernel/core_uses_pid"
#define SET_ID "/proc/sys/fs/suid_dumpable"

static void limit_core(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &limit);
}

/* What lies where a core is to be, and removes it. */
static void core_show(const char *what, const char *name)
{
	struct stat status;

	if (lstat(name, &status))
		SHOW(what, "%s", check_errno_name(errno));
	else
		SHOW(what, "mode %o, owner %u, %s", status.st_mode, status.st_uid, status.st_size >= PAGE ? "a page or more" : "less than a page");
	unlink(name);
}

/* A core in memory. */
struct core {
	unsigned char *bytes;
	size_t count;
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;
};

static struct core core_load(const char *name)
{
	struct core core = {0};
	struct stat status = {0};
	int file = open(name, O_RDONLY);

	if (file < 0 || fstat(file, &status) || status.st_size < (off_t)sizeof(Elf64_Ehdr)) {
		SHOW(name, "there is no core");
		exit(1);
	}
	core.count = (size_t)status.st_size;
	core.bytes = mmap(NULL, core.count, PROT_READ, MAP_PRIVATE, file, 0);
	close(file);
	core.header = (const Elf64_Ehdr *)core.bytes;
	core.segments = (const Elf64_Phdr *)(core.bytes + core.header->e_phoff);
	return core;
}

/* The segment that shows an address. */
static const Elf64_Phdr *segment_find(const struct core *core, const void *address)
{
	for (unsigned i = 0; i < core->header->e_phnum; i++)
		if (core->segments[i].p_type == PT_LOAD && core->segments[i].p_vaddr <= (uintptr_t)address && (uintptr_t)address < core->segments[i].p_vaddr + core->segments[i].p_memsz)
			return &core->segments[i];
	return NULL;
}

/* What the core says of an address: rights, how much of the segment there is, and the first bytes there. */
static void segment_show(const struct core *core, const char *what, const void *address)
{
	const Elf64_Phdr *segment = segment_find(core, address);
	uint64_t offset;

	if (!segment) {
		SHOW(what, "no segment");
		return;
	}
	SHOW(what, "%s%s%s, %s", segment->p_flags & PF_R ? "r" : "-", segment->p_flags & PF_W ? "w" : "-", segment->p_flags & PF_X ? "x" : "-",
	     !segment->p_filesz ? "nothing of it" : segment->p_filesz == segment->p_memsz ? "all of it" : segment->p_filesz == PAGE ? "a page of it" : "a part of it");
	offset = segment->p_offset + ((uintptr_t)address - segment->p_vaddr);
	if (segment->p_filesz > (uintptr_t)address - segment->p_vaddr && offset + 8 <= core->count)
		check_bytes(what, core->bytes + offset, 8);
}

/* A note of a type, the first or a later one; its contents, or a null pointer. */
static const void *note_find(const struct core *core, const char *name, uint32_t type, unsigned skip, uint32_t *bytes)
{
	const Elf64_Phdr *notes = &core->segments[0];
	uint64_t at = notes->p_offset, end = at + notes->p_filesz;

	while (notes->p_type == PT_NOTE && at + sizeof(Elf64_Nhdr) <= end && end <= core->count) {
		const Elf64_Nhdr *note = (const Elf64_Nhdr *)(core->bytes + at);
		const char *is = (const char *)(note + 1);
		uint64_t contents = at + sizeof(*note) + ((note->n_namesz + 3) & ~3u);

		if (note->n_type == type && !strcmp(is, name) && !skip--) {
			*bytes = note->n_descsz;
			return core->bytes + contents;
		}
		at = contents + ((note->n_descsz + 3) & ~3u);
	}
	*bytes = 0;
	return NULL;
}

static unsigned notes_count(const struct core *core, const char *name, uint32_t type)
{
	unsigned count = 0;
	uint32_t bytes;

	while (note_find(core, name, type, count, &bytes))
		count++;
	return count;
}

/* What the children's memory has at known places: the same in the parent, which made it. */
static struct places {
	char *stored, *untouched, *read_only, *none, *shared, *of_file, *of_file_stored, *shared_file, *not_dumped, *again_dumped;
	char *page_of_zeros;
} at;

static char *map(int protection, int flags, int file, size_t pages)
{
	return mmap(NULL, pages * PAGE, protection, flags, file, 0);
}

/* Between two mappings that are alike a page of another kind, so that they stay two. */
static void places_make(void)
{
	int file = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0644);
	const int both = PROT_READ | PROT_WRITE;

	(void)!write(file, "contents of a file", 18);
	(void)!ftruncate(file, 2 * PAGE);
	at.stored = map(both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 3);
	(void)map(PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	at.untouched = map(both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 2);
	(void)map(PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	at.read_only = map(both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	at.none = map(both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	at.shared = map(both, MAP_SHARED | MAP_ANONYMOUS, -1, 1);
	at.of_file = map(PROT_READ, MAP_PRIVATE, file, 1);
	at.of_file_stored = map(both, MAP_PRIVATE, file, 2);
	at.shared_file = map(both, MAP_SHARED, file, 1);
	at.not_dumped = map(both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	(void)map(PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	at.again_dumped = map(both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
	close(file);
	strcpy(at.stored, "stored");
	strcpy(at.stored + 2 * PAGE, "the third page");
	strcpy(at.read_only, "read only");
	mprotect(at.read_only, PAGE, PROT_READ);
	strcpy(at.none, "nothing allowed");
	mprotect(at.none, PAGE, PROT_NONE);
	strcpy(at.shared, "shared");
	at.of_file_stored[PAGE] = 'x';
	strcpy(at.not_dumped, "secret");
	strcpy(at.again_dumped, "no secret");
	CALL(madvise, at.not_dumped, PAGE, MADV_DONTDUMP);
	CALL(madvise, at.again_dumped, PAGE, MADV_DONTDUMP);
	CALL(madvise, at.again_dumped, PAGE, MADV_DODUMP);
}

static void segments_show(const struct core *core)
{
	segment_show(core, "stored", at.stored);
	segment_show(core, "its second page", at.stored + PAGE);
	segment_show(core, "its third page", at.stored + 2 * PAGE);
	segment_show(core, "never touched", at.untouched);
	segment_show(core, "read only", at.read_only);
	segment_show(core, "nothing allowed", at.none);
	segment_show(core, "shared memory", at.shared);
	segment_show(core, "a file", at.of_file);
	segment_show(core, "a file, stored into", at.of_file_stored);
	segment_show(core, "a shared file", at.shared_file);
	segment_show(core, "MADV_DONTDUMP", at.not_dumped);
	segment_show(core, "MADV_DODUMP", at.again_dumped);
}

static pid_t died;

/* A child that a signal of its own ends, and its core. */
static struct core core_of(const char *what, void (*act)(void))
{
	died = fork();
	if (!died) {
		act();
		_exit(0);
	}
	check_wait(what, died);
	return core_load("core");
}

static void core_end(struct core *core)
{
	munmap(core->bytes, core->count);
	unlink("core");
}

static void abort_at_once(void)
{
	raise(SIGABRT);
}

static void store_nowhere(void)
{
	char *volatile nowhere = BAD_ADDRESS;

	*nowhere = 1;
}

static void headers(void)
{
	struct core core = core_of("abort", abort_at_once);
	const Elf64_Ehdr *header = core.header;
	uint64_t end = 0;
	unsigned loads = 0, ordered = 1;

	check_bytes("identification", header->e_ident, EI_NIDENT);
	SHOW("header", "type %d, machine %d, version %d, headers at %d of %d bytes, itself %d, sections %d %d", header->e_type, header->e_machine, header->e_version, (int)header->e_phoff, header->e_phentsize, header->e_ehsize, (int)header->e_shoff,
	     header->e_shnum);
	SHOW("notes first", "%d, right behind the headers: %d", core.segments[0].p_type == PT_NOTE, core.segments[0].p_offset == sizeof(Elf64_Ehdr) + header->e_phnum * sizeof(Elf64_Phdr));
	for (unsigned i = 1; i < header->e_phnum; i++) {
		const Elf64_Phdr *segment = &core.segments[i];

		loads += segment->p_type == PT_LOAD;
		ordered = ordered && segment->p_offset % PAGE == 0 && (!end || segment->p_offset == end) && segment->p_align == PAGE && segment->p_filesz <= segment->p_memsz;
		end = segment->p_offset + segment->p_filesz;
	}
	SHOW("segments", "all loads: %d, in order: %d, to the end of the file: %d", loads == header->e_phnum - 1u, ordered, end == core.count);
	segments_show(&core);
	core_end(&core);
}

static void status_show(const struct core *core, unsigned which)
{
	uint32_t bytes;
	const prstatus_t *status = note_find(core, "CORE", NT_PRSTATUS, which, &bytes);

	if (!status) {
		SHOW("status", "none");
		return;
	}
	SHOW("status", "%u bytes, signal %d %d, code %d, pending %lx, blocked %lx, its process: %d %d %d %d, fpu %d", bytes, status->pr_info.si_signo, status->pr_cursig, status->pr_info.si_code, status->pr_sigpend, status->pr_sighold,
	     status->pr_pid == died, status->pr_ppid == getpid(), status->pr_pgrp == getpgrp(), status->pr_sid == getsid(0), status->pr_fpvalid);
}

static void notes(void)
{
	struct core core = core_of("a store", store_nowhere);
	uint32_t bytes;
	const prpsinfo_t *process = note_find(&core, "CORE", NT_PRPSINFO, 0, &bytes);
	const siginfo_t *signal;
	const uint64_t *words;
	const prstatus_t *status;
	const struct core *is = &core;

	SHOW("process", "%u bytes, %d %c %d %d, %u %u, %d %d %d %d, %s", bytes, process->pr_state, process->pr_sname, process->pr_zomb, process->pr_nice, process->pr_uid, process->pr_gid, process->pr_pid == died, process->pr_ppid == getpid(),
	     process->pr_pgrp == getpgrp(), process->pr_sid == getsid(0), !strncmp(process->pr_fname, "cores", 5) ? "its name" : process->pr_fname);
	SHOW("command", "%d", strstr(process->pr_psargs, "cores") != NULL);
	status_show(is, 0);
	status = note_find(is, "CORE", NT_PRSTATUS, 0, &bytes);
	SHOW("registers", "no call: %d, selectors %lx %lx, on the stack: %d, in the program: %d", (long)status->pr_reg[15] == -1, (long)status->pr_reg[17], (long)status->pr_reg[20], segment_find(is, (void *)status->pr_reg[19]) != NULL,
	     segment_find(is, (void *)status->pr_reg[16]) && segment_find(is, (void *)status->pr_reg[16])->p_flags & PF_X);
	signal = note_find(is, "CORE", NT_SIGINFO, 0, &bytes);
	SHOW("signal", "%u bytes, %d, code %d, at %p", bytes, signal->si_signo, signal->si_code, signal->si_addr);
	words = note_find(is, "CORE", NT_AUXV, 0, &bytes);
	for (uint32_t i = 0; words && i + 16 <= bytes && words[i / 8]; i += 16)
		if (words[i / 8] == AT_PAGESZ || words[i / 8] == AT_UID)
			SHOW("auxiliary vector", "%d: %d", (int)words[i / 8], (int)words[i / 8 + 1]);
	SHOW("FPU", "%u", (note_find(is, "CORE", NT_FPREGSET, 0, &bytes), bytes));
	SHOW("extended state", "%d", note_find(is, "LINUX", 0x202, 0, &bytes) != NULL && bytes >= 576);
	core_end(&core);
}

static void files(void)
{
	struct core core = core_of("abort", abort_at_once);
	uint32_t bytes;
	const uint64_t *words = note_find(&core, "CORE", NT_FILE, 0, &bytes);
	const char *name = words ? (const char *)(words + 2 + 3 * words[0]) : NULL, *end = (const char *)words + bytes;

	SHOW("pages of", "%d", words ? (int)words[1] : 0);
	for (uint64_t i = 0; words && i < words[0] && name < end; i++, name += strlen(name) + 1)
		if (words[2 + 3 * i] == (uintptr_t)at.of_file || words[2 + 3 * i] == (uintptr_t)at.shared_file || words[2 + 3 * i] == (uintptr_t)at.shared)
			SHOW("file", "%d pages from %d: %s", (int)((words[3 + 3 * i] - words[2 + 3 * i]) / PAGE), (int)words[4 + 3 * i], strrchr(name, '/'));
	SHOW("to the end", "%d", name == end);
	core_end(&core);
}

static int never[2];
static volatile long turned;
static volatile pid_t reader;

static void *wait_there(void *argument)
{
	char byte;

	(void)argument;
	reader = (pid_t)syscall(SYS_gettid);
	syscall(SYS_read, never[0], &byte, 1);
	return NULL;
}

static void *turn_there(void *argument)
{
	(void)argument;
	__asm__ volatile("mov $0x1234567, %%r15; 1: incq %0; jmp 1b" : "+m"(turned)::"r15", "memory", "cc");
	return NULL;
}

/* One waits in a call, one runs, and the first one dies. */
static void die_with_threads(void)
{
	pthread_t thread;

	(void)!pipe(never);
	pthread_create(&thread, NULL, wait_there, NULL);
	pthread_create(&thread, NULL, turn_there, NULL);
	while (!reader || !turned)
		check_nap(CHECK_TICK_US);
	check_thread_sleeps(reader);
	store_nowhere();
}

static void threads(void)
{
	struct core core = core_of("threads", die_with_threads);
	unsigned turns = 0, reads = 0, first = 0;
	uint32_t bytes;

	SHOW("tasks", "%u %u %u", notes_count(&core, "CORE", NT_PRSTATUS), notes_count(&core, "CORE", NT_FPREGSET), notes_count(&core, "CORE", NT_PRPSINFO));
	for (unsigned i = 0; i < notes_count(&core, "CORE", NT_PRSTATUS); i++) {
		const prstatus_t *status = note_find(&core, "CORE", NT_PRSTATUS, i, &bytes);

		turns += status->pr_reg[0] == 0x1234567 && (long)status->pr_reg[15] == -1;
		reads += status->pr_reg[15] == SYS_read;
		first += !i && status->pr_pid == died;
	}
	SHOW("the one that died is the first", "%u", first);
	SHOW("the one that ran", "%u", turns);
	SHOW("the one that read", "%u", reads);
	core_end(&core);
}

/* Which signals leave one. */
static void signals(void)
{
	static const int numbers[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS, SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1, SIGALRM, SIGPIPE};

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		siginfo_t information = {0};
		pid_t child = fork();

		if (!child) {
			raise(numbers[i]);
			_exit(0);
		}
		waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT);
		SHOW("code", "%d, status %d", information.si_code, information.si_status);
		check_wait(strsignal(numbers[i]), child);
		core_show("core", "core");
	}
}

static void limits(void)
{
	struct stat status;

	CHILD("no limit is too small", limit_core(0); abort_at_once());
	core_show("limit 0", "core");
	CHILD("a little less than a page", limit_core(PAGE - 1); abort_at_once());
	core_show("limit 4095", "core");
	CHILD("a page", limit_core(PAGE); abort_at_once());
	SHOW("limit 4096", "%d", !stat("core", &status) && status.st_size <= PAGE);
	CHILD("more than its notes", limit_core(4 * PAGE); abort_at_once());
	SHOW("limit 16384", "%d", !stat("core", &status) && status.st_size > 2 * PAGE && status.st_size <= 4 * PAGE);
	CHILD("with RLIMIT_FSIZE", signal(SIGXFSZ, SIG_IGN); setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, 100}); abort_at_once());
	core_show("files of 100 bytes", "core");
}

/* Where it cannot be, or may not. */
static void places(void)
{
	mkdir("closed", 0755);
	mkdir("open", 0777);
	chmod("open", 01777);
	check_file("core", "somebody's");
	CHILD("over another file", abort_at_once());
	core_show("it is a new one", "core");
	(void)!symlink("mapped", "core");
	CHILD("over a link", abort_at_once());
	core_show("it is no link", "core");
	mkdir("core", 0755);
	CHILD("a directory is there", abort_at_once());
	rmdir("core");
	CHILD("a user, where he may not", (void)!chdir("closed"); check_become(1000); prctl(PR_SET_DUMPABLE, 1); abort_at_once());
	core_show("closed", "closed/core");
	CHILD("a user, where he may", (void)!chdir("open"); check_become(1000); prctl(PR_SET_DUMPABLE, 1); abort_at_once());
	core_show("open", "open/core");
	check_file("open/core", "root's");
	CHILD("a user, over root's file", (void)!chdir("open"); check_become(1000); prctl(PR_SET_DUMPABLE, 1); abort_at_once());
	core_show("it stays", "open/core");
	CHILD("with a umask", umask(0177); abort_at_once());
	core_show("umask 177", "core");
	CHILD("with one that takes its right to read", umask(0400); abort_at_once());
	core_show("umask 400", "core");
}

static void dumpable(void)
{
	CALL(prctl, PR_GET_DUMPABLE);
	CHILD("not dumpable", prctl(PR_SET_DUMPABLE, 0); abort_at_once());
	core_show("none", "core");
	CALL(prctl, PR_SET_DUMPABLE, 2);
	CHILD("another user", (void)!chdir("open"); check_become(1000); CALL(prctl, PR_GET_DUMPABLE); abort_at_once());
	core_show("none", "open/core");
	check_setting(SET_ID, "1");
	CHILD("another user, allowed", (void)!chdir("open"); check_become(1000); CALL(prctl, PR_GET_DUMPABLE); abort_at_once());
	core_show("his own", "open/core");
	check_setting(SET_ID, "2");
	CHILD("another user, for root", (void)!chdir("open"); check_become(1000); CALL(prctl, PR_GET_DUMPABLE); abort_at_once());
	core_show("not by a relative name", "open/core");
	check_setting(PATTERN, "/tmp/cores-%d-%s");
	CHILD("another user, for root, by an absolute name", check_become(1000); abort_at_once());
	core_show("root's", "/tmp/cores-2-6");
	check_file("/tmp/cores-2-6", "x");
	CHILD("where something is", check_become(1000); abort_at_once());
	core_show("what was there", "/tmp/cores-2-6");
	check_setting(SET_ID, "3");
	check_setting(SET_ID, "x");
	check_setting(SET_ID, "0");
	check_show_setting(SET_ID);
	check_setting(PATTERN, "core");
}

/* A child with a name, and what its core is called. */
static void name_show(const char *pattern, const char *name, const char *expected)
{
	char path[200];
	pid_t child;

	check_setting(PATTERN, pattern);
	child = fork();
	if (!child) {
		prctl(PR_SET_NAME, name);
		limit_core(123456789);
		raise(SIGQUIT);
	}
	check_wait(pattern, child);
	snprintf(path, sizeof(path), expected, (int)child, (int)child, (int)child);
	core_show(expected, path);
}

static void names(void)
{
	char longest[200], program[512] = "", *own;

	(void)!readlink("/proc/self/exe", program, sizeof(program) - 1);
	own = strrchr(program, '/') + 1;
	check_show_setting(PATTERN);
	name_show("a.%p", "x", "a.%d");
	name_show("b.%i.%I.%P", "x", "b.%d.%d.%d");
	name_show("c.%u.%g.%s.%%.%c", "x", "c.0.0.3.%%.123456789");
	name_show("d.%e.d", "a/b", "d.a!b.d");
	name_show("%e", "..", "!.");
	name_show("%e", ".", "!");
	name_show("e%", "x", "e");
	name_show("f%Zg", "x", "fg");
	name_show("%f", "x", own);
	mkdir("under", 0755);
	name_show("under/core", "x", "under/core");
	name_show("not-there/core", "x", "not-there/core");
	check_setting(USES_ID, "1");
	name_show("core", "x", "core.%d");
	name_show("p.%p", "x", "p.%d");
	check_setting(USES_ID, "0");
	check_setting(USES_ID, "a");
	check_show_setting(USES_ID);
	name_show("with a blank", "x", "with a blank");
	memset(longest, 'l', sizeof(longest));
	longest[150] = 0;
	check_setting(PATTERN, longest);
	check_show_setting(PATTERN);
	check_setting(PATTERN, "");
	check_setting(PATTERN, "core\n");
	check_show_setting(PATTERN);
	CHILD("a stranger", check_become(1000); CALL(open, PATTERN, O_WRONLY); CALL(open, PATTERN, O_RDONLY));
}

static void filter_dump(const char *filter)
{
	struct core core;

	check_setting("/proc/self/coredump_filter", filter);
	check_show_setting("/proc/self/coredump_filter");
	CHILD("inherited", check_show_setting("/proc/self/coredump_filter"));
	core = core_of("abort", abort_at_once);
	segments_show(&core);
	segment_show(&core, "the program", (void *)((uintptr_t)filter_dump & ~(uintptr_t)(PAGE - 1)));
	core_end(&core);
}

static void filters(void)
{
	check_show_setting("/proc/self/coredump_filter");
	filter_dump("0");
	filter_dump("0x2\n");
	filter_dump("010");
	filter_dump("4");
	filter_dump("0x10f");
	check_setting("/proc/self/coredump_filter", "x");
	check_setting("/proc/self/coredump_filter", "0x");
	check_setting("/proc/self/coredump_filter", "08");
	check_setting("/proc/self/coredump_filter", "4294967296");
	check_setting("/proc/self/coredump_filter", "-1");
	check_setting("/proc/self/coredump_filter", "0x33");
}

/* A signal handler without a stack is a SIGSEGV as well. */
static void no_stack(void)
{
	struct sigaction action = {.sa_handler = check_no_signal, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_sp = BAD_ADDRESS, .ss_size = 65536};

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	raise(SIGSEGV);
}

static void *touch_much(void *argument)
{
	char *much = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 16384);

	memset(much, 1, 16384 * PAGE);
	store_nowhere();
	return argument;
}

/* A process with two tasks is killed while its core is being written, or perhaps after that: then its end is the first signal's. */
static void cut_short(void)
{
	pid_t child = fork();
	struct stat status = {0};
	pthread_t thread;
	int how;

	if (!child) {
		pthread_create(&thread, NULL, touch_much, NULL);
		for (;;)
			pause();
	}
	while (stat("core", &status) || !status.st_size)
		check_nap(CHECK_TICK_US);
	kill(child, SIGKILL);
	waitpid(child, &how, 0);
	SHOW("killed while it writes", "%d", WTERMSIG(how) == SIGKILL || (WTERMSIG(how) == SIGSEGV && WCOREDUMP(how)));
	unlink("core");
}

int main(void)
{
	check_setting(PATTERN, "core");
	limit_core(RLIM_INFINITY);
	places_make();
	headers();
	notes();
	files();
	threads();
	signals();
	limits();
	places();
	dumpable();
	names();
	filters();
	cut_short();
	CHILD("a handler without a stack", no_stack());
	core_show("core", "core");
	return 0;
}
