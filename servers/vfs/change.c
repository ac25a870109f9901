/* SPDX-License-Identifier: MIT */
/*
 * Changes of trees, each once (vfs.h). The intent is composed in the worker's part of the state itself, cell by cell as it is needed: a transaction writes it with badge and sequence, and one more, after the tree has answered,
 * stores the client's result and clears the badge.
 *
 * What the change makes of the caches is decided by its request alone, so that a resumed one needs nothing else: whatever it named is forgotten, what the tree answered is remembered.
 */
#include "requests.h"

#include "lib/assert.h"
#include "lib/string.h"

static struct vfs_worker_state *worker_state(const struct vfs_call *call)
{
	return &call->vfs->state->workers[call->worker];
}

struct vfs_intent *change_begin(struct vfs_call *call, uint32_t tree, uint64_t label)
{
	struct vfs_intent *intent = &worker_state(call)->intent;

	assert(!intent->badge);
	tsm_begin(call->vfs->tsm);
	tsm_modify(call->vfs->tsm, intent, offsetof(struct vfs_intent, name));
	memset(intent, 0, offsetof(struct vfs_intent, name));
	intent->tree = tree;
	intent->label = label;
	return intent;
}

/* Puts the intent's text into the worker's part of the tree's buffer. */
static void intent_lay_out(const struct vfs_call *call, const struct vfs_intent *intent)
{
	unsigned char *part = tree_part(call, intent->tree);

	memcpy(part + WORKER_NAME, intent->name, intent->name_bytes);
	memcpy(part + WORKER_NEW_NAME, intent->new_name, intent->new_name_bytes);
	memcpy(part + WORKER_TEXT, intent->text, intent->text_bytes);
	memcpy(part + WORKER_TIMES, intent->times, sizeof(intent->times));
}

/* Forgets what the change may have made untrue. */
static void caches_drop(const struct vfs_call *call, const struct vfs_intent *intent)
{
	struct vfs *vfs = call->vfs;
	struct name name = {intent->name, intent->name_bytes}, new_name = {intent->new_name, intent->new_name_bytes};
	uint64_t inode;

	if (intent->label == TREE_SETATTR) {
		cache_inode_drop(vfs, intent->tree, intent->words[1]);
		return;
	}
	if (!intent->name_bytes) /* a file that gets none */
		return;
	if (cache_name_get(vfs, intent->tree, intent->words[1], name, &inode))
		cache_inode_drop(vfs, intent->tree, inode);
	cache_name_drop(vfs, intent->tree, intent->words[1], name);
	if (intent->label != TREE_RENAME)
		return;
	if (cache_name_get(vfs, intent->tree, intent->words[3], new_name, &inode))
		cache_inode_drop(vfs, intent->tree, inode);
	cache_name_drop(vfs, intent->tree, intent->words[3], new_name);
}

/* Remembers what the tree answered; the file's attributes are in the worker's part. */
static void caches_fill(const struct vfs_call *call, const struct vfs_intent *intent, struct attributes *attributes)
{
	struct name name = {intent->name, intent->name_bytes};

	switch (intent->label) {
	case TREE_CREATE:
	case TREE_SYMLINK:
	case TREE_LINK:
	case TREE_SETATTR:
		memcpy(attributes, tree_part(call, intent->tree) + WORKER_ATTRIBUTES, sizeof(*attributes));
		cache_inode_put(call->vfs, intent->tree, attributes);
		if (intent->label != TREE_SETATTR && intent->name_bytes)
			cache_name_put(call->vfs, intent->tree, intent->words[1], name, attributes->inode);
		break;
	case TREE_UNLINK:
	case TREE_RMDIR:
		cache_name_put(call->vfs, intent->tree, intent->words[1], name, 0);
		break;
	default:
		break;
	}
}

static int64_t intent_send(const struct vfs_call *call, const struct vfs_intent *intent)
{
	const struct vfs_options *options = &call->vfs->options;
	struct file_exchange exchange = {.label = intent->label, .words = 8};

	intent_lay_out(call, intent);
	memcpy(exchange.data, intent->words, sizeof(exchange.data));
	options->call(options->context, intent->tree, &exchange);
	session_run(&call->vfs->sessions, &call->request);
	return (int64_t)exchange.data[0];
}

/* From the intent to the stored result. */
static int64_t intent_complete(struct vfs_call *call)
{
	struct vfs *vfs = call->vfs;
	struct vfs_intent *intent = &worker_state(call)->intent;
	struct session_result stored = {.words = 1};
	struct attributes attributes = {0};
	bool truncates = intent->opens && intent->label == TREE_SETATTR;
	int64_t result = 0;

	vfs->changing++;
	caches_drop(call, intent);
	if (truncates) /* one that cannot be opened is not truncated; the other way round it stays open until the client takes that id again */
		result = tree_open(call, intent->tree, intent->words[1], intent->badge, intent->id, intent->flags);
	if (!result)
		result = intent_send(call, intent);
	vfs->names_changed[intent->tree]++;
	caches_drop(call, intent); /* again: while this waited, another request may have been told of what was there before, and have remembered it */
	if (result >= 0)
		caches_fill(call, intent, &attributes);
	vfs->changing--;
	vfs->changed++;
	if (result >= 0 && intent->opens) {
		open_answer(call, intent->tree, &attributes, intent->mount_flags, pair_make(intent->mount, truncates ? 0 : OPENING_CREATED));
		stored.words = 1 + call->answer_words;
		memcpy(stored.word + 1, call->answer, call->answer_words * sizeof(stored.word[0]));
	}
	stored.word[0] = (uint64_t)(result < 0 ? result : 0);
	tsm_begin(vfs->tsm);
	session_finish(&vfs->sessions, &call->request, &stored);
	tsm_set(vfs->tsm, intent->badge, 0);
	tsm_commit(vfs->tsm);
	call->stored = true;
	return (int64_t)stored.word[0];
}

int64_t change_carry_out(struct vfs_call *call)
{
	struct vfs_worker_state *worker = worker_state(call);
	struct vfs_intent *intent = &worker->intent;

	tsm_set(call->vfs->tsm, worker->number[intent->tree], worker->number[intent->tree] + 1);
	intent->words[0] = worker->number[intent->tree] | (uint64_t)call->worker << SEQUENCE_LANE_SHIFT;
	intent->badge = call->request.badge;
	intent->sequence = call->request.sequence;
	tsm_commit(call->vfs->tsm);
	return intent_complete(call);
}

bool vfs_left(const struct vfs *vfs, uint32_t worker, struct file_exchange *exchange)
{
	const struct vfs_intent *intent = &vfs->state->workers[worker].intent;

	exchange->badge = intent->badge;
	exchange->data[0] = intent->sequence;
	return intent->badge != 0;
}

void vfs_resume(struct vfs *vfs, uint32_t worker, struct file_exchange *exchange)
{
	const struct vfs_intent *intent = &vfs->state->workers[worker].intent;
	struct vfs_call call = {.vfs = vfs, .worker = worker, .request = {.badge = intent->badge, .sequence = intent->sequence}};

	if (intent->label != TREE_SETATTR) /* that one was sent without the lock too */
		names_lock(&call, intent->tree);
	exchange->data[0] = (uint64_t)intent_complete(&call);
	names_unlock(&call);
	exchange->words = 1 + ((int64_t)exchange->data[0] < 0 ? 0 : call.answer_words);
	memcpy(exchange->data + 1, call.answer, call.answer_words * sizeof(call.answer[0]));
}
