/* SPDX-License-Identifier: MIT */
/*
 * How tasks and processes begin and end (process/life.h): clone(2), _exit(2), exit_group(2). What a task has that other tasks may have too is held by count: memory, files, place, actions, credentials.
 */
#include "process/life.h"

#include "abi/linux/constants.h"
#include "core/dump.h"
#include "core/image.h"
#include "file/description.h"
#include "file/descriptors.h"
#include "file/place.h"
#include "ipc/owner.h"
#include "lib/assert.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/charge.h"
#include "process/futex.h"
#include "process/groups.h"
#include "process/handlers.h"
#include "process/loop.h"
#include "process/pidfd.h"
#include "process/real_time.h"
#include "process/system.h"
#include "process/usage.h"
#include "ptrace/stops.h"
#include "run/run.h"
#include "seccomp/filter.h"
#include "signal/send.h"
#include "time/cpu_limit.h"
#include "time/posix_timer.h"

#define ID_BUCKETS 256
#define CAPABILITIES_ALL ((1ull << 41) - 1)

static struct slab tasks = SLAB(struct task), process_slab = SLAB(struct process), credential_slab = SLAB(struct credentials), actions_slab = SLAB(struct signal_actions);
static struct task *buckets[ID_BUCKETS];
int64_t process_id_last;
struct process *processes;
uint32_t task_count;

/* Names. */

struct task *task_find(int32_t id)
{
	struct task *task = id > 0 ? buckets[id % ID_BUCKETS] : NULL;

	while (task && task->id != id)
		task = task->next_by_id;
	return task;
}

struct process *process_find(int32_t id)
{
	struct process *process = processes;

	while (process && process->id != id)
		process = process->next;
	return process;
}

struct process *process_reached(int32_t id)
{
	const struct task *task = task_find(id);

	return task ? task->process : process_find(id);
}

bool id_is_used(int32_t id)
{
	if (task_find(id))
		return true;
	for (const struct process *process = processes; process; process = process->next)
		if (process->id == id || process->group == id || process->session == id)
			return true;
	return traced_id_is_used(id);
}

static int32_t id_take(void)
{
	for (int32_t tries = 0; tries < PROCESS_IDS_MAX; tries++) {
		process_id_last = process_id_last >= PROCESS_IDS_MAX - 1 ? 300 : process_id_last + 1; /* Linux keeps the first 300 numbers for what began early */
		if (!id_is_used((int32_t)process_id_last))
			return (int32_t)process_id_last;
	}
	return -EAGAIN;
}

/* Credentials. */

struct credentials *credentials_copy(const struct credentials *credentials)
{
	struct credentials *copy = slab_take(&credential_slab);

	if (copy) {
		*copy = *credentials;
		copy->users = 1;
	}
	return copy;
}

void credentials_hold(const struct credentials *credentials)
{
	((struct credentials *)credentials)->users++; /* the count is not part of what they are */
}

void credentials_release(const struct credentials *credentials)
{
	struct credentials *own = (struct credentials *)credentials;

	if (--own->users == 0)
		slab_return(&credential_slab, own);
}

void credentials_set(struct task *task, struct credentials *credentials)
{
	const struct credentials *old = task->credentials;

	task->credentials = credentials;
	if (old)
		credentials_release(old);
}

/* Making. */

static void limits_set(struct process *process)
{
	for (unsigned i = 0; i < 16; i++)
		process->limits[i][0] = process->limits[i][1] = UINT64_MAX;
	process->limits[LINUX_RLIMIT_STACK][0] = 8 << 20;
	process->limits[LINUX_RLIMIT_CORE][0] = 0;
	process->limits[LINUX_RLIMIT_NPROC][0] = process->limits[LINUX_RLIMIT_NPROC][1] = HOST_THREADS_MAX / 2;
	process->limits[LINUX_RLIMIT_NOFILE][0] = 1024;
	process->limits[LINUX_RLIMIT_NOFILE][1] = 4096;
	process->limits[LINUX_RLIMIT_MEMLOCK][0] = process->limits[LINUX_RLIMIT_MEMLOCK][1] = 8 << 20;
	process->limits[LINUX_RLIMIT_SIGPENDING][0] = process->limits[LINUX_RLIMIT_SIGPENDING][1] = 4096;
	process->limits[LINUX_RLIMIT_MSGQUEUE][0] = process->limits[LINUX_RLIMIT_MSGQUEUE][1] = 819200;
	process->limits[LINUX_RLIMIT_NICE][0] = process->limits[LINUX_RLIMIT_NICE][1] = 0;
	process->limits[LINUX_RLIMIT_RTPRIO][0] = process->limits[LINUX_RLIMIT_RTPRIO][1] = 0;
}

/* Enters a task under its number and in its process. */
static void task_enter(struct task *task, struct process *process)
{
	struct task **at = &process->tasks;

	while (*at)
		at = &(*at)->next_in_process;
	*at = task;
	task->process = process;
	process->task_count++;
	task->next_by_id = buckets[task->id % ID_BUCKETS];
	buckets[task->id % ID_BUCKETS] = task;
	task_count++;
	task->started_ns = clock_now();
}

static void process_enter(struct process *process, struct process *parent)
{
	static uint64_t serial_last;

	process->serial = ++serial_last;
	process->next = processes;
	processes = process;
	process->parent = parent;
	if (!parent)
		return;
	process->sibling = parent->children;
	parent->children = process;
}

static struct task *process_make(struct process *parent)
{
	static const struct credentials root = {.permitted = CAPABILITIES_ALL, .effective = CAPABILITIES_ALL, .bounding = CAPABILITIES_ALL};
	struct process *process = slab_take(&process_slab);
	struct task *task = slab_take(&tasks);

	if (!process || !task || !loop_provide())
		return NULL;
	task->id = process->id = process->group = process->session = id_take();
	process->actions = slab_take(&actions_slab);
	task->memory = memory_make();
	task->files = descriptors_make();
	task->place = place_make();
	task->credentials = credentials_copy(&root);
	task->host = task->memory ? host_thread_take(task->memory->space) : NULL;
	if (!process->actions || !task->files || !task->place || !task->credentials || !task->host)
		return NULL;
	process->actions->users = 1;
	process->exit_signal = LINUX_SIGCHLD;
	process->dumpable = DUMPABLE_USER;
	process->core_filter = CORE_FILTER_FIRST;
	limits_set(process);
	task->host->owner = task;
	process_enter(process, parent);
	task_enter(task, process);
	return task;
}

struct task *process_first(void)
{
	return process_make(NULL);
}

struct task *process_child(struct process *parent)
{
	return process_make(parent);
}

/* What a new process has of its parent's. */
static struct process *process_fork(const struct task *parent, const struct clone_request *request)
{
	const struct process *from = parent->process;
	struct process *process = slab_take(&process_slab);

	if (!process)
		return NULL;
	process->group = from->group;
	process->session = from->session;
	process->terminal = from->terminal;
	process->exit_signal = request->exit_signal;
	process->dumpable = from->dumpable;
	process->core_filter = from->core_filter;
	process->nice = parent->policy_resets && (from->nice < 0 || parent->real_time) ? 0 : from->nice;
	process->personality = from->personality;
	process->oom_adjustment = from->oom_adjustment;
	process->user = parent->credentials->user;
	memcpy(process->limits, from->limits, sizeof(process->limits));
	memcpy(process->command, from->command, sizeof(process->command));
	memcpy(process->executable, from->executable, sizeof(process->executable));
	if (request->flags & LINUX_CLONE_SIGHAND) {
		process->actions = from->actions;
		process->actions->users++;
		return process;
	}
	process->actions = slab_take(&actions_slab);
	if (!process->actions) {
		slab_return(&process_slab, process);
		return NULL;
	}
	*process->actions = *from->actions;
	process->actions->users = 1;
	return process;
}

static void process_discard(struct process *process)
{
	if (--process->actions->users == 0)
		slab_return(&actions_slab, process->actions);
	slab_return(&process_slab, process);
}

/* Memory, files and place of a new task: its parent's, or copies. False when there is no memory. */
static bool parts_clone(struct task *task, struct task *parent, uint64_t flags)
{
	task->memory = parent->memory;
	if (flags & LINUX_CLONE_VM)
		memory_hold(task->memory);
	else
		task->memory = memory_copy(parent->memory);
	task->files = parent->files;
	if (flags & LINUX_CLONE_FILES)
		descriptors_hold(task->files);
	else
		task->files = descriptors_copy(parent->files);
	task->place = parent->place;
	if (flags & LINUX_CLONE_FS)
		place_hold(task->place);
	else
		task->place = place_copy(parent->place);
	task->credentials = parent->credentials;
	credentials_hold(task->credentials);
	if (flags & LINUX_CLONE_SYSVSEM && !semaphore_owner_share(task, parent))
		return false;
	return task->memory && task->files && task->place;
}

/* Closing files may wait: others can still find the task then, but not what has gone. */
static void parts_release(struct task *task)
{
	struct descriptors *files = task->files;
	struct place *place = task->place;

	semaphore_owner_leave(task);
	task->files = NULL;
	task->place = NULL;
	if (files)
		descriptors_release(files);
	if (place)
		place_release(place);
	if (task->credentials)
		credentials_release(task->credentials);
	if (task->memory)
		memory_release(task->memory);
	task->credentials = NULL;
	task->memory = NULL;
}

/* The child's registers: the parent's, with 0 as the result. */
static bool registers_clone(const struct task *task, const struct task *parent, const struct clone_request *request)
{
	struct thread_image *image = host_thread_read(parent->host, STATE_REGISTERS | STATE_FPU);

	if (!image)
		return false;
	image->registers.rax = 0;
	if (request->stack)
		image->registers.rsp = request->stack;
	if (request->flags & LINUX_CLONE_SETTLS)
		image->registers.fs_base = request->thread_pointer;
	return host_thread_write(task->host, STATE_REGISTERS | STATE_FPU);
}

static void ids_tell(struct task *parent, const struct task *task, const struct clone_request *request)
{
	if (request->flags & LINUX_CLONE_PARENT_SETTID)
		(void)user_put(parent->memory, request->parent_id_at, &task->id); /* Linux does not look at the result either */
	if (request->flags & LINUX_CLONE_CHILD_SETTID)
		(void)user_put(task->memory, request->child_id_at, &task->id);
}

static void task_inherit(struct task *task, const struct task *parent, const struct clone_request *request)
{
	task->signals.blocked = parent->signals.blocked;
	memcpy(task->name, parent->name, sizeof(task->name));
	task->timer_slack = task->timer_slack_first = parent->timer_slack;
	real_time_inherit(task, parent);
	task->io_priority = parent->io_priority;
	task->watched = parent->watched & WATCHED_BY_LINES;
	call_filter_inherit(task, parent);
	if (request->flags & LINUX_CLONE_CHILD_CLEARTID)
		task->clear_id_at = request->child_id_at;
	if (!(request->flags & LINUX_CLONE_VM) || request->flags & LINUX_CLONE_VFORK)
		task->alternate = parent->alternate;
}

/* How many processes and threads a user has. */
static uint64_t user_tasks(uint32_t user)
{
	uint64_t count = 0;

	for (const struct process *process = processes; process; process = process->next)
		if (process->tasks && process->tasks->credentials && process->tasks->credentials->user == user)
			count += process->task_count;
	return count;
}

static bool tasks_exhausted(const struct task *parent)
{
	const struct credentials *who = parent->credentials;

	if (task_count >= HOST_THREADS_MAX - 2)
		return true;
	return who->user && user_tasks(who->user) >= parent->process->limits[LINUX_RLIMIT_NPROC][0] && !(who->effective >> 24 & 1); /* CAP_SYS_RESOURCE */
}

/* Gives a new task its host thread and its registers. */
static bool host_clone(struct task *task, const struct task *parent, const struct clone_request *request)
{
	task->host = host_thread_take(task->memory->space);
	if (!task->host)
		return false;
	if (registers_clone(task, parent, request)) {
		task->host->owner = task;
		task->cpu_before = task_user_ns(task);
		return true;
	}
	host_thread_return(task->host);
	task->host = NULL;
	return false;
}

static struct task *task_make(struct task *parent, const struct clone_request *request)
{
	struct task *task = slab_take(&tasks);
	struct process *process = parent->process;
	bool thread = request->flags & LINUX_CLONE_THREAD;

	if (!task)
		return NULL;
	task->id = !request->id ? id_take() : id_is_used(request->id) ? -EEXIST : request->id; /* taken while the caller waited */
	if (!thread)
		process = process_fork(parent, request);
	if (task->id > 0 && process && parts_clone(task, parent, request->flags) && host_clone(task, parent, request)) {
		task_inherit(task, parent, request);
		if (!thread) {
			process->id = task->id;
			if (!(request->flags & LINUX_CLONE_VM))
				task->memory->process = task->id;
			process->made_by = parent->id;
			process_enter(process, request->flags & LINUX_CLONE_PARENT && parent->process->parent ? parent->process->parent : parent->process);
			cpu_limit_watch(process);
		}
		task->fiber = fiber_self(); /* until it runs, nobody else looks at what comes for it */
		task_enter(task, process);
		return task;
	}
	parts_release(task);
	if (!thread && process)
		process_discard(process);
	slab_return(&tasks, task);
	return NULL;
}

/* The parent of a vfork waits until the child execs or ends, whatever signals come but a deadly one. Whether the child has. */
static bool vfork_wait(struct task *parent, int32_t id)
{
	struct waiter waiter = {0};
	struct task *child = task_find(id);

	queue_join(&parent->vfork_done, &waiter, parent);
	while (child && child->vfork_parent == parent && task_wait(parent, WAIT_KILLABLE, NEVER) == 0)
		child = task_find(id);
	queue_leave(&waiter);
	if (!child || child->vfork_parent != parent)
		return true;
	child->vfork_parent = NULL;
	return false;
}

/* Closes the number of a pidfd, unless it is another file's by now: others may have closed it while this waited. */
static void pidfd_take_back(struct descriptors *files, uint64_t number, const struct description *description)
{
	if (descriptor_find(files, number) == description)
		(void)descriptor_close(files, number);
}

/* CLONE_PIDFD: a number for a process that is yet to be made, told to the parent. The number, with the description held, or a negative error number. May wait. */
static int64_t pidfd_prepare(struct task *parent, uint64_t address, struct description **made)
{
	struct description *description = pidfd_make(NULL, 0);
	int32_t number = description ? descriptor_give(parent, description, LINUX_O_CLOEXEC) : -ENOMEM;

	if (number < 0)
		return number;
	*made = description;
	description_hold(description);
	if (user_put(parent->memory, address, &number) == 0)
		return number;
	pidfd_take_back(parent->files, (uint64_t)number, description);
	description_release(description);
	return -EFAULT;
}

/* The pidfd of a process that has been made, or (`task` null) could not be. A child with a table of its own does not have it. */
static void pidfd_finish(struct task *parent, struct task *task, struct description *description, uint64_t number)
{
	if (task)
		pidfd_name(description, task->process);
	if (!task)
		pidfd_take_back(parent->files, number, description);
	else if (task->files != parent->files)
		pidfd_take_back(task->files, number, description);
	description_release(description);
}

/* Why no task may be made now: 0 when one may. Nothing may wait between this and task_make(), for which there are a fiber and a Reply then. */
static int64_t clone_refusal(const struct task *parent)
{
	if (parent->dying)
		return -ERESTARTNOINTR; /* who ends makes nobody whom its end would miss */
	return tasks_exhausted(parent) || !loop_provide() ? -EAGAIN : 0;
}

/* A task with all that the request says, which does not run yet. A null pointer, and in *error why. */
static struct task *task_request(struct task *parent, const struct clone_request *request, int64_t *error)
{
	struct description *description = NULL;
	struct task *task;
	int64_t number = request->flags & LINUX_CLONE_PIDFD ? pidfd_prepare(parent, request->pidfd_at, &description) : 0;

	*error = number;
	if (number < 0)
		return NULL;
	*error = clone_refusal(parent);
	task = *error ? NULL : task_make(parent, request);
	if (description)
		pidfd_finish(parent, task, description, (uint64_t)number);
	if (!task && !*error)
		*error = -ENOMEM;
	return task;
}

int64_t task_clone(struct task *parent, const struct clone_request *request)
{
	struct task *task;
	int64_t error = clone_refusal(parent);
	int event;
	int32_t id;

	if (error)
		return error;
	task = task_request(parent, request, &error);
	if (!task)
		return error;
	id = task->id;
	ids_tell(parent, task, request);
	if (request->flags & LINUX_CLONE_VFORK)
		task->vfork_parent = parent;
	event = traced_child(parent, task, request->flags, request->exit_signal);
	task->fiber = NULL;
	host_thread_run(task->host);
	if (task->attention)
		program_interrupt(task); /* what came for it while it was being made */
	if (event)
		traced_event(parent, (enum trace_event)event, (uint64_t)id);
	if (request->flags & LINUX_CLONE_VFORK && vfork_wait(parent, id))
		traced_event(parent, EVENT_VFORK_DONE, (uint64_t)id);
	return id;
}

/* Ending. */

void task_notice(struct task *task)
{
	task->attention = true;
	if (task->waits)
		fiber_wake(task->fiber);
	else if (!task->fiber)
		program_interrupt(task);
}

void process_end(struct process *process, int status)
{
	if (process->exiting && status == LINUX_SIGKILL)
		core_cut(process);
	if (process->exiting && status == LINUX_SIGKILL)
		traced_cut(process);
	if (process->exiting)
		return;
	process->exiting = true;
	process->stopped = false;
	process->exit_status = status;
	for (struct task *task = process->tasks; task; task = task->next_in_process) {
		task->dying = true;
		task_notice(task);
	}
}

static void task_unlist(struct task *task)
{
	struct process *process = task->process;
	struct task **at = &process->tasks, **bucket = &buckets[task->id % ID_BUCKETS];

	while (*at != task)
		at = &(*at)->next_in_process;
	*at = task->next_in_process;
	while (*bucket != task)
		bucket = &(*bucket)->next_by_id;
	*bucket = task->next_by_id;
	process->task_count--;
	task_count--;
}

/* Who takes the children of a process that ends: its nearest ancestor that has said so (PR_SET_CHILD_SUBREAPER), else the first process. */
static struct process *reaper_find(const struct process *process)
{
	for (struct process *ancestor = process->parent; ancestor; ancestor = ancestor->parent)
		if (ancestor->child_subreaper && !ancestor->exiting && !ancestor->zombie)
			return ancestor;
	return process_find(1);
}

/* The children of a process that has ended become its reaper's. */
static void children_give(struct process *process)
{
	struct process *first = reaper_find(process), *child;

	while ((child = process->children) != NULL) {
		process->children = child->sibling;
		child->parent = first;
		child->sibling = first->children;
		first->children = child;
		if (child->death_signal)
			signal_send_process(child, &(struct signal_information){.number = child->death_signal});
		if (child->zombie)
			parent_tell(child);
	}
}

void process_reap(struct process *process)
{
	struct process **at = &processes;

	while (*at != process)
		at = &(*at)->next;
	*at = process->next;
	if (process->parent) {
		at = &process->parent->children;
		while (*at != process)
			at = &(*at)->sibling;
		*at = process->sibling;
	}
	if (process->traced)
		traced_leave(process->traced);
	pidfd_gone(process);
	queue_abandon(&process->signal_arrived); /* an epoll that outlives it may have watched it by a signalfd */
	slab_return(&process_slab, process);
}

/* The last task of a process has left. */
static void process_leave(struct process *process)
{
	timer_stop(&process->interval);
	timer_stop(&process->virtual.timer);
	timer_stop(&process->profile.timer);
	cpu_limit_end(process);
	posix_timers_end(process);
	signals_discard(&process->pending);
	if (--process->actions->users == 0)
		slab_return(&actions_slab, process->actions);
	process->actions = NULL;
	if (process->id == 1)
		system_end(process->exit_status);
	children_give(process);
	process->zombie = true;
	pidfd_ended(process);
	session_leave(process);
	run_process_left(process);
	traced_process_left(process);
}

void vfork_finish(struct task *task)
{
	struct task *parent = task->vfork_parent;

	task->vfork_parent = NULL;
	if (parent)
		queue_wake(&parent->vfork_done, 0);
}

void task_leave(struct task *task)
{
	struct process *process = task->process;
	const int32_t none = 0;

	robust_list_leave(task);
	if (task->clear_id_at && task->memory->users > 1) {
		(void)user_put(task->memory, task->clear_id_at, &none); /* as in Linux: who gave a bad address is not told */
		futex_wake(task->memory, task->clear_id_at, 1);
	}
	if (process->task_count == 1)
		usage_leave_memory(process, task->memory);
	charge_end();
	process->user_ns += task_user_ns(task);
	process->switches += task->switches;
	process->system_ns += task_system_ns(task);
	real_time_leave(task);
	task->system_ticks = 0; /* what has been added up is not told twice while it closes its files */
	host_thread_return(task->host);
	task->host = NULL;
	parts_release(task); /* may wait: files are closed */
	timer_stop(&task->timer);
	signals_discard(&task->signals);
	task_unlist(task);
	vfork_finish(task);
	traced_task_left(task);
	call_filter_drop(task);
	queue_wake(&process->children_changed, 0);
	slab_return(&tasks, task);
	if (!process->task_count)
		process_leave(process);
}

bool actions_own(struct process *process)
{
	struct signal_actions *own = slab_take(&actions_slab);

	if (!own)
		return false;
	*own = *process->actions;
	own->users = 1;
	process->actions->users--;
	process->actions = own;
	return true;
}

bool files_own(struct task *task)
{
	struct descriptors *own = descriptors_unshare(task->files);

	if (own)
		task->files = own;
	return own != NULL;
}

/* The last task of a process takes its leader's number. */
static void task_rename(struct task *task, int32_t id)
{
	struct task **bucket = &buckets[task->id % ID_BUCKETS];

	while (*bucket != task)
		bucket = &(*bucket)->next_by_id;
	*bucket = task->next_by_id;
	task->id = id;
	task->next_by_id = buckets[id % ID_BUCKETS];
	buckets[id % ID_BUCKETS] = task;
	traced_renamed(task);
}

int process_single(struct task *task)
{
	struct process *process = task->process;
	struct waiter waiter = {0};
	int error = 0;

	if (task->dying)
		return -ERESTARTSYS; /* another one came first */
	for (struct task *other = process->tasks; other; other = other->next_in_process)
		if (other != task) {
			other->dying = true;
			task_notice(other);
		}
	queue_join(&process->children_changed, &waiter, task);
	while (!error && process->task_count > 1)
		error = task_wait(task, WAIT_KILLABLE, NEVER);
	queue_leave(&waiter);
	if (!error && task->id != process->id)
		task_rename(task, process->id);
	return error;
}
