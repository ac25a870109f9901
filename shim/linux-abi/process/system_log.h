/* SPDX-License-Identifier: MIT */
/*
 * What the personality has to say about the system, as Linux's kernel has it: lines in a ring, which syslog(2) reads. One whose level is below the console's also goes to the log of the services (lib/log.h).
 */
#pragma once

/* A line without its line feed, with lib/format.h's conversions; level: LINUX_LOGLEVEL_*. Never waits. */
void system_log(int level, const char *format, ...);
