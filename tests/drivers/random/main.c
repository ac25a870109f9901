/* SPDX-License-Identifier: MIT */
/* A client of virtio-rng: takes 16 KiB and looks whether they can be random: each bit is set about half of the time, and no eight bytes come twice. Writes TAP. */
#include "abi/protocols/random.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"

#define WORDS 2048
#define PATIENCE 20000000000ull

static uint64_t word[WORDS];
static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

/* Takes `wanted` bytes, waiting for them; false when there is an error. */
static bool take(unsigned char *to, uint64_t wanted)
{
	while (wanted) {
		uint64_t data[MESSAGE_REGISTER_WORDS] = {wanted < RANDOM_BYTES_MAX ? wanted : RANDOM_BYTES_MAX};
		struct request request;

		if (service_call(start_session("virtio-rng"), RANDOM_READ, 1, data) != OK || data[0] > RANDOM_BYTES_MAX)
			return false;
		if (data[0] == 0 && service_receive_until(&request, clock_now() + PATIENCE) != OK)
			return false;
		memcpy(to, &data[1], data[0]);
		to += data[0];
		wanted -= data[0];
	}
	return true;
}

static bool bits_are_even(void)
{
	for (int bit = 0; bit < 64; bit++) {
		unsigned set = 0;

		for (int i = 0; i < WORDS; i++)
			set += word[i] >> bit & 1;
		if (set < WORDS / 2 - 200 || set > WORDS / 2 + 200) /* nearly nine standard deviations */
			return false;
	}
	return true;
}

static bool words_differ(void)
{
	for (int i = 0; i < WORDS; i++)
		for (int j = 0; j < i; j++)
			if (word[i] == word[j])
				return false;
	return true;
}

static bool refused(uint64_t wanted)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {wanted};

	return service_call(start_session("virtio-rng"), RANDOM_READ, 1, data) == OK && (int64_t)data[0] < 0;
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	log_print("1..4\n");
	check(take((unsigned char *)word, sizeof(word)), "random-read", "16 KiB of random bytes come");
	check(bits_are_even(), "random-bits", "each bit is set about half of the time");
	check(words_differ(), "random-once", "nothing is given out twice");
	check(refused(0) && refused(RANDOM_BYTES_MAX + 1), "random-bad", "bad sizes are refused");
	data[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, data) == OK;
}
