/* SPDX-License-Identifier: MIT */
/*
 * What must hold of a manifest before anything is made of it: names are known and given once, what has one owner has one, nobody waits for itself, and a server is not below its clients (else a
 * client of middling priority could keep it from answering). The order of starting comes from the same search that finds cycles: a service comes after all that it uses.
 */
#include <string.h>

#include "abi/call.h"
#include "tools/manifest/manifest.h"

/* Names that init and the runtime use themselves. */
static const char *const reserved[] = {"init", "printer"};

struct service *service_find(struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->services; i++)
		if (strcmp(manifest->service[i].name, name) == 0)
			return &manifest->service[i];
	return NULL;
}

struct service *service_with(struct manifest *manifest, enum need_kind kind)
{
	for (size_t i = 0; i < manifest->services; i++)
		for (size_t n = 0; n < manifest->service[i].needs; n++)
			if (manifest->service[i].need[n].kind == kind)
				return &manifest->service[i];
	return NULL;
}

void need_text(const struct need *need, char text[2 * NAME_BYTES])
{
	static const char *const words[] = {
#define NEED(id, prefix, named) prefix,
#include "tools/manifest/needs.def"
#undef NEED
	};

	snprintf(text, 2 * NAME_BYTES, "%s%s%s", words[need->kind], need->name[0] ? "." : "", need->name);
}

static void names_check(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->services; i++) {
		struct service *service = &manifest->service[i], *first = service_find(manifest, service->name);

		if (first != service)
			mistake(manifest, service->line, "the service '%s' is there since line %u", service->name, first->line);
		for (size_t n = 0; n < sizeof(reserved) / sizeof(reserved[0]); n++)
			if (strcmp(service->name, reserved[n]) == 0)
				mistake(manifest, service->line, "the name '%s' is reserved", service->name);
		if (!service->binary[0])
			mistake(manifest, service->line, "the service '%s' has no binary", service->name);
		if (!service->priority_line)
			mistake(manifest, service->line, "the service '%s' has no priority", service->name);
	}
	for (size_t i = 0; i < manifest->declarations; i++)
		for (size_t n = 0; n < i; n++)
			if (manifest->declaration[i].kind == manifest->declaration[n].kind &&
			    strcmp(manifest->declaration[i].name, manifest->declaration[n].name) == 0)
				mistake(manifest, manifest->declaration[i].line, "the name '%s' is taken since line %u", manifest->declaration[i].name,
					manifest->declaration[n].line);
}

static struct declaration *declaration_find(struct manifest *manifest, enum declaration_kind kind, const char *name)
{
	for (size_t i = 0; i < manifest->declarations; i++)
		if (manifest->declaration[i].kind == kind && strcmp(manifest->declaration[i].name, name) == 0)
			return &manifest->declaration[i];
	return NULL;
}

static void need_resolve(struct manifest *manifest, struct need *need)
{
	static const struct {
		enum need_kind need;
		enum declaration_kind kind;
		const char *word;
	} declared[] = {{NEED_IOPORT, DECLARED_IOPORT, "ioport"}, {NEED_IRQ, DECLARED_IRQ, "irq"}, {NEED_REGION, DECLARED_REGION, "region"}, {NEED_BLOB, DECLARED_BLOB, "blob"}};

	for (size_t i = 0; i < sizeof(declared) / sizeof(declared[0]); i++) {
		if (need->kind != declared[i].need)
			continue;
		need->of = declaration_find(manifest, declared[i].kind, need->name);
		if (!need->of)
			mistake(manifest, need->line, "no %s is named '%s'", declared[i].word, need->name);
	}
}

static bool service_uses(const struct service *service, const struct service *server)
{
	for (size_t i = 0; i < service->uses; i++)
		if (service->use[i].to == server)
			return true;
	return false;
}

/* A device is handed out by the one service that needs device.all. */
static void device_check(struct manifest *manifest, const struct service *service, const struct need *need)
{
	struct service *manager = service_with(manifest, NEED_DEVICE_ALL);

	if (!manager)
		mistake(manifest, need->line, "no service has device.all and could hand out the device '%s'", need->name);
	else if (!service_uses(service, manager))
		mistake(manifest, need->line, "the device '%s' is handed out by '%s', which '%s' does not use", need->name, manager->name, service->name);
}

static void uses_check(struct manifest *manifest, struct service *service)
{
	for (size_t i = 0; i < service->uses; i++) {
		struct use *use = &service->use[i];

		use->to = service_find(manifest, use->server);
		for (size_t n = 0; n < i; n++)
			if (use->to && service->use[n].to == use->to)
				mistake(manifest, use->line, "'%s' uses '%s' since line %u", service->name, use->server, service->use[n].line);
		if (use->to && use->lease && !use->buffer)
			mistake(manifest, use->line, "a lease of '%s' needs a buffer, in which it is told that pages are taken back", use->server);
		if (use->to && use->lease && use->to->priority <= service->priority)
			mistake(manifest, use->line, "the server '%s' has priority %u, not above '%s' with %u, from which it takes pages back", use->server, (unsigned)use->to->priority, service->name,
				(unsigned)service->priority);
		if (!use->to)
			mistake(manifest, use->line, "no service is named '%s'", use->server);
		else if (use->to->priority < service->priority && !use->timed)
			mistake(manifest, use->line, "the server '%s' has priority %u, below its client '%s' with %u", use->server, (unsigned)use->to->priority, service->name,
				(unsigned)service->priority);
	}
	for (size_t i = 0; i < service->afters; i++) {
		service->after[i].to = service_find(manifest, service->after[i].name);
		if (!service->after[i].to)
			mistake(manifest, service->after[i].line, "no service is named '%s'", service->after[i].name);
	}
}

static void needs_check(struct manifest *manifest, struct service *service)
{
	const struct need *device = NULL;

	for (size_t i = 0; i < service->needs; i++) {
		const struct need *need = &service->need[i];

		need_resolve(manifest, &service->need[i]);
		if (need->kind != NEED_DEVICE)
			continue;
		device_check(manifest, service, need);
		if (device && strcmp(device->name, need->name) != 0)
			mistake(manifest, need->line, "'%s' drives the device '%s' since line %u, and can drive one", service->name, device->name, device->line);
		device = need;
	}
}

/* Who uses the service of files has one right there, and who has a right uses it. */
static void files_check(struct manifest *manifest, const struct service *service)
{
	const struct use *use = NULL;
	const struct need *right = NULL;

	for (size_t i = 0; i < service->uses; i++)
		if (strcmp(service->use[i].server, FS_SERVER) == 0)
			use = &service->use[i];
	for (size_t i = 0; i < service->needs; i++) {
		const struct need *need = &service->need[i];

		if (need->kind != NEED_FS)
			continue;
		if (!use)
			mistake(manifest, need->line, "'%s' does not use '" FS_SERVER "', which would give it 'fs.%s'", service->name, need->name);
		if (right)
			mistake(manifest, need->line, "'%s' has a right to files since line %u, and one is all", service->name, right->line);
		right = need;
	}
	if (use && !right)
		mistake(manifest, use->line, "'%s' uses '" FS_SERVER "' and may do nothing there: it needs fs.read:PATH, fs.write:PATH or fs.mount:PATH", service->name);
}

/* Whether two needs cannot both be given. Ports exclude each other where their ranges overlap, unless one of them is declared to be shared; Regions and files can be shared. */
static bool needs_exclude(const struct need *a, const struct need *b)
{
	if (a->kind == NEED_IOPORT && b->kind == NEED_IOPORT)
		return a->of && b->of && !a->of->shared && !b->of->shared && a->of->first <= b->of->second && b->of->first <= a->of->second;
	if (a->kind == NEED_IRQ && b->kind == NEED_IRQ)
		return a->of && b->of && a->of->first == b->of->first;
	if (a->kind != b->kind)
		return false;
	if (a->kind == NEED_UNTYPED)
		return !a->value && !b->value; /* the rest of the memory is there once */
	if (a->kind == NEED_DEVICE)
		return strcmp(a->name, b->name) == 0;
	return a->kind == NEED_DEVICE_ALL || a->kind == NEED_LOG_DRAIN || a->kind == NEED_LOG_PRINT || a->kind == NEED_HALT;
}

/* Looks for an earlier owner of what a need names. Untyped is the service's own, but only one fits the name. */
static void owner_check(struct manifest *manifest, const struct service *service, size_t which)
{
	const struct need *need = &service->need[which];

	for (const struct service *other = manifest->service; other <= service; other++)
		for (size_t i = 0; i < other->needs && !(other == service && i >= which); i++) {
			const struct need *taken = &other->need[i];
			char text[2 * NAME_BYTES];
			bool twice = other == service && taken->kind == need->kind && strcmp(taken->name, need->name) == 0;

			if (!needs_exclude(need, taken) && !twice)
				continue;
			need_text(taken, text);
			mistake(manifest, need->line, "'%s' belongs to '%s' since line %u", text, other->name, taken->line);
			return;
		}
}

static void supervisor_check(struct manifest *manifest)
{
	const struct service *first = NULL;

	for (size_t i = 0; i < manifest->services; i++) {
		if (!manifest->service[i].supervises)
			continue;
		if (first)
			mistake(manifest, manifest->service[i].line, "'%s' supervises already (line %u)", first->name, first->line);
		first = &manifest->service[i];
	}
	for (size_t i = 0; first && i < manifest->services; i++)
		if (&manifest->service[i] != first && manifest->service[i].priority >= first->priority)
			mistake(manifest, manifest->service[i].priority_line, "'%s' has priority %u, not below the supervisor '%s': if it hung nobody could look", manifest->service[i].name,
				(unsigned)manifest->service[i].priority, first->name);
}

enum { MARK_NEW = 0, MARK_OPEN = 1, MARK_DONE = 2 };

static void order_from(struct manifest *manifest, struct service *service);

/* Visits what `service` comes after; `line` says so. */
static void order_edge(struct manifest *manifest, struct service *service, struct service *to, unsigned line)
{
	if (!to)
		return;
	if (to->mark == MARK_OPEN)
		mistake(manifest, line, "a cycle: '%s' comes after '%s', which comes after '%s'", service->name, to->name, service->name);
	else
		order_from(manifest, to);
}

static void order_from(struct manifest *manifest, struct service *service)
{
	if (service->mark != MARK_NEW)
		return;
	service->mark = MARK_OPEN;
	for (size_t i = 0; i < service->uses; i++)
		order_edge(manifest, service, service->use[i].to, service->use[i].line);
	for (size_t i = 0; i < service->afters; i++)
		order_edge(manifest, service, service->after[i].to, service->after[i].line);
	service->mark = MARK_DONE;
	service->index = (uint32_t)manifest->ordered;
	manifest->order[manifest->ordered++] = service;
}

/* The supervisor goes first, so that nobody's first fault is missed; the log's drain and the printer follow. */
static void order_make(struct manifest *manifest)
{
	struct service *early[] = {service_with(manifest, NEED_LOG_DRAIN), service_with(manifest, NEED_LOG_PRINT)};

	for (size_t i = 0; i < manifest->services; i++)
		if (manifest->service[i].supervises)
			order_from(manifest, &manifest->service[i]);
	for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		if (early[i])
			order_from(manifest, early[i]);
	for (size_t i = 0; i < manifest->services; i++)
		order_from(manifest, &manifest->service[i]);
}

/* Whether the two signal each other. */
static bool services_signal(const struct service *a, const struct service *b)
{
	for (size_t i = 0; i < a->uses; i++)
		if (a->use[i].to == b && a->use[i].signals)
			return true;
	for (size_t i = 0; i < b->uses; i++)
		if (b->use[i].to == a && b->use[i].signals)
			return true;
	return false;
}

/* Two who signal the same service must do it by different bits. */
static void signals_check(struct manifest *manifest)
{
	for (size_t i = 0; i + START_BIT_PEERS < manifest->ordered; i++)
		for (size_t n = 0; n < manifest->ordered; n++) {
			const struct service *one = manifest->order[i], *other = manifest->order[i + START_BIT_PEERS], *third = manifest->order[n];

			if (services_signal(one, third) && services_signal(other, third))
				mistake(manifest, other->line, "'%s' and '%s' would signal '%s' by the same bit: there are %d other services between the two in the order of starting", one->name,
					other->name, third->name, START_BIT_PEERS - 1);
		}
}

void manifest_check(struct manifest *manifest)
{
	names_check(manifest);
	for (size_t i = 0; i < manifest->services; i++)
		uses_check(manifest, &manifest->service[i]);
	for (size_t i = 0; i < manifest->services; i++) {
		needs_check(manifest, &manifest->service[i]);
		files_check(manifest, &manifest->service[i]);
	}
	for (size_t i = 0; i < manifest->services; i++)
		for (size_t n = 0; n < manifest->service[i].needs; n++)
			owner_check(manifest, &manifest->service[i], n);
	supervisor_check(manifest);
	order_make(manifest);
	signals_check(manifest);
	if (manifest->services == 0)
		mistake(manifest, 1, "there is no service");
}
