// SPDX-License-Identifier: MIT
//
// A plugin of QEMU that counts the instructions that the whole guest executes between two marks (mark.h), in whatever program, kernel or ring. Time-stamps would count the idle time too, in which a guest waits for its disk; this
// counts what it executes, as `-icount` does: a step of `rep movs` is one. It tells besides how many of them were executed at kernel addresses, how often CR3 was written, and, with `watch=ADDRESS:...` (hexadecimal), how often the
// instructions there were executed. With `whole=on` it tells them at the end of the machine too: since the last beginning, or since the first instruction when no mark was passed.
//
// What it uses of QEMU's plugin interface (version 1, docs/devel/tcg-plugins of QEMU) is declared here: Debian has no header of it.
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mark.h"

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
extern uint64_t qemu_plugin_insn_vaddr(const struct insn *insn);
extern size_t qemu_plugin_insn_size(const struct insn *insn);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct insn *insn, int operation, void *counter, uint64_t add);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *insn, void (*executed)(unsigned cpu, void *data), int registers, void *data);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id id, void *data), void *data);

EXPORTED int qemu_plugin_version = 1;

#define KERNEL_START (UINT64_C(1) << 63)
#define WATCHED_MAX 256

enum counter { EXECUTED, IN_KERNEL, CR3_WRITES, WATCHED, COUNTERS };

static uint64_t counter[COUNTERS], begun[COUNTERS];
static uint64_t watched[WATCHED_MAX];
static size_t watched_count;

static void counts_tell(void)
{
	fprintf(stderr, "count: %" PRIu64 " instructions, %" PRIu64 " in the kernel, %" PRIu64 " writes of CR3, %" PRIu64 " watched\n", counter[EXECUTED] - begun[EXECUTED], counter[IN_KERNEL] - begun[IN_KERNEL],
		counter[CR3_WRITES] - begun[CR3_WRITES], counter[WATCHED] - begun[WATCHED]);
}

static void mark_passed(unsigned cpu, void *data)
{
	(void)cpu;
	if ((uintptr_t)data == MARK_BEGIN)
		memcpy(begun, counter, sizeof(begun));
	else
		counts_tell();
}

static void machine_ended(plugin_id id, void *data)
{
	(void)id;
	(void)data;
	counts_tell();
}

// MOV to CR3 (Intel SDM 2B): 0F 22 /r with 3 as the register field, behind a REX prefix or none.
static bool cr3_is_written(const struct insn *insn)
{
	const unsigned char *bytes = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn), prefix = size > 3 && (bytes[0] & 0xf0) == 0x40;

	return size == prefix + 3 && bytes[prefix] == 0x0f && bytes[prefix + 1] == 0x22 && (bytes[prefix + 2] >> 3 & 7) == 3;
}

static bool is_watched(uint64_t address)
{
	for (size_t i = 0; i < watched_count; i++)
		if (watched[i] == address)
			return true;
	return false;
}

// Takes "ADDRESS:ADDRESS...". False when it is none of that, or too many.
static bool watched_take(const char *text)
{
	char *end;

	do {
		if (watched_count == WATCHED_MAX)
			return false;
		watched[watched_count++] = strtoull(text, &end, 16);
		if (end == text || (*end && *end != ':'))
			return false;
		text = end + 1;
	} while (*end);
	return true;
}

static void count(struct insn *insn, enum counter which)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD, &counter[which], 1);
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

		count(insn, EXECUTED);
		if (qemu_plugin_insn_vaddr(insn) >= KERNEL_START)
			count(insn, IN_KERNEL);
		if (cr3_is_written(insn))
			count(insn, CR3_WRITES);
		if (is_watched(qemu_plugin_insn_vaddr(insn)))
			count(insn, WATCHED);
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_passed, NO_REGISTERS, (void *)(uintptr_t)mark);
	}
}

EXPORTED int qemu_plugin_install(plugin_id id, const void *info, int words, char **arguments)
{
	static const char watch[] = "watch=";

	(void)info;
	for (int i = 0; i < words; i++)
		if (strcmp(arguments[i], "whole=on") == 0)
			qemu_plugin_register_atexit_cb(id, machine_ended, NULL);
		else if (strncmp(arguments[i], watch, sizeof(watch) - 1) != 0 || !watched_take(arguments[i] + sizeof(watch) - 1))
			return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
