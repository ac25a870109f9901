/* SPDX-License-Identifier: MIT */
/*
 * The memory of a process as files: /proc/PID/mem and /proc/PID/pagemap (proc(5)). What was opened stays the memory of that moment: after an exec, or the end of the last who used it, there is nothing to be read any more. An open file does
 * not keep a memory from being given back.
 *
 * Stores through mem keep to the protection of the pages, where Linux goes past it.
 */
#pragma once

#include "proc/proc.h"

/* Open them, for who may look into that process (proc_node.inspects). 0, -ESRCH: it has no memory. */
int proc_memory_open(const struct proc_subject *subject, struct description *description);
int proc_page_map_open(const struct proc_subject *subject, struct description *description);
