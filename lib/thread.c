/* SPDX-License-Identifier: MIT */
/*
 * Native threads (lib/thread.h). A thread's memory is one Region: page 0 is its message page, then an empty address, then the stack, whose last page
 * is the thread block. The maker keeps a window on all of it.
 */
#include "lib/thread.h"

#include "abi/boot.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/slots.h"
#include "lib/space.h"

#define THREAD_PAGES (1 + THREAD_STACK_PAGES + 1)
#define REGISTERS_INTERRUPTS 0x202 /* RFLAGS: IF, and the bit that is always set */

static void thread_main(void)
{
	struct thread_block *block = thread_self();

	block->entry(block->argument);
	thread_exit();
}

_Noreturn void thread_exit(void)
{
	handle_t thread = thread_self()->thread;

	for (;;)
		(void)!thread_suspend(thread); /* one without a capability to itself spins: there is nothing else that it could do */
}

/* Maps the thread's memory into a space: message page, empty page, stack and block. Tells where page and block are. */
static enum error memory_map(struct space *space, handle_t memory, handle_t *mapping, vaddr_t *page, vaddr_t *block)
{
	vaddr_t address = space_reserve(space, THREAD_PAGES + 1);
	enum error error = space_attach(space, memory, RIGHT_READ | RIGHT_WRITE, mapping);

	*page = address;
	*block = address + THREAD_PAGES * PAGE_SIZE;
	if (error == OK)
		error = mapping_fill(*mapping, address, 0, 1, MAP_READ | MAP_WRITE);
	if (error == OK)
		error = mapping_fill(*mapping, address + 2 * PAGE_SIZE, 1, THREAD_PAGES - 1, MAP_READ | MAP_WRITE);
	return error;
}

static enum error memory_prepare(struct thread *thread, struct space *space)
{
	vaddr_t page, block;
	enum error error = region_allocate(THREAD_PAGES, &thread->memory);

	if (error != OK)
		return error;
	error = memory_map(&own_space, thread->memory, &thread->window_mapping, &page, &block);
	if (error != OK)
		return error;
	thread->page = (struct message_page *)page;
	thread->block = (struct thread_block *)block;
	thread->page_address = page;
	thread->block_address = block;
	thread->mapping = thread->window_mapping;
	if (space != &own_space)
		error = memory_map(space, thread->memory, &thread->mapping, &thread->page_address, &thread->block_address);
	return error;
}

static enum error thread_bind_all(struct thread *thread, struct space *space, uint64_t priority)
{
	enum error error = thread_bind(thread->thread, THREAD_CNODE, space->cnode);

	if (error == OK)
		error = thread_bind(thread->thread, THREAD_VSPACE, space->vspace);
	if (error == OK)
		error = thread_bind(thread->thread, THREAD_MESSAGE, thread->memory);
	if (error == OK)
		error = thread_set_priority(thread->thread, priority, priority);
	return error;
}

/* Gives the thread a handle to itself: in another space, in the next free slot of its CNode. */
static enum error thread_grant_self(struct thread *thread, struct space *space)
{
	if (space == &own_space) {
		thread->block->thread = thread->thread;
		return OK;
	}
	thread->block->thread = space->next_slot++;
	return space_grant(space, thread->block->thread, thread->thread, RIGHTS_ALL, 0);
}

enum error thread_create(struct thread *thread, struct space *space, void (*entry)(uint64_t), uint64_t argument, uint64_t priority)
{
	struct thread_registers registers = {.rip = (vaddr_t)thread_main, .rflags = REGISTERS_INTERRUPTS};
	enum error error = object_create(OBJECT_THREAD, 0, &thread->thread);

	if (error == OK)
		error = memory_prepare(thread, space);
	if (error == OK)
		error = thread_bind_all(thread, space, priority);
	if (error == OK)
		error = thread_grant_self(thread, space);
	if (error != OK)
		return error;
	thread->block->self = (struct thread_block *)thread->block_address;
	thread->block->page = (struct message_page *)thread->page_address;
	thread->block->entry = entry;
	thread->block->argument = argument;
	registers.gs_base = thread->block_address;
	registers.rsp = thread->block_address - 8; /* as if it had been called: the word below the block is the return address */
	return thread_write_registers(thread->thread, &registers);
}

enum error thread_spawn(struct thread *thread, struct space *space, void (*entry)(uint64_t), uint64_t argument, uint64_t priority)
{
	enum error error = thread_create(thread, space, entry, argument, priority);

	if (error == OK)
		error = thread_resume(thread->thread);
	return error;
}
