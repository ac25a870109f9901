/* SPDX-License-Identifier: MIT */
/*
 * The check of a whole ramfs: what its operations keep true of the state, said once more and independently of them. Tests call it after every restart; the server when its region was reported damaged.
 */
#include "layout.h"

#include "lib/string.h"

/* What is counted on the way: which pages and entries something refers to, and the names of each inode. */
struct census {
	struct ramfs *ramfs;
	uint64_t *pages, *entries;
	uint32_t *names;
	uint32_t page_count, entry_count;
};

static bool bit_set_new(uint64_t *bits, uint32_t bit)
{
	uint64_t mask = 1ull << bit % 64;
	bool was = bits[bit / 64] & mask;

	bits[bit / 64] |= mask;
	return !was;
}

static const char *check_tree(struct census *census, uint32_t page, uint32_t level, uint32_t *pages)
{
	struct ramfs *ramfs = census->ramfs;
	const char *wrong = NULL;

	if (page >= ramfs->state->page_count)
		return "a file refers to a page that does not exist";
	if (!bit_set_new(census->pages, page))
		return "a page has two owners";
	census->page_count++;
	++*pages;
	if (!(ramfs->used[page / 64] >> page % 64 & 1))
		return "a page of a file is marked free";
	for (uint32_t slot = 0; level && slot < NODE_ENTRIES && !wrong; slot++) {
		uint32_t below = ((uint32_t *)page_at(ramfs, page))[slot];

		if (below)
			wrong = check_tree(census, below, level - 1, pages);
	}
	return wrong;
}

static const char *check_text(struct census *census, uint32_t piece, size_t bytes)
{
	for (uint32_t count = pieces_for(bytes); count; count--) {
		if (!piece || piece >= census->ramfs->state->entry_fresh)
			return "a text lacks a piece";
		if (!bit_set_new(census->entries, piece))
			return "a piece of text has two owners";
		census->entry_count++;
		piece = ((struct ramfs_piece *)&census->ramfs->entries[piece])->more;
	}
	return piece ? "a text has a piece too many" : NULL;
}

static const char *check_entry(struct census *census, const struct ramfs_inode *directory, const struct ramfs_entry *entry, uint32_t *directories)
{
	struct ramfs *ramfs = census->ramfs;
	const struct ramfs_inode *inode = inode_find(ramfs, entry->inode);
	char name[NAME_BYTES_MAX];
	const char *wrong;

	if (entry->directory != inode_number(ramfs, directory) || !entry->bytes)
		return "an entry is in the list of another directory";
	if (!inode)
		return "a name leads to no inode";
	wrong = check_text(census, entry->more, entry->bytes > ENTRY_TEXT ? entry->bytes - ENTRY_TEXT : 0);
	if (wrong)
		return wrong;
	entry_name(ramfs, entry, name);
	if (entry_find(ramfs, entry->directory, (struct name){name, entry->bytes}) != entry)
		return "a name is not found where it is looked for";
	census->names[entry->inode]++;
	if (inode_is(inode, MODE_DIRECTORY)) {
		++*directories;
		if (inode->parent != entry->directory)
			return "a directory does not know its parent";
	}
	return NULL;
}

static const char *check_directory(struct census *census, const struct ramfs_inode *directory)
{
	struct ramfs *ramfs = census->ramfs;
	uint32_t count = 0, directories = 0, before = 0;
	uint64_t order = 0;
	const char *wrong = NULL;

	for (uint32_t index = directory->first; index && !wrong; index = ramfs->entries[index].next) {
		const struct ramfs_entry *entry = &ramfs->entries[index];

		if (index >= ramfs->state->entry_fresh || !bit_set_new(census->entries, index))
			return "an entry is in two places";
		census->entry_count++;
		count++;
		if (entry->previous != before || entry->order <= order || entry->order > ramfs->state->order)
			return "the list of a directory is not in order";
		order = entry->order;
		before = index;
		wrong = check_entry(census, directory, entry, &directories);
	}
	if (wrong)
		return wrong;
	if (directory->last != before || directory->entries != count)
		return "a directory miscounts its entries";
	if (directory->links ? directory->links != 2 + directories : count)
		return "a directory miscounts its links";
	return NULL;
}

/* A page that is there without a tree. */
static const char *check_page(struct census *census, uint32_t page)
{
	uint32_t pages = 0;

	return page ? check_tree(census, page, 0, &pages) : "a value lacks a page";
}

static const char *check_xattr(struct census *census, const struct ramfs_xattr *xattr)
{
	uint32_t name_bytes = xattr->name_bytes;
	const char *wrong = name_bytes ? check_text(census, xattr->more, name_bytes > XATTR_TEXT ? name_bytes - XATTR_TEXT : 0) : "an extended attribute has no name";

	if (!wrong && xattr->bytes > XATTR_VALUE_BYTES_MAX)
		wrong = "the value of an extended attribute is too long";
	if (!wrong)
		wrong = check_text(census, xattr->value, xattr_pages(xattr->bytes) ? 0 : xattr->bytes);
	for (uint32_t i = 0; i < xattr_pages(xattr->bytes) && !wrong; i++)
		wrong = check_page(census, xattr->pages[i]);
	return wrong;
}

static const char *check_xattrs(struct census *census, const struct ramfs_inode *inode)
{
	uint32_t count = 0;
	const char *wrong = NULL;

	for (uint32_t index = inode->xattrs; index && !wrong; index = xattr_at(census->ramfs, index)->next) {
		if (index >= census->ramfs->state->entry_fresh || !bit_set_new(census->entries, index))
			return "an extended attribute is in two places";
		if (++count > RAMFS_XATTRS_MAX)
			return "an inode has too many extended attributes";
		census->entry_count++;
		wrong = check_xattr(census, xattr_at(census->ramfs, index));
	}
	return wrong;
}

static const char *check_inode(struct census *census, const struct ramfs_inode *inode)
{
	uint32_t pages = 0;
	const char *wrong = check_xattrs(census, inode);

	if (wrong)
		return wrong;

	if (inode_is(inode, MODE_DIRECTORY))
		wrong = check_directory(census, inode);
	else if (inode_is(inode, MODE_LINK))
		wrong = check_text(census, inode->root, inode->size);
	else if (inode->root)
		wrong = check_tree(census, inode->root, inode->height, &pages);
	if (!wrong && pages != inode->pages)
		wrong = "a file miscounts its pages";
	return wrong;
}

/* Links against names, and that each directory hangs on the root. */
static const char *check_names(struct census *census, uint32_t number)
{
	struct ramfs *ramfs = census->ramfs;
	const struct ramfs_inode *inode = &ramfs->inodes[number];
	uint32_t above = number, steps = 0;

	if (!inode_is(inode, MODE_DIRECTORY))
		return census->names[number] == inode->links && (inode->links || inode->users) ? NULL : "a file miscounts its links";
	if (number == RAMFS_ROOT)
		return census->names[number] ? "the root has a name" : NULL;
	if (census->names[number] != (inode->links != 0) || (!inode->links && !inode->users))
		return "a directory has not one name";
	while (inode->links && above != RAMFS_ROOT && steps++ < ramfs->state->inode_count)
		above = ramfs->inodes[above].parent;
	return inode->links && above != RAMFS_ROOT ? "a directory does not hang on the root" : NULL;
}

static const char *check_counts(const struct census *census, uint32_t inodes)
{
	const struct ramfs_state *state = census->ramfs->state;
	uint32_t used = 0;

	for (uint32_t i = 0; i < state->page_count; i++)
		used += census->ramfs->used[i / 64] >> i % 64 & 1;
	if (used != census->page_count + 1 || state->pages_free != state->page_count - used)
		return "pages are marked as used and are not";
	if (state->entries_free != state->entry_count - 1 - census->entry_count)
		return "the free entries are miscounted";
	return state->inodes_free == state->inode_count - 1 - inodes ? NULL : "the free inodes are miscounted";
}

const char *ramfs_check(struct ramfs *ramfs, void *scratch, size_t bytes)
{
	struct ramfs_state *state = ramfs->state;
	size_t page_words = (state->page_count + 63) / 64, entry_words = (state->entry_count + 63) / 64;
	struct census census = {.ramfs = ramfs, .pages = scratch, .entries = (uint64_t *)scratch + page_words};
	const char *wrong = NULL;
	uint32_t inodes = 0;

	if (bytes < (page_words + entry_words) * 8 + (size_t)state->inode_count * 4)
		return "the check has too little room to work in";
	memset(scratch, 0, bytes);
	census.names = (uint32_t *)(census.entries + entry_words);
	for (uint32_t i = RAMFS_ROOT; i < state->inode_fresh && !wrong; i++) {
		if (!ramfs->inodes[i].mode)
			continue;
		inodes++;
		wrong = check_inode(&census, &ramfs->inodes[i]);
	}
	for (uint32_t i = RAMFS_ROOT; i < state->inode_fresh && !wrong; i++)
		wrong = ramfs->inodes[i].mode ? check_names(&census, i) : NULL;
	return wrong ? wrong : check_counts(&census, inodes);
}
