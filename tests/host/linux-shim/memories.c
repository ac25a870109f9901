/* SPDX-License-Identifier: MIT */
/* Compares the tables of processes' memories (mm/memory.h) with the page tables of the model (memories.h). */
#include "memories.h"

#include "process/task.h"
#include "spaces.h"

static uint64_t rights_of(uint64_t word)
{
	return (word & ENTRY_WRITE ? MAP_WRITE : 0) | (word & ENTRY_EXECUTE ? MAP_EXECUTE : 0);
}

static void page_check(const struct model_space *space, uint64_t address, uint64_t word)
{
	uint64_t entry = space_entry(space, address);

	if (entry >> PAGE_BITS != word >> PAGE_BITS)
		complain("at %#lx page %lu is mapped, and is to be %lu", address, entry >> PAGE_BITS, word >> PAGE_BITS);
	if ((entry & (MAP_WRITE | MAP_EXECUTE)) != rights_of(word))
		complain("at %#lx a page has the rights %#lx, and is to have %#lx", address, entry & (PAGE_SIZE - 1), rights_of(word));
}

static void memory_check(const struct memory *memory)
{
	const struct model_space *space = space_of(memory->space->vspace);
	uint64_t end = MEMORY_TOP >> PAGE_BITS, count = 0, *word;

	for (uint64_t i = radix_next(&memory->pages, 0, end, &word); i < end; i = radix_step(&memory->pages, i, end, &word)) {
		if (!(*word & ENTRY_MAPPED))
			continue;
		page_check(space, i << PAGE_BITS, *word);
		count++;
	}
	if (count != space_pages(space))
		complain("a process has %lu pages mapped, and is to have %lu", space_pages(space), count);
}

void memories_check(void)
{
	for (const struct process *process = processes; process; process = process->next)
		for (const struct task *task = process->tasks; task; task = task->next_in_process)
			if (task->memory && task->memory->space)
				memory_check(task->memory);
	for (uint64_t frame = 1; frame < memory_bytes / PAGE_SIZE; frame++)
		if (physical_mapped(frame) && physical_mapped(frame) > frame_users((frame_t)frame))
			complain("frame %lu is mapped %u times and has %u users", frame, physical_mapped(frame), frame_users((frame_t)frame));
}
