/* SPDX-License-Identifier: MIT */
/*
 * Tests of the platform service on QEMU's machines, from a client's side. The command line says which machine it must be (machine=q35; pc, which has no PCI Express; none: without ACPI), what the wall clock was at the start (wall=SECONDS since 1970) and how to
 * end (end=off, end=reset; else by the console). tools/run-qemu --ends judges whether the machine has really ended so.
 */
#include "abi/errno.h"
#include "abi/abi.h"
#include "abi/protocols/platform.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"

#define SECOND 1000000000ull
#define WALL_SPREAD 60 /* seconds: the test may be slow, a wrong time zone or date is more */
#define PAUSE 7000000 /* ns */
#define FIRST_BYTES 36

static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok platform-%s %s\n", holds ? "" : "not ", id, sentence);
}

/* What follows NAME= on the command line; a null pointer when it is not there. */
static const char *option(const char *name)
{
	const char *line = ((const struct boot_information *)start_find("information")->address)->command_line;
	size_t length = strlen(name);

	for (; *line; line++)
		if (memcmp(line, name, length) == 0 && line[length] == '=')
			return line + length + 1;
	return NULL;
}

static bool option_is(const char *name, const char *value)
{
	const char *given = option(name);

	return given && memcmp(given, value, strlen(value)) == 0;
}

/* A request; the answer's first word, or the status as a number that no errno is. */
static int64_t ask(uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	enum error error = service_call(start_session("platform"), label, words, data);

	return error == OK ? (int64_t)data[0] : -1000 - (int64_t)error;
}

static int64_t time_ask(uint64_t *wall, uint64_t *monotonic, uint64_t *late)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	int64_t result = ask(PLATFORM_TIME, 0, data);

	*wall = data[1];
	*monotonic = data[2];
	*late = data[3];
	return result;
}

static uint64_t wall_expected(void)
{
	const char *digits = option("wall");
	uint64_t value = 0;

	for (; digits && *digits >= '0' && *digits <= '9'; digits++)
		value = value * 10 + (uint64_t)(*digits - '0');
	return value;
}

static bool time_is_right(void)
{
	uint64_t wall, monotonic, late, expected = wall_expected();

	if (time_ask(&wall, &monotonic, &late) != 0 || monotonic > clock_now())
		return false;
	log_print("# wall clock %u s, expected from %u s on, late by at most %u ns\n", wall / SECOND, expected, late);
	return wall / SECOND + 1 >= expected && wall / SECOND <= expected + WALL_SPREAD;
}

/* The clock goes on with the monotonic one, forward only, and becomes fine. */
static bool time_becomes_fine(void)
{
	uint64_t wall, monotonic, late, before = 0, end = clock_now() + 20 * SECOND;

	do {
		struct request request;

		if (time_ask(&wall, &monotonic, &late) != 0 || wall < before || service_receive_until(&request, clock_now() + PAUSE) != ERR_TIMEOUT)
			return false;
		before = wall;
	} while (late >= SECOND && clock_now() < end);
	log_print("# late by at most %u ns\n", late);
	return late < SECOND / 2;
}

/* The whole table in pieces of `piece` bytes; its length, or a negative errno. */
static int64_t table_read(uint32_t signature, uint64_t which, uint64_t piece)
{
	const struct start_grant *buffer = start_buffer_of("platform");
	uint64_t at = 0;
	int64_t bytes;

	do {
		uint64_t data[MESSAGE_REGISTER_WORDS] = {signature, which, at, at, piece < buffer->bytes - at ? piece : buffer->bytes - at};

		bytes = ask(PLATFORM_TABLE, 5, data);
		at += piece;
	} while (bytes > (int64_t)at && at < buffer->bytes);
	return bytes;
}

static const uint8_t *buffer_bytes(void)
{
	return (const uint8_t *)start_buffer_of("platform")->address;
}

static bool table_arrives(void)
{
	int64_t bytes = table_read(PLATFORM_SIGNATURE('A', 'P', 'I', 'C'), 0, 16);
	const uint8_t *table = buffer_bytes();
	uint8_t sum = 0;

	for (int64_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + table[i]);
	return bytes > FIRST_BYTES && memcmp(table, "APIC", 4) == 0 && table[4] + table[5] * 256 == bytes && sum == 0;
}

static bool table_leaves_the_rest(void)
{
	uint8_t *byte = (uint8_t *)start_buffer_of("platform")->address;
	uint64_t data[MESSAGE_REGISTER_WORDS] = {PLATFORM_SIGNATURE('A', 'P', 'I', 'C'), 0, 0, 100, 4};

	memset(byte, 0x77, 200);
	return ask(PLATFORM_TABLE, 5, data) > FIRST_BYTES && byte[99] == 0x77 && byte[100] == 'A' && byte[103] == 'C' && byte[104] == 0x77;
}

static bool table_bounds_are_checked(void)
{
	uint64_t size = start_buffer_of("platform")->bytes, apic = PLATFORM_SIGNATURE('A', 'P', 'I', 'C');
	uint64_t bad[][MESSAGE_REGISTER_WORDS] = {{apic, 0, 0, size, 1}, {apic, 0, 0, 1, size}, {apic, 0, 0, UINT64_MAX, 2}, {apic, 0, 1 << 20, 0, 1}, {apic, 0, UINT64_MAX, 0, 1}};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ask(PLATFORM_TABLE, 5, bad[i]) != -EINVAL)
			return false;
	return table_read(PLATFORM_SIGNATURE('N', 'O', 'N', 'E'), 0, 64) == -ENOENT && table_read(apic, 1, 64) == -ENOENT;
}

static bool requests_are_checked(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	return ask(99, 0, data) == -1000 - ERR_METHOD && ask(PLATFORM_TIME, 3, data) == -1000 - ERR_ARGUMENT && ask(PLATFORM_TABLE, 4, data) == -1000 - ERR_ARGUMENT;
}

/* QEMU's pc and q35: the timer's interrupt at line 2, ACPI's at 9, level and high; the keyboard's is not mentioned. */
static bool routes_are_right(void)
{
	uint64_t timer[MESSAGE_REGISTER_WORDS] = {0}, keyboard[MESSAGE_REGISTER_WORDS] = {1}, acpi[MESSAGE_REGISTER_WORDS] = {9}, none[MESSAGE_REGISTER_WORDS] = {16};
	bool plain = option_is("machine", "none");

	return ask(PLATFORM_INTERRUPT_ROUTE, 1, timer) == 0 && timer[1] == (plain ? 0 : 2) && timer[2] == 0 && ask(PLATFORM_INTERRUPT_ROUTE, 1, keyboard) == 0 && keyboard[1] == 1 &&
	       keyboard[2] == 0 && ask(PLATFORM_INTERRUPT_ROUTE, 1, acpi) == 0 && acpi[1] == 9 && acpi[2] == (plain ? 0 : IRQ_LEVEL) && ask(PLATFORM_INTERRUPT_ROUTE, 1, none) == -EINVAL;
}

/* Only q35 has the large configuration space: all buses at 0xb0000000. */
static bool ecam_is_right(void)
{
	uint64_t first[MESSAGE_REGISTER_WORDS] = {0}, second[MESSAGE_REGISTER_WORDS] = {1};
	int64_t result = ask(PLATFORM_ECAM, 1, first);

	if (ask(PLATFORM_ECAM, 1, second) != -ENOENT)
		return false;
	if (!option_is("machine", "q35"))
		return result == -ENOENT;
	return result == 0 && first[1] == 0xb0000000 && first[2] == 0 && first[3] == 0 && first[4] == 255;
}

static bool stranger_is_refused(uint64_t label)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	return service_call(start_session("stranger"), label, 0, data) == OK && (int64_t)data[0] == -EPERM;
}

static bool stranger_may_read_time(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	return service_call(start_session("stranger"), PLATFORM_TIME, 0, data) == OK && data[0] == 0;
}

/* The machine ends here, or the service says why it did not. */
static void machine_end(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {failed};
	int64_t result;

	if (failed || !option("end"))
		(void)!service_call(start_session("console"), CONSOLE_END, 1, data);
	result = ask(option_is("end", "reset") ? PLATFORM_REBOOT : PLATFORM_POWER_OFF, 0, data);
	check(result == -EIO && option_is("end", "refused"), "end-refused", "a machine that cannot be switched off is told so");
	data[0] = failed;
	(void)!service_call(start_session("console"), CONSOLE_END, 1, data);
}

int main(void)
{
	bool tables = !option_is("machine", "none");

	log_print("1..%u\n", (tables ? 11ull : 8ull) + (option_is("end", "refused") ? 1 : 0));
	check(time_is_right(), "time", "the wall clock is that of the battery clock");
	check(time_becomes_fine(), "time-fine", "the wall clock goes forward only and becomes exact to a fraction of a second");
	if (tables) {
		check(table_arrives(), "table", "a table arrives whole, in pieces");
		check(table_leaves_the_rest(), "table-piece", "a piece of a table fills its room and nothing else");
		check(table_bounds_are_checked(), "table-bounds", "pieces outside of table or buffer are refused");
	}
	check(requests_are_checked(), "requests", "unknown requests and wrong numbers of words are refused");
	check(routes_are_right(), "routes", "interrupts of the ISA bus arrive where the table says");
	check(ecam_is_right(), "ecam", "the configuration space lies where the table says");
	check(stranger_may_read_time(), "stranger-time", "any client may read the time");
	check(stranger_is_refused(PLATFORM_POWER_OFF), "stranger-off", "a client without the right cannot switch off");
	check(stranger_is_refused(PLATFORM_REBOOT), "stranger-reset", "a client without the right cannot reset");
	machine_end();
	return 1;
}
