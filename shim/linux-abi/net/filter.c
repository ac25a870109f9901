/* SPDX-License-Identifier: MIT */
/*
 * Filters of sockets (net/filter.h), and what their programs see of a message: its bytes, most significant first, and the data besides that Linux has of a message that came over no network.
 */
#include "net/filter.h"

#include "bpf/program.h"
#include "process/random.h"

#define BYTES_MOST 20480 /* net.core.optmem_max: what a filter may take */

/* A netlink attribute (struct nlattr): its length with these four bytes, its type with two flags, in the order of this machine. The next one begins at a multiple of four. */
#define ATTRIBUTE_HEADER 4
#define ATTRIBUTE_TYPE 0x3fff

int filter_attach(struct task *task, struct socket *socket, uint64_t address, uint32_t bytes)
{
	struct bpf_program *program = NULL, *before;
	struct linux_sock_fprog given;
	int error;

	if (bytes != sizeof(given))
		return -EINVAL;
	if (user_get(task->memory, &given, address))
		return -EFAULT;
	if (socket_has_option(socket, LINUX_SO_LOCK_FILTER))
		return -EPERM;
	error = bpf_take(task->memory, given.filter, given.len, &program);
	if (error)
		return error;
	if (program->count * sizeof(struct linux_sock_filter) >= BYTES_MOST) {
		bpf_release(program);
		return -ENOMEM;
	}
	before = socket->filter;
	socket->filter = program;
	if (before)
		bpf_release(before);
	return 0;
}

int filter_detach(struct socket *socket)
{
	struct bpf_program *program = socket->filter;

	if (socket_has_option(socket, LINUX_SO_LOCK_FILTER))
		return -EPERM;
	if (!program)
		return -ENOENT;
	socket->filter = NULL;
	bpf_release(program);
	return 0;
}

int64_t filter_tell(struct task *task, const struct socket *socket, uint64_t address, uint32_t room)
{
	struct bpf_program *program = socket->filter;
	int64_t count = program ? program->count : 0;

	if (!program || !room)
		return count;
	if (room < count)
		return -EINVAL;
	bpf_hold(program);
	if (bpf_tell(task->memory, address, program))
		count = -EFAULT;
	bpf_release(program);
	return count;
}

/* What a program sees. */

static unsigned char byte_at(const struct message *message, uint32_t at)
{
	return ((const unsigned char *)frame_bytes(message->frames[at / PAGE_SIZE]))[at % PAGE_SIZE];
}

static bool bytes_load(const struct message *message, uint32_t at, uint32_t bytes, uint32_t *value)
{
	if (at > message->bytes || bytes > message->bytes - at)
		return false;
	*value = 0;
	for (uint32_t i = 0; i < bytes; i++)
		*value = *value << 8 | byte_at(message, at + i);
	return true;
}

static uint32_t half_at(const struct message *message, uint32_t at)
{
	return byte_at(message, at) | (uint32_t)byte_at(message, at + 1) << 8;
}

/* Where the first attribute of a type lies among those in `left` bytes from a place on; 0: nowhere. */
static uint32_t attribute_find(const struct message *message, uint32_t at, int64_t left, uint32_t type)
{
	while (left >= ATTRIBUTE_HEADER) {
		uint32_t length = half_at(message, at), whole = (length + 3) & ~3u;

		if (length < ATTRIBUTE_HEADER || length > left)
			return 0;
		if ((half_at(message, at + 2) & ATTRIBUTE_TYPE) == type)
			return at;
		at += whole;
		left -= whole;
	}
	return 0;
}

/* The attribute of the type that X says: from A on, or inside of the one that lies there. */
static uint32_t attribute_load(const struct message *message, const struct bpf_run *run, bool nested)
{
	uint32_t at = run->accumulator, left, length;

	if (message->bytes < ATTRIBUTE_HEADER || at > message->bytes - ATTRIBUTE_HEADER)
		return 0;
	left = message->bytes - at;
	if (!nested)
		return attribute_find(message, at, left, run->index);
	length = half_at(message, at);
	return length > left ? 0 : attribute_find(message, at + ATTRIBUTE_HEADER, (int64_t)length - ATTRIBUTE_HEADER, run->index);
}

/* What is known besides. Whoever asks for the device of a message that has none has returned A, as on Linux. */
static bool ancillary_load(const struct bpf_run *run, uint32_t which, uint32_t *value)
{
	*value = 0;
	switch (which) {
	case BPF_ANCILLARY_INTERFACE:
	case BPF_ANCILLARY_HARDWARE_TYPE:
		*value = run->accumulator;
		return false;
	case BPF_ANCILLARY_ATTRIBUTE:
	case BPF_ANCILLARY_ATTRIBUTE_NESTED:
		*value = attribute_load(run->subject, run, which == BPF_ANCILLARY_ATTRIBUTE_NESTED);
		return true;
	case BPF_ANCILLARY_XOR_INDEX:
		*value = run->accumulator ^ run->index;
		return true;
	case BPF_ANCILLARY_RANDOM:
		random_bytes(value, sizeof(*value));
		return true;
	default: /* protocol, mark, hash, tags: what no network has given it; and the processor, of which there is one */
		return true;
	}
}

static bool message_load(const struct bpf_run *run, int32_t offset, uint32_t bytes, bool plain, uint32_t *value)
{
	if (offset >= 0)
		return bytes_load(run->subject, (uint32_t)offset, bytes, value);
	if (plain && offset >= BPF_OFFSET_ANCILLARY)
		return ancillary_load(run, (uint32_t)(offset - BPF_OFFSET_ANCILLARY), value);
	return offset >= BPF_OFFSET_NETWORK && bytes_load(run->subject, (uint32_t)(offset - BPF_OFFSET_NETWORK), bytes, value); /* without headers the message itself */
}

bool filter_passes(const struct socket *socket, struct message *message)
{
	struct bpf_run run = {.subject = message, .bytes = message->bytes, .load = message_load};
	uint32_t most;

	if (!socket->filter)
		return true;
	most = bpf_run(socket->filter, &run);
	if (most && most < message->bytes)
		message->bytes = most;
	return most;
}
