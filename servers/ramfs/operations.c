/* SPDX-License-Identifier: MIT */
/*
 * The operations of a ramfs on names and inodes (lib/filesystem.h), and how one begins.
 *
 * Each decides before it changes anything; only the transaction's rollback makes that unnecessary where it says so. Directories know their parent; a link count of a directory is 2 and one for each
 * directory in it, 0 when it was removed: then nothing can be made in it any more.
 */
#include "layout.h"

#include "lib/generations.h"
#include "lib/string.h"

#define BYTES_FOR_INODE 8192 /* one inode for so much of the area */
#define STATE_LEAST (64 * 1024)
#define XATTR_CELLS 10 /* an extended attribute, two pieces of its name, two of its value */
#define TMPFS_TYPE 0x01021994 /* statfs(2) */

/* Where the parts of an area lie: offsets, and counts of the tables. */
struct plan {
	uint64_t used, inodes, buckets, entries, pages;
	uint32_t page_count, inode_count, bucket_count, entry_count;
};

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static bool plan_make(struct plan *plan, size_t bytes)
{
	uint64_t most = bytes / RAMFS_PAGE;

	if (bytes < STATE_LEAST || most > UINT32_MAX / 2)
		return false;
	plan->inode_count = (uint32_t)(bytes / BYTES_FOR_INODE) + 16;
	plan->entry_count = plan->inode_count + plan->inode_count / 2;
	if (plan->entry_count > 1u << ENTRY_INDEX_BITS)
		plan->entry_count = 1u << ENTRY_INDEX_BITS;
	plan->bucket_count = 16;
	while (plan->bucket_count < plan->inode_count)
		plan->bucket_count *= 2;
	plan->used = sizeof(struct ramfs_state);
	plan->inodes = round_up(plan->used + (most + 7) / 8, TSM_CELL);
	plan->buckets = plan->inodes + (uint64_t)plan->inode_count * sizeof(struct ramfs_inode);
	plan->entries = plan->buckets + (uint64_t)plan->bucket_count * 4;
	plan->pages = round_up(plan->entries + (uint64_t)plan->entry_count * sizeof(struct ramfs_entry), RAMFS_PAGE);
	if (plan->pages + 2 * RAMFS_PAGE > bytes)
		return false;
	plan->page_count = (uint32_t)((bytes - plan->pages) / RAMFS_PAGE);
	return true;
}

uint32_t ramfs_undo_cells(size_t bytes)
{
	uint64_t pages = bytes / RAMFS_PAGE;

	/* An entry for each fresh page; all nodes of all pages and the whole map of used pages in one release; two pages changed in place; the extended attributes of an inode; names, inodes and counters. */
	return (uint32_t)(pages + pages * 4 / TSM_CELL + pages / 8 / TSM_CELL + 2 * RAMFS_PAGE / TSM_CELL + RAMFS_XATTRS_MAX * XATTR_CELLS + 256);
}

/* Makes zeros an empty filesystem. Bits for pages that do not exist are set, so that nobody finds them free. */
static void area_format(struct ramfs *ramfs, const struct plan *plan)
{
	struct ramfs_state *state = ramfs->state;
	struct file_creation root = {.mode = MODE_DIRECTORY | 0755};
	struct ramfs_inode *inode;

	tsm_begin(ramfs->tsm);
	tsm_modify(ramfs->tsm, state, sizeof(*state));
	*state = (struct ramfs_state){
		.magic = RAMFS_MAGIC,
		.page_count = plan->page_count,
		.inode_count = plan->inode_count,
		.bucket_count = plan->bucket_count,
		.entry_count = plan->entry_count,
		.pages_free = plan->page_count - 1,
		.inodes_free = plan->inode_count - 1,
		.inode_fresh = RAMFS_ROOT,
		.entries_free = plan->entry_count - 1,
		.entry_fresh = 1,
	};
	tsm_set(ramfs->tsm, ramfs->used[0], 1);
	if (plan->page_count % 64)
		tsm_set(ramfs->tsm, ramfs->used[plan->page_count / 64], ramfs->used[plan->page_count / 64] | UINT64_MAX << plan->page_count % 64);
	inode = inode_take(ramfs, &root);
	inode->links = 2;
	inode->parent = RAMFS_ROOT;
	tsm_commit(ramfs->tsm);
}

int ramfs_open(struct ramfs *ramfs, struct tsm *tsm, void *area, size_t bytes, bool *fresh)
{
	unsigned char *base = area;
	struct plan plan;

	if (!plan_make(&plan, bytes))
		return -EINVAL;
	*ramfs = (struct ramfs){
		.clock = ramfs->clock,
		.watch = ramfs->watch,
		.tsm = tsm,
		.state = area,
		.used = (uint64_t *)(base + plan.used),
		.inodes = (struct ramfs_inode *)(base + plan.inodes),
		.buckets = (uint32_t *)(base + plan.buckets),
		.entries = (struct ramfs_entry *)(base + plan.entries),
		.pages = base + plan.pages,
	};
	*fresh = ramfs->state->magic == 0;
	if (*fresh)
		area_format(ramfs, &plan);
	if (ramfs->state->magic != RAMFS_MAGIC || ramfs->state->page_count != plan.page_count || ramfs->state->inode_count != plan.inode_count ||
		ramfs->state->bucket_count != plan.bucket_count || ramfs->state->entry_count != plan.entry_count)
		return -EUCLEAN;
	return 0;
}

bool ramfs_filled(const struct ramfs *ramfs)
{
	return ramfs->state->filled;
}

void ramfs_filled_set(struct ramfs *ramfs)
{
	tsm_begin(ramfs->tsm);
	tsm_set(ramfs->tsm, ramfs->state->filled, 1);
	tsm_commit(ramfs->tsm);
}

static void ramfs_begin(void *core)
{
	struct ramfs *ramfs = core;

	ramfs->freed = false;
	ramfs->replaced_count = 0;
	tsm_begin(ramfs->tsm);
}

static void ramfs_commit(void *core)
{
	tsm_commit(((struct ramfs *)core)->tsm);
}

static void ramfs_rollback(void *core)
{
	tsm_rollback(((struct ramfs *)core)->tsm);
}

static int ramfs_root(void *core, uint64_t *inode, uint32_t *flags)
{
	(void)core;
	*inode = RAMFS_ROOT;
	*flags = 0;
	return 0;
}

/* A directory in which names can be looked for. */
static int directory_find(struct ramfs *ramfs, uint64_t number, struct ramfs_inode **directory)
{
	*directory = inode_find(ramfs, number);
	if (!*directory)
		return -ESTALE;
	return inode_is(*directory, MODE_DIRECTORY) ? 0 : -ENOTDIR;
}

static bool name_is_parent(struct name name)
{
	return name.bytes == 2 && name.text[0] == '.' && name.text[1] == '.';
}

static int ramfs_lookup(void *core, uint64_t number, struct name name, struct attributes *attributes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *directory;
	struct ramfs_entry *entry;
	int error = directory_find(ramfs, number, &directory);

	if (error)
		return error;
	if (name_is_parent(name)) {
		inode_attributes(ramfs, &ramfs->inodes[directory->parent], attributes);
		return 0;
	}
	entry = entry_find(ramfs, (uint32_t)number, name);
	if (!entry)
		return -ENOENT;
	inode_attributes(ramfs, &ramfs->inodes[entry->inode], attributes);
	return 0;
}

/* A directory in which a name can be made; whether there is room for it is asked last (entry_fits). */
static int place_find(struct ramfs *ramfs, uint64_t number, struct name name, struct ramfs_inode **directory)
{
	int error = directory_find(ramfs, number, directory);

	if (error)
		return error;
	if (name.bytes == 0 || name.bytes > NAME_BYTES_MAX)
		return name.bytes ? -ENAMETOOLONG : -ENOENT;
	if (!(*directory)->links)
		return -ENOENT;
	return entry_find(ramfs, (uint32_t)number, name) ? -EEXIST : 0;
}

static int ramfs_create(void *core, uint64_t number, struct name name, const struct file_creation *creation, struct attributes *attributes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *directory, *inode;
	int error = place_find(ramfs, number, name, &directory);

	if (error)
		return error;
	inode = entry_fits(ramfs, name, 0) ? inode_take(ramfs, creation) : NULL;
	if (!inode)
		return -ENOSPC;
	inode->links = 1;
	entry_add(ramfs, directory, name, inode_number(ramfs, inode));
	if (inode_is(inode, MODE_DIRECTORY)) {
		inode->links = 2;
		inode->parent = (uint32_t)number;
		tsm_set(ramfs->tsm, directory->links, directory->links + 1);
	}
	inode_touch(ramfs, directory, true);
	inode_attributes(ramfs, inode, attributes);
	return 0;
}

static int ramfs_create_nameless(void *core, uint64_t number, const struct file_creation *creation, bool linkable, struct attributes *attributes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *directory, *inode;
	int error = directory_find(ramfs, number, &directory);

	if (error)
		return error;
	if (!directory->links)
		return -ENOENT;
	inode = inode_take(ramfs, creation);
	if (!inode)
		return -ENOSPC;
	inode->linkable = linkable;
	inode_attributes(ramfs, inode, attributes);
	return 0;
}

static int ramfs_symlink(void *core, uint64_t number, struct name name, const char *target, size_t bytes, uint32_t owner, uint32_t group,
	struct attributes *attributes)
{
	struct ramfs *ramfs = core;
	struct file_creation creation = {.mode = MODE_LINK | 0777, .owner = owner, .group = group};
	struct ramfs_inode *directory, *inode;
	int error = place_find(ramfs, number, name, &directory);

	if (error)
		return error;
	if (bytes == 0 || bytes > PATH_BYTES_MAX)
		return bytes ? -ENAMETOOLONG : -ENOENT;
	inode = entry_fits(ramfs, name, pieces_for(bytes)) ? inode_take(ramfs, &creation) : NULL;
	if (!inode)
		return -ENOSPC;
	inode->links = 1;
	inode->size = bytes;
	inode->root = text_store(ramfs, target, bytes);
	entry_add(ramfs, directory, name, inode_number(ramfs, inode));
	inode_touch(ramfs, directory, true);
	inode_attributes(ramfs, inode, attributes);
	return 0;
}

static int64_t ramfs_readlink(void *core, uint64_t number, char *buffer, size_t bytes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);

	if (!inode)
		return -ESTALE;
	if (!inode_is(inode, MODE_LINK))
		return -EINVAL;
	if (bytes > inode->size)
		bytes = inode->size;
	text_load(ramfs, inode->root, buffer, bytes);
	inode_accessed(ramfs, inode);
	return (int64_t)bytes;
}

static int ramfs_link(void *core, uint64_t number, struct name name, uint64_t target, struct attributes *attributes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *directory, *inode = inode_find(ramfs, target);
	int error = place_find(ramfs, number, name, &directory);

	if (error)
		return error;
	if (!inode)
		return -ESTALE;
	if (inode_is(inode, MODE_DIRECTORY))
		return -EPERM;
	if (!inode->links && !inode->linkable)
		return -ENOENT;
	if (inode->links >= LINKS_MAX)
		return -EMLINK;
	if (!entry_fits(ramfs, name, 0))
		return -ENOSPC;
	tsm_set(ramfs->tsm, inode->links, inode->links + 1);
	tsm_set(ramfs->tsm, inode->linkable, 0);
	inode_touch(ramfs, inode, false);
	entry_add(ramfs, directory, name, inode_number(ramfs, inode));
	inode_touch(ramfs, directory, true);
	inode_attributes(ramfs, inode, attributes);
	return 0;
}

/* After an inode has lost a name. */
static void inode_unname(struct ramfs *ramfs, struct ramfs_inode *inode)
{
	if (!inode->links && inode->users)
		inode_nameless(&ramfs->watch, inode_number(ramfs, inode));
	inode_drop(ramfs, inode);
}

/* Takes a name away and what it named with it, if that was its last name and nobody uses it. */
static void name_remove(struct ramfs *ramfs, struct ramfs_inode *directory, struct ramfs_entry *entry)
{
	struct ramfs_inode *inode = &ramfs->inodes[entry->inode];

	entry_remove(ramfs, directory, entry);
	inode_touch(ramfs, directory, true);
	inode_touch(ramfs, inode, false);
	if (inode_is(inode, MODE_DIRECTORY)) {
		tsm_set(ramfs->tsm, directory->links, directory->links - 1);
		tsm_set(ramfs->tsm, inode->links, 0);
	} else {
		tsm_set(ramfs->tsm, inode->links, inode->links - 1);
	}
	inode_unname(ramfs, inode);
}

static int name_find(struct ramfs *ramfs, uint64_t number, struct name name, struct ramfs_inode **directory, struct ramfs_entry **entry)
{
	int error = directory_find(ramfs, number, directory);

	if (error)
		return error;
	*entry = entry_find(ramfs, (uint32_t)number, name);
	return *entry ? 0 : -ENOENT;
}

/* The name of a directory, or of something else, goes. */
static int name_take(struct ramfs *ramfs, uint64_t number, struct name name, bool of_directory)
{
	const struct ramfs_inode *inode;
	struct ramfs_inode *directory;
	struct ramfs_entry *entry;
	int error = name_find(ramfs, number, name, &directory, &entry);

	if (error)
		return error;
	inode = &ramfs->inodes[entry->inode];
	if (inode_is(inode, MODE_DIRECTORY) != of_directory)
		return of_directory ? -ENOTDIR : -EISDIR;
	if (of_directory && inode->entries)
		return -ENOTEMPTY;
	name_remove(ramfs, directory, entry);
	return 0;
}

static int ramfs_unlink(void *core, uint64_t number, struct name name)
{
	return name_take(core, number, name, false);
}

static int ramfs_rmdir(void *core, uint64_t number, struct name name)
{
	return name_take(core, number, name, true);
}

/* True when `below` is `above` or lies below it. */
static bool directory_is_below(struct ramfs *ramfs, uint32_t below, uint32_t above)
{
	while (below != above && below != RAMFS_ROOT)
		below = ramfs->inodes[below].parent;
	return below == above;
}

/* A directory that moves from one parent to another takes a link of the one to the other. */
static void directory_move(struct ramfs *ramfs, struct ramfs_inode *moved, struct ramfs_inode *from, struct ramfs_inode *to)
{
	if (!inode_is(moved, MODE_DIRECTORY) || from == to)
		return;
	tsm_set(ramfs->tsm, from->links, from->links - 1);
	tsm_set(ramfs->tsm, to->links, to->links + 1);
	tsm_set(ramfs->tsm, moved->parent, inode_number(ramfs, to));
}

/* What a rename is about, once both ends have been found. */
struct renaming {
	struct ramfs_inode *old_directory, *new_directory;
	struct ramfs_entry *old, *new; /* new: null when the name is free */
	struct ramfs_inode *moved, *target;
};

/* Refuses what would replace something by what is not of its kind, or cut a directory off the tree. */
static int rename_check(struct ramfs *ramfs, const struct renaming *r, uint32_t flags)
{
	bool moves_directory = inode_is(r->moved, MODE_DIRECTORY), swap = flags & RENAME_SWAP;

	if (swap && !r->new)
		return -ENOENT;
	if ((flags & RENAME_KEEP) && r->new)
		return -EEXIST;
	if (moves_directory && directory_is_below(ramfs, inode_number(ramfs, r->new_directory), inode_number(ramfs, r->moved)))
		return -EINVAL;
	if (!r->new)
		return 0;
	if (inode_is(r->target, MODE_DIRECTORY) && directory_is_below(ramfs, inode_number(ramfs, r->old_directory), inode_number(ramfs, r->target)))
		return swap ? -EINVAL : -ENOTEMPTY;
	if (swap || r->target == r->moved)
		return 0;
	if (moves_directory && !inode_is(r->target, MODE_DIRECTORY))
		return -ENOTDIR;
	if (!moves_directory && inode_is(r->target, MODE_DIRECTORY))
		return -EISDIR;
	return r->target->entries ? -ENOTEMPTY : 0;
}

static void rename_swap(struct ramfs *ramfs, const struct renaming *r)
{
	uint32_t moved = r->old->inode;

	tsm_set(ramfs->tsm, r->old->inode, r->new->inode);
	tsm_set(ramfs->tsm, r->new->inode, moved);
	directory_move(ramfs, r->moved, r->old_directory, r->new_directory);
	directory_move(ramfs, r->target, r->new_directory, r->old_directory);
	inode_touch(ramfs, r->target, false);
}

/* The entry that is replaced stays and names the other inode from now on. */
static void rename_replace(struct ramfs *ramfs, const struct renaming *r)
{
	struct ramfs_inode *target = r->target;
	uint32_t moved = r->old->inode;
	bool directory = inode_is(target, MODE_DIRECTORY);

	tsm_set(ramfs->tsm, r->new->inode, moved);
	entry_remove(ramfs, r->old_directory, r->old);
	directory_move(ramfs, r->moved, r->old_directory, r->new_directory);
	inode_touch(ramfs, target, false);
	if (directory)
		tsm_set(ramfs->tsm, r->new_directory->links, r->new_directory->links - 1);
	tsm_set(ramfs->tsm, target->links, directory ? 0 : target->links - 1);
	inode_unname(ramfs, target);
}

static int ramfs_rename(void *core, uint64_t old_number, struct name old_name, uint64_t new_number, struct name new_name, uint32_t flags)
{
	struct ramfs *ramfs = core;
	struct renaming r = {0};
	int error = directory_find(ramfs, old_number, &r.old_directory);

	if (!error)
		error = directory_find(ramfs, new_number, &r.new_directory);
	if (error)
		return error;
	if (flags & ~(uint32_t)(RENAME_KEEP | RENAME_SWAP) || flags == (RENAME_KEEP | RENAME_SWAP))
		return -EINVAL;
	if (new_name.bytes == 0 || new_name.bytes > NAME_BYTES_MAX)
		return new_name.bytes ? -ENAMETOOLONG : -ENOENT;
	r.old = entry_find(ramfs, (uint32_t)old_number, old_name);
	r.new = entry_find(ramfs, (uint32_t)new_number, new_name);
	if (!r.old || !r.new_directory->links)
		return -ENOENT;
	r.moved = &ramfs->inodes[r.old->inode];
	r.target = r.new ? &ramfs->inodes[r.new->inode] : NULL;
	error = rename_check(ramfs, &r, flags);
	if (error || r.target == r.moved)
		return error;
	if (!r.new && !entry_fits(ramfs, new_name, 0))
		return -ENOSPC;
	inode_touch(ramfs, r.old_directory, true);
	inode_touch(ramfs, r.new_directory, true);
	inode_touch(ramfs, r.moved, false);
	if (flags & RENAME_SWAP) {
		rename_swap(ramfs, &r);
	} else if (r.new) {
		rename_replace(ramfs, &r);
	} else {
		entry_add(ramfs, r.new_directory, new_name, r.old->inode);
		entry_remove(ramfs, r.old_directory, r.old);
		directory_move(ramfs, r.moved, r.old_directory, r.new_directory);
	}
	return 0;
}

static int ramfs_getattr(void *core, uint64_t number, struct attributes *attributes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);

	if (!inode)
		return -ESTALE;
	inode_attributes(ramfs, inode, attributes);
	return 0;
}

static int ramfs_setattr(void *core, uint64_t number, const struct attribute_change *change, struct attributes *attributes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);
	int error = 0;

	if (!inode)
		return -ESTALE;
	if (change->mask & ATTRIBUTE_SIZE) {
		if (!inode_is(inode, MODE_REGULAR))
			return inode_is(inode, MODE_DIRECTORY) ? -EISDIR : -EINVAL;
		error = contents_resize(ramfs, inode, change->size);
	}
	if (error)
		return error;
	tsm_modify(ramfs->tsm, inode, sizeof(*inode));
	generation_advance_all(ramfs->watch.generations, number);
	inode->change = ramfs->clock.now;
	if (change->mask & ATTRIBUTE_MODE)
		inode->mode = (inode->mode & MODE_TYPE) | (change->mode & MODE_PERMISSIONS);
	if (change->mask & ATTRIBUTE_OWNER)
		inode->owner = change->owner;
	if (change->mask & ATTRIBUTE_GROUP)
		inode->group = change->group;
	if (change->mask & ATTRIBUTE_ACCESS)
		inode->access = change->access;
	if (change->mask & ATTRIBUTE_MODIFY)
		inode->modify = change->modify;
	inode_attributes(ramfs, inode, attributes);
	return 0;
}

static int ramfs_file_open(void *core, uint64_t number)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);

	if (!inode)
		return -ESTALE;
	tsm_set(ramfs->tsm, inode->users, inode->users + 1);
	return 0;
}

static int ramfs_file_close(void *core, uint64_t number)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);

	if (!inode || !inode->users)
		return -ESTALE;
	tsm_set(ramfs->tsm, inode->users, inode->users - 1);
	inode_drop(ramfs, inode);
	return 0;
}

/* There is no storage behind this memory that would be more stable. */
static int ramfs_fsync(void *core, uint64_t number, bool data_only)
{
	(void)data_only;
	return inode_find(core, number) ? 0 : -ESTALE;
}

static int ramfs_sync(void *core)
{
	(void)core;
	return 0;
}

/* Cookies 1 and 2 are those of "." and ".."; all others are greater. */
static int ramfs_readdir(void *core, uint64_t number, uint64_t *cookie, directory_emit emit, void *context)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *directory;
	struct ramfs_entry *entry;
	char text[NAME_BYTES_MAX];
	int error = directory_find(ramfs, number, &directory);

	if (error)
		return error;
	if (!directory->links)
		return -ENOENT;
	inode_accessed(ramfs, directory);
	for (; *cookie < 2; ++*cookie) {
		uint64_t inode = *cookie ? directory->parent : number;

		if (!emit(context, (struct name){"..", *cookie + 1}, inode, MODE_DIRECTORY >> 12, *cookie + 1))
			return 0;
	}
	for (entry = entry_after(ramfs, directory, *cookie); entry; entry = entry_at(ramfs, entry->next)) {
		entry_name(ramfs, entry, text);
		if (!emit(context, (struct name){text, entry->bytes}, entry->inode, (uint8_t)(ramfs->inodes[entry->inode].mode >> 12),
			    entry_cookie(ramfs, entry)))
			return 0;
		*cookie = entry_cookie(ramfs, entry);
	}
	return 0;
}

static int ramfs_statfs(void *core, struct filesystem_statistics *statistics)
{
	const struct ramfs_state *state = ((struct ramfs *)core)->state;

	*statistics = (struct filesystem_statistics){
		.type = TMPFS_TYPE,
		.block_size = RAMFS_PAGE,
		.blocks = state->page_count - 1,
		.blocks_free = state->pages_free,
		.blocks_available = state->pages_free,
		.inodes = state->inode_count - 1,
		.inodes_free = state->inodes_free,
		.name_length = NAME_BYTES_MAX,
		.file_bytes_max = FILE_SIZE_MAX,
	};
	return 0;
}

const struct filesystem_operations ramfs_operations = {
	.begin = ramfs_begin,
	.commit = ramfs_commit,
	.rollback = ramfs_rollback,
	.root = ramfs_root,
	.lookup = ramfs_lookup,
	.create = ramfs_create,
	.create_nameless = ramfs_create_nameless,
	.symlink = ramfs_symlink,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.rmdir = ramfs_rmdir,
	.rename = ramfs_rename,
	.getattr = ramfs_getattr,
	.setattr = ramfs_setattr,
	.readlink = ramfs_readlink,
	.open = ramfs_file_open,
	.close = ramfs_file_close,
	.xattr_get = ramfs_xattr_get,
	.xattr_list = ramfs_xattr_list,
	.xattr_set = ramfs_xattr_set,
	.xattr_remove = ramfs_xattr_remove,
	.read = ramfs_read,
	.page = ramfs_page,
	.write = ramfs_write,
	.allocate = ramfs_allocate,
	.seek = ramfs_seek,
	.fsync = ramfs_fsync,
	.sync = ramfs_sync,
	.readdir = ramfs_readdir,
	.statfs = ramfs_statfs,
};
