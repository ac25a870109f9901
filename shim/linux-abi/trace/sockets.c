/* SPDX-License-Identifier: MIT */
/* Addresses, options and messages of sockets. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/quote.h"

#define ADDRESS_BYTES_MAX 128 /* struct sockaddr_storage */
#define SOCKET_TYPE_BITS 0xf
#define FAMILY_BYTES 2
#define CONTROL_BYTES_MAX 20480 /* optmem_max: more is not read */

enum outcome argument_socket_type(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	const char *text = name_of(&names_socket_types, value & SOCKET_TYPE_BITS);
	uint32_t flags = (uint32_t)value;

	(void)argument;
	if (text) {
		put_text(line, text);
		flags &= ~(uint32_t)SOCKET_TYPE_BITS;
		if (!flags)
			return PRINTED;
		put_character(line, '|');
	}
	put_flags(line, &names_socket_flags, flags);
	return PRINTED;
}

enum outcome argument_protocol(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t domain = other_of(line, argument);

	if (domain == LINUX_AF_INET || domain == LINUX_AF_INET6)
		put_choice(line, &names_internet_protocols, value);
	else if (domain == LINUX_AF_NETLINK)
		put_choice(line, &names_netlink_protocols, value);
	else
		put_unsigned(line, value);
	return PRINTED;
}

/* A path, or behind a NUL a name that is in no filesystem: @"name". */
static void put_unix_name(struct trace_line *line, const char *name, uint32_t bytes)
{
	uint32_t length = 0;

	put_text(line, "sun_path=");
	if (!name[0]) {
		put_character(line, '@');
		put_quoted(line, name + 1, bytes - 1, -1, QUOTE_OCTAL);
		return;
	}
	while (length < bytes && name[length])
		length++;
	put_quoted(line, name, length, -1, QUOTE_OCTAL);
}

static uint16_t big_endian(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put_internet_address(struct trace_line *line, const uint8_t *data)
{
	put_text(line, "sin_port=htons(");
	put_unsigned(line, big_endian(data));
	put_text(line, "), sin_addr=inet_addr(\"");
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			put_character(line, '.');
		put_unsigned(line, data[2 + i]);
	}
	put_text(line, "\")");
}

#define INTERNET_BYTES 16

static void put_socket_address(struct trace_line *line, const uint8_t *copy, uint32_t bytes)
{
	uint16_t family = (uint16_t)(copy[0] | copy[1] << 8);

	put_text(line, "{sa_family=");
	put_choice(line, &names_address_family, family);
	if (bytes > FAMILY_BYTES) {
		put_text(line, ", ");
		if (family == LINUX_AF_UNIX) {
			put_unix_name(line, (const char *)copy + FAMILY_BYTES, (bytes < sizeof(struct linux_sockaddr_un) ? bytes : sizeof(struct linux_sockaddr_un)) - FAMILY_BYTES);
		} else if (family == LINUX_AF_INET && bytes >= INTERNET_BYTES) {
			put_internet_address(line, copy + FAMILY_BYTES);
		} else {
			put_text(line, "sa_data=");
			put_quoted(line, (const char *)copy + FAMILY_BYTES, bytes - FAMILY_BYTES, -1, QUOTE_OCTAL);
		}
	}
	put_character(line, '}');
}

static void put_socket_address_at(struct trace_line *line, uint64_t address, int32_t bytes)
{
	uint8_t copy[ADDRESS_BYTES_MAX];

	if (bytes > ADDRESS_BYTES_MAX)
		bytes = ADDRESS_BYTES_MAX;
	if (bytes < FAMILY_BYTES || !read_memory(line, address, copy, (size_t)bytes))
		put_address(line, address);
	else
		put_socket_address(line, copy, (uint32_t)bytes);
}

enum outcome argument_in_sockaddr(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_socket_address_at(line, value, (int32_t)other_of(line, argument));
	return PRINTED;
}

/*
 * An address or option that the call writes, with its length behind it: the length is the caller's room before and the true size after. The room is remembered when the first of the two is asked at the entry.
 */
static bool room_remember(struct trace_line *line, uint64_t length_address)
{
	int32_t room;

	if (!read_memory(line, length_address, &room, sizeof(room)))
		return false;
	line->remembered = (uint32_t)room;
	return true;
}

enum outcome argument_inout_length(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	int32_t now;
	bool readable = read_memory(line, value, &now, sizeof(now));

	(void)argument;
	if (!line->returned || !readable) {
		put_address(line, value);
		return PRINTED;
	}
	put_character(line, '[');
	if (!call_succeeded(line) || now != (int32_t)line->remembered)
		put_signed(line, (int32_t)line->remembered);
	if (call_succeeded(line) && now != (int32_t)line->remembered)
		put_text(line, " => ");
	if (call_succeeded(line))
		put_signed(line, now);
	put_character(line, ']');
	return PRINTED;
}

/* recvfrom writes its buffer before: it is asked at the exit first, so the buffer remembers the room. */
enum outcome argument_out_received(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!line->returned) {
		room_remember(line, argument_named(line, "addrlen"));
		return LATER;
	}
	return argument_out_buffer(line, argument, value);
}

enum outcome argument_out_sockaddr(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t length_address = other_of(line, argument);
	int32_t now;

	if (!line->returned && value && room_remember(line, length_address))
		return LATER;
	if (!line->returned || !call_succeeded(line) || !value || !read_memory(line, length_address, &now, sizeof(now))) {
		put_address(line, value);
		return PRINTED;
	}
	put_socket_address_at(line, value, now < (int32_t)line->remembered ? now : (int32_t)line->remembered);
	return PRINTED;
}

enum outcome argument_option_level(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	const char *text = name_of(&names_socket_level, (uint32_t)value);

	(void)argument;
	if (text) {
		put_text(line, text);
	} else {
		put_hex(line, (uint32_t)value);
		put_comment(line, "SOL_??");
	}
	return PRINTED;
}

enum outcome argument_socket_option(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if ((uint32_t)other_of(line, argument) == LINUX_SOL_SOCKET)
		put_choice(line, &names_socket_options, value);
	else
		put_unsigned(line, (uint32_t)value);
	return PRINTED;
}

/* Options that are a structure, and not a number. */
static const struct structure *option_structure(const struct trace_line *line)
{
	if ((uint32_t)argument_named(line, "level") != LINUX_SOL_SOCKET)
		return NULL;
	switch (argument_named(line, "optname")) {
	case LINUX_SO_LINGER:
		return &structure_linger;
	case LINUX_SO_PEERCRED:
		return &structure_ucred;
	default:
		return NULL;
	}
}

static void put_option_error(struct trace_line *line, uint64_t address)
{
	uint32_t error;
	const char *name;

	if (!read_memory(line, address, &error, sizeof(error))) {
		put_address(line, address);
		return;
	}
	name = error_name(error);
	put_character(line, '[');
	if (name && error)
		put_text(line, name);
	else
		put_unsigned(line, error);
	put_character(line, ']');
}

static void put_option(struct trace_line *line, uint64_t address, int32_t bytes)
{
	const struct structure *structure = option_structure(line);

	if (structure && bytes >= (int32_t)structure->bytes)
		put_structure_at(line, structure, address);
	else if (line->returned && (uint32_t)argument_named(line, "level") == LINUX_SOL_SOCKET && argument_named(line, "optname") == LINUX_SO_ERROR && bytes >= 4)
		put_option_error(line, address);
	else if (bytes == (int32_t)sizeof(int32_t))
		put_structure_at(line, &structure_int, address);
	else
		put_buffer(line, address, (uint64_t)(int64_t)bytes, QUOTE_OCTAL);
}

enum outcome argument_in_option(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_option(line, value, (int32_t)other_of(line, argument));
	return PRINTED;
}

enum outcome argument_out_option(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t length_address = other_of(line, argument);
	int32_t now;

	if (!line->returned && room_remember(line, length_address))
		return LATER;
	if (!line->returned || !call_succeeded(line) || !read_memory(line, length_address, &now, sizeof(now)) || now <= 0 || (int32_t)line->remembered <= 0)
		put_address(line, value);
	else
		put_option(line, value, now);
	return PRINTED;
}

/* Files and credentials that come beside a message. */
static void put_control_fd(struct trace_line *line, const void *copy, void *context)
{
	(void)context;
	put_signed(line, *(const int32_t *)copy);
}

static void put_control_data(struct trace_line *line, const struct linux_cmsghdr *header, uint64_t address, uint64_t bytes)
{
	if (header->cmsg_type == LINUX_SCM_RIGHTS && bytes >= sizeof(int32_t)) {
		put_text(line, ", cmsg_data=");
		put_elements(line, address, bytes / sizeof(int32_t), sizeof(int32_t), put_control_fd, NULL);
	} else if (header->cmsg_type == LINUX_SCM_CREDENTIALS && bytes >= sizeof(struct linux_ucred)) {
		put_text(line, ", cmsg_data=");
		put_structure_at(line, &structure_ucred, address);
	}
}

static void put_control_message(struct trace_line *line, const struct linux_cmsghdr *header, uint64_t address, uint64_t left)
{
	uint64_t length = header->cmsg_len < left ? header->cmsg_len : left;

	put_text(line, "{cmsg_len=");
	put_unsigned(line, header->cmsg_len);
	put_text(line, ", cmsg_level=");
	put_choice(line, &names_socket_level, (uint32_t)header->cmsg_level);
	put_text(line, ", cmsg_type=");
	if (header->cmsg_level == LINUX_SOL_SOCKET) {
		put_choice(line, &names_control_messages, (uint32_t)header->cmsg_type);
		put_control_data(line, header, address + sizeof(*header), length > sizeof(*header) ? length - sizeof(*header) : 0);
	} else {
		put_hex(line, (uint32_t)header->cmsg_type);
	}
	put_character(line, '}');
}

static void put_control(struct trace_line *line, uint64_t address, uint64_t bytes)
{
	uint64_t left = bytes < CONTROL_BYTES_MAX ? bytes : CONTROL_BYTES_MAX;
	struct linux_cmsghdr header;
	bool first = true;

	put_text(line, ", msg_control=");
	if (left < sizeof(header) || !read_memory(line, address, &header, sizeof(header))) {
		put_address(line, address);
		return;
	}
	put_character(line, '[');
	while (left >= sizeof(header) && read_memory(line, address, &header, sizeof(header))) {
		uint64_t step = header.cmsg_len < left ? (header.cmsg_len + 7) & ~UINT64_C(7) : left; /* a sum that wraps would be no step at all */

		put_separator(line, &first);
		put_control_message(line, &header, address, left);
		if (header.cmsg_len < sizeof(header)) {
			left -= sizeof(header);
			break;
		}
		address += step;
		left -= step < left ? step : left;
	}
	if (left) {
		put_text(line, ", ");
		put_cut(line, address);
	} else if (bytes > CONTROL_BYTES_MAX) {
		put_text(line, ", ...");
	}
	put_character(line, ']');
}

/* What is different between sending and receiving. */
struct direction {
	uint64_t data;    /* bytes of the vector that are data */
	int32_t name_room; /* of msg_name, when `receives` */
	bool receives;
};

static void put_message(struct trace_line *line, const struct linux_msghdr *message, const struct direction *direction)
{
	int32_t length = message->msg_namelen;

	put_text(line, "{msg_name=");
	put_socket_address_at(line, message->msg_name, direction->receives && length > direction->name_room ? direction->name_room : length);
	put_text(line, ", msg_namelen=");
	if (direction->receives && direction->name_room != length) {
		put_signed(line, direction->name_room);
		put_text(line, " => ");
	}
	put_signed(line, length);
	put_text(line, ", msg_iov=");
	put_data_vector(line, message->msg_iov, message->msg_iovlen, direction->data);
	put_text(line, ", msg_iovlen=");
	put_unsigned(line, message->msg_iovlen);
	if (message->msg_controllen)
		put_control(line, message->msg_control, message->msg_controllen);
	put_text(line, ", msg_controllen=");
	put_unsigned(line, message->msg_controllen);
	put_text(line, ", msg_flags=");
	put_flags(line, &names_message_flags, message->msg_flags);
	put_character(line, '}');
}

enum outcome argument_in_message(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	struct linux_msghdr message;
	struct direction direction = {.data = UINT64_MAX};

	(void)argument;
	if (read_memory(line, value, &message, sizeof(message)))
		put_message(line, &message, &direction);
	else
		put_address(line, value);
	return PRINTED;
}

enum outcome argument_out_message(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	struct linux_msghdr message;
	bool readable = read_memory(line, value, &message, sizeof(message));
	struct direction direction = {(uint64_t)line->result, (int32_t)line->remembered, true};

	(void)argument;
	if (!line->returned && readable) {
		line->remembered = (uint32_t)message.msg_namelen;
		return LATER;
	}
	if (!readable) {
		put_address(line, value);
	} else if (call_succeeded(line)) {
		put_message(line, &message, &direction);
	} else {
		put_text(line, "{msg_namelen=");
		put_signed(line, (int32_t)line->remembered);
		put_character(line, '}');
	}
	return PRINTED;
}

/* Of an array of messages those have lengths that were sent or received. */
struct messages {
	uint64_t done;
	bool receives;
};

static void put_array_message(struct trace_line *line, const void *copy, void *context)
{
	const struct linux_mmsghdr *message = copy;
	struct messages *messages = context;
	struct direction direction = {messages->receives ? message->msg_len : UINT64_MAX, message->msg_hdr.msg_namelen, messages->receives};

	put_text(line, "{msg_hdr=");
	put_message(line, &message->msg_hdr, &direction);
	if (messages->done) {
		put_text(line, ", msg_len=");
		put_unsigned(line, message->msg_len);
		messages->done--;
	}
	put_character(line, '}');
}

enum outcome argument_in_messages(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	struct messages messages = {0, false};

	if (!line->returned)
		return LATER;
	if (call_succeeded(line))
		messages.done = (uint64_t)line->result;
	line->despite_failure = true;
	put_elements(line, value, (uint32_t)other_of(line, argument), sizeof(struct linux_mmsghdr), put_array_message, &messages);
	line->despite_failure = false;
	return PRINTED;
}

enum outcome argument_out_messages(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	struct messages messages = {(uint64_t)line->result, true};
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_elements(line, value, (uint64_t)line->result, sizeof(struct linux_mmsghdr), put_array_message, &messages);
	return outcome;
}
