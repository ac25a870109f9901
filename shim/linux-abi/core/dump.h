/* SPDX-License-Identifier: MIT */
/*
 * Core files (core(5)): what is left of a process that a signal ends whose action says so.
 *
 * The task that takes the signal writes the file, in its fiber, before anybody leaves. Its process is `exiting` from then on; the other tasks are dying, and each that comes to its end waits there (core_hold), so that their registers
 * and the memory stay as they are. A SIGKILL cuts the writing short. Whose core is not to be written ends as without all that.
 */
#pragma once

#include "process/task.h"

struct signal_information;

/* What a task is to look like in its core: the result of the call that ended, if it was in one. */
struct core_state {
	int64_t result;
	bool in_call;
};

/*
 * Ends the process of a task by a signal: with a core file, where RLIMIT_CORE, prctl(PR_SET_DUMPABLE), the pattern and the rights of its user allow one, which its status tells then. The task leaves at its next look. May wait.
 */
void core_dump(struct task *task, const struct signal_information *information, const struct core_state *state);

/* A dying task waits while a core of its process is being written. */
void core_hold(struct task *task, const struct core_state *state);

/* A SIGKILL: whoever writes a core of the process stops, and it is that by which the process ends. */
void core_cut(struct process *process);

extern int64_t core_set_id_dumpable; /* /proc/sys/fs/suid_dumpable: enum dumpable for who has changed its user */
