/* SPDX-License-Identifier: MIT */
/*
 * Safety under chaos: threads that make any call at any time, with any objects, and a world that lets deadlines pass, signals, suspends, resumes, overwrites registers,
 * binds, deletes every object in steps and makes it anew in the same memory. After each step structure() must hold; a refused call must leave every byte of the state as it was.
 *
 * What is left out: who holds which capability (every thread can name everything that is alive) and priorities, so that all orders of events are covered.
 */
#ifdef WITH_FOREIGN
hidden byte stops; /* what this step's answer says */
#define ANSWER_STOPS stops
#endif
#include "ipc.pml"

c_decl {
	\#include <string.h>
	static unsigned char before[4096];
};

#define state_keep() c_code { memcpy(before, &now, vsize); }
#define state_compare() c_code { more = memcmp(before, &now, vsize) != 0; }

/* The end of a step: what the environment chose is forgotten, and the rules hold. */
inline step_end()
{
	t = 0; e = 0; to = 0; from = 0; r = 0; send = 0; receive = 0; does_reply = 0; has_caps = 0; timed = 0; poll = 0;
	structure()
}

#define calls(t) (runs(t) && !FOREIGN(t))
#define calls_foreign(t) (runs(t) && FOREIGN(t))
#define is_faulted(t) (thread[t].state == FAULTED)
#define has_timer(t) thread[t].timer
#define lives(t) (thread[t].state != DEAD)
#define is_dead(t) (thread[t].state == DEAD)
#define may_commit(t) (thread[t].state == COMMIT && commit_room(t))
#define signals(n) (notification[n].life < LIMBO)

active proctype world()
{
	byte t, e, to, from, r, send, receive;
	bit does_reply, has_caps, timed, poll;

	do
	:: atomic {
		CHOOSE(t, THREADS, calls);
		if
		:: does_reply = 0
		:: does_reply = 1
		fi;
		if
		:: send = 0
		:: send = SEND; CHOOSE(to, ENDPOINTS, always)
		:: send = CALL; CHOOSE(to, ENDPOINTS, always)
		:: send = SIGNAL; CHOOSE(to, NOTIFICATIONS, always)
		fi;
		if
		:: receive = 0
		:: send != CALL -> receive = RECEIVE; CHOOSE(from, ENDPOINTS, always)
		:: send != CALL -> receive = WAIT; CHOOSE(from, NOTIFICATIONS, always)
		fi;
		if
		:: !does_reply
		:: does_reply || receive -> CHOOSE(r, REPLIES, always)
		fi;
		if
		:: skip
		:: timed = 1
		:: poll = 1
		fi;
#ifdef WITH_CAPS
		if
		:: skip
		:: has_caps = 1
		fi;
#endif
#ifdef WITH_FOREIGN
		if
		:: stops = 0
		:: does_reply -> stops = 1
		fi;
#endif
		d_step {
			state_keep();
			ipc_call(t, does_reply, send, to, receive, from, r, has_caps, timed, poll);
			state_compare();
			assert(end != ERR_REFUSED || !more);
			step_end()
		}
	   }
#ifdef WITH_FOREIGN
	:: atomic { /* a foreign system call or fault is a Call to the personality endpoint, 1 */
		CHOOSE(t, THREADS, calls_foreign);
		d_step {
			ipc_call(t, 0, CALL, 1, 0, 0, 0, 0, 0, 0);
			step_end()
		}
	   }
	:: atomic { /* RESUME */
		CHOOSE(t, THREADS, is_faulted);
		d_step {
			thread[t].state = RUNNABLE;
			step_end()
		}
	   }
#endif
	:: atomic {
		CHOOSE(t, THREADS, has_timer);
		d_step {
			deadline_expire(t);
			step_end()
		}
	   }
	:: atomic {
		CHOOSE(t, THREADS, lives);
		if
#ifdef WITH_SUSPEND
		:: d_step { thread_suspend(t) }
		:: thread[t].suspended || thread[t].state == REPLY -> d_step { thread_write_registers(t) }
#endif
		:: d_step { thread_destroy(t) }
		fi;
		d_step { step_end() }
	   }
	:: atomic { /* a new thread in the memory of a dead one */
		CHOOSE(t, THREADS, is_dead);
		d_step {
			thread[t].state = RUNNABLE;
			step_end()
		}
	   }
	:: atomic { /* deletion of an Endpoint, step by step */
		CHOOSE(e, ENDPOINTS, always);
		d_step {
			if
			:: endpoint[e] == ALIVE -> endpoint[e] = DOOMED
			:: endpoint[e] == DOOMED -> endpoint[e] = LIMBO
			:: endpoint[e] == LIMBO -> endpoint_limbo_step(e)
			:: endpoint[e] == GONE -> endpoint[e] = ALIVE
			fi;
			step_end()
		}
	   }
	:: atomic {
		CHOOSE(r, REPLIES, always);
		d_step {
			if
			:: reply[r].life == ALIVE -> reply[r].life = DOOMED
			:: reply[r].life == DOOMED -> reply_destroy(r)
			:: reply[r].life == GONE -> reply[r].life = ALIVE
			fi;
			step_end()
		}
	   }
#ifdef WITH_NOTIFICATION
	:: atomic {
		CHOOSE(e, NOTIFICATIONS, always);
		d_step {
			if
			:: notification[e].life == ALIVE -> notification[e].life = DOOMED
			:: notification[e].life == DOOMED -> notification_destroy(e)
			:: notification[e].life == LIMBO -> notification_limbo_step(e)
			:: notification[e].life == GONE -> notification[e].life = ALIVE
			fi;
			step_end()
		}
	   }
	:: atomic { /* an interrupt, or the kernel itself, signals */
		CHOOSE(e, NOTIFICATIONS, signals);
		d_step {
			notification_signal(e);
			step_end()
		}
	   }
	:: atomic {
		CHOOSE(t, THREADS, lives);
		CHOOSE(e, NOTIFICATIONS, always);
		if
		:: notification[e].life == ALIVE && notification[e].bound == NONE && thread[t].bound == NONE -> d_step { notification_bind(e, t) }
		:: notification[e].bound == t -> notification[e].bound = NONE; thread[t].bound = NONE
		:: else
		fi;
		d_step { step_end() }
	   }
#endif
#ifdef WITH_CAPS
	:: atomic {
		if
		:: ring_used > 0 -> ring_used--
		:: CHOOSE(t, THREADS, may_commit); d_step { wait_retry(t) }
		fi;
		d_step { step_end() }
	   }
#endif
	od
}
