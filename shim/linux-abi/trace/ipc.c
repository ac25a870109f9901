/* SPDX-License-Identifier: MIT */
/* System V shared memory, semaphores and message queues. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/quote.h"

#define IPC_64 0x100 /* an old flag of commands: no meaning left */
#define MODE_BITS 0777
#define HUGE_SHIFT 26
#define HUGE_MASK 0x3f

enum outcome argument_ipc_key(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	if ((uint32_t)value)
		put_hex(line, (uint32_t)value);
	else
		put_text(line, "IPC_PRIVATE");
	return PRINTED;
}

static void put_creation(struct trace_line *line, const struct names *names, uint32_t flags)
{
	uint32_t others = flags & ~(uint32_t)MODE_BITS;

	if (others && put_flags_bare(line, names, others))
		put_character(line, '|');
	else if (others)
		put_hex(line, others);
	put_mode(line, flags & MODE_BITS);
}

enum outcome argument_ipc_get_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_creation(line, &names_ipc_get_flags, (uint32_t)value);
	return PRINTED;
}

enum outcome argument_shm_get_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t size = (uint32_t)value >> HUGE_SHIFT & HUGE_MASK, others = (uint32_t)value & ~((uint32_t)HUGE_MASK << HUGE_SHIFT | MODE_BITS);

	(void)argument;
	if (!size && !others) {
		put_creation(line, &names_shm_get_flags, (uint32_t)value);
		return PRINTED;
	}
	if (others && !put_flags_bare(line, &names_shm_get_flags, others))
		put_hex(line, others);
	if (others)
		put_character(line, '|');
	if (size) {
		put_unsigned(line, size);
		put_text(line, "<<SHM_HUGE_SHIFT|");
	}
	put_mode(line, value & MODE_BITS);
	return PRINTED;
}

static enum outcome put_command(struct trace_line *line, const struct names *names, uint64_t value)
{
	if (value & IPC_64)
		put_text(line, "IPC_64|");
	put_choice(line, names, (uint32_t)value & ~(uint32_t)IPC_64);
	return PRINTED;
}

enum outcome argument_shm_control(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	return put_command(line, &names_shm_commands, value);
}

enum outcome argument_sem_control(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	return put_command(line, &names_sem_commands, value);
}

enum outcome argument_msg_control(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	return put_command(line, &names_msg_commands, value);
}

static void put_named(struct trace_line *line, const char *name, enum value_kind kind, uint64_t value)
{
	put_text(line, name);
	put_value(line, kind, NULL, value);
}

/* What IPC_SET sets is less than what IPC_STAT tells. */
static void put_permissions(struct trace_line *line, const char *name, const struct linux_ipc_perm *permissions, bool sets)
{
	put_text(line, name);
	put_named(line, "{uid=", VALUE_UID, permissions->uid);
	put_named(line, ", gid=", VALUE_UID, permissions->gid);
	put_named(line, ", mode=", VALUE_MODE, permissions->mode);
	if (!sets) {
		put_named(line, ", key=", VALUE_UINT, (uint32_t)permissions->key);
		put_named(line, ", cuid=", VALUE_UID, permissions->cuid);
		put_named(line, ", cgid=", VALUE_UID, permissions->cgid);
	}
	put_character(line, '}');
}

static void put_segment(struct trace_line *line, uint64_t address, bool sets)
{
	struct linux_shmid_ds segment;

	if (!read_memory(line, address, &segment, sizeof(segment))) {
		put_address(line, address);
		return;
	}
	put_permissions(line, "{shm_perm=", &segment.shm_perm, sets);
	if (!sets) {
		put_named(line, ", shm_segsz=", VALUE_ULONG, segment.shm_segsz);
		put_named(line, ", shm_cpid=", VALUE_PID, (uint32_t)segment.shm_cpid);
		put_named(line, ", shm_lpid=", VALUE_PID, (uint32_t)segment.shm_lpid);
		put_named(line, ", shm_nattch=", VALUE_ULONG, segment.shm_nattch);
		put_named(line, ", shm_atime=", VALUE_ULONG, (uint64_t)segment.shm_atime);
		put_named(line, ", shm_dtime=", VALUE_ULONG, (uint64_t)segment.shm_dtime);
		put_named(line, ", shm_ctime=", VALUE_ULONG, (uint64_t)segment.shm_ctime);
	}
	put_character(line, '}');
}

static void put_semaphores(struct trace_line *line, uint64_t address, bool sets)
{
	struct linux_semid_ds set;

	if (!read_memory(line, address, &set, sizeof(set))) {
		put_address(line, address);
		return;
	}
	put_permissions(line, "{sem_perm=", &set.sem_perm, sets);
	if (!sets) {
		put_named(line, ", sem_otime=", VALUE_ULONG, (uint64_t)set.sem_otime);
		put_named(line, ", sem_ctime=", VALUE_ULONG, (uint64_t)set.sem_ctime);
		put_named(line, ", sem_nsems=", VALUE_ULONG, set.sem_nsems);
	}
	put_character(line, '}');
}

static void put_queue(struct trace_line *line, uint64_t address, bool sets)
{
	struct linux_msqid_ds queue;

	if (!read_memory(line, address, &queue, sizeof(queue))) {
		put_address(line, address);
		return;
	}
	put_permissions(line, "{msg_perm=", &queue.msg_perm, sets);
	if (!sets) {
		put_named(line, ", msg_stime=", VALUE_ULONG, (uint64_t)queue.msg_stime);
		put_named(line, ", msg_rtime=", VALUE_ULONG, (uint64_t)queue.msg_rtime);
		put_named(line, ", msg_ctime=", VALUE_ULONG, (uint64_t)queue.msg_ctime);
		put_named(line, ", msg_qnum=", VALUE_ULONG, queue.msg_qnum);
	}
	put_named(line, ", msg_qbytes=", VALUE_ULONG, queue.msg_qbytes);
	if (!sets) {
		put_named(line, ", msg_lspid=", VALUE_PID, (uint32_t)queue.msg_lspid);
		put_named(line, ", msg_lrpid=", VALUE_PID, (uint32_t)queue.msg_lrpid);
	}
	put_character(line, '}');
}

/* What a command's argument is: the structure that it sets or tells, the limits of the system, or else only an address. */
struct control {
	void (*put)(struct trace_line *line, uint64_t address, bool sets);
	uint64_t stats[2];
	const struct structure *limits;
	uint64_t info;
	const struct structure *usage; /* for `info`; null: the limits too */
};

static enum outcome put_control(struct trace_line *line, const struct control *control, uint64_t command, uint64_t address)
{
	const struct structure *info = NULL;

	command &= ~(uint64_t)IPC_64;
	if (command == LINUX_IPC_SET) {
		control->put(line, address, true);
		return PRINTED;
	}
	if (command == LINUX_IPC_INFO)
		info = control->limits;
	else if (command == control->info)
		info = control->usage ? control->usage : control->limits;
	else if (command != LINUX_IPC_STAT && command != control->stats[0] && command != control->stats[1]) {
		put_address(line, address);
		return PRINTED;
	}
	if (!line->returned)
		return LATER;
	if (!call_succeeded(line))
		put_address(line, address);
	else if (info)
		put_structure_at(line, info, address);
	else
		control->put(line, address, false);
	return PRINTED;
}

enum outcome argument_shm_control_argument(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	static const struct control control = {put_segment, {LINUX_SHM_STAT, LINUX_SHM_STAT_ANY}, &structure_shminfo, LINUX_SHM_INFO, &structure_shm_info};

	return put_control(line, &control, other_of(line, argument), value);
}

enum outcome argument_sem_control_argument(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	static const struct control control = {put_semaphores, {LINUX_SEM_STAT, LINUX_SEM_STAT_ANY}, &structure_seminfo, LINUX_SEM_INFO, NULL};

	return put_control(line, &control, other_of(line, argument), value);
}

enum outcome argument_msg_control_argument(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	static const struct control control = {put_queue, {LINUX_MSG_STAT, LINUX_MSG_STAT_ANY}, &structure_msginfo, LINUX_MSG_INFO, NULL};

	return put_control(line, &control, other_of(line, argument), value);
}

/* A type and text behind it. */
enum outcome argument_in_message_buffer(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	int64_t type;

	if (!read_memory(line, value, &type, sizeof(type))) {
		put_address(line, value);
		return PRINTED;
	}
	put_text(line, "{mtype=");
	put_signed(line, type);
	put_text(line, ", mtext=");
	put_buffer(line, value + sizeof(type), other_of(line, argument), QUOTE_OCTAL);
	put_character(line, '}');
	return PRINTED;
}

enum outcome argument_out_message_buffer(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!line->returned)
		return LATER;
	if (call_succeeded(line))
		return argument_in_message_buffer(line, argument, value);
	put_address(line, value);
	return PRINTED;
}
