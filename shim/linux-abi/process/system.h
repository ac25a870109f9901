/* SPDX-License-Identifier: MIT */
/* The end of the system, as the personality can bring it about. */
#pragma once

#include "process/task.h"

/* The first process has ended: the system is switched off, or what ran it is told. */
void system_end(int status);

/* reboot(2): ends the system in order. Does not come back when it can be done; -EPERM, -EIO else. */
int64_t system_switch_off(struct task *task, bool again);
