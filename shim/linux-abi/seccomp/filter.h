/* SPDX-License-Identifier: MIT */
/*
 * Filters of system calls (seccomp(2)): what a task has said that it will not do any more. Strict: it reads, writes, ends, returns from handlers, and nothing else. Filtered: programs of classic BPF look at each call; the strictest answer counts.
 *
 * A task never loses a filter. Those of a thread that was made, or of a child, are its maker's and those that it adds itself: a filter leads to the one that was there before it, and has as many users as lead to it.
 */
#pragma once

#include "process/task.h"

struct call_filter;

enum filter_mode { FILTER_NONE = 0, FILTER_STRICT = 1, FILTER_PROGRAMS = 2 }; /* as SECCOMP_MODE_* */

/* Whether a task's call may be carried out. False: it may not, and *result is what it comes to; the task may be ending, or get a signal for it. May wait for a tracer. */
bool call_filter_passes(struct task *task, int64_t *result);

/* A new task has its maker's filters; a task that leaves has none. Do not wait. */
void call_filter_inherit(struct task *task, const struct task *from);
void call_filter_drop(struct task *task);

/* How many programs look at a task's calls. */
uint64_t call_filter_count(const struct task *task);

/* Makes the task strict: 0 or -EINVAL. Adds the program at an address, a struct sock_fprog, with flags SECCOMP_FILTER_FLAG_*: 0, the id of a thread that cannot have it, or a negative error number; may wait. */
int64_t call_filter_strict(struct task *task);
int64_t call_filter_add(struct task *task, uint64_t flags, uint64_t address);
