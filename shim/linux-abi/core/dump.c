/* SPDX-License-Identifier: MIT */
/* When a core file is written, where, and by whom (core/dump.h); what is in it is core/image.h's. */
#include "core/dump.h"

#include "abi/linux/constants.h"
#include "core/image.h"
#include "core/name.h"
#include "file/description.h"
#include "file/names.h"
#include "file/open.h"
#include "file/place.h"
#include "process/life.h"
#include "signal/signal.h"

#define CORE_BYTES_LEAST PAGE_SIZE /* no core is begun with less (min_coredump of Linux's ELF) */
#define CORE_MODE 0600u
#define CORE_MODE_LOOKED 0677u /* of the file that was made: nobody else may have a part in it */
#define STATUS_CORE 0x80       /* in what wait4 tells: a core was written */

int64_t core_set_id_dumpable;

void core_cut(struct process *process)
{
	if (!process->core)
		return;
	process->core->cut = true;
	process->exit_status = LINUX_SIGKILL;
	queue_wake(&process->children_changed, 0);
}

void core_hold(struct task *task, const struct core_state *state)
{
	struct process *process = task->process;
	struct waiter waiter = {0};

	if (!process->core || process->core->cut)
		return;
	task->held = state;
	queue_join(&process->children_changed, &waiter, task);
	queue_wake(&process->children_changed, 0);
	while (process->core && !process->core->cut)
		(void)task_wait(task, WAIT_ALWAYS, NEVER);
	queue_leave(&waiter);
	task->held = NULL;
}

/* Whether nobody else of the process runs, or is in the middle of a call; who has given its thread back is on its way out. */
static bool others_are_held(const struct task *task)
{
	for (const struct task *other = task->process->tasks; other; other = other->next_in_process)
		if (other != task && other->host && !other->held)
			return false;
	return true;
}

static void others_stop(struct task *task)
{
	struct waiter waiter = {0};

	for (struct task *other = task->process->tasks; other; other = other->next_in_process)
		if (other != task) {
			other->dying = true;
			task_notice(other);
		}
	queue_join(&task->process->children_changed, &waiter, task);
	while (!others_are_held(task))
		(void)task_wait(task, WAIT_ALWAYS, NEVER);
	queue_leave(&waiter);
}

/* Who has been another user writes as root, and where root has said by an absolute path: no user chooses a place of root's. */
static bool writes_as_root(const struct process *process)
{
	return process->dumpable == DUMPABLE_ROOT;
}

static bool is_wanted(const struct task *task, const char *name)
{
	const struct process *process = task->process;

	if (process->dumpable == DUMPABLE_NOT || process->limits[LINUX_RLIMIT_CORE][0] < CORE_BYTES_LEAST)
		return false;
	return !writes_as_root(process) || (name[0] == '/' && !task->place->root);
}

/* Whether the file is one that was made for this, as it was asked for: a filesystem may have made another one of it. */
static bool is_own(const struct task *task, struct description *file)
{
	struct attributes attributes;

	return description_is(file, MODE_REGULAR) && description_attributes(file, &attributes) == 0 && attributes.owner == task->credentials->file_user && (attributes.mode & CORE_MODE_LOOKED) == CORE_MODE;
}

/* A core that lies there already goes first, unless the new one is root's: then it stays, and there is no new one. */
static void core_write(struct task *task, const char *name, struct core_image *image)
{
	struct description *file;

	if (!writes_as_root(task->process))
		(void)text_remove(task, name); /* what cannot be removed cannot be made either */
	if (text_open(task, name, LINUX_O_CREAT | LINUX_O_RDWR | LINUX_O_NOFOLLOW | LINUX_O_LARGEFILE | LINUX_O_EXCL, CORE_MODE & ~task->place->umask, &file) != 0)
		return;
	if (is_own(task, file))
		core_image_write(image, file);
	description_release(file);
}

/* The same by the user who is to own it. */
static void core_write_owned(struct task *task, const char *name, struct core_image *image)
{
	const struct credentials *own = task->credentials;
	struct credentials *root = writes_as_root(task->process) ? credentials_copy(own) : NULL;

	if (!writes_as_root(task->process)) {
		core_write(task, name, image);
	} else if (root) {
		root->file_user = 0;
		task->credentials = root;
		core_write(task, name, image);
		task->credentials = own;
		credentials_release(root);
	}
}

/* From here on all other signals but SIGKILL come too late. */
static void dump_begin(struct process *process, struct core_image *image, int number)
{
	process->core = image;
	process->exiting = true;
	process->stopped = false;
	process->exit_status = number;
}

static void dump_end(struct task *task, const struct core_image *image)
{
	struct process *process = task->process;

	process->core = NULL;
	if (image->written && !image->cut)
		process->exit_status |= STATUS_CORE;
	queue_wake(&process->children_changed, 0);
	task->dying = task->attention = true;
}

void core_dump(struct task *task, const struct signal_information *information, const struct core_state *state)
{
	struct process *process = task->process;
	char name[CORE_NAME_MAX];
	struct core_image image = {.task = task, .information = information, .state = state, .bytes_most = process->limits[LINUX_RLIMIT_CORE][0]};

	if (process->exiting || core_name(&(struct core_subject){task, information->number}, name) < 0 || !is_wanted(task, name)) {
		process_end(process, information->number);
		return;
	}
	dump_begin(process, &image, information->number);
	others_stop(task);
	if (!image.cut && core_image_take(&image))
		core_write_owned(task, name, &image);
	core_image_end(&image);
	dump_end(task, &image);
}
