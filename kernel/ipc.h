/* SPDX-License-Identifier: MIT */
/* Messages: the one kernel call, foreign system calls and faults as messages, signals, and the end of waiting. */
#pragma once

#include "kernel/thread.h"

/* From entry.asm: the current thread executed `syscall`; its frame is complete. */
__attribute__((hot)) _Noreturn void syscall_handle(struct thread *self);

/* Send the current fault of `self` (frame.vector) to its fault or personality endpoint. It does not run on before it is answered. */
void fault_send(struct thread *self);

/* Set bits of a Notification; a waiter is made ready with them. */
void notification_signal(struct notification *notification, uint64_t bits);

/* End the wait of a thread, whatever it is, with this status; a foreign or faulting thread stays as before its instruction (FAULTED). No effect on a thread that does not wait. */
void wait_cancel(struct thread *thread, enum error status);

/* End the wait of a native thread, which executes its call (frame.rax) again. */
void wait_retry(struct thread *thread);
