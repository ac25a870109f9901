/* SPDX-License-Identifier: MIT */
/*
 * What the file protocols (abi/protocols/{vfs,file,tree}.def) exchange: numbers of requests, attributes, flags, and the layout of a session's buffer.
 *
 * A request is a message of up to eight words; word 0 is its *sequence*: 0 when it changes nothing, else a lane in the upper 16 bits and below it a number that counts from 1 in each lane.
 * In one lane one request is outstanding; the same sequence again gets the stored result, the next one acknowledges it. The answer's word 0 is a negative error number of Linux
 * (abi/errno.h), a result from 0 on, or ANSWER_PENDING, with word 1 = id and word 2 = generation of the server's instance; then the
 * result comes through the completion ring, or another instance has another generation in the session page and is asked again.
 *
 * The buffer of a session is a Region that both sides map. It begins with one page of struct session_page; what follows is the client's to divide: paths, data and structures lie where the
 * request says, as a *span*: offset from the buffer's start in the low 32 bits, length in bytes in the high 32. The receiver checks a span, copies once and uses its copy.
 */
#pragma once

#include <stdint.h>

#include "abi/errno.h"

enum file_request {
#define REQUEST(name, number, in, out, sentence) FILE_##name = number,
#include "abi/protocols/file.def"
#undef REQUEST
};

enum tree_request {
#define REQUEST(name, number, in, out, sentence) TREE_##name = number,
#include "abi/protocols/tree.def"
#undef REQUEST
};

enum vfs_request {
#define REQUEST(name, number, in, out, sentence) VFS_##name = number,
#include "abi/protocols/vfs.def"
#undef REQUEST
};

/* Word 0 of an answer, when it is no result yet; results are below this. */
#define ANSWER_PENDING INT64_MAX

/* Word 0 of an answer of vfs: the path leads into a tree that the client serves itself. Results of vfs are below this. The rest of the path is put so far behind where the request's first path begins, so that the request stays what it is. */
#define ANSWER_REFERRAL (INT64_MAX - 1)
#define PATH_REST 8192

#define SEQUENCE_LANE_SHIFT 48
#define SEQUENCE_LANES 16 /* lanes of one session: 0..15 */

#define NAME_BYTES_MAX 255
#define PATH_BYTES_MAX 4095 /* without a NUL; a path longer than this is ENAMETOOLONG */
#define LINK_FOLLOW_MAX 40  /* symbolic links in one walk; Linux's MAXSYMLINKS */
#define FILE_SIZE_MAX INT64_MAX

/* Offset of a write: at the end of the file, as it is when the write is done (append). */
#define FILE_END UINT64_MAX

/* File ids are chosen by the client, of this range; one numbering for all filesystems. Opening an id that is in use closes what it was. */
#define FILE_IDS 4096

struct timestamp {
	int64_t seconds; /* since 1970-01-01 UTC */
	uint32_t nanoseconds;
	uint32_t reserved;
};

/* What a file is. */
struct attributes {
	uint64_t inode;
	uint64_t generation; /* differs between two uses of one inode number */
	uint32_t mode;       /* MODE_TYPE and permissions, as st_mode */
	uint32_t links;
	uint32_t owner, group;
	uint64_t device; /* of a device file, as the dev_t of Linux */
	uint64_t size;   /* bytes */
	uint64_t blocks; /* of 512 bytes, in use */
	uint32_t block_size;
	uint32_t reserved;
	struct timestamp access, modify, change;
};
_Static_assert(sizeof(struct attributes) == 112, "crosses sessions");

/* Types and permissions of a mode; the numbers are Linux's. */
enum mode {
	MODE_TYPE = 0170000,
	MODE_SOCKET = 0140000,
	MODE_LINK = 0120000,
	MODE_REGULAR = 0100000,
	MODE_BLOCK = 0060000,
	MODE_DIRECTORY = 0040000,
	MODE_CHARACTER = 0020000,
	MODE_FIFO = 0010000,
	MODE_SETUID = 04000,
	MODE_SETGID = 02000,
	MODE_STICKY = 01000,
	MODE_GROUP_EXECUTE = 0010,
	MODE_EXECUTE = 0111,
	MODE_PERMISSIONS = 07777,
};

/* Which attributes SETATTR sets. The change time is always set. ATTRIBUTE_*_NOW take the server's clock. */
enum attribute_mask {
	ATTRIBUTE_MODE = 0x01,
	ATTRIBUTE_OWNER = 0x02,
	ATTRIBUTE_GROUP = 0x04,
	ATTRIBUTE_SIZE = 0x08,
	ATTRIBUTE_ACCESS = 0x10,
	ATTRIBUTE_MODIFY = 0x20,
	ATTRIBUTE_ACCESS_NOW = 0x40,
	ATTRIBUTE_MODIFY_NOW = 0x80,
	ATTRIBUTE_ALL = 0xff,
};

/* Flags of OPEN; the numbers are those of open(2). */
enum open_flags {
	OPEN_READ = 0,
	OPEN_WRITE = 01,
	OPEN_READ_WRITE = 02,
	OPEN_ACCESS = 03,
	OPEN_CREATE = 0100,
	OPEN_EXCLUSIVE = 0200,
	OPEN_TRUNCATE = 01000,
	OPEN_APPEND = 02000,
	OPEN_DIRECTORY = 0200000,
	OPEN_NOFOLLOW = 0400000,
	OPEN_NOATIME = 01000000,
	OPEN_PATH = 010000000,
	OPEN_NAMELESS = 020000000, /* O_TMPFILE without O_DIRECTORY: a new file without a name, in the directory that the path leads to; with OPEN_EXCLUSIVE it will never have one */
	OPEN_CHANGES = OPEN_CREATE | OPEN_TRUNCATE | OPEN_NAMELESS, /* those with which OPEN needs a sequence */
	OPEN_NO_MOUNTS = 1 << 2,   /* not of open(2), but of openat2(2): a path that leads from one mount to another is EXDEV (RESOLVE_NO_XDEV), */
	OPEN_NO_LINKS = 1 << 3,    /* one with a symbolic link that would be followed is ELOOP (RESOLVE_NO_SYMLINKS), */
	OPEN_BENEATH = 1 << 4,     /* one that leads out of the start, or is absolute, is EXDEV (RESOLVE_BENEATH) */
	OPEN_READ_ONLY = 1 << 29,  /* not of open(2): vfs says that its attributes cannot be changed either, where it was found */
	OPEN_KEEP_SETID = 1 << 30, /* not of open(2): vfs says that the opener may write without clearing set-user-id and set-group-id */
};

/* What OPEN has done besides opening. */
enum opening_done { OPENING_CREATED = 1 };

/* Flags of RENAME; the numbers are those of renameat2(2). */
enum rename_flags { RENAME_KEEP = 1 /* RENAME_NOREPLACE */, RENAME_SWAP = 2 /* RENAME_EXCHANGE */ };

/* Flags of vfs requests on paths, in the place of open flags. */
enum path_flags {
	PATH_NOFOLLOW = OPEN_NOFOLLOW, /* the last component is not followed when it is a symbolic link */
	PATH_FOLLOW = 0x400,           /* LINK follows only with this: AT_SYMLINK_FOLLOW */
	PATH_EMPTY = 0x1000,           /* an empty path means the start itself: AT_EMPTY_PATH. In OPEN and LINK that may be any file that the client has open; of one that is no directory `mode` tells by which mount it was found, as OPEN has told it */
};

/* Whence of SEEK: the numbers of lseek(2). */
enum seek_whence { SEEK_TO_DATA = 3, SEEK_TO_HOLE = 4 };

/* Modes of ALLOCATE; the numbers are those of fallocate(2). */
enum allocate_mode { ALLOCATE_KEEP_SIZE = 1, ALLOCATE_PUNCH_HOLE = 2, ALLOCATE_ZERO_RANGE = 0x10 };

/* Flags of SETXATTR; the numbers are those of setxattr(2). */
enum xattr_flags { XATTR_NEW = 1 /* XATTR_CREATE */, XATTR_OLD = 2 /* XATTR_REPLACE */ };

#define XATTR_NAME_BYTES_MAX 255   /* with the namespace, without a NUL */
#define XATTR_VALUE_BYTES_MAX 65280 /* of Linux's 64 KiB as much as a lane of a session takes with the name: a longer value is ENOSPC */

/* What ACCESS asks about: the numbers of access(2). */
enum access_wanted { ACCESS_EXECUTE = 1, ACCESS_WRITE = 2, ACCESS_READ = 4 };

/* Capabilities of Linux that a client may assert; the bits are Linux's. */
enum asserted_capability {
	ASSERTED_CHOWN = 1 << 0,
	ASSERTED_DAC_OVERRIDE = 1 << 1,
	ASSERTED_DAC_READ_SEARCH = 1 << 2,
	ASSERTED_FOWNER = 1 << 3,
	ASSERTED_FSETID = 1 << 4,
	ASSERTED_SYS_ADMIN = 1 << 21,
	ASSERTED_MKNOD = 1 << 27,
	ASSERTED_SETFCAP = INT32_MIN, /* bit 31 */
};

/* A start of a path that is no file id: the root of the session. */
#define START_ROOT UINT32_MAX

/* MOUNT's word 6: the tree is the client's own; the low 32 bits are the tag that referrals bring back. */
#define MOUNT_REFERRAL (1ull << 32)

/* MOUNT's word 6: a directory that the client has open, by its file id in the low 32 bits: a part of a mounted tree appears at one more place. */
#define MOUNT_DIRECTORY (1ull << 33)

/* MOUNT's word 6: the mount whose root the path names gets these flags. */
#define MOUNT_AGAIN (1ull << 34)

/* MOUNT's word 6: a mount moves to the path: the one whose root the client has open, by its file id in the low 32 bits; with MOUNT_REFERRAL one of its own trees, by its tag. */
#define MOUNT_MOVE (1ull << 35)

/* In what STAT tells of the mount by which a file was found: the file is its root. */
#define MOUNT_IS_ROOT 0x80000000u

/* Flags of a mount; the numbers are those of mount(2). */
enum mount_flags { MOUNT_READ_ONLY = 1, MOUNT_NOSUID = 2, MOUNT_NODEV = 4, MOUNT_NOEXEC = 8, MOUNT_NOATIME = 1024 };

/* The numbers of statfs(2). */
struct filesystem_statistics {
	uint64_t type; /* the magic number of the filesystem in Linux */
	uint64_t block_size;
	uint64_t blocks, blocks_free, blocks_available;
	uint64_t inodes, inodes_free;
	uint64_t name_length;
	uint64_t flags; /* enum mount_flags */
	uint64_t file_bytes_max; /* how long a file can be */
};
_Static_assert(sizeof(struct filesystem_statistics) == 80, "crosses sessions");

/* One entry of READDIR's answer: struct linux_dirent64. Records are padded to eight bytes; the name ends with a NUL. */
struct directory_record {
	uint64_t inode;
	uint64_t cookie; /* where to go on after this entry */
	uint16_t bytes;  /* of this record, padding included */
	uint8_t type;    /* mode >> 12 */
	char name[5];    /* and as much more as it takes */
};
_Static_assert(sizeof(struct directory_record) == 24, "crosses sessions");

#define COMPLETIONS 32

/* The result of a request that was answered ANSWER_PENDING. */
struct completion {
	uint64_t id;
	int64_t result;
	uint64_t words[6]; /* words 1..6 of the answer */
};

#define SESSION_GROUPS_MAX 32

#define LEASE_SLOTS 64 /* pages of a client's window: START_WINDOW_PAGES */

/* The first page of a session's buffer. */
struct session_page {
	uint64_t generation; /* [server writes] +1 at each start of the server: what was outstanding must be repeated */
	uint64_t changes;    /* [server writes] of a filesystem, for vfs: +1 when modes or owners change by way of an open file: what vfs has cached of them is stale. Of vfs, for its clients: +1 when mounts change: so may all that paths lead to */
	uint64_t reserved[6];
	uint32_t groups[SESSION_GROUPS_MAX]; /* [client writes] supplementary groups of the credentials that the next request asserts */
	uint32_t leases[LEASE_SLOTS]; /* [server writes] what LEASE answered, while the page in that slot of the client's window is the file's; else 0 */
	uint64_t parked[FILE_IDS / 64]; /* [client writes] of a filesystem: a bit for each file id that the client has closed for itself and keeps: the filesystem closes it when the file's last name goes */
	unsigned char ring[];                /* struct ring_shared of COMPLETIONS struct completion; the server produces */
};

#define SESSION_DATA 4096 /* where the client's part of the buffer begins */

/*
 * What a filesystem publishes in the Region FILESYSTEM.generations, for everybody to read: counters that advance whenever something changes that was told of a file (lib/generations.h). ACCESS: which names lead to a file from a directory, and who
 * may do what with it; ATTRIBUTES: all else that struct attributes tells.
 */
enum generation { GENERATION_ACCESS = 0, GENERATION_ATTRIBUTES = 1 };

#define GENERATION_BUCKET_BITS 9
#define GENERATION_BUCKETS (1 << GENERATION_BUCKET_BITS)

struct generations {
	uint64_t counter[2 * GENERATION_BUCKETS]; /* [a] by generation_index() */
};
_Static_assert(sizeof(struct generations) == 8192, "two pages");

static inline uint32_t generation_index(uint64_t inode, enum generation which)
{
	return (uint32_t)which * GENERATION_BUCKETS + (uint32_t)(inode * 0x9e3779b97f4a7c15 >> (64 - GENERATION_BUCKET_BITS));
}

/* On what the answer of STAT or OPEN depends: it holds as long as these counters of filesystems have these values. */
#define PATH_DEPENDENCIES 12

struct path_dependencies {
	uint64_t count; /* 0: nothing is known that it depends on alone, so ask again each time */
	struct path_dependency {
		uint32_t badge; /* of the filesystem */
		uint32_t index; /* of the counter */
		uint64_t value;
	} dependency[PATH_DEPENDENCIES];
};
_Static_assert(sizeof(struct path_dependencies) == 200, "crosses sessions");

/* Word 7 of TREE_CREATE: for which session the file is opened, under which id, with which enum open_flags; 0: it is not. */
static inline uint64_t opening_make(uint64_t badge, uint32_t id, uint32_t flags)
{
	return badge << 56 | (uint64_t)id << 32 | flags;
}

static inline uint64_t opening_badge(uint64_t opening)
{
	return opening >> 56;
}

static inline uint32_t opening_id(uint64_t opening)
{
	return opening >> 32 & 0xffffff;
}

/* Builds and takes apart a span. */
static inline uint64_t span_make(uint64_t offset, uint64_t bytes)
{
	return offset | bytes << 32;
}

static inline uint64_t span_offset(uint64_t span)
{
	return span & 0xffffffff;
}

static inline uint64_t span_bytes(uint64_t span)
{
	return span >> 32;
}

/* Two 32-bit values in a word, the first in the low half: owner and group. */
static inline uint64_t pair_make(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}
