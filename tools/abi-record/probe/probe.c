/* SPDX-License-Identifier: MIT */
/*
 * The part of the recorder that runs in Linux's kernel: at the entry and the exit of each call of the tasks that are followed it puts an event into the ring (record.h), with the memory that the call's plan names. It follows children of
 * control.parent and all that they start, by the address of the kernel's record of the task, which it never looks into: raw tracepoints and the arguments of calls are all that it needs to know of that kernel.
 *
 * A tracepoint's program is not interrupted by another one on the same processor, so an event is built in one place of memory per processor. A probe cannot wait: a page that is not in memory cannot be read.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "tools/abi-record/record.h"

#define PROCESSORS 8
#define TASKS 8192
#define RING_BYTES (64 << 20)
#define TEXT_ALIKE 264 /* readers of text ask for more than the text, piece by piece */
#define LOWEST 0x1000ul
#define HIGHEST 0x7ffffffff000ul
#define PAGES_MOST 9 /* that one argument is followed through */

struct registers { /* struct pt_regs of x86-64: arch/x86/include/asm/ptrace.h */
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, flags, rsp, ss;
};

struct vm_area_struct; /* the kernel's, of which nothing is known here */

struct place {
	struct record_event event;
	uint8_t parts[RECORD_PARTS_MAX + sizeof(struct record_part) + RECORD_PART_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PROCESSORS);
	__type(key, uint32_t);
	__type(value, struct place);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECORD_CALLS);
	__type(key, uint32_t);
	__type(value, struct record_plan);
} plans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct record_control);
} control SEC(".maps");

struct followed {
	uint64_t number; /* of the call that it is in */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TASKS);
	__type(key, uint64_t);
	__type(value, struct followed);
} tasks SEC(".maps");

const char terms[] SEC("license") = "Dual MIT/GPL";

static struct record_control *control_get(void)
{
	uint32_t key = 0;

	return bpf_map_lookup_elem(&control, &key);
}

static void lost_count(void)
{
	struct record_control *shared = control_get();

	if (shared)
		__sync_fetch_and_add(&shared->lost, 1);
}

static struct place *place_get(void)
{
	uint32_t key = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&places, &key);
}

static struct followed *task_find(void)
{
	uint64_t key = bpf_get_current_task();

	return bpf_map_lookup_elem(&tasks, &key);
}

static void event_begin(struct place *place, uint32_t kind)
{
	__builtin_memset(&place->event, 0, sizeof(place->event));
	place->event.kind = kind;
	place->event.task = (uint32_t)bpf_get_current_pid_tgid();
}

static void event_send(struct place *place)
{
	uint32_t bytes = place->event.bytes;

	barrier_var(bytes);
	if (bytes > RECORD_PARTS_MAX)
		bytes = RECORD_PARTS_MAX;
	if (bpf_ringbuf_output(&events, place, sizeof(place->event) + bytes, 0))
		lost_count();
}

static long area_found(struct task_struct *task, struct vm_area_struct *area, void *context)
{
	(void)task;
	(void)area;
	*(uint32_t *)context = RECORD_ABSENT;
	return 0;
}

/* Of a page that could not be read: whether there should be one. When nobody can say (the memory's lock is taken), there should. */
static uint32_t state_find(uint64_t address)
{
	uint32_t state = RECORD_NO_MEMORY;

	if (bpf_find_vma(bpf_get_current_task_btf(), address, area_found, &state, 0) == -16 /* EBUSY */)
		return RECORD_ABSENT;
	return state;
}

/* Adds a part, which lies in one page. Returns whether it was read. */
static __noinline int part_take(uint64_t address, uint32_t bytes)
{
	struct place *place = place_get();
	struct record_part *part;
	uint32_t used;

	if (!place)
		return 0;
	used = place->event.bytes;
	if (used > RECORD_PARTS_MAX - sizeof(*part) - RECORD_PART_MAX) {
		place->event.cut++;
		return 0;
	}
	barrier_var(bytes); /* the compiler knows that it is small; the kernel's verifier must see it compared */
	if (bytes > RECORD_PART_MAX)
		bytes = RECORD_PART_MAX;
	part = (void *)&place->parts[used & (RECORD_PARTS_MAX - 1)];
	*part = (struct record_part){.address = address, .asked = bytes, .got = bytes, .state = RECORD_READ};
	used += sizeof(*part);
	if (bpf_probe_read_user(&place->parts[used & (RECORD_PARTS_MAX - 1)], bytes, (const void *)address)) {
		part->got = 0;
		part->state = state_find(address);
	}
	place->event.bytes = used + ((part->got + 7) & ~7u);
	return part->got != 0;
}

/* Memory from an address on, page by page as far as it can be read. Returns at which part of the event it begins. */
static __noinline int memory_take(uint64_t address, uint32_t bytes)
{
	struct place *place = place_get();
	uint32_t start = place ? place->event.bytes : 0;

	for (int i = 0; i < PAGES_MOST && bytes; i++) {
		uint32_t here = RECORD_PAGE - (address & (RECORD_PAGE - 1));

		if (here > bytes)
			here = bytes;
		if (!part_take(address, here))
			break;
		address += here;
		bytes -= here;
	}
	return (int)start;
}

/* How much of a text has to be read: its bytes, its NUL, and what a reader may ask for behind. */
static uint32_t text_bytes(uint64_t address, uint32_t most)
{
	struct place *place = place_get();
	long length;
	uint32_t used;

	if (!place)
		return 0;
	used = place->event.bytes + sizeof(struct record_part);
	if (used > RECORD_PARTS_MAX)
		return 0;
	length = bpf_probe_read_user_str(&place->parts[used & (RECORD_PARTS_MAX - 1)], RECORD_PART_MAX, (const void *)address);
	return length > 0 && length + TEXT_ALIKE < most ? (uint32_t)length + TEXT_ALIKE : most;
}

/* Words in memory that was taken, which may be pointers. */
struct words {
	uint32_t at, bytes;
	uint16_t inner[RECORD_LEVELS - 1];
};

static int word_read(uint32_t at, uint64_t *word)
{
	struct place *place = place_get();

	if (!place || at > RECORD_PARTS_MAX - sizeof(*word))
		return 0;
	*word = *(uint64_t *)&place->parts[at & (RECORD_PARTS_MAX - 1) & ~7u];
	return *word >= LOWEST && *word < HIGHEST;
}

/* What was taken last, of memory that began in the first page: its words are looked at. */
static int words_of(uint32_t start, struct words *words)
{
	struct place *place = place_get();

	if (!place || start > RECORD_PARTS_MAX - sizeof(struct record_part))
		return 0;
	words->at = start + sizeof(struct record_part);
	words->bytes = place->event.bytes > words->at ? place->event.bytes - words->at : 0;
	return 1;
}

static long innermost_take(uint32_t index, void *context)
{
	const struct words *words = context;
	uint64_t address;

	if (word_read(words->at + index * 8, &address))
		memory_take(address, words->inner[1]);
	return 0;
}

static long inner_take(uint32_t index, void *context)
{
	const struct words *words = context;
	struct words more = {.inner = {0, words->inner[1]}};
	uint64_t address;
	uint32_t start;

	if (!word_read(words->at + index * 8, &address))
		return 0;
	start = memory_take(address, words->inner[0]);
	if (words->inner[1] && words_of(start, &more))
		bpf_loop(more.bytes / 8, innermost_take, &more, 0);
	return 0;
}

static __always_inline void argument_take(const struct record_fetch *fetch, uint64_t address, bool before)
{
	struct words words = {.inner = {fetch->inner[0], fetch->inner[1]}};
	uint32_t start;

	if (!fetch->bytes || !address || (before && fetch->flags & RECORD_AFTER))
		return;
	start = memory_take(address, fetch->flags & RECORD_TEXT ? text_bytes(address, fetch->bytes) : fetch->bytes);
	if (fetch->inner[0] && words_of(start, &words))
		bpf_loop(words.bytes / 8, inner_take, &words, 0);
}

static __always_inline void arguments_take(struct place *place)
{
	uint32_t key = (uint32_t)place->event.number;
	struct record_plan *plan = place->event.number < RECORD_CALLS ? bpf_map_lookup_elem(&plans, &key) : 0;

	if (!plan)
		return;
	for (int i = 0; i < RECORD_ARGUMENTS; i++)
		argument_take(&plan->fetches[i], plan->fetches[i].flags & RECORD_STACK ? place->event.stack : place->event.arguments[i], place->event.kind == RECORD_ENTRY);
}

static __always_inline void event_make(const struct registers *from, uint32_t kind, uint64_t number, int64_t result)
{
	struct place *place = place_get();
	struct registers now;

	if (!place || bpf_probe_read_kernel(&now, sizeof(now), from)) {
		lost_count();
		return;
	}
	event_begin(place, kind);
	place->event.number = number;
	place->event.result = result;
	place->event.stack = now.rsp;
	place->event.arguments[0] = now.rdi;
	place->event.arguments[1] = now.rsi;
	place->event.arguments[2] = now.rdx;
	place->event.arguments[3] = now.r10;
	place->event.arguments[4] = now.r8;
	place->event.arguments[5] = now.r9;
	arguments_take(place);
	event_send(place);
}

SEC("raw_tp/sys_enter")
int call_entered(struct bpf_raw_tracepoint_args *context)
{
	struct followed *task = task_find();

	if (!task)
		return 0;
	task->number = context->args[1];
	event_make((const struct registers *)context->args[0], RECORD_ENTRY, task->number, 0);
	return 0;
}

SEC("raw_tp/sys_exit")
int call_left(struct bpf_raw_tracepoint_args *context)
{
	struct followed *task = task_find();

	if (task)
		event_make((const struct registers *)context->args[0], RECORD_EXIT, task->number, (int64_t)context->args[1]);
	return 0;
}

/* (parent, child): the child is followed when the parent is, or is the recorder. */
SEC("raw_tp/sched_process_fork")
int task_forked(struct bpf_raw_tracepoint_args *context)
{
	struct record_control *shared = control_get();
	struct followed child = {.number = ~0ull};
	uint64_t key = context->args[1];

	if (!shared || (!task_find() && shared->parent != (uint32_t)bpf_get_current_pid_tgid()))
		return 0;
	if (bpf_map_update_elem(&tasks, &key, &child, BPF_ANY))
		lost_count();
	return 0;
}

/* (task, id before, program): the id of a thread that execve() makes the only one becomes the process's. */
SEC("raw_tp/sched_process_exec")
int task_executes(struct bpf_raw_tracepoint_args *context)
{
	struct place *place = place_get();

	if (!task_find() || !place || context->args[1] == (uint32_t)bpf_get_current_pid_tgid())
		return 0;
	event_begin(place, RECORD_RENAMED);
	place->event.number = context->args[1];
	event_send(place);
	return 0;
}

/* (task) */
SEC("raw_tp/sched_process_exit")
int task_ended(struct bpf_raw_tracepoint_args *context)
{
	uint64_t key = context->args[0];
	struct place *place = place_get();

	if (!bpf_map_lookup_elem(&tasks, &key))
		return 0;
	bpf_map_delete_elem(&tasks, &key);
	if (place) {
		event_begin(place, RECORD_END);
		event_send(place);
	}
	return 0;
}
