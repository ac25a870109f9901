/* SPDX-License-Identifier: MIT */
/*
 * The gate: which method a label means, the rights that it asks for, the number of capabilities;
 * and how handles are looked up.
 */
#include <string.h>

#include "tests/host/core/calls.h"

struct method_fact {
	enum object_type type;
	uint32_t number;
	uint8_t rights;
	unsigned caps;
};

static const struct method_fact facts[] = {
#define METHOD(type, name, number, rights, caps, takes, takes_rights, function, sentence) \
	{ OBJECT_##type, number, rights, caps },
#include "abi/methods.def"
};
#define FACTS (sizeof(facts) / sizeof(facts[0]))

/*
 * A capability of any type with these rights in a slot outside of every CNode: enough for what is
 * refused before anything is decoded.
 */
static struct slot slot_of(enum object_type type, uint8_t rights)
{
	return (struct slot){ .type = (uint8_t)type, .rights = rights };
}

static bool method_exists(enum object_type type, uint32_t number)
{
	for (size_t i = 0; i < FACTS; i++)
		if (facts[i].type == type && facts[i].number == number)
			return true;
	return false;
}

static enum error invoke_bare(struct slot *target, uint32_t label, unsigned caps)
{
	static const uint64_t words[8];
	struct call call = { .caller = machine.caller,
		.target = target,
		.words = words,
		.cap = { machine_slot(AT_CNODE), machine_slot(AT_CNODE) } };

	return method_invoke(&call, label, caps);
}

static void unknown_labels(void **state)
{
	(void)state;
	for (enum object_type type = OBJECT_NULL; type < OBJECT_TYPES; type++)
		for (uint32_t label = 0; label < 300; label++) {
			struct slot target = slot_of(type, RIGHTS_ALL);

			if (method_exists(type, label))
				continue;
			assert_refused(ERR_METHOD, invoke_bare(&target, label, 0));
		}
	for (uint32_t bit = 8; bit < 32; bit++) {
		struct slot target = slot_of(OBJECT_CNODE, RIGHTS_ALL);

		assert_refused(ERR_METHOD, invoke_bare(&target, (uint32_t)1 << bit, 0));
	}
}

static void rights_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < FACTS; i++)
		for (unsigned bit = 0; bit < 7; bit++) {
			struct slot target = slot_of(
				facts[i].type, (uint8_t)(RIGHTS_ALL & ~(1u << bit)));

			if (facts[i].rights & 1u << bit)
				assert_refused(ERR_RIGHTS,
					invoke_bare(&target, facts[i].number, facts[i].caps));
		}
}

static void capability_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < FACTS; i++)
		for (unsigned caps = 0; caps <= MESSAGE_CAPS_MAX; caps++) {
			struct slot target = slot_of(facts[i].type, RIGHTS_ALL);

			if (caps != facts[i].caps)
				assert_refused(
					ERR_ARGUMENT, invoke_bare(&target, facts[i].number, caps));
		}
}

/* Methods of the machine: with exactly the rights they ask for, and no more, they are reached. */
static void machine_methods(void **state)
{
	static const struct {
		enum object_type type;
		uint32_t number;
		enum error (*function)(struct call *);
	} methods[] = {
		{ OBJECT_THREAD, THREAD_READ_STATE, thread_exchange },
		{ OBJECT_THREAD, THREAD_WRITE_STATE, thread_exchange },
		{ OBJECT_THREAD, THREAD_SUSPEND, thread_suspend },
		{ OBJECT_THREAD, THREAD_RESUME, thread_resume },
		{ OBJECT_THREAD, THREAD_INFORM, thread_inform },
		{ OBJECT_VSPACE, VSPACE_INFORM, vspace_inform },
		{ OBJECT_MAPPING, MAPPING_MAP, mapping_batch },
		{ OBJECT_MAPPING, MAPPING_PROTECT, mapping_batch },
		{ OBJECT_MAPPING, MAPPING_UNMAP, mapping_batch },
		{ OBJECT_IRQ_HANDLER, IRQ_HANDLER_ACKNOWLEDGE, irq_acknowledge },
		{ OBJECT_IO_PORTS, IO_PORTS_IN, ioports_access },
		{ OBJECT_IO_PORTS, IO_PORTS_OUT, ioports_access },
		{ OBJECT_CPU_CONTROL, CPU_CONTROL_HALT, cpu_halt },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		for (size_t f = 0; f < FACTS; f++) {
			struct slot target = slot_of(methods[i].type, facts[f].rights);

			if (facts[f].type != methods[i].type ||
				facts[f].number != methods[i].number)
				continue;
			machine.reached = NULL;
			assert_done(invoke_bare(&target, facts[f].number, facts[f].caps));
			assert_ptr_equal(machine.reached, methods[i].function);
		}
}

static void handles(void **state)
{
	struct thread_core thread = { .slot = { { .flags = PLACE_THREAD << SLOT_PLACE_SHIFT } } };

	(void)state;
	assert_null(capability_at(&thread, 1));
	thread.slot[THREAD_CNODE] = *machine_slot(AT_CNODE);
	assert_ptr_equal(capability_at(&thread, AT_UNTYPED), machine_slot(AT_UNTYPED));
	assert_null(capability_at(&thread, 0));
	assert_null(capability_at(&thread, AT_FREE));
	assert_null(capability_at(&thread, SLOTS));
	assert_null(capability_at(&thread, (uint64_t)1 << 32 | AT_UNTYPED));
	assert_null(capability_at(&thread, UINT64_MAX));
	assert_null(slot_at(machine_slot(AT_UNTYPED), 0));
	assert_ptr_equal(slot_at(machine_slot(AT_CNODE), SLOTS - 1), machine_slot(SLOTS - 1));
}

static void genesis(void **state)
{
	const struct slot *own = machine_slot(AT_CNODE), *ports = machine_slot(AT_IO_PORTS);

	(void)state;
	assert_int_equal(core->abi_version, KOZO_ABI_VERSION);
	assert_int_equal(own->type, OBJECT_CNODE);
	assert_int_equal(own->mask, SLOTS - 1);
	assert_int_equal(own->rights, RIGHTS_ALL);
	assert_true(own->flags & SLOT_ORIGINAL);
	assert_int_equal(ports->ports, (uint64_t)0xffff << 16);
	assert_int_equal(machine_slot(AT_REGION)->rights, RIGHT_READ);
	assert_int_equal(machine_slot(AT_REGION)->size, 3 * PAGE_SIZE);
	assert_true(machine_slot(AT_DEVICE)->flags & SLOT_DEVICE);
	assert_false(machine_slot(AT_UNTYPED)->flags & SLOT_DEVICE);
	assert_int_equal(machine_slot(AT_UNTYPED)->size, UNTYPED_BYTES);
	assert_null(invariants_check(true));
}

/* A module's hash is evidence for the auditor: its record changes nothing. */
static void record_without_effect(void **state)
{
	unsigned char copy[sizeof(struct core)];

	(void)state;
	memcpy(copy, core, sizeof(copy));
	assert_done(commit(NULL,
		&(struct commit_record){
			.operation = COMMIT_MODULE, .argument = { 1, 2, 3, 4, 5 } }));
	assert_memory_equal(copy, core, sizeof(copy));
}

const struct core_test gate_tests[] = {
	{ "gate.labels", "a label that no method has is refused, for every type", unknown_labels },
	{ "gate.rights", "each right that a method asks for is missed when it is missing",
		rights_each },
	{ "gate.caps", "another number of capability arguments is refused", capability_count },
	{ "gate.machine", "the machine's methods are reached with just the rights they ask for",
		machine_methods },
	{ "gate.handles", "a handle beyond the CNode or of an empty slot is no capability",
		handles },
	{ "gate.genesis", "genesis makes the capabilities that its records name", genesis },
	{ "gate.records", "the record of a module changes no authority", record_without_effect },
	{ 0 },
};
