/* SPDX-License-Identifier: MIT */
/*
 * How vfs reaches its trees: the servers with which it has a session and a buffer large enough, in the order of the start page. A request of a fiber waits until a tree has answered it, at once or through the completion ring; after a tree's
 * restart, which its session page tells by the generation, what it was asked and had not answered is asked again.
 *
 * No tree holds up who wants nothing of it. Every call ends: an instance that has lived for long, or is the first one, is started again at once when it dies (servers/supervisor/policy.h), so a call of it waits for as long as that takes. One that
 * was restarted lately may be in a crash loop, and then its requests would lie at an Endpoint at which nobody receives for seconds: calls of it have a deadline. A tree that does not answer in time is *away*: fibers wait for a sign
 * of it, and it is tried again from time to time, while the others go on.
 *
 * A request that was given up, or was sent by an instance of vfs that has died, may still be under way at the tree, and would write its result where the next one puts its own. So before the next request the tree is asked to end all
 * that (TREE_FENCE).
 */
#pragma once

#include "vfs.h"

/* Finds the trees: how many there are, their badges and buffers, and what they publish. `requests`: whose requests wait. */
void reach_open(struct vfs_options *options, const struct sessions *requests);

/* As struct vfs_options wants them. In fibers only. */
void reach_call(void *context, uint32_t tree, struct file_exchange *exchange);
void reach_lock(void *context, uint32_t tree);
void reach_unlock(void *context, uint32_t tree);

/* Takes what the trees have answered that have signalled. Wakes fibers. */
void reach_signalled(void *context, uint64_t bits);

/* When reach_again() is to be called (ns); 0: it need not be. It has trees that are away tried again, by waking who waits for them. */
extern uint64_t reach_due;
void reach_again(void *context);
