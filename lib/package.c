/* SPDX-License-Identifier: MIT */
/*
 * Access to the boot package (lib/package.h) through one read-only Mapping of its Region. The kernel has checked the header's sums; offsets and sizes are checked
 * here against the package's size, for a package that was made wrong.
 */
#include "lib/package.h"

#include "lib/space.h"
#include "lib/string.h"

static handle_t package_mapping;
static const struct boot_package *header;

const struct boot_package *package_header(void)
{
	vaddr_t address = 0;

	if (header)
		return header;
	if (space_map(&own_space, INIT_SLOT_PACKAGE, 1, MAP_READ, &address, &package_mapping) == OK)
		header = (const struct boot_package *)address;
	return header;
}

static const void *blob_map(const struct boot_blob *blob)
{
	uint64_t pages = (blob->size + PAGE_SIZE - 1) / PAGE_SIZE;
	vaddr_t address;

	if (blob->offset % PAGE_SIZE || blob->offset > header->size || blob->size > header->size - blob->offset)
		return NULL;
	address = space_reserve(&own_space, pages);
	if (mapping_fill(package_mapping, address, blob->offset / PAGE_SIZE, pages, MAP_READ) != OK)
		return NULL;
	return (const void *)address;
}

const void *package_blob(const char *name, uint64_t *size)
{
	if (!package_header())
		return NULL;
	for (uint32_t i = 0; i < header->blob_count && i < BOOT_BLOBS_MAX; i++) {
		const struct boot_blob *blob = &header->blob[i];

		if (strcmp(blob->name, name) == 0) {
			*size = blob->size;
			return blob_map(blob);
		}
	}
	return NULL;
}
