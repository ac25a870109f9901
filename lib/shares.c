/* SPDX-License-Identifier: MIT */
/* Write leases (lib/shares.h). There are few pages and few slots: both are searched from the first to the last. */
#include "lib/shares.h"

#include "lib/crc32c.h"
#include "lib/string.h"

#define CHECK_MARK (1ull << 32) /* so that no check is 0 */

static uint64_t check_of(uint64_t inode, uint64_t index)
{
	const uint64_t words[] = {inode, index};

	return CHECK_MARK | crc32c(words, sizeof(words));
}

static bool entered(const struct shares *shares, uint32_t page)
{
	return shares->entry[page].check != 0;
}

uint32_t shares_open(struct shares *shares, const struct share_options *options)
{
	uint32_t damaged = 0;

	memset(shares, 0, sizeof(*shares));
	shares->options = *options;
	shares->entry = (struct share_entry *)options->memory;
	if (shares->options.pages > SHARE_PAGES_MAX)
		shares->options.pages = SHARE_PAGES_MAX;
	for (uint64_t badge = 1; options->instance && badge <= SHARE_CLIENTS; badge++)
		for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++)
			options->hide(options->context, badge, slot);
	for (uint32_t page = 1; page < shares->options.pages; page++) {
		struct share_entry *entry = &shares->entry[page];

		if (entry->check && entry->check != check_of(entry->inode, entry->index)) {
			entry->check = 0;
			damaged++;
		}
		shares->dirty[page] = entry->check;
		shares->count += entry->check != 0;
	}
	return damaged;
}

uint32_t share_find(const struct shares *shares, uint64_t inode, uint64_t index)
{
	for (uint32_t page = share_next(shares, inode, 0); page; page = share_next(shares, inode, page))
		if (shares->entry[page].index == index)
			return page;
	return 0;
}

uint32_t share_next(const struct shares *shares, uint64_t inode, uint32_t page)
{
	for (page++; shares->count && page < shares->options.pages; page++)
		if (entered(shares, page) && (!inode || shares->entry[page].inode == inode))
			return page;
	return 0;
}

uint32_t share_take(struct shares *shares)
{
	for (uint32_t page = 1; page < shares->options.pages; page++)
		if (!entered(shares, page) && !shares->taken[page]) {
			shares->taken[page] = true;
			return page;
		}
	return 0;
}

void share_give_back(struct shares *shares, uint32_t page)
{
	shares->taken[page] = false;
}

void share_enter(struct shares *shares, uint32_t page, uint64_t inode, uint64_t index)
{
	struct share_entry *entry = &shares->entry[page];

	entry->inode = inode;
	entry->index = index;
	__atomic_store_n(&entry->check, check_of(inode, index), __ATOMIC_SEQ_CST);
	shares->dirty[page] = shares->taken[page] = false;
	shares->count++;
}

uint32_t share_hide(struct shares *shares, uint64_t badge, uint32_t slot)
{
	struct share_slot *shown = &shares->slot[badge - 1][slot];
	uint32_t page = shown->page;

	if (page)
		shares->options.hide(shares->options.context, badge, slot);
	*shown = (struct share_slot){.page = 0};
	return page;
}

bool share_show(struct shares *shares, uint64_t badge, uint32_t slot, uint32_t id, uint32_t page, bool writable)
{
	(void)share_hide(shares, badge, slot);
	if (!shares->options.show(shares->options.context, badge, slot, page, writable))
		return false;
	shares->slot[badge - 1][slot] = (struct share_slot){(uint16_t)page, (uint16_t)id, writable};
	shares->dirty[page] = shares->dirty[page] || writable;
	return true;
}

bool share_is_seen(const struct shares *shares, uint32_t page)
{
	for (uint32_t client = 0; client < SHARE_CLIENTS; client++)
		for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++)
			if (shares->slot[client][slot].page == page)
				return true;
	return false;
}

void share_protect(struct shares *shares, uint32_t page)
{
	for (uint64_t badge = 1; badge <= SHARE_CLIENTS; badge++)
		for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++) {
			struct share_slot *shown = &shares->slot[badge - 1][slot];

			if (shown->page == page && shown->writable)
				shares->options.protect(shares->options.context, badge, slot);
			if (shown->page == page)
				shown->writable = false;
		}
}

void share_free(struct shares *shares, uint32_t page)
{
	for (uint64_t badge = 1; badge <= SHARE_CLIENTS; badge++)
		for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++)
			if (shares->slot[badge - 1][slot].page == page)
				(void)share_hide(shares, badge, slot);
	__atomic_store_n(&shares->entry[page].check, 0, __ATOMIC_SEQ_CST);
	shares->dirty[page] = false;
	shares->count--;
}

void shares_forget(struct shares *shares, uint64_t inode)
{
	for (uint32_t page = share_next(shares, inode, 0); page; page = share_next(shares, inode, page))
		share_free(shares, page);
}
