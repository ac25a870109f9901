/* SPDX-License-Identifier: MIT */
/*
 * Reading a log medium (abi/log.h): verifies it from its first block on and takes out the records of one boot.
 *
 * What is behind the end of the log is no mistake: a power cut leaves torn blocks there. It is one when the log itself says that the block was there for good.
 */
#pragma once

#include "tools/replay/records.h"
#include "tools/replay/witness.h"

/* Do these bytes begin as a log medium does? */
bool medium_recognise(const unsigned char *data, uint64_t length);

/*
 * Takes out the records of a boot (0: the last one). False, with one line in `error` that names boot and record, when anything of the medium was changed. `note` gets one line about how the log ends.
 * With `witnesses` (may be null) the same when they have seen anything else than what is there.
 */
bool medium_read(const unsigned char *data, uint64_t length, uint64_t boot, struct witnesses *witnesses, struct records *records, char *note, char *error, size_t size);
