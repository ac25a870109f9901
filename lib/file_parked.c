/* SPDX-License-Identifier: MIT */
/*
 * Files that stay open at the filesystem when the program closes them, and are opened again without a call (lib/parked.h: which).
 *
 * A file may be opened again while all that decided about its opening is as it was: names, modes and owners on its path, mounts, whoever asks. The generations tell that. The filesystem in turn must be able to delete a file whose
 * last name goes while it is parked: nobody has it open. Who wins is settled by a bit for each number in the session page, which is set while the file is parked:
 *
 *     client, to open it again:   clear the bit, then look whether the generations are as they were
 *     filesystem, last name gone: advance the generations, then look at the bit
 *
 * Each writes first and then looks. So either the client sees that a generation has advanced, and opens the file anew; or the filesystem sees that the bit is clear, and the file stays until it is closed. In the other direction it is the same:
 * who parks a file sets the bit, then looks whether the generations are still as they were; if not, it closes the file.
 *
 * What a file of which pages are shared (file_share) needs done when it is closed, is done: such a file is never parked.
 */
#include "lib/file_open.h"
#include "lib/file_request.h"

struct parked_files files_parked;

void file_park(void *memory, size_t bytes)
{
	parked_begin(&files_parked, memory, bytes);
}

/* Tells the filesystem whether a file is parked. Everybody sees that before this program reads anything. */
static void bit_put(const struct parked_file *entry, bool is_parked)
{
	struct session_page *page = (struct session_page *)file_session_find(entry->filesystem)->buffer;
	uint64_t *word = &page->parked[(unsigned)entry->number / 64], bit = 1ull << (unsigned)entry->number % 64;

	__atomic_store_n(word, is_parked ? *word | bit : *word & ~bit, __ATOMIC_SEQ_CST);
}

/* Closes a parked file. Waits. */
static void entry_close(struct parked_file *entry)
{
	struct file_session *session = file_session_find(entry->filesystem);

	bit_put(entry, false);
	entry->state = PARKED_FREE;
	(void)number_close(session, entry->number); /* the filesystem may have done it */
}

bool parked_key(struct path_packed *packed, struct path_key *key, const struct path *path, uint32_t flags)
{
	if (!path_key_make(key, path, flags))
		return false;
	path_pack(packed, key);
	return packed->words;
}

int parked_reopen(const struct path_packed *packed, struct path *path, struct file_opened *opened)
{
	struct parked_file *entry = parked_find(&files_parked, packed);
	struct file *file;

	if (!entry)
		return -ENOENT;
	bit_put(entry, false);
	if (!path_known_holds(&entry->known)) {
		entry_close(entry);
		return -ENOENT;
	}
	entry->state = PARKED_OPEN;
	file = &files_open[entry->number];
	file->session = file_session_find(entry->filesystem);
	file->parked = entry;
	path->filesystem = entry->filesystem;
	*opened = entry->opened;
	return entry->number;
}

void parked_note(int number, const struct path_packed *packed, const struct path_depend *depends, uint32_t count, const struct path *path, const struct file_opened *opened)
{
	struct parked_file *entry, before;

	if ((opened->mode & MODE_TYPE) != MODE_REGULAR || !path_knowable(packed, count))
		return;
	entry = parked_choose(&files_parked, packed);
	before = *entry;
	path_known_set(&entry->known, packed, depends, count);
	entry->state = PARKED_OPEN;
	entry->number = number;
	entry->filesystem = path->filesystem;
	entry->opened = *opened;
	files_open[number].parked = entry;
	if (before.state == PARKED_CLOSED)
		entry_close(&before);
}

/* The entry of an open file; a null pointer when there is none, or another file has it now. */
static struct parked_file *entry_of(const struct file *file)
{
	struct parked_file *entry = file->parked;

	return entry && entry->state == PARKED_OPEN && &files_open[entry->number] == file ? entry : NULL;
}

void parked_never(struct file *file)
{
	struct parked_file *entry = entry_of(file);

	if (entry)
		entry->state = PARKED_FREE;
	file->parked = NULL;
}

bool parked_keep(int number)
{
	struct file *file = &files_open[number];
	struct parked_file *entry = entry_of(file);

	if (!entry)
		return false;
	bit_put(entry, true);
	if (path_known_holds(&entry->known)) {
		entry->state = PARKED_CLOSED;
		file->session = NULL;
		return true;
	}
	bit_put(entry, false);
	entry->state = PARKED_FREE;
	return false;
}

bool parked_give_up(void)
{
	struct parked_file *entry = parked_any(&files_parked);

	if (entry)
		entry_close(entry);
	return entry;
}
