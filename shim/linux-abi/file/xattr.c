/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes (xattr(7)). Those of files that vfs knows are kept by their filesystem, which also decides who may do what: what a path leads to is opened for the call, as with O_PATH. Files of the shim's own have none and keep none: they answer as
 * a filesystem of Linux without them.
 *
 * Each call is one of four questions (`ask`) about a subject that is found in one of three ways: by number, by path, or by path without following a link at its end.
 */
#include "file/description.h"
#include "file/entry.h"
#include "file/notify.h"
#include "file/open.h"
#include "file/opened.h"
#include "file/status.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"

#define SIZE_MOST 65536 /* XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux */
#define SMALL 1024      /* bytes of values for which nobody waits */

/* The file that a call is about. */
struct subject {
	struct asker asker;
	int number;           /* of lib/file.h; -1: it is none of vfs */
	bool read_only;       /* where it lies */
	struct status status; /* of one that vfs does not know */
};

typedef int64_t (*ask)(struct task *task, const struct subject *subject, const uint64_t arguments[6]);

/* The bytes of a value or a list, on their way between a process and a filesystem: in `small`, or in a place of which there is one. */
struct value {
	unsigned char *bytes;
	unsigned char small[SMALL];
};

static unsigned char large[SIZE_MOST];
static struct fiber_lock large_lock;

static void value_begin(struct value *value, uint64_t bytes)
{
	value->bytes = bytes > sizeof(value->small) ? large : value->small;
	if (value->bytes == large)
		fiber_lock(&large_lock);
}

static void value_end(const struct value *value)
{
	if (value->bytes == large)
		fiber_unlock(&large_lock);
}

/* The name of an attribute, with its NUL: 0, -EFAULT, -ERANGE. */
static int name_take(struct task *task, uint64_t address, char name[XATTR_NAME_BYTES_MAX + 1])
{
	int64_t length = user_text(task->memory, name, address, XATTR_NAME_BYTES_MAX + 1);

	if (length == -ENAMETOOLONG || length == 0)
		return -ERANGE;
	return length < 0 ? (int)length : 0;
}

/* What is answered about an attribute of a file that keeps none. */
static int refusal(const struct subject *subject, const char *name, bool write)
{
	int error = asker_check_xattr(&subject->asker, &subject->status.attributes, name, write);

	return error ? error : -EOPNOTSUPP;
}

/* Questions. */

static int64_t value_set(struct task *task, const struct subject *subject, const uint64_t arguments[6], const char *name)
{
	uint64_t bytes = arguments[3];
	struct value value;
	int error;

	value_begin(&value, bytes);
	error = user_read(task->memory, value.bytes, arguments[2], bytes);
	if (!error && subject->number < 0)
		error = refusal(subject, name, true);
	else if (!error)
		error = file_set_xattr(subject->number, &subject->asker, name, value.bytes, bytes, (uint32_t)arguments[4]);
	value_end(&value);
	return error;
}

static int64_t ask_set(struct task *task, const struct subject *subject, const uint64_t arguments[6])
{
	char name[XATTR_NAME_BYTES_MAX + 1];
	int error = subject->read_only ? -EROFS : 0;

	if (!error && (uint32_t)arguments[4] & ~(uint32_t)(LINUX_XATTR_CREATE | LINUX_XATTR_REPLACE))
		error = -EINVAL;
	if (!error)
		error = name_take(task, arguments[1], name);
	if (!error && arguments[3] > SIZE_MOST)
		error = -E2BIG;
	return error ? error : value_set(task, subject, arguments, name);
}

static int64_t ask_remove(struct task *task, const struct subject *subject, const uint64_t arguments[6])
{
	char name[XATTR_NAME_BYTES_MAX + 1];
	int error = subject->read_only ? -EROFS : 0;

	if (!error)
		error = name_take(task, arguments[1], name);
	if (error)
		return error;
	return subject->number < 0 ? refusal(subject, name, true) : file_remove_xattr(subject->number, &subject->asker, name);
}

/* Gives the process what a filesystem has answered: `bytes` of it, or an error. With a size of 0 only how much there is was asked. */
static int64_t value_give(struct task *task, const struct value *value, int64_t bytes, uint64_t address, uint64_t size)
{
	return bytes > 0 && size && user_write(task->memory, address, value->bytes, (size_t)bytes) ? -EFAULT : bytes;
}

static int64_t ask_get(struct task *task, const struct subject *subject, const uint64_t arguments[6])
{
	uint64_t size = arguments[3] < SIZE_MOST ? arguments[3] : SIZE_MOST;
	char name[XATTR_NAME_BYTES_MAX + 1];
	int64_t result = name_take(task, arguments[1], name);
	struct value value;

	if (result)
		return result;
	if (subject->number < 0)
		return refusal(subject, name, false);
	value_begin(&value, size);
	result = file_get_xattr(subject->number, &subject->asker, name, value.bytes, size);
	result = value_give(task, &value, result, arguments[2], size);
	value_end(&value);
	return result;
}

static int64_t ask_list(struct task *task, const struct subject *subject, const uint64_t arguments[6])
{
	uint64_t size = arguments[2] < SIZE_MOST ? arguments[2] : SIZE_MOST;
	struct value value;
	int64_t result;

	if (subject->number < 0)
		return 0;
	value_begin(&value, size);
	result = file_list_xattrs(subject->number, &subject->asker, value.bytes, size);
	result = value_give(task, &value, result, arguments[1], size);
	value_end(&value);
	return result;
}

static bool changes(ask question)
{
	return question == ask_set || question == ask_remove;
}

/* Subjects. */

static int64_t ask_description(struct task *task, struct description *description, const uint64_t arguments[6], ask question)
{
	struct subject subject = {.asker = asker_of(task), .number = -1, .read_only = description->mount_flags & MOUNT_READ_ONLY};
	int64_t error = 0;

	if (description->opened)
		subject.number = description->opened->number;
	else
		error = status_of_description(description, &subject.status);
	if (!error)
		error = question(task, &subject, arguments);
	if (error >= 0 && changes(question))
		notify_description(description, LINUX_IN_ATTRIB);
	return error;
}

static int64_t call_by_number(struct task *task, const uint64_t arguments[6], ask question)
{
	struct description *description;
	int64_t result = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (result)
		return result;
	result = ask_description(task, description, arguments, question);
	description_release(description);
	return result;
}

static int64_t ask_entry(const struct walk *walk, const uint64_t arguments[6], ask question)
{
	struct subject subject = {.asker = walk->asker, .number = -1};
	int error = entry_status(walk->entry, &subject.status);

	return error ? error : question(walk->task, &subject, arguments);
}

/* What vfs has opened, which is closed afterwards. */
static int64_t ask_opened(const struct walk *walk, int number, const struct file_opened *what, const uint64_t arguments[6], ask question)
{
	const struct subject subject = {.asker = walk->asker, .number = number, .read_only = what->mount_flags & MOUNT_READ_ONLY};
	int64_t result = question(walk->task, &subject, arguments);

	(void)file_close(number);
	if (result >= 0 && changes(question))
		notify_walk(walk, LINUX_IN_ATTRIB, 0);
	return result;
}

static int64_t call_by_path(struct task *task, const uint64_t arguments[6], uint32_t flags, ask question)
{
	uint32_t opening = OPEN_PATH | (flags & LINUX_AT_SYMLINK_NOFOLLOW ? (uint32_t)OPEN_NOFOLLOW : 0u);
	struct file_opened what = {0};
	struct walk walk;
	int64_t result = walk_begin(&walk, task, LINUX_AT_FDCWD, arguments[0], walk_flags_of(flags));

	while (walk_next(&walk, &result))
		result = file_open_at(&walk.path, opening, 0, &what);
	if (result == -EMFILE)
		result = -ENFILE; /* the numbers of all processes together */
	if (result >= 0 && walk.entry)
		result = ask_entry(&walk, arguments, question);
	else if (result >= 0 && walk.found)
		result = ask_description(task, walk.found, arguments, question);
	else if (result >= 0)
		result = ask_opened(&walk, (int)result, &what, arguments, question);
	walk_end(&walk);
	return result;
}

#define CALLS(call, question)                                                         \
	int64_t linux_##call(struct task *task, const uint64_t arguments[6])              \
	{                                                                                 \
		return call_by_path(task, arguments, 0, question);                            \
	}                                                                                 \
	int64_t linux_l##call(struct task *task, const uint64_t arguments[6])             \
	{                                                                                 \
		return call_by_path(task, arguments, LINUX_AT_SYMLINK_NOFOLLOW, question);    \
	}                                                                                 \
	int64_t linux_f##call(struct task *task, const uint64_t arguments[6])             \
	{                                                                                 \
		return call_by_number(task, arguments, question);                             \
	}

CALLS(setxattr, ask_set)
CALLS(getxattr, ask_get)
CALLS(listxattr, ask_list)
CALLS(removexattr, ask_remove)
