/* SPDX-License-Identifier: MIT */
/* The calls that move data: read, write and their variants with offsets and vectors; lseek. */
#include "file/descriptors.h"
#include "file/notify.h"
#include "file/read_write.h"
#include "process/handlers.h"

#define RWF_KNOWN (LINUX_RWF_HIPRI | LINUX_RWF_DSYNC | LINUX_RWF_SYNC | LINUX_RWF_NOWAIT | LINUX_RWF_APPEND)

/* Moves data at *offset in one direction. */
__attribute__((always_inline)) static inline int64_t data_move(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset, bool writes)
{
	int64_t (*move)(struct task *, struct description *, struct transfer *, uint64_t *) = writes ? description->operations->write : description->operations->read;
	int64_t done;

	if (!(writes ? description_writes(description) : description_reads(description)))
		return -EBADF;
	if (!move)
		return -EINVAL;
	if (description->operations->seek && *offset + transfer->left > INT64_MAX)
		return -EINVAL;
	done = move(task, description, transfer, offset);
	if (done > 0)
		notify_description(description, writes ? LINUX_IN_MODIFY : LINUX_IN_ACCESS);
	return done;
}

/* Whether who moves data through it has the offset for itself: of regular files, as in Linux (FMODE_ATOMIC_POS), whose offset others can use. */
static bool position_is_locked(const struct description *description)
{
	return (description->mode & MODE_TYPE) == MODE_REGULAR && description->users > 1 && description->operations->seek;
}

/* data_move_on(), for read and write without a call between. */
__attribute__((always_inline)) static inline int64_t data_move_here(struct task *task, struct description *description, struct transfer *transfer, bool writes)
{
	bool locked = position_is_locked(description);
	int64_t done;

	if (locked)
		fiber_lock(&description->position);
	done = data_move(task, description, transfer, &description->offset, writes);
	if (locked)
		fiber_unlock(&description->position);
	return done;
}

int64_t data_move_on(struct task *task, struct description *description, struct transfer *transfer, bool writes)
{
	return data_move_here(task, description, transfer, writes);
}

int64_t data_move_at(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset, bool writes)
{
	if ((int64_t)*offset < 0)
		return -EINVAL;
	if (!description->operations->seek)
		return -ESPIPE;
	return data_move(task, description, transfer, offset, writes);
}

/* With one buffer. The description is held when others can close its number: mostly they cannot. */
static int64_t call_simple(struct task *task, const uint64_t arguments[6], bool writes)
{
	struct description *description = descriptor_find(task->files, (uint32_t)arguments[0]);
	bool own = descriptors_are_own(task->files);
	struct transfer transfer;
	int64_t result;

	if (!description)
		return -EBADF;
	if (!user_range(arguments[1], arguments[2]))
		return (writes ? description_writes(description) : description_reads(description)) ? -EFAULT : -EBADF;
	transfer_user(&transfer, task->memory, arguments[1], arguments[2] < TRANSFER_MOST ? arguments[2] : TRANSFER_MOST);
	if (!own)
		description_hold(description);
	result = data_move_here(task, description, &transfer, writes);
	if (!own)
		description_release(description);
	return result;
}

int64_t linux_read(struct task *task, const uint64_t arguments[6])
{
	return call_simple(task, arguments, false);
}

int64_t linux_write(struct task *task, const uint64_t arguments[6])
{
	return call_simple(task, arguments, true);
}

static int64_t call_at(struct task *task, const uint64_t arguments[6], bool writes)
{
	struct description *description;
	struct transfer transfer;
	uint64_t offset = arguments[3];
	int64_t result;

	if ((int64_t)offset < 0)
		return -EINVAL;
	result = descriptor_take(task, (uint32_t)arguments[0], &description);
	if (result)
		return result;
	transfer_user(&transfer, task->memory, arguments[1], arguments[2] < TRANSFER_MOST ? arguments[2] : TRANSFER_MOST);
	if (!description->operations->seek)
		result = -ESPIPE;
	else if (!user_range(arguments[1], arguments[2]))
		result = (writes ? description_writes(description) : description_reads(description)) ? -EFAULT : -EBADF;
	else
		result = data_move_at(task, description, &transfer, &offset, writes);
	description_release(description);
	return result;
}

int64_t linux_pread64(struct task *task, const uint64_t arguments[6])
{
	return call_at(task, arguments, false);
}

int64_t linux_pwrite64(struct task *task, const uint64_t arguments[6])
{
	return call_at(task, arguments, true);
}

int64_t vector_take(struct task *task, uint64_t address, uint64_t count, struct linux_iovec parts[TRANSFER_PARTS])
{
	uint64_t bytes = 0;

	if (count > TRANSFER_PARTS)
		return -EINVAL;
	if (user_read(task->memory, parts, address, count * sizeof(*parts)))
		return -EFAULT;
	for (uint64_t i = 0; i < count; i++) {
		if ((int64_t)parts[i].iov_len < 0)
			return -EINVAL;
		if (!user_range(parts[i].iov_base, parts[i].iov_len))
			return -EFAULT;
		if (parts[i].iov_len > TRANSFER_MOST - bytes)
			parts[i].iov_len = TRANSFER_MOST - bytes;
		bytes += parts[i].iov_len;
	}
	return (int64_t)bytes;
}

/* With many buffers; `offset` null: at the description's own. */
static int64_t call_vector(struct task *task, const uint64_t arguments[6], uint64_t *offset, bool writes)
{
	struct linux_iovec parts[TRANSFER_PARTS];
	struct description *description;
	struct transfer transfer;
	int64_t result = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (result)
		return result;
	result = (writes ? description_writes(description) : description_reads(description)) ? vector_take(task, arguments[1], arguments[2], parts) : -EBADF;
	if (offset && !description->operations->seek)
		result = -ESPIPE;
	if (result >= 0) {
		transfer_vector(&transfer, task->memory, parts, (uint64_t)result);
		result = offset ? data_move_at(task, description, &transfer, offset, writes) : data_move_on(task, description, &transfer, writes);
	}
	description_release(description);
	return result;
}

int64_t linux_readv(struct task *task, const uint64_t arguments[6])
{
	return call_vector(task, arguments, NULL, false);
}

int64_t linux_writev(struct task *task, const uint64_t arguments[6])
{
	return call_vector(task, arguments, NULL, true);
}

int64_t linux_preadv(struct task *task, const uint64_t arguments[6])
{
	uint64_t offset = arguments[3];

	return (int64_t)offset < 0 ? -EINVAL : call_vector(task, arguments, &offset, false);
}

int64_t linux_pwritev(struct task *task, const uint64_t arguments[6])
{
	uint64_t offset = arguments[3];

	return (int64_t)offset < 0 ? -EINVAL : call_vector(task, arguments, &offset, true);
}

/* The flags are for one call; there is nothing that would not wait, so RWF_NOWAIT is refused as a filesystem without it does. */
static int64_t call_flagged(struct task *task, const uint64_t arguments[6], bool writes)
{
	uint64_t flags = arguments[5], offset = arguments[3];
	struct description *description;
	int64_t done;
	int error;

	if (flags & ~(uint64_t)RWF_KNOWN || flags & LINUX_RWF_NOWAIT || (flags & LINUX_RWF_APPEND && writes))
		return -EOPNOTSUPP;
	if ((int64_t)offset < -1)
		return -EINVAL;
	done = call_vector(task, arguments, offset == UINT64_MAX ? NULL : &offset, writes);
	if (done <= 0 || !writes || !(flags & (LINUX_RWF_DSYNC | LINUX_RWF_SYNC)) || descriptor_take(task, (uint32_t)arguments[0], &description))
		return done;
	error = description->operations->sync ? description->operations->sync(description, flags & LINUX_RWF_DSYNC) : 0;
	description_release(description);
	return error ? error : done;
}

int64_t linux_preadv2(struct task *task, const uint64_t arguments[6])
{
	return call_flagged(task, arguments, false);
}

int64_t linux_pwritev2(struct task *task, const uint64_t arguments[6])
{
	return call_flagged(task, arguments, true);
}

int64_t linux_lseek(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	int64_t sought = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (sought)
		return sought;
	fiber_lock(&description->position);
	if (arguments[2] > LINUX_SEEK_HOLE)
		sought = -EINVAL;
	else if (!description->operations->seek)
		sought = description->operations->seeks_nowhere ? 0 : -ESPIPE;
	else
		sought = description->operations->seek(task, description, (int64_t)arguments[1], arguments[2]);
	if (sought >= 0)
		description->offset = (uint64_t)sought;
	fiber_unlock(&description->position);
	description_release(description);
	return sought;
}
