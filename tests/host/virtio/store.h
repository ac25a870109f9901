/* SPDX-License-Identifier: MIT */
/* A disk behind the simulated device: serves the requests of VIRTIO 1.2, 5.2.6, on a heap block. */
#pragma once

#include "tests/host/virtio/device.h"

#define STORE_SECTORS 256
#define STORE_FEATURES (VIRTIO_F_VERSION_1 | 1ull << 2 | 1ull << 6 | 1ull << 9) /* SEG_MAX, BLK_SIZE, FLUSH */

struct store {
	struct device device;
	unsigned char *data;
	unsigned reads, writes, flushes;
	uint8_t answer; /* status byte of the requests to come */
};

void store_make(struct store *store, uint64_t features);
void store_free(struct store *store);
