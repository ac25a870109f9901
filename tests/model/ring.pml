/* SPDX-License-Identifier: MIT */
/*
 * The commit ring on one CPU with fixed priorities: mutators that commit, the drainer that frees the ring, init with the reserve, and whoever dies midway through a long
 * deletion. Mirrors kernel/schedule.c (schedule, ring_wait, ring_wake, idle_step), kernel/core/commit.c and the teardown of kernel/core/teardown.c.
 *
 * A thread's number is its priority. Only the current thread makes kernel calls; a step of it is one kernel entry, or one look at the ring's header, which it has
 * mapped. Interrupts come from the slice timer (while a thread runs: always, at last) and from a device (perhaps never again).
 *
 *	LOW	one record after the other, for ever: it always wants to run
 *	OTHER	(-DOTHERS=n of them) one record at each of the device's interrupts
 *	DELETER	(-DWITH_TEARDOWN) deletes an object in several records at each of the device's interrupts; a thread waits at that object
 *	DRAINER	waits for the threshold, reads the head, advances the tail
 *	INIT	(-DWITH_INIT) restarts the drainer with as many records as the reserve has
 *
 * Properties
 *	assertions	what commits has no better waiter beside it that has room, too; init never waits for the ring; the CPU is not idle while a waiter has room
 *	ring_served	LOW does not wait for the ring for ever
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
#define NOTIFICATIONS THREADS /* each thread sleeps at its own */
#define ENDPOINTS 1
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
#ifndef DELAYS
#define DELAYS 3
#endif
#ifndef INIT_WAKES
#define INIT_WAKES 2
#endif
#ifndef DELETE_RECORDS
#define DELETE_RECORDS 2
#endif

#include "ipc.pml"

byte current;  /* the running thread, 0: idle */
byte seen;     /* records that the drainer saw in the ring */
byte stage[THREADS + 1];
byte dying;    /* records that the begun deletion still takes */
bit limbo;     /* ... and then: the waiter at the object is to be woken */
bit drainer_hangs;
bit init_records; /* the ring has records of init */
byte restart;  /* records that init still needs to restart the drainer */

#ifdef FAULT_worst_waiter_first
#define BETTER(a, b) (a < b)
#else
#define BETTER(a, b) (a > b)
#endif
#define level(t) (RESERVED(t) -> 99 : t)
#define orphaned (dying || limbo)
#define sleeps(t) (t < DRAINER && thread[t].state == WAITING)
#define is_other(t) (t != LOW)

/* commit_begin() and commit_apply() by thread t, which has room. */
inline record_commit(t)
{
	for (i : 1 .. THREADS) {
		assert(!(thread[i].state == COMMIT && !thread[i].suspended && level(i) > level(t) && commit_room(i)))
	}
	ring_used++;
	threshold_signal()
}

inline threshold_signal()
{
	if
#ifndef FAULT_threshold_silent
	:: ring_used == THRESHOLD -> notification_signal(1)
#endif
	:: else
	fi
}

/* Let the best waiter try if there is room for it. `more` tells whether somebody was woken. */
inline ring_wake()
{
	x = NONE;
	more = 0;
	for (i : 1 .. THREADS) {
		if
		:: thread[i].state == COMMIT && (x == NONE || BETTER(level(i), level(x))) -> x = i
		:: else
		fi
	}
	if
#ifndef FAULT_ring_waiters_sleep
	:: x != NONE && commit_room(x) ->
		thread[x].state = RUNNABLE;
		more = 1
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

inline schedule()
{
	ring_wake();
	best_run();
	do
	:: current == 0 && more -> ring_wake(); best_run()
	:: else -> break
	od;
	for (i : 1 .. THREADS) {
		assert(current != 0 || orphaned || thread[i].state != COMMIT || thread[i].suspended || !commit_room(i))
	};
	more = 0
}

/* One record of thread t, or the wait for the ring. Sets `result`: OK or RING_FULL. */
inline commit_one(t)
{
	if
	:: commit_room(t) ->
		record_commit(t);
		result = OK
	:: else ->
#ifdef WITH_INIT
		assert(t != INIT || restart == 0);
#endif
		thread[t].state = COMMIT;
		result = RING_FULL
	fi
}

/* teardown_continue(): one piece of what is left of a deletion, by the kernel itself. Sets `more` if it did something. */
inline teardown_continue()
{
	more = 1;
	if
#ifdef FAULT_kernel_uses_reserve
	:: dying && CAPACITY - ring_used >= 1 ->
#else
	:: dying && commit_room(LOW) ->
#endif
		ring_used++;
		threshold_signal();
		dying--
	:: !dying && limbo -> limbo = 0
	:: else -> more = 0
	fi
}

inline mutator_step(t)
{
	if
	:: stage[t] == 0 ->
		commit_one(t);
		if
		:: result == OK && t != LOW -> stage[t] = 1
		:: else
		fi
	:: else ->
		stage[t] = 0;
		thread[t].state = WAITING
	fi
}

#ifdef WITH_TEARDOWN
inline deleter_step()
{
	if
	:: stage[DELETER] == 0 && !orphaned ->
		commit_one(DELETER);
		if
		:: result == OK ->
			dying = DELETE_RECORDS - 1;
			limbo = 1;
			stage[DELETER] = 1
		:: else
		fi
	:: dying ->
		commit_one(DELETER);
		if
		:: result == OK -> dying--
		:: else
		fi
	:: !dying && limbo -> limbo = 0
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
		thread[DRAINER].ghost_open = 1;
		notification_wait(DRAINER, 1, NONE, 0, 0);
		if
		:: result == SIGNALLED -> thread[DRAINER].ghost_open = 0
		:: else
		fi
	:: stage[DRAINER] == 1 -> /* a look at the header, not a kernel entry */
		seen = ring_used;
		stage[DRAINER] = (seen -> 2 : 0)
	:: stage[DRAINER] == 2 ->
		assert(seen <= ring_used);
		ring_used = ring_used - seen;
		init_records = (ring_used -> init_records : 0);
		seen = 0;
#ifdef FAULT_drainer_looks_once
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
		commit_one(INIT);
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
	/* who sleeps at first */
	d_step {
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
		if
		:: orphaned -> teardown_continue()
		:: else
		fi;
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
		current == 0 && orphaned && (!dying || commit_room(LOW)) ->
		teardown_continue();
		schedule()
	   }
	od
}

/* The device wakes a sleeper; from some moment on it may be silent for ever. */
active proctype device()
{
	byte t;

	do
	:: atomic {
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
/* Suspend or resume. No suspended thread waits for the ring: it would swallow a wake. It executes its call again when it is resumed. */
inline thread_suspend(t)
{
	thread[t].suspended = 1 - thread[t].suspended;
	if
#ifndef FAULT_suspended_waits_for_ring
	:: thread[t].state == COMMIT -> thread[t].state = RUNNABLE
#endif
	:: else
	fi
}

/* Somebody suspends mutators (never LOW). */
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

#define low_not_waiting (thread[LOW].state != COMMIT)
#define nothing_dying (!orphaned)
#define no_restart (restart == 0)
ltl ring_served { [] <> low_not_waiting }
#ifdef WITH_TEARDOWN
ltl torn_down { [] <> nothing_dying }
#endif
#ifdef WITH_INIT
ltl restarted { [] <> no_restart }
#endif
