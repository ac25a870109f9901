/* SPDX-License-Identifier: MIT */
/*
 * What changes of authority mean for the machine: the hooks of kernel/core/hooks.h.
 *
 * A destroyed object whose end takes long (an Endpoint with waiters, a Mapping with pages) goes on the limbo list, which the deleting call works off in bounded steps after the
 * records are written; its memory cannot be reused before (see core/teardown.c).
 */
#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/console.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/arch/x86_64/vspace.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/interrupt.h"
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
	machine_fpu_init_image(thread->fpu);
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
static void thread_destroyed(ref_t object)
{
	struct thread *thread = core_pointer(object);

	wait_cancel(thread, ERR_CANCELLED);
	thread_stop(thread, STOPPED_DESTROYED);
	fpu_flush(thread, true);
}

/* Whoever still waits in the queue of a destroyed object is woken step by step. */
static void queue_destroyed(struct queue *queue)
{
	queue->limbo = limbo_queues;
	limbo_queues = queue;
}

static void endpoint_destroyed(ref_t object)
{
	queue_destroyed(&((struct endpoint *)core_pointer(object))->queue);
}

static void notification_destroyed(ref_t object)
{
	queue_destroyed(&((struct notification *)core_pointer(object))->queue);
}

static void reply_destroyed(ref_t object)
{
	reply_destroy(core_pointer(object));
}

/* No CPU may go on with the tables of a destroyed address space. */
static void vspace_destroyed(ref_t object)
{
	if (this_cpu()->root != vspace_root(object))
		return;
	this_cpu()->root = image_paddr(kernel_root);
	cr3_write(this_cpu()->root);
}

static void mapping_destroyed(ref_t object)
{
	((struct mapping_core *)core_pointer(object))->limbo = limbo_mappings;
	limbo_mappings = object;
}

void hook_object_destroyed(enum object_type type, ref_t object)
{
	static void (*const destroyed[OBJECT_TYPES])(ref_t object) = {
		[OBJECT_THREAD] = thread_destroyed, [OBJECT_ENDPOINT] = endpoint_destroyed, [OBJECT_NOTIFICATION] = notification_destroyed,
		[OBJECT_REPLY] = reply_destroyed,   [OBJECT_VSPACE] = vspace_destroyed,     [OBJECT_MAPPING] = mapping_destroyed,
	};

	if (destroyed[type])
		destroyed[type](object);
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
		ref_t next = mapping->limbo;

		if (!vspace->slot || vspace_mapping_clear(mapping))
			limbo_mappings = next;
	}
	return !limbo_queues && !limbo_mappings;
}

/* A Thread without an address space cannot run. */
static void space_changed(struct thread *thread, bool filled)
{
	if (filled) {
		thread->stopped &= (uint8_t)~STOPPED_NO_SPACE;
		thread_ready(thread);
	} else {
		thread_stop(thread, STOPPED_NO_SPACE);
	}
}

void hook_slot_changed(struct slot *slot)
{
	struct irq_core *irq = (struct irq_core *)slot;

	if (slot_place(slot) == PLACE_THREAD + THREAD_VSPACE)
		space_changed((struct thread *)slot_thread(slot), slot->type != OBJECT_NULL);
	if (slot_place(slot) == PLACE_THREAD + THREAD_NOTIFICATION && slot->type != OBJECT_NULL)
		notification_signal(core_pointer(slot->object), 0); /* what is pending is for the bound thread now */
	if (slot_place(slot) == PLACE_IRQ && slot->type == OBJECT_NULL && irq->vector && irq->line != IRQ_LINE_MSI)
		ioapic_mask(irq->line, true);
}

void hook_memory_donated(ref_t vspace, paddr_t base, uint64_t size)
{
	vspace_pool_add(core_pointer(vspace), base, size);
}

void hook_irq_changed(struct irq_core *irq, bool attached)
{
	if (irq->line == IRQ_LINE_MSI)
		return;
	if (attached)
		ioapic_route(irq->line, (uint8_t)irq->vector, irq->flags);
	else
		ioapic_mask(irq->line, true);
}

void hook_priority_changed(struct thread_core *core_thread)
{
	struct thread *thread = (struct thread *)core_thread;

	if (!thread->ready)
		return;
	thread_unready(thread);
	thread_ready(thread);
}

bool hook_interrupt_pending(void)
{
	return interrupts_poll();
}

void hook_memory_clear(paddr_t base, uint64_t size)
{
	memory_zero(paddr_pointer(base), size);
}

ref_t hook_mapping_available(ref_t vspace, uint16_t *index)
{
	const struct mapping_core *mapping = vspace_mapping_next(core_pointer(vspace));

	*index = mapping ? mapping->index : 0;
	return core_ref(mapping);
}

unsigned hook_irq_lines(void)
{
	return ioapic_lines;
}

void hook_log_threshold(void)
{
	if (core->log.type == OBJECT_NOTIFICATION)
		notification_signal(core_pointer(core->log.object), core->log.badge);
}

void hook_refused(enum error error, const char *sentence)
{
	const struct thread *current = this_cpu()->current;

	trace_record(&this_cpu()->trace, TRACE_REFUSED, error, core_ref(current));
	console_print("refused: ");
	console_words(sentence, (const uint64_t[]){ error }, 1);
}
