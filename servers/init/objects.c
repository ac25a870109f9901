/* SPDX-License-Identifier: MIT */
/*
 * Making the objects of the plan (objects.h). An interrupt is attached and bound here, once: its IrqHandler, the Notification that it signals and the bit stay the same for all instances of the
 * driver. Device memory becomes Regions, of which pieces can be handed out again and again; what is not aligned for one Region becomes two.
 */
#include "objects.h"

#include "abi/boot.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/runtime.h"
#include "lib/slots.h"
#include "lib/space.h"

static handle_t handles[PLAN_OBJECTS_MAX];
static struct object_message messages[PLAN_OBJECTS_MAX];
static struct object_window windows[OBJECT_WINDOWS_MAX];
static uint32_t window_count;

handle_t object_handle(uint32_t object)
{
	return object < PLAN_OBJECTS_MAX ? handles[object] : 0;
}

paddr_t object_physical(uint32_t object)
{
	struct capability_state state;

	return cnode_query(INIT_SLOT_CNODE, object_handle(object), &state) == OK ? state.base : 0;
}

struct object_message object_message(uint32_t object)
{
	return messages[object];
}

const struct object_window *object_windows(uint32_t *count)
{
	*count = window_count;
	return windows;
}

const struct start_beat *object_beat(uint32_t object)
{
	handle_t mapping;
	vaddr_t address = 0;

	if (space_map(&own_space, object_handle(object), 1, MAP_READ, &address, &mapping) != OK)
		return NULL;
	return (const struct start_beat *)address;
}

static enum error ports_make(const struct plan_object *object, handle_t *handle)
{
	*handle = slot_allocate();
	return cnode_mint(INIT_SLOT_CNODE, *handle, INIT_SLOT_CNODE, INIT_SLOT_IO_PORTS, RIGHT_READ | RIGHT_WRITE, object->first | object->second << 16);
}

static enum error irq_make(const struct plan_object *object, handle_t *handle, struct object_message *message)
{
	handle_t notification = slot_allocate();
	struct irq_attachment attachment = {0};
	enum error error = object_create(OBJECT_IRQ_HANDLER, 0, handle);

	if (error == OK)
		error = irq_attach(INIT_SLOT_IRQ_CONTROL, *handle, object->first, object->second, &attachment);
	if (error == OK)
		error = cnode_mint(INIT_SLOT_CNODE, notification, INIT_SLOT_CNODE, object_handle(object->notification), RIGHT_WRITE, 1ull << object->bit);
	if (error == OK)
		error = irq_bind(*handle, notification);
	*message = (struct object_message){attachment.message_address, attachment.message_data};
	return error;
}

static enum error window_add(handle_t untyped, paddr_t base, uint64_t bytes, bool firmware)
{
	struct object_window *window = &windows[window_count];
	handle_t slot = slot_allocate();
	enum error error;

	if (!bytes || window_count == OBJECT_WINDOWS_MAX || !slot)
		return bytes ? ERR_NOMEM : OK;
	error = untyped_retype(untyped, OBJECT_REGION, bytes, INIT_SLOT_CNODE, slot, 1);
	if (error == OK) {
		*window = (struct object_window){slot, base, bytes, firmware};
		window_count++;
	}
	return error;
}

/* Large Regions begin at 2 MiB: what lies before the first such address is a window of its own. */
static enum error windows_make(void)
{
	enum error error = OK;

	for (uint32_t i = 0; error == OK && i < boot_information->untyped_count && i < BOOT_UNTYPED_MAX; i++) {
		const struct boot_untyped *untyped = &boot_information->untyped[i];
		uint64_t before = -untyped->base & (LARGE_PAGE_SIZE - 1);

		if (untyped->device == BOOT_MEMORY)
			continue;
		if (before >= untyped->size || untyped->size < LARGE_PAGE_SIZE)
			before = 0;
		error = window_add(INIT_SLOT_UNTYPED + i, untyped->base, before, untyped->device == BOOT_FIRMWARE);
		if (error == OK)
			error = window_add(INIT_SLOT_UNTYPED + i, untyped->base + before, untyped->size - before, untyped->device == BOOT_FIRMWARE);
	}
	return error;
}

static enum error object_make(const struct plan_object *object, handle_t *handle, struct object_message *message)
{
	switch (object->kind) {
	case PLAN_ENDPOINT:
	case PLAN_INIT:
		return object_create(OBJECT_ENDPOINT, 0, handle);
	case PLAN_NOTIFICATION:
		return object_create(OBJECT_NOTIFICATION, 0, handle);
	case PLAN_REGION:
		return object_create(OBJECT_REGION, object->first, handle);
	case PLAN_UNTYPED:
		return object->first ? object_create(OBJECT_UNTYPED, object->first, handle) : OK; /* the rest is given when all is made */
	case PLAN_PORTS:
		return ports_make(object, handle);
	case PLAN_IRQ:
		return irq_make(object, handle, message);
	case PLAN_RING:
		*handle = INIT_SLOT_RING;
		return OK;
	case PLAN_LOG_CONTROL:
		*handle = INIT_SLOT_LOG_CONTROL;
		return OK;
	case PLAN_CPU_CONTROL:
		*handle = INIT_SLOT_CPU_CONTROL;
		return OK;
	case PLAN_INFORMATION:
		*handle = INIT_SLOT_INFORMATION;
		return OK;
	case PLAN_FILE:
	case PLAN_ITSELF:
		*handle = INIT_SLOT_PACKAGE;
		return OK;
	case PLAN_DEVICES:
		return windows_make();
	default:
		return ERR_ARGUMENT;
	}
}

enum error objects_make_rest(const struct plan *plan, handle_t memory)
{
	struct capability_state state;
	enum error error = OK;

	for (uint32_t i = 0; error == OK && i < plan->object_count; i++) {
		if (plan_objects(plan)[i].kind != PLAN_UNTYPED || plan_objects(plan)[i].first)
			continue;
		error = cnode_query(INIT_SLOT_CNODE, memory, &state);
		if (error == OK)
			error = object_create(OBJECT_UNTYPED, (state.size - state.watermark) & ~(uint64_t)(PAGE_SIZE - 1), &handles[i]);
	}
	return error;
}

enum error objects_make(const struct plan *plan, handle_t memory, uint32_t *failed)
{
	enum error error = OK;

	memory_use(memory);
	for (uint32_t i = 0; error == OK && i < plan->object_count; i++) {
		*failed = i;
		error = object_make(&plan_objects(plan)[i], &handles[i], &messages[i]);
	}
	return error;
}
