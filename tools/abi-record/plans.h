/* SPDX-License-Identifier: MIT */
/* What the probe reads for each call, made from syscalls.def. */
#pragma once

#include "tools/abi-record/record.h"

/* Fills the plans of all calls that have a row. */
void plans_make(struct record_plan plans[RECORD_CALLS]);
