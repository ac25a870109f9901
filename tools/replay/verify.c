/* SPDX-License-Identifier: MIT */
/*
 * From a record back to its call, and through the kernel's decoder. See verify.h.
 *
 * One function asker_*() for each operation finds the capabilities of the call and makes it; ask() chooses, record_verify() compares. The ring in
 * which the decoders write is one record large and belongs to this file.
 *
 * Operations that take several records (DELETE, REVOKE, then RESET) go on after they have begun even when the Thread has meanwhile lost the capabilities, or
 * its life, by what it deletes: the arena remembers for each Thread the slot with which it began.
 */
#include "tools/replay/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/replay/verify_boot.h"

/* Who asked: a Thread, or at boot the kernel in the name of init. */
struct asker {
	struct thread_core *thread; /* NULL: the kernel */
	const struct slot *root;    /* its root CNode; NULL when it has none */
	ref_t begun;                /* the slot whose teardown this record goes on with, 0 if it begins something */
};

struct verification {
	struct arena *arena;
	struct boot_state boot;
	struct verdict *verdict;
	bool booted; /* a Thread has asked for something: nothing is written at boot any more */
};

/* Header and the one record of the ring, in one piece as kernel/core wants them. */
static union {
	struct commit_ring header;
	unsigned char bytes[COMMIT_RING_HEADER + sizeof(struct commit_record)];
} ring __attribute__((aligned(64)));

static const struct commit_record *ring_record(void)
{
	return (const void *)(ring.bytes + COMMIT_RING_HEADER);
}

__attribute__((format(printf, 3, 4))) static bool wrong(struct verdict *verdict, const struct commit_record *record, const char *format, ...)
{
	const char *name = operation_name(record->operation);
	va_list arguments;
	int used = snprintf(verdict->text, sizeof(verdict->text), "%s: ", name ? name : "?");

	va_start(arguments, format);
	vsnprintf(verdict->text + used, sizeof(verdict->text) - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

/* The index of slot `ref` in the CNode that `cnode` names; UINT64_MAX when it is not in there. */
static uint64_t index_in(const struct slot *cnode, ref_t ref)
{
	uint64_t index = (ref - cnode->object) / SLOT_SIZE;

	return ref >= cnode->object && (ref - cnode->object) % SLOT_SIZE == 0 && index <= cnode->mask ? index : UINT64_MAX;
}

/* The live capability in slot `ref` of the asker's root CNode. */
static struct slot *held(const struct asker *asker, ref_t ref)
{
	struct slot *slot = asker->root ? slot_at(asker->root, index_in(asker->root, ref)) : NULL;

	return slot && slot->type != OBJECT_NULL ? slot : NULL;
}

/* Does `slot` hold a capability of a type with all these rights? */
static bool carries(const struct slot *slot, enum object_type type, uint64_t rights)
{
	return slot->type == type && (slot->rights & rights) == rights;
}

/* A capability of the asker to an object, with at least these rights. Controls have no object: 0. */
static struct slot *held_object(const struct asker *asker, enum object_type type, ref_t object, uint64_t rights)
{
	for (uint64_t i = 0; asker->root && i <= asker->root->mask; i++) {
		struct slot *slot = slot_at(asker->root, i);

		if (carries(slot, type, rights) && slot->object == object)
			return slot;
	}
	return NULL;
}

/* A capability of the asker, with at least these rights, to the CNode in which slot `ref` lies. */
static struct slot *held_container(const struct asker *asker, ref_t ref, uint64_t rights)
{
	for (uint64_t i = 0; asker->root && i <= asker->root->mask; i++) {
		struct slot *slot = slot_at(asker->root, i);

		if (carries(slot, OBJECT_CNODE, rights) && index_in(slot, ref) != UINT64_MAX)
			return slot;
	}
	return NULL;
}

/* What no capability of the asker can explain. */
#define NO_TARGET "the subject holds no capability by which it could ask for this"
#define NO_ARGUMENT "the subject holds no capability that it could have given as an argument"

/* Makes the call. Whatever it answers, the ring tells what it committed. */
static const char *invoke(const struct asker *asker, struct slot *target, enum method method, const uint64_t words[8], struct slot *cap0,
			  struct slot *cap1)
{
	struct call call = {.caller = asker->thread, .target = target, .words = words, .cap = {cap0, cap1}};
	enum error error = method_invoke(&call, method, cap1 ? 2 : cap0 ? 1 : 0);

	switch (error) {
#define ERROR(name, number, sentence)          \
	case name:                             \
		return name == OK ? NULL : sentence;
#include "abi/errors.def"
	}
	return NULL; /* ERR_RESTART: a record was written, and more would follow */
}

static const char *asker_retype(const struct asker *asker, const struct commit_record *record)
{
	const uint64_t *argument = record->argument;
	bool sized = argument[2] == OBJECT_CNODE || argument[2] == OBJECT_UNTYPED || argument[2] == OBJECT_REGION;
	struct slot *untyped = held(asker, argument[0]);
	struct slot *cnode = held_container(asker, argument[1], RIGHT_WRITE);

	if (!untyped || untyped->type != OBJECT_UNTYPED)
		return NO_TARGET;
	if (!cnode)
		return NO_ARGUMENT;
	return invoke(asker, untyped, UNTYPED_RETYPE,
		      (uint64_t[8]){argument[2], sized ? argument[3] : 0, index_in(cnode, argument[1]), record->count}, cnode, NULL);
}

/* The word of MINT that gives this badge or range. */
static uint64_t mint_word(const struct slot *source, const struct commit_record *record)
{
	if (record->flags & COMMIT_COPY_BADGE)
		return record->argument[3];
	if (source->type == OBJECT_IO_PORTS)
		return record->argument[4];
	return (record->argument[3] - source->object) >> PAGE_BITS | record->argument[4] >> PAGE_BITS << 32;
}

static const char *asker_copy_to_cnode(const struct asker *asker, const struct commit_record *record)
{
	struct slot *cnode = held_container(asker, record->argument[1], RIGHT_WRITE);
	struct slot *from = held_container(asker, record->argument[0], RIGHT_READ);
	uint64_t words[8] = {0};

	if (!cnode)
		return NO_TARGET;
	if (!from)
		return NO_ARGUMENT;
	words[0] = index_in(cnode, record->argument[1]);
	words[1] = index_in(from, record->argument[0]);
	words[2] = record->argument[2];
	if (!(record->flags & (COMMIT_COPY_BADGE | COMMIT_COPY_RANGE)))
		return invoke(asker, cnode, CNODE_COPY, words, from, NULL);
	words[3] = mint_word(slot_at(from, words[1]), record);
	return invoke(asker, cnode, CNODE_MINT, words, from, NULL);
}

/* A copy into a slot that an object holds itself: a binding. */
static const char *asker_bind(const struct verification *verification, const struct asker *asker, const struct commit_record *record)
{
	ref_t slot = record->argument[1], thread = slot & ~(ref_t)(PAGE_SIZE - 1);
	struct slot *source = held(asker, record->argument[0]), *target = NULL;
	uint64_t words[8] = {0};
	enum method method;

	if (slot == core_ref(&core->log)) {
		target = held_object(asker, OBJECT_LOG_CONTROL, 0, RIGHT_MANAGE);
		method = LOG_CONTROL_BIND;
	} else if (arena_shadow(verification->arena, slot) == SHADOW_IRQ) {
		target = held_object(asker, OBJECT_IRQ_HANDLER, slot, RIGHT_MANAGE);
		method = IRQ_HANDLER_BIND;
	} else if (arena_shadow(verification->arena, thread) == SHADOW_THREAD && slot % SLOT_SIZE == 0) {
		target = held_object(asker, OBJECT_THREAD, thread, RIGHT_MANAGE);
		method = THREAD_BIND;
		words[0] = (slot - thread) / SLOT_SIZE;
	}
	if (!target)
		return NO_TARGET;
	return source ? invoke(asker, target, method, words, source, NULL) : NO_ARGUMENT;
}

static bool in_cnode(const struct verification *verification, ref_t slot)
{
	enum shadow shadow = arena_shadow(verification->arena, slot);

	return shadow == SHADOW_CNODE || shadow == SHADOW_CNODE_REST;
}

/* A capability in a message: the sender asks; where it arrives is the receiver's affair. */
static const char *asker_transfer(const struct verification *verification, const struct asker *asker, const struct commit_record *record)
{
	struct slot *source = held(asker, record->argument[0]);
	struct copy_change by_message = {.flags = COMMIT_COPY_IPC};

	if (!asker->thread || !source)
		return NO_ARGUMENT;
	if (!in_cnode(verification, record->argument[1]) || !slot_is_empty(core_pointer(record->argument[1])))
		return "no receiver has an empty slot there";
	return slot_copy(asker->thread, source, core_pointer(record->argument[1]), RIGHTS_ALL, &by_message) == OK ? NULL
											: "a capability of this type cannot be sent";
}

static const char *asker_copy(const struct verification *verification, const struct asker *asker, const struct commit_record *record)
{
	if (record->flags & COMMIT_COPY_IPC)
		return asker_transfer(verification, asker, record);
	if (in_cnode(verification, record->argument[1]))
		return asker_copy_to_cnode(asker, record);
	return asker_bind(verification, asker, record);
}

static const char *asker_move(const struct asker *asker, const struct commit_record *record)
{
	struct slot *cnode = held_container(asker, record->argument[1], RIGHT_WRITE);
	struct slot *from = held_container(asker, record->argument[0], RIGHT_WRITE);

	if (!cnode)
		return NO_TARGET;
	if (!from)
		return NO_ARGUMENT;
	return invoke(asker, cnode, CNODE_MOVE, (uint64_t[8]){index_in(cnode, record->argument[1]), index_in(from, record->argument[0])}, from,
		      NULL);
}

/* Deleting what an object holds itself: an unbinding. */
static const char *asker_unbind(const struct verification *verification, const struct asker *asker, const struct commit_record *record)
{
	ref_t slot = record->argument[0], thread = slot & ~(ref_t)(PAGE_SIZE - 1);
	struct slot *target = NULL;
	uint64_t which = 0;
	enum method method;

	if (slot == core_ref(&core->log)) {
		target = held_object(asker, OBJECT_LOG_CONTROL, 0, RIGHT_MANAGE);
		method = LOG_CONTROL_UNBIND;
	} else if (arena_shadow(verification->arena, slot) == SHADOW_IRQ) {
		target = held_object(asker, OBJECT_IRQ_HANDLER, slot, RIGHT_MANAGE);
		method = IRQ_HANDLER_UNBIND;
	} else if (arena_shadow(verification->arena, thread) == SHADOW_THREAD && slot % SLOT_SIZE == 0) {
		target = held_object(asker, OBJECT_THREAD, thread, RIGHT_MANAGE);
		method = THREAD_UNBIND;
		which = (slot - thread) / SLOT_SIZE;
	}
	return target ? invoke(asker, target, method, (uint64_t[8]){which}, NULL, NULL) : NO_TARGET;
}

static const char *asker_delete(const struct verification *verification, const struct asker *asker, const struct commit_record *record)
{
	struct call call = {.caller = asker->thread, .slot = core_pointer(asker->begun), .restarted = true};
	struct slot *cnode;

	if (asker->begun)
		return cnode_delete(&call) == OK ? "there is nothing left to delete" : NULL;
	if (!in_cnode(verification, record->argument[0]))
		return asker_unbind(verification, asker, record);
	cnode = held_container(asker, record->argument[0], RIGHT_WRITE);
	return cnode ? invoke(asker, cnode, CNODE_DELETE, (uint64_t[8]){index_in(cnode, record->argument[0])}, NULL, NULL) : NO_TARGET;
}

static const char *asker_revoke(const struct asker *asker, const struct commit_record *record)
{
	struct call call = {.caller = asker->thread, .slot = core_pointer(asker->begun), .restarted = true};
	struct slot *untyped = held(asker, record->argument[0]);
	struct slot *cnode;

	if (asker->begun)
		return cnode_revoke(&call) == OK ? "there is nothing left to revoke" : NULL;
	if (untyped && carries(untyped, OBJECT_UNTYPED, RIGHT_WRITE))
		return invoke(asker, untyped, UNTYPED_RECLAIM, (uint64_t[8]){0}, NULL, NULL);
	cnode = held_container(asker, record->argument[0], RIGHT_WRITE);
	return cnode ? invoke(asker, cnode, CNODE_REVOKE, (uint64_t[8]){index_in(cnode, record->argument[0])}, NULL, NULL) : NO_TARGET;
}

static const char *asker_reset(const struct asker *asker, const struct commit_record *record)
{
	struct call call = {.caller = asker->thread, .restarted = true};
	struct slot *untyped = held(asker, record->argument[0]);

	if (asker->begun) {
		call.target = core_pointer(asker->begun);
		return untyped_reclaim(&call) == OK ? NULL : "something made from the memory is still there";
	}
	return untyped ? invoke(asker, untyped, UNTYPED_RECLAIM, (uint64_t[8]){0}, NULL, NULL) : NO_TARGET;
}

static const char *asker_priority(const struct asker *asker, const struct commit_record *record)
{
	struct slot *thread = held_object(asker, OBJECT_THREAD, record->argument[0], RIGHT_WRITE);

	if (!thread)
		return NO_TARGET;
	return invoke(asker, thread, THREAD_SET_PRIORITY, (uint64_t[8]){record->argument[1], record->argument[2]}, NULL, NULL);
}

static const char *asker_donate(const struct asker *asker, const struct commit_record *record)
{
	struct slot *vspace = held_object(asker, OBJECT_VSPACE, record->argument[2], RIGHT_MANAGE);
	struct slot *untyped = held(asker, record->argument[0]);
	struct slot *cnode = held_container(asker, record->argument[1], RIGHT_WRITE);

	if (!vspace)
		return NO_TARGET;
	if (!untyped || !cnode)
		return NO_ARGUMENT;
	return invoke(asker, vspace, VSPACE_DONATE, (uint64_t[8]){index_in(cnode, record->argument[1]), record->argument[3] / PAGE_SIZE}, untyped,
		      cnode);
}

/* The kernel chooses memory and index of a Mapping. Could it have chosen these? */
static bool mapping_is_free(const struct vspace_core *vspace, ref_t mapping, uint32_t index)
{
	bool donated = false;

	if (mapping % sizeof(struct mapping_core) || index == 0 || index > UINT16_MAX)
		return false;
	for (ref_t at = vspace->donations; at; at = ((struct slot *)core_pointer(at))->next_donation) {
		const struct slot *memory = core_pointer(at);
		uint64_t offset = mapping - DIRECT_MAP_BASE - memory->base;

		donated |= mapping >= DIRECT_MAP_BASE + memory->base && offset < memory->size;
	}
	for (ref_t at = vspace->mappings; at; at = ((struct mapping_core *)core_pointer(at))->next)
		if (at == mapping || ((struct mapping_core *)core_pointer(at))->index == index)
			return false;
	return donated;
}

static const char *asker_attach(struct verification *verification, const struct asker *asker, const struct commit_record *record)
{
	const uint64_t *argument = record->argument;
	struct slot *region = held(asker, argument[0]);
	struct slot *cnode = held_container(asker, argument[1], RIGHT_WRITE);
	struct slot *vspace = held_object(asker, OBJECT_VSPACE, argument[2], RIGHT_ATTACH | (argument[4] & RIGHTS_ALL));

	if (!vspace)
		return NO_TARGET;
	if (!region || !cnode)
		return NO_ARGUMENT;
	if (!mapping_is_free(core_pointer(argument[2]), argument[3], record->count))
		return "the VSpace has no room for a Mapping there, or the index is in use";
	verification->arena->mapping = argument[3];
	verification->arena->mapping_index = (uint16_t)record->count;
	return invoke(asker, vspace, VSPACE_ATTACH_REGION, (uint64_t[8]){index_in(cnode, argument[1]), argument[4]}, region, cnode);
}

static const char *asker_irq_attach(const struct asker *asker, const struct commit_record *record)
{
	struct slot *control = held_object(asker, OBJECT_IRQ_CONTROL, 0, RIGHT_WRITE);
	struct slot *handler = held_object(asker, OBJECT_IRQ_HANDLER, record->argument[0], RIGHT_MANAGE);

	if (!control)
		return NO_TARGET;
	return handler ? invoke(asker, control, IRQ_CONTROL_ATTACH_HANDLER, (uint64_t[8]){record->argument[2], record->flags}, handler, NULL)
		       : NO_ARGUMENT;
}

static const char *ask(struct verification *verification, const struct asker *asker, const struct commit_record *record)
{
	switch (record->operation) {
	case COMMIT_RETYPE:
		return asker_retype(asker, record);
	case COMMIT_COPY:
		return asker_copy(verification, asker, record);
	case COMMIT_MOVE:
		return asker_move(asker, record);
	case COMMIT_DELETE:
		return asker_delete(verification, asker, record);
	case COMMIT_REVOKE:
		return asker_revoke(asker, record);
	case COMMIT_RESET:
		return asker_reset(asker, record);
	case COMMIT_PRIORITY:
		return asker_priority(asker, record);
	case COMMIT_DONATE:
		return asker_donate(asker, record);
	case COMMIT_ATTACH:
		return asker_attach(verification, asker, record);
	case COMMIT_IRQ_ATTACH:
		return asker_irq_attach(asker, record);
	default:
		return "there is no such operation";
	}
}

/* Writes a record that has no decoder. */
static const char *commit_as_it_is(const struct commit_record *record)
{
	return commit(NULL, record) == OK ? NULL : "the ring of the replay is in use";
}

/* The kernel may give init's Thread any priorities: nobody is there yet whose maximum could bound them. */
static const char *boot_priority(const struct verification *verification, const struct commit_record *record)
{
	if (arena_shadow(verification->arena, record->argument[0]) != SHADOW_THREAD)
		return "there is no such Thread";
	if (record->argument[1] >= PRIORITY_LEVELS || record->argument[2] >= PRIORITY_LEVELS)
		return "there is no such priority";
	if (record->flags || record->count || record->argument[3] || record->argument[4])
		return "a field that this operation does not have is set";
	return commit_as_it_is(record);
}

static const char *verify_genesis(struct verification *verification, const struct commit_record *record)
{
	const char *problem = boot_record_check(&verification->boot, record);

	if (problem)
		return problem;
	core = core_pointer(record->argument[0]);
	arena_mark_cnode(verification->arena, verification->boot.cnode, verification->boot.slots);
	return commit_as_it_is(record);
}

/* Records without a subject: the kernel's own. */
static const char *verify_kernel(struct verification *verification, const struct commit_record *record)
{
	struct asker init = {.thread = NULL};
	const char *problem;

	if (record->operation == COMMIT_GENESIS)
		return verify_genesis(verification, record);
	if (verification->booted && record->operation == COMMIT_DELETE)
		return teardown_continue() ? NULL : "nobody left anything to delete";
	if (verification->booted)
		return "the boot is over, and no Thread asked for this";
	if (boot_writes(record->operation)) {
		problem = boot_record_check(&verification->boot, record);
		return problem ? problem : commit_as_it_is(record);
	}
	if (record->operation == COMMIT_PRIORITY)
		return boot_priority(verification, record);
	init.root = (const struct slot *)core_pointer(verification->boot.cnode) + 1;
	return ask(verification, &init, record);
}

/* Does this record go on with what the subject began with the record before it? */
static bool goes_on(const struct commit_record *record)
{
	return record->operation == COMMIT_REVOKE || record->operation == COMMIT_RESET ||
	       (record->operation == COMMIT_DELETE && !(record->flags & COMMIT_DELETE_BEGIN));
}

/* The root CNode of a live Thread; NULL when it has none. */
static const struct slot *root_of(const struct thread_core *thread)
{
	const struct slot *slot = &thread->slot[THREAD_CNODE];

	return slot->type == OBJECT_CNODE ? slot : NULL;
}

static const char *verify_thread(struct verification *verification, const struct commit_record *record)
{
	struct asker asker = {.thread = NULL};
	const char *problem;
	ref_t *begun;

	verification->booted = true;
	if (record->subject % PAGE_SIZE || !arena_holds(record->subject, PAGE_SIZE))
		return "the subject is no Thread";
	begun = arena_begun(verification->arena, record->subject);
	asker.thread = core_pointer(record->subject);
	if (goes_on(record))
		asker.begun = *begun;
	if (asker.begun && asker.begun != record->argument[0])
		asker.begun = 0;
	if (arena_shadow(verification->arena, record->subject) == SHADOW_THREAD)
		asker.root = root_of(asker.thread);
	else if (!asker.begun)
		return "the subject is no Thread";
	if (asker.root && asker.thread->foreign && !asker.begun)
		return "the subject is a foreign Thread, which can ask for nothing";
	problem = ask(verification, &asker, record);
	*begun = record->operation == COMMIT_DELETE || record->operation == COMMIT_REVOKE ? record->argument[0] : 0;
	return problem;
}

/* Says which field of a record is not what the decoder wrote. */
static bool difference(struct verdict *verdict, const struct commit_record *record)
{
	const struct commit_record *right = ring_record();

	if (record->operation != right->operation)
		return wrong(verdict, record, "the kernel would have written a record of %s", operation_name(right->operation));
	if (record->flags != right->flags)
		return wrong(verdict, record, "flags are %#x, the kernel writes %#x", record->flags, right->flags);
	if (record->count != right->count)
		return wrong(verdict, record, "count is %u, the kernel writes %u", record->count, right->count);
	if (record->subject != right->subject)
		return wrong(verdict, record, "subject is %#llx, the kernel writes %#llx", (unsigned long long)record->subject,
			     (unsigned long long)right->subject);
	for (unsigned i = 0; i < 5; i++)
		if (record->argument[i] != right->argument[i])
			return wrong(verdict, record, "argument %u (%s) is %#llx, the kernel writes %#llx", i,
				     argument_name(record->operation, i), (unsigned long long)record->argument[i],
				     (unsigned long long)right->argument[i]);
	return true;
}

static bool record_verify(struct verification *verification, const struct commit_record *record)
{
	struct verdict *verdict = verification->verdict;
	const char *problem;

	verification->arena->single_step = record->operation == COMMIT_DELETE || record->operation == COMMIT_REVOKE;
	verification->arena->mapping = 0;
	commit_ring->head = commit_ring->tail = record->sequence;
	problem = record->subject ? verify_thread(verification, record) : verify_kernel(verification, record);
	if (commit_ring->head == record->sequence)
		return wrong(verdict, record, "%s", problem ? problem : "the kernel would have written no record");
	return difference(verdict, record);
}

bool verify_records(struct arena *arena, const struct records *records, struct verdict *verdict)
{
	struct verification verification = {.arena = arena, .verdict = verdict};

	arena_use(arena);
	commit_ring = &ring.header;
	ring.header = (struct commit_ring){.capacity = 1};
	*verdict = (struct verdict){.record = 0};
	if (records->count == 0 || records->record[0].operation != COMMIT_GENESIS)
		return verdict->record = 1, snprintf(verdict->text, sizeof(verdict->text), "a log begins with GENESIS"), false;
	for (uint64_t i = 0; i < records->count; i++) {
		const struct commit_record *record = &records->record[i];

		verdict->record = i + 1;
		if (record->sequence != i + 1)
			return wrong(verdict, record, "its sequence number is %llu", (unsigned long long)record->sequence);
		if (!record_verify(&verification, record))
			return false;
	}
	verdict->record = 0;
	return true;
}

void apply_records(struct arena *arena, const struct records *records)
{
	arena_use(arena);
	for (uint64_t i = 0; i < records->count; i++) {
		if (records->record[i].operation == COMMIT_GENESIS)
			core = core_pointer(records->record[i].argument[0]);
		apply(&records->record[i]);
	}
}
