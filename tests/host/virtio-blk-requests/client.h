/* SPDX-License-Identifier: MIT */
/*
 * Clients of a block driver (abi/protocols/block.h) in the world of a service: three, the third without a buffer. Each of the two has a Region that is lent to the driver, and asks for transfers to and from one half of it: after each ATTACH it is the other
 * half, so what a device does afterwards with the half before tells of memory that was given back too early.
 *
 * Judged is that nobody waits in two ATTACHes, that each request completes once, with success only if the device has done it, with an error if it names what is not its client's memory; and that BLOCK_REGION tells each client of its own Region alone. What the input has stored into the rings
 * itself is not judged.
 */
#pragma once

#include "tests/host/harness/virtio_world.h"

#define CLIENT_SIGNALS (WORLD_HANDLES + 16) /* handles of their Notifications: this, plus the badge */
#define CLIENTS 3

/* Adds sessions and Regions to a world, its protocol and its judges. */
void clients_make(struct virtio_world *world);

/* As world->begin and world->restart. */
void clients_begin(void);
void clients_restart(void);

/* One of them takes what is complete, and pushes some requests. */
void clients_work(void);

/* The device does what a chain asks for, or lies about it. With memory that it may not use, that ends the program. */
void clients_served(const struct chain *chain, enum lie lie);
