/* SPDX-License-Identifier: MIT */
/*
 * The kernel's part of every model: IPC, waiting and waking, the commit ring, as inline steps that the environments (chaos.pml, service.pml, ring.pml) invoke.
 *
 * One CPU, not preemptible: each kernel entry is one indivisible step (d_step). What takes several entries (teardown, a woken thread that executes its call again)
 * is several steps here too. Names are those of kernel/ipc.c and its neighbours.
 *
 * States of a Thread: RUNNABLE -> SENDING (queued at an Endpoint with a message), RECEIVING (queued there, with a Reply armed), WAITING (queued at a
 * Notification; the kernel calls both RECEIVING), REPLY (held by a Reply), COMMIT (waits for room in the ring), FAULTED (foreign, nobody took its call), DEAD. Rules: structure() below.
 *
 * Variables called ghost_* are not the kernel's: they remember what the outside may rely on, and only assertions read them.
 *
 * -DFAULT_name plants one fault; README.md lists them, and check-models shows that each is noticed.
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef ENDPOINTS
#define ENDPOINTS 1
#endif
#ifndef REPLIES
#define REPLIES 2
#endif
#ifndef NOTIFICATIONS
#define NOTIFICATIONS 1
#endif
#ifndef CAPACITY
#define CAPACITY 2 /* records that the ring holds */
#endif
#ifndef RESERVE
#define RESERVE 1 /* of these, kept for holders of the reserve */
#endif
#ifdef WITH_FOREIGN
#define FOREIGN(t) (t == THREADS) /* threads with a personality */
#else
#define FOREIGN(t) false
#endif
#ifdef WITH_CAPS
#define TAKES(t) (t != 1) /* threads that declare a slot for a capability */
#else
#define TAKES(t) false
#endif
#ifdef INIT
#define RESERVED(t) (t == INIT) /* threads that may use the reserve */
#else
#define RESERVED(t) false
#endif
#ifndef CALL_ENDED
#define CALL_ENDED(t, how) skip /* an environment may want to know */
#endif
#ifndef RECORDS
#define RECORDS(t) 1 /* that one call of the thread takes */
#endif
#ifndef RING_WAITED
#define RING_WAITED(t) skip
#endif
#ifndef RECORD_MADE
#define RECORD_MADE(t) ring_used = ring_used + RECORDS(t)
#endif
#ifndef ANSWER_STOPS
#define ANSWER_STOPS false /* the answer of this step leaves a foreign caller stopped */
#endif
#ifndef MESSAGE_MOVED
#define MESSAGE_MOVED(from, to) skip
#endif

#define NONE 0

/* Thread states */
#define RUNNABLE 0
#define SENDING 1
#define RECEIVING 2
#define WAITING 3
#define REPLY 4
#define COMMIT 5
#define FAULTED 6
#define DEAD 7

/* Lives of Endpoints, Notifications and Replies. A doomed object's capabilities are void; a destroyed one is in the limbo list until its waiters are woken. */
#define ALIVE 0
#define DOOMED 1
#define LIMBO 2
#define GONE 3

/* How a call ends. */
#define OK 0
#define ERR_REFUSED 1
#define ERR_CANCELLED 2
#define ERR_TIMEOUT 3
#define SIGNALLED 4
#define BLOCKED 5 /* it has not ended */
#define RING_FULL 6 /* it has not begun */
#define AGAIN 7     /* it is executed again, with what is left of it */

/* What the send and receive phases name. */
#define SEND 1
#define CALL 2
#define SIGNAL 3
#define RECEIVE 1
#define WAIT 2

/* `variable` becomes any index (of at most `last`, 1..5) for which condition(index) holds; not executable when there is none. */
#define CHOOSE(variable, last, condition) \
	if \
	:: condition(1) -> variable = 1 \
	:: 2 <= last && condition((2 <= last -> 2 : 0)) -> variable = 2 \
	:: 3 <= last && condition((3 <= last -> 3 : 0)) -> variable = 3 \
	:: 4 <= last && condition((4 <= last -> 4 : 0)) -> variable = 4 \
	:: 5 <= last && condition((5 <= last -> 5 : 0)) -> variable = 5 \
	fi
#define always(index) true

typedef thread_t {
	byte state;
	byte at;    /* SENDING, RECEIVING: the Endpoint; WAITING: the Notification */
	byte reply; /* RECEIVING: the Reply it armed; REPLY: the one that holds it */
	byte bound; /* its Notification */
	bit call;   /* SENDING: wants an answer */
	bit caps;   /* SENDING: the message carries a capability */
	bit timer;  /* in the timer queue */
	bit suspended;
	bit ghost_open; /* its call has not ended */
};

typedef reply_t {
	byte life;
	byte thread;     /* the Thread it holds (REPLY), or that armed it (RECEIVING) */
	byte ghost_told; /* the Thread that a receiver was told it can answer here; forgotten when that call ends */
};

typedef notification_t {
	byte life;
	byte bound; /* the Thread */
	bit bits;
};

thread_t thread[THREADS + 1];
reply_t reply[REPLIES + 1];
notification_t notification[NOTIFICATIONS + 1];
byte endpoint[ENDPOINTS + 1]; /* their lives */
chan queue[ENDPOINTS + 1] = [THREADS] of { byte };
chan waiters[NOTIFICATIONS + 1] = [THREADS] of { byte };
byte ring_used;

#if defined(FAULT_reply_deletion_forgets_caller)
#define FORGOTTEN_IN_REPLY && thread[x].state != REPLY
#elif defined(FAULT_reply_deletion_stays_armed)
#define FORGOTTEN_IN_REPLY && thread[x].state != RECEIVING
#else
#define FORGOTTEN_IN_REPLY
#endif

/* Scratch of one step: never part of the state. */
hidden byte x, y, i, j, result, end, count, more;

/* What -DFAULT_ changes. */
#ifdef FAULT_reserve_open_to_all
#define KEPT(t) 0
#elif defined(FAULT_reserve_closed_to_init)
#define KEPT(t) RESERVE
#else
#define KEPT(t) (RESERVED(t) -> 0 : RESERVE)
#endif

#define runs(t) (thread[t].state == RUNNABLE && !thread[t].suspended)
#define waits(t) (thread[t].state >= SENDING && thread[t].state <= REPLY)
#define commit_room(t) (CAPACITY - ring_used >= KEPT(t) + RECORDS(t))

/* The call of thread t ends, with `how`: exactly once. */
inline call_end(t, how)
{
	assert(thread[t].ghost_open);
	thread[t].ghost_open = 0;
	for (j : 1 .. REPLIES) {
		if
		:: reply[j].ghost_told == t -> reply[j].ghost_told = NONE
		:: else
		fi
	};
	CALL_ENDED(t, how)
}

/* Thread t, which waits, leaves the queue, Reply and timer that know it. */
inline wait_leave(t)
{
	if
	:: thread[t].state == SENDING ->
#ifndef FAULT_wake_without_dequeue
		queue[thread[t].at]??eval(t)
#else
		skip
#endif
	:: thread[t].state == RECEIVING ->
		queue[thread[t].at]??eval(t);
		reply[thread[t].reply].thread = NONE
	:: thread[t].state == WAITING -> waiters[thread[t].at]??eval(t)
	:: thread[t].state == REPLY ->
#ifndef FAULT_caller_stays_in_reply
		reply[thread[t].reply].thread = NONE
#else
		skip
#endif
	:: else
	fi;
	thread[t].at = NONE;
	thread[t].reply = NONE;
	thread[t].call = 0;
	thread[t].caps = 0;
#ifndef FAULT_timer_stays
	thread[t].timer = 0;
#endif
	skip
}

/* Thread t, which left its wait, goes on with the result `how`. */
inline thread_wake(t, how)
{
	call_end(t, how);
	if
	:: FOREIGN(t) && how != OK -> thread[t].state = FAULTED
	:: else -> thread[t].state = RUNNABLE
	fi
}

/* Thread t waits, until the deadline if it has one. A poll must not get here. */
inline wait_enter(t, new_state, where, timed)
{
	thread[t].state = new_state;
	thread[t].at = where;
#ifndef FAULT_timer_not_armed
	thread[t].timer = timed
#endif
}

/* Reply r, which its receiver or caller left just now, holds the caller t. */
inline reply_hold(r, t)
{
	assert(reply[r].life < LIMBO);
	assert(reply[r].thread == NONE);
	reply[r].thread = t;
	reply[r].ghost_told = t;
	thread[t].state = REPLY;
	thread[t].at = NONE;
	thread[t].call = 0;
	thread[t].caps = 0;
	thread[t].reply = r
}

/* The capability in a message from t to a thread that takes it: one record. */
inline capability_transfer(giver, taker, with)
{
	if
	:: with && TAKES(taker) ->
		assert(commit_room(giver));
		RECORD_MADE(giver)
	:: else
	fi
}

/* x = the first thread in the queue of Endpoint e, or NONE. */
inline queue_head(e)
{
	x = NONE;
	if
	:: len(queue[e]) > 0 -> queue[e]?<x>
	:: else
	fi
}

/*
 * Send phase at Endpoint e. Sets `result`: OK (sent) or BLOCKED (queued, or held by a Reply). A deadline that has passed is armed all the same, and expires at once.
 */
inline endpoint_send(t, e, is_call, has_caps, timed)
{
	queue_head(e);
	if
	:: x != NONE && thread[x].state == RECEIVING ->
		y = thread[x].reply;
		MESSAGE_MOVED(t, x);
		capability_transfer(t, x, has_caps);
		wait_leave(x);
		thread_wake(x, OK);
		if
		:: is_call ->
			reply_hold(y, t);
			thread[t].timer = timed;
			result = BLOCKED
		:: else -> result = OK
		fi
	:: else ->
		queue[e]!t;
		wait_enter(t, SENDING, e, timed);
		thread[t].call = is_call;
		thread[t].caps = has_caps;
		result = BLOCKED
	fi
}

/* Reply phase: the caller in Reply r, if there still is one, gets its answer. That to a foreign one may be to stop (RESUME_SUSPEND, or registers that are none). */
inline reply_answer(t, r, has_caps)
{
	x = reply[r].thread;
	if
	:: x != NONE ->
		assert(thread[x].state == REPLY && thread[x].reply == r);
		assert(reply[r].ghost_told == x);
		MESSAGE_MOVED(t, x);
		capability_transfer(t, x, has_caps);
		wait_leave(x);
		if
		:: FOREIGN(x) && ANSWER_STOPS -> thread_wake(x, ERR_CANCELLED)
		:: else -> thread_wake(x, OK)
		fi
	:: else
	fi
}

/* Take the message of x, the first sender in the queue of Endpoint e, with Reply r. */
inline message_take(e, r)
{
	if
	:: thread[x].call ->
		queue[e]?eval(x);
		reply_hold(r, x)
	:: else ->
		wait_leave(x);
		thread_wake(x, OK)
	fi
}

/* Bits of the Notification bound to t end its receive at any Endpoint. */
#define bound_bits(t) (thread[t].bound != NONE && notification[thread[t].bound].bits)

/* The ring has no room for thread t, whose call has not begun and is executed again afterwards. */
inline ring_wait(t, timed)
{
	thread[t].state = COMMIT;
	thread[t].timer = timed;
	RING_WAITED(t)
}

/* Thread t no longer waits, and executes its call again. */
inline wait_retry(t)
{
	wait_leave(t);
	thread[t].state = RUNNABLE;
	thread[t].ghost_open = 0
}

/* Wait to receive, with Reply r (at a Notification: NONE) armed. Sets `result`: BLOCKED, or ERR_TIMEOUT (poll). */
inline receive_wait(t, new_state, where, r, timed, poll)
{
	if
	:: poll -> result = ERR_TIMEOUT
	:: else ->
		wait_enter(t, new_state, where, timed);
		thread[t].reply = r;
		reply[r].thread = (r -> t : NONE);
		result = BLOCKED
	fi
}

/* Let x, the first sender of Endpoint e, wait for the ring, which has no room for its capability: it sends again afterwards. */
inline sender_defer()
{
	y = thread[x].timer;
	wait_leave(x);
	ring_wait(x, y);
	if
#ifndef FAULT_suspended_waits_for_ring
	:: thread[x].suspended -> wait_retry(x)
#endif
	:: else
	fi
}

/*
 * Receive phase at Endpoint e with Reply r. Sets `result`: OK (a message), SIGNALLED, BLOCKED, ERR_TIMEOUT (poll), or
 * AGAIN (the first sender had no room, and t looks for the next one).
 */
inline endpoint_receive(t, e, r, timed, poll)
{
	queue_head(e);
	if
	:: bound_bits(t) ->
		notification[thread[t].bound].bits = 0;
		result = SIGNALLED
	:: else ->
		if
		:: x == NONE || thread[x].state == RECEIVING ->
			receive_wait(t, RECEIVING, e, r, timed, poll);
			if
			:: result == BLOCKED -> queue[e]!t
			:: else
			fi
		:: else ->
			if
#ifndef FAULT_queued_transfer_without_room
			:: thread[x].caps && !commit_room(x) ->
#ifdef FAULT_receiver_waits_for_ring
				result = RING_FULL
#else
				sender_defer();
				result = AGAIN
#endif
#endif
			:: else ->
				MESSAGE_MOVED(x, t);
				capability_transfer(x, t, thread[x].caps);
				message_take(e, r);
				result = OK
			fi
		fi
	fi
}

/* Bits are signalled at Notification n: to its bound Thread if that receives, else to the first waiter, else they stay. */
inline notification_signal(n)
{
	y = notification[n].bound;
	x = NONE;
	if
	:: len(waiters[n]) > 0 -> waiters[n]?<x>
	:: else
	fi;
	if
#ifndef FAULT_signal_forgets_bound
	:: y != NONE && thread[y].state == RECEIVING ->
		wait_leave(y);
		thread_wake(y, SIGNALLED)
#endif
	:: else ->
		if
		:: x != NONE ->
			wait_leave(x);
			thread_wake(x, SIGNALLED)
		:: else -> notification[n].bits = 1
		fi
	fi
}

/* Receive phase at Notification n. */
inline notification_wait(t, n, timed, poll)
{
	if
	:: notification[n].bits ->
		notification[n].bits = 0;
		result = SIGNALLED
	:: else ->
		receive_wait(t, WAITING, n, NONE, timed, poll);
		if
		:: result == BLOCKED -> waiters[n]!t
		:: else
		fi
	fi
}

/* A call that only waits at a Notification does not look at its Reply. */
#define needs_reply (does_reply || receive == RECEIVE)

/* `result` = ERR_REFUSED or OK: every handle and state is checked before the first phase acts. */
inline call_check(t, does_reply, send, to, receive, from, r, has_caps)
{
	result = OK;
	if
	:: needs_reply && reply[r].life != ALIVE -> result = ERR_REFUSED
#ifndef FAULT_second_transfer_without_room
	:: has_caps && does_reply && send -> result = ERR_REFUSED
#endif
	:: (send == SEND || send == CALL) && endpoint[to] != ALIVE -> result = ERR_REFUSED
	:: send == SIGNAL && notification[to].life != ALIVE -> result = ERR_REFUSED
	:: receive == RECEIVE && endpoint[from] != ALIVE -> result = ERR_REFUSED
	:: receive == WAIT && notification[from].life != ALIVE -> result = ERR_REFUSED
#ifndef FAULT_receiver_without_reply
	:: receive == RECEIVE && r == NONE -> result = ERR_REFUSED
#endif
#ifndef FAULT_reply_overwritten
	:: receive == RECEIVE && !does_reply && thread[reply[r].thread].state == REPLY -> result = ERR_REFUSED
#endif
#ifndef FAULT_reply_armed_twice
	:: needs_reply && thread[reply[r].thread].state == RECEIVING -> result = ERR_REFUSED
#endif
	:: else
	fi
}

/*
 * The kernel call of thread t. Sets `end`: how it ended, or BLOCKED, or RING_FULL (t waits for the ring and will execute it again).
 * A send that has to wait ends the call too: when its message is taken the thread executes the receive phase as a call of its own.
 */
inline ipc_call(t, does_reply, send, to, receive, from, r, has_caps, timed, poll)
{
	thread[t].ghost_open = 1;
#ifdef FAULT_reply_before_check
	if
	:: does_reply -> reply_answer(t, r, has_caps)
	:: else
	fi;
#endif
	call_check(t, does_reply, send, to, receive, from, r, has_caps);
	end = result;
	if
	:: end == OK && has_caps && !commit_room(t) -> end = RING_FULL
	:: else
	fi;
	if
	:: end == OK && does_reply -> reply_answer(t, r, has_caps)
	:: else
	fi;
	if
	:: end == OK && (send == SEND || send == CALL) ->
		endpoint_send(t, to, send == CALL, has_caps, timed || poll);
		end = result
	:: end == OK && send == SIGNAL -> notification_signal(to)
	:: else
	fi;
	if
	:: end == OK && receive == RECEIVE ->
		endpoint_receive(t, from, r, timed, poll);
		end = result
	:: end == OK && receive == WAIT ->
		notification_wait(t, from, timed, poll);
		end = result
	:: else
	fi;
	if
	:: end == RING_FULL -> ring_wait(t, timed || poll)
	:: end == AGAIN -> thread[t].ghost_open = 0
	:: end != RING_FULL && end != AGAIN && end != BLOCKED ->
		call_end(t, end);
		if
		:: FOREIGN(t) && end != OK -> thread[t].state = FAULTED
		:: else
		fi
	:: else
	fi
}

/* The deadline of thread t passes. */
inline deadline_expire(t)
{
	assert(waits(t) || thread[t].state == COMMIT);
	wait_leave(t);
	thread_wake(t, ERR_TIMEOUT)
}

/* A Reply lost its original capability: the caller that it holds, or the receiver that armed it, wakes. */
inline reply_destroy(r)
{
	x = reply[r].thread;
	if
	:: x != NONE FORGOTTEN_IN_REPLY ->
		wait_leave(x);
		thread_wake(x, ERR_CANCELLED)
	:: else
	fi;
	reply[r].life = GONE;
	reply[r].ghost_told = NONE
}

/* One waiter of a destroyed Endpoint wakes; GONE when there is none left. */
inline endpoint_limbo_step(e)
{
	queue_head(e);
	if
#ifndef FAULT_endpoint_deletion_forgets_waiters
	:: x != NONE ->
		wait_leave(x);
		thread_wake(x, ERR_CANCELLED)
#endif
	:: else -> endpoint[e] = GONE
	fi
}

/* A Notification lost its original capability: it is bound to nobody from here on. */
inline notification_destroy(n)
{
	thread[notification[n].bound].bound = NONE;
	notification[n].bound = NONE;
	notification[n].bits = 0;
	notification[n].life = LIMBO
}

inline notification_limbo_step(n)
{
	x = NONE;
	if
	:: len(waiters[n]) > 0 ->
		waiters[n]?<x>;
		wait_leave(x);
		thread_wake(x, ERR_CANCELLED)
	:: else -> notification[n].life = GONE
	fi
}

/* Thread t lost its original capability. */
inline thread_destroy(t)
{
#ifndef FAULT_dead_thread_stays
	wait_leave(t);
#endif
	notification[thread[t].bound].bound = NONE;
	thread[t].bound = NONE;
	thread[t].suspended = 0;
	thread[t].state = DEAD;
	if
	:: thread[t].ghost_open -> call_end(t, ERR_CANCELLED)
	:: else
	fi
}

/* SUSPEND and RESUME. No suspended thread waits for the ring: it would swallow a wake. */
inline thread_suspend(t)
{
	thread[t].suspended = 1 - thread[t].suspended;
	if
#ifndef FAULT_suspended_waits_for_ring
	:: thread[t].state == COMMIT -> wait_retry(t)
#endif
	:: else
	fi
}

/*
 * WRITE_STATE with registers of a thread that is suspended or held by a Reply: the call it is in is cancelled. A foreign thread that waited is stopped then, and one that was stopped stays so, until RESUME; which is at once for one that is
 * not suspended.
 */
inline thread_write_registers(t)
{
	if
	:: thread[t].ghost_open ->
		wait_leave(t);
		thread_wake(t, ERR_CANCELLED)
	:: else
	fi;
	if
	:: !thread[t].suspended && thread[t].state == FAULTED -> thread[t].state = RUNNABLE
	:: else
	fi
}

/* Notification n (bound to nobody) is bound to thread t (that has none): a receiving thread gets the bits that are already there. */
inline notification_bind(n, t)
{
	notification[n].bound = t;
	thread[t].bound = n;
	if
#ifndef FAULT_bind_forgets_bits
	:: notification[n].bits && thread[t].state == RECEIVING ->
		notification[n].bits = 0;
		wait_leave(t);
		thread_wake(t, SIGNALLED)
#endif
	:: else
	fi
}

/*
 * What holds between any two steps: every wait has a reason that exists and that knows the waiting thread, nobody is known twice, and nothing refers to what is gone.
 */
inline structure()
{
	for (i : 1 .. THREADS) {
		count = 0;
		for (j : 1 .. ENDPOINTS) {
			if
			:: queue[j]??[eval(i)] ->
				count++;
				assert((thread[i].state == SENDING || thread[i].state == RECEIVING) && thread[i].at == j);
				assert(endpoint[j] != GONE)
			:: else
			fi
		}
		for (j : 1 .. NOTIFICATIONS) {
			if
			:: waiters[j]??[eval(i)] ->
				count++;
				assert(thread[i].state == WAITING && thread[i].at == j);
				assert(notification[j].life != GONE && !notification[j].bits)
			:: else
			fi
		}
		for (j : 1 .. REPLIES) {
			if
			:: reply[j].thread == i ->
				assert(thread[i].reply == j && reply[j].life != GONE);
				assert(thread[i].state == RECEIVING || (thread[i].state == REPLY && reply[j].ghost_told == i));
				count = count + (thread[i].state == REPLY -> 1 : 0)
			:: else
			fi
		}
		assert(count == (waits(i) -> 1 : 0));
		assert(thread[i].ghost_open == (waits(i) || thread[i].state == COMMIT));
		assert(!thread[i].timer || waits(i) || thread[i].state == COMMIT);
		assert(thread[i].state != COMMIT || !thread[i].suspended);
		assert(thread[i].state != RECEIVING || (thread[i].reply != NONE && reply[thread[i].reply].thread == i));
		assert(!(thread[i].state == RECEIVING && bound_bits(i)));
		assert(thread[i].bound == NONE || (notification[thread[i].bound].bound == i && notification[thread[i].bound].life < LIMBO))
	}
	for (j : 1 .. ENDPOINTS) {
		count = 0;
		for (i : 1 .. THREADS) {
			if
			:: queue[j]??[eval(i)] -> count = count | (thread[i].state == SENDING -> 1 : 2)
			:: else
			fi
		}
		assert(count != 3)
	}
	assert(ring_used <= CAPACITY)
}
