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

int shares_close(struct filesystem_server *server, uint64_t badge, uint64_t id)
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

int shares_prepare(const struct call *call, uint64_t label)
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

int64_t handle_share(struct call *call)
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

int64_t handle_unshare(struct call *call)
{
	if (!call->server->options.shares)
		return -EOPNOTSUPP;
	if (call->word[2] >= LEASE_SLOTS)
		return -EINVAL;
	return share_release(call->server, share_hide(call->server->options.shares, call->badge, (uint32_t)call->word[2]));
}
