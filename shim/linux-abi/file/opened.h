/* SPDX-License-Identifier: MIT */
/*
 * What vfs has opened for the shim: a number of lib/file.h with a count of users. Users are open files (file/description.h) and the pages of a file that is mapped (file/content.h), which outlive the description that they came from.
 */
#pragma once

#include <stdint.h>

struct opened {
	uint32_t users;
	int number;
	uint32_t mount; /* by which it was found (struct file_opened) */
};

/* Takes a number over, with one user. A null pointer when there is no memory: then it has been closed. */
struct opened *opened_make(int number, uint32_t mount);

static inline void opened_hold(struct opened *opened)
{
	opened->users++;
}

/* The last user closes it. May wait. */
void opened_release(struct opened *opened);
