/* SPDX-License-Identifier: MIT */
/* Changes of authority that lead to nothing, for tests of the log. */
#pragma once

#include "lib/call.h"

/* Copies a capability in the own CNode and deletes the copy, `pairs` times: two records each. Stops at the first error. */
MUST_USE enum error authority_changes(int pairs);
