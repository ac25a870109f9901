/* SPDX-License-Identifier: MIT */
/* Signals as data (signalfd(2)): a read takes those of a set that are pending for the reader. */
#include "file/blocking.h"
#include "file/descriptors.h"
#include "file/description.h"
#include "mm/slab.h"
#include "process/handlers.h"
#include "signal/send.h"

#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)

/* struct signalfd_siginfo */
struct record {
	uint32_t number;
	int32_t error, code;
	uint32_t process, user;
	int32_t file;
	uint32_t timer, band, overrun, trap;
	int32_t status, value;
	uint64_t pointer, user_time, system_time, address;
	uint16_t address_lsb, padding2;
	int32_t syscall;
	uint64_t call_address;
	uint32_t machine;
	uint8_t padding[28];
};
_Static_assert(sizeof(struct record) == 128, "as on Linux");

struct signal_file {
	uint64_t set;
};

static struct slab files = SLAB(struct signal_file);

static struct record record_of(const struct signal_information *information)
{
	struct record record = {.number = (uint32_t)information->number, .error = information->error, .code = information->code};

	switch (information->number) {
	case LINUX_SIGSEGV:
	case LINUX_SIGBUS:
	case LINUX_SIGILL:
	case LINUX_SIGFPE:
	case LINUX_SIGTRAP:
		if (information->code > 0) {
			record.address = information->address;
			return record;
		}
		break;
	case LINUX_SIGCHLD:
		record.status = information->status;
		record.user_time = (uint64_t)information->user_time;
		record.system_time = (uint64_t)information->system_time;
		break;
	default:
		record.pointer = information->value;
		record.value = (int32_t)information->value;
		break;
	}
	record.process = (uint32_t)information->process;
	record.user = information->user;
	return record;
}

/* Takes what is there; waits for the first one. */
static int64_t signal_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	const struct signal_file *file = description->data;
	uint64_t done = 0;

	(void)offset;
	if (transfer->left < sizeof(struct record))
		return -EINVAL;
	while (transfer->left >= sizeof(struct record)) {
		struct signal_information information;
		struct record record;
		int error;

		if (signal_take(task, file->set, &information)) {
			record = record_of(&information);
			if (transfer_put(transfer, &record, sizeof(record)) != sizeof(record))
				return done ? (int64_t)done : -EFAULT;
			done += sizeof(record);
			continue;
		}
		if (done)
			break;
		error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&task->process->signal_arrived, task, 0, NEVER);
		if (error)
			return error;
	}
	return (int64_t)done;
}

static uint32_t signal_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	const struct signal_file *file = description->data;

	*queue = &task->process->signal_arrived;
	return signals_pending(task) & file->set ? EVENTS_READ : 0;
}

static void signal_release(struct description *description)
{
	slab_return(&files, description->data);
}

static const struct description_operations operations = {.kind = "[signalfd]", .seeks_nowhere = true, .read = signal_read, .poll = signal_poll, .release = signal_release};

static int64_t signal_make(struct task *task, uint64_t set, uint32_t flags)
{
	struct signal_file *file = slab_take(&files);
	struct description *description = file ? description_make(&operations, 0600, LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK), FILESYSTEM_ANONYMOUS) : NULL;

	if (!description) {
		if (file)
			slab_return(&files, file);
		return -ENOMEM;
	}
	file->set = set;
	description->data = file;
	return descriptor_give(task, description, flags);
}

/* Another set for one that there is. */
static int64_t signal_change(struct task *task, int32_t number, uint64_t set)
{
	struct description *description;
	int error = descriptor_take(task, (uint32_t)number, &description);

	if (error)
		return error;
	if (description->operations != &operations)
		error = -EINVAL;
	else
		((struct signal_file *)description->data)->set = set;
	description_release(description);
	return error ? error : number;
}

static int64_t call_signalfd(struct task *task, const uint64_t arguments[6], uint32_t flags)
{
	uint64_t set;

	if (flags & ~(uint32_t)(LINUX_SFD_CLOEXEC | LINUX_SFD_NONBLOCK) || arguments[2] != sizeof(set))
		return -EINVAL;
	if (user_get(task->memory, &set, arguments[1]))
		return -EFAULT;
	set &= ~(uint64_t)SIGNALS_UNBLOCKABLE;
	return (int32_t)arguments[0] == -1 ? signal_make(task, set, flags) : signal_change(task, (int32_t)arguments[0], set);
}

int64_t linux_signalfd(struct task *task, const uint64_t arguments[6])
{
	return call_signalfd(task, arguments, 0);
}

int64_t linux_signalfd4(struct task *task, const uint64_t arguments[6])
{
	return call_signalfd(task, arguments, (uint32_t)arguments[3]);
}
