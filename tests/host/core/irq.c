/* SPDX-License-Identifier: MIT */
/* Interrupts: vectors and lines given to handlers, and given back. */
#include "tests/host/core/calls.h"

enum { AT_HANDLER = AT_FREE, AT_WEAK = AT_FREE + 200 };

static void make_handlers(uint64_t count)
{
	assert_done(do_retype(AT_UNTYPED, OBJECT_IRQ_HANDLER, 0, AT_HANDLER, count));
}

static const struct irq_core *irq_at(uint64_t index)
{
	return core_pointer(machine_slot(index)->object);
}

static void attach(void **state)
{
	(void)state;
	make_handlers(3);
	assert_done(do_irq_attach(AT_HANDLER, 5, IRQ_LEVEL | IRQ_LOW));
	assert_int_equal(record_back(0)->operation, COMMIT_IRQ_ATTACH);
	assert_int_equal(answer.results, 3);
	assert_int_equal(answer.result[0], IRQ_VECTOR_FIRST);
	assert_int_equal(answer.result[1], 0);
	assert_int_equal(answer.result[2], 0);
	assert_int_equal(irq_at(AT_HANDLER)->vector, IRQ_VECTOR_FIRST);
	assert_int_equal(irq_at(AT_HANDLER)->line, 5);
	assert_int_equal(irq_at(AT_HANDLER)->flags, IRQ_LEVEL | IRQ_LOW);
	assert_int_equal(core->vector[IRQ_VECTOR_FIRST], machine_slot(AT_HANDLER)->object);
	assert_done(do_irq_attach(AT_HANDLER + 1, IRQ_LINE_MSI, 0));
	assert_int_equal(answer.result[0], IRQ_VECTOR_FIRST + 1);
	assert_int_equal(answer.result[1], 0xfee00000);
	assert_int_equal(answer.result[2], IRQ_VECTOR_FIRST + 1);
	assert_int_equal(irq_at(AT_HANDLER + 1)->line, IRQ_LINE_MSI);
	assert_int_equal(machine.irq_attached, 2);
	assert_done(do_irq_attach(AT_HANDLER + 2, 23, 0));
}

static void refused(void **state)
{
	(void)state;
	make_handlers(2);
	assert_refused(ERR_TYPE, do_irq_attach(AT_REGION, 1, 0));
	assert_done(do_copy(AT_WEAK, AT_HANDLER, RIGHTS_ALL & ~RIGHT_MANAGE));
	assert_refused(ERR_RIGHTS, do_irq_attach(AT_WEAK, 1, 0));
	assert_refused(ERR_ARGUMENT, do_irq_attach(AT_HANDLER, 24, 0));
	assert_refused(ERR_ARGUMENT, do_irq_attach(AT_HANDLER, IRQ_LINE_MSI + 1, 0));
	assert_refused(ERR_ARGUMENT, do_irq_attach(AT_HANDLER, UINT64_MAX, 0));
	assert_refused(ERR_ARGUMENT, do_irq_attach(AT_HANDLER, 1, 4));
	assert_refused(ERR_ARGUMENT, do_irq_attach(AT_HANDLER, 1, (uint64_t)1 << 40));
	assert_done(do_irq_attach(AT_HANDLER, 1, 0));
	assert_refused(ERR_BUSY, do_irq_attach(AT_HANDLER, 2, 0));
	assert_refused(ERR_BUSY, do_irq_attach(AT_HANDLER, IRQ_LINE_MSI, 0));
	assert_refused(ERR_BUSY, do_irq_attach(AT_HANDLER + 1, 1, 0));
	assert_done(do_irq_attach(AT_HANDLER + 1, 2, 0));
}

static void detach(void **state)
{
	(void)state;
	make_handlers(3);
	assert_done(do_irq_attach(AT_HANDLER, 7, 0));
	assert_done(do_irq_attach(AT_HANDLER + 1, IRQ_LINE_MSI, 0));
	assert_done(do_copy(AT_WEAK, AT_HANDLER, RIGHTS_ALL));
	assert_done(do_delete(AT_WEAK));
	assert_int_equal(machine.irq_detached, 0);
	assert_done(do_delete(AT_HANDLER));
	assert_int_equal(machine.irq_detached, 1);
	assert_int_equal(core->vector[IRQ_VECTOR_FIRST], 0);
	assert_done(do_delete(AT_HANDLER + 1));
	assert_int_equal(machine.irq_detached, 2);
	assert_int_equal(core->vector[IRQ_VECTOR_FIRST + 1], 0);
	assert_done(do_irq_attach(AT_HANDLER + 2, 7, 0));
	assert_int_equal(answer.result[0], IRQ_VECTOR_FIRST);
	assert_done(do_reclaim(AT_UNTYPED));
	assert_int_equal(machine.irq_detached, 3);
}

/* A handler that was never attached is detached from nothing. */
static void never_attached(void **state)
{
	(void)state;
	make_handlers(1);
	assert_done(do_delete(AT_HANDLER));
	assert_int_equal(machine.irq_detached, 0);
	assert_int_equal(machine.destroyed[OBJECT_IRQ_HANDLER], 1);
}

static void bound_goes_with_handler(void **state)
{
	struct slot *bound;

	(void)state;
	make_handlers(1);
	assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_WEAK, 1));
	assert_done(request_make(&(struct request){
		machine_slot(AT_HANDLER), IRQ_HANDLER_BIND, 1, { machine_slot(AT_WEAK) }, { 0 } }));
	bound = &((struct irq_core *)core_pointer(machine_slot(AT_HANDLER)->object))->notification;
	assert_int_equal(bound->type, OBJECT_NOTIFICATION);
	assert_done(do_delete(AT_HANDLER));
	assert_true(slot_is_empty(bound));
	assert_int_equal(machine_slot(AT_WEAK)->child, 0);
}

static void vectors_end(void **state)
{
	const uint64_t vectors = IRQ_VECTOR_LAST - IRQ_VECTOR_FIRST + 1;

	(void)state;
	make_handlers(RETYPE_COUNT_MAX);
	assert_done(do_retype(AT_UNTYPED, OBJECT_IRQ_HANDLER, 0, AT_HANDLER + RETYPE_COUNT_MAX,
		vectors + 1 - RETYPE_COUNT_MAX));
	for (uint64_t i = 0; i < vectors; i++) {
		assert_done(do_irq_attach(AT_HANDLER + i, IRQ_LINE_MSI, 0));
		assert_int_equal(answer.result[0], IRQ_VECTOR_FIRST + i);
	}
	assert_refused(ERR_NOMEM, do_irq_attach(AT_HANDLER + vectors, IRQ_LINE_MSI, 0));
	assert_done(do_delete(AT_HANDLER + 100));
	assert_done(do_irq_attach(AT_HANDLER + vectors, 0, 0));
	assert_int_equal(answer.result[0], IRQ_VECTOR_FIRST + 100);
}

const struct core_test irq_tests[] = {
	{ "irq.attach", "a handler gets the lowest free vector, for a line or for a message",
		attach },
	{ "irq.refused",
		"lines that are not there or taken, unknown flags, other capabilities are refused",
		refused },
	{ "irq.detach", "a deleted handler gives vector and line back", detach },
	{ "irq.unattached", "a handler that was never attached gives nothing back",
		never_attached },
	{ "irq.bound", "a handler takes its bound Notification along", bound_goes_with_handler },
	{ "irq.vectors", "when all vectors are taken there is none", vectors_end },
	{ 0 },
};
