/* SPDX-License-Identifier: MIT */
/* RLIMIT_CPU (setrlimit(2)): at its soft limit a process gets SIGXCPU, again after each second more, and at its hard limit SIGKILL. Seconds of CPU time, noticed up to a step late (time/cpu_timer.h). */
#pragma once

#include "process/task.h"

/* A process's limit has been set, or the process begins. */
void cpu_limit_watch(struct process *process);

/* The process ends. */
void cpu_limit_end(struct process *process);
