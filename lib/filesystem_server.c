/* SPDX-License-Identifier: MIT */
/*
 * The server of a filesystem (lib/filesystem_server.h).
 *
 * One request: the entry of its label in `handlers` says how many words it must have, who may ask, and whether it changes state. What does is carried out between begin and commit, with its
 * result stored in its lane by the same transaction; an error is stored in a transaction of its own, after the rollback. A handler reads words and buffers, checks, and calls one operation
 * of the core.
 */
#include "lib/filesystem_server.h"

#include "lib/assert.h"
#include "lib/permission.h"
#include "lib/string.h"

/* A request while it is carried out. */
struct call {
	struct filesystem_server *server;
	const struct filesystem_operations *operations;
	void *core;
	uint64_t badge;
	const uint64_t *word; /* of the request */
	unsigned char *buffer;
	size_t buffer_bytes;
	uint64_t answer[3]; /* words 1.. of the answer */
	uint32_t answer_words;
	bool modes_changed; /* by way of an open file */
};

enum handler_flags {
	CHANGES = 1,     /* in a transaction, with a sequence */
	TREE = 2,        /* for vfs alone */
	UNSEQUENCED = 4, /* in a transaction; repeating it is harmless by itself */
	HOT = 8,         /* so frequent and so simple that it is not watched: if it kills the server, it does so again */
};

struct handler {
	int64_t (*handle)(struct call *call);
	uint32_t words, flags;
};

/* Words and buffers. */

static int span_check(const struct call *call, uint64_t offset, uint64_t bytes)
{
	return offset >= SESSION_DATA && offset <= call->buffer_bytes && bytes <= call->buffer_bytes - offset ? 0 : -EFAULT;
}

/* A span of the buffer; a null pointer when it does not lie in it. */
static unsigned char *span_at(const struct call *call, uint64_t span)
{
	return span_check(call, span_offset(span), span_bytes(span)) == 0 ? call->buffer + span_offset(span) : NULL;
}

static int out_put(const struct call *call, uint64_t offset, const void *from, size_t bytes)
{
	if (span_check(call, offset, bytes) != 0)
		return -EFAULT;
	memcpy(call->buffer + offset, from, bytes);
	return 0;
}

/* A private copy of a name in the buffer, checked. */
struct name_copy {
	char text[NAME_BYTES_MAX];
	struct name name;
};

static int name_take(const struct call *call, uint64_t span, struct name_copy *copy, bool parent_allowed)
{
	const unsigned char *from = span_at(call, span);
	size_t bytes = span_bytes(span);

	if (!from)
		return -EFAULT;
	if (bytes == 0 || bytes > NAME_BYTES_MAX)
		return bytes ? -ENAMETOOLONG : -ENOENT;
	memcpy(copy->text, from, bytes);
	copy->name = (struct name){copy->text, bytes};
	for (size_t i = 0; i < bytes; i++)
		if (copy->text[i] == '/' || copy->text[i] == 0)
			return -EINVAL;
	if (copy->text[0] == '.' && (bytes == 1 || (bytes == 2 && copy->text[1] == '.' && !parent_allowed)))
		return -EINVAL;
	return 0;
}

static uint32_t low(uint64_t pair)
{
	return (uint32_t)pair;
}

static uint32_t high(uint64_t pair)
{
	return (uint32_t)(pair >> 32);
}

/* Open files. */

#define KEY_LOST UINT32_MAX /* of a slot whose cell was damaged: nobody has this badge */

static uint32_t file_key(uint64_t badge, uint64_t id)
{
	return (uint32_t)(badge << 16 | id);
}

/* The slot of that key; if there is none, the one to use for it: never used, else closed. A null pointer when all are open. */
static struct open_file *file_slot(const struct filesystem_server *server, uint32_t key)
{
	uint32_t mask = server->options.open_files - 1, at = (key >> 16) * FILE_IDS + (key & 0xffff);
	struct open_file *closed = NULL;

	for (uint32_t i = 0; i <= mask; i++) {
		struct open_file *file = &server->files[(at + i) & mask];

		if (file->key == key)
			return file;
		if (!file->key)
			return file;
		if (!file->inode && !closed)
			closed = file;
	}
	return closed;
}

/* The open file of the caller with that id; a null pointer when there is none. */
static struct open_file *file_find(const struct call *call, uint64_t id)
{
	struct open_file *file = id < FILE_IDS ? file_slot(call->server, file_key(call->badge, id)) : NULL;

	return file && file->key == file_key(call->badge, id) && file->inode ? file : NULL;
}

static bool file_reads(const struct open_file *file)
{
	return !(file->flags & OPEN_PATH) && (file->flags & OPEN_ACCESS) != OPEN_WRITE;
}

static bool file_writes(const struct open_file *file)
{
	return !(file->flags & OPEN_PATH) && (file->flags & OPEN_ACCESS) != OPEN_READ;
}

static int file_release(struct call *call, struct open_file *file)
{
	int error = call->operations->close(call->core, file->inode);

	if (error)
		return error;
	if (call->server->options.leases && call->server->options.leases->total)
		leases_close(call->server->options.leases, file->key >> 16, file->key & 0xffff);
	tsm_set(call->server->tsm, file->inode, 0);
	return 0;
}

/* Shared pages. What is done here comes before the transaction of the request on whose behalf it is done, in transactions of its own. */

/* Where a shared page lies in its file. */
static uint64_t share_offset(const struct shares *shares, uint32_t page)
{
	return shares->entry[page].index * SHARE_PAGE;
}

/* Bytes that a file has of its page `index`; an error number, or 0 when it has none. */
static int64_t page_bytes(const struct filesystem_server *server, uint64_t inode, uint64_t index)
{
	struct attributes attributes;
	int error = server->filesystem.operations->getattr(server->filesystem.core, inode, &attributes);

	if (error)
		return error;
	if (attributes.size / SHARE_PAGE > index)
		return SHARE_PAGE;
	return attributes.size / SHARE_PAGE == index ? (int64_t)(attributes.size % SHARE_PAGE) : 0;
}

/* Gives the core what is in a page that nobody writes to. */
static int page_store(struct filesystem_server *server, uint32_t page, uint64_t inode, uint64_t index)
{
	const struct filesystem_operations *operations = server->filesystem.operations;
	void *core = server->filesystem.core;
	int64_t bytes = page_bytes(server, inode, index), done = 0;

	while (bytes > 0) {
		uint64_t offset = index * SHARE_PAGE;

		operations->begin(core);
		done = operations->write(core, inode, &offset, share_bytes(server->options.shares, page), (size_t)bytes);
		if (done == bytes) {
			operations->commit(core);
			return 0;
		}
		operations->rollback(core);
		if (done != -EAGAIN || !operations->wait)
			return done < 0 ? (int)done : -ENOSPC;
		operations->wait(core);
	}
	return (int)bytes;
}

/* Write-back: first nobody can store any more, then the copy is taken. */
static int share_write_back(struct filesystem_server *server, uint32_t page)
{
	struct shares *shares = server->options.shares;
	int error;

	if (!shares->dirty[page])
		return 0;
	share_protect(shares, page);
	shares->dirty[page] = false; /* a core that waits lets others in, who may make it dirty again */
	error = page_store(server, page, shares->entry[page].inode, shares->entry[page].index);
	shares->dirty[page] = shares->dirty[page] || error != 0;
	return error;
}

/* Writes all shared pages of a file back (of all files for inode 0), and gives them up if `free`. The first error; a page with an error stays. */
static int shares_write_back(struct filesystem_server *server, uint64_t inode, bool free)
{
	struct shares *shares = server->options.shares;
	int first = 0;

	for (uint32_t page = share_next(shares, inode, 0); page; page = share_next(shares, inode, page)) {
		int error = share_write_back(server, page);

		if (free && !error)
			share_free(shares, page);
		first = first ? first : error;
	}
	return first;
}

void filesystem_settle(struct filesystem_server *server)
{
	struct shares *shares = server->options.shares;

	(void)shares_write_back(server, 0, true);
	for (uint32_t page = share_next(shares, 0, 0); page; page = share_next(shares, 0, page))
		share_free(shares, page); /* the file is not there any more, or is damaged */
}

/* A page that was in a window: nobody needs it when nobody sees it. */
static int share_release(struct filesystem_server *server, uint32_t page)
{
	int error = page && !share_is_seen(server->options.shares, page) ? share_write_back(server, page) : 0;

	if (page && !error && !share_is_seen(server->options.shares, page))
		share_free(server->options.shares, page);
	return error;
}

/* A client's file is closed, or for FILE_IDS all of them. */
static int shares_close(struct filesystem_server *server, uint64_t badge, uint64_t id)
{
	struct shares *shares = server->options.shares;
	int first = 0;

	for (uint32_t slot = 0; badge && badge <= SHARE_CLIENTS && slot < LEASE_SLOTS; slot++) {
		const struct share_slot *shown = &shares->slot[badge - 1][slot];
		int error;

		if (!shown->page || (id != FILE_IDS && shown->id != id))
			continue;
		error = share_release(server, share_hide(shares, badge, slot));
		first = first ? first : error;
	}
	return first;
}

/* Whether a write changes the size of the file. */
static bool write_grows(const struct call *call, const struct open_file *file)
{
	uint64_t bytes = span_bytes(call->word[3]);
	struct attributes attributes;

	if ((file->flags & OPEN_APPEND) || call->word[2] > FILE_SIZE_MAX - bytes)
		return true;
	return call->operations->getattr(call->core, file->inode, &attributes) != 0 || call->word[2] + bytes > attributes.size;
}

/* What must be done about shared pages before a request is carried out: of a file whose size changes none stays, what is to be stable is written back, what is closed is given up. */
static int shares_prepare(const struct call *call, uint64_t label)
{
	struct filesystem_server *server = call->server;
	const struct open_file *file = label < TREE_ROOT ? file_find(call, call->word[1]) : NULL;

	switch (label) {
	case FILE_CLOSE:
		return shares_close(server, call->badge, call->word[1]);
	case TREE_OPEN:
		return shares_close(server, call->word[2], call->word[3]);
	case FILE_SESSION:
		return shares_close(server, call->badge, FILE_IDS);
	case FILE_TRUNCATE:
	case FILE_ALLOCATE:
		return file ? shares_write_back(server, file->inode, true) : 0;
	case FILE_WRITE:
		return file && write_grows(call, file) ? shares_write_back(server, file->inode, true) : 0;
	case FILE_FSYNC:
		return file ? shares_write_back(server, file->inode, false) : 0;
	case TREE_SETATTR:
		return call->word[2] & ATTRIBUTE_SIZE ? shares_write_back(server, call->word[1], true) : 0;
	case TREE_SYNC:
		return shares_write_back(server, 0, false);
	default:
		return 0;
	}
}

/* Copies between a buffer of [offset, offset + bytes) of a file and the shared pages that lie there: out of them for a read, into them for a write. */
static void shares_exchange(const struct call *call, uint64_t inode, uint64_t offset, unsigned char *buffer, uint64_t bytes, bool into)
{
	struct shares *shares = call->server->options.shares;

	for (uint32_t page = share_next(shares, inode, 0); page; page = share_next(shares, inode, page)) {
		uint64_t start = share_offset(shares, page), end = start + SHARE_PAGE;
		uint64_t from = offset > start ? offset : start, to = offset + bytes < end ? offset + bytes : end;

		if (from >= to)
			continue;
		if (into)
			memcpy(share_bytes(shares, page) + (from - start), buffer + (from - offset), to - from);
		else
			memcpy(buffer + (from - offset), share_bytes(shares, page) + (from - start), to - from);
	}
}

static bool shares_used(const struct call *call)
{
	return call->server->options.shares && call->server->options.shares->count;
}

/* The shared page of a file's page, made if there is none. */
static int share_make(const struct call *call, uint64_t inode, uint64_t index, uint32_t *page)
{
	struct shares *shares = call->server->options.shares;
	int64_t done;

	*page = share_find(shares, inode, index);
	if (*page)
		return 0;
	*page = share_take(shares);
	if (!*page)
		return -ENOMEM;
	memset(share_bytes(shares, *page), 0, SHARE_PAGE);
	done = call->operations->read(call->core, inode, index * SHARE_PAGE, share_bytes(shares, *page), SHARE_PAGE);
	if (done < 0)
		return (int)done;
	share_enter(shares, *page, inode, index);
	return 0;
}

/* The first store: the core must have room for the page now, not when it is written back; who reads it by a lease sees the shared page from now on. */
static int64_t handle_share(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct shares *shares = call->server->options.shares;
	uint64_t index = call->word[2], slot = call->word[3];
	bool writes = call->word[4] & 1;
	uint32_t page, before;
	int64_t bytes, error;

	if (!shares)
		return -EOPNOTSUPP;
	if (!file || !file_reads(file) || (writes && (!file_writes(file) || (file->flags & OPEN_APPEND))))
		return file ? -EACCES : -EBADF;
	if (index > FILE_SIZE_MAX / SHARE_PAGE || slot >= LEASE_SLOTS)
		return -EINVAL;
	bytes = page_bytes(call->server, file->inode, index);
	if (bytes <= 0)
		return bytes ? bytes : -ENODATA;
	error = share_make(call, file->inode, index, &page);
	if (!error && writes && !shares->dirty[page])
		error = page_store(call->server, page, file->inode, index);
	if (error)
		return error;
	before = shares->slot[call->badge - 1][slot].page;
	if (!share_show(shares, call->badge, (uint32_t)slot, (uint32_t)call->word[1], page, writes))
		bytes = -EOPNOTSUPP;
	(void)share_release(call->server, before);
	(void)share_release(call->server, page);
	return bytes;
}

static int64_t handle_unshare(struct call *call)
{
	if (!call->server->options.shares)
		return -EOPNOTSUPP;
	if (call->word[2] >= LEASE_SLOTS)
		return -EINVAL;
	return share_release(call->server, share_hide(call->server->options.shares, call->badge, (uint32_t)call->word[2]));
}

/* The file protocol. */

/* Out of line, so that who has nothing to do with shared pages does not pay for it. */
__attribute__((noinline)) static int64_t shared_read(const struct call *call, const struct open_file *file, unsigned char *to)
{
	int64_t done = call->operations->read(call->core, file->inode, call->word[2], to, span_bytes(call->word[3]));

	if (done > 0)
		shares_exchange(call, file->inode, call->word[2], to, (uint64_t)done, false);
	return done;
}

static int64_t handle_read(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	unsigned char *to;

	if (!file || !file_reads(file))
		return -EBADF;
	if (call->word[2] > FILE_SIZE_MAX)
		return -EINVAL;
	to = span_at(call, call->word[3]);
	if (to && shares_used(call))
		return shared_read(call, file, to);
	return to ? call->operations->read(call->core, file->inode, call->word[2], to, span_bytes(call->word[3])) : -EFAULT;
}

/* After a write by somebody who may not keep them, set-user-id and set-group-id are gone. */
static int64_t setid_drop(struct call *call, const struct open_file *file)
{
	const struct credentials nobody = {.user = UINT32_MAX, .group = UINT32_MAX};
	struct attribute_change change = {.mask = ATTRIBUTE_MODE};
	struct attributes attributes;
	int error = call->operations->getattr(call->core, file->inode, &attributes);

	if (error || !(attributes.mode & (MODE_SETUID | MODE_SETGID)))
		return error;
	change.mode = mode_without_setid(&nobody, &attributes);
	if (!(attributes.mode & MODE_GROUP_EXECUTE)) /* then it is no set-group-id, but a mark of mandatory locking */
		change.mode |= attributes.mode & MODE_SETGID;
	call->modes_changed = true;
	return call->operations->setattr(call->core, file->inode, &change, &attributes);
}

static int64_t handle_write(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	unsigned char *from = span_at(call, call->word[3]);
	uint64_t offset = call->word[2];
	int64_t done, error = 0;

	if (!file || !file_writes(file))
		return -EBADF;
	if (!from)
		return -EFAULT;
	if (file->flags & OPEN_APPEND)
		offset = FILE_END;
	if (offset != FILE_END && offset > FILE_SIZE_MAX)
		return -EINVAL;
	done = call->operations->write(call->core, file->inode, &offset, from, span_bytes(call->word[3]));
	if (done > 0 && shares_used(call)) /* before the commit: a write that was acknowledged is in both */
		shares_exchange(call, file->inode, offset - (uint64_t)done, from, (uint64_t)done, true);
	if (done > 0 && !(file->flags & OPEN_KEEP_SETID))
		error = setid_drop(call, file);
	call->answer[0] = offset;
	call->answer_words = 1;
	return error ? error : done;
}

static int64_t handle_truncate(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct attribute_change change = {.mask = ATTRIBUTE_SIZE, .size = call->word[2]};
	struct attributes attributes;
	int64_t error;

	if (!file || !file_writes(file))
		return file ? -EINVAL : -EBADF;
	if (change.size > FILE_SIZE_MAX)
		return -EINVAL;
	error = call->operations->setattr(call->core, file->inode, &change, &attributes);
	return error || (file->flags & OPEN_KEEP_SETID) ? error : setid_drop(call, file);
}

static int64_t handle_getattr(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct attributes attributes;
	int error = file ? call->operations->getattr(call->core, file->inode, &attributes) : -EBADF;

	return error ? error : out_put(call, call->word[2], &attributes, sizeof(attributes));
}

/* Reads what SETATTR of either protocol says about times; seconds and nanoseconds must make a time. */
static int times_take(const struct call *call, uint64_t offset, struct attribute_change *change)
{
	struct timestamp times[2];

	if (!(change->mask & (ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY)))
		return 0;
	if (span_check(call, offset, sizeof(times)) != 0)
		return -EFAULT;
	memcpy(times, call->buffer + offset, sizeof(times));
	if (times[0].nanoseconds >= 1000000000 || times[1].nanoseconds >= 1000000000)
		return -EINVAL;
	times[0].reserved = times[1].reserved = 0;
	change->access = times[0];
	change->modify = times[1];
	return 0;
}

static int credentials_take(const struct call *call, uint64_t ids, uint64_t capabilities, struct credentials *credentials)
{
	const struct session_page *page = (const struct session_page *)call->buffer;

	*credentials = (struct credentials){.user = low(ids), .group = high(ids), .capabilities = low(capabilities), .group_count = high(capabilities)};
	if (credentials->group_count > SESSION_GROUPS_MAX || (credentials->group_count && !page))
		return -EINVAL;
	if (credentials->group_count)
		memcpy(credentials->groups, page->groups, credentials->group_count * sizeof(page->groups[0]));
	return 0;
}

static int64_t handle_setattr(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct attribute_change change = {.mask = low(call->word[2]), .mode = low(call->word[3]), .owner = low(call->word[4]), .group = high(call->word[4])};
	struct credentials credentials;
	struct attributes attributes;
	int error = file && !(file->flags & OPEN_PATH) ? credentials_take(call, call->word[6], call->word[7], &credentials) : -EBADF;

	if (!error && (change.mask & (ATTRIBUTE_SIZE | ~(uint32_t)ATTRIBUTE_ALL)))
		error = -EINVAL;
	if (!error && file->flags & OPEN_READ_ONLY)
		error = -EROFS;
	if (!error)
		error = times_take(call, call->word[5], &change);
	if (!error)
		error = call->operations->getattr(call->core, file->inode, &attributes);
	if (!error)
		error = permission_change(&credentials, &attributes, &change, call->server->filesystem.clock->now);
	if (error)
		return error;
	call->modes_changed = change.mask & (ATTRIBUTE_MODE | ATTRIBUTE_OWNER | ATTRIBUTE_GROUP);
	return call->operations->setattr(call->core, file->inode, &change, &attributes);
}

/* Fills a span with struct directory_record. */
struct listing {
	unsigned char *to;
	size_t bytes, used;
	bool full;
};

#define RECORD_NAME offsetof(struct directory_record, name)

static bool listing_add(void *context, struct name name, uint64_t inode, uint8_t type, uint64_t cookie)
{
	struct listing *listing = context;
	size_t bytes = (RECORD_NAME + name.bytes + 1 + 7) & ~(size_t)7;
	struct directory_record record = {.inode = inode, .cookie = cookie, .bytes = (uint16_t)bytes, .type = type};
	unsigned char *to = listing->to + listing->used;

	if (bytes > listing->bytes - listing->used) {
		listing->full = true;
		return false;
	}
	memcpy(to, &record, RECORD_NAME);
	memcpy(to + RECORD_NAME, name.text, name.bytes);
	memset(to + RECORD_NAME + name.bytes, 0, bytes - RECORD_NAME - name.bytes);
	listing->used += bytes;
	return true;
}

static int64_t handle_readdir(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct listing listing = {.to = span_at(call, call->word[3]), .bytes = span_bytes(call->word[3])};
	uint64_t cookie = call->word[2];
	int error;

	if (!file || !file_reads(file))
		return -EBADF;
	if (!listing.to)
		return -EFAULT;
	error = call->operations->readdir(call->core, file->inode, &cookie, listing_add, &listing);
	if (!error && listing.full && !listing.used)
		error = -EINVAL;
	call->answer[0] = cookie;
	call->answer_words = 1;
	return error ? error : (int64_t)listing.used;
}

static int64_t handle_fsync(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);

	return file && !(file->flags & OPEN_PATH) ? call->operations->fsync(call->core, file->inode, call->word[2]) : -EBADF;
}

static int64_t handle_close(struct call *call)
{
	struct open_file *file = file_find(call, call->word[1]);

	return file ? file_release(call, file) : -EBADF;
}

static int64_t handle_allocate(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);

	if (!file || !file_writes(file))
		return -EBADF;
	if (call->word[3] > FILE_SIZE_MAX || call->word[4] > FILE_SIZE_MAX || !call->word[4])
		return -EINVAL;
	return call->operations->allocate(call->core, file->inode, low(call->word[2]), call->word[3], call->word[4]);
}

static int64_t handle_seek(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);

	return file && !(file->flags & OPEN_PATH) ? call->operations->seek(call->core, file->inode, call->word[2], (enum seek_whence)call->word[3]) : -EBADF;
}

/* A lease is nothing that must survive: a client whose lease was answered by an instance that died sees it ended by the next one. */
static int64_t handle_lease(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct leases *leases = call->server->options.leases;
	const void *page;
	int bytes;

	if (!leases || !call->operations->page)
		return -EOPNOTSUPP;
	if (!file || !file_reads(file))
		return -EBADF;
	if (call->word[2] > FILE_SIZE_MAX / LEASE_PAGE || call->word[3] >= LEASE_SLOTS)
		return -EINVAL;
	if (shares_used(call) && share_find(call->server->options.shares, file->inode, call->word[2]))
		return -ENODATA; /* the core's page is not the file's now */
	bytes = call->operations->page(call->core, file->inode, call->word[2], &page);
	if (bytes <= 0)
		return bytes ? bytes : -ENODATA;
	call->answer[0] = leases_give(leases, call->badge, (uint32_t)call->word[3], (uint32_t)call->word[1], page);
	call->answer_words = 1;
	return call->answer[0] ? bytes : -EOPNOTSUPP;
}

static int64_t handle_return(struct call *call)
{
	if (!call->server->options.leases)
		return -EOPNOTSUPP;
	if (call->word[2] >= LEASE_SLOTS)
		return -EINVAL;
	leases_return(call->server->options.leases, call->badge, (uint32_t)call->word[2]);
	return 0;
}

static int64_t statistics_put(struct call *call, uint64_t offset)
{
	struct filesystem_statistics statistics;
	int error = call->operations->statfs(call->core, &statistics);

	return error ? error : out_put(call, offset, &statistics, sizeof(statistics));
}

static int64_t handle_statfs(struct call *call)
{
	return file_find(call, call->word[1]) ? statistics_put(call, call->word[2]) : -EBADF;
}

/* Closes the session's files one by one, each in a transaction, so that it can be repeated from anywhere. */
static int64_t handle_session(struct call *call)
{
	struct filesystem_server *server = call->server;

	for (uint32_t i = 0; i < server->options.open_files; i++) {
		if (server->files[i].key >> 16 != call->badge || !server->files[i].inode)
			continue;
		call->operations->begin(call->core);
		if (file_release(call, &server->files[i]) != 0)
			tsm_set(server->tsm, server->files[i].inode, 0); /* the inode is not what it was: nothing to give back */
		call->operations->commit(call->core);
	}
	if (server->options.leases)
		leases_forget(server->options.leases, call->badge);
	session_reset(&server->sessions, call->badge);
	return 0;
}

/* The tree protocol. */

static int64_t tree_root(struct call *call)
{
	uint64_t inode;
	uint32_t flags;
	int error = call->operations->root(call->core, &inode, &flags);

	if (error)
		return error;
	call->answer[0] = flags;
	call->answer_words = 1;
	return (int64_t)inode;
}

static int64_t tree_lookup(struct call *call)
{
	struct attributes attributes;
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, true);

	if (!error)
		error = call->operations->lookup(call->core, call->word[1], copy.name, &attributes);
	return error ? error : out_put(call, call->word[3], &attributes, sizeof(attributes));
}

static int64_t tree_getattr(struct call *call)
{
	struct attributes attributes;
	int error = call->operations->getattr(call->core, call->word[1], &attributes);

	return error ? error : out_put(call, call->word[2], &attributes, sizeof(attributes));
}

/* What every request answers that makes or changes an inode: the attributes, and its number as word 1, by which a repeated one finds them again. */
static int64_t attributes_answer(struct call *call, int error, uint64_t offset, const struct attributes *attributes)
{
	if (!error)
		error = out_put(call, offset, attributes, sizeof(*attributes));
	call->answer[0] = attributes->inode;
	call->answer[1] = offset;
	call->answer_words = 2;
	return error;
}

static int64_t tree_setattr(struct call *call)
{
	struct attribute_change change = {
		.mask = low(call->word[2]),
		.mode = low(call->word[3]),
		.owner = low(call->word[4]),
		.group = high(call->word[4]),
		.size = call->word[5],
	};
	struct attributes attributes = {0};
	int error = times_take(call, call->word[6], &change);

	if (!error && ((change.mask & ~(uint32_t)ATTRIBUTE_ALL) || ((change.mask & ATTRIBUTE_SIZE) && change.size > FILE_SIZE_MAX)))
		error = -EINVAL;
	if (change.mask & ATTRIBUTE_ACCESS_NOW)
		change.access = call->server->filesystem.clock->now;
	if (change.mask & ATTRIBUTE_MODIFY_NOW)
		change.modify = call->server->filesystem.clock->now;
	change.mask |= (change.mask & ATTRIBUTE_ACCESS_NOW) / 4 | (change.mask & ATTRIBUTE_MODIFY_NOW) / 4;
	change.mask &= ~(uint32_t)(ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW);
	if (!error)
		error = call->operations->setattr(call->core, call->word[1], &change, &attributes);
	return attributes_answer(call, error, call->word[7], &attributes);
}
_Static_assert(ATTRIBUTE_ACCESS_NOW == 4 * ATTRIBUTE_ACCESS && ATTRIBUTE_MODIFY_NOW == 4 * ATTRIBUTE_MODIFY, "tree_setattr turns one into the other");

static bool mode_is_creatable(uint32_t mode)
{
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
	case MODE_DIRECTORY:
	case MODE_FIFO:
	case MODE_SOCKET:
	case MODE_CHARACTER:
	case MODE_BLOCK:
		return !(mode & ~(uint32_t)(MODE_TYPE | MODE_PERMISSIONS));
	default:
		return false;
	}
}

static int64_t tree_create(struct call *call)
{
	struct file_creation creation = {.mode = low(call->word[3]), .owner = low(call->word[4]), .group = high(call->word[4]), .device = call->word[5]};
	struct attributes attributes = {0};
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	if (!error && !mode_is_creatable(creation.mode))
		error = -EINVAL;
	if (!error)
		error = call->operations->create(call->core, call->word[1], copy.name, &creation, &attributes);
	return attributes_answer(call, error, call->word[6], &attributes);
}

static int64_t tree_symlink(struct call *call)
{
	char target[PATH_BYTES_MAX];
	const unsigned char *from = span_at(call, call->word[3]);
	size_t bytes = span_bytes(call->word[3]);
	struct attributes attributes = {0};
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	if (!error && !from)
		error = -EFAULT;
	if (!error && (bytes == 0 || bytes > PATH_BYTES_MAX))
		error = bytes ? -ENAMETOOLONG : -ENOENT;
	if (error)
		return error;
	memcpy(target, from, bytes);
	error = call->operations->symlink(call->core, call->word[1], copy.name, target, bytes, low(call->word[4]), high(call->word[4]), &attributes);
	return attributes_answer(call, error, call->word[5], &attributes);
}

static int64_t tree_readlink(struct call *call)
{
	unsigned char *to = span_at(call, call->word[2]);

	return to ? call->operations->readlink(call->core, call->word[1], (char *)to, span_bytes(call->word[2])) : -EFAULT;
}

static int64_t tree_link(struct call *call)
{
	struct attributes attributes = {0};
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	if (!error)
		error = call->operations->link(call->core, call->word[1], copy.name, call->word[3], &attributes);
	return attributes_answer(call, error, call->word[4], &attributes);
}

static int64_t tree_unlink(struct call *call)
{
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	return error ? error : call->operations->unlink(call->core, call->word[1], copy.name);
}

static int64_t tree_rmdir(struct call *call)
{
	struct name_copy copy;
	int error = name_take(call, call->word[2], &copy, false);

	return error ? error : call->operations->rmdir(call->core, call->word[1], copy.name);
}

static int64_t tree_rename(struct call *call)
{
	struct name_copy from, to;
	int error = name_take(call, call->word[2], &from, false);

	if (!error)
		error = name_take(call, call->word[4], &to, false);
	return error ? error : call->operations->rename(call->core, call->word[1], from.name, call->word[3], to.name, low(call->word[5]));
}

static int64_t tree_open(struct call *call)
{
	struct filesystem_server *server = call->server;
	uint64_t badge = call->word[2], id = call->word[3];
	struct open_file *file;
	int error;

	if (badge == 0 || badge > FILESYSTEM_SESSIONS || id >= FILE_IDS)
		return -EINVAL;
	file = file_slot(server, file_key(badge, id));
	if (!file)
		return -ENFILE;
	error = call->operations->open(call->core, call->word[1]);
	if (!error && file->inode)
		error = file_release(call, file);
	if (error)
		return error;
	tsm_modify(server->tsm, file, sizeof(*file));
	*file = (struct open_file){.key = file_key(badge, id), .flags = low(call->word[4]), .inode = call->word[1]};
	return 0;
}

static int64_t tree_statfs(struct call *call)
{
	return statistics_put(call, call->word[1]);
}

static int64_t tree_sync(struct call *call)
{
	return call->operations->sync(call->core);
}

static const struct handler file_handlers[] = {
	[FILE_READ - FILE_READ] = {handle_read, 4, HOT},
	[FILE_WRITE - FILE_READ] = {handle_write, 4, CHANGES},
	[FILE_TRUNCATE - FILE_READ] = {handle_truncate, 3, CHANGES},
	[FILE_GETATTR - FILE_READ] = {handle_getattr, 3, 0},
	[FILE_SETATTR - FILE_READ] = {handle_setattr, 8, CHANGES},
	[FILE_READDIR - FILE_READ] = {handle_readdir, 4, 0},
	[FILE_FSYNC - FILE_READ] = {handle_fsync, 3, 0},
	[FILE_CLOSE - FILE_READ] = {handle_close, 2, UNSEQUENCED},
	[FILE_ALLOCATE - FILE_READ] = {handle_allocate, 5, CHANGES},
	[FILE_SEEK - FILE_READ] = {handle_seek, 4, 0},
	[FILE_STATFS - FILE_READ] = {handle_statfs, 3, 0},
	[FILE_SESSION - FILE_READ] = {handle_session, 1, 0},
	[FILE_LEASE - FILE_READ] = {handle_lease, 4, 0},
	[FILE_RETURN - FILE_READ] = {handle_return, 3, 0},
	[FILE_SHARE - FILE_READ] = {handle_share, 5, 0},
	[FILE_UNSHARE - FILE_READ] = {handle_unshare, 3, 0},
};

static const struct handler tree_handlers[] = {
	[TREE_ROOT - TREE_ROOT] = {tree_root, 1, TREE},
	[TREE_LOOKUP - TREE_ROOT] = {tree_lookup, 4, TREE},
	[TREE_GETATTR - TREE_ROOT] = {tree_getattr, 3, TREE},
	[TREE_SETATTR - TREE_ROOT] = {tree_setattr, 8, TREE | CHANGES},
	[TREE_CREATE - TREE_ROOT] = {tree_create, 7, TREE | CHANGES},
	[TREE_SYMLINK - TREE_ROOT] = {tree_symlink, 6, TREE | CHANGES},
	[TREE_READLINK - TREE_ROOT] = {tree_readlink, 3, TREE},
	[TREE_LINK - TREE_ROOT] = {tree_link, 5, TREE | CHANGES},
	[TREE_UNLINK - TREE_ROOT] = {tree_unlink, 3, TREE | CHANGES},
	[TREE_RMDIR - TREE_ROOT] = {tree_rmdir, 3, TREE | CHANGES},
	[TREE_RENAME - TREE_ROOT] = {tree_rename, 6, TREE | CHANGES},
	[TREE_OPEN - TREE_ROOT] = {tree_open, 5, TREE | UNSEQUENCED},
	[TREE_STATFS - TREE_ROOT] = {tree_statfs, 2, TREE},
	[TREE_SYNC - TREE_ROOT] = {tree_sync, 1, TREE},
};

static const struct handler *handler_find(uint64_t label)
{
	if (label >= FILE_READ && label - FILE_READ < sizeof(file_handlers) / sizeof(file_handlers[0]))
		return &file_handlers[label - FILE_READ];
	if (label >= TREE_ROOT && label - TREE_ROOT < sizeof(tree_handlers) / sizeof(tree_handlers[0]))
		return &tree_handlers[label - TREE_ROOT];
	return NULL;
}

/* Carrying out. */

static void result_store(struct call *call, const struct session_request *request, int64_t result)
{
	struct session_result stored = {.words = 1 + call->answer_words, .word = {(uint64_t)result}};

	for (uint32_t i = 0; i < call->answer_words; i++)
		stored.word[1 + i] = call->answer[i];
	session_finish(&call->server->sessions, request, &stored);
}

/* In a transaction, until it needs to wait no more. The result of an error is stored after what led to it has been taken back. */
static int64_t change_carry_out(struct call *call, const struct handler *handler, const struct session_request *request)
{
	struct filesystem_server *server = call->server;
	int64_t result;

	for (;;) {
		call->operations->begin(call->core);
		call->answer_words = 0;
		result = handler->handle(call);
		if (result != -EAGAIN || !call->operations->wait)
			break;
		call->operations->rollback(call->core);
		call->operations->wait(call->core);
		session_run(&server->sessions, request);
	}
	if (result < 0) {
		call->operations->rollback(call->core);
		call->answer_words = 0;
		if (handler->flags & UNSEQUENCED)
			return result;
		call->operations->begin(call->core);
	}
	if (!(handler->flags & UNSEQUENCED))
		result_store(call, request, result);
	call->operations->commit(call->core);
	return result;
}

/* Tells vfs that what it has cached of modes and owners is stale. */
static void changes_announce(const struct filesystem_server *server)
{
	size_t bytes;
	struct session_page *page = (struct session_page *)server->options.buffer(server->options.context, server->options.tree_badge, &bytes);

	if (page && bytes >= SESSION_DATA)
		__atomic_store_n(&page->changes, page->changes + 1, __ATOMIC_RELEASE);
}

static void answer_set(struct file_exchange *exchange, const struct session_result *result)
{
	exchange->words = result->words;
	for (uint64_t i = 0; i < result->words; i++)
		exchange->data[i] = result->word[i];
}

/* The stored answer; and as the attributes that went with it may be gone from the buffer, these once more. */
static void answer_repeat(struct call *call, const struct handler *handler, struct file_exchange *exchange, const struct session_result *result)
{
	struct attributes attributes;

	if ((handler->flags & TREE) && result->words == 3 && call->operations->getattr(call->core, result->word[1], &attributes) == 0)
		(void)out_put(call, result->word[2], &attributes, sizeof(attributes));
	answer_set(exchange, result);
}

/* What could not be prepared is answered with an error, which is stored as any other. */
static int64_t result_of_refusal(struct call *call, const struct handler *handler, const struct session_request *request, int64_t error)
{
	if (!(handler->flags & CHANGES))
		return error;
	call->operations->begin(call->core);
	result_store(call, request, error);
	call->operations->commit(call->core);
	return error;
}

static void answer_make(const struct call *call, struct file_exchange *exchange, int64_t result)
{
	exchange->data[0] = (uint64_t)result;
	exchange->words = 1 + call->answer_words;
	for (uint32_t i = 0; i < call->answer_words; i++)
		exchange->data[1 + i] = call->answer[i];
}

static void handler_run(struct call *call, const struct handler *handler, struct session_request *request, struct file_exchange *exchange)
{
	struct filesystem_server *server = call->server;
	struct session_result result;
	int64_t outcome;

	switch (session_begin(&server->sessions, request, &result)) {
	case SESSION_NEW:
		outcome = shares_used(call) ? shares_prepare(call, exchange->label) : 0;
		if (outcome)
			outcome = result_of_refusal(call, handler, request, outcome);
		else if (handler->flags & (CHANGES | UNSEQUENCED))
			outcome = change_carry_out(call, handler, request);
		else
			outcome = handler->handle(call);
		answer_make(call, exchange, outcome);
		if (call->modes_changed && outcome >= 0)
			changes_announce(server);
		session_end(&server->sessions, request);
		break;
	case SESSION_REPEATED:
		answer_repeat(call, handler, exchange, &result);
		break;
	case SESSION_UNDERWAY:
		exchange->words = 1;
		exchange->data[0] = (uint64_t)ANSWER_PENDING;
		break;
	case SESSION_POISONED:
		exchange->words = 1;
		exchange->data[0] = (uint64_t)-EIO;
		break;
	default:
		exchange->words = 1;
		exchange->data[0] = (uint64_t)-EPROTO;
	}
}

/* Without a word to the sessions: nothing changes. */
static void handler_run_hot(struct call *call, const struct handler *handler, struct file_exchange *exchange)
{
	exchange->data[0] = (uint64_t)handler->handle(call);
	exchange->words = 1;
}

static uint64_t fingerprint(const struct file_exchange *exchange)
{
	uint64_t hash = exchange->label;

	for (uint64_t i = 1; i < exchange->words && i < 8; i++)
		hash = (hash ^ exchange->data[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* 0, or why a request is refused before anything is looked at. */
static int64_t request_refuse(const struct filesystem_server *server, const struct handler *handler, const struct file_exchange *exchange)
{
	bool numbered = exchange->data[0] << (64 - SEQUENCE_LANE_SHIFT);

	if (!handler)
		return -ENOSYS;
	if ((handler->flags & TREE) && exchange->badge != server->options.tree_badge)
		return -EPERM;
	return exchange->words < handler->words || numbered != !!(handler->flags & CHANGES) ? -EPROTO : 0;
}

void filesystem_handle(struct filesystem_server *server, struct file_exchange *exchange)
{
	const struct handler *handler = handler_find(exchange->label);
	int64_t refusal = request_refuse(server, handler, exchange);
	struct session_request request;
	struct call call;

	if (refusal) {
		exchange->words = 1;
		exchange->data[0] = (uint64_t)refusal;
		return;
	}
	call.server = server;
	call.operations = server->filesystem.operations;
	call.core = server->filesystem.core;
	call.badge = exchange->badge;
	call.word = exchange->data;
	call.answer_words = 0;
	call.modes_changed = false;
	call.buffer = server->options.buffer(server->options.context, exchange->badge, &call.buffer_bytes);
	if (!call.buffer)
		call.buffer_bytes = 0;
	server->options.now(server->options.context, &server->filesystem.clock->now);
	if (handler->flags & HOT) {
		handler_run_hot(&call, handler, exchange);
		return;
	}
	request = (struct session_request){exchange->badge, exchange->data[0], fingerprint(exchange), 0};
	handler_run(&call, handler, &request, exchange);
}

/* The core will change a page that it has handed out. */
static void page_revoke(void *context, const void *page)
{
	leases_revoke(context, page);
}

static size_t lanes_bytes(void)
{
	return (SESSION_STATE_BYTES(FILESYSTEM_SESSIONS, SEQUENCE_LANES) + 4095) & ~(size_t)4095;
}

size_t filesystem_state_bytes(uint32_t open_files)
{
	return lanes_bytes() + ((open_files * sizeof(struct open_file) + 4095) & ~(size_t)4095);
}

void filesystem_open(struct filesystem_server *server, const struct filesystem *filesystem, struct tsm *tsm, void *state, const struct filesystem_options *options)
{
	const struct session_options sessions = {
		.sessions = FILESYSTEM_SESSIONS,
		.lanes = SEQUENCE_LANES,
		.first_mark = options->first_mark,
		.instance = options->instance,
		.blame = options->blame,
	};

	assert((options->open_files & (options->open_files - 1)) == 0);
	*server = (struct filesystem_server){
		.filesystem = *filesystem,
		.tsm = tsm,
		.files = (struct open_file *)((unsigned char *)state + lanes_bytes()),
		.options = *options,
	};
	if (filesystem->watch)
		*filesystem->watch = (struct filesystem_watch){options->leases ? page_revoke : NULL, options->leases};
	sessions_open(&server->sessions, tsm, state, &sessions);
}

/* One cell of the table of open files: slots that are closed, so that others are still found behind them. */
static void files_lose(struct filesystem_server *server, size_t offset)
{
	struct open_file *file = (struct open_file *)((unsigned char *)server->files + offset);

	tsm_begin(server->tsm);
	tsm_repair(server->tsm, file, TSM_CELL);
	for (size_t i = 0; i < TSM_CELL / sizeof(*file); i++)
		file[i] = (struct open_file){.key = KEY_LOST};
	tsm_commit(server->tsm);
}

void filesystem_salvage(struct filesystem_server *server, size_t offset, size_t bytes)
{
	for (size_t at = offset; at < offset + bytes; at += TSM_CELL)
		if (at < lanes_bytes())
			session_lose(&server->sessions, at / TSM_CELL);
		else
			files_lose(server, at - lanes_bytes());
}
