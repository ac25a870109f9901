/* SPDX-License-Identifier: MIT */
/*
 * The requests of the vfs protocol (abi/protocols/vfs.def): the table of all, each once; questions, mounts. The other requests are in names.c, attributes.c and opening.c.
 */
#include "requests.h"

#include "lib/assert.h"
#include "lib/string.h"

/* Questions. */

static int64_t request_stat(struct vfs_call *call)
{
	struct vfs_directory *target = &first_walk(call)->target;
	unsigned char *to = span_at(call, span_make(low(words(call)[6]), sizeof(struct attributes)));
	int64_t error;

	depend_begin(call);
	error = target_find(call);
	if (!error)
		depend_on(call, tree_of(call, target), target->attributes.inode, GENERATION_ATTRIBUTES);
	if (!error)
		error = tree_getattr(call, tree_of(call, target), target->attributes.inode, &target->attributes);
	if (!error || error == -ENOENT)
		depend_tell(call);
	if (error)
		return error;
	if (!to)
		return -EFAULT;
	memcpy(to, &target->attributes, sizeof(struct attributes));
	call->answer[0] = pair_make((uint32_t)call->vfs->options.tree_badge[tree_of(call, target)], mount_told(call, target) | (target->attributes.inode == mount_of(call, target)->root ? MOUNT_IS_ROOT : 0));
	call->answer_words = 1;
	return 0;
}

static int64_t request_readlink(struct vfs_call *call)
{
	const struct vfs_walk *walk = first_walk(call);
	char *target = call->vfs->workers[call->worker].target;
	unsigned char *to = span_at(call, words(call)[6]);
	int64_t bytes = first_path(call, low(words(call)[5]) & PATH_EMPTY ? WALK_EMPTY : 0);

	if (bytes)
		return bytes;
	if (!walk->found)
		return -ENOENT;
	if (!file_is(&walk->target, MODE_LINK) || !span_bytes(words(call)[6]))
		return -EINVAL;
	bytes = tree_readlink(call, tree_of(call, &walk->target), walk->target.attributes.inode, target);
	if (bytes < 0)
		return bytes;
	if (!to)
		return -EFAULT;
	if ((uint64_t)bytes > span_bytes(words(call)[6]))
		bytes = (int64_t)span_bytes(words(call)[6]);
	memcpy(to, target, (size_t)bytes);
	return bytes;
}

static int64_t request_access(struct vfs_call *call)
{
	uint32_t wanted = high(words(call)[5]);
	const struct vfs_walk *walk = first_walk(call);
	int64_t error = wanted & ~(uint32_t)7 ? -EINVAL : target_find(call);

	if (error || !wanted)
		return error;
	if ((wanted & ACCESS_EXECUTE) && file_is(&walk->target, MODE_REGULAR) && (flags_of(call, &walk->target) & MOUNT_NOEXEC))
		return -EACCES;
	error = permission_check(walk->credentials, &walk->target.attributes, wanted);
	if (!error && (wanted & ACCESS_WRITE) && (file_is(&walk->target, MODE_REGULAR) || file_is(&walk->target, MODE_DIRECTORY) || file_is(&walk->target, MODE_LINK)))
		error = writable(call, &walk->target);
	return error;
}

static int64_t request_statfs(struct vfs_call *call)
{
	unsigned char *to = span_at(call, span_make(low(words(call)[6]), sizeof(struct filesystem_statistics)));
	const struct vfs_directory *target = &first_walk(call)->target;
	struct filesystem_statistics statistics;
	int64_t error = target_find(call);
	uint64_t at = tree_offset(call, WORKER_ATTRIBUTES);

	if (!error)
		error = tree_call(call, tree_of(call, target), TREE_STATFS, &at, 1, NULL);
	if (error)
		return error;
	if (!to)
		return -EFAULT;
	memcpy(&statistics, tree_part(call, tree_of(call, target)) + WORKER_ATTRIBUTES, sizeof(statistics));
	statistics.flags = flags_of(call, target);
	memcpy(to, &statistics, sizeof(statistics));
	return 0;
}

static bool tree_is_mounted(const struct vfs *vfs, uint32_t tree)
{
	for (uint32_t i = 0; i < vfs->mount_end; i++)
		if (vfs->state->mounts[i].state == MOUNT_TREE && vfs->state->mounts[i].tree == tree)
			return true;
	return false;
}

/* A tree that is not mounted, perhaps because it has no disk, is not asked. */
static int64_t request_sync(struct vfs_call *call)
{
	int64_t error = 0;

	for (uint32_t tree = 0; tree < call->vfs->options.tree_count; tree++) {
		int64_t result = tree_is_mounted(call->vfs, tree) ? tree_call(call, tree, TREE_SYNC, NULL, 0, NULL) : 0;

		error = error ? error : result;
	}
	return error;
}

/* Mounts. */

/* Tells all clients that paths may lead elsewhere from now on. */
static void mounts_announce(const struct vfs *vfs)
{
	for (uint64_t badge = 1; badge <= FILESYSTEM_SESSIONS; badge++) {
		size_t bytes;
		struct session_page *page = vfs->bounds[badge].may ? (struct session_page *)vfs->options.buffer(vfs->options.context, badge, &bytes) : NULL;

		if (page && bytes >= SESSION_DATA)
			__atomic_store_n(&page->changes, page->changes + 1, __ATOMIC_RELEASE);
	}
}

/* Ends a request that has changed the mount table, in the transaction that is open. */
static int64_t mount_finish(struct vfs_call *call, int64_t error)
{
	struct session_result stored = {.words = 1 + call->answer_words};

	if (error) {
		tsm_rollback(call->vfs->tsm);
		call->answer_words = 0;
		return error;
	}
	memcpy(&stored.word[1], call->answer, call->answer_words * sizeof(call->answer[0]));
	session_finish(&call->vfs->sessions, &call->request, &stored);
	tsm_commit(call->vfs->tsm);
	mounts_announce(call->vfs);
	call->stored = true;
	return 0;
}

/* The tree that clients know by that badge; tree_count when there is none. */
static uint32_t tree_by_badge(const struct vfs *vfs, uint64_t badge)
{
	uint32_t tree = 0;

	while (tree < vfs->options.tree_count && vfs->options.tree_badge[tree] != badge)
		tree++;
	return tree;
}

int64_t tree_root(const struct vfs_call *call, uint32_t tree)
{
	uint64_t flags = 0;
	int64_t inode = tree_call(call, tree, TREE_ROOT, NULL, 0, &flags);

	if (inode < 0)
		return inode;
	call->vfs->tree_flags[tree] = (uint32_t)flags;
	call->vfs->tree_known[tree] = true;
	return inode;
}

static int64_t mount_tree_at(struct vfs_call *call, const struct vfs_directory *point, uint64_t what, uint32_t flags)
{
	struct vfs_mount mount = {.state = MOUNT_TREE, .tree = tree_by_badge(call->vfs, what), .flags = flags};
	struct vfs_directory part;
	int64_t root = 0, error;

	if (what & MOUNT_REFERRAL) {
		mount = (struct vfs_mount){.state = MOUNT_CLIENT, .root = low(what), .flags = flags};
	} else if (what & MOUNT_DIRECTORY) {
		error = place_find(call, low(what), &part);
		if (error)
			return error;
		mount = (struct vfs_mount){.state = MOUNT_TREE, .tree = tree_of(call, &part), .root = part.attributes.inode, .flags = flags | mount_of(call, &part)->flags};
	} else {
		if (mount.tree >= call->vfs->options.tree_count)
			return -ENODEV;
		root = tree_root(call, mount.tree);
		if (root < 0)
			return root;
		mount.root = (uint64_t)root;
	}
	tsm_begin(call->vfs->tsm);
	mount.owner = call->request.badge;
	error = mount_add(call, point, &mount);
	call->answer[0] = serial_told(call->vfs->state->mount_serial);
	call->answer_words = 1;
	return mount_finish(call, error);
}

/* A client's own mount; VFS_MOUNTS: it has none with that tag. */
static uint32_t mount_of_client(const struct vfs_call *call, uint64_t tag)
{
	const struct vfs_mount *mounts = call->vfs->state->mounts;
	uint32_t found = VFS_MOUNTS;

	for (uint32_t i = 0; i < VFS_MOUNTS; i++)
		if (mounts[i].state == MOUNT_CLIENT && mounts[i].root == tag && mounts[i].owner == call->request.badge)
			found = i;
	return found;
}

/* The mount whose root the first path names; VFS_MOUNTS: it names something else. A client's own is named by the path of its mount point: what a walk calls a referral with nothing left. */
static int64_t mount_named(struct vfs_call *call, uint32_t *mount)
{
	const struct vfs_walk *walk = first_walk(call);
	int64_t error = target_find(call);

	*mount = VFS_MOUNTS;
	if (error == ANSWER_REFERRAL && call->answer[1] == 0) {
		call->answer_words = 0;
		*mount = mount_of_client(call, walk->tag);
	} else if (error) {
		return error;
	} else if (walk->target.attributes.inode == call->vfs->state->mounts[walk->target.mount].root) {
		*mount = walk->target.mount;
	}
	if (!credentials_have(walk->credentials, ASSERTED_SYS_ADMIN) || call->bound->may != MAY_MOUNT)
		return -EPERM;
	if (*mount == VFS_MOUNTS)
		return -EINVAL;
	return !error && bound_is_root(call, &walk->target) ? -EBUSY : 0;
}

static int64_t mount_change(struct vfs_call *call, uint32_t flags)
{
	struct vfs_mount *changed;
	uint32_t mount;
	int64_t error = mount_named(call, &mount);

	if (error)
		return error;
	changed = &call->vfs->state->mounts[mount];
	tsm_begin(call->vfs->tsm);
	tsm_set(call->vfs->tsm, changed->flags, flags);
	return mount_finish(call, 0);
}

/* Whether a mount is another one, or hangs in it. */
static bool mount_is_below(const struct vfs *vfs, uint32_t mount, uint32_t above)
{
	while (mount && mount != above)
		mount = vfs->state->mounts[mount].parent;
	return mount == above;
}

static int64_t mount_move(struct vfs_call *call, const struct vfs_directory *point, uint64_t what)
{
	struct vfs_mount *mounts = call->vfs->state->mounts;
	struct vfs_directory root = {.mount = VFS_MOUNTS};
	int64_t error = 0;

	if (what & MOUNT_REFERRAL)
		root.mount = mount_of_client(call, low(what));
	else
		error = place_find(call, low(what), &root);
	if (error)
		return error;
	if (root.mount == VFS_MOUNTS || (!(what & MOUNT_REFERRAL) && root.attributes.inode != mounts[root.mount].root))
		return -EINVAL;
	if (mount_is_below(call->vfs, point->mount, root.mount))
		return -ELOOP; /* so the root of all stays where it is */
	tsm_begin(call->vfs->tsm);
	tsm_modify(call->vfs->tsm, &mounts[root.mount], sizeof(mounts[root.mount]));
	mounts[root.mount].parent = point->mount;
	mounts[root.mount].point = point->attributes.inode;
	return mount_finish(call, 0);
}

static int64_t request_mount(struct vfs_call *call)
{
	uint32_t flags = low(words(call)[5]) & ~(uint32_t)(PATH_NOFOLLOW | PATH_EMPTY);
	const struct vfs_walk *walk = first_walk(call);
	uint64_t what = words(call)[6];
	int64_t error;

	if (what & MOUNT_AGAIN)
		return mount_change(call, flags);
	error = target_find(call);
	if (!error && !credentials_have(walk->credentials, ASSERTED_SYS_ADMIN))
		error = -EPERM;
	if (!error && call->bound->may != MAY_MOUNT)
		error = -EPERM;
	if (!error && !file_is(&walk->target, MODE_DIRECTORY))
		error = what & MOUNT_MOVE ? -EINVAL : -ENOTDIR;
	if (!error && bound_is_root(call, &walk->target))
		error = -EBUSY;
	if (error)
		return error;
	return what & MOUNT_MOVE ? mount_move(call, &walk->target, what) : mount_tree_at(call, &walk->target, what, flags);
}

static int64_t request_umount(struct vfs_call *call)
{
	uint32_t mount;
	int64_t error = mount_named(call, &mount);

	if (error)
		return error;
	tsm_begin(call->vfs->tsm);
	return mount_finish(call, mount_remove(call, mount));
}

/* A client begins, or a new instance of it: what the one before had open and mounted is gone with it. */
static int64_t request_session(struct vfs_call *call)
{
	places_clear(call, call->request.badge);
	if (mounts_clear(call, call->request.badge))
		mounts_announce(call->vfs);
	session_reset(&call->vfs->sessions, call->request.badge);
	return 0;
}

enum numbering { NUMBERED = 1, EITHER = 2 };

struct request_kind {
	int64_t (*handle)(struct vfs_call *call);
	uint32_t words;
	uint32_t numbering;
};

static const struct request_kind kinds[] = {
	[VFS_OPEN - VFS_OPEN] = {request_open, 7, EITHER},
	[VFS_STAT - VFS_OPEN] = {request_stat, 7, 0},
	[VFS_MKDIR - VFS_OPEN] = {request_mkdir, 6, NUMBERED},
	[VFS_MKNOD - VFS_OPEN] = {request_mknod, 7, NUMBERED},
	[VFS_UNLINK - VFS_OPEN] = {request_unlink, 6, NUMBERED},
	[VFS_RMDIR - VFS_OPEN] = {request_rmdir, 6, NUMBERED},
	[VFS_RENAME - VFS_OPEN] = {request_rename, 8, NUMBERED},
	[VFS_LINK - VFS_OPEN] = {request_link, 8, NUMBERED},
	[VFS_SYMLINK - VFS_OPEN] = {request_symlink, 7, NUMBERED},
	[VFS_READLINK - VFS_OPEN] = {request_readlink, 7, 0},
	[VFS_CHMOD - VFS_OPEN] = {request_chmod, 6, NUMBERED},
	[VFS_CHOWN - VFS_OPEN] = {request_chown, 7, NUMBERED},
	[VFS_UTIMES - VFS_OPEN] = {request_utimes, 7, NUMBERED},
	[VFS_TRUNCATE - VFS_OPEN] = {request_truncate, 7, NUMBERED},
	[VFS_ACCESS - VFS_OPEN] = {request_access, 6, 0},
	[VFS_STATFS - VFS_OPEN] = {request_statfs, 7, 0},
	[VFS_MOUNT - VFS_OPEN] = {request_mount, 7, NUMBERED},
	[VFS_UMOUNT - VFS_OPEN] = {request_umount, 6, NUMBERED},
	[VFS_SYNC - VFS_OPEN] = {request_sync, 1, 0},
	[VFS_SESSION - VFS_OPEN] = {request_session, 1, 0},
};

static void answer_put(struct file_exchange *exchange, const struct session_result *result)
{
	exchange->words = result->words;
	memcpy(exchange->data, result->word, result->words * sizeof(result->word[0]));
}

static void answer_error(struct file_exchange *exchange, int64_t error)
{
	exchange->words = 1;
	exchange->data[0] = (uint64_t)error;
}

/* Stores a result that was not stored with its effect. */
static void result_store(struct vfs_call *call, const struct file_exchange *answer)
{
	struct session_result result = {.words = answer->words};

	memcpy(result.word, answer->data, answer->words * sizeof(answer->data[0]));
	tsm_begin(call->vfs->tsm);
	session_finish(&call->vfs->sessions, &call->request, &result);
	tsm_commit(call->vfs->tsm);
}

/* Carries a new request out. */
static void request_run(struct vfs_call *call, const struct request_kind *kind, struct file_exchange *exchange)
{
	int64_t outcome = kind->handle(call);

	names_unlock(call);
	answer_error(exchange, outcome);
	if (outcome >= 0) {
		exchange->words += call->answer_words;
		for (uint32_t i = 0; i < call->answer_words; i++)
			exchange->data[1 + i] = call->answer[i];
	}
	if (!call->stored && call->request.sequence << (64 - SEQUENCE_LANE_SHIFT))
		result_store(call, exchange);
	session_end(&call->vfs->sessions, &call->request);
}

static uint64_t fingerprint(const struct file_exchange *exchange)
{
	uint64_t hash = exchange->label;

	for (uint64_t i = 1; i < 8; i++)
		hash = (hash ^ exchange->data[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

/* 0, or why a request is refused before anything is looked at. */
static int64_t request_refuse(const struct file_exchange *exchange, const struct request_kind *kind)
{
	bool numbered = exchange->data[0] << (64 - SEQUENCE_LANE_SHIFT);
	bool changes = kind && (kind->numbering == NUMBERED || (kind->numbering == EITHER && (low(exchange->data[5]) & OPEN_CHANGES)));

	if (!kind)
		return -ENOSYS;
	return exchange->words < kind->words || numbered != changes ? -EPROTO : 0;
}

void vfs_handle(struct vfs *vfs, uint32_t worker, struct file_exchange *exchange)
{
	const struct request_kind *kind = exchange->label - VFS_OPEN < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[exchange->label - VFS_OPEN] : NULL;
	int64_t refusal = request_refuse(exchange, kind);
	struct session_result result;
	struct vfs_call call;

	if (!refusal && (exchange->badge > FILESYSTEM_SESSIONS || !vfs->bounds[exchange->badge].may))
		refusal = -EACCES;
	if (refusal) {
		answer_error(exchange, refusal);
		return;
	}
	call.vfs = vfs;
	call.bound = &vfs->bounds[exchange->badge];
	call.bounded = !call.bound->whole;
	call.worker = worker;
	call.exchange = exchange;
	call.request = (struct session_request){exchange->badge, exchange->data[0], fingerprint(exchange), 0};
	call.answer_words = 0;
	call.depends = NULL;
	call.asserted = call.stored = call.locked = false;
	call.buffer = vfs->options.buffer(vfs->options.context, exchange->badge, &call.buffer_bytes);
	if (!call.buffer)
		call.buffer_bytes = 0;
	switch (session_begin(&vfs->sessions, &call.request, &result)) {
	case SESSION_NEW:
		request_run(&call, kind, exchange);
		break;
	case SESSION_REPEATED:
		answer_put(exchange, &result);
		break;
	case SESSION_UNDERWAY:
		answer_error(exchange, ANSWER_PENDING);
		break;
	case SESSION_POISONED:
		answer_error(exchange, -EIO);
		break;
	default:
		answer_error(exchange, -EPROTO);
	}
}

/*
 * The first tree that has a root becomes the root of all, and stays it: a later instance that finds it gone goes on without, so that what is open elsewhere stays open. It asks no tree for anything, lest it wait for one that
 * hangs. An error only when there is no root at all.
 */
static int mounts_open(struct vfs *vfs)
{
	struct vfs_call call = {.vfs = vfs};
	struct vfs_mount *root = &vfs->state->mounts[0];
	int64_t inode = 0;

	for (uint32_t tree = 0; !root->state && tree < vfs->options.tree_count; tree++) {
		inode = tree_root(&call, tree);
		if (inode < 0)
			continue;
		tsm_begin(vfs->tsm);
		tsm_modify(vfs->tsm, root, sizeof(*root));
		*root = (struct vfs_mount){.state = MOUNT_TREE, .tree = tree, .root = (uint64_t)inode};
		tsm_commit(vfs->tsm);
	}
	return root->state ? 0 : (int)inode;
}

int vfs_open(struct vfs *vfs, struct tsm *tsm, const struct vfs_options *options)
{
	const struct session_options sessions = {
		.sessions = FILESYSTEM_SESSIONS, .lanes = SEQUENCE_LANES, .instance = options->instance, .blame = options->blame};

	memset(vfs, 0, sizeof(*vfs));
	vfs->options = *options;
	bounds_open(vfs);
	vfs->tsm = tsm;
	vfs->state = tsm_data(tsm);
	assert(tsm_bytes(tsm) >= VFS_STATE_BYTES && options->tree_count <= VFS_TREES);
	mounts_count(vfs);
	sessions_open(&vfs->sessions, tsm, vfs->state->lanes, &sessions);
	return mounts_open(vfs);
}
