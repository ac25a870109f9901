/* SPDX-License-Identifier: MIT */
/* What the services of all filesystems tell their server (lib/filesystem_server.h) and their leases (lib/leases.h), each around a core of its own. */
#pragma once

#include "lib/filesystem_server.h"

/* Which client is vfs, which instance this is and how the one before ended, the buffers and the clock. */
struct filesystem_options filesystem_service_options(uint32_t open_files, struct leases *leases);

/* Opens leases on the service's memory for this instance, which ends those that an earlier one has given: before anything in that memory changes. */
void filesystem_service_leases(struct leases *leases, unsigned char *memory);

/* Takes all shared pages out of the clients' windows; says how many are damaged. False when the manifest gives this service no region SERVICE.shared. */
bool filesystem_service_shares(struct shares *shares);
