/* SPDX-License-Identifier: MIT */
/*
 * How a ramfs lies in its state, and the parts of its core that the other parts use.
 *
 *   state     struct ramfs_state: sizes, counters, heads of the free lists
 *   used      a bit for each page: 1 in use
 *   inodes    struct ramfs_inode; the index is the inode number; 0 is none, 1 the root
 *   buckets   a hash table of (directory, name): heads of chains of entries
 *   entries   struct ramfs_entry: directory entries, extended attributes (struct ramfs_xattr), and pieces of long text; index 0 is none
 *   pages     4 KiB each: data, nodes of the trees that find it, long values of extended attributes; number 0 is none, so page 0 is never used
 *
 * An inode is free (mode 0), named (links > 0), or an orphan (no links, but users; gone with the last of them). A file's data hangs below `root` as a tree of `height` levels of nodes with 1024
 * page numbers each; height 0: root is the only page. 0 is a hole. A symbolic link's target is a chain of text pieces at `root`. The extended attributes of an inode are a list, in the order in which they were first set.
 *
 * All changes go through tsm_modify() or tsm_fresh(); page_free() comes after the last page_take() of an operation, because a page that this transaction freed still has the bytes to which a rollback
 * would return.
 */
#pragma once

#include "ramfs.h"

#define RAMFS_MAGIC 0x0073666d61720002 /* "ramfs", version 2 */
#define RAMFS_ROOT 1
#define NODE_ENTRIES (RAMFS_PAGE / 4)
#define NODE_BITS 10
#define ENTRY_TEXT 88
#define PIECE_TEXT 120
#define XATTR_TEXT 40
#define XATTR_SHORT (2 * PIECE_TEXT) /* bytes of the longest value that is kept in pieces of text */
#define XATTR_PAGES 16
#define ENTRY_INDEX_BITS 24
#define LINKS_MAX 0x7fffffff

struct ramfs_state {
	uint64_t magic;
	uint32_t page_count, inode_count, bucket_count, entry_count; /* of the tables, [0] included */
	uint32_t pages_free, page_hint;                              /* the hint: where the search for a free one begins */
	uint32_t inodes_free, inode_list, inode_fresh;               /* free ones in all; freed ones; the first that was never used */
	uint32_t entries_free, entry_list, entry_fresh;
	uint64_t order;      /* of the entry made last */
	uint64_t generation; /* of the inode made last */
	uint64_t filled;     /* 1: it has its first contents */
	uint64_t reserved[6];
};
_Static_assert(sizeof(struct ramfs_state) == 128, "kept in the state");

struct ramfs_inode {
	uint32_t mode; /* 0: free */
	uint32_t links, owner, group;
	uint64_t size;
	uint64_t generation;
	uint64_t device;
	uint32_t users;
	uint32_t root; /* page number; of a link: entry with its target; of a free inode: the next free one */
	uint32_t height;
	uint32_t pages;  /* in use by it, nodes included */
	uint32_t parent; /* of a directory */
	uint16_t damaged;  /* of a regular file: 1: something of its contents is lost (salvage.c); -EIO until it is cut to nothing */
	uint16_t linkable; /* of a file that was made without a name: 1 until it gets its first one */
	struct timestamp access, modify, change;
	uint32_t first, last; /* of a directory: its entries */
	uint32_t entries;
	uint32_t xattrs; /* the first of its extended attributes */
};
_Static_assert(sizeof(struct ramfs_inode) == 128, "kept in the state");

struct ramfs_entry {
	uint32_t directory; /* 0: free, or no directory entry */
	uint32_t inode;
	uint32_t hash;
	uint32_t chain;          /* next in the bucket; of a free entry: the next free one */
	uint32_t previous, next; /* in the directory */
	uint64_t order;          /* grows along the directory */
	uint32_t more;           /* piece with the name from byte ENTRY_TEXT on */
	uint8_t bytes;           /* of the name */
	uint8_t reserved[3];
	char text[ENTRY_TEXT];
};
_Static_assert(sizeof(struct ramfs_entry) == 128, "kept in the state");

/* An entry as a piece of long text. Where a directory entry has its directory there is 0, so that no cookie leads to it. */
struct ramfs_piece {
	uint32_t none;
	uint32_t more;
	char text[PIECE_TEXT];
};
_Static_assert(sizeof(struct ramfs_piece) == sizeof(struct ramfs_entry), "one table for both");

/* An entry as an extended attribute; the same. */
struct ramfs_xattr {
	uint32_t none;
	uint32_t next;  /* of the same inode */
	uint32_t more;  /* piece with the name from byte XATTR_TEXT on */
	uint32_t value; /* piece with a short value */
	uint32_t bytes; /* of the value */
	uint32_t pages[XATTR_PAGES]; /* of a long one */
	uint8_t name_bytes;
	uint8_t damaged; /* 1: something of the value is lost (salvage.c); -EIO until it is set anew */
	uint8_t reserved[2];
	char text[XATTR_TEXT];
};
_Static_assert(sizeof(struct ramfs_xattr) == sizeof(struct ramfs_entry), "one table for all");
_Static_assert(XATTR_PAGES * RAMFS_PAGE >= XATTR_VALUE_BYTES_MAX, "room for the longest value");

/* pages.c: pages and the trees of a file. */

/* Takes a page; 0 when there is none. Its bytes are arbitrary; the caller calls tsm_fresh(). */
uint32_t page_take(struct ramfs *ramfs);
void page_free(struct ramfs *ramfs, uint32_t page);
static inline unsigned char *page_at(struct ramfs *ramfs, uint32_t page)
{
	return ramfs->pages + (uint64_t)page * RAMFS_PAGE;
}

/* The page with index `index` of a file; 0 for a hole. */
uint32_t data_find(struct ramfs *ramfs, const struct ramfs_inode *inode, uint64_t index);

/* Makes `page` the page with that index (0 makes a hole of it). False when a node is needed and there is no page for it; the file is as before then. */
bool data_set(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t index, uint32_t page);

/* The first index from `index` on that has a page (`data`) or has none, at most `limit`. */
uint64_t data_next(struct ramfs *ramfs, const struct ramfs_inode *inode, uint64_t index, uint64_t limit, bool data);

/* Frees all pages with first <= index < end, and the nodes that lie in this range wholly. */
void data_release(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t first, uint64_t end);

/* inodes.c */

/* The inode with that number; a null pointer when there is none. */
struct ramfs_inode *inode_find(struct ramfs *ramfs, uint64_t number);
static inline uint32_t inode_number(const struct ramfs *ramfs, const struct ramfs_inode *inode)
{
	return (uint32_t)(inode - ramfs->inodes);
}
static inline bool inode_is(const struct ramfs_inode *inode, uint32_t type)
{
	return (inode->mode & MODE_TYPE) == type;
}

/* Takes an inode without links, all of whose times are now; a null pointer when there is none. */
struct ramfs_inode *inode_take(struct ramfs *ramfs, const struct file_creation *creation);

/* Frees the inode and all that it has, if it has neither links nor users. */
void inode_drop(struct ramfs *ramfs, struct ramfs_inode *inode);
void inode_attributes(struct ramfs *ramfs, const struct ramfs_inode *inode, struct attributes *attributes);

/* Notes an access as Linux does by default (relatime), in a transaction of its own: when the file has changed since the last one, or that is a day ago. */
void inode_accessed(struct ramfs *ramfs, struct ramfs_inode *inode);

/* Sets modification (with `contents`) and change time to now. */
void inode_touch(struct ramfs *ramfs, struct ramfs_inode *inode, bool contents);

/* entries.c: text and directory entries. */

/* Takes an entry of the table, of which there is one, for whatever it is to be; gives it back. */
uint32_t entry_take(struct ramfs *ramfs);
void entry_free(struct ramfs *ramfs, uint32_t index);

/* How many entries a text of that many bytes takes. */
static inline uint32_t pieces_for(size_t bytes)
{
	return (uint32_t)((bytes + PIECE_TEXT - 1) / PIECE_TEXT);
}

/* Stores a text in pieces; there must be enough of them free. Returns the first, 0 for no text. */
uint32_t text_store(struct ramfs *ramfs, const char *text, size_t bytes);
void text_load(struct ramfs *ramfs, uint32_t piece, char *buffer, size_t bytes);
void text_free(struct ramfs *ramfs, uint32_t piece);

/* The entry of that name; a null pointer when there is none. */
struct ramfs_entry *entry_find(struct ramfs *ramfs, uint32_t directory, struct name name);

/* True when the table has room for an entry of that name and `more` others. */
bool entry_fits(struct ramfs *ramfs, struct name name, uint32_t more);

/* Adds an entry at the end of a directory; entry_fits() was true. Changes no link count. */
void entry_add(struct ramfs *ramfs, struct ramfs_inode *directory, struct name name, uint32_t inode);
void entry_remove(struct ramfs *ramfs, struct ramfs_inode *directory, struct ramfs_entry *entry);
void entry_name(struct ramfs *ramfs, const struct ramfs_entry *entry, char name[NAME_BYTES_MAX]);
uint64_t entry_cookie(const struct ramfs *ramfs, const struct ramfs_entry *entry);

/* The first entry of the directory after the cookie; a null pointer when there is none. */
struct ramfs_entry *entry_after(struct ramfs *ramfs, const struct ramfs_inode *directory, uint64_t cookie);
static inline struct ramfs_entry *entry_at(struct ramfs *ramfs, uint32_t index)
{
	return index ? &ramfs->entries[index] : NULL;
}

/* xattr.c: extended attributes (operations of lib/filesystem.h). */
int64_t ramfs_xattr_get(void *core, uint64_t inode, struct name name, void *value, size_t bytes);
int ramfs_xattr_list(void *core, uint64_t inode, xattr_emit emit, void *context);
int ramfs_xattr_set(void *core, uint64_t inode, struct name name, const void *value, size_t bytes, uint32_t flags);
int ramfs_xattr_remove(void *core, uint64_t inode, struct name name);

static inline struct ramfs_xattr *xattr_at(struct ramfs *ramfs, uint32_t index)
{
	return index ? (struct ramfs_xattr *)&ramfs->entries[index] : NULL;
}

/* How many pages a value of that many bytes takes. */
static inline uint32_t xattr_pages(size_t bytes)
{
	return bytes > XATTR_SHORT ? (uint32_t)((bytes + RAMFS_PAGE - 1) / RAMFS_PAGE) : 0;
}

/* Frees all that an inode has, which is dropped. */
void xattrs_drop(struct ramfs *ramfs, struct ramfs_inode *inode);

/* contents.c: what files contain (operations of lib/filesystem.h). */
int64_t ramfs_read(void *core, uint64_t inode, uint64_t offset, void *buffer, size_t bytes);
int ramfs_page(void *core, uint64_t inode, uint64_t index, const void **page);
int64_t ramfs_write(void *core, uint64_t inode, uint64_t *offset, const void *buffer, size_t bytes);
int ramfs_allocate(void *core, uint64_t inode, uint32_t mode, uint64_t offset, uint64_t bytes);
int64_t ramfs_seek(void *core, uint64_t inode, uint64_t offset, enum seek_whence whence);

/* Sets the size; -ENOSPC when the page in which the new end lies must be replaced and cannot be. */
int contents_resize(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t size);
