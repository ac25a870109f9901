/* SPDX-License-Identifier: MIT */
/*
 * Files for native programs: a client of vfs and of the filesystems that it names.
 *
 * A service that `uses vfs buffer ...` and `uses FILESYSTEM buffer ...` for each filesystem that is mounted can call these. Requests that change something carry a number, so what is repeated after a server's restart
 * is done once; repeating, and waiting for what is answered later, happens in here. Paths are absolute. The caller asks as user 0 with all capabilities unless file_credentials() says otherwise.
 *
 * Data goes through the session's buffer, FILE_CHUNK bytes at a time: file_read() copies them out of it, file_read_in_place() leaves them there. Results are those of Linux: from 0 on, or a negative error number.
 * One thread, of a program that serves nobody: while it waits for a late answer, messages to it are refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "abi/file.h"

#define FILE_CHUNK 65536       /* bytes of data in a session's buffer, if the buffer has so much */
#define FILE_CHUNK_LEAST 4096  /* with less than this behind the first page a buffer is of no use */

/* Begins: forgets, at vfs and at all filesystems, what an earlier instance of this program had open. 0, or -ENODEV without a session. */
int file_start(void);

/* Who asks from now on. */
void file_credentials(uint32_t user, uint32_t group, uint32_t capabilities);

/* Opens a file: flags and mode as in open(2). Returns its number. */
int file_open(const char *path, uint32_t flags, uint32_t mode);
int file_close(int file);

/* Reads or writes at an offset; FILE_END appends. The bytes done may be fewer than asked for: at the end of the file, or when the disk is full. */
int64_t file_read(int file, uint64_t offset, void *buffer, size_t bytes);
int64_t file_write(int file, uint64_t offset, const void *buffer, size_t bytes);

/* Reads at most FILE_CHUNK bytes into the session's buffer and tells where they are, until the next call of any of these. */
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
int file_sync(int file);

/* Entries of an open directory as struct directory_record; *cookie is 0 at first. Bytes, 0 at the end. */
int64_t file_list(int file, uint64_t *cookie, void *buffer, size_t bytes);

/* On paths. */
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
