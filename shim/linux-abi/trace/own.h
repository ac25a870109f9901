/* SPDX-License-Identifier: MIT */
/* Structures that are not written member by member as abi/linux/structures.def has them: each is given a copy of the structure. */
#pragma once

#include "trace/line.h"

/* attributes.c */
void put_stat(struct trace_line *line, const void *copy);
void put_statx(struct trace_line *line, const void *copy);
void put_statfs(struct trace_line *line, const void *copy);

/* time.c */
void put_sched_param(struct trace_line *line, const void *copy);

/* polls.c */
void put_epoll_event(struct trace_line *line, const void *copy);

/* terminal.c */
void put_termios(struct trace_line *line, const void *copy);

/* process.c */
void put_wait_status(struct trace_line *line, const void *copy);

/* signals.c */
void put_sigaction(struct trace_line *line, const void *copy);
void put_siginfo(struct trace_line *line, const void *copy);
void put_sigevent(struct trace_line *line, const void *copy);
void put_sigset_argument(struct trace_line *line, const void *copy);
void put_sigset(struct trace_line *line, uint64_t set);
