/* SPDX-License-Identifier: MIT */
/* What vfs has opened for a description: its number, and who uses it (file/opened.h). */
#include "file/opened.h"

#include "lib/file.h"
#include "mm/slab.h"

static struct slab structures = SLAB(struct opened);

struct opened *opened_make(int number, uint32_t mount)
{
	struct opened *opened = slab_take(&structures);

	if (opened)
		*opened = (struct opened){.users = 1, .number = number, .mount = mount};
	else
		(void)file_close(number); /* it is closed, whatever the answer */
	return opened;
}

void opened_release(struct opened *opened)
{
	if (--opened->users)
		return;
	(void)file_close(opened->number);
	slab_return(&structures, opened);
}
