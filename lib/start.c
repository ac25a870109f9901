/* SPDX-License-Identifier: MIT */
/* The start of a service (lib/start.h): what is set up from the start page, in this order, before main runs. */
#include "lib/start.h"

#include "lib/clock.h"
#include "lib/console.h"
#include "lib/health.h"
#include "lib/service.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/thread.h"

extern struct thread_block init_thread_block;

/* The handle of a grant that there is once. */
static handle_t handle_of(enum grant_kind kind)
{
	const struct start_grant *grant = start_next(kind, NULL);

	return grant ? grant->slot : 0;
}

static uint64_t slot_count(void)
{
	const struct start_grant *grant = start_next(GRANT_CNODE, NULL);

	return grant ? grant->argument : START_SLOT_COUNT;
}

_Noreturn void service_start(const struct start_page *page)
{
	start_page = page;
	init_thread_block = (struct thread_block){
		.self = &init_thread_block,
		.page = (struct message_page *)START_MESSAGE_ADDRESS,
		.thread = handle_of(GRANT_THREAD),
	};
	clock_set((struct clock){page->clock_mult, page->clock_shift, page->clock_base});
	console_use(0);
	slots_use(START_SLOT_FREE, slot_count() - START_SLOT_FREE);
	own_space = (struct space){handle_of(GRANT_VSPACE), handle_of(GRANT_CNODE), START_OWN_ADDRESS, 0};
	health_whole(); /* whatever the instance before was */
	(void)main(); /* what it returns says nothing that its supervisor could use */
	for (;;)
		__asm__ volatile("int3");
}
