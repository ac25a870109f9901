/* SPDX-License-Identifier: MIT */
/* Threads: start, binding, registers, suspension, states, priorities, CPU time, and what happens when their CNode or VSpace goes. */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE

static volatile uint64_t result, counter;

static void store_argument(uint64_t argument)
{
	result = argument;
}

static void count_for_ever(uint64_t argument)
{
	(void)argument;
	for (;;)
		counter++;
}

static void runs_a_function(void)
{
	struct thread thread;

	result = 0;
	CHECK_OK(thread_create(&thread, &own_space, store_argument, 0x1122334455667788, TEST_PRIORITY));
	pause_ns(2 * MILLISECOND);
	CHECK_EQUAL(0, result);
	CHECK_OK(thread_resume(thread.thread));
	CHECK(thread_await_end(thread.thread));
	CHECK_EQUAL(0x1122334455667788, result);
}

/* Data of the image is private to the other space; its text is the same. */
static void runs_in_another_space(void)
{
	struct space space;
	struct thread thread;

	result = 1;
	CHECK_OK(space_create(&space, 8, 16));
	CHECK_OK(thread_spawn(&thread, &space, store_argument, 77, TEST_PRIORITY));
	CHECK(thread_await_end(thread.thread));
	CHECK_EQUAL(1, result);
}

static void tells_states(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call = {.word = call_word(CALL_SEND | CALL_CALL, 0, 0, 0), .target = endpoint};
	struct thread_status status;
	struct job job;

	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	CHECK_OK(thread_inform(job.thread.thread, &status));
	CHECK_EQUAL(THREAD_RUNNABLE, status.state);
	CHECK(status.suspended);
	job.cell->call = call;
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_SENDING));
	call = (struct kernel_call){.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = endpoint, .reply = reply};
	CHECK_OK(kernel_call(&call));
	CHECK(thread_await(job.thread.thread, THREAD_REPLY));
	call.word = call_word(CALL_REPLY, 0, 0, 0);
	CHECK_OK(kernel_call(&call));
	CHECK_JOB(OK, &job);
	call = (struct kernel_call){.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = endpoint, .reply = reply};
	job.cell->call = call;
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_OK(thread_suspend(job.thread.thread));
	CHECK_OK(thread_inform(job.thread.thread, &status));
	CHECK_EQUAL(THREAD_RECEIVING, status.state);
	CHECK(status.suspended);
}

static void suspends_a_running_thread(void)
{
	struct thread thread;
	struct thread_registers registers;
	uint64_t before;

	counter = 0;
	CHECK_OK(thread_spawn(&thread, &own_space, count_for_ever, 0, TEST_PRIORITY));
	CHECK_EVENTUALLY(counter != 0);
	CHECK_REFUSED(ERR_STATE, thread_read_registers(thread.thread, &registers));
	CHECK_REFUSED(ERR_STATE, thread_write_registers(thread.thread, &registers));
	CHECK_OK(thread_suspend(thread.thread));
	CHECK_OK(thread_suspend(thread.thread));
	before = counter;
	pause_ns(5 * MILLISECOND);
	CHECK_EQUAL(before, counter);
	CHECK_OK(thread_read_registers(thread.thread, &registers));
	CHECK(registers.rip > 0x400000 && registers.rip < 0x500000);
	CHECK_OK(thread_resume(thread.thread));
	CHECK_OK(thread_resume(thread.thread));
	CHECK_EVENTUALLY(counter > before);
}

static void cpu_time_is_counted(void)
{
	struct thread busy, idle;
	struct thread_status status;
	uint64_t start = clock_now();

	CHECK_OK(thread_create(&idle, &own_space, store_argument, 0, TEST_PRIORITY));
	CHECK_OK(thread_spawn(&busy, &own_space, count_for_ever, 0, TEST_PRIORITY));
	CHECK_EVENTUALLY(thread_inform(busy.thread, &status) == OK && status.cpu_time > 10 * MILLISECOND);
	CHECK(status.cpu_time <= clock_now() - start);
	CHECK_OK(thread_inform(idle.thread, &status));
	CHECK_EQUAL(0, status.cpu_time);
}

/* What each slot takes: a type, and the rights that are too few. */
static void binding_is_checked(void)
{
	handle_t thread = object_make(OBJECT_THREAD, 0), cnode = object_make(OBJECT_CNODE, 4), vspace = object_make(OBJECT_VSPACE, 0), endpoint = object_make(OBJECT_ENDPOINT, 0);
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), region = 0, weak = slot_allocate(), empty = slot_allocate();
	const struct {
		handle_t right;
		handle_t wrong;
		uint64_t needed;
	} slots[THREAD_SLOTS] = {
		[THREAD_CNODE] = {cnode, vspace, RIGHT_READ},
		[THREAD_VSPACE] = {vspace, cnode, RIGHT_ATTACH},
		[THREAD_FAULT] = {endpoint, notification, RIGHT_WRITE},
		[THREAD_PERSONALITY] = {endpoint, notification, RIGHT_WRITE},
		[THREAD_NOTIFICATION] = {notification, endpoint, RIGHT_READ},
	};

	CHECK_OK(region_allocate(1, &region));
	for (uint64_t which = 0; which < THREAD_SLOTS; which++) {
		handle_t right = which == THREAD_MESSAGE ? region : slots[which].right;
		uint64_t needed = which == THREAD_MESSAGE ? RIGHT_WRITE : slots[which].needed;

		CHECK_REFUSED(ERR_TYPE, thread_bind(thread, (enum thread_slot)which, which == THREAD_MESSAGE ? cnode : slots[which].wrong));
		CHECK_REFUSED(ERR_NOCAP, thread_bind(thread, (enum thread_slot)which, empty));
		CHECK_OK(cnode_copy(ROOT, weak, ROOT, right, RIGHTS_ALL & ~needed));
		CHECK_REFUSED(ERR_RIGHTS, thread_bind(thread, (enum thread_slot)which, weak));
		CHECK_OK(cnode_delete(ROOT, weak));
		CHECK_OK(thread_bind(thread, (enum thread_slot)which, right));
		CHECK_REFUSED(which == THREAD_NOTIFICATION ? ERR_BUSY : ERR_OCCUPIED, thread_bind(thread, (enum thread_slot)which, right));
		CHECK_OK(thread_unbind(thread, (enum thread_slot)which));
		CHECK_OK(thread_unbind(thread, (enum thread_slot)which));
		CHECK_OK(thread_bind(thread, (enum thread_slot)which, right));
	}
	CHECK_OK(cnode_copy(ROOT, weak, ROOT, region, RIGHTS_ALL & ~RIGHT_READ));
	CHECK_OK(thread_unbind(thread, THREAD_MESSAGE));
	CHECK_REFUSED(ERR_RIGHTS, thread_bind(thread, THREAD_MESSAGE, weak));
	for (uint64_t which = THREAD_SLOTS; which < THREAD_SLOTS + 3; which++) {
		CHECK_REFUSED(ERR_ARGUMENT, thread_bind(thread, (enum thread_slot)which, endpoint));
		CHECK_REFUSED(ERR_ARGUMENT, thread_unbind(thread, (enum thread_slot)which));
	}
}

static void registers_round_trip(void)
{
	handle_t thread = object_make(OBJECT_THREAD, 0);
	struct thread_registers wrote, read;
	uint64_t *words = (uint64_t *)&wrote, seed = 1;

	for (int round = 0; round < 50; round++) {
		for (uint64_t i = 0; i < sizeof(wrote) / 8; i++)
			words[i] = random_next(&seed);
		wrote.rip &= 0x7fffffffefff;
		wrote.rsp &= 0x7fffffffffff;
		wrote.fs_base &= 0x7fffffffffff;
		wrote.gs_base &= 0x7fffffffffff;
		wrote.rflags = 0x202 | (wrote.rflags & 0xcd5); /* IF and the arithmetic flags with DF */
		CHECK_OK(thread_write_registers(thread, &wrote));
		CHECK_OK(thread_read_registers(thread, &read));
		for (uint64_t i = 0; i < sizeof(wrote) / 8; i++)
			CHECK_EQUAL(words[i], ((uint64_t *)&read)[i]);
	}
}

/* A job whose thread may give at most priority 20. */
static void priorities_are_controlled(void)
{
	handle_t other = object_make(OBJECT_THREAD, 0);
	static const uint64_t impossible[] = {PRIORITY_LEVELS, PRIORITY_LEVELS + 1, 255, 256, UINT64_MAX};
	struct job job;

	for (int i = 0; i < 5; i++) {
		CHECK_REFUSED(ERR_ARGUMENT, thread_set_priority(other, impossible[i], 0));
		CHECK_REFUSED(ERR_ARGUMENT, thread_set_priority(other, 0, impossible[i]));
	}
	CHECK_OK(thread_set_priority(other, INIT_PRIORITY, INIT_PRIORITY));
	CHECK_OK(job_create(&job, &own_space, 20));
	for (uint64_t level = 19; level <= 22; level++) {
		struct kernel_call call = {.word = call_word(CALL_SEND | CALL_CALL, 2, 0, THREAD_SET_PRIORITY), .target = other};

		call.data[0] = level;
		call.data[1] = 5;
		job.cell->call = call;
		CHECK_OK(job_start(&job));
		CHECK_JOB(level <= 20 ? OK : ERR_PRIORITY, &job);
		call.data[0] = 5;
		call.data[1] = level;
		job.cell->call = call;
		CHECK_OK(job_start(&job));
		CHECK_JOB(level <= 20 ? OK : ERR_PRIORITY, &job);
	}
}

/* The call that the thread of the next test makes over and over, and the last status that it got. */
static struct kernel_call attempt;
static volatile uint64_t attempts, status_got;

static void attempt_for_ever(uint64_t argument)
{
	(void)argument;
	for (;;) {
		struct kernel_call call = attempt;

		kernel_call(&call);
		status_got = answer_status(call.word);
		attempts++;
	}
}

/* Whatever a thread without a CNode calls, it has no capability. */
static void no_cnode_no_authority(void)
{
	uint64_t seed = 2, records, before;
	struct thread thread;

	CHECK_OK(thread_create(&thread, &own_space, attempt_for_ever, 0, TEST_PRIORITY));
	CHECK_OK(thread_unbind(thread.thread, THREAD_CNODE));
	records = records_committed();
	for (int round = 0; round < 60; round++) {
		attempt = (struct kernel_call){
			.word = call_word(CALL_SEND | CALL_CALL, random_next(&seed) % 9, 0, random_next(&seed) % 12),
			.target = random_next(&seed) % 64,
		};
		before = attempts;
		CHECK_OK(thread_resume(thread.thread));
		for (int i = 0; i < 1000 && attempts < before + 2; i++)
			pause_ns(MILLISECOND / 10);
		CHECK_OK(thread_suspend(thread.thread));
		CHECK(attempts >= before + 2);
		CHECK_EQUAL(ERR_NOCAP, status_got);
	}
	CHECK_EQUAL(records, records_committed());
}

static void losing_the_vspace_stops(void)
{
	struct thread thread;
	uint64_t before;

	counter = 0;
	CHECK_OK(thread_spawn(&thread, &own_space, count_for_ever, 0, TEST_PRIORITY));
	CHECK_EVENTUALLY(counter != 0);
	CHECK_OK(thread_unbind(thread.thread, THREAD_VSPACE));
	before = counter;
	pause_ns(3 * MILLISECOND);
	CHECK_EQUAL(before, counter);
	CHECK_OK(thread_suspend(thread.thread));
	CHECK_OK(thread_resume(thread.thread));
	pause_ns(3 * MILLISECOND);
	CHECK_EQUAL(before, counter);
	CHECK_OK(thread_bind(thread.thread, THREAD_VSPACE, INIT_SLOT_VSPACE));
	CHECK_EVENTUALLY(counter > before);
}

static void deleting_the_vspace_stops(void)
{
	struct space space;
	struct thread thread;
	struct thread_status first, second;

	CHECK_OK(space_create(&space, 8, 16));
	CHECK_OK(thread_spawn(&thread, &space, count_for_ever, 0, TEST_PRIORITY));
	CHECK_EVENTUALLY(thread_inform(thread.thread, &first) == OK && first.cpu_time > 0);
	CHECK_OK(cnode_delete(ROOT, space.vspace));
	CHECK_OK(thread_inform(thread.thread, &first));
	pause_ns(3 * MILLISECOND);
	CHECK_OK(thread_inform(thread.thread, &second));
	CHECK_EQUAL(first.cpu_time, second.cpu_time);
}

static void deleted_while_it_runs(void)
{
	struct thread thread[6];
	uint64_t before;

	for (int i = 0; i < 6; i++)
		CHECK_OK(thread_spawn(&thread[i], &own_space, count_for_ever, 0, TEST_PRIORITY));
	pause_ns(12 * MILLISECOND);
	for (int i = 0; i < 6; i++)
		CHECK_OK(cnode_delete(ROOT, thread[i].thread));
	before = counter;
	pause_ns(3 * MILLISECOND);
	CHECK_EQUAL(before, counter);
}

/* A thread deletes its own Thread: it never comes back from the call, and the system goes on. */
static void deletes_itself(void)
{
	struct job job;

	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	job.cell->call = (struct kernel_call){.word = call_word(CALL_SEND | CALL_CALL, 1, 0, CNODE_DELETE), .target = ROOT};
	job.cell->call.data[0] = job.thread.thread;
	CHECK_OK(job_start(&job));
	for (int i = 0; i < 1000 && thread_inform(job.thread.thread, &(struct thread_status){0}) == OK; i++)
		pause_ns(MILLISECOND);
	CHECK_EQUAL(0, job.cell->done);
	CHECK_ERROR(ERR_NOCAP, thread_inform(job.thread.thread, &(struct thread_status){0}));
}

static void faults_without_a_handler(void)
{
	struct thread thread;
	struct thread_status status;

	CHECK_OK(thread_spawn(&thread, &own_space, (void (*)(uint64_t))0x123456789000, 0, TEST_PRIORITY));
	CHECK(thread_await(thread.thread, THREAD_FAULTED));
	CHECK_OK(thread_inform(thread.thread, &status));
	CHECK_EQUAL(0x123456789000, status.fault_address);
	CHECK_OK(thread_resume(thread.thread));
	CHECK(thread_await(thread.thread, THREAD_FAULTED));
}

static const struct test tests[] = {
	{"thread-runs", "a thread runs its function when it is resumed, not before", runs_a_function},
	{"thread-space", "a thread in another address space shares the text and not the data", runs_in_another_space},
	{"thread-states", "each state is told", tells_states},
	{"thread-suspend", "a running thread is suspended, its registers are read then and only then, and it goes on", suspends_a_running_thread},
	{"thread-cpu-time", "CPU time is counted for the thread that runs", cpu_time_is_counted},
	{"thread-bind", "each of a Thread's slots takes one type with certain rights, once", binding_is_checked},
	{"thread-registers", "written registers are read back", registers_round_trip},
	{"thread-priority", "nobody gives a priority above its own maximum", priorities_are_controlled},
	{"thread-no-cnode", "a thread without CNode gets ERR_NOCAP, whatever the arguments", no_cnode_no_authority},
	{"thread-no-vspace", "a thread without VSpace stands still until it has one", losing_the_vspace_stops},
	{"thread-vspace-deleted", "threads of a deleted VSpace stand still", deleting_the_vspace_stops},
	{"thread-delete-running", "running and ready threads can be deleted", deleted_while_it_runs},
	{"thread-delete-self", "a thread can delete itself", deletes_itself},
	{"thread-fault", "a fault without a handler stops the thread, resuming tries again", faults_without_a_handler},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
