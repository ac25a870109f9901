/* SPDX-License-Identifier: MIT */
/* Dates, in UTC: a process's time zone is its own business. */
#pragma once

#include "trace/line.h"

/* How many fractions a second has, where they are told. */
#define DATE_SECONDS 0
#define DATE_MICROSECONDS 6
#define DATE_NANOSECONDS 9

/* " / * 2023-11-14T22:13:20.000000005+0000 * /" without the inner blanks; fractions of zero are left out. Nothing for 0, or for fractions that are none. */
void put_date_comment(struct trace_line *line, int64_t seconds, uint64_t fraction, unsigned fraction_digits);

/* The date alone. */
void put_date(struct trace_line *line, int64_t seconds);
