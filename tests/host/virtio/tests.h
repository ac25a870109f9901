/* SPDX-License-Identifier: MIT */
/* What the unit tests of the virtio drivers share: how tests are run and counted. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct unit {
	struct CMUnitTest test;
	const char *sentence;
};

/* Runs the tests, prints a line for each, and returns how many failed. */
int units_run(const struct unit *units, size_t count);

/* The tests of the block driver. */
int disk_tests(void);

/* The tests of the drivers of byte devices. */
int stream_tests(void);
