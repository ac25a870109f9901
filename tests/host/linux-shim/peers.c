/* SPDX-License-Identifier: MIT */
/* The servers of the model (peers.h). A request is carried out at once; one in a few is answered ANSWER_PENDING, and its result goes into the session's ring later, as lib/file_service.c does it. */
#include "peers.h"

#include <string.h>

#include "abi/protocols/serial.h"
#include "program.h"
#include "kernel.h"
#include "lib/fiber.h"
#include "lib/permission.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "tests/host/vfs/system.h"

#define TREE_BYTES (1024 * 1024)
#define BADGE_RAMFS 7 /* as tests/host/vfs/system.c has it */
#define LATE_MOST 16
#define ONE_LATE_IN 4

/* A request that was carried out, and whose answer is on its way. */
struct late {
	enum peer peer;
	uint64_t id;
	struct file_exchange exchange;
};

static const struct {
	const char *name;
	uint64_t badge;
} peers[PEERS] = {[PEER_VFS] = {"vfs", 3}, [PEER_RAMFS] = {"ramfs", BADGE_RAMFS}, [PEER_SERIAL] = {"serial", 9}, [PEER_SHUTDOWN] = {"shutdown", 10}};

static struct system rig;
static struct late late[LATE_MOST];
static unsigned late_count;
static uint64_t late_last, signals;
static bool delays;
static unsigned char serial_buffer[SERIAL_BUFFER_BYTES] __attribute__((aligned(PAGE_SIZE)));
static struct ring serial_output, serial_input;
static struct wall_page {
	uint64_t offset;
} wall = {1000000000000000000};
static union {
	struct start_page page;
	unsigned char bytes[START_PAGES_MAX * PAGE_SIZE];
} start;

/* The start page. */

static struct start_grant *grant_add(enum grant_kind kind, const char *prefix, const char *name)
{
	struct start_grant *grant = &start.page.grant[start.page.grant_count++];

	*grant = (struct start_grant){.kind = kind};
	strcpy(grant->name, prefix);
	strcat(grant->name, name);
	return grant;
}

static void peer_grant(enum peer peer, void *buffer, size_t bytes)
{
	const char *name = peers[peer].name;
	struct start_grant *grant = grant_add(GRANT_SESSION, "", name);

	grant->slot = SLOT_SESSIONS + 2 * peer;
	grant = grant_add(GRANT_SIGNAL, "signal:", name);
	grant->slot = SLOT_SESSIONS + 2 * peer + 1;
	if (!buffer)
		return;
	grant = grant_add(GRANT_BUFFER, "buffer:", name);
	grant->address = (uint64_t)buffer;
	grant->bytes = bytes;
	grant->argument = peers[peer].badge;
}

static void region_grant(const char *name, void *memory, size_t bytes)
{
	struct start_grant *grant = grant_add(GRANT_REGION, "", name);

	grant->address = (uint64_t)memory;
	grant->bytes = bytes;
}

static void start_page_make(void)
{
	strcpy(start.page.name, "linux");
	start_page = &start.page;
	peer_grant(PEER_VFS, rig.buffer, SESSION_BUFFER_BYTES);
	peer_grant(PEER_RAMFS, rig.world.windows.buffers[CLIENT_BADGE], SESSION_BUFFER_BYTES);
	peer_grant(PEER_SERIAL, serial_buffer, sizeof(serial_buffer));
	peer_grant(PEER_SHUTDOWN, NULL, 0);
	region_grant("ramfs.generations", &rig.world.generations, sizeof(rig.world.generations));
	region_grant("clock.wall", &wall, sizeof(wall));
	grant_add(GRANT_UNTYPED, "", "untyped")->slot = SLOT_UNTYPED;
}

/* Files. */

static void directory_make(const char *path, uint32_t mode)
{
	const struct path_request request = {.label = VFS_MKDIR, .path = path, .mode = mode};

	if (request_send(&rig, &request, NULL) != 0)
		complain("%s cannot be made", path);
}

static void file_make(const char *path, const void *bytes, size_t count, uint32_t mode)
{
	const struct path_request request = {.label = VFS_OPEN, .path = path, .flags = OPEN_CREATE | OPEN_WRITE, .mode = mode, .word6 = 1};
	struct file_exchange write = {.label = FILE_WRITE, .badge = CLIENT_BADGE, .words = 4, .data = {1, 1, 0, span_make(SESSION_DATA, count)}};
	struct file_exchange close = {.label = FILE_CLOSE, .badge = CLIENT_BADGE, .words = 2, .data = {0, 1}};

	memcpy(rig.world.windows.buffers[CLIENT_BADGE] + SESSION_DATA, bytes, count);
	write.data[0] = ++rig.world.sequence[CLIENT_BADGE];
	if (request_send(&rig, &request, NULL) != 0)
		complain("%s cannot be made", path);
	filesystem_handle(&rig.world.server, &write);
	if (write.data[0] != count)
		complain("%s cannot be written", path);
	filesystem_handle(&rig.world.server, &close);
}

static void files_make(void)
{
	static const char *const directories[] = {"/dev", "/proc", "/etc", "/tmp", "/mnt"};
	const char users[] = "root:x:0:0:root:/:/init\n";

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		directory_make(directories[i], 0777);
	file_make("/etc/passwd", users, sizeof(users) - 1, 0644);
	file_make("/init", program_file, program_file_bytes, 0755);
}

void peers_begin(void)
{
	struct session_page *page;

	system_make(&rig);
	world_free(&rig.world);
	world_make(&rig.world, TREE_BYTES, false);
	memset(rig.region, 0, VFS_REGION_BYTES);
	if (!system_restart(&rig))
		complain("vfs does not begin");
	files_make();
	page = (struct session_page *)rig.buffer;
	page->generation = 1;
	page = (struct session_page *)rig.world.windows.buffers[CLIENT_BADGE];
	page->generation = 1;
	ring_open(&serial_output, serial_buffer + SERIAL_OUTPUT_OFFSET, SERIAL_RING_BYTES, 1);
	ring_open(&serial_input, serial_buffer + SERIAL_INPUT_OFFSET, SERIAL_RING_BYTES, 1);
	start_page_make();
}

void peers_memory(void (*each)(void *memory, size_t bytes))
{
	each(rig.region, VFS_REGION_BYTES);
	each(rig.buffer, SESSION_BUFFER_BYTES);
	each(rig.world.region, rig.world.bytes);
	each(rig.world.windows.buffers[VFS_BADGE], SESSION_BUFFER_BYTES);
	each(rig.world.windows.buffers[CLIENT_BADGE], SESSION_BUFFER_BYTES);
}

/* Requests. */

static void file_request(enum peer peer, struct file_exchange *exchange)
{
	exchange->badge = CLIENT_BADGE;
	if (peer == PEER_VFS)
		vfs_handle(&rig.vfs, 0, exchange);
	else
		filesystem_handle(&rig.world.server, exchange);
}

/* Whether this answer is to come late: only those for which a fiber can wait. */
static bool is_late(uint64_t label)
{
	return delays && fiber_self() && late_count < LATE_MOST && label != VFS_SESSION && label != FILE_SESSION && choice_below(ONE_LATE_IN) == ONE_LATE_IN - 1;
}

static uint64_t generation_of(enum peer peer)
{
	return ((const struct session_page *)(peer == PEER_VFS ? rig.buffer : rig.world.windows.buffers[CLIENT_BADGE]))->generation;
}

static void file_call(enum peer peer, struct kernel_call *call)
{
	struct file_exchange exchange = {.label = answer_label(call->word), .words = answer_words(call->word)};

	memcpy(exchange.data, call->data, sizeof(exchange.data));
	file_request(peer, &exchange);
	memcpy(call->data, exchange.data, sizeof(exchange.data));
	if (is_late(answer_label(call->word))) {
		late[late_count++] = (struct late){peer, ++late_last, exchange};
		call->data[0] = (uint64_t)ANSWER_PENDING;
		call->data[1] = late_last;
		call->data[2] = generation_of(peer);
		exchange.words = 3;
	}
	call->word = exchange.words << CALL_WORDS_SHIFT;
}

static void serial_drain(void)
{
	unsigned char byte;

	while (ring_pop(&serial_output, &byte) == RING_OK)
		signals |= service_bit(peers[PEER_SERIAL].badge);
}

enum error peer_call(struct kernel_call *call)
{
	enum peer peer = (enum peer)((call->target - SLOT_SESSIONS) / 2);
	bool is_signal = (call->target - SLOT_SESSIONS) % 2;

	if (peer == PEER_SHUTDOWN)
		complain("the service ends the system");
	if (peer == PEER_SERIAL) {
		if (is_signal)
			serial_drain();
		call->data[0] = 0;
		call->word = 1 << CALL_WORDS_SHIFT;
	} else if (!is_signal) {
		file_call(peer, call);
	}
	return OK;
}

void answers_delay(bool delay)
{
	delays = delay;
}

bool late_answer_give(void)
{
	struct completion completion = {.id = late[0].id, .result = (int64_t)late[0].exchange.data[0]};
	enum peer peer = late[0].peer;
	struct session_page *page = (struct session_page *)(peer == PEER_VFS ? rig.buffer : rig.world.windows.buffers[CLIENT_BADGE]);
	struct ring ring;

	if (!late_count)
		return false;
	memcpy(completion.words, &late[0].exchange.data[1], sizeof(completion.words));
	ring_continue(&ring, page->ring, COMPLETIONS, sizeof(completion), true);
	if (ring_push(&ring, &completion) != RING_OK)
		complain("the ring of answers is full");
	signals |= service_bit(peers[peer].badge);
	memmove(late, late + 1, --late_count * sizeof(late[0]));
	return true;
}

uint64_t peer_signals(void)
{
	uint64_t bits = signals;

	signals = 0;
	return bits;
}

void console_type(unsigned char byte)
{
	if (ring_push(&serial_input, &byte) == RING_OK)
		signals |= service_bit(peers[PEER_SERIAL].badge);
}

const char *peers_check(void)
{
	return world_check(&rig.world);
}
