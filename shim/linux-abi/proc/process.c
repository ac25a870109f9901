/* SPDX-License-Identifier: MIT */
/* Files of /proc/PID (proc(5)). A zombie has no memory, files or place any more: what tells of them is empty. */
#include "abi/linux/constants.h"
#include "core/image.h"
#include "file/description.h"
#include "file/descriptors.h"
#include "file/location.h"
#include "file/mount_use.h"
#include "file/place.h"
#include "file/text.h"
#include "file/tree.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/maps.h"
#include "proc/memory.h"
#include "proc/setting.h"
#include "process/names.h"
#include "process/permission.h"
#include "process/usage.h"
#include "ptrace/traced.h"
#include "seccomp/filter.h"
#include "signal/send.h"
#include "terminal/terminal.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define TICKS_PER_SECOND 100
#define KIB(pages) ((pages) * (PAGE_SIZE / 1024))

static uint64_t ticks(uint64_t ns)
{
	return ns / (NS_PER_SECOND / TICKS_PER_SECOND);
}

static struct memory *memory_of(const struct proc_subject *subject)
{
	return subject->task ? subject->task->memory : NULL;
}

static char state_letter(const struct proc_subject *subject)
{
	if (subject->process->zombie)
		return 'Z';
	if (subject->task && subject->task->traced && subject->task->traced->stopped)
		return 't';
	if (subject->process->stopped && !(subject->task && subject->task->traced))
		return 'T';
	if (subject->task && subject->task->waits)
		return subject->task->waiting == WAIT_INTERRUPTIBLE ? 'S' : 'D';
	return 'R';
}

static const char *state_name(char letter)
{
	switch (letter) {
	case 'Z':
		return "Z (zombie)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	default:
		return "R (running)";
	}
}

static const char *name_of(const struct proc_subject *subject)
{
	return subject->task ? subject->task->name : subject->process->command;
}

static int32_t id_of(const struct proc_subject *subject)
{
	return subject->task ? subject->task->id : subject->process->id;
}

/* What is ignored, and what has a handler. */
static void actions_tell(const struct process *process, uint64_t *ignored, uint64_t *caught)
{
	*ignored = *caught = 0;
	for (unsigned i = 0; process->actions && i < SIGNALS; i++) {
		uint64_t handler = process->actions->action[i].handler;

		if (handler == LINUX_SIG_IGN)
			*ignored |= 1ull << i;
		else if (handler != LINUX_SIG_DFL)
			*caught |= 1ull << i;
	}
}

static void stat_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct process *process = subject->process;
	const struct memory *memory = memory_of(subject);
	int64_t real_time = subject->task ? subject->task->real_time : 0;
	uint64_t ignored, caught;

	actions_tell(process, &ignored, &caught);
	text_add(text, "%d (%s) %c %d %d %d ", (int64_t)id_of(subject), name_of(subject), state_letter(subject), (int64_t)(process->parent ? process->parent->id : 0), (int64_t)process->group, (int64_t)process->session);
	text_add(text, "%d %d 0 ", (int64_t)(process->terminal ? (int64_t)process->terminal->number : 0), (int64_t)(process->terminal ? process->terminal->foreground : -1));
	text_add(text, "%u %u %u %u ", process->faults_minor + (memory ? memory->faults_minor : 0), process->children_minor, process->faults_major + (memory ? memory->faults_major : 0), process->children_major);
	text_add(text, "%u %u %u %u %d %d %u 0 %u ", ticks(process_user_ns(process)), ticks(process_system_ns(process)), ticks(process->children_user_ns), ticks(process->children_system_ns), real_time ? -1 - real_time : 20 + (int64_t)process->nice, (int64_t)process->nice, (uint64_t)process->task_count,
		 ticks(subject->task ? subject->task->started_ns : 0));
	text_add(text, "%u %u %u ", memory ? memory->pages_mapped * PAGE_SIZE : 0, memory ? memory->resident : 0, process->limits[LINUX_RLIMIT_RSS][0]);
	text_add(text, "%u %u %u 0 0 ", memory ? memory->code_start : 0, memory ? memory->code_end : 0, memory ? memory->stack_start : 0);
	text_add(text, "%u %u %u %u 0 0 0 %d 0 %d %u 0 0 0 ", subject->task ? subject->task->signals.pending : 0, subject->task ? subject->task->signals.blocked : 0, ignored, caught, (int64_t)process->exit_signal, real_time,
		 (uint64_t)(subject->task ? subject->task->policy : LINUX_SCHED_OTHER));
	text_add(text, "%u %u %u ", memory ? memory->data_start : 0, memory ? memory->data_end : 0, memory ? memory->brk_start : 0);
	text_add(text, "%u %u %u %u %d\n", memory ? memory->argument_start : 0, memory ? memory->argument_end : 0, memory ? memory->environment_start : 0, memory ? memory->environment_end : 0,
		 (int64_t)process->exit_status);
}

static void size_line(struct proc_text *text, const char *name, uint64_t pages)
{
	text_add(text, "%s:\t", name);
	text_add_padded(text, KIB(pages), 8);
	text_add(text, " kB\n");
}

static void set_line(struct proc_text *text, const char *name, uint64_t set)
{
	text_add(text, "%s:\t", name);
	text_add_hex(text, set, 16);
	text_add(text, "\n");
}

static void credentials_add(struct proc_text *text, const struct credentials *who)
{
	text_add(text, "Uid:\t%u\t%u\t%u\t%u\n", (uint64_t)who->user, (uint64_t)who->effective_user, (uint64_t)who->saved_user, (uint64_t)who->file_user);
	text_add(text, "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t64\nGroups:\t", (uint64_t)who->group, (uint64_t)who->effective_group, (uint64_t)who->saved_group, (uint64_t)who->file_group);
	for (uint32_t i = 0; i < who->group_count; i++)
		text_add(text, "%u ", (uint64_t)who->groups[i]);
	text_add(text, who->group_count ? "\n" : " \n");
}

static void memory_add(struct proc_text *text, const struct memory *memory)
{
	size_line(text, "VmPeak", memory->pages_mapped);
	size_line(text, "VmSize", memory->pages_mapped);
	size_line(text, "VmLck", memory->pages_locked);
	size_line(text, "VmPin", 0);
	size_line(text, "VmHWM", memory->resident_most);
	size_line(text, "VmRSS", memory->resident);
	size_line(text, "VmData", memory->pages_data);
	size_line(text, "VmStk", (MEMORY_TOP - memory->stack_start + PAGE_SIZE - 1) >> PAGE_BITS);
	size_line(text, "VmExe", (memory->code_end - memory->code_start + PAGE_SIZE - 1) >> PAGE_BITS);
	size_line(text, "VmSwap", 0);
}

/* A name without what would be taken for the end of its line. */
static void status_name_add(struct proc_text *text, const char *name)
{
	text_add(text, "Name:\t");
	for (; *name; name++)
		text_add(text, *name == '\n' ? "\\n" : *name == '\\' ? "\\\\" : "%c", *name);
}

static void status_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct process *process = subject->process;
	const struct task *task = subject->task;
	uint64_t ignored, caught;

	actions_tell(process, &ignored, &caught);
	status_name_add(text, name_of(subject));
	text_add(text, "\nUmask:\t00%u%u\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n", task && task->place ? (uint64_t)(task->place->umask >> 3 & 7) : 0,
		 task && task->place ? (uint64_t)(task->place->umask & 7) : 0, state_name(state_letter(subject)), (int64_t)process->id, (int64_t)id_of(subject),
		 (int64_t)(process->parent ? process->parent->id : 0), (int64_t)(task && task->traced ? task->traced->tracer->id : 0));
	if (task && task->credentials)
		credentials_add(text, task->credentials);
	text_add(text, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", (int64_t)process->id, (int64_t)id_of(subject), (int64_t)process->group, (int64_t)process->session);
	if (task && task->memory)
		memory_add(text, task->memory);
	text_add(text, "Threads:\t%u\nSigQ:\t%u/%u\n", (uint64_t)process->task_count, signals_queued(process->user), process->limits[LINUX_RLIMIT_SIGPENDING][0]);
	set_line(text, "SigPnd", task ? task->signals.pending : 0);
	set_line(text, "ShdPnd", process->pending.pending);
	set_line(text, "SigBlk", task ? task->signals.blocked : 0);
	set_line(text, "SigIgn", ignored);
	set_line(text, "SigCgt", caught);
	if (task && task->credentials) {
		set_line(text, "CapInh", task->credentials->inheritable);
		set_line(text, "CapPrm", task->credentials->permitted);
		set_line(text, "CapEff", task->credentials->effective);
		set_line(text, "CapBnd", task->credentials->bounding);
		set_line(text, "CapAmb", task->credentials->ambient);
		text_add(text, "NoNewPrivs:\t%u\n", (uint64_t)task->credentials->no_new_privileges);
	}
	text_add(text, "Seccomp:\t%u\nSeccomp_filters:\t%u\n", (uint64_t)(task ? task->filter_mode : 0), task ? call_filter_count(task) : 0);
	text_add(text, "Cpus_allowed:\t1\nCpus_allowed_list:\t0\nvoluntary_ctxt_switches:\t%u\nnonvoluntary_ctxt_switches:\t0\n", task ? task->switches : 0);
}

static void statm_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct memory *memory = memory_of(subject);

	text_add(text, "%u %u 0 %u 0 %u 0\n", memory ? memory->pages_mapped : 0, memory ? memory->resident : 0, memory ? (memory->code_end - memory->code_start + PAGE_SIZE - 1) >> PAGE_BITS : 0,
		 memory ? memory->pages_data : 0);
}

/* A part of the process's own memory, as it is now. */
static void range_tell(struct proc_text *text, struct memory *memory, uint64_t start, uint64_t end)
{
	unsigned char piece[512];

	memory_hold(memory);
	while (start < end) {
		size_t part = end - start < sizeof(piece) ? end - start : sizeof(piece);

		if (user_read(memory, piece, start, part) != 0)
			break;
		text_add_bytes(text, piece, part);
		start += part;
	}
	memory_release(memory);
}

static void command_line_tell(struct proc_text *text, const struct proc_subject *subject)
{
	struct memory *memory = memory_of(subject);

	if (memory)
		range_tell(text, memory, memory->argument_start, memory->argument_end);
}

static void environment_tell(struct proc_text *text, const struct proc_subject *subject)
{
	struct memory *memory = memory_of(subject);

	if (memory)
		range_tell(text, memory, memory->environment_start, memory->environment_end);
}

static void timer_slack_tell(struct proc_text *text, const struct proc_subject *subject)
{
	if (subject->task)
		text_add(text, "%u\n", timer_slack_of(subject->task));
}

/* 0: as the task began. */
static int64_t timer_slack_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	uint64_t slack;
	int error = subject->task ? number_read(line, bytes, &slack) : -ESRCH;

	if (!error && subject->task != subject->reader && !task_may(subject->reader, LINUX_CAP_SYS_NICE))
		error = -EPERM;
	if (error)
		return error;
	subject->task->timer_slack = slack ? slack : subject->task->timer_slack_first;
	return (int64_t)bytes;
}

static void auxiliary_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct memory *memory = memory_of(subject);

	if (memory)
		text_add_bytes(text, memory->auxiliary, sizeof(memory->auxiliary));
}

static void core_filter_tell(struct proc_text *text, const struct proc_subject *subject)
{
	if (!subject->task)
		return;
	text_add_hex(text, subject->process->core_filter, 8);
	text_add(text, "\n");
}

/* A number in C's notation. What is no bit of it is dropped. */
static int64_t core_filter_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	uint64_t filter;
	int error = subject->task ? number_read(line, bytes, &filter) : -ESRCH;

	if (error)
		return error;
	subject->process->core_filter = (uint16_t)(filter & CORE_FILTER_BITS);
	return (int64_t)bytes;
}

static void comm_tell(struct proc_text *text, const struct proc_subject *subject)
{
	text_add(text, "%s\n", name_of(subject));
}

static int64_t comm_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	size_t length = 0;

	if (!subject->task || subject->process != subject->reader->process)
		return -EINVAL;
	while (length < bytes && length < sizeof(subject->task->name) - 1 && line[length] && line[length] != '\n')
		length++;
	memset(subject->task->name, 0, sizeof(subject->task->name));
	memcpy(subject->task->name, line, length);
	return (int64_t)bytes;
}

static const struct {
	const char *name, *unit;
} limit_names[] = {
	{"Max cpu time", "seconds"}, {"Max file size", "bytes"}, {"Max data size", "bytes"}, {"Max stack size", "bytes"}, {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
	{"Max processes", "processes"}, {"Max open files", "files"}, {"Max locked memory", "bytes"}, {"Max address space", "bytes"}, {"Max file locks", "locks"}, {"Max pending signals", "signals"},
	{"Max msgqueue size", "bytes"}, {"Max nice priority", ""}, {"Max realtime priority", ""}, {"Max realtime timeout", "us"},
};

/* Text in a column, to its left. */
static void column_add(struct proc_text *text, const char *word, size_t width)
{
	text_add(text, "%s", word);
	for (size_t length = strlen(word); length < width; length++)
		text_add(text, " ");
}

static void limit_add(struct proc_text *text, uint64_t limit)
{
	char number[24] = "unlimited";
	int64_t length = limit == UINT64_MAX ? 9 : number_text((int64_t)limit, number, sizeof(number) - 1);

	number[length > 0 ? length : 0] = '\0';
	column_add(text, number, 21);
}

static void limits_tell(struct proc_text *text, const struct proc_subject *subject)
{
	column_add(text, "Limit", 26);
	text_add(text, "Soft Limit           Hard Limit           Units     \n");
	for (unsigned i = 0; i < sizeof(limit_names) / sizeof(limit_names[0]); i++) {
		column_add(text, limit_names[i].name, 26);
		limit_add(text, subject->process->limits[i][0]);
		limit_add(text, subject->process->limits[i][1]);
		if (limit_names[i].unit[0])
			column_add(text, limit_names[i].unit, 10);
		text_add(text, "\n");
	}
}

static void oom_adjustment_tell(struct proc_text *text, const struct proc_subject *subject)
{
	text_add(text, "%d\n", (int64_t)subject->process->oom_adjustment);
}

static int64_t oom_adjustment_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	bool negative = bytes && line[0] == '-';
	int64_t value = 0;
	size_t at = negative;

	while (at < bytes && line[at] >= '0' && line[at] <= '9' && value < 10000)
		value = value * 10 + (line[at++] - '0');
	if (at == (size_t)negative || (at < bytes && line[at] != '\n' && line[at]) || value > 1000)
		return -EINVAL;
	value = negative ? -value : value;
	if (value < subject->process->oom_adjustment && !task_may(subject->reader, LINUX_CAP_SYS_RESOURCE))
		return -EACCES;
	subject->process->oom_adjustment = (int16_t)value;
	return (int64_t)bytes;
}

static void oom_score_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct memory *memory = memory_of(subject);
	uint64_t total = frames_total() ? frames_total() : 1;

	text_add(text, "%u\n", memory ? memory->resident * 1000 / total : 0);
}

/* A field of a line: what would end one is told by its number. */
static void field_add(struct proc_text *text, const char *field)
{
	for (; *field; field++) {
		unsigned char byte = (unsigned char)*field;

		if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\\' || byte == '#')
			text_add(text, "\\%u%u%u", (uint64_t)(byte >> 6), (uint64_t)(byte >> 3 & 7), (uint64_t)(byte & 7));
		else
			text_add(text, "%c", byte);
	}
	text_add(text, " ");
}

static const char *access_text(uint32_t flags)
{
	return flags & MOUNT_READ_ONLY ? "ro" : "rw";
}

static void flags_add(struct proc_text *text, uint32_t flags)
{
	text_add(text, "%s%s%s%s%s", access_text(flags), flags & MOUNT_NOSUID ? ",nosuid" : "", flags & MOUNT_NODEV ? ",nodev" : "", flags & MOUNT_NOEXEC ? ",noexec" : "", flags & MOUNT_NOATIME ? ",noatime" : ",relatime");
}

/* /proc/PID/mounts: as fstab(5) has it. */
static void mount_tell(struct proc_text *text, const struct mount *mount)
{
	field_add(text, mount->source);
	field_add(text, mount->place);
	text_add(text, "%s ", mount->type);
	flags_add(text, mount->flags);
	text_add(text, " 0 0\n");
}

/* /proc/PID/mountinfo. All are private, so there are no optional fields. */
static void mount_inform(struct proc_text *text, const struct mount *mount)
{
	text_add(text, "%u %u 0:%u ", (uint64_t)mount_number(mount->id), mount->id == MOUNT_OF_ALL ? 0 : (uint64_t)mount_number(mount->parent), mount->filesystem);
	field_add(text, mount->part);
	field_add(text, mount->place);
	flags_add(text, mount->flags);
	text_add(text, " - %s ", mount->type);
	field_add(text, mount->source);
	text_add(text, "%s\n", access_text(mount->flags));
}

/* /proc/PID/mountstats. */
static void mount_count(struct proc_text *text, const struct mount *mount)
{
	text_add(text, "device ");
	field_add(text, mount->source);
	text_add(text, "mounted on ");
	field_add(text, mount->place);
	text_add(text, "with fstype %s\n", mount->type);
}

/* Of all mounts, the oldest first. That of the root of all is asked for before the list is looked at, for that may wait. */
static void mounts_each(struct proc_text *text, void (*tell)(struct proc_text *text, const struct mount *mount))
{
	const struct mount all = mount_of_all();
	uint64_t told = 0;

	tell(text, &all);
	for (const struct mount *next; (next = mount_after(told)) != NULL; told = next->number)
		tell(text, next);
}

static void mounts_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	mounts_each(text, mount_tell);
}

static void mount_info_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	mounts_each(text, mount_inform);
}

static void mount_statistics_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	mounts_each(text, mount_count);
}

static int64_t executable_link(const struct proc_subject *subject, char *target, size_t bytes)
{
	char text[sizeof(subject->process->executable)], path[PATH_BYTES_MAX + 1];
	int64_t length;

	if (!subject->process->executable[0] || !subject->task)
		return -ENOENT;
	if (!may_look(subject->reader, subject->task))
		return -EACCES;
	memcpy(text, subject->process->executable, sizeof(text)); /* the way of links may wait, and the process end meanwhile */
	length = text_without_links(text, path);
	if (length <= 0)
		return length ? length : -ENOENT;
	length = (size_t)length < bytes ? length : (int64_t)bytes;
	memcpy(target, path, (size_t)length);
	return length;
}

static int64_t place_link(const struct proc_subject *subject, struct description *directory, char *target, size_t bytes)
{
	char path[PATH_BYTES_MAX + 1];
	int64_t length;

	if (!may_look(subject->reader, subject->task))
		return -EACCES;
	if (directory)
		description_hold(directory); /* as above: the process may leave it */
	length = directory_path(subject->reader, directory, path);
	if (directory)
		description_release(directory);
	if (length < 0)
		return length;
	length = (size_t)length < bytes ? length : (int64_t)bytes;
	memcpy(target, path, (size_t)length);
	return length;
}

static int64_t directory_link(const struct proc_subject *subject, char *target, size_t bytes)
{
	return subject->task && subject->task->place ? place_link(subject, subject->task->place->directory, target, bytes) : -ENOENT;
}

static int64_t root_link(const struct proc_subject *subject, char *target, size_t bytes)
{
	return subject->task && subject->task->place ? place_link(subject, subject->task->place->root, target, bytes) : -ENOENT;
}

#define FILE_NODE(file, function) {.name = file, .mode = MODE_REGULAR | 0444, .tell = function}
#define LINK_NODE(file, function) {.name = file, .mode = MODE_LINK | 0777, .read_link = function, .magic = true}

#define NODES_OF_TASK \
	{.name = "auxv", .mode = MODE_REGULAR | 0400, .tell = auxiliary_tell, .inspects = true}, FILE_NODE("cmdline", command_line_tell), {.name = "comm", .mode = MODE_REGULAR | 0644, .tell = comm_tell, .take = comm_take}, LINK_NODE("cwd", directory_link), \
	{.name = "environ", .mode = MODE_REGULAR | 0400, .tell = environment_tell, .inspects = true}, LINK_NODE("exe", executable_link), \
	{.name = "fd", .mode = MODE_DIRECTORY | 0500, .inspects = true, .special = proc_file_find, .list_special = proc_files_list}, \
	{.name = "fdinfo", .mode = MODE_DIRECTORY | 0555, .special = proc_file_info_find, .list_special = proc_file_infos_list}, FILE_NODE("limits", limits_tell), {.name = "maps", .mode = MODE_REGULAR | 0444, .tell = proc_maps_tell, .inspects = true}, \
	{.name = "mem", .mode = MODE_REGULAR | 0600, .open = proc_memory_open, .inspects = true}, FILE_NODE("mountinfo", mount_info_tell), FILE_NODE("mounts", mounts_tell), {.name = "mountstats", .mode = MODE_REGULAR | 0400, .tell = mount_statistics_tell}, \
	FILE_NODE("oom_score", oom_score_tell), {.name = "oom_score_adj", .mode = MODE_REGULAR | 0644, .tell = oom_adjustment_tell, .take = oom_adjustment_take}, {.name = "pagemap", .mode = MODE_REGULAR | 0400, .open = proc_page_map_open, .inspects = true}, \
	LINK_NODE("root", root_link), \
	{.name = "smaps", .mode = MODE_REGULAR | 0444, .tell = proc_sizes_tell, .inspects = true}, {.name = "smaps_rollup", .mode = MODE_REGULAR | 0444, .tell = proc_sizes_sum_tell, .inspects = true}, \
	FILE_NODE("stat", stat_tell), FILE_NODE("statm", statm_tell), FILE_NODE("status", status_tell)

const struct proc_node proc_task_nodes[] = {NODES_OF_TASK, {0}};

const struct proc_node proc_process_nodes[] = {NODES_OF_TASK, {.name = "coredump_filter", .mode = MODE_REGULAR | 0644, .tell = core_filter_tell, .take = core_filter_take}, {.name = "timerslack_ns", .mode = MODE_REGULAR | 0666, .inspects = true, .tell = timer_slack_tell, .take = timer_slack_take}, {.name = "task", .mode = MODE_DIRECTORY | 0555, .special = proc_task_find, .list_special = proc_tasks_list}, {0}};
