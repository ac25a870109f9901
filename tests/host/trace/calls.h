/* SPDX-License-Identifier: MIT */
/* Samples of calls, by subject. Each function makes some dozens; CALL(result, name, arguments...) makes one. */
#pragma once

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "stage.h"

#define WORD(x) ((uint64_t)(x))
#define WORDS_0()
#define WORDS_1(a) WORD(a)
#define WORDS_2(a, b) WORD(a), WORD(b)
#define WORDS_3(a, b, c) WORD(a), WORD(b), WORD(c)
#define WORDS_4(a, b, c, d) WORD(a), WORD(b), WORD(c), WORD(d)
#define WORDS_5(a, b, c, d, e) WORD(a), WORD(b), WORD(c), WORD(d), WORD(e)
#define WORDS_6(a, b, c, d, e, f) WORD(a), WORD(b), WORD(c), WORD(d), WORD(e), WORD(f)
#define WORDS_N(zero, a, b, c, d, e, f, name, ...) name
#define WORDS(...) WORDS_N(0, ##__VA_ARGS__, WORDS_6, WORDS_5, WORDS_4, WORDS_3, WORDS_2, WORDS_1, WORDS_0)(__VA_ARGS__)
#define CALL(result, name, ...) stage_call(SYS_##name, (const uint64_t[6]){WORDS(__VA_ARGS__)}, result, NULL)
#define CALL_DURING(during, result, name, ...) stage_call(SYS_##name, (const uint64_t[6]){WORDS(__VA_ARGS__)}, result, during)

/* An address at which there is never anything, and one of the kernel. */
#define NOWHERE 0x10
#define KERNEL 0xffff888000000000

/* The last bytes of a page behind which there is nothing: `bytes` of them. Made once, before the first sample. */
char *edge(unsigned bytes);

void file_samples(void);
void attribute_samples(void);
void memory_samples(void);
void signal_samples(void);
void process_samples(void);
void time_samples(void);
void socket_samples(void);
void ipc_samples(void);
void poll_samples(void);
void terminal_samples(void);
void every_call(void);

/* Lines at which strace itself does not end. Returns 0, or 1 with a message. */
int endless_check(void);
