/* SPDX-License-Identifier: MIT */
/* The start of init (lib/runtime.h): its thread block is at INIT_THREAD_ADDRESS (lib/user.ld), where the kernel set the GS base. */
#include "lib/runtime.h"

#include "lib/clock.h"
#include "lib/console.h"
#include "lib/thread.h"

const struct boot_information *boot_information;

extern struct thread_block init_thread_block;

_Noreturn void runtime_start(const struct boot_information *information)
{
	init_thread_block = (struct thread_block){
		.self = &init_thread_block,
		.page = (struct message_page *)INIT_MESSAGE_ADDRESS,
		.thread = INIT_SLOT_THREAD,
	};
	boot_information = information;
	clock_use(information);
	debug_exit(main() == 0 ? DEBUG_EXIT_PASSED : DEBUG_EXIT_FAILED);
}
