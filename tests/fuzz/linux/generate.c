/* SPDX-License-Identifier: MIT */
/*
 * Makes calls (grammar.h): each argument from the next bytes of the input, by its kind. Most values are such that a call goes on to its work; about one in eight is out of the ordinary. Lengths are made after what they
 * measure, so that they are mostly true.
 */
#include <string.h>

#include "tests/fuzz/linux/table.h"

#define AT_FDCWD ((uint64_t)-100)
#define BUFFER_MOST 4096
#define ELEMENTS_MOST 8
#define PAGE_BYTES 4096
#define PAGES_MOST 16 /* that lengths of memory have mostly */
#define NEWEST 3      /* of what is remembered: taken as often as all else */
#define FIRST_USERS 24 /* numbers: what reads and writes */
#define NEIGHBOURS 16  /* numbers around the last call's, which have much to do with it */
#define NUMBERS 370    /* that calls have, but for a gap */
#define GAP_FIRST 335
#define GAP_NUMBERS (424 - GAP_FIRST)

void grammar_start(struct grammar *grammar, const uint8_t *bytes, size_t size, const struct grammar_memory *memory)
{
	*grammar = (struct grammar){.next = bytes, .left = size, .memory = memory, .given = GIVES_NOTHING};
}

void grammar_remember(struct grammar *grammar, enum grammar_resource resource, uint64_t value)
{
	grammar->values[resource][grammar->counts[resource]++ % GRAMMAR_REMEMBERED] = value;
}

/* The next `count` bytes of the input as a number; 0 when it is used up. */
static uint64_t take(struct grammar *grammar, unsigned count)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < count && grammar->left; i++) {
		value |= (uint64_t)*grammar->next++ << 8 * i;
		grammar->left--;
	}
	return value;
}

static uint64_t take_below(struct grammar *grammar, uint64_t limit)
{
	return take(grammar, limit > 256 ? 2 : 1) % limit;
}

static bool one_in_eight(struct grammar *grammar)
{
	return take(grammar, 1) % 8 == 7;
}

static uint64_t number_make(struct grammar *grammar)
{
	static const uint64_t interesting[] = {0, 1, 2, 3, 7, 8, 64, 255, 4095, 4096, 4097, 65536, INT32_MAX, 0x80000000, UINT32_MAX, 0x100000000, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX, UINT64_MAX - 4095};
	unsigned count = sizeof(interesting) / sizeof(interesting[0]);

	switch (take_below(grammar, 4)) {
	case 0:
		return take(grammar, 1);
	case 1:
		return take(grammar, 8);
	default:
		return interesting[take_below(grammar, count)];
	}
}

static uint64_t resource_make(struct grammar *grammar, enum grammar_resource resource)
{
	unsigned count = grammar->counts[resource] < GRAMMAR_REMEMBERED ? grammar->counts[resource] : GRAMMAR_REMEMBERED;

	uint64_t choice;

	if (!count || one_in_eight(grammar))
		return number_make(grammar);
	choice = take(grammar, 1);
	if (choice % 2)
		return grammar->values[resource][(grammar->counts[resource] - 1 - choice / 2 % (count < NEWEST ? count : NEWEST)) % GRAMMAR_REMEMBERED];
	return grammar->values[resource][choice / 2 % count];
}

/* Files of a kind: which arguments (of which calls; null: of all) take them, and which calls give them. */
static const struct file_kind {
	enum grammar_resource resource;
	const char *argument, *taker;
	const char *givers[4];
} file_kinds[] = {
	{RESOURCE_SOCKET, "sockfd", NULL, {"socket", "socketpair", "accept", "accept4"}},
	{RESOURCE_EPOLL, "epfd", NULL, {"epoll_create", "epoll_create1"}},
	{RESOURCE_QUEUE, "mqdes", NULL, {"mq_open"}},
	{RESOURCE_PIDFD, "pidfd", NULL, {"pidfd_open"}},
	{RESOURCE_TIMERFD, "fd", "timerfd_settime", {"timerfd_create"}},
	{RESOURCE_TIMERFD, "fd", "timerfd_gettime", {NULL}},
	{RESOURCE_INOTIFY, "fd", "inotify_add_watch", {"inotify_init", "inotify_init1"}},
	{RESOURCE_INOTIFY, "fd", "inotify_rm_watch", {NULL}},
	{RESOURCE_PIPE, "fd_in", NULL, {"pipe", "pipe2"}},
	{RESOURCE_PIPE, "fd_out", NULL, {NULL}},
	{RESOURCE_PIPE, "fd", "vmsplice", {NULL}},
	{RESOURCE_TERMINAL, "fd", "ioctl", {NULL}},
};
#define FILE_KINDS (sizeof(file_kinds) / sizeof(file_kinds[0]))

/* A file, mostly of the kind that the call is for. */
static uint64_t file_make(struct grammar *grammar, const struct row *row, const struct argument *argument)
{
	for (unsigned i = 0; i < FILE_KINDS; i++) {
		const struct file_kind *kind = &file_kinds[i];

		if (!strcmp(kind->argument, argument->name) && (!kind->taker || !strcmp(kind->taker, row->name)) && grammar->counts[kind->resource])
			return resource_make(grammar, take(grammar, 1) % 4 ? kind->resource : RESOURCE_FILE);
	}
	return resource_make(grammar, RESOURCE_FILE);
}

static void file_given(struct grammar *grammar, const struct row *row, uint64_t file)
{
	grammar_remember(grammar, RESOURCE_FILE, file);
	for (unsigned i = 0; i < FILE_KINDS; i++)
		for (unsigned giver = 0; giver < 4 && file_kinds[i].givers[giver]; giver++)
			if (!strcmp(file_kinds[i].givers[giver], row->name))
				grammar_remember(grammar, file_kinds[i].resource, file);
}

static uint64_t set_make(struct grammar *grammar, const struct constants *set, const struct constants *second)
{
	uint64_t flags = 0;

	if (one_in_eight(grammar))
		return number_make(grammar);
	for (uint64_t count = take_below(grammar, 4); count && set->count; count--)
		flags |= set->values[take_below(grammar, set->count)];
	if (second && second->count)
		flags |= second->values[take_below(grammar, second->count)];
	return flags;
}

static uint64_t choice_make(struct grammar *grammar, const struct constants *set)
{
	if (!set->count || one_in_eight(grammar))
		return number_make(grammar);
	return set->values[take_below(grammar, set->count)];
}

/* A place for `bytes` in the memory, aligned; when there is none any more, the first is used again. */
static uint64_t place_take(struct grammar *grammar, uint64_t bytes)
{
	uint64_t place;

	if (grammar->used + bytes > grammar->memory->bytes)
		grammar->used = 0;
	place = grammar->memory->start + grammar->used;
	grammar->used += (bytes + 15) & ~UINT64_C(15);
	return place;
}

/* A pointer that is wrong in some way, or 0 when this one shall be right. */
static bool bad_pointer_make(struct grammar *grammar, uint64_t *pointer)
{
	const struct grammar_memory *memory = grammar->memory;

	if (!one_in_eight(grammar))
		return false;
	*pointer = memory->bad[take_below(grammar, sizeof(memory->bad) / sizeof(memory->bad[0]))];
	return true;
}

static void write_at(struct grammar *grammar, uint64_t address, const void *bytes, size_t size)
{
	grammar->memory->write(grammar->memory->context, address, bytes, size);
}

static uint64_t bytes_make(struct grammar *grammar, uint64_t count)
{
	uint8_t bytes[64] = {0};
	uint64_t filled = count < sizeof(bytes) ? count : sizeof(bytes), place;

	if (bad_pointer_make(grammar, &place))
		return place;
	place = place_take(grammar, count);
	for (uint64_t i = 0; i < filled; i += 8) {
		uint64_t word = number_make(grammar);

		memcpy(bytes + i, &word, filled - i < 8 ? filled - i : 8);
	}
	write_at(grammar, place, bytes, filled);
	return place;
}

static uint64_t text_write(struct grammar *grammar, const char *text)
{
	uint64_t place = place_take(grammar, strlen(text) + 1);

	write_at(grammar, place, text, strlen(text) + 1);
	return place;
}

static uint64_t path_make(struct grammar *grammar)
{
	static const char *const paths[] = {"a", "b", "d", "d/a", "d/b", "d/e", "/tmp/a", "/tmp/d/../b", "/tmp/b", "./b", "/", ".", "..", "", "a/", "link", "/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/proc/self/fd/3", "/proc/self/status", "/proc/self/maps",
		"/proc/1/stat", "/etc/passwd", "//tmp//./a", "/dev/ptmx", "/mnt", "nothing/there", "fifo", "socket", "user.a", "/dev/pts/0", "/dev/shm/a", "/dev/random"};
	static const char *const told[] = {"self/stat", "self/statm", "self/comm", "self/cmdline", "self/environ", "self/exe", "self/cwd", "self/root", "self/fd", "self/fdinfo/3", "self/fdinfo/9", "self/fdinfo/14", "self/fdinfo/15", "self/limits",
		"self/mem", "self/pagemap", "self/mounts", "self/task", "self/oom_score", "self/oom_score_adj", "self/signals", "", "self", "1", "2/fd", "3/status", "3/maps", "cpuinfo", "meminfo", "stat", "uptime", "loadavg", "version", "filesystems",
		"mounts", "slabinfo", "swaps", "devices", "cmdline", "locks", "net/unix", "sysvipc/shm", "sysvipc/sem", "sysvipc/msg", "sys/kernel/hostname", "sys/kernel/domainname", "sys/kernel/osrelease", "sys/kernel/pid_max", "sys/kernel/msgmax",
		"sys/kernel/sem", "sys/kernel/shmmax", "sys/kernel/random/uuid", "sys/kernel/random/boot_id", "sys/kernel/random/entropy_avail", "sys/kernel/core_pattern", "sys/vm/overcommit_memory", "sys/vm/max_map_count", "sys/vm/swappiness",
		"sys/fs/nr_open", "sys/fs/protected_symlinks", "sys/fs/suid_dumpable", "sys/net/core/somaxconn", "sys/net/unix/max_dgram_qlen", "sys/kernel", "sys/fs"};
	char text[300] = "/proc/";
	uint64_t pointer;

	if (bad_pointer_make(grammar, &pointer))
		return pointer;
	if (take(grammar, 1) % 4 == 3) {
		strcat(text, told[take_below(grammar, sizeof(told) / sizeof(told[0]))]);
		return text_write(grammar, text);
	}
	if (!one_in_eight(grammar))
		return text_write(grammar, paths[take_below(grammar, sizeof(paths) / sizeof(paths[0]))]);
	pointer = take_below(grammar, sizeof(text) - 1);
	memset(text, 'n', pointer);
	for (uint64_t i = 0; i < pointer; i += 1 + take(grammar, 1) % 64)
		text[i] = (char)take(grammar, 1);
	text[pointer] = '\0';
	return text_write(grammar, text);
}

static uint64_t texts_make(struct grammar *grammar)
{
	uint64_t texts[ELEMENTS_MOST + 1] = {0}, pointer;

	if (bad_pointer_make(grammar, &pointer))
		return pointer;
	for (uint64_t i = 0, count = take_below(grammar, ELEMENTS_MOST); i < count; i++)
		texts[i] = path_make(grammar);
	pointer = place_take(grammar, sizeof(texts));
	write_at(grammar, pointer, texts, sizeof(texts));
	return pointer;
}

/* Below a page, or pages. */
static uint64_t size_make(struct grammar *grammar)
{
	uint64_t choice = take(grammar, 1);

	if (choice % 8 == 7)
		return number_make(grammar);
	return choice % 4 ? take_below(grammar, BUFFER_MOST) : take_below(grammar, PAGES_MOST) * PAGE_BYTES;
}

static uint64_t value_make(struct grammar *grammar, enum argument_kind kind, const struct constants *set)
{
	static const uint64_t users[] = {0, 1, 1000, 65534, UINT64_MAX};

	switch (kind) {
	case KIND_FILE:
		return resource_make(grammar, RESOURCE_FILE);
	case KIND_DIRECTORY:
		return take(grammar, 1) % 2 ? AT_FDCWD : resource_make(grammar, RESOURCE_FILE);
	case KIND_USER:
		return users[take_below(grammar, sizeof(users) / sizeof(users[0]))];
	case KIND_SIGNAL:
		return one_in_eight(grammar) ? number_make(grammar) : take_below(grammar, 66);
	case KIND_MODE:
		return take(grammar, 2) & 07777;
	case KIND_SET:
		return set_make(grammar, set, NULL);
	case KIND_CHOICE:
		return choice_make(grammar, set);
	case KIND_SIZE:
		return size_make(grammar);
	case KIND_OFFSET:
		return take(grammar, 1) % 2 ? size_make(grammar) : number_make(grammar);
	case KIND_ADDRESS:
		return one_in_eight(grammar) ? number_make(grammar) : resource_make(grammar, RESOURCE_ADDRESS);
	default:
		return number_make(grammar);
	}
}

/* Members by their kinds; times mostly as a clock tells them: small. */
static void structure_fill(struct grammar *grammar, const struct layout *layout, uint64_t place)
{
	for (const struct member *member = layout->members(); member->bytes; member++) {
		uint64_t value = member->kind == KIND_MEMORY ? take(grammar, 1) : value_make(grammar, member->kind, member->set);

		write_at(grammar, place + member->offset, &value, member->bytes < sizeof(value) ? member->bytes : sizeof(value));
	}
}

static uint64_t structures_make(struct grammar *grammar, const struct layout *layout, uint64_t count)
{
	uint64_t place;

	if (!layout->members)
		return bytes_make(grammar, layout->bytes * count);
	if (bad_pointer_make(grammar, &place))
		return place;
	place = place_take(grammar, layout->bytes * count);
	for (uint64_t i = 0; i < count; i++)
		structure_fill(grammar, layout, place + i * layout->bytes);
	return place;
}

static uint64_t vector_make(struct grammar *grammar, uint64_t count)
{
	uint64_t pieces[ELEMENTS_MOST][2], place;

	if (bad_pointer_make(grammar, &place))
		return place;
	for (uint64_t i = 0; i < count; i++) {
		pieces[i][1] = value_make(grammar, KIND_SIZE, NULL);
		pieces[i][0] = bytes_make(grammar, pieces[i][1] < BUFFER_MOST ? pieces[i][1] : BUFFER_MOST);
	}
	place = place_take(grammar, sizeof(pieces));
	write_at(grammar, place, pieces, count * sizeof(pieces[0]));
	return place;
}

/* struct sockaddr_un: a path, or behind a NUL a name. Its length may be that of the whole structure. */
static uint64_t socket_address_make(struct grammar *grammar, uint64_t *length)
{
	static const char names[][8] = {"socket", "a", "\0hidden", "\0x", ""};
	static const uint8_t lengths[] = {8, 3, 9, 4, 2};
	char address[110] = {1};
	uint64_t place, name = take_below(grammar, sizeof(names) / sizeof(names[0]));

	*length = take(grammar, 1) % 2 ? lengths[name] : sizeof(address);
	if (bad_pointer_make(grammar, &place))
		return place;
	if (one_in_eight(grammar))
		address[0] = (char)take(grammar, 1);
	memcpy(address + 2, names[name], sizeof(names[0]));
	place = place_take(grammar, sizeof(address));
	write_at(grammar, place, address, sizeof(address));
	return place;
}

/* struct msghdr with a vector, sometimes a name, sometimes files beside it. */
static uint64_t message_make(struct grammar *grammar)
{
	uint64_t count = take_below(grammar, ELEMENTS_MOST), place, control[4] = {20, 1 | (uint64_t)1 << 32, 0, 0};
	uint64_t message[7] = {0};

	if (bad_pointer_make(grammar, &place))
		return place;
	if (take(grammar, 1) % 2)
		message[0] = socket_address_make(grammar, &message[1]);
	message[2] = vector_make(grammar, count);
	message[3] = one_in_eight(grammar) ? number_make(grammar) : count;
	if (take(grammar, 1) % 2) {
		control[2] = resource_make(grammar, RESOURCE_FILE) & UINT32_MAX;
		message[4] = place_take(grammar, sizeof(control));
		message[5] = one_in_eight(grammar) ? number_make(grammar) : 24;
		write_at(grammar, message[4], control, sizeof(control));
	}
	place = place_take(grammar, sizeof(message));
	write_at(grammar, place, message, sizeof(message));
	return place;
}

/* An argument that measures another one is made with that. */
static void measure(struct grammar *grammar, const struct row *row, struct grammar_call *call, const struct argument *argument, uint64_t amount)
{
	for (unsigned i = 0; i < GRAMMAR_ARGUMENTS && row->arguments[i].name; i++) {
		if (!strcmp(row->arguments[i].name, argument->other))
			call->arguments[i] = one_in_eight(grammar) ? number_make(grammar) : amount;
	}
}

static bool is_measure(const struct row *row, const struct argument *argument)
{
	for (unsigned i = 0; i < GRAMMAR_ARGUMENTS && row->arguments[i].name; i++) {
		if (row->arguments[i].other && !strcmp(row->arguments[i].other, argument->name))
			return true;
	}
	return false;
}

static uint64_t measured_address_make(struct grammar *grammar, const struct row *row, struct grammar_call *call, const struct argument *argument)
{
	uint64_t length, place = socket_address_make(grammar, &length);

	measure(grammar, row, call, argument, length);
	return place;
}

static uint64_t measured_structure_make(struct grammar *grammar, const struct row *row, struct grammar_call *call, const struct argument *argument)
{
	if (argument->other)
		measure(grammar, row, call, argument, argument->structure->bytes);
	return structures_make(grammar, argument->structure, 1);
}

static uint64_t measured_make(struct grammar *grammar, const struct row *row, struct grammar_call *call, const struct argument *argument)
{
	uint64_t amount = take_below(grammar, argument->kind == KIND_BUFFER ? BUFFER_MOST : ELEMENTS_MOST);

	measure(grammar, row, call, argument, amount);
	if (argument->kind == KIND_BUFFER)
		return bytes_make(grammar, amount);
	return argument->kind == KIND_VECTOR ? vector_make(grammar, amount) : structures_make(grammar, argument->structure, amount);
}

static uint64_t length_make(struct grammar *grammar)
{
	int32_t length = (int32_t)take_below(grammar, 130);
	uint64_t place;

	if (bad_pointer_make(grammar, &place))
		return place;
	place = place_take(grammar, sizeof(length));
	write_at(grammar, place, &length, sizeof(length));
	return place;
}

static uint64_t anything_make(struct grammar *grammar, const struct argument *argument)
{
	switch (take_below(grammar, 6)) {
	case 0:
		return bytes_make(grammar, 128);
	case 1:
		return resource_make(grammar, RESOURCE_FILE);
	case 2:
		return structures_make(grammar, pointed[take_below(grammar, pointed_count)], 1);
	case 3:
		return resource_make(grammar, RESOURCE_ADDRESS);
	case 4:
		if (argument->structure)
			return structures_make(grammar, argument->structure, 1);
		return number_make(grammar);
	default:
		return number_make(grammar);
	}
}

/* What arguments of a name mostly are, where chance would hardly come to it: the size of a set of signals, AF_UNIX, SOL_SOCKET, an unlocked futex. */
static bool usual_make(struct grammar *grammar, const struct argument *argument, uint64_t *value)
{
	static const struct {
		const char *name;
		uint64_t value;
	} usual[] = {{"sigsetsize", 8}, {"sizemask", 8}, {"domain", 1}, {"protocol", 0}, {"level", 1}, {"val", 0}};

	for (unsigned i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (strcmp(usual[i].name, argument->name))
			continue;
		*value = usual[i].value;
		return take(grammar, 1) % 4 != 3;
	}
	return false;
}

static uint64_t argument_make(struct grammar *grammar, const struct row *row, struct grammar_call *call, const struct argument *argument)
{
	uint64_t value;

	if (usual_make(grammar, argument, &value))
		return value;
	switch (argument->kind) {
	case KIND_FILE:
		return file_make(grammar, row, argument);
	case KIND_BUFFER:
	case KIND_ARRAY:
	case KIND_VECTOR:
		return measured_make(grammar, row, call, argument);
	case KIND_RESOURCE:
		return resource_make(grammar, argument->resource);
	case KIND_SET:
		return set_make(grammar, argument->set, argument->second);
	case KIND_PATH:
	case KIND_TEXT:
		return path_make(grammar);
	case KIND_TEXTS:
		return texts_make(grammar);
	case KIND_MEMORY:
	case KIND_FILES:
		return bytes_make(grammar, argument->bytes);
	case KIND_STRUCTURE:
		return measured_structure_make(grammar, row, call, argument);
	case KIND_MESSAGE:
		return message_make(grammar);
	case KIND_SOCKET_ADDRESS:
		return measured_address_make(grammar, row, call, argument);
	case KIND_LENGTH:
		return length_make(grammar);
	case KIND_ANYTHING:
		return anything_make(grammar, argument);
	default:
		return value_make(grammar, argument->kind, argument->set);
	}
}

static bool row_takes(const struct row *row, unsigned resource)
{
	for (unsigned i = 0; i < GRAMMAR_ARGUMENTS && row->arguments[i].name; i++) {
		const struct argument *argument = &row->arguments[i];

		if (argument->kind == KIND_RESOURCE ? argument->resource == resource : argument->kind == KIND_FILE ? resource == RESOURCE_FILE : argument->kind == KIND_ADDRESS && resource == RESOURCE_ADDRESS)
			return true;
	}
	return false;
}

/* Numbers in their order, without the gap that Linux has among them. */
static uint64_t number_at(unsigned place)
{
	return place < GAP_FIRST ? place : place + GAP_NUMBERS;
}

/* A row that takes what the last call has given: of files, mostly one of the first, which read and write. */
static const struct row *row_using(const struct grammar *grammar, unsigned choice)
{
	unsigned users = choice & 1 ? FIRST_USERS : NUMBERS;

	for (unsigned i = 0, place = choice / 2 % users; i < users; i++, place = (place + 1) % users) {
		const struct row *row = row_of(number_at(place));

		if (row && row_takes(row, grammar->given))
			return row;
	}
	return NULL;
}

/* Any row, or one near that of the last call, or one that takes what it has given; null where nothing is built. Chosen by its number, so that a row that comes to be built changes no other choice. */
static const struct row *row_choose(struct grammar *grammar)
{
	unsigned choice = (unsigned)take(grammar, 2);

	if (choice & 0x4000 && grammar->given != GIVES_NOTHING)
		return row_using(grammar, choice & 0x3fff);
	if (choice & 0x8000)
		return row_of(grammar->last - NEIGHBOURS / 2 + choice % NEIGHBOURS);
	return row_of(number_at(choice % NUMBERS));
}

bool grammar_next(struct grammar *grammar, struct grammar_call *call)
{
	const struct row *row = NULL;

	grammar->used = 0;
	do {
		if (grammar->left < 2)
			return false;
		row = row_choose(grammar);
	} while (!row || grammar->forbidden[row->number]);
	grammar->last = row->number;
	grammar->given = GIVES_NOTHING;
	*call = (struct grammar_call){.number = row->number};
	for (unsigned i = 0; i < GRAMMAR_ARGUMENTS && row->arguments[i].name; i++) {
		if (!is_measure(row, &row->arguments[i]))
			call->arguments[i] = argument_make(grammar, row, call, &row->arguments[i]);
	}
	return true;
}

/* What is closed or unmapped is not offered any more. */
static void forget(struct grammar *grammar, enum grammar_resource resource, uint64_t value)
{
	for (unsigned i = 0; i < GRAMMAR_REMEMBERED && i < grammar->counts[resource]; i++) {
		if (grammar->values[resource][i] == value)
			grammar->values[resource][i] = grammar->values[resource][0];
	}
}

/* Resources that a call has written to memory. */
static void written_learn(struct grammar *grammar, const struct row *row, const struct grammar_call *call)
{
	const struct grammar_memory *memory = grammar->memory;
	int32_t pair[2];
	uint64_t id = 0;

	for (unsigned i = 0; i < GRAMMAR_ARGUMENTS && row->arguments[i].name; i++) {
		if (row->arguments[i].kind == KIND_FILES && memory->read(memory->context, call->arguments[i], pair, sizeof(pair))) {
			file_given(grammar, row, (uint32_t)pair[0]);
			file_given(grammar, row, (uint32_t)pair[1]);
		}
		if (!strcmp(row->name, "timer_create") && i == 2 && memory->read(memory->context, call->arguments[i], &id, 4))
			grammar_remember(grammar, RESOURCE_TIMER, id);
	}
}

void grammar_learn(struct grammar *grammar, const struct grammar_call *call, int64_t result)
{
	const struct row *row = row_of(call->number);

	if (!row || (result < 0 && result >= -4095))
		return;
	grammar->given = row->gives;
	if (row->gives == RESOURCE_FILE)
		file_given(grammar, row, (uint64_t)result);
	else if (row->gives != GIVES_NOTHING)
		grammar_remember(grammar, row->gives, (uint64_t)result);
	for (unsigned kind = RESOURCE_FILE; kind <= RESOURCE_TERMINAL && !strcmp(row->name, "close"); kind++)
		forget(grammar, (enum grammar_resource)kind, call->arguments[0]);
	if (!strcmp(row->name, "munmap"))
		forget(grammar, RESOURCE_ADDRESS, call->arguments[0]);
	written_learn(grammar, row, call);
}
