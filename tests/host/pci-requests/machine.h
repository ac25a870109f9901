/* SPDX-License-Identifier: MIT */
/* The machine of pci: functions (tests/host/pci/fake.h) behind the ports 0xcf8 to 0xcff, and the memory of their BARs. */
#pragma once

#include "tests/host/harness/service_world.h"
#include "tests/host/pci/fake.h"

#define MACHINE_OWNERS 3 /* badges 1 to 3 drive a function each */
#define MACHINE_NOBODY 0 /* the badge of who drives none */

/* Adds the grants that the machine consists of. */
void machine_make(struct service_world *world);

/* The functions are as the firmware has left them, or as the input says instead. */
void machine_begin(void);

/* One of them changes, against all rules. */
void machine_change(void);

/* Whether none has done so in this input. */
bool machine_honest(void);

/* A method of a capability of these; false when it is of another. */
bool machine_method(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS], enum error *error);

/* What init does at INIT_LEND: judges what pci lends the driver with that index in the plan. */
enum error machine_lend(const uint64_t data[MESSAGE_REGISTER_WORDS]);

/* The function that pci has written to last since this was asked; a null pointer when it was none but the bridge. When functions go and come, it is not always the same that a driver has. */
struct fake *machine_written(void);

/* Whether an honest function has the BARs that the firmware gave it, and as many entries of its MSI-X table as it says are those that the start page tells. */
bool machine_bars_kept(const struct fake *fake);
bool machine_messages_written(uint64_t badge, unsigned count);
