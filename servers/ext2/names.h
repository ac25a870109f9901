/* SPDX-License-Identifier: MIT */
/*
 * An index of the names of large directories, of this instance only: hash of a name -> blocks of the directory that may hold it. A directory is a list, and looking through one of 10,000 names takes a million instructions.
 *
 * An index knows every name that is in its directory, and may know some that are not there any more: what it tells is looked at, and what it does not tell is not there. So a name is added when it is, and never taken out: not when it is
 * removed either, which a rollback may undo. An index that gets full is made anew. It is dropped when its directory begins, or ends, or another needs the place.
 */
#pragma once

#include "lib/filesystem.h"
#include "servers/ext2/ext2.h"

/* The index of a directory; a null pointer when there is none. */
struct name_index *names_of(struct ext2 *fs, uint32_t directory);

/* An empty one for the directory, in place of the one that was used longest ago. It counts when names_end() has been called, after the last name. */
struct name_index *names_begin(struct ext2 *fs, uint32_t directory);
void names_end(struct ext2 *fs, struct name_index *index);

/* Adds a name that block n of the directory holds. An index that is full is dropped: false. */
bool names_add(struct name_index *index, struct name name, uint32_t n);

/* The next block that may hold the name; *cursor is 0 at first. False when there is none. */
bool names_next(const struct name_index *index, struct name name, uint32_t *cursor, uint32_t *n);

void names_drop(struct ext2 *fs, uint32_t directory);

/* From which block on there may be room for an entry of so many bytes; and that block n is the first with room, or has got some. */
uint32_t names_room(const struct name_index *index, uint32_t bytes);
void names_room_found(struct name_index *index, uint32_t bytes, uint32_t n);
void names_room_made(struct name_index *index, uint32_t n);
