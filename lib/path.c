/* SPDX-License-Identifier: MIT */
/*
 * Requests on paths (lib/path.h; of the program itself: lib/file.h). One takes a lane of the session with vfs, puts the path into its part of the buffer, fills in words 6 and 7, sends, and takes out what was answered there.
 */
#include "lib/path.h"

#include "lib/file_open.h"
#include "lib/file_request.h"
#include "lib/path_cache.h"
#include "lib/string.h"

struct asker path_program = {.capabilities = UINT32_MAX};

void file_credentials(uint32_t user, uint32_t group, uint32_t capabilities)
{
	path_program.user = user;
	path_program.group = group;
	path_program.capabilities = capabilities;
}

/* Puts a text into vfs's buffer; what is too long is cut to one byte more than is allowed, so that vfs refuses it. */
static uint64_t text_put(const char *text, uint64_t at)
{
	size_t bytes = strlen(text);

	if (bytes > PATH_BYTES_MAX)
		bytes = PATH_BYTES_MAX + 1;
	memcpy(file_vfs.buffer + at, text, bytes);
	return span_make(at, bytes);
}

void path_begin(struct path_request *request, const struct path *path, uint32_t flags, uint32_t mode)
{
	const struct asker *asker = path->asker;
	uint64_t at;

	request->lane = lane_take(&file_vfs);
	at = request->lane->at;
	request->data[1] = text_put(path->text, at + LANE_PATH);
	request->data[2] = pair_make((uint32_t)path->start, (uint32_t)path->root);
	request->data[3] = pair_make(asker->user, asker->group);
	request->data[4] = pair_make(asker->capabilities, asker->group_count);
	request->data[5] = pair_make(flags, mode);
	request->data[6] = request->data[7] = 0;
}

/* The rest of a path that leads into a tree of this client's own. */
static int rest_take(const struct path_request *request, struct path *path)
{
	uint64_t bytes = request->answer.data[2];

	if (!path->rest || bytes > PATH_BYTES_MAX)
		return -EIO;
	memcpy(path->rest, file_vfs.buffer + request->lane->at + LANE_RESULT, bytes);
	path->rest[bytes] = 0;
	path->tag = request->answer.data[1];
	return PATH_REFERRAL;
}

int64_t path_send(struct path_request *request, struct path *path, struct path *other, uint64_t label, bool changes)
{
	int64_t result;

	request->data[0] = changes ? ++request->lane->numbered : request->lane->unnumbered;
	result = session_exchange(&file_vfs, label, 8, request->data, path->asker, &request->answer);
	if (result != ANSWER_REFERRAL)
		return result;
	return rest_take(request, other && request->answer.data[3] ? other : path);
}

/* Sends a request and gives its lane back: one of which nothing is taken out. */
static int64_t path_finish(struct path_request *request, struct path *path, struct path *other, uint64_t label, bool changes)
{
	int64_t result = path_send(request, path, other, label, changes);

	path_end(request);
	return result;
}

/* Sends a request which is answered by `bytes` bytes at its result's place. */
static int64_t path_answer(struct path_request *request, struct path *path, uint64_t label, void *to, size_t bytes)
{
	int64_t result;

	request->data[6] = request->lane->at + LANE_RESULT;
	result = path_send(request, path, NULL, label, false);
	if (!result)
		memcpy(to, file_vfs.buffer + request->lane->at + LANE_RESULT, bytes);
	path_end(request);
	return result;
}

/* Remembered answers. */

static struct path_cache cache;

void path_remember(void *memory, size_t bytes)
{
	path_cache_open(&cache, memory, bytes);
}

/* Tells an open directory from all others that ever were; 0 is the root. False when it is none: then vfs refuses it. */
static bool start_serial(int number, uint64_t *serial)
{
	const struct file *file = number == PATH_ROOT ? NULL : file_of(number);

	*serial = file ? file->serial : 0;
	return file || number == PATH_ROOT;
}

bool path_key_make(struct path_key *key, const struct path *path, uint32_t flags)
{
	*key = (struct path_key){.asker = path->asker, .flags = flags, .text = path->text};
	return start_serial(path->start, &key->start) && start_serial(path->root, &key->root);
}

/* On what an answer depends, with the values from before it was asked for: of vfs's session page, and what vfs told of filesystems. 0: on more than that. */
uint32_t path_depends_take(const struct path_request *request, struct path_depend depends[PATH_KNOWN_WORDS])
{
	const struct path_dependencies *told = (const struct path_dependencies *)(file_vfs.buffer + request->lane->at + LANE_DEPENDS);
	uint64_t count = __atomic_load_n(&told->count, __ATOMIC_RELAXED);

	if (count > PATH_DEPENDENCIES || !count)
		return 0;
	for (uint64_t i = 0; i < count; i++) {
		struct path_dependency on = told->dependency[i];
		const struct file_session *session = file_session_find(on.badge);

		if (!session || !session->generations || on.index >= 2 * GENERATION_BUCKETS)
			return 0;
		depends[2 + i] = (struct path_depend){&session->generations->counter[on.index], on.value};
	}
	return 2 + (uint32_t)count;
}

/* The two words of vfs's session page, before it is asked. */
void path_depends_begin(struct path_depend depends[PATH_KNOWN_WORDS])
{
	const struct session_page *page = (const struct session_page *)file_vfs.buffer;

	depends[0] = (struct path_depend){&page->generation, __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE)};
	depends[1] = (struct path_depend){&page->changes, __atomic_load_n(&page->changes, __ATOMIC_ACQUIRE)};
}

/* Where a file was found. */
static void place_take(struct path *path, uint64_t place)
{
	path->filesystem = (uint32_t)place;
	path->mount = (uint32_t)(place >> 32);
}

/* Asks vfs. `depends`: where to put on what the answer depends, and `*count` of them, if that can be remembered; else null. */
static int attributes_ask(struct path *path, uint32_t flags, struct attributes *attributes, struct path_depend *depends, uint32_t *count)
{
	struct path_request request;
	uint64_t place;
	int error;

	path_begin(&request, path, flags, 0);
	request.data[6] = request.lane->at + LANE_RESULT;
	request.data[7] = depends ? request.lane->at + LANE_DEPENDS : 0;
	error = (int)path_send(&request, path, NULL, VFS_STAT, false);
	if (!error)
		memcpy(attributes, file_vfs.buffer + request.lane->at + LANE_RESULT, sizeof(*attributes));
	if (depends)
		*count = !error || error == -ENOENT ? path_depends_take(&request, depends) : 0;
	path_end(&request);
	place = request.answer.data[1];
	if (!error)
		place_take(path, place);
	return error;
}

/* Asks vfs, and remembers what it says if nothing but what is published can change that. */
static int attributes_remember(struct path *path, const struct path_key *key, struct attributes *attributes)
{
	struct path_depend depends[PATH_KNOWN_WORDS];
	uint32_t count = 0;
	int error;

	path_depends_begin(depends);
	error = attributes_ask(path, key->flags, attributes, depends, &count);
	if (count)
		path_cache_put(&cache, key, depends, count, error, attributes, pair_make((uint32_t)path->filesystem, path->mount));
	return error;
}

/* Questions. */

int path_attributes_at(struct path *path, uint32_t flags, struct attributes *attributes)
{
	const struct path_remembered *remembered;
	struct path_key key;

	if (!cache.sets || !path_key_make(&key, path, flags))
		return attributes_ask(path, flags, attributes, NULL, NULL);
	remembered = path_cache_find(&cache, &key);
	if (!remembered)
		return attributes_remember(path, &key, attributes);
	if (!remembered->result)
		*attributes = remembered->attributes;
	place_take(path, remembered->place);
	return remembered->result;
}

int path_access_at(struct path *path, uint32_t flags, uint32_t wanted)
{
	struct path_request request;

	path_begin(&request, path, flags, wanted);
	return (int)path_finish(&request, path, NULL, VFS_ACCESS, false);
}

int path_statistics_at(struct path *path, uint32_t flags, struct filesystem_statistics *statistics)
{
	struct path_request request;

	path_begin(&request, path, flags, 0);
	return (int)path_answer(&request, path, VFS_STATFS, statistics, sizeof(*statistics));
}

int64_t path_read_link_at(struct path *path, uint32_t flags, char *target, size_t bytes)
{
	size_t room = bytes < LANE_PATH_BYTES - LANE_RESULT ? bytes : LANE_PATH_BYTES - LANE_RESULT;
	struct path_request request;
	int64_t done;

	path_begin(&request, path, flags, 0);
	request.data[6] = span_make(request.lane->at + LANE_RESULT, room);
	done = path_send(&request, path, NULL, VFS_READLINK, false);
	if (done > (int64_t)room && done != PATH_REFERRAL)
		done = -EIO;
	if (done > 0 && done != PATH_REFERRAL)
		memcpy(target, file_vfs.buffer + request.lane->at + LANE_RESULT, (size_t)done);
	path_end(&request);
	return done;
}

/* Changes. */

static int path_change(struct path *path, uint64_t label, uint32_t flags, uint32_t mode, uint64_t word)
{
	struct path_request request;

	path_begin(&request, path, flags, mode);
	request.data[6] = word;
	return (int)path_finish(&request, path, NULL, label, true);
}

/* With one more path, or the target of a link, for which there is no `other`. */
static int path_change_two(struct path *path, struct path *other, const char *text, uint64_t label, uint32_t flags, uint32_t mode)
{
	struct path_request request;

	path_begin(&request, path, flags, mode);
	request.data[6] = text_put(text, request.lane->at + LANE_NEW_PATH);
	request.data[7] = other ? (uint32_t)other->start : 0;
	return (int)path_finish(&request, path, other, label, true);
}

int path_make_directory_at(struct path *path, uint32_t mode)
{
	return path_change(path, VFS_MKDIR, 0, mode, 0);
}

int path_make_node_at(struct path *path, uint32_t mode, uint64_t device)
{
	return path_change(path, VFS_MKNOD, 0, mode, device);
}

int path_make_link_at(struct path *path, const char *target)
{
	return path_change_two(path, NULL, target, VFS_SYMLINK, 0, 0);
}

int path_remove_at(struct path *path)
{
	return path_change(path, VFS_UNLINK, 0, 0, 0);
}

int path_remove_directory_at(struct path *path)
{
	return path_change(path, VFS_RMDIR, 0, 0, 0);
}

int path_rename_at(struct path *from, struct path *to, uint32_t flags)
{
	return path_change_two(from, to, to->text, VFS_RENAME, flags, 0);
}

int path_link_at(struct path *from, struct path *to, uint32_t flags)
{
	return path_change_two(from, to, to->text, VFS_LINK, flags, 0);
}

int path_link_of_start_at(struct path *from, struct path *to, uint32_t mount)
{
	return path_change_two(from, to, to->text, VFS_LINK, PATH_EMPTY, mount);
}

int path_change_mode_at(struct path *path, uint32_t flags, uint32_t mode)
{
	return path_change(path, VFS_CHMOD, flags, mode, 0);
}

int path_change_owner_at(struct path *path, uint32_t flags, uint32_t owner, uint32_t group)
{
	return path_change(path, VFS_CHOWN, flags, 0, pair_make(owner, group));
}

int path_change_times_at(struct path *path, uint32_t flags, uint32_t mask, const struct timestamp times[2])
{
	struct path_request request;

	path_begin(&request, path, flags, mask);
	request.data[6] = request.lane->at + LANE_NEW_PATH;
	memcpy(file_vfs.buffer + request.lane->at + LANE_NEW_PATH, times, 2 * sizeof(*times));
	return (int)path_finish(&request, path, NULL, VFS_UTIMES, true);
}

int path_truncate_at(struct path *path, uint64_t size)
{
	return path_change(path, VFS_TRUNCATE, 0, 0, size);
}

/* Mounts something new. */
static int path_mount_what(struct path *path, uint32_t flags, uint64_t what)
{
	struct path_request request;
	int result;

	path_begin(&request, path, flags, 0);
	request.data[6] = what;
	result = (int)path_send(&request, path, NULL, VFS_MOUNT, true);
	if (!result)
		path->mount = (uint32_t)request.answer.data[1];
	path_end(&request);
	return result;
}

int path_mount_at(struct path *path, const char *service, uint32_t flags)
{
	const struct start_grant *buffer = start_buffer_of(service);

	return path_mount_what(path, flags, buffer ? buffer->argument : UINT32_MAX);
}

int path_mount_own_at(struct path *path, uint32_t tag, uint32_t flags)
{
	return path_mount_what(path, flags, MOUNT_REFERRAL | tag);
}

int path_mount_directory_at(struct path *path, int directory, uint32_t flags)
{
	return path_mount_what(path, flags, MOUNT_DIRECTORY | (uint32_t)directory);
}

int path_mount_change_at(struct path *path, uint32_t flags)
{
	return path_change(path, VFS_MOUNT, flags, 0, MOUNT_AGAIN);
}

int path_mount_move_at(struct path *path, int directory)
{
	return path_change(path, VFS_MOUNT, 0, 0, MOUNT_MOVE | (uint32_t)directory);
}

int path_mount_move_own_at(struct path *path, uint32_t tag)
{
	return path_change(path, VFS_MOUNT, 0, 0, MOUNT_MOVE | MOUNT_REFERRAL | tag);
}

int path_unmount_at(struct path *path, uint32_t flags)
{
	return path_change(path, VFS_UMOUNT, flags, 0, 0);
}

int path_sync(void)
{
	struct path program_root = path_of_program("/");
	struct path_request request;

	path_begin(&request, &program_root, 0, 0);
	return (int)path_finish(&request, &program_root, NULL, VFS_SYNC, false);
}

/* Of the program itself. */

int path_attributes(const char *text, bool follow, struct attributes *attributes)
{
	struct path path = path_of_program(text);

	return path_attributes_at(&path, follow ? 0 : PATH_NOFOLLOW, attributes);
}

int path_make_directory(const char *text, uint32_t mode)
{
	struct path path = path_of_program(text);

	return path_make_directory_at(&path, mode);
}

int path_remove(const char *text)
{
	struct path path = path_of_program(text);

	return path_remove_at(&path);
}

int path_remove_directory(const char *text)
{
	struct path path = path_of_program(text);

	return path_remove_directory_at(&path);
}

int path_change_mode(const char *text, uint32_t mode)
{
	struct path path = path_of_program(text);

	return path_change_mode_at(&path, 0, mode);
}

int path_rename(const char *from_text, const char *to_text, uint32_t flags)
{
	struct path from = path_of_program(from_text), to = path_of_program(to_text);

	return path_rename_at(&from, &to, flags);
}

int path_link(const char *from_text, const char *to_text)
{
	struct path from = path_of_program(from_text), to = path_of_program(to_text);

	return path_link_at(&from, &to, 0);
}

int path_make_link(const char *text, const char *target)
{
	struct path path = path_of_program(text);

	return path_make_link_at(&path, target);
}

int64_t path_read_link(const char *text, char *target, size_t bytes)
{
	struct path path = path_of_program(text);

	return path_read_link_at(&path, 0, target, bytes);
}

int path_mount(const char *text, const char *service, uint32_t flags)
{
	struct path path = path_of_program(text);

	return path_mount_at(&path, service, flags);
}
