/* SPDX-License-Identifier: MIT */
/* The vDSO's pages (vdso/vdso.h). Page 0 of the object is the data, which the shim writes where it sees the frame; page 1 is a copy of the code (vdso/program/). */
#include "vdso/vdso.h"

#include "abi/errno.h"
#include "lib/assert.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "lib/wall.h"
#include "vdso/data.h"

#define VDSO_ADDRESS 0x7ffff7fff000 /* of the data; the end of what mmap chooses from (process/exec.c) */

enum { PAGE_OF_DATA = 0, PAGE_OF_CODE = 1, PAGES = 2 };

extern const unsigned char vdso_image[], vdso_image_end[];

static struct object *object;
static struct vdso_data *data;

static void *page_make(uint64_t index)
{
	int64_t frame = object_page(object, index);

	return frame < 0 ? NULL : frame_bytes((frame_t)frame);
}

bool vdso_start(void)
{
	struct clock scale = clock_scale();
	size_t bytes = (size_t)(vdso_image_end - vdso_image);
	void *code;

	assert(bytes <= PAGE_SIZE);
	object = object_anonymous(PAGES);
	data = object ? page_make(PAGE_OF_DATA) : NULL;
	code = data ? page_make(PAGE_OF_CODE) : NULL;
	if (!code)
		return false;
	*data = (struct vdso_data){.mult = scale.mult, .shift = scale.shift, .base = scale.base};
	memcpy(code, vdso_image, bytes);
	(void)vdso_wall_now();
	return true;
}

int vdso_map(struct memory *memory, uint64_t *address)
{
	int error;

	if (!memory_is_free(memory, VDSO_ADDRESS, PAGES * PAGE_SIZE))
		return -ENOMEM;
	*address = VDSO_ADDRESS + PAGE_SIZE;
	error = memory_map(memory, VDSO_ADDRESS, PAGE_SIZE, AREA_READ, object, PAGE_OF_DATA);
	return error ? error : memory_map(memory, *address, PAGE_SIZE, AREA_READ | AREA_EXECUTE | AREA_MAY_WRITE, object, PAGE_OF_CODE);
}

const char *vdso_area_name(const struct area *area)
{
	if (area->object != object)
		return NULL;
	return area->first == PAGE_OF_DATA ? "[vvar]" : "[vdso]";
}

uint64_t vdso_wall_now(void)
{
	uint64_t offset = wall_offset();

	__atomic_store_n(&data->wall_offset, offset, __ATOMIC_RELAXED);
	return clock_now() + offset;
}
