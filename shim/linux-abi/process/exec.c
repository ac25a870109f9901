/* SPDX-License-Identifier: MIT */
/*
 * execve(2) and execveat(2): the program's file, scripts, the new memory with its first stack (System V ABI for x86-64, 3.4.1), and the point of no return.
 *
 * The new memory is made beside the old one, without a host space: when anything fails up to the end, the caller goes on as if nothing had been. Then the old memory's host space becomes the new one's, so that an exec changes no
 * authority.
 */
#include "abi/file.h"
#include "abi/linux/constants.h"

#include "core/dump.h"
#include "file/content.h"
#include "file/descriptors.h"
#include "file/walk.h"
#include "lib/methods.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/elf.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "process/life.h"
#include "process/random.h"
#include "process/usage.h"
#include "ptrace/stops.h"
#include "signal/send.h"
#include "time/posix_timer.h"
#include "vdso/vdso.h"

#define STACK_TOP MEMORY_TOP
#define STACK_FIRST_PAGES 33       /* mapped at the start, for arguments and more; it grows from there */
#define RELOCATABLE_BASE 0x555555554000
#define MAP_TOP 0x7ffff7fff000
#define STRING_BYTES_MAX 131072    /* MAX_ARG_STRLEN */
#define STRINGS_BYTES_MAX (6 << 20)
#define SCRIPTS_MAX 5
#define SCRIPT_LINE_MAX 256        /* BINPRM_BUF_SIZE */
#define HARDWARE_CAPABILITIES 0x178bfbff /* AT_HWCAP: CPUID 1 edx of every x86-64 processor */
#define CLOCK_TICKS 100

/* An exec under way. */
#define PERSONALITY_UNSAFE ((uint32_t)(LINUX_ADDR_NO_RANDOMIZE | LINUX_MMAP_PAGE_ZERO)) /* what a set-user-ID program does not take over (PER_CLEAR_ON_SETID) */

struct image {
	struct task *task;
	struct program program;
	struct elf_plan plan;
	struct memory *memory;
	uint64_t vdso;              /* AT_SYSINFO_EHDR */
	uint64_t base;              /* added to the addresses of a relocatable program */
	uint64_t at;                /* strings lie from here up to the stack's top */
	uint64_t name_at;           /* AT_EXECFN */
	uint64_t argument_count, environment_count;
	uint64_t environment_at; /* where the environment's strings end: they are put down from there */
	uint64_t strings_limit;
	uint8_t first[ELF_LOOK_BYTES];
	size_t first_bytes;
};

static int first_read(struct image *image)
{
	int64_t frame = object_page(image->program.content, 0);

	image->first_bytes = image->program.size < ELF_LOOK_BYTES ? image->program.size : ELF_LOOK_BYTES;
	if (!image->first_bytes)
		return -ENOEXEC;
	if (frame < 0)
		return frame == -EFAULT ? -ENOEXEC : (int)frame;
	memcpy(image->first, frame_bytes((frame_t)frame), image->first_bytes);
	return 0;
}

/* Puts a string (its NUL included in `bytes`) below those that are there. */
static int string_put(struct image *image, const char *text, uint64_t bytes)
{
	if (STACK_TOP - image->at + bytes > image->strings_limit)
		return -E2BIG;
	image->at -= bytes;
	return user_write(image->memory, image->at, text, bytes) ? -E2BIG : 0;
}

/* Copies a string of the caller's. */
static int string_copy(struct image *image, uint64_t address)
{
	struct memory *from = image->task->memory;
	uint64_t length = 0, done = 0;
	char piece[512];

	for (;;) { /* its length first: strings are put down from their end */
		int64_t part = user_text(from, piece, address + length, sizeof(piece));

		if (part == -EFAULT)
			return -EFAULT;
		length += part >= 0 ? (uint64_t)part + 1 : sizeof(piece);
		if (length > STRING_BYTES_MAX)
			return -E2BIG;
		if (part >= 0)
			break;
	}
	if (STACK_TOP - image->at + length > image->strings_limit)
		return -E2BIG;
	image->at -= length;
	while (done < length) {
		uint64_t part = length - done < sizeof(piece) ? length - done : sizeof(piece);

		if (user_read(from, piece, address + done, part) != 0 || user_write(image->memory, image->at + done, piece, part) != 0)
			return -EFAULT;
		done += part;
	}
	return 0;
}

static int strings_count(struct image *image, uint64_t address, uint64_t *count)
{
	uint64_t pointer = 0;

	for (*count = 0; address; ++*count) {
		if (user_get(image->task->memory, &pointer, address + *count * sizeof(pointer)) != 0)
			return -EFAULT;
		if (!pointer)
			break;
		if (*count >= STRINGS_BYTES_MAX / sizeof(pointer))
			return -E2BIG;
	}
	return 0;
}

/* Copies `count` strings of an array, the last one first, so that the first lies lowest. */
static int strings_copy(struct image *image, uint64_t address, uint64_t from, uint64_t count)
{
	int error = 0;

	while (!error && count > from) {
		uint64_t pointer;

		count--;
		error = user_get(image->task->memory, &pointer, address + count * sizeof(pointer));
		if (!error)
			error = string_copy(image, pointer);
	}
	return error;
}

/* A script's first line: interpreter and at most one argument. -ENOEXEC when it is none. */
static int script_parse(const struct image *image, char line[SCRIPT_LINE_MAX], char **argument)
{
	size_t length = 2, limit = image->first_bytes < SCRIPT_LINE_MAX ? image->first_bytes : SCRIPT_LINE_MAX - 1, start;
	bool cut;
	char *end;

	while (length < limit && image->first[length] != '\n')
		length++;
	cut = length == limit && image->first_bytes > limit;
	memcpy(line, image->first, length);
	while (length > 2 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	line[length] = '\0';
	for (start = 2; line[start] == ' ' || line[start] == '\t'; start++)
		;
	if (!line[start])
		return -ENOEXEC;
	memmove(line, line + start, length - start + 1);
	for (end = line; *end && *end != ' ' && *end != '\t'; end++)
		;
	*argument = NULL;
	if (!*end)
		return cut ? -ENOEXEC : 0; /* the interpreter's name may go on */
	*end++ = '\0';
	while (*end == ' ' || *end == '\t')
		end++;
	*argument = *end ? end : NULL;
	return 0;
}

/* Follows scripts to the program that interprets them; each adds its arguments below those that are there. `path` is the name by which the file was called. */
static int scripts_follow(struct image *image, const char *path)
{
	char line[SCRIPT_LINE_MAX], *argument, last[PATH_BYTES_MAX + 1];
	int error = first_read(image);

	memcpy(last, path, strlen(path) + 1);
	for (unsigned depth = 0; !error && image->first_bytes > 2 && image->first[0] == '#' && image->first[1] == '!'; depth++) {
		error = depth == SCRIPTS_MAX ? -ELOOP : script_parse(image, line, &argument);
		if (!error)
			error = string_put(image, last, strlen(last) + 1);
		if (!error && argument)
			error = string_put(image, argument, strlen(argument) + 1);
		if (!error)
			error = string_put(image, line, strlen(line) + 1);
		if (error)
			return error;
		image->argument_count += argument ? 3 : 2;
		program_close(&image->program);
		error = program_open(image->task, LINUX_AT_FDCWD, line, 0, &image->program);
		memcpy(last, line, strlen(line) + 1);
		if (!error)
			error = first_read(image);
	}
	return error;
}

/* Name, environment and arguments, downwards from the stack's top. The path of a script takes the place of its first argument. */
static int strings_put(struct image *image, const char *path, uint64_t arguments, uint64_t environment)
{
	bool script = image->program.size > 2 && image->first[0] == '#' && image->first[1] == '!';
	uint64_t count = 0;
	int error = strings_count(image, environment, &image->environment_count);

	if (!error)
		error = strings_count(image, arguments, &count);
	if (!error)
		error = string_put(image, path, strlen(path) + 1);
	image->name_at = image->at;
	image->environment_at = image->at;
	if (!error)
		error = strings_copy(image, environment, 0, image->environment_count);
	image->memory->environment_start = image->at;
	image->memory->environment_end = image->environment_at;
	image->memory->argument_end = image->at;
	if (!error)
		error = strings_copy(image, arguments, script && count ? 1 : 0, count);
	image->argument_count = script && count ? count - 1 : count;
	if (!error && !count && !script) { /* Linux 5.18: a program has at least one argument */
		image->argument_count = 1;
		error = string_put(image, "", 1);
	}
	return error;
}

/* The same with texts of the shim's own. */
static int texts_put(struct image *image, const char *path, const char *const *arguments, const char *const *environment)
{
	int error = string_put(image, path, strlen(path) + 1);

	image->name_at = image->environment_at = image->at;
	while (environment[image->environment_count])
		image->environment_count++;
	for (uint64_t i = image->environment_count; !error && i-- > 0;)
		error = string_put(image, environment[i], strlen(environment[i]) + 1);
	image->memory->environment_start = image->memory->argument_end = image->at;
	image->memory->environment_end = image->environment_at;
	while (arguments[image->argument_count])
		image->argument_count++;
	for (uint64_t i = image->argument_count; !error && i-- > 0;)
		error = string_put(image, arguments[i], strlen(arguments[i]) + 1);
	return error;
}

static int stack_make(struct image *image)
{
	uint64_t limit = image->task->process->limits[LINUX_RLIMIT_STACK][0], bytes = STRINGS_BYTES_MAX + (64 << 10), pages;

	image->strings_limit = limit / 4 < STRING_BYTES_MAX ? STRING_BYTES_MAX : limit / 4;
	if (image->strings_limit > STRINGS_BYTES_MAX)
		image->strings_limit = STRINGS_BYTES_MAX;
	image->memory->stack_limit = limit > bytes ? limit : bytes;
	pages = STACK_FIRST_PAGES;
	image->at = STACK_TOP - sizeof(uint64_t); /* the last word is empty */
	return memory_map(image->memory, STACK_TOP - pages * PAGE_SIZE, pages * PAGE_SIZE, AREA_READ | AREA_WRITE | AREA_MAY_WRITE | AREA_GROWS, NULL, 0);
}

/* Maps one segment. */
static int load_map(struct image *image, const struct elf_load *load)
{
	uint64_t start = load->start + image->base, file_end = load->file_end + image->base, end = load->end + image->base;
	uint32_t flags = load->protection | AREA_MAY_WRITE;
	int error = memory_unmap(image->memory, start, end - start); /* a page that two segments share is the later one's */

	if (!error && file_end > start)
		error = memory_map(image->memory, start, file_end - start, flags, image->program.content, load->file_page);
	if (!error && end > file_end)
		error = memory_map(image->memory, file_end, end - file_end, flags, NULL, 0);
	if (!error && load->zero_from < load->file_end && load->protection & LINUX_PROT_WRITE && user_clear(image->memory, load->zero_from + image->base, load->file_end - load->zero_from) != 0)
		error = -EIO;
	return error;
}

static int loads_map(struct image *image)
{
	struct memory *memory = image->memory;
	const struct elf_plan *plan = &image->plan;
	int error = 0;

	image->base = plan->relocatable ? RELOCATABLE_BASE - plan->lowest : 0;
	for (uint32_t i = 0; !error && i < plan->count; i++)
		error = load_map(image, &plan->load[i]);
	memory->code_start = plan->code_start + image->base;
	memory->code_end = plan->code_end + image->base;
	memory->data_start = plan->data_start + image->base;
	memory->data_end = plan->data_end + image->base;
	memory->brk_start = memory->brk = (plan->brk + image->base + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	memory->map_top = MAP_TOP;
	return error ? error : vdso_map(memory, &image->vdso);
}

/* Whose identity the program gets. */
static void credentials_choose(const struct image *image, struct credentials *credentials)
{
	uint64_t most = credentials->no_new_privileges ? credentials->permitted : UINT64_MAX;
	uint32_t mode = image->program.mode;
	bool root;

	if (!image->program.no_setid && !credentials->no_new_privileges) {
		if (mode & MODE_SETUID)
			credentials->effective_user = image->program.owner;
		if ((mode & (MODE_SETGID | MODE_GROUP_EXECUTE)) == (MODE_SETGID | MODE_GROUP_EXECUTE))
			credentials->effective_group = image->program.group;
	}
	credentials->secure_bits &= ~(uint32_t)LINUX_SECBIT_KEEP_CAPS;
	credentials->saved_user = credentials->file_user = credentials->effective_user;
	credentials->saved_group = credentials->file_group = credentials->effective_group;
	root = !credentials->user || !credentials->effective_user;
	credentials->permitted = (root ? credentials->bounding | credentials->inheritable : credentials->ambient) & most;
	credentials->effective = !credentials->effective_user ? credentials->permitted : credentials->ambient;
}

/* The words below the strings: argc, argv, envp, the auxiliary vector. Sets the stack pointer. */
struct words {
	struct memory *memory;
	uint64_t at;
	unsigned pairs;
	int error;
};

static void word_put(struct words *words, uint64_t word)
{
	if (!words->error)
		words->error = user_put(words->memory, words->at, &word);
	words->at += sizeof(word);
}

/* A pair of the auxiliary vector, which the memory remembers: /proc/PID/auxv and core files tell it as it was. */
static void pair_put(struct words *words, uint64_t key, uint64_t value)
{
	words->memory->auxiliary[words->pairs].key = key;
	words->memory->auxiliary[words->pairs++].value = value;
	word_put(words, key);
	word_put(words, value);
}

/* Pointers to `count` strings that lie one after the other. Returns where the last one ends. */
static uint64_t pointers_put(struct words *words, uint64_t string, uint64_t count)
{
	char piece[512];

	for (uint64_t i = 0; i < count; i++) {
		int64_t part;

		word_put(words, string);
		while ((part = user_text(words->memory, piece, string, sizeof(piece))) == -ENAMETOOLONG)
			string += sizeof(piece);
		string += part >= 0 ? (uint64_t)part + 1 : 0;
	}
	word_put(words, 0);
	return string;
}

static void auxiliary_put(struct words *words, const struct image *image, const struct credentials *who, bool secure, uint64_t random_at, uint64_t platform_at)
{
	pair_put(words, LINUX_AT_SYSINFO_EHDR, image->vdso);
	pair_put(words, LINUX_AT_MINSIGSTKSZ, 1024 + host_fpu_bytes);
	pair_put(words, LINUX_AT_HWCAP, HARDWARE_CAPABILITIES);
	pair_put(words, LINUX_AT_PAGESZ, PAGE_SIZE);
	pair_put(words, LINUX_AT_CLKTCK, CLOCK_TICKS);
	pair_put(words, LINUX_AT_PHDR, image->plan.headers ? image->plan.headers + image->base : 0);
	pair_put(words, LINUX_AT_PHENT, ELF_HEADER_ENTRY_BYTES);
	pair_put(words, LINUX_AT_PHNUM, image->plan.header_count);
	pair_put(words, LINUX_AT_BASE, 0);
	pair_put(words, LINUX_AT_FLAGS, 0);
	pair_put(words, LINUX_AT_ENTRY, image->plan.entry + image->base);
	pair_put(words, LINUX_AT_UID, who->user);
	pair_put(words, LINUX_AT_EUID, who->effective_user);
	pair_put(words, LINUX_AT_GID, who->group);
	pair_put(words, LINUX_AT_EGID, who->effective_group);
	pair_put(words, LINUX_AT_SECURE, secure);
	pair_put(words, LINUX_AT_RANDOM, random_at);
	pair_put(words, LINUX_AT_EXECFN, image->name_at);
	pair_put(words, LINUX_AT_PLATFORM, platform_at);
	pair_put(words, LINUX_AT_NULL, 0);
}

static int words_put(struct image *image, const struct credentials *who, uint64_t *rsp)
{
	static const char platform[] = "x86_64";
	struct words words = {.memory = image->memory};
	uint64_t platform_at, random_at, count = 1 + image->argument_count + 1 + image->environment_count + 1 + 2 * AUXILIARY_PAIRS, arguments = image->at;
	bool secure = who->user != who->effective_user || who->group != who->effective_group;
	uint8_t random[16];
	int error;

	random_bytes(random, sizeof(random));
	platform_at = (image->at - sizeof(platform)) & ~15ull;
	random_at = platform_at - sizeof(random);
	error = user_write(image->memory, platform_at, platform, sizeof(platform));
	if (!error)
		error = user_write(image->memory, random_at, random, sizeof(random));
	*rsp = words.at = (random_at - count * sizeof(uint64_t)) & ~15ull;
	image->memory->argument_start = arguments;
	image->memory->stack_start = *rsp;
	word_put(&words, image->argument_count);
	(void)pointers_put(&words, arguments, image->argument_count);
	(void)pointers_put(&words, image->memory->environment_start, image->environment_count);
	auxiliary_put(&words, image, who, secure, random_at, platform_at);
	return error ? error : words.error;
}

/* Actions of handlers become the default; what is ignored stays so. */
static void actions_reset(struct process *process)
{
	for (unsigned i = 0; i < SIGNALS; i++) {
		struct signal_action *action = &process->actions->action[i];

		*action = (struct signal_action){.handler = action->handler == LINUX_SIG_IGN ? LINUX_SIG_IGN : LINUX_SIG_DFL};
	}
}

static void name_set(struct task *task, const char *path)
{
	const char *name = path;
	size_t length = 0;

	for (const char *at = path; *at; at++)
		if (*at == '/')
			name = at + 1;
	while (length < sizeof(task->name) - 1 && name[length])
		length++;
	memset(task->name, 0, sizeof(task->name));
	memcpy(task->name, name, length);
}

/* The point of no return is passed: the task becomes the new program. False: it cannot, and ends. */
static bool image_enter(struct image *image, const char *path, uint64_t rsp)
{
	struct task *task = image->task;
	struct memory *old = task->memory;
	struct process *process = task->process;
	bool taken;

	host_thread_stop(task->host);
	task->memory = image->memory;
	task->memory->process = process->id;
	task->memory->program = image->program.content;
	object_execute(task->memory->program);
	image->memory = NULL;
	taken = memory_take_host(task->memory, old, task->host);
	usage_leave_memory(process, old);
	memory_release(old);
	if (!taken)
		return false;
	if (process->actions->users > 1 && !actions_own(process))
		return false;
	actions_reset(process);
	descriptors_exec(task->files);
	task->alternate = (struct signal_stack){0};
	task->clear_id_at = task->robust_list = 0;
	name_set(task, path);
	memcpy(process->command, task->name, sizeof(process->command));
	memcpy(process->executable, image->program.path, sizeof(process->executable));
	process->executed = true;
	vfork_finish(task);
	host_fpu_initial();
	thread_self_image()->registers = (struct thread_registers){.rip = image->plan.entry + image->base, .rsp = rsp, .rflags = 0x202};
	return host_thread_write(task->host, STATE_REGISTERS | STATE_FPU);
}

/* Whether the program gets other rights than who executes it. */
static bool is_set_id(const struct task *task, const struct credentials *credentials)
{
	return credentials->effective_user != task->credentials->effective_user || credentials->effective_group != task->credentials->effective_group;
}

/* MMAP_PAGE_ZERO of personality(2): zeros for who reads what null points to. Without the right to map there is nothing, as on Linux. */
static int page_zero_map(const struct image *image, const struct credentials *credentials)
{
	if (!(image->task->process->personality & LINUX_MMAP_PAGE_ZERO) || is_set_id(image->task, credentials) || !task_may(image->task, LINUX_CAP_SYS_RAWIO))
		return 0;
	return memory_map(image->memory, 0, PAGE_SIZE, AREA_READ | AREA_EXECUTE | AREA_MAY_WRITE, NULL, 0);
}

/* From the strings to the whole first stack: nothing of the caller's has changed yet. */
static int image_complete(struct image *image, const char *path, struct credentials **credentials, uint64_t *rsp)
{
	int error = scripts_follow(image, path);

	if (!error)
		error = elf_plan_make(image->first, image->first_bytes, image->program.size, &image->plan);
	if (!error && image->plan.interpreter)
		error = -ENOEXEC; /* only static programs run: no interpreter is loaded */
	if (!error && image->task->memory->users > 1 && !host_may_change())
		error = -EAGAIN; /* it is to have a space of its own */
	if (!error)
		error = loads_map(image);
	*credentials = error ? NULL : credentials_copy(image->task->credentials);
	if (!error && !*credentials)
		error = -ENOMEM;
	if (error)
		return error;
	credentials_choose(image, *credentials);
	error = page_zero_map(image, *credentials);
	return error ? error : words_put(image, *credentials, rsp);
}

static int64_t image_run(struct image *image, const char *path, uint64_t arguments, uint64_t environment)
{
	struct credentials *credentials = NULL;
	uint64_t rsp;
	int32_t id = image->task->id;
	int error = stack_make(image);

	if (!error)
		error = first_read(image);
	if (!error)
		error = strings_put(image, path, arguments, environment);
	if (!error)
		error = image_complete(image, path, &credentials, &rsp);
	if (!error)
		error = process_single(image->task);
	if (!error && !files_own(image->task))
		error = -ENOMEM;
	if (error) {
		if (credentials)
			credentials_release(credentials);
		return error;
	}
	image->task->process->dumpable = image->program.secret || credentials->user != credentials->effective_user || credentials->group != credentials->effective_group ? (uint8_t)core_set_id_dumpable : DUMPABLE_USER;
	if (is_set_id(image->task, credentials))
		image->task->process->personality &= ~PERSONALITY_UNSAFE;
	posix_timers_end(image->task->process);
	credentials_set(image->task, credentials);
	if (image_enter(image, path, rsp)) {
		traced_exec(image->task, id);
		return call_end_resumed(image->task);
	}
	process_end(image->task->process, LINUX_SIGSEGV); /* where it is to begin no program can be */
	return 0;
}

/* What is wrong with the arrays of strings is told before what is wrong with the file. */
static int arrays_check(struct image *image, uint64_t arguments, uint64_t environment)
{
	uint64_t count;
	int error = strings_count(image, arguments, &count);

	return error ? error : strings_count(image, environment, &count);
}

/* Executes the file that `path` from `directory` names. */
static int64_t execute(struct task *task, int64_t directory, const char *path, uint64_t flags, uint64_t arguments, uint64_t environment)
{
	struct image image = {.task = task};
	int64_t error = arrays_check(&image, arguments, environment);

	if (!error)
		error = program_open(task, directory, path, flags, &image.program);
	if (error)
		return error;
	image.memory = memory_make_apart();
	error = image.memory ? image_run(&image, path, arguments, environment) : -ENOMEM;
	if (image.memory)
		memory_release(image.memory);
	program_close(&image.program);
	return error;
}

int64_t linux_execve(struct task *task, const uint64_t arguments[6])
{
	char path[PATH_BYTES_MAX + 1];
	int64_t length = user_text(task->memory, path, arguments[0], sizeof(path));

	return length < 0 ? length : execute(task, LINUX_AT_FDCWD, path, 0, arguments[1], arguments[2]);
}

int64_t linux_execveat(struct task *task, const uint64_t arguments[6])
{
	char path[PATH_BYTES_MAX + 1];
	int64_t length = user_text(task->memory, path, arguments[1], sizeof(path));

	if (arguments[4] & ~(uint64_t)(LINUX_AT_EMPTY_PATH | LINUX_AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	return length < 0 ? length : execute(task, (int32_t)arguments[0], path, arguments[4], arguments[2], arguments[3]);
}

/* The first program: what its maker gives it lies in the shim. */
int program_begin(struct task *task, const char *path, const char *const *arguments, const char *const *environment)
{
	struct image image = {.task = task};
	struct credentials *credentials = NULL;
	uint64_t rsp;
	int error = program_open(task, LINUX_AT_FDCWD, path, 0, &image.program);

	if (error)
		return error;
	image.memory = memory_make_apart();
	error = image.memory ? stack_make(&image) : -ENOMEM;
	if (!error)
		error = first_read(&image);
	if (!error)
		error = texts_put(&image, path, arguments, environment);
	if (!error)
		error = image_complete(&image, path, &credentials, &rsp);
	if (error)
		return error;
	credentials_set(task, credentials);
	if (!image_enter(&image, path, rsp))
		return -ENOMEM;
	program_close(&image.program);
	host_thread_run(task->host);
	return 0;
}
