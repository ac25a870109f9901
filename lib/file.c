/* SPDX-License-Identifier: MIT */
/*
 * The client of the file protocols (lib/file.h). Everything is one request at a time, in lane 0 of each session; the number of the last one is this program's own, and after its restart FILE_SESSION and VFS_SESSION make it 0
 * again on both sides.
 */
#include "lib/file.h"

#include "lib/clock.h"
#include "lib/leases.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "lib/string.h"

#define BUSY_WAIT_NS 1000000
#define PATH_AT SESSION_DATA
#define NEW_PATH_AT (SESSION_DATA + 4096)
#define RESULT_AT (SESSION_DATA + 8192)
#define VFS_BUFFER (SESSION_DATA + 12288)

/* What is known of a slot of a window: the page that is shown there, or that was last read without it. */
struct leased {
	uint64_t serial, index; /* of the file; the page in it */
	uint32_t token;         /* 0: no lease */
	uint32_t bytes;         /* that the file has of the page */
};

/* A session with vfs or with a filesystem. */
struct session {
	handle_t handle;
	uint64_t badge;
	unsigned char *buffer;
	size_t bytes;
	size_t chunk;    /* bytes of data that go through it at a time */
	uint64_t number; /* of the last request that changed something */
	struct ring completions;
	const unsigned char *window; /* on the filesystem's pages; null: there is none */
	struct leased leased[LEASE_SLOTS];
};

struct file {
	struct session *session; /* null: not open */
	uint64_t serial;         /* no two files that were ever open have the same */
};

static uint64_t serial_last;

static struct session vfs, filesystems[8];
static unsigned filesystem_count;
static struct file files[FILE_IDS];
static uint64_t asker = 0, asserted = UINT32_MAX; /* pairs of the vfs protocol */

/* Sessions. */

static const unsigned char *window_find(const char *server)
{
	const struct start_grant *grant = NULL;

	while ((grant = start_next(GRANT_WINDOW, grant)) != NULL)
		if (memcmp(grant->name, "lease:", 6) == 0 && strcmp(grant->name + 6, server) == 0)
			return (const unsigned char *)grant->address;
	return NULL;
}

static bool session_open(struct session *session, const struct start_grant *grant, size_t least)
{
	const struct start_grant *buffer = start_buffer_of(grant->name);
	const struct session_page *page;

	if (!buffer || buffer->bytes < least)
		return false;
	page = (const struct session_page *)buffer->address;
	*session = (struct session){
		.handle = grant->slot,
		.badge = buffer->argument,
		.buffer = (unsigned char *)buffer->address,
		.bytes = buffer->bytes,
		.chunk = buffer->bytes - SESSION_DATA < FILE_CHUNK ? buffer->bytes - SESSION_DATA : FILE_CHUNK,
		.window = window_find(grant->name),
	};
	ring_continue(&session->completions, (void *)page->ring, COMPLETIONS, sizeof(struct completion), false);
	return true;
}

/* Waits for a signal, at most until the deadline unless that is 0, and gives the signs of life that are asked for meanwhile. A message that comes instead is refused: who serves others cannot wait here. */
__attribute__((noinline)) static bool signal_await(uint64_t deadline)
{
	struct request request;
	enum error error = deadline ? service_receive_until(&request, deadline) : service_receive(&request);

	while (error == OK && request.kind != MESSAGE_NOTIFICATION) {
		request.status = ERR_BUSY;
		request.words = 0;
		error = deadline ? service_reply_receive_until(&request, deadline) : service_reply_receive(&request);
	}
	return error == OK;
}

/*
 * Waits for the result of a request that was answered ANSWER_PENDING by the instance `generation` of the server. False when there is another one: then it must be sent again. To send it twice to the same instance would be
 * wrong: the second answer could come into the buffer when that is used for something else.
 */
static bool answer_await(struct session *session, uint64_t id, uint64_t generation, uint64_t data[8])
{
	const struct session_page *page = (const struct session_page *)session->buffer;
	struct completion completion;

	for (;;) {
		while (ring_pop(&session->completions, &completion) == RING_OK) {
			if (completion.id != id)
				continue;
			data[0] = (uint64_t)completion.result;
			memcpy(data + 1, completion.words, sizeof(completion.words));
			return true;
		}
		if (__atomic_load_n(&page->generation, __ATOMIC_ACQUIRE) != generation || !signal_await(0))
			return false;
	}
}

/* Sends a request until it is answered. Returns word 0 of the answer; data[1] becomes word 1. */
__attribute__((always_inline)) static inline int64_t session_exchange(struct session *session, uint64_t label, uint64_t words, uint64_t data[8])
{
	struct kernel_call answer;

	do {
		if (service_exchange(session->handle, label, words, data, &answer) != OK)
			return -EIO;
		if ((int64_t)answer.data[0] == -EAGAIN) /* the server has nobody to carry it out */
			(void)signal_await(clock_now() + BUSY_WAIT_NS);
	} while ((int64_t)answer.data[0] == -EAGAIN || ((int64_t)answer.data[0] == ANSWER_PENDING && !answer_await(session, answer.data[1], answer.data[2], answer.data)));
	data[1] = answer.data[1];
	return (int64_t)answer.data[0];
}

/* The same, where the call itself does not count. */
static int64_t session_call(struct session *session, uint64_t label, uint64_t words, uint64_t data[8])
{
	return session_exchange(session, label, words, data);
}

static struct session *session_by_badge(uint64_t badge)
{
	for (unsigned i = 0; i < filesystem_count; i++)
		if (filesystems[i].badge == badge)
			return &filesystems[i];
	return NULL;
}

int file_start(void)
{
	const struct start_grant *grant = NULL;
	uint64_t data[8] = {0};

	while ((grant = start_next(GRANT_SESSION, grant)) != NULL) {
		bool is_vfs = strcmp(grant->name, "vfs") == 0;
		struct session *session = is_vfs ? &vfs : &filesystems[filesystem_count];

		if ((!is_vfs && filesystem_count == sizeof(filesystems) / sizeof(filesystems[0])) || !session_open(session, grant, is_vfs ? VFS_BUFFER : SESSION_DATA + FILE_CHUNK_LEAST))
			continue;
		memset(data, 0, sizeof(data));
		if (session_call(session, is_vfs ? VFS_SESSION : FILE_SESSION, 1, data) == 0 && !is_vfs)
			filesystem_count++;
	}
	return vfs.handle && filesystem_count ? 0 : -ENODEV;
}

void file_credentials(uint32_t user, uint32_t group, uint32_t capabilities)
{
	asker = pair_make(user, group);
	asserted = capabilities;
}

/* Requests on paths. */

/* Puts a text into vfs's buffer; what is too long is cut to one byte more than is allowed, so that vfs refuses it. */
static uint64_t text_put(const char *text, uint64_t at)
{
	size_t bytes = strlen(text);

	if (bytes > PATH_BYTES_MAX)
		bytes = PATH_BYTES_MAX + 1;
	memcpy(vfs.buffer + at, text, bytes);
	return span_make(at, bytes);
}

/* A request on a path. `numbered` is for what changes something. data[6] and [7] are the caller's. */
static int64_t path_call(uint64_t label, const char *path, uint32_t flags, uint32_t mode, bool numbered, uint64_t data[8])
{
	data[0] = numbered ? ++vfs.number : 0;
	data[1] = text_put(path, PATH_AT);
	data[2] = pair_make(START_ROOT, START_ROOT);
	data[3] = asker;
	data[4] = asserted;
	data[5] = pair_make(flags, mode);
	return session_call(&vfs, label, 8, data);
}

static int file_free(void)
{
	for (int i = 0; i < FILE_IDS; i++)
		if (!files[i].session)
			return i;
	return -EMFILE;
}

int file_open(const char *path, uint32_t flags, uint32_t mode)
{
	int id = file_free();
	uint64_t data[8] = {0};
	int64_t error;

	if (id < 0)
		return id;
	data[6] = (uint64_t)id;
	error = path_call(VFS_OPEN, path, flags, mode, flags & (OPEN_CREATE | OPEN_TRUNCATE), data);
	if (error)
		return (int)(error < 0 ? error : -ENXIO);
	files[id].session = session_by_badge(data[1]);
	files[id].serial = ++serial_last;
	return files[id].session ? id : -ENODEV;
}

int path_attributes(const char *path, bool follow, struct attributes *attributes)
{
	uint64_t data[8] = {[6] = RESULT_AT};
	int64_t error = path_call(VFS_STAT, path, follow ? 0 : PATH_NOFOLLOW, 0, false, data);

	if (!error)
		memcpy(attributes, vfs.buffer + RESULT_AT, sizeof(*attributes));
	return (int)error;
}

static int path_change(uint64_t label, const char *path, uint32_t flags, uint32_t mode)
{
	uint64_t data[8] = {0};

	return (int)path_call(label, path, flags, mode, true, data);
}

static int path_change_two(uint64_t label, const char *path, const char *other, uint32_t flags)
{
	uint64_t data[8] = {[6] = text_put(other, NEW_PATH_AT), [7] = START_ROOT};

	return (int)path_call(label, path, flags, 0, true, data);
}

int path_make_directory(const char *path, uint32_t mode)
{
	return path_change(VFS_MKDIR, path, 0, mode);
}

int path_remove(const char *path)
{
	return path_change(VFS_UNLINK, path, 0, 0);
}

int path_remove_directory(const char *path)
{
	return path_change(VFS_RMDIR, path, 0, 0);
}

int path_change_mode(const char *path, uint32_t mode)
{
	return path_change(VFS_CHMOD, path, 0, mode);
}

int path_rename(const char *from, const char *to, uint32_t flags)
{
	return path_change_two(VFS_RENAME, from, to, flags);
}

int path_link(const char *from, const char *to)
{
	return path_change_two(VFS_LINK, from, to, 0);
}

int path_make_link(const char *path, const char *target)
{
	return path_change_two(VFS_SYMLINK, path, target, 0);
}

int64_t path_read_link(const char *path, char *target, size_t bytes)
{
	size_t room = bytes < 4096 ? bytes : 4096;
	uint64_t data[8] = {[6] = span_make(RESULT_AT, room)};
	int64_t done = path_call(VFS_READLINK, path, 0, 0, false, data);

	if (done > (int64_t)room)
		return -EIO;
	if (done > 0)
		memcpy(target, vfs.buffer + RESULT_AT, (size_t)done);
	return done;
}

int path_mount(const char *path, const char *service, uint32_t flags)
{
	const struct start_grant *buffer = start_buffer_of(service);
	uint64_t data[8] = {[6] = buffer ? buffer->argument : UINT32_MAX};

	return (int)path_call(VFS_MOUNT, path, flags, 0, true, data);
}

/* Requests on open files. */

static struct session *session_of(int file)
{
	return file >= 0 && file < FILE_IDS ? files[file].session : NULL;
}

int file_close(int file)
{
	struct session *session = session_of(file);
	uint64_t data[8] = {0, (uint64_t)file};
	int error;

	if (!session)
		return -EBADF;
	files[file].session = NULL;
	error = (int)session_call(session, FILE_CLOSE, 2, data);
	return error == -EBADF ? 0 : error; /* it was open: an instance that then died has closed it */
}

int64_t file_read_in_place(int file, uint64_t offset, size_t bytes, const void **data)
{
	struct session *session = session_of(file);
	uint64_t words[8];
	int64_t done;

	if (!session)
		return -EBADF;
	if (bytes > session->chunk)
		bytes = session->chunk;
	words[0] = 0;
	words[1] = (uint64_t)file;
	words[2] = offset;
	words[3] = span_make(SESSION_DATA, bytes);
	done = session_exchange(session, FILE_READ, 4, words);
	*data = session->buffer + SESSION_DATA;
	return done > (int64_t)bytes ? -EIO : done;
}

/* Reading without the filesystem: pages that it has leased to this program. */

static uint32_t slot_for(uint64_t serial, uint64_t index)
{
	return (uint32_t)(serial * 29 + index) % LEASE_SLOTS;
}

static bool lease_holds(const struct session *session, uint32_t slot, uint32_t token)
{
	const struct session_page *page = (const struct session_page *)session->buffer;

	return __atomic_load_n(&page->leases[slot], __ATOMIC_SEQ_CST) == token;
}

/* Has a page shown in its slot of the window. False when it cannot be. */
static bool lease_take(struct session *session, int file, uint64_t index, uint32_t slot)
{
	uint64_t words[8] = {0, (uint64_t)file, index, slot};
	int64_t bytes = session_call(session, FILE_LEASE, 4, words);

	session->leased[slot].token = bytes > 0 ? (uint32_t)words[1] : 0;
	session->leased[slot].bytes = (uint32_t)bytes;
	return bytes > 0 && bytes <= LEASE_PAGE;
}

/* Copies bytes of one page out of the window. False when they are not all there, or the page was taken back meanwhile. */
static bool leased_copy(const struct session *session, uint64_t serial, uint64_t offset, void *buffer, size_t bytes)
{
	uint64_t index = offset / LEASE_PAGE, within = offset % LEASE_PAGE;
	uint32_t slot = slot_for(serial, index);
	const struct leased *leased = &session->leased[slot];

	if (leased->serial != serial || leased->index != index || !leased->token || within + bytes > leased->bytes || !lease_holds(session, slot, leased->token))
		return false;
	memcpy(buffer, session->window + slot * LEASE_PAGE + within, bytes);
	return lease_holds(session, slot, leased->token);
}

/* A page that is read a second time is leased. True when it is now. */
static bool lease_consider(struct session *session, int file, uint64_t index)
{
	uint64_t serial = files[file].serial;
	uint32_t slot = slot_for(serial, index);
	struct leased *leased = &session->leased[slot];

	if (leased->serial != serial || leased->index != index) {
		*leased = (struct leased){.serial = serial, .index = index};
		return false;
	}
	if (leased->token && lease_holds(session, slot, leased->token))
		return false; /* what is wanted lies behind the end of the file */
	if (lease_take(session, file, index, slot))
		return true;
	leased->serial = 0;
	return false;
}

/* Bytes read from a leased page: all that are wanted of the page, or 0. */
static size_t leased_read(struct session *session, int file, uint64_t offset, void *buffer, size_t bytes)
{
	size_t rest = LEASE_PAGE - offset % LEASE_PAGE, part = bytes < rest ? bytes : rest;

	if (!session->window || !part)
		return 0;
	if (leased_copy(session, files[file].serial, offset, buffer, part))
		return part;
	if (bytes > rest || !lease_consider(session, file, offset / LEASE_PAGE))
		return 0;
	return leased_copy(session, files[file].serial, offset, buffer, part) ? part : 0;
}

int file_page(int file, uint64_t index, struct file_page *page)
{
	struct session *session = session_of(file);
	uint32_t slot;

	if (!session || !session->window)
		return session ? -EOPNOTSUPP : -EBADF;
	slot = slot_for(files[file].serial, index);
	session->leased[slot] = (struct leased){.serial = files[file].serial, .index = index};
	if (!lease_take(session, file, index, slot))
		return -ENODATA;
	page->bytes = session->window + slot * LEASE_PAGE;
	page->count = session->leased[slot].bytes;
	page->word = &((const struct session_page *)session->buffer)->leases[slot];
	page->token = session->leased[slot].token;
	return 0;
}

void *file_shared(int file, uint32_t slot)
{
	struct session *session = session_of(file);

	return session && session->window && slot < LEASE_SLOTS ? (void *)(session->window + START_WINDOW_SHARED + slot * LEASE_PAGE) : NULL;
}

int64_t file_share(int file, uint64_t index, uint32_t slot, bool write)
{
	struct session *session = session_of(file);
	uint64_t words[8] = {0, (uint64_t)file, index, slot, write};

	return session ? session_call(session, FILE_SHARE, 5, words) : -EBADF;
}

int file_unshare(int file, uint32_t slot)
{
	struct session *session = session_of(file);
	uint64_t words[8] = {0, (uint64_t)file, slot};

	return session ? (int)session_call(session, FILE_UNSHARE, 3, words) : -EBADF;
}

int64_t file_read(int file, uint64_t offset, void *buffer, size_t bytes)
{
	struct session *session = session_of(file);
	size_t done = 0;

	if (!session)
		return -EBADF;
	do {
		const void *data;
		int64_t part = (int64_t)leased_read(session, file, offset + done, (char *)buffer + done, bytes - done);

		if (!part) {
			part = file_read_in_place(file, offset + done, bytes - done, &data);
			if (part <= 0)
				return done ? (int64_t)done : part;
			memcpy((char *)buffer + done, data, (size_t)part);
		}
		done += (size_t)part;
	} while (done < bytes);
	return (int64_t)done;
}

int64_t file_write(int file, uint64_t offset, const void *buffer, size_t bytes)
{
	struct session *session = session_of(file);
	size_t done = 0;

	if (!session)
		return -EBADF;
	do {
		size_t part = bytes - done < session->chunk ? bytes - done : session->chunk;
		uint64_t words[8] = {++session->number, (uint64_t)file, offset == FILE_END ? FILE_END : offset + done, span_make(SESSION_DATA, part)};
		int64_t written;

		memcpy(session->buffer + SESSION_DATA, (const char *)buffer + done, part);
		written = session_call(session, FILE_WRITE, 4, words);
		if (written <= 0)
			return done ? (int64_t)done : written;
		done += (size_t)written;
		if ((size_t)written < part)
			break;
	} while (done < bytes);
	return (int64_t)done;
}

int file_truncate(int file, uint64_t size)
{
	struct session *session = session_of(file);
	uint64_t data[8] = {0, (uint64_t)file, size};

	if (!session)
		return -EBADF;
	data[0] = ++session->number;
	return (int)session_call(session, FILE_TRUNCATE, 3, data);
}

int file_attributes(int file, struct attributes *attributes)
{
	struct session *session = session_of(file);
	uint64_t data[8] = {0, (uint64_t)file, SESSION_DATA};
	int64_t error = session ? session_call(session, FILE_GETATTR, 3, data) : -EBADF;

	if (!error)
		memcpy(attributes, session->buffer + SESSION_DATA, sizeof(*attributes));
	return (int)error;
}

int file_sync(int file)
{
	struct session *session = session_of(file);
	uint64_t data[8] = {0, (uint64_t)file, 0};

	return session ? (int)session_call(session, FILE_FSYNC, 3, data) : -EBADF;
}

int64_t file_list(int file, uint64_t *cookie, void *buffer, size_t bytes)
{
	struct session *session = session_of(file);
	size_t part = session && bytes > session->chunk ? session->chunk : bytes;
	uint64_t data[8] = {0, (uint64_t)file, *cookie, span_make(SESSION_DATA, part)};
	int64_t done = session ? session_call(session, FILE_READDIR, 4, data) : -EBADF;

	if (done > (int64_t)part)
		return -EIO;
	if (done >= 0) {
		memcpy(buffer, session->buffer + SESSION_DATA, (size_t)done);
		*cookie = data[1];
	}
	return done;
}
