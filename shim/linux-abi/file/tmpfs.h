/* SPDX-License-Identifier: MIT */
/* Filesystems in memory (tmpfs(5)): each is a directory of its own in the service ramfs. */
#pragma once

#include "lib/path.h"

/*
 * Mounts an empty tree at a path. `options`: mode=, uid=, gid=; size=, nr_inodes= and the like are accepted, but the service's memory is the only limit. `fill` (may be null) puts into it what is to be there: it gets the number of
 * the open directory. 0, -EINVAL (options), -ENODEV without the service, or what that says. May wait.
 */
int tmpfs_mount(struct path *path, const char *options, uint32_t flags, int (*fill)(int directory));
