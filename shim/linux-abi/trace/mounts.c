/* SPDX-License-Identifier: MIT */
/* Arguments of calls on mounts that need more than their kind. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/quote.h"

#define MOUNT_MAGIC 0xc0ed0000 /* what mount's flags had to begin with before Linux 2.4 */
#define MOUNT_MAGIC_MASK 0xffff0000

enum outcome argument_mount_attributes(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (other_of(line, argument) < sizeof(struct linux_mount_attr))
		put_address(line, value);
	else
		put_structure_at(line, &structure_mount_attr, value);
	return PRINTED;
}

/* Flags that say that a mount is only changed make its type and data meaningless. */
static bool is_ignored(const struct trace_line *line, const char *what)
{
	uint64_t flags = argument_named(line, "mountflags");
	uint64_t moves = LINUX_MS_BIND | LINUX_MS_MOVE | LINUX_MS_SHARED | LINUX_MS_PRIVATE | LINUX_MS_SLAVE | LINUX_MS_UNBINDABLE;

	if ((flags & MOUNT_MAGIC_MASK) == MOUNT_MAGIC)
		flags &= ~(uint64_t)MOUNT_MAGIC_MASK;
	if (flags & LINUX_MS_REMOUNT)
		return *what == 'f';
	return flags & moves;
}

enum outcome argument_mount_text(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (is_ignored(line, argument->name))
		put_address(line, value);
	else
		put_string(line, value);
	return PRINTED;
}

enum outcome argument_mount_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	bool magic = (value & MOUNT_MAGIC_MASK) == MOUNT_MAGIC;

	(void)argument;
	if (magic) {
		value &= ~(uint64_t)MOUNT_MAGIC_MASK;
		put_text(line, value ? "MS_MGC_VAL|" : "MS_MGC_VAL");
	}
	if (value || !magic)
		put_flags(line, &names_mount_flags, value);
	return PRINTED;
}
