/* SPDX-License-Identifier: MIT */
/*
 * Clients of the driver of a byte device (abi/protocols/serial.h) in the world of a service. Three have sessions, the third without a buffer; who has the port pushes bytes and takes what was received.
 *
 * Judged is who has the port, in all answers and in what a new instance finds; that it is not given back before everything that was pushed has been taken; and the order in which the device sends the bytes. Each byte says when it was pushed, and by
 * its highest bit that a session did. What the input has stored into the rings itself is not judged.
 */
#pragma once

#include "tests/host/harness/service_world.h"

#define SERIAL_CLIENTS 3
#define SERIAL_CLIENT_SIGNALS (WORLD_HANDLES + 32) /* handles of their Notifications: this, plus the badge */

/* Adds sessions and state to a world, its protocol and its judge. */
void serial_clients_make(struct service_world *world);

/* As world->begin and world->restart. */
void serial_clients_begin(void);
void serial_clients_restart(void);

/* Who has the port pushes some bytes, or takes some. */
void serial_clients_work(void);

/* The device sends a byte. Those of sessions have this bit. */
#define SERIAL_BYTE_OF_SESSION 0x80
void serial_clients_sent(uint8_t byte);

/* How many sessions there have been. A byte of one is told from those of as many before it. */
uint64_t serial_clients_sessions(void);
#define SERIAL_SESSIONS_TOLD_APART 3

/* The device has lost what it was given, and everything that the driver pushes from now on is judged anew. */
void serial_clients_lost(void);

/* The device is not there, or given up: ATTACH may answer -ENODEV. */
void serial_clients_gone(bool gone);
