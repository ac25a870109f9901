/* SPDX-License-Identifier: MIT */
/*
 * The replay tool on a log that is known to be true, and on every way of changing it.
 *
 * What must be noticed, and by what: a change of a record is noticed by the verifier (the kernel would not have written this), or by the digest (the state after
 * this record is another one). Where neither can know, the chain does: a field that is evidence and nothing more (evidence_only), two changes that
 * are independent of each other in another order, something that was made and deleted again left out. For the other side, the memory: a change of any field of
 * any slot or object changes the digest, and what is no capability state does not.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/host/replay/system.h"
#include "tools/replay/digest.h"
#include "tools/replay/verify.h"

static struct arena arena, original;
static struct records log_true;
static unsigned char digest_true[DIGEST_BYTES], chain_true[CHAIN_BYTES];
static unsigned char (*digests)[DIGEST_BYTES]; /* digests[n]: of the state after n records of the true log */
static unsigned failures;

static void result(bool passed, const char *id, const char *sentence)
{
	printf("%s %s %s\n", passed ? "ok" : "not ok", id, sentence);
	failures += !passed;
}

/* What became of a log. */
enum outcome {
	REFUSED,  /* the verifier refuses a record */
	DIFFERS,  /* it leads to another state, or to no sound one */
	SEALED,   /* only the chain tells */
	UNNOTICED,
	OUTCOMES
};

/* Judges a log that should lead to the state after the first `length` records of the true one. */
static enum outcome outcome_as(const struct records *records, uint64_t length)
{
	unsigned char digest[DIGEST_BYTES], chain[CHAIN_BYTES];
	struct verdict verdict;
	struct image image;
	char error[200];

	arena_clear(&arena);
	if (!verify_records(&arena, records, &verdict))
		return REFUSED;
	image = (struct image){arena.memory, SYSTEM_END, records->record[0].argument[0]};
	if (!image_digest(&image, digest, error, sizeof(error)) || memcmp(digest, digests[length], DIGEST_BYTES) != 0)
		return DIFFERS;
	records_chain(records, chain);
	return memcmp(chain, chain_true, CHAIN_BYTES) != 0 ? SEALED : UNNOTICED;
}

/* Judges a log that should lead to the state at the end. */
static enum outcome outcome_of(const struct records *records)
{
	return outcome_as(records, log_true.count);
}

static struct records log_copy(uint64_t room)
{
	struct records copy = {malloc((log_true.count + room) * sizeof(*copy.record)), log_true.count};

	if (!copy.record)
		abort();
	memcpy(copy.record, log_true.record, log_true.count * sizeof(*copy.record));
	return copy;
}

static void renumber(struct records *records)
{
	for (uint64_t i = 0; i < records->count; i++)
		records->record[i].sequence = i + 1;
}

/* Fields of which a change can be evidence only: nothing in the state depends on them. */
static bool evidence_only(const struct commit_record *before, const struct commit_record *after)
{
	if (before->subject != after->subject)
		return true; /* another Thread with the same authority */
	if (before->operation == COMMIT_MODULE)
		return true;
	if (before->operation == COMMIT_GENESIS)
		return before->argument[4] != after->argument[4]; /* the ring's capacity */
	if (before->operation == COMMIT_COPY)
		return (before->flags ^ after->flags) == COMMIT_COPY_IPC;
	/* Going on with a deletion: which one is said again, but the dying list knows. */
	return before->operation == COMMIT_REVOKE || (before->operation == COMMIT_DELETE && !(before->flags & COMMIT_DELETE_BEGIN));
}

/* Judges one changed record by the state right after it; `counts` by outcome. False when a change that matters was left to the chain. */
static bool change_judge(const struct records *records, uint64_t i, uint64_t counts[OUTCOMES], const char *what)
{
	enum outcome outcome = outcome_as(&(struct records){records->record, i + 1}, i + 1);

	counts[outcome]++;
	if (outcome < SEALED || (outcome == SEALED && evidence_only(&log_true.record[i], &records->record[i])))
		return true;
	printf("# record %llu (%s): %s is not noticed%s\n", (unsigned long long)i + 1, operation_name(log_true.record[i].operation), what,
	       outcome == SEALED ? " but by the chain" : "");
	return false;
}

static void counts_print(const char *what, const uint64_t counts[OUTCOMES])
{
	printf("# %s: %llu refused, %llu lead to another state, %llu told by the chain alone\n", what, (unsigned long long)counts[REFUSED],
	       (unsigned long long)counts[DIFFERS], (unsigned long long)counts[SEALED]);
}

/* Were there enough records like this one already? Each is judged 512 times. */
static bool is_one_of_many(uint64_t i)
{
	const struct commit_record *record = &log_true.record[i];
	unsigned before = 0;

	for (uint64_t k = 0; k < i; k++)
		before += log_true.record[k].operation == record->operation && log_true.record[k].flags == record->flags &&
			  log_true.record[k].subject == record->subject && log_true.record[k].argument[2] == record->argument[2];
	return before >= 3;
}

static void test_bits(void)
{
	struct records records = log_copy(0);
	uint64_t counts[OUTCOMES] = {0};
	bool passed = true;

	for (uint64_t i = 0; i < records.count; i++)
		for (unsigned bit = is_one_of_many(i) ? UINT_MAX : 0; bit < 8 * sizeof(*records.record); bit++) {
			unsigned char *byte = (unsigned char *)&records.record[i] + bit / 8;
			char what[32];

			*byte ^= (unsigned char)(1 << bit % 8);
			snprintf(what, sizeof(what), "bit %u", bit);
			passed &= change_judge(&records, i, counts, what);
			*byte ^= (unsigned char)(1 << bit % 8);
		}
	counts_print("bits", counts);
	result(passed, "bits", "each bit of a record, inverted, is noticed, for records of each kind");
	free(records.record);
}

static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A value that may well be right somewhere: from another record, or an edge of its range. */
static uint64_t plausible(uint64_t *seed)
{
	static const uint64_t edges[] = {0, 1, 2, 0xffff, PAGE_SIZE, UINT32_MAX, INT64_MAX, UINT64_MAX, DIRECT_MAP_BASE, (uint64_t)1 << 47};
	uint64_t choice = random_next(seed);
	const struct commit_record *other = &log_true.record[random_next(seed) % log_true.count];

	switch (choice % 4) {
	case 0:
		return edges[choice / 4 % (sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return other->argument[choice / 4 % 5] + (choice / 32 % 3) * SLOT_SIZE;
	case 2:
		return random_next(seed);
	default:
		return other->argument[choice / 4 % 5];
	}
}

static void field_replace(struct commit_record *record, uint64_t *seed)
{
	unsigned field = (unsigned)(random_next(seed) % 10);
	uint64_t value = plausible(seed);

	if (field < 5)
		record->argument[field] = value;
	else if (field == 5)
		record->operation = (uint16_t)(value % (COMMIT_OPERATIONS + 1));
	else if (field == 6)
		record->flags = (uint16_t)value;
	else if (field == 7)
		record->count = (uint32_t)value;
	else if (field == 8)
		record->subject = value;
	else
		record->sequence = value;
}

#define REPLACEMENTS 20000

static void test_fields(void)
{
	struct records records = log_copy(0);
	uint64_t counts[OUTCOMES] = {0}, seed = 1;
	bool passed = true;

	for (unsigned n = 0; n < REPLACEMENTS; n++) {
		uint64_t i = random_next(&seed) % records.count;

		field_replace(&records.record[i], &seed);
		if (n % 3 == 0)
			field_replace(&records.record[i], &seed);
		if (memcmp(&records.record[i], &log_true.record[i], sizeof(*records.record)) != 0)
			passed &= change_judge(&records, i, counts, "a field with a plausible value");
		records.record[i] = log_true.record[i];
	}
	counts_print("fields", counts);
	result(passed, "fields", "a field of a record, replaced by a value of another record or an edge of its range, is noticed");
	free(records.record);
}

/* Several wild changes at once: whatever the tool says, it must survive. */
static void test_wild(void)
{
	uint64_t seed = 7, counts[OUTCOMES] = {0};

	for (unsigned n = 0; n < 3000; n++) {
		struct records records = log_copy(0);

		for (unsigned k = 0; k < 4; k++)
			field_replace(&records.record[random_next(&seed) % records.count], &seed);
		records.count -= random_next(&seed) % records.count;
		counts[outcome_of(&records)]++;
		free(records.record);
	}
	result(true, "wild", "logs with several wrong fields, cut anywhere, do no harm to the tool");
}

/* Drops record i; judged as it stands, or with the numbers of a log in which it never was. */
static void test_dropped(void)
{
	uint64_t counts[OUTCOMES] = {0}, gaps = 0;

	for (uint64_t i = 0; i < log_true.count; i++) {
		struct records records = log_copy(0);

		memmove(&records.record[i], &records.record[i + 1], (records.count - i - 1) * sizeof(*records.record));
		records.count--;
		gaps += i + 1 < log_true.count && outcome_of(&records) != REFUSED;
		renumber(&records);
		counts[outcome_of(&records)]++;
		free(records.record);
	}
	counts_print("dropped", counts);
	result(gaps == 0, "dropped-gap", "a record that is missing is noticed by the gap");
	result(counts[UNNOTICED] == 0, "dropped", "a record that is missing without a gap is noticed");
}

static void test_swapped(void)
{
	uint64_t counts[OUTCOMES] = {0}, disorder = 0;

	for (uint64_t i = 0; i < log_true.count; i++)
		for (uint64_t k = i + 1; k < log_true.count && k < i + 8; k++) {
			struct records records = log_copy(0);
			struct commit_record moved = records.record[i];

			if (memcmp((char *)&moved + 8, (char *)&records.record[k] + 8, sizeof(moved) - 8) == 0) {
				free(records.record);
				continue; /* the same change twice: swapping them is no change */
			}
			records.record[i] = records.record[k];
			records.record[k] = moved;
			disorder += outcome_of(&records) != REFUSED;
			renumber(&records);
			counts[outcome_of(&records)]++;
			free(records.record);
		}
	counts_print("swapped", counts);
	result(disorder == 0, "swapped-order", "records in another order are noticed by their numbers");
	result(counts[UNNOTICED] == 0, "swapped", "renumbered records in another order are noticed");
}

static void test_added(void)
{
	uint64_t counts[OUTCOMES] = {0}, seed = 3;

	for (uint64_t i = 0; i <= log_true.count; i++)
		for (unsigned n = 0; n < 12; n++) {
			struct records records = log_copy(1);
			uint64_t from = n == 0 && i > 0 ? i - 1 : random_next(&seed) % log_true.count;

			memmove(&records.record[i + 1], &records.record[i], (records.count - i) * sizeof(*records.record));
			records.record[i] = log_true.record[from];
			records.count++;
			renumber(&records);
			counts[outcome_of(&records)]++;
			free(records.record);
		}
	counts_print("added", counts);
	result(counts[UNNOTICED] == 0, "added", "a record that was added is noticed");
}

static void test_cut(void)
{
	struct records records = log_copy(0);
	uint64_t unnoticed = 0;

	while (--records.count > 0)
		unnoticed += outcome_of(&records) == UNNOTICED;
	result(unnoticed == 0, "cut", "a log that ends too early is noticed");
	records.count = 0;
	result(outcome_of(&records) == REFUSED, "empty", "an empty log is refused");
	free(records.record);
}

/* Fills in `digests`. */
static void digests_make(void)
{
	struct image image = {arena.memory, SYSTEM_END, log_true.record[0].argument[0]};
	char error[200];

	digests = calloc(log_true.count + 1, sizeof(*digests));
	arena_clear(&arena);
	for (uint64_t n = 1; digests && n <= log_true.count; n++) {
		apply_records(&arena, &(struct records){&log_true.record[n - 1], 1});
		if (!image_digest(&image, digests[n], error, sizeof(error)))
			printf("# after record %llu: %s\n", (unsigned long long)n, error);
	}
}

/* The decoders and apply() alone lead to the state from which the log came. */
static void test_true(void)
{
	unsigned char digest[DIGEST_BYTES];
	struct verdict verdict;
	struct image image = {arena.memory, SYSTEM_END, log_true.record[0].argument[0]};
	char error[200] = "";
	bool accepted;

	arena_clear(&arena);
	accepted = verify_records(&arena, &log_true, &verdict);
	if (!accepted)
		printf("# record %llu: %s\n", (unsigned long long)verdict.record, verdict.text);
	result(accepted, "accepted", "the verifier accepts the log of a real run");
	result(accepted && image_digest(&image, digest, error, sizeof(error)) && memcmp(digest, digest_true, DIGEST_BYTES) == 0, "verified",
	       "the verifier comes to the state of the run");
	arena_clear(&arena);
	apply_records(&arena, &log_true);
	result(image_digest(&image, digest, error, sizeof(error)) && memcmp(digest, digest_true, DIGEST_BYTES) == 0, "applied",
	       "apply() alone comes to the state of the run");
	if (*error)
		printf("# %s\n", error);
}

/* The scene is not thin: all operations, all types, dying slots. */
static void test_scene(const struct image *image)
{
	bool operations[COMMIT_OPERATIONS] = {false}, slots[OBJECT_TYPES] = {false}, objects[OBJECT_TYPES] = {false}, dying = false;
	bool passed = true;
	struct state state;

	for (uint64_t i = 0; i < log_true.count; i++)
		operations[log_true.record[i].operation] = true;
	passed &= state_collect(image, &state);
	for (size_t i = 0; i < state.count; i++) {
		const struct entry *entry = &state.entry[i];

		if (entry->part != PART_CORE)
			(entry->part == PART_SLOT ? slots : objects)[entry->type] = true;
		dying |= entry->part == PART_SLOT && entry->linked && !entry->parent;
	}
	for (unsigned i = 1; i < COMMIT_OPERATIONS; i++)
		passed &= !operation_name(i) || operations[i] || !printf("# no %s in the log\n", operation_name(i));
	for (unsigned i = 1; i < OBJECT_TYPES; i++)
		passed &= slots[i] || !printf("# no slot of %s in the state\n", type_name(i));
	for (unsigned i = OBJECT_CNODE; i <= OBJECT_IRQ_HANDLER; i++)
		passed &= objects[i] || i == OBJECT_REGION || !printf("# no object %s in the state\n", type_name(i));
	result(passed && dying, "scene", "the log has every operation, the state every type and dying slots");
	state_free(&state);
}

/* Bytes of an entry that no record changes: not in the digest. */
static bool is_machine_state(const struct entry *entry, size_t offset)
{
	if (entry->part == PART_SLOT)
		return entry->type == OBJECT_UNTYPED && offset >= offsetof(struct slot, cleared) && offset < offsetof(struct slot, child);
	if (entry->part == PART_OBJECT && entry->type == OBJECT_MAPPING)
		return offset >= offsetof(struct mapping_core, live);
	return false;
}

/* The bytes of an entry that are state or padding: [start, end). Slots inside of objects are entries of their own. */
static void entry_extent(const struct entry *entry, size_t *start, size_t *end)
{
	*start = 0;
	*end = entry->part == PART_SLOT ? sizeof(struct slot) : 0;
	if (entry->part == PART_CORE)
		*end = offsetof(struct core, vector) + sizeof(core->vector);
	if (entry->part != PART_OBJECT)
		return;
	if (entry->type == OBJECT_THREAD) {
		*start = offsetof(struct thread_core, priority);
		*end = offsetof(struct thread_core, foreign) + 1;
	}
	if (entry->type == OBJECT_NOTIFICATION)
		*end = sizeof(struct notification_core);
	if (entry->type == OBJECT_VSPACE)
		*end = sizeof(struct vspace_core);
	if (entry->type == OBJECT_MAPPING)
		*end = sizeof(struct mapping_core);
	if (entry->type == OBJECT_IRQ_HANDLER) {
		*start = offsetof(struct irq_core, vector);
		*end = offsetof(struct irq_core, flags) + 2;
	}
}

/* Inverts every `stride`-th bit of one entry. False when a bit of state is not noticed, or one that is none is. */
static bool entry_flip(const struct image *image, const struct entry *entry, unsigned stride, uint64_t *flips)
{
	unsigned char *at = (unsigned char *)image_at(image, entry->address, 1), digest[DIGEST_BYTES];
	size_t start, end;
	char error[200];

	entry_extent(entry, &start, &end);
	for (size_t bit = 8 * start; bit < 8 * end; bit += stride) {
		bool machine = is_machine_state(entry, bit / 8), noticed;

		at[bit / 8] ^= (unsigned char)(1 << bit % 8);
		noticed = !image_digest(image, digest, error, sizeof(error)) || memcmp(digest, digest_true, DIGEST_BYTES) != 0;
		at[bit / 8] ^= (unsigned char)(1 << bit % 8);
		++*flips;
		if (noticed != machine)
			continue;
		printf("# %s of type %s at %#llx: bit %zu is %s\n", entry->part == PART_SLOT ? "slot" : "object", type_name(entry->type),
		       (unsigned long long)entry->address, bit, machine ? "no state but in the digest" : "not in the digest");
		return false;
	}
	return true;
}

/* Which kind of thing an entry is; what is of one kind is treated alike by the digest. */
static unsigned entry_kind(const struct entry *entry)
{
	bool dying = entry->part == PART_SLOT && entry->linked && !entry->parent;

	return (entry->part * 2u + dying) * OBJECT_TYPES + entry->type;
}

/* Inverts every `stride`-th bit of the first few entries of each kind. */
static void test_digest(const struct image *image, unsigned most, unsigned stride)
{
	unsigned seen[2 * (PART_SLOT + 1) * OBJECT_TYPES] = {0};
	uint64_t flips = 0, entries = 0;
	bool passed = true;
	struct state state;

	passed &= state_collect(image, &state);
	for (size_t i = 0; i < state.count; i++)
		if (seen[entry_kind(&state.entry[i])]++ < most) {
			passed &= entry_flip(image, &state.entry[i], stride, &flips);
			entries++;
		}
	printf("# %llu bits of %llu slots and objects, of %zu\n", (unsigned long long)flips, (unsigned long long)entries, state.count);
	result(passed && flips > 5000, "digest", "a bit changed in any field of a slot or object changes the digest, and no bit of machine state does");
	state_free(&state);
}

/* The same on the memory of a real machine: one entry of each kind, at least one bit of each of its bytes. */
static int memory_run(const char *records_path, const char *memory_path)
{
	int file = open(memory_path, O_RDONLY);
	struct stat status;
	struct records records;
	struct image image;
	char error[200], note[sizeof(error)];

	if (file < 0 || fstat(file, &status) != 0 || !records_read(records_path, 0, NULL, &records, note, error, sizeof(error)))
		return 2;
	image.size = (uint64_t)status.st_size;
	image.memory = mmap(NULL, image.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	image.core = records.record[0].argument[0];
	if (image.memory == MAP_FAILED || !image_digest(&image, digest_true, error, sizeof(error)))
		return 2;
	test_digest(&image, 1, 5);
	records_free(&records);
	return failures != 0;
}

static bool file_write(const char *prefix, const char *suffix, const void *data, size_t size)
{
	char path[4096];
	FILE *file;
	bool written;

	snprintf(path, sizeof(path), "%s%s", prefix, suffix);
	file = fopen(path, "wb");
	written = file && fwrite(data, size, 1, file) == 1;
	return file && fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
	char error[200] = "";
	struct image image;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && strcmp(argv[1], "--memory") == 0)
		return memory_run(argv[2], argv[3]);
	if (!arena_create(&arena) || !arena_create(&original))
		return 2;
	log_true = system_play(&original);
	if (argc == 3 && strcmp(argv[1], "--write") == 0) /* for tests of the tool as a program */
		return !file_write(argv[2], ".records", log_true.record, log_true.count * sizeof(*log_true.record)) ||
		       !file_write(argv[2], ".memory", original.memory, SYSTEM_END);
	image = (struct image){original.memory, SYSTEM_END, log_true.record[0].argument[0]};
	if (!image_digest(&image, digest_true, error, sizeof(error))) {
		printf("# %s\n", error);
		return 2;
	}
	digests_make();
	records_chain(&log_true, chain_true);
	printf("# %llu records\n", (unsigned long long)log_true.count);
	test_true();
	test_scene(&image);
	test_digest(&image, 3, 1);
	test_cut();
	test_dropped();
	test_swapped();
	test_added();
	test_wild();
	test_fields();
	test_bits();
	records_free(&log_true);
	free(digests);
	return failures != 0;
}
