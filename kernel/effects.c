/* SPDX-License-Identifier: MIT */
/*
 * What changes of authority mean for the machine: the hooks of kernel/core/hooks.h, but for those that belong to one part of it alone (schedule.c, interrupt.c,
 * arch/x86_64/apic.c and vspace.c).
 *
 * A destroyed object whose end takes long (an Endpoint with waiters, a Mapping with pages) goes on the limbo list, which the deleting call works off in bounded steps after the
 * records are written; its memory cannot be reused before (see core/teardown.c).
 */
#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/console.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/arch/x86_64/vspace.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/ipc.h"
#include "kernel/schedule.h"

static struct queue *limbo_queues; /* of destroyed Endpoints and Notifications with waiters, linked by `limbo` */
static ref_t limbo_mappings;       /* linked by mapping_core.limbo */

static void thread_initialise(struct thread *thread)
{
	thread->stopped = STOPPED_SUSPENDED | STOPPED_NO_SPACE;
	thread->frame.cs = SELECTOR_USER_CODE;
	thread->frame.ss = SELECTOR_USER_DATA;
	thread->frame.rflags = RFLAGS_ALWAYS;
	thread->fpu.control = FPU_CONTROL_RESET;
	thread->fpu.mxcsr = FPU_MXCSR_RESET;
}

void hook_object_created(enum object_type type, ref_t object, uint64_t bytes)
{
	(void)bytes;
	if (type == OBJECT_THREAD)
		thread_initialise(core_pointer(object));
	else if (type == OBJECT_VSPACE)
		vspace_initialise(core_pointer(object));
	else if (type == OBJECT_MAPPING)
		vspace_mapping_take(core_pointer(((struct mapping_core *)core_pointer(object))->vspace));
}

/* A thread leaves everything that it waits in or runs on. */
static void thread_destroyed(struct thread *thread)
{
	wait_cancel(thread, ERR_CANCELLED);
	thread_stop(thread, STOPPED_DESTROYED);
	fpu_flush(thread);
}

/* Whoever waits for an answer through a destroyed Reply, or with it armed, waits no longer. */
static void reply_destroyed(struct reply *reply)
{
	if (reply->thread)
		wait_cancel(reply->thread, ERR_CANCELLED);
}

/* Whoever still waits in the queue of a destroyed object is woken step by step. */
static void queue_destroyed(struct queue *queue)
{
	queue->limbo = limbo_queues;
	limbo_queues = queue;
}

/* No CPU may go on with the tables of a destroyed address space. */
static void vspace_destroyed(ref_t vspace)
{
	if (this_cpu()->root != vspace_root(vspace))
		return;
	this_cpu()->root = image_paddr(kernel_root);
	cr3_write(this_cpu()->root);
}

void hook_object_destroyed(enum object_type type, ref_t object)
{
	if (type == OBJECT_THREAD) {
		thread_destroyed(core_pointer(object));
	} else if (type == OBJECT_ENDPOINT) {
		queue_destroyed(&((struct endpoint *)core_pointer(object))->queue);
	} else if (type == OBJECT_NOTIFICATION) {
		queue_destroyed(&((struct notification *)core_pointer(object))->queue);
	} else if (type == OBJECT_REPLY) {
		reply_destroyed(core_pointer(object));
	} else if (type == OBJECT_VSPACE) {
		vspace_destroyed(object);
	} else if (type == OBJECT_MAPPING) {
		((struct mapping_core *)core_pointer(object))->limbo = limbo_mappings;
		limbo_mappings = object;
	}
}

bool hook_limbo_step(void)
{
	if (limbo_queues) {
		if (limbo_queues->head)
			wait_cancel(limbo_queues->head, ERR_CANCELLED);
		else
			limbo_queues = limbo_queues->limbo;
	} else if (limbo_mappings) {
		struct mapping_core *mapping = core_pointer(limbo_mappings);
		struct vspace_core *vspace = core_pointer(mapping->vspace);

		if (!vspace->slot || vspace_mapping_clear(mapping))
			limbo_mappings = mapping->limbo;
	}
	return !limbo_queues && !limbo_mappings;
}

void hook_slot_changed(struct slot *slot)
{
	const struct irq_core *irq = (const struct irq_core *)slot;
	bool filled = slot->type != OBJECT_NULL;

	if (slot_place(slot) == PLACE_THREAD + THREAD_VSPACE)
		(filled ? thread_start : thread_stop)((struct thread *)slot_thread(slot), STOPPED_NO_SPACE);
	if (slot_place(slot) == PLACE_THREAD + THREAD_NOTIFICATION && filled)
		notification_signal(core_pointer(slot->object), 0); /* what is pending is for the bound thread now */
	if (slot_place(slot) == PLACE_IRQ && !filled && irq->vector)
		ioapic_mask(irq->line, true);
}

void hook_memory_clear(paddr_t base, uint64_t size)
{
	memory_zero(paddr_pointer(base), size);
}

void hook_log_threshold(void)
{
	if (core->log.type == OBJECT_NOTIFICATION)
		notification_signal(core_pointer(core->log.object), core->log.badge);
}

void hook_refused(enum error error, const char *sentence)
{
	trace_record(this_cpu(), TRACE_REFUSED, error, core_ref(this_cpu()->current));
	console_print("refused: ");
	console_words(sentence, (const uint64_t[]){ error }, 1);
}
