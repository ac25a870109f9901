/* SPDX-License-Identifier: MIT */
/* Marks in a guest's instructions that bench/count.c sees: a long no-operation (Intel SDM 2B, NOP) whose displacement is a magic number. It does nothing, on every system and in every ring. */
#pragma once

#define MARK_MAGIC 0x4b4f5a00 /* the low byte tells which mark */
#define MARK_BEGIN 1
#define MARK_END 2

#define MARK_TEXT(value) #value
#define MARK_LONG(value) ".long " MARK_TEXT(value)
#define MARK(which) __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00\n" MARK_LONG(MARK_MAGIC + which) ::: "memory")
