/* SPDX-License-Identifier: MIT */
/* Records from a file, their chain, and their names. See records.h. */
#include "tools/replay/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sha256.h"

/* Reads the bytes of a stream to its end into one block; NULL when memory or the stream fails. */
static unsigned char *stream_read(FILE *stream, uint64_t *length)
{
	size_t room = 1 << 20, used = 0, got;
	unsigned char *data = malloc(room), *larger;

	while (data && (got = fread(data + used, 1, room - used, stream)) > 0) {
		used += got;
		if (used < room)
			continue;
		room *= 2;
		larger = realloc(data, room);
		if (!larger)
			free(data);
		data = larger;
	}
	*length = used;
	return data;
}

bool records_read(const char *path, struct records *records, char *error, size_t size)
{
	FILE *stream = fopen(path, "rb");
	uint64_t length = 0;
	unsigned char *data;
	bool failed;

	if (!stream) {
		snprintf(error, size, "cannot open %s: %s", path, strerror(errno));
		return false;
	}
	data = stream_read(stream, &length);
	failed = !data || ferror(stream);
	fclose(stream);
	if (failed)
		snprintf(error, size, "cannot read %s", path);
	else if (length % sizeof(struct commit_record))
		snprintf(error, size, "%s ends inside a record: %llu bytes are no multiple of %zu", path,
			 (unsigned long long)length, sizeof(struct commit_record));
	else {
		*records = (struct records){(struct commit_record *)data, length / sizeof(struct commit_record)};
		return true;
	}
	free(data);
	return false;
}

void records_free(struct records *records)
{
	free(records->record);
	*records = (struct records){NULL, 0};
}

void records_chain(const struct records *records, unsigned char chain[CHAIN_BYTES])
{
	struct sha256 hash;

	memset(chain, 0, CHAIN_BYTES);
	for (uint64_t i = 0; i < records->count; i++) {
		sha256_start(&hash);
		sha256_add(&hash, chain, CHAIN_BYTES);
		sha256_add(&hash, &records->record[i], sizeof(records->record[i]));
		sha256_finish(&hash, chain);
	}
}

static const struct {
	const char *name;
	const char *argument[5];
} operations[COMMIT_OPERATIONS] = {
#define COMMIT(name, number, function, a0, a1, a2, a3, a4, sentence) [number] = {#name, {a0, a1, a2, a3, a4}},
#include "abi/commits.def"
};

const char *operation_name(unsigned operation)
{
	return operation < COMMIT_OPERATIONS ? operations[operation].name : NULL;
}

const char *argument_name(unsigned operation, unsigned index)
{
	return operation_name(operation) && index < 5 ? operations[operation].argument[index] : "";
}

static const char *const types[OBJECT_TYPES] = {
#define OBJECT(name, number, bytes, sentence) [number] = #name,
#include "abi/objects.def"
};

const char *type_name(uint64_t type)
{
	return type < OBJECT_TYPES ? types[type] : NULL;
}
