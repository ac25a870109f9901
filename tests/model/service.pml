/* SPDX-License-Identifier: MIT */
/*
 * Liveness of a service: clients 1 and 2 call without end (2 with a deadline), server 3 answers with ReplyReceive, and a world that restarts the server (thread and Reply
 * deleted and made anew behind the same Endpoint) and kills client 2, a bounded number of times, at any moment.
 *
 * Each client checks that an answer belongs to its latest request: words carry the client and the parity of its request.
 *
 * Properties (weak fairness: what can always run, runs):
 *	served		client 1 gets on for ever: no call waits for ever, whatever happens to the server and to client 2
 *	timed		client 2 gets on while it lives, even if there is no server at all (-DSERVER_LEAVES)
 *	noticed		bits signalled at the server's bound Notification reach it
 */
#define THREADS 3
#define ENDPOINTS 1
#define REPLIES 1
#define NOTIFICATIONS 1
#define SERVER 3

#define CALL_ENDED(t, how) ended[t] = how
#define MESSAGE_MOVED(from, to) word[to] = word[from]

#include "ipc.pml"

byte ended[THREADS + 1] = ERR_REFUSED; /* how each thread's latest call ended */
byte word[THREADS + 1];                /* the message word of each thread */

#ifndef RESTARTS
#define RESTARTS 2
#endif

bit request[THREADS]; /* parity of each client's latest request */
hidden byte owed;     /* whether the server's latest call brought a message to answer */
bit killed;           /* client 2 was */
byte restarts;

#define request_word(t) (t + t + request[t])

/* One round of client t: check how its call ended, and call again. */
inline client_step(t, timed)
{
	assert(ended[t] != OK || word[t] == request_word(t));
	request[t] = 1 - request[t];
	word[t] = request_word(t);
	ipc_call(t, 0, CALL, 1, 0, 0, 0, 0, timed, 0);
	structure()
}

active proctype client_patient()
{
	do
	:: d_step { runs(1) -> client_step(1, 0) }
	od
}

active proctype client_hasty()
{
	do
	:: d_step { runs(2) -> client_step(2, 1) }
	:: thread[2].state == DEAD -> break
	od
}

/* Whoever runs as thread 3 knows from its latest call alone whether it owes an answer. */
active proctype server()
{
	do
	:: d_step {
		runs(SERVER) ->
		owed = (ended[SERVER] == OK);
		ended[SERVER] = BLOCKED;
		ipc_call(SERVER, owed, 0, 0, RECEIVE, 1, 1, 0, 0, 0);
		structure()
	   }
	od
}

active proctype clock()
{
	do
	:: d_step { thread[2].timer -> deadline_expire(2); structure() }
	:: thread[2].state == DEAD -> break
	od
}

#ifdef WITH_SIGNALS
active proctype device()
{
	do
	:: d_step { notification[1].life == ALIVE -> notification_signal(1); structure() }
	od
}
#endif

active proctype supervisor()
{
#ifdef WITH_SIGNALS
	d_step { notification_bind(1, SERVER); structure() }
#endif
	do
	:: restarts < RESTARTS ->
		d_step { thread_destroy(SERVER); structure() }
		d_step { reply[1].life = DOOMED }
		d_step { reply_destroy(1); structure() }
#ifdef SERVER_LEAVES
		break
#else
		d_step {
			reply[1].life = ALIVE;
			ended[SERVER] = ERR_REFUSED;
			thread[SERVER].state = RUNNABLE;
			restarts++
		}
#ifdef WITH_SIGNALS
		d_step { notification_bind(1, SERVER); structure() }
#endif
#endif
	:: !killed -> d_step { thread_destroy(2); killed = 1; structure() }
	:: break
	od
}

#ifdef SERVER_LEAVES
#define client2_on (runs(2) || killed)
ltl timed { [] <> client2_on }
#elif defined(WITH_SIGNALS)
#define signals_seen (!notification[1].bits)
ltl noticed { [] <> signals_seen }
#else
#define client1_on runs(1)
ltl served { [] <> client1_on }
#endif
