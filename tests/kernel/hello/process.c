/* SPDX-License-Identifier: MIT */
/* Making a Linux process from an ELF file (process.h): segments, initial stack (System V ABI for x86-64, section 3.4.1), break area, foreign Thread. */
#include "process.h"

#include "abi/boot.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/string.h"

#define TABLE_PAGES 24
#define STACK_TOP 0x7ffffffde000
#define STACK_PAGES 16
#define MAP_START 0x7f0000000000
#define FLAGS_AT_START 0x202
#define PROCESS_PRIORITY 10

/* Auxiliary vector entries, in the order of the ABI's figure 3.11. */
enum { AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_ENTRY = 9, AT_UID = 11, AT_EUID, AT_GID, AT_EGID, AT_SECURE = 23, AT_RANDOM = 25 };

struct area *process_add_area(struct process *process, vaddr_t address, uint64_t pages, uint64_t rights)
{
	struct area *area = &process->area[process->areas];
	vaddr_t window = 0;
	handle_t region, mapping;

	if (process->areas == AREAS_MAX || region_allocate(pages, &region) != OK)
		return NULL;
	if (space_map(&own_space, region, pages, MAP_READ | MAP_WRITE, &window, &mapping) != OK)
		return NULL;
	if (space_attach(&process->space, region, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, &mapping) != OK)
		return NULL;
	if (rights && mapping_fill(mapping, address, 0, pages, rights) != OK)
		return NULL;
	*area = (struct area){address, pages, (unsigned char *)window, mapping};
	process->areas++;
	return area;
}

struct area *process_find_area(struct process *process, vaddr_t address, uint64_t size)
{
	for (unsigned i = 0; i < process->areas; i++) {
		struct area *area = &process->area[i];
		uint64_t bytes = area->pages * PAGE_SIZE, offset = address - area->address;

		if (address >= area->address && offset <= bytes && size <= bytes - offset)
			return area;
	}
	return NULL;
}

void *process_pointer(struct process *process, vaddr_t address, uint64_t size)
{
	struct area *area = process_find_area(process, address, size);

	return area ? area->window + (address - area->address) : NULL;
}

/* Receives a segment from the ELF reader. */
static bool segment_load(void *context, const struct elf_segment *segment)
{
	struct process *process = context;
	vaddr_t start = segment->address & ~(vaddr_t)(PAGE_SIZE - 1);
	uint64_t pages = (segment->address + segment->memory_size - start + PAGE_SIZE - 1) / PAGE_SIZE;
	uint64_t rights = MAP_READ | (segment->writable ? MAP_WRITE : 0) | (segment->executable ? MAP_EXECUTE : 0);
	struct area *area = process_add_area(process, start, pages, rights);

	if (area)
		memcpy(area->window + (segment->address - start), segment->data, segment->file_size);
	return area != NULL;
}

/* Pushes onto the initial stack, which is written through its window. */
struct stack {
	struct area *area;
	vaddr_t pointer;
};

static vaddr_t stack_push(struct stack *stack, const void *data, uint64_t size)
{
	stack->pointer -= size;
	memcpy(stack->area->window + (stack->pointer - stack->area->address), data, size);
	return stack->pointer;
}

/* argc, argv, an empty environment, the auxiliary vector; the pointer is 16-byte aligned at the entry. */
static enum error stack_build(struct process *process, const char *name)
{
	struct stack stack = {process_add_area(process, STACK_TOP - STACK_PAGES * PAGE_SIZE, STACK_PAGES, MAP_READ | MAP_WRITE), STACK_TOP};
	static const unsigned char random[16] = {0x6b, 0x6f, 0x7a, 0x6f};
	vaddr_t name_at, random_at;

	if (!stack.area)
		return ERR_NOMEM;
	name_at = stack_push(&stack, name, strlen(name) + 1);
	random_at = stack_push(&stack, random, sizeof(random));
	stack.pointer &= ~(vaddr_t)15;
	const uint64_t vector[] = {
		1, name_at, 0, /* argc, argv */
		0,             /* environment */
		AT_PHDR, process->image.headers, AT_PHENT, ELF_HEADER_BYTES, AT_PHNUM, process->image.header_count, AT_PAGESZ, PAGE_SIZE,
		AT_ENTRY, process->image.entry, AT_UID, 0, AT_EUID, 0, AT_GID, 0, AT_EGID, 0, AT_SECURE, 0, AT_RANDOM, random_at, AT_NULL, 0,
	};
	_Static_assert(sizeof(vector) % 16 == 0, "keeps the stack aligned");
	process->stack_pointer = stack_push(&stack, vector, sizeof(vector));
	return OK;
}

static enum error thread_prepare(struct process *process, handle_t endpoint)
{
	struct thread_registers registers = {
		.rip = process->image.entry,
		.rsp = process->stack_pointer,
		.rflags = FLAGS_AT_START,
	};
	enum error error = object_create(OBJECT_THREAD, 0, &process->thread);

	if (error == OK)
		error = thread_bind(process->thread, THREAD_VSPACE, process->space.vspace);
	if (error == OK)
		error = thread_bind(process->thread, THREAD_PERSONALITY, endpoint);
	if (error == OK)
		error = thread_set_priority(process->thread, PROCESS_PRIORITY, 0);
	if (error == OK)
		error = thread_write_registers(process->thread, &registers);
	return error;
}

enum error process_create(struct process *process, const void *file, uint64_t size, const char *name, handle_t endpoint)
{
	enum error error;

	*process = (struct process){.map_next = MAP_START};
	error = space_create_empty(&process->space, CNODE_BITS_MIN, TABLE_PAGES);
	if (error != OK)
		return error;
	if (elf_read(file, size, &process->image, segment_load, process) != ELF_OK)
		return ERR_ARGUMENT;
	process->break_start = (process->image.end + PAGE_SIZE - 1) & ~(vaddr_t)(PAGE_SIZE - 1);
	process->break_now = process->break_start;
	if (!process_add_area(process, process->break_start, BREAK_PAGES, MAP_READ | MAP_WRITE))
		return ERR_NOMEM;
	error = stack_build(process, name);
	return error == OK ? thread_prepare(process, endpoint) : error;
}
