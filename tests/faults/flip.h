/* SPDX-License-Identifier: MIT */
/*
 * Damage to the state of a service, before an instance begins: by turns one bit of it is flipped, and the damage is undone. What may happen meanwhile: nothing (the bit made no difference), an error that is
 * answered, or an end of the instance, whose successor then finds the damage undone. Wrong data must not be answered.
 *
 * Undoing is of two kinds. A state that holds all that there is (FLIP_RESTORE) is put back as it was before. Where a disk or a device has gone on meanwhile (FLIP_UNFLIP) only the bit is flipped back, and only if its cell is otherwise as it was: what the
 * instance has done stays.
 *
 * The Region of the manifest that is named "flip" holds this page, and behind it, for FLIP_RESTORE, the copy of the state. The client sees it and asks for damage; a service without the Region leaves its state as it is.
 */
#pragma once

#include "abi/types.h"

enum flip_stage {
	FLIP_NONE = 0,  /* the state is as it should be */
	FLIP_ASKED = 1, /* by the client: the next instance begins with damage */
	FLIP_DONE = 2,  /* the instance that runs, or has ended, began with damage */
};

enum flip_undo {
	FLIP_RESTORE,
	FLIP_UNFLIP,
};

struct flip_page {
	uint64_t stage; /* enum flip_stage */
	uint64_t victim; /* by the client: badge of the service; others leave their states as they are */
	uint64_t cell;  /* by the client: which of the cells that are not zero is changed */
	uint64_t bit;   /* of it, 0..511 */
	uint64_t found; /* byte of the state where the cell that was changed lies */
	uint64_t cells; /* how many cells of 64 bytes were not zero when an instance began */
	uint64_t damaged[8]; /* the cell, with its damage */
};

/* Before the service's own main: damages the grant of that name (lib/service.h), or undoes it. */
void flip_state(const char *name, enum flip_undo undo);
