/* SPDX-License-Identifier: MIT */
/*
 * The thin line through everything: an unmodified static Linux program runs as a foreign Thread that has no CNode; each of its system calls arrives here as a message and is
 * answered, until it exits.
 */
#include "tests/kernel/harness/harness.h"
#include "lib/package.h"
#include "lib/string.h"
#include "linux.h"

#define CALLS_MAX 200

static struct process process;
static struct linux_state state;

/* Waits for the next message of the process. With CALL_REPLY in `phases` the one before is answered first. */
static enum error message_next(struct kernel_call *call, uint64_t phases, uint64_t label, uint64_t words)
{
	call->word = call_word(phases | CALL_RECEIVE | CALL_DEADLINE, words, 0, label);
	call->deadline = clock_now() + PATIENCE;
	return kernel_call(call);
}

/* A new FS base is set through all registers, which the answer then carries: they are read while the thread is held and stopped. */
static enum error registers_with_fs(int64_t result, uint64_t fs_base)
{
	struct thread_registers registers;
	enum error error = thread_read_registers(process.thread, &registers);

	registers.rax = (uint64_t)result;
	registers.fs_base = fs_base;
	*(struct thread_registers *)thread_self()->page = registers;
	return error;
}

/* Answers the system calls of the process until it exits. */
static void process_serve(handle_t endpoint, handle_t reply)
{
	struct kernel_call call = {.source = endpoint, .reply = reply};

	CHECK_OK(message_next(&call, 0, 0, 0));
	while (state.calls < CALLS_MAX) {
		uint64_t label = RESUME_RESULT;
		int64_t result;

		CHECK_EQUAL(MESSAGE_SYSCALL, answer_kind(call.word));
		CHECK_EQUAL(7, answer_words(call.word));
		state.fs_changed = false;
		result = linux_call(&state, call.data);
		if (state.exited)
			return;
		if (state.fs_changed) {
			CHECK_OK(registers_with_fs(result, state.fs_base));
			label = RESUME_REGISTERS;
		}
		call.data[0] = (uint64_t)result;
		CHECK_OK(message_next(&call, CALL_REPLY, label, 1));
	}
	CHECK(!"the process made too many system calls");
}

static void hello_run(const char *blob)
{
	static const char expected[] = "Hello from hello, argument count 1\n";
	uint64_t size;
	const void *file = package_blob(blob, &size);
	handle_t endpoint, badged = slot_allocate(), reply;

	CHECK(file != NULL);
	CHECK_OK(object_create(OBJECT_ENDPOINT, 0, &endpoint));
	CHECK_OK(object_create(OBJECT_REPLY, 0, &reply));
	CHECK_OK(cnode_mint(INIT_SLOT_CNODE, badged, INIT_SLOT_CNODE, endpoint, RIGHT_WRITE, 1));
	state = (struct linux_state){.process = &process};
	CHECK_OK(process_create(&process, file, size, "hello", badged));
	CHECK_OK(thread_resume(process.thread));
	process_serve(endpoint, reply);
	CHECK_STILL();
	CHECK_EQUAL(sizeof(expected) - 1, state.output_size);
	CHECK(memcmp(state.output, expected, sizeof(expected) - 1) == 0);
	CHECK_EQUAL(42, state.exit_status);
	print("# %s, exit status %u, %u system calls: %s", blob, (uint64_t)state.exit_status, state.calls,
	      state.output);
}

static void hello_musl(void)
{
	hello_run("hello.musl");
}

static void hello_glibc(void)
{
	hello_run("hello.glibc");
}

static const struct test tests[] = {
	{"hello-musl", "a static musl program prints its line and exits with its status", hello_musl},
	{"hello-glibc", "a static glibc program prints its line and exits with its status", hello_glibc},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
