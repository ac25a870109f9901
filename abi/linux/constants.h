/* SPDX-License-Identifier: MIT */
/*
 * The constants of Linux's interface on x86-64, as enumerators with the prefix LINUX_, so that they can stand beside those of a C library: LINUX_O_CREAT, LINUX_SIGINT, ... Error numbers are in abi/errno.h.
 *
 * The files *.def of this directory hold them in sets; a set is what one argument or member can be, and is either flags or a choice. They consist of
 *
 *   CONSTANTS(set, unknown)     begins a set; `unknown` is what strace(1) prints beside a number without a name
 *   CONSTANT(name, value)       a constant, which belongs to this set
 *   SAME(name)                  a constant of an earlier set that can stand here too
 *   CONSTANTS_END(set)          ends it; the enumerator of that name is there for sets that have nothing of their own
 */
#pragma once

#define CONSTANTS(set, unknown) enum linux_##set {
#define CONSTANT(name, value) LINUX_##name = (value),
#define SAME(name)
#define CONSTANTS_END(set) LINUX_END_OF_##set = 0 };
#include "abi/linux/constants.def"
