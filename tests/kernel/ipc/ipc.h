/* SPDX-License-Identifier: MIT */
/*
 * What the IPC tests share: a second address space with a few well-known slots, and short ways to write kernel calls.
 *
 * Clients and servers that are not the test itself are jobs (tests/kernel/harness/harness.h) or threads of that space; the slots below are in its CNode.
 */
#pragma once

#include "tests/kernel/harness/harness.h"

enum peer_slot {
	PEER_CNODE = 1,    /* its own CNode */
	PEER_ENDPOINT = 8, /* the test's Endpoint, badge PEER_BADGE, all rights */
	PEER_REPLY = 9,
	PEER_OTHER = 10,   /* another Endpoint, unbadged */
	PEER_NOTIFY = 11,
	PEER_FREE = 16,    /* 16..63: free for tests */
};

#define PEER_BADGE 0xbadbeef
#define ROOT INIT_SLOT_CNODE

/* The second space and the objects that its slots refer to, as handles of the test. */
struct peer {
	struct space space;
	handle_t endpoint, reply, other, own_reply, notification;
};

/* Makes it all; checks fail the test. */
void peer_create(struct peer *peer);

/* A receive at `source` with Reply `reply` (0: none) and the deadline PATIENCE from now. */
struct kernel_call receive_call(handle_t source, handle_t reply);

/* A call with `words` words 1, 2, 3 ... of which the first eight are in the registers, to `target`, with `label`. */
struct kernel_call request_call(handle_t target, uint64_t label, uint64_t words);

/* Type of the capability at `index` of a CNode of the test; OBJECT_NULL for an empty slot. */
enum object_type type_at(handle_t cnode, uint64_t index);

/* Each subject's tests, listed in main.c. */
#define IPC_TESTS(TEST)                                                                                                       \
	TEST(call_short_words, "ipc-call-short", "four words go to a server in another address space and four come back")              \
	TEST(call_lengths, "ipc-call-lengths", "messages of 0 to 128 words arrive whole, in both directions")                    \
	TEST(call_too_long, "ipc-call-too-long", "more than 128 words or 4 capabilities are refused")                            \
	TEST(call_status, "ipc-call-status", "the status that a server answers reaches its caller")                              \
	TEST(badges, "ipc-badges", "the server sees the badge of the capability that was used")                                  \
	TEST(registers_survive, "ipc-registers", "registers that carry no message keep their values")                            \
	TEST(send_waits, "ipc-send-queue", "senders wait in order and are taken in order")                                       \
	TEST(send_kinds, "ipc-send-kind", "plain sends, calls and signals are told apart")                                       \
	TEST(send_then_receive, "ipc-send-receive", "a call can send and then receive, also when the send has to wait")          \
	TEST(all_phases, "ipc-all-phases", "a call can reply, send and receive")                                                 \
	TEST(reply_empty, "ipc-reply-empty", "an answer that nobody waits for is quietly dropped")                               \
	TEST(reply_busy, "ipc-reply-busy", "a Reply that holds a caller, or waits elsewhere, cannot be armed")                   \
	TEST(reply_missing, "ipc-reply-missing", "nobody receives at an Endpoint without a Reply")                                \
	TEST(many_clients, "ipc-many-clients", "forty clients in two spaces are all answered, each with its own answer")         \
	TEST(chain_of_servers, "ipc-chain", "calls nest through a chain of servers")                                             \
	TEST(phases_refused, "ipc-bad-phases", "impossible combinations of phases are refused")                                  \
	TEST(handles_refused, "ipc-bad-handles", "each phase checks its handle, type and rights before anything happens")        \
	TEST(page_missing, "ipc-no-page", "a thread without message page cannot send what needs one, and receives eight words")  \
	TEST(transfer_arrives, "ipc-transfer", "capabilities arrive in the declared slots, as children with the sender's rights") \
	TEST(transfer_prefix, "ipc-transfer-prefix", "a transfer ends at the first capability that cannot be delivered")         \
	TEST(transfer_needs_grant, "ipc-transfer-grant", "without GRANT no capability travels")                                  \
	TEST(transfer_in_answer, "ipc-transfer-answer", "an answer can carry capabilities when the Reply has GRANT")             \
	TEST(transfer_unwraps, "ipc-transfer-unwrap", "a capability of the receiving Endpoint arrives as its badge")             \
	TEST(transfer_queued, "ipc-transfer-queued", "a waiting message's capabilities are looked up when it is delivered")      \
	TEST(transfer_logged, "ipc-transfer-log", "each delivered capability is one record; words are none")                     \
	TEST(poll_times_out, "ipc-poll", "a deadline that has passed polls")                                                     \
	TEST(receive_times_out, "ipc-receive-deadline", "a receive ends at its deadline, not before")                            \
	TEST(send_times_out, "ipc-send-deadline", "a send that times out leaves no message")                                     \
	TEST(call_times_out, "ipc-call-deadline", "a caller that times out leaves the Reply free")                               \
	TEST(deadlines_in_order, "ipc-deadline-order", "many deadlines end in the order of time")                                \
	TEST(endpoint_deleted, "ipc-delete-endpoint", "deleting an Endpoint cancels all who wait there")                         \
	TEST(notification_deleted, "ipc-delete-notification", "deleting a Notification cancels all who wait there")              \
	TEST(reply_deleted, "ipc-delete-reply", "deleting a Reply cancels the caller that it holds, or who waits with it")       \
	TEST(caller_deleted, "ipc-delete-caller", "deleting a thread takes it out of every wait")                                \
	TEST(server_deleted, "ipc-delete-server", "callers of a deleted server stay queued for the next one")                    \
	TEST(write_registers_cancels, "ipc-write-registers", "writing the registers of a waiting thread cancels its wait")       \
	TEST(suspended_meets, "ipc-suspended", "a suspended thread's wait completes, but it does not run before it is resumed")

#define TEST(function, id, sentence) void function(void);
IPC_TESTS(TEST)
#undef TEST
