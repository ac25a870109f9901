/* SPDX-License-Identifier: MIT */
/*
 * The sleep type of "soft off": the numbers in the package \_S5_ (ACPI 6.4, 7.4.2), which is written in AML, the firmware's byte code. Pure.
 *
 * This is no interpreter of AML. It searches the bytes of DSDT and SSDTs for the definition of a package of that name that begins with two plain integers (or has a single one, of two bytes), which is what compilers make of the usual `Name (_S5, Package () {...})`. A
 * firmware that computes the package (a Method, a conditional definition of two different ones) is not understood, and then that is the answer. Bytes that look like a definition within data or unreachable code
 * are taken for one, but when two definitions disagree, none is believed.
 */
#pragma once

#include "servers/platform/acpi.h"

enum sleep_answer { SLEEP_FOUND, SLEEP_ABSENT, SLEEP_AMBIGUOUS };

/* SLP_TYPa and SLP_TYPb, 0..7. */
enum sleep_answer sleep_type_find(const struct acpi *acpi, uint8_t type[2]);
