/* SPDX-License-Identifier: MIT */
/* The pages of files that clients store into (lib/shares.h), for the server of a filesystem. What is done here comes before the transaction of the request on whose behalf it is done, in transactions of its own. */
#include "lib/filesystem_call.h"

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

/* Gives the core what is in a page that nobody writes to, as long as it is the file's: while this waits, the file may come to its end, and its number be another's. */
static int page_store(struct filesystem_server *server, uint32_t page, uint64_t inode, uint64_t index)
{
	const struct filesystem_operations *operations = server->filesystem.operations;
	void *core = server->filesystem.core;
	int64_t bytes = page_bytes(server, inode, index), done = 0;

	while (done < bytes && share_is_of(server->options.shares, page, inode)) {
		uint64_t offset = index * SHARE_PAGE + (uint64_t)done;
		int64_t part;

		server->options.now(server->options.context, &server->filesystem.clock->now); /* closing, on whose behalf this may be, notes no time */
		operations->begin(core);
		part = operations->write(core, inode, &offset, share_bytes(server->options.shares, page) + done, (size_t)(bytes - done));
		if (part > 0) {
			operations->commit(core);
			done += part;
			continue;
		}
		operations->rollback(core);
		if (part != -EAGAIN || !operations->wait)
			return part < 0 ? (int)part : -ENOSPC;
		operations->wait(core);
	}
	return bytes < 0 && share_is_of(server->options.shares, page, inode) ? (int)bytes : 0;
}

/* Write-back: first nobody can store any more, then the copy is taken. Its file is held. Afterwards the page is free, or clean, or there was an error. */
static int share_write_back(struct filesystem_server *server, uint32_t page)
{
	struct shares *shares = server->options.shares;
	uint64_t inode = shares->entry[page].inode;
	int error;

	if (!shares->dirty[page])
		return 0;
	share_protect(shares, page);
	error = page_store(server, page, inode, shares->entry[page].index);
	if (share_is_of(shares, page, inode))
		shares->dirty[page] = error != 0;
	return error;
}

/* Of a file that is held: writes all its shared pages back, and gives them up if `free`. The first error; a page with an error stays. */
static int file_write_back(struct filesystem_server *server, uint64_t inode, bool free)
{
	struct shares *shares = server->options.shares;
	int first = 0;

	for (uint32_t page = share_next(shares, inode, 0); page; page = share_next(shares, inode, page)) {
		int error = share_write_back(server, page);

		if (free && !error && share_is_of(shares, page, inode))
			share_free(shares, page);
		first = first ? first : error;
	}
	return first;
}

static void inode_hold(const struct filesystem_server *server, uint64_t inode)
{
	if (server->options.hold)
		server->options.hold(server->options.context, inode);
}

static void inode_release(const struct filesystem_server *server, uint64_t inode)
{
	if (server->options.release)
		server->options.release(server->options.context, inode);
}

/* The same for the file that a page belongs to, or for all files. */
static int file_hold_and_write_back(struct filesystem_server *server, uint64_t inode, bool free)
{
	int error;

	inode_hold(server, inode);
	error = file_write_back(server, inode, free);
	inode_release(server, inode);
	return error;
}

static int all_write_back(struct filesystem_server *server, bool free)
{
	struct shares *shares = server->options.shares;
	int first = 0;

	for (uint32_t page = share_next(shares, 0, 0); page; page = share_next(shares, 0, page)) {
		int error = file_hold_and_write_back(server, shares->entry[page].inode, free);

		first = first ? first : error;
	}
	return first;
}

int filesystem_write_back(struct filesystem_server *server, bool last)
{
	if (!server->options.shares)
		return 0;
	server->options.shares->closed = last;
	return all_write_back(server, false);
}

uint32_t filesystem_abandon(struct filesystem_server *server)
{
	struct shares *shares = server->options.shares;
	uint32_t count = 0;

	for (uint32_t page = share_next(shares, 0, 0); page; page = share_next(shares, 0, page)) {
		share_free(shares, page);
		count++;
	}
	return count;
}

/* What cannot be written back is of a file that is not there any more, or is damaged. */
uint32_t filesystem_settle(struct filesystem_server *server)
{
	(void)all_write_back(server, true);
	return filesystem_abandon(server);
}

/* A page that was in a window: nobody needs it when nobody sees it. No file is held. */
static int share_release(struct filesystem_server *server, uint32_t page)
{
	struct shares *shares = server->options.shares;
	uint64_t inode = shares->entry[page].inode;
	int error = 0;

	if (!page || !shares->entry[page].check)
		return 0;
	inode_hold(server, inode);
	if (share_is_of(shares, page, inode) && !share_is_seen(shares, page)) {
		error = share_write_back(server, page);
		if (!error && share_is_of(shares, page, inode) && !share_is_seen(shares, page))
			share_free(shares, page);
	}
	inode_release(server, inode);
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

uint64_t call_changes(const struct call *call)
{
	const struct open_file *file;

	switch (call->label) {
	case FILE_WRITE:
	case FILE_TRUNCATE:
	case FILE_ALLOCATE:
		file = file_find(call, call->word[1]);
		return file ? file->inode : 0;
	case TREE_SETATTR:
		return call->word[2] & ATTRIBUTE_SIZE ? call->word[1] : 0;
	default:
		return 0;
	}
}

void call_hold(struct call *call)
{
	uint64_t inode = call_changes(call);

	if (inode)
		inode_hold(call->server, inode);
	call->held = inode;
}

void call_release(struct call *call)
{
	inode_release(call->server, call->held);
	call->held = 0;
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

int shares_prepare(const struct call *call)
{
	struct filesystem_server *server = call->server;
	const struct open_file *file = call->label < TREE_ROOT ? file_find(call, call->word[1]) : NULL;

	switch (call->label) {
	case FILE_CLOSE:
		return shares_close(server, call->badge, call->word[1]);
	case TREE_OPEN:
		return shares_close(server, call->word[2], call->word[3]);
	case TREE_CREATE:
		return call->word[7] ? shares_close(server, opening_badge(call->word[7]), opening_id(call->word[7])) : 0;
	case FILE_SESSION:
		return shares_close(server, call->badge, FILE_IDS);
	case FILE_TRUNCATE:
	case FILE_ALLOCATE:
	case TREE_SETATTR:
		return call->held ? file_write_back(server, call->held, true) : 0;
	case FILE_WRITE:
		return call->held && file && write_grows(call, file) ? file_write_back(server, call->held, true) : 0;
	case FILE_FSYNC:
		return file ? file_hold_and_write_back(server, file->inode, false) : 0;
	case TREE_SYNC:
		return all_write_back(server, false);
	default:
		return 0;
	}
}

void shares_exchange(const struct call *call, uint64_t inode, uint64_t offset, unsigned char *buffer, uint64_t bytes, bool into)
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

/* Is the file still open on which SHARE came? While the core waits, it may be closed, and its inode may be another file's. */
static bool share_goes_on(const struct call *call, const struct open_file *file, uint64_t inode)
{
	return file_find(call, call->word[1]) == file && file->inode == inode;
}

/* The shared page of a file's page, made if there is none. */
static int share_make(const struct call *call, const struct open_file *file, uint64_t inode, uint32_t *page)
{
	uint64_t index = call->word[2];
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
	if (done < 0 || !share_goes_on(call, file, inode)) {
		share_give_back(shares, *page);
		*page = 0;
		return done < 0 ? (int)done : -EBADF;
	}
	share_enter(shares, *page, inode, index);
	return 0;
}

/* Puts a page of an open file that is held into a slot. Returns the bytes that the file has of it; *page and *before (what was in the slot): what may have to be given up. */
static int64_t share_put(struct call *call, const struct open_file *file, uint64_t inode, uint32_t *page, uint32_t *before)
{
	struct shares *shares = call->server->options.shares;
	uint64_t index = call->word[2];
	uint32_t slot = (uint32_t)call->word[3];
	bool writes = call->word[4] & 1;
	int64_t bytes = page_bytes(call->server, inode, index);
	int error;

	if (!share_goes_on(call, file, inode))
		return -EBADF;
	if (bytes <= 0)
		return bytes ? bytes : -ENODATA;
	error = share_make(call, file, inode, page);
	if (!error && writes && !shares->dirty[*page])
		error = page_store(call->server, *page, inode, index);
	if (error)
		return error;
	if (!share_goes_on(call, file, inode) || !share_is_of(shares, *page, inode))
		return -EBADF;
	if (writes && shares->closed)
		return -EROFS;
	*before = shares->slot[call->badge - 1][slot].page;
	return share_show(shares, call->badge, slot, (uint32_t)call->word[1], *page, writes) ? bytes : -EOPNOTSUPP;
}

int64_t handle_share(struct call *call)
{
	const struct open_file *file = file_find(call, call->word[1]);
	struct shares *shares = call->server->options.shares;
	bool writes = call->word[4] & 1;
	uint32_t page = 0, before = 0;
	uint64_t inode;
	int64_t bytes;

	if (!shares)
		return -EOPNOTSUPP;
	if (!file || !file_reads(file) || (writes && (!file_writes(file) || (file->flags & OPEN_APPEND))))
		return file ? -EACCES : -EBADF;
	if (call->word[2] > FILE_SIZE_MAX / SHARE_PAGE || call->word[3] >= LEASE_SLOTS)
		return -EINVAL;
	inode = file->inode;
	inode_hold(call->server, inode);
	bytes = share_put(call, file, inode, &page, &before);
	inode_release(call->server, inode);
	(void)share_release(call->server, before);
	(void)share_release(call->server, page);
	return bytes;
}

int64_t handle_unshare(struct call *call)
{
	if (!call->server->options.shares)
		return -EOPNOTSUPP;
	if (call->word[2] >= LEASE_SLOTS)
		return -EINVAL;
	return share_release(call->server, share_hide(call->server->options.shares, call->badge, (uint32_t)call->word[2]));
}
