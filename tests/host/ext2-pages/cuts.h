/* SPDX-License-Identifier: MIT */
/* Power cuts while a client stores into shared pages of ext2 and synchronises them (cuts.c). */
#pragma once

void test_cuts(void **state);
