/* SPDX-License-Identifier: MIT */
/* Who may talk to whom, from the manifest: as a picture for graphviz, and as lines that can be compared with the running system. */
#include <stdlib.h>
#include <string.h>

#include "tools/manifest/manifest.h"

/* How many services need the same declared thing. */
static size_t needs_count(const struct manifest *manifest, const struct declaration *of)
{
	size_t count = 0;

	for (size_t i = 0; i < manifest->services; i++)
		for (size_t n = 0; n < manifest->service[i].needs; n++)
			count += manifest->service[i].need[n].of == of;
	return count;
}

static bool need_is_shared(const struct manifest *manifest, const struct need *need)
{
	return need->kind == NEED_REGION && needs_count(manifest, need->of) > 1;
}

/* What only this service has stands in its box; what it shares with others is a thing of its own, with a line to each. */
static void service_draw(const struct manifest *manifest, const struct service *service, FILE *stream)
{
	char thing[2 * NAME_BYTES];

	fprintf(stream, "\t\"%s\" [label=\"%s (%u)\\n", service->name, service->name, (unsigned)service->priority);
	for (size_t i = 0; i < service->needs; i++) {
		need_text(&service->need[i], thing);
		if (!need_is_shared(manifest, &service->need[i]))
			fprintf(stream, "%s\\l", thing);
	}
	fprintf(stream, "\"%s];\n", service->supervises ? ", style=bold" : "");
	for (size_t i = 0; i < service->needs; i++) {
		const struct need *need = &service->need[i];

		if (!need_is_shared(manifest, need))
			continue;
		need_text(need, thing);
		fprintf(stream, "\t\"%s\" [shape=ellipse, style=dashed];\n\t\"%s\" -> \"%s\" [style=dotted, arrowhead=none, label=\"%s%s\"];\n", thing, service->name, thing,
			need->unmapped ? "" : need->read ? "reads " : "writes ", need->dma ? "dma" : "");
	}
}

static void uses_draw(const struct service *service, FILE *stream)
{
	for (size_t i = 0; i < service->uses; i++) {
		const struct use *use = &service->use[i];

		fprintf(stream, "\t\"%s\" -> \"%s\" [label=\"%s%s%s%s%s\"];\n", service->name, use->server, use->buffer ? "buffer " : "", use->lease ? "lease " : "", use->signals ? "signals " : "",
			use->may[0] ? "may " : "", use->may);
	}
}

void graph_write(struct manifest *manifest, FILE *stream)
{
	const struct service *manager = service_with(manifest, NEED_DEVICE_ALL);

	fprintf(stream, "digraph system {\n\trankdir=LR;\n\tranksep=0.8;\n\tnode [shape=box, fontname=\"sans-serif\", fontsize=11];\n\tedge [fontname=\"sans-serif\", fontsize=9];\n");
	for (size_t i = 0; i < manifest->ordered; i++) {
		service_draw(manifest, manifest->order[i], stream);
		uses_draw(manifest->order[i], stream);
		if (manifest->order[i]->supervises || manifest->order[i] == manager)
			fprintf(stream, "\t\"%s\" -> \"init\";\n", manifest->order[i]->name);
	}
	fprintf(stream, "}\n");
}

/* The bit that a service sets in the Notifications of others. */
static unsigned signal_bit(const struct service *service)
{
	return (unsigned)start_bit(service->index + 1);
}

/* Memory that exactly these services see. */
static void shared_write(const char *who, const char *how, const struct service *other, const char *other_how, FILE *stream)
{
	bool first = strcmp(who, other->name) < 0;

	fprintf(stream, "memory %s:%s %s:%s\n", first ? who : other->name, first ? how : other_how, first ? other->name : who, first ? other_how : how);
}

static void uses_write(const struct service *service, FILE *stream)
{
	for (size_t i = 0; i < service->uses; i++) {
		const struct use *use = &service->use[i];

		fprintf(stream, "%s calls %s\n", service->name, use->server);
		if (use->buffer)
			shared_write(service->name, "rw", use->to, "rw", stream);
		if (use->signals)
			fprintf(stream, "%s signals %s %u\n%s signals %s %u\n", service->name, use->server, signal_bit(service), use->server, service->name, signal_bit(use->to));
	}
}

static void need_write(const struct service *service, const struct need *need, FILE *stream)
{
	unsigned long long first = need->of ? need->of->first : 0, second = need->of ? need->of->second : 0;

	if (need->kind == NEED_IOPORT)
		fprintf(stream, "%s ports %llx-%llx\n", service->name, first, second);
	else if (need->kind == NEED_IRQ)
		fprintf(stream, "%s irq %llu\n", service->name, first);
	else if (need->kind == NEED_DEVICE)
		for (uint64_t i = 0; i < (need->value ? need->value : 1); i++)
			fprintf(stream, "%s irq msi\n", service->name);
	else if (need->kind == NEED_REGION)
		fprintf(stream, "%s holds region %llu %s%s\n", service->name, first, need->read ? "r" : "rw", need->dma ? " dma" : "");
	else if (need->kind == NEED_UNTYPED && !need->value)
		fprintf(stream, "%s holds untyped rest\n", service->name);
	else if (need->kind == NEED_UNTYPED)
		fprintf(stream, "%s holds untyped %llu\n", service->name, (unsigned long long)need->value);
	else if (need->kind == NEED_LOG_DRAIN)
		fprintf(stream, "%s holds log-control\n", service->name);
	else if (need->kind == NEED_HALT)
		fprintf(stream, "%s holds cpu-control\n", service->name);
	else if (need->kind == NEED_DEVICE_ALL)
		fprintf(stream, "%s holds device\n", service->name);
	else if (need->kind == NEED_FIRMWARE)
		fprintf(stream, "%s holds firmware\n", service->name);
}

/* Who sees one piece of memory, and how, sorted by name. */
struct sights {
	const char *name[PLAN_SERVICES_MAX], *how[PLAN_SERVICES_MAX];
	size_t count;
};

static void sight_add(struct sights *sights, const char *name, const char *how)
{
	size_t at = sights->count++;

	for (; at > 0 && strcmp(sights->name[at - 1], name) > 0; at--) {
		sights->name[at] = sights->name[at - 1];
		sights->how[at] = sights->how[at - 1];
	}
	sights->name[at] = name;
	sights->how[at] = how;
}

static void sights_write(const struct sights *sights, FILE *stream)
{
	if (sights->count < 2)
		return;
	fprintf(stream, "memory");
	for (size_t i = 0; i < sights->count; i++)
		fprintf(stream, " %s:%s", sights->name[i], sights->how[i]);
	fputc('\n', stream);
}

/* Clients that have a window on a server's memory. Returns how many. */
static size_t windows_add(struct manifest *manifest, const struct service *server, const char *how, struct sights *sights)
{
	size_t count = 0;

	for (size_t i = 0; i < manifest->services; i++)
		for (size_t n = 0; n < manifest->service[i].uses; n++) {
			const struct use *use = &manifest->service[i].use[n];

			if (use->to != server || !use->lease)
				continue;
			if (sights)
				sight_add(sights, manifest->service[i].name, how);
			count++;
		}
	return count;
}

/* The declared Region SERVICE.USE; a null pointer when there is none. */
static const struct declaration *region_of(const struct manifest *manifest, const struct service *service, const char *use)
{
	char name[2 * NAME_BYTES];

	snprintf(name, sizeof(name), "%s%s", service->name, use);
	for (size_t i = 0; i < manifest->declarations; i++)
		if (manifest->declaration[i].kind == DECLARED_REGION && strcmp(manifest->declaration[i].name, name) == 0)
			return &manifest->declaration[i];
	return NULL;
}

/* A declared Region that several services see: because they need it, or through a window. */
static void region_write(struct manifest *manifest, const struct declaration *region, FILE *stream)
{
	struct sights sights = {.count = 0};

	for (size_t i = 0; i < manifest->services; i++) {
		const struct service *service = &manifest->service[i];

		for (size_t n = 0; n < service->needs; n++)
			if (service->need[n].of == region && !service->need[n].unmapped)
				sight_add(&sights, service->name, service->need[n].read ? "r" : "rw");
		if (region_of(manifest, service, ".cache") == region)
			(void)windows_add(manifest, service, "r", &sights);
		if (region_of(manifest, service, ".shared") == region)
			(void)windows_add(manifest, service, "rw", &sights);
	}
	sights_write(&sights, stream);
}

/* A service that shows pages of its memory holds a Mapping for each window; without a Region for it, it is the state that is shown. */
static void windows_write(struct manifest *manifest, const struct service *service, FILE *stream)
{
	struct sights sights = {.count = 0};
	bool cache = region_of(manifest, service, ".cache"), shared = region_of(manifest, service, ".shared");
	size_t clients = windows_add(manifest, service, "", NULL);

	for (size_t i = 0; i < clients * ((cache || service->state) + shared); i++)
		fprintf(stream, "%s holds mapping\n", service->name);
	if (cache || !service->state)
		return;
	sight_add(&sights, service->name, "rw");
	(void)windows_add(manifest, service, "r", &sights);
	sights_write(&sights, stream);
}

void edges_write(struct manifest *manifest, FILE *stream)
{
	const struct service *printer = service_with(manifest, NEED_LOG_PRINT), *manager = service_with(manifest, NEED_DEVICE_ALL), *supervisor = NULL;

	for (size_t i = 0; i < manifest->services; i++)
		if (manifest->service[i].supervises)
			supervisor = &manifest->service[i];
	for (size_t i = 0; i < manifest->ordered; i++) {
		const struct service *service = manifest->order[i];

		fprintf(stream, "service %u %s\n", service->index, service->name);
		uses_write(service, stream);
		windows_write(manifest, service, stream);
		for (size_t n = 0; n < service->needs; n++)
			need_write(service, &service->need[n], stream);
		if (printer && printer != service) {
			fprintf(stream, "%s signals %s %u\n", service->name, printer->name, signal_bit(service));
			shared_write(service->name, "rw", printer, "rw", stream);
		}
		if (supervisor && supervisor != service) {
			fprintf(stream, "%s signals %s %d\n", supervisor->name, service->name, START_BIT_BEAT);
			shared_write(service->name, "rw", supervisor, "r", stream);
		}
	}
	if (supervisor)
		fprintf(stream, "%s calls init\n", supervisor->name);
	if (manager)
		fprintf(stream, "%s calls init\n", manager->name);
	for (size_t i = 0; i < manifest->declarations; i++)
		if (manifest->declaration[i].kind == DECLARED_REGION)
			region_write(manifest, &manifest->declaration[i], stream);
}
