/* SPDX-License-Identifier: MIT */
/* Running BPF programs (bpf/program.h). All arithmetic is of 32 bits without signs; shifts by a register are by its lowest five bits; who divides by a register that is 0 has returned 0. */
#include "bpf/program.h"

#define CLASS 0x07
#define BY_INDEX 0x08

enum class { CLASS_LOAD, CLASS_LOAD_INDEX, CLASS_STORE, CLASS_STORE_INDEX, CLASS_ARITHMETIC, CLASS_JUMP, CLASS_RETURN, CLASS_MOVE };

/* Each of the following does one instruction of its class; false: the program has ended, and has returned *result. */

static bool load_index(struct bpf_run *run, const struct linux_sock_filter *instruction, uint32_t *result)
{
	uint32_t header = 0;

	switch (instruction->code) {
	case BPF_INDEX_IMMEDIATE:
		run->index = instruction->k;
		return true;
	case BPF_INDEX_CELL:
		run->index = run->cells[instruction->k];
		return true;
	case BPF_INDEX_LENGTH:
		run->index = run->bytes;
		return true;
	default: /* BPF_INDEX_HEADER: the length of a header of IP, in the lower half of its first byte */
		if (!run->load(run, (int32_t)instruction->k, 1, false, &header)) {
			*result = header;
			return false;
		}
		run->index = (header & 0xf) * 4;
		return true;
	}
}

static bool load(struct bpf_run *run, const struct linux_sock_filter *instruction, uint32_t *result)
{
	uint32_t bytes = instruction->code & 0x10 ? 1 : instruction->code & 0x08 ? 2 : 4, value = 0;
	bool indexed = instruction->code & 0x40;

	switch (instruction->code) {
	case BPF_LOAD_IMMEDIATE:
		run->accumulator = instruction->k;
		return true;
	case BPF_LOAD_CELL:
		run->accumulator = run->cells[instruction->k];
		return true;
	case BPF_LOAD_LENGTH:
		run->accumulator = run->bytes;
		return true;
	default:
		if (!run->load(run, (int32_t)(instruction->k + (indexed ? run->index : 0)), bytes, !indexed, &value)) {
			*result = value;
			return false;
		}
		run->accumulator = value;
		return true;
	}
}

static bool calculate(struct bpf_run *run, const struct linux_sock_filter *instruction, uint32_t *result)
{
	uint32_t a = run->accumulator, b = instruction->code & BY_INDEX ? run->index : instruction->k;

	*result = 0;
	switch (instruction->code & ~BY_INDEX) {
	case BPF_ADD_K:
		a += b;
		break;
	case BPF_SUBTRACT_K:
		a -= b;
		break;
	case BPF_MULTIPLY_K:
		a *= b;
		break;
	case BPF_DIVIDE_K:
		if (!b)
			return false;
		a /= b;
		break;
	case BPF_MODULO_K:
		if (!b)
			return false;
		a %= b;
		break;
	case BPF_OR_K:
		a |= b;
		break;
	case BPF_AND_K:
		a &= b;
		break;
	case BPF_XOR_K:
		a ^= b;
		break;
	case BPF_LEFT_K:
		a <<= b & 31;
		break;
	case BPF_RIGHT_K:
		a >>= b & 31;
		break;
	default: /* BPF_NEGATE */
		a = 0 - a;
	}
	run->accumulator = a;
	return true;
}

/* How many instructions a jump leaves out. */
static uint32_t jump(const struct bpf_run *run, const struct linux_sock_filter *instruction)
{
	uint32_t a = run->accumulator, b = instruction->code & BY_INDEX ? run->index : instruction->k;
	bool holds;

	switch (instruction->code & ~BY_INDEX) {
	case BPF_JUMP:
		return instruction->k;
	case BPF_IF_EQUAL_K:
		holds = a == b;
		break;
	case BPF_IF_GREATER_K:
		holds = a > b;
		break;
	case BPF_IF_NOT_LESS_K:
		holds = a >= b;
		break;
	default: /* BPF_IF_BITS_K */
		holds = a & b;
	}
	return holds ? instruction->jt : instruction->jf;
}

uint32_t bpf_run(const struct bpf_program *program, struct bpf_run *run)
{
	uint32_t result = 0, at = 0;
	bool goes_on = true;

	run->accumulator = run->index = 0;
	while (goes_on) {
		const struct linux_sock_filter *instruction = bpf_instruction(program, at++);

		switch ((enum class)(instruction->code & CLASS)) {
		case CLASS_LOAD:
			goes_on = load(run, instruction, &result);
			break;
		case CLASS_LOAD_INDEX:
			goes_on = load_index(run, instruction, &result);
			break;
		case CLASS_STORE:
			run->cells[instruction->k] = run->accumulator;
			break;
		case CLASS_STORE_INDEX:
			run->cells[instruction->k] = run->index;
			break;
		case CLASS_ARITHMETIC:
			goes_on = calculate(run, instruction, &result);
			break;
		case CLASS_JUMP:
			at += jump(run, instruction);
			break;
		case CLASS_RETURN:
			return instruction->code == BPF_RETURN_A ? run->accumulator : instruction->k;
		case CLASS_MOVE:
			*(instruction->code == BPF_TO_INDEX ? &run->index : &run->accumulator) = instruction->code == BPF_TO_INDEX ? run->accumulator : run->index;
			break;
		}
	}
	return result;
}
