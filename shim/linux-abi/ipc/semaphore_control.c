/* SPDX-License-Identifier: MIT */
/* semctl(2): values, waits and owners of semaphores. */
#include "abi/linux/constants.h"
#include "ipc/listing.h"
#include "ipc/semaphores.h"
#include "mm/user.h"
#include "process/handlers.h"

#define UNDO_STRUCTURE_BYTES 20 /* seminfo.semusz: what Linux always says */

/* Values of a set on their way to or from a program: a copy, since the way may wait and the set may go meanwhile. */
struct values {
	uint32_t count;
	frame_t frames[ROW_FRAMES(uint16_t, IPC_SET_SEMAPHORES_MOST)];
};

static uint16_t *value_at(const struct values *values, uint32_t index)
{
	return row_at(uint16_t, values->frames, index);
}

static bool values_make(struct values *values, uint32_t count)
{
	values->count = count;
	return row_make(values->frames, ROW_FRAMES(uint16_t, count));
}

static void values_free(const struct values *values)
{
	row_free(values->frames, ROW_FRAMES(uint16_t, values->count));
}

/* Copies all to or from a program. 0 or -EFAULT. */
static int values_move(struct task *task, const struct values *values, uint64_t address, bool out)
{
	uint64_t left = values->count * sizeof(uint16_t);
	int error = 0;

	for (uint32_t i = 0; left && !error; i++) {
		void *bytes = frame_bytes(values->frames[i]);
		uint64_t part = left < PAGE_SIZE ? left : PAGE_SIZE;

		error = out ? user_write(task->memory, address, bytes, part) : user_read(task->memory, bytes, address, part);
		address += part;
		left -= part;
	}
	return error;
}

/* The set that a command reads or, with `write`, changes the values of: -EINVAL, -EACCES. */
static int set_find(const struct task *task, uint64_t id, bool write, struct semaphore_set **set)
{
	*set = set_of(ipc_find(&semaphore_kind, id));
	return *set ? ipc_may(task, &(*set)->identifier, write ? IPC_MAY_WRITE : IPC_MAY_READ) : -EINVAL;
}

static int64_t all_tell(struct task *task, const uint64_t arguments[6])
{
	struct semaphore_set *set;
	struct values values = {0};
	int error = set_find(task, arguments[0], false, &set);

	if (error)
		return error;
	if (!values_make(&values, set->count))
		return -ENOMEM;
	for (uint32_t i = 0; i < set->count; i++)
		*value_at(&values, i) = (uint16_t)set_semaphore(set, i)->value;
	error = values_move(task, &values, arguments[3], true);
	values_free(&values);
	return error;
}

static void value_set(const struct task *task, struct semaphore_set *set, uint32_t index, int32_t value)
{
	*set_semaphore(set, index) = (struct semaphore){.value = value, .last = task->process->id};
}

/* Sets all values of a set, which is looked up anew: reading them may have waited. */
static int values_set(const struct task *task, uint64_t id, const struct values *values)
{
	struct semaphore_set *set = set_of(ipc_find(&semaphore_kind, id));

	for (uint32_t i = 0; i < values->count; i++)
		if (*value_at(values, i) > SEMAPHORE_MOST)
			return -ERANGE;
	if (!set)
		return -EIDRM;
	for (uint32_t i = 0; i < values->count; i++)
		value_set(task, set, i, *value_at(values, i));
	adjustments_forget(set, 0, set->count);
	set->changed = ipc_seconds();
	set_settle(set);
	return 0;
}

static int64_t all_set(struct task *task, const uint64_t arguments[6])
{
	struct semaphore_set *set;
	struct values values = {0};
	int error = set_find(task, arguments[0], true, &set);

	if (error)
		return error;
	if (!values_make(&values, set->count))
		return -ENOMEM;
	error = values_move(task, &values, arguments[3], false);
	if (!error)
		error = values_set(task, arguments[0], &values);
	values_free(&values);
	return error;
}

static int64_t one_set(const struct task *task, const uint64_t arguments[6])
{
	struct semaphore_set *set = set_of(ipc_find(&semaphore_kind, arguments[0]));
	int32_t index = (int32_t)arguments[1], value = (int32_t)arguments[3];
	int error;

	if (value < 0 || value > SEMAPHORE_MOST)
		return -ERANGE;
	if (!set || index < 0 || (uint32_t)index >= set->count)
		return -EINVAL;
	error = ipc_may(task, &set->identifier, IPC_MAY_WRITE);
	if (error)
		return error;
	value_set(task, set, (uint32_t)index, value);
	adjustments_forget(set, (uint32_t)index, 1);
	set->changed = ipc_seconds();
	set_settle(set);
	return 0;
}

/* How many tasks wait for a semaphore: to become zero, or to grow. */
static int64_t waits_count(const struct semaphore_set *set, uint32_t index, bool zero)
{
	int64_t count = 0;

	for (const struct operations *operations = set->waiting; operations; operations = operations->next)
		count += operations->blocking->sem_num == index && (zero ? operations->blocking->sem_op == 0 : operations->blocking->sem_op < 0);
	return count;
}

static int64_t one_tell(const struct task *task, const uint64_t arguments[6])
{
	int32_t index = (int32_t)arguments[1];
	struct semaphore_set *set;
	int error = set_find(task, arguments[0], false, &set);

	if (error)
		return error;
	if (index < 0 || (uint32_t)index >= set->count)
		return -EINVAL;
	switch ((uint32_t)arguments[2]) {
	case LINUX_GETVAL:
		return set_semaphore(set, (uint32_t)index)->value;
	case LINUX_GETPID:
		return set_semaphore(set, (uint32_t)index)->last;
	default:
		return waits_count(set, (uint32_t)index, (uint32_t)arguments[2] == LINUX_GETZCNT);
	}
}

/* IPC_STAT and its like. */
static int64_t state_tell(struct task *task, const uint64_t arguments[6], enum ipc_look look)
{
	struct ipc_identifier *found;
	int64_t result = ipc_look(&semaphore_kind, task, arguments[0], look, &found);
	struct linux_semid_ds status;

	if (result < 0)
		return result;
	status = (struct linux_semid_ds){
		.sem_perm = ipc_tell(found),
		.sem_otime = set_of(found)->operated,
		.sem_ctime = set_of(found)->changed,
		.sem_nsems = set_of(found)->count,
	};
	return user_put(task->memory, arguments[3], &status) != 0 ? -EFAULT : result;
}

static int64_t limits_tell(struct task *task, uint64_t address, bool used)
{
	struct linux_seminfo limits = {
		.semmap = (int32_t)ipc_limits[LIMIT_SEMAPHORES],
		.semmni = (int32_t)ipc_limits[LIMIT_SETS],
		.semmns = (int32_t)ipc_limits[LIMIT_SEMAPHORES],
		.semmnu = (int32_t)ipc_limits[LIMIT_SEMAPHORES],
		.semmsl = (int32_t)ipc_limits[LIMIT_SET_SEMAPHORES],
		.semopm = (int32_t)ipc_limits[LIMIT_OPERATIONS],
		.semume = IPC_OPERATIONS_MOST,
		.semusz = used ? (int32_t)semaphore_kind.used : UNDO_STRUCTURE_BYTES,
		.semvmx = SEMAPHORE_MOST,
		.semaem = used ? (int32_t)semaphores_used() : SEMAPHORE_MOST,
	};
	int64_t highest = ipc_highest(&semaphore_kind);

	return user_put(task->memory, address, &limits) != 0 ? -EFAULT : highest;
}

/* IPC_SET (`wanted`) and IPC_RMID (a null pointer). */
static int64_t set_change(const struct task *task, uint64_t id, const struct linux_semid_ds *wanted)
{
	struct semaphore_set *set = set_of(ipc_find(&semaphore_kind, id));
	int error = set ? ipc_may_change(task, &set->identifier) : -EINVAL;

	if (error)
		return error;
	if (!wanted) {
		set_remove(set);
		return 0;
	}
	error = ipc_change(&set->identifier, &wanted->sem_perm);
	if (!error)
		set->changed = ipc_seconds();
	return error;
}

int64_t linux_semctl(struct task *task, const uint64_t arguments[6])
{
	struct linux_semid_ds wanted;

	if ((int32_t)arguments[0] < 0)
		return -EINVAL;
	switch ((uint32_t)arguments[2]) {
	case LINUX_IPC_INFO:
	case LINUX_SEM_INFO:
		return limits_tell(task, arguments[3], (uint32_t)arguments[2] == LINUX_SEM_INFO);
	case LINUX_IPC_STAT:
		return state_tell(task, arguments, IPC_LOOK_NUMBER);
	case LINUX_SEM_STAT:
		return state_tell(task, arguments, IPC_LOOK_PLACE);
	case LINUX_SEM_STAT_ANY:
		return state_tell(task, arguments, IPC_LOOK_PLACE_ANY);
	case LINUX_GETALL:
		return all_tell(task, arguments);
	case LINUX_SETALL:
		return all_set(task, arguments);
	case LINUX_SETVAL:
		return one_set(task, arguments);
	case LINUX_GETVAL:
	case LINUX_GETPID:
	case LINUX_GETNCNT:
	case LINUX_GETZCNT:
		return one_tell(task, arguments);
	case LINUX_IPC_SET:
		if (user_get(task->memory, &wanted, arguments[3]) != 0)
			return -EFAULT;
		return set_change(task, arguments[0], &wanted);
	case LINUX_IPC_RMID:
		return set_change(task, arguments[0], NULL);
	default:
		return -EINVAL;
	}
}

/* /proc/sysvipc/sem */
void ipc_semaphores_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct semaphore_set *set;

	(void)subject;
	text_add(text, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
	for (uint64_t place = 0; (set = set_of(ipc_next(&semaphore_kind, &place))) != NULL; place++) {
		const struct text_column columns[] = {
			IPC_COLUMNS_FIRST(&set->identifier), IPC_COLUMN(set->count, 10), IPC_COLUMNS_OWNER(&set->identifier), IPC_COLUMN(set->operated, 10), IPC_COLUMN(set->changed, 10),
		};

		text_add_columns(text, columns, sizeof(columns) / sizeof(columns[0]));
	}
}
