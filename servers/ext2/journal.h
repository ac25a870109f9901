/* SPDX-License-Identifier: MIT */
/*
 * The journal: how a set of changed metadata blocks gets to the disk all at once. It is that of ext3 (JBD, version 2 superblock, no features), one transaction at a time, always at the beginning of the log:
 *
 *   journal superblock (sequence n) and contents of files   FLUSH
 *   descriptors and metadata                                FLUSH
 *   commit block n                                          FLUSH     from here on it is valid
 *   metadata in place                                       FLUSH     from here on it is not needed any more; the next commit says n + 1
 *
 * A log whose transaction does not have the number that the journal superblock tells is an empty one; so transaction n + 1 overwrites the log only after its number is on the disk. A freed block that was
 * in the log is not used again before the commit after, so nothing has to be revoked.
 */
#pragma once

#include "servers/ext2/ext2.h"

/* How many metadata pages one commit can take. */
uint32_t journal_capacity(const struct ext2 *fs);

/* Commits everything dirty, or finishes or waits for a commit that is under way. Waits. 0; -EIO when a write failed (then the filesystem is read-only). */
int journal_commit(struct ext2 *fs);

/* Mount, before the cache: carries out what the journal of this superblock holds. Uses the buffers. MOUNT_FINE, or an error. */
enum mount_error journal_replay(struct ext2 *fs, const struct superblock *superblock);

/* Mount: finds the places of the journal's blocks and sets its superblock; makes a journal when there is none. */
enum mount_error journal_open(struct ext2 *fs);

/* Marks the superblock as in use, the journal as valid. -EIO. */
int journal_start(struct ext2 *fs);

/* Undoes a start whose journal could not be had. */
int journal_stop_early(struct ext2 *fs);

/* The sequence number that the journal's superblock tells. */
uint32_t journal_sequence(const struct ext2 *fs);

/* The other way round; nothing is dirty. */
int journal_stop(struct ext2 *fs);

/* The disk at once: reads or writes `sectors` sectors from a sector on, or flushes. In the buffers. */
int disk_do(struct ext2 *fs, enum disk_operation operation, uint64_t sector, uint32_t sectors, void *memory);
