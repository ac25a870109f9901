/* SPDX-License-Identifier: MIT */
/* What threads do (program.h). What is to be stored before a call is kept in the order in which the grammar wrote it. */
#include "program.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "results.h"

#define SYSCALL_BYTES 2
#define NAMES_MOST 256
#define NAME_BYTES 256
#define STORES_BYTES (32 * 1024)
#define FAULTS_MOST 200 /* for one byte, before somebody has gone wrong */
#define TOUCH_ONE_IN 12
#define TRAP_ONE_IN 32
#define RETURN_ONE_IN 4

enum { SYS_RT_SIGRETURN = 15, SYS_PTRACE = 101, SYS_MQ_OPEN = 240 };
enum { VECTOR_PAGE = 14 };
enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_FETCH = 16 };

struct store {
	uint64_t address;
	uint32_t bytes, done;
};

struct program {
	uint64_t home;
	bool ready;   /* there is a call, and its arguments are being stored */
	bool calls;   /* a call was made, and its answer is still to come */
	bool answered;
	bool named;   /* the name in the call has been remembered, or there is none */
	int64_t result;
	struct grammar_call call;
	uint64_t fault_at;
	unsigned faults; /* at that address, one after the other */
	size_t filled, done; /* of the stores */
	unsigned char stores[STORES_BYTES];
};

static struct grammar grammar;
static char names[NAMES_MOST][NAME_BYTES];
static unsigned name_count;
static struct program *writing; /* whose call the grammar makes */

static uint64_t *call_count; /* not one of the variables that are put back (snapshot.h) */

void calls_count(void)
{
	call_count = calloc(1, sizeof(*call_count));
	if (!call_count)
		abort();
}

uint64_t calls_made(void)
{
	return call_count ? *call_count : 0;
}

static struct program *program_of(struct model_thread *thread)
{
	if (!thread->program)
		thread->program = arena_take(sizeof(*thread->program));
	if (!thread->program)
		complain("the arena is too small");
	return thread->program;
}

/* With KOZO_STEPS in the environment every step is a line on standard error. */
static void steps_tell(const char *format, ...)
{
	va_list arguments;

	if (!getenv("KOZO_STEPS"))
		return;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
}

/* The input. */

unsigned choice_below(unsigned limit)
{
	if (!grammar.left)
		return 0;
	grammar.left--;
	return *grammar.next++ % limit;
}

bool choices_left(void)
{
	return grammar.left > 1;
}

/* Memory for arguments. */

static void store_add(void *context, uint64_t address, const void *bytes, size_t size)
{
	struct store store = {address, (uint32_t)size, 0};
	struct program *program = writing;

	(void)context;
	if (size > STORES_BYTES || program->filled + sizeof(store) + size > STORES_BYTES)
		return;
	memcpy(program->stores + program->filled, &store, sizeof(store));
	memcpy(program->stores + program->filled + sizeof(store), bytes, size);
	program->filled += sizeof(store) + size;
}

static struct model_thread *learning; /* whose answer the grammar looks at */

static bool memory_look(void *context, uint64_t address, void *bytes, size_t size)
{
	(void)context;
	for (size_t i = 0; i < size; i++) {
		bool present;
		const uint8_t *byte = learning->space ? space_byte(learning->space, address + i, ACCESS_LOAD, &present) : NULL;

		if (!byte)
			return false;
		((uint8_t *)bytes)[i] = *byte;
	}
	return true;
}

/* A page that is read-only, one that is not there behind one that is, and what is no address at all. */
static const struct grammar_memory memory = {
	.start = WINDOW,
	.bytes = GRAMMAR_MEMORY_LEAST,
	.bad = {0, 0x10, 0xffff800000000000, 0x0000800000000000, TEXT, WINDOW + GRAMMAR_MEMORY_LEAST, WINDOW + GRAMMAR_MEMORY_LEAST - 3, UINT64_MAX - 7},
	.write = store_add,
	.read = memory_look,
};

/* What would end the test, or stay when all processes have ended: mounts, names of the machine. */
static const uint16_t forbidden[] = {165 /* mount */, 166 /* umount2 */, 155 /* pivot_root */, 169 /* reboot */, 429 /* move_mount */};

/* What files of theirs are that processes begin with (scripts.c). */
static const struct {
	enum grammar_resource resource;
	uint64_t file;
} first_files[] = {
	{RESOURCE_TERMINAL, 0}, {RESOURCE_PIPE, 2}, {RESOURCE_PIPE, 3}, {RESOURCE_SOCKET, 4}, {RESOURCE_SOCKET, 5}, {RESOURCE_SOCKET, 6}, {RESOURCE_SOCKET, 7}, {RESOURCE_SOCKET, 8}, {RESOURCE_EPOLL, 9}, {RESOURCE_TERMINAL, 13}, {RESOURCE_INOTIFY, 14}, {RESOURCE_TIMERFD, 15},
	{RESOURCE_QUEUE, 18}, {RESOURCE_TERMINAL, 19},
};
#define FILES_BEGUN 20

void programs_begin(const uint8_t *bytes, size_t size)
{
	grammar_start(&grammar, bytes, size, &memory);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		grammar.forbidden[forbidden[i]] = true;
	for (uint64_t file = 0; file < FILES_BEGUN; file++)
		grammar_remember(&grammar, RESOURCE_FILE, file);
	for (unsigned i = 0; i < sizeof(first_files) / sizeof(first_files[0]); i++)
		grammar_remember(&grammar, first_files[i].resource, first_files[i].file);
	for (uint64_t process = 2; process < 5; process++)
		grammar_remember(&grammar, RESOURCE_PROCESS, process);
	for (uint64_t address = WINDOW; address <= 0x230000000; address += 0x10000000)
		grammar_remember(&grammar, RESOURCE_ADDRESS, address);
}

/* The first process ends the others in the end: nobody may stop it as its tracer (ptrace(2)), by right. Its neighbour is traced instead. */
static void first_spare(struct grammar_call *call)
{
	if (call->number == SYS_PTRACE && (int32_t)call->arguments[1] == 1)
		call->arguments[1] = 2;
}

/* Steps. */

/* A page fault. Who is answered that it may go on, and finds nothing again and again, has been told a lie. */
static void fault_make(struct model_thread *thread, uint64_t address, enum access access, bool present)
{
	static const uint64_t codes[] = {[ACCESS_LOAD] = 0, [ACCESS_STORE] = FAULT_WRITE, [ACCESS_FETCH] = FAULT_FETCH};
	struct program *program = thread->program;

	program->faults = program->fault_at == address ? program->faults + 1 : 0;
	program->fault_at = address;
	steps_tell("%lu: fault at %#lx\n", thread->badge, address);
	if (program->faults > FAULTS_MOST)
		complain("a fault at %#lx is answered again and again, and nothing changes", address);
	service_fault_of(thread, VECTOR_PAGE, address, codes[access] | (present ? FAULT_PRESENT : 0) | FAULT_USER);
}

/* Stores on. False: a fault has stopped it. */
static bool stores_run(struct model_thread *thread)
{
	struct program *program = thread->program;

	while (program->done < program->filled) {
		struct store *store = (struct store *)(program->stores + program->done);
		struct store now;

		memcpy(&now, store, sizeof(now));
		for (; now.done < now.bytes; now.done++) {
			bool present;
			uint8_t *byte = space_byte(thread->space, now.address + now.done, ACCESS_STORE, &present);

			memcpy(store, &now, sizeof(now));
			if (!byte) {
				fault_make(thread, now.address + now.done, ACCESS_STORE, present);
				return false;
			}
			*byte = program->stores[program->done + sizeof(now) + now.done];
		}
		program->done += sizeof(now) + now.bytes;
	}
	return true;
}

/* Names of message queues, which outlive processes, are remembered for who removes them: when the call is made, or afterwards, where its page was not there before. */
static void name_note(struct model_thread *thread)
{
	struct program *program = thread->program;
	char *name = names[name_count % NAMES_MOST];

	if (program->named)
		return;
	learning = thread;
	for (size_t i = 0; i < NAME_BYTES && memory_look(NULL, program->call.arguments[0] + i, name + i, 1); i++)
		if (!name[i]) {
			program->named = true;
			name_count++;
			return;
		}
}

const char *programs_name(unsigned index)
{
	return index < NAMES_MOST && index < name_count ? names[index] : NULL;
}

static void call_instruct(struct model_thread *thread)
{
	const struct thread_registers *r = &thread->registers;
	struct program *program = thread->program;

	thread->registers.rip = program->home;
	program->calls = true;
	program->ready = false;
	steps_tell("%lu: %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n", thread->badge, call_name(r->rax), r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
	program->named = r->rax != SYS_MQ_OPEN;
	name_note(thread);
	++*call_count;
	service_call_of(thread);
}

static void call_make(struct model_thread *thread)
{
	struct thread_registers *r = &thread->registers;
	const uint64_t *arguments = thread->program->call.arguments;

	r->rax = thread->program->call.number;
	r->rdi = arguments[0];
	r->rsi = arguments[1];
	r->rdx = arguments[2];
	r->r10 = arguments[3];
	r->r8 = arguments[4];
	r->r9 = arguments[5];
	call_instruct(thread);
}

/* Touches memory somewhere in what was mapped, or beside it. */
static void memory_touch(struct model_thread *thread)
{
	unsigned count = grammar.counts[RESOURCE_ADDRESS] < GRAMMAR_REMEMBERED ? grammar.counts[RESOURCE_ADDRESS] : GRAMMAR_REMEMBERED;
	uint64_t address = choice_below(8) == 7 ? thread->registers.rsp : grammar.values[RESOURCE_ADDRESS][choice_below(count)];
	enum access access = (enum access)choice_below(3);
	bool present;
	uint8_t *byte;

	address += choice_below(8) == 7 ? (uint64_t)choice_below(64) * PAGE_SIZE - 8 * PAGE_SIZE : (uint64_t)choice_below(3) * PAGE_SIZE;
	byte = space_byte(thread->space, address, access, &present);
	if (!byte)
		fault_make(thread, address, access, present);
	else if (access == ACCESS_STORE)
		*byte = (uint8_t)address;
}

static void trap_make(struct model_thread *thread)
{
	static const uint8_t vectors[] = {0, 1, 3, 4, 6, 13, 16, 17, 19};

	service_fault_of(thread, vectors[choice_below(sizeof(vectors))], 0, 0);
}

/* The end of a handler: what its `ret` leads to. */
static void handler_return(struct model_thread *thread)
{
	thread->registers.rsp += sizeof(uint64_t);
	thread->program->call = (struct grammar_call){.number = SYS_RT_SIGRETURN};
	call_make(thread);
}

/* Thinks of something to do. */
static void program_choose(struct model_thread *thread)
{
	struct program *program = thread->program;

	if (program->home != TEXT && choice_below(RETURN_ONE_IN) == 1) {
		handler_return(thread);
	} else if (choice_below(TOUCH_ONE_IN) == 1) {
		if (choice_below(TRAP_ONE_IN) == 1)
			trap_make(thread);
		else
			memory_touch(thread);
	} else {
		writing = program;
		program->filled = program->done = 0;
		program->ready = grammar_next(&grammar, &program->call);
		first_spare(&program->call);
	}
}

void program_step(struct model_thread *thread)
{
	struct program *program = program_of(thread);

	if (thread->registers.rip == program->home - SYSCALL_BYTES) {
		call_instruct(thread);
		return;
	}
	if (thread->registers.rip != program->home)
		program->home = thread->registers.rip;
	if (!program->ready)
		program_choose(thread);
	else if (stores_run(thread))
		call_make(thread);
}

void program_answered(struct model_thread *thread, int64_t result)
{
	struct program *program = thread->program;

	if (!program->calls)
		return;
	steps_tell("%lu: %s -> %ld\n", thread->badge, call_name(program->call.number), result);
	name_note(thread);
	program->calls = false;
	program->answered = true;
	program->result = result;
	if (thread->registers.rip != program->home) /* it is to make the call again */
		return;
	result_check(&program->call, result);
	learning = thread;
	grammar_learn(&grammar, &program->call, result);
}

void program_moved(struct model_thread *thread)
{
	struct program *program = program_of(thread);

	steps_tell("%lu: goes on at %#lx\n", thread->badge, thread->registers.rip);
	if (program->calls)
		name_note(thread);
	program->ready = program->calls = false;
	program->faults = 0;
}

void program_script(struct model_thread *thread, const struct grammar_call *call, const struct text texts[TEXTS])
{
	struct program *program = program_of(thread);

	program->call = *call;
	program->filled = program->done = 0;
	program->answered = false;
	program->ready = true;
	writing = program;
	for (unsigned i = 0; i < TEXTS; i++)
		if (texts && texts[i].bytes)
			store_add(NULL, TEXT_AT(i), texts[i].bytes, texts[i].size);
}

bool program_has_answer(const struct model_thread *thread, int64_t *result)
{
	if (!thread->program || !thread->program->answered)
		return false;
	*result = thread->program->result;
	return true;
}

/* The ELF file: its header, two segments, and a page of code that is never executed. */

static const struct {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
} elf_file = {
	.header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = TEXT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	},
	.segments = {
		{.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = TEXT, .p_filesz = sizeof(elf_file), .p_memsz = sizeof(elf_file), .p_align = PAGE_SIZE},
		{.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = WINDOW, .p_memsz = GRAMMAR_MEMORY_LEAST, .p_align = PAGE_SIZE},
	},
};
const unsigned char *const program_file = (const unsigned char *)&elf_file;
const size_t program_file_bytes = sizeof(elf_file);
