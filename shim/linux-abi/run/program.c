/* SPDX-License-Identifier: MIT */
/*
 * The program that kozo-run was told to run (shim/linux-abi/run/run.h): a child of the first process, and the leader of a session of its own. Process 1 is the distribution's init, which waits for orphans. When the program has ended, what
 * is still only in memory is written to the disks, and the host is told its status.
 */
#include "file/content.h"
#include "file/mounts.h"
#include "file/open.h"
#include "file/place.h"
#include "file/walk.h"
#include "lib/path.h"
#include "lib/string.h"
#include "process/groups.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/loop.h"
#include "process/system_log.h"
#include "run/run.h"

#define ARGUMENTS_MOST 4096
#define NOT_RUNNABLE 126
#define NOT_FOUND 127
#define DEFAULT_PATH "/sbin:/usr/sbin:/bin:/usr/bin"

static const struct {
	const char *place, *source, *type;
} mounted[] = {{"/dev", "dev", "devtmpfs"}, {"/proc", "proc", "proc"}, {"/dev/pts", "devpts", "devpts"}, {"/dev/shm", "tmpfs", "tmpfs"}, {"/mnt/share", "/dev/vdc", "ext2"}};

/* What START said. */
static struct {
	const char *path, *directory;
	const char *arguments[ARGUMENTS_MOST + 1], *environment[ARGUMENTS_MOST + 1];
	unsigned argument_count, environment_count, terminals;
	struct linux_winsize size;
	bool trace;
} request;

static const char *text;
static size_t text_bytes;
static int32_t program_id;
static int program_status;

static unsigned number_of(const char *digits)
{
	unsigned value = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		value = value * 10 + (unsigned)(*digits - '0');
	return value;
}

/* The value, if this is the key's. */
static const char *value_of(const char *entry, const char *key)
{
	while (*key && *entry == *key) {
		entry++;
		key++;
	}
	return !*key && *entry == '=' ? entry + 1 : NULL;
}

static void entry_take(const char *entry)
{
	const char *value;

	if ((value = value_of(entry, run_key_PATH)))
		request.path = value;
	else if ((value = value_of(entry, run_key_DIRECTORY)))
		request.directory = value;
	else if ((value = value_of(entry, run_key_ARGUMENT)) && request.argument_count < ARGUMENTS_MOST)
		request.arguments[request.argument_count++] = value;
	else if ((value = value_of(entry, run_key_ENVIRONMENT)) && request.environment_count < ARGUMENTS_MOST)
		request.environment[request.environment_count++] = value;
	else if ((value = value_of(entry, run_key_TERMINAL)))
		request.terminals |= 1u << (number_of(value) & 3);
	else if ((value = value_of(entry, run_key_ROWS)))
		request.size.ws_row = (uint16_t)number_of(value);
	else if ((value = value_of(entry, run_key_COLUMNS)))
		request.size.ws_col = (uint16_t)number_of(value);
	else if ((value = value_of(entry, run_key_TRACE)))
		request.trace = *value == '1';
}

/* Each entry ends with a zero byte; a last one without is none. */
static void request_read(void)
{
	size_t begin = 0;

	for (size_t at = 0; at < text_bytes; at++)
		if (!text[at]) {
			entry_take(text + begin);
			begin = at + 1;
		}
}

/* What the distribution's /init mounts, and the share. A place that is not there, or a filesystem that is not, is the program's to notice. */
static void filesystems_mount(struct task *task)
{
	for (size_t i = 0; i < sizeof(mounted) / sizeof(mounted[0]); i++) {
		struct walk walk;
		int64_t error = walk_begin_text(&walk, task, LINUX_AT_FDCWD, mounted[i].place, 0);

		while (walk_next(&walk, &error))
			error = mount_make(&walk.path, mounted[i].place, mounted[i].source, mounted[i].type, "", 0);
		walk_end(&walk);
		if (error)
			system_log(LINUX_LOGLEVEL_WARNING, "%s is not mounted: error %d", mounted[i].place, error);
	}
}

static void directory_enter(struct task *task)
{
	struct description *directory;

	if (!request.directory || text_open(task, request.directory, LINUX_O_PATH | LINUX_O_DIRECTORY, 0, &directory) != 0)
		return;
	if (task->place->directory)
		description_release(task->place->directory);
	task->place->directory = directory;
}

/* Starts the program by a bare name, as execvp(3) looks for it. */
static int found_begin(struct task *task)
{
	static char path[PATH_BYTES_MAX + 1];
	const char *place = DEFAULT_PATH;
	size_t name = strlen(request.path);
	int error = -ENOENT;

	while (error == -ENOENT && *place) {
		size_t length = 0;

		while (place[length] && place[length] != ':')
			length++;
		if (length + 1 + name < sizeof(path)) {
			memcpy(path, place, length);
			path[length] = '/';
			memcpy(path + length + 1, request.path, name + 1);
			error = program_begin(task, path, request.arguments, request.environment);
		}
		place += length + (place[length] == ':');
	}
	return error;
}

static int request_begin(struct task *task)
{
	bool whole = false;

	if (!request.path || !request.argument_count)
		return -EINVAL;
	for (const char *letter = request.path; *letter; letter++)
		whole |= *letter == '/';
	return whole ? program_begin(task, request.path, request.arguments, request.environment) : found_begin(task);
}

/* The program cannot be started: what a shell says and answers. */
static void failure_tell(int error)
{
	static const char prefix[] = "kozo-run: ", absent[] = ": not found\n", refused[] = ": cannot be run\n";
	const char *why = error == -ENOENT ? absent : refused;
	const char *name = request.argument_count ? request.arguments[0] : "?";
	const uint32_t status = (error == -ENOENT ? NOT_FOUND : NOT_RUNNABLE) << 8;

	system_log(LINUX_LOGLEVEL_WARNING, "%s: error %d", name, (int64_t)error);
	(void)run_write(RUN_STREAM_ERROR, prefix, sizeof(prefix) - 1);
	(void)run_write(RUN_STREAM_ERROR, name, strlen(name));
	(void)run_write(RUN_STREAM_ERROR, why, strlen(why));
	run_put(RUN_EXIT, &status, sizeof(status));
}

/* In a fiber. */
static void start(void *argument)
{
	static const char no_process[] = "there is no memory for the program";
	struct process *first = process_find(1);
	struct task *task = first ? process_child(first) : NULL;
	int error = -ENOMEM;

	(void)argument;
	request_read();
	if (task) {
		task->fiber = fiber_self();
		task->watched = request.trace ? WATCHED_BY_LINES : 0;
		filesystems_mount(task);
		directory_enter(task);
		error = run_streams_open(task, request.terminals, &request.size);
	}
	if (error) {
		run_put(RUN_FAILED, no_process, sizeof(no_process) - 1);
		return;
	}
	error = request_begin(task);
	if (error) {
		failure_tell(error);
		task_leave(task);
		return;
	}
	program_id = task->process->id;
	task->fiber = NULL;
}

void run_program_start(const char *start_text, size_t bytes)
{
	text = start_text;
	text_bytes = bytes;
	if (!loop_work(start, NULL))
		system_log(LINUX_LOGLEVEL_WARNING, "there is no fiber for the program");
}

void run_program_signal(uint32_t number)
{
	if (program_id && number >= 1 && number <= 64)
		group_signal(program_id, &(struct signal_information){.number = (int)number});
}

/* In a fiber. */
static void finish(void *argument)
{
	(void)argument;
	(void)contents_write_back();
	(void)path_sync();
	run_put(RUN_EXIT, &(uint32_t){(uint32_t)program_status}, sizeof(uint32_t));
}

void run_process_left(const struct process *process)
{
	if (!program_id || process->id != program_id)
		return;
	program_id = 0;
	program_status = process->exit_status;
	if (!loop_work(finish, NULL))
		system_log(LINUX_LOGLEVEL_WARNING, "there is no fiber for the end of the program");
}
