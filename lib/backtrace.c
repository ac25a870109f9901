/* SPDX-License-Identifier: MIT */
/* Backtraces (lib/backtrace.h). A frame is the saved frame pointer, then the return address; frames grow towards lower addresses. */
#include "lib/backtrace.h"

#include "lib/console.h"
#include "lib/thread.h"

/* How far above the current frame the walk may go: no stack of this runtime is larger, and the thread block ends each. */
#define STACK_BYTES_MAX 0x10000

size_t backtrace_walk(vaddr_t frame, vaddr_t low, vaddr_t high, vaddr_t *addresses, size_t max)
{
	size_t count = 0;

	while (count < max && frame >= low && frame < high && high - frame >= 16 && frame % 8 == 0) {
		const uint64_t *words = (const uint64_t *)frame;

		if (!words[1])
			break;
		addresses[count++] = words[1];
		low = frame + 16;
		frame = words[0];
	}
	return count;
}

void backtrace_print(void)
{
	vaddr_t addresses[BACKTRACE_MAX], frame = (vaddr_t)__builtin_frame_address(0);
	vaddr_t end = (vaddr_t)thread_self();
	size_t count;

	if (end - frame > STACK_BYTES_MAX)
		return;
	count = backtrace_walk(frame, frame, end, addresses, BACKTRACE_MAX);
	for (size_t i = 0; i < count; i++)
		print("  [%p]\n", addresses[i]);
}
