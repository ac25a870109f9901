/* SPDX-License-Identifier: MIT */
/* A planted fault: ext2 whose commits write metadata in place first, and without a log. tests/faults/power must notice. */
#include "servers/ext2/order.h"

#include "servers/ext2/allocate.h"

int commit_do(struct ext2 *fs)
{
	int result;

	while (fs->state->pending_count > 0)
		(void)pending_clear(fs);
	result = phase_place(fs);
	if (result == 0)
		result = phase_data(fs);
	if (result == 0)
		phase_set(fs, PHASE_IDLE);
	return result;
}
