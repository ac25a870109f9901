/* SPDX-License-Identifier: MIT */
/*
 * Refusal, for every method of abi/methods.def: no capability, too few rights, wrong types of arguments, missing arguments, labels that do not exist, hostile words, no message
 * page. A refused call returns its error and commits nothing.
 *
 * The tables come from the .def file, so a new method is tested from the day it is defined. The objects that are called are made for the purpose, except the controls, of which there
 * is one each: calls that would work on those are left out.
 */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE

struct method_row {
	const char *name;
	enum object_type type;
	uint64_t label, rights, caps;
};

static const struct method_row methods[] = {
#define METHOD(type, name, number, rights, caps, takes, takes_rights, function, sentence) {#type "." #name, OBJECT_##type, number, rights, caps},
#include "abi/methods.def"
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

/* One object of each type, by type; a handle each. */
static handle_t fixture[OBJECT_TYPES];

static bool type_is_control(enum object_type type)
{
	return type == OBJECT_IRQ_CONTROL || type == OBJECT_CPU_CONTROL || type == OBJECT_LOG_CONTROL;
}

static bool type_is_copyable(enum object_type type)
{
	return !type_is_control(type) && type != OBJECT_UNTYPED && type != OBJECT_TABLE_MEMORY;
}

static void fixtures_make(void)
{
	static const struct {
		enum object_type type;
		uint64_t size;
	} made[] = {
		{OBJECT_UNTYPED, 64 * PAGE_SIZE}, {OBJECT_CNODE, 4}, {OBJECT_THREAD, 0}, {OBJECT_ENDPOINT, 0}, {OBJECT_NOTIFICATION, 0},
		{OBJECT_REPLY, 0}, {OBJECT_VSPACE, 0}, {OBJECT_REGION, 4 * PAGE_SIZE}, {OBJECT_IRQ_HANDLER, 0},
	};

	for (uint64_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		CHECK_OK(object_create(made[i].type, made[i].size, &fixture[made[i].type]));
	fixture[OBJECT_TABLE_MEMORY] = slot_allocate();
	CHECK_OK(vspace_donate(fixture[OBJECT_VSPACE], memory_untyped(), ROOT, fixture[OBJECT_TABLE_MEMORY], 8));
	fixture[OBJECT_MAPPING] = slot_allocate();
	CHECK_OK(vspace_attach(fixture[OBJECT_VSPACE], fixture[OBJECT_REGION], ROOT, fixture[OBJECT_MAPPING], RIGHTS_ALL));
	fixture[OBJECT_IO_PORTS] = slot_allocate();
	CHECK_OK(cnode_mint(ROOT, fixture[OBJECT_IO_PORTS], ROOT, INIT_SLOT_IO_PORTS, RIGHTS_ALL, 0x80 | 0x80 << 16));
	fixture[OBJECT_IRQ_CONTROL] = INIT_SLOT_IRQ_CONTROL;
	fixture[OBJECT_CPU_CONTROL] = INIT_SLOT_CPU_CONTROL;
	fixture[OBJECT_LOG_CONTROL] = INIT_SLOT_LOG_CONTROL;
	CHECK_OK(cnode_copy(fixture[OBJECT_CNODE], 1, ROOT, fixture[OBJECT_ENDPOINT], RIGHTS_ALL));
}

/* What a call of the method with these words and capability arguments answers. */
static enum error attempt(handle_t target, uint64_t label, uint64_t caps, handle_t first, handle_t second, const uint64_t words[8])
{
	struct kernel_call call = {.word = call_word(CALL_SEND | CALL_CALL, 8, caps, label), .target = target};

	for (int i = 0; i < 8; i++)
		call.data[i] = words ? words[i] : 0;
	for (int i = 0; i < MESSAGE_CAPS_MAX; i++)
		thread_self()->page->caps[i] = i == 0 ? first : second;
	return kernel_call(&call);
}

/* Announces which method a failed check was about. */
static void attempt_note(const struct method_row *method)
{
	if (test_has_failed())
		print("# while testing %s\n", method->name);
}

static void refused_without_capability(const struct method_row *method)
{
	handle_t empty = slot_allocate();
	static const handle_t nowhere[] = {0, 1ull << INIT_CNODE_BITS, 1ull << 32, UINT64_MAX};

	CHECK_REFUSED(ERR_NOCAP, attempt(empty, method->label, 0, 0, 0, NULL));
	for (int i = 0; i < 4; i++)
		CHECK_REFUSED(ERR_NOCAP, attempt(nowhere[i], method->label, 0, 0, 0, NULL));
	slot_free(empty);
}

static void for_each_method(void (*act)(const struct method_row *method))
{
	for (uint64_t i = 0; i < METHODS; i++) {
		act(&methods[i]);
		attempt_note(&methods[i]);
		CHECK_STILL();
	}
}

static void no_capability(void)
{
	for_each_method(refused_without_capability);
}

/* The object without each single right that the method needs. */
static void refused_without_right(const struct method_row *method)
{
	handle_t weak = slot_allocate();

	for (uint64_t right = 1; right <= RIGHTS_ALL; right <<= 1) {
		if (!(method->rights & right) || !type_is_copyable(method->type))
			continue;
		CHECK_OK(cnode_copy(ROOT, weak, ROOT, fixture[method->type], RIGHTS_ALL & ~right));
		CHECK_REFUSED(ERR_RIGHTS, attempt(weak, method->label, method->caps, fixture[OBJECT_ENDPOINT], fixture[OBJECT_ENDPOINT], NULL));
		CHECK_OK(cnode_delete(ROOT, weak));
	}
	slot_free(weak);
}

static void too_few_rights(void)
{
	fixtures_make();
	CHECK_STILL();
	for_each_method(refused_without_right);
}

/* A method called on objects of all other types: another method, or none; never this one by mistake. */
static void unknown_labels(void)
{
	static const uint64_t labels[] = {10, 11, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1ull << 16, 1ull << 24, 1ull << 31, 0xffffffff};

	fixtures_make();
	CHECK_STILL();
	for (int type = 0; type < OBJECT_TYPES; type++) {
		bool known[16] = {false};

		if (!fixture[type] || type == OBJECT_ENDPOINT)
			continue;
		for (uint64_t i = 0; i < METHODS; i++)
			if (methods[i].type == (enum object_type)type)
				known[methods[i].label] = true;
		for (uint64_t label = 0; label < 16; label++)
			if (!known[label])
				CHECK_REFUSED(ERR_METHOD, attempt(fixture[type], label, 0, 0, 0, NULL));
		for (uint64_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
			CHECK_REFUSED(ERR_METHOD, attempt(fixture[type], labels[i], 0, 0, 0, NULL));
	}
}

/* Too few and too many capability arguments, empty ones, and ones beyond the CNode. */
static void refused_with_bad_arguments(const struct method_row *method)
{
	handle_t target = fixture[method->type], good = fixture[OBJECT_CNODE], empty = slot_allocate();

	if (method->type == OBJECT_CPU_CONTROL && method->label == CPU_CONTROL_HALT)
		return; /* takes no arguments but would be the end if it took some */
	for (uint64_t caps = 0; caps <= MESSAGE_CAPS_MAX; caps++)
		if (caps != method->caps)
			CHECK_REFUSED(ERR_ARGUMENT, attempt(target, method->label, caps, good, good, NULL));
	if (method->caps >= 1) {
		CHECK_REFUSED(ERR_NOCAP, attempt(target, method->label, method->caps, 0, good, NULL));
		CHECK_REFUSED(ERR_NOCAP, attempt(target, method->label, method->caps, empty, good, NULL));
		CHECK_REFUSED(ERR_NOCAP, attempt(target, method->label, method->caps, UINT64_MAX, good, NULL));
	}
	if (method->caps >= 2)
		CHECK_REFUSED(ERR_NOCAP, attempt(target, method->label, method->caps, good, empty, NULL));
	slot_free(empty);
}

static void missing_arguments(void)
{
	fixtures_make();
	CHECK_STILL();
	for_each_method(refused_with_bad_arguments);
}

/* The type of each capability argument, where a method has one type for it. */
static enum object_type argument_type(const struct method_row *method, int argument)
{
	switch (method->type) {
	case OBJECT_UNTYPED:
	case OBJECT_CNODE:
		return OBJECT_CNODE;
	case OBJECT_VSPACE:
		return argument ? OBJECT_CNODE : method->label == VSPACE_DONATE ? OBJECT_UNTYPED : OBJECT_REGION;
	case OBJECT_IRQ_HANDLER:
	case OBJECT_LOG_CONTROL:
		return OBJECT_NOTIFICATION;
	case OBJECT_IRQ_CONTROL:
		return OBJECT_IRQ_HANDLER;
	default:
		return OBJECT_CNODE; /* THREAD.BIND, slot 0 */
	}
}

static void refused_with_wrong_types(const struct method_row *method)
{
	static const uint64_t words[8] = {0, 0, 0, 1};

	for (int argument = 0; argument < (int)method->caps; argument++)
		for (int type = 0; type < OBJECT_TYPES; type++) {
			handle_t caps[2];

			if (!fixture[type] || (enum object_type)type == argument_type(method, argument))
				continue;
			for (int i = 0; i < 2; i++)
				caps[i] = fixture[i == argument ? (enum object_type)type : argument_type(method, i)];
			CHECK_REFUSED(ERR_TYPE, attempt(fixture[method->type], method->label, method->caps, caps[0], caps[1], words));
		}
}

static void wrong_types(void)
{
	fixtures_make();
	CHECK_STILL();
	for_each_method(refused_with_wrong_types);
}

/* Hostile values in every combination of two words; the call may do its work, but if it does not, nothing is committed. */
static const uint64_t hostile[] = {0, 1, 2, 15, 16, 255, 256, 257, 4095, 4096, 65535, 65536, 0x7fffffff, 0xffffffff, 1ull << 32, 1ull << 47,
				   0x7ffffffff000, 1ull << 52, 1ull << 63, UINT64_MAX - 4095, UINT64_MAX};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static bool error_is_known(enum error error)
{
	return error_name(error)[0] == 'E' || error == OK;
}

static void survives_hostile_words(const struct method_row *method)
{
	for (uint64_t i = 0; i < HOSTILE * HOSTILE * 4; i++) {
		uint64_t words[8], records = records_committed();
		enum error error;

		for (int k = 0; k < 8; k++)
			words[k] = hostile[i % HOSTILE];
		words[i / HOSTILE % 4] = hostile[i / HOSTILE / 4 % HOSTILE];
		error = attempt(fixture[method->type], method->label, method->caps, fixture[argument_type(method, 0)],
				fixture[argument_type(method, 1)], words);
		CHECK(error_is_known(error));
		CHECK(error == OK || records_committed() == records);
	}
}

static void hostile_words(void)
{
	for (uint64_t i = 0; i < METHODS; i++) {
		if (type_is_control(methods[i].type))
			continue;
		fixtures_make();
		CHECK_STILL();
		survives_hostile_words(&methods[i]);
		attempt_note(&methods[i]);
		CHECK_STILL();
		/* The fixtures may have been changed by what succeeded. */
		CHECK_OK(untyped_reclaim(memory_untyped()));
		for (handle_t slot = slot_used_next(1); slot; slot = slot_used_next(slot + 1)) {
			if (slot < fixture[OBJECT_UNTYPED])
				continue;
			CHECK_OK(cnode_delete(ROOT, slot));
			slot_free(slot);
		}
	}
}

/* The controls' own words, where nothing good can be meant. */
static void hostile_words_for_controls(void)
{
	handle_t handler;
	struct irq_attachment attachment;

	CHECK_OK(object_create(OBJECT_IRQ_HANDLER, 0, &handler));
	for (uint64_t i = 0; i < HOSTILE; i++) {
		uint64_t value = hostile[i];

		if (value >= 256 && value != IRQ_LINE_MSI)
			CHECK_REFUSED(ERR_ARGUMENT, irq_attach(INIT_SLOT_IRQ_CONTROL, handler, value, 0, &attachment));
		if (value & ~3ull)
			CHECK_REFUSED(ERR_ARGUMENT, irq_attach(INIT_SLOT_IRQ_CONTROL, handler, 9, value, &attachment));
		if (value > 0)
			CHECK_REFUSED(ERR_ARGUMENT, method_invoke(INIT_SLOT_LOG_CONTROL, LOG_CONTROL_UNBIND, 1, 0, value, 0, 0, 0));
		if (value >= 1ull << 32)
			CHECK_REFUSED(ERR_ARGUMENT, log_advance(INIT_SLOT_LOG_CONTROL, value));
	}
}

/* Methods that need the message page, called by a thread that has none: by a job, since the test needs its own. */
static void no_message_page(void)
{
	struct job job;

	fixtures_make();
	CHECK_STILL();
	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	CHECK_OK(thread_unbind(job.thread.thread, THREAD_MESSAGE));
	for (uint64_t i = 0; i < METHODS; i++) {
		const struct method_row *method = &methods[i];
		bool needs_page = method->caps || method->type == OBJECT_MAPPING ||
				  (method->type == OBJECT_THREAD && (method->label == THREAD_READ_STATE || method->label == THREAD_WRITE_STATE)) ||
				  (method->type == OBJECT_CPU_CONTROL && method->label == CPU_CONTROL_HALT);
		uint64_t records = records_committed();

		if (!needs_page)
			continue;
		job.cell->call = (struct kernel_call){
			.word = call_word(CALL_SEND | CALL_CALL, 4, method->caps, method->label),
			.target = fixture[method->type],
			.data = {1, 1, 1, 1},
		};
		CHECK_OK(job_start(&job));
		CHECK_JOB(ERR_MESSAGE, &job);
		CHECK_EQUAL(records, records_committed());
	}
}

/* The error codes of the interface that the kernel can give: each was seen somewhere in these tests; here is one call for each. */
static void every_error_is_reached(void)
{
	handle_t slot = slot_allocate(), endpoint, reply, small;
	struct thread_status status;
	struct kernel_call call;
	struct job job;
	uint64_t done;

	fixtures_make();
	CHECK_STILL();
	endpoint = fixture[OBJECT_ENDPOINT];
	reply = fixture[OBJECT_REPLY];
	small = fixture[OBJECT_UNTYPED];
	CHECK_REFUSED(ERR_NOCAP, thread_inform(slot, &status));
	CHECK_REFUSED(ERR_TYPE, cnode_copy(ROOT, slot, endpoint, 0, 0));
	CHECK_OK(cnode_copy(ROOT, slot, ROOT, fixture[OBJECT_THREAD], 0));
	CHECK_REFUSED(ERR_RIGHTS, thread_inform(slot, &status));
	CHECK_REFUSED(ERR_METHOD, attempt(reply, 0, 0, 0, 0, NULL));
	CHECK_REFUSED(ERR_ARGUMENT, untyped_retype(small, OBJECT_NULL, 0, ROOT, slot, 1));
	CHECK_REFUSED(ERR_OCCUPIED, untyped_retype(small, OBJECT_ENDPOINT, 0, ROOT, slot, 1));
	CHECK_OK(cnode_delete(ROOT, slot));
	CHECK_OK(untyped_retype(small, OBJECT_REGION, 64 * PAGE_SIZE, ROOT, slot, 1));
	CHECK_REFUSED(ERR_NOMEM, untyped_retype(small, OBJECT_ENDPOINT, 0, ROOT, slot_allocate(), 1));
	CHECK_OK(thread_bind(fixture[OBJECT_THREAD], THREAD_NOTIFICATION, fixture[OBJECT_NOTIFICATION]));
	CHECK_REFUSED(ERR_BUSY, thread_bind(fixture[OBJECT_THREAD], THREAD_NOTIFICATION, fixture[OBJECT_NOTIFICATION]));
	call = (struct kernel_call){.word = CALL_RECEIVE, .source = endpoint};
	CHECK_REFUSED(ERR_NOCAP, kernel_call(&call));
	call = (struct kernel_call){.word = CALL_RECEIVE | CALL_DEADLINE, .source = endpoint, .reply = reply};
	CHECK_REFUSED(ERR_TIMEOUT, kernel_call(&call));
	call = (struct kernel_call){.word = CALL_RECEIVE, .source = endpoint, .reply = reply};
	CHECK_OK(job_launch(&job, &own_space, &call));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_OK(cnode_delete(ROOT, reply));
	CHECK_JOB(ERR_CANCELLED, &job);
	CHECK_OK(mapping_fill(fixture[OBJECT_MAPPING], 0x10000000, 0, 1, MAP_READ));
	CHECK_REFUSED(ERR_MAPPED, mapping_fill(fixture[OBJECT_MAPPING], 0x10000000, 0, 1, MAP_READ));
	*(struct map_entry *)thread_self()->page = (struct map_entry){0x20000000, 0};
	CHECK_REFUSED(ERR_NOTMAPPED, mapping_unmap(fixture[OBJECT_MAPPING], 1, &done));
	call = (struct kernel_call){.word = call_word(CALL_SEND, 129, 0, 0), .target = endpoint};
	CHECK_REFUSED(ERR_MESSAGE, kernel_call(&call));
	CHECK_REFUSED(ERR_STATE, irq_acknowledge(fixture[OBJECT_IRQ_HANDLER]));
	CHECK_OK(job_create(&job, &own_space, 20));
	job.cell->call = (struct kernel_call){.word = call_word(CALL_SEND | CALL_CALL, 2, 0, THREAD_SET_PRIORITY), .target = job.thread.thread, .data = {30, 30}};
	CHECK_OK(job_start(&job));
	CHECK_JOB(ERR_PRIORITY, &job);
}

static const struct test tests[] = {
	{"refuse-no-capability", "every method needs a capability, whatever the handle", no_capability},
	{"refuse-rights", "every method needs each of its rights", too_few_rights},
	{"refuse-labels", "labels that name no method of the object are refused", unknown_labels},
	{"refuse-arguments", "missing, superfluous and empty capability arguments are refused", missing_arguments},
	{"refuse-types", "capability arguments of every other type are refused", wrong_types},
	{"refuse-words", "hostile words in every method are refused or harmless, and a refusal commits nothing", hostile_words},
	{"refuse-controls", "hostile words to the controls are refused", hostile_words_for_controls},
	{"refuse-message-page", "methods that need the message page say so when there is none", no_message_page},
	{"refuse-errors", "every error code of the kernel is reached", every_error_is_reached},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
