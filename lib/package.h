/* SPDX-License-Identifier: MIT */
/* The boot package as init sees it: its header and its blobs, mapped read-only on first use. init's own thread only. */
#pragma once

#include "abi/boot.h"

/* Returns the header; a null pointer when it could not be mapped. */
const struct boot_package *package_header(void);

/* Maps the blob of that name and returns it with its size in bytes; a null pointer when there is none or it could not be mapped. */
const void *package_blob(const char *name, uint64_t *size);
