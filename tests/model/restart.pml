/* SPDX-License-Identifier: MIT */
/*
 * Long calls that are executed again: a DELETE in several records and a piece of limbo, that gives way to interrupts, waits for the ring, is refused, cancelled or forgotten
 * in between, while somebody else finishes its work, deletes and fills the same slot. Mirrors method_call() and call_defer() of kernel/ipc.c and
 * teardown() of kernel/core/teardown.c; what tells an execution that it is not the first is CALL_AGAIN in its call word.
 *
 * Properties (assertions)
 *	one call deletes one capability at most
 *	a call that says OK has deleted the capability that it found
 *	a call begins as a new one, however the one before it ended
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
byte dying;         /* records that deletions still take; the slot is in use until then */
bit limbo;          /* then: a piece of machine work */
bit restarted;      /* CALL_AGAIN in the caller's call word */
bit deleted[CAPABILITIES + 1];

/* The slot's capability becomes dying. */
inline slot_doom()
{
	deleted[slot] = 1;
	slot = 0;
	dying = dying + RECORDS
}

inline dying_step()
{
	dying--;
	limbo = (dying -> limbo : 1)
}

active proctype caller()
{
	byte calls, seen, doomed;
	bit was, progress, begin, acted; /* acted: this call has made a record, so its next execution is not the first */

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
		begin = (slot && !was);
		do
		:: begin || dying ->
			if
			:: /* the ring is full */
				restarted = progress;
				goto waiting
			:: begin ->
				slot_doom();
				doomed++;
				assert(doomed == 1);
				begin = 0
			:: !begin -> dying_step()
			fi;
			progress = 1;
			acted = 1;
			if
			:: skip
			:: /* an interrupt is pending */
				restarted = progress;
				goto again
			fi
		:: !begin && !dying && limbo ->
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
	:: atomic { slot == 0 && dying == 0 && generation < CAPABILITIES -> generation++; slot = generation }
	:: atomic { slot && dying == 0 -> slot_doom() }
	:: atomic { dying -> dying_step() }
	:: atomic { !dying && limbo -> limbo = 0 }
	:: break
	od
}
