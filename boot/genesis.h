/* SPDX-License-Identifier: MIT */
/* The beginning of the capability system. */
#pragma once

#include "boot/information.h"

/*
 * Makes core, ring and init by commit records, and init's Thread ready to run. Halts with one line unless the boot package is whole. `start` is the TSC at the
 * first instruction.
 */
void genesis_make(const struct boot_info *info, uint64_t start);
