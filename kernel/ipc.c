/* SPDX-License-Identifier: MIT */
/*
 * The one kernel call, and everything else that is a message.
 *
 * syscall_handle() checks all handles and rights of the phases first (struct plan); from then on nothing fails, except by time-out or cancellation. A message is moved when
 * both sides are there: from the sender's frame (and page) into the receiver's. A sender that is not met waits in the Endpoint's queue with its message in
 * its frame, so native messages, foreign system calls and faults differ only in message_move() and in how an answer goes back (answer_take).
 *
 * States of a caller: SENDING (in the queue) -> REPLY (held by exactly one Reply object, reply->caller) -> RUNNABLE (answered, cancelled or timed out; reply->caller is
 * NULL again before it runs). Of a receiver: RECEIVING, with at most one Reply armed (reply->receiver). Both ends of these links are always set and cleared
 * together, here and nowhere else.
 *
 * Whoever was woken last runs at once when nothing ready is better (ipc_finish); ready queues are not touched then.
 */
#include "kernel/ipc.h"

#include "kernel/arch/x86_64/clock.h"
#include "kernel/interrupt.h"
#include "kernel/schedule.h"

#define WORD_FORWARDED (((uint64_t)0xffffffff << CALL_LABEL_SHIFT) | (uint64_t)0xff << CALL_WORDS_SHIFT) /* label and words */
#define WORD_COUNT(word) ((unsigned)((word) >> CALL_WORDS_SHIFT & 0xff))
#define WORD_CAPS(word) ((unsigned)((word) >> CALL_CAPS_SHIFT & 0xf))
#define WORD_STATUS(word) ((word) >> CALL_STATUS_SHIFT & 0xff)
#define WORD_LABEL(word) ((uint32_t)((word) >> CALL_LABEL_SHIFT))

void queue_append(struct queue *queue, struct thread *thread)
{
	thread->next = NULL;
	thread->prev = queue->tail;
	if (queue->tail)
		queue->tail->next = thread;
	else
		queue->head = thread;
	queue->tail = thread;
}

void queue_remove(struct queue *queue, struct thread *thread)
{
	if (thread->prev)
		thread->prev->next = thread->next;
	else
		queue->head = thread->next;
	if (thread->next)
		thread->next->prev = thread->prev;
	else
		queue->tail = thread->prev;
}

/* Take a receiver out of its queue; its Reply is not armed any more. */
static inline void receiver_take(struct thread *receiver)
{
	queue_remove(receiver->queue, receiver);
	receiver->state = THREAD_RUNNABLE;
	if (receiver->reply)
		receiver->reply->receiver = NULL;
	receiver->reply = NULL;
	if (receiver->timed)
		deadline_disarm(receiver);
}

/* Let `self` go on beside `next`, who was woken last (or NULL): the better one runs. */
static inline void ipc_finish(struct thread *self, struct thread *next)
{
	struct cpu *cpu = this_cpu();

	if (next && thread_can_run(next)) {
		bool going_on = thread_can_run(self);

		if ((!going_on || next->core.priority > self->core.priority) && cpu->ready.occupied >> next->core.priority >> 1 == 0) {
			if (going_on)
				ready_insert(self, true);
			thread_switch(next);
			return;
		}
		ready_insert(next, false);
	}
	schedule();
}

/* Words beyond the registers. */
static void message_move_page(const struct thread *from, struct thread *to, unsigned words)
{
	const struct message_page *source = thread_page(from);
	struct message_page *target = thread_page(to);

	if (!source || !target) {
		to->frame.rax = (to->frame.rax & ~((uint64_t)0xff << CALL_WORDS_SHIFT)) | MESSAGE_REGISTER_WORDS << CALL_WORDS_SHIFT;
		return;
	}
	for (unsigned i = MESSAGE_REGISTER_WORDS; i < words; i++)
		target->words[i] = source->words[i];
}

/* Move the words of an ordinary message, with label and count; words 0 to 3 always travel. */
static inline void message_move_words(const struct thread *from, struct thread *to, uint64_t word, uint64_t answer)
{
	unsigned words = WORD_COUNT(word);

	to->frame.rax = (word & WORD_FORWARDED) | answer;
	for (unsigned i = 0; i < 4; i++)
		to->frame.message[i] = from->frame.message[i];
	if (words <= 4)
		return;
	for (unsigned i = 4; i < MESSAGE_REGISTER_WORDS; i++)
		to->frame.message[i] = from->frame.message[i];
	if (words > MESSAGE_REGISTER_WORDS)
		message_move_page(from, to, words);
}

/* Give the receiver one capability of the message: in its slot, or as its badge when it is one of the receiving Endpoint. */
static bool capability_deliver(struct thread *from, struct thread *to, unsigned i, const struct endpoint *through)
{
	struct message_page *source = thread_page(from), *target = thread_page(to);
	struct slot *slot = capability_at(&from->core, source->caps[i]), *destination;

	if (!slot)
		return false;
	if (through && slot->type == OBJECT_ENDPOINT && core_pointer(slot->object) == through) {
		target->badges[i] = slot->badge;
		to->frame.rax |= (uint64_t)1 << (ANSWER_UNWRAPPED_SHIFT + i);
		return true;
	}
	destination = slot_at(&to->core.slot[THREAD_CNODE], target->receive[i]);
	return target->receive[i] && destination && slot_is_empty(destination) && capability_transfer(&from->core, slot, destination) == OK;
}

/* Deliver the capabilities of a message: as many as can be, in order; the answer word tells how many. Room in the ring was made sure of before. */
static void capabilities_move(struct thread *from, struct thread *to, unsigned caps, const struct endpoint *through)
{
	unsigned done = 0;

	if (!thread_page(from) || !thread_page(to))
		return;
	while (done < caps && done < MESSAGE_CAPS_MAX && capability_deliver(from, to, done, through))
		done++;
	to->frame.rax |= (uint64_t)done << CALL_CAPS_SHIFT;
}

/* Move what `from` sends (its kind says what that is) into the registers of `to`. */
static inline void message_move(struct thread *from, struct thread *to, const struct endpoint *through)
{
	const struct frame *f = &from->frame;
	uint64_t *m = to->frame.message;

	to->frame.rdi = from->badge;
	if (__builtin_expect(from->kind <= MESSAGE_CALL, 1)) {
		message_move_words(from, to, f->rax, (uint64_t)from->kind << ANSWER_KIND_SHIFT);
		if (WORD_CAPS(f->rax) && from->grant)
			capabilities_move(from, to, WORD_CAPS(f->rax), through);
	} else if (from->kind == MESSAGE_SYSCALL) {
		to->frame.rax = (uint64_t)MESSAGE_SYSCALL << ANSWER_KIND_SHIFT | 7 << CALL_WORDS_SHIFT;
		m[0] = f->rax;
		m[1] = f->rdi;
		m[2] = f->rsi;
		m[3] = f->message[0];
		m[4] = f->message[1];
		m[5] = f->message[2];
		m[6] = f->message[3];
	} else {
		to->frame.rax = (uint64_t)MESSAGE_FAULT << ANSWER_KIND_SHIFT | 6 << CALL_WORDS_SHIFT;
		m[0] = f->vector;
		m[1] = from->fault_address;
		m[2] = f->error;
		m[3] = f->rip;
		m[4] = f->rsp;
		m[5] = f->rflags;
	}
}

/* A thread whose foreign call or fault nobody answers: as before the instruction, until somebody resumes it. */
static void foreign_stop(struct thread *thread)
{
	if (thread->kind == MESSAGE_SYSCALL)
		thread->frame.rip -= SYSCALL_BYTES;
	thread->state = THREAD_FAULTED;
}

/* End the wait of a sender or caller without an answer. */
static void caller_stop(struct thread *thread, enum error status)
{
	if (thread->kind > MESSAGE_CALL) {
		foreign_stop(thread);
		return;
	}
	thread->frame.rax = status;
	thread->state = THREAD_RUNNABLE;
	thread_ready(thread);
}

void wait_cancel(struct thread *thread, enum error status)
{
	enum thread_state state = (enum thread_state)thread->state;

	deadline_disarm(thread);
	if (state == THREAD_COMMIT) {
		ring_leave(thread);
		thread->state = THREAD_RUNNABLE;
		thread->frame.rip += SYSCALL_BYTES; /* it was to execute the call again */
		thread->restarted = false;
		thread->frame.rax = status;
		thread_ready(thread);
	} else if (state == THREAD_RECEIVING) {
		receiver_take(thread);
		thread->frame.rax = status;
		thread_ready(thread);
	} else if (state == THREAD_SENDING) {
		queue_remove(thread->queue, thread);
		caller_stop(thread, status);
	} else if (state == THREAD_REPLY) {
		thread->reply->caller = NULL;
		thread->reply = NULL;
		caller_stop(thread, status);
	}
}

void reply_destroy(struct reply *reply)
{
	if (reply->caller)
		wait_cancel(reply->caller, ERR_CANCELLED);
	if (reply->receiver)
		reply->receiver->reply = NULL;
	reply->receiver = NULL;
}

/* A message was moved from `from` to a receiver with this Reply, which a caller needs: what becomes of the sender. */
static inline void sender_continue(struct thread *from, struct reply *reply)
{
	if (from->kind == MESSAGE_SEND) {
		from->state = THREAD_RUNNABLE;
		from->frame.rax = OK;
	} else {
		from->state = THREAD_REPLY;
		from->reply = reply;
		reply->caller = from;
	}
}

/* Send what `self` has prepared (kind, badge, grant) to an Endpoint: to the first receiver, who is returned, or into the queue. */
static inline struct thread *endpoint_send(struct thread *self, struct endpoint *endpoint)
{
	struct thread *receiver = endpoint->queue.head;

	if (__builtin_expect(receiver && endpoint->receiving, 1)) {
		struct reply *reply = receiver->reply;

		if (!reply && self->kind != MESSAGE_SEND) {
			caller_stop(self, ERR_CANCELLED);
			return NULL;
		}
		receiver_take(receiver);
		message_move(self, receiver, endpoint);
		sender_continue(self, reply);
		return receiver;
	}
	endpoint->receiving = false;
	self->state = THREAD_SENDING;
	self->queue = &endpoint->queue;
	queue_append(&endpoint->queue, self);
	return NULL;
}

/* Let a thread execute its call again, with nothing left of it but the receive phase. */
static void receive_again(struct thread *thread, uint64_t word)
{
	thread->frame.rax = CALL_RECEIVE | (word & CALL_DEADLINE);
	thread->frame.rip -= SYSCALL_BYTES;
}

/* The queued sender's message was taken. A sender that also wants to receive executes the rest of its call now. */
static void sender_release(struct thread *from, struct reply *reply)
{
	uint64_t word = from->frame.rax;

	queue_remove(from->queue, from);
	sender_continue(from, reply);
	if (from->kind != MESSAGE_SEND)
		return;
	deadline_disarm(from);
	if (word & CALL_RECEIVE)
		receive_again(from, word);
	thread_ready(from);
}

static void notification_deliver(struct thread *to, uint64_t bits)
{
	to->frame.rax = (uint64_t)MESSAGE_NOTIFICATION << ANSWER_KIND_SHIFT | 1 << CALL_WORDS_SHIFT;
	to->frame.message[0] = bits;
}

/* Who is to have a signal of the Notification: its bound thread if that receives, else the first waiter; NULL when nobody is there. */
static struct thread *notification_waiter(const struct notification *notification)
{
	struct thread *bound = core_pointer(notification->core.bound);

	return bound && bound->state == THREAD_RECEIVING && bound->kind != MESSAGE_NOTIFICATION ? bound : notification->queue.head;
}

/* As notification_signal(); who was woken is returned and not made ready. */
static inline struct thread *notification_send(struct notification *notification, uint64_t bits)
{
	struct thread *waiter = notification_waiter(notification);

	notification->bits |= bits;
	if (!waiter)
		return NULL;
	receiver_take(waiter);
	notification_deliver(waiter, notification->bits);
	notification->bits = 0;
	return waiter;
}

void notification_signal(struct notification *notification, uint64_t bits)
{
	struct thread *waiter = notification_send(notification, bits);

	if (waiter)
		thread_ready(waiter);
}

/* Take pending signals; false when there are none. */
static bool notification_take(struct thread *self, struct notification *notification)
{
	if (!notification->bits)
		return false;
	notification_deliver(self, notification->bits);
	notification->bits = 0;
	return true;
}

/* What the phases of one call refer to, checked. */
struct plan {
	struct reply *reply;
	struct slot *target, *source;
	bool reply_grant;
};

/* The answer of `self` goes to the caller that the Reply holds. Returns the caller if it can go on. */
static inline struct thread *answer_send(struct thread *self, struct reply *reply, bool grant)
{
	struct thread *caller = reply->caller;
	uint64_t word = self->frame.rax;

	if (!caller)
		return NULL;
	reply->caller = NULL;
	caller->reply = NULL;
	caller->state = THREAD_RUNNABLE;
	if (caller->timed)
		deadline_disarm(caller);
	if (__builtin_expect(caller->kind == MESSAGE_CALL, 1)) {
		message_move_words(self, caller, word, WORD_STATUS(word));
		if (WORD_CAPS(word) && grant)
			capabilities_move(self, caller, WORD_CAPS(word), NULL);
		return caller;
	}
	if (WORD_LABEL(word) == RESUME_RESULT) {
		if (caller->kind == MESSAGE_SYSCALL)
			caller->frame.rax = self->frame.message[0];
	} else if (WORD_LABEL(word) != RESUME_REGISTERS || !thread_page(self) ||
		   thread_registers_load(caller, (const struct thread_registers *)thread_page(self))) {
		foreign_stop(caller);
	}
	return caller;
}

/* Wait at a queue for a message or (kind MESSAGE_NOTIFICATION) only for a signal, with the Reply armed; or time out at once when the deadline has passed. */
static inline void receive_wait(struct thread *self, struct queue *queue, uint8_t kind, struct reply *reply, uint64_t word)
{
	if (word & CALL_DEADLINE) {
		if (self->frame.r15 <= clock_now()) {
			self->frame.rax = ERR_TIMEOUT;
			return;
		}
		deadline_arm(self, self->frame.r15);
	}
	self->state = THREAD_RECEIVING;
	self->kind = kind;
	self->queue = queue;
	self->reply = reply;
	if (reply)
		reply->receiver = self;
	queue_append(queue, self);
}

/* Is there room for the records of the capabilities that a queued sender would hand over? Its own right to the ring counts. */
static bool sender_has_room(const struct thread *from)
{
	return from->kind > MESSAGE_CALL || !from->grant || !WORD_CAPS(from->frame.rax) || commit_room(&from->core, WORD_CAPS(from->frame.rax));
}

/* Let a queued sender that finds the ring full wait for it: it sends again afterwards. */
static void sender_defer(struct thread *from)
{
	queue_remove(from->queue, from);
	from->frame.rip -= SYSCALL_BYTES;
	deadline_disarm(from);
	ring_wait(from, WORD_CAPS(from->frame.rax));
}

static inline void endpoint_receive(struct thread *self, struct endpoint *endpoint, struct reply *reply, uint64_t word)
{
	const struct slot *bound = &self->core.slot[THREAD_NOTIFICATION];
	struct thread *from;

	if (bound->type == OBJECT_NOTIFICATION && notification_take(self, core_pointer(bound->object)))
		return;
	from = endpoint->receiving ? NULL : endpoint->queue.head;
	if (!from) {
		endpoint->receiving = true;
		receive_wait(self, &endpoint->queue, MESSAGE_SEND, reply, word);
	} else if (!reply && from->kind != MESSAGE_SEND) {
		wait_cancel(from, ERR_CANCELLED);
		receive_again(self, word);
	} else if (!sender_has_room(from)) {
		sender_defer(from);
		receive_again(self, word);
	} else {
		message_move(from, self, endpoint);
		sender_release(from, reply);
	}
}

/* The receive phase. */
static inline void receive(struct thread *self, const struct plan *plan, uint64_t word)
{
	struct notification *notification = core_pointer(plan->source->object);

	if (__builtin_expect(plan->source->type == OBJECT_ENDPOINT, 1))
		endpoint_receive(self, core_pointer(plan->source->object), plan->reply, word);
	else if (!notification_take(self, notification))
		receive_wait(self, &notification->queue, MESSAGE_NOTIFICATION, plan->reply, word);
}

/* The Reply object of the call. */
static inline enum error plan_reply(const struct thread *self, uint64_t word, struct plan *plan)
{
	const struct slot *slot;

	if (!self->frame.r12 && !(word & CALL_REPLY))
		return OK;
	slot = capability_at(&self->core, self->frame.r12);
	if (!slot)
		return refuse(ERR_NOCAP, "r12 names no capability");
	if (slot->type != OBJECT_REPLY)
		return refuse(ERR_TYPE, "r12 is no Reply object");
	if (!(slot->rights & RIGHT_WRITE))
		return refuse(ERR_RIGHTS, "the Reply object may not be used");
	plan->reply = core_pointer(slot->object);
	plan->reply_grant = slot->rights & RIGHT_GRANT;
	if (plan->reply->receiver || (plan->reply->caller && !(word & CALL_REPLY)))
		return refuse(ERR_BUSY, "the Reply object holds a caller, or waits with another thread");
	return OK;
}

static inline enum error plan_source(const struct thread *self, struct plan *plan)
{
	plan->source = capability_at(&self->core, self->frame.rsi);
	if (!plan->source)
		return refuse(ERR_NOCAP, "rsi names no capability");
	if (plan->source->type != OBJECT_ENDPOINT && plan->source->type != OBJECT_NOTIFICATION)
		return refuse(ERR_TYPE, "rsi is nothing to receive from");
	if (!(plan->source->rights & RIGHT_READ))
		return refuse(ERR_RIGHTS, "rsi may not be received from");
	return OK;
}

/* The message itself: its length, its capabilities and the room that they need. */
static enum error plan_message(const struct thread *self, uint64_t word)
{
	if (WORD_COUNT(word) > MESSAGE_WORDS_MAX || WORD_CAPS(word) > MESSAGE_CAPS_MAX)
		return refuse(ERR_MESSAGE, "the message is too long");
	if ((WORD_COUNT(word) > MESSAGE_REGISTER_WORDS || WORD_CAPS(word)) && !thread_page(self))
		return refuse(ERR_MESSAGE, "the message needs a message page");
	if (WORD_CAPS(word) && !commit_room(&self->core, WORD_CAPS(word)))
		return ERR_RING_FULL;
	return OK;
}

/* Check everything that the call names; nothing changes. */
static inline enum error plan_check(struct thread *self, uint64_t word, struct plan *plan)
{
	enum error error = OK;

	if ((word & CALL_PHASES) == 0 || (word & 0xff & ~(uint64_t)CALL_PHASES) ||
	    ((word & CALL_CALL) && (word & (CALL_SEND | CALL_RECEIVE)) != CALL_SEND))
		return refuse(ERR_ARGUMENT, "these phases cannot be combined");
	if (word & (CALL_REPLY | CALL_RECEIVE))
		error = plan_reply(self, word, plan);
	if (!error && word & CALL_RECEIVE)
		error = plan_source(self, plan);
	if (!error && word & CALL_SEND) {
		plan->target = capability_at(&self->core, self->frame.rdi);
		if (!plan->target)
			error = refuse(ERR_NOCAP, "rdi names no capability");
	}
	if (!error && word & (0xff << CALL_WORDS_SHIFT | 0xf << CALL_CAPS_SHIFT) && (WORD_COUNT(word) > MESSAGE_REGISTER_WORDS || WORD_CAPS(word)))
		error = plan_message(self, word);
	return error;
}

/* A call that could not be finished now, for want of room in the ring for `records` or (0) because an interrupt is pending: it is executed again. */
static void call_defer(struct thread *self, unsigned records, bool progress)
{
	self->frame.rip -= SYSCALL_BYTES;
	self->restarted = progress;
	if (records && !(self->stopped & STOPPED_DESTROYED))
		ring_wait(self, records);
	interrupts_handle_pending();
	schedule();
}

/* A method of a kernel object: capability arguments, the decoder, the results as the answer. */
static void method_call(struct thread *self, struct slot *target, uint64_t word)
{
	const struct message_page *page = thread_page(self);
	struct call call = { .caller = &self->core, .target = target, .words = self->frame.message, .restarted = self->restarted };
	unsigned caps = WORD_CAPS(word);
	enum error error = OK;

	trace_record(&this_cpu()->machine->trace, TRACE_METHOD, WORD_LABEL(word), target->type);
	self->restarted = false;
	for (unsigned i = 0; i < caps && i < method_caps(target, WORD_LABEL(word)); i++) {
		call.cap[i] = capability_at(&self->core, page->caps[i]);
		if (!call.cap[i])
			error = refuse(ERR_NOCAP, "a capability argument names no capability");
	}
	if (!error)
		error = method_invoke(&call, WORD_LABEL(word), caps);
	if (error == ERR_RESTART || error == ERR_RING_FULL) {
		call_defer(self, error == ERR_RING_FULL, call.progress);
		return;
	}
	self->frame.rax = error | (uint64_t)call.results << CALL_WORDS_SHIFT;
	for (unsigned i = 0; i < call.results; i++)
		self->frame.message[i] = call.result[i];
	schedule();
}

/* Deadline of a wait in the send or answer phase. */
static inline void wait_limit(struct thread *self, uint64_t word)
{
	if (word & CALL_DEADLINE && (self->state == THREAD_SENDING || self->state == THREAD_REPLY))
		deadline_arm(self, self->frame.r15);
}

/* The send phase to an Endpoint or Notification; returns who was woken. */
static inline struct thread *send(struct thread *self, const struct slot *target, uint64_t word)
{
	struct thread *woken;

	if (target->type == OBJECT_NOTIFICATION) {
		self->frame.rax = OK;
		return notification_send(core_pointer(target->object), target->badge);
	}
	self->kind = word & CALL_CALL ? MESSAGE_CALL : MESSAGE_SEND;
	self->badge = target->badge;
	self->grant = target->rights & RIGHT_GRANT;
	woken = endpoint_send(self, core_pointer(target->object));
	wait_limit(self, word);
	return woken;
}

/* Endpoints and Notifications take messages; all else is a method, which goes alone. */
static inline enum error plan_target(const struct plan *plan, uint64_t word)
{
	if (plan->target->type == OBJECT_ENDPOINT || (plan->target->type == OBJECT_NOTIFICATION && !(word & CALL_CALL)))
		return plan->target->rights & RIGHT_WRITE ? OK : refuse(ERR_RIGHTS, "rdi may not be sent to");
	return refuse(ERR_ARGUMENT, "a method is called alone, and nothing but an Endpoint is called otherwise");
}

static inline void native_call(struct thread *self)
{
	struct plan plan = { .reply = NULL };
	uint64_t word = self->frame.rax;
	struct thread *woken = NULL;
	enum error error = plan_check(self, word, &plan);

	if (!error && plan.target && plan.target->type != OBJECT_ENDPOINT && (word & 0xff) == (CALL_SEND | CALL_CALL)) {
		method_call(self, plan.target, word);
		return;
	}
	if (!error && plan.target)
		error = plan_target(&plan, word);
	if (error == ERR_RING_FULL) {
		call_defer(self, WORD_CAPS(word), false);
		return;
	}
	if (error) {
		self->frame.rax = error;
		return;
	}
	if (word & CALL_REPLY)
		woken = answer_send(self, plan.reply, plan.reply_grant);
	if (word & CALL_SEND) {
		if (woken)
			thread_ready(woken);
		woken = send(self, plan.target, word);
	} else {
		self->frame.rax = OK;
	}
	if (word & CALL_RECEIVE && self->state == THREAD_RUNNABLE)
		receive(self, &plan, word);
	ipc_finish(self, woken);
}

/* Send the foreign call or fault of `self` through a slot of its own; nobody there: it stops. */
static inline void foreign_send(struct thread *self, enum thread_slot which, enum message_kind kind)
{
	const struct slot *slot = &self->core.slot[which];

	self->kind = (uint8_t)kind;
	if (slot->type != OBJECT_ENDPOINT) {
		foreign_stop(self);
		schedule();
		return;
	}
	self->badge = slot->badge;
	ipc_finish(self, endpoint_send(self, core_pointer(slot->object)));
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
}
