/* SPDX-License-Identifier: MIT */
/* CRC-32 (lib/crc32.h), four bits a step: the table is small enough to be checked by eye. */
#include "lib/crc32.h"

/* What four bits contribute: the remainder of (index << 28), reflected. */
static const uint32_t remainders[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t crc32_add(uint32_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	sum = ~sum;
	for (size_t i = 0; i < size; i++) {
		sum ^= bytes[i];
		sum = sum >> 4 ^ remainders[sum & 15];
		sum = sum >> 4 ^ remainders[sum & 15];
	}
	return ~sum;
}
