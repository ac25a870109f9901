/* SPDX-License-Identifier: MIT */
/*
 * The ports of platform's machine (ports.h). Only who asks to switch off or reset, and may, makes platform write anything but the index of the battery clock. The clock's registers are those of the MC146818A; the time is told by the C library's calendar.
 */
#include "ports.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "abi/protocols/platform.h"

#define CLOCK_INDEX 0x70
#define CLOCK_DATA 0x71
#define SECOND 1000000000ull
#define REGISTERS 128
#define YEARS_TOLD 3000000000 /* seconds since 1970 that two digits of a year can tell: until 2065 */
#define A 10 /* the two registers that are no numbers of the time */
#define B 11
#define A_UPDATING 0x80
#define B_BINARY 0x04
#define B_24_HOURS 0x02
#define HANDLES (WORLD_HANDLES + 8)

/* As in rootfs/system.manifest. */
static const struct {
	uint16_t first, last;
} ranges[] = {{CLOCK_INDEX, CLOCK_DATA}, {0xb2, 0xb3}, {0x600, 0x67f}, {0xb000, 0xb07f}, {0x64, 0x64}, {0xcf9, 0xcf9}};

#define RANGES (sizeof(ranges) / sizeof(ranges[0]))

static struct service_world *world;
static uint8_t kept[0x10000 + 4]; /* what was written to a port */
static uint8_t registers[REGISTERS];
static bool honest;
static uint64_t base; /* seconds since 1970 at the zero of the service's clock */

void ports_make(struct service_world *made)
{
	world = made;
	for (unsigned i = 0; i < RANGES; i++) {
		struct start_grant *grant = service_world_grant(made, GRANT_PORTS, "ports");

		grant->slot = (uint32_t)(HANDLES + i);
		grant->argument = ranges[i].first | (uint64_t)ranges[i].last << 16;
	}
}

void ports_begin(void)
{
	memset(kept, 0, sizeof(kept));
	honest = input_take(&world->requester.input, 1) % 2 == 0;
	base = 1 + input_take(&world->requester.input, 4) % YEARS_TOLD;
	registers[B] = (uint8_t)input_take(&world->requester.input, 1);
	for (unsigned i = 0; !honest && i < 12; i++)
		registers[i] = (uint8_t)input_take(&world->requester.input, 1);
	if (registers[A] != UINT8_MAX)
		registers[A] &= (uint8_t)~A_UPDATING; /* one that never rests takes long to try */
}

bool ports_clock_honest(void)
{
	return honest;
}

uint64_t ports_time(uint64_t now)
{
	return base * SECOND + now;
}

/* A number as the mode in register B wants it. */
static uint8_t number(int value)
{
	return (uint8_t)(registers[B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

static uint8_t hour(int value)
{
	if (registers[B] & B_24_HOURS)
		return number(value);
	return number((value + 11) % 12 + 1) | (value >= 12 ? 0x80 : 0);
}

static uint8_t clock_register(uint8_t index)
{
	time_t now = (time_t)(ports_time(world->now) / SECOND);
	struct tm date;

	if (!honest || !gmtime_r(&now, &date))
		return registers[index];
	switch (index) {
	case 0:
		return number(date.tm_sec);
	case 2:
		return number(date.tm_min);
	case 4:
		return hour(date.tm_hour);
	case 7:
		return number(date.tm_mday);
	case 8:
		return number(date.tm_mon + 1);
	case 9:
		return number(date.tm_year % 100);
	case A:
		return 0;
	default:
		return registers[index];
	}
}

static void write_judge(uint64_t port)
{
	const struct world_reply *reply = &world->reply[0];
	bool switches = reply->holds && (reply->sent.label == PLATFORM_POWER_OFF || reply->sent.label == PLATFORM_REBOOT);

	if (port != CLOCK_INDEX && !(switches && world_may(world, reply->sent.badge, PLATFORM_RIGHT_POWER)))
		complain("port %" PRIx64 " is written, and nobody who may has asked for it", port);
}

bool ports_method(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS], enum error *error)
{
	uint64_t range = target - HANDLES, port = data[0], width = data[1];

	if (target < HANDLES || range >= RANGES)
		return false;
	if ((label != IO_PORTS_IN && label != IO_PORTS_OUT) || (width != 1 && width != 2 && width != 4) || port < ranges[range].first || port + width - 1 > ranges[range].last)
		complain("method %" PRIu64 " with port %" PRIx64 ", width %" PRIu64 ", by the right to ports %x to %x", label, port, width, ranges[range].first, ranges[range].last);
	*error = OK;
	if (label == IO_PORTS_OUT) {
		write_judge(port);
		memcpy(kept + port, &data[2], width);
		return true;
	}
	data[0] = 0;
	memcpy(data, kept + port, width);
	if (port == CLOCK_DATA)
		data[0] = clock_register(kept[CLOCK_INDEX] % REGISTERS);
	return true;
}
