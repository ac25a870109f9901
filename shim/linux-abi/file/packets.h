/* SPDX-License-Identifier: MIT */
/*
 * Where the packets are in the bytes of a pipe (pipe2(2), O_DIRECT): a row of *segments*, each a packet or plain bytes. A packet is read at once, and what of it the reader has no room for is gone. Pure but for one frame, which is there
 * from the first packet to the end of the pipe; before, all is plain and nothing is kept.
 */
#pragma once

#include "mm/frames.h"

#define PACKET_BYTES_MAX 4096 /* PIPE_BUF: a longer write makes several */

struct segment {
	uint32_t bytes;
	bool packet;
};

struct packets {
	frame_t frame; /* of segments, as a ring; 0: there has been no packet */
	uint32_t first, count;
	uint32_t packets;
	uint64_t packet_bytes;
};

/* Bytes have been put behind the others, of which there were `before`. For a packet there must be room (packets_provide()). */
void packets_put(struct packets *packets, uint64_t before, uint64_t bytes, bool packet);

/* Makes sure that packets can be put. False when there is no memory. */
bool packets_provide(struct packets *packets);

/* The part of what is `skip` bytes behind the first byte: at most `bytes`, all of one segment. */
struct segment packets_look(const struct packets *packets, uint64_t skip, uint64_t bytes);

/* Bytes have been taken from the front. */
void packets_drop(struct packets *packets, uint64_t bytes);

void packets_clear(struct packets *packets);
