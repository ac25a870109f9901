/* SPDX-License-Identifier: MIT */
/* Who may talk to whom, from the manifest: as a picture for graphviz, and as lines that can be compared with the running system. */
#include <stdlib.h>
#include <string.h>

#include "tools/manifest/manifest.h"

static const char *need_word(enum need_kind kind)
{
	static const char *const words[] = {
#define NEED(id, prefix, named) prefix,
#include "tools/manifest/needs.def"
#undef NEED
	};

	return words[kind];
}

static void needs_draw(const struct service *service, FILE *stream)
{
	for (size_t i = 0; i < service->needs; i++) {
		const struct need *need = &service->need[i];
		char thing[2 * NAME_BYTES];

		snprintf(thing, sizeof(thing), "%s%s%s", need_word(need->kind), need->name[0] ? "." : "", need->name);
		fprintf(stream, "\t\"%s\" [shape=ellipse, style=dashed];\n\t\"%s\" -> \"%s\" [style=dotted, arrowhead=none];\n", thing, service->name, thing);
	}
}

void graph_write(struct manifest *manifest, FILE *stream)
{
	fprintf(stream, "digraph system {\n\trankdir=TB;\n\tnode [shape=box, fontname=\"sans-serif\", fontsize=11];\n\tedge [fontname=\"sans-serif\", fontsize=9];\n");
	for (size_t i = 0; i < manifest->ordered; i++) {
		const struct service *service = manifest->order[i];

		fprintf(stream, "\t\"%s\" [label=\"%s\\npriority %u\"%s];\n", service->name, service->name, (unsigned)service->priority, service->supervises ? ", style=bold" : "");
		for (size_t n = 0; n < service->uses; n++)
			fprintf(stream, "\t\"%s\" -> \"%s\" [label=\"%s%s\"];\n", service->name, service->use[n].server, service->use[n].buffer ? "buffer " : "",
				service->use[n].signals ? "signals" : "");
		needs_draw(service, stream);
	}
	fprintf(stream, "}\n");
}

void edges_write(struct manifest *manifest, FILE *stream)
{
	const struct service *printer = service_with(manifest, NEED_LOG_PRINT);

	for (size_t i = 0; i < manifest->ordered; i++) {
		const struct service *service = manifest->order[i];

		for (size_t n = 0; n < service->uses; n++) {
			const struct use *use = &service->use[n];

			fprintf(stream, "%s calls %s\n", service->name, use->server);
			if (use->buffer)
				fprintf(stream, "%s shares %s\n", service->name, use->server);
			if (use->signals)
				fprintf(stream, "%s signals %s\n%s signals %s\n", service->name, use->server, use->server, service->name);
		}
		for (size_t n = 0; n < service->needs; n++)
			if (service->need[n].kind == NEED_IOPORT)
				fprintf(stream, "%s ports %llx-%llx\n", service->name, (unsigned long long)service->need[n].of->first,
					(unsigned long long)service->need[n].of->second);
		if (printer && printer != service)
			fprintf(stream, "%s signals %s\n", service->name, printer->name);
	}
}
