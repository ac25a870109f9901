/* SPDX-License-Identifier: MIT */
/* Results by the table (results.h). Of a form with a decoder of its own only that it is no error is known here. */
#include "results.h"

#include "kernel.h"
#include "shim/linux-abi/status.h"

#define ERRNO_MOST 133 /* EHWPOISON: the last one that programs see */
#define FILES_MOST 4096
#define IDS_MOST (1 << 22)

/* From 0 up to what. */
#define MOST_ZERO 0
#define MOST_NEVER -1
#define MOST_VALUE INT64_MAX
#define MOST_BYTES 0x7ffff000
#define MOST_PROCESS IDS_MOST
#define MOST_NEW_FD FILES_MOST
#define MOST_NEW_ADDRESS 0x7ffffffff000
#define MOST_NEW_SHM INT32_MAX
#define MOST_NEW_SEM INT32_MAX
#define MOST_NEW_MSG INT32_MAX
#define MOST_NEW_WATCH INT32_MAX
#define MOST_NEW_TIMER INT32_MAX
#define MOST_NEW_AIO INT64_MAX
#define MOST_READY_POLLS FILES_MOST
#define MOST_READY_SETS 3 * FILES_MOST
#define MOST_OLD_MODE 0777
#define MOST_RESTORED INT64_MAX
#define MOST_RECEIVED_MESSAGES 1024
#define MOST_OF_FCNTL INT64_MAX
#define MOST_OF_SIGNAL INT64_MAX
#define MOST_OF_CLOCK_STATE 5 /* TIME_ERROR */
#define MOST_OF_IO_PRIORITY UINT16_MAX
#define MOST_OF_PERSONALITY UINT32_MAX
#define MOST_OF_SCHEDULER (0x40000000 | 7) /* with SCHED_RESET_ON_FORK */
#define MOST_OF_MEMBARRIER 0x7f
#define MOST_OF_PRCTL INT64_MAX
#define MOST_OF_TIME INT64_MAX

static const struct {
	const char *name;
	int64_t most;
} forms[] = {
#define SYSCALL(number, name, arguments, result, handler, status) BUILT_##status([number] = {#name, MOST_##result}, )
#include "shim/linux-abi/syscalls.def"
#undef SYSCALL
};

/* Errors that Linux tells programs though they are its own. */
static bool is_own_error(uint64_t number, int64_t result)
{
	return number == 54 && result == -524; /* setsockopt: ENOTSUPP of an option that a kind of sockets does not have */
}

/* Calls that return what may be any bits: arch_prctl, ioctl and ptrace write theirs; time may be what the clock was set to. */
static bool is_free(uint64_t number)
{
	return number == 15; /* rt_sigreturn: rax is what the frame says */
}

const char *call_name(uint64_t number)
{
	return number < sizeof(forms) / sizeof(forms[0]) && forms[number].name ? forms[number].name : "a call that is not built";
}

void result_check(const struct grammar_call *call, int64_t result)
{
	const char *name = call_name(call->number);

	if (is_free(call->number) || is_own_error(call->number, result) || (result < 0 && result >= -ERRNO_MOST))
		return;
	if (result < 0)
		complain("%s(%#lx, %#lx, %#lx, %#lx) is answered %ld, which is no error", name, call->arguments[0], call->arguments[1], call->arguments[2], call->arguments[3], result);
	if (call->number >= sizeof(forms) / sizeof(forms[0]) || !forms[call->number].name)
		complain("call %lu is not built and succeeds", call->number);
	if (result > forms[call->number].most)
		complain("%s(%#lx, %#lx, %#lx, %#lx) is answered %ld, and its row says at most %ld", name, call->arguments[0], call->arguments[1], call->arguments[2], call->arguments[3], result, forms[call->number].most);
}
