/* SPDX-License-Identifier: MIT */
/* What core files are called (core(5)): the settings /proc/sys/kernel/core_pattern and core_uses_pid, and the names that they make. */
#pragma once

#include "process/task.h"

#define CORE_NAME_MAX 1024 /* bytes with the NUL: no core is written where the name would be longer */

/* What a name can tell of a core. */
struct core_subject {
	const struct task *task; /* whose signal it is */
	int signal;
};

/* The name for a core; its length, or -ENAMETOOLONG, or -ENOENT: the pattern is empty. */
int64_t core_name(const struct core_subject *subject, char name[CORE_NAME_MAX]);

/* The pattern and its change: bytes, -EINVAL for a program to be started ('|'), which is not built. What is longer than it may be is cut, as in Linux. */
#define CORE_PATTERN_BYTES 128
const char *core_pattern(void);
int64_t core_pattern_set(const char *line, size_t bytes);

extern int64_t core_uses_pid; /* 0 or not: ".PID" behind a name in which no %p is */
