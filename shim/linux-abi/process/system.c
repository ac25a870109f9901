/* SPDX-License-Identifier: MIT */
/* The system as a program sees it: uname(2), sysinfo(2), arch_prctl(2), reboot(2), sethostname(2), getrandom(2). */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "process/system.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/load.h"
#include "process/names.h"
#include "process/permission.h"
#include "process/random.h"
#include "time/convert.h"

#define NAME_BYTES 65
#define SYSINFO_LOAD_BITS 16 /* behind the point of a load: SI_LOAD_SHIFT */

static char host_name[NAME_BYTES] = "kozo", domain_name[NAME_BYTES] = "(none)";

const char *system_host_name(void)
{
	return host_name;
}

const char *system_domain_name(void)
{
	return domain_name;
}

static int64_t line_take(char name[NAME_BYTES], const char *line, size_t bytes)
{
	size_t length = 0;

	while (length < bytes && length < NAME_BYTES - 1 && line[length] && line[length] != '\n')
		length++;
	memset(name, 0, NAME_BYTES);
	memcpy(name, line, length);
	return (int64_t)bytes;
}

int64_t system_host_name_take(const char *line, size_t bytes)
{
	return line_take(host_name, line, bytes);
}

int64_t system_domain_name_take(const char *line, size_t bytes)
{
	return line_take(domain_name, line, bytes);
}

static void text_set(char to[NAME_BYTES], const char *from)
{
	memset(to, 0, NAME_BYTES);
	memcpy(to, from, strlen(from)); /* NOLINT(bugprone-not-null-terminated-result): the rest is zeros */
}

int64_t linux_uname(struct task *task, const uint64_t arguments[6])
{
	struct linux_utsname name;

	text_set(name.sysname, SYSTEM_NAME);
	text_set(name.nodename, host_name);
	text_set(name.release, task->process->personality & LINUX_UNAME26 ? SYSTEM_RELEASE_26 : SYSTEM_RELEASE);
	text_set(name.version, SYSTEM_VERSION);
	text_set(name.machine, (task->process->personality & LINUX_PER_MASK) == LINUX_PER_LINUX32 ? "i686" : "x86_64");
	text_set(name.domainname, domain_name);
	return user_put(task->memory, arguments[0], &name);
}

static int64_t name_change(struct task *task, const uint64_t arguments[6], char name[NAME_BYTES])
{
	char wanted[NAME_BYTES] = {0};
	int64_t length = (int32_t)arguments[1];

	if (!task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EPERM;
	if (length < 0 || length >= NAME_BYTES)
		return -EINVAL;
	if (user_read(task->memory, wanted, arguments[0], (size_t)length) != 0)
		return -EFAULT;
	memcpy(name, wanted, NAME_BYTES);
	return 0;
}

int64_t linux_sethostname(struct task *task, const uint64_t arguments[6])
{
	return name_change(task, arguments, host_name);
}

int64_t linux_setdomainname(struct task *task, const uint64_t arguments[6])
{
	return name_change(task, arguments, domain_name);
}

int64_t linux_sysinfo(struct task *task, const uint64_t arguments[6])
{
	struct linux_sysinfo information = {
		.uptime = (int64_t)(clock_now() / NS_PER_SECOND),
		.totalram = frames_total() * PAGE_SIZE,
		.freeram = frames_free() * PAGE_SIZE,
		.sharedram = objects_shared_pages * PAGE_SIZE,
		.procs = (uint16_t)task_count,
		.mem_unit = 1,
	};
	const uint64_t *averages = load_averages();

	for (unsigned i = 0; i < LOAD_PERIODS; i++)
		information.loads[i] = averages[i] << (SYSINFO_LOAD_BITS - LOAD_BITS);

	return user_put(task->memory, arguments[0], &information);
}

/* Reads and writes the bases of a task's own thread, which is held by its call. */
static int64_t base_exchange(struct task *task, uint64_t code, uint64_t value)
{
	struct thread_image *image = host_thread_read(task->host, STATE_REGISTERS);
	uint64_t base;

	if (!image)
		return -EINVAL;
	switch (code) {
	case LINUX_ARCH_SET_FS:
	case LINUX_ARCH_SET_GS:
		if (value >= MEMORY_TOP)
			return -EPERM;
		*(code == LINUX_ARCH_SET_FS ? &image->registers.fs_base : &image->registers.gs_base) = value;
		image->registers.rax = 0;
		return host_thread_write(task->host, STATE_REGISTERS) ? call_end_resumed(task) : -EPERM;
	default:
		base = code == LINUX_ARCH_GET_FS ? image->registers.fs_base : image->registers.gs_base;
		return user_put(task->memory, value, &base);
	}
}

int64_t linux_arch_prctl(struct task *task, const uint64_t arguments[6])
{
	switch ((uint32_t)arguments[0]) {
	case LINUX_ARCH_SET_FS:
	case LINUX_ARCH_SET_GS:
	case LINUX_ARCH_GET_FS:
	case LINUX_ARCH_GET_GS:
		return base_exchange(task, (uint32_t)arguments[0], arguments[1]);
	case LINUX_ARCH_GET_CPUID:
		return 1;
	case LINUX_ARCH_SET_CPUID:
		return -ENODEV; /* no processor that Kozo knows can make cpuid fault */
	default:
		return -EINVAL;
	}
}

#define RANDOM_AT_ONCE 256

int64_t linux_getrandom(struct task *task, const uint64_t arguments[6])
{
	unsigned char piece[RANDOM_AT_ONCE];
	uint64_t bytes = arguments[1] > INT32_MAX ? INT32_MAX : arguments[1], done = 0;

	if (arguments[2] & ~(uint64_t)(LINUX_GRND_NONBLOCK | LINUX_GRND_RANDOM | LINUX_GRND_INSECURE) ||
	    (arguments[2] & (LINUX_GRND_RANDOM | LINUX_GRND_INSECURE)) == (LINUX_GRND_RANDOM | LINUX_GRND_INSECURE))
		return -EINVAL;
	while (done < bytes) {
		uint64_t part = bytes - done < sizeof(piece) ? bytes - done : sizeof(piece), in_page = PAGE_SIZE - (arguments[0] + done) % PAGE_SIZE;

		if (part > in_page) /* what is before a page that is not there counts */
			part = in_page;
		random_bytes(piece, part);
		if (user_write(task->memory, arguments[0] + done, piece, part) != 0)
			return done ? (int64_t)done : -EFAULT;
		done += part;
		if (task->attention && done < bytes)
			break;
	}
	return (int64_t)done;
}

/* LINUX_REBOOT_CMD_RESTART2: a text for the firmware, which has no use for it. */
static int64_t restart_with(struct task *task, uint64_t address)
{
	char text[256];
	int64_t length = user_text(task->memory, text, address, sizeof(text));

	return length < 0 && length != -ENAMETOOLONG ? length : system_switch_off(task, true);
}

int64_t linux_reboot(struct task *task, const uint64_t arguments[6])
{
	if (!task_may(task, LINUX_CAP_SYS_BOOT))
		return -EPERM;
	if ((uint32_t)arguments[0] != LINUX_LINUX_REBOOT_MAGIC1 || ((uint32_t)arguments[1] != LINUX_LINUX_REBOOT_MAGIC2 && (uint32_t)arguments[1] != LINUX_LINUX_REBOOT_MAGIC2A &&
							     (uint32_t)arguments[1] != LINUX_LINUX_REBOOT_MAGIC2B && (uint32_t)arguments[1] != LINUX_LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch ((uint32_t)arguments[2]) {
	case LINUX_LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_LINUX_REBOOT_CMD_CAD_OFF:
		return 0; /* there is no such keyboard */
	case LINUX_LINUX_REBOOT_CMD_POWER_OFF:
	case LINUX_LINUX_REBOOT_CMD_HALT:
		return system_switch_off(task, false);
	case LINUX_LINUX_REBOOT_CMD_RESTART:
		return system_switch_off(task, true);
	case LINUX_LINUX_REBOOT_CMD_RESTART2:
		return restart_with(task, arguments[3]);
	default:
		return -EINVAL;
	}
}

int64_t number_text(int64_t number, char *text, size_t bytes)
{
	char digits[24];
	size_t count = 0;
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		digits[count++] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		digits[count++] = '-';
	if (count > bytes)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		text[i] = digits[count - 1 - i];
	return (int64_t)count;
}
