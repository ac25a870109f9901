// SPDX-License-Identifier: MIT
/*
 * A static Linux program that writes a file through a shared mapping, and keeps in memory of its own what it has written: usage: writer FILE STOP. Until there is a file STOP, each round changes words all over the file, some are read back at once, now and
 * then msync(2) is called; at the end the whole file must be the same through the mapping and by read(2). Prints one line.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (1u << 20)
#define WORDS (BYTES / sizeof(uint64_t))
#define WORDS_A_ROUND 512
#define ROUNDS_A_SYNC 16

static uint64_t kept[WORDS], found[WORDS];

static int end(const char *what, unsigned round)
{
	printf("writer: %s in round %u\n", what, round);
	return 1;
}

static uint64_t random_next(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

int main(int argc, char **argv)
{
	unsigned round;
	int file = argc == 3 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644) : -1;
	uint64_t *mapped;

	if (file < 0 || ftruncate(file, BYTES))
		return end("no file", 0);
	mapped = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (mapped == MAP_FAILED)
		return end("no mapping", 0);
	for (round = 1; access(argv[2], F_OK) != 0; round++) {
		for (unsigned i = 0; i < WORDS_A_ROUND; i++) {
			size_t at = random_next() % WORDS, look = random_next() % WORDS;

			mapped[at] = kept[at] = random_next();
			if (mapped[look] != kept[look])
				return end("a word differs", round);
		}
		if (round % ROUNDS_A_SYNC == 0 && msync(mapped, BYTES, MS_SYNC))
			return end("msync fails", round);
	}
	if (memcmp(mapped, kept, BYTES) != 0)
		return end("the mapping differs", round);
	if (pread(file, found, BYTES, 0) != BYTES || memcmp(found, kept, BYTES) != 0)
		return end("the file differs", round);
	if (fsync(file) || munmap(mapped, BYTES) || close(file))
		return end("no end", round);
	printf("writer: %u rounds\n", round - 1);
	return 0;
}
