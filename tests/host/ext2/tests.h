/* SPDX-License-Identifier: MIT */
/* The tests of servers/ext2, file by file. */
#pragma once

#include "world.h"

#define TESTS_MEMORY (16 << 20) /* bytes for a filesystem that is not to be short of them */

/* formats.c: what mke2fs makes. */
void test_read(void **state);
void test_write(void **state);
void test_refused(void **state);

/* files.c: contents and attributes. */
void test_sparse(void **state);
void test_full(void **state);
void test_links(void **state);
void test_unlinked(void **state);
void test_attributes(void **state);
void test_marked(void **state);

/* names.c: directories. */
void test_directory(void **state);
void test_names(void **state);

/* failures.c: disks that fail, and instances that end while they read. */
void test_failing(void **state);
void test_unreadable(void **state);
void test_gone(void **state);
void test_unsealed(void **state);
void test_stale(void **state);

/* random.c: the same random operations here and in a directory of Linux. */
void test_differential(void **state);

/* xattrs.c: extended attributes. */
void test_xattrs(void **state);
void test_xattrs_foreign(void **state);
void test_xattrs_shared(void **state);
void test_xattrs_full(void **state);

/* cuts.c: power cuts at any point, instances killed at any request, memory that was changed behind the back of all. */
void test_power_cuts(void **state);
void test_kills(void **state);
void test_memory_damage(void **state);

/* ahead.c: what is read in order comes in large pieces, what is not is all that is fetched. */
void test_read_ahead(void **state);

/* users.c: who has which inode open; when reading is noted. */
void test_users(void **state);
void test_access_noted(void **state);
void test_nameless(void **state);
void test_made_nameless(void **state);
