/* SPDX-License-Identifier: MIT */
/*
 * What a client has sent with a request: its credentials, its paths and where they lead. All is copied before it is looked at.
 */
#include "requests.h"

#include "lib/string.h"

unsigned char *span_at(const struct vfs_call *call, uint64_t span)
{
	uint64_t offset = span_offset(span), bytes = span_bytes(span);

	return offset >= SESSION_DATA && offset <= call->buffer_bytes && bytes <= call->buffer_bytes - offset ? call->buffer + offset : NULL;
}

int64_t path_take(const struct vfs_call *call, uint64_t span, char *to)
{
	const unsigned char *from = span_at(call, span);
	size_t bytes = span_bytes(span);

	if (!from)
		return -EFAULT;
	if (bytes > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memcpy(to, from, bytes);
	for (size_t i = 0; i < bytes; i++)
		if (!to[i])
			return -EINVAL;
	return (int64_t)bytes;
}

/*
 * Once for a request, and before it waits for anything: then the groups in the session page are those of the client's next one. Another walk of it goes by the same copy.
 */
static int credentials_take(struct vfs_call *call, struct vfs_walk *walk)
{
	struct credentials *credentials = &call->vfs->workers[call->worker].credentials;
	const struct session_page *page = (const struct session_page *)call->buffer;

	walk->credentials = credentials;
	if (call->asserted)
		return 0;
	credentials->user = low(words(call)[3]);
	credentials->group = high(words(call)[3]);
	credentials->capabilities = low(words(call)[4]);
	credentials->group_count = high(words(call)[4]);
	if (credentials->group_count > SESSION_GROUPS_MAX || (credentials->group_count && !page))
		return -EINVAL;
	for (uint32_t i = 0; i < credentials->group_count; i++)
		credentials->groups[i] = page->groups[i];
	call->asserted = true;
	return 0;
}

/* Answers that the rest of the path is the client's to walk. */
static int64_t referral_answer(struct vfs_call *call, const struct vfs_walk *walk, uint64_t path)
{
	struct name rest = walk_rest(walk);
	unsigned char *to = span_at(call, span_make(span_offset(words(call)[1]) + PATH_REST, rest.bytes));

	if (!to || rest.bytes > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	memcpy(to, rest.text, rest.bytes);
	call->answer[0] = walk->tag;
	call->answer[1] = rest.bytes;
	call->answer[2] = path != words(call)[1];
	call->answer_words = 3;
	return ANSWER_REFERRAL;
}

int64_t path_walk(struct vfs_call *call, struct vfs_walk *walk, uint64_t path, uint32_t start_id, uint32_t flags)
{
	size_t room = span_bytes(path) <= PATH_BYTES_MAX ? span_bytes(path) : 0;
	char *text = walk->text + VFS_WALK_TEXT - room;
	int64_t error = credentials_take(call, walk), bytes;

	if (!error)
		error = call->bounded ? bound_root(call, walk) : directory_root(call, &walk->root);
	if (error)
		return error;
	bytes = path_take(call, path, text);
	if (bytes < 0)
		return bytes;
	if (high(words(call)[2]) != START_ROOT)
		error = place_find(call, high(words(call)[2]), &walk->root);
	directory_copy(&walk->at, &walk->root);
	if (!error && flags & WALK_BENEATH && bytes && text[0] == '/')
		error = -EXDEV;
	if (!error && start_id != START_ROOT && !(bytes && text[0] == '/'))
		error = place_find(call, start_id, &walk->at);
	if (error == -EBADF && !bytes && flags & WALK_START)
		error = opened_find(call, start_id, high(words(call)[5]), &walk->at);
	if (flags & WALK_BENEATH)
		directory_copy(&walk->root, &walk->at);
	if (!error)
		error = walk_path(call, walk, (size_t)bytes, flags);
	return error == 1 ? referral_answer(call, walk, path) : error;
}

int64_t first_path(struct vfs_call *call, uint32_t flags)
{
	return path_walk(call, first_walk(call), words(call)[1], low(words(call)[2]), flags);
}

int64_t target_find(struct vfs_call *call)
{
	uint32_t flags = low(words(call)[5]);
	int64_t error = first_path(call, (flags & PATH_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & PATH_EMPTY ? WALK_EMPTY : 0));

	return error ? error : first_walk(call)->found ? 0 : -ENOENT;
}
