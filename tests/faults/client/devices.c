/* SPDX-License-Identifier: MIT */
/*
 * Operations of devices and of services that keep no files (operations.h): what each may promise is less than of files. Random bytes never come twice; the wall clock goes on with the clock of the processor; the log never has
 * fewer records than it had told; a line that was put into a byte device's ring leaves it (what came out is for the host to judge); a driver that is started again gets its device.
 */
#include "operations.h"

#include "abi/errno.h"
#include "abi/protocols/log.h"
#include "abi/protocols/platform.h"
#include "abi/protocols/random.h"
#include "abi/protocols/serial.h"
#include "asks.h"
#include "lib/clock.h"
#include "lib/methods.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "lib/string.h"

#define RANDOM_WORDS 7
#define WAIT_NS 1000000ull /* between two looks */
#define WAITS_MOST 20000
#define CLOCK_DRIFT_MOST 5000000ll /* ns by which the two clocks may have run apart: they are the same clock in these machines */
#define SLOT (START_SLOT_FREE + 90)
#define LINE_BYTES 32

static bool nothing_needed(void)
{
	return true;
}

static void wait(void)
{
	uint64_t end = clock_now() + WAIT_NS;
	struct request request;

	(void)!service_receive_until(&request, end); /* a signal is as good as the end of the time */
}

/* Random bytes. */

static uint64_t words[RANDOM_WORDS], words_before[RANDOM_WORDS];

static int64_t random_run(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	memcpy(words_before, words, sizeof(words));
	for (int i = 0; i < WAITS_MOST; i++) {
		data[0] = RANDOM_BYTES_MAX;
		if (service_call(start_session("virtio-rng"), RANDOM_READ, 1, data) != OK)
			return -1;
		if (data[0])
			break;
		wait();
	}
	memcpy(words, &data[1], sizeof(words));
	return (int64_t)data[0];
}

static enum verdict random_check(int64_t result)
{
	if (result <= 0 || result > RANDOM_BYTES_MAX)
		return LOST;
	for (int64_t i = 0; i < result / 8; i++)
		for (int k = 0; k < RANDOM_WORDS; k++)
			if (words[i] == words_before[k])
				return words[i] ? REPEATED : WRONG;
	return RIGHT;
}

/* The wall clock: what is told is late, by so much at most. So each answer tells a range in which the distance of the two clocks lies, and all ranges have something in common. */

static int64_t wall, wall_at, wall_late;

static int64_t time_run(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	if (service_call(start_session("platform"), PLATFORM_TIME, 0, data) != OK)
		return -1;
	wall = (int64_t)data[1];
	wall_at = (int64_t)data[2];
	wall_late = (int64_t)data[3];
	return (int64_t)data[0];
}

static enum verdict time_check(int64_t result)
{
	static int64_t least = INT64_MIN, most = INT64_MAX;
	int64_t distance = wall - wall_at;

	if (result != 0)
		return LOST;
	least = distance - CLOCK_DRIFT_MOST > least ? distance - CLOCK_DRIFT_MOST : least;
	most = distance + wall_late + CLOCK_DRIFT_MOST < most ? distance + wall_late + CLOCK_DRIFT_MOST : most;
	return least <= most ? RIGHT : WRONG;
}

/* The log. */

static uint64_t taken, link[4];

static int64_t commit_run(void)
{
	handle_t cnode = start_find("cnode")->slot;
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	if (cnode_copy(cnode, SLOT, cnode, start_find("endpoint")->slot, RIGHT_READ) != OK || cnode_delete(cnode, SLOT) != OK)
		return -1;
	if (service_call(start_session("axiom"), LOG_STATUS, 0, data) != OK || data[0])
		return -1;
	memcpy(link, &data[4], sizeof(link));
	return (int64_t)data[1];
}

static enum verdict commit_check(int64_t result)
{
	static uint64_t link_before[4];
	enum verdict verdict = RIGHT;

	if (result < 0)
		return WRONG;
	if ((uint64_t)result < taken)
		return LOST;
	if ((uint64_t)result == taken && memcmp(link, link_before, sizeof(link)) != 0)
		verdict = WRONG;
	taken = (uint64_t)result;
	memcpy(link_before, link, sizeof(link));
	return verdict;
}

/* A line, numbered, so that the host can see what of it has come out. */

static struct ring output;
static struct ring_shared *output_shared;

static bool serial_begin(void)
{
	const struct start_grant *buffer = start_buffer_of("serial");
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	if (!buffer)
		return true;
	if (service_call(start_session("serial"), SERIAL_ATTACH, 0, data) != OK || data[0] != 0)
		return false;
	output_shared = (struct ring_shared *)(buffer->address + SERIAL_OUTPUT_OFFSET);
	ring_open(&output, output_shared, SERIAL_RING_BYTES, 1);
	return true;
}

static int64_t line_run(void)
{
	static uint64_t number;
	char line[LINE_BYTES];
	uint64_t value = ++number;
	int i;

	memset(line, '.', sizeof(line));
	line[LINE_BYTES - 1] = '\n';
	for (i = 8; i > 0; value /= 10)
		line[--i] = (char)('0' + value % 10);
	if (ring_push_bytes(&output, line, LINE_BYTES) != LINE_BYTES)
		return -1;
	service_signal(start_signal("serial"));
	for (i = 0; i < WAITS_MOST && __atomic_load_n(&output_shared->consumed, __ATOMIC_ACQUIRE) != __atomic_load_n(&output_shared->produced, __ATOMIC_ACQUIRE); i++)
		wait();
	return i < WAITS_MOST ? 0 : -1;
}

static enum verdict line_check(int64_t result)
{
	return result == 0 ? RIGHT : LOST;
}

bool devices_begin(void)
{
	return serial_begin();
}

const struct operation device_operations[] = {
	{"random", "virtio-rng", "virtio-rng", false, nothing_needed, random_run, random_check, NULL},
	{"time", "platform", "platform", false, nothing_needed, time_run, time_check, NULL},
	{"commit", "axiom", "axiom", false, nothing_needed, commit_run, commit_check, NULL},
	{"line", "serial", "serial", false, nothing_needed, line_run, line_check, NULL},
	{"claim", "virtio-rng", "pci", false, nothing_needed, random_run, random_check, "virtio-rng"}, /* the driver claims its device from pci, which resets it */
};
const unsigned device_operation_count = sizeof(device_operations) / sizeof(device_operations[0]);

static const struct operation *operation_of(const char *victim)
{
	for (unsigned i = 0; i < device_operation_count; i++)
		if (strcmp(device_operations[i].victim, victim) == 0)
			return &device_operations[i];
	return NULL;
}

enum verdict devices_look(const char *victim, bool degraded)
{
	const struct operation *operation = operation_of(victim);
	int64_t result = operation ? operation_run(operation) : 0;

	if (!operation)
		return WRONG;
	if (result >= 0)
		return operation->check(result);
	return degraded || (result == -EIO && strcmp(operation->server, victim) == 0) ? LOST : WRONG;
}
