/* SPDX-License-Identifier: MIT */
/* Absolute paths as texts (file/text.h). Most are short: they come from slabs of a few sizes, longer ones take a frame. The first byte before a text says which. */
#include "file/text.h"

#include <stdbool.h>

#include "lib/string.h"
#include "mm/slab.h"
#include "mm/frames.h"

#define CLASSES 3
#define CLASS_FRAME CLASSES

static struct slab classes[CLASSES] = {{.name = "text-64", .size = 64}, {.name = "text-256", .size = 256}, {.name = "text-1024", .size = 1024}};

/* Room for `bytes` bytes. */
static char *room_take(size_t bytes)
{
	unsigned char class = 0;
	char *room;
	frame_t frame;

	while (class < CLASSES && classes[class].size < bytes + 1)
		class++;
	if (class < CLASSES) {
		room = slab_take(&classes[class]);
	} else {
		frame = bytes + 1 <= PAGE_SIZE ? frame_allocate(false) : 0;
		room = frame ? frame_bytes(frame) : NULL;
	}
	if (!room)
		return NULL;
	room[0] = (char)class;
	return room + 1;
}

void text_return(char *text)
{
	if (!text)
		return;
	if (text[-1] == CLASS_FRAME)
		frame_release(frame_of(text - 1));
	else
		slab_return(&classes[(int)text[-1]], text - 1);
}

char *text_nameless(char *directory, uint64_t inode)
{
	char name[sizeof("#18446744073709551615")], *at = name + sizeof(name), *text;

	*--at = 0;
	do
		*--at = (char)('0' + inode % 10);
	while ((inode /= 10) != 0);
	*--at = '#';
	text = directory ? text_make(directory, at) : NULL;
	text_return(directory);
	return text;
}

char *text_make(const char *start, const char *path)
{
	size_t before = start ? strlen(start) : 0, after = strlen(path) + 1;
	bool joined = start && path[0] != '/';
	char *text = start ? room_take(before + joined + after) : NULL;

	if (!text)
		return NULL;
	memcpy(text, start, before); /* NOLINT(bugprone-not-null-terminated-result): the end comes with the path */
	if (joined)
		text[before] = '/';
	memcpy(text + before + joined, path, after);
	return text;
}

char *text_copy(const char *text)
{
	size_t bytes = text ? strlen(text) + 1 : 0;
	char *copy = text ? room_take(bytes) : NULL;

	if (copy)
		memcpy(copy, text, bytes);
	return copy;
}
