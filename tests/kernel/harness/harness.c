/* SPDX-License-Identifier: MIT */
/*
 * The test harness (tests/kernel/harness/harness.h). Permanent things (drainer, sleeper Notification, more table memory for init's own space) are made once from the largest Untyped and
 * have slots below TEST_SLOTS_FIRST; what a test makes lies above and comes from one child Untyped, which is reclaimed after each test.
 */
#include "tests/kernel/harness/harness.h"

#include "lib/package.h"
#include "lib/string.h"

#define PERMANENT_SLOTS_FIRST 128
#define PERMANENT_SLOTS 64
#define TEST_SLOTS_FIRST 192
#define TEST_SLOTS 832
#define OWN_TABLE_PAGES 64
#define DRAIN_BIT 1

const volatile struct commit_ring *log_ring;

static const struct test *running;
static bool failed;
static handle_t test_memory, sleeper, drain_signal;
static struct thread drainer;

const char *error_name(enum error error)
{
	switch (error) {
#define ERROR(name, number, sentence) \
	case name:                    \
		return #name;
#include "abi/errors.def"
	}
	return "an error that the interface does not have";
}

static void failure_note(const char *file, unsigned line)
{
	failed = true;
	print("# %s: %s:%u: ", running ? running->id : "harness", file, (uint64_t)line);
}

void check_failed(const char *file, unsigned line, const char *what)
{
	failure_note(file, line);
	print("false: %s\n", what);
}

void check_error_failed(const char *file, unsigned line, const char *what, enum error expected, enum error got)
{
	failure_note(file, line);
	print("%s gave %s (%u) instead of %s\n", what, error_name(got), (uint64_t)got, error_name(expected));
}

void check_value_failed(const char *file, unsigned line, const char *what, uint64_t expected, uint64_t got)
{
	failure_note(file, line);
	print("%s is %u (0x%x) instead of %u (0x%x)\n", what, got, got, expected, expected);
}

handle_t object_made(const char *file, unsigned line, enum object_type type, uint64_t size)
{
	handle_t object = 0;
	enum error error = object_create(type, size, &object);

	if (error != OK)
		check_error_failed(file, line, "making an object", OK, error);
	return object;
}

bool test_has_failed(void)
{
	return failed;
}

uint64_t records_committed(void)
{
	return log_ring->head;
}

uint64_t notification_wait(handle_t notification)
{
	struct kernel_call call = {
		.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0),
		.source = notification,
		.deadline = clock_now() + PATIENCE,
	};

	return kernel_call(&call) == OK ? call.data[0] : 0;
}

void pause_ns(uint64_t ns)
{
	struct kernel_call call = {
		.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0),
		.source = sleeper,
		.deadline = clock_now() + ns,
	};

	kernel_call(&call); /* the time-out is the purpose */
}

bool thread_await(handle_t thread, enum thread_state state)
{
	uint64_t end = clock_now() + PATIENCE;
	struct thread_status status;

	do {
		if (thread_inform(thread, &status) != OK)
			return false;
		if (status.state == state)
			return true;
		pause_ns(MILLISECOND / 10);
	} while (clock_now() < end);
	return false;
}

bool thread_await_end(handle_t thread)
{
	uint64_t end = clock_now() + PATIENCE;
	struct thread_status status;

	do {
		if (thread_inform(thread, &status) != OK)
			return false;
		if (status.suspended)
			return true;
		pause_ns(MILLISECOND / 10);
	} while (clock_now() < end);
	return false;
}

/* The cell of a job lies behind the thread block in its page. */
#define JOB_CELL_OFFSET 1024

static struct job_cell *job_cell(struct thread_block *block)
{
	return (struct job_cell *)((char *)block + JOB_CELL_OFFSET);
}

static void job_main(uint64_t argument)
{
	struct job_cell *cell = job_cell(thread_self());

	(void)argument;
	for (;;) {
		kernel_call(&cell->call);
		__atomic_store_n(&cell->done, cell->done + 1, __ATOMIC_RELEASE);
		(void)!thread_suspend(thread_self()->thread); /* a thread that cannot stop repeats its call, and the test notices */
	}
}

enum error job_create(struct job *job, struct space *space, uint64_t priority)
{
	enum error error = thread_create(&job->thread, space, job_main, 0, priority);

	if (error == OK)
		job->cell = job_cell(job->thread.block);
	return error;
}

enum error job_start(struct job *job)
{
	job->cell->done = 0;
	return thread_resume(job->thread.thread);
}

bool job_finish(struct job *job)
{
	uint64_t end = clock_now() + PATIENCE;
	struct thread_status status = {0};

	while (clock_now() < end) {
		if (thread_inform(job->thread.thread, &status) != OK)
			return false;
		if (status.suspended && __atomic_load_n(&job->cell->done, __ATOMIC_ACQUIRE))
			return true;
		pause_ns(MILLISECOND / 10);
	}
	return false;
}

enum error job_launch(struct job *job, struct space *space, const struct kernel_call *call)
{
	enum error error = job_create(job, space, TEST_PRIORITY);

	if (error == OK) {
		job->cell->call = *call;
		error = job_start(job);
	}
	return error;
}

void check_job(const char *file, unsigned line, struct job *job, enum error expected)
{
	struct thread_status status = {0};

	if (!job_finish(job)) {
		(void)(thread_inform(job->thread.thread, &status) == OK);
		failure_note(file, line);
		print("the thread does not finish its call: state %u, suspended %u, fault address %p\n", (uint64_t)status.state,
		      (uint64_t)status.suspended, status.fault_address);
	} else if (job_status(job) != expected) {
		check_error_failed(file, line, "the call of a thread", expected, job_status(job));
	}
}

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* The drainer: frees the whole ring whenever it is signalled that the ring has filled. */
static void drainer_main(uint64_t argument)
{
	(void)argument;
	for (;;) {
		struct kernel_call call = {.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = drain_signal};

		if (kernel_call(&call) != OK || log_advance(INIT_SLOT_LOG_CONTROL, records_committed()) != OK)
			thread_exit();
	}
}

/* The ring's header, for whoever wants to know how many records there are. */
static enum error ring_map(void)
{
	vaddr_t address = 0;
	handle_t mapping;
	enum error error = space_map(&own_space, INIT_SLOT_RING, 1, MAP_READ, &address, &mapping);

	log_ring = (const volatile struct commit_ring *)address;
	return error;
}

static enum error ring_drain(void)
{
	return log_advance(INIT_SLOT_LOG_CONTROL, records_committed());
}

void drainer_stop(void)
{
	enum error error = log_unbind(INIT_SLOT_LOG_CONTROL);

	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "log_unbind", OK, error);
}

void drainer_start(void)
{
	enum error error = ring_drain();

	if (error == OK)
		error = log_bind(INIT_SLOT_LOG_CONTROL, drain_signal);
	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "log_bind", OK, error);
}

/* Makes what outlives the tests. */
static enum error harness_prepare(void)
{
	handle_t tables;
	enum error error;

	slots_use(PERMANENT_SLOTS_FIRST, PERMANENT_SLOTS);
	memory_use(memory_largest(boot_information));
	tables = slot_allocate();
	error = ring_map();
	if (error == OK)
		error = ring_drain();
	if (error == OK)
		error = vspace_donate(INIT_SLOT_VSPACE, memory_untyped(), INIT_SLOT_CNODE, tables, OWN_TABLE_PAGES);
	if (error == OK)
		error = object_create(OBJECT_NOTIFICATION, 0, &sleeper);
	if (error == OK)
		error = object_create(OBJECT_NOTIFICATION, 0, &drain_signal);
	if (error == OK)
		error = thread_spawn(&drainer, &own_space, drainer_main, 0, INIT_PRIORITY);
	if (error == OK)
		error = object_create(OBJECT_UNTYPED, TEST_MEMORY, &test_memory);
	if (error == OK && !package_header())
		error = ERR_NOMEM;
	return error;
}

/* Every signal needs a badge: drain_signal is bound as a badged copy. */
static enum error drainer_badge(void)
{
	handle_t badged = slot_allocate();
	enum error error = cnode_mint(INIT_SLOT_CNODE, badged, INIT_SLOT_CNODE, drain_signal, RIGHTS_ALL, DRAIN_BIT);

	drain_signal = badged;
	return error;
}

/* Leaves no trace of a test: its memory first (most slots empty with it), then what it copied from elsewhere. */
static void ground_restore(void)
{
	enum error error = untyped_reclaim(test_memory);

	for (handle_t slot = slot_used_next(TEST_SLOTS_FIRST); error == OK && slot; slot = slot_used_next(slot + 1))
		error = cnode_delete(INIT_SLOT_CNODE, slot);
	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "cleaning up", OK, error);
	slots_use(TEST_SLOTS_FIRST, TEST_SLOTS);
}

static bool test_run(const struct test *test)
{
	running = test;
	failed = false;
	test->run();
	memory_use(test_memory);
	ground_restore();
	print("%sok %s %s\n", failed ? "not " : "", test->id, test->sentence);
	return !failed;
}

const char *option_find(const char *name)
{
	const char *line = boot_information->command_line;
	size_t length = strlen(name);

	for (; *line; line++)
		if (strlen(line) >= length && memcmp(line, name, length) == 0)
			return line + length;
	return NULL;
}

bool time_is_exact(void)
{
	return option_find("exact") != NULL;
}

/* Whether the test's id begins with the filter (up to a blank). */
static bool test_is_wanted(const struct test *test, const char *filter)
{
	for (size_t i = 0; filter && filter[i] && filter[i] != ' '; i++)
		if (test->id[i] != filter[i])
			return false;
	return true;
}

static uint64_t tests_wanted(const struct test *tests, uint64_t count, const char *filter)
{
	uint64_t wanted = 0;

	for (uint64_t i = 0; i < count; i++)
		wanted += test_is_wanted(&tests[i], filter);
	return wanted;
}

int harness_run(const struct test *tests, uint64_t count)
{
	const char *filter = option_find("test=");
	uint64_t passed = 0, wanted = tests_wanted(tests, count, filter);
	enum error error = harness_prepare();

	if (error == OK)
		error = drainer_badge();
	if (error != OK) {
		check_error_failed(__FILE__, __LINE__, "preparing the tests", OK, error);
		return 1;
	}
	drainer_start();
	slots_use(TEST_SLOTS_FIRST, TEST_SLOTS);
	memory_use(test_memory);
	print("1..%u\n", wanted);
	for (uint64_t i = 0; i < count; i++)
		if (test_is_wanted(&tests[i], filter))
			passed += test_run(&tests[i]);
	return passed == wanted ? 0 : 1;
}
