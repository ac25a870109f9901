/* SPDX-License-Identifier: MIT */
/* The owner of an open file, and the signal that tells it that something has happened there: F_SETOWN, F_SETSIG, O_ASYNC of fcntl(2). */
#pragma once

#include "file/description.h"

/* Commands of fcntl() about the owner and the signal; -ENOSYS for others. */
int64_t owner_control(struct task *task, struct description *description, uint64_t command, uint64_t argument);

/* FIOSETOWN and its like, of sockets; -ENOTTY for other requests. */
int64_t owner_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument);

/* Sends SIGURG to the owner, with O_ASYNC or without: urgent data has come. */
void owner_tell_urgent(const struct description *description);

/* Tells the owner that its lease is to end, or that something has happened in its directory; `number` is what the signal tells as the file. */
void owner_tell_message(const struct description *description, int32_t number);

/* The task's process becomes the owner if there is none. */
void owner_become_first(const struct task *task, struct description *description);

/* Sets or takes away O_ASYNC; `number` is what the signal will tell as the file. 0, also of a file that tells nobody anything (`told` is null) and does not get the flag; -ENOMEM. */
int sigio_switch(struct task *task, struct description *description, uint64_t number, bool on);

/* The open file goes. */
void sigio_end(struct description *description);
