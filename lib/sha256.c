/* SPDX-License-Identifier: MIT */
/* SHA-256 as FIPS 180-4 defines it: section 4.2.2 constants, 5.1.1 padding, 6.2.2 computation. Every change of authority is hashed by axiom: so blocks are taken where they lie, and eight rounds are written out at a time. */
#include "lib/sha256.h"

#include "lib/string.h"

#define BLOCK_BYTES sizeof(((struct sha256 *)0)->block)
#define LENGTH_AT (BLOCK_BYTES - sizeof(uint64_t)) /* of the last block: the length of all in bits */

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
	0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
	0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
	0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t value, unsigned bits)
{
	return value >> bits | value << (32 - bits);
}

/* The functions of 4.1.2 that combine rotations by r1 < r2 < r3, or by r1 < r2 and a shift. Each rotation is only by what it is more than the one before: that takes fewer copies of the value. */
static inline uint32_t rotations(uint32_t value, unsigned r1, unsigned r2, unsigned r3)
{
	return rotate(rotate(rotate(value, r3 - r2) ^ value, r2 - r1) ^ value, r1);
}

static inline uint32_t rotations_shift(uint32_t value, unsigned r1, unsigned r2, unsigned shift)
{
	return rotate(rotate(value, r2 - r1) ^ value, r1) ^ value >> shift;
}

/* The message schedule W (6.2.2, step 1). */
static inline void schedule(const unsigned char block[BLOCK_BYTES], uint32_t w[64])
{
	memcpy(w, block, BLOCK_BYTES);
	for (unsigned i = 0; i < 16; i++)
		w[i] = __builtin_bswap32(w[i]);
	for (unsigned i = 16; i < 64; i++)
		w[i] = w[i - 16] + rotations_shift(w[i - 15], 7, 18, 3) + w[i - 7] + rotations_shift(w[i - 2], 17, 19, 10);
}

/*
 * One round (6.2.2, step 3), of which only d and h become something new; that all others move by one place is in the order of the names in which the next round gets them. Ch(e, f, g) and Maj(a, b, c) are written with fewer operations than
 * in 4.1.2; a ^ b is the b ^ c of the next round.
 */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                              \
	do {                                                                                          \
		h += rotations(e, 6, 11, 25) + (((f ^ g) & e) ^ g) + constants[i] + w[i]; /* T1 */        \
		d += h;                                                                               \
		h += rotations(a, 2, 13, 22) + (((a ^ b) & (b ^ c)) ^ b); /* T1 + T2 */                   \
	} while (0)

/* One block, wherever it lies. */
static void compress(uint32_t state[8], const unsigned char block[BLOCK_BYTES])
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
	uint32_t w[64];

	schedule(block, w);
	for (unsigned i = 0; i < 64; i += 8) {
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		ROUND(e, f, g, h, a, b, c, d, i + 4);
		ROUND(d, e, f, g, h, a, b, c, i + 5);
		ROUND(c, d, e, f, g, h, a, b, i + 6);
		ROUND(b, c, d, e, f, g, h, a, i + 7);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256_start(struct sha256 *hash)
{
	*hash = (struct sha256){
		.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
	};
}

void sha256_add(struct sha256 *hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	while (size > 0) {
		size_t at = hash->length % BLOCK_BYTES, part = size < BLOCK_BYTES - at ? size : BLOCK_BYTES - at;

		if (part == BLOCK_BYTES) {
			compress(hash->state, bytes);
		} else {
			memcpy(hash->block + at, bytes, part);
			if (at + part == BLOCK_BYTES)
				compress(hash->state, hash->block);
		}
		hash->length += part;
		bytes += part;
		size -= part;
	}
}

void sha256_finish(struct sha256 *hash, unsigned char digest[32])
{
	uint64_t bits = __builtin_bswap64(hash->length * 8);
	size_t at = hash->length % BLOCK_BYTES;

	hash->block[at++] = 0x80;
	memset(hash->block + at, 0, BLOCK_BYTES - at);
	if (at > LENGTH_AT) { /* there is no room for the length: a block more */
		compress(hash->state, hash->block);
		memset(hash->block, 0, BLOCK_BYTES);
	}
	memcpy(hash->block + LENGTH_AT, &bits, sizeof(bits));
	compress(hash->state, hash->block);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t word = __builtin_bswap32(hash->state[i]);

		memcpy(digest + 4 * i, &word, sizeof(word));
	}
}
