/* SPDX-License-Identifier: MIT */
/* The first process's files: the console, three times (terminal/console_files.h). */
#include "terminal/console_files.h"

#include "file/description.h"
#include "file/descriptors.h"
#include "terminal/terminal.h"

int console_files_open(struct task *task)
{
	struct description *description = description_make(&terminal_operations, MODE_CHARACTER | 0600, LINUX_O_RDWR, FILESYSTEM_TERMINAL);
	int error = description ? terminal_open(task, description, &console, 0) : -ENOMEM;

	if (description)
		description->device = console.number;
	for (int i = 0; !error && i < 3; i++) {
		description_hold(description);
		error = descriptor_give(task, description, 0) < 0 ? -ENOMEM : 0;
	}
	if (description)
		description_release(description);
	return error;
}
