/* SPDX-License-Identifier: MIT */
/*
 * Register fidelity: random general, FS, GS and FPU values survive system calls, faults, preemption and asynchronous suspension, with other threads that do the same at the same
 * time; and hostile values written by others are refused or made harmless.
 */
#include "tests/kernel/harness/harness.h"
#include "tests/kernel/harness/registers.h"

#define ROOT INIT_SLOT_CNODE
#define ROUNDS 40
#define LIMIT 0x7ffffffff000

/* FPU: control word with all exceptions masked and random rounding and precision; MXCSR alike. */
static void fpu_fill(uint64_t *seed)
{
	fpu_in.wide = fpu_has_avx();
	fpu_in.control = 0x037f ^ (random_next(seed) & 3) << 10;
	fpu_in.mxcsr = 0x1f80 ^ (random_next(seed) & 7) << 13;
	fpu_in.x87 = random_next(seed) >> 4;
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 4; k++)
			fpu_in.vector[i][k] = random_next(seed);
}

static bool fpu_kept(void)
{
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < (fpu_in.wide ? 4 : 2); k++)
			if (fpu_out.vector[i][k] != fpu_in.vector[i][k])
				return false;
	return (fpu_out.control & 0xffff) == fpu_in.control && (fpu_out.mxcsr & 0xffc0) == (fpu_in.mxcsr & 0xffc0) && fpu_out.x87 == fpu_in.x87;
}

static void registers_fill(uint64_t *seed)
{
	for (int i = 0; i < 16; i++)
		((uint64_t *)&registers_in)[i] = random_next(seed);
	registers_in.rflags = 0x202 | (random_next(seed) & 0xcd5 & ~0x100ull);
}

/* The register by which sets differ, apart from those in `except`: its index, or 16. */
static uint64_t registers_difference(uint64_t except)
{
	for (uint64_t i = 0; i < 16; i++)
		if (!(except >> i & 1) && ((uint64_t *)&registers_in)[i] != ((uint64_t *)&registers_out)[i])
			return i;
	return 16;
}

#define EXCEPT_SYSCALL (1ull << 0 | 1ull << 2 | 1ull << 11) /* rax, rcx, r11 */

/* A worker in a space of its own that checks itself and reports by a shared page: rounds done, rounds in which something was lost. */
struct report {
	volatile uint64_t rounds, lost, kind;
};
#define REPORT_ADDRESS 0x60000000

enum { KIND_SYSCALL, KIND_PREEMPTION, KIND_FPU_SYSCALL, KIND_FPU_PREEMPTION, KINDS };

static uint64_t segment_base(int gs)
{
	uint64_t base;

	if (gs)
		__asm__ volatile("mov %%gs:8, %0" : "=r"(base));
	else
		__asm__ volatile("mov %%fs:8, %0" : "=r"(base));
	return base;
}

/* Works long enough that the time slice ends now and then. */
static void dawdle(uint64_t *seed)
{
	for (uint64_t i = random_next(seed) & 0xffff; i; i--)
		__asm__ volatile("" : : : "memory");
}

static void worker(uint64_t seed)
{
	struct report *report = (struct report *)REPORT_ADDRESS;
	uint64_t fs_word = segment_base(0), gs_word = segment_base(1);

	for (;;) {
		bool kept = true;

		registers_fill(&seed);
		if (report->kind >= KIND_FPU_SYSCALL) {
			fpu_fill(&seed);
			fpu_load();
		}
		if (report->kind == KIND_SYSCALL || report->kind == KIND_FPU_SYSCALL) {
			registers_in.rax = call_word(CALL_SEND | CALL_CALL, 0, 0, 0); /* to a random handle: refused */
			registers_syscall();
			kept = registers_difference(EXCEPT_SYSCALL) == 16 && registers_out.rax == ERR_NOCAP;
		} else {
			dawdle(&seed);
		}
		if (report->kind >= KIND_FPU_SYSCALL) {
			fpu_store();
			kept = kept && fpu_kept();
		}
		kept = kept && segment_base(0) == fs_word && segment_base(1) == gs_word;
		report->lost += !kept;
		report->rounds++;
	}
}

/* A worker with a random FS base inside a page of its own, whose second word is random. */
static struct report *worker_start(uint64_t *seed, uint64_t kind)
{
	struct space space;
	struct thread thread;
	struct thread_registers registers;
	handle_t region, mapping, window;
	vaddr_t address = REPORT_ADDRESS, here = 0;
	enum error error = space_create(&space, 8, 16);

	if (error == OK)
		error = region_allocate(1, &region);
	if (error == OK)
		error = space_map(&space, region, 1, MAP_READ | MAP_WRITE, &address, &mapping);
	if (error == OK)
		error = space_map(&own_space, region, 1, MAP_READ | MAP_WRITE, &here, &window);
	if (error == OK)
		error = thread_create(&thread, &space, worker, random_next(seed), TEST_PRIORITY);
	if (error == OK)
		error = thread_read_registers(thread.thread, &registers);
	registers.fs_base = REPORT_ADDRESS + 64 + (random_next(seed) & 0xff8 & 0x7f8);
	if (error == OK)
		error = thread_write_registers(thread.thread, &registers);
	if (error == OK) {
		((struct report *)here)->kind = kind;
		*(uint64_t *)(here + registers.fs_base + 8 - REPORT_ADDRESS) = random_next(seed);
	}
	if (error == OK)
		error = thread_resume(thread.thread);
	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "starting a worker", OK, error);
	return (struct report *)here;
}

#define WORKERS 5

static void workers_run(const uint64_t kinds[WORKERS])
{
	struct report *report[WORKERS];
	uint64_t seed = 0x5eed;

	for (int i = 0; i < WORKERS; i++) {
		report[i] = worker_start(&seed, kinds[i]);
		CHECK_STILL();
	}
	for (int i = 0; i < 40; i++)
		pause_ns(5 * MILLISECOND);
	for (int i = 0; i < WORKERS; i++) {
		CHECK_EVENTUALLY(report[i]->rounds > 2);
		CHECK_EQUAL(0, report[i]->lost);
	}
}

static void general_registers_survive(void)
{
	workers_run((const uint64_t[WORKERS]){KIND_SYSCALL, KIND_PREEMPTION, KIND_SYSCALL, KIND_PREEMPTION, KIND_SYSCALL});
}

static void fpu_survives_preemption(void)
{
	workers_run((const uint64_t[WORKERS]){KIND_FPU_PREEMPTION, KIND_FPU_PREEMPTION, KIND_PREEMPTION, KIND_FPU_PREEMPTION, KIND_FPU_SYSCALL});
}

static void fpu_survives_calls(void)
{
	workers_run((const uint64_t[WORKERS]){KIND_FPU_SYSCALL, KIND_FPU_SYSCALL, KIND_FPU_SYSCALL, KIND_SYSCALL, KIND_FPU_PREEMPTION});
}

/* Suspends the thread when it is in the loop of registers_spin. */
static bool suspend_in_loop(handle_t thread, struct thread_registers *registers)
{
	uint64_t end = clock_now() + PATIENCE;

	while (clock_now() < end) {
		if (thread_suspend(thread) != OK || thread_read_registers(thread, registers) != OK)
			return false;
		if (registers->rip == (vaddr_t)registers_spin_loop)
			return true;
		if (thread_resume(thread) != OK)
			return false;
		pause_ns(MILLISECOND / 10);
	}
	return false;
}

static void run_spin(uint64_t argument)
{
	(void)argument;
	for (;;)
		registers_spin();
}

/* Suspended anywhere in a loop, all registers are what they were; written back elsewhere, they still are. */
static void asynchronous_suspension(void)
{
	struct thread thread;
	struct thread_registers registers;
	uint64_t seed = 99;

	registers_fill(&seed);
	CHECK_OK(thread_spawn(&thread, &own_space, run_spin, 0, TEST_PRIORITY));
	for (int round = 0; round < ROUNDS; round++) {
		pause_ns(random_next(&seed) % MILLISECOND);
		CHECK(suspend_in_loop(thread.thread, &registers));
		for (uint64_t i = 0; i < 16; i++)
			CHECK_EQUAL(((uint64_t *)&registers_in)[i], ((uint64_t *)&registers)[i]);
		CHECK_EQUAL(registers_in.rflags, registers.rflags);
		registers.rip = (vaddr_t)registers_spin_end;
		CHECK_OK(thread_write_registers(thread.thread, &registers));
		struct thread_registers before = registers_in;
		uint64_t next = seed;
		registers_fill(&next); /* for the next round of the loop; what is stored now are the old values */
		struct thread_registers after = registers_in;
		registers_out.rflags = 0;
		CHECK_OK(thread_resume(thread.thread));
		CHECK_EVENTUALLY(__atomic_load_n(&registers_out.rflags, __ATOMIC_ACQUIRE) != 0);
		registers_in = before;
		CHECK_EQUAL(16, registers_difference(0));
		registers_in = after;
	}
}

static void run_fault(uint64_t argument)
{
	(void)argument;
	fpu_load();
	registers_fault();
	fpu_store();
}

/* General and FPU registers across a page fault whose handler uses the FPU itself, in another thread. */
static void faults_keep_everything(void)
{
	handle_t endpoint, reply, region, mapping;
	uint64_t seed = 4;

	CHECK_OK(object_create(OBJECT_ENDPOINT, 0, &endpoint));
	CHECK_OK(object_create(OBJECT_REPLY, 0, &reply));
	CHECK_OK(region_allocate(1, &region));
	CHECK_OK(space_attach(&own_space, region, RIGHT_READ | RIGHT_WRITE, &mapping));
	for (int round = 0; round < ROUNDS; round++) {
		struct kernel_call call = {.word = CALL_RECEIVE | CALL_DEADLINE, .source = endpoint, .reply = reply, .deadline = clock_now() + PATIENCE};
		struct fpu_values in, out;
		struct thread thread;
		uint64_t done;

		registers_fill(&seed);
		fpu_fill(&seed);
		in = fpu_in;
		CHECK_OK(thread_create(&thread, &own_space, run_fault, 0, TEST_PRIORITY));
		CHECK_OK(thread_bind(thread.thread, THREAD_FAULT, endpoint));
		CHECK_OK(thread_resume(thread.thread));
		CHECK_OK(kernel_call(&call));
		/* Dirty the FPU here. */
		fpu_fill(&seed);
		fpu_load();
		out = fpu_in;
		fpu_in = in;
		CHECK_OK(mapping_fill(mapping, REGISTERS_FAULT_ADDRESS, 0, 1, MAP_READ | MAP_WRITE));
		call.word = CALL_REPLY;
		CHECK_OK(kernel_call(&call));
		CHECK(thread_await_end(thread.thread));
		CHECK_EQUAL(16, registers_difference(0));
		CHECK_EQUAL(registers_in.rflags, registers_out.rflags);
		CHECK(fpu_kept());
		/* And here it is as it was left. */
		fpu_in = out;
		fpu_store();
		CHECK(fpu_kept());
		*(struct map_entry *)thread_self()->page = (struct map_entry){REGISTERS_FAULT_ADDRESS, 0};
		CHECK_OK(mapping_unmap(mapping, 1, &done));
		CHECK_OK(cnode_delete(ROOT, thread.thread));
		CHECK_OK(cnode_delete(ROOT, thread.memory));
	}
}

static void run_fpu_spin(uint64_t argument)
{
	(void)argument;
	fpu_load();
	registers_spin();
	fpu_store();
}

/* The FPU state of a suspended thread is read as XSAVE writes it, and written back with a change. */
static void fpu_is_read_and_written(void)
{
	unsigned char *image = ((struct thread_image *)thread_self()->page)->fpu;
	struct thread thread;
	struct thread_registers registers;
	struct fpu_values in;
	uint64_t size, seed = 8;

	registers_fill(&seed);
	fpu_fill(&seed);
	CHECK_OK(thread_spawn(&thread, &own_space, run_fpu_spin, 0, TEST_PRIORITY));
	CHECK_REFUSED(ERR_STATE, thread_read_state(thread.thread, STATE_FPU, &size));
	CHECK(suspend_in_loop(thread.thread, &registers));
	CHECK_OK(thread_read_state(thread.thread, STATE_FPU, &size));
	CHECK(size >= 512 && size <= 2688);
	CHECK_EQUAL(fpu_in.control, *(uint16_t *)image);
	CHECK_EQUAL(fpu_in.mxcsr, *(uint32_t *)(image + 24));
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 2; k++)
			CHECK_EQUAL(fpu_in.vector[i][k], *(uint64_t *)(image + 160 + 16 * i + 8 * k));
	for (int i = 0; i < 16; i++)
		*(uint64_t *)(image + 160 + 16 * i) = fpu_in.vector[i][0] ^= 0x1111111111111111 * (uint64_t)i;
	in = fpu_in;
	CHECK_OK(thread_write_state(thread.thread, STATE_FPU, size));
	CHECK_OK(thread_read_registers(thread.thread, &registers));
	registers.rip = (vaddr_t)registers_spin_end;
	CHECK_OK(thread_write_registers(thread.thread, &registers));
	CHECK_OK(thread_resume(thread.thread));
	CHECK(thread_await_end(thread.thread));
	fpu_in = in;
	CHECK(fpu_kept());
}

/* FPU images that the processor would fault on are refused; sizes must be exact. */
static void hostile_fpu_images(void)
{
	static const struct {
		uint64_t offset, value;
		bool xsave; /* only where the image has an XSAVE header */
	} hostile[] = {
		{24, 0xffff0000, false}, {24, 0x80000000, false},         /* MXCSR: reserved bits */
		{512, UINT64_MAX, true}, {512, 1ull << 62, true}, {512, 1ull << 63, true}, /* XSTATE_BV: features that are not enabled */
		{520, 1ull << 63, true}, {520, 1, true},                   /* XCOMP_BV: the compact form */
		{528, 1, true}, {568, 1ull << 63, true},                   /* reserved */
	};
	static const uint64_t sizes[] = {0, 1, 511, 4096, UINT64_MAX};
	unsigned char *image = ((struct thread_image *)thread_self()->page)->fpu;
	handle_t thread;
	uint64_t size;

	CHECK_OK(object_create(OBJECT_THREAD, 0, &thread));
	CHECK_OK(thread_read_state(thread, STATE_FPU, &size));
	CHECK_OK(thread_write_state(thread, STATE_FPU, size));
	for (int i = 0; i < 5; i++)
		CHECK_REFUSED(ERR_ARGUMENT, thread_write_state(thread, STATE_FPU, sizes[i]));
	for (uint64_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		if (hostile[i].xsave && size <= 512)
			continue;
		CHECK_OK(thread_read_state(thread, STATE_FPU, &size));
		memcpy(image + hostile[i].offset, &hostile[i].value, hostile[i].offset == 24 ? 4 : 8);
		CHECK_REFUSED(ERR_ARGUMENT, thread_write_state(thread, STATE_FPU, size));
	}
	CHECK_OK(thread_read_state(thread, STATE_FPU, &size));
	CHECK_OK(thread_write_state(thread, STATE_FPU, size));
}

/* Both parts at once: all is taken, or, when one is refused, nothing. */
static void state_is_written_whole(void)
{
	struct thread_image *page = (struct thread_image *)thread_self()->page, before;
	handle_t thread;
	uint64_t size;

	CHECK_OK(object_create(OBJECT_THREAD, 0, &thread));
	CHECK_OK(thread_read_state(thread, STATE_REGISTERS | STATE_FPU, &size));
	page->registers.rbx = 0x1234;
	page->fpu[160] ^= 0x55; /* XMM0 */
	page->fpu[512] |= 2;    /* its component is in use */
	CHECK_OK(thread_write_state(thread, STATE_REGISTERS | STATE_FPU, size));
	before = *page;
	memset(page, 0, sizeof(*page));
	CHECK_OK(thread_read_state(thread, STATE_REGISTERS | STATE_FPU, &size));
	CHECK_EQUAL(0x1234, page->registers.rbx);
	CHECK_EQUAL(before.fpu[160], page->fpu[160]);
	before = *page;
	page->registers.rbx = 1;
	page->fpu[27] = 0xff; /* MXCSR: reserved bits */
	CHECK_REFUSED(ERR_ARGUMENT, thread_write_state(thread, STATE_REGISTERS | STATE_FPU, size));
	*page = before;
	page->registers.rip = UINT64_MAX;
	page->fpu[160] ^= 0xff;
	CHECK_REFUSED(ERR_ARGUMENT, thread_write_state(thread, STATE_REGISTERS | STATE_FPU, size));
	CHECK_REFUSED(ERR_ARGUMENT, thread_write_state(thread, STATE_REGISTERS | STATE_FPU, size - 1));
	CHECK_REFUSED(ERR_ARGUMENT, thread_write_state(thread, 4, size));
	CHECK_REFUSED(ERR_ARGUMENT, thread_read_state(thread, 1ull << 63, &size));
	CHECK_OK(thread_read_state(thread, STATE_REGISTERS | STATE_FPU, &size));
	CHECK(memcmp(&before.registers, &page->registers, sizeof(before.registers)) == 0);
	CHECK(memcmp(before.fpu, page->fpu, size) == 0);
	/* What was not asked for is not touched. */
	memset(page, 0xee, sizeof(*page));
	CHECK_OK(thread_read_state(thread, STATE_FPU, &size));
	CHECK_EQUAL(0xeeeeeeeeeeeeeeee, page->registers.rbx);
	memset(page, 0xee, sizeof(*page));
	CHECK_OK(thread_read_state(thread, STATE_REGISTERS, &size));
	CHECK_EQUAL(0xee, page->fpu[160]);
	CHECK_EQUAL(before.registers.rbx, page->registers.rbx);
	page->registers.rbx = 0x4321;
	CHECK_OK(thread_write_state(thread, STATE_REGISTERS, 0));
	CHECK_OK(thread_read_state(thread, STATE_REGISTERS | STATE_FPU, &size));
	CHECK_EQUAL(0x4321, page->registers.rbx);
	CHECK_EQUAL(before.fpu[160], page->fpu[160]);
}

/* Random FPU images: refused, or loaded without harm to anybody. */
static void random_fpu_images(void)
{
	unsigned char *image = ((struct thread_image *)thread_self()->page)->fpu;
	struct thread thread;
	uint64_t size, seed = 17, accepted = 0;

	registers_fill(&seed);
	fpu_fill(&seed);
	CHECK_OK(thread_spawn(&thread, &own_space, run_fpu_spin, 0, TEST_PRIORITY));
	for (int round = 0; round < 300; round++) {
		CHECK_OK(thread_suspend(thread.thread));
		CHECK_OK(thread_read_state(thread.thread, STATE_FPU, &size));
		for (uint64_t i = 0; i < 1 + random_next(&seed) % 8; i++)
			image[random_next(&seed) % (round % 2 ? size : 32)] = (unsigned char)random_next(&seed);
		accepted += thread_write_state(thread.thread, STATE_FPU, size) == OK;
		CHECK_OK(thread_resume(thread.thread));
		if (round % 8 == 0)
			pause_ns(MILLISECOND / 4);
	}
	CHECK(accepted > 0);
}

/* Hostile general registers: what is refused changes nothing. */
static void hostile_addresses(void)
{
	static const uint64_t addresses[] = {LIMIT, 0x0000800000000000, 0x0001000000000000, 0x7fffffffffffffff, 0x8000000000000000,
					     0xffff7fffffffffff, 0xffff800000000000, 0xffffffff80100000, UINT64_MAX};
	static const size_t fields[] = {offsetof(struct thread_registers, rip), offsetof(struct thread_registers, fs_base),
					offsetof(struct thread_registers, gs_base)};
	struct thread_registers good, bad, read;
	handle_t thread;
	uint64_t seed = 3;

	CHECK_OK(object_create(OBJECT_THREAD, 0, &thread));
	CHECK_OK(thread_read_registers(thread, &good));
	for (uint64_t f = 0; f < 3; f++)
		for (uint64_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
			for (uint64_t k = 0; k < sizeof(bad) / 8; k++)
				((uint64_t *)&bad)[k] = random_next(&seed) & 0x7ffffffff;
			memcpy((char *)&bad + fields[f], &addresses[i], 8);
			CHECK_REFUSED(ERR_ARGUMENT, thread_write_registers(thread, &bad));
			CHECK_OK(thread_read_registers(thread, &read));
			CHECK(memcmp(&read, &good, sizeof(good)) == 0);
		}
}

static volatile uint64_t landed;

static void landing(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq\n\tpop %0" : "=r"(flags));
	landed = flags;
	for (;;)
		__asm__ volatile("pause");
}

/* Every RFLAGS bit, one by one and all: IOPL, NT, VM, VIF, VIP never stick, IF always does, TF traps in user mode only. */
static void hostile_flags(void)
{
	struct thread_registers registers;
	struct thread thread;

	for (uint64_t bit = 0; bit <= 64; bit++) {
		uint64_t flags = bit < 64 ? 1ull << bit : ~0x100ull;
		handle_t endpoint, badged;

		landed = 0;
		CHECK_OK(object_create(OBJECT_ENDPOINT, 0, &endpoint));
		CHECK_OK(thread_create(&thread, &own_space, NULL, 0, TEST_PRIORITY));
		CHECK_OK(thread_bind(thread.thread, THREAD_FAULT, endpoint));
		CHECK_OK(thread_read_registers(thread.thread, &registers));
		registers.rip = (vaddr_t)landing;
		registers.rflags = flags;
		CHECK_OK(thread_write_registers(thread.thread, &registers));
		CHECK_OK(thread_read_registers(thread.thread, &registers));
		CHECK_EQUAL(0, registers.rflags & ~(flags | 0x202));
		CHECK_EQUAL(0, registers.rflags & 0x1a7000 & ~0x40000ull); /* IOPL, NT, VM, VIF, VIP */
		CHECK(registers.rflags & 0x200);
		CHECK_OK(thread_resume(thread.thread));
		for (int i = 0; i < 1000 && !landed && bit != 8; i++)
			pause_ns(MILLISECOND / 4);
		if (bit == 8) {
			CHECK(thread_await(thread.thread, THREAD_SENDING)); /* a trap after the first instruction */
		} else {
			CHECK(landed & 0x200);
			CHECK_EQUAL(0, landed & 0x1a7000 & ~0x40000ull);
		}
		CHECK_OK(cnode_delete(ROOT, thread.thread));
		CHECK_OK(cnode_delete(ROOT, thread.memory));
		badged = endpoint;
		CHECK_OK(cnode_delete(ROOT, badged));
	}
}

/* Addresses at the ends of what is allowed, and stack pointers anywhere: the thread faults, or not, and nothing else happens. */
static void edge_addresses(void)
{
	static const uint64_t rips[] = {0, 1, 0xfff, LIMIT - 1, LIMIT - 2, 0x7fffffffe000, 0x1000};
	static const uint64_t stacks[] = {0, 1, 7, LIMIT, 0x0000800000000000, 0xffff800000000000, 0xdead000000000000, UINT64_MAX, 0xffffffff80100000};
	struct thread_registers registers;
	handle_t thread;
	uint64_t seed = 6;

	for (uint64_t i = 0; i < sizeof(rips) / sizeof(rips[0]); i++)
		for (uint64_t k = 0; k < sizeof(stacks) / sizeof(stacks[0]); k++) {
			for (uint64_t n = 0; n < sizeof(registers) / 8; n++)
				((uint64_t *)&registers)[n] = random_next(&seed) & 0x3fffffffffff;
			CHECK_OK(object_create(OBJECT_THREAD, 0, &thread));
			CHECK_OK(thread_bind(thread, THREAD_VSPACE, INIT_SLOT_VSPACE));
			CHECK_OK(thread_set_priority(thread, TEST_PRIORITY, 0));
			registers.rip = rips[i];
			registers.rsp = stacks[k];
			registers.rflags &= ~0x100ull;
			CHECK_OK(thread_write_registers(thread, &registers));
			CHECK_OK(thread_resume(thread));
			CHECK(thread_await(thread, THREAD_FAULTED));
			CHECK_OK(cnode_delete(ROOT, thread));
		}
}

/* A hostile stack pointer in code that runs: system calls and interrupts do not use it. */
static void hostile_stack_in_calls(void)
{
	static const uint64_t stacks[] = {0, 0xffff800000000000, 0xdead000000000000, 0xffffffff80100000, UINT64_MAX, 0x0000800000000000};
	struct thread thread;
	uint64_t seed = 12;

	for (uint64_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		registers_fill(&seed);
		registers_in.rsp = stacks[i];
		registers_in.rax = CALL_SEND;
		registers_in.rdi = 0;
		CHECK_OK(thread_spawn(&thread, &own_space, (void (*)(uint64_t))registers_syscall, 0, TEST_PRIORITY));
		CHECK(thread_await_end(thread.thread));
		CHECK_EQUAL(16, registers_difference(EXCEPT_SYSCALL));
		CHECK_EQUAL(ERR_NOCAP, registers_out.rax);
		CHECK_OK(cnode_delete(ROOT, thread.thread));
		CHECK_OK(thread_spawn(&thread, &own_space, run_spin, 0, TEST_PRIORITY));
		pause_ns(12 * MILLISECOND); /* through the end of a time slice */
		CHECK_OK(cnode_delete(ROOT, thread.thread));
	}
}

static const struct test tests[] = {
	{"fidelity-general", "general registers, FS and GS survive refused calls and preemption", general_registers_survive},
	{"fidelity-state", "registers and FPU state are written together, or when one is refused, not at all", state_is_written_whole},
	{"fidelity-fpu-preemption", "the FPU state survives preemption by others that use it", fpu_survives_preemption},
	{"fidelity-fpu-calls", "the FPU state survives system calls and switches", fpu_survives_calls},
	{"fidelity-suspension", "a thread suspended anywhere has all its registers, and keeps them when moved", asynchronous_suspension},
	{"fidelity-fault", "a repaired page fault keeps general and FPU registers, the handler's too", faults_keep_everything},
	{"fidelity-fpu-access", "the FPU state of a suspended thread is read and written", fpu_is_read_and_written},
	{"fidelity-fpu-hostile", "FPU images that the processor would not take are refused", hostile_fpu_images},
	{"fidelity-fpu-random", "random FPU images are refused or harmless", random_fpu_images},
	{"fidelity-addresses", "RIP and segment bases outside user space are refused and change nothing", hostile_addresses},
	{"fidelity-flags", "privileged flags never stick", hostile_flags},
	{"fidelity-edges", "RIP and stack pointers at every edge fault in user mode only", edge_addresses},
	{"fidelity-stack", "a hostile stack pointer does not matter to system calls and interrupts", hostile_stack_in_calls},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
