/* SPDX-License-Identifier: MIT */
/* ITIMER_REAL of a process (setitimer(2)), as far as others than its calls have to do with it. */
#pragma once

struct process;

/* SIGALRM is being taken, from whomever it was: a periodic timer that stood still meanwhile goes on. */
void interval_taken(struct process *process);
