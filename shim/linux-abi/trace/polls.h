/* SPDX-License-Identifier: MIT */
/* What is told behind the result of calls that wait for files: which ones are ready. */
#pragma once

#include "trace/line.h"

/* (Timeout), ([{fd=3, revents=POLLIN}]) */
void put_ready_polls(struct trace_line *line);

/* (Timeout), (in [3], left {tv_sec=0, tv_usec=5}) */
void put_ready_sets(struct trace_line *line);
