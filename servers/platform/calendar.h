/* SPDX-License-Identifier: MIT */
/*
 * The battery clock (Motorola MC146818 and its heirs, "CMOS RTC"): what its registers say, as seconds since 1970. Pure but for the registers, which the caller lends.
 *
 * The clock is taken to run in UTC. Its registers are valid only while no update is in progress, and an update can begin between any two reads: they are read until two readings in a row, both outside of an update, are equal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct calendar_registers {
	bool (*read)(void *context, uint8_t index, uint8_t *value); /* false: there is no clock */
	void (*wait)(void *context, uint64_t ns);
	void *context;
};

enum calendar_fault {
	CALENDAR_SOUND,
	CALENDAR_ABSENT,   /* the registers cannot be read */
	CALENDAR_UNSTEADY, /* it never stops updating, or never says the same twice */
	CALENDAR_NO_DATE,  /* what it says is no date */
};
const char *calendar_fault_sentence(enum calendar_fault fault);

/* Seconds since 1970-01-01 00:00 UTC. `century` is the index of the register that holds the century (from the FADT), 0 when there is none: then years from 70 on are of the 20th century. */
enum calendar_fault calendar_read(const struct calendar_registers *registers, uint8_t century, uint64_t *seconds);

/* A date of the Gregorian calendar from 1970 on. */
struct date {
	unsigned year, month, day, hour, minute, second; /* month and day from 1 */
};
uint64_t date_seconds(const struct date *date);
struct date date_of(uint64_t seconds);
