/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes of a ramfs (layout.h): a list for each inode, of at most RAMFS_XATTRS_MAX. A short value lies in pieces of text, a long one in pages of its own, which are taken anew whenever it is set: what was there before is what a
 * rollback returns to.
 */
#include "layout.h"

#include "lib/string.h"

static size_t bytes_here(const struct ramfs_xattr *xattr)
{
	return xattr->name_bytes < XATTR_TEXT ? xattr->name_bytes : XATTR_TEXT;
}

static struct name xattr_name(struct ramfs *ramfs, const struct ramfs_xattr *xattr, char text[XATTR_NAME_BYTES_MAX])
{
	size_t here = bytes_here(xattr);

	memcpy(text, xattr->text, here);
	text_load(ramfs, xattr->more, text + here, xattr->name_bytes - here);
	return (struct name){text, xattr->name_bytes};
}

static bool xattr_is(struct ramfs *ramfs, const struct ramfs_xattr *xattr, struct name name)
{
	char text[XATTR_NAME_BYTES_MAX];

	return xattr->name_bytes == name.bytes && memcmp(xattr_name(ramfs, xattr, text).text, name.text, name.bytes) == 0;
}

/* Where the number of the attribute with that name is kept, or where that of a new one belongs; `*before`: how many there are before it. */
static uint32_t *place_find(struct ramfs *ramfs, struct ramfs_inode *inode, struct name name, uint32_t *before)
{
	uint32_t *place = &inode->xattrs;

	for (*before = 0; *place && !xattr_is(ramfs, xattr_at(ramfs, *place), name); ++*before)
		place = &xattr_at(ramfs, *place)->next;
	return place;
}

static int find(struct ramfs *ramfs, uint64_t number, struct name name, struct ramfs_inode **inode, uint32_t **place)
{
	uint32_t before;

	*inode = inode_find(ramfs, number);
	if (!*inode)
		return -ESTALE;
	*place = place_find(ramfs, *inode, name, &before);
	return **place ? 0 : -ENODATA;
}

/* Values. */

static void value_load(struct ramfs *ramfs, const struct ramfs_xattr *xattr, unsigned char *to)
{
	size_t pages = xattr_pages(xattr->bytes);

	if (!pages)
		text_load(ramfs, xattr->value, (char *)to, xattr->bytes);
	for (size_t i = 0, left = xattr->bytes; i < pages; i++, left -= RAMFS_PAGE)
		memcpy(to + i * RAMFS_PAGE, page_at(ramfs, xattr->pages[i]), left < RAMFS_PAGE ? left : RAMFS_PAGE);
}

/* Of an attribute that has none; there is room for it. */
static void value_store(struct ramfs *ramfs, struct ramfs_xattr *xattr, const unsigned char *from, size_t bytes)
{
	size_t pages = xattr_pages(bytes);

	xattr->bytes = (uint32_t)bytes;
	if (!pages)
		xattr->value = text_store(ramfs, (const char *)from, bytes);
	for (size_t i = 0, left = bytes; i < pages; i++, left -= RAMFS_PAGE) {
		uint32_t page = page_take(ramfs);
		size_t part = left < RAMFS_PAGE ? left : RAMFS_PAGE;
		unsigned char *to = tsm_fresh(ramfs->tsm, page_at(ramfs, page), RAMFS_PAGE);

		memcpy(to, from + i * RAMFS_PAGE, part);
		memset(to + part, 0, RAMFS_PAGE - part);
		xattr->pages[i] = page;
	}
}

static void value_free(struct ramfs *ramfs, const struct ramfs_xattr *xattr)
{
	text_free(ramfs, xattr->value);
	for (uint32_t i = 0; i < xattr_pages(xattr->bytes); i++)
		page_free(ramfs, xattr->pages[i]);
}

/* Whether there is room for a value, and for `more` entries. */
static bool value_fits(const struct ramfs *ramfs, size_t bytes, uint32_t more)
{
	uint32_t pages = xattr_pages(bytes);

	return ramfs->state->pages_free >= pages && ramfs->state->entries_free >= more + (pages ? 0 : pieces_for(bytes));
}

/* Attributes. */

/* A new one, without a value, whose number is put into its place. */
static void xattr_add(struct ramfs *ramfs, uint32_t *place, struct name name)
{
	uint32_t index = entry_take(ramfs);
	struct ramfs_xattr *xattr = xattr_at(ramfs, index);

	*xattr = (struct ramfs_xattr){.name_bytes = (uint8_t)name.bytes};
	memcpy(xattr->text, name.text, bytes_here(xattr));
	xattr->more = text_store(ramfs, name.text + bytes_here(xattr), name.bytes - bytes_here(xattr));
	tsm_set(ramfs->tsm, *place, index);
}

static void xattr_drop(struct ramfs *ramfs, uint32_t *place)
{
	uint32_t index = *place;
	const struct ramfs_xattr *xattr = xattr_at(ramfs, index);

	tsm_set(ramfs->tsm, *place, xattr->next);
	value_free(ramfs, xattr);
	text_free(ramfs, xattr->more);
	entry_free(ramfs, index);
}

void xattrs_drop(struct ramfs *ramfs, struct ramfs_inode *inode)
{
	while (inode->xattrs)
		xattr_drop(ramfs, &inode->xattrs);
}

/* Operations. */

int64_t ramfs_xattr_get(void *core, uint64_t number, struct name name, void *value, size_t bytes)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode;
	const struct ramfs_xattr *xattr;
	uint32_t *place;
	int error = find(ramfs, number, name, &inode, &place);

	if (error)
		return error;
	xattr = xattr_at(ramfs, *place);
	if (xattr->damaged)
		return -EIO;
	if (bytes && bytes < xattr->bytes)
		return -ERANGE;
	if (bytes)
		value_load(ramfs, xattr, value);
	return xattr->bytes;
}

int ramfs_xattr_list(void *core, uint64_t number, xattr_emit emit, void *context)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode = inode_find(ramfs, number);
	char text[XATTR_NAME_BYTES_MAX];

	if (!inode)
		return -ESTALE;
	for (const struct ramfs_xattr *xattr = xattr_at(ramfs, inode->xattrs); xattr; xattr = xattr_at(ramfs, xattr->next))
		emit(context, xattr_name(ramfs, xattr, text));
	return 0;
}

int ramfs_xattr_set(void *core, uint64_t number, struct name name, const void *value, size_t bytes, uint32_t flags)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode;
	struct ramfs_xattr *xattr, old;
	uint32_t *place, before, more = 0;

	inode = inode_find(ramfs, number);
	if (!inode)
		return -ESTALE;
	place = place_find(ramfs, inode, name, &before);
	if (*place ? flags & XATTR_NEW : flags & XATTR_OLD)
		return *place ? -EEXIST : -ENODATA;
	if (!*place)
		more = 1 + (name.bytes > XATTR_TEXT ? pieces_for(name.bytes - XATTR_TEXT) : 0);
	if ((!*place && before == RAMFS_XATTRS_MAX) || bytes > XATTR_VALUE_BYTES_MAX || !value_fits(ramfs, bytes, more))
		return -ENOSPC;
	if (!*place)
		xattr_add(ramfs, place, name);
	xattr = tsm_modify(ramfs->tsm, xattr_at(ramfs, *place), sizeof(*xattr));
	old = *xattr;
	memset(xattr->pages, 0, sizeof(xattr->pages));
	xattr->damaged = 0;
	xattr->value = 0;
	value_store(ramfs, xattr, value, bytes);
	value_free(ramfs, &old);
	inode_touch(ramfs, inode, false);
	return 0;
}

int ramfs_xattr_remove(void *core, uint64_t number, struct name name)
{
	struct ramfs *ramfs = core;
	struct ramfs_inode *inode;
	uint32_t *place;
	int error = find(ramfs, number, name, &inode, &place);

	if (error)
		return error;
	xattr_drop(ramfs, place);
	inode_touch(ramfs, inode, false);
	return 0;
}
