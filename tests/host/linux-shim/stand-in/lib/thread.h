/* SPDX-License-Identifier: MIT */
/* lib/thread.h for a program that runs on the host: there the GS base is somebody else's, and the service has one thread. */
#pragma once

#define thread_self thread_self_of_processor
#include "../../../../../lib/thread.h"
#undef thread_self

extern struct thread_block service_thread;

static inline struct thread_block *thread_self(void)
{
	return &service_thread;
}
