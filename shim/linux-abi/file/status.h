/* SPDX-License-Identifier: MIT */
/* What a file is, wherever it is: attributes of descriptions, paths and entries of own trees. */
#pragma once

#include "file/walk.h"

struct status {
	struct attributes attributes;
	uint64_t filesystem; /* as of struct description */
};

int status_of_description(struct description *description, struct status *status);

/* Of what a walk that has begun leads to; does not end the walk. */
int walk_status(struct walk *walk, struct status *status);

/* Flags of a walk for AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW, for who uses walk_status() or looks at `found`. */
uint32_t walk_flags_of(uint64_t flags);

/* About a filesystem of the shim's own (enum own_filesystem). */
struct filesystem_statistics statistics_of_own(uint64_t filesystem);
