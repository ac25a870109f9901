/* SPDX-License-Identifier: MIT */
/*
 * The calls that move data from one open file to another: sendfile, splice, tee, vmsplice, copy_file_range. Data is copied, a page at a time. What comes from a file with offsets is counted as read when it has been written; what comes out
 * of a pipe is kept from other readers (pipe->held) until it has been.
 */
#include "file/node.h"
#include "file/pipe.h"
#include "file/read_write.h"
#include "file/regular.h"
#include "process/handlers.h"

#define SPLICE_KNOWN (LINUX_SPLICE_F_MOVE | LINUX_SPLICE_F_NONBLOCK | LINUX_SPLICE_F_MORE | LINUX_SPLICE_F_GIFT)

/* Moves one piece from a place in a file to where another one stands. Bytes; *from moves on by as many. */
static int64_t piece_move(struct task *task, struct description *in, uint64_t *from, struct description *out, uint64_t *to, uint64_t bytes)
{
	unsigned char piece[PAGE_SIZE];
	uint64_t offset = *from;
	struct transfer transfer;
	int64_t count, done;

	transfer_bytes(&transfer, piece, bytes < sizeof(piece) ? bytes : sizeof(piece));
	count = data_move_at(task, in, &transfer, &offset, false);
	if (count <= 0)
		return count;
	transfer_bytes(&transfer, piece, (uint64_t)count);
	done = to ? data_move_at(task, out, &transfer, to, true) : data_move_on(task, out, &transfer, true);
	if (done > 0)
		*from += (uint64_t)done;
	return done;
}

/* Moves as much as there is and as the other side takes. */
static int64_t file_move(struct task *task, struct description *in, uint64_t *from, struct description *out, uint64_t *to, uint64_t bytes)
{
	uint64_t done = 0;

	while (done < bytes) {
		int64_t count = piece_move(task, in, from, out, to, bytes - done);

		if (count <= 0)
			return done ? (int64_t)done : count;
		done += (uint64_t)count;
		if (task->attention)
			break; /* a large transfer is not in the way of a signal */
	}
	return (int64_t)done;
}

/* An offset of a call: where it points to, or the file's own (null). */
struct place_in_file {
	uint64_t address;
	uint64_t offset;
};

static int64_t place_begin(struct task *task, struct description *description, uint64_t address, struct place_in_file *place)
{
	place->address = address;
	if (address && user_get(task->memory, &place->offset, address))
		return -EFAULT;
	if (address)
		return 0;
	fiber_lock(&description->position);
	place->offset = description->offset;
	return 0;
}

static int64_t place_end(struct task *task, struct description *description, const struct place_in_file *place, int64_t result)
{
	if (place->address)
		return result > 0 && user_put(task->memory, place->address, &place->offset) ? -EFAULT : result;
	description->offset = place->offset;
	fiber_unlock(&description->position);
	return result;
}

/* sendfile. */

static int64_t send_check(const struct description *out, const struct description *in)
{
	if (!description_reads(in) || !description_writes(out))
		return -EBADF;
	if (!in->operations->seek || !in->operations->read || !out->operations->write || out->flags & LINUX_O_APPEND)
		return -EINVAL;
	return 0;
}

/* offset: where to read, or NULL: at the file's own. */
static int64_t call_send(struct task *task, struct description *out, struct description *in, uint64_t *offset, uint64_t bytes)
{
	int64_t result = offset && description_reads(in) && !in->operations->seek ? -ESPIPE : send_check(out, in);
	uint64_t to;

	if (bytes > TRANSFER_MOST)
		bytes = TRANSFER_MOST;
	if (result)
		return result;
	if (offset)
		return (int64_t)*offset < 0 ? -EINVAL : file_move(task, in, offset, out, NULL, bytes);
	fiber_lock(&in->position);
	to = in->offset; /* of a file that is sent to itself: its offset is then where reading came to */
	result = file_move(task, in, &in->offset, out, in == out ? &to : NULL, bytes);
	fiber_unlock(&in->position);
	return result;
}

/* Takes both descriptions of a call. */
static int two_take(struct task *task, uint64_t first_number, uint64_t second_number, struct description **first, struct description **second)
{
	int error = descriptor_take(task, (uint32_t)first_number, first);

	if (error)
		return error;
	error = descriptor_take(task, (uint32_t)second_number, second);
	if (error)
		description_release(*first);
	return error;
}

static int64_t two_give(struct description *first, struct description *second, int64_t result)
{
	description_release(second);
	description_release(first);
	return result;
}

/* The offset is read before anything is looked at, and written back whatever comes of it, as Linux does. */
int64_t linux_sendfile(struct task *task, const uint64_t arguments[6])
{
	struct description *out, *in;
	uint64_t offset = 0;
	int64_t result;

	if (arguments[2] && user_get(task->memory, &offset, arguments[2]) != 0)
		return -EFAULT;
	result = two_take(task, arguments[0], arguments[1], &out, &in);
	if (!result)
		result = two_give(out, in, call_send(task, out, in, arguments[2] ? &offset : NULL, arguments[3]));
	return arguments[2] && user_put(task->memory, arguments[2], &offset) != 0 ? -EFAULT : result;
}

/* copy_file_range. */

/* Cuts the range at the end of the file that is read, before it is asked whether both overlap. */
static int64_t copy_check(struct description *in, const struct description *out, uint64_t from, uint64_t to, uint64_t *bytes)
{
	struct attributes attributes;
	int error;

	if (from > INT64_MAX - *bytes || (to > INT64_MAX - *bytes && to != INT64_MAX))
		return -EOVERFLOW;
	error = description_attributes(in, &attributes);
	if (error)
		return error;
	if (from >= attributes.size)
		*bytes = 0;
	else if (*bytes > attributes.size - from)
		*bytes = attributes.size - from;
	if (to == INT64_MAX)
		return -EFBIG;
	return in->node == out->node && from < to + *bytes && to < from + *bytes ? -EINVAL : 0;
}

static int64_t files_check(const struct description *in, const struct description *out)
{
	if (in->flags & LINUX_O_PATH || out->flags & LINUX_O_PATH)
		return -EBADF;
	if (description_is(in, MODE_DIRECTORY) || description_is(out, MODE_DIRECTORY))
		return -EISDIR;
	if (in->operations != &regular_operations || out->operations != &regular_operations)
		return -EINVAL;
	if (!description_reads(in) || !description_writes(out) || out->flags & LINUX_O_APPEND)
		return -EBADF;
	return in->node->filesystem == out->node->filesystem ? 0 : -EXDEV;
}

static int64_t call_copy(struct task *task, struct description *in, struct description *out, const uint64_t arguments[6])
{
	bool one = in == out && !arguments[1] && !arguments[3]; /* one offset for both: nothing to copy but at the end of the file */
	struct place_in_file from, to;
	uint64_t bytes = arguments[4] < TRANSFER_MOST ? arguments[4] : TRANSFER_MOST;
	int64_t result = files_check(in, out);

	if (!result)
		result = place_begin(task, in, arguments[1], &from);
	if (result)
		return result;
	if (one)
		to = from;
	else
		result = place_begin(task, out, arguments[3], &to);
	if (!result) {
		result = (uint32_t)arguments[5] ? -EINVAL : copy_check(in, out, from.offset, to.offset, &bytes);
		if (!result && bytes)
			result = file_move(task, in, &from.offset, out, &to.offset, bytes);
		if (!one)
			result = place_end(task, out, &to, result);
	}
	return place_end(task, in, &from, result);
}

int64_t linux_copy_file_range(struct task *task, const uint64_t arguments[6])
{
	struct description *in, *out;
	int error = two_take(task, arguments[0], arguments[2], &in, &out);

	return error ? error : two_give(in, out, call_copy(task, in, out, arguments));
}

/* splice. */

static bool is_nonblocking(const struct description *description, uint64_t flags)
{
	return flags & LINUX_SPLICE_F_NONBLOCK || description->flags & LINUX_O_NONBLOCK;
}

/* Takes one piece out of a pipe to a file. */
static int64_t pipe_to_file(struct task *task, struct description *in, struct description *out, uint64_t *to, uint64_t bytes, bool nonblocking)
{
	struct pipe *pipe = pipe_of(in);
	unsigned char piece[PAGE_SIZE];
	struct transfer transfer;
	int64_t done = pipe_wait_bytes(task, pipe, nonblocking);
	uint64_t count;

	if (done <= 0)
		return done;
	count = ring_look(&pipe->ring, 0, piece, bytes < sizeof(piece) ? bytes : sizeof(piece));
	pipe->held = true;
	transfer_bytes(&transfer, piece, count);
	done = to ? data_move_at(task, out, &transfer, to, true) : data_move_on(task, out, &transfer, true);
	if (done > 0)
		pipe_drop(pipe, (uint64_t)done);
	pipe->held = false;
	pipe_told_bytes(pipe);
	pipe_told_room(pipe);
	return done;
}

/* What has been read and could not be put down is as if it had not been read, where a file has places. */
static void read_back(struct description *in, uint64_t *from, int64_t bytes)
{
	if (from)
		*from -= (uint64_t)bytes;
	else if (in->operations->seek)
		in->offset -= (uint64_t)bytes;
}

/* Puts one piece of a file into a pipe: no more than there is room for. */
static int64_t file_to_pipe(struct task *task, struct description *in, uint64_t *from, struct description *out, uint64_t bytes, bool nonblocking)
{
	struct pipe *pipe = pipe_of(out);
	unsigned char piece[PAGE_SIZE];
	struct transfer transfer;
	int64_t count = pipe_wait_room(task, pipe, 1, nonblocking), done = 0;
	uint64_t room = pipe_room(pipe), wanted = bytes < sizeof(piece) ? bytes : sizeof(piece);

	if (count <= 0)
		return count;
	transfer_bytes(&transfer, piece, wanted < room ? wanted : room);
	count = from ? data_move_at(task, in, &transfer, from, false) : data_move_on(task, in, &transfer, false);
	while (done < count) {
		int64_t put = pipe_wait_room(task, pipe, 1, false); /* another writer may have been faster */

		if (put > 0 && (put = (int64_t)pipe_put(pipe, piece + done, (uint64_t)(count - done), false)) == 0)
			put = -ENOMEM;
		if (put < 0) {
			read_back(in, from, count - done);
			return done ? done : put;
		}
		done += put;
		pipe_told_bytes(pipe);
	}
	return count;
}

/* One piece of one segment from pipe to pipe, which stays in the first one. How many bytes: 0 without room. */
static uint64_t piece_pass(const struct pipe *in, uint64_t skip, struct pipe *out, uint64_t bytes)
{
	unsigned char piece[PAGE_SIZE];
	struct segment segment = packets_look(&in->packets, skip, bytes < sizeof(piece) ? bytes : sizeof(piece));

	if (segment.packet && pipe_room(out) < PAGE_SIZE)
		return 0;
	return pipe_put(out, piece, ring_look(&in->ring, skip, piece, segment.bytes), segment.packet);
}

/* From pipe to pipe: takes it out of the first one (splice), or leaves it there (tee). */
static int64_t pipe_to_pipe(struct task *task, struct pipe *in, struct pipe *out, uint64_t bytes, bool nonblocking, bool takes)
{
	uint64_t done = 0, count;
	int64_t error;

	do {
		error = pipe_wait_bytes(task, in, nonblocking);
		if (error > 0)
			error = pipe_wait_room(task, out, packets_look(&in->packets, 0, 1).packet ? PAGE_SIZE : 1, nonblocking);
	} while (error > 0 && (!ring_count(&in->ring) || in->held)); /* while there was no room another may have come */
	while (error > 0 && done < bytes) {
		count = piece_pass(in, takes ? 0 : done, out, bytes - done);
		if (!count)
			break;
		if (takes)
			pipe_drop(in, count);
		done += count;
	}
	if (done) {
		pipe_told_bytes(out);
		pipe_told_room(in);
	}
	return done ? (int64_t)done : error;
}

static int64_t splice_check(const struct description *in, uint64_t in_offset, const struct description *out, uint64_t out_offset, uint64_t flags)
{
	if (flags & ~(uint64_t)SPLICE_KNOWN)
		return -EINVAL;
	if (!description_reads(in) || !description_writes(out))
		return -EBADF;
	if (!pipe_of(in) && !pipe_of(out))
		return -EINVAL;
	if ((pipe_of(in) && in_offset) || (pipe_of(out) && out_offset))
		return -ESPIPE;
	if (pipe_of(in) && pipe_of(out))
		return pipe_of(in) == pipe_of(out) ? -EINVAL : 0;
	if (pipe_of(in))
		return !out->operations->write || out->flags & LINUX_O_APPEND ? -EINVAL : out_offset && !out->operations->seek ? -EINVAL : 0;
	return !in->operations->read || description_is(in, MODE_DIRECTORY) ? -EINVAL : in_offset && !in->operations->seek ? -EINVAL : 0;
}

/* Between a pipe and a file, until something has been moved and more would have to be waited for. */
static int64_t splice_move(struct task *task, struct description *in, struct description *out, uint64_t *offset, uint64_t bytes, uint64_t flags)
{
	uint64_t done = 0;

	while (done < bytes) {
		bool nonblocking = done || is_nonblocking(pipe_of(in) ? in : out, flags);
		int64_t count = pipe_of(in) ? pipe_to_file(task, in, out, offset, bytes - done, nonblocking) : file_to_pipe(task, in, offset, out, bytes - done, nonblocking);

		if (count <= 0)
			return done ? (int64_t)done : count;
		done += (uint64_t)count;
		if (!pipe_of(in) && !in->operations->seek)
			break; /* what is there of a stream, and no waiting for more */
	}
	return (int64_t)done;
}

static int64_t call_splice(struct task *task, struct description *in, uint64_t in_offset, struct description *out, uint64_t out_offset, uint64_t bytes, uint64_t flags)
{
	uint64_t address = in_offset ? in_offset : out_offset, offset = 0;
	int64_t result = splice_check(in, in_offset, out, out_offset, flags);

	if (result || !bytes)
		return result;
	if (pipe_of(in) && pipe_of(out))
		return pipe_to_pipe(task, pipe_of(in), pipe_of(out), bytes, is_nonblocking(in, flags) || is_nonblocking(out, flags), true);
	if (address && user_get(task->memory, &offset, address))
		return -EFAULT;
	result = splice_move(task, in, out, address ? &offset : NULL, bytes < TRANSFER_MOST ? bytes : TRANSFER_MOST, flags);
	return result > 0 && address && user_put(task->memory, address, &offset) ? -EFAULT : result;
}

int64_t linux_splice(struct task *task, const uint64_t arguments[6])
{
	struct description *in, *out;
	int error = two_take(task, arguments[0], arguments[2], &in, &out);

	return error ? error : two_give(in, out, call_splice(task, in, arguments[1], out, arguments[3], arguments[4], (uint32_t)arguments[5]));
}

static int64_t call_tee(struct task *task, struct description *in, struct description *out, uint64_t bytes, uint64_t flags)
{
	if (flags & ~(uint64_t)SPLICE_KNOWN)
		return -EINVAL;
	if (!description_reads(in) || !description_writes(out))
		return -EBADF;
	if (!pipe_of(in) || !pipe_of(out) || pipe_of(in) == pipe_of(out))
		return -EINVAL;
	return bytes ? pipe_to_pipe(task, pipe_of(in), pipe_of(out), bytes, is_nonblocking(in, flags) || is_nonblocking(out, flags), false) : 0;
}

int64_t linux_tee(struct task *task, const uint64_t arguments[6])
{
	struct description *in, *out;
	int error = two_take(task, arguments[0], arguments[1], &in, &out);

	return error ? error : two_give(in, out, call_tee(task, in, out, arguments[2], (uint32_t)arguments[3]));
}

/* The pages are copied: what the process does with them later is not seen at the other end. */
int64_t linux_vmsplice(struct task *task, const uint64_t arguments[6])
{
	struct linux_iovec parts[TRANSFER_PARTS];
	struct description *description;
	struct transfer transfer;
	int64_t result;

	if ((uint32_t)arguments[3] & ~(uint32_t)SPLICE_KNOWN)
		return -EINVAL;
	result = descriptor_take(task, (uint32_t)arguments[0], &description);
	if (result)
		return result;
	result = pipe_of(description) ? vector_take(task, arguments[1], arguments[2], parts) : -EBADF;
	if (result > 0) {
		struct pipe *pipe = pipe_of(description);
		bool nonblocking = arguments[3] & LINUX_SPLICE_F_NONBLOCK; /* and not by O_NONBLOCK, as on Linux */

		transfer_vector(&transfer, task->memory, parts, (uint64_t)result);
		result = description_writes(description) ? pipe_fill_once(task, pipe, &transfer, nonblocking) : pipe_take(task, pipe, &transfer, nonblocking);
	}
	description_release(description);
	return result;
}
