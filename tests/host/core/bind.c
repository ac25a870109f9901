/* SPDX-License-Identifier: MIT */
/*
 * What objects hold themselves: a Thread's slots, the Notifications of IrqHandlers and of the log;
 * and priorities.
 */
#include "tests/host/core/calls.h"

enum {
	AT_THREAD = AT_FREE,
	AT_VSPACE,
	AT_MESSAGE,
	AT_ENDPOINT,
	AT_NOTIFICATION,
	AT_HANDLER,
	AT_REPLY,
	AT_THREAD_2,
	AT_WEAK,
	AT_LAST,
};

static const struct {
	uint64_t source;
	uint8_t rights;
} takes[THREAD_SLOTS] = {
	[THREAD_CNODE] = { AT_CNODE, RIGHT_READ },
	[THREAD_VSPACE] = { AT_VSPACE, RIGHT_ATTACH },
	[THREAD_MESSAGE] = { AT_MESSAGE, RIGHT_READ | RIGHT_WRITE },
	[THREAD_FAULT] = { AT_ENDPOINT, RIGHT_WRITE },
	[THREAD_PERSONALITY] = { AT_ENDPOINT, RIGHT_WRITE },
	[THREAD_NOTIFICATION] = { AT_NOTIFICATION, RIGHT_READ },
};

static void make_all(void)
{
	assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_THREAD, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_THREAD_2, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_VSPACE, 0, AT_VSPACE, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE, AT_MESSAGE, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_ENDPOINT, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_NOTIFICATION, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_IRQ_HANDLER, 0, AT_HANDLER, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_REPLY, 0, AT_REPLY, 1));
}

static struct thread_core *thread_at(uint64_t index)
{
	return core_pointer(machine_slot(index)->object);
}

static struct notification_core *notification(void)
{
	return core_pointer(machine_slot(AT_NOTIFICATION)->object);
}

static void bind_each(void **state)
{
	(void)state;
	make_all();
	for (uint64_t which = 0; which < THREAD_SLOTS; which++) {
		uint64_t changed = machine.slots_changed;
		const struct slot *slot = &thread_at(AT_THREAD)->slot[which],
				  *source = machine_slot(takes[which].source);

		assert_done(do_bind(AT_THREAD, which, takes[which].source));
		assert_int_equal(slot->type, source->type);
		assert_int_equal(slot->object, source->object);
		assert_int_equal(slot->rights, source->rights);
		assert_int_equal(slot_place(slot), PLACE_THREAD + which);
		assert_ptr_equal(slot_thread(slot), thread_at(AT_THREAD));
		assert_int_equal(machine.slots_changed, changed + 1);
		assert_int_equal(thread_at(AT_THREAD)->foreign, which >= THREAD_PERSONALITY);
		assert_int_equal(notification()->bound,
			which == THREAD_NOTIFICATION ? machine_slot(AT_THREAD)->object : 0);
	}
	for (uint64_t which = 0; which < THREAD_SLOTS; which++) {
		assert_done(do_unbind(AT_THREAD, which));
		assert_true(slot_is_empty(&thread_at(AT_THREAD)->slot[which]));
		assert_int_equal(
			slot_place(&thread_at(AT_THREAD)->slot[which]), PLACE_THREAD + which);
	}
	assert_int_equal(thread_at(AT_THREAD)->foreign, 1);
	assert_int_equal(notification()->bound, 0);
	assert_int_equal(machine.slots_changed, 2 * THREAD_SLOTS);
	assert_int_equal(machine.destroyed[OBJECT_ENDPOINT] + machine.destroyed[OBJECT_CNODE] +
			machine.destroyed[OBJECT_NOTIFICATION],
		0);
}

static void bind_occupied(void **state)
{
	(void)state;
	make_all();
	assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_LAST, 1));
	for (uint64_t which = 0; which < THREAD_SLOTS; which++) {
		assert_done(do_bind(AT_THREAD, which, takes[which].source));
		assert_refused(ERR_OCCUPIED,
			do_bind(AT_THREAD, which,
				which == THREAD_NOTIFICATION ? AT_LAST : takes[which].source));
	}
}

static void bind_types(void **state)
{
	(void)state;
	make_all();
	for (uint64_t which = 0; which < THREAD_SLOTS; which++)
		for (uint64_t source = AT_CNODE; source <= AT_REPLY; source++) {
			if (machine_slot(source)->type == OBJECT_NULL ||
				machine_slot(source)->type ==
					machine_slot(takes[which].source)->type)
				continue;
			assert_refused(ERR_TYPE, do_bind(AT_THREAD, which, source));
		}
	assert_refused(ERR_ARGUMENT, do_bind(AT_THREAD, THREAD_SLOTS, AT_CNODE));
	assert_refused(ERR_ARGUMENT, do_bind(AT_THREAD, (uint64_t)1 << 32, AT_CNODE));
	assert_refused(ERR_ARGUMENT, do_unbind(AT_THREAD, THREAD_SLOTS));
	assert_refused(ERR_ARGUMENT, do_unbind(AT_THREAD, UINT64_MAX));
	assert_done(do_unbind(AT_THREAD, THREAD_CNODE));
}

static void bind_rights(void **state)
{
	(void)state;
	make_all();
	for (uint64_t which = 0; which < THREAD_SLOTS; which++) {
		for (unsigned bit = 0; bit < 7; bit++) {
			if (!(takes[which].rights & 1u << bit))
				continue;
			assert_done(
				do_copy(AT_WEAK, takes[which].source, RIGHTS_ALL & ~(1u << bit)));
			assert_refused(ERR_RIGHTS, do_bind(AT_THREAD, which, AT_WEAK));
			assert_done(do_delete(AT_WEAK));
		}
		assert_done(do_copy(AT_WEAK, takes[which].source, takes[which].rights));
		assert_done(do_bind(AT_THREAD, which, AT_WEAK));
		assert_int_equal(thread_at(AT_THREAD)->slot[which].rights, takes[which].rights);
		assert_done(do_delete(AT_WEAK));
		assert_true(slot_is_empty(&thread_at(AT_THREAD)->slot[which]));
	}
}

static void bind_device_message(void **state)
{
	(void)state;
	make_all();
	assert_done(do_retype(AT_DEVICE, OBJECT_REGION, PAGE_SIZE, AT_LAST, 1));
	assert_refused(ERR_ARGUMENT, do_bind(AT_THREAD, THREAD_MESSAGE, AT_LAST));
	assert_refused(ERR_TYPE, do_bind(AT_THREAD, THREAD_MESSAGE, AT_DEVICE));
	assert_refused(ERR_TYPE, do_bind(AT_THREAD, THREAD_CNODE, AT_LAST));
}

static void bind_notification_once(void **state)
{
	(void)state;
	make_all();
	assert_done(do_mint(AT_WEAK, AT_NOTIFICATION, RIGHTS_ALL, 3));
	assert_done(do_bind(AT_THREAD, THREAD_NOTIFICATION, AT_WEAK));
	assert_refused(ERR_BUSY, do_bind(AT_THREAD_2, THREAD_NOTIFICATION, AT_NOTIFICATION));
	assert_refused(ERR_BUSY, do_bind(AT_THREAD, THREAD_NOTIFICATION, AT_NOTIFICATION));
	assert_refused(ERR_TYPE, do_bind(AT_THREAD_2, THREAD_FAULT, AT_NOTIFICATION));
	assert_done(do_delete(AT_THREAD));
	assert_int_equal(notification()->bound, 0);
	assert_done(do_bind(AT_THREAD_2, THREAD_NOTIFICATION, AT_NOTIFICATION));
	assert_int_equal(notification()->bound, machine_slot(AT_THREAD_2)->object);
	assert_done(do_revoke(AT_NOTIFICATION));
	assert_int_equal(notification()->bound, 0);
	assert_done(do_bind(AT_THREAD_2, THREAD_NOTIFICATION, AT_NOTIFICATION));
	assert_done(do_delete(AT_NOTIFICATION));
	assert_true(slot_is_empty(&thread_at(AT_THREAD_2)->slot[THREAD_NOTIFICATION]));
}

/* A Thread may have its own CNode, its own VSpace and its own endpoints revoked under it. */
static void bound_slots_follow(void **state)
{
	(void)state;
	make_all();
	for (uint64_t which = 0; which < THREAD_SLOTS; which++)
		assert_done(do_bind(AT_THREAD, which, takes[which].source));
	assert_done(do_revoke(AT_CNODE));
	assert_true(slot_is_empty(&thread_at(AT_THREAD)->slot[THREAD_CNODE]));
	assert_done(do_move(AT_LAST, AT_VSPACE));
	assert_true(thread_at(AT_THREAD)->slot[THREAD_VSPACE].type == OBJECT_VSPACE);
	assert_done(do_delete(AT_LAST));
	assert_true(slot_is_empty(&thread_at(AT_THREAD)->slot[THREAD_VSPACE]));
	assert_done(do_delete(AT_ENDPOINT));
	assert_true(slot_is_empty(&thread_at(AT_THREAD)->slot[THREAD_FAULT]));
	assert_true(slot_is_empty(&thread_at(AT_THREAD)->slot[THREAD_PERSONALITY]));
	assert_int_equal(thread_at(AT_THREAD)->foreign, 1);
	assert_done(do_move(AT_LAST, AT_THREAD));
	assert_done(do_delete(AT_LAST));
	assert_int_equal(machine.destroyed[OBJECT_THREAD], 1);
	assert_true(holds_type(AT_MESSAGE, OBJECT_REGION));
}

static enum error priority(uint64_t thread, uint64_t value, uint64_t maximum)
{
	return request_make(&(struct request){
		machine_slot(thread), THREAD_SET_PRIORITY, 0, { NULL }, { value, maximum } });
}

static void priorities(void **state)
{
	(void)state;
	make_all();
	assert_done(priority(AT_THREAD, 10, 20));
	assert_int_equal(thread_at(AT_THREAD)->priority, 10);
	assert_int_equal(thread_at(AT_THREAD)->priority_max, 20);
	assert_int_equal(record_back(0)->operation, COMMIT_PRIORITY);
	assert_int_equal(machine.priorities_changed, 1);
	assert_done(priority(AT_THREAD, 63, 63));
	assert_int_equal(machine.priorities_changed, 2);
	assert_refused(ERR_ARGUMENT, priority(AT_THREAD, PRIORITY_LEVELS, 0));
	assert_refused(ERR_ARGUMENT, priority(AT_THREAD, 0, PRIORITY_LEVELS));
	assert_refused(ERR_ARGUMENT, priority(AT_THREAD, 256, 0));
	assert_refused(ERR_ARGUMENT, priority(AT_THREAD, 0, UINT64_MAX));
	machine.caller->priority_max = 5;
	assert_refused(ERR_PRIORITY, priority(AT_THREAD, 6, 5));
	assert_refused(ERR_PRIORITY, priority(AT_THREAD, 5, 6));
	assert_done(priority(AT_THREAD, 5, 5));
	assert_done(priority(AT_THREAD, 0, 5));
}

static enum error irq_bind_to(uint64_t handler, uint64_t source)
{
	return request_make(&(struct request){
		machine_slot(handler), IRQ_HANDLER_BIND, 1, { machine_slot(source) }, { 0 } });
}

static void irq_notification(void **state)
{
	struct irq_core *irq;

	(void)state;
	make_all();
	irq = core_pointer(machine_slot(AT_HANDLER)->object);
	assert_refused(ERR_TYPE, irq_bind_to(AT_HANDLER, AT_ENDPOINT));
	assert_done(do_mint(AT_WEAK, AT_NOTIFICATION, RIGHT_READ, 1));
	assert_refused(ERR_RIGHTS, irq_bind_to(AT_HANDLER, AT_WEAK));
	assert_done(do_delete(AT_WEAK));
	assert_done(do_mint(AT_WEAK, AT_NOTIFICATION, RIGHT_WRITE, 8));
	assert_done(irq_bind_to(AT_HANDLER, AT_WEAK));
	assert_int_equal(irq->notification.badge, 8);
	assert_int_equal(notification()->bound, 0);
	assert_int_equal(slot_place(&irq->notification), PLACE_IRQ);
	assert_refused(ERR_OCCUPIED, irq_bind_to(AT_HANDLER, AT_NOTIFICATION));
	assert_done(request_make(&(struct request){
		machine_slot(AT_HANDLER), IRQ_HANDLER_UNBIND, 0, { NULL }, { 0 } }));
	assert_true(slot_is_empty(&irq->notification));
	assert_done(request_make(&(struct request){
		machine_slot(AT_HANDLER), IRQ_HANDLER_UNBIND, 0, { NULL }, { 0 } }));
	assert_done(irq_bind_to(AT_HANDLER, AT_WEAK));
	assert_done(do_delete(AT_WEAK));
	assert_true(slot_is_empty(&irq->notification));
	assert_int_equal(machine.slots_changed, 4);
}

static enum error log_bind_to(uint64_t which, uint64_t source)
{
	return request_make(&(struct request){ machine_slot(AT_LOG_CONTROL), LOG_CONTROL_BIND, 1,
		{ machine_slot(source) }, { which } });
}

static enum error unbind_slot(uint64_t object, enum method method, uint64_t which)
{
	return request_make(
		&(struct request){ machine_slot(object), method, 0, { NULL }, { which } });
}

static void log_notification(void **state)
{
	(void)state;
	make_all();
	assert_refused(ERR_ARGUMENT, log_bind_to(1, AT_NOTIFICATION));
	assert_refused(ERR_ARGUMENT, log_bind_to(UINT64_MAX, AT_NOTIFICATION));
	assert_refused(ERR_TYPE, log_bind_to(0, AT_ENDPOINT));
	assert_done(do_copy(AT_WEAK, AT_NOTIFICATION, RIGHT_READ));
	assert_refused(ERR_RIGHTS, log_bind_to(0, AT_WEAK));
	assert_done(log_bind_to(0, AT_NOTIFICATION));
	assert_int_equal(core->log.type, OBJECT_NOTIFICATION);
	assert_int_equal(slot_place(&core->log), PLACE_LOG);
	assert_refused(ERR_OCCUPIED, log_bind_to(0, AT_NOTIFICATION));
	assert_refused(ERR_ARGUMENT, unbind_slot(AT_LOG_CONTROL, LOG_CONTROL_UNBIND, 1));
	assert_done(unbind_slot(AT_LOG_CONTROL, LOG_CONTROL_UNBIND, 0));
	assert_true(slot_is_empty(&core->log));
	assert_done(log_bind_to(0, AT_NOTIFICATION));
	assert_done(do_delete(AT_NOTIFICATION));
	assert_true(slot_is_empty(&core->log));
}

/* An IrqHandler has one slot: what lies behind it is none. */
static void irq_slots_refused(void **state)
{
	(void)state;
	make_all();
	for (uint64_t which = 1; which <= THREAD_SLOTS; which++) {
		assert_refused(ERR_ARGUMENT, unbind_slot(AT_HANDLER, IRQ_HANDLER_UNBIND, which));
		assert_refused(ERR_ARGUMENT,
			request_make(&(struct request){ machine_slot(AT_HANDLER), IRQ_HANDLER_BIND,
				1, { machine_slot(AT_NOTIFICATION) }, { which } }));
	}
}

const struct core_test bind_tests[] = {
	{ "bind.each", "each of a Thread's slots takes what belongs there, and unbind empties it",
		bind_each },
	{ "bind.occupied", "a slot in use is not bound again", bind_occupied },
	{ "bind.types", "other types and slots that there are not are refused", bind_types },
	{ "bind.rights",
		"each right that a slot asks for is missed; copies that are bound go with their source",
		bind_rights },
	{ "bind.device", "device memory is no message page", bind_device_message },
	{ "bind.once",
		"a Notification is bound to one Thread at a time, and free again when either goes",
		bind_notification_once },
	{ "bind.follow",
		"what a Thread refers to goes when it is revoked, and stays when it is moved",
		bound_slots_follow },
	{ "bind.priority", "priorities end at the caller's maximum", priorities },
	{ "bind.irq", "an IrqHandler holds one Notification that it may signal", irq_notification },
	{ "bind.irq.slots", "an IrqHandler has no other slot", irq_slots_refused },
	{ "bind.log", "the log holds one Notification that it may signal", log_notification },
	{ 0 },
};
