/* SPDX-License-Identifier: MIT */
/*
 * The digest of a capability state: SHA-256 over everything that authority depends on.
 *
 * In the order of addresses, for each entry of state.h, as little-endian 64-bit words:
 *   core          ABI version, head of the dying list, root slot, handler of each vector, vector of each line
 *   slot          type, remains, rights, flags and place, cursor, object, badge or watermark or base, size or mask or ports, next donation, links, parent
 *   Thread        priority, maximum, foreign
 *   Notification  the Thread that it is bound to
 *   VSpace        its slot, its Mappings, its donations
 *   Mapping       its slot, VSpace, neighbours, base, pages, index, rights, device
 *   IrqHandler    vector, line, flags
 *   CNode, Endpoint, Reply: that they are there
 *
 * Not in it, because no record changes it: registers, queues, page tables, pending replies, how much of an Untyped is cleared, how many pages of a
 * Mapping are mapped, the machine's limbo list, the tail and threshold of the ring.
 */
#pragma once

#include "tools/replay/state.h"

#define DIGEST_BYTES 32

/* The digest of a state that state_collect() found in `image`. */
void state_digest(const struct image *image, const struct state *state, unsigned char digest[DIGEST_BYTES]);

/* state_collect() and state_digest() in one. False, with one line in `error` (`size` bytes), when the image is no sound state. */
bool image_digest(const struct image *image, unsigned char digest[DIGEST_BYTES], char *error, size_t size);
