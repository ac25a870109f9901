/* SPDX-License-Identifier: MIT */
/* prctl(PR_SET_MM) (process/layout.h). The checks are those of kernel/sys.c of Linux 6.1 (validate_prctl_map_addr). */
#include "process/layout.h"

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/permission.h"

#define NO_FILE UINT32_MAX

static struct linux_prctl_mm_map layout_of(const struct memory *memory)
{
	return (struct linux_prctl_mm_map){
		.start_code = memory->code_start,
		.end_code = memory->code_end,
		.start_data = memory->data_start,
		.end_data = memory->data_end,
		.start_brk = memory->brk_start,
		.brk = memory->brk,
		.start_stack = memory->stack_start,
		.arg_start = memory->argument_start,
		.arg_end = memory->argument_end,
		.env_start = memory->environment_start,
		.env_end = memory->environment_end,
		.exe_fd = NO_FILE,
	};
}

/* The word of a layout that a part names; a null pointer when it names none. */
static uint64_t *part_of(struct linux_prctl_mm_map *layout, uint64_t part)
{
	uint64_t *const words[] = {
		[LINUX_PR_SET_MM_START_CODE] = &layout->start_code, [LINUX_PR_SET_MM_END_CODE] = &layout->end_code, [LINUX_PR_SET_MM_START_DATA] = &layout->start_data, [LINUX_PR_SET_MM_END_DATA] = &layout->end_data,
		[LINUX_PR_SET_MM_START_STACK] = &layout->start_stack, [LINUX_PR_SET_MM_START_BRK] = &layout->start_brk, [LINUX_PR_SET_MM_BRK] = &layout->brk, [LINUX_PR_SET_MM_ARG_START] = &layout->arg_start,
		[LINUX_PR_SET_MM_ARG_END] = &layout->arg_end, [LINUX_PR_SET_MM_ENV_START] = &layout->env_start, [LINUX_PR_SET_MM_ENV_END] = &layout->env_end,
	};

	return part < sizeof(words) / sizeof(words[0]) ? words[part] : NULL;
}

static bool is_in_order(const struct linux_prctl_mm_map *layout)
{
	const uint64_t words[] = {layout->start_code, layout->end_code, layout->start_data, layout->end_data, layout->start_brk, layout->brk, layout->start_stack, layout->arg_start, layout->arg_end, layout->env_start, layout->env_end};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i] < MEMORY_LOWEST || words[i] >= MEMORY_TOP)
			return false;
	return layout->start_code < layout->end_code && layout->start_data <= layout->end_data && layout->start_brk <= layout->brk && layout->arg_start <= layout->arg_end && layout->env_start <= layout->env_end;
}

static int64_t layout_put(struct memory *memory, const struct linux_prctl_mm_map *layout)
{
	if (!is_in_order(layout) || layout->brk - layout->start_brk + (layout->end_data - layout->start_data) > memory->data_limit)
		return -EINVAL;
	memory->code_start = layout->start_code;
	memory->code_end = layout->end_code;
	memory->data_start = layout->start_data;
	memory->data_end = layout->end_data;
	memory->brk_start = layout->start_brk;
	memory->brk = layout->brk;
	memory->stack_start = layout->start_stack;
	memory->argument_start = layout->arg_start;
	memory->argument_end = layout->arg_end;
	memory->environment_start = layout->env_start;
	memory->environment_end = layout->env_end;
	return 0;
}

/* What /proc/PID/auxv tells; its last pair stays the end. */
static int64_t auxiliary_set(struct task *task, uint64_t address, uint64_t bytes)
{
	unsigned char pairs[sizeof(task->memory->auxiliary)] = {0};
	int error;

	if (bytes > sizeof(pairs))
		return -EINVAL;
	error = user_read(task->memory, pairs, address, bytes);
	if (error)
		return error;
	memcpy(task->memory->auxiliary, pairs, sizeof(pairs));
	task->memory->auxiliary[AUXILIARY_PAIRS - 1].key = task->memory->auxiliary[AUXILIARY_PAIRS - 1].value = 0;
	return 0;
}

static int64_t all_set(struct task *task, uint64_t address, uint64_t bytes)
{
	struct linux_prctl_mm_map layout;
	int64_t error;

	if (bytes != sizeof(layout))
		return -EINVAL;
	error = user_get(task->memory, &layout, address);
	if (error)
		return error;
	if (!is_in_order(&layout) || layout.exe_fd != NO_FILE || (layout.auxv_size && (!layout.auxv || layout.auxv_size > sizeof(task->memory->auxiliary))))
		return -EINVAL;
	if (layout.auxv_size)
		error = auxiliary_set(task, layout.auxv, layout.auxv_size);
	return error ? error : layout_put(task->memory, &layout);
}

/* The parts at which something must be mapped. */
static bool lies_in_area(uint64_t part)
{
	return part == LINUX_PR_SET_MM_START_STACK || (part >= LINUX_PR_SET_MM_ARG_START && part <= LINUX_PR_SET_MM_ENV_END);
}

int64_t layout_set(struct task *task, uint64_t part, uint64_t address, uint64_t bytes, uint64_t rest)
{
	static const uint32_t size = sizeof(struct linux_prctl_mm_map);
	struct linux_prctl_mm_map layout = layout_of(task->memory);
	uint64_t *word = part_of(&layout, part);

	if (rest || (bytes && part != LINUX_PR_SET_MM_AUXV && part != LINUX_PR_SET_MM_MAP && part != LINUX_PR_SET_MM_MAP_SIZE))
		return -EINVAL;
	if (part == LINUX_PR_SET_MM_MAP_SIZE)
		return user_put(task->memory, address, &size);
	if (part == LINUX_PR_SET_MM_MAP)
		return all_set(task, address, bytes);
	if (!task_may(task, LINUX_CAP_SYS_RESOURCE))
		return -EPERM;
	if (part == LINUX_PR_SET_MM_AUXV)
		return auxiliary_set(task, address, bytes);
	if (!word || address >= MEMORY_TOP || address < MEMORY_LOWEST)
		return -EINVAL;
	if (lies_in_area(part) && !area_at_or_after(&task->memory->areas, address))
		return -EFAULT;
	*word = address;
	return layout_put(task->memory, &layout);
}
