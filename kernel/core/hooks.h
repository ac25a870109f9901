/* SPDX-License-Identifier: MIT */
/*
 * What the capability state machine asks of the machine around it: implemented by kernel/effects.c and the parts that it names, by tools/replay and by the host tests.
 *
 * Hooks called from apply() return nothing and take bounded time (a few hundred instructions). The others are asked by decoders only.
 */
#pragma once

#include "kernel/core/core.h"

/* apply: an object of `type` is made at `object`; called before its authority part is initialised. A replay clears `bytes` there; the kernel has. */
void hook_object_created(enum object_type type, ref_t object, uint64_t bytes);

/* apply: the object lost its original capability. What takes long (waiters, page tables) goes on the limbo list. */
void hook_object_destroyed(enum object_type type, ref_t object);

/* apply: the slot of a Thread, IrqHandler or the log was filled or emptied. */
void hook_slot_changed(struct slot *slot);

/* apply: table memory was donated. */
void hook_memory_donated(ref_t vspace, paddr_t base, uint64_t size);

/* apply: an interrupt was attached or (vector still set) is about to be detached. */
void hook_irq_changed(struct irq_core *irq, bool attached);

/* apply: a Thread's priority changed. */
void hook_priority_changed(struct thread_core *thread);

/* decode: is an interrupt pending? Then a restartable operation returns. */
bool hook_interrupt_pending(void);

/* decode: clear ordinary memory. */
void hook_memory_clear(paddr_t base, uint64_t size);

/* decode: memory for one more Mapping of the VSpace and its index; 0 when it has none. Takes nothing yet (hook_object_created does). */
ref_t hook_mapping_available(ref_t vspace, uint16_t *index);

/* decode: one bounded step of clearing the limbo list. Returns whether it is empty. */
bool hook_limbo_step(void);

/* decode: number of IOAPIC lines. */
unsigned hook_irq_lines(void);

/* commit: as many records as the ring's header tells wait to be consumed. */
void hook_log_threshold(void);

/* decode, debug builds: an operation was refused. */
void hook_refused(enum error error, const char *sentence);
