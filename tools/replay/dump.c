/* SPDX-License-Identifier: MIT */
/* A memory dump beside the records: see dump.h. */
#include "tools/replay/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/boot.h"

bool dump_open(const char *path, const struct records *records, struct image *image, char *error, size_t size)
{
	int file = open(path, O_RDONLY);
	struct stat status;
	void *memory = MAP_FAILED;

	if (file >= 0 && fstat(file, &status) == 0 && status.st_size > 0)
		memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (memory == MAP_FAILED)
		snprintf(error, size, "cannot read %s: %s", path, errno ? strerror(errno) : "it is empty");
	else
		*image = (struct image){memory, (uint64_t)status.st_size, records->record[0].argument[0]};
	if (file >= 0)
		close(file);
	return memory != MAP_FAILED;
}

void dump_close(struct image *image)
{
	munmap((void *)image->memory, image->size);
}

/* Where the ring lies: what the kernel granted to init as such. 0 when it granted none. */
static ref_t ring_find(const struct records *records)
{
	ref_t slot = records->record[0].argument[1] + INIT_SLOT_RING * SLOT_SIZE;

	for (uint64_t i = 0; i < records->count; i++)
		if (records->record[i].operation == COMMIT_GRANT && records->record[i].argument[0] == slot)
			return DIRECT_MAP_BASE + records->record[i].argument[2];
	return 0;
}

bool dump_ring_check(const struct image *image, const struct records *records, char *error, size_t size)
{
	ref_t at = ring_find(records);
	const struct commit_ring *ring = image_at(image, at, sizeof(*ring));
	uint64_t capacity = records->record[0].argument[4], first;
	const struct commit_record *kept;

	if (!ring || capacity > image->size || ring->capacity != capacity ||
	    !(kept = image_at(image, at + COMMIT_RING_HEADER, capacity * sizeof(*kept))))
		return snprintf(error, size, "the commit ring is not where the records say"), false;
	if (ring->head != records->count + 1)
		return snprintf(error, size, "the kernel had written %llu records, the log has %llu", (unsigned long long)ring->head - 1,
				(unsigned long long)records->count),
		       false;
	first = records->count > capacity ? records->count - capacity + 1 : 1;
	for (uint64_t sequence = first; sequence <= records->count; sequence++)
		if (memcmp(&kept[sequence % capacity], &records->record[sequence - 1], sizeof(*kept)) != 0)
			return snprintf(error, size, "record %llu is not the one that is in the kernel's ring", (unsigned long long)sequence), false;
	return true;
}

/* The value of a symbol; 0 when there is no such symbol. */
static uint64_t symbol_value(Elf *elf, const char *name)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		Elf64_Shdr *header = elf64_getshdr(section);
		Elf_Data *data = elf_getdata(section, NULL);

		if (!header || !data || header->sh_type != SHT_SYMTAB)
			continue;
		for (size_t i = 0; i < data->d_size / sizeof(Elf64_Sym); i++) {
			const Elf64_Sym *symbol = (const Elf64_Sym *)data->d_buf + i;
			const char *found = elf_strptr(elf, header->sh_link, symbol->st_name);

			if (found && strcmp(found, name) == 0)
				return symbol->st_value;
		}
	}
	return 0;
}

/* The reference of a virtual address of the image, by the segment that it lies in; 0 when it lies in none. */
static ref_t image_ref(Elf *elf, uint64_t address)
{
	Elf64_Phdr *segments = elf64_getphdr(elf);
	size_t count = 0;

	if (!segments || elf_getphdrnum(elf, &count) != 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (segments[i].p_type == PT_LOAD && address >= segments[i].p_vaddr && address - segments[i].p_vaddr < segments[i].p_memsz)
			return DIRECT_MAP_BASE + segments[i].p_paddr + (address - segments[i].p_vaddr);
	return 0;
}

/* Reads a pointer variable of the kernel from memory. */
static ref_t kernel_pointer(const struct image *image, Elf *elf, const char *name)
{
	const ref_t *pointer = image_at(image, image_ref(elf, symbol_value(elf, name)), sizeof(*pointer));

	return pointer ? *pointer : 0;
}

bool dump_kernel_check(const struct image *image, const struct records *records, const char *kernel, char *error, size_t size)
{
	int file = open(kernel, O_RDONLY);
	Elf *elf = NULL;
	bool right = false;

	elf_version(EV_CURRENT);
	if (file >= 0)
		elf = elf_begin(file, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		snprintf(error, size, "%s is no kernel image", kernel);
	else if (kernel_pointer(image, elf, "core") != image->core || kernel_pointer(image, elf, "commit_ring") != ring_find(records))
		snprintf(error, size, "the memory is not that of a machine which ran %s with these records", kernel);
	else
		right = true;
	if (elf)
		elf_end(elf);
	if (file >= 0)
		close(file);
	return right;
}
