/* SPDX-License-Identifier: MIT */
/* Arguments of calls on files and directories that need more than their kind. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/quote.h"

#define FILE_TYPE_BITS 0170000
#define XATTR_SIZE_MAX 65536
#define ENTRY_BYTES_LEAST 24

enum outcome argument_open_modes(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_value(line, VALUE_OPEN_MODES, NULL, (uint32_t)value);
	return PRINTED;
}

/* The C library passes none unless a file may be made. */
enum outcome argument_creation_mode(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!(other_of(line, argument) & (LINUX_O_CREAT | LINUX___O_TMPFILE)))
		return OMITTED;
	put_mode(line, (uint16_t)value);
	return PRINTED;
}

enum outcome argument_file_mode(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_value(line, VALUE_FILE_MODE, NULL, (uint16_t)value);
	return PRINTED;
}

enum outcome argument_device(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t type = other_of(line, argument) & FILE_TYPE_BITS;

	if (type != LINUX_S_IFCHR && type != LINUX_S_IFBLK)
		return OMITTED;
	put_value(line, VALUE_DEVICE, NULL, (uint32_t)value);
	return PRINTED;
}

enum outcome argument_device_number(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_value(line, VALUE_DEVICE, NULL, (uint32_t)value);
	return PRINTED;
}

enum outcome argument_statx_flags(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint32_t others = (uint32_t)value & ~(uint32_t)LINUX_AT_STATX_SYNC_TYPE;

	(void)argument;
	put_flags_bare(line, &names_statx_synchronise, value & LINUX_AT_STATX_SYNC_TYPE);
	if (others) {
		put_character(line, '|');
		if (!put_flags_bare(line, &names_at_flags, others))
			put_hex(line, others);
	}
	return PRINTED;
}

/* How many entries the bytes hold that getdents has returned: their contents are not shown. */
enum outcome argument_out_entries(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t left, count = 0;

	(void)argument;
	if (!line->returned)
		return LATER;
	put_address(line, value);
	if (!call_succeeded(line))
		return PRINTED;
	for (left = (uint64_t)line->result; left;) {
		uint16_t length;

		if (!read_memory(line, value + offsetof(struct linux_dirent64, d_reclen), &length, sizeof(length)) || length < ENTRY_BYTES_LEAST || length > left)
			break;
		count++;
		value += length;
		left -= length;
	}
	put_text(line, " /* ");
	put_unsigned(line, count);
	put_text(line, left ? "+ entries */" : " entries */");
	return PRINTED;
}

enum outcome argument_out_path(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_path(line, value);
	return outcome;
}

enum outcome argument_out_fds(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	int32_t fds[2];

	(void)argument;
	if (!line->returned)
		return LATER;
	if (!call_succeeded(line) || !read_memory(line, value, fds, sizeof(fds))) {
		put_address(line, value);
		return PRINTED;
	}
	put_character(line, '[');
	put_signed(line, fds[0]);
	put_text(line, ", ");
	put_signed(line, fds[1]);
	put_character(line, ']');
	return PRINTED;
}

/* Extended attributes: a NUL at the end of a value is not shown. */
static void put_attribute(struct trace_line *line, uint64_t address, uint64_t size)
{
	char last = 1;

	if (size > XATTR_SIZE_MAX)
		put_address(line, address);
	else if (size && size <= TRACE_SHOWN && read_memory(line, address + size - 1, &last, 1) && !last)
		put_buffer(line, address, size - 1, QUOTE_OCTAL);
	else
		put_buffer(line, address, size, QUOTE_OCTAL);
}

enum outcome argument_in_attribute(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_attribute(line, value, other_of(line, argument));
	return PRINTED;
}

enum outcome argument_out_attribute(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_attribute(line, value, (uint64_t)line->result);
	return outcome;
}

enum outcome argument_out_list(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!line->returned)
		return LATER;
	if (call_succeeded(line) && other_of(line, argument))
		put_buffer(line, value, (uint64_t)line->result, QUOTE_OCTAL);
	else
		put_address(line, value);
	return PRINTED;
}

/* sendfile: where it began, and where it ended. */
enum outcome argument_moved_offset(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t offset;

	(void)argument;
	if (!line->returned) {
		if (read_memory(line, value, &line->remembered, sizeof(line->remembered)))
			return LATER;
		put_address(line, value);
		return PRINTED;
	}
	put_character(line, '[');
	put_unsigned(line, line->remembered);
	put_character(line, ']');
	if (!call_succeeded(line) || !line->result)
		return PRINTED;
	put_text(line, " => ");
	if (!read_memory(line, value, &offset, sizeof(offset))) {
		put_address(line, value);
		return PRINTED;
	}
	put_character(line, '[');
	put_unsigned(line, offset);
	put_character(line, ']');
	return PRINTED;
}

/* preadv and pwritev have their offset in two words; on 64 bits the first has all. */
enum outcome argument_split_offset(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_signed(line, (int64_t)value);
	return PRINTED;
}

enum outcome argument_high_offset(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)line;
	(void)argument;
	(void)value;
	return OMITTED;
}

enum outcome argument_open_how(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t size = other_of(line, argument);
	struct linux_open_how how;

	if (size < sizeof(how) || !read_memory(line, value, &how, sizeof(how))) {
		put_address(line, value);
		return PRINTED;
	}
	put_text(line, "{flags=");
	put_value(line, VALUE_OPEN_MODES, NULL, how.flags);
	if (how.flags & (LINUX_O_CREAT | LINUX___O_TMPFILE) || how.mode) {
		put_text(line, ", mode=");
		put_mode(line, how.mode);
	}
	put_text(line, ", resolve=");
	put_flags(line, &names_resolve_flags, how.resolve);
	put_character(line, '}');
	return PRINTED;
}

/* struct file_handle: lengths, and bytes that mean something to the filesystem only. */
#define HANDLE_BYTES_MAX 128

static void put_handle(struct trace_line *line, uint64_t address, const int32_t header[2])
{
	char bytes[HANDLE_BYTES_MAX];
	uint32_t size = (uint32_t)header[0] < sizeof(bytes) ? (uint32_t)header[0] : sizeof(bytes);

	put_text(line, ", handle_type=");
	put_signed(line, header[1]);
	put_text(line, ", f_handle=");
	if (size && !read_memory(line, address + 2 * sizeof(header[0]), bytes, size)) {
		put_text(line, "???");
		return;
	}
	put_quoted(line, bytes, size, -1, QUOTE_HEX);
	if ((uint32_t)header[0] > size)
		put_text(line, "...");
}

enum outcome argument_in_handle(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	int32_t header[2];

	(void)argument;
	if (!read_memory(line, value, header, sizeof(header))) {
		put_address(line, value);
		return PRINTED;
	}
	put_text(line, "{handle_bytes=");
	put_unsigned(line, (uint32_t)header[0]);
	put_handle(line, value, header);
	put_character(line, '}');
	return PRINTED;
}

enum outcome argument_out_handle(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	int32_t header[2];
	bool readable = read_memory(line, value, header, sizeof(header));

	(void)argument;
	if (!line->returned && readable) {
		line->remembered = (uint32_t)header[0];
		return LATER;
	}
	if (!line->returned) {
		put_address(line, value);
		return PRINTED;
	}
	put_text(line, "{handle_bytes=");
	put_unsigned(line, line->remembered);
	if (readable && (uint32_t)header[0] != line->remembered && (call_succeeded(line) || line->result == -75)) {
		put_text(line, " => ");
		put_unsigned(line, (uint32_t)header[0]);
	}
	if (readable && call_succeeded(line))
		put_handle(line, value, header);
	put_character(line, '}');
	return PRINTED;
}
