/* SPDX-License-Identifier: MIT */
/*
 * Programs of classic BPF: what a process gives to filter messages of a socket (SO_ATTACH_FILTER), or system calls (seccomp).
 *
 * A program is copied out of the process, checked once, never changed after that, and shared by those who hold it. The check lets it jump forwards only, so that it ends after at most as many steps as it has instructions, and keeps it from reading a cell of its memory that it may not have written.
 * check.c and run.c are pure: they know only the instructions' pages. program.c keeps programs in frames.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/linux/structures.h"
#include "abi/types.h"

#define BPF_INSTRUCTIONS_MAX 4096 /* BPF_MAXINSNS */
#define BPF_CELLS 16              /* BPF_MEMWORDS */
#define BPF_INSTRUCTIONS_PER_PAGE (PAGE_SIZE / sizeof(struct linux_sock_filter))
#define BPF_PAGES (BPF_INSTRUCTIONS_MAX / BPF_INSTRUCTIONS_PER_PAGE)

/* Offsets (SKF_*): below zero they mean no byte of what is looked at. From AD on, at fixed offsets only: what is known of it besides. */
#define BPF_OFFSET_ANCILLARY (-0x1000)
#define BPF_OFFSET_NETWORK (-0x100000)
enum bpf_ancillary {
	BPF_ANCILLARY_PROTOCOL = 0,
	BPF_ANCILLARY_PACKET_TYPE = 4,
	BPF_ANCILLARY_INTERFACE = 8,
	BPF_ANCILLARY_ATTRIBUTE = 12,
	BPF_ANCILLARY_ATTRIBUTE_NESTED = 16,
	BPF_ANCILLARY_MARK = 20,
	BPF_ANCILLARY_QUEUE = 24,
	BPF_ANCILLARY_HARDWARE_TYPE = 28,
	BPF_ANCILLARY_HASH = 32,
	BPF_ANCILLARY_PROCESSOR = 36,
	BPF_ANCILLARY_XOR_INDEX = 40,
	BPF_ANCILLARY_VLAN_TAG = 44,
	BPF_ANCILLARY_VLAN_TAG_PRESENT = 48,
	BPF_ANCILLARY_PAYLOAD = 52,
	BPF_ANCILLARY_RANDOM = 56,
	BPF_ANCILLARY_VLAN_PROTOCOL = 60,
};

/* What the number k of an instruction must be, besides a number. */
enum bpf_operand {
	BPF_OPERAND_NONE, /* no such instruction */
	BPF_OPERAND_ANY,
	BPF_OPERAND_OFFSET,      /* of what is looked at, or one of enum bpf_ancillary behind BPF_OFFSET_ANCILLARY */
	BPF_OPERAND_CELL_LOADED, /* below BPF_CELLS, and stored to on each way to here */
	BPF_OPERAND_CELL_STORED, /* below BPF_CELLS */
	BPF_OPERAND_DIVISOR,     /* not 0 */
	BPF_OPERAND_SHIFT,       /* below 32 */
	BPF_OPERAND_DISTANCE,    /* k: how far to go on forwards */
	BPF_OPERAND_BRANCH,      /* jt, jf: the same */
	BPF_OPERAND_END,         /* ends the program: the last one must */
};

enum bpf_code {
#define INSTRUCTION(name, code, operand) BPF_##name = (code),
#include "bpf/instructions.def"
#undef INSTRUCTION
};

struct bpf_program {
	uint32_t users, count; /* of holders, of instructions */
	struct linux_sock_filter *pages[BPF_PAGES]; /* full but for the last one */
};

static inline const struct linux_sock_filter *bpf_instruction(const struct bpf_program *program, uint32_t at)
{
	return &program->pages[at / BPF_INSTRUCTIONS_PER_PAGE][at % BPF_INSTRUCTIONS_PER_PAGE];
}

/* What an instruction's k must be; BPF_OPERAND_NONE for a code that none has. */
enum bpf_operand bpf_operand_of(uint16_t code);

/* Whether a program may be run: each instruction is one, with the operands that it needs, no jump leads out of the program, and no cell is read that has not been written. */
bool bpf_check(const struct bpf_program *program);

/* A run: the registers, and what the program looks at. */
struct bpf_run {
	uint32_t accumulator, index, cells[BPF_CELLS];
	const void *subject;
	uint32_t bytes; /* what the program is told that the subject's length is */
	/* Loads `bytes` (1, 2 or 4) of the subject at an offset. False ends the program with *value, which is 0 before. `plain`: the offset is the instruction's own k, which may be one of ancillary data. */
	bool (*load)(const struct bpf_run *run, int32_t offset, uint32_t bytes, bool plain, uint32_t *value);
};

/* Runs a program that bpf_check() has passed, with registers of zeros. What it returns. */
uint32_t bpf_run(const struct bpf_program *program, struct bpf_run *run);

struct memory;

/* Copies a program of `count` instructions out of a process and checks it; it has one user. -EINVAL (none, more than BPF_INSTRUCTIONS_MAX, no address, or the check), -EFAULT or -ENOMEM. May wait. */
int bpf_take(struct memory *memory, uint64_t address, uint32_t count, struct bpf_program **program);

/* Copies it back as it was given. 0 or -EFAULT. May wait: the caller holds it. */
int bpf_tell(struct memory *memory, uint64_t address, const struct bpf_program *program);

static inline void bpf_hold(struct bpf_program *program)
{
	program->users++;
}

void bpf_release(struct bpf_program *program);
