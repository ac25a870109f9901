/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the Linux personality as it is, on a model of the kernel (kernel.h) and the real cores of vfs and ramfs (peers.h), with several processes that make random calls (program.h), one step after the other in an order that
 * the input says too.
 *
 * What must hold: AddressSanitizer and UBSan find nothing; the personality asks nothing of the kernel that would be refused; each result is one that its row in syscalls.def allows; no fault is answered without an effect; nothing waits for
 * ever; and when all processes but the first have been killed, everything is as before they were made (census.h).
 *
 * An input begins with how it goes (late answers, refusals, allocations that fail, --trace), and is bytes for choices from there on. The world is put back to what it was before each (snapshot.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "census.h"
#include "drive.h"
#include "lib/service.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "limits.h"
#include "memories.h"
#include "peers.h"
#include "process/task.h"
#include "scripts.h"
#include "snapshot.h"

#define MEMORY_BYTES (192ull << 20)
#define CHECK_PERIOD 256 /* steps */
#define WORKERS 3
#define WORKERS_MOST 40 /* that come later */
#define STEPS_MOST 200000 /* of one input */
#define WORDS_MOST 256 /* of the command line */

int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* Fibers' stacks are not known to it, so frames of functions must lie on them and not elsewhere. */
const char *__asan_default_options(void)
{
	return "detect_stack_use_after_return=0";
}

static struct census before;

static void calls_tell(void)
{
	uint64_t calls = calls_made(), used = (uint64_t)clock() / (CLOCKS_PER_SEC / 1000);

	fprintf(stderr, "linux-shim: %lu calls in %lu ms of processor time: %lu a second\n", calls, used, used ? calls * 1000 / used : 0);
}

static void world_begin(void)
{
	calls_count();
	if (atexit(calls_tell) != 0)
		abort();
	kernel_begin(MEMORY_BYTES);
	peers_begin();
	slots_use(START_SLOT_FREE, START_SLOTS_MAX - START_SLOT_FREE);
	own_space = (struct space){.vspace = SLOT_VSPACE, .cnode = SLOT_CNODE};
	programs_begin(NULL, 0);
	service_begin();
	while (!model_threads || !thread_can_run(model_threads))
		if (!quiet_step())
			complain("the first program does not begin");
	system_begin();
	(void)workers_make(WORKERS); /* made and ended once before they are counted, so that what stays for the next ones is there */
	processes_end();
	objects_remove();
	before = census_take();
	if (!workers_make(WORKERS))
		complain("no process can be made");
	snapshot_take();
}

/* Whether calls are told as strace does it (to nobody: there is no link). */
static void calls_trace(bool told)
{
	for (struct process *process = processes; process; process = process->next)
		for (struct task *task = process->tasks; task; task = task->next_in_process)
			task->watched = (uint8_t)((task->watched & ~WATCHED_BY_LINES) | (told ? WATCHED_BY_LINES : 0));
}

/* Until the choices are used up. Processes that all wait for each other, or have ended, get company. */
static void input_run(uint8_t how)
{
	uint32_t period = how & 2 ? 8 + how / 4 : 0;
	bool goes_on = true;

	answers_delay(how & 1);
	answers_refuse(how & 8);
	calls_trace(how & 4);
	for (unsigned steps = 0, made = 0; goes_on && choices_left() && steps < STEPS_MOST; steps++) {
		allocations_limit(period);
		while (goes_on && random_step()) {
			goes_on = choices_left() && ++steps < STEPS_MOST;
			if (steps % CHECK_PERIOD == 0)
				memories_check();
		}
		goes_on = goes_on && made++ < WORKERS_MOST && workers_make(1);
	}
	memories_check();
	calls_trace(false);
	answers_delay(false);
	answers_refuse(false);
	allocations_limit(0);
}

/* Before its options are read: without libFuzzer's weighing of inputs by how rare what they reach is, which takes longer than to run them, since each reaches thousands of places. An option of the command line comes later, and so prevails. */
int LLVMFuzzerInitialize(int *count, char ***words)
{
	static char option[] = "-entropic=0", *with[WORDS_MOST + 2] = {NULL, option};

	if (*count > WORDS_MOST)
		return 0;
	with[0] = (*words)[0];
	memcpy(with + 2, *words + 1, (size_t)*count * sizeof(with[0])); /* with the null pointer behind the last */
	*words = with;
	++*count;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct census after;
	const char *wrong;

	if (size < 4)
		return 0;
	if (begun)
		snapshot_restore();
	else
		world_begin();
	begun = true;
	programs_begin(data + 1, size - 1);
	input_run(data[0]);
	programs_begin(NULL, 0);
	processes_end();
	objects_remove();
	after = census_take();
	census_compare(&before, &after);
	wrong = peers_check();
	if (wrong)
		complain("the filesystem: %s", wrong);
	return 0;
}
