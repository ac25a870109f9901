/* SPDX-License-Identifier: MIT */
/* Numbers, keys and permissions of System V IPC (ipc/identifier.h). */
#include "ipc/identifier.h"

#include "abi/linux/constants.h"
#include "process/permission.h"

#define SEQUENCES (INT32_MAX / IPC_SEQUENCE + 1)

int ipc_enter(struct ipc_table *table, struct ipc_identifier *identifier, const struct task *task, int32_t key, uint32_t mode)
{
	const struct credentials *who = task->credentials;
	uint32_t place = 0;

	while (place < IPC_PLACES && table->places[place])
		place++;
	if (place == IPC_PLACES)
		return -ENOSPC;
	*identifier = (struct ipc_identifier){
		.id = table->sequence * IPC_SEQUENCE + (int32_t)place,
		.key = key,
		.user = who->effective_user,
		.group = who->effective_group,
		.creator = who->effective_user,
		.creator_group = who->effective_group,
		.mode = (uint16_t)(mode & 0777),
	};
	table->sequence = (uint16_t)((table->sequence + 1u) % SEQUENCES);
	table->places[place] = identifier;
	return 0;
}

void ipc_leave(struct ipc_table *table, const struct ipc_identifier *identifier)
{
	table->places[identifier->id % IPC_SEQUENCE] = NULL;
}

struct ipc_identifier *ipc_find(const struct ipc_table *table, uint64_t id)
{
	int32_t number = (int32_t)id;
	struct ipc_identifier *identifier;

	if (number < 0 || number % IPC_SEQUENCE >= IPC_PLACES)
		return NULL;
	identifier = table->places[number % IPC_SEQUENCE];
	return identifier && identifier->id == number ? identifier : NULL;
}

struct ipc_identifier *ipc_find_key(const struct ipc_table *table, int32_t key)
{
	for (uint32_t i = 0; i < IPC_PLACES; i++)
		if (table->places[i] && table->places[i]->key == key)
			return table->places[i];
	return NULL;
}

static bool in_group(const struct credentials *who, uint32_t group)
{
	bool found = who->effective_group == group;

	for (uint32_t i = 0; i < who->group_count && !found; i++)
		found = who->groups[i] == group;
	return found;
}

int ipc_may(const struct task *task, const struct ipc_identifier *identifier, uint32_t wanted)
{
	const struct credentials *who = task->credentials;
	uint32_t asked = (wanted >> 6 | wanted >> 3 | wanted) & 7, granted = identifier->mode;

	if (who->effective_user == identifier->creator || who->effective_user == identifier->user)
		granted >>= 6;
	else if (in_group(who, identifier->creator_group) || in_group(who, identifier->group))
		granted >>= 3;
	return asked & ~granted && !task_may(task, LINUX_CAP_IPC_OWNER) ? -EACCES : 0;
}

int ipc_may_change(const struct task *task, const struct ipc_identifier *identifier)
{
	uint32_t user = task->credentials->effective_user;

	return user == identifier->user || user == identifier->creator || task_may(task, LINUX_CAP_SYS_ADMIN) ? 0 : -EPERM;
}

struct linux_ipc_perm ipc_tell(const struct ipc_identifier *identifier)
{
	return (struct linux_ipc_perm){
		.key = identifier->key,
		.uid = identifier->user,
		.gid = identifier->group,
		.cuid = identifier->creator,
		.cgid = identifier->creator_group,
		.mode = identifier->mode,
		.seq = (uint16_t)(identifier->id / IPC_SEQUENCE),
	};
}
