/* SPDX-License-Identifier: MIT */
/*
 * replay recomputes the capability state from the commit records alone, and says whether they can be true.
 *
 * Two passes over the records, each on memory of its own: the first leads every record through the kernel's decoders (verify.h), the second is apply() and nothing else.
 * Both must come to the same state, or decoders change what only apply() may change. Then what was asked for is printed or compared.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/replay/digest.h"
#include "tools/replay/dump.h"
#include "tools/replay/print.h"
#include "tools/replay/verify.h"
#include "tools/replay/witness.h"

#define EXIT_VALID 0
#define EXIT_INVALID 1 /* the records are wrong, or differ from what they are compared with */
#define EXIT_USAGE 2

static const char usage[] =
	"usage: replay [OPTION...] RECORDS\n"
	"\n"
	"Checks a file of commit records (64 bytes each, from the first of a boot on), or a log disk as axiom\n"
	"writes it, and recomputes the capability state from them. Without an option it says only whether\n"
	"they are valid.\n"
	"\n"
	"  --boot N          of a log disk: take boot N (without: the last)\n"
	"  --digest          print `state` and `log`: the SHA-256 of the state, and of the chain of records\n"
	"  --list            print the records\n"
	"  --dump-state      print every slot and object of the state\n"
	"  --graph           print the derivation tree in the language of Graphviz\n"
	"  --chain HEX       compare the chain of records with this `log` digest\n"
	"  --witness FILE    of a log disk: compare with heads of it that were kept elsewhere (each line of FILE\n"
	"                    with `boot B, record N, link HEX`; a machine's output will do)\n"
	"  --compare DUMP    compare with a dump of physical memory (from address 0): the state, and the\n"
	"                    records that were still in the kernel's ring\n"
	"  --kernel ELF      with --compare: check too that the dump is of this kernel\n"
	"  --help            this text\n"
	"\n"
	"Exit status: 0 valid and equal, 1 invalid or different, 2 wrong usage.\n";

struct options {
	bool digest, list, dump_state, graph;
	const char *chain, *compare, *kernel, *records, *witness;
	uint64_t boot; /* 0: the last */
};

static int complain(const char *what, const char *text)
{
	fprintf(stderr, "replay: %s%s%s\n", what, *what ? ": " : "", text);
	return EXIT_INVALID;
}

static void hex(const unsigned char *bytes, size_t count, char *text)
{
	for (size_t i = 0; i < count; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

/* A decimal number from 1 on. */
static bool number_parse(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == 0 && *number > 0;
}

static bool options_parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"digest", no_argument, NULL, 'd'},      {"list", no_argument, NULL, 'l'},          {"dump-state", no_argument, NULL, 's'},
		{"graph", no_argument, NULL, 'g'},       {"chain", required_argument, NULL, 'c'},   {"compare", required_argument, NULL, 'm'},
		{"kernel", required_argument, NULL, 'k'}, {"boot", required_argument, NULL, 'b'},   {"help", no_argument, NULL, 'h'},
		{"witness", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'd':
			options->digest = true;
			break;
		case 'l':
			options->list = true;
			break;
		case 's':
			options->dump_state = true;
			break;
		case 'g':
			options->graph = true;
			break;
		case 'c':
			options->chain = optarg;
			break;
		case 'm':
			options->compare = optarg;
			break;
		case 'k':
			options->kernel = optarg;
			break;
		case 'w':
			options->witness = optarg;
			break;
		case 'b':
			if (!number_parse(optarg, &options->boot))
				return false;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_VALID);
		default:
			return false;
		}
	}
	options->records = argv[optind];
	return optind + 1 == argc && (!options->kernel || options->compare);
}

/* One pass that leaves the state in an arena, as an image. */
static struct image image_of(const struct arena *arena, const struct records *records)
{
	return (struct image){arena->memory, ARENA_BYTES, records->record[0].argument[0]};
}

static int chain_check(const struct records *records, const char *expected)
{
	unsigned char chain[CHAIN_BYTES];
	char text[2 * CHAIN_BYTES + 1];

	records_chain(records, chain);
	hex(chain, sizeof(chain), text);
	if (strcmp(text, expected) == 0)
		return EXIT_VALID;
	fprintf(stderr, "replay: the chain of these records is %s\n", text);
	return EXIT_INVALID;
}

/* Prints everything that was asked for about the replayed state. */
static void print_all(const struct options *options, const struct records *records, const struct image *image, const struct state *state,
		      const unsigned char digest[DIGEST_BYTES])
{
	unsigned char chain[CHAIN_BYTES];
	char text[2 * DIGEST_BYTES + 1];

	if (options->list)
		records_print(stdout, records);
	if (options->dump_state)
		state_print(stdout, image, state);
	if (options->graph)
		state_graph(stdout, image, state);
	if (options->digest) {
		hex(digest, DIGEST_BYTES, text);
		printf("state %s\n", text);
		records_chain(records, chain);
		hex(chain, CHAIN_BYTES, text);
		printf("log %s\n", text);
	}
}

/* Compares the replayed state with that in an open dump. */
static int state_compare(const struct image *replayed, const struct state *state, const unsigned char digest[DIGEST_BYTES],
			 const struct image *dump)
{
	unsigned char other_digest[DIGEST_BYTES];
	struct state other;
	int status = EXIT_VALID;

	if (!state_collect(dump, &other)) {
		status = complain("the state in memory is broken", other.error);
	} else {
		state_digest(dump, &other, other_digest);
		if (memcmp(digest, other_digest, DIGEST_BYTES) != 0) {
			status = complain("", "the records do not lead to the state in memory");
			states_difference(stderr, "replayed", replayed, state, "memory", dump, &other);
		}
	}
	state_free(&other);
	return status;
}

static int compare(const struct options *options, const struct records *records, const struct image *replayed, const struct state *state,
		   const unsigned char digest[DIGEST_BYTES])
{
	struct image dump;
	char error[256];
	int status;

	if (!dump_open(options->compare, records, &dump, error, sizeof(error)))
		return complain("", error);
	status = state_compare(replayed, state, digest, &dump);
	if (!dump_ring_check(&dump, records, error, sizeof(error)))
		status = complain(options->compare, error);
	if (options->kernel && !dump_kernel_check(&dump, records, options->kernel, error, sizeof(error)))
		status = complain(options->compare, error);
	dump_close(&dump);
	if (status == EXIT_VALID)
		printf("the state in memory is the one that the records lead to\n");
	return status;
}

/* Both passes. The second arena holds the state afterwards, and `digest` its digest. */
static int replay(const struct records *records, struct arena *verified, struct arena *applied, unsigned char digest[DIGEST_BYTES])
{
	unsigned char verified_digest[DIGEST_BYTES];
	struct image image;
	struct verdict verdict;
	char error[200];

	if (!verify_records(verified, records, &verdict)) {
		fprintf(stderr, "replay: record %llu: %s\n", (unsigned long long)verdict.record, verdict.text);
		return EXIT_INVALID;
	}
	apply_records(applied, records);
	image = image_of(verified, records);
	if (!image_digest(&image, verified_digest, error, sizeof(error)))
		return complain("the state is broken", error);
	image = image_of(applied, records);
	if (!image_digest(&image, digest, error, sizeof(error)))
		return complain("the state is broken", error);
	if (memcmp(digest, verified_digest, DIGEST_BYTES) != 0)
		return complain("", "apply() alone and the decoders come to different states");
	return EXIT_VALID;
}

static int run(const struct options *options, const struct records *records, struct arena *verified, struct arena *applied)
{
	unsigned char digest[DIGEST_BYTES];
	struct state state;
	struct image image;
	int status = replay(records, verified, applied, digest);

	if (status != EXIT_VALID)
		return status;
	image = image_of(applied, records);
	if (!state_collect(&image, &state))
		return complain("the state is broken", state.error);
	print_all(options, records, &image, &state, digest);
	if (!options->list && !options->dump_state && !options->graph)
		printf("%llu records are valid and lead to %zu slots and objects\n", (unsigned long long)records->count, state.count);
	if (options->chain)
		status = chain_check(records, options->chain);
	if (options->compare && compare(options, records, &image, &state, digest) != EXIT_VALID)
		status = EXIT_INVALID;
	state_free(&state);
	return status;
}

/* Reads the records, beside the witnesses if there are any. */
static bool records_get(const struct options *options, struct records *records, char *note, char *error, size_t size)
{
	struct witnesses witnesses;
	bool good;

	if (!options->witness)
		return records_read(options->records, options->boot, NULL, records, note, error, size);
	if (!witnesses_read(options->witness, &witnesses, error, size))
		return false;
	good = records_read(options->records, options->boot, &witnesses, records, note, error, size);
	if (good)
		printf("%zu witnesses confirm it\n", witnesses.count);
	witnesses_free(&witnesses);
	return good;
}

int main(int argc, char **argv)
{
	struct options options = {.digest = false};
	struct arena verified, applied;
	struct records records;
	char error[256], note[256];
	int status;

	if (!options_parse(argc, argv, &options)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (!records_get(&options, &records, note, error, sizeof(error)))
		return complain("", error);
	if (*note)
		fprintf(stderr, "%s\n", note);
	if (*note && records.count == 0)
		return EXIT_VALID; /* cut off before its first record */
	if (!arena_create(&verified) || !arena_create(&applied))
		return complain("", "the host has no address space for a replay");
	status = run(&options, &records, &verified, &applied);
	records_free(&records);
	return status;
}
