/* SPDX-License-Identifier: MIT */
/* A planted fault: ext2 that never flushes its disk. tests/faults/power must notice. */
#include "servers/ext2/order.h"

int disk_flush(struct ext2 *fs)
{
	fs->flushes++;
	return 0;
}
