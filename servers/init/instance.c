/* SPDX-License-Identifier: MIT */
/*
 * Building and ending instances (instance.h).
 *
 * An instance is built in steps, each of which can only be refused if the plan is wrong: the Untyped is reclaimed (what remained of the last instance but one goes), the parts are made, memory is mapped
 * and filled, capabilities are copied, the start page is written, the thread gets its registers. Ending goes: thread stops; its call is cancelled, so that no message of a dead instance is delivered
 * later; lent capabilities are taken back; the address space goes, with all Mappings; the CNode goes, with the Replies, so that callers wake with ERR_CANCELLED.
 */
#include "instance.h"

#include "abi/boot.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/runtime.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/string.h"
#include "log.h"
#include "objects.h"

#define WINDOW_ADDRESS 0x8000000000   /* where init sees what it fills */
#define SOURCE_ADDRESS 0x8100000000   /* and what it fills it from */
#define FLAGS_AT_START 0x202          /* RFLAGS: IF, and the bit that is always set */
#define WINDOWS_MAX 64
#define START_BYTES (START_PAGES_MAX * PAGE_SIZE)

struct system system;

/* One instance while it is built. */
struct building {
	struct service *service;
	const struct plan_service *plan;
	struct instance *instance;
	struct space space;
	uint64_t mappings;         /* used so far */
	handle_t package_mapping;  /* the package in its space; 0: not yet */
	struct start_page *page;   /* init's window on it */
	handle_t page_window;
};

static handle_t part(const struct instance *instance, enum instance_part which)
{
	return instance->part + which;
}

struct instance *instance_last(struct service *service)
{
	return &service->instance[(service->started + 1) % 2];
}

struct instance *instance_remains(struct service *service)
{
	if (service->state == SERVICE_STOPPED)
		return instance_last(service);
	return service->started >= 2 ? &service->instance[service->started % 2] : NULL;
}

/* Slots for the Mappings of an instance: segments, start page, message page, all mapped grants. */
static uint64_t mappings_most(const struct plan_service *plan)
{
	uint64_t count = 3 + plan->segment_count;

	for (uint32_t i = 0; i < plan->grant_count; i++)
		count += plan_grants(system.plan)[plan->first_grant + i].address != 0;
	return count;
}

/* A large Region begins at 2 MiB. */
static uint64_t heap_untyped_bytes(const struct plan_service *plan)
{
	return plan->heap_bytes + (plan->heap_bytes >= LARGE_PAGE_SIZE ? LARGE_PAGE_SIZE : 0);
}

enum error service_prepare(struct service *service, uint32_t index, handle_t memory)
{
	const struct plan_service *plan = &plan_services(system.plan)[index];
	enum error error = OK;

	*service = (struct service){.plan = plan, .mapping_count = mappings_most(plan), .fault = slot_allocate()};
	service->mappings = slots_allocate(service->mapping_count);
	memory_use(memory);
	for (int i = 0; error == OK && i < 2; i++) {
		service->instance[i].part = slots_allocate(PARTS);
		error = service->instance[i].part ? object_create(OBJECT_UNTYPED, plan->untyped_bytes, &service->instance[i].untyped) : ERR_NOMEM;
	}
	if (error == OK && plan->heap_bytes)
		error = object_create(OBJECT_UNTYPED, heap_untyped_bytes(plan), &service->heap);
	if (!service->fault || !service->mappings)
		return ERR_NOMEM;
	if (error == OK)
		error = cnode_mint(INIT_SLOT_CNODE, service->fault, INIT_SLOT_CNODE, object_handle(plan->fault_endpoint), RIGHT_WRITE, index + 1);
	return error;
}

static enum error part_make(struct building *building, enum instance_part which, enum object_type type, uint64_t size)
{
	return untyped_retype(building->instance->untyped, type, size, INIT_SLOT_CNODE, part(building->instance, which), 1);
}

/* The heap is clear, and there is one: that of the instance before goes now. */
static enum error heap_make(struct building *building)
{
	enum error error = untyped_reclaim(building->service->heap);

	if (error != OK)
		return error;
	return untyped_retype(building->service->heap, OBJECT_REGION, building->plan->heap_bytes, INIT_SLOT_CNODE, part(building->instance, PART_HEAP), 1);
}

static enum error parts_make(struct building *building)
{
	const struct plan_service *plan = building->plan;
	enum error error = untyped_reclaim(building->instance->untyped);

	if (error == OK)
		error = part_make(building, PART_THREAD, OBJECT_THREAD, 0);
	if (error == OK)
		error = part_make(building, PART_VSPACE, OBJECT_VSPACE, 0);
	if (error == OK)
		error = part_make(building, PART_CNODE, OBJECT_CNODE, plan->cnode_bits);
	if (error == OK)
		error = part_make(building, PART_MESSAGE, OBJECT_REGION, PAGE_SIZE);
	if (error == OK)
		error = part_make(building, PART_START, OBJECT_REGION, START_BYTES);
	if (error == OK && plan->private_bytes)
		error = part_make(building, PART_PRIVATE, OBJECT_REGION, plan->private_bytes);
	if (error == OK && plan->heap_bytes)
		error = heap_make(building);
	if (error == OK)
		error = vspace_donate(part(building->instance, PART_VSPACE), building->instance->untyped, INIT_SLOT_CNODE, part(building->instance, PART_TABLES), plan->table_pages);
	return error;
}

/* Makes a Mapping in the next slot that the service has for them. */
static enum error mapping_make(struct building *building, handle_t region, uint64_t rights, handle_t *mapping)
{
	if (building->mappings == building->service->mapping_count)
		return ERR_NOMEM;
	*mapping = building->service->mappings + building->mappings++;
	return vspace_attach(part(building->instance, PART_VSPACE), region, INIT_SLOT_CNODE, *mapping, rights);
}

/* Maps by 2 MiB pages; everything is aligned to them. */
static enum error mapping_fill_large(handle_t mapping, vaddr_t address, uint64_t bytes, uint64_t rights)
{
	struct map_entry *batch = (struct map_entry *)thread_self()->page;

	for (uint64_t done = 0, count, at = 0; at < bytes; at += done * LARGE_PAGE_SIZE) {
		enum error error;

		for (count = 0; count < MAP_BATCH_MAX && at + count * LARGE_PAGE_SIZE < bytes; count++)
			batch[count] = (struct map_entry){(address + at + count * LARGE_PAGE_SIZE) | rights | MAP_LARGE, (at >> PAGE_BITS) + count * (LARGE_PAGE_SIZE / PAGE_SIZE)};
		error = mapping_map(mapping, count, &done);
		if (error != OK)
			return error;
	}
	return OK;
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* Maps `bytes` of the boot package. One Mapping serves all that an instance sees of it. */
static enum error package_map(struct building *building, vaddr_t address, uint64_t offset, uint64_t bytes, uint64_t rights)
{
	enum error error = OK;

	if (offset % PAGE_SIZE || offset + bytes > system.package_bytes)
		return ERR_ARGUMENT;
	if (!building->package_mapping)
		error = mapping_make(building, INIT_SLOT_PACKAGE, RIGHT_READ | RIGHT_EXECUTE, &building->package_mapping);
	if (error == OK)
		error = mapping_fill(building->package_mapping, address, offset / PAGE_SIZE, pages_of(bytes), rights);
	return error;
}

/* Copies a segment's bytes from the package to the private memory, both seen through windows. */
static enum error segment_copy(handle_t private, handle_t package, const struct plan_segment *segment, uint64_t at)
{
	uint64_t pages = pages_of(segment->file_bytes);
	enum error error = mapping_fill(private, WINDOW_ADDRESS + at, at / PAGE_SIZE, pages, MAP_READ | MAP_WRITE);

	if (error == OK)
		error = mapping_fill(package, SOURCE_ADDRESS + at, (system.image + segment->image) / PAGE_SIZE, pages, MAP_READ);
	if (error == OK)
		memcpy((void *)(WINDOW_ADDRESS + at), (const void *)(SOURCE_ADDRESS + at), segment->file_bytes);
	return error;
}

/* The writable segments lie in the private memory one after the other; the others are mapped from the package. */
static enum error segments_map(struct building *building)
{
	const struct plan_segment *segment = plan_segments(system.plan) + building->plan->first_segment;
	handle_t mapping, window = 0, source = 0;
	enum error error = mapping_make(building, part(building->instance, PART_PRIVATE), RIGHT_READ | RIGHT_WRITE, &mapping);
	uint64_t at = 0;

	if (error == OK)
		error = space_attach(&own_space, part(building->instance, PART_PRIVATE), RIGHT_READ | RIGHT_WRITE, &window);
	if (error == OK)
		error = space_attach(&own_space, INIT_SLOT_PACKAGE, RIGHT_READ, &source);
	for (uint32_t i = 0; error == OK && i < building->plan->segment_count; i++, segment++) {
		if (!(segment->rights & MAP_WRITE)) {
			error = package_map(building, segment->address, system.image + segment->image, segment->file_bytes, segment->rights);
			continue;
		}
		error = mapping_fill(mapping, segment->address, at / PAGE_SIZE, segment->bytes / PAGE_SIZE, segment->rights);
		if (error == OK && segment->file_bytes)
			error = segment_copy(window, source, segment, at);
		at += segment->bytes;
	}
	if (source && object_delete(source) != OK)
		error = ERR_STATE;
	if (window && object_delete(window) != OK)
		error = ERR_STATE;
	return error;
}

/* The memory that a mapped grant shows, as the service sees it: where it comes from, and how much there is. */
static enum error grant_map(struct building *building, const struct plan_grant *grant, uint64_t *bytes)
{
	const struct plan_object *object = grant->object == PLAN_NONE ? NULL : &plan_objects(system.plan)[grant->object];
	handle_t region = object ? object_handle(grant->object) : part(building->instance, PART_HEAP), mapping;
	enum error error;

	if (object && object->kind == PLAN_FILE)
		return package_map(building, grant->address, system.image + object->first, grant->bytes, MAP_READ);
	if (object && object->kind == PLAN_ITSELF) {
		*bytes = system.plan->bytes;
		return package_map(building, grant->address, system.plan_offset, *bytes, MAP_READ);
	}
	if (object && object->kind == PLAN_RING && *bytes > boot_information->ring_size)
		*bytes = boot_information->ring_size;
	error = mapping_make(building, region, grant->map_rights, &mapping);
	if (error != OK)
		return error;
	if (grant->flags & PLAN_GRANT_LARGE)
		return mapping_fill_large(mapping, grant->address, *bytes, grant->map_rights);
	return mapping_fill(mapping, grant->address, 0, pages_of(*bytes), grant->map_rights);
}

/* What a grant's capability is a copy of. */
static handle_t grant_source(const struct building *building, const struct plan_grant *grant)
{
	switch (grant->kind) {
	case GRANT_THREAD:
		return part(building->instance, PART_THREAD);
	case GRANT_CNODE:
		return part(building->instance, PART_CNODE);
	case GRANT_VSPACE:
		return part(building->instance, PART_VSPACE);
	default:
		return object_handle(grant->object);
	}
}

static enum error grant_capability(const struct building *building, const struct plan_grant *grant)
{
	handle_t cnode = part(building->instance, PART_CNODE), source = grant_source(building, grant);

	if (grant->kind == GRANT_REPLY)
		return untyped_retype(building->instance->untyped, OBJECT_REPLY, 0, cnode, grant->slot, grant->argument);
	if (grant->kind == GRANT_UNTYPED && untyped_reclaim(source) != OK)
		return ERR_STATE;
	if (grant->kind == GRANT_LOG_CONTROL && log_lend(object_handle(building->plan->notification)) != OK)
		return ERR_STATE;
	if (grant->flags & PLAN_GRANT_MOVED)
		return cnode_move(cnode, grant->slot, INIT_SLOT_CNODE, source);
	if (grant->badge)
		return cnode_mint(cnode, grant->slot, INIT_SLOT_CNODE, source, grant->rights, grant->badge);
	return cnode_copy(cnode, grant->slot, INIT_SLOT_CNODE, source, grant->rights);
}

static void line_add(struct building *building, const struct plan_grant *grant, uint64_t slot, uint64_t address, uint64_t bytes, uint64_t argument)
{
	struct start_grant *line = &building->page->grant[building->page->grant_count];

	if (building->page->grant_count == START_GRANTS_MAX)
		return; /* tools/manifest has counted */
	*line = (struct start_grant){.kind = grant->kind, .slot = (uint32_t)slot, .address = address, .bytes = bytes, .argument = argument};
	memcpy(line->name, grant->name, sizeof(line->name));
	building->page->grant_count++;
}

/* One line for each window of device memory, or for each that is the firmware's. */
static enum error grant_windows(struct building *building, const struct plan_grant *grant)
{
	uint32_t count;
	const struct object_window *window = object_windows(&count);
	enum error error = OK;

	for (uint32_t i = 0; error == OK && i < count; i++) {
		if (grant->kind == GRANT_FIRMWARE && !window[i].firmware)
			continue;
		error = cnode_copy(part(building->instance, PART_CNODE), grant->slot + i, INIT_SLOT_CNODE, window[i].region, grant->rights);
		line_add(building, grant, grant->slot + i, window[i].base, window[i].bytes, 0);
	}
	return error;
}

/*
 * A window of a client on memory of a server: nothing is mapped in it but by the server, which gets the client's Mapping. Each side fills in its half when it is built; the capability is given when the second of the two is
 * there, and goes with the client's address space, or with the server's CNode, where it is only a copy.
 */
struct window {
	const struct service *client, *server;
	uint32_t object;
	uint32_t slot;    /* at the server */
	handle_t mapping; /* of the client that runs */
};

static struct window client_windows[WINDOWS_MAX];
static uint32_t client_window_count;

static struct window *window_find(const struct service *client, const struct service *server, uint32_t object)
{
	struct window *window = client_windows, *end = client_windows + client_window_count;

	while (window < end && !(window->client == client && window->server == server && window->object == object))
		window++;
	if (window == end && client_window_count < WINDOWS_MAX) {
		*window = (struct window){.client = client, .server = server, .object = object};
		client_window_count++;
	}
	return window < client_windows + client_window_count ? window : NULL;
}

static enum error window_connect(const struct window *window, handle_t cnode, uint32_t rights)
{
	return window->slot && window->mapping ? cnode_copy(cnode, window->slot, INIT_SLOT_CNODE, window->mapping, rights) : OK;
}

static enum error grant_window(struct building *building, const struct plan_grant *grant)
{
	struct service *first = building->service - (building->plan - plan_services(system.plan)), *peer = &first[grant->argument - 1];
	bool client = grant->kind == GRANT_WINDOW;
	struct window *window = client ? window_find(building->service, peer, grant->object) : window_find(peer, building->service, grant->object);
	enum error error = window ? OK : ERR_NOMEM;

	line_add(building, grant, grant->slot, grant->address, grant->bytes, grant->argument);
	if (error == OK && client)
		error = mapping_make(building, object_handle(grant->object), grant->map_rights, &window->mapping);
	else if (error == OK)
		window->slot = grant->slot;
	if (error != OK || peer->state != SERVICE_RUNNING)
		return error;
	return window_connect(window, client ? part(instance_last(peer), PART_CNODE) : part(building->instance, PART_CNODE), grant->map_rights);
}

static enum error grant_give(struct building *building, const struct plan_grant *grant)
{
	uint64_t bytes = grant->bytes, argument = grant->argument;
	enum error error = OK;

	if (grant->kind == GRANT_WINDOW || grant->kind == GRANT_LEASE)
		return grant_window(building, grant);

	if (grant->kind == GRANT_DEVICE || grant->kind == GRANT_FIRMWARE)
		return grant_windows(building, grant);
	if (grant->kind == GRANT_DEVICE_OWNER) {
		struct object_message message = object_message(grant->object);

		line_add(building, grant, 0, message.address, message.data, argument);
		return OK;
	}
	if (grant->address)
		error = grant_map(building, grant, &bytes);
	if (error == OK && grant->slot && grant->kind != GRANT_BARS) /* those slots are filled later */
		error = grant_capability(building, grant);
	if (grant->kind == GRANT_REGION && grant->rights & RIGHT_DMA)
		argument = object_physical(grant->object);
	line_add(building, grant, grant->slot, grant->address, bytes, argument);
	return error;
}

/* The start page is filled through a window, which stays until the last grant has its line. */
static enum error page_begin(struct building *building)
{
	handle_t region = part(building->instance, PART_START), mapping;
	enum error error = space_attach(&own_space, region, RIGHT_READ | RIGHT_WRITE, &building->page_window);

	if (error == OK)
		error = mapping_fill(building->page_window, WINDOW_ADDRESS, 0, START_PAGES_MAX, MAP_READ | MAP_WRITE);
	if (error == OK)
		error = mapping_make(building, region, RIGHT_READ, &mapping);
	if (error == OK)
		error = mapping_fill(mapping, START_ADDRESS, 0, START_PAGES_MAX, MAP_READ);
	if (error != OK)
		return error;
	building->page = (struct start_page *)WINDOW_ADDRESS;
	*building->page = (struct start_page){
		.magic = START_MAGIC,
		.version = START_VERSION,
		.service = (uint32_t)(building->plan - plan_services(system.plan)),
		.instance = building->service->started,
		.clock_mult = boot_information->clock_mult,
		.clock_shift = boot_information->clock_shift,
		.clock_base = boot_information->clock_base,
		.ended = building->service->ended,
	};
	memcpy(building->page->name, building->plan->name, sizeof(building->page->name));
	return OK;
}

static enum error grants_give(struct building *building)
{
	const struct plan_grant *grant = plan_grants(system.plan) + building->plan->first_grant;
	enum error error = page_begin(building), end;

	for (uint32_t i = 0; error == OK && i < building->plan->grant_count; i++)
		error = grant_give(building, &grant[i]);
	if (!building->page_window)
		return error;
	end = object_delete(building->page_window);
	return error == OK ? end : error;
}

static enum error message_map(struct building *building)
{
	handle_t mapping;
	enum error error = mapping_make(building, part(building->instance, PART_MESSAGE), RIGHT_READ | RIGHT_WRITE, &mapping);

	return error == OK ? mapping_fill(mapping, START_MESSAGE_ADDRESS, 0, 1, MAP_READ | MAP_WRITE) : error;
}

static enum error thread_prepare(struct building *building)
{
	const struct plan_service *plan = building->plan;
	handle_t thread = part(building->instance, PART_THREAD);
	struct thread_registers registers = {.rip = plan->entry, .rdi = START_ADDRESS, .rflags = FLAGS_AT_START, .gs_base = START_THREAD_ADDRESS};
	enum error error = thread_bind(thread, THREAD_CNODE, part(building->instance, PART_CNODE));

	if (error == OK)
		error = thread_bind(thread, THREAD_VSPACE, part(building->instance, PART_VSPACE));
	if (error == OK)
		error = thread_bind(thread, THREAD_MESSAGE, part(building->instance, PART_MESSAGE));
	if (error == OK)
		error = thread_bind(thread, THREAD_FAULT, building->service->fault);
	if (error == OK)
		error = thread_bind(thread, THREAD_NOTIFICATION, object_handle(plan->notification));
	if (error == OK)
		error = thread_set_priority(thread, plan->priority, plan->priority);
	if (error == OK)
		error = thread_write_registers(thread, &registers);
	return error;
}

/* Takes back what was lent. What is not where it was put stays lost: then the first error says so. */
static enum error lent_take_back(const struct service *service, const struct instance *instance)
{
	const struct plan_grant *grant = plan_grants(system.plan) + service->plan->first_grant;
	enum error first = OK;

	for (uint32_t i = 0; i < service->plan->grant_count; i++) {
		enum error error = OK;

		if (grant[i].flags & PLAN_GRANT_MOVED)
			error = cnode_move(INIT_SLOT_CNODE, object_handle(grant[i].object), part(instance, PART_CNODE), grant[i].slot);
		if (error == OK && grant[i].kind == GRANT_LOG_CONTROL)
			error = log_take_back();
		first = first == OK ? error : first;
	}
	return first;
}

enum error instance_start(struct service *service, const char **step)
{
	static const struct {
		const char *name;
		enum error (*run)(struct building *building);
	} steps[] = {
		{"making its parts", parts_make},
		{"mapping its program", segments_map},
		{"mapping its message page", message_map},
		{"giving it its capabilities", grants_give},
		{"preparing its thread", thread_prepare},
	};
	struct building building = {.service = service, .plan = service->plan, .instance = &service->instance[service->started % 2]};
	enum error error = OK;

	for (size_t i = 0; error == OK && i < sizeof(steps) / sizeof(steps[0]); i++) {
		*step = steps[i].name;
		error = steps[i].run(&building);
	}
	if (error == OK)
		error = thread_resume(part(building.instance, PART_THREAD));
	if (error != OK) {
		(void)!lent_take_back(service, building.instance); /* as far as it had come */
		return error;
	}
	building.instance->number = service->started++;
	service->state = SERVICE_RUNNING;
	return OK;
}

/* Writing a thread's own registers back ends its wait in a kernel call: what it sent and nobody took goes with it. */
static enum error call_cancel(handle_t thread)
{
	struct thread_registers registers;
	enum error error = thread_read_registers(thread, &registers);

	return error == OK ? thread_write_registers(thread, &registers) : error;
}

enum error instance_stop(struct service *service, enum start_ended ended)
{
	const struct instance *instance = instance_last(service);
	handle_t thread = part(instance, PART_THREAD);
	enum error error = thread_suspend(thread);

	if (error == OK)
		error = call_cancel(thread);
	if (error == OK)
		error = thread_unbind(thread, THREAD_NOTIFICATION);
	if (error == OK)
		error = lent_take_back(service, instance);
	if (error == OK)
		error = cnode_delete(INIT_SLOT_CNODE, part(instance, PART_VSPACE));
	if (error == OK)
		error = cnode_delete(INIT_SLOT_CNODE, part(instance, PART_CNODE));
	service->state = SERVICE_STOPPED;
	service->ended = ended;
	return error;
}

enum error instance_hang(struct service *service)
{
	handle_t thread = part(instance_last(service), PART_THREAD);
	struct thread_registers registers;
	enum error error = service->state == SERVICE_RUNNING ? thread_suspend(thread) : ERR_STATE;

	if (error == OK)
		error = thread_read_registers(thread, &registers);
	registers.rip = service->plan->entry + START_SPIN_OFFSET;
	if (error == OK)
		error = thread_write_registers(thread, &registers);
	if (error == OK)
		error = thread_resume(thread);
	return error;
}

enum error instance_lend(struct service *service, handle_t window, uint64_t first, uint64_t pages, uint64_t which)
{
	const struct plan_grant *grant = plan_grants(system.plan) + service->plan->first_grant, *end = grant + service->plan->grant_count;
	handle_t cnode = part(instance_last(service), PART_CNODE);
	enum error error;

	while (grant < end && grant->kind != GRANT_BARS)
		grant++;
	if (grant == end || which >= grant->argument || first > UINT32_MAX || pages > UINT32_MAX)
		return ERR_ARGUMENT;
	if (service->state != SERVICE_RUNNING)
		return ERR_STATE;
	error = cnode_delete(cnode, grant->slot + which);
	if (error != OK && error != ERR_NOCAP) /* there was nothing */
		return error;
	return cnode_mint(cnode, grant->slot + which, INIT_SLOT_CNODE, window, RIGHT_READ | RIGHT_WRITE, first | pages << 32);
}

/* The place of an address in the private memory; false when it is not in it. */
static bool private_find(const struct service *service, vaddr_t address, uint64_t *at, uint64_t *bytes)
{
	const struct plan_segment *segment = plan_segments(system.plan) + service->plan->first_segment;
	uint64_t offset = 0;

	for (uint32_t i = 0; i < service->plan->segment_count; i++, segment++) {
		if (!(segment->rights & MAP_WRITE))
			continue;
		if (address >= segment->address && address - segment->address < segment->bytes) {
			*at = offset + (address - segment->address);
			*bytes = segment->bytes - (address - segment->address);
			return true;
		}
		offset += segment->bytes;
	}
	return false;
}

uint64_t instance_peek(struct service *service, vaddr_t address, uint64_t count, uint64_t *words)
{
	const struct instance *instance = instance_remains(service);
	uint64_t at, bytes, pages, first;
	handle_t window;

	if (!instance || address % sizeof(uint64_t) || !private_find(service, address, &at, &bytes))
		return 0;
	if (count > bytes / sizeof(uint64_t))
		count = bytes / sizeof(uint64_t);
	first = at / PAGE_SIZE;
	pages = pages_of(at % PAGE_SIZE + count * sizeof(uint64_t));
	if (space_attach(&own_space, part(instance, PART_PRIVATE), RIGHT_READ, &window) != OK)
		return 0;
	if (mapping_fill(window, WINDOW_ADDRESS, first, pages, MAP_READ) == OK)
		memcpy(words, (const void *)(WINDOW_ADDRESS + at % PAGE_SIZE), count * sizeof(uint64_t));
	else
		count = 0;
	return object_delete(window) == OK ? count : 0;
}
