/* SPDX-License-Identifier: MIT */
/*
 * Foreign threads: their system calls and faults arrive as messages at their personality endpoint, carry what they should, and are answered in each way that there is;
 * nothing that such a thread executes reaches the kernel. Native threads' faults go to their fault endpoint in the same way.
 */
#include "tests/kernel/harness/harness.h"
#include "tests/kernel/harness/registers.h"

#define ROOT INIT_SLOT_CNODE
#define BADGE 0x5e71f
#define FAULT_BADGE 0xfa17
#define VECTOR_BREAKPOINT 3
#define VECTOR_INVALID_OPCODE 6
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE 14

/* A thread in this space and where its messages arrive. */
struct subject {
	struct thread thread;
	handle_t endpoint, reply;
	struct kernel_call message; /* the last one received */
};

/* A thread that will run `entry`, foreign or with a fault endpoint. */
static void subject_create(struct subject *subject, void (*entry)(uint64_t), bool foreign)
{
	handle_t badged = slot_allocate();

	subject->endpoint = object_make(OBJECT_ENDPOINT, 0);
	subject->reply = object_make(OBJECT_REPLY, 0);
	CHECK_STILL();
	CHECK_OK(thread_create(&subject->thread, &own_space, entry, 0, TEST_PRIORITY));
	CHECK_OK(cnode_mint(ROOT, badged, ROOT, subject->endpoint, RIGHT_WRITE, foreign ? BADGE : FAULT_BADGE));
	CHECK_OK(thread_bind(subject->thread.thread, foreign ? THREAD_PERSONALITY : THREAD_FAULT, badged));
	CHECK_OK(thread_resume(subject->thread.thread));
}

/* Answers the message before, when there was one, with `label` and a result, and waits for the next. */
static enum error subject_next(struct subject *subject, bool answer, uint64_t label, uint64_t value)
{
	struct kernel_call call = {
		.word = call_word((answer ? CALL_REPLY : 0) | CALL_RECEIVE | CALL_DEADLINE, 1, 0, label),
		.source = subject->endpoint,
		.reply = subject->reply,
		.deadline = clock_now() + PATIENCE,
	};

	call.data[0] = value;
	kernel_call(&call);
	subject->message = call;
	return answer_status(call.word);
}

/* Such a thread with its first message. */
static void subject_begin(struct subject *subject, void (*entry)(uint64_t), bool foreign)
{
	subject_create(subject, entry, foreign);
	CHECK_STILL();
	CHECK_OK(subject_next(subject, false, 0, 0));
}

/* Answers and expects nothing more for a while. */
static enum error subject_answer(struct subject *subject, uint64_t label, uint64_t value)
{
	struct kernel_call call = {.word = call_word(CALL_REPLY, 1, 0, label), .reply = subject->reply};

	call.data[0] = value;
	return kernel_call(&call);
}

static void run_syscalls(uint64_t argument)
{
	(void)argument;
	for (;;)
		registers_syscall();
}

static void registers_fill(uint64_t seed)
{
	uint64_t *words = (uint64_t *)&registers_in;

	for (uint64_t i = 0; i < 16; i++)
		words[i] = random_next(&seed);
	registers_in.rflags = 0x2 | (random_next(&seed) & 0xcd5 & ~0x100ull); /* CF PF AF ZF SF DF OF */
}

static void calls_become_messages(void)
{
	struct subject subject;

	registers_fill(1);
	subject_begin(&subject, run_syscalls, true);
	CHECK_STILL();
	for (uint64_t round = 0; round < 100; round++) {
		const uint64_t *data = subject.message.data;

		CHECK_EQUAL(MESSAGE_SYSCALL, answer_kind(subject.message.word));
		CHECK_EQUAL(7, answer_words(subject.message.word));
		CHECK_EQUAL(BADGE, subject.message.target);
		CHECK(data[0] == registers_in.rax && data[1] == registers_in.rdi && data[2] == registers_in.rsi && data[3] == registers_in.rdx);
		CHECK(data[4] == registers_in.r10 && data[5] == registers_in.r8 && data[6] == registers_in.r9);
		registers_fill(round);
		CHECK_OK(subject_next(&subject, true, RESUME_RESULT, ~round));
		CHECK_EQUAL(~round, registers_out.rax);
	}
}

/* What a Linux program may rely on: all but rax, rcx and r11 is as before. */
static void calls_keep_registers(void)
{
	struct subject subject;

	registers_fill(77);
	subject_begin(&subject, run_syscalls, true);
	CHECK_STILL();
	for (uint64_t round = 0; round < 200; round++) {
		struct thread_registers in = registers_in;

		registers_fill(round * 3 + 1);
		CHECK_OK(subject_next(&subject, true, RESUME_RESULT, 5));
		in.rax = 5;
		in.rcx = registers_out.rcx;
		in.r11 = registers_out.r11;
		for (uint64_t i = 0; i < 16; i++)
			CHECK_EQUAL(((uint64_t *)&in)[i], ((uint64_t *)&registers_out)[i]);
		CHECK_EQUAL(in.rflags | 0x200, registers_out.rflags);
	}
}

/* No number, label or capability makes a foreign `syscall` a kernel call. */
static void calls_never_reach_the_kernel(void)
{
	struct subject subject;
	uint64_t records;

	registers_fill(5);
	subject_create(&subject, run_syscalls, true);
	CHECK_STILL();
	records = records_committed();
	CHECK_OK(subject_next(&subject, false, 0, 0));
	for (uint64_t handle = 0; handle < 64; handle++)
		for (uint64_t method = 0; method < 4; method++) {
			registers_in.rax = call_word(CALL_SEND | CALL_CALL, 4, 0, method);
			registers_in.rdi = handle;
			CHECK_OK(subject_next(&subject, true, RESUME_RESULT, 1));
			CHECK_EQUAL(MESSAGE_SYSCALL, answer_kind(subject.message.word));
		}
	CHECK_EQUAL(records, records_committed());
}

static void answer_with_registers(void)
{
	struct subject subject;
	struct thread_registers registers;

	registers_fill(9);
	subject_begin(&subject, run_syscalls, true);
	CHECK_STILL();
	CHECK_OK(thread_suspend(subject.thread.thread));
	CHECK_OK(thread_read_registers(subject.thread.thread, &registers));
	CHECK_OK(thread_resume(subject.thread.thread));
	CHECK_EQUAL(registers_in.rbp, registers.rbp);
	CHECK_EQUAL(registers_in.r15, registers.r15);
	CHECK_EQUAL(registers_in.rsp, registers.rsp);
	for (uint64_t i = 0; i < 16; i++)
		((uint64_t *)&registers)[i] = 0xa000 + i;
	*(struct thread_registers *)thread_self()->page = registers;
	CHECK_OK(subject_next(&subject, true, RESUME_REGISTERS, 0));
	for (uint64_t i = 0; i < 16; i++)
		CHECK_EQUAL(0xa000 + i, ((uint64_t *)&registers_out)[i]);
}

/* A hostile register set does not get through: the thread stays where it was. */
static void answer_with_bad_registers(void)
{
	static const struct {
		size_t offset;
		uint64_t value;
	} hostile[] = {
		{offsetof(struct thread_registers, rip), 0xffffffff80100000},
		{offsetof(struct thread_registers, rip), 0x0000800000000000},
		{offsetof(struct thread_registers, rip), 0xdead000000000000},
		{offsetof(struct thread_registers, fs_base), 0x0001000000000000},
		{offsetof(struct thread_registers, gs_base), 0xffff800000000000},
		{offsetof(struct thread_registers, gs_base), UINT64_MAX},
	};

	for (uint64_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct subject subject;
		struct thread_registers registers;

		registers_fill(i);
		subject_begin(&subject, run_syscalls, true);
		CHECK_STILL();
		CHECK_OK(thread_suspend(subject.thread.thread));
		CHECK_OK(thread_read_registers(subject.thread.thread, &registers));
		CHECK_OK(thread_resume(subject.thread.thread));
		memcpy((char *)&registers + hostile[i].offset, &hostile[i].value, 8);
		*(struct thread_registers *)thread_self()->page = registers;
		CHECK_OK(subject_answer(&subject, RESUME_REGISTERS, 0));
		CHECK(thread_await(subject.thread.thread, THREAD_FAULTED));
		/* Resumed, it makes the same call again. */
		CHECK_OK(thread_resume(subject.thread.thread));
		CHECK_OK(subject_next(&subject, false, 0, 0));
		CHECK_EQUAL(registers_in.rax, subject.message.data[0]);
		CHECK_OK(cnode_delete(ROOT, subject.thread.thread));
	}
}

/* Registers written to a held thread are its answer: it goes on with them, and the Reply is free. Refused ones leave it held. A suspended one waits for its resumption. */
static void registers_written_while_held(void)
{
	struct subject subject;
	struct thread_registers registers;

	registers_fill(17);
	subject_begin(&subject, run_syscalls, true);
	CHECK_STILL();
	CHECK_OK(thread_read_registers(subject.thread.thread, &registers));
	CHECK_EQUAL(registers_in.rbp, registers.rbp);
	registers.rip += USER_TOP;
	CHECK_REFUSED(ERR_ARGUMENT, thread_write_registers(subject.thread.thread, &registers));
	registers.rip -= USER_TOP;
	for (uint64_t suspended = 0; suspended < 2; suspended++) {
		for (uint64_t i = 0; i < 16; i++)
			((uint64_t *)&registers)[i] = 0xb000 + suspended * 0x100 + i;
		if (suspended)
			CHECK_OK(thread_suspend(subject.thread.thread));
		CHECK_OK(thread_write_registers(subject.thread.thread, &registers));
		if (suspended) {
			CHECK_EQUAL(ERR_TIMEOUT, subject_next(&subject, false, 0, 0));
			CHECK_OK(thread_resume(subject.thread.thread));
		}
		CHECK_OK(subject_next(&subject, false, 0, 0));
		for (uint64_t i = 0; i < 16; i++)
			CHECK_EQUAL(0xb000 + suspended * 0x100 + i, ((uint64_t *)&registers_out)[i]);
	}
}

static void answer_with_suspend(void)
{
	struct subject subject;
	struct thread_registers registers;

	registers_fill(13);
	subject_begin(&subject, run_syscalls, true);
	CHECK_STILL();
	CHECK_OK(subject_answer(&subject, RESUME_SUSPEND, 0));
	CHECK(thread_await(subject.thread.thread, THREAD_FAULTED));
	CHECK_OK(thread_suspend(subject.thread.thread));
	CHECK_OK(thread_read_registers(subject.thread.thread, &registers));
	CHECK_EQUAL(registers_in.rax, registers.rax);
	CHECK_EQUAL(0x050f, *(const uint16_t *)registers.rip);
	CHECK_OK(thread_resume(subject.thread.thread));
	CHECK_OK(subject_next(&subject, false, 0, 0));
	CHECK_EQUAL(registers_in.rax, subject.message.data[0]);
}

/* The server's Reply goes while it holds the caller: the call can be made again to the next server. */
static void server_dies(void)
{
	struct subject subject;

	registers_fill(21);
	subject_begin(&subject, run_syscalls, true);
	CHECK_STILL();
	CHECK_OK(cnode_delete(ROOT, subject.reply));
	CHECK(thread_await(subject.thread.thread, THREAD_FAULTED));
	subject.reply = object_make(OBJECT_REPLY, 0);
	CHECK_OK(thread_resume(subject.thread.thread));
	CHECK_OK(subject_next(&subject, false, 0, 0));
	CHECK_EQUAL(registers_in.rax, subject.message.data[0]);
	/* And the endpoint: nobody takes its calls any more. */
	CHECK_OK(subject_answer(&subject, RESUME_RESULT, 0));
	CHECK(thread_await(subject.thread.thread, THREAD_SENDING));
	CHECK_OK(cnode_delete(ROOT, subject.endpoint));
	CHECK(thread_await(subject.thread.thread, THREAD_FAULTED));
	CHECK_OK(thread_resume(subject.thread.thread));
	CHECK(thread_await(subject.thread.thread, THREAD_FAULTED));
}

/* Once foreign, always foreign: without a personality endpoint its calls stop it. */
static void foreign_for_ever(void)
{
	struct subject subject;

	registers_fill(23);
	subject_begin(&subject, run_syscalls, true);
	CHECK_STILL();
	CHECK_OK(thread_unbind(subject.thread.thread, THREAD_PERSONALITY));
	CHECK_OK(subject_answer(&subject, RESUME_RESULT, 0));
	CHECK(thread_await(subject.thread.thread, THREAD_FAULTED));
}

/* A receiver without a Reply takes no foreign call: it waits for one with. */
static void receiver_without_reply(void)
{
	struct kernel_call call = {.word = call_word(CALL_RECEIVE, 0, 0, 0)};
	struct subject subject;

	registers_fill(25);
	subject_create(&subject, run_syscalls, true);
	CHECK_STILL();
	CHECK(thread_await(subject.thread.thread, THREAD_SENDING));
	call.source = subject.endpoint;
	CHECK_ERROR(ERR_NOCAP, kernel_call(&call));
	CHECK(thread_await(subject.thread.thread, THREAD_SENDING));
	CHECK_OK(subject_next(&subject, false, 0, 0));
	CHECK(thread_await(subject.thread.thread, THREAD_REPLY));
}

static void run_fault(uint64_t argument)
{
	(void)argument;
	registers_fault();
}

/* A page fault is answered by mapping the page: the instruction is executed again and nothing else changed. */
static void faults_are_repaired(void)
{
	for (int foreign = 0; foreign < 2; foreign++) {
		struct subject subject;
		handle_t region, mapping;
		vaddr_t address = REGISTERS_FAULT_ADDRESS;

		registers_fill(31 + (uint64_t)foreign);
		memset(&registers_out, 0, sizeof(registers_out));
		subject_begin(&subject, run_fault, foreign);
		CHECK_STILL();
		CHECK_EQUAL(MESSAGE_FAULT, answer_kind(subject.message.word));
		CHECK_EQUAL(6, answer_words(subject.message.word));
		CHECK_EQUAL(foreign ? BADGE : FAULT_BADGE, subject.message.target);
		CHECK_EQUAL(VECTOR_PAGE, subject.message.data[0]);
		CHECK_EQUAL(REGISTERS_FAULT_ADDRESS, subject.message.data[1]);
		CHECK_EQUAL(0x6, subject.message.data[2]); /* user, write, not present */
		CHECK_EQUAL(registers_in.rsp, subject.message.data[4]);
		CHECK_EQUAL(registers_in.rflags | 0x200, subject.message.data[5] & ~0x10000ull);
		CHECK_OK(region_allocate(1, &region));
		CHECK_OK(space_map(&own_space, region, 1, MAP_READ | MAP_WRITE, &address, &mapping));
		CHECK_OK(subject_answer(&subject, RESUME_RESULT, 12345));
		CHECK_EVENTUALLY(__atomic_load_n(&registers_out.rflags, __ATOMIC_ACQUIRE) != 0);
		for (uint64_t i = 0; i < 16; i++)
			CHECK_EQUAL(((uint64_t *)&registers_in)[i], ((uint64_t *)&registers_out)[i]);
		CHECK_EQUAL(registers_in.rflags | 0x200, registers_out.rflags);
		CHECK_EQUAL(1, *(volatile uint8_t *)REGISTERS_FAULT_ADDRESS);
		CHECK_OK(cnode_delete(ROOT, subject.thread.thread));
		CHECK_OK(cnode_delete(ROOT, region));
	}
}

/* A fault of a thread that has both endpoints goes to the fault endpoint. */
static void fault_endpoint_comes_first(void)
{
	struct subject subject;
	handle_t other = object_make(OBJECT_ENDPOINT, 0), badged = slot_allocate();

	CHECK_OK(cnode_mint(ROOT, badged, ROOT, other, RIGHT_WRITE, FAULT_BADGE));
	subject.endpoint = object_make(OBJECT_ENDPOINT, 0);
	CHECK_OK(thread_create(&subject.thread, &own_space, run_fault, 0, TEST_PRIORITY));
	CHECK_OK(thread_bind(subject.thread.thread, THREAD_PERSONALITY, subject.endpoint));
	CHECK_OK(thread_bind(subject.thread.thread, THREAD_FAULT, badged));
	CHECK_OK(thread_resume(subject.thread.thread));
	subject.endpoint = other;
	subject.reply = object_make(OBJECT_REPLY, 0);
	CHECK_OK(subject_next(&subject, false, 0, 0));
	CHECK_EQUAL(FAULT_BADGE, subject.message.target);
}

static void run_breakpoint(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("int3");
}

static void run_invalid(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("ud2");
}

static void run_division(uint64_t argument)
{
	__asm__ volatile("xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tdiv %%ecx" : : "a"(argument) : "rcx", "rdx");
}

static void run_privileged(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("cli");
}

static void run_port(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("outb %%al, $0xf4" : : "a"(0));
}

static void run_interrupt(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("int $0x80");
}

static void run_timer_vector(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("int $0xfe");
}

static void run_noncanonical(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("movb $1, (%0)" : : "r"(0xdead000000000000));
}

static void run_kernel_read(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("movb (%0), %%al" : : "r"(0xffffffff80100000) : "rax");
}

static void run_sysenter(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("sysenter");
}

static void run_halt(uint64_t argument)
{
	(void)argument;
	__asm__ volatile("hlt");
}

static const struct {
	void (*run)(uint64_t);
	uint64_t vector;
	uint64_t address;
	int64_t error; /* -1: not compared */
} faults[] = {
	{run_breakpoint, VECTOR_BREAKPOINT, 0, 0},
	{run_invalid, VECTOR_INVALID_OPCODE, 0, 0},
	{run_division, 0, 0, 0},
	{run_privileged, VECTOR_PROTECTION, 0, 0},
	{run_port, VECTOR_PROTECTION, 0, 0},
	{run_interrupt, VECTOR_PROTECTION, 0, -1}, /* QEMU shifts the vector too far */
	{run_timer_vector, VECTOR_PROTECTION, 0, -1},
	{run_noncanonical, VECTOR_PROTECTION, 0, 0},
	{run_kernel_read, VECTOR_PAGE, 0xffffffff80100000, -1},
	{run_sysenter, VECTOR_PROTECTION, 0, -1},
	{run_halt, VECTOR_PROTECTION, 0, 0},
};

static void every_kind_of_fault(void)
{
	for (uint64_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct subject subject;

		subject_begin(&subject, faults[i].run, i % 2);
		CHECK_STILL();
		CHECK_EQUAL(MESSAGE_FAULT, answer_kind(subject.message.word));
		if (faults[i].run != run_sysenter) /* processors differ in what this raises */
			CHECK_EQUAL(faults[i].vector, subject.message.data[0]);
		CHECK_EQUAL(faults[i].address, subject.message.data[1]);
		if (faults[i].error >= 0)
			CHECK_EQUAL(faults[i].error, subject.message.data[2]);
		CHECK_OK(subject_answer(&subject, RESUME_SUSPEND, 0));
		CHECK(thread_await(subject.thread.thread, THREAD_FAULTED));
		CHECK_OK(cnode_delete(ROOT, subject.thread.thread));
	}
}

/* A fault is skipped by an answer that moves RIP. */
static void fault_is_skipped(void)
{
	struct subject subject;
	struct thread_registers registers;

	subject_begin(&subject, run_invalid, true);
	CHECK_STILL();
	CHECK_OK(thread_suspend(subject.thread.thread));
	CHECK_OK(thread_read_registers(subject.thread.thread, &registers));
	CHECK_OK(thread_resume(subject.thread.thread));
	CHECK_EQUAL(subject.message.data[3], registers.rip);
	registers.rip += 2;
	*(struct thread_registers *)thread_self()->page = registers;
	/* It returns, and suspends itself: that is a foreign call now. */
	CHECK_OK(subject_next(&subject, true, RESUME_REGISTERS, 0));
	CHECK_EQUAL(MESSAGE_SYSCALL, answer_kind(subject.message.word));
	CHECK_EQUAL(call_word(CALL_SEND | CALL_CALL, 0, 0, THREAD_SUSPEND), subject.message.data[0]);
}

static void run_syscalls_elsewhere(uint64_t argument)
{
	registers_in.rax = argument;
	for (;;) {
		registers_syscall();
		registers_in.rax = registers_out.rax + 1;
	}
}

/* Processes in their own address spaces, without any CNode, served by one server. */
static void many_processes(void)
{
	enum { PROCESSES = 6, CALLS = 40 };
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call = {.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0)};
	uint64_t expected[PROCESSES];

	for (uint64_t i = 0; i < PROCESSES; i++) {
		struct space space;
		struct thread thread;
		handle_t badged = slot_allocate();

		expected[i] = i * 1000;
		CHECK_OK(space_create(&space, 8, 16));
		CHECK_OK(thread_create(&thread, &space, run_syscalls_elsewhere, i * 1000, TEST_PRIORITY));
		CHECK_OK(thread_unbind(thread.thread, THREAD_CNODE));
		CHECK_OK(cnode_mint(ROOT, badged, ROOT, endpoint, RIGHT_WRITE, i + 1));
		CHECK_OK(thread_bind(thread.thread, THREAD_PERSONALITY, badged));
		CHECK_OK(thread_resume(thread.thread));
	}
	for (uint64_t i = 0; i < PROCESSES * CALLS; i++) {
		uint64_t *next;

		call.source = endpoint;
		call.reply = reply;
		call.deadline = clock_now() + PATIENCE;
		CHECK_OK(kernel_call(&call));
		CHECK(call.target >= 1 && call.target <= PROCESSES);
		next = &expected[call.target - 1];
		CHECK_EQUAL(*next, call.data[0]);
		call.data[0] += 10;
		*next += 11;
		call.word = call_word(CALL_REPLY | CALL_RECEIVE | CALL_DEADLINE, 1, 0, RESUME_RESULT);
	}
}

static const struct test tests[] = {
	{"foreign-message", "each foreign call is a message with number and six arguments, its answer is rax", calls_become_messages},
	{"foreign-registers", "a foreign call keeps every other register and the flags", calls_keep_registers},
	{"foreign-confined", "no foreign call reaches the kernel", calls_never_reach_the_kernel},
	{"foreign-answer-registers", "an answer can replace all registers", answer_with_registers},
	{"foreign-answer-hostile", "hostile registers in an answer stop the thread where it was", answer_with_bad_registers},
	{"foreign-held-registers", "registers written to a held thread are its answer", registers_written_while_held},
	{"foreign-answer-suspend", "an answer can leave the thread as before its instruction", answer_with_suspend},
	{"foreign-server-dies", "a call whose server dies can be made again", server_dies},
	{"foreign-for-ever", "a thread that was foreign stays foreign", foreign_for_ever},
	{"foreign-no-reply", "a receiver without Reply leaves foreign callers waiting", receiver_without_reply},
	{"foreign-page-fault", "a page fault is repaired by its handler and nothing else changes", faults_are_repaired},
	{"foreign-fault-first", "faults prefer the fault endpoint", fault_endpoint_comes_first},
	{"foreign-faults", "every kind of fault tells vector, address and error code", every_kind_of_fault},
	{"foreign-fault-skip", "a fault handler can move the thread on", fault_is_skipped},
	{"foreign-processes", "processes in six address spaces are served side by side", many_processes},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
