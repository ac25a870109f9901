/* SPDX-License-Identifier: MIT */
/* The peer (hostile.h): a handler for the faults, one for the single steps. */
#define _GNU_SOURCE /* the names of registers */
#include "hostile.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100

static struct hostile peer;
static volatile unsigned accesses;
static struct sigaction old_fault, old_step; /* of the program around it */

static void memory_protect(int how)
{
	if (mprotect(peer.memory, peer.bytes, how) != 0)
		abort();
}

static void on_fault(int number, siginfo_t *information, void *context)
{
	uintptr_t at = (uintptr_t)information->si_addr, first = (uintptr_t)peer.memory;

	if (at < first || at >= first + peer.bytes) {
		signal(number, SIG_DFL); /* not ours: it happens again, and ends the program */
		return;
	}
	memory_protect(PROT_READ | PROT_WRITE);
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int number, siginfo_t *information, void *context)
{
	(void)number, (void)information;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	accesses++;
	if (accesses == peer.access)
		((volatile uint64_t *)peer.memory)[peer.word] = peer.value;
	memory_protect(PROT_NONE);
}

void hostile_begin(const struct hostile *hostile)
{
	struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, step = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

	peer = *hostile;
	accesses = 0;
	if (sigaction(SIGSEGV, &fault, &old_fault) != 0 || sigaction(SIGTRAP, &step, &old_step) != 0)
		abort();
	memory_protect(PROT_NONE);
}

unsigned hostile_end(void)
{
	memory_protect(PROT_READ | PROT_WRITE);
	sigaction(SIGSEGV, &old_fault, NULL);
	sigaction(SIGTRAP, &old_step, NULL);
	return accesses;
}

unsigned hostile_run(const struct hostile *hostile, void (*operation)(void *context), void *context)
{
	hostile_begin(hostile);
	operation(context);
	return hostile_end();
}
