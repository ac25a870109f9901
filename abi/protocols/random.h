/* SPDX-License-Identifier: MIT */
/* The protocol of a source of random bytes: they come in the words of the answer, so no other service sees them. */
#pragma once

#include "abi/types.h"

enum random_request {
#define REQUEST(name, number, in, out, sentence) RANDOM_##name = (number),
#include "abi/protocols/random.def"
#undef REQUEST
};

#define RANDOM_BYTES_MAX 56 /* in one answer: seven words */
