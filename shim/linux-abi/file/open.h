/* SPDX-License-Identifier: MIT */
/* Opening files by path, for open(2) and for the shim itself. */
#pragma once

#include "file/walk.h"
#include "lib/file.h"

/* Opens what a walk that has begun leads to: `flags` and `mode` as in open(2). 0 and a description with one user, or a negative error number. Ends the walk. */
int walk_open(struct walk *walk, uint32_t flags, uint32_t mode, struct description **description);

/*
 * Whether the file to which a walk leads may be truncated by its path, as far as it may be a program, or somebody have a lease of it (`flags` as leases_break() takes them): 0, -ETXTBSY, or an error by which there is no such file or no right. Between this and a request of vfs it may become one; where a file is opened for writing,
 * nobody can execute it before it is truncated.
 */
int64_t walk_changeable(struct walk *walk, uint32_t flags);

/* What vfs has opened becomes a description of its type. The number is given up on an error. */
int opened_describe(struct task *task, const struct walk *walk, int number, const struct file_opened *opened, uint32_t flags, struct description **description);

/* Opens what is open once more, without its path, for the asker of a walk that has found it; as far as vfs has opened it (`opened` of it is not null). As walk_open(), but that the walk goes on. */
int opened_open_again(struct walk *walk, const struct description *file, uint32_t flags, uint32_t mode, struct description **description);

/* By a path of the shim's own, as the task may. */
int text_open(struct task *task, const char *text, uint32_t flags, uint32_t mode, struct description **description);
