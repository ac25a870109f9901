/* SPDX-License-Identifier: MIT */
/* Where a process is in the file tree: root, working directory, umask. */
#pragma once

#include <stdint.h>

struct description;

struct place {
	uint32_t users;
	uint32_t umask;
	struct description *directory, *root; /* null: the root of all */
};

struct place *place_make(void); /* at the root of all */
struct place *place_copy(const struct place *place);
void place_hold(struct place *place);

/* May wait. */
void place_release(struct place *place);
