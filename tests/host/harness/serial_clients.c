/* SPDX-License-Identifier: MIT */
/* The clients of a byte device's driver (serial_clients.h). */
#include "tests/host/harness/serial_clients.h"

#include <inttypes.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/protocols/serial.h"
#include "lib/ring.h"
#include "lib/serial_session.h"

#define WITH_BUFFER 2 /* badges 1 and 2 */
#define PUSH_UNIT 8   /* bytes */
#define NOT_JUDGED UINT64_MAX
/* A byte of a session tells which one it is, counted round, and its number in it, counted round too. */
#define BYTE_SESSIONS (SERIAL_SESSIONS_TOLD_APART + 1)
#define BYTE_NUMBERS 32

static const struct request_shape serial_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(SERIAL, name, in, out)
#include "abi/protocols/serial.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

static struct service_world *world;
static struct serial_memory *memory;
static unsigned char *buffer[WITH_BUFFER + 1]; /* by badge */
static bool device_gone;

/* The session that has the port, as its client knows it. */
static uint64_t owner;           /* its badge; 0: none */
static struct ring output, input;
static uint64_t sessions;        /* that have begun; the last one is this */
static uint64_t pushed, arrived; /* bytes of it */
static uint64_t stores;          /* that the input had made when the rings were new */
static bool any_next;            /* bytes may have been lost: the next that arrives may be any that was pushed */

static bool rings_are_judged(void)
{
	return owner && world->stores == stores;
}

static void rings_open(uint64_t badge)
{
	ring_open(&output, buffer[badge] + SERIAL_OUTPUT_OFFSET, SERIAL_RING_BYTES, 1);
	ring_open(&input, buffer[badge] + SERIAL_INPUT_OFFSET, SERIAL_RING_BYTES, 1);
	sessions++;
	pushed = arrived = 0;
	stores = world->was_watched ? NOT_JUDGED : world->stores; /* what is stored while ATTACH is served may lie in the new rings */
	any_next = false;
}

/* What is answered. */

static int64_t attach_expect(uint64_t badge)
{
	if (badge == 0 || badge > WITH_BUFFER)
		return -EINVAL;
	return owner && owner != badge ? -EBUSY : 0;
}

static void attach_judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	int64_t result = (int64_t)answer->data[0], expected = attach_expect(sent->badge);

	if (result == -ENODEV && device_gone)
		return;
	if (result != expected)
		complain("ATTACH of %" PRIu64 " while %" PRIu64 " has the port: %" PRId64 ", not %" PRId64, sent->badge, owner, result, expected);
	if (result == 0) {
		owner = sent->badge;
		rings_open(owner);
	}
}

static void detach_judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	int64_t result = (int64_t)answer->data[0];
	bool is_owner = owner && owner == sent->badge;

	if (is_owner ? result != 0 && result != -EAGAIN : result != -EINVAL)
		complain("DETACH of %" PRIu64 " while %" PRIu64 " has the port: %" PRId64, sent->badge, owner, result);
	if (result == 0 && rings_are_judged() && !(device_gone && serial_is_gone((const char *)buffer[owner])) && output.shared->consumed != pushed)
		complain("the port is given back with %" PRIu64 " bytes pushed and %" PRIu64 " taken", pushed, output.shared->consumed);
	if (result == 0)
		owner = 0;
}

static void judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	if (sent->label == SERIAL_ATTACH)
		attach_judge(sent, answer);
	else
		detach_judge(sent, answer);
}

/* What a new instance finds. */

static uint64_t remembered(void)
{
	const uint64_t *copy = memory->owner;

	if (copy[0] == copy[1] || copy[0] == copy[2])
		return copy[0];
	if (copy[1] != copy[2])
		complain("no two copies say who has the port: %" PRIu64 " %" PRIu64 " %" PRIu64, copy[0], copy[1], copy[2]);
	return copy[1];
}

/* The last request may have been done and not answered. */
void serial_clients_restart(void)
{
	const struct file_exchange *last = &world->requester.sent;
	uint64_t now = remembered();
	bool attached = now != owner && last->label == SERIAL_ATTACH && now == last->badge && attach_expect(now) == 0;
	bool detached = now != owner && last->label == SERIAL_DETACH && now == 0 && owner == last->badge;

	if (now != owner && !attached && !detached)
		complain("%" PRIu64 " had the port, and the driver's state says %" PRIu64, owner, now);
	owner = now;
	if (last->label == SERIAL_ATTACH)
		stores = NOT_JUDGED; /* the rings may be new or not: they are judged after the next ATTACH */
	any_next = true;
}

/* What they do. */

static void bytes_push(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint8_t byte = (uint8_t)(SERIAL_BYTE_OF_SESSION | sessions % BYTE_SESSIONS * BYTE_NUMBERS | pushed % BYTE_NUMBERS);

		if (ring_push(&output, &byte) != RING_OK)
			return;
		pushed++;
	}
}

void serial_clients_work(void)
{
	uint64_t count = input_take(&world->requester.input, 1);
	unsigned char taken[UINT8_MAX * PUSH_UNIT];

	if (!owner)
		return;
	if (count % 4 == 0)
		(void)ring_pop_bytes(&input, taken, count * PUSH_UNIT);
	else
		bytes_push(count * PUSH_UNIT);
}

void serial_clients_sent(uint8_t byte)
{
	uint64_t number = byte % BYTE_NUMBERS;

	if (!(byte & SERIAL_BYTE_OF_SESSION) || !rings_are_judged() || (byte & ~SERIAL_BYTE_OF_SESSION) / BYTE_NUMBERS != (int)(sessions % BYTE_SESSIONS))
		return;
	if (any_next)
		arrived += (number - arrived) % BYTE_NUMBERS;
	any_next = false;
	if (number != arrived % BYTE_NUMBERS || arrived >= pushed)
		complain("byte %" PRIu64 " of %" PRIu64 " that were pushed is sent where %" PRIu64 " comes next", number, pushed, arrived % BYTE_NUMBERS);
	arrived++;
}

void serial_clients_lost(void)
{
	any_next = true;
}

uint64_t serial_clients_sessions(void)
{
	return sessions;
}

void serial_clients_gone(bool gone)
{
	device_gone = gone;
}

/* The world. */

void serial_clients_begin(void)
{
	owner = 0;
	sessions = 0;
	device_gone = false;
}

static void client_make(const char *name, uint64_t badge)
{
	service_world_client(world, name, badge, SERIAL_CLIENT_SIGNALS + badge);
	if (badge <= WITH_BUFFER)
		buffer[badge] = service_world_buffer(world, name, badge, SERIAL_BUFFER_BYTES);
}

void serial_clients_make(struct service_world *made)
{
	static const char *const names[SERIAL_CLIENTS] = {"alpha", "beta", "gamma"};

	world = made;
	world->requester.protocols[0] = serial_shapes;
	world->requester.buffer_bytes = SERIAL_BUFFER_BYTES;
	world->judge = judge;
	for (uint64_t i = 0; i < SERIAL_CLIENTS; i++)
		client_make(names[i], i + 1);
	memory = (struct serial_memory *)service_world_memory(world, GRANT_STATE, "state", PAGE_SIZE, false)->address;
}
