/* SPDX-License-Identifier: MIT */
/*
 * The tree of /proc (proc/proc.h). Entries are made when they are looked up. One that tells of a process keeps its number and its serial, not the process: when that has ended, every operation is -ENOENT or -ESRCH, also if another one has the number. Inode numbers come from process,
 * node and descriptor, so that the same file has the same number at each look.
 */
#include "file/descriptors.h"
#include "file/mount_use.h"
#include "file/regular.h"
#include "file/text.h"
#include "file/tree.h"
#include "lib/assert.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/proc.h"
#include "process/names.h"
#include "process/permission.h"

#define FIRST_COOKIE 2
#define PROCESS_COOKIE 1000 /* in the root: processes come behind its nodes, by number */
#define LINE_MAX 256

struct proc_entry {
	struct entry entry; /* the first member: one is found by the other */
	const struct proc_node *node;
	int32_t process, task; /* numbers; 0: of the system; task 0: any of the process */
	uint64_t serial;       /* of the process */
	uint64_t file;         /* of what is in fd and fdinfo: the descriptor */
};

static struct slab entries = SLAB(struct proc_entry), texts = SLAB(struct proc_text);
static const struct entry_operations folder_operations, file_operations, link_operations, magic_link_operations, file_link_operations;
static const struct proc_node root_node = {.name = "proc", .mode = MODE_DIRECTORY | 0555, .nodes = proc_system_nodes};
static const struct proc_node process_node = {.name = "PID", .mode = MODE_DIRECTORY | 0555, .nodes = proc_process_nodes};
static const struct proc_node task_node = {.name = "TID", .mode = MODE_DIRECTORY | 0555, .nodes = proc_task_nodes};
static void file_info_tell(struct proc_text *text, const struct proc_subject *subject);
static const struct proc_node file_node = {.name = "fd link", .mode = MODE_LINK | 0700, .inspects = true};
static const struct proc_node file_info_node = {.name = "fdinfo", .mode = MODE_REGULAR | 0444, .tell = file_info_tell, .inspects = true};

static struct proc_entry *of(struct entry *entry)
{
	return (struct proc_entry *)entry;
}

/* A number made of what makes an entry that one: no two places that exist at a time share one, but by an accident of the hash. */
static uint64_t inode_of(const struct proc_node *node, int32_t process, int32_t task, uint64_t file)
{
	const struct process *owner = process ? process_find(process) : NULL; /* another one with the same number has other places */
	uint64_t mix = ((owner ? owner->serial : 0) << 32 | (uint32_t)task) * 0x9e3779b97f4a7c15ull + (uint64_t)node + file * 0x100000001b3ull;

	return mix * 0x9e3779b97f4a7c15ull >> 16 | 1; /* nodes lie near each other */
}

static const struct entry_operations *operations_of(const struct proc_node *node)
{
	switch (node->mode & MODE_TYPE) {
	case MODE_DIRECTORY:
		return &folder_operations;
	case MODE_LINK:
		return node == &file_node ? &file_link_operations : node->magic ? &magic_link_operations : &link_operations;
	default:
		return &file_operations;
	}
}

static struct proc_entry *entry_make(struct entry *parent, const struct proc_node *node, int32_t process, int32_t task)
{
	struct proc_entry *made = slab_take(&entries);
	const struct process *owner = process ? process_find(process) : NULL;
	const struct task *leader = owner ? process_task(owner) : NULL;

	if (owner && owner->dumpable != DUMPABLE_USER && (node->mode & MODE_TYPE) == MODE_REGULAR) /* they are root's */
		leader = NULL;
	if (!made)
		return NULL;
	made->entry = (struct entry){
		.operations = operations_of(node),
		.users = 1,
		.mode = node->mode,
		.owner = leader && leader->credentials ? leader->credentials->effective_user : 0,
		.group = leader && leader->credentials ? leader->credentials->effective_group : 0,
		.filesystem = FILESYSTEM_PROCESS,
		.inode = inode_of(node, process, task, 0),
		.parent = parent,
	};
	made->node = node;
	made->process = process;
	made->serial = owner ? owner->serial : 0;
	made->task = task;
	if (parent)
		entry_hold(parent);
	return made;
}

static void entry_free(struct entry *entry)
{
	slab_return(&entries, of(entry));
}

struct entry *proc_root(void)
{
	struct proc_entry *root = entry_make(NULL, &root_node, 0, 0);

	return root ? &root->entry : NULL;
}

/* The process of which an entry tells; a null pointer when it is no more. */
static struct process *process_of(const struct proc_entry *entry)
{
	struct process *process = process_find(entry->process);

	return process && process->serial == entry->serial ? process : NULL;
}

bool proc_is_directory_of(const struct entry *entry, struct process **process)
{
	const struct proc_entry *of_process = (const struct proc_entry *)entry;

	if (entry->operations != &folder_operations || of_process->node != &process_node)
		return false;
	*process = process_of(of_process);
	return true;
}

static struct tree_kind kind = {.type = "proc", .root = proc_root};

void proc_start(void)
{
	tree_register(&kind);
}

/* Of whom an entry tells. -ESRCH: it is no more. */
static int subject_find(const struct proc_entry *entry, struct task *reader, struct proc_subject *subject)
{
	*subject = (struct proc_subject){.reader = reader, .file = entry->file};
	if (!entry->process)
		return 0;
	subject->process = process_of(entry);
	if (!subject->process)
		return -ESRCH;
	subject->task = entry->task ? task_find(entry->task) : process_task(subject->process);
	return entry->task && (!subject->task || subject->task->process != subject->process) ? -ESRCH : 0;
}

/* A name that is a number without leading zeros; 0 when it is none. */
static int64_t number_of(const char *name)
{
	int64_t number = 0;

	if (*name == '0' && name[1])
		return -1;
	for (; *name >= '0' && *name <= '9' && number < INT32_MAX; name++)
		number = number * 10 + (*name - '0');
	return *name || number > INT32_MAX ? -1 : number;
}

/* Directories. */

static int found_give(struct proc_entry *made, struct entry **found)
{
	*found = made ? &made->entry : NULL;
	return made ? 0 : -ENOMEM;
}

static int process_directory_find(struct entry *directory, const char *name, struct entry **found)
{
	int64_t number = number_of(name);
	const struct task *task = number > 0 ? task_find((int32_t)number) : NULL;

	if (number <= 0 || (!process_find((int32_t)number) && !task))
		return -ENOENT;
	return found_give(entry_make(directory, &process_node, task ? task->process->id : (int32_t)number, task && task->id != task->process->id ? task->id : 0), found);
}

static int directory_find(struct entry *directory, struct task *task, const char *name, struct entry **found)
{
	const struct proc_entry *entry = of(directory);
	struct proc_subject subject;

	if (subject_find(entry, task, &subject) != 0)
		return -ENOENT;
	if (entry->node->special)
		return entry->node->special(directory, task, name, found);
	for (const struct proc_node *node = entry->node->nodes; node->name; node++)
		if (strcmp(node->name, name) == 0)
			return found_give(entry_make(directory, node, entry->process, entry->task), found);
	return entry->node == &root_node ? process_directory_find(directory, name, found) : -ENOENT;
}

/* The process with the lowest number from `id` on. */
static const struct process *process_after(int32_t id)
{
	const struct process *next = NULL;

	for (const struct process *process = processes; process; process = process->next)
		if (process->id >= id && (!next || process->id < next->id))
			next = process;
	return next;
}

static bool number_record_put(void *buffer, size_t bytes, size_t *done, const struct proc_node *node, int32_t process, int32_t task, uint64_t number, uint64_t cookie)
{
	char name[24];
	int64_t length = number_text((int64_t)number, name, sizeof(name) - 1);

	name[length > 0 ? length : 0] = '\0';
	return record_put(buffer, bytes, done, inode_of(node, process, task, node == &file_node || node == &file_info_node ? number + 1 : 0), node->mode, name, cookie);
}

static void processes_list(uint64_t *cookie, void *buffer, size_t bytes, size_t *done)
{
	const struct process *process;

	if (*cookie < PROCESS_COOKIE)
		*cookie = PROCESS_COOKIE;
	while ((process = process_after((int32_t)(*cookie - PROCESS_COOKIE))) != NULL) {
		uint64_t next = (uint64_t)process->id + PROCESS_COOKIE + 1;

		if (!number_record_put(buffer, bytes, done, &process_node, process->id, 0, (uint64_t)process->id, next))
			return;
		*cookie = next;
	}
}

static int64_t directory_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes)
{
	const struct proc_entry *entry = of(directory);
	const struct proc_node *nodes = entry->node->nodes;
	struct proc_subject subject;
	size_t done = 0;
	uint64_t count = 0;

	if (subject_find(entry, task, &subject) != 0)
		return -ENOENT;
	if (entry->node->list_special)
		return entry->node->list_special(directory, task, cookie, buffer, bytes);
	while (nodes[count].name)
		count++;
	while (*cookie - FIRST_COOKIE < count) {
		const struct proc_node *node = &nodes[*cookie - FIRST_COOKIE];

		if (!record_put(buffer, bytes, &done, inode_of(node, entry->process, entry->task, 0), node->mode, node->name, *cookie + 1))
			return done ? (int64_t)done : -EINVAL;
		++*cookie;
	}
	if (entry->node == &root_node)
		processes_list(cookie, buffer, bytes, &done);
	return (int64_t)done;
}

/* Whether the reader may look at an entry of a process, beyond what its mode says: asked again at each look into a directory, which he may have opened when the process was another one. */
static bool entry_may_look(const struct proc_entry *entry, const struct proc_subject *subject)
{
	return !entry->node->inspects || !subject->task || may_look(subject->reader, subject->task);
}

static int folder_open(struct entry *entry, struct task *task, struct description *description)
{
	struct proc_subject subject;

	(void)description;
	if (subject_find(of(entry), task, &subject) != 0)
		return -ENOENT;
	return entry_may_look(of(entry), &subject) ? 0 : -EACCES;
}

static const struct entry_operations folder_operations = {.find = directory_find, .list = directory_list, .open = folder_open, .release = entry_free};

/* /proc/PID/task */

int proc_task_find(struct entry *directory, struct task *task, const char *name, struct entry **found)
{
	int64_t number = number_of(name);
	const struct task *other = number > 0 ? task_find((int32_t)number) : NULL;

	(void)task;
	if (!other || other->process->id != of(directory)->process)
		return -ENOENT;
	return found_give(entry_make(directory, &task_node, other->process->id, other->id), found);
}

int64_t proc_tasks_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes)
{
	const struct process *process = process_find(of(directory)->process);
	uint64_t at = FIRST_COOKIE;
	size_t done = 0;

	(void)task;
	for (const struct task *other = process ? process->tasks : NULL; other; other = other->next_in_process, at++) {
		if (at < *cookie)
			continue;
		if (!number_record_put(buffer, bytes, &done, &task_node, process->id, other->id, (uint64_t)other->id, at + 1))
			return done ? (int64_t)done : -EINVAL;
		*cookie = at + 1;
	}
	return (int64_t)done;
}

/* /proc/PID/fd */

static struct descriptors *files_of(const struct entry *directory, struct task *task, struct proc_subject *subject)
{
	if (subject_find((const struct proc_entry *)directory, task, subject) != 0 || !subject->task)
		return NULL;
	return subject->task->files;
}

/* A link to an open file tells what it is open for. */
static uint32_t file_link_mode(const struct description *description)
{
	return MODE_LINK | 0100 | (description_reads(description) ? 0400 : 0) | (description_writes(description) ? 0200 : 0);
}

static int numbered_find(struct entry *directory, struct task *task, const char *name, const struct proc_node *node, struct entry **found)
{
	struct proc_subject subject;
	const struct descriptors *files = files_of(directory, task, &subject);
	int64_t number = number_of(name);
	struct proc_entry *made;

	if (files && !entry_may_look(of(directory), &subject))
		return -EACCES;
	if (!files || number < 0 || !descriptor_find(files, (uint64_t)number))
		return -ENOENT;
	made = entry_make(directory, node, of(directory)->process, of(directory)->task);
	if (made) {
		made->file = (uint64_t)number;
		if (node == &file_node)
			made->entry.mode = file_link_mode(descriptor_find(files, made->file));
		made->entry.inode = inode_of(node, made->process, made->task, made->file + 1);
	}
	return found_give(made, found);
}

int proc_file_find(struct entry *directory, struct task *task, const char *name, struct entry **found)
{
	return numbered_find(directory, task, name, &file_node, found);
}

int proc_file_info_find(struct entry *directory, struct task *task, const char *name, struct entry **found)
{
	return numbered_find(directory, task, name, &file_info_node, found);
}

static int64_t numbers_list(struct entry *directory, struct task *task, const struct proc_node *node, uint64_t *cookie, void *buffer, size_t bytes)
{
	struct proc_subject subject;
	const struct descriptors *files = files_of(directory, task, &subject);
	size_t done = 0;

	if (files && !entry_may_look(of(directory), &subject))
		return -EACCES;
	for (uint64_t number = files ? descriptor_next(files, *cookie - FIRST_COOKIE) : DESCRIPTORS_MAX; number < DESCRIPTORS_MAX; number = descriptor_next(files, number + 1)) {
		if (!number_record_put(buffer, bytes, &done, node, of(directory)->process, of(directory)->task, number, number + 1 + FIRST_COOKIE))
			return done ? (int64_t)done : -EINVAL;
		*cookie = number + 1 + FIRST_COOKIE;
	}
	return (int64_t)done;
}

int64_t proc_files_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes)
{
	return numbers_list(directory, task, &file_node, cookie, buffer, bytes);
}

int64_t proc_file_infos_list(struct entry *directory, struct task *task, uint64_t *cookie, void *buffer, size_t bytes)
{
	return numbers_list(directory, task, &file_info_node, cookie, buffer, bytes);
}

static void file_info_tell(struct proc_text *text, const struct proc_subject *subject)
{
	const struct descriptors *files = subject->task ? subject->task->files : NULL;
	const struct description *description = files ? descriptor_find(files, subject->file) : NULL;
	const struct text_column flags = {.value = description ? (int64_t)(description->flags | (descriptor_closes(files, subject->file) ? LINUX_O_CLOEXEC : 0)) : 0, .base = 8};

	if (!description)
		return;
	text_add(text, "pos:\t%u\nflags:\t0", description->offset);
	text_add_columns(text, &flags, 1);
	text_add(text, "mnt_id:\t%u\nino:\t%u\n", (uint64_t)description_mount_number(description), description->inode);
	if (description->operations->describe)
		description->operations->describe(description, text);
}

/* The open file that a link in fd leads to, held: -ENOENT, -EACCES. */
static int file_link_follow(struct entry *link, struct task *task, struct description **description)
{
	struct proc_subject subject;
	const struct descriptors *files = files_of(link, task, &subject);

	if (files && !entry_may_look(of(link), &subject))
		return -EACCES;
	*description = files ? descriptor_find(files, of(link)->file) : NULL;
	if (!*description)
		return -ENOENT;
	description_hold(*description);
	return 0;
}

/* Two texts one behind the other, which are short; the length. */
static int64_t text_put(char path[PATH_BYTES_MAX + 1], const char *first, const char *second)
{
	size_t before = strlen(first), after = strlen(second);

	memcpy(path, first, before); /* NOLINT(bugprone-not-null-terminated-result): the end comes with the second */
	memcpy(path + before, second, after + 1);
	return (int64_t)(before + after);
}

/* What a link to an open file reads as: its path, or what kind of nameless thing it is. */
static int64_t description_name(const struct description *description, char path[PATH_BYTES_MAX + 1])
{
	const char *prefix = description_is(description, MODE_FIFO) ? "pipe:[" : description_is(description, MODE_SOCKET) ? "socket:[" : "anon_inode:", *what = description->operations->kind;
	int64_t length, digits;

	if (description->filesystem == FILESYSTEM_MEMORY && description->text) /* no path: a name, and that it is one of nothing */
		return text_put(path, description->text, "");
	length = text_resolve(description, path);
	if (length >= 0)
		return length;
	if (description->filesystem == FILESYSTEM_ANONYMOUS && what)
		return text_put(path, prefix, what);
	length = (int64_t)strlen(prefix);
	memcpy(path, prefix, (size_t)length);
	digits = number_text((int64_t)description->inode, path + length, PATH_BYTES_MAX - (size_t)length);
	path[length + digits] = ']';
	return length + digits + 1;
}

static int64_t file_link_read(struct entry *link, struct task *task, char *target, size_t bytes)
{
	struct description *description;
	char path[PATH_BYTES_MAX + 1];
	int64_t length = file_link_follow(link, task, &description);

	if (length)
		return length;
	length = description_name(description, path);
	description_release(description);
	if (length < 0)
		return length;
	length = (size_t)length < bytes ? length : (int64_t)bytes;
	memcpy(target, path, (size_t)length);
	return length;
}

static const struct entry_operations file_link_operations = {.read_link = file_link_read, .follow = file_link_follow, .release = entry_free};

/* Other links. */

static int64_t link_read(struct entry *link, struct task *task, char *target, size_t bytes)
{
	struct proc_subject subject;

	if (subject_find(of(link), task, &subject) != 0)
		return -ENOENT;
	return of(link)->node->read_link(&subject, target, bytes);
}

static const struct entry_operations link_operations = {.read_link = link_read, .release = entry_free}, magic_link_operations = {.read_link = link_read, .magic = true, .release = entry_free};

/* Files. */

static int64_t text_file_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	unsigned char piece[512];
	int64_t done = 0;

	(void)task;
	while (transfer->left) {
		size_t count = text_read(description->data, *offset, piece, transfer->left < sizeof(piece) ? transfer->left : sizeof(piece));
		int64_t put = count ? transfer_put(transfer, piece, count) : 0;

		if (put <= 0)
			return done ? done : put;
		*offset += (uint64_t)put;
		done += put;
	}
	return done;
}

static int64_t text_file_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	const struct proc_entry *entry = of(description->entry);
	struct proc_subject subject;
	char line[LINE_MAX];
	int64_t bytes, taken;

	(void)offset;
	if (!entry->node->take)
		return -EACCES;
	if (subject_find(entry, task, &subject) != 0)
		return -ESRCH;
	bytes = transfer_get(transfer, line, sizeof(line) - 1);
	if (bytes < 0)
		return bytes;
	line[bytes] = '\0';
	taken = entry->node->take(&subject, line, (size_t)bytes);
	return taken < 0 ? taken : bytes;
}

static int64_t text_file_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	(void)task;
	return whence == LINUX_SEEK_SET || whence == LINUX_SEEK_CUR ? offset_sought(description, offset, whence, 0) : -EINVAL;
}

static void text_file_release(struct description *description)
{
	text_pages_free(description->data);
	slab_return(&texts, description->data);
}

static const struct description_operations text_file_operations = {.read = text_file_read, .write = text_file_write, .seek = text_file_seek, .release = text_file_release};

static int file_open_text(struct entry *entry, struct task *task, struct description *description)
{
	struct proc_subject subject;
	struct proc_text *text;

	if (subject_find(of(entry), task, &subject) != 0)
		return -ENOENT;
	if (!entry_may_look(of(entry), &subject))
		return -EACCES;
	if (of(entry)->node->open)
		return of(entry)->node->open(&subject, description);
	text = slab_take(&texts);
	if (!text)
		return -ENOMEM;
	of(entry)->node->tell(text, &subject);
	description->operations = &text_file_operations;
	description->data = text;
	return 0;
}

static const struct entry_operations file_operations = {.open = file_open_text, .release = entry_free};
