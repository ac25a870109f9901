/* SPDX-License-Identifier: MIT */
/* The notes of a core file (core/notes.h; include/uapi/linux/elf.h, elfcore.h of Linux). */
#include "core/notes.h"

#include "core/dump.h"
#include "file/content.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/usage.h"
#include "ptrace/registers.h"
#include "signal/signal.h"
#include "vdso/vdso.h"

enum note_type { NOTE_PRSTATUS = 1, NOTE_FPREGSET = 2, NOTE_PRPSINFO = 3, NOTE_AUXV = 6, NOTE_X86_XSTATE = 0x202, NOTE_FILE = 0x46494c45, NOTE_SIGINFO = 0x53494749 };

#define COMMAND_BYTES 80
#define FLAGS_DUMPING 0x600 /* PF_DUMPCORE, PF_SIGNALED */
#define PAD(bytes) ((4 - (bytes) % 4) % 4)

/* struct elf_prstatus */
struct status {
	int32_t signal, code, error;
	int16_t current;
	uint64_t pending, blocked;
	int32_t task, parent, group, session;
	struct linux_timeval user, system, children_user, children_system;
	struct user_registers registers;
	int32_t fpu_valid;
};
_Static_assert(sizeof(struct status) == 336, "elf_prstatus");

/* struct elf_prpsinfo */
struct process_note {
	char state, letter, zombie, nice;
	uint64_t flags;
	uint32_t user, group;
	int32_t process, parent, process_group, session;
	char name[16], command[COMMAND_BYTES];
};
_Static_assert(sizeof(struct process_note) == 136, "elf_prpsinfo");

/* A note: its header, its name, and room for what follows up to a border of 4 bytes. */
static void note_begin(struct proc_text *text, const char *name, enum note_type type, uint64_t bytes)
{
	uint32_t length = (uint32_t)strlen(name) + 1, header[3] = {length, (uint32_t)bytes, type};
	const char zeros[4] = {0};

	text_add_bytes(text, header, sizeof(header));
	text_add_bytes(text, name, length);
	text_add_bytes(text, zeros, PAD(length));
}

static void note_end(struct proc_text *text, uint64_t bytes)
{
	const char zeros[4] = {0};

	text_add_bytes(text, zeros, PAD(bytes));
}

static void note_add(struct proc_text *text, const char *name, enum note_type type, const void *data, size_t bytes)
{
	note_begin(text, name, type, bytes);
	text_add_bytes(text, data, bytes);
	note_end(text, bytes);
}

static uint64_t note_bytes(const char *name, uint64_t bytes)
{
	uint64_t length = strlen(name) + 1;

	return 3 * sizeof(uint32_t) + length + PAD(length) + bytes + PAD(bytes);
}

/* Tasks. */

static struct user_registers registers_of(const struct task *task, const struct thread_registers *r, const struct core_state *state)
{
	return user_registers_of(r, &(struct trace_point){.in_call = state->in_call, .number = state->in_call ? task->call[0] : UINT64_MAX, .result = state->result});
}

static struct status status_of(const struct core_image *image, const struct task *task, const struct thread_registers *registers, const struct core_state *state)
{
	const struct process *process = task->process;
	bool leader = task->id == process->id;
	struct status status = {
		.signal = image->information->number,
		.current = (int16_t)image->information->number,
		.pending = task->signals.pending,
		.blocked = task->signals.blocked,
		.task = task->id,
		.parent = process->parent ? process->parent->id : 0,
		.group = process->group,
		.session = process->session,
		.user = timeval_of(leader ? process_user_ns(process) : task_user_ns(task)),
		.system = timeval_of(leader ? process_system_ns(process) : task_system_ns(task)),
		.children_user = timeval_of(process->children_user_ns),
		.children_system = timeval_of(process->children_system_ns),
		.registers = registers_of(task, registers, state),
		.fpu_valid = 1,
	};

	return status;
}

/* The three notes of one task. The state that was read is copied before anything else may use the message page. */
static void thread_tell(struct proc_text *text, const struct core_image *image, struct task *task, const struct core_state *state)
{
	static uint8_t fpu[sizeof(((struct thread_image *)0)->fpu)]; /* nothing waits between its uses */
	const struct thread_image *read = host_thread_read(task->host, STATE_REGISTERS | STATE_FPU);
	struct thread_registers registers;
	struct status status;

	if (!read)
		return;
	registers = read->registers;
	memcpy(fpu, read->fpu, host_fpu_bytes);
	status = status_of(image, task, &registers, state);
	note_add(text, "CORE", NOTE_PRSTATUS, &status, sizeof(status));
	fpu_complete(fpu);
	note_add(text, "CORE", NOTE_FPREGSET, fpu, FPU_LEGACY_BYTES);
	if (host_fpu_bytes > FPU_LEGACY_BYTES)
		note_add(text, "LINUX", NOTE_X86_XSTATE, fpu, host_fpu_bytes);
}

void core_threads_tell(struct proc_text *text, const struct core_image *image)
{
	thread_tell(text, image, image->task, image->state);
	for (struct task *task = image->task->process->tasks; task; task = task->next_in_process)
		if (task != image->task && task->host && task->held)
			thread_tell(text, image, task, task->held);
}

/* The process. */

/* Its command line with blanks between the arguments, cut. */
static void command_take(const struct task *task, char command[COMMAND_BYTES])
{
	struct memory *memory = task->memory;
	uint64_t bytes = memory->argument_end - memory->argument_start;

	if (bytes > COMMAND_BYTES - 1)
		bytes = COMMAND_BYTES - 1;
	if (user_read(memory, command, memory->argument_start, bytes) != 0)
		bytes = 0;
	for (uint64_t i = 0; i < bytes; i++)
		if (!command[i])
			command[i] = ' ';
	command[bytes] = '\0';
}

static void process_tell(struct proc_text *text, const struct task *task)
{
	const struct process *process = task->process;
	struct process_note note = {
		.letter = 'R',
		.nice = (char)process->nice,
		.flags = FLAGS_DUMPING,
		.user = task->credentials->user,
		.group = task->credentials->group,
		.process = process->id,
		.parent = process->parent ? process->parent->id : 0,
		.process_group = process->group,
		.session = process->session,
	};

	memcpy(note.name, task->name, sizeof(note.name));
	command_take(task, note.command);
	note_add(text, "CORE", NOTE_PRPSINFO, &note, sizeof(note));
}

/* Files. */

bool path_is_deleted(const char *path)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(path);

	return length >= sizeof(mark) - 1 && strcmp(path + length - (sizeof(mark) - 1), mark) == 0;
}

const char *core_area_file(const struct area *area, char path[PATH_BYTES_MAX + 1])
{
	if (!area->object || vdso_area_name(area))
		return NULL;
	if (content_path(area->object, path) > 0)
		return path;
	if (area->object->text && strlen(area->object->text) <= PATH_BYTES_MAX)
		return memcpy(path, area->object->text, strlen(area->object->text) + 1);
	return area->flags & AREA_SHARED ? "/dev/zero (deleted)" : NULL;
}

void core_files_add(struct core_files *files, const struct area *area, const char *name)
{
	const uint64_t range[3] = {area->start, area->end, area->first};

	files->count++;
	text_add_bytes(&files->ranges, range, sizeof(range));
	text_add_bytes(&files->names, name, strlen(name) + 1);
}

void core_files_end(struct core_files *files)
{
	text_pages_free(&files->ranges);
	text_pages_free(&files->names);
}

/* `count` bytes of another text from `offset` on. */
static void text_append(struct proc_text *text, const struct proc_text *from, uint64_t offset, uint64_t count)
{
	unsigned char piece[512];

	while (count) {
		size_t part = text_read(from, offset, piece, count < sizeof(piece) ? count : sizeof(piece));

		if (!part)
			return;
		text_add_bytes(text, piece, part);
		offset += part;
		count -= part;
	}
}

/* Names that there is no memory for are left out with all of them: a debugger finds files by the auxiliary vector then. */
static void files_tell(struct proc_text *text, const struct core_files *files)
{
	const uint64_t head[2] = {files->count, PAGE_SIZE};
	uint64_t bytes = sizeof(head) + files->ranges.bytes + files->names.bytes;

	if (!files->count || files->ranges.full || files->names.full)
		return;
	note_begin(text, "CORE", NOTE_FILE, bytes);
	text_add_bytes(text, head, sizeof(head));
	text_append(text, &files->ranges, 0, files->ranges.bytes);
	text_append(text, &files->names, 0, files->names.bytes);
	note_end(text, bytes);
}

void core_notes_tell(struct proc_text *text, const struct core_image *image, const struct proc_text *threads, const struct core_files *files)
{
	const struct memory *memory = image->task->memory;
	uint64_t first = note_bytes("CORE", sizeof(struct status));

	text_append(text, threads, 0, first);
	process_tell(text, image->task);
	note_add(text, "CORE", NOTE_SIGINFO, image->information, sizeof(*image->information));
	note_add(text, "CORE", NOTE_AUXV, memory->auxiliary, sizeof(memory->auxiliary));
	files_tell(text, files);
	text_append(text, threads, first, threads->bytes - first);
}
