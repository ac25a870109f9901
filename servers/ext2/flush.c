/* SPDX-License-Identifier: MIT */
/* FLUSH: what was written before is on the disk for good after it (order.h). */
#include "servers/ext2/order.h"

#include "servers/ext2/journal.h"

int disk_flush(struct ext2 *fs)
{
	fs->flushes++;
	return disk_do(fs, DISK_FLUSH, 0, 0, NULL);
}
