/* SPDX-License-Identifier: MIT */
/*
 * Transactional shared memory, channel part: how one server gives structured data to another that does not trust it.
 *
 *   producer:  write-ahead buffer (its own; the receiver only reads it) -- offer -->
 *   receiver:  checkpoint: copy once, check bounds, apply to the spare image, validate -- one store --> published image (the producer cannot write it)
 *
 * The write-ahead buffer holds a write-set: ranges of the image and their new bytes. Nothing in it counts until it is offered, and nothing of an offer counts until the receiver's checkpoint has validated the image that it leads
 * to. There are two images; the published one is chosen by the lowest bit of its version, so that one store publishes. Everything that the producer can write is read exactly once, into the receiver's private memory, and only
 * that copy is checked and used: what the producer changes meanwhile makes no difference.
 *
 * An offer names the version that it was made from (`base`). If another one was published since, it is refused: TSM_CHANNEL_STALE. Refused offers, and those of a producer that has died, are rolled back: the published image
 * stays what it is, and the hook tells the receiver's owner.
 *
 * Who holds what: the buffer is a Region mapped writable by the producer and readable by the receiver; the images are a Region mapped writable by the receiver alone. Both outlive their servers. A receiver killed at any
 * point has published or not; its next instance sees from the images which offer was the last one published. Pure; one thread on each side.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tsm_channel_result {
	TSM_CHANNEL_IDLE = 0,      /* nothing is offered */
	TSM_CHANNEL_PUBLISHED = 1,
	TSM_CHANNEL_STALE = 2,     /* refused: made from another version */
	TSM_CHANNEL_MALFORMED = 3, /* refused: too long, or a range outside the image */
	TSM_CHANNEL_INVALID = 4,   /* refused: the owner's validation says no */
	TSM_CHANNEL_ABANDONED = 5, /* rolled back: the producer has died */
};

/* The write-ahead buffer, written by the producer. */
struct tsm_offer {
	uint64_t serial; /* [a] of the last offer, another one each time, 0 for none; stored after everything else */
	uint64_t base;   /* version of the image that it was made from */
	uint64_t bytes;  /* of `set` */
	uint64_t reserved;
	unsigned char set[]; /* ranges: struct tsm_range, then its bytes, up to a multiple of 8 */
};

struct tsm_range {
	uint32_t offset, bytes; /* in the image */
};

/* Start of the images' Region, written by the receiver. Two images follow, each at a multiple of 64. */
struct tsm_images {
	_Alignas(64) uint64_t version; /* [a] of the published image, which is number version % 2 */
	uint64_t serial[2];            /* of the offer that led to each image */
	uint64_t refused;              /* [a] serial of the last offer that was refused */
	uint64_t reason;               /* enum tsm_channel_result */
};

#define TSM_IMAGE_STRIDE(bytes) (((bytes) + 63) / 64 * 64)
#define TSM_IMAGES_BYTES(bytes) (sizeof(struct tsm_images) + 2 * TSM_IMAGE_STRIDE((size_t)(bytes)))

/* Receiver. */

struct tsm_channel_hooks {
	/* Is the image, with the offer applied, one that may be published? It lies in memory that the producer cannot write. */
	bool (*validate)(void *context, const void *image, size_t bytes);
	/* An offer was rolled back; the published image is what it was. May be NULL. */
	void (*rolled_back)(void *context, enum tsm_channel_result reason);
};

struct tsm_channel {
	const struct tsm_offer *offer; /* shared with the producer */
	size_t offer_bytes;            /* of the buffer */
	struct tsm_images *images;
	size_t image_bytes;
	unsigned char *scratch;        /* private, offer_bytes */
	const struct tsm_channel_hooks *hooks;
	void *context;
};

/* Opens the receiver's side, the first time (all memory zero: version 0 is an image of zeros) or after a restart. `scratch` is private memory of as many bytes as the buffer. */
void tsm_channel_open(struct tsm_channel *channel, const void *buffer, size_t buffer_bytes, void *images, size_t image_bytes, void *scratch,
		      const struct tsm_channel_hooks *hooks, void *context);

/* Deals with what is offered, if anything is. Costs a copy of the image. */
enum tsm_channel_result tsm_channel_checkpoint(struct tsm_channel *channel);

/* The producer has died: what it had offered and was not published is rolled back. */
void tsm_channel_abandon(struct tsm_channel *channel);

/* The published image; stays as it is until the next checkpoint. */
const void *tsm_channel_image(const struct tsm_channel *channel);

/* For readers other than the receiver: copies the published image. False if it changed too often meanwhile. */
bool tsm_images_copy(const struct tsm_images *images, size_t image_bytes, void *copy, uint64_t *version);

/* Producer. */

struct tsm_producer {
	struct tsm_offer *offer;
	size_t offer_bytes;
	const struct tsm_images *images; /* readable */
	uint64_t used;                   /* bytes of the write-set so far */
	uint64_t serial;
};

/* Opens the producer's side; what an instance before had not offered is forgotten. */
void tsm_producer_open(struct tsm_producer *producer, void *buffer, size_t buffer_bytes, const void *images);

/* Begins a write-set from the image that is published now; tells its version. */
uint64_t tsm_producer_begin(struct tsm_producer *producer);

/* Adds a range to the write-set. False: the buffer is full, and the write-set as it was. */
bool tsm_producer_write(struct tsm_producer *producer, uint32_t offset, const void *data, uint32_t bytes);

/* Offers the write-set; then the receiver is to be signalled. */
void tsm_producer_offer(struct tsm_producer *producer);

/* What became of the last offer: IDLE while the receiver has not looked at it. */
enum tsm_channel_result tsm_producer_outcome(const struct tsm_producer *producer);
