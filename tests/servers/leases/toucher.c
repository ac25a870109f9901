/* SPDX-License-Identifier: MIT */
/*
 * The thread (toucher.h) waits in a call to an Endpoint of this program until there is work for it; its faults come to the same Endpoint. A fault that was served is answered, and the thread touches again what it could not.
 */
#include "tests/servers/leases/toucher.h"

#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/space.h"
#include "lib/thread.h"

#define PRIORITY 9
#define WRITES 2 /* in the error code of a page fault (SDM 3A 4.7) */

static handle_t endpoint, reply;
static struct thread thread;
static void (*volatile work)(void);
static bool waits; /* the thread waits for work */

static void thread_work(uint64_t argument)
{
	uint64_t none[4] = {0};

	(void)argument;
	for (;;) {
		(void)call_short(endpoint, call_word(CALL_SEND | CALL_CALL, 0, 0, 0), none);
		work();
	}
}

bool toucher_do(void (*what)(void), bool (*serve)(uint64_t address, bool writes))
{
	struct kernel_call call = {.word = waits ? CALL_REPLY : 0};
	enum message_kind kind;

	work = what;
	do {
		call.word |= CALL_RECEIVE;
		call.source = endpoint;
		call.reply = reply;
		if (kernel_call(&call) != OK)
			return false;
		kind = answer_kind(call.word);
		if (kind == MESSAGE_FAULT && (!serve || !serve(call.data[1], call.data[2] & WRITES)))
			return false;
		if (kind == MESSAGE_NOTIFICATION)
			service_alive();
		call.word = kind == MESSAGE_FAULT ? call_word(CALL_REPLY, 0, 0, RESUME_RESULT) : 0;
	} while (kind != MESSAGE_CALL);
	waits = true;
	return true;
}

static void nothing(void)
{
}

bool toucher_start(void)
{
	memory_use(start_find("untyped")->slot);
	return object_create(OBJECT_ENDPOINT, 0, &endpoint) == OK && object_create(OBJECT_REPLY, 0, &reply) == OK && thread_create(&thread, &own_space, thread_work, 0, PRIORITY) == OK &&
	       thread_bind(thread.thread, THREAD_FAULT, endpoint) == OK && thread_resume(thread.thread) == OK && toucher_do(nothing, NULL);
}
