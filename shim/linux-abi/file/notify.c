/* SPDX-License-Identifier: MIT */
/*
 * Watches of files and directories (file/notify.h, inotify(7)). An *instance* is an open file with a queue of events; a *watch* is its interest in one inode. Watches lie in one list: they are few, and only what happens while there are
 * any looks through it.
 */
#include "file/notify.h"

#include "file/blocking.h"
#include "file/dnotify.h"
#include "file/status.h"
#include "file/text.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/text.h"
#include "process/handlers.h"

#define EVENTS_ALL 0xfff
#define MASK_KNOWN (EVENTS_ALL | LINUX_IN_ONLYDIR | LINUX_IN_DONT_FOLLOW | LINUX_IN_EXCL_UNLINK | LINUX_IN_MASK_CREATE | LINUX_IN_MASK_ADD | (uint32_t)LINUX_IN_ONESHOT)
#define MASK_TOLD (EVENTS_ALL | LINUX_IN_EXCL_UNLINK | (uint32_t)LINUX_IN_ONESHOT)
#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)

struct event {
	struct event *next;
	struct linux_inotify_event head; /* `len`: of the name, padded */
	char name[NAME_BYTES_MAX + 1 + 16];
};

struct instance {
	struct wait_queue queue;
	struct event *first, **end;
	uint32_t count;
	uint64_t bytes;
	int32_t last;
	uint32_t user; /* on whose account it is */
	struct instance *next;
};

struct watch {
	struct watch *next;
	struct instance *instance;
	int32_t number;
	uint32_t mask;
	uint64_t filesystem, inode;
};

uint32_t watches;
int64_t notify_instances_most = 128, notify_watches_most = NOTIFY_WATCHES_MAX;

static struct slab events = SLAB(struct event), instances = SLAB(struct instance), watch_slab = SLAB(struct watch);
static struct watch *all;
static struct instance *every;
static uint32_t cookie_last;
static const struct asker shim = {.capabilities = UINT32_MAX};

uint32_t notify_cookie(void)
{
	return ++cookie_last;
}

/* Queues. */

static bool is_same(const struct event *one, const struct event *other)
{
	return one->head.wd == other->head.wd && one->head.mask == other->head.mask && one->head.cookie == other->head.cookie && strcmp(one->name, other->name) == 0;
}

static struct event *event_last(const struct instance *instance)
{
	return instance->first ? (struct event *)((char *)instance->end - offsetof(struct event, next)) : NULL;
}

static void event_append(struct instance *instance, struct event *event)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): `end` is set when the instance is made */
	*instance->end = event;
	instance->end = &event->next;
	instance->count++;
	instance->bytes += sizeof(event->head) + event->head.len;
	queue_wake(&instance->queue, EVENTS_READ);
}

/* What is like the event before it is not told twice; what finds the queue full is lost, and that is told. */
static void event_put(struct instance *instance, int32_t number, uint32_t mask, uint32_t cookie, const char *name)
{
	struct event *event = instance->count <= NOTIFY_QUEUED_MAX ? slab_take(&events) : NULL, *last = event_last(instance);
	size_t bytes = name ? strlen(name) : 0;

	if (!event)
		return;
	event->head = (struct linux_inotify_event){.wd = number, .mask = mask, .cookie = cookie};
	if (instance->count == NOTIFY_QUEUED_MAX)
		event->head = (struct linux_inotify_event){.wd = -1, .mask = LINUX_IN_Q_OVERFLOW};
	else if (bytes && bytes <= NAME_BYTES_MAX) {
		memcpy(event->name, name, bytes);
		event->head.len = (uint32_t)((bytes + 1 + sizeof(event->head) - 1) & ~(sizeof(event->head) - 1));
	}
	if (last && is_same(last, event))
		slab_return(&events, event);
	else
		event_append(instance, event);
}

static void watch_end(struct watch *watch, bool told)
{
	struct watch **at = &all;

	if (told)
		event_put(watch->instance, watch->number, LINUX_IN_IGNORED, 0, NULL);
	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	slab_return(&watch_slab, watch);
	watches--;
}

/* Tells all who watch a place. `gone`: what it is about has lost this name, of which not all want to hear more. */
static void place_tell_of(uint64_t filesystem, uint64_t inode, uint32_t mask, uint32_t cookie, const char *name, bool gone)
{
	if (dnotifications)
		dnotify_tell(filesystem, inode, mask);
	for (struct watch *watch = all, *next; watch; watch = next) {
		next = watch->next;
		if (watch->inode != inode || watch->filesystem != filesystem || !(watch->mask & mask & EVENTS_ALL) || (gone && watch->mask & LINUX_IN_EXCL_UNLINK))
			continue;
		event_put(watch->instance, watch->number, mask, cookie, name);
		if (watch->mask & (uint32_t)LINUX_IN_ONESHOT)
			watch_end(watch, true);
	}
}

static void place_tell(uint64_t filesystem, uint64_t inode, uint32_t mask, uint32_t cookie, const char *name)
{
	place_tell_of(filesystem, inode, mask, cookie, name, false);
}

/* The last component of a path; null for the root. */
static char *name_of(char *path)
{
	char *name = path;

	for (char *at = path; *at; at++)
		if (*at == '/' && at[1])
			name = at + 1;
	return *name == '/' ? NULL : name;
}

static int place_of(const char *text, struct attributes *attributes, uint64_t *filesystem)
{
	char rest[PATH_BYTES_MAX + 1];
	struct path path = {.asker = &shim, .start = PATH_ROOT, .root = PATH_ROOT, .text = text, .rest = rest};
	int error = path_attributes_at(&path, PATH_NOFOLLOW, attributes);

	*filesystem = path.filesystem + FILESYSTEMS_OWN;
	return error;
}

/* Whether an open file lies at this path. */
static bool is_at(const struct description *description, const char *path)
{
	struct attributes attributes;
	uint64_t filesystem;

	return !place_of(path, &attributes, &filesystem) && attributes.inode == description->inode && filesystem == description->filesystem;
}

/* Tells the directory of an absolute path without links. `of`: the open file that was reached through it, or null. */
static void directory_tell(char *path, uint32_t mask, uint32_t cookie, const struct description *of)
{
	char *name = name_of(path), before;
	struct attributes attributes;
	uint64_t filesystem;
	bool gone;
	int error;

	if (!name)
		return;
	gone = of && !is_at(of, path);
	before = *name;
	*name = 0;
	error = place_of(path, &attributes, &filesystem);
	*name = before;
	if (!error)
		place_tell_of(filesystem, attributes.inode, mask, cookie, name, gone);
}

char *notify_walk_text(const struct walk *walk)
{
	char start[PATH_BYTES_MAX + 1];
	int64_t length;

	if (!watches || walk->entry || walk->text[0] == '/' || !walk->start)
		return walk_text(walk);
	length = text_resolve(walk->start, start);
	if (length <= 0)
		return NULL;
	start[length] = 0;
	return text_make(length == 1 ? "" : start, walk->text);
}

/* Where a walk leads, as an absolute path; the last component stays a link if it is one and the request is about that. False when it is not known. */
static bool path_take(const struct walk *walk, char path[PATH_BYTES_MAX + 1])
{
	char *text = notify_walk_text(walk), *name = text && walk->flags & (WALK_PARENT | WALK_NOFOLLOW) ? name_of(text) : NULL, kept[NAME_BYTES_MAX + 1];
	size_t bytes = 0;
	int64_t length;

	while (name && name[bytes] && name[bytes] != '/' && bytes < NAME_BYTES_MAX) {
		kept[bytes] = name[bytes];
		bytes++;
	}
	kept[bytes] = 0;
	if (bytes)
		*name = 0;
	length = text ? text_without_links(text, path) : -ENOENT;
	text_return(text);
	if (length <= 0 || (size_t)length + 1 + bytes > PATH_BYTES_MAX)
		return false;
	if (bytes) {
		if (path[length - 1] != '/')
			path[length++] = '/';
		memcpy(path + length, kept, bytes + 1);
	}
	return true;
}

static uint32_t of_type(uint32_t mask, uint32_t mode)
{
	return mask | ((mode & MODE_TYPE) == MODE_DIRECTORY ? (uint32_t)LINUX_IN_ISDIR : 0);
}

void notify_description_slow(struct description *description, uint32_t mask)
{
	char path[PATH_BYTES_MAX + 1];
	uint32_t typed = of_type(mask, description->mode);

	if (text_without_links(description->text, path) > 0)
		directory_tell(path, typed, 0, description); /* before the file itself, as who watches both is told */
	place_tell(description->filesystem, description->inode, typed, 0, NULL);
}

/* Events that a directory is told of its names, and not the file. */
#define OF_NAMES (LINUX_IN_CREATE | LINUX_IN_DELETE | LINUX_IN_MOVED_FROM | LINUX_IN_MOVED_TO)

void notify_walk_slow(const struct walk *walk, uint32_t mask, uint32_t cookie)
{
	char path[PATH_BYTES_MAX + 1];
	struct attributes attributes;
	uint64_t filesystem;
	bool found;

	if (walk->entry || !path_take(walk, path))
		return;
	found = !(mask & (LINUX_IN_DELETE | LINUX_IN_MOVED_FROM | LINUX_IN_MOVED_TO)) && !place_of(path, &attributes, &filesystem);
	if (found)
		mask = of_type(mask, attributes.mode);
	directory_tell(path, mask, cookie, NULL);
	if (found && !(mask & OF_NAMES))
		place_tell(filesystem, attributes.inode, mask, cookie, NULL);
}

struct notify_victim notify_victim(const struct walk *walk)
{
	struct notify_victim victim = {0};
	char path[PATH_BYTES_MAX + 1];
	struct attributes attributes;

	if (!watches || !path_take(walk, path) || place_of(path, &attributes, &victim.filesystem))
		return victim;
	victim.inode = attributes.inode;
	victim.directory = (attributes.mode & MODE_TYPE) == MODE_DIRECTORY;
	victim.links = victim.directory ? 1 : attributes.links;
	return victim;
}

void notify_gone(const struct notify_victim *victim)
{
	if (!watches || !victim->links)
		return;
	if (victim->links > 1) {
		place_tell(victim->filesystem, victim->inode, LINUX_IN_ATTRIB, 0, NULL);
		return;
	}
	if (!victim->directory)
		place_tell(victim->filesystem, victim->inode, LINUX_IN_ATTRIB, 0, NULL);
	place_tell(victim->filesystem, victim->inode, LINUX_IN_DELETE_SELF, 0, NULL);
	for (struct watch *watch = all, *next; watch; watch = next) {
		next = watch->next;
		if (watch->inode == victim->inode && watch->filesystem == victim->filesystem)
			watch_end(watch, true);
	}
}

/* The directory of the name at the end of a walk; false when it is not known. */
static __attribute__((noinline)) bool directory_of(const struct walk *walk, uint64_t *filesystem, uint64_t *inode)
{
	char path[PATH_BYTES_MAX + 1], *name;
	struct attributes attributes;

	if (walk->entry || !path_take(walk, path))
		return false;
	name = name_of(path);
	if (!name)
		return false;
	*name = 0;
	if (place_of(path, &attributes, filesystem))
		return false;
	*inode = attributes.inode;
	return true;
}

void notify_renamed(const struct walk *from, const struct walk *to)
{
	uint64_t filesystem, inode, filesystem_to, inode_to;

	if (!dnotifications || !directory_of(from, &filesystem, &inode) || !directory_of(to, &filesystem_to, &inode_to))
		return;
	if (filesystem == filesystem_to && inode == inode_to)
		dnotify_tell(filesystem, inode, DNOTIFY_RENAMED);
}

void notify_moved(const struct notify_victim *moved)
{
	place_tell(moved->filesystem, moved->inode, LINUX_IN_MOVE_SELF, 0, NULL);
}

void notify_linked(const struct notify_victim *linked)
{
	place_tell(linked->filesystem, linked->inode, LINUX_IN_ATTRIB, 0, NULL);
}

/* The open file. */

static void event_drop(struct instance *instance)
{
	struct event *event = instance->first;

	instance->first = event->next;
	if (!instance->first)
		instance->end = &instance->first;
	instance->count--;
	instance->bytes -= sizeof(event->head) + event->head.len;
	slab_return(&events, event);
}

/* One event, with the name behind its head. */
static int64_t event_take(struct instance *instance, struct transfer *transfer)
{
	unsigned char bytes[sizeof(struct linux_inotify_event) + sizeof(((struct event *)0)->name)];
	const struct event *event = instance->first;
	uint64_t count = sizeof(event->head) + event->head.len;

	if (transfer->left < count)
		return -EINVAL;
	memcpy(bytes, &event->head, sizeof(event->head));
	memcpy(bytes + sizeof(event->head), event->name, event->head.len);
	event_drop(instance);
	return transfer_put(transfer, bytes, count) == (int64_t)count ? (int64_t)count : -EFAULT;
}

static int64_t notify_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct instance *instance = description->data;
	uint64_t done = 0;

	(void)offset;
	while (!instance->first) {
		int error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&instance->queue, task, EVENTS_READ, NEVER);

		if (error)
			return error;
	}
	while (instance->first) {
		int64_t count = event_take(instance, transfer);

		if (count < 0)
			return done ? (int64_t)done : count;
		done += (uint64_t)count;
	}
	return (int64_t)done;
}

static uint32_t notify_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct instance *instance = description->data;

	(void)task;
	*queue = &instance->queue;
	return instance->first ? EVENTS_READ : 0;
}

static uint32_t notify_told(const struct description *description, uint32_t happened)
{
	(void)description;
	return happened & LINUX_POLLIN;
}

static int64_t notify_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument)
{
	const struct instance *instance = description->data;
	int32_t bytes = (int32_t)instance->bytes;

	return request == LINUX_FIONREAD ? user_put(task->memory, argument, &bytes) : -ENOTTY;
}

static void instance_end(struct instance *instance)
{
	struct instance **at = &every;

	while (*at != instance)
		at = &(*at)->next;
	*at = instance->next;
	slab_return(&instances, instance);
}

static void notify_release(struct description *description)
{
	struct instance *instance = description->data;

	for (struct watch *watch = all, *next; watch; watch = next) {
		next = watch->next;
		if (watch->instance == instance)
			watch_end(watch, false);
	}
	while (instance->first)
		event_drop(instance);
	instance_end(instance);
}

/* Its watches, the newest first, as proc(5) has them. */
static void notify_describe(const struct description *description, struct proc_text *text)
{
	for (const struct watch *watch = all; watch; watch = watch->next)
		if (watch->instance == description->data)
			text_add(text, "inotify wd:%x ino:%x sdev:%x mask:%x ignored_mask:0\n", (uint64_t)watch->number, watch->inode, watch->filesystem, (uint64_t)(watch->mask & MASK_TOLD));
}

static const struct description_operations operations = {.kind = "inotify", .describe = notify_describe, .seeks_nowhere = true, .read = notify_read, .poll = notify_poll, .told = notify_told, .ioctl = notify_ioctl, .release = notify_release};

static int64_t instances_of(uint32_t user)
{
	int64_t count = 0;

	for (const struct instance *instance = every; instance; instance = instance->next)
		count += instance->user == user;
	return count;
}

static int64_t call_init(struct task *task, uint32_t flags)
{
	struct description *description;
	struct instance *instance;

	if (flags & ~(uint32_t)(LINUX_IN_CLOEXEC | LINUX_IN_NONBLOCK))
		return -EINVAL;
	if (instances_of(task->credentials->user) >= notify_instances_most)
		return -EMFILE;
	instance = slab_take(&instances);
	description = instance ? description_make(&operations, 0600, LINUX_O_RDONLY | (flags & LINUX_O_NONBLOCK), FILESYSTEM_ANONYMOUS) : NULL;
	if (!description) {
		if (instance)
			slab_return(&instances, instance);
		return -ENOMEM;
	}
	*instance = (struct instance){.user = task->credentials->user, .next = every};
	instance->end = &instance->first;
	every = instance;
	description->data = instance;
	return descriptor_give(task, description, flags);
}

int64_t linux_inotify_init(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	return call_init(task, 0);
}

int64_t linux_inotify_init1(struct task *task, const uint64_t arguments[6])
{
	return call_init(task, (uint32_t)arguments[0]);
}

static int instance_take(struct task *task, uint64_t number, struct description **description)
{
	int error = descriptor_take(task, (uint32_t)number, description);

	if (!error && (*description)->operations != &operations) {
		description_release(*description);
		return -EINVAL;
	}
	return error;
}

static int64_t watch_add(struct instance *instance, const struct status *status, uint32_t mask)
{
	struct watch *watch = all;

	while (watch && (watch->instance != instance || watch->inode != status->attributes.inode || watch->filesystem != status->filesystem))
		watch = watch->next;
	if (watch) {
		if (mask & LINUX_IN_MASK_CREATE)
			return -EEXIST;
		watch->mask = mask & LINUX_IN_MASK_ADD ? watch->mask | mask : mask;
		return watch->number;
	}
	if ((int64_t)(watches - dnotifications) >= notify_watches_most)
		return -ENOSPC;
	watch = slab_take(&watch_slab);
	if (!watch)
		return -ENOMEM;
	*watch = (struct watch){.next = all, .instance = instance, .number = ++instance->last, .mask = mask, .filesystem = status->filesystem, .inode = status->attributes.inode};
	all = watch;
	watches++;
	return watch->number;
}

static int64_t path_watch(struct task *task, struct instance *instance, uint64_t address, uint32_t mask)
{
	struct status status = {0};
	struct walk walk;
	int64_t error = walk_begin(&walk, task, LINUX_AT_FDCWD, address, mask & LINUX_IN_DONT_FOLLOW ? WALK_NOFOLLOW : 0);

	if (!error)
		error = walk_status(&walk, &status);
	if (!error)
		error = asker_check(&walk.asker, &status.attributes, ACCESS_READ);
	if (!error && mask & LINUX_IN_ONLYDIR && (status.attributes.mode & MODE_TYPE) != MODE_DIRECTORY)
		error = -ENOTDIR;
	walk_end(&walk);
	return error ? error : watch_add(instance, &status, mask);
}

int64_t linux_inotify_add_watch(struct task *task, const uint64_t arguments[6])
{
	uint32_t mask = (uint32_t)arguments[2];
	struct description *description;
	int64_t result;

	if (!(mask & MASK_KNOWN) || (mask & LINUX_IN_MASK_ADD && mask & LINUX_IN_MASK_CREATE))
		return -EINVAL;
	result = instance_take(task, arguments[0], &description);
	if (result)
		return result;
	result = path_watch(task, description->data, arguments[1], mask & MASK_KNOWN);
	description_release(description);
	return result;
}

int64_t linux_inotify_rm_watch(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct watch *watch = all;
	int error = instance_take(task, arguments[0], &description);

	if (error)
		return error;
	while (watch && (watch->instance != description->data || watch->number != (int32_t)arguments[1]))
		watch = watch->next;
	if (watch)
		watch_end(watch, true);
	description_release(description);
	return watch ? 0 : -EINVAL;
}
