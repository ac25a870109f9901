/* SPDX-License-Identifier: MIT */
/* Futexes and what threads are made of: waits and wakes with masks and deadlines, requeueing, operations on the second word, lists of locks that their owner leaves behind, flags of clone, numbers cleared at the end. */
#include "waiting.h"

#include <pthread.h>
#include <sched.h>

/* musl has no header of these. */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_FD 2
#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE 128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_WAIT_PRIVATE (FUTEX_WAIT | FUTEX_PRIVATE)
#define FUTEX_WAKE_PRIVATE (FUTEX_WAKE | FUTEX_PRIVATE)
#define FUTEX_CMP_REQUEUE_PRIVATE (FUTEX_CMP_REQUEUE | FUTEX_PRIVATE)
#define FUTEX_WAKE_OP_PRIVATE (FUTEX_WAKE_OP | FUTEX_PRIVATE)
#define FUTEX_WAIT_BITSET_PRIVATE (FUTEX_WAIT_BITSET | FUTEX_PRIVATE)
#define FUTEX_WAKE_BITSET_PRIVATE (FUTEX_WAKE_BITSET | FUTEX_PRIVATE)
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu
#define FUTEX_WAITERS 0x80000000u
enum { FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR, FUTEX_OP_OPARG_SHIFT = 8 };
enum { FUTEX_OP_CMP_EQ, FUTEX_OP_CMP_NE, FUTEX_OP_CMP_LT, FUTEX_OP_CMP_LE, FUTEX_OP_CMP_GT, FUTEX_OP_CMP_GE };
#define FUTEX_OP(operation, operand, comparison, compared) (((unsigned)(operation) & 15) << 28 | (comparison) << 24 | (operand) << 12 | (compared))

static uint32_t words[4];
static volatile int woken;

struct waiter {
	pthread_t thread;
	int task; /* its number, once it runs */
	uint32_t *word;
	uint32_t bits;
	long result;
	int error;
};

static long futex(uint32_t *word, int operation, uint32_t value, const void *timeout, uint32_t *other, uint32_t third)
{
	return syscall(SYS_futex, word, operation, value, timeout, other, third);
}

static void *wait_in_thread(void *argument)
{
	struct waiter *waiter = argument;

	__atomic_store_n(&waiter->task, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	waiter->result = futex(waiter->word, FUTEX_WAIT_BITSET_PRIVATE, *waiter->word, NULL, NULL, waiter->bits);
	waiter->error = errno;
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* So many wait, and all do so when this returns. */
static void waiters_start(struct waiter *waiters, unsigned count, uint32_t *word)
{
	woken = 0;
	for (unsigned i = 0; i < count; i++) {
		waiters[i].word = word;
		waiters[i].bits = waiters[i].bits ? waiters[i].bits : FUTEX_BITSET_MATCH_ANY;
		waiters[i].task = 0;
		pthread_create(&waiters[i].thread, NULL, wait_in_thread, &waiters[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		while (!__atomic_load_n(&waiters[i].task, __ATOMIC_SEQ_CST))
			check_nap(1000);
		check_thread_sleeps(waiters[i].task);
	}
}

static void waiters_end(struct waiter *waiters, unsigned count)
{
	for (unsigned i = 0; i < 4; i++)
		futex(&words[i], FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0);
	for (unsigned i = 0; i < count; i++)
		pthread_join(waiters[i].thread, NULL);
}

/* How many have gone on: so many are waited for, and then a moment for those that should not. */
static int woken_of(int wanted)
{
	time_t end = check_seconds() + CHECK_PATIENCE;

	while (__atomic_load_n(&woken, __ATOMIC_SEQ_CST) < wanted && check_seconds() <= end)
		check_nap(1000);
	check_nap(50000);
	return woken;
}

static void refusals(void)
{
	struct timespec now = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0}, soon = {0, 10000000};

	CALL(futex, words, 99, 0, NULL, NULL, 0);
	CALL(futex, (char *)words + 1, FUTEX_WAIT, 0, &now, NULL, 0);
	CALL(futex, (char *)words + 1, FUTEX_WAKE, 1, NULL, NULL, 0);
	CALL(futex, BAD_ADDRESS, FUTEX_WAIT, 0, &now, NULL, 0);
	CALL(futex, BAD_ADDRESS, FUTEX_WAIT_PRIVATE, 0, &now, NULL, 0);
	CALL(futex, BAD_ADDRESS, FUTEX_WAKE, 1, NULL, NULL, 0);
	CALL(futex, BAD_ADDRESS, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	CALL(futex, KERNEL_ADDRESS, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	CALL(futex, words, FUTEX_WAIT, 1, NULL, NULL, 0);
	CALL(futex, words, FUTEX_WAIT, 0, &bad, NULL, 0);
	CALL(futex, words, FUTEX_WAIT, 0, &negative, NULL, 0);
	CALL(futex, words, FUTEX_WAIT, 0, BAD_ADDRESS, NULL, 0);
	CALL(futex, words, FUTEX_WAIT, 0, &soon, NULL, 0);
	CALL(futex, words, FUTEX_WAIT_BITSET, 0, &now, NULL, FUTEX_BITSET_MATCH_ANY);
	CALL(futex, words, FUTEX_WAIT_BITSET, 0, &now, NULL, 0);
	CALL(futex, words, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0);
	CALL(futex, words, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &now, NULL, FUTEX_BITSET_MATCH_ANY);
	CALL(futex, words, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0);
	CALL(futex, words, FUTEX_WAKE, 1, NULL, NULL, 0);
	CALL(futex, words, FUTEX_CMP_REQUEUE, 1, 1, words + 1, 7);
	CALL(futex, words, FUTEX_REQUEUE, -1, 1, words + 1, 0);
	CALL(futex, words, FUTEX_REQUEUE, 1, -1, words + 1, 0);
	CALL(futex, words, FUTEX_REQUEUE, 1, 1, words, 0);
	CALL(futex, words, FUTEX_REQUEUE, 1, 1, BAD_ADDRESS, 0);
	CALL(futex, words, FUTEX_FD, 0, NULL, NULL, 0);
}

static void waking(void)
{
	struct waiter waiters[4] = {{.bits = 1}, {.bits = 2}, {.bits = 3}, {.bits = 4}};

	waiters_start(waiters, 4, words);
	CALL(futex, words, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 8);
	CALL(futex, words, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 2);
	SHOW("woken by a mask", "%d", woken_of(2));
	CALL(futex, words, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	SHOW("and one", "%d", woken_of(3));
	CALL(futex, words, FUTEX_WAKE, 10, NULL, NULL, 0);
	SHOW("a shared wake is for others", "%d", woken_of(3));
	waiters_end(waiters, 4);
	SHOW("results", "%ld %ld %ld %ld", waiters[0].result, waiters[1].result, waiters[2].result, waiters[3].result);
}

static void requeueing(void)
{
	struct waiter waiters[4] = {{.bits = 0}};

	waiters_start(waiters, 4, words);
	CALL(futex, words, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, words + 1, 0);
	SHOW("one went on", "%d", woken_of(1));
	CALL(futex, words + 1, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
	SHOW("two were moved", "%d", woken_of(3));
	CALL(futex, words, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
	waiters_end(waiters, 4);
	memset(waiters, 0, sizeof(waiters));
	waiters_start(waiters, 3, words);
	words[1] = 5;
	CALL(futex, words, FUTEX_WAKE_OP_PRIVATE, 1, 1, words + 1, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5));
	SHOW("second word", "%u", words[1]);
	CALL(futex, words, FUTEX_WAKE_OP_PRIVATE, 1, 1, words + 1, FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_GT, 100));
	CALL(futex, words, FUTEX_WAKE_OP_PRIVATE, 1, 1, BAD_ADDRESS, FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_GT, 100));
	CALL(futex, words, FUTEX_WAKE_OP_PRIVATE, 1, 1, words + 1, FUTEX_OP(7, 1, FUTEX_OP_CMP_GT, 100));
	CALL(futex, words, FUTEX_WAKE_OP_PRIVATE, 0, 0, words + 1, FUTEX_OP(FUTEX_OP_XOR | FUTEX_OP_OPARG_SHIFT, 4, FUTEX_OP_CMP_NE, 0));
	SHOW("second word", "%u", words[1]);
	waiters_end(waiters, 3);
	words[1] = 0;
}

/* Between processes, by memory that both map. */
static void shared(void)
{
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = fork();

	if (!child)
		_exit(futex(word, FUTEX_WAIT, 0, NULL, NULL, 0) ? 1 : 5);
	check_sleeps(child);
	CALL(futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	CALL(futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
	check_wait("waits in its own mapping", child);
	munmap(word, 4096);
}

/* The list of locks of a thread that ends. */
static struct {
	struct list {
		struct list *next;
	} head;
	long offset;
	struct list *pending;
} robust;
static struct {
	struct list entry;
	uint32_t word;
} locks[3];

/* A thread that the C library does not know, to its end. */
static void thread_run(int (*run)(void *), void *argument)
{
	static char stack[65536] __attribute__((aligned(16)));
	static int lives;

	lives = 1;
	clone(run, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID, argument, NULL, NULL, &lives);
	while (__atomic_load_n(&lives, __ATOMIC_SEQ_CST))
		futex((uint32_t *)&lives, FUTEX_WAIT, 1, NULL, NULL, 0);
}

static int die_with_locks(void *argument)
{
	uint32_t own = (uint32_t)syscall(SYS_gettid);

	robust.head.next = &locks[0].entry;
	robust.offset = (char *)&locks[0].word - (char *)&locks[0].entry;
	locks[0].entry.next = &locks[1].entry;
	locks[1].entry.next = argument ? &locks[0].entry : &robust.head; /* with an argument it never ends */
	robust.pending = &locks[2].entry;
	locks[0].word = own;
	locks[1].word = 12345; /* another's */
	locks[2].word = own | FUTEX_WAITERS;
	syscall(SYS_set_robust_list, &robust, sizeof(robust));
	return 0;
}

static void robust_lists(void)
{
	for (long round = 0; round < 2; round++) {
		thread_run(die_with_locks, (void *)round);
		SHOW("locks", "%x %u %x", locks[0].word, locks[1].word, locks[2].word);
	}
	CALL(set_robust_list, &robust, 1);
	CHILD("a list that is nowhere", syscall(SYS_set_robust_list, BAD_ADDRESS, sizeof(robust)));
}

static int thread_id, cleared = 77;

static int little_thread(void *argument)
{
	(void)argument;
	return 0;
}

static void cloning(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	char *top = stack + sizeof(stack);
	int status, tid;

	CALL(clone, CLONE_SIGHAND, NULL, NULL, NULL, 0);
	CALL(clone, CLONE_THREAD, NULL, NULL, NULL, 0);
	CALL(clone, CLONE_THREAD | CLONE_SIGHAND, NULL, NULL, NULL, 0);
	CALL(clone, CLONE_FS | CLONE_NEWNS, NULL, NULL, NULL, 0);
	CALL(clone, CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, NULL, NULL, NULL, 0);
	tid = clone(little_thread, top, flags | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, NULL, &thread_id, NULL, &cleared);
	SHOW("told", "%d", tid > 0 && thread_id == tid);
	while (__atomic_load_n(&cleared, __ATOMIC_SEQ_CST) == 77)
		futex((uint32_t *)&cleared, FUTEX_WAIT, 77, NULL, NULL, 0);
	SHOW("cleared", "%d", cleared);
	tid = clone(little_thread, top, CLONE_VM | SIGCHLD, NULL);
	SHOW("shares memory", "%d", waitpid(tid, &status, 0) == tid);
	check_status("of clone", status);
	tid = clone(little_thread, top, CLONE_VFORK | CLONE_VM | SIGCHLD | CLONE_CHILD_SETTID, NULL, NULL, NULL, BAD_ADDRESS);
	waitpid(tid, &status, 0);
	check_status("whose number goes nowhere", status);
	CALL(clone3, BAD_ADDRESS, 88);
	CALL(clone3, stack, 8);
	CALL(clone3, stack, 100000);
}

static void *leaves(void *argument)
{
	(void)argument;
	usleep(50000);
	syscall(SYS_exit_group, 9);
	return NULL;
}

static void *stays(void *argument)
{
	(void)argument;
	for (;;)
		pause();
	return NULL;
}

static void ends(void)
{
	CHILD("ends by another thread", { pthread_t thread; pthread_create(&thread, NULL, leaves, NULL); for (;;) pause(); });
	CHILD("its leader goes first", { pthread_t thread; pthread_create(&thread, NULL, leaves, NULL); syscall(SYS_exit, 3); });
	CHILD("a thread executes", {
		pthread_t thread;
		char *const shell[] = {(char *)"sh", (char *)"-c", (char *)"exit 21", NULL};

		pthread_create(&thread, NULL, stays, NULL);
		execve("/bin/sh", shell, NULL);
	});
}

int main(void)
{
	refusals();
	waking();
	requeueing();
	shared();
	robust_lists();
	cloning();
	ends();
	return 0;
}
