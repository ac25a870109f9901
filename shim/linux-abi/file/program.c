/* SPDX-License-Identifier: MIT */
/* What mmap and execve need of files (file/content.h). */
#include "file/content.h"
#include "file/descriptors.h"
#include "file/node.h"
#include "file/open.h"
#include "file/opened.h"
#include "file/status.h"
#include "file/text.h"
#include "lib/string.h"

int mapping_open(struct task *task, uint64_t descriptor, uint64_t protection, bool shared, uint64_t end, struct object **object, struct mapping_may *may)
{
	struct description *description;
	int error = descriptor_take(task, descriptor, &description);

	if (error)
		return error;
	*may = (struct mapping_may){.write = !shared || description_writes(description), .execute = !(description->mount_flags & MOUNT_NOEXEC)};
	if (!description_reads(description) || (protection & LINUX_PROT_WRITE && !may->write))
		error = -EACCES;
	else if (protection & LINUX_PROT_EXEC && !may->execute)
		error = -EPERM;
	else if (end > INT64_MAX)
		error = -EOVERFLOW;
	else
		error = description->operations->map ? description->operations->map(description, shared, description_writes(description), object) : -ENODEV;
	description_release(description);
	return error;
}

/* Opens the file for reading. One that may be executed but not read is opened all the same: the pages are shown to nobody but who executes it. */
static int program_file_open(struct walk *walk, struct description **file)
{
	struct file_opened what = {0};
	int64_t result = 0;

	while (walk_next(walk, &result)) {
		result = path_access_at(&walk->path, walk->flags & WALK_NOFOLLOW ? PATH_NOFOLLOW : 0, ACCESS_EXECUTE);
		if (!result)
			result = file_open_at(&walk->path, walk->flags & WALK_NOFOLLOW ? OPEN_NOFOLLOW : 0, 0, &what);
		if (result == -EACCES && !path_access_at(&walk->path, 0, ACCESS_EXECUTE)) {
			walk->asker.capabilities |= ASSERTED_DAC_READ_SEARCH;
			result = file_open_at(&walk->path, walk->flags & WALK_NOFOLLOW ? OPEN_NOFOLLOW : 0, 0, &what);
			walk->asker = asker_of(walk->task);
		}
	}
	if (walk->entry)
		return -EACCES;
	if (walk->found && result >= 0) {
		*file = walk->found;
		description_hold(*file);
		return 0;
	}
	if (result < 0)
		return (int)(result == -EMFILE ? -ENFILE : result);
	if ((what.mode & MODE_TYPE) != MODE_REGULAR) {
		(void)file_close((int)result);
		return -EACCES;
	}
	return opened_describe(walk->task, walk, (int)result, &what, LINUX_O_RDONLY, file);
}

static void program_describe(const struct description *file, const struct attributes *attributes, struct program *program)
{
	size_t length = file->text ? strlen(file->text) : 0;

	program->size = attributes->size;
	program->mode = attributes->mode;
	program->owner = attributes->owner;
	program->group = attributes->group;
	program->no_setid = attributes->mode & (MODE_SETUID | MODE_SETGID) && file->mount_flags & MOUNT_NOSUID;
	if (length >= sizeof(program->path))
		length = sizeof(program->path) - 1;
	memcpy(program->path, file->text ? file->text : "", length);
	program->path[length] = 0;
}

/* The pages of a file as a program's. From here on nobody may open it for writing; now nobody may have done so. */
static int content_execute(const struct description *file, struct object **content)
{
	int error = content_take(file->node, file->opened, false, content);

	if (error)
		return error;
	if (file->node->writers || content_is_stored(file->node))
		error = -ETXTBSY;
	else
		object_execute(*content);
	object_name(*content, file->text);
	object_release(*content);
	if (error)
		*content = NULL;
	return error;
}

/* Of an open regular file: whether it may be executed, and its pages. */
static int program_take(struct task *task, struct description *file, struct program *program)
{
	struct asker asker = asker_of(task);
	struct attributes attributes;
	int error;

	if (!description_is(file, MODE_REGULAR) || !file->opened)
		return -EACCES;
	error = file_attributes(file->opened->number, &attributes);
	if (!error)
		error = asker_check(&asker, &attributes, ACCESS_EXECUTE);
	if (error)
		return error;
	program_describe(file, &attributes, program);
	program->secret = asker_check(&asker, &attributes, ACCESS_READ) != 0;
	return content_execute(file, &program->content);
}

/* The file to which a path leads, opened. */
static int program_find(struct task *task, int64_t directory, const char *path, uint64_t flags, struct description **file)
{
	struct walk walk;
	int error = walk_begin_text(&walk, task, directory, path, walk_flags_of(flags));

	if (!error && walk_is_start(&walk)) {
		*file = walk.start;
		description_hold(*file);
	} else if (!error) {
		error = program_file_open(&walk, file);
	}
	walk_end(&walk);
	return error;
}

/* One that was opened as a place only (O_PATH) is opened anew, as long as its path leads there. */
static int program_find_again(struct task *task, struct description **file)
{
	char path[PATH_BYTES_MAX + 1];
	int64_t length = text_resolve(*file, path);

	description_release(*file);
	return length < 0 ? (int)length : program_find(task, LINUX_AT_FDCWD, path, 0, file);
}

int program_open(struct task *task, int64_t directory, const char *path, uint64_t flags, struct program *program)
{
	struct description *file = NULL;
	int error = program_find(task, directory, path, flags, &file);

	if (!error && file->flags & LINUX_O_PATH)
		error = program_find_again(task, &file);
	if (error)
		return error;
	error = program_take(task, file, program);
	description_release(file);
	return error;
}

void program_close(struct program *program)
{
	if (program->content)
		object_execute_end(program->content);
	program->content = NULL;
}
