/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: lines of the IOAPIC and message-signalled vectors, attached to IrqHandlers that signal Notifications. The real-time clock (MC146818 data sheet: periodic interrupt,
 * registers A, B and C) is the source on line 8, the serial port's transmitter (PC16550D) on line 4.
 */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE
#define PORTS INIT_SLOT_IO_PORTS
#define CONTROL INIT_SLOT_IRQ_CONTROL
#define RTC_LINE 8
#define RTC_INDEX 0x70
#define RTC_DATA 0x71
#define RTC_A 0x0a
#define RTC_B 0x0b
#define RTC_C 0x0c
#define RTC_RATE_1024_HZ 0x26
#define RTC_PERIODIC 0x40
#define SERIAL_LINE 4
#define SERIAL_ENABLE 0x3f9
#define SERIAL_MODEM 0x3fc
#define SERIAL_OUT2 0x08
#define BIT 0x40

static uint64_t rtc_read(uint64_t index)
{
	uint64_t value = 0;

	if (ioports_out(PORTS, RTC_INDEX, 1, index) != OK || ioports_in(PORTS, RTC_DATA, 1, &value) != OK)
		check_failed(__FILE__, __LINE__, "reading the real-time clock");
	return value;
}

static void rtc_write(uint64_t index, uint64_t value)
{
	if (ioports_out(PORTS, RTC_INDEX, 1, index) != OK || ioports_out(PORTS, RTC_DATA, 1, value) != OK)
		check_failed(__FILE__, __LINE__, "writing the real-time clock");
}

static void rtc_start(void)
{
	rtc_write(RTC_A, RTC_RATE_1024_HZ);
	rtc_write(RTC_B, rtc_read(RTC_B) | RTC_PERIODIC);
	rtc_read(RTC_C);
}

static void rtc_stop(void)
{
	rtc_write(RTC_B, rtc_read(RTC_B) & ~(uint64_t)RTC_PERIODIC);
	rtc_read(RTC_C);
}

/* A handler attached to `line` and bound to a badged copy of a new Notification. */
static handle_t handler_bound(uint64_t line, handle_t *notification)
{
	handle_t handler = object_make(OBJECT_IRQ_HANDLER, 0), badged = slot_allocate();
	struct irq_attachment attachment;
	enum error error;

	*notification = object_make(OBJECT_NOTIFICATION, 0);
	error = cnode_mint(ROOT, badged, ROOT, *notification, RIGHTS_ALL, BIT);
	if (error == OK)
		error = irq_attach(CONTROL, handler, line, 0, &attachment);
	if (error == OK)
		error = irq_bind(handler, badged);
	if (error == OK)
		error = irq_acknowledge(handler);
	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "attaching an interrupt", OK, error);
	return handler;
}

static enum error poll(handle_t notification)
{
	struct kernel_call call = {.word = CALL_RECEIVE | CALL_DEADLINE, .source = notification};

	return kernel_call(&call);
}

static void interrupts_arrive(void)
{
	handle_t notification, handler = handler_bound(RTC_LINE, &notification);
	uint64_t records;

	CHECK_STILL();
	rtc_start();
	records = records_committed();
	for (int i = 0; i < 20; i++) {
		CHECK_EQUAL(BIT, notification_wait(notification));
		rtc_read(RTC_C);
		CHECK_OK(irq_acknowledge(handler));
	}
	CHECK_EQUAL(records, records_committed());
	rtc_stop();
}

static void masked_until_acknowledged(void)
{
	handle_t notification, handler = handler_bound(RTC_LINE, &notification);

	CHECK_STILL();
	rtc_start();
	CHECK_EQUAL(BIT, notification_wait(notification));
	for (int i = 0; i < 10; i++) {
		rtc_read(RTC_C); /* lets the device raise its line again */
		pause_ns(MILLISECOND);
		CHECK_ERROR(ERR_TIMEOUT, poll(notification));
	}
	CHECK_OK(irq_acknowledge(handler));
	rtc_read(RTC_C);
	CHECK_EQUAL(BIT, notification_wait(notification));
	rtc_stop();
}

static void serial_transmitter_interrupts(void)
{
	handle_t notification, handler = handler_bound(SERIAL_LINE, &notification);

	CHECK_STILL();
	CHECK_OK(ioports_out(PORTS, SERIAL_MODEM, 1, SERIAL_OUT2 | 3));
	CHECK_OK(ioports_out(PORTS, SERIAL_ENABLE, 1, 2));
	CHECK_EQUAL(BIT, notification_wait(notification));
	CHECK_OK(ioports_out(PORTS, SERIAL_ENABLE, 1, 0));
	CHECK_OK(irq_acknowledge(handler));
}

static void unbound_interrupts_are_silent(void)
{
	handle_t notification, handler = handler_bound(RTC_LINE, &notification), badged = slot_allocate();

	CHECK_STILL();
	CHECK_OK(irq_unbind(handler));
	CHECK_OK(irq_unbind(handler));
	rtc_start();
	pause_ns(5 * MILLISECOND);
	CHECK_ERROR(ERR_TIMEOUT, poll(notification));
	CHECK_OK(cnode_mint(ROOT, badged, ROOT, notification, RIGHTS_ALL, BIT << 1));
	CHECK_OK(irq_bind(handler, badged));
	CHECK_OK(irq_acknowledge(handler));
	rtc_read(RTC_C);
	CHECK_EQUAL(BIT << 1, notification_wait(notification));
	/* Deleting the Notification unbinds; the next one can be bound. */
	CHECK_OK(cnode_delete(ROOT, notification));
	notification = object_make(OBJECT_NOTIFICATION, 0);
	badged = slot_allocate();
	CHECK_OK(cnode_mint(ROOT, badged, ROOT, notification, RIGHTS_ALL, BIT));
	CHECK_OK(irq_bind(handler, badged));
	CHECK_OK(irq_acknowledge(handler));
	rtc_read(RTC_C);
	CHECK_EQUAL(BIT, notification_wait(notification));
	rtc_stop();
}

/* While interrupts arrive the handler is deleted: no signal any more, and the line is free. */
static void deleted_handlers_free_the_line(void)
{
	handle_t notification, again, handler = handler_bound(RTC_LINE, &notification);

	CHECK_STILL();
	rtc_start();
	CHECK_EQUAL(BIT, notification_wait(notification));
	CHECK_OK(irq_acknowledge(handler));
	CHECK_OK(cnode_delete(ROOT, handler));
	poll(notification);
	rtc_read(RTC_C);
	pause_ns(5 * MILLISECOND);
	CHECK_ERROR(ERR_TIMEOUT, poll(notification));
	handler_bound(RTC_LINE, &again);
	CHECK_STILL();
	rtc_read(RTC_C);
	CHECK_EQUAL(BIT, notification_wait(again));
	rtc_stop();
}

static void attachments_are_checked(void)
{
	handle_t handler = object_make(OBJECT_IRQ_HANDLER, 0), other = object_make(OBJECT_IRQ_HANDLER, 0), endpoint = object_make(OBJECT_ENDPOINT, 0), weak = slot_allocate();
	static const uint64_t lines[] = {24, 255, 256, 0x10000, 0x1ffff, UINT64_MAX}, flags[] = {4, 8, 1ull << 32, UINT64_MAX};
	struct irq_attachment attachment;

	for (int i = 0; i < 6; i++)
		CHECK_REFUSED(ERR_ARGUMENT, irq_attach(CONTROL, handler, lines[i], 0, &attachment));
	for (int i = 0; i < 4; i++)
		CHECK_REFUSED(ERR_ARGUMENT, irq_attach(CONTROL, handler, RTC_LINE, flags[i], &attachment));
	CHECK_REFUSED(ERR_TYPE, irq_attach(CONTROL, endpoint, RTC_LINE, 0, &attachment));
	CHECK_OK(cnode_copy(ROOT, weak, ROOT, handler, RIGHTS_ALL & ~RIGHT_MANAGE));
	CHECK_REFUSED(ERR_RIGHTS, irq_attach(CONTROL, weak, RTC_LINE, 0, &attachment));
	CHECK_REFUSED(ERR_STATE, irq_acknowledge(handler));
	CHECK_OK(irq_attach(CONTROL, handler, RTC_LINE, 0, &attachment));
	CHECK(attachment.vector >= IRQ_VECTOR_FIRST && attachment.vector <= IRQ_VECTOR_LAST);
	CHECK_REFUSED(ERR_BUSY, irq_attach(CONTROL, handler, RTC_LINE + 1, 0, &attachment));
	CHECK_REFUSED(ERR_BUSY, irq_attach(CONTROL, other, RTC_LINE, 0, &attachment));
	CHECK_OK(cnode_delete(ROOT, handler));
	CHECK_OK(irq_attach(CONTROL, other, RTC_LINE, 0, &attachment));
}

static void bindings_are_checked(void)
{
	handle_t handler = object_make(OBJECT_IRQ_HANDLER, 0), notification = object_make(OBJECT_NOTIFICATION, 0), endpoint = object_make(OBJECT_ENDPOINT, 0), reader = slot_allocate();

	CHECK_OK(cnode_copy(ROOT, reader, ROOT, notification, RIGHT_READ));
	CHECK_REFUSED(ERR_TYPE, irq_bind(handler, endpoint));
	CHECK_REFUSED(ERR_RIGHTS, irq_bind(handler, reader));
	CHECK_OK(irq_bind(handler, notification));
	CHECK_REFUSED(ERR_OCCUPIED, irq_bind(handler, notification));
}

/* Every vector can be had once; then ERR_NOMEM, and deleting gives one back. */
static void vectors_run_out(void)
{
	enum { VECTORS_HAD = IRQ_VECTOR_LAST - IRQ_VECTOR_FIRST + 1 };
	static bool seen[256];
	struct irq_attachment attachment;
	handle_t handler = 0, last = object_make(OBJECT_IRQ_HANDLER, 0);
	uint64_t freed;

	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < VECTORS_HAD; i++) {
		handler = object_make(OBJECT_IRQ_HANDLER, 0);
		CHECK_STILL();
		CHECK_OK(irq_attach(CONTROL, handler, IRQ_LINE_MSI, 0, &attachment));
		CHECK(attachment.vector >= IRQ_VECTOR_FIRST && attachment.vector <= IRQ_VECTOR_LAST && !seen[attachment.vector]);
		CHECK_EQUAL(0xfee00000, attachment.message_address & 0xfff00000);
		CHECK_EQUAL(attachment.vector, attachment.message_data & 0xff);
		seen[attachment.vector] = true;
	}
	CHECK_REFUSED(ERR_NOMEM, irq_attach(CONTROL, last, IRQ_LINE_MSI, 0, &attachment));
	CHECK_REFUSED(ERR_NOMEM, irq_attach(CONTROL, last, RTC_LINE, 0, &attachment));
	freed = attachment.vector;
	CHECK_OK(cnode_delete(ROOT, handler));
	CHECK_OK(irq_attach(CONTROL, last, IRQ_LINE_MSI, 0, &attachment));
	CHECK_EQUAL(freed, attachment.vector);
}

static const struct test tests[] = {
	{"irq-line", "each interrupt of a line signals the bound Notification", interrupts_arrive},
	{"irq-mask", "a line stays masked until it is acknowledged", masked_until_acknowledged},
	{"irq-serial", "the serial port's interrupt arrives", serial_transmitter_interrupts},
	{"irq-unbound", "an unbound handler is silent and can be bound again", unbound_interrupts_are_silent},
	{"irq-deleted", "a deleted handler frees its line", deleted_handlers_free_the_line},
	{"irq-attach", "impossible lines, flags and handlers are refused", attachments_are_checked},
	{"irq-bind", "only a Notification that may be signalled is bound, once", bindings_are_checked},
	{"irq-vectors", "every vector is given once, and again when it is free", vectors_run_out},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
