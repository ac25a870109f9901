/* SPDX-License-Identifier: MIT */
/* The timers of a process (timer_create(2)). A child has none of them, and execve ends them. */
#pragma once

#include "process/task.h"

struct posix_timer;

/* A signal of a timer is being taken: tells in it how often the timer expired besides, and has a periodic one go on. Does nothing when there is no such timer any more. */
void posix_timer_taken(struct process *process, struct signal_information *information);

/* Ends all timers of a process. */
void posix_timers_end(struct process *process);
