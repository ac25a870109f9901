/* SPDX-License-Identifier: MIT */
/* Is the state of the core what the model says it is? */
#pragma once

#include "tests/host/exhaustive/model.h"
#include "tests/host/harness/machine.h"

/*
 * Compare every slot of every container, every link and every object's state. NULL when they agree,
 * else a sentence. Fills order[] with the places of dying capabilities on the dying list, from 1,
 * by index in the model; 0 for all others.
 */
const char *states_compare(struct model *model, uint8_t order[MODEL_CAPABILITIES]);

/*
 * A deletion is under way: take over from the core how far it has come. `last` is the model with
 * the deletion at its end: what is not gone there must live on here. NULL, or a sentence when
 * something died that must not.
 */
const char *states_observe(struct model *model, struct model *last);
