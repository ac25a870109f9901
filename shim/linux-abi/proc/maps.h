/* SPDX-License-Identifier: MIT */
/* What is mapped where in a process, as text. A process without memory has none of it. */
#pragma once

#include "mm/memory.h"
#include "proc/proc.h"

/* The text of maps: a line for each area. May wait. */
void proc_maps_tell(struct proc_text *text, const struct proc_subject *subject);

/* Of smaps: the same, and what of each area is there. May wait. */
void proc_sizes_tell(struct proc_text *text, const struct proc_subject *subject);

/* Of smaps_rollup: what of all areas together is there. */
void proc_sizes_sum_tell(struct proc_text *text, const struct proc_subject *subject);

/* Whether the frame that is mapped as a page of the address space (its number) is that of the area's object, and no private copy. */
bool area_page_is_of_object(const struct area *area, uint64_t page, frame_t frame);
