/* SPDX-License-Identifier: MIT */
/* CRC-32 as zlib, gzip and Ethernet have it (ISO/IEC 8802-3; polynomial 0x04C11DB7, reflected): for data that the host checks with its zlib. lib/crc32c.h is the faster one. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `sum` is the checksum of (0: nothing), followed by these bytes. */
uint32_t crc32_add(uint32_t sum, const void *data, size_t size);
