/* SPDX-License-Identifier: MIT */
/* ramfs with a planted fault: what clients have stored into pages that were leased to write is given up by the next instance, not written back. The tests of tests/faults must notice it. */
#include "lib/filesystem_server.h"

#define filesystem_settle filesystem_abandon
/* NOLINTNEXTLINE(bugprone-suspicious-include): the planted fault lies in what its main names */
#include "servers/ramfs/main.c"
