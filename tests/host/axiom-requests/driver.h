/* SPDX-License-Identifier: MIT */
/* The driver of axiom's disk, honest or not: what it is asked it mostly does, on a small medium, and what axiom asks of it is judged. */
#pragma once

#include "tests/host/harness/service_world.h"

#define DRIVER_BADGE 3
#define DRIVER_SESSION (WORLD_HANDLES + 1)
#define DRIVER_SIGNAL (WORLD_HANDLES + 2)

/* Adds the session with it, and the memory that axiom lends it. */
void driver_make(struct service_world *world);

/* The medium is blank, the driver has just begun. */
void driver_begin(void);

/* A new instance of axiom begins, which has been told nothing. */
void driver_restart(void);

/* A call of its session. */
enum error driver_answer(uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS]);

/* It is signalled, and does what lies in its ring. */
void driver_work(void);

/* It is restarted, tells what nobody asked for, falls asleep or awakes. */
void driver_change(void);
