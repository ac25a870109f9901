/* SPDX-License-Identifier: MIT */
/* Who a task is: getpid(2) and its like, users and groups (credentials(7)), capget(2) and capset(2). */
#include "abi/linux/constants.h"
#include "core/dump.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/permission.h"

#define NOBODY UINT32_MAX /* -1: as it is */

/* Calls that tell a number, take nothing and cannot fail. */
#define TELLS(handler, number) \
	int64_t handler(struct task *task, const uint64_t arguments[6]) \
	{ \
		(void)arguments; \
		return number; \
	}
TELLS(linux_getpid, task->process->id)
TELLS(linux_gettid, task->id)
TELLS(linux_getppid, task->process->parent ? task->process->parent->id : 0)
TELLS(linux_getuid, task->credentials->user)
TELLS(linux_geteuid, task->credentials->effective_user)
TELLS(linux_getgid, task->credentials->group)
TELLS(linux_getegid, task->credentials->effective_group)

bool may_signal(const struct task *task, const struct process *process, int number)
{
	const struct credentials *who = task->credentials;
	const struct task *to = process_task(process);
	uint32_t user = to ? to->credentials->user : process->user, saved = to ? to->credentials->saved_user : process->user;

	if (process == task->process || task_may(task, LINUX_CAP_KILL))
		return true;
	if (number == LINUX_SIGCONT && process->session == task->process->session)
		return true;
	return who->effective_user == saved || who->effective_user == user || who->user == saved || who->user == user;
}

/* Whether who is this user and group, and has these capabilities, may do to another task what its own user may. */
static bool is_open_to(const struct task *of, uint32_t user, uint32_t group, uint64_t capabilities)
{
	const struct credentials *they = of->credentials;

	if (!they || of->process->dumpable != DUMPABLE_USER || they->permitted & ~capabilities)
		return false;
	return user == they->user && user == they->effective_user && user == they->saved_user && group == they->group && group == they->effective_group && group == they->saved_group;
}

bool may_inspect(const struct task *task, const struct task *of)
{
	const struct credentials *me = task->credentials;

	return task->process == of->process || task_may(task, LINUX_CAP_SYS_PTRACE) || is_open_to(of, me->user, me->group, me->permitted);
}

bool may_look(const struct task *task, const struct task *of)
{
	const struct credentials *me = task->credentials;

	return task->process == of->process || task_may(task, LINUX_CAP_SYS_PTRACE) || is_open_to(of, me->file_user, me->file_group, me->effective);
}

static int64_t triple_put(struct task *task, const uint64_t arguments[6], uint32_t real, uint32_t effective, uint32_t saved)
{
	if (user_put(task->memory, arguments[0], &real) != 0 || user_put(task->memory, arguments[1], &effective) != 0 || user_put(task->memory, arguments[2], &saved) != 0)
		return -EFAULT;
	return 0;
}

int64_t linux_getresuid(struct task *task, const uint64_t arguments[6])
{
	return triple_put(task, arguments, task->credentials->user, task->credentials->effective_user, task->credentials->saved_user);
}

int64_t linux_getresgid(struct task *task, const uint64_t arguments[6])
{
	return triple_put(task, arguments, task->credentials->group, task->credentials->effective_group, task->credentials->saved_group);
}

/* What a change of users does to capabilities (capabilities(7), "Effect of user ID changes"). */
static void capabilities_follow(struct credentials *credentials, const struct credentials *old)
{
	bool was_root = !old->user || !old->effective_user || !old->saved_user, is_root = !credentials->user || !credentials->effective_user || !credentials->saved_user;

	if (credentials->secure_bits & LINUX_SECBIT_NO_SETUID_FIXUP)
		return;
	if (was_root && !is_root && !(credentials->secure_bits & LINUX_SECBIT_KEEP_CAPS)) {
		credentials->permitted = credentials->effective = 0;
		credentials->ambient = 0;
	}
	if (!old->effective_user && credentials->effective_user)
		credentials->effective = 0;
	if (old->effective_user && !credentials->effective_user)
		credentials->effective = credentials->permitted;
}

#define CAPABILITY(name) (1ull << LINUX_CAP_##name)

/* The capabilities about files. */
#define CAPABILITIES_FILES (CAPABILITY(CHOWN) | CAPABILITY(DAC_OVERRIDE) | CAPABILITY(DAC_READ_SEARCH) | CAPABILITY(FOWNER) | CAPABILITY(FSETID) | CAPABILITY(LINUX_IMMUTABLE) | CAPABILITY(MKNOD) | CAPABILITY(MAC_OVERRIDE))

/* What setfsuid does to them: root's files, root's capabilities. */
static void capabilities_follow_files(struct credentials *credentials, uint32_t old)
{
	if (credentials->secure_bits & LINUX_SECBIT_NO_SETUID_FIXUP)
		return;
	if (!old && credentials->file_user)
		credentials->effective &= ~CAPABILITIES_FILES;
	if (old && !credentials->file_user)
		credentials->effective |= credentials->permitted & CAPABILITIES_FILES;
}

/* Puts a changed copy into force. */
static int64_t credentials_commit(struct task *task, struct credentials *changed)
{
	const struct credentials *old = task->credentials;

	capabilities_follow(changed, old);
	if (changed->effective_user != old->effective_user || changed->effective_group != old->effective_group || changed->file_user != old->file_user) {
		task->process->dumpable = (uint8_t)core_set_id_dumpable;
		task->process->death_signal = 0;
	}
	task->process->user = changed->user;
	credentials_set(task, changed);
	return 0;
}

static struct credentials *change_begin(const struct task *task)
{
	return credentials_copy(task->credentials);
}

static int64_t change_refuse(struct credentials *changed, int error)
{
	credentials_release(changed);
	return error;
}

static bool is_one_of(uint32_t id, uint32_t a, uint32_t b, uint32_t c)
{
	return id == a || id == b || id == c;
}

/* One kind of ids, so that users and groups are set by the same rules. */
struct ids {
	uint32_t *real, *effective, *saved, *file;
	bool may; /* CAP_SETUID, CAP_SETGID */
};

static struct ids ids_of(const struct task *task, struct credentials *credentials, bool groups)
{
	if (groups)
		return (struct ids){&credentials->group, &credentials->effective_group, &credentials->saved_group, &credentials->file_group, task_may(task, LINUX_CAP_SETGID)};
	return (struct ids){&credentials->user, &credentials->effective_user, &credentials->saved_user, &credentials->file_user, task_may(task, LINUX_CAP_SETUID)};
}

/* setuid, setgid */
static int64_t id_set(struct task *task, uint32_t id, bool groups)
{
	struct credentials *changed = id == NOBODY ? NULL : change_begin(task);
	struct ids ids;

	if (!changed)
		return id == NOBODY ? -EINVAL : -ENOMEM;
	ids = ids_of(task, changed, groups);
	if (ids.may)
		*ids.real = *ids.saved = id;
	else if (id != *ids.real && id != *ids.saved)
		return change_refuse(changed, -EPERM);
	*ids.effective = *ids.file = id;
	return credentials_commit(task, changed);
}

/* setreuid, setregid */
static int64_t id_set_two(struct task *task, uint32_t real, uint32_t effective, bool groups)
{
	struct credentials *changed = change_begin(task);
	struct ids ids;
	uint32_t old;

	if (!changed)
		return -ENOMEM;
	ids = ids_of(task, changed, groups);
	old = *ids.real;
	if (real != NOBODY && !ids.may && real != *ids.real && real != *ids.effective)
		return change_refuse(changed, -EPERM);
	if (effective != NOBODY && !ids.may && !is_one_of(effective, *ids.real, *ids.effective, *ids.saved))
		return change_refuse(changed, -EPERM);
	if (real != NOBODY)
		*ids.real = real;
	if (effective != NOBODY)
		*ids.effective = effective;
	if (real != NOBODY || (effective != NOBODY && effective != old))
		*ids.saved = *ids.effective;
	*ids.file = *ids.effective;
	return credentials_commit(task, changed);
}

/* setresuid, setresgid */
static int64_t id_set_three(struct task *task, const uint64_t arguments[6], bool groups)
{
	struct credentials *changed = change_begin(task);
	uint32_t wanted[3] = {(uint32_t)arguments[0], (uint32_t)arguments[1], (uint32_t)arguments[2]}, *at[3];
	struct ids ids;

	if (!changed)
		return -ENOMEM;
	ids = ids_of(task, changed, groups);
	at[0] = ids.real;
	at[1] = ids.effective;
	at[2] = ids.saved;
	for (unsigned i = 0; i < 3; i++)
		if (wanted[i] != NOBODY && !ids.may && !is_one_of(wanted[i], *ids.real, *ids.effective, *ids.saved))
			return change_refuse(changed, -EPERM);
	for (unsigned i = 0; i < 3; i++)
		if (wanted[i] != NOBODY)
			*at[i] = wanted[i];
	*ids.file = *ids.effective;
	return credentials_commit(task, changed);
}

/* setfsuid, setfsgid: the one before is the result, whether it was allowed or not */
static int64_t id_set_file(struct task *task, uint32_t id, bool groups)
{
	struct credentials *changed = change_begin(task);
	struct ids ids;
	uint32_t old;

	if (!changed)
		return groups ? task->credentials->file_group : task->credentials->file_user;
	ids = ids_of(task, changed, groups);
	old = *ids.file;
	if (id == NOBODY || (!ids.may && id != *ids.file && !is_one_of(id, *ids.real, *ids.effective, *ids.saved))) {
		credentials_release(changed);
		return old;
	}
	*ids.file = id;
	if (!groups)
		capabilities_follow_files(changed, old);
	(void)credentials_commit(task, changed);
	return old;
}

int64_t linux_setuid(struct task *task, const uint64_t arguments[6])
{
	return id_set(task, (uint32_t)arguments[0], false);
}

int64_t linux_setgid(struct task *task, const uint64_t arguments[6])
{
	return id_set(task, (uint32_t)arguments[0], true);
}

int64_t linux_setreuid(struct task *task, const uint64_t arguments[6])
{
	return id_set_two(task, (uint32_t)arguments[0], (uint32_t)arguments[1], false);
}

int64_t linux_setregid(struct task *task, const uint64_t arguments[6])
{
	return id_set_two(task, (uint32_t)arguments[0], (uint32_t)arguments[1], true);
}

int64_t linux_setresuid(struct task *task, const uint64_t arguments[6])
{
	return id_set_three(task, arguments, false);
}

int64_t linux_setresgid(struct task *task, const uint64_t arguments[6])
{
	return id_set_three(task, arguments, true);
}

int64_t linux_setfsuid(struct task *task, const uint64_t arguments[6])
{
	return id_set_file(task, (uint32_t)arguments[0], false);
}

int64_t linux_setfsgid(struct task *task, const uint64_t arguments[6])
{
	return id_set_file(task, (uint32_t)arguments[0], true);
}

int64_t linux_getgroups(struct task *task, const uint64_t arguments[6])
{
	const struct credentials *who = task->credentials;
	int32_t room = (int32_t)arguments[0];

	if (room < 0)
		return -EINVAL;
	if (!room)
		return who->group_count;
	if ((uint32_t)room < who->group_count)
		return -EINVAL;
	if (user_write(task->memory, arguments[1], who->groups, who->group_count * sizeof(who->groups[0])) != 0)
		return -EFAULT;
	return who->group_count;
}

/* Groups are told in their order, as Linux keeps them. */
static void groups_sort(uint32_t *groups, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		uint32_t group = groups[i], at = i;

		for (; at && groups[at - 1] > group; at--)
			groups[at] = groups[at - 1];
		groups[at] = group;
	}
}

int64_t linux_setgroups(struct task *task, const uint64_t arguments[6])
{
	uint32_t count = (uint32_t)arguments[0];
	struct credentials *changed;

	if (!task_may(task, LINUX_CAP_SETGID))
		return -EPERM;
	if (count > GROUPS_MAX) /* of what Linux would take it also says when it is not there */
		return count <= GROUPS_OF_LINUX && user_reach(task->memory, arguments[1], count * sizeof(changed->groups[0]), false) < 0 ? -EFAULT : -EINVAL;
	changed = change_begin(task);
	if (!changed)
		return -ENOMEM;
	changed->group_count = count;
	if (user_read(task->memory, changed->groups, arguments[1], count * sizeof(changed->groups[0])) != 0)
		return change_refuse(changed, -EFAULT);
	groups_sort(changed->groups, count);
	return credentials_commit(task, changed);
}

/* capget(2), capset(2): 64 bits as two structures. */

#define CAPABILITY_VERSION_1 0x19980330
#define CAPABILITY_VERSION_2 0x20071026
#define CAPABILITY_VERSION_3 0x20080522

struct capability_header {
	uint32_t version;
	int32_t process;
};

struct capability_data {
	uint32_t effective, permitted, inheritable;
};

/* A header, and how many structures its version has: -EFAULT, -EINVAL. An unknown version is answered with the one that is meant. */
static int64_t header_take(struct task *task, uint64_t address, struct capability_header *header, unsigned *count)
{
	const uint32_t preferred = CAPABILITY_VERSION_3;

	if (user_get(task->memory, header, address) != 0)
		return -EFAULT;
	*count = header->version == CAPABILITY_VERSION_1 ? 1 : 2;
	if (header->version == CAPABILITY_VERSION_1 || header->version == CAPABILITY_VERSION_2 || header->version == CAPABILITY_VERSION_3)
		return 0;
	return user_put(task->memory, address, &preferred) != 0 ? -EFAULT : -EINVAL;
}

int64_t linux_capget(struct task *task, const uint64_t arguments[6])
{
	struct capability_header header;
	struct capability_data data[2];
	const struct task *of = task;
	unsigned count;
	int64_t error = header_take(task, arguments[0], &header, &count);

	if (error)
		return error == -EINVAL && !arguments[1] ? 0 : error; /* only the version was asked for */
	if (header.process < 0)
		return -EINVAL;
	if (header.process)
		of = task_find(header.process);
	if (!of || !of->credentials)
		return -ESRCH;
	for (unsigned i = 0; i < 2; i++)
		data[i] = (struct capability_data){(uint32_t)(of->credentials->effective >> 32 * i), (uint32_t)(of->credentials->permitted >> 32 * i), (uint32_t)(of->credentials->inheritable >> 32 * i)};
	return arguments[1] ? user_write(task->memory, arguments[1], data, count * sizeof(data[0])) : 0;
}

int64_t linux_capset(struct task *task, const uint64_t arguments[6])
{
	const struct credentials *old = task->credentials;
	struct capability_header header;
	struct capability_data data[2] = {0};
	struct credentials *changed;
	uint64_t effective = 0, permitted = 0, inheritable = 0;
	unsigned count;
	int64_t error = header_take(task, arguments[0], &header, &count);

	if (error)
		return error;
	if (header.process && header.process != task->id)
		return -EPERM;
	if (user_read(task->memory, data, arguments[1], count * sizeof(data[0])) != 0)
		return -EFAULT;
	for (unsigned i = 0; i < count; i++) {
		effective |= (uint64_t)data[i].effective << 32 * i;
		permitted |= (uint64_t)data[i].permitted << 32 * i;
		inheritable |= (uint64_t)data[i].inheritable << 32 * i;
	}
	if (permitted & ~old->permitted || effective & ~permitted)
		return -EPERM;
	if (inheritable & ~(old->inheritable | (task_may(task, LINUX_CAP_SETPCAP) ? old->bounding : old->permitted)))
		return -EPERM;
	changed = change_begin(task);
	if (!changed)
		return -ENOMEM;
	changed->effective = effective;
	changed->permitted = permitted;
	changed->inheritable = inheritable;
	changed->ambient &= permitted & inheritable;
	credentials_set(task, changed);
	return 0;
}
