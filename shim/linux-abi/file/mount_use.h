/* SPDX-License-Identifier: MIT */
/* By which mount a file is found, and who uses a mount: what has it open, maps it, executes it, or is in it. */
#pragma once

#include "file/mounts.h"
#include "file/walk.h"

/* The mount of an open file; MOUNT_NONE: it is in none (pipes and the like). */
uint32_t description_mount(const struct description *description);

/* The mount of what a walk that is done has led to (walk_status(), walk_open()); *is_root: it is that mount's root. May wait. */
uint32_t walk_mount(const struct walk *walk, bool *is_root);

/* What programs are told of a mount (statx, fdinfo, mountinfo): its number there. Files that are in no mount get one of their kind. */
uint32_t mount_number(uint32_t id);
uint32_t description_mount_number(const struct description *description);
uint32_t walk_mount_number(const struct walk *walk, bool *is_root);

/* Whether anybody has a file of it open or mapped, or is in it; for the second: a file that may be written to. */
bool mount_is_used(uint32_t id);
bool mount_is_written(uint32_t id);
