/* SPDX-License-Identifier: MIT */
/*
 * The protocol of platform: the wall clock, the firmware's tables, switching off.
 *
 * TIME gives a pair: this wall clock at that monotonic time. A client asks once and then computes: wall + (clock_now() - monotonic). Until platform has seen a second begin, the pair may be up to a second late, and says so in
 * its last word; asked again later, it is right to some ms. The wall clock never goes backwards while the system runs.
 *
 * TABLE copies the part of the table that begins at `first byte`, as much as there is room for and not beyond the end; the result is always the size of the whole table. Of a signature there can be several (SSDT). Tables are as
 * the firmware made them, with a right length and checksum; their contents are not checked.
 *
 * POWER_OFF and REBOOT are for clients of whom the manifest says `may power`.
 */
#pragma once

#include "abi/types.h"

enum platform_request {
#define REQUEST(name, number, in, out, sentence) PLATFORM_##name = (number),
#include "abi/protocols/platform.def"
#undef REQUEST
};

#define PLATFORM_RIGHT_POWER "power"

/* A table's signature as TABLE takes it. */
#define PLATFORM_SIGNATURE(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
