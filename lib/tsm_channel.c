/* SPDX-License-Identifier: MIT */
/* Channels. See tsm_channel.h. What the other side can write is read by shared_read() and shared_copy() only, each place once an operation. */
#include "lib/tsm_channel.h"

#include "lib/string.h"

#define COPY_ATTEMPTS 8

static uint64_t shared_read(const uint64_t *place)
{
	return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static void shared_write(uint64_t *place, uint64_t value)
{
	__atomic_store_n(place, value, __ATOMIC_RELEASE);
}

/* The compiler must not look at the source again later instead of keeping the copy. */
static void shared_copy(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	__asm__ volatile("" : : : "memory");
}

static unsigned char *image_at(const struct tsm_images *images, size_t image_bytes, uint64_t version)
{
	return (unsigned char *)(images + 1) + version % 2 * TSM_IMAGE_STRIDE(image_bytes);
}

static uint64_t set_round(uint64_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

/* Receiver. */

void tsm_channel_open(struct tsm_channel *channel, const void *buffer, size_t buffer_bytes, void *images, size_t image_bytes, void *scratch,
		      const struct tsm_channel_hooks *hooks, void *context)
{
	*channel = (struct tsm_channel){
		.offer = buffer,
		.offer_bytes = buffer_bytes,
		.images = images,
		.image_bytes = image_bytes,
		.scratch = scratch,
		.hooks = hooks,
		.context = context,
	};
}

/* Neither published nor refused: by this instance of the receiver or one before. */
static bool offer_is_new(const struct tsm_channel *channel, uint64_t serial)
{
	const struct tsm_images *images = channel->images;

	return serial && serial != images->serial[images->version % 2] && serial != images->refused;
}

static enum tsm_channel_result offer_roll_back(struct tsm_channel *channel, uint64_t serial, enum tsm_channel_result reason)
{
	channel->images->reason = reason;
	shared_write(&channel->images->refused, serial);
	if (channel->hooks->rolled_back)
		channel->hooks->rolled_back(channel->context, reason);
	return reason;
}

/* Applies the private copy of a write-set to an image. False when a range lies outside of the image or the set. */
static bool set_apply(const struct tsm_channel *channel, unsigned char *image, uint64_t set_bytes)
{
	for (uint64_t at = 0; at < set_bytes;) {
		struct tsm_range range;

		if (set_bytes - at < sizeof(range))
			return false;
		memcpy(&range, channel->scratch + at, sizeof(range));
		at += sizeof(range);
		if (range.bytes > set_bytes - at || range.offset > channel->image_bytes || range.bytes > channel->image_bytes - range.offset)
			return false;
		memcpy(image + range.offset, channel->scratch + at, range.bytes);
		at += set_round(range.bytes);
	}
	return true;
}

/* Makes the spare image from the published one and an offer, and publishes it if it is valid. */
static enum tsm_channel_result offer_apply(struct tsm_channel *channel, uint64_t serial, uint64_t set_bytes)
{
	uint64_t version = channel->images->version;
	unsigned char *spare = image_at(channel->images, channel->image_bytes, version + 1);

	memcpy(spare, image_at(channel->images, channel->image_bytes, version), channel->image_bytes);
	if (!set_apply(channel, spare, set_bytes))
		return offer_roll_back(channel, serial, TSM_CHANNEL_MALFORMED);
	if (!channel->hooks->validate(channel->context, spare, channel->image_bytes))
		return offer_roll_back(channel, serial, TSM_CHANNEL_INVALID);
	channel->images->serial[(version + 1) % 2] = serial;
	shared_write(&channel->images->version, version + 1); /* the commit point */
	return TSM_CHANNEL_PUBLISHED;
}

enum tsm_channel_result tsm_channel_checkpoint(struct tsm_channel *channel)
{
	uint64_t serial = shared_read(&channel->offer->serial), base = shared_read(&channel->offer->base), bytes = shared_read(&channel->offer->bytes);

	if (!offer_is_new(channel, serial))
		return TSM_CHANNEL_IDLE;
	if (bytes % 8 || bytes > channel->offer_bytes - sizeof(struct tsm_offer))
		return offer_roll_back(channel, serial, TSM_CHANNEL_MALFORMED);
	if (base != channel->images->version)
		return offer_roll_back(channel, serial, TSM_CHANNEL_STALE);
	shared_copy(channel->scratch, channel->offer->set, bytes);
	return offer_apply(channel, serial, bytes);
}

void tsm_channel_abandon(struct tsm_channel *channel)
{
	uint64_t serial = shared_read(&channel->offer->serial);

	(void)offer_roll_back(channel, offer_is_new(channel, serial) ? serial : channel->images->refused, TSM_CHANNEL_ABANDONED);
}

const void *tsm_channel_image(const struct tsm_channel *channel)
{
	return image_at(channel->images, channel->image_bytes, channel->images->version);
}

bool tsm_images_copy(const struct tsm_images *images, size_t image_bytes, void *copy, uint64_t *version)
{
	for (unsigned attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
		*version = shared_read(&images->version);
		shared_copy(copy, image_at(images, image_bytes, *version), image_bytes);
		/* The image copied from is written again only after another one was published. */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (shared_read(&images->version) == *version)
			return true;
	}
	return false;
}

/* Producer. */

void tsm_producer_open(struct tsm_producer *producer, void *buffer, size_t buffer_bytes, const void *images)
{
	*producer = (struct tsm_producer){.offer = buffer, .offer_bytes = buffer_bytes, .images = images};
	producer->serial = producer->offer->serial;
}

uint64_t tsm_producer_begin(struct tsm_producer *producer)
{
	producer->used = 0;
	producer->offer->base = shared_read(&producer->images->version);
	return producer->offer->base;
}

bool tsm_producer_write(struct tsm_producer *producer, uint32_t offset, const void *data, uint32_t bytes)
{
	struct tsm_range range = {offset, bytes};
	uint64_t room = producer->offer_bytes - sizeof(struct tsm_offer) - producer->used;
	unsigned char *at = producer->offer->set + producer->used;

	if (room < sizeof(range) + set_round(bytes))
		return false;
	memcpy(at, &range, sizeof(range));
	memcpy(at + sizeof(range), data, bytes);
	producer->used += sizeof(range) + set_round(bytes);
	return true;
}

void tsm_producer_offer(struct tsm_producer *producer)
{
	producer->offer->bytes = producer->used;
	shared_write(&producer->offer->serial, ++producer->serial);
}

enum tsm_channel_result tsm_producer_outcome(const struct tsm_producer *producer)
{
	uint64_t version = shared_read(&producer->images->version);

	if (producer->images->serial[version % 2] == producer->serial && producer->serial)
		return TSM_CHANNEL_PUBLISHED;
	return shared_read(&producer->images->refused) == producer->serial && producer->serial ? (enum tsm_channel_result)producer->images->reason : TSM_CHANNEL_IDLE;
}
