/* SPDX-License-Identifier: MIT */
/*
 * The one kernel call, and everything else that is a message.
 *
 * native_call() checks all handles and rights of the phases first (struct plan); from then on nothing fails, except by time-out or cancellation. A message is moved when
 * both sides are there: from the sender's frame (and page) into the receiver's. A sender that is not met waits in the Endpoint's queue with its message in
 * its frame, so native messages, foreign system calls and faults differ only in message_move() and in how an answer goes back (answer_send).
 *
 * States of a caller: SENDING (in the queue) -> REPLY (held by exactly one Reply object) -> RUNNABLE (answered, cancelled or timed out). Of a receiver: RECEIVING, in the queue,
 * and at an Endpoint also with a Reply armed. Thread and Reply name each other exactly as long as the one holds or awaits the other; a Reply names one Thread at
 * most, whose state tells which of the two it is. These links are set and cleared together, here and nowhere else; so is what queue a thread waits in.
 *
 * Whoever was woken last runs at once when nothing ready is better (ipc_finish); ready queues are not touched then.
 */
#include "kernel/ipc.h"

#include "kernel/interrupt.h"
#include "kernel/schedule.h"

/* A message takes few instructions only when its path is one piece of code, without what is rarely needed. */
#define HOT static inline __attribute__((always_inline))
#define COLD static __attribute__((noinline))

#define WORD_FORWARDED (((uint64_t)0xffffffff << CALL_LABEL_SHIFT) | (uint64_t)0xff << CALL_WORDS_SHIFT) /* label and words */
#define WORD_COUNT(word) ((unsigned)((word) >> CALL_WORDS_SHIFT & 0xff))
#define WORD_CAPS(word) ((unsigned)((word) >> CALL_CAPS_SHIFT & 0xf))
#define WORD_BEYOND(word, words) (((word) & (uint64_t)0xfff << CALL_WORDS_SHIFT) > (uint64_t)(words) << CALL_WORDS_SHIFT) /* or has capabilities */
#define WORD_STATUS(word) ((word) >> CALL_STATUS_SHIFT & 0xff)
#define WORD_LABEL(word) ((uint32_t)((word) >> CALL_LABEL_SHIFT))
#define ANSWER(kind, words) ((uint64_t)(kind) << ANSWER_KIND_SHIFT | (words) << CALL_WORDS_SHIFT)

void queue_insert(struct queue *queue, struct thread *thread, bool first)
{
	struct thread *prev = first ? NULL : queue->tail, *next = first ? queue->head : NULL;

	thread->queue = queue;
	thread->prev = prev;
	thread->next = next;
	*(prev ? &prev->next : &queue->head) = thread;
	*(next ? &next->prev : &queue->tail) = thread;
}

void queue_remove(struct thread *thread)
{
	struct thread *prev = thread->prev, *next = thread->next;

	*(prev ? &prev->next : &thread->queue->head) = next;
	*(next ? &next->prev : &thread->queue->tail) = prev;
	thread->queue = NULL;
}

/* A thread whose state is this one leaves what it waits in; it is runnable again. */
HOT void wait_leave(struct thread *thread, enum thread_state state)
{
	if (state != THREAD_REPLY)
		queue_remove(thread);
	if (state == THREAD_REPLY || (state == THREAD_RECEIVING && thread->reply))
		thread->reply->thread = NULL;
	thread->state = THREAD_RUNNABLE;
	if (thread->timed)
		deadline_disarm(thread);
}

/* Let `self` go on (if it can) beside `next`, who was woken last (or NULL): the better one runs. */
HOT void ipc_finish(struct thread *self, bool going_on, struct thread *next)
{
	if (next && !next->stopped) {
		if ((!going_on || next->core.priority > self->core.priority) && !schedule_is_due(next)) {
			if (going_on)
				ready_insert(self, true);
			thread_switch(next);
			return;
		}
		ready_insert(next, false);
	}
	schedule();
}

/* Give the receiver capability `i` of the message: in its slot, or as its badge when it is one of the receiving Endpoint. */
COLD bool capability_move(struct thread *from, struct thread *to, unsigned i, const struct endpoint *through)
{
	struct message_page *target = thread_page(to);
	const struct slot *slot = capability_at(&from->core, thread_page(from)->caps[i]);
	uint64_t index = target->receive[i];
	const struct slot *destination = index ? slot_at(&to->core.slot[THREAD_CNODE], index) : NULL;
	struct copy_change by_message = { .flags = COMMIT_COPY_IPC };

	if (slot && through && slot->type == OBJECT_ENDPOINT && core_pointer(slot->object) == through) {
		target->badges[i] = slot->badge;
		to->frame.rax |= (uint64_t)1 << (ANSWER_UNWRAPPED_SHIFT + i);
		return true;
	}
	return slot && destination && slot_is_empty(destination) && slot_copy(&from->core, slot, destination, RIGHTS_ALL, &by_message) == OK;
}

/*
 * What does not fit in registers, through both message pages. Without them the message ends with the registers, as the answer word then tells. Of the capabilities as many as
 * can be, in order: the answer word tells how many. Room for them in the ring was made sure of before.
 */
COLD void message_move_rest(struct thread *from, struct thread *to, uint64_t word, bool grant, const struct endpoint *through)
{
	const struct message_page *source = thread_page(from);
	struct message_page *target = thread_page(to);
	unsigned caps = 0;

	if (!source || !target) {
		if (WORD_COUNT(word) > MESSAGE_REGISTER_WORDS)
			to->frame.rax = (to->frame.rax & ~((uint64_t)0xff << CALL_WORDS_SHIFT)) | MESSAGE_REGISTER_WORDS << CALL_WORDS_SHIFT;
		return;
	}
	for (unsigned i = MESSAGE_REGISTER_WORDS; i < WORD_COUNT(word); i++)
		target->words[i] = source->words[i];
	while (grant && caps < WORD_CAPS(word) && capability_move(from, to, caps, through))
		caps++;
	to->frame.rax |= (uint64_t)caps << CALL_CAPS_SHIFT;
}

/* Move an ordinary message, with its label and its length; words 0 to 3 always travel. */
HOT void message_move_words(struct thread *from, struct thread *to, uint64_t word, uint64_t answer, bool grant, const struct endpoint *through)
{
	to->frame.rax = (word & WORD_FORWARDED) | answer;
	for (unsigned i = 0; i < 4; i++)
		to->frame.message[i] = from->frame.message[i];
	if (!WORD_BEYOND(word, 4))
		return;
	for (unsigned i = 4; i < MESSAGE_REGISTER_WORDS; i++)
		to->frame.message[i] = from->frame.message[i];
	if (WORD_BEYOND(word, MESSAGE_REGISTER_WORDS))
		message_move_rest(from, to, word, grant, through);
}

/* Move what `from` sends, a message of this kind, into the registers of `to`. */
HOT void message_move(struct thread *from, struct thread *to, unsigned kind, bool grant, const struct endpoint *through)
{
	const struct frame *f = &from->frame;
	uint64_t *m = to->frame.message;

	to->frame.rdi = from->badge;
	if (kind <= MESSAGE_CALL) {
		message_move_words(from, to, f->rax, ANSWER(kind, 0), grant, through);
	} else if (kind == MESSAGE_SYSCALL) {
		to->frame.rax = ANSWER(MESSAGE_SYSCALL, 7);
		m[0] = f->rax;
		m[1] = f->rdi;
		m[2] = f->rsi;
		for (unsigned i = 0; i < 4; i++)
			m[3 + i] = f->message[i]; /* rdx r10 r8 r9 */
	} else {
		to->frame.rax = ANSWER(MESSAGE_FAULT, 6);
		m[0] = f->vector;
		m[1] = from->fault_address;
		m[2] = f->error;
		m[3] = f->rip;
		m[4] = f->rsp;
		m[5] = f->rflags;
	}
}

/* Let a thread execute a call (again) as soon as it runs, by going back over the instruction. */
static void call_again(struct thread *thread, uint64_t word)
{
	thread->frame.rax = word;
	thread->frame.rip -= SYSCALL_BYTES;
}

/* A sender or caller goes on without an answer: a native one with a status, a foreign or faulting one not before somebody resumes it, as before its instruction. */
COLD void caller_stop(struct thread *thread, enum error status)
{
	if (thread->kind <= MESSAGE_CALL) {
		thread->frame.rax = status;
		thread->state = THREAD_RUNNABLE;
		thread_ready(thread);
		return;
	}
	if (thread->kind == MESSAGE_SYSCALL)
		call_again(thread, thread->frame.rax);
	thread->state = THREAD_FAULTED;
}

void wait_cancel(struct thread *thread, enum error status)
{
	if (thread->state == THREAD_RUNNABLE || thread->state == THREAD_FAULTED)
		return;
	wait_leave(thread, thread->state);
	caller_stop(thread, status);
}

void wait_retry(struct thread *thread)
{
	wait_leave(thread, thread->state);
	call_again(thread, thread->frame.rax);
	thread_ready(thread);
}

/* A message of this kind was moved from `from` to a receiver with this Reply, or is to be answered through it: what becomes of the sender. */
HOT void sender_continue(struct thread *from, unsigned kind, struct reply *reply)
{
	if (kind == MESSAGE_SEND) {
		from->state = THREAD_RUNNABLE;
		from->frame.rax = OK;
	} else {
		from->state = THREAD_REPLY;
		from->reply = reply;
		reply->thread = from;
	}
}

/* Send a message of `self` through a capability to an Endpoint: to the first receiver, who is returned, or into the queue. */
HOT struct thread *endpoint_send(struct thread *self, enum message_kind kind, const struct slot *through)
{
	struct endpoint *endpoint = core_pointer(through->object);
	struct thread *receiver = endpoint->queue.head;

	self->kind = (uint8_t)kind;
	self->badge = through->badge;
	if (__builtin_expect(receiver && receiver->state == THREAD_RECEIVING, 1)) {
		struct reply *reply = receiver->reply;

		if (receiver->prev)
			__builtin_unreachable(); /* it is the first */
		wait_leave(receiver, THREAD_RECEIVING);
		message_move(self, receiver, kind, through->rights & RIGHT_GRANT, endpoint);
		sender_continue(self, kind, reply);
		return receiver;
	}
	self->state = THREAD_SENDING;
	self->grant = through->rights & RIGHT_GRANT;
	queue_insert(&endpoint->queue, self, false);
	return NULL;
}

/* Give all pending signals to a thread; false when there are none. */
static bool notification_take(struct thread *to, struct notification *notification)
{
	if (!notification->bits)
		return false;
	to->frame.rax = ANSWER(MESSAGE_NOTIFICATION, 1);
	to->frame.message[0] = notification->bits;
	notification->bits = 0;
	return true;
}

/* As notification_signal(); who was woken is returned and not made ready: the bound thread if it receives at an Endpoint, else the first waiter. */
HOT struct thread *notification_send(struct notification *notification, uint64_t bits)
{
	struct thread *bound = core_pointer(notification->core.bound), *waiter = notification->queue.head;

	if (bound && bound->state == THREAD_RECEIVING && bound->reply)
		waiter = bound;
	notification->bits |= bits;
	if (!waiter || !notification->bits)
		return NULL;
	wait_leave(waiter, THREAD_RECEIVING);
	notification_take(waiter, notification);
	return waiter;
}

void notification_signal(struct notification *notification, uint64_t bits)
{
	struct thread *waiter = notification_send(notification, bits);

	if (waiter)
		thread_ready(waiter);
}

/* What the phases of one call refer to, checked. */
struct plan {
	struct reply *reply;
	struct slot *answer, *target, *source;
};

/* The answer of `self` goes to the caller that the Reply holds, who is returned; nobody is there any more: nothing happens. */
HOT struct thread *answer_send(struct thread *self, const struct plan *plan, uint64_t word)
{
	struct thread *caller = plan->reply->thread;

	if (!caller)
		return NULL;
	wait_leave(caller, THREAD_REPLY);
	if (__builtin_expect(caller->kind == MESSAGE_CALL, 1)) {
		message_move_words(self, caller, word, WORD_STATUS(word), plan->answer->rights & RIGHT_GRANT, NULL);
	} else if (WORD_LABEL(word) == RESUME_RESULT) {
		if (caller->kind == MESSAGE_SYSCALL)
			caller->frame.rax = self->frame.message[0];
	} else if (WORD_LABEL(word) != RESUME_REGISTERS || !thread_page(self) ||
		   thread_registers_load(caller, (const struct thread_registers *)thread_page(self))) {
		caller_stop(caller, ERR_CANCELLED);
		return NULL;
	}
	return caller;
}

/* Wait in a queue for a message, with the Reply armed, or (without one) for a signal; or time out at once when the deadline has passed: true. */
HOT bool receive_wait(struct thread *self, struct queue *queue, struct reply *reply, uint64_t word)
{
	if (word & CALL_DEADLINE) {
		if (self->frame.r15 <= clock_now()) {
			self->frame.rax = ERR_TIMEOUT;
			return true;
		}
		deadline_arm(self, self->frame.r15);
	}
	self->state = THREAD_RECEIVING;
	self->kind = MESSAGE_SEND;
	self->reply = reply;
	if (reply)
		reply->thread = self;
	queue_insert(queue, self, false);
	return false;
}

/*
 * Take the message of the first sender in the queue. One that also wants to receive then executes the rest of its call. One whose capabilities find no room in the ring waits
 * for that instead, to send again (its answer, if it gave one, is given), and the receiver looks again.
 */
COLD void sender_receive(struct thread *self, struct thread *from, struct endpoint *endpoint, struct reply *reply, uint64_t word)
{
	uint64_t sent = from->frame.rax;
	unsigned caps = from->kind <= MESSAGE_CALL && from->grant ? WORD_CAPS(sent) : 0;

	queue_remove(from);
	if (caps && !commit_room(&from->core, caps)) {
		from->frame.rax &= ~(uint64_t)CALL_REPLY;
		ring_wait(from, caps);
		if (from->stopped)
			wait_retry(from);
		call_again(self, CALL_RECEIVE | (word & CALL_DEADLINE));
		return;
	}
	message_move(from, self, from->kind, from->grant, endpoint);
	sender_continue(from, from->kind, reply);
	if (from->kind != MESSAGE_SEND)
		return;
	deadline_disarm(from);
	if (sent & CALL_RECEIVE)
		call_again(from, CALL_RECEIVE | (sent & CALL_DEADLINE));
	thread_ready(from);
}

/* The receive phase. Does `self` go on? */
HOT bool receive(struct thread *self, const struct plan *plan, uint64_t word)
{
	const struct slot *bound = &self->core.slot[THREAD_NOTIFICATION];
	struct endpoint *endpoint = core_pointer(plan->source->object);
	struct notification *notification = core_pointer(plan->source->object);

	if (plan->source->type == OBJECT_NOTIFICATION)
		return notification_take(self, notification) || receive_wait(self, &notification->queue, NULL, word);
	if (bound->type == OBJECT_NOTIFICATION && notification_take(self, core_pointer(bound->object)))
		return true;
	if (endpoint->queue.head && endpoint->queue.head->state == THREAD_SENDING) {
		sender_receive(self, endpoint->queue.head, endpoint, plan->reply, word);
		return true;
	}
	return receive_wait(self, &endpoint->queue, plan->reply, word);
}

/* Why a slot will not do for a phase. */
COLD enum error slot_refuse(const struct slot *slot, unsigned type, unsigned other)
{
	if (!slot || slot->type == OBJECT_NULL)
		return refuse(ERR_NOCAP, "rdi, rsi or r12 names no capability");
	if (slot->type != type && slot->type != other)
		return refuse(ERR_TYPE, "rdi, rsi or r12 is for an object of another type");
	return refuse(ERR_RIGHTS, "rdi, rsi or r12 lacks a right");
}

/* The capability behind a handle, which must be of one of two types and carry a right. */
HOT enum error slot_find(const struct thread *self, handle_t handle, unsigned type, unsigned other, uint8_t right, struct slot **slot)
{
	*slot = slot_at(&self->core.slot[THREAD_CNODE], handle);
	if (__builtin_expect(*slot && ((*slot)->type == type || (*slot)->type == other) && (*slot)->rights & right, 1))
		return OK;
	return slot_refuse(*slot, type, other);
}

/* The Reply object of a call that answers, or receives at an Endpoint. */
HOT enum error plan_reply(const struct thread *self, uint64_t phases, struct plan *plan)
{
	enum error error = slot_find(self, self->frame.r12, OBJECT_REPLY, OBJECT_REPLY, RIGHT_WRITE, &plan->answer);
	const struct thread *held;

	if (error)
		return error;
	plan->reply = core_pointer(plan->answer->object);
	held = plan->reply->thread;
	if (held && (!(phases & CALL_REPLY) || held->state == THREAD_RECEIVING))
		return refuse(ERR_BUSY, "the Reply object holds a caller, or waits with another thread");
	return OK;
}

/* A message that does not fit into registers: its length, its capabilities and the room that they need. */
COLD enum error plan_message(const struct thread *self, uint64_t word)
{
	if (WORD_COUNT(word) > MESSAGE_WORDS_MAX || WORD_CAPS(word) > MESSAGE_CAPS_MAX || !thread_page(self))
		return refuse(ERR_MESSAGE, "the message is too long, or there is no message page");
	if (WORD_CAPS(word) && (word & (CALL_REPLY | CALL_SEND)) == (CALL_REPLY | CALL_SEND))
		return refuse(ERR_ARGUMENT, "capabilities cannot go two ways at once");
	return !WORD_CAPS(word) || commit_room(&self->core, WORD_CAPS(word)) ? OK : ERR_RING_FULL;
}

/* Check everything that the call names; nothing changes. */
HOT enum error plan_check(struct thread *self, uint64_t word, uint64_t phases, struct plan *plan)
{
	enum error error = OK;

	if (phases & CALL_RECEIVE)
		error = slot_find(self, self->frame.rsi, OBJECT_ENDPOINT, OBJECT_NOTIFICATION, RIGHT_READ, &plan->source);
	if (!error && (phases & CALL_REPLY || (phases & CALL_RECEIVE && plan->source->type == OBJECT_ENDPOINT)))
		error = plan_reply(self, phases, plan);
	if (!error && phases & CALL_SEND)
		error = slot_find(self, self->frame.rdi, OBJECT_ENDPOINT, phases & CALL_CALL ? OBJECT_ENDPOINT : OBJECT_NOTIFICATION, RIGHT_WRITE, &plan->target);
	if (!error && WORD_BEYOND(word, MESSAGE_REGISTER_WORDS))
		error = plan_message(self, word);
	return error;
}

/* A call that could not be finished now is executed again: when there is room in the ring for `records`, or (0) after the interrupt that is pending. */
COLD void call_defer(struct thread *self, unsigned records, bool progress, uint64_t word)
{
	self->frame.rax = word | (progress ? CALL_AGAIN : 0);
	if (records) {
		ring_wait(self, records);
		if (word & CALL_DEADLINE)
			deadline_arm(self, self->frame.r15);
	} else {
		call_again(self, self->frame.rax);
	}
	schedule();
}

/* The capability arguments of a method. */
HOT enum error arguments_find(const struct thread *self, struct call *call, unsigned caps)
{
	const struct message_page *page = thread_page(self);

	if (!page)
		return refuse(ERR_MESSAGE, "capability arguments are in the message page");
	for (unsigned i = 0; i < caps && i < METHOD_CAPS_MAX; i++) {
		call->cap[i] = capability_at(&self->core, page->caps[i]);
		if (!call->cap[i])
			return refuse(ERR_NOCAP, "a capability argument names no capability");
	}
	return OK;
}

/* A method of a kernel object: capability arguments, the decoder, the results as the answer. */
COLD void method_call(struct thread *self, struct slot *target, uint64_t word)
{
	unsigned caps = WORD_CAPS(word);
	struct call call; /* not cleared: what a method does not use stays as it is */
	enum error error = OK;

	call.caller = &self->core;
	call.target = target;
	call.words = self->frame.message;
	call.results = 0;
	call.restarted = word & CALL_AGAIN;
	call.progress = false;
	if (caps)
		error = arguments_find(self, &call, caps);
	if (!error)
		error = method_invoke(&call, WORD_LABEL(word), caps);
	if (error == ERR_RESTART || error == ERR_RING_FULL) {
		call_defer(self, error == ERR_RING_FULL, call.progress, word);
		return;
	}
	self->frame.rax = error | (uint64_t)call.results << CALL_WORDS_SHIFT;
	for (unsigned i = 0; i < call.results; i++)
		self->frame.message[i] = call.result[i];
	if (!thread_can_run(self) || schedule_is_due(self) || ring_waiters.occupied)
		schedule();
}

/* The send phase to an Endpoint or Notification; returns who was woken. */
HOT struct thread *send(struct thread *self, const struct slot *target, uint64_t phases)
{
	struct thread *woken;

	if (target->type == OBJECT_NOTIFICATION) {
		self->frame.rax = OK;
		return notification_send(core_pointer(target->object), target->badge);
	}
	woken = endpoint_send(self, phases & CALL_CALL ? MESSAGE_CALL : MESSAGE_SEND, target);
	if (phases & CALL_DEADLINE && self->state != THREAD_RUNNABLE)
		deadline_arm(self, self->frame.r15);
	return woken;
}

/* Check, then act, phase after phase. */
HOT void phases_run(struct thread *self, uint64_t word, uint64_t phases)
{
	struct plan plan = { .reply = NULL };
	struct thread *woken = NULL;
	bool going_on = !(phases & CALL_CALL);
	enum error error = plan_check(self, word, phases, &plan);

	if (__builtin_expect(error, 0)) {
		if (error == ERR_RING_FULL)
			call_defer(self, WORD_CAPS(word), false, word);
		else
			self->frame.rax = error;
		return;
	}
	if (phases & CALL_REPLY)
		woken = answer_send(self, &plan, word);
	if (phases & CALL_SEND) {
		if (phases & CALL_REPLY && woken)
			thread_ready(woken);
		woken = send(self, plan.target, phases);
	} else {
		self->frame.rax = OK;
	}
	if (phases & CALL_RECEIVE && (!(phases & CALL_SEND) || self->state == THREAD_RUNNABLE))
		going_on = receive(self, &plan, phases);
	ipc_finish(self, going_on, woken);
}

/* At least one phase and nothing unknown; to wait for an answer is part of sending, and the call ends with it. */
static bool phases_are_valid(uint64_t phases)
{
	if (phases == 0 || phases & ~(uint64_t)(CALL_REPLY | CALL_SEND | CALL_CALL | CALL_RECEIVE))
		return false;
	return !(phases & CALL_CALL) || (phases & (CALL_SEND | CALL_RECEIVE)) == CALL_SEND;
}

/* The object whose method a call is for; NULL when it is for an Endpoint, or names nothing. */
HOT struct slot *method_target(const struct thread *self)
{
	struct slot *slot = slot_at(&self->core.slot[THREAD_CNODE], self->frame.rdi);

	return slot && slot->type != OBJECT_ENDPOINT && slot->type != OBJECT_NULL ? slot : NULL;
}

/* Calls that are not on every path: with a deadline, executed again, other combinations of phases. */
COLD void call_any(struct thread *self, uint64_t word)
{
	uint64_t phases = word & (0xff & ~CALL_AGAIN), plain = phases & ~(uint64_t)CALL_DEADLINE;

	if (plain == (CALL_SEND | CALL_CALL) && method_target(self))
		method_call(self, method_target(self), word);
	else if (phases_are_valid(plain))
		phases_run(self, word, phases);
	else
		self->frame.rax = refuse(ERR_ARGUMENT, "these phases cannot be combined");
}

/* A call, for a message or a method. The combinations of phases that servers and clients live on are compiled apart from the same source. */
HOT void native_call(struct thread *self)
{
	uint64_t word = self->frame.rax;

	if ((word & 0xff) == (CALL_REPLY | CALL_RECEIVE))
		phases_run(self, word, CALL_REPLY | CALL_RECEIVE);
	else if ((word & 0xff) == (CALL_SEND | CALL_CALL) && !method_target(self))
		phases_run(self, word, CALL_SEND | CALL_CALL);
	else if ((word & 0xff) == (CALL_SEND | CALL_CALL))
		method_call(self, method_target(self), word);
	else if ((word & 0xff) == CALL_SEND)
		phases_run(self, word, CALL_SEND);
	else if ((word & 0xff) == CALL_RECEIVE)
		phases_run(self, word, CALL_RECEIVE);
	else
		call_any(self, word);
}

/* Send the foreign call or fault of `self` through a slot of its own; nobody there: it stops. */
HOT void foreign_send(struct thread *self, enum thread_slot which, enum message_kind kind)
{
	const struct slot *slot = &self->core.slot[which];
	struct thread *woken = NULL;

	self->kind = (uint8_t)kind;
	if (slot->type == OBJECT_ENDPOINT)
		woken = endpoint_send(self, kind, slot);
	else
		caller_stop(self, ERR_CANCELLED);
	ipc_finish(self, false, woken);
}

void fault_send(struct thread *self)
{
	foreign_send(self, self->core.slot[THREAD_FAULT].type == OBJECT_ENDPOINT ? THREAD_FAULT : THREAD_PERSONALITY, MESSAGE_FAULT);
}

void syscall_handle(struct thread *self)
{
	if (__builtin_expect(self->core.foreign, 0))
		foreign_send(self, THREAD_PERSONALITY, MESSAGE_SYSCALL);
	else
		native_call(self);
	thread_resume_current();
}
