/* SPDX-License-Identifier: MIT */
/*
 * The event loop: messages of Linux threads in, answers out.
 *
 * The loop runs in a fiber, and so does what it calls: a handler that need not wait costs no switch. When one waits, its fiber keeps what it was doing, and another fiber becomes the loop. So there are as many fibers as tasks that wait,
 * and one.
 */
#pragma once

#include "process/task.h"

/* Prepares fibers and Replies for `tasks` more tasks than there are. False when there is no memory. */
bool loop_provide(void);

/* Serves for ever. */
_Noreturn void loop_run(void);

/* Starts function(argument) in a fiber of its own, for work that belongs to no task. False when there is none. */
bool loop_work(void (*function)(void *argument), void *argument);
