/* SPDX-License-Identifier: MIT */
/* The page of the wall clock (lib/wall.h). */
#include "lib/wall.h"

#include "lib/clock.h"
#include "lib/service.h"

static struct wall_page *page_find(void)
{
	static struct wall_page *page;
	static bool searched;

	if (!searched) {
		const struct start_grant *grant = start_find(WALL_REGION);

		page = grant && grant->kind == GRANT_REGION ? (struct wall_page *)grant->address : NULL;
		searched = true;
	}
	return page;
}

uint64_t wall_offset(void)
{
	const struct wall_page *page = page_find();

	return page ? __atomic_load_n(&page->offset, __ATOMIC_RELAXED) : 0;
}

uint64_t wall_now(void)
{
	return clock_now() + wall_offset();
}

uint64_t wall_publish(uint64_t offset)
{
	struct wall_page *page = page_find();

	if (!page)
		return offset;
	if (offset > page->offset)
		__atomic_store_n(&page->offset, offset, __ATOMIC_RELAXED);
	return page->offset;
}
