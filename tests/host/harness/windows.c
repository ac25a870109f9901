/* SPDX-License-Identifier: MIT */
/* Buffers and windows of a client (windows.h). */
#include "windows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned char *buffer_of(void *context, uint64_t badge, size_t *bytes)
{
	return windows_buffer(context, badge, bytes);
}

static bool page_show(void *context, uint64_t badge, uint32_t slot, uint64_t page)
{
	struct windows *windows = context;

	if (badge != CLIENT_BADGE || windows->shown[slot])
		return false;
	windows->shown[slot] = windows->memory + page * WINDOW_PAGE;
	return true;
}

static bool page_hide(void *context, uint64_t badge, uint32_t slot)
{
	struct windows *windows = context;
	bool there = badge == CLIENT_BADGE && windows->shown[slot];

	if (there)
		windows->shown[slot] = NULL;
	return there;
}

static bool page_share(void *context, uint64_t badge, uint32_t slot, uint64_t page, bool writable)
{
	struct windows *windows = context;

	if (badge != CLIENT_BADGE || windows->shared[slot])
		return false;
	windows->shared[slot] = windows->pool + page * WINDOW_PAGE;
	windows->writable[slot] = writable;
	return true;
}

static void page_protect(void *context, uint64_t badge, uint32_t slot)
{
	if (badge == CLIENT_BADGE)
		((struct windows *)context)->writable[slot] = false;
}

static void page_unshare(void *context, uint64_t badge, uint32_t slot)
{
	if (badge == CLIENT_BADGE)
		((struct windows *)context)->shared[slot] = NULL;
}

void windows_make(struct windows *windows, unsigned char *memory, bool forked)
{
	memset(windows, 0, sizeof(*windows));
	windows->memory = memory;
	for (int i = 1; i < 3; i++)
		windows->buffers[i] = mmap(NULL, SESSION_BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | (forked ? MAP_SHARED : MAP_PRIVATE), -1, 0);
}

void windows_pool_make(struct windows *windows)
{
	windows->pool = aligned_alloc(WINDOW_PAGE, POOL_PAGES * WINDOW_PAGE);
	memset(windows->pool, 0, POOL_PAGES * WINDOW_PAGE);
}

void windows_free(struct windows *windows)
{
	munmap(windows->buffers[1], SESSION_BUFFER_BYTES);
	munmap(windows->buffers[2], SESSION_BUFFER_BYTES);
	free(windows->pool);
}

void windows_leases_open(struct windows *windows, uint64_t instance)
{
	const struct lease_options options = {.memory = windows->memory, .instance = instance, .show = page_show, .hide = page_hide, .buffer = buffer_of, .context = windows};

	leases_open(&windows->leases, &options);
}

void windows_shares_open(struct windows *windows, uint64_t instance)
{
	const struct share_options options = {.memory = windows->pool, .pages = POOL_PAGES, .instance = instance, .show = page_share, .protect = page_protect, .hide = page_unshare, .context = windows};

	if (shares_open(&windows->shares, &options) != 0)
		abort();
}

unsigned char *windows_buffer(struct windows *windows, uint64_t badge, size_t *bytes)
{
	*bytes = SESSION_BUFFER_BYTES;
	return badge < 3 ? windows->buffers[badge] : NULL;
}

uint32_t windows_word(const struct windows *windows, uint32_t slot)
{
	return ((const struct session_page *)windows->buffers[CLIENT_BADGE])->leases[slot];
}
