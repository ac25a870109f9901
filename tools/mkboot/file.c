/* SPDX-License-Identifier: MIT */
/* Files as a whole, read into memory for the programs that make boot packages. What cannot be read ends the program with a sentence (file.h). */
#include "tools/mkboot/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 65536

struct file file_read(const char *path)
{
	struct file file = {NULL, 0};
	FILE *stream = fopen(path, "rb");
	size_t got;

	if (!stream)
		fail("cannot open %s: %s", path, strerror(errno));
	do {
		file.data = realloc(file.data, file.size + PIECE_BYTES);
		if (!file.data)
			fail("not enough memory for %s", path);
		got = fread(file.data + file.size, 1, PIECE_BYTES, stream);
		file.size += got;
	} while (got > 0);
	if (ferror(stream))
		fail("cannot read %s: %s", path, strerror(errno));
	fclose(stream);
	return file;
}
