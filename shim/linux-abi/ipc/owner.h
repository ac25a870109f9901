/* SPDX-License-Identifier: MIT */
/* Who has adjustments of semaphores (SEM_UNDO): a task, or several that were made with CLONE_SYSVSEM. */
#pragma once

#include "process/task.h"

/* A new task shares what its parent has, from now on. False when there is no memory. */
bool semaphore_owner_share(struct task *task, struct task *parent);

/* A task ends. When it was the last that shared them, its adjustments are added. */
void semaphore_owner_leave(struct task *task);
