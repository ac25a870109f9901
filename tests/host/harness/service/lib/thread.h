/* SPDX-License-Identifier: MIT */
/* lib/thread.h for a service on the host, where no GS base leads to its thread block. */
#pragma once

#define thread_self thread_self_by_segment
#include_next "lib/thread.h"
#undef thread_self

struct thread_block *thread_self(void);
