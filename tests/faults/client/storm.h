/* SPDX-License-Identifier: MIT */
/* Mixed operations in random order while services end at random. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Begins a storm: so many kills of services, named with commas between. False when a name is unknown. */
bool storm_begin(char *victims, uint64_t kills, uint64_t seed);

/* Works until the storm is over. Returns how many results contradict the model. */
uint64_t storm_work(uint64_t seed);

/* Works in rounds, some operations each and then a rest, and prints after each whether all is right, until it is not. For systems in which the host ends services. Returns how many results contradict the model. */
uint64_t rounds_work(uint64_t seed);

/* Tells the killer that this client is ready, waits until `clients` are, and returns what all have found. */
uint64_t storm_end(uint64_t found, uint64_t clients);
