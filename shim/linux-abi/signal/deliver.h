/* SPDX-License-Identifier: MIT */
/* What is done about a task's pending signals before its program goes on. */
#pragma once

#include "process/task.h"

enum deliver_result {
	DELIVER_NOTHING, /* no handler was entered: the program goes on as it would have */
	DELIVER_AGAIN,   /* the system call is to be made again */
	DELIVER_DONE,    /* a handler was entered, or the task has ended: there is nothing to answer */
};

/*
 * Looks at all that there is: its end, a stop, signals. `result` is that of the system call that ends here (`call`), which may be one of the ERESTART numbers; it becomes -EINTR where a handler runs that does not restart. May wait.
 */
enum deliver_result signals_handle(struct task *task, int64_t *result, bool call);
