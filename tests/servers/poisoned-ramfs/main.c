/* SPDX-License-Identifier: MIT */
/* ramfs with a planted fault: a write of bytes that begin with "poison" kills it, in the middle of the transaction. The program is ramfs' own; only that one operation is another. */
#include "lib/string.h"
#include "servers/ramfs/ramfs.h"

static const struct filesystem_operations *const sound = &ramfs_operations;
static struct filesystem_operations poisoned_operations;

static int64_t poisoned_write(void *core, uint64_t inode, uint64_t *offset, const void *buffer, size_t bytes)
{
	if (bytes >= 6 && memcmp(buffer, "poison", 6) == 0)
		__builtin_trap();
	return sound->write(core, inode, offset, buffer, bytes);
}

#define ramfs_operations poisoned_operations
#define main ramfs_main
int ramfs_main(void);
/* NOLINTNEXTLINE(bugprone-suspicious-include): the planted fault lies in what its main names */
#include "servers/ramfs/main.c"
#undef ramfs_operations
#undef main

int main(void)
{
	poisoned_operations = *sound;
	poisoned_operations.write = poisoned_write;
	return ramfs_main();
}
