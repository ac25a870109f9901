/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: serial with its sessions (serial_clients.h), the logs that it prints and a 16550 (tests/host/serial/port.h), in the world of tests/host/harness/service_world.h. Logs have lines, half lines and indexes that make no sense; the port works or
 * is stuck.
 *
 * No byte is written where the port has no room for it, and none elsewhere than to the port's registers.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/abi.h"
#include "tests/host/harness/serial_clients.h"
#include "tests/host/serial/port.h"

#define PORTS (WORLD_HANDLES + 1)
#define IRQ (WORLD_HANDLES + 2)
#define PORT_FIRST 0x3f8
#define PORT_LAST 0x3ff
#define LOGS 2

static struct service_world world;
static struct port port;
static bool was_stuck; /* since the input began: then the driver cannot know what there is room for */
static struct start_text *logs[LOGS];

/* The port. */

static void sent_tell(unsigned before)
{
	for (; before != port.sent_count; before++)
		serial_clients_sent(port.sent[before % PORT_BYTES]);
}

static enum error ports_access(uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	unsigned before = port.sent_count;

	if (data[0] < PORT_FIRST || data[0] > PORT_LAST || data[1] != 1)
		complain("an access to port %" PRIx64 " of %" PRIu64 " bytes", data[0], data[1]);
	if (label == IO_PORTS_IN)
		data[0] = port_read(&port, (unsigned)(data[0] - PORT_FIRST));
	else
		port_write(&port, (unsigned)(data[0] - PORT_FIRST), (uint8_t)data[2]);
	sent_tell(before);
	if (port.lost && !was_stuck)
		complain("a byte is written to the port without room for it");
	return OK;
}

static enum error capability(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	if (target == PORTS && (label == IO_PORTS_IN || label == IO_PORTS_OUT))
		return ports_access(label, data);
	if (!(target == IRQ && label == IRQ_HANDLER_ACKNOWLEDGE) && !(target > SERIAL_CLIENT_SIGNALS && target <= SERIAL_CLIENT_SIGNALS + SERIAL_CLIENTS && label == 0))
		service_world_stray(target, label);
	return OK;
}

static void stick(void)
{
	uint64_t value = input_take(&world.requester.input, 1);

	was_stuck = true;
	port.stuck = value & 1 ? (int)value : -1;
	world.may_end = port.stuck >= 0; /* an instance that begins finds no port */
	serial_clients_lost();
}

static void type(void)
{
	uint64_t count = input_take(&world.requester.input, 1);

	for (uint64_t i = 0; i < count; i++)
		port_type(&port, (uint8_t)i);
}

/* The logs. */

static void log_write(struct start_text *log)
{
	uint64_t kind = input_take(&world.requester.input, 1);

	if (kind >= 240) {
		log->produced = word_draw(&world.requester, 0);
		return;
	}
	for (uint64_t i = 0; i < kind; i++)
		log->text[log->produced++ % START_TEXT_BYTES] = i % 16 == 15 || kind % 2 ? '\n' : 'a';
}

static void event(void)
{
	uint64_t what = input_take(&world.requester.input, 1);

	if (what < 16)
		stick();
	else if (what < 64)
		type();
	else if (what < 128)
		log_write(logs[what % LOGS]);
	else if (what < 192)
		(void)port_drain(&port);
	else
		serial_clients_work();
}

static void begin(void)
{
	port_reset(&port);
	was_stuck = false;
	serial_clients_begin();
}

struct service_world *service_world_target(void)
{
	static const char *const names[LOGS] = {"text:alpha", "text:gamma"};
	struct start_grant *ports, *irq;

	service_world_make(&world, "serial", 1);
	world.capability = capability;
	world.event = event;
	world.begin = begin;
	world.restart = serial_clients_restart;
	ports = service_world_grant(&world, GRANT_PORTS, "serial");
	ports->slot = PORTS;
	ports->argument = PORT_FIRST | PORT_LAST << 16;
	irq = service_world_grant(&world, GRANT_IRQ, "serial");
	irq->slot = IRQ;
	irq->argument = START_BIT_IRQ;
	for (unsigned i = 0; i < LOGS; i++) {
		struct start_grant *log = service_world_memory(&world, GRANT_TEXT, names[i], sizeof(struct start_text), false);

		log->argument = 1;
		logs[i] = (struct start_text *)log->address;
	}
	serial_clients_make(&world);
	return &world;
}
