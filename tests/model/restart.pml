/* SPDX-License-Identifier: MIT */
/*
 * Long calls that are executed again: a DELETE in several records and a piece of limbo, that gives way to interrupts, waits for the ring, is refused, cancelled or forgotten
 * in between, while somebody else deletes, finishes the caller's work and fills the same slot. A deletion begins when the list of dying slots is empty; until then the call does the work of others, which may take
 * the caller's slot along. Mirrors method_call() and call_defer() of kernel/ipc.c and teardown() of kernel/core/teardown.c; what tells an execution that the deletion has begun is CALL_AGAIN in its call word.
 *
 * Properties (assertions)
 *	one call deletes one capability at most, and only one that is there
 *	a call that says OK has deleted the capability that it found
 *	a call begins as a new one, however the one before it ended
 *	an object goes after the last copy of its capability
 */
#ifndef CALLS
#define CALLS 3
#endif
#ifndef CAPABILITIES
#define CAPABILITIES 3
#endif
#ifndef RECORDS
#define RECORDS 2
#endif

byte slot = 1;      /* the capability in it, 0: none */
byte generation = 1;
byte dying;         /* records that what others have begun still takes */
byte top;           /* and, before those, what the deletion of the slot's capability takes: the list is last-in-first-out. The slot is in use until then */
bit copy;           /* below a dying slot there is a copy of the slot's capability, still of use */
bit limbo;          /* then: a piece of machine work */
bit restarted;      /* CALL_AGAIN in the caller's call word */
bit deleted[CAPABILITIES + 1];

#define LIST (top || dying)

/* The slot's capability becomes dying, which is the original. */
inline slot_doom()
{
	assert(slot);
	deleted[slot] = 1;
	slot = 0;
	top = RECORDS
}

/* One record. The object goes with its original; what hangs below a dying slot, the slot itself perhaps, goes before that slot. */
inline dying_step()
{
	if
	:: top ->
		top--;
		assert(top || !copy)
	:: else ->
		copy = 0;
		if
		:: skip
		:: slot -> deleted[slot] = 1; slot = 0
		fi;
		dying--
	fi;
	limbo = (LIST -> limbo : 1)
}

active proctype caller()
{
	byte calls, seen, doomed;
	bit was, progress, waits, acted; /* waits: to begin; acted: this call need not begin any more, so what it has found stays what it found */

idle:
	atomic {
		if
		:: calls < CALLS ->
			calls++;
			doomed = 0;
			acted = 0;
			assert(!restarted)
		:: else -> goto done
		fi
	}
execute:
	atomic {
		was = restarted;
		restarted = 0;
#ifdef FAULT_restart_forgotten
		progress = 0;
#else
		progress = was;
#endif
		seen = (acted -> seen : slot);
		if
		:: skip
		:: /* the CNode is gone: refused */
#ifdef FAULT_restart_kept_by_refusal
			restarted = was;
#endif
			goto idle
		fi;
		waits = (slot && !was);
		do
		:: waits || LIST ->
			if
			:: /* the ring is full */
				restarted = progress;
				goto waiting
#ifdef FAULT_begins_before_empty
			:: waits ->
#else
			:: waits && !LIST ->
#endif
				slot_doom();
				doomed++;
				assert(doomed == 1);
				waits = 0
			:: LIST -> dying_step()
			fi;
#ifndef FAULT_begins_what_has_gone
			waits = (waits && slot);
#endif
#ifdef FAULT_waiting_taken_for_begun
			progress = 1;
#else
			progress = !waits;
#endif
			acted = !waits;
			if
			:: skip
			:: /* an interrupt is pending */
				restarted = progress;
				goto again
			fi
		:: !waits && !LIST && limbo ->
			limbo = 0;
			if
			:: skip
			:: restarted = progress;
				goto again
			fi
		:: else -> break
		od;
		assert(seen == 0 || deleted[seen]);
		goto idle
	}
again:
	if
	:: goto execute
	:: restarted = 0; /* WRITE_REGISTERS: another life */
		goto idle
	fi;
waiting:
	if
	:: goto execute
	:: /* the deadline passes */
#ifndef FAULT_restart_kept_by_cancel
		restarted = 0;
#endif
		goto idle
	fi;
done:
	skip
}

active proctype other()
{
	do
	:: atomic { slot == 0 && !LIST && generation < CAPABILITIES -> generation++; slot = generation }
	:: atomic { slot && !LIST -> slot_doom() }
	:: atomic { !LIST -> dying = RECORDS; copy = (slot != 0) } /* a copy of the slot's capability that has been copied, or something else */
	:: atomic { LIST -> dying_step() }
	:: atomic { !LIST && limbo -> limbo = 0 }
	:: break
	od
}
