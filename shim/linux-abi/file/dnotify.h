/* SPDX-License-Identifier: MIT */
/* Directories that tell by a signal what happens in them: F_NOTIFY of fcntl(2). What happens comes from file/notify.h, which tells inotify's instances as well. */
#pragma once

#include "file/description.h"

#define DNOTIFY_RENAMED 0x10000000u /* among inotify's events: a name in the directory has become another one there */

extern int64_t dnotify_enabled; /* /proc/sys/fs/dir-notify-enable */
extern uint32_t dnotifications; /* that there are */

/* F_NOTIFY: what a directory is to tell from now on (LINUX_DN_*), besides what it tells already; nothing: what it tells ends. `number` is what the signal tells as the file. 0, -ENOTDIR, -EINVAL (disabled), -ENOMEM. */
int dnotify_ask(struct task *task, struct description *directory, uint64_t number, uint64_t events);

/* Something has happened in a directory (LINUX_IN_*, DNOTIFY_RENAMED), or to it. */
void dnotify_tell(uint64_t filesystem, uint64_t inode, uint32_t events);

void dnotify_closed_slow(const struct description *directory, const struct descriptors *by);

/* A number of a table goes: what the directory was asked for through that table ends. */
static inline void dnotify_closed(const struct description *directory, const struct descriptors *by)
{
	if (dnotifications)
		dnotify_closed_slow(directory, by);
}
