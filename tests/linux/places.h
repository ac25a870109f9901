/* SPDX-License-Identifier: MIT */
/* For programs of tests/linux about System V objects: their tables, as the calls' commands for places and /proc/sysvipc tell them. */
#pragma once

#include "check.h"

#define CHECK_PLACES 1000

/* The place of an object in the table of all: the one whose number is the object's, as `command` of SYS_msgctl, SYS_semctl or SYS_shmctl tells; -1 if none is. */
static inline int check_place(long call, int object, int command)
{
	char state[256]; /* more than any of the three structures takes */

	for (int place = 0; place < CHECK_PLACES; place++) {
		long number = call == SYS_semctl ? syscall(call, place, 0, command, state) : syscall(call, place, command, state);

		if (number == object)
			return place;
	}
	return -1;
}

/* Prints the heading of a table of /proc/sysvipc; returns its first row, which stays until the next is asked for. */
static inline const char *check_table(const char *path)
{
	static char text[4096];
	int file = open(path, O_RDONLY);
	const char *end;

	memset(text, 0, sizeof(text));
	(void)!read(file, text, sizeof(text) - 1);
	close(file);
	end = strchr(text, '\n');
	if (!end) {
		check_print("%s has no heading\n", path);
		return text;
	}
	check_print("%.*s", (int)(end - text + 1), text);
	return end + 1;
}
