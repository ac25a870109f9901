/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk with a planted fault: after it was killed from outside, its next instances, as many as DEATHS, die over the first ATTACH that they get; the supervisor waits longer and longer before it starts the next one. Each has told its clients
 * before that it is there, so they ask. The program is the driver's own; only that one operation is another.
 */
#include "drivers/virtio/blk/disk.h"
#include "lib/service.h"

#define DEATHS 5

/* In the state, which outlives instances. */
struct brittle {
	uint64_t deaths; /* still to come */
};

static void brittle_attach(struct disk *disk, unsigned session)
{
	struct brittle *brittle = (struct brittle *)start_find("state")->address;

	if (brittle->deaths > 0) {
		brittle->deaths--;
		__builtin_trap();
	}
	disk_attach(disk, session);
}

#define disk_attach brittle_attach
#define main blk_main
int blk_main(void);
/* NOLINTNEXTLINE(bugprone-suspicious-include): the planted fault lies in what its main names */
#include "drivers/virtio/blk/main.c"
#undef disk_attach
#undef main

int main(void)
{
	if (start_page->ended == ENDED_KILLED)
		((struct brittle *)start_find("state")->address)->deaths = DEATHS;
	return blk_main();
}
