/* SPDX-License-Identifier: MIT */
/*
 * Files for native programs: a client of vfs and of the filesystems that it names.
 *
 * A service that `uses vfs buffer ...` and `uses FILESYSTEM buffer ...` for each filesystem that is mounted can call these. Requests that change something carry a number, so what is repeated after a server's restart
 * is done once; repeating, and waiting for what is answered later, happens in here. Paths are absolute, and the program asks as user 0 with all capabilities unless file_credentials() says otherwise; who asks for others
 * uses lib/path.h and file_open_at().
 *
 * Waiting. Called in a fiber (lib/fiber.h), these functions and those of lib/path.h wait in that fiber: for an answer that comes late, for a server that has nobody to carry the request out, for a lane. The program's event loop
 * passes signals on to file_signalled() and then runs its fibers. There is a lane for each 12 KiB of the buffer shared with vfs, and for each FILE_CHUNK of that shared with a filesystem, at least one and at most
 * SEQUENCE_LANES: so many requests can be under way. Outside of fibers the thread itself waits, and messages to it are refused meanwhile.
 *
 * Results are those of Linux: from 0 on, or a negative error number. A file that is closed while another fiber has a request on it makes that one fail or not, as it happens.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "abi/file.h"
#include "lib/path.h"

#define FILE_CHUNK 65536       /* bytes of data that go through a lane at a time, if the buffer has so much */
#define FILE_CHUNK_LEAST 4096  /* with less than this behind the first page a buffer is of no use */

/* Begins: forgets, at vfs and at all filesystems, what an earlier instance of this program had open. 0, or -ENODEV without a session. */
int file_start(void);

/* The bits of a signal that has come (struct request, data[0]): wakes the fibers for which there is an answer now. Bits of others do no harm. */
void file_signalled(uint64_t bits);

/* Who asks from now on. */
void file_credentials(uint32_t user, uint32_t group, uint32_t capabilities);

/* Opens a file: flags and mode as in open(2). Returns its number. */
int file_open(const char *path, uint32_t flags, uint32_t mode);

/* The same for an asker, or PATH_REFERRAL. What was opened: mode with type, enum mount_flags that hold there, inode, device of a device file, the mount by which it was found, enum opening_done. */
struct file_opened {
	uint32_t mode, mount_flags;
	uint64_t inode, device;
	uint32_t mount, done;
};
int file_open_at(struct path *path, uint32_t flags, uint32_t mode, struct file_opened *opened);

/*
 * Gives this client memory, zero, in which it keeps regular files that it has closed: while nothing of what decided about opening one has changed, it is opened again without a call, and until then counts as closed for everybody. For filesystems
 * whose `region NAME.generations` the program `needs ... read`; files of others are not kept. Some 500 bytes are a file; there should be fewer than half of FILE_IDS.
 */
void file_park(void *memory, size_t bytes);

/* The number is not used again before the answer is there; a request on it is refused from now on. */
int file_close(int file);

/* Reads or writes at an offset; FILE_END appends. The bytes done may be fewer than asked for: at the end of the file, or when the disk is full. */
int64_t file_read(int file, uint64_t offset, void *buffer, size_t bytes);
int64_t file_write(int file, uint64_t offset, const void *buffer, size_t bytes);

/* The same, and *end becomes the offset behind what was written. */
int64_t file_write_to(int file, uint64_t offset, const void *buffer, size_t bytes, uint64_t *end);

/* Reads at most FILE_CHUNK bytes into the session's buffer and tells where they are, until the next call of any of these, and until the fiber waits. */
int64_t file_read_in_place(int file, uint64_t offset, size_t bytes, const void **data);

/*
 * A page of 4 KiB of a file where it lies in the filesystem's memory, read-only: of a program whose manifest says `lease`. What has been read there is the file's if file_page_holds() afterwards; when it does not, the page
 * was taken back (it has changed, the file was closed, or the filesystem was restarted), shows zeros, and can be asked for again. Pages that file_read() finds useful and these share LEASE_SLOTS places.
 * -EOPNOTSUPP without a window, -ENODATA for a hole or behind the end.
 */
struct file_page {
	const void *bytes;
	uint32_t count; /* bytes that the file has of it */
	const uint32_t *word;
	uint32_t token;
};
int file_page(int file, uint64_t index, struct file_page *page);

static inline bool file_page_holds(const struct file_page *page)
{
	return __atomic_load_n(page->word, __ATOMIC_SEQ_CST) == page->token;
}


/*
 * A page of a file that is shared with all who do the same, and with file_read() and file_write(): in slot `slot` of the window for shared pages, at file_shared(). Returns the bytes that the file has of it. Whoever stores or
 * reads there has its faults served by somebody who asks for the page (again): the filesystem makes it read-only when it writes it back, and takes it away when the size of the file changes or after its restart.
 */
void *file_shared(int file, uint32_t slot);
int64_t file_share(int file, uint64_t index, uint32_t slot, bool write);
int file_unshare(int file, uint32_t slot);

int file_truncate(int file, uint64_t size);
int file_attributes(int file, struct attributes *attributes);
int file_statistics(int file, struct filesystem_statistics *statistics);
int file_sync(int file);
int file_sync_data(int file);
int file_allocate(int file, uint32_t mode, uint64_t offset, uint64_t bytes); /* enum allocate_mode */
int64_t file_seek(int file, uint64_t offset, enum seek_whence whence);

/* Sets mode, owner, group or times, as far as the asker may. */
struct file_change {
	uint32_t mask; /* enum attribute_mask, without SIZE: which of them */
	uint32_t mode, owner, group;
	struct timestamp times[2]; /* access, modification */
};
int file_change(int file, const struct asker *asker, const struct file_change *change);

/*
 * Extended attributes, as the asker may; a file that is open with OPEN_PATH will do. `name` has at most XATTR_NAME_BYTES_MAX bytes. Bytes of the value, of the list (names, each with its NUL); with `bytes` 0 only how many there are. ERANGE when
 * there are more than `bytes`; ENOSPC for a value that is too long.
 */
int64_t file_get_xattr(int file, const struct asker *asker, const char *name, void *value, size_t bytes);
int64_t file_list_xattrs(int file, const struct asker *asker, void *list, size_t bytes);
int file_set_xattr(int file, const struct asker *asker, const char *name, const void *value, size_t bytes, uint32_t flags); /* enum xattr_flags */
int file_remove_xattr(int file, const struct asker *asker, const char *name);

/* Entries of an open directory as struct directory_record; *cookie is 0 at first. Bytes, 0 at the end. */
int64_t file_list(int file, uint64_t *cookie, void *buffer, size_t bytes);

/* On paths, for the program itself. */
int path_attributes(const char *path, bool follow, struct attributes *attributes);
int path_make_directory(const char *path, uint32_t mode);
int path_remove(const char *path);           /* a name of a file */
int path_remove_directory(const char *path);
int path_rename(const char *from, const char *to, uint32_t flags);
int path_link(const char *from, const char *to);
int path_make_link(const char *path, const char *target);
int64_t path_read_link(const char *path, char *target, size_t bytes);
int path_change_mode(const char *path, uint32_t mode);

/* Mounts the filesystem that is the service of that name. */
int path_mount(const char *path, const char *service, uint32_t flags);
