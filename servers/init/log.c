/* SPDX-License-Identifier: MIT */
/* The commit ring (log.h). Its header is mapped read-only; init is bound to a Notification of its own, so that the ring's signal ends its receive. */
#include "log.h"

#include "abi/abi.h"
#include "abi/boot.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/slots.h"
#include "lib/space.h"

#define RING_BIT 1ull

static const struct commit_ring *ring;
static handle_t own_signal;  /* init's Notification, with RING_BIT */
static handle_t lent_signal; /* the slot for the log service's, with START_BIT_LOG */
static bool unwanted;        /* there is no log service */
static bool lent;

enum error log_prepare(const struct plan *plan)
{
	handle_t mapping, notification;
	vaddr_t address = 0;
	enum error error = space_map(&own_space, INIT_SLOT_RING, 1, MAP_READ, &address, &mapping);

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
	return error;
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

enum error log_drain(void)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	if (lent || !unwanted || head - ring->tail < ring->threshold)
		return OK;
	return log_advance(INIT_SLOT_LOG_CONTROL, head);
}
