/* SPDX-License-Identifier: MIT */
/*
 * What lies on the disk: the second extended filesystem, revisions 0 and 1, and the journal of ext3. All of the filesystem is little-endian and naturally aligned, as the machine is; the journal is big-endian.
 *
 *   byte 1024   superblock; then, in the next block, the table of group descriptors
 *   group       blocks_per_group blocks (one bitmap block describes them): [copies of both], block bitmap, inode bitmap, inode table, data
 *   inode       inode_bytes bytes; number n lies in group (n - 1) / inodes_per_group
 *   map         12 direct block numbers in the inode, then one indirect, one double and one triple indirect; 0 is a hole
 *   directory   a file of entries that never cross a block and fill it whole; an entry with inode 0 is free
 *   journal     inode 8: its superblock, then transactions: a descriptor with the places of the blocks that follow it, these blocks, and a commit block
 *
 * Sources: "Design and Implementation of the Second Extended Filesystem" (Card, Ts'o, Tweedie), the documentation of ext4 in Linux (Documentation/filesystems/ext4), the behaviour of e2fsck.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SUPERBLOCK_OFFSET 1024
#define SUPERBLOCK_BYTES 1024
#define EXT2_MAGIC 0xef53
#define BLOCK_BYTES_MAX 4096
#define GROUP_BYTES 32
#define INODE_BYTES_LEAST 128
#define EXTRA_BYTES 32 /* of an inode's larger part that this filesystem knows */
#define DIRECT_BLOCKS 12
#define LEVELS 3
#define MAP_SLOTS (DIRECT_BLOCKS + LEVELS)
#define FAST_LINK_BYTES 60 /* a shorter target lies in the map itself */
#define LINKS_MAX 32000
#define INODE_ROOT 2
#define INODE_JOURNAL 8
#define INODE_FIRST_REVISION_0 11

enum superblock_state { STATE_VALID = 1, STATE_ERRORS = 2, STATE_ORPHANS = 4 };
enum feature_compatible { COMPATIBLE_JOURNAL = 0x4, COMPATIBLE_ATTRIBUTES = 0x8, COMPATIBLE_INDEX = 0x20 };
enum feature_incompatible { INCOMPATIBLE_FILETYPE = 0x2, INCOMPATIBLE_RECOVER = 0x4 };
enum feature_read_only { READ_ONLY_SPARSE = 0x1, READ_ONLY_LARGE_FILE = 0x2 };
enum inode_flag { INODE_IMMUTABLE = 0x10, INODE_APPEND = 0x20, INODE_INDEX = 0x1000 };

#define INCOMPATIBLE_KNOWN (INCOMPATIBLE_FILETYPE | INCOMPATIBLE_RECOVER)
#define READ_ONLY_KNOWN (READ_ONLY_SPARSE | READ_ONLY_LARGE_FILE)

struct superblock {
	uint32_t inodes, blocks, blocks_reserved, blocks_free, inodes_free;
	uint32_t first_data_block; /* 1 with blocks of 1 KiB, else 0 */
	uint32_t block_shift;      /* block size = 1024 << this */
	uint32_t fragment_shift;
	uint32_t blocks_per_group, fragments_per_group, inodes_per_group;
	uint32_t mount_time, write_time;
	uint16_t mounts, mounts_max, magic, state, errors, revision_minor;
	uint32_t check_time, check_interval, creator, revision;
	uint16_t reserved_owner, reserved_group;
	/* Revision 1. */
	uint32_t first_inode;
	uint16_t inode_bytes, group_of_this;
	uint32_t compatible, incompatible, read_only;
	uint8_t uuid[16];
	char label[16], mounted_at[64];
	uint32_t compression;
	uint8_t preallocate, preallocate_directory;
	uint16_t reserved_descriptors;
	uint8_t journal_uuid[16];
	uint32_t journal_inode, journal_device;
	uint32_t last_orphan; /* head of a list of inodes that are to be truncated or deleted; it goes on in their dtime */
	uint32_t hash_seed[4];
	uint8_t hash_version, journal_backup_type;
	uint16_t descriptor_bytes;
	uint32_t default_options, first_meta_group, made_time;
	uint32_t journal_blocks[17]; /* copy of the journal inode's map and size */
	uint32_t blocks_high, blocks_reserved_high, blocks_free_high;
	uint16_t extra_least, extra_wanted;
	uint32_t flags;
	uint8_t rest[668];
};
_Static_assert(sizeof(struct superblock) == SUPERBLOCK_BYTES, "lies on the disk");
_Static_assert(offsetof(struct superblock, magic) == 56 && offsetof(struct superblock, last_orphan) == 232 && offsetof(struct superblock, extra_least) == 348, "lies on the disk");

struct group {
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint16_t blocks_free, inodes_free, directories, flags;
	uint32_t rest[3];
};
_Static_assert(sizeof(struct group) == GROUP_BYTES, "lies on the disk");

struct inode {
	uint16_t mode, owner;
	uint32_t size, access_time, change_time, modify_time, delete_time;
	uint16_t group, links;
	uint32_t sectors; /* of 512 bytes, those of indirect blocks included */
	uint32_t flags, version;
	uint32_t map[MAP_SLOTS];
	uint32_t generation, attribute_block;
	uint32_t size_high; /* of regular files */
	uint32_t fragment;
	uint16_t fragment_owner, blocks_high_unused, owner_high, group_high;
	uint32_t reserved;
	/* Inodes of more than 128 bytes. */
	uint16_t extra_bytes, checksum_high;
	uint32_t change_extra, modify_extra, access_extra; /* nanoseconds << 2, and two more bits of the seconds */
	uint32_t birth_time, birth_extra;
	uint32_t version_high, project;
};
_Static_assert(sizeof(struct inode) == INODE_BYTES_LEAST + EXTRA_BYTES, "lies on the disk");
_Static_assert(offsetof(struct inode, map) == 40 && offsetof(struct inode, owner_high) == 120 && offsetof(struct inode, extra_bytes) == 128, "lies on the disk");

/*
 * Extended attributes: entries that follow each other and end with four zero bytes, and values that grow towards them from the end. They lie in a block of the inode's own, or of many inodes that have the same, behind this header; and, where inodes have
 * more than 128 bytes, in what is left of the inode, behind ATTRIBUTE_MAGIC alone. A value's place counts from the start of the block, or from the first entry in the inode. Entries of a block are in order of namespace, length of the name, name.
 */
struct attribute_header {
	uint32_t magic, references, blocks, hash; /* hash: of those of all entries; references: inodes */
	uint32_t checksum, reserved[3];
};
_Static_assert(sizeof(struct attribute_header) == 32, "lies on the disk");
#define ATTRIBUTE_MAGIC 0xea020000

struct attribute_entry {
	uint8_t name_bytes, space; /* enum attribute_space; the name is without it */
	uint16_t value_at;
	uint32_t value_block; /* 0: here */
	uint32_t value_bytes, hash; /* of name and value */
	char name[];
};
_Static_assert(sizeof(struct attribute_entry) == 16, "lies on the disk");
#define ATTRIBUTE_ROUND 4 /* names and values take a multiple of that many bytes */

enum attribute_space { SPACE_USER = 1, SPACE_TRUSTED = 4, SPACE_SECURITY = 6 };

struct entry {
	uint32_t inode;
	uint16_t bytes; /* to the next entry, a multiple of 4 */
	uint8_t name_bytes;
	uint8_t type; /* with INCOMPATIBLE_FILETYPE, else the high byte of the name's length */
	char name[];
};
#define ENTRY_HEADER_BYTES 8
_Static_assert(sizeof(struct entry) == ENTRY_HEADER_BYTES, "lies on the disk");

/* What an entry's type says. */
enum entry_type { TYPE_UNKNOWN = 0, TYPE_REGULAR, TYPE_DIRECTORY, TYPE_CHARACTER, TYPE_BLOCK, TYPE_FIFO, TYPE_SOCKET, TYPE_LINK };

/* The journal. Numbers are big-endian. */
#define JOURNAL_MAGIC 0xc03b3998
#define JOURNAL_BLOCKS_LEAST 1024 /* e2fsck takes no shorter one */
enum journal_block { JOURNAL_DESCRIPTOR = 1, JOURNAL_COMMIT = 2, JOURNAL_SUPERBLOCK_1 = 3, JOURNAL_SUPERBLOCK_2 = 4, JOURNAL_REVOKE = 5 };
enum journal_tag_flag { TAG_ESCAPED = 1, TAG_SAME_UUID = 2, TAG_LAST = 8 };

struct journal_header {
	uint32_t magic, type, sequence;
};

struct journal_superblock {
	struct journal_header header;
	uint32_t block_bytes, blocks;
	uint32_t first;    /* block of the log */
	uint32_t sequence; /* of the first transaction that may be in the log */
	uint32_t start;    /* where it would begin; 0: the log is empty */
	uint32_t error;
	uint32_t compatible, incompatible, read_only;
	uint8_t uuid[16];
	uint32_t users, dynamic_superblock, transaction_max, data_max;
	uint8_t rest[176];
	uint8_t user_uuids[768];
};
_Static_assert(sizeof(struct journal_superblock) == 1024, "lies on the disk");

struct journal_tag {
	uint32_t block;
	uint16_t checksum, flags;
};
#define JOURNAL_UUID_BYTES 16 /* after the first tag */
