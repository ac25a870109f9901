/* SPDX-License-Identifier: MIT */
/*
 * The platform service: the firmware's tables, the wall clock, switching off. Its interface is abi/protocols/platform.h.
 *
 * At its start it copies all tables, reads the battery clock once, and says what it found. From then on it answers from its copies; until the wall clock is fine it reads the battery clock every few ms between requests. An instance that
 * is started again reads everything again; only the wall clock's offset is kept, as a hint.
 */
#include "abi/abi.h"
#include "abi/errno.h"
#include "abi/protocols/platform.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "lib/wall.h"
#include "servers/platform/firmware.h"
#include "servers/platform/machine.h"
#include "servers/platform/ports.h"
#include "servers/platform/wall.h"

#define FINE_WITHIN (3 * WALL_SECOND) /* a battery clock that shows no new second for so long stands still */

static struct acpi acpi;
static struct power power;
static struct wall wall;
static uint64_t read_last, give_up; /* of the battery clock, while coarse: end of the last reading; when to stop */

static void table_report(void *context, const char signature[4], uint64_t address, enum acpi_fault fault)
{
	char name[5] = {0};

	(void)context;
	memcpy(name, signature, 4);
	log_print("ACPI table %s at %x is left out: %s\n", name, address, acpi_fault_sentence(fault));
}

/* The copy of the root pointer that the boot information carries; when that is blank, what lies at its address. */
static void root_take(const struct acpi_source *source, uint8_t root[ACPI_ROOT_BYTES])
{
	const struct start_grant *grant = start_find("information");
	const struct boot_information *information = grant ? (const struct boot_information *)grant->address : NULL;

	memset(root, 0, ACPI_ROOT_BYTES);
	if (!information)
		return;
	memcpy(root, information->rsdp_copy, ACPI_ROOT_BYTES);
	if (!root[0] && information->rsdp && !source->read(source->context, information->rsdp, root, ACPI_ROOT_BYTES))
		memset(root, 0, ACPI_ROOT_BYTES);
}

static void tables_open(void)
{
	const struct acpi_source source = {firmware_read, table_report, NULL};
	const struct start_grant *heap = start_find("heap");
	uint8_t root[ACPI_ROOT_BYTES];
	enum acpi_fault fault;

	root_take(&source, root);
	fault = acpi_open(&acpi, &source, root, heap ? (uint8_t *)heap->address : NULL, heap ? heap->bytes : 0);
	if (fault != ACPI_SOUND)
		log_print("no ACPI: %s\n", acpi_fault_sentence(fault));
	for (unsigned i = 0; i < acpi.count; i++) {
		char name[5] = {0};

		memcpy(name, acpi.table[i].data, 4);
		log_print("ACPI table %s at %x, %u bytes\n", name, acpi.table[i].address, (uint64_t)acpi.table[i].bytes);
	}
}

/* Says beforehand what would keep the machine from switching off. */
static void power_say(void)
{
	uint16_t port = (uint16_t)power.control[0].address;

	if (!power.told)
		log_print("power-off only by the ports of well-known emulators\n");
	else if (power.control[0].space != SPACE_PORT || !port)
		log_print("no power-off: %s\n", power_failure_sentence(POWER_NO_REGISTER));
	else if (power.sleep != SLEEP_FOUND)
		log_print("no power-off: %s\n", power_failure_sentence(POWER_NO_TYPE));
	else if (!port_is_ours(port, 2))
		log_print("no power-off: %s (port %x)\n", power_failure_sentence(POWER_NO_PORT), (uint64_t)port);
	else
		log_print("power-off by port %x, type %u\n", (uint64_t)port, (uint64_t)power.type[0]);
}

static struct wall_hint *hint_place(void)
{
	const struct start_grant *grant = start_find("state");

	return grant ? (struct wall_hint *)grant->address : NULL;
}

static void wall_open(void)
{
	static const struct wall_hint none;
	const struct wall_hint *hint = hint_place();
	uint64_t second;
	enum calendar_fault fault = power.no_clock ? CALENDAR_ABSENT : calendar_read(&own_clock, power.century, &second);
	struct date date;

	if (fault != CALENDAR_SOUND) {
		log_print("no wall clock: %s\n", calendar_fault_sentence(fault));
		return;
	}
	read_last = clock_now();
	give_up = read_last + FINE_WITHIN;
	wall_start(&wall, second, read_last, hint ? hint : &none);
	wall.offset = wall_publish(wall.offset); /* an instance that died before it was fine has left no hint, but told the time */
	date = date_of(second);
	log_print("battery clock: %u-%u-%u %u:%u:%u UTC\n", (uint64_t)date.year, (uint64_t)date.month, (uint64_t)date.day, (uint64_t)date.hour, (uint64_t)date.minute,
		(uint64_t)date.second);
}

/* One more reading while the wall clock is coarse. */
static void wall_improve(void)
{
	uint64_t second, before = read_last;

	if (wall.quality != WALL_COARSE || clock_now() - before < WALL_READING_NS || clock_now() >= give_up)
		return;
	if (calendar_read(&own_clock, power.century, &second) != CALENDAR_SOUND)
		return;
	read_last = clock_now();
	wall_refine(&wall, second, read_last, read_last - before);
	wall.offset = wall_publish(wall.offset);
	if (wall.quality == WALL_FINE && hint_place())
		*hint_place() = wall_keep(&wall);
}

/* An answer of `count` words. */
static void answer(struct request *request, uint64_t count, int64_t result, uint64_t first, uint64_t second, uint64_t third)
{
	request->words = count;
	request->data[0] = (uint64_t)result;
	request->data[1] = first;
	request->data[2] = second;
	request->data[3] = third;
}

static void time_serve(struct request *request)
{
	uint64_t now = clock_now();

	if (wall.quality == WALL_UNKNOWN)
		answer(request, 4, -ENODEV, 0, 0, 0);
	else
		answer(request, 4, 0, wall.offset + now, now, wall.late);
}

/* Words: signature, which, first byte, offset in the BUFFER, room. */
static void table_serve(struct request *request)
{
	const struct start_grant *buffer = start_buffer(request->badge);
	uint64_t first = request->data[2], offset = request->data[3], room = request->data[4];
	const struct acpi_table *table;
	char signature[4];

	for (int i = 0; i < 4; i++)
		signature[i] = (char)(request->data[0] >> (8 * i));
	table = acpi_find(&acpi, signature, request->data[1]);
	if (!buffer || offset > buffer->bytes || room > buffer->bytes - offset || (table && first > table->bytes)) {
		answer(request, 1, -EINVAL, 0, 0, 0);
		return;
	}
	if (table)
		memcpy((void *)(buffer->address + offset), table->data + first, room < table->bytes - first ? room : table->bytes - first);
	answer(request, 1, table ? (int64_t)table->bytes : -ENOENT, 0, 0, 0);
}

static void ecam_serve(struct request *request)
{
	struct ecam_window window = {0};
	enum machine_answer found = machine_ecam(&acpi, request->data[0], &window);

	if (found != MACHINE_FOUND)
		window = (struct ecam_window){0};
	answer(request, 5, found == MACHINE_FOUND ? 0 : found == MACHINE_ABSENT ? -ENOENT : -EIO, window.base, window.segment, window.first_bus);
	request->data[4] = window.last_bus;
}

/* A machine without the table is wired as the bus is. */
static void route_serve(struct request *request)
{
	struct interrupt_route route;

	if (request->data[0] >= ISA_INTERRUPTS)
		answer(request, 3, -EINVAL, 0, 0, 0);
	else if (machine_route(&acpi, (unsigned)request->data[0], &route) == MACHINE_DAMAGED)
		answer(request, 3, -EIO, 0, 0, 0);
	else
		answer(request, 3, 0, route.line, (route.level ? IRQ_LEVEL : 0) | (route.low ? IRQ_LOW : 0), 0);
}

static void power_serve(struct request *request, enum power_failure (*act)(const struct power *power, const struct port_access *ports), const char *what)
{
	enum power_failure failure;

	if (!start_may(request->badge, PLATFORM_RIGHT_POWER)) {
		answer(request, 1, -EPERM, 0, 0, 0);
		return;
	}
	failure = act(&power, &own_ports);
	log_print("%s failed: %s\n", what, power_failure_sentence(failure));
	answer(request, 1, -EIO, 0, 0, 0);
}

static bool words_are_right(const struct request *request)
{
	switch (request->label) {
#define REQUEST(name, number, in, out, sentence) \
	case PLATFORM_##name:                    \
		return request->words == (in);
#include "abi/protocols/platform.def"
#undef REQUEST
	}
	return true;
}

static void request_serve(struct request *request)
{
	request->caps = 0;
	if (!words_are_right(request)) {
		request->status = ERR_ARGUMENT;
		request->words = 0;
		return;
	}
	switch (request->label) {
	case PLATFORM_TIME:
		time_serve(request);
		break;
	case PLATFORM_TABLE:
		table_serve(request);
		break;
	case PLATFORM_ECAM:
		ecam_serve(request);
		break;
	case PLATFORM_INTERRUPT_ROUTE:
		route_serve(request);
		break;
	case PLATFORM_POWER_OFF:
		power_serve(request, power_off, "power-off");
		break;
	case PLATFORM_REBOOT:
		power_serve(request, power_reset, "reset");
		break;
	default:
		request->status = ERR_METHOD;
		request->words = 0;
	}
}

/* Whether to come back for another reading of the battery clock. */
static bool wall_waits(void)
{
	return wall.quality == WALL_COARSE && clock_now() < give_up;
}

int main(void)
{
	struct request request;
	enum error error;

	tables_open();
	power_read(&power, &acpi);
	power_say();
	wall_open();
	error = service_receive_until(&request, clock_now() + WALL_READING_NS);
	while (error == OK || error == ERR_TIMEOUT) {
		if (error == OK && request.kind == MESSAGE_CALL)
			request_serve(&request);
		wall_improve();
		error = wall_waits() ? service_reply_receive_until(&request, clock_now() + WALL_READING_NS) : service_reply_receive(&request);
	}
	return 1;
}
