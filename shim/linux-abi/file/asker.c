/* SPDX-License-Identifier: MIT */
/* Who asks vfs and the filesystems, on behalf of a task (file/asker.h). */
#include "file/asker.h"

#include "process/task.h"

static struct asker asker_make(const struct credentials *credentials, uint32_t user, uint32_t group, uint64_t capabilities)
{
	return (struct asker){
		.user = user,
		.group = group,
		.capabilities = (uint32_t)capabilities,
		.group_count = credentials->group_count,
		.groups = credentials->groups,
	};
}

struct asker asker_of(const struct task *task)
{
	const struct credentials *credentials = task->credentials;

	return asker_make(credentials, credentials->file_user, credentials->file_group, credentials->effective);
}

/* A capability counts as far as exec by the real user would leave it (fs/open.c, access_override_creds). */
struct asker asker_real(const struct task *task)
{
	const struct credentials *credentials = task->credentials;

	return asker_make(credentials, credentials->user, credentials->group, credentials->user == 0 ? credentials->permitted : 0);
}
