/* SPDX-License-Identifier: MIT */
/* A virtio block device and its sessions (drivers/virtio/blk/disk.h). */
#include "drivers/virtio/blk/disk.h"

#include "abi/errno.h"
#include "lib/string.h"

/* Features, configuration and requests: VIRTIO 1.2, 5.2.3, 5.2.4, 5.2.6. */
#define F_SIZE_MAX (1ull << 1)
#define F_SEG_MAX (1ull << 2)
#define F_RO (1ull << 5)
#define F_BLK_SIZE (1ull << 6)
#define F_FLUSH (1ull << 9)
#define FEATURES_KNOWN (F_SIZE_MAX | F_SEG_MAX | F_RO | F_BLK_SIZE | F_FLUSH | VIRTIO_F_ACCESS_PLATFORM)
#define CONFIGURATION_CAPACITY 0
#define CONFIGURATION_SIZE_MAX 8
#define CONFIGURATION_SEG_MAX 12
#define CONFIGURATION_BLK_SIZE 20
#define TYPE_IN 0
#define TYPE_OUT 1
#define TYPE_FLUSH 4
#define HEADER_BYTES 16
#define STATUS_OK 0
#define STATUS_UNSUPPORTED 2
#define STATUS_NONE 0xff /* what we write there before: no status has this value */
#define QUEUE 0

void disk_open(struct disk *disk, void *memory, paddr_t physical)
{
	memset(disk, 0, sizeof(*disk));
	disk->memory = memory;
	disk->physical = physical;
	_Static_assert(DISK_HEADERS_OFFSET >= DISK_QUEUE_SIZE * (16 + 2 + 8) + 16, "the queue lies before the headers");
}

/* One value of the configuration if the feature that makes it valid is agreed, else `otherwise`. */
static uint32_t configuration_value(struct disk *disk, uint64_t feature, uint32_t offset, uint32_t otherwise)
{
	uint32_t value;

	if (!(disk->device.features & feature) || virtio_device_configuration(&disk->device, offset, &value, sizeof(value), 4) != VIRTIO_SOUND)
		return otherwise; /* a fault stays in the device */
	return value;
}

static enum virtio_fault configuration_read(struct disk *disk)
{
	uint32_t segment_bytes = configuration_value(disk, F_SIZE_MAX, CONFIGURATION_SIZE_MAX, DISK_SECTORS_MAX * BLOCK_SECTOR) & ~(BLOCK_SECTOR - 1u);
	uint32_t segments = configuration_value(disk, F_SEG_MAX, CONFIGURATION_SEG_MAX, 1);
	uint32_t block_bytes = configuration_value(disk, F_BLK_SIZE, CONFIGURATION_BLK_SIZE, BLOCK_SECTOR);
	uint64_t most;

	if (virtio_device_configuration(&disk->device, CONFIGURATION_CAPACITY, &disk->sectors, sizeof(disk->sectors), 4) != VIRTIO_SOUND)
		return disk->device.fault;
	if (segments > DISK_SEGMENTS_MAX)
		segments = DISK_SEGMENTS_MAX;
	most = (uint64_t)segments * segment_bytes / BLOCK_SECTOR;
	if (most == 0 || block_bytes < BLOCK_SECTOR || block_bytes % BLOCK_SECTOR || disk->sectors > UINT64_MAX / BLOCK_SECTOR)
		disk->device.fault = VIRTIO_BAD_CONFIGURATION;
	disk->sectors_most = most < DISK_SECTORS_MAX ? (uint32_t)most : DISK_SECTORS_MAX;
	disk->segment_bytes = segment_bytes;
	disk->block_sectors = block_bytes / BLOCK_SECTOR;
	disk->flags = (disk->device.features & F_RO ? BLOCK_READ_ONLY : 0) | (disk->device.features & F_FLUSH ? BLOCK_FLUSH_NEEDED : 0);
	return disk->device.fault;
}

enum virtio_fault disk_start(struct disk *disk, const struct virtio_transport *transport, void *context, uint16_t interrupt)
{
	enum virtio_fault fault = virtio_device_begin(&disk->device, transport, context, FEATURES_KNOWN, 0);

	if (fault == VIRTIO_SOUND)
		fault = configuration_read(disk);
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_queue(&disk->device, QUEUE, &disk->queue, disk->memory, disk->physical, DISK_QUEUE_SIZE, interrupt);
	if (fault == VIRTIO_SOUND && disk->queue.size < 3) /* header, data, status */
		fault = disk->device.fault = VIRTIO_BAD_QUEUE;
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_run(&disk->device);
	disk->running = fault == VIRTIO_SOUND;
	return fault;
}

/* Sessions. */

static void session_state_set(struct disk *disk, unsigned index, enum block_state state)
{
	struct disk_session *session = &disk->session[index];

	session->state = state;
	__atomic_store_n(&session->channel->state, (uint64_t)state, __ATOMIC_RELEASE);
	disk->signals |= 1ull << index;
}

void disk_session_open(struct disk *disk, unsigned index, void *buffer)
{
	struct disk_session *session = &disk->session[index];

	*session = (struct disk_session){.channel = buffer};
	session->generation = session->channel->generation + 1; /* whatever the client may have written there: another one is all that counts */
	session_state_set(disk, index, BLOCK_DETACHED);
	__atomic_store_n(&session->channel->generation, session->generation, __ATOMIC_RELEASE);
}

/* Both rings are new. The client waits for the answer of its ATTACH meanwhile; should it write to them all the same, our own indexes do not depend on it. */
static void session_rings_open(struct disk *disk, unsigned index)
{
	struct disk_session *session = &disk->session[index];
	char *buffer = (char *)session->channel;

	memset(buffer + BLOCK_REQUESTS_OFFSET, 0, sizeof(struct ring_shared));
	memset(buffer + BLOCK_COMPLETIONS_OFFSET, 0, sizeof(struct ring_shared));
	ring_open(&session->requests, buffer + BLOCK_REQUESTS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_request));
	ring_open(&session->completions, buffer + BLOCK_COMPLETIONS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_completion));
	session_state_set(disk, index, BLOCK_ATTACHED);
}

void disk_attach(struct disk *disk, unsigned index)
{
	struct disk_session *session = &disk->session[index];

	session->held = false;
	session->attaching = true;
	session_state_set(disk, index, BLOCK_DETACHED);
}

bool disk_attached(struct disk *disk, unsigned index, uint64_t *generation)
{
	struct disk_session *session = &disk->session[index];

	if (!session->attaching || session->flights != 0)
		return false;
	session->attaching = false;
	session_rings_open(disk, index);
	*generation = session->generation;
	return true;
}

bool disk_region_add(struct disk *disk, const struct disk_region *region)
{
	if (disk->region_count == DISK_REGIONS)
		return false;
	disk->region[disk->region_count++] = *region;
	return true;
}

int disk_region_find(const struct disk *disk, unsigned session, const char name[32])
{
	for (unsigned i = 0; i < disk->region_count; i++)
		if (disk->region[i].session == session && memcmp(disk->region[i].name, name, sizeof(disk->region[i].name)) == 0)
			return (int)i;
	return -ENOENT;
}

/* Completions. */

static void session_complete(struct disk *disk, unsigned index, uint64_t id, int result)
{
	struct disk_session *session = &disk->session[index];
	struct block_completion completion = {.id = id, .result = result};

	if (session->state != BLOCK_ATTACHED)
		return;
	/* A client that keeps to the limit has always left room. */
	if (ring_push(&session->completions, &completion) != RING_OK)
		session_state_set(disk, index, BLOCK_POISONED);
	disk->signals |= 1ull << index;
}

static struct disk_header *header_of(const struct disk *disk, unsigned flight)
{
	return (struct disk_header *)(disk->memory + DISK_HEADERS_OFFSET) + flight;
}

/* The flight has ended, for whatever reason. */
static void flight_end(struct disk *disk, unsigned number, int result)
{
	struct disk_flight *flight = &disk->flight[number];

	flight->used = false;
	disk->flights--;
	disk->session[flight->session].flights--;
	session_complete(disk, flight->session, flight->request.id, result);
}

/* What became of a flight, from the status byte and from how much the device says that it has written: a read that says OK and wrote less has read nothing. */
static int flight_result(const struct disk *disk, unsigned number, uint32_t written)
{
	const struct block_request *request = &disk->flight[number].request;
	uint8_t status = __atomic_load_n(&header_of(disk, number)->status, __ATOMIC_RELAXED);
	uint32_t expected = request->operation == BLOCK_READ ? request->sectors * BLOCK_SECTOR : 0;

	if (status == STATUS_OK)
		return written >= expected ? 0 : -EIO;
	return status == STATUS_UNSUPPORTED ? -EOPNOTSUPP : -EIO;
}

static void completions_take(struct disk *disk)
{
	uint64_t number;
	uint32_t written;
	enum virtio_taken taken;

	while ((taken = virtio_queue_take(&disk->queue, &number, &written)) == VIRTIO_TAKEN) {
		disk->completed++;
		flight_end(disk, (unsigned)number, flight_result(disk, (unsigned)number, written));
	}
	if (taken == VIRTIO_FAULT)
		disk->device.fault = disk->queue.fault;
}

/* Requests. */

/* 0, or the errno that the request is answered with at once. */
static int request_check(const struct disk *disk, unsigned session, const struct block_request *request)
{
	const struct disk_region *region = &disk->region[request->region < disk->region_count ? request->region : 0];
	uint64_t bytes = (uint64_t)request->sectors * BLOCK_SECTOR;

	if (request->operation == BLOCK_FLUSH)
		return request->sectors || request->sector || request->offset || request->region ? -EINVAL : 0;
	if (request->operation != BLOCK_READ && request->operation != BLOCK_WRITE)
		return -EINVAL;
	if (request->sectors == 0 || request->sectors > disk->sectors_most || request->sector > disk->sectors || request->sectors > disk->sectors - request->sector)
		return -EINVAL;
	if (request->region >= disk->region_count || region->session != session)
		return -EINVAL;
	if (request->offset % BLOCK_SECTOR || request->offset > region->bytes || bytes > region->bytes - request->offset)
		return -EINVAL;
	return request->operation == BLOCK_WRITE && disk->flags & BLOCK_READ_ONLY ? -EROFS : 0;
}

/* Whether it must wait for one that is in flight. */
static bool request_conflicts(const struct disk *disk, const struct block_request *request)
{
	if (request->operation == BLOCK_FLUSH)
		return false;
	for (unsigned i = 0; i < DISK_FLIGHTS; i++) {
		const struct block_request *other = &disk->flight[i].request;

		if (!disk->flight[i].used || other->operation == BLOCK_FLUSH || (request->operation == BLOCK_READ && other->operation == BLOCK_READ))
			continue;
		if (request->sector < other->sector + other->sectors && other->sector < request->sector + request->sectors)
			return true;
	}
	return false;
}

/* The data as pieces no larger than the device wants them; returns how many. */
static unsigned data_segments(const struct disk *disk, const struct block_request *request, struct virtio_segment *segment)
{
	uint64_t bytes = (uint64_t)request->sectors * BLOCK_SECTOR, done = 0;
	unsigned count = 0;

	while (done < bytes) {
		uint64_t left = bytes - done;
		uint32_t piece = left < disk->segment_bytes ? (uint32_t)left : disk->segment_bytes;

		segment[count++] = (struct virtio_segment){disk->region[request->region].physical + request->offset + done, piece, request->operation == BLOCK_READ};
		done += piece;
	}
	return count;
}

static unsigned flight_free(const struct disk *disk)
{
	unsigned number = 0;

	while (number < DISK_FLIGHTS && disk->flight[number].used)
		number++;
	return number;
}

/* Gives a checked request to the device; false when there is no room now. */
static bool request_start(struct disk *disk, unsigned session, const struct block_request *request)
{
	static const uint32_t type[] = {[BLOCK_READ] = TYPE_IN, [BLOCK_WRITE] = TYPE_OUT, [BLOCK_FLUSH] = TYPE_FLUSH};
	struct virtio_segment segment[DISK_SEGMENTS_MAX + 2];
	unsigned number = flight_free(disk), count = 1;
	struct disk_header *header = header_of(disk, number);
	paddr_t physical = disk->physical + DISK_HEADERS_OFFSET + number * sizeof(*header);

	if (number == DISK_FLIGHTS)
		return false;
	*header = (struct disk_header){.type = type[request->operation], .sector = request->sector, .status = STATUS_NONE};
	segment[0] = (struct virtio_segment){physical, HEADER_BYTES, false};
	if (request->operation != BLOCK_FLUSH)
		count += data_segments(disk, request, &segment[1]);
	segment[count++] = (struct virtio_segment){physical + offsetof(struct disk_header, status), 1, true};
	if (!virtio_queue_add(&disk->queue, segment, count, number))
		return false;
	disk->flight[number] = (struct disk_flight){.request = *request, .session = session, .used = true};
	disk->flights++;
	disk->session[session].flights++;
	return true;
}

/* Does one request of the session, held or popped; false when there is none, or it has to wait. */
static bool session_step(struct disk *disk, unsigned index)
{
	struct disk_session *session = &disk->session[index];
	enum ring_result popped = session->held ? RING_OK : ring_pop(&session->requests, &session->request);
	int result;

	if (popped == RING_POISONED)
		session_state_set(disk, index, BLOCK_POISONED);
	if (popped != RING_OK)
		return false;
	session->held = false;
	result = disk->dead ? -ENODEV : request_check(disk, index, &session->request);
	if (result == 0 && session->request.operation == BLOCK_FLUSH && !(disk->flags & BLOCK_FLUSH_NEEDED)) {
		session_complete(disk, index, session->request.id, 0); /* what is complete is on the medium */
		return true;
	}
	if (result != 0) {
		session_complete(disk, index, session->request.id, result);
		return true;
	}
	session->held = request_conflicts(disk, &session->request) || !request_start(disk, index, &session->request);
	return !session->held;
}

/* No more at once than a client may have outstanding, so that none keeps the others waiting; for what it pushes meanwhile it signals again. */
static void session_work(struct disk *disk, unsigned index)
{
	for (unsigned i = 0; i < BLOCK_REQUESTS_MAX && disk->session[index].state == BLOCK_ATTACHED; i++)
		if (!session_step(disk, index))
			return;
}

enum virtio_fault disk_work(struct disk *disk)
{
	if (disk->running && disk->device.fault == VIRTIO_SOUND)
		completions_take(disk);
	if (disk->running && disk->device.fault != VIRTIO_SOUND)
		return disk->device.fault;
	if (!disk->running && !disk->dead)
		return VIRTIO_SOUND;
	for (unsigned i = 0; i < DISK_SESSIONS; i++)
		session_work(disk, i);
	if (disk->running && virtio_queue_publish(&disk->queue))
		virtio_device_notify(&disk->device, QUEUE);
	return VIRTIO_SOUND;
}

void disk_drop(struct disk *disk, int result, bool dead)
{
	disk->dead = dead;
	disk->running = false;
	for (unsigned i = 0; i < DISK_FLIGHTS; i++)
		if (disk->flight[i].used)
			flight_end(disk, i, result);
	(void)disk_work(disk); /* if the device is dead: held requests and those in the rings */
}
