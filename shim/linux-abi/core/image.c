/* SPDX-License-Identifier: MIT */
/* Core files as ELF (core/image.h). Order in the file: ELF header, program headers, notes, and from the next page on the pages of the areas, in which what was never touched is a hole. */
#include "core/image.h"

#include "core/notes.h"
#include "file/content.h"
#include "lib/string.h"
#include "process/elf_file.h"
#include "vdso/vdso.h"

#define PARTS_A_FRAME (PAGE_SIZE / sizeof(struct core_part))
#define FRAMES_A_FRAME (PAGE_SIZE / sizeof(frame_t))
_Static_assert(PARTS_A_FRAME *FRAMES_A_FRAME > AREAS_MAX, "there is room for all areas");
_Static_assert(AREAS_MAX + 3 < 0xffff, "their number and the notes fit into e_phnum");

/* Parts. */

/* A null pointer when there is no memory for one more. */
static struct core_part *part_at(struct core_image *image, uint32_t number)
{
	frame_t *frame;

	if (!image->index)
		image->index = frame_allocate(true);
	if (!image->index || number > AREAS_MAX + 1)
		return NULL;
	frame = (frame_t *)frame_bytes(image->index) + number / PARTS_A_FRAME;
	if (!*frame)
		*frame = frame_allocate(false);
	return *frame ? (struct core_part *)frame_bytes(*frame) + number % PARTS_A_FRAME : NULL;
}

/* Whether a private area has a page of its own: one that was stored into. */
static bool is_stored(const struct memory *memory, const struct area *area)
{
	uint64_t from = area->start >> PAGE_BITS, to = area->end >> PAGE_BITS, *word;

	for (uint64_t i = radix_next(&memory->pages, from, to, &word); i < to; i = radix_step(&memory->pages, i, to, &word)) {
		const uint64_t *page = area->object ? radix_find(&area->object->pages, area->first + i - from) : NULL;

		if (!page || *page >> PAGE_BITS != *word >> PAGE_BITS)
			return true;
	}
	return false;
}

static bool begins_as_elf(const struct area *area)
{
	int64_t frame = area->first ? -EFAULT : object_page(area->object, 0);

	return frame >= 0 && memcmp(frame_bytes((frame_t)frame), "\177ELF", 4) == 0;
}

/* How much of an area goes into the file; `path` null: it is of no file that has a name. In the order in which Linux asks (vma_dump_size). May wait. */
static uint64_t area_bytes(const struct core_image *image, const struct area *area, const char *path)
{
	uint64_t filter = image->task->process->core_filter, whole = area->end - area->start;
	uint64_t filesystem, inode;

	if (vdso_area_name(area))
		return whole;
	if (area->flags & AREA_NOT_DUMPED)
		return 0;
	if (area->flags & AREA_SHARED)
		return filter & (path && content_identity(area->object, &filesystem, &inode) && !path_is_deleted(path) ? CORE_SHARED_FILES : CORE_SHARED) ? whole : 0;
	if (filter & CORE_ANONYMOUS && is_stored(image->task->memory, area))
		return whole;
	if (!area->object)
		return 0;
	if (filter & CORE_FILES)
		return whole;
	return filter & CORE_ELF_HEADERS && area->flags & AREA_READ && begins_as_elf(area) ? PAGE_SIZE : 0;
}

/* Takes one area in, whose object the caller holds. */
static bool part_take(struct core_image *image, struct core_files *files, const struct area *area)
{
	char path[PATH_BYTES_MAX + 1];
	const char *name = core_area_file(area, path);
	struct core_part *part = part_at(image, image->parts);

	if (!part)
		return false;
	*part = (struct core_part){.start = area->start, .end = area->end, .object = area->object, .first = area->first, .flags = area->flags};
	part->bytes = area_bytes(image, area, name);
	if (part->object)
		object_hold(part->object);
	image->parts++;
	if (name)
		core_files_add(files, area, name);
	return true;
}

static bool parts_take(struct core_image *image, struct core_files *files)
{
	struct memory *memory = image->task->memory;
	const struct area *area;
	uint64_t at = 0;
	bool good = true;

	while (good && !image->cut && (area = area_at_or_after(&memory->areas, at)) != NULL) {
		struct area now = *area; /* finding a path waits */

		at = now.end;
		if (now.object)
			object_hold(now.object);
		good = part_take(image, files, &now);
		if (now.object)
			object_release(now.object);
	}
	return good;
}

bool core_image_take(struct core_image *image)
{
	struct core_files files = {0};
	struct proc_text threads = {0};
	bool good;

	core_threads_tell(&threads, image); /* first: it does not wait */
	good = parts_take(image, &files);
	if (good)
		core_notes_tell(&image->notes, image, &threads, &files);
	core_files_end(&files);
	text_pages_free(&threads);
	return good && !image->notes.full;
}

void core_image_end(struct core_image *image)
{
	for (uint32_t i = 0; i < image->parts; i++)
		if (part_at(image, i)->object)
			object_release(part_at(image, i)->object);
	for (uint32_t i = 0; image->index && i < FRAMES_A_FRAME; i++)
		if (((frame_t *)frame_bytes(image->index))[i])
			frame_release(((frame_t *)frame_bytes(image->index))[i]);
	if (image->index)
		frame_release(image->index);
	image->index = 0;
	image->parts = 0;
	text_pages_free(&image->notes);
}

/* Writing. */

struct writer {
	struct core_image *image;
	struct description *file;
	uint64_t offset;  /* of the next byte */
	uint64_t written; /* bytes: holes do not count for the limit */
	bool hole;        /* the last bytes are one */
};

/* False: the file ends here, because of the limit, an error, or a SIGKILL. */
static bool bytes_write(struct writer *writer, void *bytes, uint64_t count)
{
	struct transfer transfer;

	if (writer->image->cut || count > writer->image->bytes_most - writer->written)
		return false;
	writer->written += count;
	writer->hole = false;
	transfer_bytes(&transfer, bytes, count);
	while (transfer.left)
		if (writer->file->operations->write(writer->image->task, writer->file, &transfer, &writer->offset) <= 0)
			return false;
	return true;
}

static void hole_leave(struct writer *writer, uint64_t count)
{
	writer->offset += count;
	writer->hole = writer->hole || count;
}

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t data_offset(const struct core_image *image)
{
	return page_up(sizeof(struct elf_file_header) + (image->parts + 1) * sizeof(struct elf_program_header) + image->notes.bytes);
}

static bool header_write(struct writer *writer)
{
	struct elf_file_header header = {
		.identification = {0x7f, 'E', 'L', 'F', 2, 1, 1}, /* 64 bits, little-endian, version 1 */
		.type = ELF_TYPE_CORE,
		.machine = ELF_MACHINE_X86_64,
		.version = ELF_VERSION_CURRENT,
		.headers = sizeof(header),
		.bytes = sizeof(header),
		.header_bytes = sizeof(struct elf_program_header),
		.header_count = (uint16_t)(writer->image->parts + 1),
	};

	return bytes_write(writer, &header, sizeof(header));
}

static uint32_t flags_of(uint32_t area)
{
	return (area & AREA_READ ? ELF_FLAG_READ : 0u) | (area & AREA_WRITE ? ELF_FLAG_WRITE : 0u) | (area & AREA_EXECUTE ? ELF_FLAG_EXECUTE : 0u);
}

static bool program_headers_write(struct writer *writer)
{
	struct core_image *image = writer->image;
	struct elf_program_header header = {.type = ELF_NOTE, .offset = sizeof(struct elf_file_header) + (image->parts + 1) * sizeof(header), .file_bytes = image->notes.bytes};
	uint64_t offset = data_offset(image);
	bool good = bytes_write(writer, &header, sizeof(header));

	for (uint32_t i = 0; good && i < image->parts; i++) {
		const struct core_part *part = part_at(image, i);

		header = (struct elf_program_header){.type = ELF_LOAD, .flags = flags_of(part->flags), .offset = offset, .address = part->start, .file_bytes = part->bytes, .memory_bytes = part->end - part->start, .alignment = PAGE_SIZE};
		offset += part->bytes;
		good = bytes_write(writer, &header, sizeof(header));
	}
	return good;
}

static bool notes_write(struct writer *writer)
{
	const struct proc_text *notes = &writer->image->notes;
	unsigned char piece[512];
	uint64_t done = 0;
	size_t count;

	while ((count = text_read(notes, done, piece, sizeof(piece))) > 0) {
		if (!bytes_write(writer, piece, count))
			return false;
		done += count;
	}
	hole_leave(writer, data_offset(writer->image) - writer->offset);
	return true;
}

/* The frame of a page, not held: of the process's own page, or of what the area shows; 0: there is nothing that was ever there. May wait. */
static frame_t page_frame(const struct core_image *image, const struct core_part *part, uint64_t page)
{
	const uint64_t *word = radix_find(&image->task->memory->pages, (part->start >> PAGE_BITS) + page);
	int64_t frame;

	if (word && *word >> PAGE_BITS)
		return (frame_t)(*word >> PAGE_BITS);
	if (!part->object)
		return 0;
	word = radix_find(&part->object->pages, part->first + page);
	if (word && *word >> PAGE_BITS)
		return (frame_t)(*word >> PAGE_BITS);
	frame = part->object->operations && part->object->operations->fill ? object_page(part->object, part->first + page) : 0;
	return frame > 0 ? (frame_t)frame : 0;
}

static bool part_write(struct writer *writer, const struct core_part *part)
{
	bool good = true;

	for (uint64_t page = 0; good && page < part->bytes >> PAGE_BITS; page++) {
		frame_t frame = page_frame(writer->image, part, page);

		if (!frame) {
			hole_leave(writer, PAGE_SIZE);
			continue;
		}
		frame_hold(frame);
		good = bytes_write(writer, frame_bytes(frame), PAGE_SIZE);
		frame_release(frame);
	}
	return good;
}

/* A hole at the end is made by the last byte of it. */
static void end_write(struct writer *writer)
{
	unsigned char zero = 0;

	if (!writer->hole)
		return;
	writer->offset--;
	(void)bytes_write(writer, &zero, 1);
}

void core_image_write(struct core_image *image, struct description *file)
{
	struct writer writer = {.image = image, .file = file};
	bool good = header_write(&writer) && program_headers_write(&writer) && notes_write(&writer);

	image->written = true; /* also what the limit has cut, as in Linux */
	for (uint32_t i = 0; good && i < image->parts; i++)
		good = part_write(&writer, part_at(image, i));
	end_write(&writer);
}
