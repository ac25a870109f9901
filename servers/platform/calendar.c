/* SPDX-License-Identifier: MIT */
/* Reading the battery clock (calendar.h), after the data sheet of the MC146818A and the Intel ICH9 data sheet, 13.6. */
#include "servers/platform/calendar.h"

#include "lib/string.h"

/* Registers. */
enum { CLOCK_SECOND = 0, CLOCK_MINUTE = 2, CLOCK_HOUR = 4, CLOCK_DAY = 7, CLOCK_MONTH = 8, CLOCK_YEAR = 9, CLOCK_A = 10, CLOCK_B = 11 };
#define A_UPDATING 0x80
#define B_BINARY 0x04
#define B_24_HOURS 0x02
#define HOUR_AFTERNOON 0x80

#define MILLISECOND 1000000ull
#define UPDATE_WAITS 100 /* of 1 ms: an update takes 2 ms at most */
#define READINGS 8       /* a second has one update: three readings are enough for a clock that works */
#define CENTURY_PIVOT 70

#define SECONDS_A_DAY 86400

struct reading {
	uint8_t second, minute, hour, day, month, year, century, mode;
};
_Static_assert(sizeof(struct reading) == 8, "compared as bytes");

const char *calendar_fault_sentence(enum calendar_fault fault)
{
	switch (fault) {
	case CALENDAR_SOUND:
		return "nothing is wrong";
	case CALENDAR_ABSENT:
		return "there is none";
	case CALENDAR_UNSTEADY:
		return "it is never at rest";
	case CALENDAR_NO_DATE:
		return "what it says is no date";
	}
	return "a fault that the list does not have";
}

/* Waits until no update is in progress. */
static enum calendar_fault update_wait(const struct calendar_registers *registers)
{
	for (int i = 0; i < UPDATE_WAITS; i++) {
		uint8_t a;

		if (!registers->read(registers->context, CLOCK_A, &a))
			return CALENDAR_ABSENT;
		if (!(a & A_UPDATING))
			return CALENDAR_SOUND;
		registers->wait(registers->context, MILLISECOND);
	}
	return CALENDAR_UNSTEADY;
}

static enum calendar_fault reading_take(const struct calendar_registers *registers, uint8_t century, struct reading *reading)
{
	const struct {
		uint8_t index;
		uint8_t *to;
	} wanted[] = {
		{CLOCK_SECOND, &reading->second}, {CLOCK_MINUTE, &reading->minute}, {CLOCK_HOUR, &reading->hour}, {CLOCK_DAY, &reading->day},
		{CLOCK_MONTH, &reading->month}, {CLOCK_YEAR, &reading->year}, {CLOCK_B, &reading->mode}, {century, &reading->century},
	};
	unsigned count = sizeof(wanted) / sizeof(wanted[0]) - (century ? 0 : 1);
	enum calendar_fault fault = update_wait(registers);

	for (unsigned i = 0; fault == CALENDAR_SOUND && i < count; i++)
		if (!registers->read(registers->context, wanted[i].index, wanted[i].to))
			fault = CALENDAR_ABSENT;
	return fault;
}

/* Two equal readings in a row: then no update lay between. */
static enum calendar_fault reading_settle(const struct calendar_registers *registers, uint8_t century, struct reading *reading)
{
	enum calendar_fault fault = reading_take(registers, century, reading);

	for (int i = 0; fault == CALENDAR_SOUND && i < READINGS; i++) {
		struct reading before = *reading;

		fault = reading_take(registers, century, reading);
		if (fault == CALENDAR_SOUND && memcmp(&before, reading, sizeof(before)) == 0)
			return CALENDAR_SOUND;
	}
	return fault == CALENDAR_SOUND ? CALENDAR_UNSTEADY : fault;
}

/* A register's number; 100 or more when it is no number in BCD. */
static unsigned number_of(const struct reading *reading, uint8_t value)
{
	if (reading->mode & B_BINARY)
		return value;
	return (value & 0x0f) > 9 ? 100 : (value >> 4) * 10 + (value & 0x0fu);
}

/* In 12-hour mode 12 comes before 1, in the morning and in the afternoon; 24 stands for what is no hour. */
static unsigned hour_of(const struct reading *reading)
{
	bool afternoon = reading->hour & HOUR_AFTERNOON;
	unsigned hour;

	if (reading->mode & B_24_HOURS)
		return number_of(reading, reading->hour);
	hour = number_of(reading, reading->hour & (uint8_t)~HOUR_AFTERNOON);
	if (hour < 1 || hour > 12)
		return 24;
	return hour % 12 + (afternoon ? 12 : 0);
}

static unsigned year_of(const struct reading *reading, bool has_century)
{
	unsigned year = number_of(reading, reading->year), century = number_of(reading, reading->century);

	if (!has_century)
		century = year < CENTURY_PIVOT ? 20 : 19;
	return year < 100 && century < 100 ? century * 100 + year : 0;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool date_is_possible(const struct date *date)
{
	return date->year >= 1970 && date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= days_of_month(date->year, date->month) && date->hour < 24 &&
	       date->minute < 60 && date->second < 60;
}

enum calendar_fault calendar_read(const struct calendar_registers *registers, uint8_t century, uint64_t *seconds)
{
	struct reading reading = {0};
	enum calendar_fault fault = reading_settle(registers, century, &reading);
	struct date date;

	if (fault != CALENDAR_SOUND)
		return fault;
	date = (struct date){
		year_of(&reading, century != 0), number_of(&reading, reading.month), number_of(&reading, reading.day), hour_of(&reading),
		number_of(&reading, reading.minute), number_of(&reading, reading.second),
	};
	if (!date_is_possible(&date))
		return CALENDAR_NO_DATE;
	*seconds = date_seconds(&date);
	return CALENDAR_SOUND;
}

static uint64_t days_before_year(unsigned year)
{
	uint64_t before = year - 1;

	return before * 365 + before / 4 - before / 100 + before / 400;
}

uint64_t date_seconds(const struct date *date)
{
	uint64_t days = days_before_year(date->year) - days_before_year(1970) + date->day - 1;

	for (unsigned month = 1; month < date->month; month++)
		days += days_of_month(date->year, month);
	return days * SECONDS_A_DAY + date->hour * 3600u + date->minute * 60u + date->second;
}

struct date date_of(uint64_t seconds)
{
	uint64_t days = seconds / SECONDS_A_DAY, rest = seconds % SECONDS_A_DAY;
	struct date date = {.year = 1970 + (unsigned)(days / 366), .month = 1, .hour = (unsigned)(rest / 3600), .minute = (unsigned)(rest / 60 % 60), .second = (unsigned)(rest % 60)};

	while (days_before_year(date.year + 1) - days_before_year(1970) <= days)
		date.year++;
	days -= days_before_year(date.year) - days_before_year(1970);
	for (; days >= days_of_month(date.year, date.month); date.month++)
		days -= days_of_month(date.year, date.month);
	date.day = (unsigned)days + 1;
	return date;
}
