/* SPDX-License-Identifier: MIT */
/*
 * mkboot makes the boot package of abi/boot.h: a header page, init's segments expanded to what they are in memory, then named blobs, all page-aligned.
 *
 * The output depends on the bytes of the inputs alone. Everything that the kernel takes on trust about init is checked here, where a mistake can still be
 * explained: static ELF, page-aligned segments, nothing both writable and executable.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/boot.h"
#include "abi/call.h"
#include "lib/elf.h"
#include "lib/sha256.h"
#include "tools/mkboot/file.h"

static const char usage[] =
	"usage: mkboot -o OUT ELF [NAME=FILE ...]\n"
	"\n"
	"Writes the boot package OUT: init from the static executable ELF, and each FILE as a blob\n"
	"that init finds under NAME (at most 31 bytes).\n"
	"\n"
	"  -o OUT   the file to write\n"
	"  --help   this text\n";

void fail(const char *format, ...)
{
	va_list arguments;

	fputs("mkboot: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

/* The package while it grows; its header is the start of `data`. */
struct output {
	unsigned char *data;
	size_t size;
	const char *elf_path;
};

static struct boot_package *header_of(struct output *out)
{
	return (struct boot_package *)out->data;
}

static size_t page_round(size_t size)
{
	return (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
}

/* Appends whole pages: `size` bytes of data, then zeros up to `memory_size` and the page's end. Returns their offset. */
static size_t output_append(struct output *out, const void *data, size_t size, size_t memory_size)
{
	size_t offset = out->size, grown = out->size + page_round(memory_size);

	out->data = realloc(out->data, grown);
	if (!out->data)
		fail("not enough memory for the package");
	memset(out->data + offset, 0, grown - offset);
	if (size)
		memcpy(out->data + offset, data, size);
	out->size = grown;
	return offset;
}

#define SEGMENT_BYTES_MAX ((size_t)256 << 20)

/* Receives a segment from the ELF reader. */
static bool segment_add(void *context, const struct elf_segment *segment)
{
	struct output *out = context;
	uint64_t rights = (segment->readable ? MAP_READ : 0) | (segment->writable ? MAP_WRITE : 0) | (segment->executable ? MAP_EXECUTE : 0);
	struct boot_segment *entry;
	size_t offset;

	if (segment->writable && segment->executable)
		fail("%s: the segment at %#llx is writable and executable", out->elf_path, (unsigned long long)segment->address);
	if (segment->address % PAGE_SIZE)
		fail("%s: the segment at %#llx does not start at a page", out->elf_path, (unsigned long long)segment->address);
	if (segment->memory_size > SEGMENT_BYTES_MAX)
		fail("%s: the segment at %#llx is larger than 256 MiB", out->elf_path, (unsigned long long)segment->address);
	if (header_of(out)->segment_count == BOOT_SEGMENTS_MAX)
		fail("%s: more than %d segments", out->elf_path, BOOT_SEGMENTS_MAX);
	offset = output_append(out, segment->data, segment->file_size, segment->memory_size);
	entry = &header_of(out)->segment[header_of(out)->segment_count++];
	*entry = (struct boot_segment){segment->address, offset, out->size - offset, rights};
	return true;
}

static void init_add(struct output *out, const char *path)
{
	struct file file = file_read(path);
	struct elf_image image;
	enum elf_error error;

	out->elf_path = path;
	error = elf_read(file.data, file.size, &image, segment_add, out);
	if (error != ELF_OK)
		fail("%s: %s", path, elf_error_sentence(error));
	header_of(out)->entry = image.entry;
}

static void digest(const void *data, size_t size, unsigned char sum[32])
{
	struct sha256 hash;

	sha256_start(&hash);
	sha256_add(&hash, data, size);
	sha256_finish(&hash, sum);
}

/* Adds a blob from a NAME=FILE argument. */
static void blob_add(struct output *out, const char *argument)
{
	const char *equals = strchr(argument, '=');
	size_t length = equals ? (size_t)(equals - argument) : 0;
	struct boot_blob blob = {.offset = 0};
	struct file file;

	if (length == 0 || length >= sizeof(blob.name))
		fail("%s: a blob is given as NAME=FILE, with a name of 1 to %zu bytes", argument, sizeof(blob.name) - 1);
	memcpy(blob.name, argument, length);
	for (uint32_t i = 0; i < header_of(out)->blob_count; i++)
		if (strcmp(header_of(out)->blob[i].name, blob.name) == 0)
			fail("two blobs are named %s", blob.name);
	if (header_of(out)->blob_count == BOOT_BLOBS_MAX)
		fail("more than %d blobs", BOOT_BLOBS_MAX);
	file = file_read(equals + 1);
	blob.size = file.size;
	digest(file.data, file.size, blob.sha256);
	blob.offset = output_append(out, file.data, file.size, file.size);
	header_of(out)->blob[header_of(out)->blob_count++] = blob;
}

/* The checksum that the kernel compares: of the header structure, then of each segment in the order of the table. */
static uint64_t checksum(const struct output *out)
{
	const struct boot_package *header = (const struct boot_package *)out->data;
	uint64_t sum = boot_checksum(BOOT_CHECKSUM_START, header, sizeof(*header));

	for (uint32_t i = 0; i < header->segment_count; i++)
		sum = boot_checksum(sum, out->data + header->segment[i].offset, header->segment[i].size);
	return sum;
}

/* Fills in size and sums, which cover everything else. */
static void output_seal(struct output *out)
{
	struct boot_package *header = header_of(out);
	size_t after = offsetof(struct boot_package, sha256) + sizeof(header->sha256);

	header->magic = BOOT_PACKAGE_MAGIC;
	header->version = BOOT_PACKAGE_VERSION;
	header->size = out->size;
	digest(out->data + after, out->size - after, header->sha256);
	header->checksum = 0;
	header->checksum = checksum(out);
}

static void output_write(const struct output *out, const char *path)
{
	FILE *stream = fopen(path, "wb");

	if (!stream)
		fail("cannot write %s: %s", path, strerror(errno));
	if (fwrite(out->data, 1, out->size, stream) != out->size || fclose(stream) != 0)
		fail("cannot write %s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct output out = {NULL, 0, NULL};

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc < 4 || strcmp(argv[1], "-o") != 0) {
		fputs(usage, stderr);
		return 2;
	}
	output_append(&out, NULL, 0, PAGE_SIZE);
	init_add(&out, argv[3]);
	for (int i = 4; i < argc; i++)
		blob_add(&out, argv[i]);
	output_seal(&out);
	output_write(&out, argv[2]);
	return 0;
}
