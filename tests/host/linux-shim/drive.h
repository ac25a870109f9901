/* SPDX-License-Identifier: MIT */
/* Drives the model, one step after the other: programs that go on, answers and signals that come, time that passes. */
#pragma once

#include "program.h"

/* A step that the input chooses; the first process's program is not among them. False: everybody waits for somebody, or has ended. */
bool random_step(void);

/* A step of what is around programs, as it comes. False when nothing is left to do. */
bool quiet_step(void);

/* The one of that index among the programs, but for the first process's, that can go on; a null pointer when there are not so many. */
struct model_thread *thread_ready(unsigned index);

/* A call of a script, with what lies at TEXT_AT(0) and TEXT_AT(1). Whoever is not the first process may wait for ever: 0 then. */
int64_t script_call(struct model_thread *thread, const struct grammar_call *call, const struct text texts[TEXTS]);
