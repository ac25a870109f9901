/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for servers/ext2: a small image that mke2fs made, damaged where the input says, is mounted, walked over and changed. Whatever the disk holds there is an answer, none of it takes long, no request leaves the
 * disk or the memory (the disk and ASan watch).
 *
 * An input is a byte that says which image, then records of four bytes: what is written where. The places are not random bytes of the image but fields of its structures: superblock, group descriptors, inodes, the first
 * blocks of directories, indirect blocks, bitmaps, the journal; so that most inputs get beyond the first check.
 */
#include <stdlib.h>
#include <string.h>

#include "servers/ext2/map.h"
#include "tests/host/ext2/world.h"

#define IMAGES 3
#define REQUESTS_MAX 60000 /* of one input: more is a hang */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world world;
static unsigned char *images[IMAGES];
static size_t image_bytes[IMAGES];

/* A tree with everything in it, left as a crash leaves it in the last image: with a journal to carry out and an orphan. */
static void image_fill(bool crash)
{
	static unsigned char content[40000];
	struct attributes attributes;
	struct name name;
	uint64_t root = 2;

	memset(content, 0x5a, sizeof(content));
	if (world_mount(&world) != MOUNT_FINE)
		abort();
	(void)path_create(&world, "/dir", MODE_DIRECTORY | 0755);
	(void)path_create(&world, "/dir/sub", MODE_DIRECTORY | 0755);
	(void)path_create(&world, "/dir/sub/file", MODE_REGULAR | 0644);
	(void)path_write(&world, "/dir/sub/file", 0, content, sizeof(content));
	(void)path_create(&world, "/sparse", MODE_REGULAR | 0644);
	(void)path_write(&world, "/sparse", 300000, content, 3000);
	(void)path_write(&world, "/sparse", 80000000, content, 3000);
	(void)path_create(&world, "/device", MODE_CHARACTER | 0644);
	(void)path_set_xattr(&world, "/dir/sub/file", "user.short", "value", 5, 0);
	(void)path_set_xattr(&world, "/dir/sub/file", "user.long", content, 500, 0);
	(void)path_set_xattr(&world, "/sparse", "trusted.other", content, 300, 0);
	name = (struct name){"link", 4};
	(void)CHANGE(&world, ext2_operations.symlink(world.fs, root, name, (const char *)content, 100, 0, 0, &attributes));
	(void)path_create(&world, "/orphan", MODE_REGULAR | 0644);
	(void)path_write(&world, "/orphan", 0, content, sizeof(content));
	(void)path_find(&world, "/orphan", &attributes);
	(void)ext2_operations.sync(world.fs);
	if (!crash) {
		(void)world_unmount(&world);
		return;
	}
	(void)CHANGE(&world, ext2_operations.open(world.fs, attributes.inode));
	(void)path_unlink(&world, "/orphan");
	(void)ext2_operations.sync(world.fs);
}

static void images_make(void)
{
	static const char *const options[IMAGES] = {"-b 1024 -N 64 -g 1024", "-b 1024 -N 128 -I 128", "-b 1024 -N 64"};

	world_make(&world, 1 << 20, 1);
	world.content_max = 1 << 17;
	world.walk_on = true;
	for (unsigned i = 0; i < IMAGES; i++) {
		world_format(&world, options[i], "2200K");
		image_fill(i == IMAGES - 1);
		images[i] = malloc(world.image_bytes);
		memcpy(images[i], world.image, world.image_bytes);
		image_bytes[i] = world.image_bytes;
	}
	(void)shell("rm -rf %s", work_directory());
}

/* A word of the image; what has been damaged before may lead anywhere. */
static uint32_t word_at(const unsigned char *image, size_t bytes, size_t at)
{
	uint32_t word;

	memcpy(&word, image + at % (bytes - sizeof(word)), sizeof(word));
	return word;
}

/* Where a record writes: `kind` chooses a structure, `place` a field in it. */
static size_t place_find(const unsigned char *image, size_t bytes, unsigned kind, unsigned place)
{
	size_t table = (size_t)word_at(image, bytes, 2048 + 8) * 1024, inode_bytes = word_at(image, bytes, 1024 + 88) & 0xffff, at;
	unsigned inode = place / 32 % 24;

	switch (kind % 8) {
	case 0: at = 1024 + place % 512; break;
	case 1: at = 2048 + place % 96; break;
	case 2: case 3: at = table + inode * inode_bytes + place % 32 * 4; break;
	case 4: case 5: at = (size_t)word_at(image, bytes, table + inode * inode_bytes + 40) * 1024 + place % 32 * 4; break; /* first block of it */
	case 6: at = (size_t)word_at(image, bytes, table + inode * inode_bytes + 40 + 48 + place % 3 * 4) * 1024 + place % 32 / 3 * 4; break; /* indirect block */
	default: at = (size_t)word_at(image, bytes, 2048 + place % 2 * 4) * 1024 + place % 1024; break; /* bitmap */
	}
	return at % (bytes - 4);
}

static void image_damage(unsigned char *image, size_t bytes, const uint8_t *data, size_t size)
{
	for (; size >= 5; data += 5, size -= 5) {
		size_t at = place_find(image, bytes, data[0], data[1] | data[2] << 8);
		uint32_t word = word_at(image, bytes, at);

		switch (data[3] % 6) {
		case 0: word = data[4]; break;
		case 1: word = word + (uint32_t)(int8_t)data[4]; break;
		case 2: word = word ^ 1u << data[4] % 32; break;
		case 3: word = 0xffffff00 | data[4]; break;
		case 4: word = word_at(image, bytes, place_find(image, bytes, data[4], data[1])); break;
		default: word = (uint32_t)data[4] << data[4] % 25; break;
		}
		memcpy(image + at, &word, sizeof(word));
	}
}

static void nothing(void *context, const char *path, const struct attributes *attributes, const unsigned char *content, size_t bytes)
{
	(void)context, (void)path, (void)attributes, (void)content, (void)bytes;
}

static void get_one(void *context, struct name name)
{
	unsigned char value[1024];

	(void)ext2_operations.xattr_get(world.fs, *(uint64_t *)context, name, value, sizeof(value));
}

static void xattrs_use(const char *path, uint64_t inode)
{
	(void)ext2_operations.xattr_list(world.fs, inode, get_one, &inode);
	(void)path_set_xattr(&world, path, "user.new", images[0], 40, 0);
	(void)path_set_xattr(&world, path, "user.long", images[0], 600, 0);
	(void)path_remove_xattr(&world, path, "user.short");
	(void)path_remove_xattr(&world, path, "trusted.other");
}

/* Looks at everything and changes a little of it. Results do not matter, but that there are some. */
static void image_use(void)
{
	static const char *const paths[] = {"/dir/sub/file", "/sparse", "/link", "/device", "/dir/sub", "/dir", "/new", "/orphan"};
	struct attribute_change change = {.mask = ATTRIBUTE_SIZE, .size = 5000};
	struct filesystem_statistics statistics;
	struct attributes attributes;

	(void)ext2_operations.statfs(world.fs, &statistics);
	tree_walk(&world, nothing, NULL);
	(void)path_create(&world, "/new", MODE_REGULAR | 0600);
	(void)path_write(&world, "/new", 0, images[0], 30000);
	(void)path_create(&world, "/dir/new", MODE_DIRECTORY | 0700);
	(void)path_rename(&world, "/dir/sub", "/dir/new/sub", 0);
	(void)path_rename(&world, "/dir/new/sub", "/sparse", 0);
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (path_find(&world, paths[i], &attributes) == 0) {
			(void)ext2_operations.seek(world.fs, attributes.inode, 0, SEEK_TO_DATA);
			(void)CHANGE(&world, ext2_operations.setattr(world.fs, attributes.inode, &change, &attributes));
			(void)path_write(&world, paths[i], 70000, images[0], 2000);
			xattrs_use(paths[i], attributes.inode);
		}
		(void)path_unlink(&world, paths[i]);
	}
	ext2_work(world.fs, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum mount_error error;
	unsigned which;

	if (!images[0])
		images_make();
	if (size < 1 || size > 400)
		return 0;
	which = data[0] % IMAGES;
	world.image = realloc(world.image, image_bytes[which]);
	world.image_bytes = image_bytes[which];
	world.disk.sectors = world.image_bytes / DISK_SECTOR;
	memcpy(world.image, images[which], image_bytes[which]);
	image_damage(world.image, world.image_bytes, data + 1, size - 1);
	world.seed = 1;
	world.requests = 0;
	error = world_mount(&world);
	if (mount_error_number(error) == 0) {
		image_use();
		(void)world_unmount(&world);
	}
	if (world.requests > REQUESTS_MAX)
		abort();
	return 0;
}
