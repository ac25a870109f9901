/* SPDX-License-Identifier: MIT */
/* Sets of open files to wait for (file/poll.h), and the calls poll, ppoll, select, pselect6. A look at all files follows each wake-up: files tell what they are, not what has happened. */
#include "file/poll.h"

#include "file/descriptors.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "process/handlers.h"
#include "time/convert.h"

struct poll_chunk {
	struct poll_chunk *before;
	struct poll_entry entries[(PAGE_SIZE - sizeof(void *)) / sizeof(struct poll_entry)];
};
#define CHUNK_ENTRIES (sizeof(((struct poll_chunk *)0)->entries) / sizeof(struct poll_entry))
_Static_assert(sizeof(struct poll_chunk) <= PAGE_SIZE, "a chunk is a frame");

void poll_begin(struct poll_set *set, struct task *task)
{
	set->task = task;
	set->count = 0;
	set->chunks = NULL;
}

/* The chunk of an entry: they are few, or the walk is short beside the looks at files. */
static struct poll_chunk *chunk_of(const struct poll_set *set, uint32_t index)
{
	uint32_t last = (uint32_t)((set->count - 1 - POLL_FIRST) / CHUNK_ENTRIES), wanted = (uint32_t)((index - POLL_FIRST) / CHUNK_ENTRIES);
	struct poll_chunk *chunk = set->chunks;

	for (; last > wanted; last--)
		chunk = chunk->before;
	return chunk;
}

struct poll_entry *poll_at(struct poll_set *set, uint32_t index)
{
	return index < POLL_FIRST ? &set->first[index] : &chunk_of(set, index)->entries[(index - POLL_FIRST) % CHUNK_ENTRIES];
}

static bool room_provide(struct poll_set *set)
{
	struct poll_chunk *chunk;
	frame_t frame;

	if (set->count < POLL_FIRST || (set->count - POLL_FIRST) % CHUNK_ENTRIES)
		return true;
	frame = frame_allocate(false);
	if (!frame)
		return false;
	chunk = frame_bytes(frame);
	chunk->before = set->chunks;
	set->chunks = chunk;
	return true;
}

bool poll_add(struct poll_set *set, int32_t number, uint32_t wanted)
{
	struct poll_entry *entry;

	if (!room_provide(set))
		return false;
	set->count++;
	entry = poll_at(set, set->count - 1);
	*entry = (struct poll_entry){.number = number, .wanted = wanted};
	if (number >= 0 && descriptor_take(set->task, (uint32_t)number, &entry->description))
		entry->description = NULL;
	return true;
}

/* Looks at one file. It joins the queue at the first look, before it is asked: what happens later wakes. */
static bool entry_look(struct poll_set *set, struct poll_entry *entry, bool joins)
{
	struct wait_queue *queue;

	if (!entry->description) {
		entry->ready = entry->number < 0 ? 0 : LINUX_POLLNVAL;
		return entry->ready;
	}
	entry->ready = description_poll(set->task, entry->description, &queue) & entry->wanted;
	if (joins && queue && !entry->ready) {
		entry->waiter.interest = entry->wanted;
		queue_join(queue, &entry->waiter, set->task);
	}
	return entry->ready;
}

static int64_t all_look(struct poll_set *set, bool joins)
{
	int64_t ready = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		struct poll_entry *entry = poll_at(set, i);

		ready += entry_look(set, entry, joins && !ready && !entry->waiter.at);
	}
	return ready;
}

int64_t poll_wait(struct poll_set *set, uint64_t deadline)
{
	int64_t ready = all_look(set, deadline != 0);

	while (!ready && deadline) {
		int error = task_wait(set->task, WAIT_INTERRUPTIBLE, deadline);

		if (error == -ERESTARTSYS)
			return error;
		ready = all_look(set, true);
		if (error)
			break;
	}
	return ready;
}

void poll_end(struct poll_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		queue_leave(&poll_at(set, i)->waiter);
	for (uint32_t i = 0; i < set->count; i++)
		if (poll_at(set, i)->description)
			description_release(poll_at(set, i)->description);
	while (set->chunks) {
		struct poll_chunk *before = set->chunks->before;

		frame_release(frame_of(set->chunks));
		set->chunks = before;
	}
}

/* The end of a call that a signal has ended: made again to the same deadline when no handler runs. */
static int64_t interrupted(struct task *task, uint64_t deadline)
{
	task->restart_deadline = deadline;
	return -ERESTARTNOHAND;
}

/* The deadline of a call: the one before, when it is made again. */
static uint64_t deadline_of(struct task *task, uint64_t deadline)
{
	uint64_t before = task->restart_deadline;

	task->restart_deadline = 0;
	return before ? before : deadline;
}

/* poll. */

static int64_t polls_add(struct poll_set *set, uint64_t address, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct linux_pollfd poll;

		if (user_get(set->task->memory, &poll, address + i * sizeof(poll)))
			return -EFAULT;
		if (!poll_add(set, poll.fd, (uint16_t)poll.events | POLL_ALWAYS))
			return -ENOMEM;
	}
	return 0;
}

static int64_t polls_put(struct poll_set *set, uint64_t address)
{
	for (uint32_t i = 0; i < set->count; i++) {
		int16_t events = (int16_t)poll_at(set, i)->ready;

		if (user_put(set->task->memory, address + i * sizeof(struct linux_pollfd) + offsetof(struct linux_pollfd, revents), &events))
			return -EFAULT;
	}
	return 0;
}

static int64_t call_poll(struct task *task, uint64_t address, uint32_t count, uint64_t deadline)
{
	struct poll_set set;
	int64_t result, error;

	if (count > task->process->limits[LINUX_RLIMIT_NOFILE][0])
		return -EINVAL;
	poll_begin(&set, task);
	result = polls_add(&set, address, count);
	if (!result)
		result = poll_wait(&set, deadline);
	if (result >= 0) {
		error = polls_put(&set, address);
		result = error ? error : result;
	}
	poll_end(&set);
	return result == -ERESTARTSYS ? interrupted(task, deadline) : result;
}

int64_t linux_poll(struct task *task, const uint64_t arguments[6])
{
	int32_t ms = (int32_t)arguments[2];
	uint64_t deadline = ms < 0 ? NEVER : ms ? clock_now() + (uint64_t)ms * 1000000 : 0;

	return call_poll(task, arguments[0], (uint32_t)arguments[1], deadline_of(task, deadline));
}

/* A relative time of a call, in seconds and parts of them; no address: never. */
static int64_t timeout_take(struct task *task, uint64_t address, uint64_t per_second, uint64_t *deadline)
{
	struct time_value time;
	uint64_t ns;

	*deadline = NEVER;
	if (!address)
		return 0;
	if (user_get(task->memory, &time, address))
		return -EFAULT;
	if (!time_to_ns(&time, per_second, &ns))
		return -EINVAL;
	*deadline = !ns ? 0 : ns < NEVER - clock_now() ? clock_now() + ns : NEVER;
	return 0;
}

/* Tells what is left of the time. Where that cannot be told the call is as good as it was. */
static void timeout_put(struct task *task, uint64_t address, uint64_t per_second, uint64_t deadline)
{
	uint64_t now = clock_now();
	struct time_value time = time_of_ns(deadline > now ? deadline - now : 0, per_second);

	if (address && deadline != NEVER && !(task->process->personality & LINUX_STICKY_TIMEOUTS))
		(void)user_put(task->memory, address, &time);
}

int64_t linux_ppoll(struct task *task, const uint64_t arguments[6])
{
	uint64_t deadline;
	int64_t result = timeout_take(task, arguments[2], NS_PER_SECOND, &deadline);

	if (!result)
		result = signals_block_for_call(task, arguments[3], arguments[4]);
	if (result)
		return result;
	deadline = deadline_of(task, deadline);
	result = call_poll(task, arguments[0], (uint32_t)arguments[1], deadline);
	timeout_put(task, arguments[2], NS_PER_SECOND, deadline);
	return result;
}

/* select. */

#define EVENTS_IN (LINUX_POLLRDNORM | LINUX_POLLRDBAND | LINUX_POLLIN | LINUX_POLLHUP | LINUX_POLLERR)
#define EVENTS_OUT (LINUX_POLLWRBAND | LINUX_POLLWRNORM | LINUX_POLLOUT | LINUX_POLLERR)
#define EVENTS_EXCEPTION LINUX_POLLPRI

static const uint32_t events_of[3] = {EVENTS_IN, EVENTS_OUT, EVENTS_EXCEPTION};

/* Reads the words of the three sets that hold 64 numbers. */
static int64_t words_take(struct task *task, const uint64_t sets[3], uint32_t word, uint64_t words[3])
{
	for (unsigned i = 0; i < 3; i++) {
		words[i] = 0;
		if (sets[i] && user_get(task->memory, &words[i], sets[i] + word * sizeof(words[i])))
			return -EFAULT;
	}
	return 0;
}

static int64_t numbers_add(struct poll_set *set, const uint64_t words[3], uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < 64 && first + i < count; i++) {
		uint32_t wanted = 0;

		for (unsigned j = 0; j < 3; j++)
			wanted |= words[j] >> i & 1 ? events_of[j] : 0;
		if (!wanted)
			continue;
		if (!descriptor_find(set->task->files, first + i))
			return -EBADF;
		if (!poll_add(set, (int32_t)(first + i), wanted))
			return -ENOMEM;
	}
	return 0;
}

static int64_t sets_add(struct poll_set *set, const uint64_t sets[3], uint32_t count)
{
	for (uint32_t word = 0; word * 64 < count; word++) {
		uint64_t words[3];
		int64_t error = words_take(set->task, sets, word, words);

		if (!error)
			error = numbers_add(set, words, word * 64, count);
		if (error)
			return error;
	}
	return 0;
}

/* Writes the sets: of each file what is ready and was in that set. How many bits. */
static int64_t sets_put(struct poll_set *set, const uint64_t sets[3], uint32_t count)
{
	uint32_t index = 0;
	int64_t bits = 0;

	for (uint32_t word = 0; word * 64 < count; word++) {
		uint64_t words[3], ready[3] = {0};

		if (words_take(set->task, sets, word, words))
			return -EFAULT;
		for (; index < set->count && (uint32_t)poll_at(set, index)->number / 64 == word; index++) {
			const struct poll_entry *entry = poll_at(set, index);

			for (unsigned j = 0; j < 3; j++)
				if (entry->ready & events_of[j] && words[j] >> (entry->number % 64) & 1) {
					ready[j] |= 1ull << (entry->number % 64);
					bits++;
				}
		}
		for (unsigned j = 0; j < 3; j++)
			if (sets[j] && user_put(set->task->memory, sets[j] + word * sizeof(ready[j]), &ready[j]))
				return -EFAULT;
	}
	return bits;
}

static int64_t call_select(struct task *task, int32_t count, const uint64_t sets[3], uint64_t deadline)
{
	struct poll_set set;
	int64_t result;

	if (count < 0)
		return -EINVAL;
	if (count > DESCRIPTORS_MAX)
		count = DESCRIPTORS_MAX;
	poll_begin(&set, task);
	result = sets_add(&set, sets, (uint32_t)count);
	if (!result)
		result = poll_wait(&set, deadline);
	if (result >= 0)
		result = sets_put(&set, sets, (uint32_t)count);
	poll_end(&set);
	return result == -ERESTARTSYS ? interrupted(task, deadline) : result;
}

int64_t linux_select(struct task *task, const uint64_t arguments[6])
{
	uint64_t deadline;
	int64_t result = timeout_take(task, arguments[4], 1000000, &deadline);

	if (result)
		return result;
	deadline = deadline_of(task, deadline);
	result = call_select(task, (int32_t)arguments[0], arguments + 1, deadline);
	timeout_put(task, arguments[4], 1000000, deadline);
	return result;
}

int64_t linux_pselect6(struct task *task, const uint64_t arguments[6])
{
	struct linux_sigset_argument mask = {0};
	uint64_t deadline;
	int64_t result = timeout_take(task, arguments[4], NS_PER_SECOND, &deadline);

	if (!result && arguments[5] && user_get(task->memory, &mask, arguments[5]))
		result = -EFAULT;
	if (!result)
		result = signals_block_for_call(task, mask.set, mask.bytes);
	if (result)
		return result;
	deadline = deadline_of(task, deadline);
	result = call_select(task, (int32_t)arguments[0], arguments + 1, deadline);
	timeout_put(task, arguments[4], NS_PER_SECOND, deadline);
	return result;
}
