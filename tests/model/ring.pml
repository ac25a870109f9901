/* SPDX-License-Identifier: MIT */
/*
 * The commit ring on one CPU with fixed priorities: mutators that commit, the drainer that frees the ring, init with the reserve, and whoever dies midway through a long
 * deletion. Mirrors kernel/schedule.c (schedule, ring_wake, idle, tick_handle), kernel/core/commit.c and kernel/core/teardown.c.
 *
 * A thread's number is its priority. Only the current thread makes kernel calls; a step of it is one kernel entry, or one look at the ring's header, which it has
 * mapped. Interrupts come from the slice timer (while a thread runs: always, at last) and from a device (perhaps never again).
 *
 *	LOW	one record after the other, for ever: it always wants to run (with LOW_RESTS: one at each of the device's interrupts)
 *	OTHER	(OTHERS of them) OTHER_RECORDS records at each of the device's interrupts; WITH_CAPS: by a message with a capability to the drainer
 *	DELETER	(WITH_TEARDOWN) deletes an object in several records at each of the device's interrupts; a thread waits at that object
 *	DRAINER	receives at an Endpoint, to which the Notification of the ring's threshold is bound; then reads the head, and advances the tail
 *	INIT	(WITH_INIT) restarts the drainer with as many records as the reserve has
 *
 * Properties
 *	assertions	what commits has no better waiter beside it that has room, too; init never waits for the ring when it restarts the drainer; the CPU is not idle
 *			while the best waiter has room
 *	low_served	LOW does not wait for the ring for ever
 *	all_served	nobody does (when the others rest at last)
 *	torn_down	a deletion that was begun ends, also when the deleter dies, and while LOW keeps the CPU busy
 *	restarted	init's restart ends
 */
#ifndef OTHERS
#define OTHERS 0
#endif
#define LOW 1
#define OTHER_LAST (LOW + OTHERS)
#ifdef WITH_TEARDOWN
#define DELETER (OTHER_LAST + 1)
#else
#define DELETER OTHER_LAST
#endif
#define DRAINER (DELETER + 1)
#ifdef WITH_INIT
#define INIT (DRAINER + 1)
#define THREADS INIT
#else
#define THREADS DRAINER
#endif
#define NOTIFICATIONS 1 /* of the threshold */
#define ENDPOINTS 1     /* of the drainer */
#define REPLIES 1
#ifndef RESERVE
#define RESERVE 1
#endif
#ifndef CAPACITY
#define CAPACITY 3
#endif
#ifndef THRESHOLD
#define THRESHOLD 1
#endif
#ifndef OTHER_RECORDS
#define OTHER_RECORDS 1
#endif
#ifndef DELAYS
#define DELAYS 3
#endif
#ifndef INIT_WAKES
#define INIT_WAKES 2
#endif
#ifndef DELETE_RECORDS
#define DELETE_RECORDS 2
#endif

#define is_other(t) (t > LOW && t <= OTHER_LAST)
#define RECORDS(t) (is_other(t) || t == DRAINER -> OTHER_RECORDS : 1) /* the drainer itself only ever waits for a sender's */
#define RECORD_MADE(t) records_commit(t)
#define RING_WAITED(t) \
	stage[t] = 0; \
	waiter_signal()

#include "ipc.pml"

byte current;     /* the running thread, 0: idle */
byte seen;        /* records that the drainer saw in the ring */
byte stage[THREADS + 1];
byte dying;       /* records that the begun deletion still takes */
bit limbo;        /* ... and then: the waiter at the object is to be woken */
bit drainer_hangs;
bit init_records; /* the ring has records of init */
byte restart;     /* records that init still needs to restart the drainer */

hidden byte signalled; /* the kernel entry that runs signals the threshold */

#ifdef FAULT_worst_waiter_first
#define BETTER(a, b) (a < b)
#else
#define BETTER(a, b) (a > b)
#endif
#define level(t) (RESERVED(t) -> 99 : t)
#define teardown_pending (dying || limbo)
#define sleeps(t) (t < DRAINER && thread[t].state == WAITING)

/* commit(): one record. */
inline record_append()
{
	ring_used++;
#ifndef FAULT_threshold_silent
	if
	:: ring_used == THRESHOLD -> signalled = 1
	:: else
	fi
#endif
}

/* All records of one call of thread t, which has room. */
inline records_commit(t)
{
	for (i : 1 .. THREADS) {
		assert(!(thread[i].state == COMMIT && !thread[i].suspended && level(i) > level(t) && commit_room(i)))
	}
	record_append();
	if
	:: RECORDS(t) == 2 -> record_append()
	:: else
	fi
}

/* Whoever begins to wait for the ring tells the drainer: the threshold may be above what the waiter finds in the ring. */
inline waiter_signal()
{
#ifndef FAULT_waiter_silent
	signalled = 1
#else
	skip
#endif
}

/* x = the best waiter for the ring, or NONE. */
inline best_waiter()
{
	x = NONE;
	for (i : 1 .. THREADS) {
		if
		:: thread[i].state == COMMIT && (x == NONE || BETTER(level(i), level(x))) -> x = i
		:: else
		fi
	}
}

/* Let the best waiter try if there is room for it. */
inline ring_wake()
{
	best_waiter();
	if
#ifndef FAULT_ring_waiters_sleep
	:: x != NONE && commit_room(x) -> wait_retry(x)
#endif
	:: else
	fi
}

/* The best thread that can run becomes the current one, or none. */
inline best_run()
{
	current = 0;
	for (i : 1 .. THREADS) {
		if
		:: runs(i) -> current = i
		:: else
		fi
	}
}

/* The end of every kernel entry. */
inline schedule()
{
	if
	:: signalled -> notification_signal(1)
	:: else
	fi;
	signalled = 0;
	ring_wake();
	best_run();
	best_waiter();
	assert(current != 0 || teardown_pending || x == NONE || !commit_room(x))
}

/* One method call of thread t that commits, or the wait for the ring. Sets `result`: OK or RING_FULL. */
inline method_call(t)
{
	if
	:: commit_room(t) ->
		records_commit(t);
		result = OK
	:: else ->
#ifdef WITH_INIT
		assert(t != INIT || restart == 0);
#endif
		ring_wait(t, 0);
		result = RING_FULL
	fi
}

/* One piece of what is left of a deletion, by the kernel itself: LOW's right to the ring is anybody's. */
#ifdef FAULT_kernel_uses_reserve
#define kernel_room (ring_used < CAPACITY)
#else
#define kernel_room commit_room(LOW)
#endif
inline teardown_continue()
{
	if
	:: dying && kernel_room ->
		record_append();
		dying--
	:: !dying -> limbo = 0
	:: else
	fi
}

inline mutator_step(t)
{
	if
	:: stage[t] == 0 ->
#ifdef LOW_RESTS
		stage[t] = 1;
#else
		stage[t] = (t != LOW);
#endif
#ifdef WITH_CAPS
		if
		:: t != LOW -> ipc_call(t, 0, SEND, 1, 0, 0, NONE, 1, 0, 0)
		:: else -> method_call(t)
		fi
#else
		method_call(t)
#endif
	:: else ->
		stage[t] = 0;
		thread[t].state = WAITING
	fi
}

#ifdef WITH_TEARDOWN
/* Each record is one execution of the call; the deletion of an object begins when the records of what another one left are written. Waiters are woken at the end, whoever's they are. */
inline deleter_step()
{
	if
	:: dying ->
		method_call(DELETER);
		if
		:: result == OK -> dying--
		:: else -> stage[DELETER] = 1
		fi
	:: !dying && stage[DELETER] == 0 ->
		method_call(DELETER);
		if
		:: result == OK ->
			dying = DELETE_RECORDS - 1;
			limbo = 1;
			stage[DELETER] = 1
		:: else
		fi
	:: !dying && stage[DELETER] && limbo -> limbo = 0
	:: else ->
		stage[DELETER] = 0;
		thread[DELETER].state = WAITING
	fi
}
#endif

inline drainer_step()
{
	if
	:: stage[DRAINER] == 0 ->
		stage[DRAINER] = 1;
		ipc_call(DRAINER, 0, 0, 0, RECEIVE, 1, 1, 0, 0, 0)
	:: stage[DRAINER] == 1 -> /* a look at the header, not a kernel entry */
		seen = ring_used;
		stage[DRAINER] = (seen -> 2 : 0)
	:: stage[DRAINER] == 2 -> /* ADVANCE */
		assert(seen <= ring_used);
		ring_used = ring_used - seen;
		seen = 0;
		init_records = (ring_used -> init_records : 0);
#ifndef FAULT_advance_silent
		if
		:: ring_used >= THRESHOLD -> signalled = 1
		:: else
		fi;
#endif
#ifdef DRAINER_LOOKS_ONCE
		stage[DRAINER] = 0
#else
		stage[DRAINER] = 1
#endif
	fi
}

#ifdef WITH_INIT
/* A new drainer in the place of the one that hangs; it looks at the ring before it waits. */
inline drainer_begin()
{
	wait_leave(DRAINER);
	thread[DRAINER].ghost_open = 0;
	thread[DRAINER].state = RUNNABLE;
	thread[DRAINER].suspended = 0;
	stage[DRAINER] = 1;
	seen = 0;
	drainer_hangs = 0
}

inline init_step()
{
	if
	:: stage[INIT] == 0 ->
		method_call(INIT);
		if
		:: result == OK ->
			init_records = 1;
			restart = (restart -> restart - 1 : 0)
		:: else
		fi;
		if
		:: result == OK && !restart ->
			stage[INIT] = 1;
			if
			:: drainer_hangs -> drainer_begin()
			:: else
			fi
		:: else
		fi
	:: else ->
		stage[INIT] = 0;
		thread[INIT].state = WAITING
	fi
}
#endif

active proctype cpu()
{
	d_step {
		notification[1].bound = DRAINER;
		thread[DRAINER].bound = 1;
		for (i : LOW + 1 .. THREADS) {
			if
			:: i != DRAINER -> thread[i].state = WAITING
			:: else
			fi
		}
		schedule()
	}
	do
	:: d_step {
		current != 0 ->
		if
		:: current <= OTHER_LAST -> mutator_step(current)
		:: current == DRAINER -> drainer_step()
#ifdef WITH_TEARDOWN
		:: current == DELETER -> deleter_step()
#endif
#ifdef WITH_INIT
		:: current == INIT -> init_step()
#endif
		fi;
		schedule()
	   }
	od
}

/* The end of a time slice. */
active proctype slice_timer()
{
	do
	:: d_step {
		current != 0 ->
#ifndef FAULT_orphans_wait_for_idle
		teardown_continue();
#endif
		schedule()
	   }
	od
}

/* An idle CPU works off what dead callers left. */
active proctype idle()
{
	do
	:: d_step {
		current == 0 && teardown_pending && (!dying || kernel_room) ->
		teardown_continue();
		schedule()
	   }
	od
}

/* The device wakes a sleeper; from some moment on it is silent (with DEVICE_WAKES: after so many times at the latest). */
active proctype device()
{
	byte t, times;

	do
	:: atomic {
#ifdef DEVICE_WAKES
		times < DEVICE_WAKES;
		times++;
#endif
		CHOOSE(t, THREADS, sleeps);
		d_step {
			thread[t].state = RUNNABLE;
			schedule();
			t = 0
		}
	   }
	:: break
	od
}

#ifdef WITH_SUSPEND
/* Somebody suspends and resumes mutators (never LOW). */
active proctype suspender()
{
	byte t;

	do
	:: atomic {
		CHOOSE(t, OTHER_LAST, is_other);
		d_step {
			thread_suspend(t);
			schedule();
			t = 0
		}
	   }
	:: break
	od
}
#endif

/* The drainer is held up by other work, a bounded number of times; so the ring fills. */
active proctype delay()
{
	byte delays;

	do
	:: delays < DELAYS ->
		d_step {
			thread[DRAINER].suspended = 1;
			delays++;
			schedule()
		}
		d_step {
			thread[DRAINER].suspended = drainer_hangs;
			schedule()
		}
	:: break
	od
}

#ifdef WITH_INIT
/*
 * What wakes init, a bounded number of times: work of its own, or the news that the drainer hangs. The reserve is whole when that happens: init drains the ring itself
 * before it restarts twice in a row.
 */
active proctype news()
{
	byte times;

	do
	:: d_step {
		times < INIT_WAKES && thread[INIT].state == WAITING ->
		times++;
		thread[INIT].state = RUNNABLE;
		schedule()
	   }
	:: d_step {
		times < INIT_WAKES && thread[INIT].state == WAITING && !drainer_hangs && !init_records ->
		times++;
		drainer_hangs = 1;
		thread[DRAINER].suspended = 1;
		restart = RESERVE;
		thread[INIT].state = RUNNABLE;
		schedule()
	   }
	:: break
	od
}
#endif

#ifdef WITH_TEARDOWN
/* Somebody kills the deleter, at any moment. */
active proctype killer()
{
	if
	:: d_step {
		thread[DELETER].state = DEAD;
		schedule()
	   }
	:: skip
	fi
}
#endif

#define low_goes_on (thread[LOW].state != COMMIT)
#define goes_on(t) (thread[t].state != COMMIT)
#if THREADS == 3
#define nobody_waits (goes_on(1) && goes_on(2) && goes_on(3))
#else
#define nobody_waits (goes_on(1) && goes_on(2) && goes_on(3) && goes_on(THREADS))
#endif
#define nothing_dying (!teardown_pending)
#define no_restart (restart == 0)
ltl low_served { [] <> low_goes_on }
#if THREADS == 3 || THREADS == 4
ltl all_served { [] <> nobody_waits }
#endif
ltl torn_down { [] <> nothing_dying }
ltl restarted { [] <> no_restart }
