/* SPDX-License-Identifier: MIT */
/*
 * ext2: the service. Its state and its cache are one Region, SERVICE.cache, which init owns and lends to the disk's driver, the one service that this one uses: what was acknowledged survives this instance, and blocks go between disk and cache without a copy.
 * At its end lie the buffers that belong to no transaction.
 *
 * Each request is carried out in a fiber of its own; one that waits for the disk lets the others run. A further fiber mounts, and then does what nobody asks for: it deletes files that are unused and, some
 * seconds after a change, writes. Requests that come before the mount is done wait for it. The driver is never waited for outside of a fiber but for a moment: one that is restarted over and over holds up who wants the disk, and
 * nobody else.
 */
#include "servers/ext2/ext2.h"

#include "abi/protocols/medium.h"
#include "lib/block_session.h"
#include "lib/clock.h"
#include "lib/fiber.h"
#include "lib/file_service.h"
#include "lib/filesystem_service.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/service.h"

#define OPEN_FILES 4096
#define WORKERS 12
#define FILE_LOCKS 16
#define STACK_BYTES 32768
#define WRITE_BACK_NS 5000000000ull
#define DRIVER_NS 20000000u   /* how long a call may wait for the driver */
#define DAMAGE_UNIT 1024  /* bytes: the least block, so that no damaged one is told together with a sound one */
#define DAMAGES_MAX 8192
#define SERVER_DAMAGES_MAX 64

static struct tsm tsm;
static struct ext2 ext2;
static struct filesystem_server server;
static struct leases leases;
static struct shares shares;
static struct filesystem_watch watch;
static struct block_session block;
static struct disk disk;
static const struct start_grant *cache;
static uint32_t region;
static struct ext2_damage damages[DAMAGES_MAX];
static uint32_t damage_count;
static struct ext2_damage server_damages[SERVER_DAMAGES_MAX];
static uint32_t server_damage_count;
static bool server_lost; /* all of the server's part: open files may be others now, and nobody knows which requests were carried out */
/* FINISHING, FINISHED: before the machine is switched off. REFUSED: there is no disk, or no ext2 on it. */
static enum { MOUNTING, MOUNTED, REFUSED, FINISHING, FINISHED } mount;
static int refusal; /* why: an error number */

static _Alignas(16) unsigned char stacks[WORKERS * STACK_BYTES], background_stack[STACK_BYTES];
static struct fiber background;
static bool write_back_due;
static uint64_t write_back_at, due; /* ns: the next time for write-back; for that or for the driver, whichever comes first */
static int finish_error; /* of the last attempt, until it has been told */

/* Fibers that wait for the disk, or for the mount: all are woken together, and each looks for what it waits for. */
static struct fiber *waiting[WORKERS + 1];
static unsigned waiting_count;

static void wait_here(void)
{
	uint64_t running = session_pause(&server.sessions);

	waiting[waiting_count++] = fiber_self();
	fiber_wait();
	session_resume(&server.sessions, running);
}

/* Lets the others run first. */
static void turn_give(void)
{
	uint64_t running = session_pause(&server.sessions);

	fiber_yield();
	session_resume(&server.sessions, running);
}

static void wake_all(void)
{
	while (waiting_count > 0)
		fiber_wake(waiting[--waiting_count]);
}

/* Files that fibers hold (lib/filesystem_server.h), by the lowest bits of the inode: who waits for another file that shares its lock waits a little longer. */
static struct fiber_lock file_locks[FILE_LOCKS];

static void file_hold(void *context, uint64_t inode)
{
	uint64_t running = session_pause(&server.sessions);

	(void)context;
	fiber_lock(&file_locks[inode % FILE_LOCKS]);
	session_resume(&server.sessions, running);
}

static void file_release(void *context, uint64_t inode)
{
	(void)context;
	fiber_unlock(&file_locks[inode % FILE_LOCKS]);
}

/* The disk. */

static enum block_operation block_operation(enum disk_operation operation)
{
	return operation == DISK_READ ? BLOCK_READ : operation == DISK_WRITE ? BLOCK_WRITE : BLOCK_FLUSH;
}

/* Never more than DISK_REQUESTS_MAX are outstanding, which is less than the ring holds. */
static void disk_submit(void *context, struct disk_request *request)
{
	struct block_request entry = {.operation = block_operation(request->operation)};

	(void)context;
	request->done = false;
	if (request->operation != DISK_FLUSH) {
		entry.region = region;
		entry.sector = request->sector;
		entry.sectors = request->sectors;
		entry.offset = (uint64_t)request->memory - cache->address;
	} else if (!(block.flags & BLOCK_FLUSH_NEEDED)) {
		request->result = 0;
		request->done = true;
		return;
	}
	request->result = block_submit(&block.client, &entry, (uint64_t)request);
	request->done = request->result != 0;
}

static void due_set(void)
{
	due = block.due && block.due < write_back_at ? block.due : write_back_at;
}

static bool disk_poll(void)
{
	uint64_t token;
	bool any = false;
	int result;

	while (block_poll(&block.client, &token, &result)) {
		struct disk_request *request = (struct disk_request *)token;

		request->result = result;
		request->done = true;
		any = true;
	}
	due_set();
	return any;
}

/* What is polled here may be what another fiber waits for: there will be no signal for it any more. */
static void disk_wait_any(void *context)
{
	(void)context;
	block_kick(&block.client);
	if (disk_poll())
		wake_all();
	else if (block.client.outstanding_count > 0)
		wait_here();
	else
		turn_give();
}

/* The driver has completed something, or can be asked what it has not answered before. Until there is a disk, that is what the fiber waits for that opens it. */
static void driver_heed(void)
{
	if (!disk.submit || disk_poll())
		wake_all();
}

static void signals_take(void *context, uint64_t bits)
{
	(void)context;
	if (!(bits & block.bit))
		return;
	block_session_signalled(&block);
	driver_heed();
}

/* 0, or a negative errno: -ENODEV when the machine has no such disk, -EAGAIN when its driver does not answer now. */
static int disk_try(void)
{
	const struct start_grant *driver = start_next(GRANT_SESSION, NULL);
	uint64_t bytes = 0;
	int result = driver ? block_session_open(&block, driver->name, DRIVER_NS) : -ENODEV;

	if (result == 0)
		result = block_session_region(&block, cache->name, &bytes);
	if (result >= 0 && bytes < cache->bytes)
		result = -EINVAL;
	if (result < 0)
		return result;
	region = (uint32_t)result;
	disk = (struct disk){.submit = disk_submit, .wait = disk_wait_any, .sectors = block.sectors, .sectors_most = block.sectors_most, .read_only = block.flags & BLOCK_READ_ONLY};
	return 0;
}

/* Waits for the driver. Without a disk every request is answered with the error, and the system goes on without this filesystem. */
static int disk_open(void)
{
	int result;

	while ((result = disk_try()) == -EAGAIN) {
		due_set();
		wait_here();
	}
	if (result != 0)
		log_print(result == -ENODEV ? "there is no disk\n" : "the disk cannot be used: error %d\n", (int64_t)result);
	return result;
}

/* The state. */

/* A damaged range of the filesystem's part. */
static void memory_damage_note(uint64_t offset, uint64_t bytes)
{
	struct ext2_damage *last = &damages[damage_count > 0 ? damage_count - 1 : 0];
	uint64_t end = (offset + bytes + DAMAGE_UNIT - 1) / DAMAGE_UNIT * DAMAGE_UNIT;

	offset -= offset % DAMAGE_UNIT;
	if (damage_count > 0 && offset <= last->offset + last->bytes)
		last->bytes = end - last->offset;
	else if (damage_count < DAMAGES_MAX)
		damages[damage_count++] = (struct ext2_damage){offset, end - offset};
	else
		damages[DAMAGES_MAX - 1] = (struct ext2_damage){0, tsm_bytes(&tsm)}; /* too many to tell apart */
}

/* A damaged range of the server's part, sessions and open files, which lies before the filesystem's. */
static void server_damage_note(uint64_t offset, uint64_t bytes)
{
	if (server_damage_count < SERVER_DAMAGES_MAX)
		server_damages[server_damage_count++] = (struct ext2_damage){offset, bytes};
	else
		server_lost = true;
}

static void damage_note(void *context, uint64_t offset, uint64_t bytes)
{
	uint64_t own = filesystem_state_bytes(OPEN_FILES), end = offset + bytes;

	(void)context;
	if (offset < own)
		server_damage_note(offset, (end < own ? end : own) - offset);
	if (end > own)
		memory_damage_note(offset > own ? offset : own, end - (offset > own ? offset : own));
}

/* What is known of sessions and open files is made to fit what is there. */
static void server_mend(void)
{
	if (server_lost)
		filesystem_forget(&server);
	else
		for (uint32_t i = 0; i < server_damage_count; i++)
			filesystem_salvage(&server, server_damages[i].offset, server_damages[i].bytes);
	server_lost = false;
	server_damage_count = 0;
}

/* At the end of the memory, outside of all transactions. */
static void *buffers(void)
{
	return (unsigned char *)cache->address + cache->bytes - BUFFER_BYTES;
}

static bool state_open(void)
{
	const struct tsm_options options = {.layout = STATE_LAYOUT, .undo_cells = UNDO_CELLS, .marks = FILESYSTEM_MARKS, .damaged = damage_note, .alive = service_alive};
	enum tsm_result result;

	result = tsm_open(&tsm, (void *)cache->address, cache->bytes - BUFFER_BYTES, &options);
	if (result == TSM_UNUSABLE) {
		log_print("the state cannot be used: what was not synchronised is lost\n");
		health_degraded("its state could not be used: what was not synchronised is lost");
		result = tsm_format(&tsm, (void *)cache->address, cache->bytes - BUFFER_BYTES, &options);
		server_lost = true;
	}
	return result == TSM_BLANK || result == TSM_READY || result == TSM_DAMAGED;
}

static void damage_say(void *context, const char *sentence, uint64_t number)
{
	(void)context;
	log_print("damage: %s (%u)\n", sentence, number);
	health_degraded("damage: %s (%u)", sentence, number);
}

/* Says once that nothing will be written any more. */
static void failure_tell(void)
{
	static bool told;

	if (told || !ext2.state || !ext2.state->failed)
		return;
	told = true;
	log_print("the disk fails: nothing more is written, what was not synchronised is in memory alone\n");
	health_degraded("the disk fails: nothing more is written, what was not synchronised is in memory alone");
}

/* The fiber beside the requests. */

/* What the instance before has left in shared pages belongs to its files: if its memory is lost they may be others now. */
static void shares_begin(void)
{
	uint32_t lost;

	lost = ext2.continued ? filesystem_settle(&server) : filesystem_abandon(&server);
	if (lost)
		log_print("%u shared pages could not be written back\n", (uint64_t)lost);
}

static void leftovers_settle(void)
{
	if (server.options.shares)
		shares_begin();
	filesystem_unpark(&server);
}

/* 0, or the error number with which everything is answered. */
static int filesystem_mount(void)
{
	size_t own = filesystem_state_bytes(OPEN_FILES);
	struct ext2_options options = {
		.tsm = &tsm,
		.memory = (unsigned char *)tsm_data(&tsm) + own,
		.bytes = tsm_bytes(&tsm) - own,
		.buffers = buffers(),
		.disk = &disk,
		.report = {.damage = damage_say},
		.watch = &watch,
		.damages = damages,
		.damage_count = damage_count,
	};
	enum mount_error error;

	file_service_now(NULL, &options.now);
	error = ext2_open(&ext2, &options);
	server_lost |= ext2.rebuilt;
	server_mend();
	log_print("%s%s\n", mount_error_number(error) ? "the disk is not mounted: " : "", mount_error_sentence(error));
	if (mount_error_number(error) != 0)
		health_degraded("the disk is not mounted: %s", mount_error_sentence(error));
	else
		leftovers_settle();
	return mount_error_number(error);
}

static void mount_run(void *argument)
{
	(void)argument;
	refusal = -disk_open();
	if (refusal == 0)
		refusal = filesystem_mount();
	mount = refusal == 0 ? MOUNTED : REFUSED;
	wake_all();
	if (mount == MOUNTED)
		ext2_work(&ext2, true); /* what the instance before left is written at once: who is restarted often must not put it off for ever */
	failure_tell();
}

static void background_run(void *argument)
{
	bool commit = write_back_due;

	(void)argument;
	write_back_due = false;
	file_service_now(NULL, &ext2.clock.now); /* files that are deleted now have that time on them */
	if (commit)
		(void)filesystem_write_back(&server, false);
	ext2_work(&ext2, commit);
	failure_tell();
	wake_all();
}

/* Before the machine is switched off. A disk that fails now may be asked again, unless that was for good. */
static void finish_run(void *argument)
{
	int result = filesystem_write_back(&server, true);

	(void)argument;
	if (result == 0)
		result = ext2_close(&ext2);
	if (result != 0 && server.options.shares)
		shares.closed = false;
	if (result == 0)
		log_print("%s\n", ext2.damaged ? "unmounted, with damage: it is to be checked" : "unmounted");
	failure_tell();
	finish_error = result != 0 && ext2.state->failed ? -ENODEV : result;
	mount = result == 0 ? FINISHED : MOUNTED;
	wake_all();
}

static void background_start(void)
{
	if (mount == MOUNTED && background.state == FIBER_IDLE)
		fiber_start(&background, background_run, NULL);
}

/* The time `due` has come. */
static void tick(void *context)
{
	uint64_t now = clock_now();

	(void)context;
	if (block.due && now >= block.due)
		driver_heed();
	if (now >= write_back_at) {
		write_back_at = now + WRITE_BACK_NS;
		write_back_due = true;
		background_start();
	}
	due_set();
}

/* One step towards the end; the answer. The work is done in the fiber beside the requests, when that is free. */
static int finish_step(void)
{
	int error = finish_error;

	finish_error = 0;
	if (mount == FINISHED || mount == REFUSED)
		return 0;
	if (error != 0)
		return error;
	if (mount == MOUNTED && background.state == FIBER_IDLE) {
		mount = FINISHING;
		fiber_start(&background, finish_run, NULL);
	}
	return -EAGAIN;
}

static void answer(struct file_exchange *exchange, int result)
{
	exchange->words = 1;
	exchange->data[0] = (uint64_t)(int64_t)result;
}

/* A refused mount answers everything with the error. */
static void request_handle(void *context, uint32_t worker, struct file_exchange *exchange)
{
	(void)worker;
	if (exchange->label == MEDIUM_FINISH) {
		answer(exchange, start_may(exchange->badge, MEDIUM_RIGHT_FINISH) ? finish_step() : -EPERM);
		return;
	}
	while (mount == MOUNTING)
		wait_here();
	if (mount == REFUSED) {
		answer(exchange, -refusal);
		return;
	}
	filesystem_handle(context, exchange);
	failure_tell();
	if (ext2.state->reclaim)
		background_start();
}

int main(void)
{
	const struct filesystem filesystem = {&ext2_operations, &ext2, &ext2.clock, &watch};
	struct filesystem_options options = filesystem_service_options(OPEN_FILES, &leases);
	const struct file_service service = {.handle = request_handle, .signalled = signals_take, .context = &server, .workers = WORKERS, .begins = FILE_SESSION, .fence = TREE_FENCE, .stacks = stacks, .stack_bytes = STACK_BYTES,
		.tick = tick, .due = &due};

	options.shares = filesystem_service_shares(&shares) ? &shares : NULL;
	options.hold = file_hold;
	options.release = file_release;
	cache = start_own("cache");
	if (!cache || !cache->address || cache->bytes <= BUFFER_BYTES)
		return 1;
	filesystem_service_leases(&leases, (unsigned char *)cache->address); /* clients see pages of the cache */
	if (!state_open() || tsm_bytes(&tsm) < filesystem_state_bytes(OPEN_FILES))
		return 1;
	filesystem_open(&server, &filesystem, &tsm, tsm_data(&tsm), &options);
	leases_begin(&leases, ext2_blank(buffers()));
	fiber_create(&background, background_stack, sizeof(background_stack));
	fiber_start(&background, mount_run, NULL);
	fibers_run();
	write_back_at = clock_now() + WRITE_BACK_NS;
	due_set();
	file_service_run(&service);
	return 1;
}
