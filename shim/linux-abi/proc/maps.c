/* SPDX-License-Identifier: MIT */
/* What is mapped where in a process: /proc/PID/maps, smaps and smaps_rollup (proc(5), Documentation/filesystems/proc.rst of Linux). */
#include "proc/maps.h"

#include "file/content.h"
#include "vdso/vdso.h"

#define NAME_COLUMN 73
#define KIB(pages) ((pages) * (PAGE_SIZE / 1024))
#define KIB_BYTES 1024

/* Whose page it is: the process's alone, or that of others too; stored into or not. */
enum page_kind { SHARED_CLEAN, SHARED_DIRTY, PRIVATE_CLEAN, PRIVATE_DIRTY, PAGE_KINDS };

/* Pages that are there. `share` in bytes: each page counts by the part of it that is the process's when it is divided among all who have it mapped (PSS of Linux). */
struct pages {
	uint64_t size, resident, anonymous, locked;
	uint64_t kind[PAGE_KINDS];
	uint64_t share, share_dirty, share_anonymous, share_files, share_memory;
};

static const char *area_name(const struct memory *memory, const struct area *area)
{
	if (area->flags & AREA_GROWS)
		return "[stack]";
	if (!area->object && area->start <= memory->brk && area->end >= memory->brk_start && memory->brk > memory->brk_start)
		return "[heap]";
	if (area->object && area->object->text)
		return area->object->text;
	return area->object && area->flags & AREA_SHARED ? "/dev/zero (deleted)" : vdso_area_name(area);
}

/* A name, whose line ends are told by their numbers. */
static void name_add(struct proc_text *text, const char *name)
{
	for (; *name; name++)
		if (*name == '\n')
			text_add(text, "\\012");
		else
			text_add_bytes(text, name, 1);
}

static void area_tell(struct proc_text *text, const struct memory *memory, const struct area *area)
{
	char path[PATH_BYTES_MAX + 1];
	const char *name = area->object && content_path(area->object, path) > 0 ? path : area_name(memory, area);
	uint64_t before = text->bytes, inode = area->object ? area->object->inode : 0, filesystem = inode ? FILESYSTEM_MEMORY : 0;

	if (area->object)
		(void)content_identity(area->object, &filesystem, &inode);
	text_add_hex(text, area->start, 8);
	text_add(text, "-");
	text_add_hex(text, area->end, 8);
	text_add(text, " %c%c%c%c ", area->flags & AREA_READ ? 'r' : '-', area->flags & AREA_WRITE ? 'w' : '-', area->flags & AREA_EXECUTE ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p');
	text_add_hex(text, area->object ? area->first << PAGE_BITS : 0, 8);
	text_add(text, " ");
	text_add(text, "00:");
	text_add_hex(text, filesystem, 2);
	text_add(text, " %u ", inode);
	if (name)
		for (uint64_t column = text->bytes - before; column < NAME_COLUMN; column++)
			text_add(text, " ");
	if (name)
		name_add(text, name);
	text_add(text, "\n");
}

/* What the object of an area has as its page there; 0: nothing. */
static uint64_t object_word(const struct area *area, uint64_t page)
{
	const uint64_t *word = area->object ? radix_find(&area->object->pages, area->first + page - area->start / PAGE_SIZE) : NULL;

	return word ? *word : 0;
}

bool area_page_is_of_object(const struct area *area, uint64_t page, frame_t frame)
{
	return object_word(area, page) / PAGE_SIZE == frame;
}

static void page_count(struct pages *pages, const struct area *area, uint64_t page, frame_t frame)
{
	bool of_object = area_page_is_of_object(area, page, frame), of_file = of_object && area->object->operations->fill;
	bool dirty = !of_file || (object_word(area, page) & OBJECT_DIRTY);
	uint64_t maps = frame_users(frame) - (frame_users(frame) > of_object ? of_object : 0), share = PAGE_SIZE / maps;

	pages->resident++;
	pages->anonymous += !of_object;
	pages->kind[maps > 1 ? dirty ? SHARED_DIRTY : SHARED_CLEAN : dirty ? PRIVATE_DIRTY : PRIVATE_CLEAN]++;
	pages->share += share;
	pages->share_dirty += dirty ? share : 0;
	*(!of_object ? &pages->share_anonymous : of_file ? &pages->share_files : &pages->share_memory) += share;
}

static void area_count(struct pages *pages, const struct memory *memory, const struct area *area)
{
	uint64_t end = area->end / PAGE_SIZE, *word, before = pages->resident;

	pages->size += (area->end - area->start) / PAGE_SIZE;
	for (uint64_t page = radix_next(&memory->pages, area->start / PAGE_SIZE, end, &word); page < end; page = radix_step(&memory->pages, page, end, &word))
		if (*word / PAGE_SIZE)
			page_count(pages, area, page, (frame_t)(*word / PAGE_SIZE));
	pages->locked += area->flags & AREA_LOCKED ? pages->resident - before : 0;
}

static void size_tell(struct proc_text *text, const char *name, uint64_t kib)
{
	uint64_t before = text->bytes;

	text_add(text, "%s:", name);
	text_add_padded(text, kib, (unsigned)(24 - (text->bytes - before)));
	text_add(text, " kB\n");
}

/* Which pages were used lately the machine is not asked: all that are there count as referenced. */
static void pages_tell(struct proc_text *text, const struct pages *pages, bool rollup)
{
	static const char *const kinds[PAGE_KINDS] = {"Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty"};
	static const char *const never[] = {"LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss"};

	size_tell(text, "Rss", KIB(pages->resident));
	size_tell(text, "Pss", pages->share / KIB_BYTES);
	size_tell(text, "Pss_Dirty", pages->share_dirty / KIB_BYTES);
	if (rollup) {
		size_tell(text, "Pss_Anon", pages->share_anonymous / KIB_BYTES);
		size_tell(text, "Pss_File", pages->share_files / KIB_BYTES);
		size_tell(text, "Pss_Shmem", pages->share_memory / KIB_BYTES);
	}
	for (unsigned i = 0; i < PAGE_KINDS; i++)
		size_tell(text, kinds[i], KIB(pages->kind[i]));
	size_tell(text, "Referenced", KIB(pages->resident));
	size_tell(text, "Anonymous", KIB(pages->anonymous));
	for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		size_tell(text, never[i], 0);
	size_tell(text, "Locked", KIB(pages->locked));
}

/* Two letters a flag (Documentation/filesystems/proc.rst, VmFlags). What may be read may be executed, but for noexec, and is shared or not by what it was at first. */
static void flags_tell(struct proc_text *text, const struct area *area)
{
	bool shared = area->flags & AREA_SHARED;
	const struct {
		bool set;
		const char *letters;
	} flags[] = {
		{area->flags & AREA_READ, "rd"}, {area->flags & AREA_WRITE, "wr"}, {area->flags & AREA_EXECUTE, "ex"}, {shared, "sh"}, {true, "mr"}, {!shared || area->flags & AREA_MAY_WRITE, "mw"}, {!(area->flags & AREA_NO_EXECUTE), "me"},
		{shared, "ms"}, {area->flags & AREA_GROWS, "gd"}, {area->flags & AREA_LOCKED, "lo"}, {area->flags & AREA_NOT_FORKED, "dc"}, {area->flags & AREA_NOT_DUMPED, "dd"}, {area->flags & AREA_WIPED, "wf"},
	};

	text_add(text, "VmFlags: ");
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].set)
			text_add(text, "%s ", flags[i].letters);
	text_add(text, "\n");
}

static void area_tell_whole(struct proc_text *text, const struct memory *memory, const struct area *area)
{
	struct pages pages = {0};

	area_tell(text, memory, area);
	area_count(&pages, memory, area);
	size_tell(text, "Size", KIB(pages.size));
	size_tell(text, "KernelPageSize", KIB(1));
	size_tell(text, "MMUPageSize", KIB(1));
	pages_tell(text, &pages, false);
	text_add(text, "THPeligible:    0\n");
	flags_tell(text, area);
}

/* Each area in order, held: telling it may wait, and the areas change meanwhile. */
static void areas_tell(struct proc_text *text, const struct proc_subject *subject, void (*tell)(struct proc_text *text, const struct memory *memory, const struct area *area))
{
	struct memory *memory = subject->task ? subject->task->memory : NULL;
	const struct area *area;
	uint64_t at = 0;

	if (!memory)
		return;
	memory_hold(memory);
	while ((area = area_at_or_after(&memory->areas, at)) != NULL) {
		struct area now = *area;

		at = now.end;
		if (now.object)
			object_hold(now.object);
		tell(text, memory, &now);
		if (now.object)
			object_release(now.object);
	}
	memory_release(memory);
}

void proc_maps_tell(struct proc_text *text, const struct proc_subject *subject)
{
	areas_tell(text, subject, area_tell);
}

void proc_sizes_tell(struct proc_text *text, const struct proc_subject *subject)
{
	areas_tell(text, subject, area_tell_whole);
}

void proc_sizes_sum_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct memory *memory = subject->task ? subject->task->memory : NULL;
	const struct area *area = memory ? area_at_or_after(&memory->areas, 0) : NULL;
	struct pages pages = {0};
	uint64_t start = area ? area->start : 0, end = start;

	if (!memory)
		return;
	for (; area; area = area_at_or_after(&memory->areas, end)) {
		area_count(&pages, memory, area);
		end = area->end;
	}
	text_add_hex(text, start, 8);
	text_add(text, "-");
	text_add_hex(text, end, 8);
	text_add(text, " ---p 00000000 00:00 0 ");
	for (uint64_t column = text->bytes; column < NAME_COLUMN; column++)
		text_add(text, " ");
	text_add(text, "[rollup]\n");
	pages_tell(text, &pages, true);
}
