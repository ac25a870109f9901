/* SPDX-License-Identifier: MIT */
/* Unit tests of the pure parts of lib: ELF reader, shared ring, SHA-256, formatted text, slot allocator. Run under ASan and UBSan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/assert.h"
#include "lib/elf.h"
#include "lib/format.h"
#include "lib/ring.h"
#include "lib/sha256.h"
#include "lib/slots.h"
#include "tests/host/harness/suite.h"

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

/* ELF: a small good file, which each test changes in one place. */

#define FILE_BYTES 0x3000
#define HEADER(file, n) ((file) + 64 + 56 * (n))

static void put(unsigned char *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static void header_put(unsigned char *at, uint32_t flags, uint64_t offset, uint64_t address, uint64_t file_size, uint64_t memory_size)
{
	put(at, 1, 4);
	put(at + 4, flags, 4);
	put(at + 8, offset, 8);
	put(at + 16, address, 8);
	put(at + 32, file_size, 8);
	put(at + 40, memory_size, 8);
	put(at + 48, 0x1000, 8);
}

/* The bytes are on the heap, exactly as many as the file has, so that reading beyond them is found. */
static unsigned char *good_file(void)
{
	static const unsigned char start[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	unsigned char *file = calloc(1, FILE_BYTES);

	assert_non_null(file);
	memcpy(file, start, sizeof(start));
	put(file + 16, 2, 2);
	put(file + 18, 62, 2);
	put(file + 20, 1, 4);
	put(file + 24, 0x401000, 8);
	put(file + 32, 64, 8);
	put(file + 54, 56, 2);
	put(file + 56, 3, 2);
	header_put(HEADER(file, 0), 4, 0, 0x400000, 64 + 3 * 56, 64 + 3 * 56);
	header_put(HEADER(file, 1), 5, 0x1000, 0x401000, 0x800, 0x800);
	header_put(HEADER(file, 2), 6, 0x2010, 0x402010, 0xff0, 0x3000);
	return file;
}

struct received {
	unsigned count, refuse_at;
	struct elf_segment segment[8];
};

static bool receive(void *context, const struct elf_segment *segment)
{
	struct received *received = context;
	volatile unsigned char sum = 0;

	for (uint64_t i = 0; i < segment->file_size; i++)
		sum = (unsigned char)(sum + segment->data[i]);
	if (received->count < 8)
		received->segment[received->count] = *segment;
	return ++received->count != received->refuse_at;
}

static void elf_good(void **state)
{
	unsigned char *file = good_file();
	struct received received = { 0 };
	struct elf_image image;

	(void)state;
	assert_int_equal(elf_read(file, FILE_BYTES, &image, receive, &received), ELF_OK);
	assert_int_equal(received.count, 3);
	assert_int_equal(image.entry, 0x401000);
	assert_int_equal(image.headers, 0x400040);
	assert_int_equal(image.header_count, 3);
	assert_int_equal(image.end, 0x405010);
	assert_true(received.segment[1].executable && !received.segment[1].writable);
	assert_true(received.segment[2].writable && !received.segment[2].executable);
	assert_ptr_equal(received.segment[2].data, file + 0x2010);
	assert_int_equal(received.segment[2].memory_size, 0x3000);
	free(file);
}

/* One change, and the error that it must give. */
static const struct {
	size_t offset;
	uint64_t value;
	unsigned bytes;
	enum elf_error error;
} spoiled[] = {
	{ 0, 'X', 1, ELF_MAGIC },
	{ 4, 1, 1, ELF_CLASS },
	{ 5, 2, 1, ELF_CLASS },
	{ 6, 0, 1, ELF_CLASS },
	{ 20, 2, 4, ELF_CLASS },
	{ 18, 3, 2, ELF_MACHINE },
	{ 16, 3, 2, ELF_KIND },
	{ 16, 1, 2, ELF_KIND },
	{ 32, FILE_BYTES, 8, ELF_HEADERS },
	{ 32, FILE_BYTES - 3 * 56 + 1, 8, ELF_HEADERS },
	{ 32, UINT64_MAX, 8, ELF_HEADERS },
	{ 32, UINT64_MAX - 55, 8, ELF_HEADERS },
	{ 54, 0, 2, ELF_HEADERS },
	{ 54, 64, 2, ELF_HEADERS },
	{ 56, 0, 2, ELF_HEADERS },
	{ 56, 0xffff, 2, ELF_HEADERS },
	{ 24, 0x400000, 8, ELF_ENTRY },
	{ 24, 0x401800, 8, ELF_ENTRY },
	{ 24, UINT64_MAX, 8, ELF_ENTRY },
	{ 64 + 56 + 8, FILE_BYTES, 8, ELF_BOUNDS },
	{ 64 + 56 + 8, UINT64_MAX - 0xfff, 8, ELF_BOUNDS },
	{ 64 + 56 + 32, FILE_BYTES, 8, ELF_BOUNDS },
	{ 64 + 56 + 32, UINT64_MAX, 8, ELF_BOUNDS },
	{ 64 + 56 + 40, 0x7ff, 8, ELF_SIZE },
	{ 64 + 56 + 40, UINT64_MAX, 8, ELF_SIZE },
	{ 64 + 56 + 16, 0, 8, ELF_ADDRESS },
	{ 64 + 56 + 16, 0x401010, 8, ELF_ADDRESS },
	{ 64 + 56 + 16, 0x7ffffffff000, 8, ELF_ADDRESS },
	{ 64 + 56 + 16, 0xffffffff80000000, 8, ELF_ADDRESS },
	{ 64 + 56 + 16, UINT64_MAX - 0xfff, 8, ELF_ADDRESS },
	{ 64 + 56 + 16, 0x400000, 8, ELF_ORDER },
	{ 64 + 56 + 40, 0x1001, 8, ELF_ORDER },
	{ 64 + 112, 3, 4, ELF_INTERPRETER },
};

static void elf_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		unsigned char *file = good_file();
		struct received received = { 0 };
		struct elf_image image = { .entry = 1 };

		put(file + spoiled[i].offset, spoiled[i].value, spoiled[i].bytes);
		assert_string_equal(elf_error_sentence(elf_read(file, FILE_BYTES, &image, receive, &received)), elf_error_sentence(spoiled[i].error));
		assert_int_equal(received.count, 0);
		assert_int_equal(image.entry, 1);
		free(file);
	}
}

static void elf_truncated(void **state)
{
	unsigned char *file = good_file();

	(void)state;
	for (size_t size = 0; size < FILE_BYTES; size += size < 300 ? 1 : 97) {
		unsigned char *cut = malloc(size ? size : 1);
		struct received received = { 0 };
		struct elf_image image;

		assert_non_null(cut);
		memcpy(cut, file, size);
		assert_int_not_equal(elf_read(cut, size, &image, receive, &received), ELF_OK);
		assert_int_equal(received.count, 0);
		free(cut);
	}
	free(file);
}

static void elf_refused(void **state)
{
	unsigned char *file = good_file();
	struct received received = { .refuse_at = 2 };
	struct elf_image image = { .entry = 1 };

	(void)state;
	assert_int_equal(elf_read(file, FILE_BYTES, &image, receive, &received), ELF_REFUSED);
	assert_int_equal(received.count, 2);
	assert_int_equal(image.entry, 1);
	for (unsigned i = 0; i < 3; i++)
		put(HEADER(file, i), 4, 4);
	assert_int_equal(elf_read(file, FILE_BYTES, &image, receive, &received), ELF_EMPTY);
	free(file);
}

/* The ring */

struct pair {
	struct ring producer, consumer;
	struct ring_shared *shared;
};

static struct pair pair_open(uint64_t capacity, size_t entry_size)
{
	struct pair pair = { .shared = aligned_alloc(64, (ring_bytes(capacity, entry_size) + 63) & ~(size_t)63) };

	assert_non_null(pair.shared);
	memset(pair.shared, 0, ring_bytes(capacity, entry_size));
	ring_open(&pair.producer, pair.shared, capacity, entry_size);
	ring_open(&pair.consumer, pair.shared, capacity, entry_size);
	return pair;
}

static void ring_in_order(void **state)
{
	struct pair pair = pair_open(8, sizeof(uint64_t));
	uint64_t in = 0, out = 0, value;

	(void)state;
	for (unsigned round = 0; round < 1000; round++) {
		for (unsigned i = 0; i < round % 11; i++)
			in += ring_push(&pair.producer, &in) == RING_OK;
		for (unsigned i = 0; i < round % 7; i++)
			if (ring_pop(&pair.consumer, &value) == RING_OK)
				assert_int_equal(value, out++);
	}
	assert_true(in > 2000 && in - out <= 8);
	free(pair.shared);
}

static void ring_full_and_empty(void **state)
{
	struct pair pair = pair_open(4, 1);
	unsigned char value = 7;

	(void)state;
	assert_int_equal(ring_pop(&pair.consumer, &value), RING_EMPTY);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(ring_push(&pair.producer, &value), RING_OK);
	assert_int_equal(ring_push(&pair.producer, &value), RING_FULL);
	assert_int_equal(ring_pop(&pair.consumer, &value), RING_OK);
	assert_int_equal(ring_push(&pair.producer, &value), RING_OK);
	free(pair.shared);
}

/* Nothing that the peer writes makes a side read or write outside the ring; what cannot be poisons it. */
static void ring_hostile_peer(void **state)
{
	static const uint64_t nonsense[] = { 5, 100, UINT64_MAX, UINT64_MAX - 4, (uint64_t)1 << 63 };
	unsigned char value = 1;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct pair pair = pair_open(4, 1);

		pair.shared->produced = nonsense[i];
		assert_int_equal(ring_pop(&pair.consumer, &value), RING_POISONED);
		pair.shared->produced = 0;
		assert_int_equal(ring_pop(&pair.consumer, &value), RING_POISONED);
		pair.shared->consumed = nonsense[i];
		assert_int_equal(ring_push(&pair.producer, &value), RING_POISONED);
		pair.shared->consumed = 0;
		assert_int_equal(ring_push(&pair.producer, &value), RING_POISONED);
		free(pair.shared);
	}
}

/* An index that goes back is nonsense too, even where the distance would be possible. */
static void ring_peer_goes_back(void **state)
{
	struct pair pair = pair_open(4, 1);
	unsigned char value = 1;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(ring_push(&pair.producer, &value), RING_OK);
		assert_int_equal(ring_pop(&pair.consumer, &value), RING_OK);
	}
	assert_int_equal(ring_push(&pair.producer, &value), RING_OK);
	pair.shared->consumed--;
	assert_int_equal(ring_push(&pair.producer, &value), RING_POISONED);
	assert_int_equal(ring_pop(&pair.consumer, &value), RING_OK);
	pair.shared->produced -= 2;
	assert_int_equal(ring_pop(&pair.consumer, &value), RING_POISONED);
	free(pair.shared);
}

/* The indexes go past 2^64. */
static void ring_wraps(void **state)
{
	struct pair pair = pair_open(4, 8);
	uint64_t value;

	(void)state;
	pair.shared->produced = pair.shared->consumed = pair.producer.own = pair.consumer.own = UINT64_MAX - 2;
	pair.producer.peer = pair.consumer.peer = UINT64_MAX - 2;
	for (uint64_t i = 0; i < 10; i++) {
		assert_int_equal(ring_push(&pair.producer, &i), RING_OK);
		assert_int_equal(ring_pop(&pair.consumer, &value), RING_OK);
		assert_int_equal(value, i);
	}
	free(pair.shared);
}

static void ring_of_bytes(void **state)
{
	struct pair pair = pair_open(8, 1);
	char text[8] = {0};

	(void)state;
	assert_int_equal(ring_push_bytes(&pair.producer, "abcde", 5), 5);
	assert_int_equal(ring_pop_bytes(&pair.consumer, text, 2), 2);
	assert_int_equal(ring_push_bytes(&pair.producer, "fghijklm", 8), 5);
	assert_int_equal(ring_push_bytes(&pair.producer, "k", 1), 0);
	assert_int_equal(ring_pop_bytes(&pair.consumer, text + 2, 0), 0);
	assert_int_equal(ring_pop_bytes(&pair.consumer, text, sizeof(text)), 8);
	assert_memory_equal(text, "cdefghij", 8);
	assert_int_equal(ring_pop_bytes(&pair.consumer, text, sizeof(text)), 0);
	pair.shared->consumed = 100;
	assert_int_equal(ring_push_bytes(&pair.producer, "k", 1), 0);
	free(pair.shared);
}

/* SHA-256: the examples of FIPS 180-2, appendix B, and a million times "a". */
static void digest_is(const char *data, size_t times, const char *expected)
{
	unsigned char digest[32];
	char text[65];
	struct sha256 hash;

	sha256_start(&hash);
	for (size_t i = 0; i < times; i++)
		sha256_add(&hash, data, strlen(data));
	sha256_finish(&hash, digest);
	for (unsigned i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

static void sha256_examples(void **state)
{
	(void)state;
	digest_is("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_is("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	digest_is("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Every length up to several blocks, added in one piece and in two: the digests of all of them, hashed, are what another implementation (Python's hashlib) makes of them. */
static void sha256_lengths(void **state)
{
	unsigned char data[200], digest[32], again[32], all[32];
	struct sha256 hash, outer;
	static const char expected[] = "64ef7c229fce2408b5336b6a542fea0e078c3a87d2da85cb3fc52e2008b65021";

	(void)state;
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)i;
	sha256_start(&outer);
	for (size_t length = 0; length <= sizeof(data); length++) {
		sha256_start(&hash);
		sha256_add(&hash, data, length);
		sha256_finish(&hash, digest);
		for (size_t first = 0; first <= length; first++) {
			sha256_start(&hash);
			sha256_add(&hash, data, first);
			sha256_add(&hash, data + first, length - first);
			sha256_finish(&hash, again);
			assert_memory_equal(again, digest, sizeof(digest));
		}
		sha256_add(&outer, digest, sizeof(digest));
	}
	sha256_finish(&outer, all);
	for (unsigned i = 0; i < sizeof(all); i++) {
		char text[3];

		snprintf(text, sizeof(text), "%02x", all[i]);
		assert_memory_equal(text, expected + 2 * i, 2);
	}
}

/* Formatted text */
static void format_is(const char *expected, size_t size, const char *format, ...)
{
	char *buffer = malloc(size ? size : 1);
	va_list arguments;
	size_t length;

	assert_non_null(buffer);
	va_start(arguments, format);
	length = text_format(buffer, size, format, arguments);
	va_end(arguments);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(buffer, expected, length);
	free(buffer);
}

static void formats(void **state)
{
	(void)state;
	format_is("a text, c, -5, 18446744073709551615, ff, %", 100, "%s, %c, %d, %u, %x, %%", "a text", 'c', (int64_t)-5, UINT64_MAX, (uint64_t)255);
	format_is("0x00000000deadbeef", 100, "%p", (uint64_t)0xdeadbeef);
	format_is("-9223372036854775808", 100, "%d", INT64_MIN);
	format_is("(none)", 100, "%s", (const char *)NULL);
	format_is("abc", 3, "%s", "abcdef");
	format_is("", 0, "%u", (uint64_t)1);
	format_is("end", 100, "end%");
	format_is("0", 100, "%u", (uint64_t)0);
}

/* Slots */
static void slots(void **state)
{
	handle_t first, run;

	(void)state;
	slots_use(128, 128);
	first = slot_allocate();
	assert_int_equal(first, 128);
	run = slots_allocate(64);
	assert_int_equal(run, 129);
	slot_free(first);
	assert_int_equal(slots_allocate(2), 193);
	assert_int_equal(slot_allocate(), 128);
	assert_int_equal(slot_used_next(0), 128);
	assert_int_equal(slot_used_next(194), 194);
	assert_int_equal(slot_used_next(195), 0);
	for (unsigned i = 0; i < 61; i++)
		assert_int_not_equal(slot_allocate(), 0);
	assert_int_equal(slot_allocate(), 0);
	slot_free(200);
	assert_int_equal(slots_allocate(2), 0);
	assert_int_equal(slots_allocate(1), 200);
}

static const struct suite_test tests[] = {
	{ cmocka_unit_test(elf_good), "a good ELF file is read as it is" },
	{ cmocka_unit_test(elf_bad), "every bad field of an ELF file is refused, without effect" },
	{ cmocka_unit_test(elf_truncated), "an ELF file cut off anywhere is refused" },
	{ cmocka_unit_test(elf_refused), "the receiver of segments can refuse one, and a file needs one" },
	{ cmocka_unit_test(ring_in_order), "entries come out of a ring in the order in which they went in" },
	{ cmocka_unit_test(ring_full_and_empty), "a ring says when it is full or empty" },
	{ cmocka_unit_test(ring_hostile_peer), "impossible indexes of a peer poison a ring for good" },
	{ cmocka_unit_test(ring_peer_goes_back), "an index that goes back poisons a ring" },
	{ cmocka_unit_test(ring_wraps), "a ring's indexes wrap" },
	{ cmocka_unit_test(ring_of_bytes), "bytes go through a ring as far as there is room, in order" },
	{ cmocka_unit_test(sha256_examples), "SHA-256 gives the digests of the standard's examples" },
	{ cmocka_unit_test(sha256_lengths), "SHA-256 of every length, in any two pieces, is what it should be" },
	{ cmocka_unit_test(formats), "text is formatted and cut" },
	{ cmocka_unit_test(slots), "slots are given once and given back" },
};

int main(void)
{
	return suite_run("lib", tests, sizeof(tests) / sizeof(tests[0]));
}
