/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes (xattr(7)). No filesystem here keeps any: what is there has none, and none can be set, as on a filesystem of Linux without them. What is asked for in the wrong way, or is not there, is told first.
 */
#include "file/description.h"
#include "file/open.h"
#include "file/status.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"

#define NAME_MAX 255
#define VALUE_MAX 65536

/* Which file is meant: by number, by path, by path without following a link at its end. */
enum subject { BY_NUMBER, BY_PATH, BY_LINK };

static int subject_check(struct task *task, enum subject subject, uint64_t argument)
{
	struct description *description;
	struct status status;
	struct walk walk;
	int error;

	if (subject == BY_NUMBER) {
		error = descriptor_take(task, (uint32_t)argument, &description);
		if (!error)
			description_release(description);
		return error;
	}
	error = walk_begin(&walk, task, LINUX_AT_FDCWD, argument, walk_flags_of(subject == BY_LINK ? LINUX_AT_SYMLINK_NOFOLLOW : 0));
	if (!error)
		error = walk_status(&walk, &status);
	walk_end(&walk);
	return error;
}

/* The name of an attribute: 0, -EFAULT, -ERANGE. */
static int name_check(struct task *task, uint64_t address)
{
	char name[NAME_MAX + 1];
	int64_t length = user_text(task->memory, name, address, sizeof(name));

	if (length == -ENAMETOOLONG || length == 0)
		return -ERANGE;
	return length < 0 ? (int)length : 0;
}

/* The value: 0, -E2BIG, -EFAULT. */
static int value_check(struct task *task, uint64_t address, uint64_t bytes)
{
	char piece[512];

	if (bytes > VALUE_MAX)
		return -E2BIG;
	for (uint64_t at = 0; at < bytes; at += sizeof(piece))
		if (user_read(task->memory, piece, address + at, bytes - at < sizeof(piece) ? bytes - at : sizeof(piece)))
			return -EFAULT;
	return 0;
}

static int64_t attribute_set(struct task *task, enum subject subject, const uint64_t arguments[6])
{
	int error = subject_check(task, subject, arguments[0]);

	if (!error && arguments[4] & ~(uint64_t)(LINUX_XATTR_CREATE | LINUX_XATTR_REPLACE))
		error = -EINVAL;
	if (!error)
		error = name_check(task, arguments[1]);
	if (!error)
		error = value_check(task, arguments[2], arguments[3]);
	return error ? error : -EOPNOTSUPP;
}

/* getxattr and removexattr */
static int64_t attribute_ask(struct task *task, enum subject subject, const uint64_t arguments[6])
{
	int error = subject_check(task, subject, arguments[0]);

	if (!error)
		error = name_check(task, arguments[1]);
	return error ? error : -EOPNOTSUPP;
}

/* listxattr: the list is empty. */
static int64_t attributes_list(struct task *task, enum subject subject, const uint64_t arguments[6])
{
	return subject_check(task, subject, arguments[0]);
}

#define CALLS(prefix, subject)                                                         \
	int64_t linux_##prefix##setxattr(struct task *task, const uint64_t arguments[6])    \
	{                                                                                  \
		return attribute_set(task, subject, arguments);                             \
	}                                                                                  \
	int64_t linux_##prefix##getxattr(struct task *task, const uint64_t arguments[6])    \
	{                                                                                  \
		return attribute_ask(task, subject, arguments);                             \
	}                                                                                  \
	int64_t linux_##prefix##removexattr(struct task *task, const uint64_t arguments[6]) \
	{                                                                                  \
		return attribute_ask(task, subject, arguments);                             \
	}                                                                                  \
	int64_t linux_##prefix##listxattr(struct task *task, const uint64_t arguments[6])   \
	{                                                                                  \
		return attributes_list(task, subject, arguments);                           \
	}

CALLS(, BY_PATH)
CALLS(l, BY_LINK)
CALLS(f, BY_NUMBER)
