/* SPDX-License-Identifier: MIT */
/* The few Linux system calls that the start-up of a static C program makes, answered as Linux would; everything else is -ENOSYS. */
#pragma once

#include "process.h"

/* What the process has done that the test looks at. */
struct linux_state {
	struct process *process;
	char output[512]; /* what was written to descriptors 1 and 2 */
	uint64_t output_size;
	bool exited;
	int64_t exit_status;
	bool fs_changed; /* the call wants this FS base */
	uint64_t fs_base;
	uint64_t calls;
};

/* Answers one system call: number and six arguments. Returns the result, or a negative errno. */
int64_t linux_call(struct linux_state *state, const uint64_t words[7]);
