/* SPDX-License-Identifier: MIT */
/* Device files (file/device.h), and the devices that are nothing but an idea: null, zero, full, random, urandom (mem(4), null(4), random(4)). */
#include "file/device.h"

#include "abi/errno.h"
#include "abi/linux/constants.h"
#include "mm/user.h"
#include "process/permission.h"
#include "process/random.h"

#define MAJOR_MEMORY 1

enum memory_device { DEVICE_NULL = 3, DEVICE_ZERO = 5, DEVICE_FULL = 7, DEVICE_RANDOM = 8, DEVICE_URANDOM = 9 };

static struct device_kind *kinds;

void device_register(struct device_kind *kind)
{
	kind->next = kinds;
	kinds = kind;
}

static int64_t null_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)task, (void)description, (void)transfer, (void)offset;
	return 0;
}

/* What is written is not looked at, not even whether it is there. */
static int64_t null_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	uint64_t bytes = transfer->left;

	(void)task, (void)description, (void)offset;
	transfer->done += bytes;
	transfer->left = 0;
	return (int64_t)bytes;
}

static int64_t zero_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)task, (void)description, (void)offset;
	return transfer->left ? transfer_clear(transfer, transfer->left) : 0;
}

static int64_t full_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	(void)task, (void)description, (void)transfer, (void)offset;
	return -ENOSPC;
}

static int64_t random_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	uint64_t before = transfer->done;
	unsigned char bytes[256];

	(void)description, (void)offset;
	while (transfer->left) {
		uint64_t wanted = transfer->left < sizeof(bytes) ? transfer->left : sizeof(bytes);
		int64_t done;

		random_bytes(bytes, wanted);
		done = transfer_put(transfer, bytes, wanted);
		if (done < (int64_t)wanted)
			return transfer->done > before ? (int64_t)(transfer->done - before) : done;
		if (task->process->exiting)
			break; /* a large read ends with its process */
	}
	return (int64_t)(transfer->done - before);
}

/* RNDADDTOENTCNT: what the caller says it has added is believed, and changes nothing: there is a whole seed always. */
static int64_t entropy_add(struct task *task, uint64_t argument)
{
	int32_t bits;

	if (!task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EPERM;
	if (user_get(task->memory, &bits, argument) != 0)
		return -EFAULT;
	return bits < 0 ? -EINVAL : 0;
}

static int64_t random_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument)
{
	int32_t bits = RANDOM_BITS;

	(void)description;
	switch ((uint32_t)request) {
	case LINUX_RNDGETENTCNT:
		return user_put(task->memory, argument, &bits);
	case LINUX_RNDADDTOENTCNT:
		return entropy_add(task, argument);
	default:
		return -EINVAL;
	}
}

/* Offsets of these stay 0, as on Linux. */
static int64_t null_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	(void)task, (void)description, (void)offset, (void)whence;
	return 0;
}

/* Private: zeros that are the process's own. Shared: memory that all have who inherit this mapping. */
static int zero_map(struct description *description, bool shared, bool stores, struct object **object)
{
	(void)description, (void)stores;
	*object = shared ? object_anonymous(RADIX_LIMIT) : NULL;
	return shared && !*object ? -ENOMEM : 0;
}

static const struct description_operations null_operations = {.read = null_read, .write = null_write, .seek = null_seek};
static const struct description_operations zero_operations = {.read = zero_read, .write = null_write, .seek = null_seek, .map = zero_map};
static const struct description_operations full_operations = {.read = zero_read, .write = full_write, .seek = null_seek};
static const struct description_operations random_operations = {.read = random_read, .write = null_write, .seek = null_seek, .ioctl = random_ioctl};

static int memory_open(struct task *task, struct description *description, uint32_t flags)
{
	(void)task, (void)flags;
	switch (device_minor(description->device)) {
	case DEVICE_NULL:
		description->operations = &null_operations;
		return 0;
	case DEVICE_ZERO:
		description->operations = &zero_operations;
		return 0;
	case DEVICE_FULL:
		description->operations = &full_operations;
		return 0;
	case DEVICE_RANDOM:
	case DEVICE_URANDOM:
		description->operations = &random_operations;
		return 0;
	default:
		return -ENXIO;
	}
}

int device_open(struct task *task, struct description *description, uint32_t flags)
{
	uint32_t major = device_major(description->device), minor = device_minor(description->device);

	if (!description_is(description, MODE_CHARACTER))
		return -ENXIO;
	if (major == MAJOR_MEMORY)
		return memory_open(task, description, flags);
	for (const struct device_kind *kind = kinds; kind; kind = kind->next)
		if (kind->major == major && minor >= kind->minor_first && minor <= kind->minor_last)
			return kind->open(task, description, flags);
	return -ENXIO;
}
