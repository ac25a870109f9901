/* SPDX-License-Identifier: MIT */
/* Locks of open files (file/lock_list.h), as fcntl and flock set them. */
#pragma once

#include "file/description.h"

struct descriptors;

/* F_GETLK, F_SETLK, F_SETLKW and the same for open file descriptions. May wait. */
int64_t lock_control(struct task *task, struct description *description, uint64_t command, uint64_t address);

/* A number in a table goes: the locks that its process has on the file go, whatever other numbers it has for that. */
void locks_closed(const struct description *description, const struct descriptors *by);

/* The last user of a description goes: its own locks do. */
void locks_released(const struct description *description);
