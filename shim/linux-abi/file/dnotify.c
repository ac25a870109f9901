/* SPDX-License-Identifier: MIT */
/*
 * F_NOTIFY (file/dnotify.h; fs/notify/dnotify of Linux). A *request* is of one open directory and one table of numbers, and ends when a number of that table that leads to the directory is closed; without DN_MULTISHOT also when it has told something. They lie in one
 * list: they are few, and only what happens while there are any looks through it. Nothing here waits.
 */
#include "file/dnotify.h"

#include "file/notify.h"
#include "file/sigio.h"
#include "mm/slab.h"

struct request {
	struct request *next;
	const struct description *directory;
	const struct descriptors *table;
	uint32_t events; /* LINUX_IN_*, DNOTIFY_RENAMED */
	int32_t number;
	bool again; /* DN_MULTISHOT */
};

int64_t dnotify_enabled = 1;
uint32_t dnotifications;

static struct slab structures = SLAB(struct request);
static struct request *all;

static uint32_t events_of(uint64_t asked)
{
	static const struct {
		uint32_t asked, events;
	} kinds[] = {
		{LINUX_DN_ACCESS, LINUX_IN_ACCESS},
		{LINUX_DN_MODIFY, LINUX_IN_MODIFY},
		{LINUX_DN_CREATE, LINUX_IN_CREATE | LINUX_IN_MOVED_TO},
		{LINUX_DN_DELETE, LINUX_IN_DELETE | LINUX_IN_MOVED_FROM},
		{LINUX_DN_RENAME, DNOTIFY_RENAMED},
		{LINUX_DN_ATTRIB, LINUX_IN_ATTRIB},
	};
	uint32_t events = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		events |= asked & kinds[i].asked ? kinds[i].events : 0;
	return events;
}

/* The link that leads to a request, or to null. */
static struct request **request_at(const struct description *directory, const struct descriptors *table)
{
	struct request **at = &all;

	while (*at && ((*at)->directory != directory || (*at)->table != table))
		at = &(*at)->next;
	return at;
}

static void request_end(struct request **at)
{
	struct request *request = *at;

	*at = request->next;
	slab_return(&structures, request);
	dnotifications--;
	watches--;
}

void dnotify_closed_slow(const struct description *directory, const struct descriptors *by)
{
	struct request **at = request_at(directory, by);

	if (*at)
		request_end(at);
}

static struct request *request_make(const struct description *directory, const struct descriptors *table)
{
	struct request *request = slab_take(&structures);

	if (!request)
		return NULL;
	*request = (struct request){.next = all, .directory = directory, .table = table};
	all = request;
	dnotifications++;
	watches++;
	return request;
}

int dnotify_ask(struct task *task, struct description *directory, uint64_t number, uint64_t events)
{
	struct request *request;

	if (!dnotify_enabled)
		return -EINVAL;
	if (!(events & ~(uint64_t)LINUX_DN_MULTISHOT)) {
		dnotify_closed(directory, task->files);
		return 0;
	}
	if (!description_is(directory, MODE_DIRECTORY))
		return -ENOTDIR;
	request = *request_at(directory, task->files);
	if (!request)
		request = request_make(directory, task->files);
	if (!request)
		return -ENOMEM;
	request->events |= events_of(events);
	request->again = request->again || events & LINUX_DN_MULTISHOT;
	request->number = (int32_t)number;
	owner_become_first(task, directory);
	return 0;
}

void dnotify_tell(uint64_t filesystem, uint64_t inode, uint32_t events)
{
	for (struct request **at = &all; *at;) {
		const struct request *request = *at;

		if (request->directory->inode != inode || request->directory->filesystem != filesystem || !(request->events & events)) {
			at = &(*at)->next;
			continue;
		}
		owner_tell_message(request->directory, request->number);
		if (request->again)
			at = &(*at)->next;
		else
			request_end(at);
	}
}
