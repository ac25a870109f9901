/* SPDX-License-Identifier: MIT */
/* The check of BPF programs (bpf/program.h). It passes over the instructions once, from the first to the last: jumps lead forwards, so all ways to an instruction are known when it is reached. */
#include "bpf/program.h"

/* Cells that are written on every way by which a jump leads to an instruction: a bit each. Nothing waits in a check, so there is one. */
static uint16_t written_at[BPF_INSTRUCTIONS_MAX];

enum bpf_operand bpf_operand_of(uint16_t code)
{
	static const uint8_t operands[UINT8_MAX + 1] = {
#define INSTRUCTION(name, code, operand) [code] = BPF_OPERAND_##operand,
#include "bpf/instructions.def"
#undef INSTRUCTION
	};

	return code <= UINT8_MAX ? (enum bpf_operand)operands[code] : BPF_OPERAND_NONE;
}

static bool is_offset(uint32_t k)
{
	uint32_t ancillary = k - (uint32_t)BPF_OFFSET_ANCILLARY;

	return k < (uint32_t)BPF_OFFSET_ANCILLARY || (ancillary <= BPF_ANCILLARY_VLAN_PROTOCOL && ancillary % 4 == 0);
}

/* Whether an instruction of which `left` are behind it has the operands that it needs. */
static bool operands_fit(const struct linux_sock_filter *instruction, uint32_t left)
{
	switch (bpf_operand_of(instruction->code)) {
	case BPF_OPERAND_NONE:
		return false;
	case BPF_OPERAND_OFFSET:
		return is_offset(instruction->k);
	case BPF_OPERAND_CELL_LOADED:
	case BPF_OPERAND_CELL_STORED:
		return instruction->k < BPF_CELLS;
	case BPF_OPERAND_DIVISOR:
		return instruction->k != 0;
	case BPF_OPERAND_SHIFT:
		return instruction->k < 32;
	case BPF_OPERAND_DISTANCE:
		return instruction->k < left;
	case BPF_OPERAND_BRANCH:
		return instruction->jt < left && instruction->jf < left;
	case BPF_OPERAND_ANY:
	case BPF_OPERAND_END:
		return true;
	}
	return false;
}

/* What the instruction at a place does to the set of written cells on the way to the next one; false when it reads another one. What follows a jump is reached by jumps alone: they say which are written there. */
static bool cells_follow(const struct linux_sock_filter *instruction, uint16_t *targets, uint16_t *written)
{
	switch (bpf_operand_of(instruction->code)) {
	case BPF_OPERAND_CELL_LOADED:
		return *written >> instruction->k & 1;
	case BPF_OPERAND_CELL_STORED:
		*written |= (uint16_t)(1u << instruction->k);
		return true;
	case BPF_OPERAND_DISTANCE:
		targets[instruction->k] &= *written;
		*written = UINT16_MAX;
		return true;
	case BPF_OPERAND_BRANCH:
		targets[instruction->jt] &= *written;
		targets[instruction->jf] &= *written;
		*written = UINT16_MAX;
		return true;
	default:
		return true;
	}
}

bool bpf_check(const struct bpf_program *program)
{
	uint16_t written = 0;

	for (uint32_t at = 0; at < program->count; at++) {
		if (!operands_fit(bpf_instruction(program, at), program->count - at - 1))
			return false;
		written_at[at] = UINT16_MAX;
	}
	if (!program->count || bpf_operand_of(bpf_instruction(program, program->count - 1)->code) != BPF_OPERAND_END)
		return false;
	for (uint32_t at = 0; at < program->count; at++) {
		written &= written_at[at];
		if (!cells_follow(bpf_instruction(program, at), written_at + at + 1, &written))
			return false;
	}
	return true;
}
