/* SPDX-License-Identifier: MIT */
/* Frames of signal handlers on a task's stack. */
#pragma once

#include "process/task.h"

/*
 * Pushes a frame and sets the registers so that the task goes on in the handler, at once if its host thread is not stopped. `mask` and `result` (rax; with `again` the number of the call, and the instruction is executed again) are what
 * rt_sigreturn restores; not `call`: rax as it is. False when the stack cannot be written.
 */
bool frame_push(struct task *task, const struct signal_action *action, const struct signal_information *information, uint64_t mask, int64_t result, bool call, bool again);

/* Takes the frame at the task's stack pointer away again: registers, FPU state, mask, alternate stack. False when it makes no sense. A host thread that is not stopped goes on. */
bool frame_pop(struct task *task);
