/* SPDX-License-Identifier: MIT */
/*
 * The beginning: the kernel takes over from the loader and lets init run.
 *
 * The loader (boot/) has made the machine ready, filled in this CPU's struct cpu and prepared the genesis as commit records (abi/handoff.h). They take effect here as
 * every later change of authority does, so that everything that exists is in the log. Nothing but the records and this function runs once only.
 */
#include "abi/handoff.h"

#include "kernel/arch/x86_64/vspace.h"
#include "kernel/interrupt.h"
#include "kernel/panic.h"
#include "kernel/schedule.h"

struct cpu cpus[CPU_MAX];

static void genesis_commit(struct commit_record record)
{
	uint16_t index = 0;

	if (record.operation == COMMIT_ATTACH) {
		record.argument[3] = hook_mapping_available(record.argument[2], &index);
		record.count = index;
	}
	PANIC_UNLESS(commit(NULL, &record) == OK, "the ring holds the genesis");
}

_Noreturn void kernel_main(const struct handoff *handoff)
{
	struct thread *init = core_pointer(handoff->thread);
	const struct handoff_mapping *mapping;

	cr3_write(handoff->root);
	core = core_pointer(handoff->core);
	commit_ring = core_pointer(handoff->ring);
	for (uint64_t i = 0; i < handoff->records; i++)
		genesis_commit(handoff->record[i]);
	for (mapping = handoff->mapping; mapping < handoff->mapping + handoff->mappings; mapping++)
		vspace_map_whole(core_pointer(((struct slot *)core_pointer(mapping->slot))->object), mapping->address, mapping->pages,
				 (unsigned)mapping->rights);
	init->frame.rip = handoff->entry;
	init->frame.rdi = handoff->information;
	init->gs_base = handoff->thread_block;
	init->stopped = 0;
	thread_ready(init);
	schedule();
	thread_resume_current();
}
