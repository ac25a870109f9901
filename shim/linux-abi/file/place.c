/* SPDX-License-Identifier: MIT */
/* Where a process is in the file tree: root, working directory, umask (file/place.h). */
#include "file/place.h"

#include "file/description.h"
#include "mm/slab.h"

#define UMASK_FIRST 022

static struct slab places = SLAB(struct place);

struct place *place_make(void)
{
	struct place *place = slab_take(&places);

	if (place)
		*place = (struct place){.users = 1, .umask = UMASK_FIRST};
	return place;
}

struct place *place_copy(const struct place *from)
{
	struct place *place = slab_take(&places);

	if (!place)
		return NULL;
	*place = *from;
	place->users = 1;
	if (place->directory)
		description_hold(place->directory);
	if (place->root)
		description_hold(place->root);
	return place;
}

void place_hold(struct place *place)
{
	place->users++;
}

void place_release(struct place *place)
{
	if (--place->users)
		return;
	if (place->directory)
		description_release(place->directory);
	if (place->root)
		description_release(place->root);
	slab_return(&places, place);
}
