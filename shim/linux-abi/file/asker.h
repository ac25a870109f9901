/* SPDX-License-Identifier: MIT */
/* Who asks vfs and the filesystems for something, in their terms (lib/path.h), and what is decided here because it concerns files of the shim's own. */
#pragma once

#include <stdbool.h>

#include "lib/path.h"

struct task;

/* By the filesystem user and group id and effective capabilities of a task. Valid as long as the task changes nothing of these. */
struct asker asker_of(const struct task *task);

/* By its real ids, as access(2) asks. */
struct asker asker_real(const struct task *task);

/* 0 when all of `wanted` (enum access_wanted) is allowed, else -EACCES. */
int asker_check(const struct asker *asker, const struct attributes *attributes, uint32_t wanted);

/* May that extended attribute be asked for, or changed (`write`)? As permission_xattr() (lib/permission.h). */
int asker_check_xattr(const struct asker *asker, const struct attributes *attributes, const char *name, bool write);
