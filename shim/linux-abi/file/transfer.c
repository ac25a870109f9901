/* SPDX-License-Identifier: MIT */
/* Data on its way between open files and who reads or writes them (file/transfer.h). */
#include "file/transfer.h"

#include "abi/errno.h"
#include "lib/string.h"

void transfer_bytes(struct transfer *transfer, void *bytes, uint64_t count)
{
	transfer_user(transfer, NULL, (uint64_t)bytes, count);
}

/* The next bytes of the part that is under way, at most `most`, which is not more than is left: their address, and how many. */
static uint64_t part_next(struct transfer *transfer, uint64_t most, uint64_t *bytes)
{
	while (transfer->in_part == transfer->part->iov_len) {
		transfer->part++;
		transfer->in_part = 0;
	}
	*bytes = transfer->part->iov_len - transfer->in_part;
	if (*bytes > most)
		*bytes = most;
	return transfer->part->iov_base + transfer->in_part;
}

int transfer_page_begin(struct transfer *transfer, uint64_t most, bool store, struct user_page *page)
{
	uint64_t bytes, address = part_next(transfer, most < transfer->left ? most : transfer->left, &bytes);

	if (transfer->memory)
		return user_page_begin(transfer->memory, address, bytes, store, page);
	*page = (struct user_page){.bytes = (unsigned char *)address, .count = bytes};
	return 0;
}

void transfer_page_end(const struct user_page *page)
{
	if (page->frame)
		user_page_end(page);
}

void transfer_advance(struct transfer *transfer, uint64_t bytes)
{
	transfer->in_part += bytes;
	transfer->left -= bytes;
	transfer->done += bytes;
}

/* Where the next bytes are, until something waits. A null pointer: a page is not there. */
static unsigned char *bytes_next(struct transfer *transfer, uint64_t most, bool store, size_t *count)
{
	uint64_t bytes, address = part_next(transfer, most, &bytes);

	if (transfer->memory)
		return user_bytes(transfer->memory, address, bytes, store, count);
	*count = bytes;
	return (unsigned char *)address;
}

/* Moves through `move`, page by page, until nothing is left or a page is not there; without `bytes` it clears. */
static int64_t each_page(struct transfer *transfer, unsigned char *bytes, uint64_t count, bool store, void (*move)(unsigned char *page, unsigned char *bytes, size_t count))
{
	uint64_t done = 0, wanted = count < transfer->left ? count : transfer->left;

	while (done < wanted) {
		size_t here;
		unsigned char *page = bytes_next(transfer, wanted - done, store, &here);

		if (!page)
			return done ? (int64_t)done : -EFAULT;
		if (bytes)
			move(page, bytes + done, here);
		else
			memset(page, 0, here);
		transfer_advance(transfer, here);
		done += here;
	}
	return (int64_t)done;
}

static void page_put(unsigned char *page, unsigned char *bytes, size_t count)
{
	memcpy(page, bytes, count);
}

static void page_get(unsigned char *page, unsigned char *bytes, size_t count)
{
	memcpy(bytes, page, count);
}

int64_t transfer_put(struct transfer *transfer, const void *from, uint64_t bytes)
{
	return each_page(transfer, (unsigned char *)from, bytes, true, page_put);
}

int64_t transfer_get(struct transfer *transfer, void *to, uint64_t bytes)
{
	return each_page(transfer, to, bytes, false, page_get);
}

int64_t transfer_clear(struct transfer *transfer, uint64_t bytes)
{
	return each_page(transfer, NULL, bytes, true, NULL);
}

int64_t transfer_move(struct transfer *own, struct transfer *there, bool writes)
{
	struct user_page page;
	int64_t moved;

	if (transfer_page_begin(there, own->left, writes, &page))
		return -EIO;
	moved = writes ? transfer_get(own, page.bytes, page.count) : transfer_put(own, page.bytes, page.count);
	transfer_page_end(&page);
	if (moved > 0)
		transfer_advance(there, (uint64_t)moved);
	return moved;
}
