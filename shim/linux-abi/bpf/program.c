/* SPDX-License-Identifier: MIT */
/* BPF programs in frames (bpf/program.h): a page of instructions in each. */
#include "bpf/program.h"

#include "abi/errno.h"
#include "mm/slab.h"
#include "mm/user.h"

static struct slab programs = SLAB(struct bpf_program);

/* How many instructions a page of a program has. */
static uint32_t count_in(const struct bpf_program *program, uint32_t page)
{
	uint32_t before = page * BPF_INSTRUCTIONS_PER_PAGE, left = program->count > before ? program->count - before : 0;

	return left < BPF_INSTRUCTIONS_PER_PAGE ? left : BPF_INSTRUCTIONS_PER_PAGE;
}

static uint64_t bytes_before(uint32_t page)
{
	return (uint64_t)page * PAGE_SIZE;
}

void bpf_release(struct bpf_program *program)
{
	if (--program->users)
		return;
	for (uint32_t page = 0; page < BPF_PAGES && program->pages[page]; page++)
		frame_release(frame_of(program->pages[page]));
	slab_return(&programs, program);
}

static int pages_fill(struct memory *memory, uint64_t address, struct bpf_program *program)
{
	for (uint32_t page = 0; page < BPF_PAGES && count_in(program, page); page++) {
		frame_t frame = frame_allocate(false);

		if (!frame)
			return -ENOMEM;
		program->pages[page] = frame_bytes(frame);
		if (user_read(memory, program->pages[page], address + bytes_before(page), count_in(program, page) * sizeof(struct linux_sock_filter)))
			return -EFAULT;
	}
	return 0;
}

int bpf_take(struct memory *memory, uint64_t address, uint32_t count, struct bpf_program **program)
{
	struct bpf_program *made;
	int error;

	if (!address || !count || count > BPF_INSTRUCTIONS_MAX)
		return -EINVAL;
	made = slab_take(&programs);
	if (!made)
		return -ENOMEM;
	*made = (struct bpf_program){.users = 1, .count = count};
	error = pages_fill(memory, address, made);
	if (!error && !bpf_check(made))
		error = -EINVAL;
	if (error)
		bpf_release(made);
	else
		*program = made;
	return error;
}

int bpf_tell(struct memory *memory, uint64_t address, const struct bpf_program *program)
{
	int error = 0;

	for (uint32_t page = 0; !error && page < BPF_PAGES && count_in(program, page); page++)
		error = user_write(memory, address + bytes_before(page), program->pages[page], count_in(program, page) * sizeof(struct linux_sock_filter));
	return error;
}
