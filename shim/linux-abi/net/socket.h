/* SPDX-License-Identifier: MIT */
/*
 * Sockets of AF_UNIX (unix(7)).
 *
 * States: unconnected; listening (stream, seqpacket: others may connect); connected to a peer (a pair of which each knows the other; a datagram socket may be connected to one that does not know it); cut off, when the peer has gone (a datagram socket until it has been told so).
 * A socket has one open file; others hold it while they send to it. What is sent lies in the receiver's queue; who finds that full waits at the receiver.
 */
#pragma once

#include "file/description.h"
#include "net/message.h"
#include "net/name.h"

#define BUFFER_FIRST 212992 /* SO_SNDBUF, SO_RCVBUF */
#define DATAGRAMS_MAX 11    /* in a queue: net.unix.max_dgram_qlen, and one */

struct bpf_program;

/* Time stamps of what is received (SO_TIMESTAMP and its like): whether, in ns or us, under which of the two numbers; and what SO_TIMESTAMPING has asked for besides. */
struct socket_stamps {
	bool wanted, ns, new_number;
	uint32_t flags; /* SOF_TIMESTAMPING_* */
};

/* Options that matter on a network, and are kept and told (net/network_options.c). */
struct socket_network {
	uint32_t priority, mark, busy_poll, busy_poll_budget, buffer_lock;
	int32_t processor, device, hash_again; /* SO_INCOMING_CPU, SO_BINDTOIFINDEX, SO_TXREHASH */
	uint64_t pacing;                       /* bytes a second */
	struct linux_sock_txtime transmit_time;
};

enum socket_state { SOCKET_UNCONNECTED, SOCKET_LISTENING, SOCKET_CONNECTED, SOCKET_CUT };

struct socket {
	uint32_t users;
	uint32_t type; /* LINUX_SOCK_* */
	enum socket_state state;
	bool closed;                    /* its open file has gone */
	bool shut_read, shut_write;
	struct socket *peer;            /* not held: cleared when that goes */
	struct socket *next;            /* of all */
	struct wait_queue queue;        /* woken with LINUX_POLL* */
	struct fiber_lock reading;      /* one takes a message at a time */
	struct message *first, **end;   /* received */
	struct message *urgent;         /* of these: its byte is out of band (net/urgent.h); null: none is */
	uint64_t queued;                /* bytes of these */
	uint64_t charged;               /* what they count against the senders' SO_SNDBUF */
	uint32_t messages;
	struct socket *pending, *next_pending; /* of a listening one: connected to, not yet accepted; held */
	uint32_t backlog, pending_count;
	struct socket_name *name, *peer_name; /* held; null: none */
	struct linux_ucred owner, peer_owner;
	const struct credentials *identity, *peer_identity; /* of these; held; null: of no peer yet */
	int32_t error; /* SO_ERROR: ECONNRESET */
	bool passes_credentials;
	bool lacked_room; /* since a sender was told last that there is some */
	uint32_t send_bytes, receive_bytes, receive_least; /* SO_SNDBUF, SO_RCVBUF, SO_RCVLOWAT */
	int32_t peek_offset; /* SO_PEEK_OFF: where looking goes on; negative: always at the front */
	struct bpf_program *filter; /* held (net/filter.h); null: takes all */
	struct socket_stamps stamps;
	uint64_t options[2]; /* bits by number of options that are on or off */
	struct socket_network network;
	uint64_t cookie; /* SO_COOKIE; 0: nobody has asked yet */
	uint64_t receive_ns, send_ns; /* SO_RCVTIMEO, SO_SNDTIMEO; 0: none */
	struct linux_linger linger;
	struct description *file;     /* its open file, not held; null: not accepted yet, or closed */
	uint32_t passed;              /* the search for lost sockets (net/collect.c): messages that it lies in, */
	bool reached;                 /* whether it can be received or used, */
	struct socket *next_reached;  /* and whose queue is yet to be looked at */
};

/* Whether what lies in the target's queue leaves a socket no room to send to it. */
bool socket_is_full(const struct socket *socket, const struct socket *target);

/* All sockets, by `next`. */
extern struct socket *sockets;

struct socket *socket_make(const struct task *task, uint32_t type);

static inline void socket_hold(struct socket *socket)
{
	socket->users++;
}

void socket_release(struct socket *socket);

/* Throws away what it has received. May wait: files are released. */
void socket_empty(struct socket *socket);

/* Takes the first message out of the queue and frees it, with what it counts; `queued` is the caller's. May wait, as above. */
void socket_drop_first(struct socket *socket);

static inline bool socket_has_option(const struct socket *socket, uint32_t option)
{
	return socket->options[option / 64] >> option % 64 & 1;
}

/* An open file for a socket, which becomes its user; on an error (a null pointer) the socket has been closed. */
struct description *socket_open(struct socket *socket, uint32_t flags);

/* The socket of an open file; a null pointer when it is none. */
struct socket *socket_behind(const struct description *description);

/* What a call does with the socket that its first argument names. */
typedef int64_t socket_action(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6]);

/* Does it while the description is held. The action's result, or -EBADF, -ENOTSOCK. */
int64_t socket_call(struct task *task, const uint64_t arguments[6], socket_action *action);

static inline struct linux_ucred credentials_of(const struct task *task)
{
	return (struct linux_ucred){.pid = task->process->id, .uid = task->credentials->effective_user, .gid = task->credentials->effective_group};
}

static inline bool socket_is_stream(const struct socket *socket)
{
	return socket->type == LINUX_SOCK_STREAM;
}

static inline bool socket_is_datagram(const struct socket *socket)
{
	return socket->type == LINUX_SOCK_DGRAM;
}

/* Whether a datagram of this socket may come to another: that one is connected to nobody else. */
static inline bool socket_takes_from(const struct socket *target, const struct socket *socket)
{
	return !target->peer || target->peer == socket;
}

/* Whoever is at a socket from now on: the caller. */
void socket_own(struct socket *socket, const struct task *task);

/* The same as at another one. */
void socket_own_as(struct socket *socket, const struct socket *other);

/* Makes a pair of connected sockets of two that are not. */
void sockets_join(struct socket *one, struct socket *other);

/* Of a message whose sender nobody wanted to know when it was sent (SO_PASSCRED on neither side). */
#define SENDER_UNKNOWN ((struct linux_ucred){.uid = 65534, .gid = 65534})

/* What is sent, and how. */
struct sending {
	struct transfer *transfer;
	struct passed_files *files; /* become the message's, or are freed */
	struct socket *to;          /* held by the caller; null: the peer */
	struct linux_ucred sender;  /* as SCM_CREDENTIALS has it; else SENDER_UNKNOWN */
	bool nonblocking, no_signal, urgent; /* urgent: of a stream, its last byte */
};

/* Sends. Bytes, -EPIPE (with SIGPIPE unless no_signal), -ENOTCONN, -EAGAIN, -EMSGSIZE, -ECONNREFUSED, ... May wait. */
int64_t socket_send(struct task *task, struct socket *socket, struct sending *sending);

struct receiving {
	struct transfer *transfer;
	bool nonblocking, peeks, waits_for_all, urgent;
	bool begun; /* some of a stream has been received */
	/* Results. */
	struct passed_files *files; /* the caller's; null: none */
	struct socket_name *from;   /* held; null: unnamed */
	struct linux_ucred sender;
	bool has_sender;
	uint64_t wall; /* when it was sent; 0: not known */
	bool cut; /* a datagram was longer than the room */
	uint64_t whole; /* bytes of the datagram */
};

/* Receives. Bytes, 0 at the end, or a negative error number. May wait. */
int64_t socket_receive(struct task *task, struct socket *socket, struct receiving *receiving);
