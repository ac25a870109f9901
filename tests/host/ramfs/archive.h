/* SPDX-License-Identifier: MIT */
/* The tests of cpio archives, for the table of tests in main.c: archives as they should be, and damaged ones. */
#pragma once

void test_archive(void **state);
void test_archive_damaged(void **state);
