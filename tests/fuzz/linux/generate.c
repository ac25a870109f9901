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

void grammar_start(struct grammar *grammar, const uint8_t *bytes, size_t size, const struct grammar_memory *memory)
{
	*grammar = (struct grammar){.next = bytes, .left = size, .memory = memory};
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

	if (!count || one_in_eight(grammar))
		return number_make(grammar);
	return grammar->values[resource][take_below(grammar, count)];
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
	static const char *const paths[] = {"a", "b", "d", "d/a", "d/b", "d/e", "/tmp/a", "/tmp/d/../b", "/", ".", "..", "", "a/", "link", "/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/proc/self/fd/3", "/proc/self/status", "/proc/self/maps",
		"/proc/1/stat", "/etc/passwd", "//tmp//./a", "/dev/ptmx", "/mnt", "nothing/there", "fifo", "socket"};
	char text[300];
	uint64_t pointer;

	if (bad_pointer_make(grammar, &pointer))
		return pointer;
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
		return one_in_eight(grammar) ? number_make(grammar) : take_below(grammar, BUFFER_MOST);
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

/* struct sockaddr_un: a path, or behind a NUL a name. */
static uint64_t socket_address_make(struct grammar *grammar)
{
	static const char names[][8] = {"socket", "a", "\0hidden", "\0x", ""};
	char address[110] = {1};
	uint64_t place;

	if (bad_pointer_make(grammar, &place))
		return place;
	if (one_in_eight(grammar))
		address[0] = (char)take(grammar, 1);
	memcpy(address + 2, names[take_below(grammar, sizeof(names) / sizeof(names[0]))], sizeof(names[0]));
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
	message[0] = take(grammar, 1) % 2 ? socket_address_make(grammar) : 0;
	message[1] = message[0] ? take_below(grammar, 112) : 0;
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

static uint64_t anything_make(struct grammar *grammar)
{
	switch (take_below(grammar, 4)) {
	case 0:
		return bytes_make(grammar, 128);
	case 1:
		return resource_make(grammar, RESOURCE_FILE);
	default:
		return number_make(grammar);
	}
}

static uint64_t argument_make(struct grammar *grammar, const struct row *row, struct grammar_call *call, const struct argument *argument)
{
	switch (argument->kind) {
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
		return structures_make(grammar, argument->structure, 1);
	case KIND_MESSAGE:
		return message_make(grammar);
	case KIND_SOCKET_ADDRESS:
		return socket_address_make(grammar);
	case KIND_LENGTH:
		return length_make(grammar);
	case KIND_ANYTHING:
		return anything_make(grammar);
	default:
		return value_make(grammar, argument->kind, argument->set);
	}
}

bool grammar_next(struct grammar *grammar, struct grammar_call *call)
{
	const struct row *row = NULL;

	grammar->used = 0;
	do {
		if (grammar->left < 2)
			return false;
		row = &rows[take(grammar, 2) % row_count];
	} while (grammar->forbidden[row->number]);
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
			grammar_remember(grammar, RESOURCE_FILE, (uint32_t)pair[0]);
			grammar_remember(grammar, RESOURCE_FILE, (uint32_t)pair[1]);
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
	if (row->gives != GIVES_NOTHING)
		grammar_remember(grammar, row->gives, (uint64_t)result);
	if (!strcmp(row->name, "close"))
		forget(grammar, RESOURCE_FILE, call->arguments[0]);
	if (!strcmp(row->name, "munmap"))
		forget(grammar, RESOURCE_ADDRESS, call->arguments[0]);
	written_learn(grammar, row, call);
}
