/* SPDX-License-Identifier: MIT */
/*
 * The way to the log medium: the session with a block driver, without ever waiting for it. Each step ends at a deadline: a driver that is slow, hung or being restarted is tried again later, and the journal keeps its blocks meanwhile.
 */
#pragma once

#include "servers/axiom/journal.h"

/* Names the session's server and the Region of the journal's blocks, lent to it. Without this call there is no medium. */
void medium_use(const char *driver, const char *region);

/* Attaches when that has not been possible yet, takes completions, asks for the journal's next requests. */
void medium_work(struct journal *journal);
