/* SPDX-License-Identifier: MIT */
/*
 * Futexes (process/futex.h). What is waited for is named by memory and address, or, in a shared mapping, by object and offset, so that processes that map it at different addresses meet. All that wait are in a table of lists by that
 * name, in the order in which they came.
 */
#include "process/futex.h"

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "lib/clock.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define BUCKETS 256
#define ROBUST_MAX 2048

struct key {
	const void *space; /* memory or object */
	uint64_t place;    /* with one of these, unless who named it said FUTEX_PRIVATE_FLAG: he does not meet those who did not */
};
#define OF_OBJECT 1
#define OF_MEMORY 2

struct futex_waiter {
	struct futex_waiter *next;
	struct task *task;
	struct key key;
	uint32_t bits;
	bool woken;
};

static struct futex_waiter *buckets[BUCKETS];

static unsigned bucket_of(const struct key *key)
{
	return (unsigned)((((uint64_t)key->space >> 4) + key->place / 4) * 0x9e3779b97f4a7c15ull >> 32) % BUCKETS;
}

static bool key_is(const struct key *a, const struct key *b)
{
	return a->space == b->space && a->place == b->place;
}

/* The name of a futex. -EINVAL: misaligned; -EFAULT: nothing is mapped there, or nothing that anybody else could see change. */
static int key_make(struct memory *memory, uint64_t address, bool private, struct key *key)
{
	const struct area *area;

	if (address % sizeof(uint32_t))
		return -EINVAL;
	if (!user_range(address, sizeof(uint32_t)))
		return -EFAULT;
	*key = (struct key){memory, private ? address : address | OF_MEMORY};
	area = private ? NULL : area_find(&memory->areas, address);
	if (area && area->flags & AREA_SHARED && area->object)
		*key = (struct key){area->object, ((area->first << PAGE_BITS) + address - area->start) | OF_OBJECT};
	if (!private && area && !area->object && !(area->flags & AREA_WRITE))
		return -EFAULT; /* a word that never changes */
	return private || area ? 0 : -EFAULT;
}

static void waiter_join(struct futex_waiter *waiter)
{
	struct futex_waiter **at = &buckets[bucket_of(&waiter->key)];

	while (*at)
		at = &(*at)->next;
	waiter->next = NULL;
	*at = waiter;
}

static void waiter_leave(struct futex_waiter *waiter)
{
	struct futex_waiter **at = &buckets[bucket_of(&waiter->key)];

	while (*at && *at != waiter)
		at = &(*at)->next;
	if (*at)
		*at = waiter->next;
}

static int64_t wake(const struct key *key, uint32_t count, uint32_t bits)
{
	struct futex_waiter **at = &buckets[bucket_of(key)], *waiter;
	int64_t woken = 0;

	while ((waiter = *at) != NULL && woken < count) {
		if (!key_is(&waiter->key, key) || !(waiter->bits & bits)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->woken = true;
		task_wake(waiter->task);
		woken++;
	}
	return woken;
}

int64_t futex_wake(struct memory *memory, uint64_t address, uint32_t count)
{
	struct key private = {0}, shared;
	int64_t woken = 0;

	if (key_make(memory, address, true, &private) == 0)
		woken = wake(&private, count, UINT32_MAX);
	if (woken < count && key_make(memory, address, false, &shared) == 0 && !key_is(&private, &shared))
		woken += wake(&shared, count - (uint32_t)woken, UINT32_MAX);
	return woken;
}

/* FUTEX_WAIT: the value is compared when nothing can change it any more before the task is in the list. */
static int64_t futex_wait(struct task *task, uint64_t address, bool private, uint32_t value, uint64_t deadline, uint32_t bits)
{
	struct futex_waiter waiter = {.task = task, .bits = bits};
	uint32_t now;
	int error = key_make(task->memory, address, private, &waiter.key);

	if (!error && user_get(task->memory, &now, address) != 0)
		error = -EFAULT;
	if (!error && now != value)
		error = -EAGAIN;
	if (error)
		return error;
	waiter_join(&waiter);
	while (!waiter.woken && !error)
		error = task_wait(task, WAIT_INTERRUPTIBLE, deadline);
	waiter_leave(&waiter);
	return waiter.woken ? 0 : error;
}

/* FUTEX_REQUEUE, FUTEX_CMP_REQUEUE: wakes some and has the others wait at another futex. */
static int64_t requeue(const struct key *from, const struct key *to, uint32_t wakes, uint32_t moves)
{
	struct futex_waiter **at = &buckets[bucket_of(from)], *waiter;
	int64_t woken = wake(from, wakes, UINT32_MAX), moved = 0;

	while (!key_is(from, to) && (waiter = *at) != NULL && moved < moves) {
		if (!key_is(&waiter->key, from)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->key = *to;
		waiter_join(waiter);
		moved++;
	}
	return woken + moved;
}

/* FUTEX_WAKE_OP: an operation on the second word, then two wakes. */
static int64_t wake_op(struct task *task, const struct key *first, const struct key *second, uint64_t address, uint32_t wakes, uint32_t others, uint32_t operation)
{
	int32_t argument = (int32_t)(operation << 8) >> 20, compare = (int32_t)(operation << 20) >> 20;
	uint32_t old, value;
	bool holds;

	if (user_get(task->memory, &old, address) != 0)
		return -EFAULT;
	if (operation >> 31)
		argument = argument < 0 || argument > 31 ? 0 : (int32_t)(1u << argument);
	switch (operation >> 28 & 7) {
	case LINUX_FUTEX_OP_SET:
		value = (uint32_t)argument;
		break;
	case LINUX_FUTEX_OP_ADD:
		value = old + (uint32_t)argument;
		break;
	case LINUX_FUTEX_OP_OR:
		value = old | (uint32_t)argument;
		break;
	case LINUX_FUTEX_OP_ANDN:
		value = old & ~(uint32_t)argument;
		break;
	case LINUX_FUTEX_OP_XOR:
		value = old ^ (uint32_t)argument;
		break;
	default:
		return -ENOSYS;
	}
	if (user_put(task->memory, address, &value) != 0)
		return -EFAULT;
	switch (operation >> 24 & 15) {
	case LINUX_FUTEX_OP_CMP_EQ:
		holds = (int32_t)old == compare;
		break;
	case LINUX_FUTEX_OP_CMP_NE:
		holds = (int32_t)old != compare;
		break;
	case LINUX_FUTEX_OP_CMP_LT:
		holds = (int32_t)old < compare;
		break;
	case LINUX_FUTEX_OP_CMP_LE:
		holds = (int32_t)old <= compare;
		break;
	case LINUX_FUTEX_OP_CMP_GT:
		holds = (int32_t)old > compare;
		break;
	case LINUX_FUTEX_OP_CMP_GE:
		holds = (int32_t)old >= compare;
		break;
	default:
		return -ENOSYS;
	}
	return wake(first, wakes ? wakes : 1, UINT32_MAX) + (holds ? wake(second, others ? others : 1, UINT32_MAX) : 0); /* none is one, as on Linux */
}

static bool waits(unsigned operation)
{
	return operation == LINUX_FUTEX_WAIT || operation == LINUX_FUTEX_WAIT_BITSET;
}

/* When a time of the day comes, by the clock of waits. */
static uint64_t deadline_of_wall(uint64_t ns)
{
	uint64_t wall = vdso_wall_now();

	return clock_now() + (ns > wall ? ns - wall : 0);
}

/* The deadline of a wait: relative for FUTEX_WAIT, of a clock for FUTEX_WAIT_BITSET. */
static int64_t futex_deadline(struct task *task, const uint64_t arguments[6], unsigned operation, uint64_t *deadline)
{
	struct time_value time;
	uint64_t ns;

	*deadline = NEVER;
	if (!waits(operation) || !arguments[3])
		return 0;
	if (user_get(task->memory, &time, arguments[3]) != 0)
		return -EFAULT;
	if (!time_to_ns(&time, NS_PER_SECOND, &ns))
		return -EINVAL;
	if (operation == LINUX_FUTEX_WAIT)
		*deadline = clock_now() + ns;
	else
		*deadline = arguments[1] & LINUX_FUTEX_CLOCK_REALTIME ? deadline_of_wall(ns) : ns;
	return 0;
}

/* The operations that name two futexes. */
static int64_t futex_two(struct task *task, const uint64_t arguments[6], unsigned operation, bool private)
{
	struct key first, second;
	uint32_t now;
	int error = key_make(task->memory, arguments[0], private, &first);

	if (!error)
		error = key_make(task->memory, arguments[4], private, &second);
	if (error)
		return error;
	if ((int32_t)arguments[2] < 0 || (int32_t)arguments[3] < 0)
		return -EINVAL;
	if (operation == LINUX_FUTEX_WAKE_OP)
		return wake_op(task, &first, &second, arguments[4], (uint32_t)arguments[2], (uint32_t)arguments[3], (uint32_t)arguments[5]);
	if (operation == LINUX_FUTEX_CMP_REQUEUE) {
		if (user_get(task->memory, &now, arguments[0]) != 0)
			return -EFAULT;
		if (now != (uint32_t)arguments[5])
			return -EAGAIN;
	}
	return requeue(&first, &second, (uint32_t)arguments[2], (uint32_t)arguments[3]);
}

int64_t linux_futex(struct task *task, const uint64_t arguments[6])
{
	unsigned operation = (unsigned)arguments[1] & ~(unsigned)(LINUX_FUTEX_PRIVATE_FLAG | LINUX_FUTEX_CLOCK_REALTIME);
	bool private = arguments[1] & LINUX_FUTEX_PRIVATE_FLAG;
	uint32_t bits = operation == LINUX_FUTEX_WAIT_BITSET || operation == LINUX_FUTEX_WAKE_BITSET ? (uint32_t)arguments[5] : UINT32_MAX;
	struct key key;
	uint64_t deadline;
	int64_t error = futex_deadline(task, arguments, operation, &deadline);

	if (error)
		return error;
	if (arguments[1] & LINUX_FUTEX_CLOCK_REALTIME && operation != LINUX_FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (operation) {
	case LINUX_FUTEX_WAIT:
	case LINUX_FUTEX_WAIT_BITSET:
		return bits ? futex_wait(task, arguments[0], private, (uint32_t)arguments[2], deadline, bits) : -EINVAL;
	case LINUX_FUTEX_WAKE:
	case LINUX_FUTEX_WAKE_BITSET:
		error = bits ? key_make(task->memory, arguments[0], private, &key) : -EINVAL;
		return error ? error : wake(&key, (int32_t)arguments[2] < 1 ? 1 : (uint32_t)arguments[2], bits);
	case LINUX_FUTEX_REQUEUE:
	case LINUX_FUTEX_CMP_REQUEUE:
	case LINUX_FUTEX_WAKE_OP:
		return futex_two(task, arguments, operation, private);
	default:
		return -ENOSYS; /* priority inheritance too: there is none to pretend */
	}
}

#define WAITS_MOST 128 /* FUTEX_WAITV_MAX */

/* One of the futexes of futex_waitv(2). */
struct wait_of_many {
	struct futex_waiter waiter;
	struct linux_futex_waitv wanted;
};

static int waits_read(struct task *task, uint64_t address, uint32_t count, struct wait_of_many waits[])
{
	for (uint32_t i = 0; i < count; i++) {
		struct linux_futex_waitv *wanted = &waits[i].wanted;

		if (user_get(task->memory, wanted, address + i * sizeof(*wanted)) != 0)
			return -EFAULT;
		if (wanted->reserved[0] || wanted->flags & ~(uint32_t)(LINUX_FUTEX_32 | LINUX_FUTEX_PRIVATE_FLAG) || !(wanted->flags & LINUX_FUTEX_32))
			return -EINVAL;
	}
	for (uint32_t i = 0; i < count; i++) {
		int error;

		waits[i].waiter = (struct futex_waiter){.task = task, .bits = UINT32_MAX};
		error = key_make(task->memory, waits[i].wanted.uaddr, waits[i].wanted.flags & LINUX_FUTEX_PRIVATE_FLAG, &waits[i].waiter.key);
		if (error)
			return error;
	}
	return 0;
}

/* Compares a value, and puts its waiter into the list before anything else can happen. 0, -EFAULT, -EAGAIN. */
static int wait_begin(struct task *task, struct wait_of_many *wait)
{
	uint32_t now;

	if (user_get(task->memory, &now, wait->wanted.uaddr) != 0)
		return -EFAULT;
	if (now != (uint32_t)wait->wanted.val)
		return -EAGAIN;
	waiter_join(&wait->waiter);
	return 0;
}

/* Waits for any of many: the index of the last that was woken, or an error. */
static int64_t waits_wait(struct task *task, uint32_t count, struct wait_of_many waits[], uint64_t deadline)
{
	uint32_t joined = 0;
	int64_t woken = -1;
	int error = 0;

	while (joined < count && (error = wait_begin(task, &waits[joined])) == 0)
		joined++;
	for (;;) {
		for (uint32_t i = 0; i < joined; i++)
			woken = waits[i].waiter.woken ? (int64_t)i : woken;
		if (woken >= 0 || error)
			break;
		error = task_wait(task, WAIT_INTERRUPTIBLE, deadline);
	}
	for (uint32_t i = 0; i < joined; i++)
		waiter_leave(&waits[i].waiter);
	return woken >= 0 ? woken : error;
}

/* The deadline of futex_waitv: a time of one of two clocks. */
static int waits_deadline(struct task *task, uint64_t address, int32_t clock, uint64_t *deadline)
{
	struct time_value time;
	uint64_t ns;

	*deadline = NEVER;
	if (!address)
		return 0;
	if (clock != LINUX_CLOCK_REALTIME && clock != LINUX_CLOCK_MONOTONIC)
		return -EINVAL;
	if (user_get(task->memory, &time, address) != 0)
		return -EFAULT;
	if (!time_to_ns(&time, NS_PER_SECOND, &ns))
		return -EINVAL;
	*deadline = clock == LINUX_CLOCK_REALTIME ? deadline_of_wall(ns) : ns;
	return 0;
}

int64_t linux_futex_waitv(struct task *task, const uint64_t arguments[6])
{
	struct wait_of_many waits[WAITS_MOST];
	uint32_t count = (uint32_t)arguments[1];
	uint64_t deadline;
	int error;

	if ((uint32_t)arguments[2] || !count || count > WAITS_MOST || !arguments[0])
		return -EINVAL;
	error = waits_deadline(task, arguments[3], (int32_t)arguments[4], &deadline);
	if (!error)
		error = waits_read(task, arguments[0], count, waits);
	return error ? error : waits_wait(task, count, waits, deadline);
}

int64_t linux_set_robust_list(struct task *task, const uint64_t arguments[6])
{
	if (arguments[1] != sizeof(uint64_t[3]))
		return -EINVAL;
	task->robust_list = arguments[0];
	task->robust_list_bytes = arguments[1];
	return 0;
}

int64_t linux_get_robust_list(struct task *task, const uint64_t arguments[6])
{
	const struct task *of = (int32_t)arguments[0] ? task_find((int32_t)arguments[0]) : task;
	const uint64_t bytes = sizeof(uint64_t[3]);
	uint64_t list;

	if (!of)
		return -ESRCH;
	if (!may_inspect(task, of))
		return -EPERM;
	list = of->robust_list; /* storing may wait, and the other task end meanwhile */
	if (user_put(task->memory, arguments[2], &bytes) != 0 || user_put(task->memory, arguments[1], &list) != 0)
		return -EFAULT;
	return 0;
}

#define OWNER_DIED 0x40000000
#define WAITERS 0x80000000
#define OWNER_MASK 0x3fffffff

static void lock_leave(struct task *task, uint64_t address)
{
	uint32_t word;

	if (address % sizeof(word) || user_get(task->memory, &word, address) != 0 || (word & OWNER_MASK) != (uint32_t)task->id)
		return;
	word = (word & WAITERS) | OWNER_DIED;
	if (user_put(task->memory, address, &word) == 0 && word & WAITERS)
		(void)futex_wake(task->memory, address, 1);
}

void robust_list_leave(struct task *task)
{
	struct {
		uint64_t first;
		int64_t offset;
		uint64_t pending;
	} head;
	uint64_t entry;

	if (!task->robust_list || user_get(task->memory, &head, task->robust_list) != 0)
		return;
	entry = head.first;
	for (unsigned i = 0; entry != task->robust_list && i < ROBUST_MAX; i++) {
		uint64_t next;

		if (user_get(task->memory, &next, entry & ~1ull) != 0)
			break;
		if (entry != head.pending)
			lock_leave(task, (entry & ~1ull) + (uint64_t)head.offset);
		entry = next;
	}
	if (head.pending)
		lock_leave(task, (head.pending & ~1ull) + (uint64_t)head.offset);
}
