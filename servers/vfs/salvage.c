/* SPDX-License-Identifier: MIT */
/*
 * What is done about a state of vfs of which some cells were damaged while no instance ran (lib/tsm.h), cell by cell:
 *
 *   a lane of a session       the first request that comes there is answered -EIO: nobody knows whether it was carried out
 *   open directories          they are not open any more: -EBADF
 *   texts of a worker that intends nothing, and what lies behind the state: cleared
 *   mounts, counters, numbers and intents: nothing is done. Which mount is missing, or what was half done, cannot be told, and nobody can be served.
 */
#include "lib/string.h"
#include "vfs.h"

#define KEY_LOST UINT32_MAX /* nobody has this badge */

static void places_lose(struct tsm *tsm, struct vfs_place *place)
{
	tsm_repair(tsm, place, TSM_CELL);
	for (size_t i = 0; i < TSM_CELL / sizeof(*place); i++)
		place[i] = (struct vfs_place){.key = KEY_LOST};
}

/* Whether the cell holds nothing but text that no intent uses. The intent's head lies in other cells. */
static bool text_is_unused(const struct vfs_state *state, size_t offset)
{
	size_t at = offset - offsetof(struct vfs_state, workers), head = offsetof(struct vfs_worker_state, intent) + offsetof(struct vfs_intent, name);

	return at % sizeof(struct vfs_worker_state) >= head && state->workers[at / sizeof(struct vfs_worker_state)].intent.badge == 0;
}

static bool cell_salvage(struct tsm *tsm, struct vfs_state *state, size_t offset)
{
	void *cell = (unsigned char *)state + offset;
	bool unused = offset >= sizeof(*state) || (offset >= offsetof(struct vfs_state, workers) && text_is_unused(state, offset));
	bool place = offset >= offsetof(struct vfs_state, places) && offset < offsetof(struct vfs_state, mount_serial);

	if (!unused && !place)
		return false;
	tsm_begin(tsm);
	if (place)
		places_lose(tsm, cell);
	else
		memset(tsm_repair(tsm, cell, TSM_CELL), 0, TSM_CELL);
	tsm_commit(tsm);
	return true;
}

bool vfs_salvage(struct tsm *tsm, uint64_t offset, uint64_t bytes)
{
	struct vfs_state *state = tsm_data(tsm);
	struct sessions lanes = {.tsm = tsm, .lane = state->lanes};

	_Static_assert(offsetof(struct vfs_state, places) % TSM_CELL == 0 && offsetof(struct vfs_state, mount_serial) % TSM_CELL == 0 && offsetof(struct vfs_state, workers) % TSM_CELL == 0,
		       "no cell holds two kinds of things");
	for (uint64_t at = offset; at < offset + bytes; at += TSM_CELL)
		if (at < sizeof(state->lanes))
			session_lose(&lanes, at / TSM_CELL);
		else if (!cell_salvage(tsm, state, at))
			return false;
	return true;
}
