/* SPDX-License-Identifier: MIT */
/*
 * System calls of the test process (linux.h). Every pointer of the process is looked up among its areas and is -EFAULT when it is not there: nothing of the
 * process is trusted, nothing is answered with success that was not done.
 */
#include "linux.h"

#include "lib/methods.h"
#include "lib/string.h"

enum { ENOENT = 2, EBADF = 9, ENOMEM = 12, EFAULT = 14, EINVAL = 22, ENOTTY = 25, ENOSYS = 38 };

/* Numbers of the x86-64 Linux system-call table. */
enum {
	SYS_WRITE = 1,
	SYS_MMAP = 9,
	SYS_MPROTECT = 10,
	SYS_BRK = 12,
	SYS_IOCTL = 16,
	SYS_WRITEV = 20,
	SYS_EXIT = 60,
	SYS_READLINK = 89,
	SYS_ARCH_PRCTL = 158,
	SYS_SET_TID_ADDRESS = 218,
	SYS_EXIT_GROUP = 231,
	SYS_NEWFSTATAT = 262,
	SYS_PRLIMIT64 = 302,
};

#define ARCH_SET_FS 0x1002
#define PROCESS_ID 1
#define PATH_EMPTY 0x1000 /* AT_EMPTY_PATH */
#define MAP_PRIVATE_ANONYMOUS 0x22

static bool descriptor_is_output(uint64_t descriptor)
{
	return descriptor == 1 || descriptor == 2;
}

static int64_t linux_write(struct linux_state *state, uint64_t descriptor, vaddr_t buffer, uint64_t size)
{
	const void *data = process_pointer(state->process, buffer, size);
	uint64_t room = sizeof(state->output) - state->output_size;

	if (!descriptor_is_output(descriptor))
		return -EBADF;
	if (!data)
		return -EFAULT;
	size = size < room ? size : room;
	memcpy(state->output + state->output_size, data, size);
	state->output_size += size;
	return (int64_t)size;
}

static int64_t linux_writev(struct linux_state *state, uint64_t descriptor, vaddr_t vector, uint64_t count)
{
	const uint64_t *entries;
	int64_t total = 0;

	if (count > 16)
		return -EINVAL;
	entries = process_pointer(state->process, vector, count * 16);
	if (!entries)
		return -EFAULT;
	for (uint64_t i = 0; i < count; i++) {
		int64_t written = linux_write(state, descriptor, entries[2 * i], entries[2 * i + 1]);

		if (written < 0)
			return total ? total : written;
		total += written;
	}
	return total;
}

/* The break moves within an area that was made with the process; where it cannot go it stays, as on Linux. */
static int64_t linux_brk(struct linux_state *state, vaddr_t address)
{
	struct process *process = state->process;

	if (address >= process->break_start && address <= process->break_start + BREAK_PAGES * PAGE_SIZE)
		process->break_now = address;
	return (int64_t)process->break_now;
}

static uint64_t rights_of(uint64_t protection)
{
	return protection & (MAP_READ | MAP_WRITE | MAP_EXECUTE); /* PROT_* have the same values */
}

static int64_t linux_mmap(struct linux_state *state, const uint64_t *arguments)
{
	struct process *process = state->process;
	uint64_t pages = (arguments[1] + PAGE_SIZE - 1) / PAGE_SIZE;
	vaddr_t address = process->map_next;

	if (arguments[0] != 0 || arguments[3] != MAP_PRIVATE_ANONYMOUS)
		return -ENOSYS;
	if (pages == 0)
		return -EINVAL;
	if (!process_add_area(process, address, pages, rights_of(arguments[2])))
		return -ENOMEM;
	process->map_next += pages * PAGE_SIZE;
	return (int64_t)address;
}

static int64_t linux_mprotect(struct linux_state *state, vaddr_t address, uint64_t size, uint64_t protection)
{
	struct area *area = process_find_area(state->process, address, size);
	struct map_entry *batch = (struct map_entry *)thread_self()->page;
	uint64_t pages = (size + PAGE_SIZE - 1) / PAGE_SIZE, done;

	if (address % PAGE_SIZE)
		return -EINVAL;
	if (!area || pages == 0 || pages > MAP_BATCH_MAX)
		return -ENOMEM;
	for (uint64_t i = 0; i < pages; i++)
		batch[i] = (struct map_entry){(address + i * PAGE_SIZE) | rights_of(protection), 0};
	return mapping_protect(area->mapping, pages, &done) == OK ? 0 : -ENOMEM;
}

/* Descriptors 0..2 are a character device. Offsets of struct stat: mode 24, link count 16, block size 56. */
static int64_t linux_newfstatat(struct linux_state *state, const uint64_t *arguments)
{
	const char *path = process_pointer(state->process, arguments[1], 1);
	unsigned char *status = process_pointer(state->process, arguments[2], 144);
	static const uint32_t mode = 0020620;
	static const uint64_t links = 1, block_size = 1024;

	if (!path || !status)
		return -EFAULT;
	if (*path || !(arguments[3] & PATH_EMPTY))
		return -ENOENT;
	if (arguments[0] > 2)
		return -EBADF;
	memset(status, 0, 144);
	memcpy(status + 16, &links, sizeof(links));
	memcpy(status + 24, &mode, sizeof(mode));
	memcpy(status + 56, &block_size, sizeof(block_size));
	return 0;
}

/* No limit is enforced, and that is what is told; none can be set. */
static int64_t linux_prlimit64(struct linux_state *state, vaddr_t wanted, vaddr_t old)
{
	uint64_t *limits = process_pointer(state->process, old, 16);

	if (wanted)
		return -ENOSYS;
	if (!limits)
		return -EFAULT;
	limits[0] = limits[1] = UINT64_MAX;
	return 0;
}

static int64_t linux_exit(struct linux_state *state, uint64_t status)
{
	state->exited = true;
	state->exit_status = (int64_t)(status & 0xff);
	return 0;
}

static int64_t linux_arch_prctl(struct linux_state *state, uint64_t code, uint64_t address)
{
	if (code != ARCH_SET_FS)
		return -EINVAL;
	state->fs_changed = true;
	state->fs_base = address;
	return 0;
}

int64_t linux_call(struct linux_state *state, const uint64_t words[7])
{
	const uint64_t *arguments = words + 1;

	state->calls++;
	switch (words[0]) {
	case SYS_WRITE:
		return linux_write(state, arguments[0], arguments[1], arguments[2]);
	case SYS_WRITEV:
		return linux_writev(state, arguments[0], arguments[1], arguments[2]);
	case SYS_MMAP:
		return linux_mmap(state, arguments);
	case SYS_MPROTECT:
		return linux_mprotect(state, arguments[0], arguments[1], arguments[2]);
	case SYS_BRK:
		return linux_brk(state, arguments[0]);
	case SYS_IOCTL:
		return arguments[0] <= 2 ? -ENOTTY : -EBADF;
	case SYS_READLINK:
		return -ENOENT;
	case SYS_ARCH_PRCTL:
		return linux_arch_prctl(state, arguments[0], arguments[1]);
	case SYS_SET_TID_ADDRESS:
		return PROCESS_ID; /* the only thread never exits alone, so the address is never written */
	case SYS_NEWFSTATAT:
		return linux_newfstatat(state, arguments);
	case SYS_PRLIMIT64:
		return linux_prlimit64(state, arguments[2], arguments[3]);
	case SYS_EXIT:
	case SYS_EXIT_GROUP:
		return linux_exit(state, arguments[0]);
	default:
		return -ENOSYS;
	}
}
