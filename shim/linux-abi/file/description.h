/* SPDX-License-Identifier: MIT */
/*
 * Open files: what Linux calls an open file description. Numbers in tables (file/descriptors.h) lead to it; dup, fork and SCM_RIGHTS make more users of one. Its *operations* say what it is: a file of a filesystem, a pipe, a socket, a device.
 *
 * Users: each number in a table, each call that is under way on it, whatever else keeps it open. The last user's leaving releases it. A call holds it (descriptor_take), so that what waits in read() is not pulled away by close().
 *
 * Offsets: what can be sought in has operation `seek`. Calls that use the description's own offset do so with its lock `position` held, one after another; the others know no lock here.
 *
 * Results of operations are those of Linux: from 0 on, or a negative error number, -ERESTARTSYS included (process/wait.h). Operations that are null answer as Linux does where it has none.
 */
#pragma once

#include "abi/file.h"
#include "abi/linux/constants.h"
#include "file/transfer.h"
#include "process/task.h"

struct asker;
struct description;
struct entry;
struct file_change;
struct item;
struct node;
struct opened;
struct proc_text;
struct sigio;

struct description_operations {
	/* What /proc/PID/fd calls a file without a path: "pipe" for pipe:[inode], or "[eventfd]" for anon_inode:[eventfd]. May be null. */
	const char *kind;

	/* Adds lines of its own to its file in /proc/PID/fdinfo. May be null. */
	void (*describe)(const struct description *description, struct proc_text *text);

	/* Move data at *offset, and *offset on; for what cannot be sought in it means nothing. May be null: EINVAL. */
	int64_t (*read)(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset);
	int64_t (*write)(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset);

	/* What poll() tells of it now (LINUX_POLL*), and the queue that is woken with such events when that changes; a null queue when it never does. Null: always ready to be read and written. */
	uint32_t (*poll)(struct task *task, struct description *description, struct wait_queue **queue);

	/* What the owner is told of by SIGIO, of POLLIN, POLLPRI, POLLOUT and POLLHUP, when poll()'s queue is woken with these events. Null: it never is, and there is no O_ASYNC. */
	uint32_t (*told)(const struct description *description, uint32_t events);

	/* Null, and what it answers for requests that it does not know: ENOTTY. */
	int64_t (*ioctl)(struct task *task, struct description *description, uint64_t request, uint64_t argument);

	/* Commands of fcntl() that are about what it is: locks, the size of a pipe, seals. Null, and what it answers for others: EINVAL. */
	int64_t (*control)(struct task *task, struct description *description, uint64_t command, uint64_t argument);

	/* The new offset for whence and offset of lseek(2); sets nothing. Null: ESPIPE, for pread and pwrite too. */
	int64_t (*seek)(struct task *task, struct description *description, int64_t offset, uint64_t whence);

	/* lseek(2) has nowhere to go and says so by 0; it is ESPIPE for pread and pwrite. `seek` is null. */
	bool seeks_nowhere;

	/* Null: those of what vfs has opened, of the entry, or of a nameless file. */
	int (*attributes)(struct description *description, struct attributes *attributes);

	/* Mode, owner or times of what vfs does not know. Null: EPERM. */
	int (*change)(struct description *description, const struct asker *asker, const struct file_change *change);

	int (*truncate)(struct task *task, struct description *description, uint64_t size);                                  /* null: EINVAL */
	int (*allocate)(struct task *task, struct description *description, uint32_t mode, uint64_t offset, uint64_t bytes); /* null: ENODEV */

	/* Entries as struct directory_record after *cookie, as many as fit; 0 at the end, -EINVAL when not even one fits. Null: ENOTDIR. */
	int64_t (*list)(struct task *task, struct description *description, uint64_t *cookie, void *buffer, size_t bytes);

	/* What a mapping shows, held; a null object: anonymous memory of the process's own. `stores`: shared stores may come. Null: ENODEV. */
	int (*map)(struct description *description, bool shared, bool stores, struct object **object);

	int (*sync)(struct description *description, bool data_only); /* null: EINVAL */

	/* A number in a table goes that led to it, whoever else uses it (flush of Linux). May be null. */
	void (*closed)(struct description *description, const struct descriptors *by);

	/* A number that led to such a description is gone, and perhaps the description with it. May wait. May be null. */
	void (*left)(void);

	/* The last user has gone: gives back what operations keep. May wait. May be null. */
	void (*release)(struct description *description);
};

struct description {
	const struct description_operations *operations;
	uint32_t users;
	uint32_t flags; /* LINUX_O_*: access, and those that F_GETFL tells */
	uint32_t mode;  /* type and permissions, as of st_mode; the type stays, permissions are those at the time of opening */
	uint32_t mount_flags; /* enum mount_flags of the mount by which vfs came to it */
	struct opened *opened; /* what vfs opened for it (file/opened.h); null: nothing */
	struct entry *entry;   /* what it is in a tree of the shim's own (file/entry.h), held; null: nothing */
	uint64_t filesystem, inode;
	uint64_t device; /* of a device file */
	uint64_t offset;
	struct fiber_lock position;
	struct node *node;    /* of a regular file or a named pipe: what all who have it open share (file/node.h) */
	void *data;           /* the operations' own */
	uint64_t stamp;       /* the same */
	struct item *watched; /* by epolls (file/epoll.h) */
	char *text;           /* the path by which it was opened (file/text.h); may be null */
	struct file_owner {
		int32_t id; /* 0: nobody */
		uint32_t type; /* LINUX_F_OWNER_* */
		int32_t signal; /* F_SETSIG; 0: SIGIO */
		uint32_t user, effective_user; /* of who named it */
	} owner;
	struct sigio *sigio;  /* with O_ASYNC (file/sigio.h) */
};

/* Filesystems of the shim's own, as minor numbers of st_dev; those that vfs knows come after them, by their badge. */
enum own_filesystem {
	FILESYSTEM_PIPE = 1,
	FILESYSTEM_SOCKET,
	FILESYSTEM_ANONYMOUS, /* eventfd and the like */
	FILESYSTEM_MEMORY,    /* memfd, shared memory */
	FILESYSTEM_DEVICE,
	FILESYSTEM_PROCESS,
	FILESYSTEM_TERMINAL,
	FILESYSTEMS_OWN = 32,
};

/* A description with one user; a null pointer when there is no memory. `mode` with type; `flags` as of open(). It has inode numbers of its own, and no file. */
struct description *description_make(const struct description_operations *operations, uint32_t mode, uint32_t flags, uint64_t filesystem);

static inline void description_hold(struct description *description)
{
	description->users++;
}

/* May wait. */
void description_release(struct description *description);

/* Whether it is open for reading, for writing: not with O_PATH, and not with the access mode 3, which allows ioctl() alone. */
static inline bool description_reads(const struct description *description)
{
	uint32_t access = description->flags & (LINUX_O_ACCMODE | LINUX_O_PATH);

	return access == LINUX_O_RDONLY || access == LINUX_O_RDWR;
}

static inline bool description_writes(const struct description *description)
{
	uint32_t access = description->flags & (LINUX_O_ACCMODE | LINUX_O_PATH);

	return access == LINUX_O_WRONLY || access == LINUX_O_RDWR;
}

static inline bool description_is(const struct description *description, uint32_t type)
{
	return (description->mode & MODE_TYPE) == type;
}

/* Those of a file that is nowhere: its mode and inode, with the time of now. */
void attributes_nameless(const struct description *description, struct attributes *attributes);

int description_attributes(struct description *description, struct attributes *attributes);

/* What poll() tells now; *queue as the operation's. */
uint32_t description_poll(struct task *task, struct description *description, struct wait_queue **queue);

/* Takes the description behind a number of the task's table: its user until description_release(). -EBADF without one, and for O_PATH; the second takes these too. */
int descriptor_take(struct task *task, uint64_t number, struct description **description);
int descriptor_take_path(struct task *task, uint64_t number, struct description **description);

/* A number for a new description, which has become the table's even when this fails (then it is released). */
int descriptor_give(struct task *task, struct description *description, uint32_t flags);

/* Whether the task's process may have one number more: else descriptor_give() answers -EMFILE. */
bool descriptor_is_free(const struct task *task);

/* Numbers for two, which are put into the task's memory as int[2] at `address`: 0, or an error with nothing left behind. */
int descriptors_give_two(struct task *task, struct description *pair[2], uint32_t flags, uint64_t address);
