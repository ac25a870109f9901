/* SPDX-License-Identifier: MIT */
/*
 * What the personality has to say about the system, as Linux's kernel has it: lines in a ring, which syslog(2) reads. One whose level is below the console's also goes to the log of the services (lib/log.h).
 */
#pragma once

#include "proc/text.h"

/* A line without its line feed, with lib/format.h's conversions; level: LINUX_LOGLEVEL_*. Never waits. */
void system_log(int level, const char *format, ...);

/* The text of /proc/sys/kernel/printk: the console's level, and three that do not change; and sets the first from such a text: its bytes, or -EINVAL. */
void system_log_level_tell(struct proc_text *text);
int64_t system_log_level_take(const char *line, size_t bytes);
