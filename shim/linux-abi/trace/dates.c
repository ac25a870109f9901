/* SPDX-License-Identifier: MIT */
/* Dates of the Gregorian calendar from seconds since 1970 (dates.h). */
#include "trace/dates.h"

#define DAY 86400
#define ERA_DAYS 146097 /* of 400 years */
#define DAYS_TO_1970 719468 /* from 1 March of the year 0 */

/* A number with at least `digits` digits. */
static void put_padded(struct trace_line *line, uint64_t number, unsigned digits)
{
	uint64_t limit = 1;

	for (unsigned i = 1; i < digits; i++)
		limit *= 10;
	for (; limit > 1 && number < limit; limit /= 10)
		put_character(line, '0');
	put_unsigned(line, number);
}

/*
 * Years are counted from March, so that the leap day is the last of its year; a month of that count has days as 153 days in 5 months.
 */
static void put_day(struct trace_line *line, int64_t days)
{
	int64_t from_march = days + DAYS_TO_1970;
	int64_t era = (from_march >= 0 ? from_march : from_march - ERA_DAYS + 1) / ERA_DAYS;
	int64_t of_era = from_march - era * ERA_DAYS;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * of_year + 2) / 153;
	int64_t day = of_year - (153 * month_from_march + 2) / 5 + 1;
	int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	int64_t year = year_of_era + era * 400 + (month <= 2);

	if (year < 0)
		put_character(line, '-');
	put_padded(line, (uint64_t)(year < 0 ? -year : year), year < 0 ? 3 : 1);
	put_character(line, '-');
	put_padded(line, (uint64_t)month, 2);
	put_character(line, '-');
	put_padded(line, (uint64_t)day, 2);
}

static void put_time(struct trace_line *line, int64_t seconds)
{
	int64_t days = seconds / DAY, of_day = seconds % DAY;

	if (of_day < 0) {
		of_day += DAY;
		days--;
	}
	put_day(line, days);
	put_character(line, 'T');
	put_padded(line, (uint64_t)of_day / 3600, 2);
	put_character(line, ':');
	put_padded(line, (uint64_t)of_day / 60 % 60, 2);
	put_character(line, ':');
	put_padded(line, (uint64_t)of_day % 60, 2);
}

void put_date(struct trace_line *line, int64_t seconds)
{
	put_time(line, seconds);
	put_text(line, "+0000");
}

/* Years beyond the int of struct tm are none to a C library. */
static bool is_date(int64_t seconds)
{
	return seconds < (INT64_C(1) << 55) && seconds > -(INT64_C(1) << 55);
}

void put_date_comment(struct trace_line *line, int64_t seconds, uint64_t fraction, unsigned fraction_digits)
{
	uint64_t limit = 1;

	for (unsigned i = 0; i < fraction_digits; i++)
		limit *= 10;
	if ((!seconds && !fraction) || fraction >= limit || !is_date(seconds))
		return;
	put_text(line, " /* ");
	put_time(line, seconds);
	if (fraction) {
		put_character(line, '.');
		put_padded(line, fraction, fraction_digits);
	}
	put_text(line, "+0000 */");
}
