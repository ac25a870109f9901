/* SPDX-License-Identifier: MIT */
/*
 * On what a power cut depends: FLUSH (flush.c), and the order of a commit (order.c). Each is a file of its own, so that a test can link a filesystem without it and see that it is missed.
 */
#pragma once

#include "servers/ext2/ext2.h"

/* All that was written before is on the disk for good: 0 or -EIO. Waits. */
int disk_flush(struct ext2 *fs);

/* A commit, from the phase in which the state is to IDLE. Waits. 0, or the error of a write. */
int commit_do(struct ext2 *fs);

/* The steps of a commit: what is written in each phase, with the flushes that belong to it. Each can be done again from its beginning. */
int phase_data(struct ext2 *fs);
int phase_log(struct ext2 *fs);
int phase_place(struct ext2 *fs);

/* The one store, a transaction of its own, by which a step is done. */
void phase_set(struct ext2 *fs, enum phase phase);
