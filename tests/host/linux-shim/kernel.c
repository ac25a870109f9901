/* SPDX-License-Identifier: MIT */
/*
 * The kernel's objects and messages, as far as the personality uses them (kernel.h). Each handle is an index into one table of capabilities. Rights and the derivation of capabilities are the kernel's own tests' (tests/host/core): here
 * the service has all rights, and what is checked is that it asks for nothing that the kernel would refuse.
 */
#include "kernel.h"

#include <string.h>

#include "abi/start.h"
#include "arena.h"
#include "lib/clock.h"
#include "lib/thread.h"
#include "peers.h"
#include "program.h"
#include "spaces.h"
#include "stacks.h"

#define CALL_NS 1000
#define FACTOR_OF_OBJECTS 4096 /* bytes of an object, about */
#define SYSCALL_BYTES 2

struct model_untyped {
	uint64_t bytes, used;
};

struct model_reply {
	struct model_thread *thread;
};

struct model_mapping {
	struct model_space *space;
	struct model_region *region;
};

struct capability {
	enum object_type type;
	void *object;
	uint64_t badge;
};

static struct capability slots[START_SLOTS_MAX];
static struct model_thread **threads_end;
static uint64_t physical_used; /* pages */
static uint64_t *harness_stack, *service_stack;
static struct kernel_call *receiving; /* what the service waits with */
struct model_thread *model_threads;
uint64_t model_time;

/* The message page, and the service's thread block. */
static struct thread_image message_page __attribute__((aligned(PAGE_SIZE)));
struct thread_block service_thread = {.self = &service_thread, .page = (struct message_page *)&message_page};

/* lib/fiber_switch.asm */
void fiber_switch(uint64_t **from, uint64_t *to);

uint64_t clock_now(void)
{
	return model_time;
}

/* Objects. */

static struct capability *capability_of(handle_t handle, enum object_type type)
{
	struct capability *capability = handle < START_SLOTS_MAX ? &slots[handle] : NULL;

	if (!capability || capability->type != type)
		complain("handle %lu is not of the type %u that the service takes it for", handle, type);
	return capability;
}

static void *object_of(handle_t handle, enum object_type type)
{
	return capability_of(handle, type)->object;
}

struct model_space *space_of(handle_t vspace)
{
	return object_of(vspace, OBJECT_VSPACE);
}

static void slot_fill(handle_t handle, enum object_type type, void *object)
{
	if (handle >= START_SLOTS_MAX || slots[handle].type)
		complain("slot %lu is not empty", handle);
	slots[handle] = (struct capability){.type = type, .object = object};
}

static void *memory_take(size_t bytes)
{
	void *memory = arena_take(bytes);

	if (!memory)
		complain("the arena is too small");
	return memory;
}

static struct model_thread *thread_make(void)
{
	struct model_thread *thread = memory_take(sizeof(*thread));

	thread->suspended = true;
	*threads_end = thread;
	threads_end = &thread->next;
	return thread;
}

static struct model_region *region_make(uint64_t bytes)
{
	struct model_region *region = memory_take(sizeof(*region));

	*region = (struct model_region){physical_used, bytes / PAGE_SIZE};
	physical_used += region->pages;
	if (physical_used * PAGE_SIZE > memory_bytes)
		complain("more memory is made than there is");
	return region;
}

static struct model_untyped *untyped_make(uint64_t bytes)
{
	struct model_untyped *untyped = memory_take(sizeof(*untyped));

	untyped->bytes = bytes;
	return untyped;
}

static void *object_make(enum object_type type, uint64_t size)
{
	switch (type) {
	case OBJECT_UNTYPED:
		return untyped_make(size);
	case OBJECT_REGION:
		return region_make(size);
	case OBJECT_THREAD:
		return thread_make();
	case OBJECT_VSPACE:
		return space_make(false);
	case OBJECT_REPLY:
		return memory_take(sizeof(struct model_reply));
	default:
		return memory_take(16); /* an Endpoint, a CNode: there is nothing in it */
	}
}

static bool memory_charge(struct model_untyped *untyped, uint64_t bytes)
{
	if (bytes > untyped->bytes - untyped->used)
		return false;
	untyped->used += bytes;
	return true;
}

static enum error retype(struct model_untyped *untyped, const uint64_t words[4])
{
	enum object_type type = (enum object_type)words[0];
	uint64_t bytes = type == OBJECT_UNTYPED || type == OBJECT_REGION ? words[1] : FACTOR_OF_OBJECTS;

	if (!memory_charge(untyped, bytes))
		return ERR_NOMEM;
	slot_fill(words[2], type, object_make(type, words[1]));
	return OK;
}

static enum error cnode_method(uint64_t method, uint64_t words[4])
{
	const struct capability *source = &slots[words[method == CNODE_QUERY ? 0 : 1]];

	if (method == CNODE_MINT) {
		slot_fill(words[0], source->type, source->object);
		slots[words[0]].badge = words[3];
		return OK;
	}
	if (method != CNODE_QUERY || source->type != OBJECT_UNTYPED)
		complain("method %lu of a CNode is not one that the model has", method);
	words[1] = ((const struct model_untyped *)source->object)->bytes;
	words[2] = ((const struct model_untyped *)source->object)->used;
	return OK;
}

/* Threads. */

/* What a thread waits for in a call is given up: whoever resumes it has it make the call again. */
static void wait_cancel(struct model_thread *thread)
{
	if (!thread->held)
		return;
	*thread->reply = NULL;
	thread->held = false;
	if (thread->kind == MESSAGE_SYSCALL)
		thread->registers.rip -= SYSCALL_BYTES;
}

static enum error registers_load(struct model_thread *thread, const struct thread_registers *registers)
{
	if (registers->rip >= USER_TOP || registers->fs_base >= USER_TOP || registers->gs_base >= USER_TOP)
		return ERR_ARGUMENT;
	wait_cancel(thread);
	thread->registers = *registers;
	program_moved(thread);
	return OK;
}

static enum error state_write(struct model_thread *thread, uint64_t parts)
{
	enum error error = OK;

	if (parts & STATE_REGISTERS)
		error = registers_load(thread, &message_page.registers);
	if (error == OK && parts & STATE_FPU)
		memcpy(thread->fpu, message_page.fpu, FPU_BYTES);
	return error;
}

static enum error state_exchange(struct model_thread *thread, uint64_t method, uint64_t words[4])
{
	if (!thread->suspended && !thread->held)
		complain("the state of a thread that runs is exchanged");
	if (method == THREAD_WRITE_STATE && words[0] & STATE_FPU && words[1] != FPU_BYTES)
		complain("an FPU state of %lu bytes is written", words[1]);
	if (method == THREAD_WRITE_STATE)
		return state_write(thread, words[0]);
	if (words[0] & STATE_REGISTERS)
		message_page.registers = thread->registers;
	if (words[0] & STATE_FPU)
		memcpy(message_page.fpu, thread->fpu, FPU_BYTES);
	words[0] = FPU_BYTES;
	return OK;
}

/* What is bound: address space and personality matter here. */
static enum error slot_bind(struct model_thread *thread, uint64_t slot, handle_t handle)
{
	if (slot == THREAD_VSPACE) {
		if (thread->space)
			complain("a thread has an address space, and gets another");
		thread->space = object_of(handle, OBJECT_VSPACE);
	} else if (slot == THREAD_PERSONALITY) {
		thread->badge = capability_of(handle, OBJECT_ENDPOINT)->badge;
	}
	return OK;
}

static enum error thread_method(struct model_thread *thread, uint64_t method, uint64_t words[4])
{
	switch (method) {
	case THREAD_BIND:
		return slot_bind(thread, words[0], ((const struct message_page *)&message_page)->caps[0]);
	case THREAD_UNBIND:
		thread->space = words[0] == THREAD_VSPACE ? NULL : thread->space;
		return OK;
	case THREAD_READ_STATE:
	case THREAD_WRITE_STATE:
		return state_exchange(thread, method, words);
	case THREAD_SUSPEND:
	case THREAD_RESUME:
		thread->suspended = method == THREAD_SUSPEND;
		return OK;
	case THREAD_INFORM:
		words[0] = thread->cpu_time;
		return OK;
	default:
		return OK; /* priorities */
	}
}

/* Address spaces. */

static enum error vspace_method(struct model_space *space, uint64_t method, const uint64_t words[4])
{
	const struct message_page *page = (const struct message_page *)&message_page;
	struct model_mapping *mapping;

	if (method == VSPACE_DONATE) {
		if (!memory_charge(object_of(page->caps[0], OBJECT_UNTYPED), words[1] * PAGE_SIZE))
			return ERR_NOMEM;
		slot_fill(words[0], OBJECT_TABLE_MEMORY, space);
		space_donate(space, words[1]);
		return OK;
	}
	mapping = memory_take(sizeof(*mapping));
	*mapping = (struct model_mapping){space, object_of(page->caps[0], OBJECT_REGION)};
	slot_fill(words[0], OBJECT_MAPPING, mapping);
	return OK;
}

static enum error mapping_method(const struct model_mapping *mapping, uint64_t method, uint64_t words[4])
{
	const struct map_entry *entries = (const struct map_entry *)&message_page;
	uint64_t count = words[0];
	enum error error = OK;

	if (!count || count > MAP_BATCH_MAX)
		complain("a batch of %lu entries", count);
	for (words[0] = 0; error == OK && words[0] < count; words[0] += error == OK)
		error = space_change(mapping->space, mapping->region, (enum method)method, &entries[words[0]]);
	return error;
}

static enum error method_carry_out(const struct capability *capability, uint64_t method, uint64_t words[4])
{
	switch (capability->type) {
	case OBJECT_UNTYPED:
		return retype(capability->object, words);
	case OBJECT_CNODE:
		return cnode_method(method, words);
	case OBJECT_THREAD:
		return thread_method(capability->object, method, words);
	case OBJECT_VSPACE:
		return vspace_method(capability->object, method, words);
	case OBJECT_MAPPING:
		return mapping_method(capability->object, method, words);
	default:
		complain("a call of an object of type %u", capability->type);
	}
}

/* Messages. */

/* The answer to whoever the Reply holds; when nobody waits any more, nothing happens. */
static void answer_give(handle_t handle, const struct kernel_call *call)
{
	struct model_reply *reply = object_of(handle, OBJECT_REPLY);
	struct model_thread *thread = reply->thread;

	if (!thread)
		return;
	if (answer_label(call->word) != RESUME_RESULT)
		complain("an answer of another kind than a result");
	reply->thread = NULL;
	thread->held = false;
	if (thread->kind == MESSAGE_SYSCALL) {
		thread->registers.rax = call->data[0];
		program_answered(thread, (int64_t)call->data[0]);
	}
}

static enum error message_await(struct kernel_call *call)
{
	const struct model_reply *reply = object_of(call->reply, OBJECT_REPLY);

	if (reply->thread)
		complain("a Reply that holds somebody is to hold another");
	receiving = call;
	fiber_switch(&service_stack, harness_stack);
	return answer_status(call->word);
}

enum error kernel_call(struct kernel_call *call)
{
	const struct capability *target = call->target < START_SLOTS_MAX ? &slots[call->target] : &slots[0];
	enum error error = OK;

	model_time += CALL_NS;
	if (call->word & CALL_REPLY)
		answer_give(call->reply, call);
	if (call->word & CALL_RECEIVE)
		return message_await(call);
	if (!(call->word & CALL_SEND))
		return OK;
	if (call->target >= SLOT_SESSIONS && call->target < SLOT_SESSIONS + 2 * PEERS)
		return peer_call(call);
	error = method_carry_out(target, answer_label(call->word), call->data);
	call->word = error;
	return error;
}

uint64_t call_short(handle_t target, uint64_t word, uint64_t data[4])
{
	struct kernel_call call = {.word = word, .target = target};

	memcpy(call.data, data, 4 * sizeof(data[0]));
	(void)!kernel_call(&call);
	memcpy(data, call.data, 4 * sizeof(data[0]));
	return call.word;
}

struct received reply_receive(handle_t reply, handle_t source, uint64_t word, uint64_t answer, uint64_t deadline)
{
	struct kernel_call call = {.word = word, .source = source, .reply = reply, .deadline = deadline, .data = {answer}};
	struct received received;

	(void)!kernel_call(&call);
	received = (struct received){.word = call.word, .badge = call.target};
	memcpy(received.data, call.data, sizeof(received.data));
	return received;
}

/* The service's side of the driver. */

int service_main(void);

/* Where its stack begins: in service_main(). */
_Noreturn static void service_run(void)
{
	(void)service_main();
	complain("the service has ended");
}

static void service_go_on(void)
{
	receiving = NULL;
	fiber_switch(&harness_stack, service_stack);
}

void service_begin(void)
{
	service_stack = stack_begin(service_run);
	service_go_on();
}

uint64_t service_deadline(void)
{
	return receiving->word & CALL_DEADLINE ? receiving->deadline : UINT64_MAX;
}

static void message_give(struct model_thread *thread, enum message_kind kind, uint64_t words, const uint64_t *data)
{
	struct model_reply *reply = object_of(receiving->reply, OBJECT_REPLY);

	if (thread) {
		thread->held = true;
		thread->kind = kind;
		thread->reply = &reply->thread;
		thread->cpu_time += 10 * CALL_NS;
		reply->thread = thread;
	}
	receiving->word = words << CALL_WORDS_SHIFT | (uint64_t)kind << ANSWER_KIND_SHIFT;
	receiving->target = thread ? thread->badge : 0;
	memcpy(receiving->data, data, words * sizeof(data[0]));
	service_go_on();
}

void service_call_of(struct model_thread *thread)
{
	const struct thread_registers *r = &thread->registers;
	const uint64_t data[] = {r->rax, r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};

	thread->registers.rcx = r->rip;
	message_give(thread, MESSAGE_SYSCALL, 7, data);
}

void service_fault_of(struct model_thread *thread, uint64_t vector, uint64_t address, uint64_t error)
{
	const uint64_t data[] = {vector, address, error, thread->registers.rip, thread->registers.rsp, thread->registers.rflags};

	message_give(thread, MESSAGE_FAULT, 6, data);
}

void service_signals(uint64_t bits)
{
	message_give(NULL, MESSAGE_NOTIFICATION, 1, &bits);
}

void service_timeout(void)
{
	if (service_deadline() > model_time)
		model_time = service_deadline();
	receiving->word = ERR_TIMEOUT;
	service_go_on();
}

void kernel_begin(uint64_t bytes)
{
	threads_end = &model_threads;
	physical_begin(bytes);
	slot_fill(SLOT_UNTYPED, OBJECT_UNTYPED, untyped_make(bytes));
	slot_fill(SLOT_CNODE, OBJECT_CNODE, memory_take(16));
	slot_fill(SLOT_VSPACE, OBJECT_VSPACE, space_make(true));
	space_donate(object_of(SLOT_VSPACE, OBJECT_VSPACE), UINT64_MAX / 2);
}
