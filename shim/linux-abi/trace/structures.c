/* SPDX-License-Identifier: MIT */
/* Structures by their members (structures.h), as abi/linux/structures.def lists them; and numbers in memory. */
#include "trace/structures.h"

#include "abi/linux/structures.h"
#include "lib/string.h"
#include "trace/own.h"
#include "trace/quote.h"

/* What a member is besides a number. */
enum field_shape { SHAPE_VALUE, SHAPE_ARRAY, SHAPE_INNER, SHAPE_TEXT, SHAPE_MORE, SHAPE_PAD };

struct field {
	const char *name; /* null: the end */
	uint16_t offset, count;
	uint8_t bytes; /* of one element of the array */
	bool is_signed;
	enum field_shape shape;
	enum value_kind kind;
	const struct names *names;
	const struct structure *inner;
};

/*
 * A function for each structure, which returns its members: inside of it `this_structure` is the type whose offsets they have.
 */
#define IS_SIGNED(type) ((type)-1 < (type)1)
#define NUMBERS(type, member, count, shape, kind, names) {#member, offsetof(this_structure, member), count, sizeof(type), IS_SIGNED(type), shape, kind, names, NULL},
#define STRUCTURE(name) \
	static const struct field *fields_of_##name(void) \
	{ \
		typedef struct linux_##name this_structure; \
		static const struct field fields[] = {
#define STRUCTURE_OWN(name) \
	__attribute__((unused)) STRUCTURE(name)
#define FIELD(type, member, kind) NUMBERS(type, member, 1, SHAPE_VALUE, VALUE_##kind, NULL)
#define FIELD_SET(type, member, set) NUMBERS(type, member, 1, SHAPE_VALUE, VALUE_SET, &names_##set)
#define FIELD_CHOICE(type, member, set) NUMBERS(type, member, 1, SHAPE_VALUE, VALUE_CHOICE, &names_##set)
#define FIELD_IN(structure, member) {#member, offsetof(this_structure, member), 1, 0, false, SHAPE_INNER, VALUE_INT, NULL, &structure_##structure},
#define FIELD_TEXT(member, bytes) NUMBERS(char, member, bytes, SHAPE_TEXT, VALUE_INT, NULL)
#define FIELD_ARRAY(type, member, count, kind) NUMBERS(type, member, count, SHAPE_ARRAY, VALUE_##kind, NULL)
#define FIELD_MORE(type, member) NUMBERS(type, member, 1, SHAPE_MORE, VALUE_INT, NULL)
#define FIELD_MORE_ARRAY(type, member, count) NUMBERS(type, member, count, SHAPE_MORE, VALUE_INT, NULL)
#define FIELD_PAD(type, member, count) NUMBERS(type, member, count, SHAPE_PAD, VALUE_INT, NULL)
#define STRUCTURE_END(name, size) \
		{NULL, 0, 0, 0, false, SHAPE_PAD, VALUE_INT, NULL, NULL}}; \
		_Static_assert((size) <= STRUCTURE_BYTES_MAX, "a copy fits on the stack"); \
		return fields; \
	}
#include "abi/linux/structures.def"

#define STRUCTURE(name) const struct structure structure_##name = {sizeof(struct linux_##name), VALUE_INT, fields_of_##name, NULL};
#define STRUCTURE_OWN(name) const struct structure structure_##name = {sizeof(struct linux_##name), VALUE_INT, NULL, put_##name};
#include "abi/linux/structures.def"

/* Numbers in memory. */
#define NUMBER(name, bytes, kind) const struct structure structure_##name = {bytes, VALUE_##kind, NULL, NULL};
NUMBER(int, 4, INT)
NUMBER(unsigned, 4, UINT)
NUMBER(length, 4, INT)
NUMBER(size, 8, ULONG)
NUMBER(offset, 8, LONG)
NUMBER(uid, 4, UID)
NUMBER(address, 8, ADDRESS)
NUMBER(time, 8, LONG)
NUMBER(timer_id, 4, INT)
NUMBER(aio_context, 8, ADDRESS)

/* Structures of abi/linux/structures.h that have unions. */
#define OWN(name, bytes) const struct structure structure_##name = {bytes, VALUE_INT, NULL, put_##name};
OWN(sigaction, sizeof(struct linux_sigaction))
OWN(siginfo, sizeof(struct linux_siginfo))
OWN(sigevent, sizeof(struct linux_sigevent))
OWN(sigset_argument, sizeof(struct linux_sigset_argument))
OWN(wait_status, 4)

static uint64_t number_at(const void *bytes, unsigned size, bool is_signed)
{
	uint64_t value = 0;

	memcpy(&value, bytes, size);
	if (is_signed && size < sizeof(value) && value >> (8 * size - 1))
		value |= ~(uint64_t)0 << 8 * size;
	return value;
}

static void put_element(struct trace_line *line, const struct field *field, const char *copy, unsigned index)
{
	bool is_signed = field->is_signed && field->kind != VALUE_SET;

	put_value(line, field->kind, field->names, number_at(copy + field->offset + index * field->bytes, field->bytes, is_signed));
}

static void put_field(struct trace_line *line, const struct field *field, const char *copy)
{
	put_text(line, field->name);
	put_character(line, '=');
	if (field->shape == SHAPE_TEXT) {
		put_text_array(line, copy + field->offset, field->count);
	} else if (field->shape == SHAPE_INNER) {
		put_structure(line, field->inner, copy + field->offset);
	} else if (field->shape == SHAPE_VALUE) {
		put_element(line, field, copy, 0);
	} else {
		bool first = true;

		put_character(line, '[');
		for (unsigned i = 0; i < field->count; i++) {
			put_separator(line, &first);
			put_element(line, field, copy, i);
		}
		put_character(line, ']');
	}
}

static void put_fields(struct trace_line *line, const struct field *field, const char *copy)
{
	bool first = true, more = false;

	put_character(line, '{');
	for (; field->name; field++) {
		more |= field->shape == SHAPE_MORE;
		if (field->shape == SHAPE_MORE || field->shape == SHAPE_PAD)
			continue;
		put_separator(line, &first);
		put_field(line, field, copy);
	}
	put_text(line, more ? ", ...}" : "}");
}

void put_structure(struct trace_line *line, const struct structure *structure, const void *copy)
{
	if (structure->print) {
		structure->print(line, copy);
	} else if (structure->fields) {
		put_fields(line, structure->fields(), copy);
	} else {
		put_character(line, '[');
		put_value(line, structure->kind, NULL, number_at(copy, structure->bytes, structure->kind != VALUE_UINT));
		put_character(line, ']');
	}
}

void put_structure_at(struct trace_line *line, const struct structure *structure, uint64_t address)
{
	uint64_t copy[STRUCTURE_BYTES_MAX / 8];

	if (contents_are_told(line) && read_memory(line, address, copy, structure->bytes))
		put_structure(line, structure, copy);
	else
		put_address(line, address);
}

void put_cut(struct trace_line *line, uint64_t address)
{
	put_text(line, "... /* ");
	put_hex(line, address);
	put_text(line, " */");
}

void put_elements(struct trace_line *line, uint64_t address, uint64_t count, uint32_t bytes, element_function *print, void *context)
{
	uint64_t copy[STRUCTURE_BYTES_MAX / 8];
	bool first = true;

	if (!address || (count && (count > (UINT64_MAX - address) / bytes || !contents_are_told(line) || !read_memory(line, address, copy, bytes)))) {
		put_address(line, address);
		return;
	}
	put_character(line, '[');
	for (uint64_t i = 0; i < count; i++) {
		put_separator(line, &first);
		if (!read_memory(line, address + i * bytes, copy, bytes)) {
			put_cut(line, address + i * bytes);
			break;
		}
		if (i == TRACE_SHOWN) {
			put_text(line, "...");
			break;
		}
		print(line, copy, context);
	}
	put_character(line, ']');
}

static void put_structure_element(struct trace_line *line, const void *copy, void *context)
{
	put_structure(line, context, copy);
}

void put_array_at(struct trace_line *line, const struct structure *structure, uint64_t address, uint64_t count)
{
	put_elements(line, address, count, structure->bytes, put_structure_element, (void *)structure);
}
