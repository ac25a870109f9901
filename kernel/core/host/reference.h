/* SPDX-License-Identifier: MIT */
/* References on the host: each is translated into an arena. The build selects this file or live/reference.h. */
#pragma once

extern unsigned char *core_arena; /* host memory that stands for physical address 0 */

static inline void *core_pointer(ref_t ref)
{
	return ref ? core_arena + (ref - DIRECT_MAP_BASE) : NULL;
}

static inline ref_t core_ref(const void *object)
{
	return object ? (uint64_t)((const unsigned char *)object - core_arena) + DIRECT_MAP_BASE : 0;
}
