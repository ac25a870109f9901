/* SPDX-License-Identifier: MIT */
/* Trees of the shim's own (file/entry.h) and where they are mounted; walks through them. */
#pragma once

#include "file/entry.h"
#include "file/mounts.h"

/* A kind of tree that mount(2) knows by its type. */
struct tree_kind {
	const char *type;
	struct entry *(*root)(void); /* of a tree for one more mount, with one user; a null pointer when there is no memory */
	struct tree_kind *next;
};

/* Adds a kind; the structure stays the caller's. */
void tree_register(struct tree_kind *kind);
struct tree_kind *tree_kind_find(const char *type);

/*
 * Goes on with a walk in a tree of the shim's own, from `at` (whose user it takes over): walk->text is the rest of the path, and `place` the absolute path of `at`. True: the path leads out again, and vfs is to be asked for what
 * walk->path says now. False: it has ended there, with walk->entry or walk->found set, or with an error in *result.
 */
bool tree_enter(struct walk *walk, struct entry *at, const char *place, int64_t *result);

/* Opens what a walk has led to in a tree: flags as in open(2). */
int entry_open(struct walk *walk, uint32_t flags, struct description **description);

/* Opens once more what a magic link leads to. */
int found_open(struct walk *walk, uint32_t flags, uint32_t mode, struct description **description);
