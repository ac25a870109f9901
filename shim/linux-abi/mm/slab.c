/* SPDX-License-Identifier: MIT */
/* Small structures (mm/slab.h). A frame begins with its header; free structures are linked through their first word. Frames without a free one are in no list. */
#include "mm/slab.h"

#include "lib/assert.h"
#include "lib/string.h"
#include "mm/frames.h"

struct slab_frame {
	struct slab_frame *next, **at; /* in the slab's list of frames with something free; `at` null: not there */
	void *free;
	uint32_t used, count, fresh; /* from `fresh` on none has been taken yet */
};

#define FIRST_OFFSET 64

struct slab *slabs;

static void list_in(struct slab *slab, struct slab_frame *frame)
{
	frame->next = slab->partial;
	if (frame->next)
		frame->next->at = &frame->next;
	frame->at = &slab->partial;
	slab->partial = frame;
}

static void list_out(struct slab_frame *frame)
{
	*frame->at = frame->next;
	if (frame->next)
		frame->next->at = frame->at;
	frame->at = NULL;
}

uint32_t slab_per_frame(const struct slab *slab)
{
	return (uint32_t)((PAGE_SIZE - FIRST_OFFSET) / slab->size);
}

static void slab_list(struct slab *slab)
{
	if (slab->listed)
		return;
	slab->listed = true;
	slab->next = slabs;
	slabs = slab;
}

static struct slab_frame *frame_make(struct slab *slab)
{
	frame_t number = frame_allocate(false);
	struct slab_frame *frame = number ? frame_bytes(number) : NULL;

	assert(slab->size >= sizeof(void *) && slab->size <= PAGE_SIZE - FIRST_OFFSET);
	if (!frame)
		return NULL;
	slab_list(slab);
	slab->frames++;
	*frame = (struct slab_frame){.count = slab_per_frame(slab)};
	list_in(slab, frame);
	return frame;
}

void *slab_take(struct slab *slab)
{
	struct slab_frame *frame = slab->partial ? slab->partial : frame_make(slab);
	void *structure;

	if (!frame)
		return NULL;
	structure = frame->free;
	if (structure)
		frame->free = *(void **)structure;
	else
		structure = (char *)frame + FIRST_OFFSET + frame->fresh++ * slab->size;
	slab->used++;
	if (++frame->used == frame->count)
		list_out(frame);
	memset(structure, 0, slab->size);
	return structure;
}

void slab_return(struct slab *slab, void *structure)
{
	struct slab_frame *frame = (struct slab_frame *)((uint64_t)structure & ~(uint64_t)(PAGE_SIZE - 1));

	*(void **)structure = frame->free;
	frame->free = structure;
	slab->used--;
	if (!frame->at)
		list_in(slab, frame);
	if (--frame->used == 0) {
		list_out(frame);
		slab->frames--;
		frame_release(frame_of(frame));
	}
}
