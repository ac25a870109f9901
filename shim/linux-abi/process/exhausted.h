/* SPDX-License-Identifier: MIT */
/* What is done when there is no memory left. */
#pragma once

#include "process/task.h"

/* Ends the process that has most memory, as Linux's OOM decision does; true when one was chosen, or clean pages were found to give back, and the task (which may be of that process) should go on. */
bool memory_exhausted(struct task *task);
