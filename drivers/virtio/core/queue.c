/* SPDX-License-Identifier: MIT */
/*
 * The split virtqueue (drivers/virtio/core/queue.h). Offsets and flags are those of VIRTIO 1.2, 2.7.5 to 2.7.8. The memory of the machine is coherent for its devices; the order of accesses is that of the
 * C11 atomics here.
 */
#include "drivers/virtio/core/queue.h"

#include "lib/string.h"

#define DESCRIPTOR_NEXT 0x1
#define DESCRIPTOR_WRITE 0x2
#define USED_NO_NOTIFY 0x1
#define RING_HEADER 4 /* flags, index */
#define USED_ALIGN 4
#define NO_DESCRIPTOR 0xffff

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};
_Static_assert(sizeof(struct descriptor) == 16, "VIRTIO 1.2, 2.7.5");

struct available {
	uint16_t flags, index;
	uint16_t head[];
};

struct used_entry {
	uint32_t id, bytes;
};

struct used {
	uint16_t flags, index;
	struct used_entry entry[];
};

struct virtio_queue_layout virtio_queue_layout(uint16_t size)
{
	struct virtio_queue_layout layout = {0};

	layout.available = layout.descriptors + size * (uint32_t)sizeof(struct descriptor);
	layout.used = (layout.available + RING_HEADER + size * 2 + 2 + USED_ALIGN - 1) & ~(USED_ALIGN - 1u);
	layout.bytes = layout.used + RING_HEADER + size * (uint32_t)sizeof(struct used_entry) + 2;
	return layout;
}

void virtio_queue_open(struct virtio_queue *queue, void *memory, paddr_t physical, uint16_t size)
{
	*queue = (struct virtio_queue){.memory = memory, .physical = physical, .size = size, .free_count = size};
	queue->layout = virtio_queue_layout(size);
	memset(memory, 0, queue->layout.bytes);
	for (unsigned i = 0; i < size; i++)
		queue->next[i] = (uint16_t)(i + 1 < size ? i + 1 : NO_DESCRIPTOR);
}

static struct descriptor *descriptor_at(struct virtio_queue *queue, uint16_t index)
{
	return (struct descriptor *)(queue->memory + queue->layout.descriptors) + index;
}

static struct available *available_of(struct virtio_queue *queue)
{
	return (struct available *)(queue->memory + queue->layout.available);
}

static struct used *used_of(struct virtio_queue *queue)
{
	return (struct used *)(queue->memory + queue->layout.used);
}

/* Fills free descriptors from the head of the free list on, which stay linked as the chain; returns the last of them. */
static uint16_t chain_fill(struct virtio_queue *queue, const struct virtio_segment *segments, unsigned count)
{
	uint16_t index = queue->free_first;

	for (unsigned i = 0;; i++) {
		bool more = i + 1 < count;

		*descriptor_at(queue, index) = (struct descriptor){
			.address = segments[i].address,
			.bytes = segments[i].bytes,
			.flags = (uint16_t)((more ? DESCRIPTOR_NEXT : 0) | (segments[i].written ? DESCRIPTOR_WRITE : 0)),
			.next = more ? queue->next[index] : 0,
		};
		if (!more)
			return index;
		index = queue->next[index];
	}
}

static uint32_t bytes_writable(const struct virtio_segment *segments, unsigned count)
{
	uint32_t bytes = 0;

	for (unsigned i = 0; i < count; i++)
		bytes += segments[i].written ? segments[i].bytes : 0;
	return bytes;
}

bool virtio_queue_add(struct virtio_queue *queue, const struct virtio_segment *segments, unsigned count, uint64_t token)
{
	uint16_t head = queue->free_first, last;

	if (queue->fault || count == 0 || count > queue->free_count)
		return false;
	last = chain_fill(queue, segments, count);
	queue->free_first = queue->next[last];
	queue->next[last] = NO_DESCRIPTOR;
	queue->free_count = (uint16_t)(queue->free_count - count);
	queue->chain[head] = (struct virtio_chain){.token = token, .writable = bytes_writable(segments, count), .count = (uint16_t)count};
	available_of(queue)->head[queue->added++ & (queue->size - 1)] = head;
	return true;
}

bool virtio_queue_publish(struct virtio_queue *queue)
{
	if (queue->fault || queue->published == queue->added)
		return false;
	__atomic_store_n(&available_of(queue)->index, queue->added, __ATOMIC_RELEASE);
	queue->published = queue->added;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the device looks at the index after it has cleared the flag: one of us sees the other */
	return !(__atomic_load_n(&used_of(queue)->flags, __ATOMIC_RELAXED) & USED_NO_NOTIFY);
}

static void chain_free(struct virtio_queue *queue, uint16_t head)
{
	uint16_t last = head;

	while (queue->next[last] != NO_DESCRIPTOR)
		last = queue->next[last];
	queue->next[last] = queue->free_first;
	queue->free_first = head;
	queue->free_count = (uint16_t)(queue->free_count + queue->chain[head].count);
	queue->chain[head].count = 0;
}

static enum virtio_taken queue_fail(struct virtio_queue *queue, enum virtio_fault fault)
{
	queue->fault = fault;
	return VIRTIO_FAULT;
}

enum virtio_taken virtio_queue_take(struct virtio_queue *queue, uint64_t *token, uint32_t *written)
{
	struct used *used = used_of(queue);
	struct used_entry entry;
	uint16_t ready;

	if (queue->fault)
		return VIRTIO_FAULT;
	ready = (uint16_t)(__atomic_load_n(&used->index, __ATOMIC_ACQUIRE) - queue->taken);
	if (ready == 0)
		return VIRTIO_NONE;
	if (ready > (uint16_t)(queue->published - queue->taken))
		return queue_fail(queue, VIRTIO_BAD_USED_INDEX);
	entry.id = __atomic_load_n(&used->entry[queue->taken & (queue->size - 1)].id, __ATOMIC_RELAXED);
	entry.bytes = __atomic_load_n(&used->entry[queue->taken & (queue->size - 1)].bytes, __ATOMIC_RELAXED);
	if (entry.id >= queue->size || queue->chain[entry.id].count == 0)
		return queue_fail(queue, VIRTIO_BAD_ID);
	if (entry.bytes > queue->chain[entry.id].writable)
		return queue_fail(queue, VIRTIO_BAD_LENGTH);
	queue->taken++;
	*token = queue->chain[entry.id].token;
	*written = entry.bytes;
	chain_free(queue, (uint16_t)entry.id);
	return VIRTIO_TAKEN;
}
