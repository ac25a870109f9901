/* SPDX-License-Identifier: MIT */
/*
 * The core of vfs: turns paths into inodes of filesystems, decides what the asserted credentials may do, and has the filesystems do it.
 *
 * A *tree* is a filesystem that vfs has a session with. A *mount* is where a tree hangs in the one tree of names, or where a client's own tree begins (then a walk ends with a referral). A *place* is a directory
 * that a client has opened: (badge, file id) -> mount, inode; paths may start there. A *worker* carries out one request at a time; each has a part of every tree's buffer, and a lane of its own in every tree's
 * session.
 *
 * Exactly once. A request that changes something ends in one change of one tree. Before it is sent, it is written into the worker's *intent*, in the state, with the number that it has in the worker's lane
 * there. A vfs that starts again sends what is still intended; the tree knows by the number whether it was done. The client's result is stored in the same transaction that clears the
 * intent. Opening needs no intent: the client chooses the id, so opening twice is opening once.
 *
 * The name cache and the cache of modes and owners are this instance's own, bounded, and start empty. All changes of names come through vfs; of changes by way of open files the tree tells by a
 * counter in its session page.
 *
 * A client is bounded to a directory, and to reading, as the manifest says (bounds.c).
 *
 * Pure: the options say how a tree is called.
 */
#pragma once

#include "lib/filesystem_server.h"
#include "lib/permission.h"

#define VFS_TREES 8
#define VFS_MOUNTS 16
#define VFS_PLACES FILE_IDS /* a power of two */
#define VFS_WORKERS SEQUENCE_LANES
#define VFS_MARKS SESSION_MARKS(FILESYSTEM_SESSIONS, SEQUENCE_LANES)
#define VFS_RIGHT_BYTES 32 /* of a right's name in the start page, with its NUL */
#define VFS_WALK_TEXT (4 * (PATH_BYTES_MAX + 1)) /* room for a path with the links that are being followed in it */

/* A worker's part of a tree's buffer. */
#define WORKER_NAME 0
#define WORKER_NEW_NAME 256
#define WORKER_ATTRIBUTES 512
#define WORKER_TIMES 640
#define WORKER_TEXT 1024
#define WORKER_BYTES 8192
#define VFS_TREE_BUFFER (SESSION_DATA + VFS_WORKERS * WORKER_BYTES)

struct vfs_options {
	uint32_t tree_count;
	uint64_t tree_badge[VFS_TREES];        /* by which clients know the filesystem */
	unsigned char *tree_buffer[VFS_TREES]; /* VFS_TREE_BUFFER bytes each */
	const struct generations *tree_generations[VFS_TREES]; /* null: of a tree that publishes none */
	uint64_t instance;
	bool blame;
	/* Calls a tree and waits for the answer, in the fiber of the worker. */
	void (*call)(void *context, uint32_t tree, struct file_exchange *exchange);
	/* One change of a tree's names at a time; zero or one lock is held at a time. */
	void (*lock)(void *context, uint32_t tree);
	void (*unlock)(void *context, uint32_t tree);
	unsigned char *(*buffer)(void *context, uint64_t badge, size_t *bytes);
	/* What the manifest grants the client with that badge, as `read:/usr`, with a NUL. False: nothing. */
	bool (*right)(void *context, uint64_t badge, char text[VFS_RIGHT_BYTES]);
	void *context;
};

/* What a client may do with names; each includes the one before it. */
enum vfs_may { MAY_NOTHING = 0, MAY_READ = 1, MAY_WRITE = 2, MAY_MOUNT = 3 };

struct vfs_bound {
	uint32_t may;   /* enum vfs_may */
	uint32_t flags; /* enum mount_flags that hold for all that the client sees */
	bool whole;     /* its root is the root of all */
	size_t path_bytes;
	char path[VFS_RIGHT_BYTES];
	/* Where the path led to; inode 0: not looked up yet. */
	uint32_t mount;
	uint64_t inode, generation;
	uint64_t serial; /* of the mount */
};

enum mount_state { MOUNT_FREE = 0, MOUNT_TREE = 1, MOUNT_CLIENT = 2 };

struct vfs_mount {
	uint32_t state; /* enum mount_state */
	uint32_t tree;
	uint64_t root;  /* inode; of a client's mount: its tag */
	uint32_t flags; /* enum mount_flags */
	uint32_t parent;
	uint64_t point; /* inode in the parent mount */
	uint64_t owner;  /* badge of the client that made it, 0: none; a client's own mount is there for it alone */
	uint64_t serial; /* no two mounts have the same */
	uint64_t reserved[2];
};
_Static_assert(sizeof(struct vfs_mount) == 64, "kept in the state");

struct vfs_place {
	uint32_t key; /* badge << 16 | id; 0: never used */
	uint32_t mount;
	uint64_t inode, generation; /* inode 0: closed */
	uint64_t serial;            /* of the mount */
};
_Static_assert(sizeof(struct vfs_place) == 32, "kept in the state");

/* What a worker is about to have done, or has had done and not yet told. */
struct vfs_intent {
	uint64_t badge, sequence; /* of the client's request; badge 0: nothing is intended */
	uint64_t label;           /* of the tree's request */
	uint64_t words[8];
	uint32_t tree, name_bytes, new_name_bytes, text_bytes;
	uint32_t opens, id, flags; /* the file is then opened for the client */
	uint32_t mount_flags; /* that hold where the file is opened */
	uint32_t mount;       /* by which it is found */
	uint32_t reserved_too;
	uint64_t reserved[4];
	struct timestamp times[2];
	char name[256], new_name[256];
	char text[PATH_BYTES_MAX + 1];
};

struct vfs_worker_state {
	uint64_t number[VFS_TREES]; /* of the last change sent to each tree */
	struct vfs_intent intent;
};
_Static_assert(sizeof(struct vfs_worker_state) % 64 == 0, "kept in the state");

struct vfs_state {
	struct session_lane lanes[FILESYSTEM_SESSIONS * SEQUENCE_LANES];
	struct vfs_mount mounts[VFS_MOUNTS];
	struct vfs_place places[VFS_PLACES];
	uint64_t mount_serial; /* of the mount made last */
	uint64_t reserved[7];
	struct vfs_worker_state workers[VFS_WORKERS];
};

/* A directory in the tree of names. */
struct vfs_directory {
	uint32_t mount;
	struct attributes attributes; /* only inode, generation, mode, owner and group are kept up to date */
};

enum last_component { LAST_NAME, LAST_DOT, LAST_PARENT, LAST_ROOT };

/* One walk along a path, and where it came to. */
struct vfs_walk {
	const struct credentials *credentials;
	struct vfs_directory root, at; /* `at` is the directory in which the last component is a name */
	enum last_component last;
	struct name name; /* in the text; valid until a link is followed */
	bool slash; /* slashes follow the last component */
	bool found; /* `target` is what the path names */
	struct vfs_directory target;
	unsigned links;
	uint64_t tag; /* of a referral */
	char text[VFS_WALK_TEXT]; /* the path that is left lies at its end */
	size_t text_at;
};

/* A worker's own memory. */
struct vfs_worker {
	struct path_dependencies depends;
	struct credentials credentials; /* that the client has asserted */
	struct vfs_walk walk, second;
	char target[PATH_BYTES_MAX + 1];
};

#define NAME_CACHE_WAYS 2
#define NAME_CACHE_SETS 512
#define NAME_CACHE_BYTES 40 /* longer names are not cached */
#define INODE_CACHE_ENTRIES 1024

struct vfs_cached_name {
	uint64_t directory, inode; /* directory 0: empty; inode 0: there is no such name */
	uint32_t tree, hash;
	uint8_t bytes;
	char text[NAME_CACHE_BYTES];
};

struct vfs_cached_inode {
	uint64_t inode, generation; /* inode 0: empty */
	uint32_t tree, mode, owner, group;
};

struct vfs {
	struct vfs_options options;
	struct tsm *tsm;
	struct vfs_state *state;
	struct sessions sessions;
	uint32_t mount_end; /* mounts from here on are free */
	struct vfs_bound bounds[FILESYSTEM_SESSIONS + 1]; /* by badge; 0 is nobody's */
	struct vfs_worker workers[VFS_WORKERS];
	struct vfs_cached_name names[NAME_CACHE_SETS][NAME_CACHE_WAYS];
	struct vfs_cached_inode inodes[INODE_CACHE_ENTRIES];
	uint32_t tree_flags[VFS_TREES]; /* enum mount_flags on which the tree insists, */
	bool tree_known[VFS_TREES];     /* if it has been asked: only when it is used, so that nobody else waits for it */
	uint64_t changes[VFS_TREES];    /* the trees' counters when their inodes were cached */
	uint64_t names_changed[VFS_TREES]; /* counts changes of names, so that an answer from before one is not remembered after it */
	uint32_t changing; /* intents that are being carried out */
	uint64_t changed;  /* counts those that have been */
	uint8_t name_victim;
};

/* Bytes of the data of a state region that vfs takes, and cells of undo that its largest transaction needs. */
#define VFS_STATE_BYTES sizeof(struct vfs_state)
#define VFS_UNDO_CELLS 160

/* Makes good what was damaged at [offset, offset + bytes) of the data, before vfs_open (salvage.c). False: that cannot be done, and nobody can be served. */
bool vfs_salvage(struct tsm *tsm, uint64_t offset, uint64_t bytes);

/* Opens the state, zero or as an earlier instance left it. Mounts the first tree that has a root as the root of all if nothing is mounted yet. Then vfs_left() and vfs_resume() for each worker. Returns 0 or the tree's error. */
int vfs_open(struct vfs *vfs, struct tsm *tsm, const struct vfs_options *options);

/* Whether the worker's predecessor intended something; then badge and sequence of the client's request are left in the exchange. */
bool vfs_left(const struct vfs *vfs, uint32_t worker, struct file_exchange *exchange);

/* Has done what the worker's predecessor intended, and leaves the answer. No new request may be begun before this has been, for each worker: names wait for what is intended. */
void vfs_resume(struct vfs *vfs, uint32_t worker, struct file_exchange *exchange);

/* Carries out one request and leaves the answer in it. */
void vfs_handle(struct vfs *vfs, uint32_t worker, struct file_exchange *exchange);
