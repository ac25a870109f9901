/* SPDX-License-Identifier: MIT */
/*
 * Memory and text functions. The string instructions of the processor are used throughout: they are short, and fast where it matters (ERMS). memcpy and memset move words first, which is what counts on a machine that is emulated.
 * Pure; any thread may call them.
 */
#include "lib/string.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *start = to;
	size_t words = size / 8;

	size %= 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

void *memmove(void *to, const void *from, size_t size)
{
	const char *source = (const char *)from + size - 1;
	char *target = (char *)to + size - 1;

	if ((size_t)((char *)to - (const char *)from) >= size)
		return memcpy(to, from, size);
	__asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(target), "+S"(source), "+c"(size) : : "memory");
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	void *start = to;
	size_t words = size / 8;

	size %= 8;
	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"((unsigned char)byte * 0x0101010101010101) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < size; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
