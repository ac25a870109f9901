/* SPDX-License-Identifier: MIT */
/* Between the two halves of a service's world (service_world.h): its memory, and its kernel. */
#pragma once

#include "tests/host/harness/service_world.h"

/* Slots of the world's own grants; the Replies follow one another. */
#define WORLD_ENDPOINT 1
#define WORLD_REPLY 2

/* Whom kernel calls are made for from now on. */
void world_kernel_use(struct service_world *world);

/* Leaves the instance that runs: it has died, or the input has ended. */
_Noreturn void world_leave(bool ended);
