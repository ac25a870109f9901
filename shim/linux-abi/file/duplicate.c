/* SPDX-License-Identifier: MIT */
/* The calls on numbers of open files: dup, dup2, dup3, fcntl, ioctl. */
#include "file/descriptors.h"
#include "file/description.h"
#include "file/dnotify.h"
#include "file/lease.h"
#include "file/locks.h"
#include "file/sigio.h"
#include "process/handlers.h"
#include "process/permission.h"

#define FLAGS_SETTABLE (LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_DIRECT | LINUX_O_NOATIME)

static uint64_t limit_of(const struct task *task)
{
	uint64_t limit = task->process->limits[LINUX_RLIMIT_NOFILE][0];

	return limit < DESCRIPTORS_MAX ? limit : DESCRIPTORS_MAX;
}

/* One number more for a description that the call holds. */
static int64_t number_add(struct task *task, struct description *description, uint64_t lowest, bool close_on_exec)
{
	int number = descriptor_add(task->files, description, lowest, close_on_exec, limit_of(task));

	if (number < 0)
		description_release(description);
	return number;
}

int64_t linux_dup(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	int error = descriptor_take_path(task, (uint32_t)arguments[0], &description);

	return error ? error : number_add(task, description, 0, false);
}

static int64_t call_replace(struct task *task, uint64_t from, uint64_t to, bool close_on_exec)
{
	struct description *description;
	int error;

	if (to >= limit_of(task))
		return -EBADF;
	error = descriptor_take_path(task, from, &description);
	if (error)
		return error;
	error = descriptor_replace(task->files, to, description, close_on_exec);
	if (error)
		description_release(description);
	return error ? error : (int64_t)to;
}

int64_t linux_dup2(struct task *task, const uint64_t arguments[6])
{
	uint64_t from = (uint32_t)arguments[0], to = (uint32_t)arguments[1];

	if (from == to)
		return descriptor_find(task->files, from) ? (int64_t)to : -EBADF;
	return call_replace(task, from, to, false);
}

int64_t linux_dup3(struct task *task, const uint64_t arguments[6])
{
	uint64_t from = (uint32_t)arguments[0], to = (uint32_t)arguments[1], flags = (uint32_t)arguments[2];

	if (flags & ~(uint64_t)LINUX_O_CLOEXEC || from == to)
		return -EINVAL;
	return call_replace(task, from, to, flags);
}

/* fcntl. */

/* Who may read a file without a trace: its owner. */
static int times_check(const struct task *task, struct description *description)
{
	struct attributes attributes;
	int error = description_attributes(description, &attributes);

	return error ? error : attributes.owner == task->credentials->file_user || task_may(task, LINUX_CAP_FOWNER) ? 0 : -EPERM;
}

static int64_t flags_set(struct task *task, struct description *description, uint64_t number, uint64_t flags)
{
	int error = flags & ~(uint64_t)description->flags & LINUX_O_NOATIME ? times_check(task, description) : 0;

	if (error)
		return error;
	if (flags & LINUX_O_DIRECT && !description->operations->seek && !description_is(description, MODE_FIFO))
		return -EINVAL;
	if ((flags ^ description->flags) & LINUX_FASYNC)
		error = sigio_switch(task, description, number, flags & LINUX_FASYNC);
	if (error)
		return error;
	description->flags = (description->flags & ~(uint32_t)FLAGS_SETTABLE) | ((uint32_t)flags & FLAGS_SETTABLE);
	return 0;
}

/* Commands that O_PATH allows. */
static bool number_command(uint64_t command)
{
	return command == LINUX_F_DUPFD || command == LINUX_F_DUPFD_CLOEXEC || command == LINUX_F_GETFD || command == LINUX_F_SETFD || command == LINUX_F_GETFL;
}

/* Commands about the number itself. */
static int64_t number_control(struct task *task, uint64_t number, uint64_t command, uint64_t argument)
{
	struct description *description = descriptor_find(task->files, number);

	switch (command) {
	case LINUX_F_GETFD:
		return descriptor_closes(task->files, number);
	case LINUX_F_SETFD:
		descriptor_set_closes(task->files, number, argument & LINUX_FD_CLOEXEC);
		return 0;
	case LINUX_F_GETFL:
		return description->flags;
	default:
		if (argument >= limit_of(task))
			return -EINVAL;
		description_hold(description);
		return number_add(task, description, argument, command == LINUX_F_DUPFD_CLOEXEC);
	}
}

/* Commands about the open file. */
static int64_t description_control(struct task *task, struct description *description, uint64_t number, uint64_t command, uint64_t argument)
{
	int64_t result = owner_control(task, description, command, argument);

	if (result == -ENOSYS)
		result = lease_control(task, description, number, command, argument);
	if (result != -ENOSYS)
		return result;
	switch (command) {
	case LINUX_F_SETFL:
		return flags_set(task, description, number, argument);
	case LINUX_F_NOTIFY:
		return dnotify_ask(task, description, number, argument);
	case LINUX_F_GETLK:
	case LINUX_F_SETLK:
	case LINUX_F_SETLKW:
	case LINUX_F_OFD_GETLK:
	case LINUX_F_OFD_SETLK:
	case LINUX_F_OFD_SETLKW:
		return lock_control(task, description, command, argument);
	default:
		return description->operations->control ? description->operations->control(task, description, command, argument) : -EINVAL;
	}
}

/* A lock of a process that has come although its number was closed meanwhile, which ends such locks: it goes again. */
static int64_t lock_check(const struct task *task, uint64_t number, const struct description *description, int64_t result)
{
	if (result || descriptor_find(task->files, number) == description)
		return result;
	locks_closed(description, task->files);
	return -EBADF;
}

int64_t linux_fcntl(struct task *task, const uint64_t arguments[6])
{
	uint64_t number = (uint32_t)arguments[0], command = (uint32_t)arguments[1];
	struct description *description;
	int64_t result;

	if (number_command(command))
		return descriptor_find(task->files, number) ? number_control(task, number, command, command == LINUX_F_SETFD ? arguments[2] : (uint32_t)arguments[2]) : -EBADF;
	result = descriptor_take(task, number, &description);
	if (result)
		return result;
	result = description_control(task, description, number, command, arguments[2]);
	if (command == LINUX_F_SETLK || command == LINUX_F_SETLKW)
		result = lock_check(task, number, description, result);
	description_release(description);
	return result;
}

/* ioctl: what is the same for all files. */

static int64_t blocking_take(struct task *task, struct description *description, uint64_t address)
{
	int32_t on;

	if (user_get(task->memory, &on, address))
		return -EFAULT;
	description->flags = on ? description->flags | LINUX_O_NONBLOCK : description->flags & ~(uint32_t)LINUX_O_NONBLOCK;
	return 0;
}

static int64_t asynchronous_take(struct task *task, struct description *description, uint64_t number, uint64_t address)
{
	int32_t on;

	if (user_get(task->memory, &on, address))
		return -EFAULT;
	if (!on == !(description->flags & LINUX_FASYNC))
		return 0;
	return description->operations->told ? sigio_switch(task, description, number, on) : -ENOTTY;
}

/* How much can be read: of a file that can be sought in, what is behind the offset. */
static int64_t readable_put(struct task *task, struct description *description, uint64_t address)
{
	struct attributes attributes;
	int error = description_attributes(description, &attributes);
	int32_t left;

	if (error)
		return error;
	left = attributes.size > description->offset ? (int32_t)(attributes.size - description->offset) : 0;
	return user_put(task->memory, address, &left);
}

static int64_t description_ioctl(struct task *task, struct description *description, uint64_t number, uint64_t request, uint64_t argument)
{
	int64_t result = description_is(description, MODE_SOCKET) ? owner_ioctl(task, description, request, argument) : -ENOTTY;

	if (result != -ENOTTY)
		return result;
	switch (request) {
	case LINUX_FIONBIO:
		return blocking_take(task, description, argument);
	case LINUX_FIOASYNC:
		return asynchronous_take(task, description, number, argument);
	case LINUX_FIONREAD:
		if (description_is(description, MODE_REGULAR))
			return readable_put(task, description, argument);
		break;
	default:
		break;
	}
	return description->operations->ioctl ? description->operations->ioctl(task, description, request, argument) : -ENOTTY;
}

int64_t linux_ioctl(struct task *task, const uint64_t arguments[6])
{
	uint64_t number = (uint32_t)arguments[0], request = (uint32_t)arguments[1];
	struct description *description;
	int64_t result = descriptor_take(task, number, &description);

	if (result)
		return result;
	if (request == LINUX_FIOCLEX || request == LINUX_FIONCLEX)
		descriptor_set_closes(task->files, number, request == LINUX_FIOCLEX);
	else
		result = description_ioctl(task, description, number, request, arguments[2]);
	description_release(description);
	return result;
}
