/* SPDX-License-Identifier: MIT */
/*
 * Frames (mm/frames.h). A chunk begins with the records of its own frames. Free frames that were in use are in one list, linked through their records; those of the last chunk that never were are above a
 * mark, and clear, since the kernel gives Regions out clear.
 */
#include "mm/frames.h"

#include "lib/assert.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/string.h"

struct record {
	uint32_t users;
	frame_t next; /* free: the next one in the list */
};

#define RECORD_FRAMES (CHUNK_FRAMES * sizeof(struct record) / PAGE_SIZE)
#define OBJECTS_SHARE 8 /* one part in so many of the memory is for kernel objects */
#define LARGE_BATCH 32  /* 2 MiB pages of a chunk */

static handle_t source; /* Untyped from which chunks are made */
static handle_t chunks[CHUNKS_MAX];
static handle_t own_mappings[CHUNKS_MAX];
static uint32_t chunk_count, chunks_most;
static frame_t first_free, mark; /* the frames of the last chunk from `mark` on were never used */
static uint64_t free_count;

static struct record *record_of(frame_t frame)
{
	return (struct record *)frame_bytes(frame / CHUNK_FRAMES * CHUNK_FRAMES) + frame % CHUNK_FRAMES;
}

/* Maps a chunk in the shim's own address space. */
static enum error chunk_map(handle_t region, uint32_t chunk)
{
	struct map_entry *batch = (struct map_entry *)thread_self()->page;
	uint64_t address = (uint64_t)frame_bytes(chunk * CHUNK_FRAMES), done;
	enum error error = space_attach(&own_space, region, RIGHT_READ | RIGHT_WRITE, &own_mappings[chunk]);

	if (error != OK)
		return error;
	for (uint64_t i = 0; i < LARGE_BATCH; i++)
		batch[i] = (struct map_entry){(address + i * LARGE_PAGE_SIZE) | MAP_READ | MAP_WRITE | MAP_LARGE, i * (LARGE_PAGE_SIZE / PAGE_SIZE)};
	return mapping_map(own_mappings[chunk], LARGE_BATCH, &done);
}

static bool chunk_make(void)
{
	handle_t region = slot_allocate(), own = own_space.cnode;

	if (chunk_count == chunks_most || !region)
		return false;
	service_alive(); /* the kernel clears 64 MiB: all of the patience that there is (its heartbeat) is for that */
	if (untyped_retype(source, OBJECT_REGION, (uint64_t)CHUNK_FRAMES * PAGE_SIZE, own, region, 1) != OK || chunk_map(region, chunk_count) != OK) {
		chunks_most = chunk_count; /* it will not be better later */
		return false;
	}
	chunks[chunk_count] = region;
	mark = chunk_count * CHUNK_FRAMES + RECORD_FRAMES;
	chunk_count++;
	return true;
}

bool frames_start(handle_t untyped)
{
	struct capability_state state;
	uint64_t bytes;

	source = slot_allocate();
	if (cnode_query(own_space.cnode, untyped, &state) != OK || !source)
		return false;
	bytes = state.size - state.watermark;
	bytes -= bytes / OBJECTS_SHARE;
	if (untyped_retype(untyped, OBJECT_UNTYPED, bytes & ~(uint64_t)(PAGE_SIZE - 1), own_space.cnode, source, 1) != OK)
		return false;
	chunks_most = (uint32_t)((bytes - LARGE_PAGE_SIZE) / PAGE_SIZE / CHUNK_FRAMES);
	if (chunks_most > CHUNKS_MAX)
		chunks_most = CHUNKS_MAX;
	free_count = (uint64_t)chunks_most * (CHUNK_FRAMES - RECORD_FRAMES);
	return chunk_make();
}

/* The next frame that was never used. */
static frame_t frame_new(void)
{
	if (mark == chunk_count * CHUNK_FRAMES && !chunk_make())
		return 0;
	return mark++;
}

/* Who gives up what is only kept, when there is no frame left. */
static bool (*give_up)(void);

void frames_reclaim_by(bool (*function)(void))
{
	give_up = function;
}

frame_t frame_allocate(bool clear)
{
	frame_t frame = first_free ? 0 : frame_new();

	while (!frame && !first_free && give_up && give_up())
		;
	if (!frame && !first_free)
		return 0;
	if (!frame) {
		frame = first_free;
		first_free = record_of(frame)->next;
		if (clear)
			memset(frame_bytes(frame), 0, PAGE_SIZE);
	}
	record_of(frame)->users = 1;
	free_count--;
	return frame;
}

bool frame_show(frame_t frame, uint64_t address)
{
	return mapping_fill(own_mappings[frame / CHUNK_FRAMES], address, frame % CHUNK_FRAMES, 1, MAP_READ | MAP_WRITE) == OK;
}

void frame_hold(frame_t frame)
{
	record_of(frame)->users++;
}

void frame_release(frame_t frame)
{
	struct record *record = record_of(frame);

	assert(record->users);
	if (--record->users)
		return;
	record->next = first_free;
	first_free = frame;
	free_count++;
}

uint32_t frame_users(frame_t frame)
{
	return record_of(frame)->users;
}

uint64_t frames_free(void)
{
	return free_count;
}

uint64_t frames_total(void)
{
	return (uint64_t)chunks_most * (CHUNK_FRAMES - RECORD_FRAMES);
}

handle_t chunk_region(uint32_t chunk)
{
	return chunk < chunk_count ? chunks[chunk] : 0;
}
