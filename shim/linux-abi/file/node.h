/* SPDX-License-Identifier: MIT */
/*
 * Nodes: what all who have one file of a filesystem open share, whichever way they opened it. There is one for each regular file and named pipe that is open or whose pages are kept, found by filesystem and inode.
 */
#pragma once

#include "lib/fiber.h"
#include "process/wait.h"

struct content;
struct lease;
struct lock;
struct pipe;

struct node {
	struct node *next; /* with the same hash */
	uint64_t filesystem, inode;
	uint32_t users;
	uint32_t writers; /* descriptions of a regular file that are open for writing: it is not executed meanwhile */
	uint32_t readers; /* those that are open for reading alone: nobody else gets a lease for writing */
	struct fiber_lock changing; /* held by who writes, truncates or writes back: one after another, as Linux's inode lock has it */
	uint64_t changes;           /* counts them, each when it is done: who has read meanwhile reads again */
	struct content *content;    /* its pages (file/content.h); null: none are kept */
	struct pipe *pipe;          /* of a named pipe that is open */
	struct lock *locks;         /* file/lock_list.h */
	struct wait_queue unlocked; /* woken when locks go */
	struct lease *leases;       /* file/lease.h */
	struct wait_queue unleased; /* woken when leases go, or become less */
};

/* The node of a file, with one user more. A null pointer when there is no memory. */
struct node *node_take(uint64_t filesystem, uint64_t inode);

/* The node of a file, not held; a null pointer when there is none. */
struct node *node_find(uint64_t filesystem, uint64_t inode);

void node_release(struct node *node);

/* Calls for each node that there is; it must neither wait nor release. */
void nodes_visit(void (*visit)(struct node *node, void *argument), void *argument);
