/* SPDX-License-Identifier: MIT */
/* Entries from user mode that are not native kernel calls, and interrupts of the idle loop. */
#pragma once

#include "kernel/thread.h"

/* From entry.asm: the current thread trapped (fault or interrupt); its frame is complete (of an idle one: the vector only). */
_Noreturn void trap_handle(struct thread *self);

/* In entry.asm: go on in user mode with the current thread. */
_Noreturn void thread_resume_current(void);
