/* SPDX-License-Identifier: MIT */
/* The servers of the model (peers.h). A request is carried out at once; one in a few is answered ANSWER_PENDING, and its result goes into the session's ring later, as lib/file_service.c does it; or -EAGAIN, as when all its workers are busy. A server that is restarted
 * is its core, opened anew on the same state. */
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
#define ONE_BUSY_IN 16
#define ONE_REFUSED_IN 12
#define STRANGER 65534 /* user and group */
#define OFFSET_REFUSED (1ull << 62)

/* A request that was carried out, and whose answer is on its way; or (id 0) one for which the server had nobody, and its sign that it has. */
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
static bool delays, refuses;
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

static struct session_page *page_of(enum peer peer)
{
	return (struct session_page *)(peer == PEER_VFS ? rig.buffer : rig.world.windows.buffers[CLIENT_BADGE]);
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
	file_make("/tmp/b", program_file, program_file_bytes, 0777);
}

void peers_begin(void)
{
	system_make(&rig);
	world_free(&rig.world);
	world_make(&rig.world, TREE_BYTES, false);
	memset(rig.region, 0, VFS_REGION_BYTES);
	if (!system_restart(&rig))
		complain("vfs does not begin");
	files_make();
	page_of(PEER_VFS)->generation = page_of(PEER_RAMFS)->generation = 1;
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

/* Whether this answer may come late: only those for which a fiber can wait. */
static bool may_wait(uint64_t label)
{
	return delays && fiber_self() && late_count < LATE_MOST && label != VFS_SESSION && label != FILE_SESSION;
}

/* Nobody carries the request out now. */
static void busy_answer(enum peer peer, struct kernel_call *call)
{
	late[late_count++] = (struct late){.peer = peer};
	call->data[0] = (uint64_t)-EAGAIN;
	call->data[1] = 0;
	call->word = 2 << CALL_WORDS_SHIFT;
}

static void pending_answer(enum peer peer, const struct file_exchange *exchange, struct kernel_call *call)
{
	late[late_count++] = (struct late){peer, ++late_last, *exchange};
	call->data[0] = (uint64_t)ANSWER_PENDING;
	call->data[1] = late_last;
	call->data[2] = page_of(peer)->generation;
	call->word = 3 << CALL_WORDS_SHIFT;
}

/* What gives something back, or begins anew, is never refused. */
static bool may_refuse(uint64_t label)
{
	return refuses && label != VFS_SESSION && label != FILE_SESSION && label != FILE_CLOSE && label != FILE_RETURN && label != FILE_UNSHARE && choice_below(ONE_REFUSED_IN) == 1;
}

/* A request that changes nothing is not carried out at all. */
static bool request_refuse(struct kernel_call *call)
{
	static const int64_t errors[] = {-EIO, -ENOMEM, -EACCES, -ENOSPC};

	if (call->data[0])
		return false;
	call->data[0] = (uint64_t)errors[choice_below(sizeof(errors) / sizeof(errors[0]))];
	call->word = 1 << CALL_WORDS_SHIFT;
	return true;
}

/* A request with a number is changed, so that the server itself refuses it and remembers that it did: who asks for a path is nobody, or files grow beyond what they may have. Reads and writes are of fewer bytes. */
static void request_spoil(enum peer peer, struct file_exchange *exchange)
{
	uint64_t bytes = span_bytes(exchange->data[3]);

	if (exchange->label == FILE_READ || (exchange->label == FILE_WRITE && choice_below(2))) {
		exchange->data[3] = span_make(span_offset(exchange->data[3]), bytes ? 1 + choice_below(256) % bytes : 0);
	} else if (peer == PEER_VFS) {
		exchange->data[3] = pair_make(STRANGER, STRANGER);
		exchange->data[4] = 0;
	} else if (exchange->label == FILE_WRITE || exchange->label == FILE_TRUNCATE) {
		exchange->data[2] = OFFSET_REFUSED;
	}
}

static void file_call(enum peer peer, struct kernel_call *call)
{
	struct file_exchange exchange = {.label = answer_label(call->word), .words = answer_words(call->word)};
	bool waits = may_wait(exchange.label), refused = may_refuse(exchange.label);

	if (waits && choice_below(ONE_BUSY_IN) == ONE_BUSY_IN - 1) {
		busy_answer(peer, call);
		return;
	}
	if (refused && exchange.label != FILE_READ && request_refuse(call))
		return;
	memcpy(exchange.data, call->data, sizeof(exchange.data));
	if (refused)
		request_spoil(peer, &exchange);
	file_request(peer, &exchange);
	if (waits && choice_below(ONE_LATE_IN) == ONE_LATE_IN - 1) {
		pending_answer(peer, &exchange, call);
		return;
	}
	memcpy(call->data, exchange.data, sizeof(exchange.data));
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

void answers_refuse(bool refuse)
{
	refuses = refuse;
}

void answers_delay(bool delay)
{
	delays = delay;
}

static void completion_put(const struct late *answer)
{
	struct completion completion = {.id = answer->id, .result = (int64_t)answer->exchange.data[0]};
	struct ring ring;

	memcpy(completion.words, &answer->exchange.data[1], sizeof(completion.words));
	ring_continue(&ring, page_of(answer->peer)->ring, COMPLETIONS, sizeof(completion), true);
	if (ring_push(&ring, &completion) != RING_OK)
		complain("the ring of answers is full");
}

bool late_answer_give(void)
{
	if (!late_count)
		return false;
	if (late[0].id)
		completion_put(&late[0]);
	signals |= service_bit(peers[late[0].peer].badge);
	memmove(late, late + 1, --late_count * sizeof(late[0]));
	return true;
}

/* What was on its way is lost with the instance. */
static void late_drop(enum peer peer)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < late_count; i++)
		if (late[i].peer != peer)
			late[kept++] = late[i];
	late_count = kept;
}

void filesystem_restart(bool vfs)
{
	enum peer peer = vfs ? PEER_VFS : PEER_RAMFS;

	late_drop(peer);
	if (!vfs)
		world_open(&rig.world);
	else if (!system_restart(&rig))
		complain("vfs does not begin again");
	page_of(peer)->generation++;
	signals |= service_bit(peers[peer].badge);
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
