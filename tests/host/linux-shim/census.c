/* SPDX-License-Identifier: MIT */
/*
 * The census (census.h). Stacks of fibers are pages that stay, for as many tasks as there have ever been. The first process's memory stays and is not counted: others read and write it by right (process_vm_readv(2)), and pages of it,
 * and tables of where they are, come to be there.
 */
#include "census.h"

#include "file/content.h"
#include "kernel.h"
#include "lib/file_open.h"
#include "limits.h"
#include "mm/frames.h"
#include "mm/memory.h"
#include "proc/maps.h"
#include "process/task.h"
#include "spaces.h"
#include "time/timer.h"

static uint64_t files_count(void)
{
	uint64_t count = 0;

	for (int i = 0; i < FILE_IDS; i++)
		count += files_open[i].session != NULL;
	return count;
}

/* Tables of a sparse array (mm/radix.h): one, and those below it. */
static uint64_t tables_count(const uint64_t *table, unsigned level)
{
	uint64_t count = table != NULL;

	for (unsigned slot = 0; table && level > 0 && slot < RADIX_TABLE_WORDS; slot++)
		count += tables_count((const uint64_t *)table[slot], level - 1);
	return count;
}

/* Whether an area that begins before has the same object. */
static bool is_seen(const struct memory *memory, const struct area *area)
{
	const struct area *before = area_at_or_after(&memory->areas, 0);

	while (before != area && before->object != area->object)
		before = area_at_or_after(&memory->areas, before->end);
	return before != area;
}

/* Frames of a memory: pages that are its own, pages of the objects that it maps, and the tables of where its pages are. */
static uint64_t memory_frames(const struct memory *memory)
{
	uint64_t count = tables_count(memory->pages.root, RADIX_LEVELS - 1), *word;

	for (const struct area *area = area_at_or_after(&memory->areas, 0); area; area = area_at_or_after(&memory->areas, area->end)) {
		uint64_t end = area->end / PAGE_SIZE;

		for (uint64_t page = radix_next(&memory->pages, area->start / PAGE_SIZE, end, &word); page < end; page = radix_step(&memory->pages, page, end, &word))
			count += !area_page_is_of_object(area, page, (frame_t)(*word / PAGE_SIZE));
		count += area->object && !is_seen(memory, area) ? area->object->resident : 0;
	}
	return count;
}

struct census census_take(void)
{
	const struct memory *first = processes->tasks->memory;

	while (contents_shrink())
		;
	return (struct census){
		.serial = slab_serial(),
		.frame_serial = frames_serial(),
		.tasks = task_count,
		.structures = slab_structures,
		.frames = frames_total() - frames_free() - pages_shown - memory_frames(first),
		.pages = pages_mapped - space_pages(space_of(first->space->vspace)),
		.files = files_count(),
		.timers = timers_next() != UINT64_MAX,
	};
}

static void count_compare(const struct census *census, const char *what, uint64_t before, uint64_t after)
{
	if (before == after)
		return;
	slab_tell(census->serial);
	frames_tell(census->frame_serial);
	complain("when all processes have ended there are %lu %s, and were %lu", after, what, before);
}

void census_compare(const struct census *before, const struct census *after)
{
	count_compare(before, "tasks", before->tasks, after->tasks);
	count_compare(before, "open files", before->files, after->files);
	count_compare(before, "timers", before->timers, after->timers);
	count_compare(before, "structures", before->structures, after->structures);
	count_compare(before, "frames in use", before->frames, after->frames);
	count_compare(before, "mapped pages", before->pages, after->pages);
}
