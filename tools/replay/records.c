/* SPDX-License-Identifier: MIT */
/* Records from a file, their chain, and their names. See records.h. */
#include "tools/replay/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/chain.h"
#include "tools/replay/medium.h"

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

/* Takes over `data` as a bare array. */
static bool array_read(const char *path, uint64_t boot, unsigned char *data, uint64_t length, struct records *records, char *error, size_t size)
{
	*records = (struct records){(struct commit_record *)data, length / sizeof(struct commit_record)};
	if (length % sizeof(struct commit_record) == 0 && boot <= 1)
		return true;
	if (boot > 1)
		snprintf(error, size, "%s is no log disk: it has the records of one boot", path);
	else
		snprintf(error, size, "%s ends inside a record: %llu bytes are no multiple of %zu", path, (unsigned long long)length,
			 sizeof(struct commit_record));
	records_free(records);
	return false;
}

bool records_read(const char *path, uint64_t boot, struct witnesses *witnesses, struct records *records, char *note, char *error, size_t size)
{
	FILE *stream = fopen(path, "rb");
	uint64_t length = 0;
	unsigned char *data;
	bool good;

	*note = 0;
	if (!stream) {
		snprintf(error, size, "cannot open %s: %s", path, strerror(errno));
		return false;
	}
	data = stream_read(stream, &length);
	good = data && !ferror(stream);
	fclose(stream);
	if (!good)
		snprintf(error, size, "cannot read %s", path);
	else if (!medium_recognise(data, length) && witnesses)
		snprintf(error, size, "%s is no log disk: witnesses are of such", path), good = false;
	else if (!medium_recognise(data, length))
		return array_read(path, boot, data, length, records, error, size);
	else
		good = medium_read(data, length, boot, witnesses, records, note, error, size);
	free(data);
	return good;
}

void records_free(struct records *records)
{
	free(records->record);
	*records = (struct records){NULL, 0};
}

void records_chain(const struct records *records, unsigned char chain[CHAIN_BYTES])
{
	memset(chain, 0, CHAIN_BYTES);
	for (uint64_t i = 0; i < records->count; i++)
		chain_extend(chain, &records->record[i]);
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
