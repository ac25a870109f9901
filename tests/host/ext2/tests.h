/* SPDX-License-Identifier: MIT */
/* The tests of servers/ext2 that have a file of their own; cmocka's functions are declared where this is included. */
#pragma once

#include "world.h"

/* random.c: the same random operations here and in a directory of Linux. */
void test_differential(void **state);

/* cuts.c: power cuts at any point, instances killed at any request, memory that was changed behind the back of all. */
void test_power_cuts(void **state);
void test_kills(void **state);
void test_memory_damage(void **state);

/* users.c: who has which inode open; when reading is noted. */
void test_users(void **state);
void test_access_noted(void **state);
void test_nameless(void **state);
