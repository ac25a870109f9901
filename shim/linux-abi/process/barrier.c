/* SPDX-License-Identifier: MIT */
/*
 * membarrier(2). There is one processor, so a thread that does not run has come to a stop between two instructions, with all that it has stored to be seen by whoever runs next: when this call is made, every other thread has had its barrier.
 * What is left to do is to let no instruction that was fetched before be executed after (the SYNC_CORE kind). Restartable sequences (rseq(2)) do not exist here, so neither do the commands for them.
 *
 * Which kinds a memory has asked for is kept (memory->barriers): without that the private kinds are refused. A fork inherits it, an exec forgets it.
 */
#include "abi/linux/constants.h"
#include "process/handlers.h"

#define COMMANDS                                                                                                                                                            \
	(LINUX_MEMBARRIER_CMD_GLOBAL | LINUX_MEMBARRIER_CMD_GLOBAL_EXPEDITED | LINUX_MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | LINUX_MEMBARRIER_CMD_PRIVATE_EXPEDITED |          \
	 LINUX_MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | LINUX_MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | LINUX_MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)

/* An instruction that serializes (Intel SDM 3A, 8.3): what the processor has fetched is gone. */
static void serialize(void)
{
	uint32_t a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
}

int64_t linux_membarrier(struct task *task, const uint64_t arguments[6])
{
	uint32_t *registered = &task->memory->barriers;

	if ((uint32_t)arguments[1])
		return -EINVAL;
	switch ((int32_t)arguments[0]) {
	case LINUX_MEMBARRIER_CMD_QUERY:
		return COMMANDS;
	case LINUX_MEMBARRIER_CMD_GLOBAL:
	case LINUX_MEMBARRIER_CMD_GLOBAL_EXPEDITED:
	case LINUX_MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
		return 0;
	case LINUX_MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case LINUX_MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		*registered |= (uint32_t)arguments[0];
		return 0;
	case LINUX_MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return *registered & LINUX_MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED ? 0 : -EPERM;
	case LINUX_MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		serialize();
		return *registered & LINUX_MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE ? 0 : -EPERM;
	default:
		return -EINVAL;
	}
}
