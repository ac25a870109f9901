/* SPDX-License-Identifier: MIT */
/* The order of a commit (order.h): contents before the log, the log before what it describes in place. Why, says ext2.h. */
#include "servers/ext2/order.h"

#include "servers/ext2/allocate.h"

/* The next step, and the phase after it. */
static int step_do(struct ext2 *fs, enum phase *next)
{
	int result = 0;

	switch (fs->state->phase) {
	case PHASE_PREPARE:
		while (fs->state->pending_count > 0)
			(void)pending_clear(fs);
		*next = PHASE_DATA;
		break;
	case PHASE_DATA:
		result = phase_data(fs);
		*next = fs->state->dirty_metadata > 0 ? PHASE_LOG : PHASE_IDLE;
		break;
	case PHASE_LOG:
		result = phase_log(fs);
		*next = PHASE_PLACE;
		break;
	default:
		result = phase_place(fs);
		*next = PHASE_IDLE;
		break;
	}
	return result;
}

int commit_do(struct ext2 *fs)
{
	int result = 0;

	while (result == 0 && fs->state->phase != PHASE_IDLE) {
		enum phase next = PHASE_IDLE;

		result = step_do(fs, &next);
		if (result == 0)
			phase_set(fs, next);
	}
	return result;
}
