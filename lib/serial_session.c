/* SPDX-License-Identifier: MIT */
/* The driver's side of the serial protocol (lib/serial_session.h). A ring that makes no sense is poisoned for good: then the session can only detach and attach anew. */
#include "lib/serial_session.h"

#include "abi/errno.h"
#include "abi/protocols/serial.h"
#include "lib/health.h"
#include "lib/string.h"

/* The rings of a session, at the indexes that are there. */
static void rings_open(struct serial_session *session, char *buffer)
{
	struct ring_shared *out = (struct ring_shared *)(buffer + SERIAL_OUTPUT_OFFSET), *in = (struct ring_shared *)(buffer + SERIAL_INPUT_OFFSET);

	ring_open(&session->output, out, SERIAL_RING_BYTES, 1);
	ring_open(&session->input, in, SERIAL_RING_BYTES, 1);
	session->output.own = session->output.peer = __atomic_load_n(&out->consumed, __ATOMIC_ACQUIRE);
	session->input.own = __atomic_load_n(&in->produced, __ATOMIC_ACQUIRE);
	session->input.peer = __atomic_load_n(&in->consumed, __ATOMIC_ACQUIRE);
	session->signalled = session->output.own;
	session->gone = (uint32_t *)(buffer + SERIAL_GONE_OFFSET);
	session->told = __atomic_load_n(session->gone, __ATOMIC_RELAXED) != 0;
}

/* One after the other: whenever the driver ends, two of them are the same. */
static void owner_set(struct serial_session *session, uint64_t owner)
{
	volatile uint64_t *copy = session->memory->owner;

	for (int i = 0; i < SERIAL_OWNERS; i++)
		copy[i] = owner;
	session->owner = owner;
}

/* What two of the copies say; 0 when no two say the same. */
static uint64_t owner_find(const struct serial_memory *memory)
{
	const uint64_t *copy = memory->owner;

	if (copy[0] == copy[1] || copy[0] == copy[2])
		return copy[0];
	if (copy[1] == copy[2])
		return copy[1];
	health_degraded("it is not known any more who has the port");
	return 0;
}

void serial_session_open(struct serial_session *session, struct serial_memory *memory)
{
	uint64_t owner = owner_find(memory);
	const struct start_grant *buffer = owner ? start_buffer(owner) : NULL;

	*session = (struct serial_session){.memory = memory};
	if (buffer && buffer->bytes >= SERIAL_BUFFER_BYTES)
		rings_open(session, (char *)buffer->address);
	else
		owner = 0;
	session->received = owner != 0; /* the instance before may have ended between a byte and its signal */
	owner_set(session, owner);
}

static int attach(struct serial_session *session, uint64_t badge)
{
	const struct start_grant *buffer = start_buffer(badge);

	if (!buffer || buffer->bytes < SERIAL_BUFFER_BYTES)
		return -EINVAL;
	if (session->owner && session->owner != badge)
		return -EBUSY;
	memset((char *)buffer->address + SERIAL_OUTPUT_OFFSET, 0, sizeof(struct ring_shared)); /* the client waits for our answer */
	memset((char *)buffer->address + SERIAL_INPUT_OFFSET, 0, sizeof(struct ring_shared));
	memset((char *)buffer->address + SERIAL_GONE_OFFSET, 0, sizeof(uint32_t));
	owner_set(session, badge);
	rings_open(session, (char *)buffer->address);
	return 0;
}

static int detach(struct serial_session *session, uint64_t badge)
{
	const struct ring *output = &session->output;

	if (badge == 0 || session->owner != badge)
		return -EINVAL;
	if (!output->poisoned && !session->told && __atomic_load_n(&output->shared->produced, __ATOMIC_ACQUIRE) != output->own)
		return -EAGAIN;
	owner_set(session, 0);
	return 0;
}

void serial_session_serve(struct serial_session *session, struct request *request)
{
	request->words = 1;
	request->caps = 0;
	if (request->label == SERIAL_ATTACH) {
		request->data[0] = (uint64_t)(int64_t)attach(session, request->badge);
	} else if (request->label == SERIAL_DETACH) {
		request->data[0] = (uint64_t)(int64_t)detach(session, request->badge);
	} else {
		request->status = ERR_METHOD;
		request->words = 0;
	}
}

bool serial_session_take(struct serial_session *session, uint8_t *byte)
{
	return session->owner && ring_pop(&session->output, byte) == RING_OK;
}

bool serial_session_give(struct serial_session *session, uint8_t byte)
{
	enum ring_result result = session->owner ? ring_push(&session->input, &byte) : RING_POISONED;

	session->received |= result == RING_OK;
	return result != RING_FULL;
}

void serial_session_gone(struct serial_session *session, bool gone)
{
	if (!session->owner || session->told == gone)
		return;
	__atomic_store_n(session->gone, gone, __ATOMIC_RELEASE);
	session->told = gone;
	session->received = true; /* it is to be signalled */
}

void serial_session_signal(struct serial_session *session)
{
	const struct start_grant *client = session->owner ? start_argument(GRANT_CLIENT, session->owner) : NULL;

	if (client && (session->received || session->output.own != session->signalled))
		service_signal(start_signal(client->name));
	session->signalled = session->output.own;
	session->received = false;
}
