/* SPDX-License-Identifier: MIT */
/* Calls of trees, each ending in bounded time. See reach.h. */
#include "reach.h"

#include "lib/clock.h"
#include "lib/fiber.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "lib/string.h"
#include "servers/supervisor/policy.h"

#define ANSWER_NS 20000000 /* in which a tree that is not trusted must answer, if only that it will */
#define RETRY_NS 100000000 /* how long one that is away is left alone */
#define NOBODY UINT64_MAX  /* no generation */

/* A tree as this service reaches it. */
struct tree {
	handle_t session;
	struct session_page *page;
	struct ring completions;
	uint64_t badge;
	struct fiber_lock lock;
	uint64_t trusted;       /* generation of an instance that may be called without a deadline */
	uint64_t seen, seen_at; /* generation that was there last, and since when (ns) */
	uint64_t given_up;      /* requests */
	bool fenced;            /* what it works on now is waited for */
	bool away;
};

/* What a fiber waits for: the answer `id` of a tree, or (id 0) a sign of the tree, which had nobody to carry out the request. */
struct waiting {
	struct fiber *fiber;
	uint64_t id, generation; /* generation: of the instance that will answer */
	struct completion completion;
	uint32_t tree;
	bool repeat; /* ask again: the tree has been restarted, or has somebody now */
	bool done;
};

static struct tree trees[VFS_TREES];
static uint32_t tree_count;
static const struct sessions *sessions;
static struct waiting waiting[VFS_WORKERS];
uint64_t reach_due;

static uint64_t generation_of(const struct tree *tree)
{
	return __atomic_load_n(&tree->page->generation, __ATOMIC_ACQUIRE);
}

/* Waits in the fiber until the answer `id` of this instance of a tree is there (true), or it must be asked again. */
static bool answer_await(uint32_t tree, uint64_t id, uint64_t generation, struct file_exchange *exchange)
{
	struct waiting *slot = waiting;
	uint64_t running;

	while (slot->fiber)
		slot++;
	*slot = (struct waiting){.fiber = fiber_self(), .tree = tree, .id = id, .generation = generation};
	running = session_pause(sessions);
	while (!slot->done && !slot->repeat)
		fiber_wait();
	session_resume(sessions, running);
	slot->fiber = NULL;
	if (!slot->done)
		return false;
	exchange->data[0] = (uint64_t)slot->completion.result;
	memcpy(&exchange->data[1], slot->completion.words, sizeof(slot->completion.words));
	exchange->words = 1 + sizeof(slot->completion.words) / sizeof(slot->completion.words[0]);
	return true;
}

/* Those that wait for another instance of a tree than there is, or for a sign of it, ask again. */
static void waiting_repeat(uint32_t index)
{
	uint64_t generation = generation_of(&trees[index]);

	trees[index].away = false;
	for (int i = 0; i < VFS_WORKERS; i++)
		if (waiting[i].fiber && waiting[i].tree == index && !waiting[i].done && (!waiting[i].id || waiting[i].generation != generation)) {
			waiting[i].repeat = true;
			fiber_wake(waiting[i].fiber);
		}
}

static void completions_take(uint32_t index)
{
	struct completion completion;

	while (ring_pop(&trees[index].completions, &completion) == RING_OK)
		for (int i = 0; i < VFS_WORKERS; i++)
			if (waiting[i].fiber && waiting[i].tree == index && waiting[i].id && waiting[i].id == completion.id) {
				waiting[i].completion = completion;
				waiting[i].done = true;
				fiber_wake(waiting[i].fiber);
			}
}

void reach_signalled(void *context, uint64_t bits)
{
	(void)context;
	for (uint32_t i = 0; i < tree_count; i++)
		if (bits & service_bit(trees[i].badge)) {
			completions_take(i);
			waiting_repeat(i);
		}
}

void reach_again(void *context)
{
	(void)context;
	reach_due = 0;
	for (uint32_t i = 0; i < tree_count; i++)
		if (trees[i].away)
			waiting_repeat(i);
}

/* A request was not answered in time; perhaps it was taken all the same. */
static void request_give_up(struct tree *tree)
{
	tree->given_up++;
	tree->away = true;
	tree->fenced = false;
	tree->trusted = NOBODY;
	if (!reach_due)
		reach_due = clock_now() + RETRY_NS;
}

/* Asks once; `deadline` in ns, 0 without. False: nothing has come of it, and it is to be asked again. */
static bool tree_ask(uint32_t index, struct file_exchange *exchange, uint64_t deadline)
{
	struct tree *tree = &trees[index];
	struct kernel_call answer;
	enum error error;

	answer.word = call_word(CALL_SEND | CALL_CALL | (deadline ? CALL_DEADLINE : 0), exchange->words, 0, exchange->label);
	answer.target = tree->session;
	answer.deadline = deadline;
	service_data_copy(answer.data, exchange->data);
	error = kernel_call(&answer);
	if (error == ERR_CANCELLED || error == ERR_RESTARTED)
		return false;
	if (error == ERR_TIMEOUT)
		request_give_up(tree);
	if (error == ERR_TIMEOUT || (error == OK && (int64_t)answer.data[0] == -EAGAIN)) /* that one has nobody to carry it out, and will signal when it has */
		return answer_await(index, 0, 0, exchange);
	if (error == OK && (int64_t)answer.data[0] == ANSWER_PENDING)
		return answer_await(index, answer.data[1], answer.data[2], exchange);
	exchange->words = error == OK ? answer_words(answer.word) : 1;
	service_data_copy(exchange->data, answer.data);
	if (error != OK)
		exchange->data[0] = (uint64_t)-EIO;
	return true;
}

/* Waits for what the tree is still at. False: not done. */
static bool tree_fence(uint32_t index)
{
	struct file_exchange fence = {.label = TREE_FENCE, .words = 1};
	uint64_t given_up = trees[index].given_up;
	bool answered = tree_ask(index, &fence, clock_now() + ANSWER_NS);

	if (answered && given_up == trees[index].given_up)
		trees[index].fenced = true;
	return answered;
}

/* Before a tree is called whose instance is not trusted: by when it must answer (0: it is trusted now). False: look again. */
__attribute__((noinline)) static bool tree_doubt(uint32_t index, uint64_t *deadline)
{
	struct tree *tree = &trees[index];
	struct file_exchange none;
	uint64_t generation, now;

	if (tree->away)
		return answer_await(index, 0, 0, &none);
	if (!tree->fenced)
		return (void)tree_fence(index), false;
	generation = generation_of(tree);
	now = clock_now();
	if (generation != tree->seen) {
		tree->seen = generation;
		tree->seen_at = now;
	}
	if (generation == 1 || (generation && now - tree->seen_at >= POLICY_LIFE))
		tree->trusted = generation;
	*deadline = tree->trusted == generation ? 0 : now + ANSWER_NS;
	return true;
}

void reach_call(void *context, uint32_t index, struct file_exchange *exchange)
{
	const struct tree *tree = &trees[index];
	uint64_t deadline;
	bool answered = false;

	(void)context;
	while (!answered) {
		deadline = 0;
		if (generation_of(tree) == tree->trusted || tree_doubt(index, &deadline))
			answered = tree_ask(index, exchange, deadline);
	}
}

void reach_lock(void *context, uint32_t tree)
{
	uint64_t running = session_pause(sessions);

	(void)context;
	fiber_lock(&trees[tree].lock);
	session_resume(sessions, running);
}

void reach_unlock(void *context, uint32_t tree)
{
	(void)context;
	fiber_unlock(&trees[tree].lock);
}

/* What a tree publishes, if the manifest gives it to us to read. */
static const struct generations *generations_of(const char *tree)
{
	const struct start_grant *region = start_find_of(tree, "generations");

	return region && region->bytes >= sizeof(struct generations) ? (const struct generations *)region->address : NULL;
}

void reach_open(struct vfs_options *options, const struct sessions *requests)
{
	const struct start_grant *session = NULL;

	sessions = requests;
	while (tree_count < VFS_TREES && (session = start_next(GRANT_SESSION, session)) != NULL) {
		const struct start_grant *shared = start_buffer_of(session->name);
		struct tree *tree = &trees[tree_count];

		if (!shared || shared->bytes < VFS_TREE_BUFFER)
			continue;
		*tree = (struct tree){.session = session->slot, .badge = shared->argument, .page = (struct session_page *)shared->address, .trusted = NOBODY, .fenced = start_page->instance == 0};
		ring_continue(&tree->completions, tree->page->ring, COMPLETIONS, sizeof(struct completion), false);
		options->tree_badge[tree_count] = tree->badge;
		options->tree_buffer[tree_count] = (unsigned char *)shared->address;
		options->tree_generations[tree_count] = generations_of(session->name);
		tree_count++;
	}
	options->tree_count = tree_count;
}
