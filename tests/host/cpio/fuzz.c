/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for cpio archives: any bytes are checked and, if they pass, unpacked into a ramfs, which must be sound afterwards; ASan watches what is read. Inputs whose first byte is not '0' are entries in a shorter form, of
 * which headers are made, so that most get beyond the header.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assert.h"
#include "servers/ramfs/cpio.h"
#include "servers/ramfs/ramfs.h"

#define REGION_BYTES (512 * 1024)
#define INPUT_MAX 65536

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

static _Alignas(4096) unsigned char region[REGION_BYTES];
static unsigned char scratch[65536] __attribute__((aligned(8)));

/* Headers for records of type, flags, length of name, length of contents, name, contents. */
static size_t archive_make(const uint8_t *data, size_t size, unsigned char *to)
{
	static const unsigned modes[] = {0100644, 0040755, 0120777, 0010600, 0020600, 0060600, 0140600, 0};
	size_t at = 0;

	while (size > 4) {
		size_t name = data[2] % 40 + 1, contents = data[3] % 64, room = size - 4;

		name = name < room ? name : room;
		contents = contents < room - name ? contents : room - name;
		at += (size_t)sprintf((char *)to + at, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", data[1] % 8, modes[data[0] % 8], 1, 2, data[1] % 3, 1000,
			(unsigned)contents, 0, 0, 5, 6, (unsigned)name + 1, 0);
		memcpy(to + at, data + 4, name);
		memset(to + at + name, 0, 4);
		at = (at + name + 1 + 3) & ~(size_t)3;
		memcpy(to + at, data + 4 + name, contents);
		memset(to + at + contents, 0, 4);
		at = (at + contents + 3) & ~(size_t)3;
		data += 4 + name + contents;
		size -= 4 + name + contents;
	}
	return at + (size_t)sprintf((char *)to + at, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08xTRAILER!!!", 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0) + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tsm_options options = {.layout = 1, .undo_cells = ramfs_undo_cells(REGION_BYTES), .marks = 1};
	static struct ramfs ramfs;
	const struct filesystem filesystem = {&ramfs_operations, &ramfs, &ramfs.clock, &ramfs.watch};
	static unsigned char made[INPUT_MAX * 130];
	struct cpio_result result;
	unsigned char *archive;
	const char *wrong;
	struct tsm tsm;
	bool fresh;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (data[0] != '0') {
		size = archive_make(data, size, made);
		data = made;
	}
	archive = malloc(size);
	if (!archive)
		return 0;
	memcpy(archive, data, size);
	result = cpio_check(archive, size);
	if (result.path.bytes && ((const unsigned char *)result.path.text < archive || (const unsigned char *)result.path.text + result.path.bytes > archive + size))
		abort();
	if (result.error == CPIO_OK) {
		tsm_format(&tsm, region, REGION_BYTES, &options);
		if (ramfs_open(&ramfs, &tsm, tsm_data(&tsm), tsm_bytes(&tsm), &fresh) != 0)
			abort();
		result = cpio_unpack(&filesystem, archive, size, NULL);
		wrong = ramfs_check(&ramfs, scratch, sizeof(scratch));
		if (wrong || !*cpio_error_text(result.error)) {
			fprintf(stderr, "%s\n", wrong);
			abort();
		}
	}
	free(archive);
	return 0;
}
