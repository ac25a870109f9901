/* SPDX-License-Identifier: MIT */
/* Read leases (lib/leases.h). The leases of a page hang in a chain of a hash table over page numbers; a lease is known by its number: (badge - 1) * LEASE_SLOTS + slot. */
#include "lib/leases.h"

#include "lib/string.h"

#define TOKEN_BITS 20 /* of a token that count the leases of an instance; above them lies the instance */

static uint64_t badge_of(uint32_t number)
{
	return number / LEASE_SLOTS + 1;
}

static uint32_t slot_of(uint32_t number)
{
	return number % LEASE_SLOTS;
}

static uint32_t page_of(const struct leases *leases, const void *page)
{
	return (uint32_t)((uint64_t)((const unsigned char *)page - leases->options.memory) / LEASE_PAGE) + 1;
}

static uint16_t *chain_of(struct leases *leases, uint32_t page)
{
	return &leases->chain[page % LEASE_CHAINS];
}

/* Tells a client what holds in a slot. */
static void word_publish(const struct leases *leases, uint64_t badge, uint32_t slot, uint32_t token)
{
	size_t bytes = 0;
	struct session_page *page = (struct session_page *)leases->options.buffer(leases->options.context, badge, &bytes);

	if (page && bytes >= SESSION_DATA)
		__atomic_store_n(&page->leases[slot], token, __ATOMIC_SEQ_CST);
}

/* True when something was there. */
static bool slot_hide(struct leases *leases, uint64_t badge, uint32_t slot)
{
	bool there = leases->shown[badge - 1] >> slot & 1 && leases->options.hide(leases->options.context, badge, slot);

	leases->shown[badge - 1] &= ~(1ull << slot);
	return there;
}

static bool slot_show(struct leases *leases, uint64_t badge, uint32_t slot, uint32_t page)
{
	if (!leases->options.show(leases->options.context, badge, slot, page - 1))
		return false;
	leases->shown[badge - 1] |= 1ull << slot;
	return true;
}

/* Ends the lease at `*link`, a place in a chain. Its page goes out of the window; `blank` puts zeros in its place. */
static void lease_end(struct leases *leases, uint16_t *link, bool blank)
{
	uint32_t number = *link - 1u, slot = slot_of(number);
	uint64_t badge = badge_of(number);
	struct lease *lease = &leases->lease[number];

	word_publish(leases, badge, slot, 0);
	(void)slot_hide(leases, badge, slot);
	if (blank && leases->blank)
		(void)slot_show(leases, badge, slot, page_of(leases, leases->blank));
	*link = lease->next;
	*lease = (struct lease){.page = 0};
	leases->held[badge - 1] &= ~(1ull << slot);
	leases->total--;
}

static void lease_drop(struct leases *leases, uint32_t number, bool blank)
{
	uint16_t *link = chain_of(leases, leases->lease[number].page);

	while (*link != number + 1)
		link = &leases->lease[*link - 1].next;
	lease_end(leases, link, blank);
}

void leases_open(struct leases *leases, const struct lease_options *options)
{
	memset(leases, 0, sizeof(*leases));
	leases->options = *options;
	leases->token = (uint32_t)(options->instance << TOKEN_BITS);
	for (uint64_t badge = 1; badge <= LEASE_CLIENTS; badge++) {
		for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++)
			word_publish(leases, badge, slot, 0);
		leases->shown[badge - 1] = options->instance ? UINT64_MAX : 0;
	}
}

void leases_begin(struct leases *leases, const void *blank)
{
	leases->blank = blank;
	for (uint32_t number = 0; number < LEASE_CLIENTS * LEASE_SLOTS; number++)
		if (slot_hide(leases, badge_of(number), slot_of(number)) && blank)
			(void)slot_show(leases, badge_of(number), slot_of(number), page_of(leases, blank));
}

/* Not 0, and not one that the instance before gave, but for those that are very old. */
static uint32_t token_next(struct leases *leases)
{
	uint32_t count = (1u << TOKEN_BITS) - 1;

	leases->token = (leases->token & ~count) | ((leases->token + 1) & count);
	if (!leases->token)
		leases->token = 1;
	return leases->token;
}

uint32_t leases_give(struct leases *leases, uint64_t badge, uint32_t slot, uint32_t id, const void *page)
{
	uint32_t number = (uint32_t)(badge - 1) * LEASE_SLOTS + slot, index = page_of(leases, page);
	uint16_t *chain = chain_of(leases, index);

	if (leases->lease[number].page)
		lease_drop(leases, number, false);
	(void)slot_hide(leases, badge, slot);
	if (!slot_show(leases, badge, slot, index))
		return 0;
	leases->lease[number] = (struct lease){.page = index, .id = (uint16_t)id, .next = *chain};
	*chain = (uint16_t)(number + 1);
	leases->held[badge - 1] |= 1ull << slot;
	leases->total++;
	word_publish(leases, badge, slot, token_next(leases));
	return leases->token;
}

void leases_return(struct leases *leases, uint64_t badge, uint32_t slot)
{
	uint32_t number = (uint32_t)(badge - 1) * LEASE_SLOTS + slot;

	if (leases->lease[number].page)
		lease_drop(leases, number, false);
}

void leases_close(struct leases *leases, uint64_t badge, uint32_t id)
{
	uint32_t first = (uint32_t)(badge - 1) * LEASE_SLOTS;

	for (uint64_t rest = leases->held[badge - 1]; rest; rest &= rest - 1) {
		uint32_t number = first + (uint32_t)__builtin_ctzll(rest);

		if (leases->lease[number].id == id)
			lease_drop(leases, number, false);
	}
}

void leases_forget(struct leases *leases, uint64_t badge)
{
	for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++) {
		leases_return(leases, badge, slot);
		(void)slot_hide(leases, badge, slot);
	}
}

void leases_revoke_page(struct leases *leases, const void *page)
{
	uint32_t index = page_of(leases, page);
	uint16_t *link = chain_of(leases, index);

	while (*link)
		if (leases->lease[*link - 1].page == index)
			lease_end(leases, link, true);
		else
			link = &leases->lease[*link - 1].next;
}
