/* SPDX-License-Identifier: MIT */
/* The pages of files that are mapped or executed, and their way back to the file (file/content.h). */
#include "file/content.h"

#include "abi/errno.h"
#include "file/node.h"
#include "file/opened.h"
#include "file/text.h"
#include "lib/file.h"
#include "lib/string.h"
#include "mm/memory.h"
#include "mm/slab.h"
#include "process/loop.h"

struct content {
	struct object object; /* the first member: one is found by the other */
	struct node *node;    /* it is a user of */
	struct opened *reader, *writer;
	uint64_t size;
	uint64_t generation; /* of the file, when it was kept */
	struct timestamp modify;
	bool leaving;   /* nobody uses it, and a fiber is about to write it back */
	uint64_t round; /* of the last sync() that it was part of */
	struct content *next; /* of all; those that are kept longest come last */
};

#define KEPT_MAX 256 /* contents that nobody uses */

static struct slab slab = SLAB(struct content);
static struct content *contents;
static uint32_t kept;
static bool unattended; /* there may be some that nobody uses, and for which there was no fiber */

static struct content *content_of(struct object *object)
{
	return (struct content *)object;
}

/* As far as pages can be kept. */
static uint64_t pages_of(uint64_t size)
{
	uint64_t pages = (size + PAGE_SIZE - 1) >> PAGE_BITS;

	return pages < RADIX_LIMIT ? pages : RADIX_LIMIT;
}

/* What has changed while it was read is read again. */
static int page_fill(struct object *object, uint64_t index, frame_t frame)
{
	struct content *content = content_of(object);
	const struct opened *opened = content->reader ? content->reader : content->writer;
	uint64_t changes;
	int64_t done;

	if (!opened)
		return -EIO;
	do {
		changes = content->node->changes;
		done = file_read(opened->number, index << PAGE_BITS, frame_bytes(frame), PAGE_SIZE);
	} while (done >= 0 && changes != content->node->changes);
	if (done < 0)
		return (int)done;
	memset((unsigned char *)frame_bytes(frame) + done, 0, PAGE_SIZE - (uint64_t)done);
	return 0;
}

static int page_store(struct object *object, uint64_t index)
{
	uint64_t *word = radix_find(&object->pages, index);

	if (!word || !*word)
		return -EIO;
	*word |= OBJECT_DIRTY;
	return 0;
}

/* Writes one page back; it is clean, unless somebody stores into it meanwhile or the write fails. */
static int page_write_back(struct content *content, uint64_t index, uint64_t *word)
{
	uint64_t offset = index << PAGE_BITS, bytes = content->size - offset < PAGE_SIZE ? content->size - offset : PAGE_SIZE;
	frame_t frame = (frame_t)(*word >> PAGE_BITS);
	int64_t done = -EIO;

	*word &= ~(uint64_t)OBJECT_DIRTY;
	frame_hold(frame);
	if (content->writer)
		done = file_write(content->writer->number, offset, frame_bytes(frame), bytes);
	frame_release(frame);
	if (done == (int64_t)bytes)
		return 0;
	word = radix_find(&content->object.pages, index);
	if (word && *word >> PAGE_BITS == frame)
		*word |= OBJECT_DIRTY;
	return done < 0 ? (int)done : -ENOSPC;
}

int content_write_back(struct node *node, uint64_t first, uint64_t end)
{
	struct content *content = node->content;
	uint64_t *word;
	int error = 0;

	if (!content || !content->writer)
		return 0;
	object_hold(&content->object);
	fiber_lock(&node->changing);
	memories_write_protect(&content->object, first, end);
	for (uint64_t i = radix_next(&content->object.pages, first, end, &word); i < end && i < content->object.pages_limit; i = radix_next(&content->object.pages, i + 1, end, &word))
		if (*word & OBJECT_DIRTY) {
			int failed = page_write_back(content, i, word);

			error = error ? error : failed;
		}
	fiber_unlock(&node->changing);
	object_release(&content->object);
	return error;
}

static bool is_kept(const struct content *content)
{
	return content->object.users == 1 && !content->reader && !content->writer;
}

static void list_remove(const struct content *content)
{
	struct content **at = &contents;

	while (*at != content)
		at = &(*at)->next;
	*at = content->next;
}

static void list_put_first(struct content *content)
{
	content->next = contents;
	contents = content;
}

/* Forgets pages that nobody uses. */
static void content_drop(struct content *content)
{
	struct node *node = content->node;

	kept--;
	list_remove(content);
	node->content = NULL;
	object_release(&content->object);
	node_release(node);
}

bool contents_shrink(void)
{
	struct content *last = NULL;

	for (struct content *content = contents; content; content = content->next)
		if (is_kept(content))
			last = content;
	if (last)
		content_drop(last);
	return last != NULL;
}

static bool is_dirty(const struct content *content)
{
	uint64_t *word;

	for (uint64_t i = radix_next(&content->object.pages, 0, RADIX_LIMIT, &word); i < RADIX_LIMIT; i = radix_next(&content->object.pages, i + 1, RADIX_LIMIT, &word))
		if (*word & OBJECT_DIRTY)
			return true;
	return false;
}

/* Gives up the file, and notes what it was like, so that the next one knows whether these are its pages. */
static void content_close(struct content *content, const struct attributes *attributes)
{
	struct opened *reader = content->reader, *writer = content->writer;

	content->generation = attributes->generation;
	content->modify = attributes->modify;
	content->reader = content->writer = NULL;
	list_remove(content);
	list_put_first(content);
	if (++kept > KEPT_MAX)
		(void)contents_shrink();
	if (reader)
		opened_release(reader);
	if (writer)
		opened_release(writer);
}

/* After the last user has left: whoever comes meanwhile has the content in use again. Of an error nobody is left who could be told. */
static void content_settle(struct content *content)
{
	struct attributes attributes = {0};
	bool failed = false;

	while (content->object.users == 1 && !failed) {
		failed = content_write_back(content->node, 0, RADIX_LIMIT) != 0;
		failed = file_attributes((content->reader ? content->reader : content->writer)->number, &attributes) != 0 || failed;
		if (failed || attributes.size != content->size || !is_dirty(content))
			break;
	}
	content->leaving = false;
	if (content->object.users > 1)
		return;
	if (failed || attributes.size != content->size)
		object_drop(&content->object, 0, RADIX_LIMIT);
	content_close(content, &attributes);
}

/* One that was left when there was no fiber for it; a null pointer when there is none any more. */
static struct content *unattended_next(void)
{
	struct content *content = unattended ? contents : NULL;

	while (content && (content->object.users > 1 || content->leaving || !(content->reader || content->writer)))
		content = content->next;
	unattended = content != NULL;
	return content;
}

/* In a fiber of its own. */
static void content_leave(void *argument)
{
	for (struct content *content = argument; content; content = unattended_next()) {
		content->leaving = true;
		content_settle(content);
	}
}

/* Without a fiber it stays as it is until the next one gets one, or somebody takes one. */
static void content_left(struct object *object)
{
	struct content *content = content_of(object);

	if (content->leaving || !(content->reader || content->writer))
		return;
	content->leaving = loop_work(content_leave, content);
	unattended = unattended || !content->leaving;
}

static void unattended_leave(void)
{
	struct content *content = unattended_next();

	if (content)
		content_left(&content->object);
}

static void content_destroy(struct object *object)
{
	slab_return(&slab, content_of(object));
}

/* A hole in the file itself, whose pages here are zeros then. */
static int content_hole(struct object *object, uint64_t first, uint64_t end)
{
	struct content *content = content_of(object);
	struct node *node = content->node;
	int error = content_write_back(node, first, end);

	fiber_lock(&node->changing);
	if (!error) /* whoever may store has the file open for writing, but may have gone by now */
		error = content->writer ? file_allocate(content->writer->number, ALLOCATE_PUNCH_HOLE | ALLOCATE_KEEP_SIZE, first << PAGE_BITS, (end - first) << PAGE_BITS) : -EBADF;
	if (!error)
		content_cleared(node, first << PAGE_BITS, (end - first) << PAGE_BITS);
	fiber_unlock(&node->changing);
	return error;
}

static const struct object_operations operations = {.fill = page_fill, .store = page_store, .hole = content_hole, .left = content_left, .destroy = content_destroy};

/* One user of the object is the node. */
static struct content *content_make(struct node *node)
{
	struct content *content = slab_take(&slab);

	if (!content)
		return NULL;
	content->object = (struct object){.operations = &operations, .users = 1};
	content->node = node;
	node->users++;
	node->content = content;
	list_put_first(content);
	kept++; /* until content_take() has made it one in use */
	return content;
}

/* Pages that nobody has used for a while are those of the file if it is as it was. */
static void content_check(struct content *content, const struct attributes *attributes)
{
	bool same = content->generation == attributes->generation && content->size == attributes->size && content->modify.seconds == attributes->modify.seconds &&
		content->modify.nanoseconds == attributes->modify.nanoseconds;

	if (!same)
		object_drop(&content->object, 0, RADIX_LIMIT);
	content->size = attributes->size;
	content->object.pages_limit = pages_of(attributes->size);
}

int content_take(struct node *node, struct opened *opened, bool writable, struct object **object)
{
	struct content *content = node->content ? node->content : content_make(node);
	struct attributes attributes;
	int error = 0;

	if (!content)
		return -ENOMEM;
	kept -= is_kept(content);
	object_hold(&content->object);
	unattended_leave();
	if (!content->reader && !content->writer) {
		fiber_lock(&node->changing); /* the size is that of now */
		error = file_attributes(opened->number, &attributes);
		if (!error && !content->reader && !content->writer)
			content_check(content, &attributes);
		fiber_unlock(&node->changing);
	}
	if (!content->reader) {
		opened_hold(opened); /* also after an error: then it leaves again at once */
		content->reader = opened;
	}
	if (error) {
		object_release(&content->object);
		return error;
	}
	if (writable && !content->writer) {
		opened_hold(opened);
		content->writer = opened;
	}
	*object = &content->object;
	return 0;
}

const unsigned char *content_page(const struct node *node, uint64_t index, uint64_t *bytes)
{
	const struct content *content = node->content;
	const uint64_t *word = content && index < RADIX_LIMIT && (content->reader || content->writer) ? radix_find(&content->object.pages, index) : NULL;

	if (!word || !*word)
		return NULL;
	*bytes = content->size - (index << PAGE_BITS) < PAGE_SIZE ? content->size - (index << PAGE_BITS) : PAGE_SIZE;
	return frame_bytes((frame_t)(*word >> PAGE_BITS));
}

/* Copies what was written into the pages that are there. */
static void pages_written(struct content *content, uint64_t offset, const unsigned char *data, uint64_t bytes)
{
	while (bytes && offset >> PAGE_BITS < RADIX_LIMIT) {
		uint64_t in_page = offset % PAGE_SIZE, count = PAGE_SIZE - in_page < bytes ? PAGE_SIZE - in_page : bytes;
		const uint64_t *word = radix_find(&content->object.pages, offset >> PAGE_BITS);

		if (word && *word)
			memcpy((unsigned char *)frame_bytes((frame_t)(*word >> PAGE_BITS)) + in_page, data, count);
		offset += count;
		data += count;
		bytes -= count;
	}
}

void content_cleared(struct node *node, uint64_t offset, uint64_t bytes)
{
	struct content *content = node->content;
	uint64_t to = offset + bytes < content->size ? offset + bytes : content->size, last = pages_of(to), *word;

	node->changes++;
	for (uint64_t i = radix_next(&content->object.pages, offset >> PAGE_BITS, last, &word); i < last; i = radix_next(&content->object.pages, i + 1, last, &word)) {
		uint64_t page = i << PAGE_BITS, begin = offset > page ? offset - page : 0, end = to - page < PAGE_SIZE ? to - page : PAGE_SIZE;

		memset((unsigned char *)frame_bytes((frame_t)(*word >> PAGE_BITS)) + begin, 0, end - begin);
	}
}

void content_written(struct node *node, uint64_t offset, const void *data, uint64_t bytes)
{
	struct content *content = node->content;

	node->changes++;
	if (!content)
		return;
	pages_written(content, offset, data, bytes);
	if (offset + bytes > content->size) {
		content->size = offset + bytes;
		content->object.pages_limit = pages_of(content->size);
	}
}

void content_resized(struct node *node, uint64_t size)
{
	struct content *content = node->content;
	uint64_t pages = pages_of(size);
	const uint64_t *word;

	node->changes++;
	if (!content)
		return;
	if (size < content->size) {
		content->object.pages_limit = pages;
		memories_forget(&content->object, pages, RADIX_LIMIT);
		object_drop(&content->object, pages, RADIX_LIMIT);
		word = size % PAGE_SIZE && pages < RADIX_LIMIT ? radix_find(&content->object.pages, pages - 1) : NULL;
		if (word && *word)
			memset((unsigned char *)frame_bytes((frame_t)(*word >> PAGE_BITS)) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
	}
	content->object.pages_limit = pages;
	content->size = size;
}


bool content_is_executed(const struct node *node)
{
	return node->content && node->content->object.programs;
}

bool content_is_stored(const struct node *node)
{
	return node->content && node->content->writer && memories_store(&node->content->object);
}

static bool is_of(const struct opened *opened, uint32_t mount)
{
	return opened && opened->mount == mount;
}

bool contents_use(uint32_t mount, bool stored)
{
	for (const struct content *content = contents; content; content = content->next)
		if (content->object.users > 1 && ((!stored && is_of(content->reader, mount)) || is_of(content->writer, mount)))
			return true;
	return false;
}

void contents_count(uint64_t *all, uint64_t *idle)
{
	*all = *idle = 0;
	for (const struct content *content = contents; content; content = content->next) {
		*all += content->object.resident;
		*idle += is_kept(content) ? content->object.resident : 0;
	}
}

/* A content with a writer that this round has not had yet. */
static struct content *round_next(uint64_t round)
{
	struct content *content = contents;

	while (content && (content->round == round || !content->writer))
		content = content->next;
	if (content)
		content->round = round;
	return content;
}

int contents_write_back(void)
{
	static struct fiber_lock one_at_a_time; /* two that wait in turn would take each content from each other, for ever */
	static uint64_t rounds;
	uint64_t round;
	int error = 0;

	fiber_lock(&one_at_a_time);
	round = ++rounds;
	for (struct content *content = round_next(round); content; content = round_next(round)) {
		int failed = content_write_back(content->node, 0, RADIX_LIMIT);

		error = error ? error : failed;
	}
	fiber_unlock(&one_at_a_time);
	return error;
}

int content_sync(struct task *task, struct object *object, uint64_t first, uint64_t end)
{
	struct content *content = content_of(object);
	int error, failed;

	(void)task;
	if (object->operations != &operations || !content->writer)
		return 0;
	object_hold(object);
	error = content_write_back(content->node, first, end);
	failed = content->writer ? file_sync_data(content->writer->number) : 0;
	object_release(object);
	return error ? error : failed;
}

bool content_identity(const struct object *object, uint64_t *filesystem, uint64_t *inode)
{
	const struct content *content = (const struct content *)object;

	if (object->operations != &operations)
		return false;
	*filesystem = content->node->filesystem;
	*inode = content->node->inode;
	return true;
}

int64_t content_path(const struct object *object, char path[PATH_BYTES_MAX + 1])
{
	uint64_t filesystem, inode;
	char *text = content_identity(object, &filesystem, &inode) ? text_copy(object->text) : NULL; /* another name may come while this waits */
	int64_t length = text ? text_resolve_file(text, filesystem, inode, path) : -ENOENT;

	text_return(text);
	return length;
}
