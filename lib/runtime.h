/* SPDX-License-Identifier: MIT */
/* The start of init: what is set up before main runs. */
#pragma once

#include "abi/boot.h"

/* What the kernel told at boot; valid from before main. */
extern const struct boot_information *boot_information;

/* Called by entry.asm on init's stack: thread block, clock, then main and debug_exit with its result. */
_Noreturn void runtime_start(const struct boot_information *information);

/* The program. 0 means success. */
int main(void);
