/* SPDX-License-Identifier: MIT */
/* Other processes' memory and what they share: process_vm_readv(2), process_vm_writev(2), process_madvise(2), process_mrelease(2), kcmp(2). Who may is who may trace (ptrace(2)). */
#include "abi/linux/constants.h"
#include "file/description.h"
#include "file/descriptors.h"
#include "file/epoll.h"
#include "file/read_write.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "process/pidfd.h"
#include "process/random.h"

/* The vector of a call that is about somebody else's memory. It is read part by part, for two would not go on a fiber's stack. */
struct foreign {
	uint64_t vector, count;
	uint64_t bytes;
};

static int part_read(struct task *task, const struct foreign *foreign, uint64_t index, struct linux_iovec *part)
{
	return user_get(task->memory, part, foreign->vector + index * sizeof(*part));
}

/* All of it: 0, -EINVAL, -EFAULT. */
static int foreign_take(struct task *task, uint64_t vector, uint64_t count, struct foreign *foreign)
{
	struct linux_iovec part;

	*foreign = (struct foreign){.vector = vector, .count = count};
	if (count > TRANSFER_PARTS)
		return -EINVAL;
	for (uint64_t i = 0; i < count; i++) {
		if (part_read(task, foreign, i, &part))
			return -EFAULT;
		if ((int64_t)part.iov_len < 0)
			return -EINVAL;
		foreign->bytes = part.iov_len > UINT64_MAX - foreign->bytes ? UINT64_MAX : foreign->bytes + part.iov_len;
	}
	return 0;
}

/* Bytes done; -EFAULT only when there are none. */
static int64_t foreign_move(struct task *task, struct transfer *own, struct memory *memory, const struct foreign *foreign, bool writes)
{
	struct transfer other;
	struct linux_iovec part;

	for (uint64_t i = 0; i < foreign->count && own->left; i++) {
		int64_t moved = 1;

		if (part_read(task, foreign, i, &part))
			break;
		transfer_user(&other, memory, part.iov_base, part.iov_len);
		while (moved > 0 && other.left && own->left)
			moved = transfer_move(own, &other, writes);
		if (moved < 0)
			break;
	}
	return own->done ? (int64_t)own->done : -EFAULT;
}

/* The memory of a task that may be looked into. 0, -ESRCH, -EPERM. */
static int memory_find(const struct task *task, int32_t id, struct memory **memory)
{
	const struct task *of = task_find(id);

	if (!of || !of->memory)
		return -ESRCH;
	if (!may_inspect(task, of))
		return -EPERM;
	*memory = of->memory;
	return 0;
}

static int64_t call_move(struct task *task, const uint64_t arguments[6], bool writes)
{
	struct linux_iovec parts[TRANSFER_PARTS];
	struct transfer own;
	struct foreign foreign;
	struct memory *memory;
	int64_t result;

	if (arguments[5])
		return -EINVAL;
	result = vector_take(task, arguments[1], arguments[2], parts);
	if (result <= 0)
		return result;
	transfer_vector(&own, task->memory, parts, (uint64_t)result);
	result = foreign_take(task, arguments[3], arguments[4], &foreign);
	if (result || !foreign.bytes)
		return result;
	result = memory_find(task, (int32_t)arguments[0], &memory);
	if (result)
		return result;
	memory_hold(memory);
	result = foreign_move(task, &own, memory, &foreign, writes);
	memory_release(memory);
	return result;
}

int64_t linux_process_vm_readv(struct task *task, const uint64_t arguments[6])
{
	return call_move(task, arguments, false);
}

int64_t linux_process_vm_writev(struct task *task, const uint64_t arguments[6])
{
	return call_move(task, arguments, true);
}

/* Advice about a range of another process: what is allowed there is advice and no more. 0, -EINVAL, -ENOMEM: nothing is mapped in a part of it. */
static int range_advise(const struct memory *memory, const struct linux_iovec *range)
{
	uint64_t end = range->iov_base + ((range->iov_len + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1));

	if (range->iov_base % PAGE_SIZE || end < range->iov_base || (range->iov_len && end == range->iov_base))
		return -EINVAL;
	return memory_is_mapped(memory, range->iov_base, end) ? 0 : -ENOMEM;
}

static bool is_for_others(uint64_t advice)
{
	return advice == LINUX_MADV_COLD || advice == LINUX_MADV_PAGEOUT || advice == LINUX_MADV_WILLNEED;
}

int64_t linux_process_madvise(struct task *task, const uint64_t arguments[6])
{
	struct linux_iovec parts[TRANSFER_PARTS];
	struct process *process;
	const struct task *of;
	int64_t result = (uint32_t)arguments[4] ? -EINVAL : vector_take(task, arguments[1], arguments[2], parts), done = 0;

	if (result >= 0)
		result = pidfd_find(task, (uint32_t)arguments[0], &process);
	if (result < 0)
		return result;
	if (!is_for_others((uint32_t)arguments[3]))
		return -EINVAL;
	of = process_task(process);
	if (!of || !of->memory)
		return -ESRCH;
	if (!may_inspect(task, of))
		return -EACCES;
	if (!task_may(task, LINUX_CAP_SYS_NICE))
		return -EPERM;
	for (uint64_t i = 0; i < arguments[2] && !result; i++) {
		result = range_advise(of->memory, &parts[i]);
		done += result ? 0 : (int64_t)parts[i].iov_len;
	}
	return done ? done : result;
}

/* The memory of a process that is ending is given back by its tasks; who asks for that waits until it is. */
int64_t linux_process_mrelease(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	const struct process *process;
	int error;

	if ((uint32_t)arguments[1])
		return -EINVAL;
	error = pidfd_take(task, (uint32_t)arguments[0], &description);
	if (error)
		return error;
	process = pidfd_process(description);
	if (!process || process->zombie)
		error = -ESRCH;
	else
		error = process->exiting && process != task->process ? pidfd_wait(task, description) : -EINVAL;
	description_release(description);
	return error;
}

/* kcmp(2): an order of structures that stays the same and tells nothing of where they lie. 0: the same one, 1: less, 2: greater. */
static int64_t order(const void *a, const void *b)
{
	static uint64_t mask, factor;
	uint64_t first, second;

	if (!factor) {
		random_bytes(&mask, sizeof(mask));
		random_bytes(&factor, sizeof(factor));
		factor |= 1;
	}
	first = ((uint64_t)a ^ mask) * factor;
	second = ((uint64_t)b ^ mask) * factor;
	return first == second ? 0 : first < second ? 1 : 2;
}

static const struct description *file_of(const struct task *task, uint64_t number)
{
	return task->files ? descriptor_find(task->files, number) : NULL;
}

static int64_t compare_files(const struct task *one, const struct task *other, const uint64_t arguments[6])
{
	const struct description *first = file_of(one, (uint32_t)arguments[3]), *second = file_of(other, (uint32_t)arguments[4]);

	return first && second ? order(first, second) : -EBADF;
}

/* The two tasks that are compared: 0, -ESRCH or -EPERM. */
static int pair_find(const struct task *task, const uint64_t arguments[6], const struct task **one, const struct task **other)
{
	*one = task_find((int32_t)arguments[0]);
	*other = task_find((int32_t)arguments[1]);
	if (!*one || !*other)
		return -ESRCH;
	return may_inspect(task, *one) && may_inspect(task, *other) ? 0 : -EPERM;
}

/* A file, and one that an epoll of the other watches. What is asked for is read first, which may wait: the tasks are looked up after that. */
static int64_t compare_watched(struct task *task, const uint64_t arguments[6])
{
	const struct description *first, *epoll, *watched;
	const struct task *one, *other;
	struct {
		uint32_t epoll, number, offset;
	} slot;
	int error;

	if (user_get(task->memory, &slot, arguments[4]))
		return -EFAULT;
	error = pair_find(task, arguments, &one, &other);
	if (error)
		return error;
	first = file_of(one, (uint32_t)arguments[3]);
	epoll = first ? file_of(other, slot.epoll) : NULL;
	if (!epoll)
		return -EBADF;
	error = epoll_find(epoll, slot.number, slot.offset, &watched);
	return error ? error : order(first, watched);
}

int64_t linux_kcmp(struct task *task, const uint64_t arguments[6])
{
	const struct task *one, *other;
	int error = pair_find(task, arguments, &one, &other);

	if (error)
		return error;
	switch ((uint32_t)arguments[2]) {
	case LINUX_KCMP_FILE:
		return compare_files(one, other, arguments);
	case LINUX_KCMP_VM:
		return order(one->memory, other->memory);
	case LINUX_KCMP_FILES:
		return order(one->files, other->files);
	case LINUX_KCMP_FS:
		return order(one->place, other->place);
	case LINUX_KCMP_SIGHAND:
		return order(one->process->actions, other->process->actions);
	case LINUX_KCMP_IO:
		return 0; /* nobody has one */
	case LINUX_KCMP_SYSVSEM:
		return order(one->semaphores, other->semaphores);
	case LINUX_KCMP_EPOLL_TFD:
		return compare_watched(task, arguments);
	default:
		return -EINVAL;
	}
}
