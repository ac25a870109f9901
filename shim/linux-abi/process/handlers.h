/* SPDX-License-Identifier: MIT */
/* The handlers of all system calls that are built, as syscalls.def names them, and what several of them use. */
#pragma once

#include "process/task.h"
#include "status.h"

#define SYSCALL(number, name, arguments, result, handler, status) BUILT_##status(int64_t handler(struct task *task, const uint64_t arguments_of_call[6]);)
#include "syscalls.def"
#undef SYSCALL

/* The end of a handler that has set the registers of its host thread, which go on now: signals come first. RESULT_NONE. */
int64_t call_end_resumed(struct task *task);

/* Sets the signal mask for the time of the call under way, from `bytes` at an address; address 0 leaves it as it is. 0, -EINVAL: not the size of a mask, or -EFAULT. */
int64_t signals_block_for_call(struct task *task, uint64_t address, uint64_t bytes);

/* Starts a program in a task that has none. 0 or a negative error number. */
int program_begin(struct task *task, const char *path, const char *const *arguments, const char *const *environment);

/* exec: actions and files that other processes share become the process's own. False when there is no memory. */
bool actions_own(struct process *process);
bool files_own(struct task *task);

/* exec and exit: a parent that waits for the end of a vfork goes on. */
void vfork_finish(struct task *task);
