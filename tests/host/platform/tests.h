/* SPDX-License-Identifier: MIT */
/* The groups of the unit tests of servers/platform. Each returns how many of its tests failed. */
#pragma once

int tables_test(void);   /* tables.c: finding tables; what MADT, MCFG, HPET say */
int power_test(void);    /* power.c: the sleep type, soft off, reset */
int calendar_test(void); /* calendar.c: the battery clock, the wall clock */

/* Prints what the tables in an image of a machine's memory say, in one line. Returns the exit status. */
int image_print(const char *path);
