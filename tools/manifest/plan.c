/* SPDX-License-Identifier: MIT */
/*
 * From the checked manifest to the plan (abi/plan.h): which objects there are, what each service gets of them, in which slot and at which address, and how much memory an instance takes.
 *
 * Objects are made in the order: of each service its own, then what is declared, then buffers and interrupts. A service's slots and addresses are given out upwards in the order of its grants, so the
 * same manifest gives the same plan.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/abi.h"
#include "abi/protocols/pci.h"
#include "tools/manifest/manifest.h"

#define DEVICE_SLOTS 32 /* windows of device memory that the holder of device.all or firmware can get */
#define SPARE_TABLES 4  /* for what a service maps by itself */
#define MAPPINGS_A_PAGE 64

/* What is being laid out: one service. */
struct layout {
	struct output *output;
	struct manifest *manifest;
	struct service *service;
	struct plan_service *entry;
	uint32_t slot;
	uint64_t address;
	uint64_t irqs;     /* given so far */
	uint64_t tables;   /* pages of page tables that the mappings so far take */
	uint64_t mappings;
	uint64_t windows; /* lines that init adds for windows of device memory */
};

static void name_join(char name[32], const char *prefix, const char *rest)
{
	if (snprintf(name, 32, "%s%s", prefix, rest) >= 32)
		fail("the name %s%s is longer than 31 letters", prefix, rest);
}

static uint32_t object_add(struct output *output, enum plan_object_kind kind, const char *prefix, const char *name, uint64_t first, uint64_t second)
{
	uint32_t index = output->plan.object_count;

	if (index == PLAN_OBJECTS_MAX)
		fail("more than %d objects", PLAN_OBJECTS_MAX);
	output->object[index] = (struct plan_object){.kind = kind, .notification = PLAN_NONE, .first = first, .second = second};
	name_join(output->object[index].name, prefix, name);
	output->plan.object_count++;
	return index;
}

/* The one object of a kind that there is at most once. */
static uint32_t object_single(struct output *output, enum plan_object_kind kind, const char *name)
{
	for (uint32_t i = 0; i < output->plan.object_count; i++)
		if (output->object[i].kind == kind)
			return i;
	return object_add(output, kind, "", name, 0, 0);
}

/* Pages of tables that a range takes when nothing else lies near: one for each 2 MiB it touches, unless it is mapped by large pages, and one for each GiB. */
static void tables_count(struct layout *layout, uint64_t address, uint64_t bytes, bool large)
{
	uint64_t end = address + bytes - 1;

	if (!large)
		layout->tables += end / LARGE_PAGE_SIZE - address / LARGE_PAGE_SIZE + 1;
	layout->tables += (end >> 30) - (address >> 30) + 1;
	layout->mappings++;
}

static struct plan_grant *grant_add(struct layout *layout, enum grant_kind kind, const char *prefix, const char *name)
{
	struct output *output = layout->output;
	struct plan_grant *grant;

	output->grant = realloc(output->grant, (output->plan.grant_count + 1) * sizeof(*output->grant));
	if (!output->grant)
		fail("not enough memory for the plan");
	grant = &output->grant[output->plan.grant_count++];
	*grant = (struct plan_grant){.kind = kind, .object = PLAN_NONE};
	name_join(grant->name, prefix, name);
	layout->entry->grant_count++;
	return grant;
}

static uint32_t slots_take(struct layout *layout, uint32_t count)
{
	uint32_t first = layout->slot;

	layout->slot += count;
	if (layout->slot > START_SLOT_FREE)
		mistake(layout->manifest, layout->service->line, "'%s' needs more than %d capabilities", layout->service->name, START_SLOT_FREE - 1);
	return first;
}

/* A grant with a capability. */
static struct plan_grant *grant_capability(struct layout *layout, enum grant_kind kind, const char *prefix, const char *name, uint32_t object, uint32_t rights)
{
	struct plan_grant *grant = grant_add(layout, kind, prefix, name);

	grant->object = object;
	grant->rights = rights;
	grant->slot = slots_take(layout, 1);
	return grant;
}

/* Maps a grant's memory at a fixed address, or at the next free one when that is 0. */
static void grant_map(struct layout *layout, struct plan_grant *grant, uint64_t address, uint64_t bytes, uint32_t rights)
{
	bool large = bytes % LARGE_PAGE_SIZE == 0 && grant->kind != GRANT_BLOB;

	if (!address) {
		if (large)
			layout->address = (layout->address + LARGE_PAGE_SIZE - 1) & ~(uint64_t)(LARGE_PAGE_SIZE - 1);
		address = layout->address;
		layout->address += ((bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1)) + PAGE_SIZE;
	}
	grant->address = address;
	grant->bytes = bytes;
	grant->map_rights = rights;
	if (large)
		grant->flags |= PLAN_GRANT_LARGE;
	tables_count(layout, address, bytes, large);
}

/* Maps a whole object; the service gets no capability to it. */
static struct plan_grant *grant_memory(struct layout *layout, enum grant_kind kind, const char *prefix, const char *name, uint32_t object, uint32_t rights)
{
	struct plan_grant *grant = grant_add(layout, kind, prefix, name);
	const struct plan_object *of = &layout->output->object[object];

	grant->object = object;
	grant_map(layout, grant, kind == GRANT_STATE ? START_STATE_ADDRESS : 0, of->kind == PLAN_FILE ? of->second : of->first, rights);
	return grant;
}

/* What every service has. */
static void grants_own(struct layout *layout)
{
	struct service *service = layout->service;
	struct plan_grant *grant;

	grant_capability(layout, GRANT_ENDPOINT, "endpoint", "", service->endpoint, RIGHT_READ);
	grant_capability(layout, GRANT_NOTIFICATION, "notification", "", service->notification, RIGHT_READ);
	grant_capability(layout, GRANT_THREAD, "thread", "", PLAN_NONE, RIGHT_READ);
	grant_capability(layout, GRANT_CNODE, "cnode", "", PLAN_NONE, RIGHT_READ | RIGHT_WRITE)->argument = 1ull << service->cnode_bits;
	grant_capability(layout, GRANT_VSPACE, "vspace", "", PLAN_NONE, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_ATTACH);
	grant = grant_add(layout, GRANT_REPLY, "reply", "");
	grant->slot = slots_take(layout, (uint32_t)service->replies);
	grant->argument = service->replies;
	grant_memory(layout, GRANT_TEXT, "text", "", service->text, MAP_READ | MAP_WRITE);
	grant_memory(layout, GRANT_BEAT, "beat", "", service->beat, MAP_READ | MAP_WRITE);
	if (service->state)
		grant_memory(layout, GRANT_STATE, "state", "", service->state_object, MAP_READ | MAP_WRITE);
	if (service->heap)
		grant_map(layout, grant_add(layout, GRANT_HEAP, "heap", ""), START_HEAP_ADDRESS, service->heap, MAP_READ | MAP_WRITE);
}

static uint64_t badge_of(const struct service *service)
{
	return service->index + 1;
}

/* A capability to signal a peer: `bit` is set there. */
static void grant_signal(struct layout *layout, const char *name, const struct service *peer, uint64_t bit)
{
	struct plan_grant *grant = grant_capability(layout, GRANT_SIGNAL, "signal:", name, peer->notification, RIGHT_WRITE);

	grant->badge = 1ull << bit;
	grant->argument = bit;
}

/* The Region between a client and a server, made when the first of the two is laid out. */
static uint32_t buffer_object(struct output *output, const struct service *client, const struct use *use)
{
	char name[2 * SERVICE_NAME_BYTES];

	if (snprintf(name, sizeof(name), "%s:%s", client->name, use->server) >= (int)sizeof(name))
		fail("the name of a buffer is too long");
	for (uint32_t i = 0; i < output->plan.object_count; i++)
		if (output->object[i].kind == PLAN_REGION && strcmp(output->object[i].name, name) == 0)
			return i;
	return object_add(output, PLAN_REGION, "", name, use->buffer, 0);
}

/* A declared Region, made when the first service is laid out that sees it. */
static uint32_t region_object(struct output *output, struct declaration *region)
{
	if (region->object == PLAN_NONE)
		region->object = object_add(output, PLAN_REGION, "", region->name, region->first, 0);
	return region->object;
}

static void grant_buffer(struct layout *layout, const struct service *client, const struct use *use, const struct service *peer)
{
	struct plan_grant *grant;

	if (!use->buffer)
		return;
	grant = grant_memory(layout, GRANT_BUFFER, "buffer:", peer->name, buffer_object(layout->output, client, use), MAP_READ | MAP_WRITE);
	grant->argument = badge_of(peer);
}

/* The memory of a server of which clients see pages: the Region named SERVER.USE if that is declared; for what they only read else its state. PLAN_NONE when there is none. */
static uint32_t window_object(struct layout *layout, const struct service *server, const char *use)
{
	char name[NAME_BYTES];

	name_join(name, server->name, use);
	for (size_t i = 0; i < layout->manifest->declarations; i++) {
		struct declaration *region = &layout->manifest->declaration[i];

		if (region->kind == DECLARED_REGION && strcmp(region->name, name) == 0)
			return region_object(layout->output, region);
	}
	return server->state && strcmp(use, ".cache") == 0 ? server->state_object : PLAN_NONE;
}

/* One window, on the side of the client or of the server (`peer` is the other one). init puts the Mapping of the client's into the server's slot. */
static void grant_window(struct layout *layout, const struct service *client, const struct service *server, bool shared)
{
	uint32_t object = window_object(layout, server, shared ? ".shared" : ".cache"), rights = shared ? MAP_READ | MAP_WRITE : MAP_READ;
	const struct service *peer = layout->service == client ? server : client;
	struct plan_grant *grant;

	if (object == PLAN_NONE)
		return;
	if (layout->service == client)
		grant = grant_add(layout, GRANT_WINDOW, shared ? "share:" : "lease:", peer->name);
	else
		grant = grant_capability(layout, GRANT_LEASE, shared ? "share:" : "lease:", peer->name, object, rights);
	grant->object = object;
	grant->address = START_WINDOW_ADDRESS(badge_of(server)) + (shared ? START_WINDOW_SHARED : 0);
	grant->bytes = START_WINDOW_PAGES * PAGE_SIZE;
	grant->map_rights = rights;
	grant->argument = badge_of(peer);
	if (layout->service == client)
		tables_count(layout, grant->address, grant->bytes, false);
}

static void grants_window(struct layout *layout, const struct service *client, const struct use *use)
{
	if (!use->lease)
		return;
	grant_window(layout, client, use->to, false);
	grant_window(layout, client, use->to, true);
}

/* Sessions with servers. */
static void grants_uses(struct layout *layout)
{
	for (size_t i = 0; i < layout->service->uses; i++) {
		const struct use *use = &layout->service->use[i];
		struct plan_grant *grant = grant_capability(layout, GRANT_SESSION, "", use->server, use->to->endpoint, RIGHT_WRITE);

		grant->badge = badge_of(layout->service);
		grant->argument = grant->badge;
		grant_buffer(layout, layout->service, use, use->to);
		grants_window(layout, layout->service, use);
		if (use->signals)
			grant_signal(layout, use->server, use->to, start_bit(badge_of(layout->service)));
	}
}

/* What a client may do with files is the service's to know, as a line of its start page. */
static void grants_files(struct layout *layout, const struct service *client)
{
	for (size_t i = 0; i < client->needs; i++)
		if (client->need[i].kind == NEED_FS && strcmp(layout->service->name, FS_SERVER) == 0)
			grant_add(layout, GRANT_RIGHT, "", client->need[i].name)->argument = badge_of(client);
}

/* The other side: clients of this service. */
static void grants_clients(struct layout *layout)
{
	for (size_t i = 0; i < layout->manifest->ordered; i++) {
		const struct service *client = layout->manifest->order[i];

		for (size_t n = 0; n < client->uses; n++) {
			const struct use *use = &client->use[n];

			if (use->to != layout->service)
				continue;
			grant_add(layout, GRANT_CLIENT, "", client->name)->argument = badge_of(client);
			if (use->may[0])
				grant_add(layout, GRANT_RIGHT, "", use->may)->argument = badge_of(client);
			grants_files(layout, client);
			grant_buffer(layout, client, use, client);
			grants_window(layout, client, use);
			if (use->signals)
				grant_signal(layout, client->name, client, start_bit(badge_of(layout->service)));
		}
	}
}

static void grant_irq(struct layout *layout, const char *name, uint64_t line, uint64_t flags)
{
	uint32_t object = object_add(layout->output, PLAN_IRQ, "", name, line, flags);
	struct plan_grant *grant = grant_capability(layout, GRANT_IRQ, "", name, object, RIGHT_WRITE);

	if (layout->irqs == START_IRQ_MAX)
		mistake(layout->manifest, layout->service->line, "'%s' needs more than %d interrupts", layout->service->name, START_IRQ_MAX);
	layout->output->object[object].notification = layout->service->notification;
	layout->output->object[object].bit = START_BIT_IRQ + layout->irqs++;
	grant->argument = layout->output->object[object].bit;
}

static void grant_region(struct layout *layout, const struct need *need)
{
	struct plan_grant *grant;
	uint32_t rights = need->read ? MAP_READ : MAP_READ | MAP_WRITE;

	grant = grant_capability(layout, GRANT_REGION, "", need->name, region_object(layout->output, need->of), rights | (need->dma ? RIGHT_DMA : 0));
	grant->bytes = need->of->first;
	if (!need->unmapped)
		grant_map(layout, grant, 0, need->of->first, rights);
}

/* A device: its interrupts, and slots for its memory, which its manager has init fill. */
static void grant_device(struct layout *layout, const struct need *need)
{
	struct plan_grant *grant;

	for (uint64_t i = 0; i < (need->value ? need->value : 1); i++)
		grant_irq(layout, need->name, IRQ_LINE_MSI, 0);
	grant = grant_add(layout, GRANT_BARS, "", need->name);
	grant->slot = slots_take(layout, PCI_REGIONS_MAX);
	grant->argument = PCI_REGIONS_MAX;
}

/* A file goes to the image when the first service needs it. */
static void grant_blob(struct layout *layout, const struct need *need, const char *directory)
{
	if (need->of->object == PLAN_NONE) {
		struct file file = file_of(directory, need->of->file, "");

		if (layout->output->depends)
			fprintf(layout->output->depends, " \\\n %s/%s", directory, need->of->file);
		if (file.size == 0)
			mistake(layout->manifest, need->of->line, "the file '%s' is empty", need->of->file);
		need->of->object = object_add(layout->output, PLAN_FILE, "", need->name, image_append(layout->output, file.data, file.size), file.size);
		free(file.data);
	}
	if (layout->output->object[need->of->object].second)
		grant_memory(layout, GRANT_BLOB, "", need->name, need->of->object, MAP_READ);
}

static void grant_ports(struct layout *layout, const struct need *need)
{
	if (need->of->object == PLAN_NONE)
		need->of->object = object_add(layout->output, PLAN_PORTS, "", need->name, need->of->first, need->of->second);
	grant_capability(layout, GRANT_PORTS, "", need->name, need->of->object, RIGHT_READ | RIGHT_WRITE)->argument = need->of->first | need->of->second << 16;
}

static void grant_untyped(struct layout *layout, const struct need *need)
{
	uint32_t object = object_add(layout->output, PLAN_UNTYPED, "", layout->service->name, need->value, 0);
	struct plan_grant *grant = grant_capability(layout, GRANT_UNTYPED, "untyped", "", object, RIGHTS_ALL);

	grant->flags |= PLAN_GRANT_MOVED;
	grant->bytes = need->value;
}

/* Capabilities that cannot be copied are lent, and taken back. */
static void grant_moved(struct layout *layout, enum grant_kind kind, const char *name, enum plan_object_kind object)
{
	grant_capability(layout, kind, name, "", object_single(layout->output, object, name), RIGHTS_ALL)->flags |= PLAN_GRANT_MOVED;
}

/* A page that exists from boot, mapped read-only: only init knows its size when it is 0 here. */
static void grant_boot_page(struct layout *layout, enum grant_kind kind, const char *name, enum plan_object_kind object, uint64_t bytes)
{
	struct plan_grant *grant = grant_add(layout, kind, name, "");

	grant->object = object_single(layout->output, object, name);
	grant_map(layout, grant, 0, bytes, MAP_READ);
}

/* Windows of device memory: init knows how many there are. */
static void grant_windows(struct layout *layout, enum grant_kind kind, const char *name, uint32_t rights)
{
	grant_capability(layout, kind, name, "", object_single(layout->output, PLAN_DEVICES, "device"), rights);
	slots_take(layout, DEVICE_SLOTS - 1);
	layout->windows += DEVICE_SLOTS;
}

#define RING_BYTES_MOST ((8192 + 64) * sizeof(struct commit_record)) /* header page and the largest ring */

static void grant_need(struct layout *layout, const struct need *need, const char *directory)
{
	switch (need->kind) {
	case NEED_IOPORT:
		grant_ports(layout, need);
		break;
	case NEED_IRQ:
		grant_irq(layout, need->name, need->of->first, need->of->second);
		break;
	case NEED_REGION:
		grant_region(layout, need);
		break;
	case NEED_BLOB:
		grant_blob(layout, need, directory);
		break;
	case NEED_DEVICE:
		grant_device(layout, need);
		break;
	case NEED_DEVICE_ALL:
		grant_windows(layout, GRANT_DEVICE, "device", RIGHTS_ALL);
		break;
	case NEED_FIRMWARE:
		grant_windows(layout, GRANT_FIRMWARE, "firmware", RIGHT_READ);
		break;
	case NEED_LOG_DRAIN:
		grant_boot_page(layout, GRANT_RING, "ring", PLAN_RING, RING_BYTES_MOST);
		grant_moved(layout, GRANT_LOG_CONTROL, "log-control", PLAN_LOG_CONTROL);
		layout->entry->flags |= PLAN_SERVICE_LOG;
		break;
	case NEED_UNTYPED:
		grant_untyped(layout, need);
		break;
	case NEED_INFORMATION:
		grant_boot_page(layout, GRANT_INFORMATION, "information", PLAN_INFORMATION, PAGE_SIZE);
		break;
	case NEED_HALT:
		grant_moved(layout, GRANT_CPU_CONTROL, "cpu-control", PLAN_CPU_CONTROL);
		break;
	case NEED_LOG_PRINT:
	case NEED_FS: /* the service of files is told */
	case NEEDS:
		break;
	}
}

/* The printer reads everybody's text; everybody tells it that there is some. */
static void grants_text(struct layout *layout)
{
	struct service *printer = service_with(layout->manifest, NEED_LOG_PRINT);

	if (!printer)
		return;
	if (printer != layout->service) {
		grant_signal(layout, "printer", printer, start_bit(badge_of(layout->service)));
		return;
	}
	for (size_t i = 0; i < layout->manifest->ordered; i++) {
		const struct service *other = layout->manifest->order[i];

		if (other != printer)
			grant_memory(layout, GRANT_TEXT, "text:", other->name, other->text, MAP_READ | MAP_WRITE)->argument = badge_of(other);
	}
}

/* A session with init, for those who have one. */
static void grant_init(struct layout *layout)
{
	struct plan_grant *grant = grant_capability(layout, GRANT_SESSION, "", "init", object_single(layout->output, PLAN_INIT, "init"), RIGHT_WRITE);

	grant->badge = badge_of(layout->service);
	grant->argument = grant->badge;
}

/* The supervisor talks to init, sees everybody's signs of life and can ask for them. */
static void grants_supervisor(struct layout *layout)
{
	if (!layout->service->supervises)
		return;
	layout->entry->flags |= PLAN_SERVICE_SUPERVISOR;
	grant_init(layout);
	grant_boot_page(layout, GRANT_PLAN, "plan", PLAN_ITSELF, 64 * PAGE_SIZE);
	for (size_t i = 0; i < layout->manifest->ordered; i++) {
		const struct service *other = layout->manifest->order[i];

		if (other == layout->service)
			continue;
		grant_memory(layout, GRANT_BEAT, "beat:", other->name, other->beat, MAP_READ)->argument = badge_of(other);
		grant_signal(layout, other->name, other, START_BIT_BEAT);
	}
}

/* The manager of devices is told each device's driver and interrupts, and has init lend their memory. */
static void grants_device_owners(struct layout *layout)
{
	struct output *output = layout->output;

	if (service_with(layout->manifest, NEED_DEVICE_ALL) != layout->service)
		return;
	grant_init(layout);
	for (size_t i = 0; i < layout->manifest->ordered; i++) {
		const struct service *driver = layout->manifest->order[i];

		for (uint32_t n = 0; n < output->plan.object_count; n++) {
			const struct plan_object *object = &output->object[n];
			struct plan_grant *grant;

			if (object->kind != PLAN_IRQ || object->first != IRQ_LINE_MSI || object->notification != driver->notification)
				continue;
			grant = grant_add(layout, GRANT_DEVICE_OWNER, "", object->name);
			grant->object = n;
			grant->argument = badge_of(driver);
		}
	}
}

/* Memory of one instance: what init makes for it (servers/init/instance.c) but its heap, each rounded to pages, and room for the alignment of what is large. */
static uint64_t instance_bytes(const struct layout *layout)
{
	const struct plan_service *entry = layout->entry;
	uint64_t objects = PAGE_SIZE * (1 + 2 + CNODE_BYTES(layout->service->cnode_bits) / PAGE_SIZE + 1 + START_PAGES_MAX + 1) + layout->service->replies * 64;
	uint64_t bytes = objects + entry->table_pages * PAGE_SIZE + entry->private_bytes + 4 * PAGE_SIZE;

	if (entry->private_bytes >= LARGE_PAGE_SIZE)
		bytes += LARGE_PAGE_SIZE;
	return (bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static void segments_count(struct layout *layout)
{
	const struct plan_service *entry = layout->entry;

	for (uint32_t i = 0; i < entry->segment_count; i++) {
		const struct plan_segment *segment = &layout->output->segment[entry->first_segment + i];

		tables_count(layout, segment->address, segment->bytes, false);
	}
	tables_count(layout, START_ADDRESS, PAGE_SIZE, false);
	tables_count(layout, START_MESSAGE_ADDRESS, PAGE_SIZE, false);
}

static void service_lay_out(struct output *output, struct manifest *manifest, struct service *service, const char *directory)
{
	struct plan_service *entry = &output->service[service->index];
	struct layout layout = {output, manifest, service, entry, 1, START_MEMORY_ADDRESS, 0, 0, 0, 0};

	memcpy(entry->name, service->name, sizeof(entry->name));
	entry->priority = (uint32_t)service->priority;
	entry->heartbeat = service->heartbeat;
	entry->endpoint = service->endpoint;
	entry->notification = service->notification;
	entry->first_grant = output->plan.grant_count;
	entry->heap_bytes = service->heap;
	entry->cnode_bits = service->cnode_bits;
	entry->flags = service->once ? PLAN_SERVICE_ONCE : 0;
	image_program(output, manifest, service, entry, directory);
	grants_own(&layout);
	grants_uses(&layout);
	grants_clients(&layout);
	for (size_t i = 0; i < service->needs; i++)
		grant_need(&layout, &service->need[i], directory);
	grants_text(&layout);
	grants_supervisor(&layout);
	grants_device_owners(&layout);
	segments_count(&layout);
	entry->table_pages = (uint32_t)(layout.tables + layout.mappings / MAPPINGS_A_PAGE + 2 + SPARE_TABLES + service->tables);
	entry->untyped_bytes = instance_bytes(&layout);
	if (entry->grant_count + layout.windows > START_GRANTS_MAX)
		mistake(manifest, service->line, "'%s' has more grants than fit its start page", service->name);
}

static void objects_own(struct output *output, struct service *service)
{
	service->endpoint = object_add(output, PLAN_ENDPOINT, "", service->name, 0, 0);
	service->notification = object_add(output, PLAN_NOTIFICATION, "", service->name, 0, 0);
	service->text = object_add(output, PLAN_REGION, "text:", service->name, START_TEXT_PAGES * PAGE_SIZE, 0);
	service->beat = object_add(output, PLAN_REGION, "beat:", service->name, PAGE_SIZE, 0);
	if (service->state)
		service->state_object = object_add(output, PLAN_REGION, "state:", service->name, service->state, 0);
}

/* Faults go to the supervisor, its own to init. */
static void faults_direct(struct output *output, struct manifest *manifest)
{
	uint32_t to_init = object_single(output, PLAN_INIT, "init"), to = to_init;

	output->plan.supervisor = PLAN_NONE;
	for (size_t i = 0; i < manifest->ordered; i++)
		if (manifest->order[i]->supervises) {
			output->plan.supervisor = (uint32_t)i;
			to = manifest->order[i]->endpoint;
		}
	for (size_t i = 0; i < manifest->ordered; i++)
		output->service[i].fault_endpoint = manifest->order[i]->supervises ? to_init : to;
}

/* A Region named SERVICE.spill of the service that drains the log is where init leaves records while that is down. */
static void spill_find(struct output *output, struct manifest *manifest)
{
	const struct service *drain = service_with(manifest, NEED_LOG_DRAIN);
	char name[32];

	output->plan.log_spill = PLAN_NONE;
	if (!drain)
		return;
	name_join(name, drain->name, ".spill");
	for (uint32_t i = 0; i < output->plan.object_count; i++)
		if (output->object[i].kind == PLAN_REGION && strcmp(output->object[i].name, name) == 0)
			output->plan.log_spill = i;
}

void output_make(struct output *output, struct manifest *manifest, const char *directory)
{
	struct service *manager = service_with(manifest, NEED_DEVICE_ALL);

	output->plan.magic = PLAN_MAGIC;
	output->plan.version = PLAN_VERSION;
	output->plan.service_count = (uint32_t)manifest->ordered;
	for (size_t i = 0; i < manifest->ordered; i++)
		objects_own(output, manifest->order[i]);
	/* The manager of devices is laid out last: it is told of the others' interrupts. Services lie in the plan by their index all the same. */
	for (size_t i = 0; i < manifest->ordered; i++)
		if (manifest->order[i] != manager)
			service_lay_out(output, manifest, manifest->order[i], directory);
	if (manager)
		service_lay_out(output, manifest, manager, directory);
	faults_direct(output, manifest);
	spill_find(output, manifest);
	output->plan.image_bytes = output->image_bytes;
	output->plan.bytes = sizeof(output->plan) + output->plan.service_count * sizeof(struct plan_service) + output->plan.object_count * sizeof(struct plan_object) +
			     output->plan.grant_count * sizeof(struct plan_grant) + output->plan.segment_count * sizeof(struct plan_segment);
}
