/* SPDX-License-Identifier: MIT */
/* The client's window on pages of ramfs: leases by random requests, compared with the model after every operation (world.h). */
#include <stdio.h>
#include <string.h>

#include "world.h"

#define PAGE 4096

static int64_t ask(struct world *world, uint64_t label, uint64_t first, uint64_t second, uint64_t third)
{
	struct file_exchange x = {.label = label, .badge = CLIENT_BADGE, .words = 4, .data = {0, first, second, third}};

	filesystem_handle(&world->server, &x);
	if ((int64_t)x.data[0] > 0 && label == FILE_LEASE && (uint32_t)x.data[1] != windows_word(&world->windows, (uint32_t)third))
		return INT64_MIN;
	return (int64_t)x.data[0];
}

void window_step(struct world *world, unsigned *seed)
{
	uint32_t slot = random_next(seed) % 12;
	int id = (int)(random_next(seed) % IDS);
	uint64_t index = random_next(seed) % 10;
	int64_t count;

	if (random_next(seed) % 8 == 0) {
		ask(world, FILE_RETURN, 0, slot, 0);
		return;
	}
	count = ask(world, FILE_LEASE, (uint64_t)id, index, slot);
	if (count <= 0 && count != INT64_MIN)
		return; /* what was there stays */
	world->leased[slot].count = count;
	world->leased[slot].id = id;
	world->leased[slot].index = index;
}

static bool shows(const unsigned char *page, const struct node *node, uint64_t index)
{
	for (uint64_t i = 0; i < PAGE; i++) {
		uint64_t at = index * PAGE + i;

		if (page[i] != (node && at < node->size ? node->content[at] : 0))
			return false;
	}
	return true;
}

const char *window_check(struct world *world, const struct model *model)
{
	static char sentence[200];

	for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++) {
		const unsigned char *page = world->windows.shown[slot];
		const struct node *node = NULL;
		bool holds = windows_word(&world->windows, slot) != 0;

		if (holds && (world->leased[slot].count <= 0 || model->open[world->leased[slot].id] < 0))
			return "a lease holds whose word is not the answer's, or of a file that is not open";
		if (holds)
			node = &model->node[model->open[world->leased[slot].id]];
		if (holds && (!page || world->leased[slot].index * PAGE + (uint64_t)world->leased[slot].count > node->size))
			return "a slot that holds is empty, or was said to have more than the file";
		snprintf(sentence, sizeof(sentence), "slot %u, which %s, does not show page %lu", slot, holds ? "holds" : "does not hold", (unsigned long)world->leased[slot].index);
		if (page && !shows(page, node, world->leased[slot].index))
			return sentence;
	}
	return NULL;
}
