/* SPDX-License-Identifier: MIT */
/* Memory objects: anonymous ones, and what all kinds have in common (mm/object.h). */
#include "mm/object.h"

#include "abi/errno.h"
#include "file/text.h"
#include "lib/assert.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct slab anonymous = SLAB(struct object);
uint64_t objects_shared_pages;

/* Pages of an object have come, or gone (less than none). */
static void resident_change(struct object *object, int64_t pages)
{
	object->resident += (uint64_t)pages;
	objects_shared_pages += object->operations->fill ? 0 : (uint64_t)pages;
}

static void anonymous_destroy(struct object *object)
{
	slab_return(&anonymous, object);
}

static const struct object_operations anonymous_operations = {.destroy = anonymous_destroy};

struct object *object_anonymous(uint64_t pages)
{
	struct object *object = slab_take(&anonymous);

	if (object)
		*object = (struct object){.operations = &anonymous_operations, .users = 1, .pages_limit = pages};
	return object;
}

void object_hold(struct object *object)
{
	object->users++;
}

void object_name(struct object *object, const char *text)
{
	char *copy = text && (!object->text || strcmp(object->text, text) != 0) ? text_copy(text) : NULL;

	if (!copy)
		return;
	text_return(object->text);
	object->text = copy;
}

void object_execute(struct object *object)
{
	object_hold(object);
	object->programs++;
}

void object_execute_end(struct object *object)
{
	object->programs--;
	object_release(object);
}

void object_release(struct object *object)
{
	assert(object->users);
	if (--object->users) {
		if (object->users == 1 && object->operations->left)
			object->operations->left(object);
		return;
	}
	object_drop(object, 0, RADIX_LIMIT);
	radix_clear(&object->pages);
	text_return(object->text);
	object->operations->destroy(object);
}

/* Fills a page that was not there. The object may have it by the time that the filling has waited: then that one counts. */
static int64_t page_fill(struct object *object, uint64_t index)
{
	frame_t frame = frame_allocate(true);
	uint64_t *word;
	int error = frame ? 0 : -ENOMEM;

	if (!error && object->operations->fill)
		error = object->operations->fill(object, index, frame);
	word = error ? NULL : radix_make(&object->pages, index);
	if (!word || *word || index >= object->pages_limit) {
		if (frame)
			frame_release(frame);
		if (error || !word)
			return error ? error : -ENOMEM;
		return *word ? (int64_t)(*word >> PAGE_BITS) : -EFAULT;
	}
	*word = (uint64_t)frame << PAGE_BITS;
	resident_change(object, 1);
	return frame;
}

int64_t object_page(struct object *object, uint64_t index)
{
	const uint64_t *word;

	if (index >= object->pages_limit)
		return -EFAULT;
	word = radix_find(&object->pages, index);
	return word && *word ? (int64_t)(*word >> PAGE_BITS) : page_fill(object, index);
}

void object_drop(struct object *object, uint64_t from, uint64_t to)
{
	uint64_t *word;

	for (uint64_t i = radix_next(&object->pages, from, to, &word); i < to; i = radix_next(&object->pages, i + 1, to, &word)) {
		frame_release((frame_t)(*word >> PAGE_BITS));
		*word = 0;
		resident_change(object, -1);
	}
}
