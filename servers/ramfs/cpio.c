/* SPDX-License-Identifier: MIT */
/* Reading and unpacking cpio archives (cpio.h). */
#include "cpio.h"

#include "lib/string.h"

#define HEADER_BYTES 110
#define MAGIC_BYTES 6
#define FIELD_BYTES 8
#define TRAILER "TRAILER!!!"
#define WRITE_BYTES 65536

enum field { INODE, MODE, OWNER, GROUP, LINKS, MODIFIED, SIZE, MAJOR, MINOR, DEVICE_MAJOR, DEVICE_MINOR, NAME_SIZE, SUM, FIELDS };
_Static_assert(MAGIC_BYTES + FIELDS * FIELD_BYTES == HEADER_BYTES, "cpio(5)");

static bool number_read(const unsigned char *from, uint32_t *number)
{
	uint32_t value = 0;

	for (int i = 0; i < FIELD_BYTES; i++) {
		unsigned char c = from[i];
		uint32_t digit = c >= '0' && c <= '9' ? c - (uint32_t)'0' : c >= 'a' && c <= 'f' ? c - (uint32_t)'a' + 10 : c >= 'A' && c <= 'F' ? c - (uint32_t)'A' + 10 : 16;

		if (digit == 16)
			return false;
		value = value << 4 | digit;
	}
	*number = value;
	return true;
}

static size_t padded(size_t bytes)
{
	return (bytes + 3) & ~(size_t)3;
}

/* Takes "/" and "./" from the beginning of a path and slashes from its end; "." is the root. */
static struct name path_trim(struct name path)
{
	while (path.bytes && (path.text[0] == '/' || (path.text[0] == '.' && (path.bytes == 1 || path.text[1] == '/')))) {
		path.text++;
		path.bytes--;
	}
	while (path.bytes && path.text[path.bytes - 1] == '/')
		path.bytes--;
	return path;
}

/* The first component of a path; takes it and the slash behind it from there. */
static struct name component_take(struct name *path)
{
	struct name component = {path->text, 0};

	while (component.bytes < path->bytes && component.text[component.bytes] != '/')
		component.bytes++;
	path->text += component.bytes;
	path->bytes -= component.bytes;
	if (path->bytes) {
		path->text++;
		path->bytes--;
	}
	return component;
}

static bool path_valid(struct name path)
{
	while (path.bytes) {
		struct name component = component_take(&path);

		if (component.bytes == 0 || component.bytes > NAME_BYTES_MAX || (component.text[0] == '.' && component.bytes == 1) ||
			(component.text[0] == '.' && component.bytes == 2 && component.text[1] == '.'))
			return false;
	}
	return true;
}

static bool type_known(uint32_t mode)
{
	uint32_t type = mode & MODE_TYPE;

	return type == MODE_REGULAR || type == MODE_DIRECTORY || type == MODE_LINK || type == MODE_FIFO || type == MODE_SOCKET || type == MODE_CHARACTER || type == MODE_BLOCK;
}

static enum cpio_error entry_check(const struct cpio_entry *entry, bool summed, uint32_t sum)
{
	uint32_t found = 0;

	if (!path_valid(entry->path))
		return CPIO_PATH;
	if (!type_known(entry->mode))
		return CPIO_TYPE;
	if ((entry->mode & MODE_TYPE) == MODE_LINK && (entry->bytes == 0 || entry->bytes > PATH_BYTES_MAX))
		return CPIO_TARGET;
	/* cpio(1) sums regular files alone, and leaves the contents of one with several names to one of its entries */
	summed &= entry->bytes && (entry->mode & MODE_TYPE) == MODE_REGULAR;
	for (uint32_t i = 0; summed && i < entry->bytes; i++)
		found += entry->contents[i];
	return found == sum || !summed ? CPIO_OK : CPIO_SUM;
}

static enum cpio_error fields_read(const unsigned char *from, uint32_t field[FIELDS])
{
	if (memcmp(from, "07070", MAGIC_BYTES - 1) != 0 || (from[MAGIC_BYTES - 1] != '1' && from[MAGIC_BYTES - 1] != '2'))
		return CPIO_MAGIC;
	for (int i = 0; i < FIELDS; i++)
		if (!number_read(from + MAGIC_BYTES + i * FIELD_BYTES, &field[i]))
			return CPIO_NUMBER;
	return CPIO_OK;
}

/* The name behind a header: with one NUL, at its end. */
static enum cpio_error name_read(const unsigned char *from, size_t left, uint32_t bytes, struct name *name)
{
	if (bytes < 2 || bytes > PATH_BYTES_MAX + 1)
		return CPIO_NAME;
	if (left < bytes)
		return CPIO_END;
	*name = (struct name){(const char *)from, bytes - 1};
	for (uint32_t i = 0; i < bytes; i++)
		if ((from[i] == 0) != (i == bytes - 1))
			return CPIO_NAME;
	return CPIO_OK;
}

enum cpio_error cpio_next(struct cpio *cpio, struct cpio_entry *entry)
{
	size_t left = cpio->bytes - cpio->at, contents_at;
	const unsigned char *from = cpio->archive + cpio->at;
	uint32_t field[FIELDS];
	struct name name;
	enum cpio_error error;

	*entry = (struct cpio_entry){.bytes = 0};
	if (!left)
		return CPIO_TRAILER;
	cpio->number++;
	if (left < HEADER_BYTES)
		return CPIO_END;
	error = fields_read(from, field);
	if (!error)
		error = name_read(from + HEADER_BYTES, left - HEADER_BYTES, field[NAME_SIZE], &name);
	if (error)
		return error;
	entry->last = name.bytes == sizeof(TRAILER) - 1 && memcmp(name.text, TRAILER, name.bytes) == 0;
	entry->path = path_trim(name);
	if (entry->last)
		return CPIO_OK;
	contents_at = padded(HEADER_BYTES + field[NAME_SIZE]);
	if (left < contents_at || left - contents_at < field[SIZE])
		return CPIO_END;
	cpio->at += padded(contents_at + field[SIZE]) < left ? padded(contents_at + field[SIZE]) : left;
	*entry = (struct cpio_entry){
		.inode = field[INODE],
		.mode = field[MODE] & (MODE_TYPE | MODE_PERMISSIONS),
		.owner = field[OWNER],
		.group = field[GROUP],
		.links = field[LINKS],
		.modified = field[MODIFIED],
		.major = field[MAJOR],
		.minor = field[MINOR],
		.device_major = field[DEVICE_MAJOR],
		.device_minor = field[DEVICE_MINOR],
		.path = path_trim(name),
		.contents = from + contents_at,
		.bytes = field[SIZE],
	};
	return entry_check(entry, from[MAGIC_BYTES - 1] == '2', field[SUM]);
}

struct cpio_result cpio_check(const void *archive, size_t bytes)
{
	struct cpio cpio = {archive, bytes, 0, 0};
	struct cpio_result result = {CPIO_OK, 0, {NULL, 0}};
	struct cpio_entry entry;

	do {
		result.error = cpio_next(&cpio, &entry);
		result.entry = cpio.number;
		result.path = entry.path;
	} while (!result.error && !entry.last);
	return result;
}

/* Unpacking. */

/* The dev_t of Linux. */
static uint64_t device_make(uint64_t major, uint64_t minor)
{
	return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffull) << 12 | (major & ~0xfffull) << 32;
}

static enum cpio_error error_of(int64_t error)
{
	switch (error) {
	case 0:
		return CPIO_OK;
	case -ENOENT:
	case -ENOTDIR:
		return CPIO_PARENT;
	case -EEXIST:
		return CPIO_EXISTS;
	case -ENOSPC:
		return CPIO_FULL;
	default:
		return CPIO_REFUSED;
	}
}

/* Finds the directory of a path and the last component. */
static int parent_find(const struct filesystem *filesystem, struct name path, uint64_t *directory, struct name *last)
{
	struct attributes attributes;
	uint32_t flags;
	int error = filesystem->operations->root(filesystem->core, directory, &flags);

	*last = component_take(&path);
	while (!error && path.bytes) {
		error = filesystem->operations->lookup(filesystem->core, *directory, *last, &attributes);
		*directory = attributes.inode;
		*last = component_take(&path);
	}
	return error;
}

static int path_find(const struct filesystem *filesystem, struct name path, struct attributes *attributes)
{
	uint64_t directory;
	struct name last;
	int error = parent_find(filesystem, path, &directory, &last);

	if (error)
		return error;
	return path.bytes ? filesystem->operations->lookup(filesystem->core, directory, last, attributes) : filesystem->operations->getattr(filesystem->core, directory, attributes);
}

/* The path of an earlier entry for the same file; empty when there is none. */
static struct name link_find(const struct cpio *cpio, const struct cpio_entry *entry)
{
	struct cpio earlier = {cpio->archive, cpio->bytes, 0, 0};
	struct cpio_entry other;

	while (entry->links > 1 && earlier.number + 1 < cpio->number && cpio_next(&earlier, &other) == CPIO_OK)
		if (other.inode == entry->inode && other.major == entry->major && other.minor == entry->minor && (other.mode & MODE_TYPE) == (entry->mode & MODE_TYPE))
			return other.path;
	return (struct name){NULL, 0};
}

/* Makes the file of an entry, or finds it where it is one more name or a directory that is there. */
static int entry_make(const struct filesystem *filesystem, const struct cpio *cpio, const struct cpio_entry *entry, struct attributes *attributes)
{
	const struct filesystem_operations *operations = filesystem->operations;
	const struct file_creation creation = {entry->mode, entry->owner, entry->group, device_make(entry->device_major, entry->device_minor)};
	bool directory = (entry->mode & MODE_TYPE) == MODE_DIRECTORY;
	struct name first = directory ? (struct name){NULL, 0} : link_find(cpio, entry), last;
	uint64_t parent;
	int error = parent_find(filesystem, entry->path, &parent, &last);

	if (error)
		return error;
	if (directory && path_find(filesystem, entry->path, attributes) == 0)
		return (attributes->mode & MODE_TYPE) == MODE_DIRECTORY ? 0 : -EEXIST;
	if (first.bytes) {
		error = path_find(filesystem, first, attributes);
		return error ? error : operations->link(filesystem->core, parent, last, attributes->inode, attributes);
	}
	if ((entry->mode & MODE_TYPE) == MODE_LINK)
		return operations->symlink(filesystem->core, parent, last, (const char *)entry->contents, entry->bytes, entry->owner, entry->group, attributes);
	return operations->create(filesystem->core, parent, last, &creation, attributes);
}

/* Contents, part by part, each in a transaction of its own. */
static int contents_write(const struct filesystem *filesystem, const struct cpio_entry *entry, uint64_t inode)
{
	uint64_t done = 0;

	while (done < entry->bytes) {
		size_t part = entry->bytes - done < WRITE_BYTES ? entry->bytes - (size_t)done : WRITE_BYTES;
		uint64_t offset = done;
		int64_t written;

		filesystem->operations->begin(filesystem->core);
		written = filesystem->operations->write(filesystem->core, inode, &offset, entry->contents + done, part);
		if (written <= 0) {
			filesystem->operations->rollback(filesystem->core);
			return written ? (int)written : -ENOSPC;
		}
		filesystem->operations->commit(filesystem->core);
		done += (uint64_t)written;
	}
	return 0;
}

/* Mode, owner and times: last, since writing changes them. Times of directories are those of what was made in them later. */
static int entry_settle(const struct filesystem *filesystem, const struct cpio_entry *entry, struct attributes *attributes)
{
	const struct timestamp time = {.seconds = entry->modified};
	const struct attribute_change change = {
		.mask = ATTRIBUTE_MODE | ATTRIBUTE_OWNER | ATTRIBUTE_GROUP | ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY,
		.mode = entry->mode & MODE_PERMISSIONS,
		.owner = entry->owner,
		.group = entry->group,
		.access = time,
		.modify = time,
	};

	return filesystem->operations->setattr(filesystem->core, attributes->inode, &change, attributes);
}

static int entry_unpack(const struct filesystem *filesystem, const struct cpio *cpio, const struct cpio_entry *entry)
{
	const struct filesystem_operations *operations = filesystem->operations;
	struct attributes attributes;
	int error;

	operations->begin(filesystem->core);
	error = entry->path.bytes ? entry_make(filesystem, cpio, entry, &attributes) : path_find(filesystem, entry->path, &attributes);
	if (!error && !entry->path.bytes && (entry->mode & MODE_TYPE) != MODE_DIRECTORY)
		error = -EEXIST;
	if (error) {
		operations->rollback(filesystem->core);
		return error;
	}
	operations->commit(filesystem->core);
	if ((entry->mode & MODE_TYPE) == MODE_REGULAR)
		error = contents_write(filesystem, entry, attributes.inode);
	if (error)
		return error;
	operations->begin(filesystem->core);
	error = entry_settle(filesystem, entry, &attributes);
	operations->commit(filesystem->core);
	return error;
}

struct cpio_result cpio_unpack(const struct filesystem *filesystem, const void *archive, size_t bytes, void (*alive)(void))
{
	struct cpio cpio = {archive, bytes, 0, 0};
	struct cpio_result result = {CPIO_OK, 0, {NULL, 0}};
	struct cpio_entry entry;

	for (;;) {
		result.error = cpio_next(&cpio, &entry);
		result.entry = cpio.number;
		result.path = entry.path;
		if (result.error || entry.last)
			return result;
		result.error = error_of(entry_unpack(filesystem, &cpio, &entry));
		if (result.error)
			return result;
		if (alive)
			alive();
	}
}

const char *cpio_error_text(enum cpio_error error)
{
	static const char *const texts[] = {
#define CPIO_ERROR(name, sentence) [CPIO_##name] = sentence,
#include "cpio_errors.def"
#undef CPIO_ERROR
	};

	return error < sizeof(texts) / sizeof(texts[0]) ? texts[error] : "no such error";
}
