/* SPDX-License-Identifier: MIT */
/* The treap of areas (mm/area.h): a search tree by start address, a heap by priorities that a counter scatters, so that the same calls build the same tree. */
#include "mm/area.h"

#include "mm/slab.h"

static struct slab structures = SLAB(struct area);
int64_t areas_most = AREAS_MAX;

static uint32_t priority_next(void)
{
	static uint32_t state = 0x9e3779b9;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* All areas that begin below `address` to *low, the others to *high. */
static void split(struct area *tree, uint64_t address, struct area **low, struct area **high)
{
	if (!tree) {
		*low = *high = NULL;
	} else if (tree->start < address) {
		split(tree->right, address, &tree->right, high);
		*low = tree;
	} else {
		split(tree->left, address, low, &tree->left);
		*high = tree;
	}
}

static struct area *merge(struct area *low, struct area *high)
{
	if (!low || !high)
		return low ? low : high;
	if (low->priority > high->priority) {
		low->right = merge(low->right, high);
		return low;
	}
	high->left = merge(low, high->left);
	return high;
}

struct area *area_at_or_after(const struct areas *areas, uint64_t address)
{
	struct area *found = NULL;

	for (struct area *area = areas->root; area;) {
		if (area->end > address) {
			found = area;
			area = area->left;
		} else {
			area = area->right;
		}
	}
	return found;
}

struct area *area_before(const struct areas *areas, uint64_t address)
{
	struct area *found = NULL;

	for (struct area *area = areas->root; area;) {
		if (area->start < address) {
			found = area;
			area = area->right;
		} else {
			area = area->left;
		}
	}
	return found;
}

static void tree_insert(struct areas *areas, struct area *area)
{
	struct area *low, *high;

	split(areas->root, area->start, &low, &high);
	areas->root = merge(merge(low, area), high);
	areas->count++;
}

struct area *area_add(struct areas *areas, const struct area *like)
{
	struct area *area = slab_take(&structures);

	if (!area)
		return NULL;
	*area = *like;
	area->left = area->right = NULL;
	area->priority = priority_next();
	if (area->object)
		object_hold(area->object);
	tree_insert(areas, area);
	return area;
}

static void tree_remove(struct areas *areas, struct area *area)
{
	struct area *low, *here, *high;

	split(areas->root, area->start, &low, &here);
	split(here, area->start + 1, &here, &high);
	areas->root = merge(low, high);
	areas->count--;
}

void area_remove(struct areas *areas, struct area *area)
{
	struct object *object = area->object;

	tree_remove(areas, area);
	slab_return(&structures, area);
	if (object)
		object_release(object);
}

/* The area that is to become two at an address; a null pointer when that is a border already, or nobody's. */
static struct area *area_across(const struct areas *areas, uint64_t address)
{
	struct area *area = area_find(areas, address);

	return area && area->start < address ? area : NULL;
}

bool area_split(struct areas *areas, uint64_t address)
{
	return !area_across(areas, address) || (areas->count < (uint64_t)areas_most && area_split_beyond(areas, address));
}

bool area_split_beyond(struct areas *areas, uint64_t address)
{
	struct area *area = area_across(areas, address), high;

	if (!area)
		return true;
	high = *area;
	high.start = address;
	high.first += (address - area->start) >> PAGE_BITS;
	area->end = address;
	if (area_add(areas, &high))
		return true;
	area->end = high.end;
	return false;
}

static bool alike(const struct area *low, const struct area *high)
{
	return low->end == high->start && low->flags == high->flags && low->object == high->object &&
	       (!low->object || low->first + ((low->end - low->start) >> PAGE_BITS) == high->first);
}

/* Joins two neighbours; returns the one that is left. */
static struct area *join(struct areas *areas, struct area *low, struct area *high)
{
	uint64_t end = high->end;

	if (!alike(low, high))
		return high;
	area_remove(areas, high);
	low->end = end;
	return low;
}

void area_join(struct areas *areas, struct area *area)
{
	struct area *low = area_before(areas, area->start), *high;

	if (low)
		area = join(areas, low, area);
	high = area_at_or_after(areas, area->end);
	if (high)
		(void)join(areas, area, high);
}
