/* SPDX-License-Identifier: MIT */
/* The commit ring (log.h), mapped read-only, and the spill, which init alone writes; init is bound to a Notification of its own, so that the ring's signal ends its receive. */
#include "log.h"

#include "abi/abi.h"
#include "abi/boot.h"
#include "abi/log.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/runtime.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "objects.h"

#define RING_BIT 1ull

static const struct commit_ring *ring;
static handle_t own_signal;  /* init's Notification, with RING_BIT */
static handle_t lent_signal; /* the slot for the log service's, with START_BIT_LOG */
static bool unwanted;        /* there is no log service */
static bool lent;
static struct log_spill *spill; /* a null pointer: there is none */
static uint64_t spill_capacity; /* records */

static enum error spill_prepare(const struct plan *plan)
{
	uint64_t bytes = plan->log_spill == PLAN_NONE ? 0 : plan_objects(plan)[plan->log_spill].first;
	vaddr_t address = 0;
	handle_t mapping;
	enum error error;

	if (bytes <= LOG_SPILL_HEADER)
		return OK;
	error = space_map(&own_space, object_handle(plan->log_spill), bytes / PAGE_SIZE, MAP_READ | MAP_WRITE, &address, &mapping);
	spill = (struct log_spill *)address;
	spill_capacity = LOG_SPILL_CAPACITY(bytes);
	return error;
}

enum error log_prepare(const struct plan *plan)
{
	handle_t mapping, notification;
	vaddr_t address = 0;
	enum error error = space_map(&own_space, INIT_SLOT_RING, boot_information->ring_size / PAGE_SIZE, MAP_READ, &address, &mapping);

	ring = (const struct commit_ring *)address;
	own_signal = slot_allocate();
	lent_signal = slot_allocate();
	unwanted = true;
	for (uint32_t i = 0; i < plan->service_count; i++)
		if (plan_services(plan)[i].flags & PLAN_SERVICE_LOG)
			unwanted = false;
	if (error == OK)
		error = object_create(OBJECT_NOTIFICATION, 0, &notification);
	if (error == OK)
		error = cnode_mint(INIT_SLOT_CNODE, own_signal, INIT_SLOT_CNODE, notification, RIGHT_WRITE, RING_BIT);
	if (error == OK)
		error = thread_bind(INIT_SLOT_THREAD, THREAD_NOTIFICATION, notification);
	if (error == OK)
		error = log_bind(INIT_SLOT_LOG_CONTROL, own_signal);
	return error == OK ? spill_prepare(plan) : error;
}

enum error log_lend(handle_t notification)
{
	enum error error = log_unbind(INIT_SLOT_LOG_CONTROL);

	if (error == OK)
		error = cnode_mint(INIT_SLOT_CNODE, lent_signal, INIT_SLOT_CNODE, notification, RIGHT_WRITE, 1ull << START_BIT_LOG);
	if (error == OK)
		error = log_bind(INIT_SLOT_LOG_CONTROL, lent_signal);
	lent = error == OK;
	return error;
}

enum error log_take_back(void)
{
	enum error error;

	if (!lent)
		return OK;
	lent = false;
	error = log_unbind(INIT_SLOT_LOG_CONTROL);
	if (error == OK || error == ERR_NOCAP)
		error = cnode_delete(INIT_SLOT_CNODE, lent_signal);
	if (error == OK)
		error = log_bind(INIT_SLOT_LOG_CONTROL, own_signal);
	return error;
}

static struct commit_record *record_at(const void *base, uint64_t header, uint64_t capacity, uint64_t sequence)
{
	return (struct commit_record *)((char *)base + header) + sequence % capacity;
}

/* Moves records from the ring's tail to the spill, as far as they fit. Returns the sequence number of the first that is left. */
static uint64_t spill_fill(uint64_t head)
{
	if (spill->next != ring->tail) /* the log service has gone on without what lies here */
		spill->first = spill->next = ring->tail;
	while (spill->next != head && spill->next - spill->first < spill_capacity) {
		*record_at(spill, LOG_SPILL_HEADER, spill_capacity, spill->next) = *record_at(ring, COMMIT_RING_HEADER, ring->capacity, spill->next);
		__atomic_store_n(&spill->next, spill->next + 1, __ATOMIC_RELEASE);
	}
	return spill->next;
}

enum error log_drain(void)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	if (lent || head - ring->tail < ring->threshold)
		return OK;
	if (unwanted)
		return log_advance(INIT_SLOT_LOG_CONTROL, head);
	return spill ? log_advance(INIT_SLOT_LOG_CONTROL, spill_fill(head)) : OK;
}
