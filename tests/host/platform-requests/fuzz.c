/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: platform with its clients, on a machine whose tables the input has laid (tests/host/platform/laying.h) and whose clock may lie (ports.h), in the world of tests/host/harness/service_world.h.
 *
 *   input: bytes that lay tables (2), these, where the root pointer is (1), the clock (ports.c), then what happens
 *
 * TABLE writes where it was told to and nowhere else. A clock that tells the time is not ahead, and not later than it says, whatever becomes of platform.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/boot.h"
#include "abi/protocols/platform.h"
#include "lib/wall.h"
#include "ports.h"
#include "tests/host/harness/service_memory.h"
#include "tests/host/platform/laying.h"

#define MAY_SWITCH 1 /* the badge of who may */
#define FIRMWARE (WORLD_HANDLES + 1)
#define BUFFER_BYTES PAGE_SIZE
#define CLIENTS 3 /* badges 1 and 2 have a buffer */

static const struct request_shape platform_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(PLATFORM, name, in, out)
#include "abi/protocols/platform.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

/* Tables that can be there, and places at the end of the buffer. */
static const uint64_t words[] = {
	PLATFORM_SIGNATURE('F', 'A', 'C', 'P'), PLATFORM_SIGNATURE('M', 'C', 'F', 'G'), PLATFORM_SIGNATURE('S', 'S', 'D', 'T'), 0, 1, BUFFER_BYTES, BUFFER_BYTES - 20, 40,
};

static struct service_world world;
static struct memory memory; /* the firmware's */
static struct boot_information *information;
static struct wall_page *published;
static unsigned char *buffers[CLIENTS], before[CLIENTS][BUFFER_BYTES]; /* by badge; as they were after the last answer */
static uint64_t stores;
static bool plain; /* without tables, nobody can name another register for the century */
static uint64_t latest; /* ns: the last time that was told */

static enum error capability(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	enum error error;

	if (!ports_method(target, label, data, &error) && !world_mapping_method(target, label, data, &error))
		service_world_stray(target, label);
	return error;
}

/* The buffer is as it was, but for [offset, offset + room). */
static void buffer_judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	const unsigned char *now = sent->badge < CLIENTS ? buffers[sent->badge] : NULL, *old = now ? before[sent->badge] : NULL;
	bool writes = sent->label == PLATFORM_TABLE && (int64_t)answer->data[0] > 0;
	uint64_t offset = writes ? sent->data[3] : BUFFER_BYTES, end = writes ? offset + sent->data[4] : BUFFER_BYTES;

	if (!now)
		return;
	if (offset > end || end > BUFFER_BYTES || memcmp(now, old, offset) != 0 || memcmp(now + end, old + end, BUFFER_BYTES - end) != 0)
		answer_wrong(sent, shape_find(&world.requester, sent->label), answer, "writes to other parts of the buffer than it was told");
}

static void time_judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	uint64_t told = answer->data[1], truth = ports_time(answer->data[2]), late = answer->data[3];

	if (!plain || !ports_clock_honest())
		return;
	if (told > truth || truth - told > late || told < latest || told - answer->data[2] > published->offset)
		answer_wrong(sent, shape_find(&world.requester, sent->label), answer, "tells another time than the clock has, an earlier one than it told before, or a later one than it publishes");
	latest = told;
}

static void buffers_keep(void)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (buffers[i])
			memcpy(before[i], buffers[i], BUFFER_BYTES);
	stores = world.stores;
}

static void judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	if (world.stores == stores)
		buffer_judge(sent, answer);
	if (sent->label == PLATFORM_TIME && answer->data[0] == 0)
		time_judge(sent, answer);
	buffers_keep();
}

/* The tables, and the root pointer: in the boot information, or where that says. */
static void tables_begin(void)
{
	struct input *input = &world.requester.input;
	uint64_t bytes = input_take(input, 2);
	struct input part = {input->data, bytes % (input->left + 1)};
	uint8_t root[ACPI_ROOT_BYTES] = {0};

	plain = part.left == 0;
	input->data += part.left;
	input->left -= part.left;
	if (!plain)
		tables_lay(&part, &memory, root);
	if (input_take(input, 1) % 4) {
		memcpy(information->rsdp_copy, root, sizeof(root));
	} else {
		information->rsdp = MEMORY_BASE + 0x10;
		memcpy(memory.bytes + 0x10, root, sizeof(root));
	}
}

static void begin(void)
{
	world_regions_clear();
	tables_begin();
	ports_begin();
	latest = 0;
}

static void restart(void)
{
	world_space_clear();
	buffers_keep(); /* the one that died may have written what it has not told */
}

static void firmware_make(void)
{
	struct start_grant *firmware = service_world_grant(&world, GRANT_FIRMWARE, "firmware");

	memory = (struct memory){.bytes = world_region_make(FIRMWARE, LAID_BYTES), .size = LAID_BYTES, .base = MEMORY_BASE};
	firmware->slot = FIRMWARE;
	firmware->address = MEMORY_BASE;
	firmware->bytes = LAID_BYTES;
	information = (struct boot_information *)service_world_memory(&world, GRANT_INFORMATION, "information", (sizeof(*information) + PAGE_SIZE - 1) & -(size_t)PAGE_SIZE, false)->address;
}

struct service_world *service_world_target(void)
{
	static const struct request_right rights[] = {{PLATFORM_POWER_OFF, PLATFORM_RIGHT_POWER}, {PLATFORM_REBOOT, PLATFORM_RIGHT_POWER}, {0, NULL}};

	service_world_make(&world, "platform", 1);
	world.requester.protocols[0] = platform_shapes;
	world.requester.words = words;
	world.requester.word_count = sizeof(words) / sizeof(words[0]);
	world.requester.buffer_bytes = BUFFER_BYTES;
	world.rights = rights;
	world.capability = capability;
	world.judge = judge;
	world.begin = begin;
	world.restart = restart;
	service_world_memory(&world, GRANT_STATE, "state", PAGE_SIZE, false);
	service_world_memory(&world, GRANT_HEAP, "heap", 8 * PAGE_SIZE, true);
	published = (struct wall_page *)service_world_memory(&world, GRANT_REGION, WALL_REGION, PAGE_SIZE, false)->address;
	service_world_grant(&world, GRANT_RIGHT, PLATFORM_RIGHT_POWER)->argument = MAY_SWITCH;
	buffers[1] = service_world_buffer(&world, "one", 1, BUFFER_BYTES);
	buffers[2] = service_world_buffer(&world, "two", 2, BUFFER_BYTES);
	firmware_make();
	ports_make(&world);
	return &world;
}
