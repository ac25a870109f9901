/* SPDX-License-Identifier: MIT */
/*
 * A typed stub for each method of abi/methods.def, in its order. The numbers come from there; what each argument means is said there too.
 *
 * All stubs return the status of the answer. Results are written through pointers only when the status is OK, unless it is said otherwise. Sizes are bytes,
 * addresses virtual, times ns. Capability arguments go through the running thread's message page.
 */
#pragma once

#include "lib/call.h"
#include "lib/thread.h"

/* Calls a method with up to four words in `data` and `caps` handles already in the message page; the results are in `data` afterwards. */
static inline enum error method_call(handle_t object, enum method method, uint64_t words, uint64_t caps, uint64_t data[4])
{
	return answer_status(call_short(object, call_word(CALL_SEND | CALL_CALL, words, caps, method), data));
}

/* The same for a method without results. */
static inline enum error method_invoke(handle_t object, enum method method, uint64_t words, uint64_t caps, uint64_t w0, uint64_t w1,
				       uint64_t w2, uint64_t w3)
{
	uint64_t data[4] = {w0, w1, w2, w3};

	return method_call(object, method, words, caps, data);
}

static inline void method_caps(handle_t first, handle_t second)
{
	struct message_page *page = thread_self()->page;

	page->caps[0] = first;
	page->caps[1] = second;
}

/* Untyped */

MUST_USE static inline enum error untyped_retype(handle_t untyped, enum object_type type, uint64_t size, handle_t cnode, uint64_t index,
						 uint64_t count)
{
	method_caps(cnode, 0);
	return method_invoke(untyped, UNTYPED_RETYPE, 4, 1, type, size, index, count);
}

MUST_USE static inline enum error untyped_reclaim(handle_t untyped)
{
	return method_invoke(untyped, UNTYPED_RECLAIM, 0, 0, 0, 0, 0, 0);
}

/* CNode */

MUST_USE static inline enum error cnode_copy(handle_t cnode, uint64_t index, handle_t source, uint64_t source_index, uint64_t rights)
{
	method_caps(source, 0);
	return method_invoke(cnode, CNODE_COPY, 3, 1, index, source_index, rights, 0);
}

MUST_USE static inline enum error cnode_mint(handle_t cnode, uint64_t index, handle_t source, uint64_t source_index, uint64_t rights,
					     uint64_t badge)
{
	method_caps(source, 0);
	return method_invoke(cnode, CNODE_MINT, 4, 1, index, source_index, rights, badge);
}

MUST_USE static inline enum error cnode_move(handle_t cnode, uint64_t index, handle_t source, uint64_t source_index)
{
	method_caps(source, 0);
	return method_invoke(cnode, CNODE_MOVE, 2, 1, index, source_index, 0, 0);
}

MUST_USE static inline enum error cnode_delete(handle_t cnode, uint64_t index)
{
	return method_invoke(cnode, CNODE_DELETE, 1, 0, index, 0, 0, 0);
}

MUST_USE static inline enum error cnode_revoke(handle_t cnode, uint64_t index)
{
	return method_invoke(cnode, CNODE_REVOKE, 1, 0, index, 0, 0, 0);
}

struct capability_state {
	enum object_type type;
	uint64_t rights;
	bool original, device;
	uint64_t size; /* or range, as MINT takes it */
	union {
		uint64_t badge;     /* Endpoint, Notification */
		uint64_t watermark; /* Untyped: bytes in use */
	};
	paddr_t base; /* Untyped, Region: 0 without the DMA right */
};

MUST_USE static inline enum error cnode_query(handle_t cnode, uint64_t index, struct capability_state *state)
{
	uint64_t data[4] = {index};
	enum error error = method_call(cnode, CNODE_QUERY, 1, 0, data);

	if (error == OK)
		*state = (struct capability_state){
			(enum object_type)(data[0] & 0xff), data[0] >> 8 & 0xff, data[0] >> 16 & 1, data[0] >> 17 & 1, data[1], {data[2]}, data[3]};
	return error;
}

/* Thread */

MUST_USE static inline enum error thread_bind(handle_t thread, enum thread_slot slot, handle_t capability)
{
	method_caps(capability, 0);
	return method_invoke(thread, THREAD_BIND, 1, 1, slot, 0, 0, 0);
}

MUST_USE static inline enum error thread_unbind(handle_t thread, enum thread_slot slot)
{
	return method_invoke(thread, THREAD_UNBIND, 1, 0, slot, 0, 0, 0);
}

MUST_USE static inline enum error thread_set_priority(handle_t thread, uint64_t priority, uint64_t maximum)
{
	return method_invoke(thread, THREAD_SET_PRIORITY, 2, 0, priority, maximum, 0, 0);
}

/* Parts (STATE_*) of the state of a thread that is suspended or held by a Reply, into the message page (struct thread_image); `*fpu_bytes` is the length of an FPU state. */
MUST_USE static inline enum error thread_read_state(handle_t thread, uint64_t parts, uint64_t *fpu_bytes)
{
	uint64_t data[4] = {parts};
	enum error error = method_call(thread, THREAD_READ_STATE, 1, 0, data);

	if (error == OK)
		*fpu_bytes = data[0];
	return error;
}

/* The parts are taken from the message page; what is refused changes nothing. */
MUST_USE static inline enum error thread_write_state(handle_t thread, uint64_t parts, uint64_t fpu_bytes)
{
	return method_invoke(thread, THREAD_WRITE_STATE, 2, 0, parts, fpu_bytes, 0, 0);
}

MUST_USE static inline enum error thread_read_registers(handle_t thread, struct thread_registers *registers)
{
	uint64_t fpu_bytes;
	enum error error = thread_read_state(thread, STATE_REGISTERS, &fpu_bytes);

	if (error == OK)
		*registers = ((const struct thread_image *)thread_self()->page)->registers;
	return error;
}

MUST_USE static inline enum error thread_write_registers(handle_t thread, const struct thread_registers *registers)
{
	((struct thread_image *)thread_self()->page)->registers = *registers;
	return thread_write_state(thread, STATE_REGISTERS, 0);
}

MUST_USE static inline enum error thread_suspend(handle_t thread)
{
	return method_invoke(thread, THREAD_SUSPEND, 0, 0, 0, 0, 0, 0);
}

MUST_USE static inline enum error thread_resume(handle_t thread)
{
	return method_invoke(thread, THREAD_RESUME, 0, 0, 0, 0, 0, 0);
}

struct thread_status {
	uint64_t cpu_time;
	enum thread_state state;
	bool suspended;
	vaddr_t fault_address;
};

MUST_USE static inline enum error thread_inform(handle_t thread, struct thread_status *status)
{
	uint64_t data[4] = {0};
	enum error error = method_call(thread, THREAD_INFORM, 0, 0, data);

	if (error == OK)
		*status = (struct thread_status){data[0], (enum thread_state)data[1], data[2] & 1, data[3]};
	return error;
}

/* VSpace */

MUST_USE static inline enum error vspace_donate(handle_t vspace, handle_t untyped, handle_t cnode, uint64_t index, uint64_t pages)
{
	method_caps(untyped, cnode);
	return method_invoke(vspace, VSPACE_DONATE, 2, 2, index, pages, 0, 0);
}

MUST_USE static inline enum error vspace_attach(handle_t vspace, handle_t region, handle_t cnode, uint64_t index, uint64_t rights)
{
	method_caps(region, cnode);
	return method_invoke(vspace, VSPACE_ATTACH_REGION, 2, 2, index, rights, 0, 0);
}

struct vspace_state {
	uint64_t tables_free, tables_used, mappings;
};

MUST_USE static inline enum error vspace_inform(handle_t vspace, struct vspace_state *state)
{
	uint64_t data[4] = {0};
	enum error error = method_call(vspace, VSPACE_INFORM, 0, 0, data);

	if (error == OK)
		*state = (struct vspace_state){data[0], data[1], data[2]};
	return error;
}

/* Mapping: the entries are in the message page; `*done` of them were done, whatever the status says about the next. */

static inline enum error mapping_batch(handle_t mapping, enum method method, uint64_t entries, uint64_t *done)
{
	uint64_t data[4] = {entries};
	enum error error = method_call(mapping, method, 1, 0, data);

	*done = data[0];
	return error;
}

MUST_USE static inline enum error mapping_map(handle_t mapping, uint64_t entries, uint64_t *done)
{
	return mapping_batch(mapping, MAPPING_MAP, entries, done);
}

MUST_USE static inline enum error mapping_protect(handle_t mapping, uint64_t entries, uint64_t *done)
{
	return mapping_batch(mapping, MAPPING_PROTECT, entries, done);
}

MUST_USE static inline enum error mapping_unmap(handle_t mapping, uint64_t entries, uint64_t *done)
{
	return mapping_batch(mapping, MAPPING_UNMAP, entries, done);
}

/* IrqHandler, IrqControl */

MUST_USE static inline enum error irq_bind(handle_t handler, handle_t notification)
{
	method_caps(notification, 0);
	return method_invoke(handler, IRQ_HANDLER_BIND, 1, 1, 0, 0, 0, 0);
}

MUST_USE static inline enum error irq_acknowledge(handle_t handler)
{
	return method_invoke(handler, IRQ_HANDLER_ACKNOWLEDGE, 0, 0, 0, 0, 0, 0);
}

MUST_USE static inline enum error irq_unbind(handle_t handler)
{
	return method_invoke(handler, IRQ_HANDLER_UNBIND, 1, 0, 0, 0, 0, 0);
}

struct irq_attachment {
	uint64_t vector;
	paddr_t message_address; /* what a device writes to raise it as an MSI: this value at that address */
	uint64_t message_data;
};

MUST_USE static inline enum error irq_attach(handle_t control, handle_t handler, uint64_t line, uint64_t flags, struct irq_attachment *attachment)
{
	uint64_t data[4] = {line, flags};
	enum error error;

	method_caps(handler, 0);
	error = method_call(control, IRQ_CONTROL_ATTACH_HANDLER, 2, 1, data);
	if (error == OK)
		*attachment = (struct irq_attachment){data[0], data[1], data[2]};
	return error;
}

/* IoPorts: width in bytes, 1, 2 or 4. */

MUST_USE static inline enum error ioports_in(handle_t ports, uint64_t port, uint64_t width, uint64_t *value)
{
	uint64_t data[4] = {port, width};
	enum error error = method_call(ports, IO_PORTS_IN, 2, 0, data);

	if (error == OK)
		*value = data[0];
	return error;
}

MUST_USE static inline enum error ioports_out(handle_t ports, uint64_t port, uint64_t width, uint64_t value)
{
	return method_invoke(ports, IO_PORTS_OUT, 3, 0, port, width, value, 0);
}

/* CpuControl */

/* The reason lies in the message page as text, NUL-terminated, at most 128 bytes. Returns only when refused. */
MUST_USE static inline enum error cpu_halt(handle_t control)
{
	return method_invoke(control, CPU_CONTROL_HALT, 0, 0, 0, 0, 0, 0);
}

/* LogControl */

MUST_USE static inline enum error log_advance(handle_t control, uint64_t sequence)
{
	return method_invoke(control, LOG_CONTROL_ADVANCE, 1, 0, sequence, 0, 0, 0);
}

MUST_USE static inline enum error log_bind(handle_t control, handle_t notification)
{
	method_caps(notification, 0);
	return method_invoke(control, LOG_CONTROL_BIND, 1, 1, 0, 0, 0, 0);
}

MUST_USE static inline enum error log_unbind(handle_t control)
{
	return method_invoke(control, LOG_CONTROL_UNBIND, 1, 0, 0, 0, 0, 0);
}
