/* SPDX-License-Identifier: MIT */
/* Files of /proc about the system (proc(5)). */
#include <cpuid.h>

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "file/content.h"
#include "file/dnotify.h"
#include "file/epoll.h"
#include "core/dump.h"
#include "core/name.h"
#include "file/mounts.h"
#include "file/notify.h"
#include "file/pipe.h"
#include "file/lease.h"
#include "ipc/limits.h"
#include "ipc/listing.h"
#include "ipc/message_queue.h"
#include "ipc/posix_queue.h"
#include "ipc/semaphores.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "mm/huge.h"
#include "mm/memory.h"
#include "mm/slab.h"
#include "proc/proc.h"
#include "proc/setting.h"
#include "process/load.h"
#include "process/names.h"
#include "process/random.h"
#include "process/system_log.h"
#include "process/real_time.h"
#include "process/usage.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define TICKS_PER_SECOND 100
#define KIB(frames) ((frames) * (PAGE_SIZE / 1024))

static uint64_t ticks(uint64_t ns)
{
	return ns / (NS_PER_SECOND / TICKS_PER_SECOND);
}

/* A number with two digits behind its point, and what comes behind it. */
static void hundredths_add(struct proc_text *text, uint64_t hundredths, char end)
{
	text_add(text, "%u.%u%u%c", hundredths / 100, hundredths / 10 % 10, hundredths % 10, end);
}

static void uptime_tell(struct proc_text *text, const struct proc_subject *subject)
{
	struct usage_times times = usage_all();
	uint64_t now = clock_now(), busy = times.user_ns + times.system_ns;

	(void)subject;
	hundredths_add(text, ticks(now), ' ');
	hundredths_add(text, now > busy ? ticks(now - busy) : 0, '\n');
}

static void version_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%s version %s (kozo) %s\n", SYSTEM_NAME, SYSTEM_RELEASE, SYSTEM_VERSION);
}

static void size_tell(struct proc_text *text, const char *name, uint64_t frames)
{
	uint64_t before = text->bytes;

	text_add(text, "%s:", name);
	text_add_padded(text, KIB(frames), (unsigned)(24 - (text->bytes - before)));
	text_add(text, " kB\n");
}

/* Pages of all address spaces that are locked. Who shares one counts once. */
static uint64_t locked_count(void)
{
	uint64_t count = 0;

	for (const struct process *process = processes; process; process = process->next) {
		const struct task *task = process_task(process);
		bool first = task && task->memory;

		for (const struct process *before = processes; first && before != process; before = before->next)
			first = !process_task(before) || process_task(before)->memory != task->memory;
		count += first ? task->memory->pages_locked : 0;
	}
	return count;
}

static uint64_t structures_count(void)
{
	uint64_t frames = 0;

	for (const struct slab *slab = slabs; slab; slab = slab->next)
		frames += slab->frames;
	return frames;
}

/* Frames of the personality; what services and the kernel have is none of a program's. Nothing of it goes to a disk but files, whose pages the filesystems have: there is no swap, and no buffer. `Active` is what is in use, `Inactive` the pages of files that nobody has open. */
static void memory_tell(struct proc_text *text, const struct proc_subject *subject)
{
	uint64_t cached, idle, structures = structures_count(), total = frames_total(), available = frames_free();

	(void)subject;
	contents_count(&cached, &idle);
	size_tell(text, "MemTotal", total);
	size_tell(text, "MemFree", available);
	size_tell(text, "MemAvailable", available + idle);
	size_tell(text, "Buffers", 0);
	size_tell(text, "Cached", cached + objects_shared_pages);
	size_tell(text, "SwapCached", 0);
	size_tell(text, "Active", total - available - idle - structures);
	size_tell(text, "Inactive", idle);
	size_tell(text, "Unevictable", locked_count());
	size_tell(text, "Mlocked", locked_count());
	size_tell(text, "SwapTotal", 0);
	size_tell(text, "SwapFree", 0);
	size_tell(text, "Dirty", 0);
	size_tell(text, "Writeback", 0);
	size_tell(text, "Shmem", objects_shared_pages);
	size_tell(text, "Slab", structures);
	size_tell(text, "SReclaimable", 0);
	size_tell(text, "SUnreclaim", structures);
	text_add(text, "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n"); /* none are kept (mm/huge.h) */
	size_tell(text, "Hugepagesize", (1ull << HUGE_BITS) / PAGE_SIZE);
	size_tell(text, "Hugetlb", 0);
}

static int32_t id_newest(void)
{
	return processes ? processes->id : 0;
}

static void load_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const uint64_t *averages = load_averages();

	(void)subject;
	for (unsigned i = 0; i < LOAD_PERIODS; i++)
		hundredths_add(text, (averages[i] * 100 + (1u << LOAD_BITS) / 2) >> LOAD_BITS, ' ');
	text_add(text, "%u/%u %d\n", (uint64_t)tasks_running(), (uint64_t)task_count, (int64_t)id_newest());
}

static void stat_tell(struct proc_text *text, const struct proc_subject *subject)
{
	struct usage_times times = usage_all();
	uint64_t user = ticks(times.user_ns), system = ticks(times.system_ns), all = ticks(clock_now()), idle = all > user + system ? all - user - system : 0;

	(void)subject;
	for (unsigned i = 0; i < 2; i++)
		text_add(text, "%s %u 0 %u %u 0 0 0 0 0 0\n", i ? "cpu0" : "cpu ", user, system, idle);
	text_add(text, "intr 0\nctxt 0\nbtime %u\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n", vdso_wall_now() / NS_PER_SECOND - clock_now() / NS_PER_SECOND, (uint64_t)id_newest(), (uint64_t)tasks_running());
}

/* The processor's own words about itself (Intel SDM 2A, CPUID). */
static void processor_name(char name[49])
{
	uint32_t words[12] = {0};

	for (unsigned i = 0; i < 3; i++)
		(void)!__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]);
	memcpy(name, words, sizeof(words));
	name[48] = '\0';
}

static void vendor_name(char name[13])
{
	uint32_t most, b = 0, c = 0, d = 0;

	(void)!__get_cpuid(0, &most, &b, &c, &d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &d, 4);
	memcpy(name + 8, &c, 4);
	name[12] = '\0';
}

static void processor_tell(struct proc_text *text, const struct proc_subject *subject)
{
	char vendor[13], name[49];
	uint32_t a = 0, b = 0, c = 0, d = 0, family, model;

	(void)subject;
	(void)!__get_cpuid(1, &a, &b, &c, &d);
	vendor_name(vendor);
	processor_name(name);
	family = (a >> 8 & 15) + ((a >> 8 & 15) == 15 ? a >> 20 & 255 : 0);
	model = (a >> 4 & 15) | (a >> 12 & 0xf0);
	text_add(text, "processor\t: 0\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n", vendor, (uint64_t)family, (uint64_t)model, name, (uint64_t)(a & 15));
	text_add(text, "physical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\nfpu\t\t: yes\nflags\t\t: fpu tsc cx8 cmov mmx fxsr sse sse2 syscall nx lm%s%s\n\n", c & bit_RDRND ? " rdrand" : "",
		 c & bit_AVX ? " avx" : "");
}

static void filesystems_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct filesystem_type *type;

	(void)subject;
	for (uint32_t number = 0; (type = filesystem_type(number)); number++)
		text_add(text, "%s\t%s\n", type->on_device ? "" : "nodev", type->name);
}

static void devices_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n");
}

static void empty_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

/* sys/kernel and others: one value a file. */

static void host_name_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%s\n", system_host_name());
}

static void domain_name_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%s\n", system_domain_name());
}

static void type_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%s\n", SYSTEM_NAME);
}

static void release_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%s\n", SYSTEM_RELEASE);
}

static void system_version_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%s\n", SYSTEM_VERSION);
}

/* A random UUID of version 4 (RFC 4122). */
static void uuid_add(struct proc_text *text, uint8_t bytes[16])
{
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text_add(text, "-");
		text_add_hex(text, bytes[i], 2);
	}
	text_add(text, "\n");
}

static void uuid_tell(struct proc_text *text, const struct proc_subject *subject)
{
	uint8_t bytes[16];

	(void)subject;
	random_bytes(bytes, sizeof(bytes));
	uuid_add(text, bytes);
}

static void boot_id_tell(struct proc_text *text, const struct proc_subject *subject)
{
	static uint8_t bytes[16];
	static bool made;

	(void)subject;
	if (!made)
		random_bytes(bytes, sizeof(bytes));
	made = true;
	uuid_add(text, bytes);
}

static void entropy_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%d\n", RANDOM_BITS);
}

#define VALUE(name, value) \
	static void name##_tell(struct proc_text *text, const struct proc_subject *subject) \
	{ \
		(void)subject; \
		text_add(text, value "\n"); \
	}
VALUE(pid_max, "32768")
VALUE(threads_max, "2046")
VALUE(zero, "0")
VALUE(one, "1")
VALUE(capability_last, "40")
VALUE(overflow_id, "65534")
VALUE(overcommit_share, "50")
VALUE(backlog, "4096")  /* of listen(2) */
VALUE(datagrams, "10") /* in the queue of a socket */
VALUE(file_max, "65536")
VALUE(map_least, "65536")
VALUE(turn, "5")       /* of one of several with the same real-time priority, ms */

/* Limits of System V IPC, which may be written: `count` from the first one on. */
#define SETTING(name, first, count) \
	static void name##_tell(struct proc_text *text, const struct proc_subject *subject) \
	{ \
		(void)subject; \
		ipc_limits_tell(text, first, count); \
	} \
	static int64_t name##_take(const struct proc_subject *subject, const char *line, size_t bytes) \
	{ \
		(void)subject; \
		return ipc_limits_take(line, bytes, first, count); \
	}
SETTING(segment_bytes, LIMIT_SEGMENT_BYTES, 1)
SETTING(segment_pages, LIMIT_SEGMENT_PAGES, 1)
SETTING(segments, LIMIT_SEGMENTS, 1)
SETTING(message_bytes, LIMIT_MESSAGE_BYTES, 1)
SETTING(queue_bytes, LIMIT_QUEUE_BYTES, 1)
SETTING(queues, LIMIT_QUEUES, 1)
SETTING(semaphores, LIMIT_SET_SEMAPHORES, 4)

/* Numbers that may be written, within bounds. */
#define NUMBER(name, variable, least, most) \
	static void name##_tell(struct proc_text *text, const struct proc_subject *subject) \
	{ \
		(void)subject; \
		setting_tell(text, variable); \
	} \
	static int64_t name##_take(const struct proc_subject *subject, const char *line, size_t bytes) \
	{ \
		(void)subject; \
		return setting_take(line, bytes, least, most, &(variable)); \
	}
NUMBER(core_uses_id, core_uses_pid, INT32_MIN, INT32_MAX)
NUMBER(set_id_dumpable, core_set_id_dumpable, DUMPABLE_NOT, DUMPABLE_ROOT)
NUMBER(real_time_period, real_time_period_us, real_time_runtime_us > 1 ? real_time_runtime_us : 1, INT32_MAX)
NUMBER(real_time_runtime, real_time_runtime_us, -1, real_time_period_us)
NUMBER(map_count, areas_most, 0, AREAS_MAX)
NUMBER(directory_notify, dnotify_enabled, INT32_MIN, INT32_MAX)
NUMBER(notify_watches, notify_watches_most, 0, INT32_MAX)
NUMBER(epoll_watches, epoll_watches_most, 0, INT32_MAX)
NUMBER(notify_instances, notify_instances_most, 0, INT32_MAX)
NUMBER(mq_queues, posix_limits.queues, INT32_MIN, INT32_MAX) /* less than nothing is no limit, as on Linux */
NUMBER(mq_messages, posix_limits.messages, 1, POSIX_MESSAGES_EVER)
NUMBER(mq_messages_default, posix_limits.messages_default, 1, POSIX_MESSAGES_EVER)
NUMBER(mq_bytes, posix_limits.bytes, 128, POSIX_BYTES_EVER)
NUMBER(mq_bytes_default, posix_limits.bytes_default, 128, POSIX_BYTES_EVER)

static int64_t host_name_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	(void)subject;
	return system_host_name_take(line, bytes);
}

static void console_levels_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	system_log_level_tell(text);
}

static int64_t console_levels_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	(void)subject;
	return system_log_level_take(line, bytes);
}

static int64_t domain_name_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	(void)subject;
	return system_domain_name_take(line, bytes);
}
NUMBER(segment_next, *segment_next_id, 0, INT32_MAX)
NUMBER(semaphore_next, semaphore_kind.next_id, 0, INT32_MAX)
NUMBER(queue_next, message_kind.next_id, 0, INT32_MAX)
NUMBER(process_last, process_id_last, 0, PROCESS_IDS_MAX)
NUMBER(pipe_soft, pipe_user_pages_soft, 0, INT32_MAX)
NUMBER(pipe_hard, pipe_user_pages_hard, 0, INT32_MAX)
NUMBER(lease_seconds, lease_break_seconds, INT32_MIN, INT32_MAX)

static void pipe_size_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	setting_tell(text, pipe_bytes_most);
}

/* As a pipe's own size: a power of two of pages. */
static int64_t pipe_size_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	int64_t size, taken = setting_take(line, bytes, 0, INT32_MAX, &size);

	(void)subject;
	if (taken > 0)
		pipe_bytes_most = (int64_t)pipe_pages((uint64_t)size) * PAGE_SIZE;
	return taken;
}

static void core_pattern_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%s\n", core_pattern());
}

static int64_t core_pattern_take(const struct proc_subject *subject, const char *line, size_t bytes)
{
	(void)subject;
	return core_pattern_set(line, bytes);
}

static void notify_queued_tell(struct proc_text *text, const struct proc_subject *subject)
{
	(void)subject;
	text_add(text, "%u\n", (uint64_t)NOTIFY_QUEUED_MAX);
}

#define FILE_NODE(file, function) {.name = file, .mode = MODE_REGULAR | 0444, .tell = function}
#define SETTING_NODE(file, setting) {.name = file, .mode = MODE_REGULAR | 0644, .tell = setting##_tell, .take = setting##_take}
#define DIRECTORY_NODE(directory, table) {.name = directory, .mode = MODE_DIRECTORY | 0555, .nodes = table}

static const struct proc_node random_nodes[] = {FILE_NODE("boot_id", boot_id_tell), FILE_NODE("uuid", uuid_tell), FILE_NODE("entropy_avail", entropy_tell), FILE_NODE("poolsize", entropy_tell), {0}};

static const struct proc_node kernel_nodes[] = {
	FILE_NODE("ostype", type_tell),
	FILE_NODE("osrelease", release_tell),
	FILE_NODE("version", system_version_tell),
	SETTING_NODE("hostname", host_name),
	SETTING_NODE("domainname", domain_name),
	FILE_NODE("pid_max", pid_max_tell),
	FILE_NODE("threads-max", threads_max_tell),
	SETTING_NODE("core_pattern", core_pattern),
	SETTING_NODE("core_uses_pid", core_uses_id),
	FILE_NODE("tainted", zero_tell),
	FILE_NODE("randomize_va_space", zero_tell),
	FILE_NODE("cap_last_cap", capability_last_tell),
	FILE_NODE("overflowuid", overflow_id_tell),
	FILE_NODE("overflowgid", overflow_id_tell),
	SETTING_NODE("shmmax", segment_bytes),
	SETTING_NODE("shmall", segment_pages),
	SETTING_NODE("shmmni", segments),
	SETTING_NODE("shm_next_id", segment_next),
	SETTING_NODE("sem_next_id", semaphore_next),
	SETTING_NODE("msg_next_id", queue_next),
	SETTING_NODE("ns_last_pid", process_last),
	SETTING_NODE("printk", console_levels),
	SETTING_NODE("msgmax", message_bytes),
	SETTING_NODE("msgmnb", queue_bytes),
	SETTING_NODE("msgmni", queues),
	SETTING_NODE("sem", semaphores),
	FILE_NODE("sched_rr_timeslice_ms", turn_tell),
	SETTING_NODE("sched_rt_period_us", real_time_period),
	SETTING_NODE("sched_rt_runtime_us", real_time_runtime),
	DIRECTORY_NODE("random", random_nodes),
	{0},
};
static const struct proc_node vm_nodes[] = {FILE_NODE("overcommit_memory", zero_tell), FILE_NODE("overcommit_ratio", overcommit_share_tell), FILE_NODE("nr_hugepages", zero_tell), SETTING_NODE("max_map_count", map_count), FILE_NODE("mmap_min_addr", map_least_tell), FILE_NODE("swappiness", zero_tell), {0}};
static const struct proc_node mqueue_nodes[] = {SETTING_NODE("queues_max", mq_queues), SETTING_NODE("msg_max", mq_messages), SETTING_NODE("msg_default", mq_messages_default), SETTING_NODE("msgsize_max", mq_bytes), SETTING_NODE("msgsize_default", mq_bytes_default), {0}};
static const struct proc_node inotify_nodes[] = {FILE_NODE("max_queued_events", notify_queued_tell), SETTING_NODE("max_user_instances", notify_instances), SETTING_NODE("max_user_watches", notify_watches), {0}};
static const struct proc_node epoll_nodes[] = {SETTING_NODE("max_user_watches", epoll_watches), {0}};
static const struct proc_node fs_nodes[] = {DIRECTORY_NODE("epoll", epoll_nodes), DIRECTORY_NODE("inotify", inotify_nodes), DIRECTORY_NODE("mqueue", mqueue_nodes), FILE_NODE("file-max", file_max_tell), FILE_NODE("nr_open", file_max_tell), SETTING_NODE("pipe-max-size", pipe_size), SETTING_NODE("pipe-user-pages-soft", pipe_soft), SETTING_NODE("pipe-user-pages-hard", pipe_hard), FILE_NODE("protected_symlinks", zero_tell),
					    FILE_NODE("protected_hardlinks", one_tell), SETTING_NODE("dir-notify-enable", directory_notify), SETTING_NODE("suid_dumpable", set_id_dumpable), SETTING_NODE("lease-break-time", lease_seconds), {0}};
static const struct proc_node core_nodes[] = {FILE_NODE("somaxconn", backlog_tell), {0}}, unix_nodes[] = {FILE_NODE("max_dgram_qlen", datagrams_tell), {0}};
static const struct proc_node net_nodes[] = {DIRECTORY_NODE("core", core_nodes), DIRECTORY_NODE("unix", unix_nodes), {0}};
static const struct proc_node sys_nodes[] = {DIRECTORY_NODE("net", net_nodes), DIRECTORY_NODE("kernel", kernel_nodes), DIRECTORY_NODE("vm", vm_nodes), DIRECTORY_NODE("fs", fs_nodes), {0}};

static const struct proc_node ipc_nodes[] = {FILE_NODE("msg", ipc_messages_tell), FILE_NODE("sem", ipc_semaphores_tell), FILE_NODE("shm", ipc_segments_tell), {0}};

static int64_t self_link(const struct proc_subject *subject, char *target, size_t bytes)
{
	return number_text(subject->reader->process->id, target, bytes);
}

static int64_t thread_self_link(const struct proc_subject *subject, char *target, size_t bytes)
{
	int64_t length = number_text(subject->reader->process->id, target, bytes);

	if (length < 0 || (size_t)length + 6 > bytes)
		return -EINVAL;
	memcpy(target + length, "/task/", 6); /* NOLINT(bugprone-not-null-terminated-result): links have no NUL */
	length += 6;
	return length + number_text(subject->reader->id, target + length, bytes - (size_t)length);
}

static int64_t mounts_link(const struct proc_subject *subject, char *target, size_t bytes)
{
	static const char path[] = "self/mounts";

	(void)subject;
	if (bytes < sizeof(path) - 1)
		return -EINVAL;
	memcpy(target, path, sizeof(path) - 1);
	return sizeof(path) - 1;
}

const struct proc_node proc_system_nodes[] = {
	FILE_NODE("cpuinfo", processor_tell),
	FILE_NODE("devices", devices_tell),
	FILE_NODE("filesystems", filesystems_tell),
	FILE_NODE("loadavg", load_tell),
	FILE_NODE("meminfo", memory_tell),
	{.name = "mounts", .mode = MODE_LINK | 0777, .read_link = mounts_link},
	{.name = "self", .mode = MODE_LINK | 0777, .read_link = self_link},
	{.name = "slabinfo", .mode = MODE_REGULAR | 0400, .tell = objects_tell},
	FILE_NODE("stat", stat_tell),
	FILE_NODE("swaps", empty_tell),
	DIRECTORY_NODE("sys", sys_nodes),
	DIRECTORY_NODE("sysvipc", ipc_nodes),
	{.name = "thread-self", .mode = MODE_LINK | 0777, .read_link = thread_self_link},
	FILE_NODE("uptime", uptime_tell),
	FILE_NODE("version", version_tell),
	{0},
};
