/* SPDX-License-Identifier: MIT */
/*
 * The end of a mounted medium: what is asked of a filesystem before the machine is switched off. FINISH is for clients of whom the manifest says `may finish`. It can be repeated, and has to be while the answer is -EAGAIN: nobody
 * waits inside of it. A filesystem that was refused, or has no disk, has nothing to put away and answers 0.
 */
#pragma once

enum medium_request {
#define REQUEST(name, number, in, out, sentence) MEDIUM_##name = (number),
#include "abi/protocols/medium.def"
#undef REQUEST
};

#define MEDIUM_RIGHT_FINISH "finish"
