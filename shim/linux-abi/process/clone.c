/* SPDX-License-Identifier: MIT */
/* fork(2), vfork(2), clone(2), clone3(2), exit(2), exit_group(2), set_tid_address(2). */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/permission.h"
#include "ptrace/traced.h"

#define SIGNAL_MASK 0xff /* CSIGNAL: the low byte of the flags */
#define CLONE_NAMESPACES                                                                                                                                              \
	(LINUX_CLONE_NEWNS | LINUX_CLONE_NEWCGROUP | LINUX_CLONE_NEWUTS | LINUX_CLONE_NEWIPC | LINUX_CLONE_NEWUSER | LINUX_CLONE_NEWPID | LINUX_CLONE_NEWNET | \
	 LINUX_CLONE_NEWTIME)
#define CLONE_KNOWN                                                                                                                                                   \
	(LINUX_CLONE_VM | LINUX_CLONE_FS | LINUX_CLONE_FILES | LINUX_CLONE_SIGHAND | LINUX_CLONE_VFORK | LINUX_CLONE_PARENT | LINUX_CLONE_THREAD | LINUX_CLONE_SYSVSEM | LINUX_CLONE_SETTLS | \
	 LINUX_CLONE_PARENT_SETTID | LINUX_CLONE_CHILD_CLEARTID | LINUX_CLONE_DETACHED | LINUX_CLONE_UNTRACED | LINUX_CLONE_CHILD_SETTID | LINUX_CLONE_IO | LINUX_CLONE_PTRACE |       \
	 LINUX_CLONE_CLEAR_SIGHAND | LINUX_CLONE_PIDFD)

/* What goes together, as clone(2) says. */
static int flags_check(const struct task *task, uint64_t flags)
{
	if ((flags & LINUX_CLONE_SIGHAND && !(flags & LINUX_CLONE_VM)) || (flags & LINUX_CLONE_THREAD && !(flags & LINUX_CLONE_SIGHAND)))
		return -EINVAL;
	if (flags & LINUX_CLONE_CLEAR_SIGHAND && flags & LINUX_CLONE_SIGHAND)
		return -EINVAL;
	if (flags & LINUX_CLONE_PARENT && task->process->id == 1)
		return -EINVAL;
	if (flags & LINUX_CLONE_FS && flags & (LINUX_CLONE_NEWNS | LINUX_CLONE_NEWUSER))
		return -EINVAL;
	if (flags & CLONE_NAMESPACES)
		return flags & LINUX_CLONE_NEWUSER || task->credentials->effective >> 21 & 1 ? -EINVAL : -EPERM; /* as a Linux that was built without namespaces answers */
	return 0;
}

/* CLONE_PIDFD: what it does not go with. */
static int pidfd_check(const struct clone_request *request)
{
	if (!(request->flags & LINUX_CLONE_PIDFD))
		return 0;
	if (request->flags & LINUX_CLONE_PARENT_SETTID && request->pidfd_at == request->parent_id_at)
		return -EINVAL;
	return request->flags & (LINUX_CLONE_THREAD | LINUX_CLONE_DETACHED) ? -EINVAL : 0;
}

static int64_t clone_checked(struct task *task, const struct clone_request *request)
{
	int error = flags_check(task, request->flags);

	if (!error)
		error = pidfd_check(request);

	return error ? error : task_clone(task, request);
}

int64_t linux_fork(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	return task_clone(task, &(struct clone_request){.exit_signal = LINUX_SIGCHLD});
}

int64_t linux_vfork(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	return task_clone(task, &(struct clone_request){.flags = LINUX_CLONE_VM | LINUX_CLONE_VFORK, .exit_signal = LINUX_SIGCHLD});
}

int64_t linux_clone(struct task *task, const uint64_t arguments[6])
{
	uint64_t flags = (uint32_t)arguments[0] & ~(uint64_t)SIGNAL_MASK;
	struct clone_request request = {
		.flags = flags, /* CLONE_DETACHED means nothing any more */
		.exit_signal = flags & LINUX_CLONE_THREAD ? 0 : (int)(arguments[0] & SIGNAL_MASK),
		.stack = arguments[1],
		.parent_id_at = arguments[2],
		.pidfd_at = arguments[2],
		.child_id_at = arguments[3],
		.thread_pointer = arguments[4],
	};

	if (request.exit_signal > SIGNALS)
		request.exit_signal = 0;
	if (flags & LINUX_CLONE_SETTLS && arguments[4] >= MEMORY_TOP)
		return -EPERM;
	return clone_checked(task, &request);
}

#define CLONE3_LEAST 64 /* CLONE_ARGS_SIZE_VER0 */

static int arguments_check(const struct linux_clone_args *args)
{
	if (args->flags & ~(uint64_t)(CLONE_KNOWN | CLONE_NAMESPACES) || args->flags & (LINUX_CLONE_DETACHED | SIGNAL_MASK))
		return -EINVAL; /* CLONE_INTO_CGROUP too: there are none */
	if (args->exit_signal > SIGNALS || (args->exit_signal && args->flags & (LINUX_CLONE_THREAD | LINUX_CLONE_PARENT)))
		return -EINVAL;
	if (!args->stack != !args->stack_size || (args->stack && !user_range(args->stack, args->stack_size)))
		return -EINVAL;
	return !args->set_tid != !args->set_tid_size || args->set_tid_size > 1 ? -EINVAL : 0; /* there is one namespace of processes */
}

/* The number that the caller wants for the new task; 0: any. */
static int id_wanted(const struct task *task, const struct linux_clone_args *args, int32_t *id)
{
	*id = 0;
	if (!args->set_tid_size)
		return 0;
	if (user_get(task->memory, id, args->set_tid))
		return -EFAULT;
	if (*id < 1 || *id >= ID_MAX)
		return -EINVAL;
	if (!task_may(task, LINUX_CAP_SYS_ADMIN) && !task_may(task, LINUX_CAP_CHECKPOINT_RESTORE))
		return -EPERM;
	return id_is_used(*id) ? -EEXIST : 0;
}

int64_t linux_clone3(struct task *task, const uint64_t arguments[6])
{
	struct linux_clone_args args;
	struct clone_request request;
	int32_t wanted;
	int error = arguments[1] < CLONE3_LEAST ? -EINVAL : user_read_grown(task->memory, &args, sizeof(args), arguments[0], arguments[1]);

	if (!error)
		error = arguments_check(&args);
	if (!error)
		error = flags_check(task, args.flags);
	if (!error)
		error = id_wanted(task, &args, &wanted);
	if (error)
		return error;
	if (args.flags & LINUX_CLONE_SETTLS && args.tls >= MEMORY_TOP)
		return -EPERM;
	request = (struct clone_request){
		.flags = args.flags,
		.exit_signal = (int)args.exit_signal,
		.stack = args.stack + args.stack_size,
		.parent_id_at = args.parent_tid,
		.pidfd_at = args.pidfd,
		.child_id_at = args.child_tid,
		.thread_pointer = args.tls,
		.id = wanted,
	};
	return clone_checked(task, &request);
}

int64_t linux_exit(struct task *task, const uint64_t arguments[6])
{
	if (task->process->task_count == 1) {
		process_end(task->process, (int)(arguments[0] & 0xff) << 8);
	} else {
		if (task->traced)
			task->traced->status = (int)(arguments[0] & 0xff) << 8;
		task->dying = true;
		task->attention = true;
	}
	return 0;
}

int64_t linux_exit_group(struct task *task, const uint64_t arguments[6])
{
	process_end(task->process, (int)(arguments[0] & 0xff) << 8);
	return 0;
}

int64_t linux_set_tid_address(struct task *task, const uint64_t arguments[6])
{
	task->clear_id_at = arguments[0];
	return task->id;
}
