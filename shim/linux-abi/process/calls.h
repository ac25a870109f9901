/* SPDX-License-Identifier: MIT */
/* What a task asks for: the dispatch of its system calls, and its faults. Both run in a fiber and may wait. RESULT_NONE: there is nothing to answer. */
#pragma once

#include "process/task.h"

/* Carries out task->call. */
int64_t call_handle(struct task *task);

/* A fault: the first four words as abi/call.h tells. */
int64_t fault_handle(struct task *task, const uint64_t data[4]);
