/* SPDX-License-Identifier: MIT */
/* Numbers, keys and permissions of System V IPC (ipc/identifier.h). */
#include "ipc/identifier.h"

#include "abi/linux/constants.h"
#include "process/permission.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define SEQUENCES (INT32_MAX / IPC_PLACES + 1)
#define TURN_LEAST 64     /* places of a turn; more when half as many again as are in use are more */
#define NOBODY UINT32_MAX /* the user and group that none is */

static struct ipc_identifier *at_place(const struct ipc_kind *kind, uint64_t place)
{
	const uint64_t *word = place < IPC_PLACES ? radix_find(&kind->places, place) : NULL;

	return word ? (struct ipc_identifier *)*word : NULL;
}

static uint32_t bucket_of(int32_t key)
{
	return ((uint32_t)key ^ (uint32_t)key >> 16) % IPC_KEY_BUCKETS;
}

/* The next free place of the turn, or of the next turn. There is one. */
static uint32_t place_take(struct ipc_kind *kind)
{
	uint32_t turn = kind->used + kind->used / 2 < TURN_LEAST ? TURN_LEAST : kind->used + kind->used / 2;
	uint32_t place = kind->next;

	turn = turn < IPC_PLACES ? turn : IPC_PLACES;
	while (place >= turn || at_place(kind, place))
		place = place < turn ? place + 1 : 0;
	if (place < kind->next)
		kind->sequence = (uint16_t)((kind->sequence + 1u) % SEQUENCES);
	kind->next = place + 1;
	return place;
}

/* The number of a new object, 0 or -ENOSPC. Which one is asked for by /proc/sys/kernel/xxx_next_id: the first free place from that number's on, with its sequence (CONFIG_CHECKPOINT_RESTORE of Linux). */
static int number_take(struct ipc_kind *kind, int32_t *number)
{
	uint32_t place = (uint32_t)kind->next_id % IPC_PLACES, sequence = (uint32_t)kind->next_id / IPC_PLACES;

	if (kind->next_id < 0) {
		place = place_take(kind);
		sequence = kind->sequence;
	}
	while (place < IPC_PLACES && at_place(kind, place))
		place++;
	if (place == IPC_PLACES)
		return -ENOSPC;
	kind->next_id = -1;
	*number = (int32_t)(sequence * IPC_PLACES + place);
	return 0;
}

int ipc_enter(struct ipc_kind *kind, struct ipc_identifier *identifier, const struct task *task, int32_t key, uint32_t mode, uint32_t most)
{
	const struct credentials *who = task->credentials;
	struct ipc_identifier **bucket = &kind->keys[bucket_of(key)];
	uint64_t *word;
	int32_t number;

	if (kind->used >= most || kind->used >= IPC_PLACES || number_take(kind, &number) != 0)
		return -ENOSPC;
	word = radix_make(&kind->places, (uint32_t)number % IPC_PLACES);
	if (!word && !kind->used)
		radix_clear(&kind->places); /* of what it has made on the way */
	if (!word)
		return -ENOMEM;
	*identifier = (struct ipc_identifier){
		.id = number,
		.key = key,
		.next_by_key = *bucket,
		.user = who->effective_user,
		.group = who->effective_group,
		.creator = who->effective_user,
		.creator_group = who->effective_group,
		.mode = (uint16_t)(mode & 0777),
	};
	kind->used++;
	*bucket = identifier;
	*word = (uint64_t)identifier;
	return 0;
}

static void key_leave(struct ipc_kind *kind, const struct ipc_identifier *identifier)
{
	struct ipc_identifier **at = &kind->keys[bucket_of(identifier->key)];

	while (*at != identifier)
		at = &(*at)->next_by_key;
	*at = identifier->next_by_key;
}

void ipc_leave(struct ipc_kind *kind, struct ipc_identifier *identifier)
{
	key_leave(kind, identifier);
	*radix_find(&kind->places, (uint32_t)identifier->id % IPC_PLACES) = 0;
	if (--kind->used == 0)
		radix_clear(&kind->places);
}

void ipc_hide(struct ipc_kind *kind, struct ipc_identifier *identifier)
{
	struct ipc_identifier **bucket = &kind->keys[bucket_of(IPC_PRIVATE)];

	key_leave(kind, identifier);
	identifier->key = IPC_PRIVATE;
	identifier->next_by_key = *bucket;
	*bucket = identifier;
}

struct ipc_identifier *ipc_find(const struct ipc_kind *kind, uint64_t id)
{
	int32_t number = (int32_t)id;
	struct ipc_identifier *identifier = number < 0 ? NULL : at_place(kind, (uint32_t)number % IPC_PLACES);

	return identifier && identifier->id == number ? identifier : NULL;
}

static struct ipc_identifier *key_find(const struct ipc_kind *kind, int32_t key)
{
	struct ipc_identifier *identifier = kind->keys[bucket_of(key)];

	while (identifier && identifier->key != key)
		identifier = identifier->next_by_key;
	return identifier;
}

struct ipc_identifier *ipc_next(const struct ipc_kind *kind, uint64_t *place)
{
	uint64_t *word;

	*place = radix_next(&kind->places, *place, IPC_PLACES, &word);
	return *place < IPC_PLACES ? (struct ipc_identifier *)*word : NULL;
}

int64_t ipc_highest(const struct ipc_kind *kind)
{
	uint64_t place = 0, highest = 0;

	for (; ipc_next(kind, &place); place++)
		highest = place;
	return (int64_t)highest;
}

int64_t ipc_get(const struct ipc_kind *kind, const struct task *task, int32_t key, uint64_t size, uint32_t flags)
{
	const struct ipc_identifier *found = key == IPC_PRIVATE ? NULL : key_find(kind, key);
	int error;

	if (key == IPC_PRIVATE || (!found && flags & LINUX_IPC_CREAT))
		return kind->make(task, key, size, flags);
	if (!found)
		return -ENOENT;
	if ((flags & (LINUX_IPC_CREAT | LINUX_IPC_EXCL)) == (LINUX_IPC_CREAT | LINUX_IPC_EXCL))
		return -EEXIST;
	if (kind->fits && !kind->fits(found, size))
		return -EINVAL;
	error = ipc_may(task, found, flags & 0777);
	return error ? error : found->id;
}

int64_t ipc_look(const struct ipc_kind *kind, const struct task *task, uint64_t argument, enum ipc_look look, struct ipc_identifier **found)
{
	int error;

	*found = look == IPC_LOOK_NUMBER ? ipc_find(kind, argument) : at_place(kind, (uint32_t)argument % IPC_PLACES); /* a number stands for its place */
	if (!*found)
		return -EINVAL;
	error = look == IPC_LOOK_PLACE_ANY ? 0 : ipc_may(task, *found, IPC_MAY_READ);
	if (error)
		return error;
	return look == IPC_LOOK_NUMBER ? 0 : (*found)->id;
}

static bool in_group(const struct credentials *who, uint32_t group)
{
	bool found = who->file_group == group; /* as in Linux: the one that setfsgid(2) sets */

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

int ipc_change(struct ipc_identifier *identifier, const struct linux_ipc_perm *wanted)
{
	if (wanted->uid == NOBODY || wanted->gid == NOBODY)
		return -EINVAL;
	identifier->user = wanted->uid;
	identifier->group = wanted->gid;
	identifier->mode = wanted->mode & 0777;
	return 0;
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
		.seq = (uint16_t)(identifier->id / IPC_PLACES),
	};
}

int64_t ipc_seconds(void)
{
	return (int64_t)(vdso_wall_now() / NS_PER_SECOND);
}
