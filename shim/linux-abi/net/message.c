/* SPDX-License-Identifier: MIT */
/* Messages between sockets (net/message.h): their memory, and moving data in and out page by page. */
#include "net/message.h"

#include "lib/service.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "net/collect.h"
#include "net/name.h"

static struct slab messages = SLAB(struct message);
static uint64_t passed; /* rooms for files */

struct message *message_make(void)
{
	return slab_take(&messages);
}

struct passed_files *files_make(void)
{
	frame_t frame = frame_allocate(true);

	if (!frame)
		return NULL;
	passed++;
	return frame_bytes(frame);
}

uint64_t files_passed(void)
{
	return passed;
}
_Static_assert(sizeof(struct passed_files) <= PAGE_SIZE, "files are in a frame");

/* A fiber that releases files, and what more there is for it to release: a socket among them may have files in its queue, one of these too, and so on, deeper than there is stack. */
struct releasing {
	struct fiber *fiber;
	struct passed_files *files;
	struct releasing *next;
};
static struct releasing *releasing;

static struct releasing *releasing_find(const struct fiber *fiber)
{
	struct releasing *one = releasing;

	while (one && one->fiber != fiber)
		one = one->next;
	return one;
}

static void files_release(struct passed_files *files)
{
	for (uint32_t i = 0; i < files->count; i++)
		description_release(files->files[i]);
	frame_release(frame_of(files));
	passed--;
}

void files_free(struct passed_files *files)
{
	struct releasing *above = releasing_find(fiber_self()), self = {fiber_self(), files, releasing}, **place = &releasing;

	files->later = above ? above->files : NULL;
	if (above) {
		above->files = files;
		return;
	}
	releasing = &self;
	while ((files = self.files) != NULL) {
		self.files = files->later;
		files_release(files);
		service_alive();
	}
	while (*place != &self)
		place = &(*place)->next;
	*place = self.next;
	sockets_collect();
}

bool files_are_freed(void)
{
	return releasing_find(fiber_self()) != NULL;
}

struct passed_files *files_copy(const struct passed_files *files)
{
	struct passed_files *copy = files_make();

	if (!copy)
		return NULL;
	*copy = *files;
	for (uint32_t i = 0; i < copy->count; i++)
		description_hold(copy->files[i]);
	return copy;
}

void message_free(struct message *message)
{
	for (uint32_t i = 0; i < MESSAGE_FRAMES && message->frames[i]; i++)
		frame_release(message->frames[i]);
	if (message->from)
		name_release(message->from);
	if (message->files)
		files_free(message->files);
	slab_return(&messages, message);
}

int64_t message_fill(struct message *message, struct transfer *transfer, uint64_t bytes)
{
	uint64_t done = 0;

	while (done < bytes && message->bytes < MESSAGE_BYTES_MAX) {
		uint64_t in_page = message->bytes % PAGE_SIZE, count = PAGE_SIZE - in_page < bytes - done ? PAGE_SIZE - in_page : bytes - done;
		frame_t *frame = &message->frames[message->bytes / PAGE_SIZE];
		int64_t got;

		if (!*frame && !(*frame = frame_allocate(false)))
			return done ? (int64_t)done : -ENOBUFS;
		got = transfer_get(transfer, (unsigned char *)frame_bytes(*frame) + in_page, count);
		if (got < 0)
			return done ? (int64_t)done : got;
		message->bytes += (uint32_t)got;
		done += (uint64_t)got;
		if ((uint64_t)got < count)
			break;
	}
	return (int64_t)done;
}

int64_t message_put(const struct message *message, uint64_t skip, struct transfer *transfer)
{
	uint64_t at = message->taken + skip, done = 0;

	while (at < message->bytes && transfer->left) {
		uint64_t in_page = at % PAGE_SIZE, left = message->bytes - at, count = PAGE_SIZE - in_page < left ? PAGE_SIZE - in_page : left;
		int64_t put = transfer_put(transfer, (const unsigned char *)frame_bytes(message->frames[at / PAGE_SIZE]) + in_page, count);

		if (put < 0)
			return put;
		at += (uint64_t)put;
		done += (uint64_t)put;
		if ((uint64_t)put < count && transfer->left)
			return -EFAULT;
	}
	return (int64_t)done;
}
