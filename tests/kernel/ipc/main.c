/* SPDX-License-Identifier: MIT */
/* IPC between threads of several address spaces: messages, transfer of capabilities, deadlines, cancellation. The list of tests is in ipc.h. */
#include "ipc.h"

void peer_create(struct peer *peer)
{
	CHECK_OK(space_create(&peer->space, 8, 24));
	peer->endpoint = object_make(OBJECT_ENDPOINT, 0);
	peer->other = object_make(OBJECT_ENDPOINT, 0);
	peer->reply = object_make(OBJECT_REPLY, 0);
	peer->own_reply = object_make(OBJECT_REPLY, 0);
	peer->notification = object_make(OBJECT_NOTIFICATION, 0);
	CHECK_STILL();
	CHECK_OK(space_grant(&peer->space, PEER_CNODE, peer->space.cnode, RIGHTS_ALL, 0));
	CHECK_OK(space_grant(&peer->space, PEER_ENDPOINT, peer->endpoint, RIGHTS_ALL, PEER_BADGE));
	CHECK_OK(space_grant(&peer->space, PEER_OTHER, peer->other, RIGHTS_ALL, 0));
	CHECK_OK(space_grant(&peer->space, PEER_REPLY, peer->reply, RIGHTS_ALL, 0));
	CHECK_OK(space_grant(&peer->space, PEER_NOTIFY, peer->notification, RIGHTS_ALL, 4));
}

struct kernel_call receive_call(handle_t source, handle_t reply)
{
	return (struct kernel_call){
		.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0),
		.source = source,
		.reply = reply,
		.deadline = clock_now() + PATIENCE,
	};
}

struct kernel_call request_call(handle_t target, uint64_t label, uint64_t words)
{
	struct kernel_call call = {
		.word = call_word(CALL_SEND | CALL_CALL | CALL_DEADLINE, words, 0, label),
		.target = target,
		.deadline = clock_now() + PATIENCE,
	};

	for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++)
		call.data[i] = i + 1;
	return call;
}

enum object_type type_at(handle_t cnode, uint64_t index)
{
	struct capability_state state = {.type = OBJECT_NULL};

	return cnode_query(cnode, index, &state) == OK ? state.type : OBJECT_NULL;
}

static const struct test tests[] = {
#define TEST(function, id, sentence) {id, sentence, function},
	IPC_TESTS(TEST)
#undef TEST
};

int main(void)
{
	return HARNESS_RUN(tests);
}
