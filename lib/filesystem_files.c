/* SPDX-License-Identifier: MIT */
/* The file protocol of the server of a filesystem (abi/protocols/file.def): a handler reads words and buffers, checks, and calls one operation of the core. */
#include "lib/filesystem_call.h"

#define UNPARKED_AT_ONCE 32 /* files: some cells each of what the core's transactions have to spare */

int file_release(struct filesystem_server *server, struct open_file *file)
{
	int error = server->filesystem.operations->close(server->filesystem.core, file->inode);

	if (error)
		return error;
	if (server->options.leases && server->options.leases->total)
		leases_close(server->options.leases, file->key >> 16, file->key & 0xffff);
	tsm_set(server->tsm, file->inode, 0);
	return 0;
}

/* Releases those of one client's parked files that are an inode (0: any), at most `left` of them. How many are left. */
static uint32_t client_unpark(struct filesystem_server *server, uint64_t badge, uint64_t inode, uint32_t left)
{
	size_t bytes = 0;
	const struct session_page *page = (const struct session_page *)server->options.buffer(server->options.context, badge, &bytes);

	for (uint32_t word = 0; page && bytes >= SESSION_DATA && word < FILE_IDS / 64; word++) {
		uint64_t parked = __atomic_load_n(&page->parked[word], __ATOMIC_SEQ_CST);

		for (; parked && left; parked &= parked - 1) {
			uint32_t key = file_key(badge, word * 64 + (uint32_t)__builtin_ctzll(parked));
			struct open_file *file = file_slot(server, key);

			if (file && file->key == key && file->inode && (!inode || file->inode == inode) && file_release(server, file) == 0)
				left--;
		}
	}
	return left;
}

/* A client looks at the generations after it has changed its bit, and this looks at the bit after they have advanced: the file is either not opened again without a call, or it stays (lib/file_parked.c). */
__attribute__((noinline)) bool files_unpark(struct filesystem_server *server, uint64_t inode)
{
	uint32_t left = UNPARKED_AT_ONCE;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint64_t badge = 1; badge <= FILESYSTEM_SESSIONS && left; badge++)
		left = client_unpark(server, badge, inode, left);
	return !left;
}

void filesystem_unpark(struct filesystem_server *server)
{
	const struct filesystem *filesystem = &server->filesystem;
	bool more;

	do {
		filesystem->operations->begin(filesystem->core);
		more = files_unpark(server, 0);
		filesystem->operations->commit(filesystem->core);
	} while (more);
}

/* Out of line, so that who has nothing to do with shared pages does not pay for it. */
__attribute__((noinline)) static int64_t shared_read(const struct call *call, const struct open_file *file, unsigned char *to)
{
	uint64_t inode = file->inode; /* the file may be closed while the core waits */
	int64_t done = call->operations->read(call->core, inode, call->word[2], to, span_bytes(call->word[3]));

	if (done > 0)
		shares_exchange(call, inode, call->word[2], to, (uint64_t)done, false);
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
	modes_announce(call);
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
	if (done > 0 && !(file->flags & OPEN_KEEP_SETID))
		error = setid_drop(call, file);
	if (done > 0 && !error && shares_used(call)) /* before the commit: a write that was acknowledged is in both */
		shares_exchange(call, file->inode, offset - (uint64_t)done, from, (uint64_t)done, true);
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

int times_take(const struct call *call, uint64_t offset, struct attribute_change *change)
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

int credentials_take(const struct call *call, uint64_t ids, uint64_t capabilities, struct credentials *credentials)
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
	struct attributes attributes;
	int error = file ? call->assertion : -EBADF; /* by O_PATH too: who may is asked of the owner, not of the opening */

	if (!error && (change.mask & (ATTRIBUTE_SIZE | ~(uint32_t)ATTRIBUTE_ALL)))
		error = -EINVAL;
	if (!error && file->flags & OPEN_READ_ONLY)
		error = -EROFS;
	if (!error)
		error = times_take(call, call->word[5], &change);
	if (!error)
		error = call->operations->getattr(call->core, file->inode, &attributes);
	if (!error)
		error = permission_change(&call->credentials, &attributes, &change, call->server->filesystem.clock->now);
	if (error)
		return error;
	if (change.mask & (ATTRIBUTE_MODE | ATTRIBUTE_OWNER | ATTRIBUTE_GROUP))
		modes_announce(call);
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

	return file ? file_release(call->server, file) : -EBADF;
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
	uint64_t inode = file ? file->inode : 0;
	const void *page;
	int bytes;

	if (!leases || !call->operations->page)
		return -EOPNOTSUPP;
	if (!file || !file_reads(file))
		return -EBADF;
	if (call->word[2] > FILE_SIZE_MAX / LEASE_PAGE || call->word[3] >= LEASE_SLOTS)
		return -EINVAL;
	bytes = call->operations->page(call->core, inode, call->word[2], &page);
	if (bytes <= 0)
		return bytes ? bytes : -ENODATA;
	if (file_find(call, call->word[1]) != file || file->inode != inode)
		return -EBADF; /* it was closed while the core waited */
	if (shares_used(call) && share_find(call->server->options.shares, inode, call->word[2]))
		return -ENODATA; /* the core's page is not the file's now */
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

int64_t statistics_put(struct call *call, uint64_t offset)
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
		if (file_release(server, &server->files[i]) != 0)
			tsm_set(server->tsm, server->files[i].inode, 0); /* the inode is not what it was: nothing to give back */
		call->operations->commit(call->core);
	}
	if (server->options.leases)
		leases_forget(server->options.leases, call->badge);
	session_reset(&server->sessions, call->badge);
	return 0;
}

const struct handler file_handlers[FILE_HANDLERS] = {
	[FILE_READ - FILE_READ] = {handle_read, 4, HOT},
	[FILE_WRITE - FILE_READ] = {handle_write, 4, CHANGES},
	[FILE_TRUNCATE - FILE_READ] = {handle_truncate, 3, CHANGES},
	[FILE_GETATTR - FILE_READ] = {handle_getattr, 3, 0},
	[FILE_SETATTR - FILE_READ] = {handle_setattr, 8, CHANGES | ASSERTS},
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
	[FILE_GETXATTR - FILE_READ] = {handle_getxattr, 8, ASSERTS},
	[FILE_LISTXATTR - FILE_READ] = {handle_listxattr, 8, ASSERTS},
	[FILE_SETXATTR - FILE_READ] = {handle_setxattr, 8, CHANGES | ASSERTS},
	[FILE_REMOVEXATTR - FILE_READ] = {handle_removexattr, 8, CHANGES | ASSERTS},
};
