/* SPDX-License-Identifier: MIT */
/*
 * The manifest compiler: reads a system manifest, checks it, and writes the two blobs of the boot package that init starts from (abi/plan.h): the plan and the image. The output depends on the bytes of
 * its inputs alone. `--graph` and `--edges` only read and check.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/manifest/manifest.h"

static const char usage[] =
	"usage: manifest --build DIR --plan OUT --image OUT [--depends OUT] MANIFEST\n"
	"       manifest --graph | --edges MANIFEST\n"
	"\n"
	"Checks the system manifest MANIFEST and compiles it to the plan and the image that go to the boot package.\n"
	"A mistake is told as FILE:LINE: SENTENCE, and nothing is written.\n"
	"\n"
	"  --build DIR    programs are DIR/user/BINARY.elf, files DIR/FILE\n"
	"  --depends OUT  write for make what the outputs were made from\n"
	"  --graph        write who may talk to whom, for graphviz\n"
	"  --edges        write the same as lines, to compare with a running system\n"
	"  --help         this text\n";

static struct manifest manifest;
static struct output output;

void fail(const char *format, ...)
{
	va_list arguments;

	fputs("manifest: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static FILE *output_open(const char *path)
{
	FILE *stream = fopen(path, "wb");

	if (!stream)
		fail("cannot write %s: %s", path, strerror(errno));
	return stream;
}

static void output_put(FILE *stream, const void *data, size_t size, const char *path)
{
	if (size && fwrite(data, 1, size, stream) != size)
		fail("cannot write %s: %s", path, strerror(errno));
}

static void output_close(FILE *stream, const char *path)
{
	if (fclose(stream) != 0)
		fail("cannot write %s: %s", path, strerror(errno));
}

static void plan_write(const char *path)
{
	const struct plan *plan = &output.plan;
	FILE *stream = output_open(path);

	output_put(stream, plan, sizeof(*plan), path);
	output_put(stream, output.service, plan->service_count * sizeof(output.service[0]), path);
	output_put(stream, output.object, plan->object_count * sizeof(output.object[0]), path);
	output_put(stream, output.grant, plan->grant_count * sizeof(output.grant[0]), path);
	output_put(stream, output.segment, plan->segment_count * sizeof(output.segment[0]), path);
	output_close(stream, path);
}

/* The command line. */
struct options {
	const char *build, *plan, *image, *depends;
	bool graph, edges;
};

static bool options_read(struct options *options, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "--build") == 0     ? &options->build
				     : strcmp(argv[i], "--plan") == 0    ? &options->plan
				     : strcmp(argv[i], "--image") == 0   ? &options->image
				     : strcmp(argv[i], "--depends") == 0 ? &options->depends
									 : NULL;

		if (value && i + 1 < argc)
			*value = argv[++i];
		else if (strcmp(argv[i], "--graph") == 0)
			options->graph = true;
		else if (strcmp(argv[i], "--edges") == 0)
			options->edges = true;
		else if (argv[i][0] == '-' || manifest.path)
			return false;
		else
			manifest.path = argv[i];
	}
	return manifest.path && (options->graph || options->edges || (options->build && options->plan && options->image));
}

static void compile(const struct options *options)
{
	if (options->depends) {
		output.depends = output_open(options->depends);
		fprintf(output.depends, "%s %s: %s", options->plan, options->image, manifest.path);
	}
	output_make(&output, &manifest, options->build);
	if (output.depends) {
		fputc('\n', output.depends);
		output_close(output.depends, options->depends);
	}
	if (manifest.mistakes == 0) {
		FILE *image = output_open(options->image);

		output_put(image, output.image, output.image_bytes, options->image);
		output_close(image, options->image);
		plan_write(options->plan);
	}
}

int main(int argc, char **argv)
{
	struct options options = {NULL, NULL, NULL, NULL, false, false};

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (!options_read(&options, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	manifest_read(&manifest);
	manifest_check(&manifest);
	if (manifest.mistakes == 0 && options.graph)
		graph_write(&manifest, stdout);
	else if (manifest.mistakes == 0 && options.edges)
		edges_write(&manifest, stdout);
	else if (manifest.mistakes == 0)
		compile(&options);
	return manifest.mistakes == 0 ? 0 : 1;
}
