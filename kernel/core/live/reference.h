/* SPDX-License-Identifier: MIT */
/* References in the kernel: the direct map makes each the address of what it names. The build selects this file or host/reference.h. */
#pragma once

static inline void *core_pointer(ref_t ref)
{
	return (void *)ref;
}

static inline ref_t core_ref(const void *object)
{
	return (uint64_t)object;
}
