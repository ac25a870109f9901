/* SPDX-License-Identifier: MIT */
/* The beginning of the capability system, prepared as data. */
#pragma once

#include "abi/handoff.h"
#include "boot/information.h"

/*
 * Lays out core, ring and init, writes the records that make them, and clears their memory. Halts with one line unless the boot package is whole. `start` is the TSC at the
 * first instruction. The result lies in the loader.
 */
const struct handoff *genesis_prepare(const struct boot_info *info, uint64_t start);
