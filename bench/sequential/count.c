// SPDX-License-Identifier: MIT
//
// A plugin of QEMU that counts the instructions that the whole guest executes between two marks (mark.h), in whatever program, kernel or ring. Time-stamps would count the idle time too, in which a guest waits for its disk; this
// counts what it executes, as `-icount` does: a step of `rep movs` is one.
//
// What it uses of QEMU's plugin interface (version 1, docs/devel/tcg-plugins of QEMU) is declared here: Debian has no header of it.
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/sequential/mark.h"

#define EXPORTED __attribute__((visibility("default")))
#define INLINE_ADD 0 // the only operation that can be done in line
#define NO_REGISTERS 0
#define MARK_BYTES 8

typedef uint64_t plugin_id;
struct tb;
struct insn;

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(plugin_id id, struct tb *tb));
extern size_t qemu_plugin_tb_n_insns(const struct tb *tb);
extern struct insn *qemu_plugin_tb_get_insn(const struct tb *tb, size_t index);
extern const void *qemu_plugin_insn_data(const struct insn *insn);
extern size_t qemu_plugin_insn_size(const struct insn *insn);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct insn *insn, int operation, void *counter, uint64_t add);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *insn, void (*executed)(unsigned cpu, void *data), int registers, void *data);

EXPORTED int qemu_plugin_version = 1;

static uint64_t executed, begun;

static void mark_passed(unsigned cpu, void *data)
{
	(void)cpu;
	if ((uintptr_t)data == MARK_BEGIN)
		begun = executed;
	else
		fprintf(stderr, "count: %" PRIu64 " instructions\n", executed - begun);
}

// The number of the mark that this instruction is; 0 when it is none.
static unsigned mark_of(const struct insn *insn)
{
	static const unsigned char start[] = {0x0f, 0x1f, 0x84, 0x00};
	const unsigned char *bytes = qemu_plugin_insn_data(insn);
	uint32_t value;

	if (qemu_plugin_insn_size(insn) != MARK_BYTES || memcmp(bytes, start, sizeof(start)) != 0)
		return 0;
	memcpy(&value, bytes + sizeof(start), sizeof(value));
	value -= MARK_MAGIC;
	return value == MARK_BEGIN || value == MARK_END ? value : 0;
}

static void translated(plugin_id id, struct tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
		unsigned mark = mark_of(insn);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD, &executed, 1);
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_passed, NO_REGISTERS, (void *)(uintptr_t)mark);
	}
}

EXPORTED int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments)
{
	(void)info;
	(void)count;
	(void)arguments;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
