/* SPDX-License-Identifier: MIT */
/* The test of files that a client keeps when it closes them (struct session_page, parked), for the table of tests in main.c. */
#pragma once

void test_parked(void **state);
