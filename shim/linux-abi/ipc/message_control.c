/* SPDX-License-Identifier: MIT */
/* msgctl(2): states, owners and sizes of message queues. */
#include "abi/linux/constants.h"
#include "ipc/listing.h"
#include "ipc/message_queue.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"

/* What struct msginfo always says: numbers of a pool that Linux has not had for decades (include/uapi/linux/msg.h). */
#define POOL_KIB 512000  /* MSGPOOL */
#define MAP_ENTRIES 16384 /* MSGMAP */
#define SEGMENT_BYTES 16 /* MSGSSZ */
#define HEADERS 16384    /* MSGTQL */
#define SEGMENTS 0xffff  /* MSGSEG */

/* IPC_STAT and its like. */
static int64_t state_tell(struct task *task, const uint64_t arguments[6], enum ipc_look look)
{
	struct ipc_identifier *found;
	int64_t result = ipc_look(&message_kind, task, arguments[0], look, &found);
	const struct message_queue *queue = message_queue_of(found);
	struct linux_msqid_ds status;

	if (result < 0)
		return result;
	status = (struct linux_msqid_ds){
		.msg_perm = ipc_tell(&queue->identifier),
		.msg_stime = queue->sent,
		.msg_rtime = queue->received,
		.msg_ctime = queue->changed,
		.msg_cbytes = queue->bytes,
		.msg_qnum = queue->count,
		.msg_qbytes = queue->bytes_most,
		.msg_lspid = queue->last_sender,
		.msg_lrpid = queue->last_receiver,
	};
	return user_put(task->memory, arguments[2], &status) != 0 ? -EFAULT : result;
}

static void sums_add(struct linux_msginfo *sums)
{
	const struct message_queue *queue;

	for (uint64_t place = 0; (queue = message_queue_of(ipc_next(&message_kind, &place))) != NULL; place++) {
		sums->msgmap += (int32_t)queue->count;
		sums->msgtql += (int32_t)queue->bytes;
	}
}

static int64_t limits_tell(struct task *task, uint64_t address, bool used)
{
	struct linux_msginfo limits = {
		.msgpool = used ? (int32_t)message_kind.used : POOL_KIB,
		.msgmap = used ? 0 : MAP_ENTRIES,
		.msgmax = (int32_t)ipc_limits[LIMIT_MESSAGE_BYTES],
		.msgmnb = (int32_t)ipc_limits[LIMIT_QUEUE_BYTES],
		.msgmni = (int32_t)ipc_limits[LIMIT_QUEUES],
		.msgssz = SEGMENT_BYTES,
		.msgtql = used ? 0 : HEADERS,
		.msgseg = SEGMENTS,
	};
	int64_t highest = ipc_highest(&message_kind);

	if (used)
		sums_add(&limits);
	return user_put(task->memory, address, &limits) != 0 ? -EFAULT : highest;
}

static int64_t queue_set(const struct task *task, struct message_queue *queue, const struct linux_msqid_ds *wanted)
{
	int error;

	if (wanted->msg_qbytes > ipc_limits[LIMIT_QUEUE_BYTES] && !task_may(task, LINUX_CAP_SYS_RESOURCE))
		return -EPERM;
	error = ipc_change(&queue->identifier, &wanted->msg_perm);
	if (error)
		return error;
	queue->bytes_most = wanted->msg_qbytes;
	queue->changed = ipc_seconds();
	message_queue_stir(queue);
	return 0;
}

/* IPC_SET (`wanted`) and IPC_RMID (a null pointer). */
static int64_t queue_change(const struct task *task, uint64_t id, const struct linux_msqid_ds *wanted)
{
	struct message_queue *queue = message_queue_of(ipc_find(&message_kind, id));
	int error = queue ? ipc_may_change(task, &queue->identifier) : -EINVAL;

	if (error)
		return error;
	if (wanted)
		return queue_set(task, queue, wanted);
	message_queue_remove(queue);
	return 0;
}

int64_t linux_msgctl(struct task *task, const uint64_t arguments[6])
{
	struct linux_msqid_ds wanted;

	if ((int32_t)arguments[0] < 0 || (int32_t)arguments[1] < 0)
		return -EINVAL;
	switch ((uint32_t)arguments[1]) {
	case LINUX_IPC_INFO:
	case LINUX_MSG_INFO:
		return limits_tell(task, arguments[2], (uint32_t)arguments[1] == LINUX_MSG_INFO);
	case LINUX_IPC_STAT:
		return state_tell(task, arguments, IPC_LOOK_NUMBER);
	case LINUX_MSG_STAT:
		return state_tell(task, arguments, IPC_LOOK_PLACE);
	case LINUX_MSG_STAT_ANY:
		return state_tell(task, arguments, IPC_LOOK_PLACE_ANY);
	case LINUX_IPC_SET:
		if (user_get(task->memory, &wanted, arguments[2]) != 0)
			return -EFAULT;
		return queue_change(task, arguments[0], &wanted);
	case LINUX_IPC_RMID:
		return queue_change(task, arguments[0], NULL);
	default:
		return -EINVAL;
	}
}

/* /proc/sysvipc/msg */
void ipc_messages_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct message_queue *queue;

	(void)subject;
	text_add(text, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n");
	for (uint64_t place = 0; (queue = message_queue_of(ipc_next(&message_kind, &place))) != NULL; place++) {
		const struct text_column columns[] = {
			IPC_COLUMNS_FIRST(&queue->identifier), IPC_COLUMN(queue->bytes, 11),   IPC_COLUMN(queue->count, 10), IPC_COLUMN(queue->last_sender, 5),
			IPC_COLUMN(queue->last_receiver, 5),   IPC_COLUMNS_OWNER(&queue->identifier), IPC_COLUMN(queue->sent, 10),  IPC_COLUMN(queue->received, 10),
			IPC_COLUMN(queue->changed, 10),
		};

		text_add_columns(text, columns, sizeof(columns) / sizeof(columns[0]));
	}
}
