/* SPDX-License-Identifier: MIT */
/* Records and states as text. References are printed as physical addresses. */
#pragma once

#include <stdio.h>

#include "tools/replay/records.h"
#include "tools/replay/state.h"

#define ENTRY_TEXT_MAX 512

/* All that the digest takes from one entry, on one line without its end. */
void entry_text(const struct image *image, const struct entry *entry, char text[ENTRY_TEXT_MAX]);

/* One line for each record. */
void records_print(FILE *out, const struct records *records);

/* One line for each entry. */
void state_print(FILE *out, const struct image *image, const struct state *state);

/* The derivation tree in the language of Graphviz: a box for each live capability, an arrow to each that was derived from it. */
void state_graph(FILE *out, const struct image *image, const struct state *state);

/*
 * Prints where two states of which the digests differ do so: the first entry that only one of them has, or that is not the same in both. The
 * names say which is which.
 */
void states_difference(FILE *out, const char *left_name, const struct image *left_image, const struct state *left, const char *right_name,
		       const struct image *right_image, const struct state *right);
