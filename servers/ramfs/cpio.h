/* SPDX-License-Identifier: MIT */
/*
 * cpio archives of the "new ASCII" format, with and without sums (cpio(5), magic 070701 and 070702): a reader, and what fills a filesystem with one.
 *
 * An entry is a header of 110 bytes, the name with its NUL, and the contents, each padded with zeros to a multiple of 4 bytes; the last has the name TRAILER!!!. Files with the same device and inode number and more
 * than one link are one file; its contents come with any of its entries. The whole archive is checked before anything is made of it. Pure.
 */
#pragma once

#include "lib/filesystem.h"

enum cpio_error {
#define CPIO_ERROR(name, sentence) CPIO_##name,
#include "cpio_errors.def"
#undef CPIO_ERROR
};

struct cpio_entry {
	uint32_t inode, mode, owner, group, links, modified;
	uint32_t major, minor;               /* of the device that it was on: with `inode`, which file it is */
	uint32_t device_major, device_minor; /* of a device file */
	struct name path;                    /* without slashes at its beginning or "./"; empty for the root */
	const unsigned char *contents;
	uint32_t bytes;
	bool last; /* TRAILER!!! */
};

struct cpio {
	const unsigned char *archive;
	size_t bytes, at; /* of the next entry */
	uint64_t number;  /* of the entry read last, from 1 */
};

/* Reads the next entry of an archive; `at` and `number` are 0 at first. Everything that it tells lies in the archive. */
enum cpio_error cpio_next(struct cpio *cpio, struct cpio_entry *entry);

/* What went wrong, with which entry. */
struct cpio_result {
	enum cpio_error error;
	uint64_t entry;      /* its number */
	struct name path;    /* its name, if that could be read */
};

/* Checks a whole archive. */
struct cpio_result cpio_check(const void *archive, size_t bytes);

/* Fills a filesystem with a checked archive, an entry a transaction. `alive` is called between entries, unless it is null. */
struct cpio_result cpio_unpack(const struct filesystem *filesystem, const void *archive, size_t bytes, void (*alive)(void));

/* The sentence of an error. */
const char *cpio_error_text(enum cpio_error error);
