/* SPDX-License-Identifier: MIT */
/* Paths of programs, from their memory to vfs and to the own trees (file/walk.h). */
#include "file/walk.h"

#include "file/descriptors.h"
#include "file/opened.h"
#include "file/place.h"
#include "file/text.h"
#include "file/tree.h"
#include "lib/string.h"

/* The number at vfs of a directory. One of a tree of the shim's own has none: there walks begin in that tree. */
static int number_of(const struct description *directory)
{
	return directory && directory->opened ? directory->opened->number : PATH_ROOT;
}

/* Where a relative path begins. */
static int start_take(struct walk *walk, int64_t directory)
{
	bool relative = walk->text[0] != '/';

	if (!relative && walk->flags & WALK_BENEATH)
		return -EXDEV;
	if ((int32_t)directory == LINUX_AT_FDCWD || !relative)
		walk->start = relative ? walk->task->place->directory : NULL;
	else {
		walk->start = descriptor_find(walk->task->files, (uint32_t)directory);
		if (!walk->start)
			return -EBADF;
		if (!description_is(walk->start, MODE_DIRECTORY) && walk->text[0]) {
			walk->start = NULL;
			return -ENOTDIR;
		}
	}
	if (walk->start)
		description_hold(walk->start);
	return 0;
}

/* A path from the root that is where it begins: it is relative then. */
static void slashes_drop(struct walk *walk)
{
	size_t slashes = 0;

	while (walk->text[slashes] == '/')
		slashes++;
	memmove(walk->text, walk->text + slashes, strlen(walk->text + slashes) + 1);
	if (slashes && !walk->text[0])
		memcpy(walk->text, ".", 2);
}

static int places_take(struct walk *walk, int64_t directory)
{
	int error;

	if (walk->flags & WALK_IN_ROOT)
		slashes_drop(walk);
	error = start_take(walk, directory);
	if (error)
		return error;
	walk->root = walk->flags & WALK_IN_ROOT ? walk->start : walk->task->place->root;
	if (walk->root)
		description_hold(walk->root);
	if (!walk->text[0] && !walk->start)
		memcpy(walk->text, "/", 2); /* the root of all has no description */
	walk->path = (struct path){.asker = &walk->asker, .start = number_of(walk->start), .root = number_of(walk->root), .text = walk->text, .rest = walk->text};
	return 0;
}

static void walk_clear(struct walk *walk, struct task *task, uint32_t flags)
{
	walk->asker = asker_of(task);
	walk->task = task;
	walk->flags = flags;
	walk->asked = false;
	walk->start = walk->root = NULL;
	walk->entry = NULL;
	walk->last = NULL;
	walk->found = NULL;
	walk->place = NULL;
	walk->referrals = 0;
	walk->created = false;
}

int walk_begin_text(struct walk *walk, struct task *task, int64_t directory, const char *text, uint32_t flags)
{
	size_t bytes = strlen(text ? text : walk->text);

	walk_clear(walk, task, flags);
	if (bytes > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	if (text)
		memcpy(walk->text, text, bytes + 1);
	return walk->text[0] || flags & WALK_EMPTY ? places_take(walk, directory) : -ENOENT;
}

int walk_begin(struct walk *walk, struct task *task, int64_t directory, uint64_t address, uint32_t flags)
{
	int64_t length = user_text(task->memory, walk->text, address, sizeof(walk->text));

	walk_clear(walk, task, flags);
	if (length < 0)
		return (int)length;
	return length || flags & WALK_EMPTY ? places_take(walk, directory) : -ENOENT;
}

/* Where a relative path begins in a tree of the shim's own. */
static bool starts_in_tree(const struct walk *walk)
{
	return walk->start && walk->start->entry && walk->text[0] != '/' && walk->text[0];
}

static bool start_enter(struct walk *walk, int64_t *result)
{
	entry_hold(walk->start->entry);
	return tree_enter(walk, walk->start->entry, walk->start->text ? walk->start->text : "/", result);
}

/* vfs has told that the path leads into a tree of the shim's own. */
static bool referral_enter(struct walk *walk, int64_t *result)
{
	const struct mount *mount = mount_of_tag(walk->path.tag);

	*result = !mount ? -EIO : ++walk->referrals > LINK_FOLLOW_MAX ? -ELOOP : 0;
	if (*result)
		return false;
	entry_hold(mount->root);
	return tree_enter(walk, mount->root, mount->place, result);
}

bool walk_next(struct walk *walk, int64_t *result)
{
	if (*result < 0)
		return false;
	if (!walk->asked) {
		walk->asked = true;
		return !starts_in_tree(walk) || start_enter(walk, result);
	}
	return *result == PATH_REFERRAL && referral_enter(walk, result);
}

bool walk_next_two(struct walk *walk, struct walk *other, int64_t *result)
{
	if (*result < 0)
		return false;
	if (!walk->asked) {
		bool first = walk_next(walk, result), second = *result >= 0 && walk_next(other, result);

		if (!first || !second)
			return false;
	} else if (*result != PATH_REFERRAL || !referral_enter(other->path.tag ? other : walk, result)) {
		return false;
	}
	walk->path.tag = other->path.tag = 0;
	return true;
}

char *walk_text(const struct walk *walk)
{
	const struct description *from = walk->text[0] == '/' ? walk->root : walk->start;

	if (walk->entry)
		return text_make(walk->place, walk->text);
	return text_make(from ? from->text : "", walk->text);
}

/* A mount expires that nobody uses. */
static __attribute__((noinline)) void mount_use(const struct walk *walk)
{
	char path[PATH_BYTES_MAX + 1], *text = walk_text(walk);

	if (text && text_without_links(text, path) > 0)
		mounts_use(path);
	text_return(text);
}

void walk_end(struct walk *walk)
{
	if (mounts_expiring)
		mount_use(walk);
	walk_end_unused(walk);
}

void walk_end_unused(struct walk *walk)
{
	if (walk->start)
		description_release(walk->start);
	if (walk->root)
		description_release(walk->root);
	if (walk->entry)
		entry_release(walk->entry);
	if (walk->found)
		description_release(walk->found);
}
