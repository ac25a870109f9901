/* SPDX-License-Identifier: MIT */
/*
 * Reading what remains (remains.h). The call chain is followed by frame pointers through the dead stack, a frame at a time, each further out than the one before; addresses are in brackets, which
 * tools/symbolize and tools/kozo-ctl resolve.
 */
#include "remains.h"

#include "abi/protocols/init.h"
#include "lib/service.h"
#include "lib/string.h"
#include "lib/thread.h"

#define FRAMES_MAX 24

/* Reads up to `count` words (at most INIT_PEEK_WORDS). Returns how many there were. */
static uint64_t peek(uint32_t index, vaddr_t address, uint64_t count, uint64_t *words)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {index, address, count};

	if (service_call(start_session("init"), INIT_PEEK, 3, data) != OK || data[0] > count)
		return 0;
	memcpy(words, &thread_self()->page->words[MESSAGE_REGISTER_WORDS], data[0] * sizeof(*words));
	return data[0];
}

static void chain_report(uint32_t index, const struct thread_registers *registers, remains_print *print)
{
	vaddr_t frame = registers->rbp, last = 0;

	print("  [%p]\n", registers->rip);
	for (int i = 0; i < FRAMES_MAX && frame > last; i++) {
		uint64_t words[2];

		if (peek(index, frame, 2, words) != 2 || !words[1])
			break;
		print("  [%p]\n", words[1]);
		last = frame;
		frame = words[0];
	}
}

static void registers_report(const struct thread_registers *registers, remains_print *print)
{
	print("  rax %p rbx %p rcx %p rdx %p\n", registers->rax, registers->rbx, registers->rcx, registers->rdx);
	print("  rsi %p rdi %p rbp %p rsp %p\n", registers->rsi, registers->rdi, registers->rbp, registers->rsp);
	print("  r8  %p r9  %p r10 %p r11 %p\n", registers->r8, registers->r9, registers->r10, registers->r11);
	print("  r12 %p r13 %p r14 %p r15 %p\n", registers->r12, registers->r13, registers->r14, registers->r15);
	print("  rip %p rflags %x\n", registers->rip, registers->rflags);
}

void remains_report(uint32_t index, const uint64_t *fault, remains_print *print)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {index};
	struct thread_registers registers;

	if (service_call(start_session("init"), INIT_REMAINS, 1, data) != OK) {
		print("  nothing remains\n");
		return;
	}
	memcpy(&registers, &thread_self()->page->words[MESSAGE_REGISTER_WORDS], sizeof(registers));
	print("  instance %u\n", data[0]);
	if (fault)
		print("  fault %u at [%p], address %p, error code %x\n", fault[0], fault[3], fault[1], fault[2]);
	registers_report(&registers, print);
	chain_report(index, &registers, print);
}

void remains_memory(uint32_t index, vaddr_t address, uint64_t words, remains_print *print)
{
	while (words) {
		uint64_t line[4], count = peek(index, address, words < 4 ? words : 4, line);

		if (!count) {
			print("  %p: not its memory\n", address);
			return;
		}
		print("  %p:", address);
		for (uint64_t i = 0; i < count; i++)
			print(" %p", line[i]);
		print("\n");
		address += count * sizeof(uint64_t);
		words -= count;
	}
}
