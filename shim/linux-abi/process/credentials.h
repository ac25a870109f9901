/* SPDX-License-Identifier: MIT */
/* Who a task is: users, groups and capabilities (credentials(7), capabilities(7)). A set is never changed while it has more than one user: a change makes a new one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GROUPS_MAX 32
#define GROUPS_OF_LINUX 65536 /* NGROUPS_MAX */

struct credentials {
	uint32_t users; /* tasks and open files that have it */
	uint32_t user, effective_user, saved_user, file_user;
	uint32_t group, effective_group, saved_group, file_group;
	uint32_t group_count;
	uint32_t groups[GROUPS_MAX];
	uint64_t permitted, effective, inheritable, ambient, bounding; /* capabilities */
	uint32_t secure_bits;
	bool no_new_privileges;
};
