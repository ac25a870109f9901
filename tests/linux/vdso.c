/* SPDX-License-Identifier: MIT */
/* The vDSO (vdso(7)): an ELF object that the auxiliary vector names, whose functions tell the time as the system calls do. Looked up as a C library does it, and called past the library. */
#include "check.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/time.h>

static const Elf64_Ehdr *image;

/* What a tag of the dynamic section points to, in memory. */
static const void *dynamic_find(int64_t tag)
{
	const Elf64_Phdr *header = (const Elf64_Phdr *)((const char *)image + image->e_phoff);
	const Elf64_Dyn *dynamic = NULL;
	uint64_t load = 0;

	for (unsigned i = 0; i < image->e_phnum; i++) {
		if (header[i].p_type == PT_LOAD)
			load = (uint64_t)image - header[i].p_vaddr + header[i].p_offset;
		if (header[i].p_type == PT_DYNAMIC)
			dynamic = (const Elf64_Dyn *)((const char *)image + header[i].p_offset);
	}
	for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == tag)
			return (const void *)(load + dynamic->d_un.d_ptr);
	return NULL;
}

/* The address of a function; a null pointer when there is none. */
static void *function_find(const char *name)
{
	const uint32_t *hash = dynamic_find(DT_HASH);
	const Elf64_Sym *symbols = dynamic_find(DT_SYMTAB);
	const char *names = dynamic_find(DT_STRTAB);

	if (!hash || !symbols || !names)
		return NULL;
	for (uint32_t i = 0; i < hash[1]; i++)
		if (symbols[i].st_shndx != SHN_UNDEF && strcmp(names + symbols[i].st_name, name) == 0)
			return (char *)(uintptr_t)image + symbols[i].st_value;
	return NULL;
}

static int64_t ns_of(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

typedef int clock_function(clockid_t clock, struct timespec *time);

/* Between two system calls the vDSO tells a time between theirs. */
static void clock_check(const char *name, clock_function *clock, clockid_t id)
{
	struct timespec before, between, after;
	int wrong = 0;

	for (int i = 0; i < 1000; i++) {
		syscall(SYS_clock_gettime, id, &before);
		wrong += clock(id, &between) != 0;
		syscall(SYS_clock_gettime, id, &after);
		wrong += ns_of(&before) > ns_of(&between) || ns_of(&between) > ns_of(&after);
	}
	SHOW(name, "%d of 1000 wrong", wrong);
}

static void clocks(void)
{
	clock_function *clock = (clock_function *)function_find("__vdso_clock_gettime"), *weak = (clock_function *)function_find("clock_gettime");
	struct timespec time;

	SHOW("one function", "%d", clock && clock == weak);
	if (!clock)
		return;
	clock_check("CLOCK_REALTIME", clock, CLOCK_REALTIME);
	clock_check("CLOCK_MONOTONIC", clock, CLOCK_MONOTONIC);
	clock_check("CLOCK_MONOTONIC_RAW", clock, CLOCK_MONOTONIC_RAW);
	clock_check("CLOCK_BOOTTIME", clock, CLOCK_BOOTTIME);
	clock_check("CLOCK_PROCESS_CPUTIME_ID", clock, CLOCK_PROCESS_CPUTIME_ID);
	SHOW("coarse", "%d %d", clock(CLOCK_REALTIME_COARSE, &time), clock(CLOCK_MONOTONIC_COARSE, &time));
	SHOW("no clock", "%d", clock(99, &time));
}

static void days(void)
{
	int (*day)(struct timeval *, struct timezone *) = (int (*)(struct timeval *, struct timezone *))function_find("__vdso_gettimeofday");
	long (*seconds)(long *) = (long (*)(long *))function_find("__vdso_time");
	long (*processor)(unsigned *, unsigned *, void *) = (long (*)(unsigned *, unsigned *, void *))function_find("__vdso_getcpu");
	struct timespec before;
	struct timeval time;
	unsigned cpu = 99, node = 99;
	long told = 0;

	if (!day || !seconds || !processor) {
		SHOW("functions", "missing");
		return;
	}
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &before);
	SHOW("gettimeofday", "%d", day(&time, NULL));
	SHOW("later, by less than a minute", "%d", (int64_t)time.tv_sec * 1000000000 + time.tv_usec * 1000 + 1000 >= ns_of(&before) && time.tv_sec < before.tv_sec + 60);
	SHOW("time", "%d", seconds(&told) == told && told >= before.tv_sec && told < before.tv_sec + 60);
	SHOW("getcpu", "%ld", processor(&cpu, &node, NULL));
	SHOW("processor and node", "%u %u", cpu, node);
	SHOW("nowhere", "%ld", processor(NULL, NULL, NULL));
}

/* How /proc/self/maps shows it. */
static void maps(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512], rights[8];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %7s", rights) == 1 && (strstr(line, "[vvar]") || strstr(line, "[vdso]")))
			SHOW(strstr(line, "[vvar]") ? "[vvar]" : "[vdso]", "%s", rights);
	if (file)
		fclose(file);
}

int main(void)
{
	image = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	SHOW("an ELF object", "%d", image && memcmp(image->e_ident, ELFMAG, SELFMAG) == 0 && image->e_type == ET_DYN && image->e_machine == EM_X86_64);
	if (!image)
		return 1;
	clocks();
	days();
	maps();
	CHILD("has it too", clocks());
	CHILD("stores into it", *(volatile char *)(uintptr_t)image = 0);
	return 0;
}
